"""Staff move work: batches, or all that is held of a volunteer, a building or a community."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.cases.models import STILL_TO_RING, Batch, CallGroup, Case
from app.cases.service.passing import end_empty, pass_on, receiver
from app.people import queries as people
from app.people.models import User
from app.people.rules import STAFF
from app.problems import ForbiddenError
from app.residents.models import Household, Resident


@dataclass(frozen=True)
class Which:
    """Whose and what part of the work in hand; what is left out does not matter."""

    campaign: int | None = None
    batch: int | None = None
    user: int | None = None
    building: int | None = None
    community: str | None = None


def move(session: Session, actor: User, now: datetime, which: Which, to: str | None = None) -> int:
    """Take work out of the hands it is in: to the volunteer named, or back to the pool.

    Only of the actor's communities. Returns how many cases were moved, those too that are to be
    rung later and go along with housemates. Raises ForbiddenError for anybody but staff, Problem
    for a volunteer who can't take it.
    """
    if actor.role not in STAFF:
        raise ForbiddenError
    taker = None if to is None else receiver(session, to)
    locked = _lock_batches(session, actor, which)
    by_campaign: dict[int, list[int]] = defaultdict(list)
    batches: set[int] = set()
    # A batch that was claimed just now is not locked, and whoever saves on it may wait for us.
    groups = in_hand(actor, which).where(CallGroup.batch_id.in_(locked))
    for group in session.scalars(groups.with_for_update(of=CallGroup)):
        if taker is None or group.batch_id not in _own(session, taker):
            by_campaign[group.campaign_id].append(group.id)
            batches.add(group.batch_id or 0)
    moved = _count(session, [one for ids in by_campaign.values() for one in ids])
    for campaign_id, group_ids in by_campaign.items():
        pass_on(session, actor, now, campaign_id, group_ids, taker)
    end_empty(session, sorted(batches), now, "recalled")
    to_id = None if taker is None else taker.id
    audit.record(session, actor.id, now, "work_moved", "batch", which.batch or 0, to=to_id, n=moved)
    return moved


def _own(session: Session, user: User) -> set[int]:
    query = select(Batch.id).where(Batch.user_id == user.id, Batch.ended_at.is_(None))
    return set(session.scalars(query))


def _lock_batches(session: Session, actor: User, which: Which) -> Sequence[int]:
    """Batches before groups, in the order of their keys: as everywhere."""
    held_in = in_hand(actor, which).with_only_columns(CallGroup.batch_id)
    query = select(Batch.id).where(Batch.id.in_(held_in)).order_by(Batch.id)
    return session.scalars(query.with_for_update()).all()


def in_hand(actor: User, which: Which) -> Select[CallGroup]:
    """Return the query for the groups that others hold, in the actor's communities."""
    query = (
        select(CallGroup)
        .join(Batch, Batch.id == CallGroup.batch_id)
        .where(Batch.ended_at.is_(None), CallGroup.community_code.in_(people.scope(actor)))
        .order_by(CallGroup.id)
        .execution_options(populate_existing=True)
    )
    if which.campaign is not None:
        query = query.where(CallGroup.campaign_id == which.campaign)
    if which.batch is not None:
        query = query.where(Batch.id == which.batch)
    if which.user is not None:
        query = query.where(Batch.user_id == which.user)
    if which.community is not None:
        query = query.where(CallGroup.community_code == which.community)
    if which.building is not None:
        lives_there = exists().where(
            Case.group_id == CallGroup.id,
            Case.state == "held",
            Resident.id == Case.resident_id,
            Household.id == Resident.household_id,
            Household.building_id == which.building,
        )
        query = query.where(lives_there)
    return query


def _count(session: Session, group_ids: Sequence[int]) -> int:
    query = select(func.count()).where(Case.group_id.in_(group_ids), Case.state.in_(STILL_TO_RING))
    return session.scalar(query) or 0
