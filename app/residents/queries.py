"""Reads about residents, their numbers and the imports they came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session, selectinload

from app.people import queries as people
from app.people.models import User
from app.problems import NotFoundError
from app.residents.models import (
    Household,
    Number,
    Resident,
    ResidentChange,
    ResidentNumber,
    RosterImport,
)
from app.residents.rules.origins import Origin, Step
from app.residents.rules.stages import HIDING
from app.territory.models import Community

SHARED_BY_MORE_THAN = 8


@dataclass(frozen=True)
class CommunityResidents:
    """A community with how many residents it has, and how many cannot be rung."""

    community: Community
    residents: int
    without_number: int


@dataclass(frozen=True)
class SharedLine:
    """A number of more residents than are rung together."""

    number_id: int
    value: str
    residents: int
    here: int
    """How many of them live in the communities of whoever looks."""


def in_sight() -> ColumnElement[bool]:
    """Whether a resident is to be seen: a roster's people come, and go, all at once."""
    busy = select(RosterImport.id).where(RosterImport.status.in_(HIDING))
    return Resident.import_id.is_(None) | Resident.import_id.not_in(busy)


def by_community(session: Session, user: User) -> list[CommunityResidents]:
    """Return the communities of the user's scope that have residents, by street and code."""
    counted = (
        select(
            Resident.community_code,
            func.count().label("residents"),
            func.count().filter(~_has_number()).label("without"),
        )
        .where(in_sight())
        .group_by(Resident.community_code)
        .subquery()
    )
    query = (
        select(Community, counted.c.residents, counted.c.without)
        .join(counted, counted.c.community_code == Community.code)
        .where(Community.code.in_(people.scope(user)))
        .order_by(Community.street_code, Community.code)
    )
    return [CommunityResidents(*row) for row in session.execute(query)]


def _has_number() -> Any:
    return exists().where(ResidentNumber.resident_id == Resident.id).correlate(Resident)


def get_community(session: Session, user: User, code: str) -> Community:
    """Return the community if it is in the user's scope. Raises NotFoundError."""
    community = session.get(Community, code)
    if community is None or not people.sees(session, user, code):
        raise NotFoundError(f"community {code}")
    return community


def count(session: Session, code: str | None, *, without_number: bool = False) -> int:
    """Return how many residents the community has; None counts those to be placed."""
    query = select(func.count(Resident.id)).where(Resident.community_code == code, in_sight())
    if without_number:
        query = query.where(~_has_number())
    return session.scalar(query) or 0


def residents_of(
    session: Session, code: str | None, page: int, size: int, *, without_number: bool = False
) -> Sequence[Resident]:
    """Return a page of a community's residents as one walks past them."""
    query = (
        with_details(select(Resident))
        .outerjoin(Household, Household.id == Resident.household_id)
        .where(Resident.community_code == code, in_sight())
        .order_by(Household.address_key, Resident.id)
        .limit(size)
        .offset((page - 1) * size)
    )
    return session.scalars(query.where(~_has_number()) if without_number else query).all()


def get_resident(session: Session, user: User, code: str | None, resident_id: int) -> Resident:
    """Return somebody of a community of the user's scope; code None is for those to be placed.

    Raises NotFoundError for anybody else.
    """
    if code is not None:
        get_community(session, user, code)
    query = with_details(select(Resident)).where(
        Resident.id == resident_id, Resident.community_code == code, in_sight()
    )
    found = session.scalar(query.options(selectinload(Resident.community)))
    if found is None:
        raise NotFoundError(f"resident {resident_id}")
    return found


def steps_of(session: Session, resident: Resident) -> list[Step]:
    """Return what rosters, and people by hand, made another of a resident, the first one first."""
    query = select(ResidentChange).where(
        ResidentChange.resident_id == resident.id, ResidentChange.field != "household"
    )
    steps = [
        Step(c.field, c.before, c.after, Origin(c.changed_at, c.import_id, c.sheet, c.row))
        for c in session.scalars(query.order_by(ResidentChange.id))
    ]
    if resident.placed_at is not None:
        by_hand = Origin(resident.placed_at, user_id=resident.placed_by)
        at = sum(step.origin.at <= by_hand.at for step in steps)
        moved = (step.before for step in steps[at:] if step.field == "community")
        placed = next(moved, resident.community_code)
        steps.insert(at, Step("community", "", placed, by_hand))
    return steps


def sees_import(user: User, record: RosterImport) -> bool:
    """Whether the user may read what the rows of an import say: a sheet also holds what was not
    taken, from wherever, so nobody but the uploader and an administrator.
    """
    return user.role == "administrator" or record.user_id == user.id


def with_details(query: Select[Resident]) -> Select[Resident]:
    """Add household and numbers to what a query of residents loads."""
    return query.options(
        selectinload(Resident.household),
        selectinload(Resident.lines).selectinload(ResidentNumber.number),
    )


def all_residents(session: Session, code: str | None) -> Sequence[Resident]:
    """Return every resident, or those of one community, in the order of rosters."""
    query = with_details(select(Resident)).where(in_sight()).order_by(Resident.id)
    if code is not None:
        query = query.where(Resident.community_code == code)
    return session.scalars(query).all()


def shared_lines(session: Session, user: User, code: str | None = None) -> Sequence[SharedLine]:
    """Return the numbers that too many residents share to tie them together, of which one at
    least lives in the user's communities, or in the one named (of them); the most shared first.
    """
    scope = people.scope(user)
    near = Resident.community_code.in_(scope if code is None else [code]) & in_sight()
    rung_here = select(ResidentNumber.number_id).join(Resident).where(near)
    here = func.count().filter(near)
    query = (
        select(Number.id, Number.value, func.count(), here)
        .join(ResidentNumber, ResidentNumber.number_id == Number.id)
        .join(Resident, Resident.id == ResidentNumber.resident_id)
        .where(Number.id.in_(rung_here))
        .group_by(Number.id)
        .having(func.count() > SHARED_BY_MORE_THAN)
        .order_by(func.count().desc(), Number.id)
    )
    return [SharedLine(*row) for row in session.execute(query)]


def get_shared_line(session: Session, user: User, number_id: int) -> SharedLine:
    """Return a shared line of the user's communities. Raises NotFoundError for any other number."""
    found = (line for line in shared_lines(session, user) if line.number_id == number_id)
    line = next(found, None)
    if line is None:
        raise NotFoundError(f"number {number_id}")
    return line


def residents_on(
    session: Session, user: User, number_id: int, page: int, size: int
) -> Sequence[Resident]:
    """Return a page of the residents of the user's communities who have this number."""
    query = (
        with_details(select(Resident))
        .join(ResidentNumber, ResidentNumber.resident_id == Resident.id)
        .outerjoin(Household, Household.id == Resident.household_id)
        .where(
            ResidentNumber.number_id == number_id,
            Resident.community_code.in_(people.scope(user)),
            in_sight(),
        )
        .order_by(Resident.community_code, Household.address_key, Resident.id)
        .options(selectinload(Resident.community))
    )
    return session.scalars(query.limit(size).offset((page - 1) * size)).all()
