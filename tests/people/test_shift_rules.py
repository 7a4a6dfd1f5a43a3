"""Shifts as the rules have them: when one can come, what covers what, what is in the way."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.people.rules.shifts import (
    MOST_DAYS,
    ShiftState,
    Span,
    check_may_come,
    check_when,
    covers,
    end_of,
    first_overlap,
    is_off,
    spans,
    state_of,
)
from app.problems import Problem

ZONE = ZoneInfo("Asia/Shanghai")
DAY = datetime(2026, 11, 24, tzinfo=ZONE)
MOMENTS = st.integers(0, 24 * 60).map(lambda minutes: DAY + timedelta(minutes=minutes))


@dataclass(frozen=True)
class Planned:
    starts_at: datetime
    ends_at: datetime
    checked_in_at: datetime | None = None
    checked_out_at: datetime | None = None


def at(text: str) -> datetime:
    return datetime.combine(DAY.date(), time.fromisoformat(text), ZONE)


def afternoon(came: str | None = None, left: str | None = None) -> Planned:
    return Planned(at("14:00"), at("18:00"), came and at(came), left and at(left))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "came", "left", "state"),
    [
        ("13:44", None, None, ShiftState.COMING),
        ("13:45", None, None, ShiftState.OPEN),
        ("17:59", None, None, ShiftState.OPEN),
        ("18:00", None, None, ShiftState.MISSED),
        ("14:00", "13:50", None, ShiftState.PRESENT),
        ("18:00", "13:50", None, ShiftState.OVER),
        ("15:00", "13:50", "14:30", ShiftState.LEFT),
        ("19:00", "13:50", "18:20", ShiftState.LEFT),
    ],
)
def test_how_a_shift_stands(now: str, came: str | None, left: str | None, state: str) -> None:
    assert state_of(afternoon(came, left), at(now)) is state


def test_who_comes_too_early_is_told_from_when_on() -> None:
    with pytest.raises(Problem, match="check_in_early") as told:
        check_may_come(afternoon(), at("13:44").astimezone(UTC).astimezone(ZONE))
    assert told.value.values == {"time": "11-24 13:45"}


@pytest.mark.parametrize(
    ("now", "came", "left"), [("18:00", None, None), ("15:00", "14:00", "14:30")]
)
def test_nobody_comes_to_a_shift_that_is_over(now: str, came: str | None, left: str | None) -> None:
    with pytest.raises(Problem, match="check_in_late"):
        check_may_come(afternoon(came, left), at(now))


def test_a_day_without_shifts_tells_nothing_of_who_is_there() -> None:
    assert not is_off([], at("16:00"))


@pytest.mark.parametrize(
    ("moment", "off"), [("13:59", True), ("14:00", False), ("17:59", False), ("18:00", True)]
)
def test_hours_begin_with_their_first_moment_and_end_before_their_last(
    moment: str, off: bool
) -> None:
    assert is_off([afternoon()], at(moment)) is off


def test_who_has_left_is_off() -> None:
    assert is_off([afternoon("14:00", "15:00")], at("16:00"))
    assert not is_off([afternoon("14:00", "15:00"), Planned(at("15:30"), at("20:00"))], at("16:00"))


@given(begins=MOMENTS, ends=MOMENTS, moment=MOMENTS, left=st.none() | MOMENTS)
def test_nobody_can_be_there_before_the_beginning_or_after_the_end(
    begins: datetime, ends: datetime, moment: datetime, left: datetime | None
) -> None:
    shift = Planned(begins, ends, begins, left)
    if covers(shift, moment):
        assert begins <= moment < ends
        assert end_of(shift) == ends


@given(one=st.tuples(MOMENTS, MOMENTS), other=st.tuples(MOMENTS, MOMENTS), moment=MOMENTS)
def test_two_shifts_that_do_not_overlap_never_cover_the_same_moment(
    one: tuple[datetime, datetime], other: tuple[datetime, datetime], moment: datetime
) -> None:
    planned = Planned(*one)
    if not Span(*other).overlaps(planned):
        assert not (covers(planned, moment) and covers(Planned(*other), moment))


def test_shifts_may_follow_one_another() -> None:
    assert first_overlap([Span(at("18:00"), at("20:00"))], [afternoon()]) is None
    assert first_overlap([Span(at("17:59"), at("20:00"))], [afternoon()]) == afternoon()


def test_hours_of_one_plan_may_follow_but_not_overlap() -> None:
    first, second = Span(at("08:00"), at("10:00")), Span(at("10:00"), at("12:00"))
    assert first_overlap([first, second], []) is None
    assert first_overlap([first, second, Span(at("09:59"), at("11:00"))], []) == first


def test_who_left_early_can_be_planned_again() -> None:
    left = afternoon("14:00", "15:00")
    assert first_overlap([Span(at("15:00"), at("17:00"))], [left]) is None


def test_hours_are_planned_for_the_year_to_come() -> None:
    soon = at("10:00") + timedelta(days=365)
    check_when([Span(soon, soon + timedelta(hours=1))], at("09:00"))
    for year, code in ((2025, "shift_past"), (2028, "shift_far"), (9999, "shift_far")):
        begins = at("10:00").replace(year=year)
        with pytest.raises(Problem, match=code):
            check_when([Span(begins, begins + timedelta(hours=1))], at("09:00"))


def test_the_last_day_that_a_calendar_has_can_be_named() -> None:
    assert len(spans(date.max, date.max, time(9), time(12), ZONE)) == 1


def test_the_same_hours_of_each_day() -> None:
    days = spans(date(2026, 11, 24), date(2026, 11, 26), time(14), time(18), ZONE)
    assert [(one.starts_at.day, one.starts_at.hour, one.ends_at.hour) for one in days] == [
        (24, 14, 18), (25, 14, 18), (26, 14, 18),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("last", "begins", "ends", "code"),
    [
        (date(2026, 11, 24), time(18), time(14), "shift_hours"),
        (date(2026, 11, 24), time(14), time(14), "shift_hours"),
        (date(2026, 11, 23), time(14), time(18), "shift_days"),
        (date(2026, 11, 24) + timedelta(days=MOST_DAYS), time(14), time(18), "shift_days"),
    ],
)
def test_what_can_not_be_planned(last: date, begins: time, ends: time, code: str) -> None:
    with pytest.raises(Problem, match=code):
        spans(date(2026, 11, 24), last, begins, ends, ZONE)
