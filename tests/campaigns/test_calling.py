"""Calling rules as people write them, and the hours of the day they allow."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.campaigns.rules.calling import (
    MINUTES_IN_A_YEAR,
    CallingRules,
    is_allowed,
    next_allowed,
    rules_from,
)
from app.problems import Problem
from tests.cast import NOW

NUMBERS = {
    "lease_minutes": 240, "unopened_minutes": 30, "max_held": 60, "max_attempts": 6,
    "max_attempts_per_day": 2, "max_dials_per_day": 4, "rest_days": 3,
}  # fmt: skip


def test_nothing_said_is_the_design_s_default() -> None:
    rules = rules_from({})

    assert {key: getattr(rules, key) for key in NUMBERS} == NUMBERS
    assert rules.hours == ("09:00-12:00", "14:00-20:30")
    assert rules.pause_minutes == {}
    assert rules.pause_after("busy") == timedelta(minutes=20)
    assert rules.pause_after("no_answer") == timedelta(minutes=180)
    assert rules.pause_after("soft_refusal") == timedelta(minutes=4320)


@pytest.mark.parametrize("key", NUMBERS)
def test_each_number_can_be_set_alone(key: str) -> None:
    assert rules_from({key: 7}) == CallingRules(**{key: 7})


def test_what_is_stored_reads_back_the_same() -> None:
    rules = CallingRules(hours=("08:00-09:30",), max_held=5, pause_minutes={"busy": 5})

    assert rules_from(rules.as_table()) == rules


@pytest.mark.parametrize(
    ("table", "code", "field"),
    [
        ({"max_hold": 3}, "rules_unknown_key", "max_hold"),
        *(({key: value}, "rules_number", key) for key in NUMBERS for value in ("3", 2.5, True)),
        *(({key: -1}, "rules_number", key) for key in NUMBERS),
        *(({key: 0}, "rules_number", key) for key in NUMBERS if key != "rest_days"),
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
