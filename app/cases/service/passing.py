"""Passing held groups from hand to hand: to a named colleague, or back to the pool."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from app.campaigns.models import Campaign
from app.cases.models import STILL_TO_RING, Batch, CallGroup, Case
from app.cases.service import claim
from app.cases.service.release import end_batches, free_groups, unhold
from app.people import queries as people
from app.people.models import User
from app.problems import Problem


def receiver(session: Session, name: str) -> User:
    """Return the user of this name, to whom work may go. Raises Problem."""
    found = people.find_user(session, name)
    if found is None or not found.gets_work or found.role not in claim.MAY_RING:
        raise not_to(name)
    return found


def not_to(name: str) -> Problem:
    """Return what is said of somebody who can't take work over."""
    return Problem("handoff_to_whom", field="to", values={"name": name[:40]})


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
    caller's to end (``end_empty``). Raises Problem where the colleague would hold too many, or
    nothing of it lies in their communities.
    """
    theirs = [] if to is None else _within(session, to, group_ids)
    if to is not None and group_ids and not theirs:
        raise not_to(to.name)
    free_groups(session, [one for one in group_ids if one not in set(theirs)], now)
    if to is None or not theirs:
        return None
    campaign = session.get_one(Campaign, campaign_id)
    _check_room(session, to, campaign, theirs)
    until = now + timedelta(minutes=campaign.rules.unopened_minutes)
    batch = claim.start_batch(session, campaign_id, to.id, now, until, handed_by_id=actor.id)
    unhold(session, theirs, now)
    if not claim.hold_groups(session, batch, theirs, now):
        claim.drop_batch(session, batch)
        return None
    return batch


def _check_room(session: Session, user: User, campaign: Campaign, group_ids: Sequence[int]) -> None:
    """Raise Problem where the colleague would hold more than one may.

    One group may reach beyond that, as in a claim: else nobody could take over a batch that grew
    by a household.
    """
    waiting = Case.group_id.in_(group_ids), Case.state.in_(STILL_TO_RING)
    sizes = session.scalars(select(func.count()).where(*waiting).group_by(Case.group_id)).all()
    number, room = sum(sizes), claim.room(session, user.id, campaign.rules)
    if sizes and number - max(sizes) >= room:
        most = campaign.rules.max_held
        values: dict[str, int | str] = {
            "name": user.name, "held": most - room, "most": most, "n": number
        }  # fmt: skip
        raise Problem("handoff_too_many", field="to", values=values)


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
