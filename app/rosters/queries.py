"""Reads about imports: how far they are, what there is to say of their rows, who is missing."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, select, true
from sqlalchemy.orm import Session, joinedload, selectinload

from app.people import queries as people
from app.people.models import User
from app.problems import NotFoundError
from app.residents.models import (
    Household,
    Resident,
    ResidentNumber,
    RosterFinding,
    RosterImport,
    RosterSeen,
)
from app.residents.queries import in_sight, sees_import
from app.residents.rules.stages import OVER
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


@dataclass(frozen=True)
class Uploaded:
    """An import, and who uploaded the roster; '' on the command line."""

    record: RosterImport
    by: str


def imports_of(session: Session, user: User, limit: int, offset: int = 0) -> Sequence[Uploaded]:
    """Return the last imports that the user may know of, newest first; those of the user's own
    that wait come before all others.
    """
    waits = and_(RosterImport.user_id == user.id, RosterImport.status.not_in(OVER))
    order = case((waits, 0), else_=1), RosterImport.id.desc()
    query = _known_to(user).order_by(*order).limit(limit).offset(offset)
    return [Uploaded(record, by or "") for record, by in session.execute(query)]


def count_imports(session: Session, user: User) -> int:
    """Return of how many imports the user may know."""
    return session.scalar(select(func.count()).select_from(_known_to(user).subquery())) or 0


def import_known_to(session: Session, user: User, import_id: int) -> Uploaded:
    """Return an import that the user may know of. Raises NotFoundError for any other."""
    found = session.execute(_known_to(user).where(RosterImport.id == import_id)).first()
    if found is None:
        raise NotFoundError(f"import {import_id}")
    return Uploaded(found[0], found[1] or "")


def _known_to(user: User) -> Select[RosterImport, str | None]:
    """Who may know that a roster was taken, and its figures: an administrator of everybody's; a
    supervisor also of those whose uploader works in no community but the supervisor's own.
    """
    query = select(RosterImport, User.name).outerjoin(User, User.id == RosterImport.user_id)
    return query.where(_is_known_to(user))


def _is_known_to(user: User) -> ColumnElement[bool]:
    if user.role == "administrator":
        return true()
    own = RosterImport.user_id == user.id
    if user.role != "supervisor":
        return own
    return own | RosterImport.user_id.in_(people.working_only_in(people.scope(user)))


def get_import(session: Session, user: User, import_id: int) -> RosterImport:
    """Return an import whose rows the user may read. Raises NotFoundError for another's."""
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


def on_record(
    session: Session, user: User, rows: Collection[RosterFinding]
) -> Mapping[int, Resident]:
    """Return whom rows may speak of, by id, with address and numbers: those in the user's scope."""
    query = (
        select(Resident)
        .where(
            Resident.id.in_({row.resident_id for row in rows if row.resident_id}),
            Resident.community_code.in_(people.scope(user)),
            in_sight(),
        )
        .options(
            joinedload(Resident.household),
            selectinload(Resident.lines).joinedload(ResidentNumber.number),
        )
    )
    return {one.id: one for one in session.scalars(query)}


def _rank(kinds: Sequence[Kind]) -> Any:
    return case({kind.value: place for place, kind in enumerate(kinds)}, value=RosterFinding.kind)


def _findings(import_id: int, kinds: Sequence[Kind]) -> Select[RosterFinding]:
    return select(RosterFinding).where(
        RosterFinding.import_id == import_id, RosterFinding.kind.in_([kind.value for kind in kinds])
    )


def count_findings(
    session: Session,
    import_id: int,
    kinds: Sequence[Kind],
    code: str | None = None,
    without: Sequence[str] = (),
) -> int:
    """Return how many there are of these kinds, perhaps with one code only, or without some."""
    found = _findings(import_id, kinds).where(RosterFinding.code.not_in(without))
    if code:
        found = found.where(RosterFinding.code == code)
    query = select(func.count()).select_from(found.subquery())
    return session.scalar(query) or 0


def count_by_kind(session: Session, import_id: int) -> Mapping[str, int]:
    """Return how much is kept of what there is to say of rows, by kind."""
    query = select(RosterFinding.kind, func.count()).where(RosterFinding.import_id == import_id)
    return {kind: many for kind, many in session.execute(query.group_by(RosterFinding.kind))}  # noqa: C416


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
