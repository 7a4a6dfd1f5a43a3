"""What a volunteer's first page shows of shifts: the one at hand, and what is planned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.i18n import lang
from app.i18n.moments import clock, coming
from app.people import shifts
from app.people.models import Shift, User
from app.people.rules.shifts import CHECK_IN_FROM, ShiftState, state_of
from app.territory.models import Community

KINDS = {
    ShiftState.COMING: "neutral", ShiftState.OPEN: "info", ShiftState.PRESENT: "good",
    ShiftState.OVER: "warn", ShiftState.LEFT: "neutral", ShiftState.MISSED: "bad",
}  # fmt: skip
"""The tag that shows a state."""


@dataclass(frozen=True)
class Duty:
    """The shift that matters now."""

    shift_id: int
    hours: str
    where: str
    word: str
    kind: str
    may_come: bool
    may_leave: bool


def duty(session: Session, user: User, now: datetime) -> Duty | None:
    """Return the user's shift at hand; None where none is planned for now or later today."""
    shift = shifts.at_hand(session, user, now)
    if shift is None:
        return None
    state = state_of(shift, now)
    code = select(Community.name).where(Community.code == shift.community_code)
    return Duty(
        shift_id=shift.id,
        hours=hours(shift),
        where=session.scalar(code) or "",
        word=_word(shift, state, now),
        kind=KINDS[state],
        may_come=state is ShiftState.OPEN,
        may_leave=state in {ShiftState.PRESENT, ShiftState.OVER},
    )


def _word(shift: Shift, state: ShiftState, now: datetime) -> str:
    if state is ShiftState.COMING:
        return str(_("check in from %(time)s", time=clock(shift.starts_at - CHECK_IN_FROM)))
    if shift.checked_in_at is not None and state is ShiftState.PRESENT:
        return str(_("here since %(time)s", time=coming(shift.checked_in_at, now)))
    return state.label(lang())


@dataclass(frozen=True)
class Row:
    """A shift in the plan."""

    shift: Shift
    name: str
    hours: str
    where: str
    word: str
    kind: str
    to_come: bool
    """Whether it can be removed still."""


def plan_of(session: Session, users: Sequence[User], day: datetime, now: datetime) -> Sequence[Row]:
    """Return the shifts of these users that begin on a day, by their beginning."""
    names = {user.id: user.name for user in users}
    found = shifts.of_day(session, list(names), day)
    codes = {shift.community_code for shift in found}
    places = select(Community).where(Community.code.in_(codes))
    named = {community.code: community.name for community in session.scalars(places)}
    return [
        _row(shift, names[shift.user_id], named.get(shift.community_code or "", ""), now)
        for shift in found
    ]


def _row(shift: Shift, name: str, where: str, now: datetime) -> Row:
    state = state_of(shift, now)
    return Row(
        shift=shift,
        name=name,
        hours=hours(shift),
        where=where,
        word=state.label(lang()),
        kind=KINDS[state],
        to_come=shift.starts_at > now and shift.checked_in_at is None,
    )


def hours(shift: Shift) -> str:
    """Return from when to when, as a clock shows it."""
    return f"{clock(shift.starts_at)}–{clock(shift.ends_at)}"


def planned(session: Session, user: User, now: datetime) -> Sequence[str]:
    """Return the user's shifts that are still to come, in words."""
    ahead = shifts.ahead(session, user.id, now)
    return [
        f"{coming(one.starts_at, now)}–{clock(one.ends_at)}"
        for one in ahead
        if one.starts_at - CHECK_IN_FROM > now
    ]
