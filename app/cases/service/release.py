"""Giving back: what is still held when a batch ends goes to the queue again."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, case, select, update
from sqlalchemy.orm import Session

from app.campaigns.models import Campaign
from app.cases.models import Batch, CallGroup, Case, Hold
from app.cases.service.placing import realign
from app.db import UTCDateTime
from app.people.models import User
from app.people.queries import GETS_WORK
from app.prepared import Prepared, without_waiting
from app.problems import NotFoundError


def release(session: Session, actor: User, now: datetime, batch_id: int) -> None:
    """Give back all that is left of the actor's batch. Raises NotFoundError for another's."""
    query = select(Batch).where(Batch.id == batch_id, Batch.user_id == actor.id)
    # What was read before the lock was had may be out of date.
    query = query.with_for_update().execution_options(populate_existing=True)
    batch = session.scalar(query)
    if batch is None:
        raise NotFoundError(f"batch {batch_id}")
    if batch.ended_at is None:
        end_batches(session, [batch.id], now, "released")


_HAS_EXPIRED = Batch.lease_expires_at <= bindparam("moment", type_=UTCDateTime)
_OVER = Prepared(
    select(
        Batch.id,
        case(
            (_HAS_EXPIRED, "expired"),
            (Campaign.status == "closed", "closed"),
            (User.active.is_(False), "deactivated"),
            else_="stopped",
        ),
    )
    .join(Campaign, Campaign.id == Batch.campaign_id)
    .join(User, User.id == Batch.user_id)
    .where(
        Batch.ended_at.is_(None),
        _HAS_EXPIRED | (Campaign.status == "closed") | ~GETS_WORK,
    )
    .with_for_update(skip_locked=True, of=Batch)
)


_DUE = Prepared(
    select(CallGroup.id)
    .where(CallGroup.batch_id.is_(None), CallGroup.due_at <= bindparam("moment"))
    .with_for_update(skip_locked=True)
)


def catch_up(session: Session, now: datetime) -> None:
    """Bring the queue to what it is by now: a claim does this first, so that no scheduler has to.

    What is over ends, as ``end_expired`` has it; and a group that waited for a housemate's sake
    becomes an appointment once one is due in it. Nobody is waited for.
    """
    with without_waiting(session):
        over = _OVER.send(session, moment=now)
        due = _DUE.send(session, moment=now)
    _end(session, over(), now)
    realign(session, [group_id for (group_id,) in due()], now)


def end_expired(session: Session, now: datetime) -> None:
    """End every batch whose lease, campaign or account is over, or whose volunteer was stopped.

    A batch that somebody is just saving on is skipped: that save decides. So the sweep waits for
    nobody: whoever has a group may be waiting for the campaign, which a sweep may have.
    """
    _end(session, _OVER.rows(session, moment=now), now)


def _end(session: Session, over: Sequence[tuple[int, str]], now: datetime) -> None:
    busy = _busy(session, [id_ for id_, _why in over]) if over else set()
    for reason in ("expired", "closed", "deactivated", "stopped"):
        over_so = [id_ for id_, why in over if why == reason and id_ not in busy]
        end_batches(session, over_so, now, reason)


def _busy(session: Session, batch_ids: Sequence[int]) -> set[int]:
    """Return the batches of which somebody has a group locked; the other groups are ours now."""
    held = select(CallGroup.id, CallGroup.batch_id).where(CallGroup.batch_id.in_(batch_ids))
    ours = {row.id for row in session.execute(held.with_for_update(skip_locked=True))}
    return {row.batch_id for row in session.execute(held) if row.id not in ours}


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


def free_groups(session: Session, group_ids: Sequence[int], now: datetime) -> int:
    """Put groups back into the queue: their held cases are open again, their numbers free.

    Returns how many cases were held.
    """
    # The groups' rows before those of their cases, as everywhere.
    _lock_in_order(session, group_ids)
    realign(session, group_ids, now)
    freed = session.scalars(
        update(Case)
        .where(Case.group_id.in_(group_ids), Case.state == "held")
        .values(state="open")
        .returning(Case.id)
        .execution_options(synchronize_session=False)
    ).all()
    release_numbers(session, group_ids, now)
    return len(freed)


def _lock_in_order(session: Session, group_ids: Sequence[int]) -> None:
    """An update of several rows locks them in any order: two such could wait for each other."""
    query = select(CallGroup.id).where(CallGroup.id.in_(group_ids)).order_by(CallGroup.id)
    session.scalars(query.with_for_update()).all()


def unhold(session: Session, group_ids: Sequence[int], now: datetime) -> None:
    """Take groups out of their batches without letting the queue have them: the caller puts them
    into another batch in the same transaction.
    """
    _lock_in_order(session, group_ids)
    session.execute(
        update(CallGroup)
        .where(CallGroup.id.in_(group_ids))
        .values(batch_id=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Case)
        .where(Case.group_id.in_(group_ids), Case.state == "held")
        .values(state="open")
        .execution_options(synchronize_session=False)
    )
    release_numbers(session, group_ids, now)


def release_numbers(session: Session, group_ids: Sequence[int], now: datetime) -> None:
    """End the holds on the groups' numbers."""
    session.execute(
        update(Hold)
        .where(Hold.group_id.in_(group_ids), Hold.released_at.is_(None))
        .values(released_at=now)
        .execution_options(synchronize_session=False)
    )
