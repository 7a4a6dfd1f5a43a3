"""Off shift: what somebody promised for a time when they are away is anyone's."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.campaigns.models import Campaign
from app.cases.models import STILL_TO_RING, Batch, CallGroup, Case
from app.cases.rules.leases import lease_end
from app.cases.service.placing import realign
from app.people import shifts
from app.people.models import Shift, User
from app.people.rules.shifts import Span, covers
from app.problems import Problem


def plan(
    session: Session,
    actor: User | None,
    now: datetime,
    users: Sequence[User],
    hours: Sequence[Span],
    community: str | None = None,
) -> int:
    """Plan hours as ``shifts.plan`` does; what somebody promised for another time of these days is
    anyone's. Returns how many shifts that are.
    """
    planned = shifts.plan(session, actor, now, users, hours, community)
    session.flush()
    days = sorted({shifts.day_of(span.starts_at, now) for span in hours})
    promised = select(Case.appointment_user_id, Case.appointment_at).where(
        Case.appointment_user_id.in_([user.id for user in users]),
        Case.appointment_at >= days[0][0],
        Case.appointment_at < days[-1][1],
        Case.state.in_(STILL_TO_RING),
    )
    on = {
        (user_id, shifts.day_of(at, now))
        for user_id, at in session.execute(promised)
        if user_id is not None and at is not None
    }
    for user_id, day in sorted(on):
        if day in days:
            _promise_to_anyone(session, user_id, day, now)
    return planned


def check_out(session: Session, actor: User, now: datetime, shift_id: int) -> Shift:
    """Note that the actor has left; who taps twice left at the first.

    What they still hold is theirs for a short while, to hand it over; their appointments of the
    day are anyone's, unless another shift of theirs covers them. Raises NotFoundError for
    another's shift, Problem for one they never checked in to.
    """
    shift = shifts.locked(session, shift_id, actor)
    if shift.checked_in_at is None:
        raise Problem("check_out_absent")
    if shift.checked_out_at is None:
        shift.checked_out_at = now
        session.flush()
        _shorten_leases(session, actor.id, now)
        _promise_to_anyone(session, actor.id, shifts.day_of(now, now), now)
        audit.record(session, actor.id, now, "checked_out", "shift", shift.id)
    return shift


def remove_shift(session: Session, actor: User | None, now: datetime, shift_id: int) -> Shift:
    """Take a shift that is still to come out of the plan; what was promised for it is anyone's.

    Raises NotFoundError, ForbiddenError where the actor has no say over its volunteer, Problem
    for one that has begun.
    """
    shift = shifts.locked(session, shift_id)
    shifts.check_may_plan(actor, session.get_one(User, shift.user_id))
    if shift.starts_at <= now or shift.checked_in_at is not None:
        raise Problem("shift_begun")
    session.delete(shift)
    session.flush()
    _promise_to_anyone(session, shift.user_id, (shift.starts_at, shift.ends_at), now)
    by = None if actor is None else actor.id
    audit.record(session, by, now, "shift_removed", "user", shift.user_id)
    return shift


def _shorten_leases(session: Session, user_id: int, now: datetime) -> None:
    live = select(Batch, Campaign).join(Campaign, Campaign.id == Batch.campaign_id)
    live = live.where(Batch.user_id == user_id, Batch.ended_at.is_(None)).order_by(Batch.id)
    live = live.with_for_update(of=Batch).execution_options(populate_existing=True)
    for batch, campaign in session.execute(live):
        soon = lease_end(campaign.rules, now, now)
        batch.lease_expires_at = min(batch.lease_expires_at, soon)
    session.flush()


def _promise_to_anyone(
    session: Session, user_id: int, hours: tuple[datetime, datetime], now: datetime
) -> None:
    """Make the user's appointments between two moments of a day anyone's, but for those in the
    hours of another shift.
    """
    begin, end = hours
    promised = select(Case.id, Case.group_id, Case.appointment_at).where(
        Case.appointment_user_id == user_id,
        Case.appointment_at >= begin,
        Case.appointment_at < end,
        Case.state.in_(STILL_TO_RING),
    )
    others = shifts.of_day(session, [user_id], begin.astimezone(now.tzinfo))
    away = [
        (case_id, group_id)
        for case_id, group_id, at in session.execute(promised)
        if at is not None and not any(covers(shift, at) for shift in others)
    ]
    groups = select(CallGroup.id, CallGroup.batch_id).order_by(CallGroup.id).with_for_update()
    groups = groups.where(CallGroup.id.in_({group_id for _case, group_id in away}))
    waiting = [group_id for group_id, batch_id in session.execute(groups) if batch_id is None]
    session.execute(
        update(Case)
        .where(Case.id.in_([case_id for case_id, _ in away]), Case.appointment_user_id == user_id)
        .values(appointment_user_id=None)
        .execution_options(synchronize_session=False)
    )
    # What somebody holds says so again when it goes back to the queue.
    realign(session, waiting, now)
