"""Uploaded files, kept in pieces: no transaction is long, whatever their size."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import IO

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.db import Database
from app.residents.models import RosterFinding, RosterImport, RosterPiece
from app.residents.rules.stages import OVER, Stage

PIECE = 1 << 20
KEPT = timedelta(days=7)
"""How long a file is kept after its end, so that its annotated copy can be had; and how long it
waits for somebody's decision.
"""


def keep(database: Database, import_id: int, file: IO[bytes]) -> None:
    """Keep the file of an import, piece by piece."""
    for position, content in enumerate(iter(lambda: file.read(PIECE), b"")):
        with database.writing() as session:
            piece = RosterPiece(import_id=import_id, position=position, content=content)
            session.add(piece)


def pieces(database: Database, import_id: int) -> Iterator[bytes]:
    """Return the file of an import, piece by piece."""
    position = 0
    query = select(RosterPiece.content).where(RosterPiece.import_id == import_id)
    while True:
        with database.reading() as session:
            content = session.scalar(query.where(RosterPiece.position == position))
        if content is None:
            return
        yield content
        position += 1


def is_there(session: Session, import_id: int) -> bool:
    """Whether the file is still kept."""
    first = select(RosterPiece.position).where(RosterPiece.import_id == import_id).limit(1)
    return session.scalar(first) is not None


def erase(database: Database, import_id: int) -> None:
    """Throw away the file, and what was quoted of it."""
    with database.writing() as session:
        own = RosterFinding.import_id == import_id
        session.execute(
            update(RosterFinding).where(own, RosterFinding.written != "").values(written="")
        )
    query = select(func.max(RosterPiece.position)).where(RosterPiece.import_id == import_id)
    while True:
        with database.writing() as session:
            last = session.scalar(query)
            if last is None:
                return
            # The last piece first: what is left of a file that is half gone begins at its start.
            session.execute(
                delete(RosterPiece).where(
                    RosterPiece.import_id == import_id, RosterPiece.position == last
                )
            )


def erase_old(database: Database, now: datetime) -> None:
    """Throw away the files of imports that ended long enough ago, whose upload never did, or on
    which nobody decided.
    """
    _let_lapse(database, now)
    ended = RosterImport.status.in_(OVER) & (RosterImport.finished_at < now - KEPT)
    with_file = select(RosterPiece.import_id).distinct()
    query = select(RosterImport.id).where(
        ended | (RosterImport.status == Stage.LAPSED),
        RosterImport.id.in_(with_file),
    )
    with database.reading() as session:
        old = session.scalars(query).all()
    for import_id in old:
        erase(database, import_id)


def _let_lapse(database: Database, now: datetime) -> None:
    """Let those be over that waited for too long since somebody last decided something, or whose
    upload was broken off: of those that are not over nobody may have many.
    """
    touched = func.coalesce(RosterImport.started_at, RosterImport.created_at)
    waits = RosterImport.status.in_((Stage.PREVIEW, Stage.UPLOADING))
    lapsed = update(RosterImport).where(waits, touched < now - KEPT)
    with database.writing() as session:
        session.execute(lapsed.values(status=Stage.LAPSED, decided=[], finished_at=now))
