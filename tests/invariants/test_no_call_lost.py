"""Law: every call took effect or says why not, and positions run without a gap."""

import pytest

from app.db import Database
from tests.conftest import Clock
from tests.invariants.damage import found_after, named, worked_in


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM calls WHERE NOT applied",
        "UPDATE campaigns SET last_position = last_position + 1 WHERE id = 1",
        "UPDATE calls SET position = position + 1 WHERE NOT applied",
    ],
)
def test_check_finds_a_gap(db: Database, clock: Clock, damage: str) -> None:
    town = worked_in(db, clock)

    found = found_after(db, "no_call_lost", damage)

    assert named(found) == {("no_call_lost", f"campaigns {town.campaign}")}


@pytest.mark.parametrize(
    ("name", "change"), [("丙", "reason = NULL"), ("乙", "state_after = NULL")]
)
def test_check_finds_a_call_that_says_nothing(
    db: Database, clock: Clock, name: str, change: str
) -> None:
    call = worked_in(db, clock).calls(name)[0]

    found = found_after(db, "no_call_lost", f"UPDATE calls SET {change} WHERE id = :id", id=call.id)

    assert named(found) == {("no_call_lost", f"calls {call.id}")}
