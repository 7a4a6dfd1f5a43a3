"""Giving back: what is still held when a batch ends goes to the queue again."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, exists, func, select, update
from sqlalchemy.orm import Session

from app.campaigns.models import Campaign
from app.cases.models import Batch, CallGroup, Case, Hold
from app.people.models import User
from app.problems import NotFoundError

ORDINARY = 5
APPOINTMENT = 0
"""Priorities of a call group: the smaller the sooner."""


def release(session: Session, actor: User, now: datetime, batch_id: int) -> None:
    """Give back all that is left of the actor's batch. Raises NotFoundError for another's."""
    query = select(Batch).where(Batch.id == batch_id, Batch.user_id == actor.id)
    batch = session.scalar(query.with_for_update())
    if batch is None:
        raise NotFoundError(f"batch {batch_id}")
    if batch.ended_at is None:
        end_batches(session, [batch.id], now, "released")


def end_expired(session: Session, now: datetime) -> None:
    """End every batch whose lease or campaign is over; a claim does this first, so that no
    scheduler has to.

    A batch that somebody is just saving on is skipped: that save decides.
    """
    is_over = (Batch.lease_expires_at <= now) | (Campaign.status == "closed")
    query = (
        select(Batch.id, Batch.lease_expires_at <= now)
        .join(Campaign, Campaign.id == Batch.campaign_id)
        .where(Batch.ended_at.is_(None), is_over)
        .with_for_update(skip_locked=True, of=Batch)
    )
    over = session.execute(query).all()
    end_batches(session, [id_ for id_, expired in over if expired], now, "expired")
    end_batches(session, [id_ for id_, expired in over if not expired], now, "closed")


def end_batches(session: Session, batch_ids: Sequence[int], now: datetime, reason: str) -> None:
    """Free all that these batches still hold. The caller has locked their rows."""
    if not batch_ids:
        return
    groups = session.scalars(select(CallGroup.id).where(CallGroup.batch_id.in_(batch_ids))).all()
    free_groups(session, groups, now)
    session.execute(
        update(Batch)
        .where(Batch.id.in_(batch_ids), Batch.ended_at.is_(None))
        .values(ended_at=now, end_reason=reason)
    )


def free_groups(session: Session, group_ids: Sequence[int], now: datetime) -> None:
    """Put groups back into the queue: their held cases are open again, their numbers free."""
    # The group's row before those of its cases, as everywhere.
    realign(session, group_ids)
    session.execute(
        update(Case)
        .where(Case.group_id.in_(group_ids), Case.state == "held")
        .values(state="open")
        .execution_options(synchronize_session=False)
    )
    release_numbers(session, group_ids, now)


def realign(session: Session, group_ids: Sequence[int]) -> None:
    """Make groups that nobody holds any more say what their cases say: how many of them wait,
    since when, how urgent.
    """
    is_open = (Case.group_id == CallGroup.id, Case.state.in_(("open", "held")))
    has_appointment = exists().where(*is_open, Case.appointment_at.is_not(None))
    session.execute(
        update(CallGroup)
        .where(CallGroup.id.in_(group_ids))
        .values(
            batch_id=None,
            open_cases=select(func.count(Case.id)).where(*is_open).scalar_subquery(),
            ready_at=select(func.min(Case.ready_at)).where(*is_open).scalar_subquery(),
            priority=case((has_appointment, APPOINTMENT), else_=ORDINARY),
        )
        .execution_options(synchronize_session=False)
    )


def release_numbers(session: Session, group_ids: Sequence[int], now: datetime) -> None:
    """End the holds on the groups' numbers."""
    session.execute(
        update(Hold)
        .where(Hold.group_id.in_(group_ids), Hold.released_at.is_(None))
        .values(released_at=now)
        .execution_options(synchronize_session=False)
    )
