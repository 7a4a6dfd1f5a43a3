"""Reads about the queue: what a volunteer holds, and why there is nothing to hand out."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from app.campaigns.models import Campaign
from app.campaigns.rules.calling import is_allowed
from app.cases.models import Batch, CallGroup, Case, Hold
from app.people.models import User
from app.residents.models import Resident, ResidentNumber


def count_held(session: Session, user: User, campaign_id: int) -> int:
    """Return how many cases the user holds in the campaign."""
    query = (
        select(func.count())
        .select_from(Case)
        .join(CallGroup, CallGroup.id == Case.group_id)
        .join(Batch, Batch.id == CallGroup.batch_id)
        .where(
            Batch.user_id == user.id,
            Batch.campaign_id == campaign_id,
            Batch.ended_at.is_(None),
            Case.state == "held",
        )
    )
    return session.scalar(query) or 0


def live_batches(session: Session, user: User, campaign_id: int) -> Sequence[Batch]:
    """Return the user's batches that have not ended, oldest first."""
    query = select(Batch).where(
        Batch.user_id == user.id, Batch.campaign_id == campaign_id, Batch.ended_at.is_(None)
    )
    return session.scalars(query.order_by(Batch.id)).all()


def held_groups(session: Session, batch_ids: Sequence[int]) -> Sequence[CallGroup]:
    """Return the groups of these batches that still hold a case, in the order to ring them."""
    query = (
        select(CallGroup)
        .where(CallGroup.batch_id.in_(batch_ids))
        .order_by(CallGroup.priority, CallGroup.ready_at, CallGroup.address_key, CallGroup.id)
    )
    return session.scalars(query).all()


def cases_of(session: Session, group_ids: Sequence[int]) -> Sequence[Case]:
    """Return all cases of the groups with residents, addresses and numbers loaded."""
    query = (
        select(Case)
        .where(Case.group_id.in_(group_ids))
        .order_by(Case.group_id, Case.id)
        .options(
            selectinload(Case.resident).selectinload(Resident.household),
            selectinload(Case.resident).selectinload(Resident.community),
            selectinload(Case.resident)
            .selectinload(Resident.lines)
            .selectinload(ResidentNumber.number),
        )
    )
    return session.scalars(query).all()


def has_held(session: Session, user: User, group_id: int) -> bool:
    """Whether the user ever held the group."""
    query = select(Hold.id).where(Hold.group_id == group_id, Hold.user_id == user.id).limit(1)
    return session.scalar(query) is not None


def why_nothing(
    session: Session, campaign: Campaign, codes: Sequence[str], now: datetime
) -> tuple[dict[str, int], datetime | None]:
    """Return cases that wait, counted by cause, and when the next one's time comes.

    Causes: ``calling_hours``, ``resting`` (their time has not come), ``held`` (by others),
    ``for_others`` (someone else's turn), ``finished``.
    """
    states = select(Case.state, func.count()).where(
        Case.campaign_id == campaign.id, Case.community_code.in_(codes)
    )
    rows = session.execute(states.group_by(Case.state)).all()
    counts = {state: number for state, number in rows}  # noqa: C416 - dict() loses the types
    queue = select(
        func.coalesce(func.sum(CallGroup.open_cases), 0), func.min(CallGroup.ready_at)
    ).where(
        CallGroup.campaign_id == campaign.id,
        CallGroup.community_code.in_(codes),
        CallGroup.batch_id.is_(None),
        CallGroup.ready_at.is_not(None),
    )
    resting, next_at = session.execute(queue.where(CallGroup.ready_at > now)).one()
    ready, _ = session.execute(queue.where(CallGroup.ready_at <= now)).one()
    outside = not is_allowed(campaign.rules, now)
    causes = {
        "calling_hours": ready if outside else 0,
        "for_others": 0 if outside else ready,
        "resting": resting,
        "held": counts.get("held", 0),
        "finished": counts.get("done", 0) + counts.get("passed", 0),
    }
    return {
        cause: int(n) for cause, n in causes.items() if n
    }, now if outside and ready else next_at
