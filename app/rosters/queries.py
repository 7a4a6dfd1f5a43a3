"""Reads about imports: how far they are, what there is to say of their rows, who is missing."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, select
from sqlalchemy.orm import Session, joinedload

from app.people import queries as people
from app.people.models import User
from app.problems import NotFoundError
from app.residents.models import (
    Household,
    Resident,
    RosterFinding,
    RosterImport,
    RosterSeen,
)
from app.residents.queries import in_sight, sees_import
from app.rosters.rules.taking import Kind


@dataclass(frozen=True)
class Progress:
    """How far a pass is."""

    done: int
    """Rows dealt with."""
    total: int | None
    """Rows in all, where that is known."""
    rate: float | None
    """Rows a second since the pass began."""

    @property
    def left(self) -> float | None:
        """Seconds that it will go on at this rate."""
        if self.total is None or not self.rate:
            return None
        return max(0, self.total - self.done) / self.rate


def progress(record: RosterImport, now: datetime) -> Progress:
    """Return how far the present pass of an import is."""
    gone = (now - record.started_at).total_seconds() if record.started_at else 0
    rate = record.position / gone if gone > 0 and record.position else None
    return Progress(record.position, record.rows, rate)


def imports_of(session: Session, user: User, limit: int) -> Sequence[RosterImport]:
    """Return the user's last imports, newest first; an administrator sees everybody's."""
    query = select(RosterImport).order_by(RosterImport.id.desc()).limit(limit)
    if user.role != "administrator":
        query = query.where(RosterImport.user_id == user.id)
    return session.scalars(query).all()


def get_import(session: Session, user: User, import_id: int) -> RosterImport:
    """Return the import. Raises NotFoundError for another's."""
    record = session.get(RosterImport, import_id)
    if record is None or not sees_import(user, record):
        raise NotFoundError(f"import {import_id}")
    return record


def findings(
    session: Session,
    import_id: int,
    kinds: Sequence[Kind],
    limit: int,
    offset: int = 0,
    without: Sequence[str] = (),
) -> Sequence[RosterFinding]:
    """Return what there is to say of rows, kind by kind, in the order of the file.

    ``without`` are codes of what is not asked for.
    """
    query = _findings(import_id, kinds).order_by(_rank(kinds), RosterFinding.id)
    if without:
        query = query.where(RosterFinding.code.not_in(without))
    return session.scalars(query.limit(limit).offset(offset)).all()


def undecided(session: Session, import_id: int, limit: int) -> Sequence[RosterFinding]:
    """Return the rows of which somebody can say who they speak of."""
    return findings(session, import_id, [Kind.DOUBTFUL], limit, without=["row_in_hand"])


def _rank(kinds: Sequence[Kind]) -> Any:
    return case({kind.value: place for place, kind in enumerate(kinds)}, value=RosterFinding.kind)


def _findings(import_id: int, kinds: Sequence[Kind]) -> Select[RosterFinding]:
    return select(RosterFinding).where(
        RosterFinding.import_id == import_id, RosterFinding.kind.in_([kind.value for kind in kinds])
    )


def count_findings(
    session: Session, import_id: int, kinds: Sequence[Kind], code: str | None = None
) -> int:
    """Return how many there are of these kinds, perhaps with one code only."""
    found = _findings(import_id, kinds)
    if code:
        found = found.where(RosterFinding.code == code)
    query = select(func.count()).select_from(found.subquery())
    return session.scalar(query) or 0


def columns(session: Session, import_id: int) -> dict[str, list[RosterFinding]]:
    """Return what the columns are taken for, by the shape of the sheet."""
    found: dict[str, list[RosterFinding]] = {}
    for one in findings(session, import_id, [Kind.COLUMN], 2_000):
        same_shape = found.setdefault(one.values["shape"], [])
        if not same_shape or same_shape[0].sheet == one.sheet:
            same_shape.append(one)
    return found


def sample(session: Session, import_id: int) -> list[dict[str, Any]]:
    """Return the first residents that a waiting roster would bring, as they would be stored."""
    rows = findings(session, import_id, [Kind.SAMPLE], 100)
    return [
        {**json.loads(row.written), "sheet": row.sheet, "row": row.row}
        for row in rows
        if row.written
    ]


def missing(
    session: Session, user: User, record: RosterImport, limit: int, offset: int = 0
) -> Sequence[Resident]:
    """Return who is on record in the communities that a roster is about, but not in it."""
    query = (
        select(Resident)
        .where(*absent(user, record))
        .outerjoin(Household, Household.id == Resident.household_id)
        .options(joinedload(Resident.household), joinedload(Resident.community))
        .order_by(Resident.community_code, Household.address_key, Resident.id)
    )
    return session.scalars(query.limit(limit).offset(offset)).all()


def count_missing(session: Session, user: User, record: RosterImport) -> int:
    """Return how many are on record but not in the roster."""
    return session.scalar(select(func.count(Resident.id)).where(*absent(user, record))) or 0


def absent(user: User, record: RosterImport) -> list[ColumnElement[bool]]:
    """Return what is true of a resident who is on record but not in the roster."""
    seen = exists().where(RosterSeen.import_id == record.id, RosterSeen.resident_id == Resident.id)
    about = select(Resident.community_code).where(
        (Resident.import_id == record.id)
        | Resident.id.in_(select(RosterSeen.resident_id).where(RosterSeen.import_id == record.id))
    )
    return [
        Resident.community_code.in_(about.distinct()),
        Resident.community_code.in_(people.scope(user)),
        in_sight(),
        Resident.import_id.is_(None) | (Resident.import_id != record.id),
        Resident.created_at <= (record.finished_at or record.created_at),
        ~seen,
    ]
