"""Shifts: planning them, being there, and whose hours a moment lies in.

Planning a shift, leaving it and taking it back out of the plan change appointments too: they are
use cases of the queue (``app.cases.service.off_shift``).
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db import Base, UTCDateTime
from app.people.models import Shift, User
from app.people.rules import may_deactivate
from app.people.rules.shifts import (
    CHECK_IN_FROM,
    OVERRUN,
    ShiftState,
    Span,
    check_may_come,
    check_when,
    first_overlap,
    is_off,
    state_of,
)
from app.prepared import Prepared
from app.problems import ForbiddenError, NotFoundError, Problem

SHOWN_AFTER = timedelta(hours=2)
"""How long after its end a shift that nobody checked out of stays on the first page."""

LOOKS_AHEAD = timedelta(days=15)
"""How far a volunteer looks into the own plan."""


def plan(
    session: Session,
    actor: User | None,
    now: datetime,
    users: Sequence[User],
    hours: Sequence[Span],
    community: str | None = None,
) -> int:
    """Plan the same hours for several people; return how many shifts that are.

    All or nothing: raises Problem for nobody, for hours that have passed, are too far ahead or lie
    in each other's way, and for somebody who is planned already at that time; ForbiddenError where
    the actor has no say over somebody.
    """
    if not users:
        raise Problem("shift_for_nobody", field="users")
    check_when(hours, now)
    users = list({user.id: user for user in users}.values())  # nobody is to be there twice
    for user in users:
        check_may_plan(actor, user)
    # One plan after the other: two at once would both find nothing in their way.
    ids = sorted(user.id for user in users)
    locked = select(User.id).where(User.id.in_(ids)).order_by(User.id)
    session.execute(locked.with_for_update(key_share=True))
    _refuse_overlaps(session, users, hours, now)
    planner = None if actor is None else actor.id
    session.add_all(
        Shift(
            user_id=user.id, community_code=community, planned_by_id=planner,
            starts_at=span.starts_at, ends_at=span.ends_at,
        )
        for user in users
        for span in hours
    )  # fmt: skip
    for user in users:
        audit.record(session, planner, now, "shifts_planned", "user", user.id, n=len(hours))
    return len(users) * len(hours)


def check_may_plan(actor: User | None, user: User) -> None:
    """Raise ForbiddenError unless the user is the actor's to lead, or a leader's own self."""
    if actor is None or actor.id == user.id:
        return
    same_team = actor.team_id is not None and actor.team_id == user.team_id
    if not may_deactivate(actor.role, user.role, same_team=same_team):
        raise ForbiddenError


def _refuse_overlaps(
    session: Session, users: Sequence[User], hours: Sequence[Span], now: datetime
) -> None:
    begin, end = min(s.starts_at for s in hours), max(s.ends_at for s in hours)
    for user in users:
        standing = session.scalars(_within(begin, end).where(Shift.user_id == user.id)).all()
        other = first_overlap(hours, standing)
        if other is not None:
            starts, ends = (at.astimezone(now.tzinfo) for at in (other.starts_at, other.ends_at))
            when = f"{starts:%Y-%m-%d %H:%M}–{ends:%H:%M}"
            raise Problem("shift_overlaps", values={"name": user.name, "when": when})


def _within(begin: datetime, end: datetime) -> Select[Shift]:
    """Return the query for the shifts that a span of time touches, by their beginning."""
    touches = Shift.starts_at < end, Shift.ends_at > begin
    return select(Shift).where(*touches).order_by(Shift.starts_at, Shift.id)


def check_in(session: Session, actor: User, now: datetime, shift_id: int) -> Shift:
    """Note that the actor is there; who taps twice was there at the first.

    Raises NotFoundError for another's shift, Problem when it is not the time.
    """
    shift = locked(session, shift_id, actor)
    if shift.checked_in_at is None or shift.checked_out_at is not None:
        check_may_come(shift, now)
        shift.checked_in_at = now
        audit.record(session, actor.id, now, "checked_in", "shift", shift.id)
    return shift


def get(session: Session, users: Collection[User], shift_id: int) -> Shift:
    """Return a shift of one of these users. Raises NotFoundError."""
    ids = [user.id for user in users]
    shift = session.scalar(select(Shift).where(Shift.id == shift_id, Shift.user_id.in_(ids)))
    if shift is None:
        raise NotFoundError(f"shift {shift_id}")
    return shift


def covering(moment: datetime, community: str) -> Select[int]:
    """Return the query for whoever is to be there for the community at this moment, and has not
    left; see ``rules.shifts.covers``.
    """
    return select(Shift.user_id).where(
        Shift.starts_at <= moment,
        Shift.ends_at > moment,
        Shift.checked_out_at.is_(None),
        Shift.community_code.is_(None) | (Shift.community_code == community),
    )


def locked(session: Session, shift_id: int, actor: User | None = None) -> Shift:
    """Return a shift, the actor's if one is given, locked until the transaction ends.

    Raises NotFoundError.
    """
    query = select(Shift).where(Shift.id == shift_id).with_for_update()
    if actor is not None:
        query = query.where(Shift.user_id == actor.id)
    shift = session.scalar(query.execution_options(populate_existing=True))
    if shift is None:
        raise NotFoundError(f"shift {shift_id}")
    return shift


def at_hand(session: Session, user: User, now: datetime) -> Shift | None:
    """Return the shift that matters to its volunteer now: the one under way or due, else the next
    of today.
    """
    query = _within(now - SHOWN_AFTER, day_of(now, now)[1])
    found = session.scalars(query.where(Shift.user_id == user.id)).all()
    worth = [one for one in found if _matters(state_of(one, now))]
    return worth[0] if worth else None


def _matters(state: ShiftState) -> bool:
    return state not in {ShiftState.LEFT, ShiftState.MISSED}


def of_day(session: Session, users: Collection[int], day: datetime) -> Sequence[Shift]:
    """Return the shifts of these users that begin on the day of this moment, by their beginning."""
    midnight, next_midnight = day_of(day, day)
    query = select(Shift).where(
        Shift.user_id.in_(users), Shift.starts_at >= midnight, Shift.starts_at < next_midnight
    )
    return session.scalars(query.order_by(Shift.starts_at, Shift.ends_at, Shift.id)).all()


def ahead(
    session: Session, user_id: int, now: datetime, length: timedelta = LOOKS_AHEAD
) -> Sequence[Shift]:
    """Return what is planned for a user from this day on, by its beginning."""
    begin = day_of(now, now)[0]
    query = _within(begin, begin + length).where(Shift.user_id == user_id)
    return session.scalars(query).all()


def is_away(session: Session, user_id: int, moment: datetime, zone: datetime) -> bool:
    """Whether a user keeps shifts on the day of this moment, and none of them then.

    ``zone`` is any moment in the deployment's zone.
    """
    midnight, next_midnight = day_of(moment, zone)
    rows = _OF_DAY.rows(session, user=user_id, midnight=midnight, next_midnight=next_midnight)
    return is_off(rows, moment)


def day_of(moment: datetime, zone: datetime) -> tuple[datetime, datetime]:
    """Return the midnights between which a moment lies; ``zone`` is any moment in the zone."""
    local = moment.astimezone(zone.tzinfo)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight, midnight + timedelta(days=1)


def end_of_current(session: Session, user_id: int, now: datetime) -> datetime | None:
    """Return when the shift ends that the user works on, or ended a little ago; None where no
    shift is kept. Whoever left early has ended it then.
    """
    found = _CURRENT.first(session, user=user_id, soon=now + CHECK_IN_FROM, lately=now - OVERRUN)
    if found is None:
        return None
    end: datetime = found.checked_out_at or found.ends_at
    return end


def between(session: Session, begin: datetime, end: datetime) -> Sequence[Shift]:
    """Return everybody's shifts that a span of time touches, by their beginning."""
    return session.scalars(_within(begin, end)).all()


# The table, not the entity: these run with saves.
_SHIFTS = Base.metadata.tables[Shift.__tablename__]
_CURRENT = Prepared(
    select(_SHIFTS.c.ends_at, _SHIFTS.c.checked_out_at)
    .where(
        _SHIFTS.c.user_id == bindparam("user"),
        _SHIFTS.c.starts_at <= bindparam("soon", type_=UTCDateTime),
        _SHIFTS.c.ends_at > bindparam("lately", type_=UTCDateTime),
    )
    .order_by(_SHIFTS.c.starts_at.desc())
    .limit(1)
)
_OF_DAY = Prepared(
    select(_SHIFTS.c.starts_at, _SHIFTS.c.ends_at, _SHIFTS.c.checked_out_at).where(
        _SHIFTS.c.user_id == bindparam("user"),
        _SHIFTS.c.starts_at >= bindparam("midnight", type_=UTCDateTime),
        _SHIFTS.c.starts_at < bindparam("next_midnight", type_=UTCDateTime),
    )
)
