"""Taking back what one has just let go of: the call was undone, and nobody else has the case."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from app.campaigns.models import Campaign
from app.cases.models import Batch, CallGroup, Case, Hold
from app.cases.rules.leases import lease_end
from app.cases.service import claim
from app.people import shifts
from app.people.models import User


def take_back(
    session: Session,
    actor: User,
    now: datetime,
    group_id: int,
    batch_id: int | None,
    saved_at: datetime,
    case_ids: Collection[int],
) -> Batch | None:
    """Put a group into the actor's hands again, under a new generation; where the rest of it is
    there still, ``case_ids`` join it under the old one.

    The caller has locked the group. None when the actor did not hold it under ``batch_id`` when
    the call was saved (a resident who rang back, a batch that was recalled): then undoing would
    be a way past the queue. None, too, when somebody else has had it since, when nothing of it is
    open, when one of its numbers is in other hands, or when the actor holds as many as one may.
    """
    if batch_id is None or not _was_held(session, group_id, batch_id, saved_at):
        return None
    group = session.get_one(CallGroup, group_id, populate_existing=True)
    if group.batch_id == batch_id:
        return _rejoin(session, batch_id, case_ids)
    later = select(func.max(Hold.generation)).where(Hold.group_id == group_id)
    if group.batch_id is not None or not group.open_cases or session.scalar(later) != batch_id:
        return None
    campaign = session.get_one(Campaign, group.campaign_id)
    may_hold = campaign.status == "open" and actor.gets_work
    if not may_hold or claim.room(session, actor.id, campaign.rules) <= 0:
        return None
    until = lease_end(campaign.rules, shifts.end_of_current(session, actor.id, now), now)
    seen = {"opened_at": now, "seen_at": now}
    batch = claim.start_batch(session, campaign.id, actor.id, now, until, **seen)
    if not claim.hold_groups(session, batch, [group_id], now):
        claim.drop_batch(session, batch)
        return None
    return batch


def _rejoin(session: Session, batch_id: int, case_ids: Collection[int]) -> Batch:
    """Their numbers are held: those of a group stay while anybody of it is in hand."""
    session.execute(
        update(Case)
        .where(Case.id.in_(case_ids), Case.state == "open")
        .values(state="held")
        .execution_options(synchronize_session=False)
    )
    return session.get_one(Batch, batch_id)


def _was_held(session: Session, group_id: int, batch_id: int, moment: datetime) -> bool:
    """Whether the batch held the group then; what a save let go of ended with it."""
    held = exists().where(
        Hold.group_id == group_id,
        Hold.generation == batch_id,
        Hold.released_at.is_(None) | (Hold.released_at >= moment),
    )
    return bool(session.scalar(select(held)))
