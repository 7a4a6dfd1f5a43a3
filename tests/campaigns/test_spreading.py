"""Spreading: who did not answer in one part of the day or week is tried in another."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.campaigns.rules.calling import CallingRules, is_allowed
from app.campaigns.rules.spreading import Part, part_of, spread
from tests.cast import NOW

DAYTIME = CallingRules()  # 09:00-12:00 and 14:00-20:30
WEEKDAYS = {"Tue": 0, "Wed": 1, "Thu": 2, "Fri": 3, "Sat": 4, "Sun": 5, "Mon": 6}
"""Days after the Tuesday on which the tests stand."""


def at(text: str) -> datetime:
    """A moment such as ``Fri 18:00``; a second week's day is written ``Tue+ 09:00``."""
    day, clock = text.split()
    hour, minute = map(int, clock.split(":"))
    days = WEEKDAYS[day.strip("+")] + 7 * day.count("+")
    return NOW.replace(hour=hour, minute=minute) + timedelta(days=days)


@pytest.mark.parametrize(
    ("moment", "part", "weekend"),
    [
        ("Tue 00:00", Part.MORNING, False),
        ("Tue 11:59", Part.MORNING, False),
        ("Tue 12:00", Part.AFTERNOON, False),
        ("Fri 17:59", Part.AFTERNOON, False),
        ("Fri 18:00", Part.EVENING, False),
        ("Sat 23:59", Part.EVENING, True),
        ("Sun 09:00", Part.MORNING, True),
        ("Mon 09:00", Part.MORNING, False),
    ],
)
def test_the_parts_of_the_day_and_of_the_week(moment: str, part: Part, weekend: bool) -> None:
    assert part_of(at(moment)) == (part, weekend)


# When nobody answered; from when on one may ring again; when that is best.
TABLE = [
    ("", "Tue 14:00", "Tue 14:00"),
    # The afternoon is another part than the morning: no wait at all.
    ("Tue 10:00", "Tue 14:00", "Tue 14:00"),
    ("Tue 09:00", "Tue 11:00", "Tue 14:00"),
    ("Mon 10:00", "Tue 09:00", "Tue 14:00"),
    # What is left of the day is looked for first, then the next days.
    ("Tue 09:00, Tue 14:10", "Wed 09:00", "Wed 18:00"),
    ("Tue 14:00, Tue 19:00", "Wed 09:00", "Wed 09:00"),
    ("Tue 14:00, Tue 19:00", "Tue 20:00", "Wed 09:00"),
    # A part that was tried on no day goes before one that failed on the other kind of day.
    ("Thu 10:00, Fri 15:00", "Sat 09:00", "Sat 18:00"),
    # All parts of weekdays have failed: the weekend, if it is near enough.
    ("Tue 10:00, Wed 15:00, Thu 19:00", "Fri 09:00", "Sat 09:00"),
    ("Tue 10:00, Wed 15:00, Wed 19:00", "Thu 09:00", "Sat 09:00"),
    ("Mon 10:00, Mon 15:00, Mon 19:00", "Tue 09:00", "Tue 09:00"),
    # And the other way round.
    ("Sat 10:00, Sat 15:00, Sun 19:00", "Sun 19:30", "Mon 09:00"),
    # Everything has failed: no later than may be.
    (
        "Tue 10:00, Tue 15:00, Tue 19:00, Sat 10:00, Sat 15:00, Sat 19:00",
        "Fri 09:00",
        "Fri 09:00",
    ),
]


@pytest.mark.parametrize(("failed", "ready", "best"), TABLE)
def test_another_part_of_the_day_is_tried_first(failed: str, ready: str, best: str) -> None:
    tried = frozenset(part_of(at(moment)) for moment in failed.split(", ") if moment)

    assert spread(DAYTIME, tried, at(ready)) == at(best)


@pytest.mark.parametrize(
    ("days", "best"), [(0, "Tue 09:00"), (1, "Tue 09:00"), (3, "Tue 09:00"), (4, "Sat 09:00")]
)
def test_nobody_waits_for_a_weekend_longer_than_the_rules_say(days: int, best: str) -> None:
    tried = frozenset((part, False) for part in Part)

    assert spread(CallingRules(spread_days=days), tried, at("Tue 09:00")) == at(best)


def test_a_rule_of_a_year_looks_no_farther_than_a_week() -> None:
    tried = frozenset((part, weekend) for part in Part for weekend in (True, False))

    assert spread(CallingRules(spread_days=527_040), tried, at("Tue 09:00")) == at("Tue 09:00")


@given(
    st.frozensets(st.tuples(st.sampled_from(Part), st.booleans())),
    st.integers(0, 14 * 24 * 60),
    st.integers(0, 9),
    st.booleans(),
)
def test_spreading_only_ever_finds_a_better_part_in_time(
    tried: frozenset[tuple[Part, bool]], minutes: int, days: int, at_any_hour: bool
) -> None:
    rules = CallingRules(hours=() if at_any_hour else DAYTIME.hours, spread_days=days)
    ready = at("Tue 00:00") + timedelta(minutes=minutes)
    best = spread(rules, tried, ready)

    assert ready <= best <= ready + timedelta(days=days)
    assert best == ready or is_allowed(rules, best)
    assert best == ready or part_of(best) not in tried
    assert (part_of(ready) in tried) or part_of(best) not in tried
    if all((part, weekend) not in tried for part, _ in [part_of(ready)] for weekend in (0, 1)):
        assert best == ready
