"""Law: a case is open with a time, held under a lease, passed to someone named, or done."""

import pytest

from app.db import Database
from tests.conftest import Clock
from tests.invariants.damage import REALIGN, found_after, named, worked_in


@pytest.mark.parametrize(
    "change",
    [
        "ready_at = NULL",
        "state = 'passed', passed_to = NULL",
        "state = 'lost'",
    ],
)
def test_check_finds_a_case_that_is_stuck(db: Database, clock: Clock, change: str) -> None:
    case = worked_in(db, clock).case("丁")

    found = found_after(
        db, "nothing_stuck", f"UPDATE cases SET {change} WHERE id = :id", REALIGN, id=case.id
    )

    assert named(found) == {("nothing_stuck", f"cases {case.id}")}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("丁", "open_cases = 2"),
        ("丁", "open_cases = 0"),
        ("丁", "ready_at = NULL"),
        ("甲", "open_cases = 1"),
        ("乙", "ready_at = '2026-11-24 01:00:00.000000'"),
    ],
)
def test_check_finds_a_queue_that_says_something_else(
    db: Database, clock: Clock, name: str, change: str
) -> None:
    group = worked_in(db, clock).case(name).group_id

    found = found_after(
        db, "queue_in_line", f"UPDATE call_groups SET {change} WHERE id = :id", id=group
    )

    assert named(found) == {("queue_in_line", f"call_groups {group}")}
