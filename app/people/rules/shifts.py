"""Shifts: planned hours, being there, and what lies within somebody's hours."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Protocol

from app.labels import Labelled
from app.problems import Problem

CHECK_IN_FROM = timedelta(minutes=15)
"""How long before its beginning one can be there for a shift."""
OVERRUN = timedelta(hours=1)
"""How long after its end somebody who goes on working still works on this shift."""
MOST_DAYS = 31
"""For how many days shifts are planned at once."""
FARTHEST = timedelta(days=366)
"""How far ahead: who mistypes the year never sees the shift again."""


class Hours(Protocol):
    """The columns of a shift that the rules need."""

    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def checked_in_at(self) -> datetime | None: ...
    @property
    def checked_out_at(self) -> datetime | None: ...


class ShiftState(Labelled):
    """How a shift stands; each with its words."""

    COMING = ("coming", "还没到时间", "Still to come")
    OPEN = ("open", "可以签到", "Check-in is open")
    PRESENT = ("present", "在岗", "Checked in")
    OVER = ("over", "已到时间，请签退", "Over: check out")
    LEFT = ("left", "已签退", "Checked out")
    MISSED = ("missed", "没有签到", "Not checked in")


def state_of(shift: Hours, now: datetime) -> ShiftState:
    """Tell how a shift stands."""
    if shift.checked_out_at is not None:
        return ShiftState.LEFT
    if shift.checked_in_at is not None:
        return ShiftState.PRESENT if now < shift.ends_at else ShiftState.OVER
    if now < shift.starts_at - CHECK_IN_FROM:
        return ShiftState.COMING
    return ShiftState.OPEN if now < shift.ends_at else ShiftState.MISSED


def check_may_come(shift: Hours, now: datetime) -> None:
    """Raise Problem when this is not the time to check in: from 15 minutes before to the end."""
    state = state_of(shift, now)
    if state is ShiftState.COMING:
        first = shift.starts_at.astimezone(now.tzinfo) - CHECK_IN_FROM
        raise Problem("check_in_early", values={"time": f"{first:%m-%d %H:%M}"})
    if state is not ShiftState.OPEN:
        raise Problem("check_in_late")


def covers(shift: Hours, moment: datetime) -> bool:
    """Whether somebody is to be there at this moment, and has not left."""
    return shift.checked_out_at is None and shift.starts_at <= moment < shift.ends_at


def is_off(of_day: Sequence[Hours], moment: datetime) -> bool:
    """Whether somebody who has these shifts on the day of the moment is away then.

    Where no shift is kept for the day, nobody knows, and a promise stays a promise.
    """
    return bool(of_day) and not any(covers(shift, moment) for shift in of_day)


def end_of(shift: Hours) -> datetime:
    """Return when a shift ends, or ended with its volunteer's leaving."""
    return shift.checked_out_at or shift.ends_at


@dataclass(frozen=True)
class Span:
    """From when to when somebody is planned."""

    starts_at: datetime
    ends_at: datetime
    checked_in_at: None = None
    checked_out_at: None = None

    def overlaps(self, other: Hours) -> bool:
        """Whether one can't be there for both; who has left a shift is free again."""
        return self.starts_at < end_of(other) and other.starts_at < self.ends_at


def spans(first: date, last: date, begins: time, ends: time, zone: tzinfo) -> list[Span]:
    """Return the same hours of each day from the first to the last, both included.

    Raises Problem for hours that end before they begin, and for too many days.
    """
    if begins >= ends:
        raise Problem("shift_hours", field="ends")
    if not 0 <= (last - first).days < MOST_DAYS:
        raise Problem("shift_days", field="until", values={"most": MOST_DAYS})
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [
        Span(datetime.combine(day, begins, zone), datetime.combine(day, ends, zone)) for day in days
    ]


def check_when(hours: Iterable[Span], now: datetime) -> None:
    """Raise Problem for hours that have passed, or are too far ahead."""
    for span in hours:
        if span.ends_at <= now:
            raise Problem("shift_past", field="day")
        if span.starts_at > now + FARTHEST:
            raise Problem("shift_far", field="day", values={"days": FARTHEST.days})


def first_overlap(planned: Sequence[Span], standing: Sequence[Hours]) -> Hours | None:
    """Return the first shift that stands in the way of one that is to be planned; also one that is
    planned before it in the same plan.
    """
    ways = ((span, (*standing, *planned[:before])) for before, span in enumerate(planned))
    return next((one for span, others in ways for one in others if span.overlaps(one)), None)
