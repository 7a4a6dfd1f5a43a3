"""Work in hand as staff see it: who holds what, and for how long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.cases.models import STILL_TO_RING, Batch, CallGroup, Case
from app.cases.offers import to_be_later
from app.cases.service.moving import Which, in_hand
from app.people import queries as people
from app.people.models import User
from app.residents.models import Household, Resident
from app.territory.models import Building, Community


@dataclass(frozen=True)
class Held:
    """A batch, as far as it lies in the communities of whoever looks."""

    batch: Batch
    user_id: int
    name: str
    cases: int
    later: int
    """How many of them are to be rung later: they are there with their housemates."""
    seen_at: datetime | None
    """The volunteer's last sign of life; None where its numbers were never shown."""


def batches(session: Session, actor: User, which: Which, now: datetime) -> list[Held]:
    """Return the batches that others hold, by volunteer, the oldest of each first."""
    groups = in_hand(actor, which).with_only_columns(CallGroup.id).order_by(None)
    query = (
        select(Batch, User.id, User.name, func.count(Case.id), to_be_later(now))
        .join(User, User.id == Batch.user_id)
        .join(CallGroup, CallGroup.batch_id == Batch.id)
        .join(Case, Case.group_id == CallGroup.id)
        .where(CallGroup.id.in_(groups), Case.state.in_(STILL_TO_RING))
        .group_by(Batch.id, User.id)
        .order_by(User.name, Batch.id)
    )
    return [
        Held(batch, user_id, name, cases, later, batch.seen_at)
        for batch, user_id, name, cases, later in session.execute(query)
    ]


def count_offered(session: Session, actor: User, to: str, moment: datetime) -> int:
    """Return how many cases the actor has offered to the volunteer at this moment."""
    query = (
        select(func.count(Case.id))
        .join(CallGroup, CallGroup.id == Case.group_id)
        .join(Batch, Batch.id == CallGroup.batch_id)
        .join(User, User.id == Batch.user_id)
        .where(
            Case.state == "held",
            Batch.handed_by_id == actor.id,
            Batch.claimed_at == moment,
            User.name == to,
        )
    )
    return session.scalar(query) or 0


def buildings(session: Session, actor: User, which: Which) -> Sequence[tuple[Building, str]]:
    """Return the buildings of which somebody holds a case, each with its community's name."""
    groups = in_hand(actor, which).with_only_columns(CallGroup.id).order_by(None)
    lived_in = (
        select(Household.building_id)
        .join(Resident, Resident.household_id == Household.id)
        .join(Case, Case.resident_id == Resident.id)
        .where(Case.group_id.in_(groups), Case.state == "held")
    )
    query = (
        select(Building, Community.name)
        .join(Community, Community.code == Building.community_code)
        .where(Building.id.in_(lived_in), Building.community_code.in_(people.scope(actor)))
        .order_by(Community.code, Building.sort_key)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def what(session: Session, actor: User, which: Which) -> str:
    """Return the name of the volunteer, building or community that work is taken from.

    The caller has seen that somebody holds something of it in the actor's communities.
    """
    if which.building is not None:
        building = session.get_one(Building, which.building)
        return f"{session.get_one(Community, building.community_code).name} {building.label}"
    if which.community is not None:
        return session.get_one(Community, which.community).name
    held = in_hand(actor, which).with_only_columns(Batch.user_id).order_by(None)
    return session.scalars(select(User.name).where(User.id.in_(held))).first() or ""
