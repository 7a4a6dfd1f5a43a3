"""Handover at the end of a shift: what is left goes to a colleague or to the pool, with a sheet."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.campaigns.models import Campaign
from app.cases import queries
from app.cases.models import Batch, Handoff, HandoffCase
from app.cases.rules.turns import is_early
from app.cases.service.passing import not_to, pass_on, receiver
from app.cases.service.release import end_batches
from app.cases.service.settling import renew
from app.people.models import User
from app.problems import NotFoundError, Problem

LONGEST_NOTE = 2000


def hand_over(
    session: Session,
    actor: User,
    now: datetime,
    batch_id: int,
    to: str | None = None,
    note: str = "",
) -> Handoff:
    """Hand what is left of the actor's batch to a colleague by name, or to the pool.

    Asked again for the same batch it answers the same again. Raises NotFoundError for another's
    batch, Problem for one that ended otherwise or a colleague who can't take it.
    """
    if len(note) > LONGEST_NOTE:
        raise Problem("note_long", field="note", values={"longest": LONGEST_NOTE})
    batch = _locked(session, actor, batch_id)
    earlier = session.scalar(select(Handoff).where(Handoff.from_batch_id == batch_id))
    if earlier is not None:
        return earlier
    if batch.ended_at is not None:
        raise Problem("batch_over")
    colleague = None if to is None else _colleague(session, actor, to)
    groups = [group.id for group in queries.held_groups(session, [batch_id])]
    handoff = _write(session, actor, now, batch, colleague, groups, note.strip())
    offer = pass_on(session, actor, now, batch.campaign_id, groups, colleague)
    handoff.to_batch_id = None if offer is None else offer.id
    end_batches(session, [batch_id], now, "handed_over")
    to_id = None if colleague is None else colleague.id
    audit.record(session, actor.id, now, "batch_handed_over", "batch", batch_id, to=to_id)
    return handoff


def accept(session: Session, actor: User, now: datetime, batch_id: int) -> Batch:
    """Take over what a colleague offers. Raises NotFoundError, Problem when it was taken back
    or the actor was stopped.
    """
    batch = _locked(session, actor, batch_id)
    if not actor.gets_work:
        raise Problem("stopped")
    if batch.ended_at is not None:
        raise Problem("batch_over")
    renew(session, batch, session.get_one(Campaign, batch.campaign_id).rules, now)
    audit.record(session, actor.id, now, "batch_accepted", "batch", batch_id)
    return batch


def decline(session: Session, actor: User, now: datetime, batch_id: int) -> None:
    """Let what a colleague offers go to the pool. Raises NotFoundError."""
    batch = _locked(session, actor, batch_id)
    if batch.handed_by_id is None:
        raise NotFoundError(f"batch {batch_id}")
    if batch.ended_at is None:
        end_batches(session, [batch_id], now, "declined")
        audit.record(session, actor.id, now, "batch_declined", "batch", batch_id)


def _locked(session: Session, actor: User, batch_id: int) -> Batch:
    query = select(Batch).where(Batch.id == batch_id, Batch.user_id == actor.id)
    # What was read before the lock was had may be out of date.
    query = query.with_for_update().execution_options(populate_existing=True)
    batch = session.scalar(query)
    if batch is None:
        raise NotFoundError(f"batch {batch_id}")
    return batch


def _colleague(session: Session, actor: User, name: str) -> User:
    found = receiver(session, name)
    if found.id == actor.id:
        raise not_to(name)
    return found


def _write(
    session: Session,
    actor: User,
    now: datetime,
    batch: Batch,
    to: User | None,
    groups: Sequence[int],
    note: str,
) -> Handoff:
    campaign = session.get_one(Campaign, batch.campaign_id)
    handoff = Handoff(
        campaign_id=batch.campaign_id, from_user_id=actor.id, from_batch_id=batch.id,
        to_user_id=None if to is None else to.id, made_at=now, note=note,
        position=campaign.last_position,
    )  # fmt: skip
    session.add(handoff)
    session.flush()
    _list_left(session, handoff, groups)
    return handoff


def _list_left(session: Session, handoff: Handoff, groups: Sequence[int]) -> None:
    """Write down who is left, in the order of ringing: all of the groups who are still to be
    rung, for those who rest or were laid aside go along.
    """
    order = {group: place for place, group in enumerate(groups)}
    left = [case for case in queries.cases_of(session, groups) if case.waits]
    left.sort(key=lambda case: (order[case.group_id], case.id))
    rows = [
        {
            "handoff_id": handoff.id, "case_id": case.id, "place": place,
            "not_before": case.ready_at if is_early(case.ready_at, handoff.made_at) else None,
        }
        for place, case in enumerate(left)
    ]  # fmt: skip
    if rows:
        session.execute(insert(HandoffCase), rows)
