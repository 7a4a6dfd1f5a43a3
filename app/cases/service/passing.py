"""Passing held groups from hand to hand: to a named colleague, or back to the pool."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.campaigns.models import Campaign
from app.cases.models import Batch, CallGroup
from app.cases.service import claim
from app.cases.service.release import end_batches, free_groups, unhold
from app.people import queries as people
from app.people.models import User


def pass_on(
    session: Session,
    actor: User,
    now: datetime,
    campaign_id: int,
    group_ids: Sequence[int],
    to: User | None,
) -> Batch | None:
    """Take groups out of the hands they are in, and offer them to a colleague.

    The caller has locked the batches they are in. What lies outside the colleague's communities,
    and everything where ``to`` is None, goes to the pool. Returns the colleague's new batch, an
    offer until it is opened; None when there is nothing in it. Batches left empty are the
    caller's to end (``end_empty``).
    """
    theirs = [] if to is None else _within(session, to, group_ids)
    free_groups(session, [one for one in group_ids if one not in set(theirs)], now)
    if to is None or not theirs:
        return None
    campaign = session.get_one(Campaign, campaign_id)
    until = now + timedelta(minutes=campaign.rules.unopened_minutes)
    batch = claim.start_batch(session, campaign_id, to.id, now, until, handed_by_id=actor.id)
    unhold(session, theirs, now)
    if not claim.hold_groups(session, batch, theirs, now):
        claim.drop_batch(session, batch)
        return None
    return batch


def _within(session: Session, user: User, group_ids: Sequence[int]) -> list[int]:
    query = select(CallGroup.id).where(
        CallGroup.id.in_(group_ids), CallGroup.community_code.in_(people.scope(user))
    )
    return list(session.scalars(query.order_by(CallGroup.id)))


def end_empty(session: Session, batch_ids: Sequence[int], now: datetime, reason: str) -> None:
    """End those of the batches in which no group is left."""
    left = exists().where(CallGroup.batch_id == Batch.id)
    query = select(Batch.id).where(Batch.id.in_(batch_ids), Batch.ended_at.is_(None), ~left)
    end_batches(session, session.scalars(query).all(), now, reason)
