"""Calling rules as people write them, and the hours of the day they allow."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.campaigns.rules.calling import (
    LOWEST,
    MINUTES_IN_A_YEAR,
    CallingRules,
    Ringing,
    after,
    allowed_until,
    is_allowed,
    next_allowed,
    ringing_at,
    rules_from,
)
from app.problems import Problem
from tests.cast import NOW

NUMBERS = {
    "lease_minutes": 240, "unopened_minutes": 30, "max_held": 60, "max_attempts": 6,
    "max_attempts_per_day": 2, "max_dials": 20, "max_dials_per_day": 4, "rest_days": 3,
    "spread_days": 2,
}  # fmt: skip


def test_nothing_said_is_the_design_s_default() -> None:
    rules = rules_from({})

    assert {key: getattr(rules, key) for key in NUMBERS} == NUMBERS
    assert rules.hours == ("09:00-12:00", "14:00-20:30")
    assert (rules.weekend_hours, rules.legal_hours) == ((), ())
    assert rules.pause_minutes == {}
    assert rules.pause_after("busy") == timedelta(minutes=20)
    assert rules.pause_after("no_answer") == timedelta(minutes=180)
    assert rules.pause_after("soft_refusal") == timedelta(minutes=4320)


@pytest.mark.parametrize("key", NUMBERS)
def test_each_number_can_be_set_alone(key: str) -> None:
    assert rules_from({key: 7}) == CallingRules(**{key: 7})


def test_what_is_stored_reads_back_the_same() -> None:
    rules = CallingRules(
        hours=("08:00-09:30",), weekend_hours=("10:00-12:00",), legal_hours=("08:00-21:00",),
        max_held=5, max_dials=9, spread_days=0, pause_minutes={"busy": 5},
    )  # fmt: skip

    assert rules_from(rules.as_table()) == rules


@pytest.mark.parametrize(
    ("table", "code", "field"),
    [
        ({"max_hold": 3}, "rules_unknown_key", "max_hold"),
        *(({key: value}, "rules_number", key) for key in NUMBERS for value in ("3", 2.5, True)),
        *(({key: -1}, "rules_number", key) for key in NUMBERS),
        *(({key: 0}, "rules_number", key) for key in NUMBERS if key not in LOWEST),
        *(({key: MINUTES_IN_A_YEAR + 1}, "rules_number", key) for key in NUMBERS),
        ({"pause_minutes": 5}, "rules_table", "pause_minutes"),
        ({"pause_minutes": {"busi": 5}}, "disposition_unknown", "pause_minutes"),
        ({"pause_minutes": {"busy": -1}}, "rules_number", "busy"),
        ({"pause_minutes": {"busy": "5"}}, "rules_number", "busy"),
        ({"hours": "09:00-12:00"}, "rules_hours", "hours"),
        ({"hours": 9}, "rules_hours", "hours"),
        ({"hours": [9]}, "rules_hours", "hours"),
        ({"hours": ["09:00"]}, "rules_hours", "hours"),
        ({"hours": ["09:00-"]}, "rules_hours", "hours"),
        ({"hours": ["09:00-12:00-13:00"]}, "rules_hours", "hours"),
        ({"hours": ["9-12"]}, "rules_hours", "hours"),
        ({"hours": ["12:00-09:00"]}, "rules_hours_end", "hours"),
        ({"hours": ["09:00-09:00"]}, "rules_hours_end", "hours"),
        ({"hours": ["22:00-08:00"]}, "rules_hours_end", "hours"),
        ({"hours": ["22:00-25:00"]}, "rules_hours", "hours"),
        ({"hours": ["09:00Z-12:00"]}, "rules_hours", "hours"),
        ({"hours": ["09:00Z-12:00Z"]}, "rules_hours", "hours"),
        ({"hours": ["14:00-20:30", "09:00-12:00"]}, "rules_hours_order", "hours"),
        ({"hours": ["09:00-12:00", "11:00-20:30"]}, "rules_hours_order", "hours"),
        ({"weekend_hours": ["9-12"]}, "rules_hours", "weekend_hours"),
        ({"legal_hours": "08:00-21:00"}, "rules_hours", "legal_hours"),
        ({"legal_hours": ["21:00-08:00"]}, "rules_hours_end", "legal_hours"),
        (
            {"legal_hours": ["14:00-21:00", "08:00-12:00"]},
            "rules_hours_order",
            "legal_hours",
        ),
        # Nobody is rung of one's own accord when nobody may be rung at all.
        ({"legal_hours": ["10:00-21:00"]}, "rules_hours_not_legal", "hours"),
        ({"legal_hours": ["08:00-13:00", "14:30-21:00"]}, "rules_hours_not_legal", "hours"),
        (
            {"legal_hours": ["08:00-21:00"], "weekend_hours": ["10:00-21:01"]},
            "rules_hours_not_legal",
            "weekend_hours",
        ),
    ],
)
def test_what_is_no_rule_is_refused_by_its_key(
    table: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(Problem) as caught:
        rules_from(table)

    assert (caught.value.code, caught.value.field) == (code, field)


@pytest.mark.parametrize(
    ("table", "rules"),
    [
        ({"rest_days": 0}, CallingRules(rest_days=0)),
        ({"pause_minutes": {"busy": 0}}, CallingRules(pause_minutes={"busy": 0})),
        ({"hours": []}, CallingRules(hours=())),
        ({"spread_days": 0}, CallingRules(spread_days=0)),
        ({"legal_hours": ["09:00-20:30"]}, CallingRules(legal_hours=("09:00-20:30",))),
        (
            {"hours": ["09:00-18:00"], "legal_hours": ["08:00-12:00", "12:00-21:00"]},
            CallingRules(hours=("09:00-18:00",), legal_hours=("08:00-12:00", "12:00-21:00")),
        ),
        (
            {"hours": [], "legal_hours": ["08:00-12:00"]},
            CallingRules(hours=(), legal_hours=("08:00-12:00",)),
        ),
        ({"hours": ["09:00 - 12:00"]}, CallingRules(hours=("09:00 - 12:00",))),
        (
            {"hours": ["09:00-12:00", "12:00-13:00"]},
            CallingRules(hours=("09:00-12:00", "12:00-13:00")),
        ),
    ],
)
def test_the_edges_of_what_is_a_rule(table: dict[str, Any], rules: CallingRules) -> None:
    assert rules_from(table) == rules


def clock(text: str, days: int = 0) -> datetime:
    hour, minute = map(int, text.split(":"))
    return NOW.replace(hour=hour, minute=minute) + timedelta(days=days)


@pytest.mark.parametrize(
    ("moment", "following"),
    [
        ("00:00", clock("09:00")),
        ("08:59", clock("09:00")),
        ("09:00", clock("09:00")),
        ("11:59", clock("11:59")),
        ("12:00", clock("14:00")),
        ("13:00", clock("14:00")),
        ("20:29", clock("20:29")),
        ("20:30", clock("09:00", 1)),
        ("23:59", clock("09:00", 1)),
    ],
)
def test_the_hours_of_ringing(moment: str, following: datetime) -> None:
    rules = CallingRules()

    assert is_allowed(rules, clock(moment)) == (clock(moment) == following)
    assert next_allowed(rules, clock(moment)) == following


SPANS = st.lists(st.integers(0, 24 * 60 - 1), min_size=2, max_size=8, unique=True).map(sorted)


@given(SPANS, st.integers(0, 24 * 60 - 1))
def test_the_next_allowed_moment_is_allowed_and_the_first(edges: list[int], minute: int) -> None:
    spans = [
        f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}"
        for a, b in zip(edges[::2], edges[1::2], strict=False)
    ]
    rules = rules_from({"hours": spans})
    local = clock("00:00") + timedelta(minutes=minute)

    found = next_allowed(rules, local)

    assert is_allowed(rules, found)
    assert local <= found <= local + timedelta(days=1)
    step = local
    while step < found:
        assert not is_allowed(rules, step)
        step += timedelta(minutes=10)


@given(st.integers(0, 24 * 60 - 1))
def test_without_hours_ringing_is_always_allowed(minute: int) -> None:
    local = clock("00:00") + timedelta(minutes=minute)

    assert next_allowed(CallingRules(hours=()), local) == local


LEGAL = CallingRules(legal_hours=("08:00-21:00",))
WEEKENDS = CallingRules(weekend_hours=("10:00-12:00",), legal_hours=("08:00-21:00",))
SATURDAY = 4


@pytest.mark.parametrize(
    ("rules", "moment", "ringing"),
    [
        (CallingRules(), clock("12:30"), Ringing.CLOSED),
        (CallingRules(), clock("10:00"), Ringing.FREE),
        (LEGAL, clock("07:59"), Ringing.CLOSED),
        (LEGAL, clock("08:00"), Ringing.QUIET),
        (LEGAL, clock("09:00"), Ringing.FREE),
        (LEGAL, clock("12:30"), Ringing.QUIET),
        (LEGAL, clock("20:30"), Ringing.QUIET),
        (LEGAL, clock("21:00"), Ringing.CLOSED),
        # Always means as far as anybody may be rung at all.
        (CallingRules(hours=(), legal_hours=("08:00-21:00",)), clock("12:30"), Ringing.FREE),
        (CallingRules(hours=(), legal_hours=("08:00-21:00",)), clock("21:00"), Ringing.CLOSED),
        (CallingRules(hours=()), clock("03:00"), Ringing.FREE),
        # Saturdays and Sundays have hours of their own, or those of weekdays.
        (LEGAL, clock("09:00", SATURDAY), Ringing.FREE),
        (WEEKENDS, clock("09:00", SATURDAY), Ringing.QUIET),
        (WEEKENDS, clock("10:00", SATURDAY + 1), Ringing.FREE),
        (WEEKENDS, clock("14:00", SATURDAY + 1), Ringing.QUIET),
        (WEEKENDS, clock("14:00", SATURDAY + 2), Ringing.FREE),
    ],
)
def test_who_may_be_rung_at_a_moment(
    rules: CallingRules, moment: datetime, ringing: Ringing
) -> None:
    assert ringing_at(rules, moment) is ringing


@pytest.mark.parametrize(
    ("rules", "agreed", "moment", "following"),
    [
        (LEGAL, True, clock("12:30"), clock("12:30")),
        (LEGAL, False, clock("12:30"), clock("14:00")),
        (LEGAL, True, clock("21:30"), clock("08:00", 1)),
        (LEGAL, False, clock("21:30"), clock("09:00", 1)),
        # Without legal hours an appointment keeps to the ordinary ones.
        (CallingRules(), True, clock("12:30"), clock("14:00")),
        (WEEKENDS, False, clock("20:30", SATURDAY - 1), clock("10:00", SATURDAY)),
        (WEEKENDS, False, clock("12:00", SATURDAY + 1), clock("09:00", SATURDAY + 2)),
        # At any hour, but on weekends.
        (
            CallingRules(hours=(), weekend_hours=("10:00-12:00",)),
            False,
            clock("12:00", SATURDAY + 1),
            clock("00:00", SATURDAY + 2),
        ),
    ],
)
def test_the_next_moment_for_who_agreed_and_who_did_not(
    rules: CallingRules, agreed: bool, moment: datetime, following: datetime
) -> None:
    assert next_allowed(rules, moment, agreed=agreed) == following


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("spans", "moment", "following"),
    [
        # The clocks leap from two to three: what would begin in between begins later, or not.
        (("02:30-05:00",), datetime(2026, 3, 29, 1, tzinfo=BERLIN), "2026-03-29T03:30:00+02:00"),
        (("02:00-03:00",), datetime(2026, 3, 29, 1, tzinfo=BERLIN), "2026-03-30T02:00:00+02:00"),
        # And are set back from three to two: an hour that comes twice.
        (("02:00-03:00",), datetime(2026, 10, 25, 1, tzinfo=BERLIN), "2026-10-25T02:00:00+02:00"),
        (
            ("09:00-12:00",),
            datetime(2026, 10, 24, 13, tzinfo=BERLIN),
            "2026-10-25T09:00:00+01:00",
        ),
    ],
)
def test_hours_are_those_on_the_wall_also_when_clocks_change(
    spans: tuple[str, ...], moment: datetime, following: str
) -> None:
    found = next_allowed(CallingRules(hours=spans), moment)

    assert found.isoformat() == following


def test_a_pause_is_as_long_as_it_says_when_clocks_change() -> None:
    before = datetime(2026, 3, 29, 1, 50, tzinfo=BERLIN)

    assert after(before, timedelta(minutes=20)).isoformat() == "2026-03-29T03:10:00+02:00"
    assert after(before, timedelta(days=1)).isoformat() == "2026-03-30T02:50:00+02:00"


@pytest.mark.parametrize(
    ("at", "until"),
    [("09:00", "12:00"), ("11:59", "12:00"), ("12:00", None), ("20:29", "20:30"), ("21:00", None)],
)
def test_ringing_is_allowed_until_its_span_ends(at: str, until: str | None) -> None:
    rules = CallingRules(hours=("09:00-12:00", "14:00-20:30"))

    found = allowed_until(rules, clock(at))
    assert found == (until and clock(until))
    assert allowed_until(CallingRules(hours=()), clock(at)) is None
