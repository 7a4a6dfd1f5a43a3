"""Giving a community to residents whose roster row named none that could be told."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.audit import service as audit
from app.people import queries as people
from app.people.models import User
from app.problems import Problem
from app.residents.models import Household, Resident
from app.residents.queries import in_sight
from app.residents.rules.addresses import split_address
from app.territory.models import Community
from app.territory.service import building_named


def place(
    session: Session, actor: User, now: datetime, resident_ids: Sequence[int], community_code: str
) -> int:
    """Move residents off the list "to be placed" into a community; return how many.

    Raises Problem for a community outside the actor's scope. Who was placed meanwhile stays.
    """
    check_community(session, actor, community_code)
    query = (
        select(Resident)
        .where(Resident.id.in_(resident_ids), Resident.community_code.is_(None), in_sight())
        .options(selectinload(Resident.household))
    )
    residents = session.scalars(query).all()
    for resident in residents:
        resident.community_code = community_code
        resident.placed_by, resident.placed_at = actor.id, now
        if resident.household is not None:
            resident.household = _household_there(session, resident.household, community_code)
    audit.record(
        session, actor.id, now, "residents_placed", "community", community_code, n=len(residents)
    )
    return len(residents)


def check_community(session: Session, actor: User | None, code: str) -> None:
    """Raise Problem unless the community exists and is in the actor's scope."""
    exists = session.get(Community, code) is not None
    if not exists or (actor is not None and not people.sees(session, actor, code)):
        raise Problem("community_unknown", field="community", values={"code": code})


def _household_there(session: Session, unplaced: Household, code: str) -> Household:
    query = select(Household).where(
        Household.community_code == code, Household.address_key == unplaced.address_key
    )
    found = session.scalar(query)
    if found is None:
        found = Household(
            community_code=code, unit=unplaced.unit, room=unplaced.room,
            address=unplaced.address, address_key=unplaced.address_key,
            building_id=_building_id(session, unplaced.address, code),
        )  # fmt: skip
        session.add(found)
        session.flush()
    return found


def _building_id(session: Session, address: str, code: str) -> int | None:
    name = split_address(address).building
    if name is None:
        return None
    return building_named(session, code, address.partition(name)[0], name).id
