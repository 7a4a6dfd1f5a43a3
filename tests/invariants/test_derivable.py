"""Law: each case is what its calls make it."""

import pytest

from app.db import Database
from tests.conftest import Clock
from tests.invariants.damage import REALIGN, found_after, named, worked_in

SAID = "UPDATE calls SET outcome_after = 'moved' WHERE case_id = :id"
"""Lets the counts of a report agree with those of the dashboard."""
TO_THE_DOOR = (
    "UPDATE cases SET state = 'passed', passed_to = 'door_list', outcome = 'unknown' WHERE id = :id"
)
SAID_TO_THE_DOOR = (
    "UPDATE calls SET state_after = 'passed', passed_to_after = 'door_list',"
    " outcome_after = 'unknown' WHERE case_id = :id"
)
"""The same lie on both sides: after one attempt of four nothing sends a case to the door."""


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("甲", ["UPDATE cases SET attempts = 2 WHERE id = :id"]),
        ("丙", ["UPDATE cases SET attempts = 1 WHERE id = :id"]),
        ("丁", ["UPDATE cases SET attempts = 1 WHERE id = :id"]),
        ("甲", ["UPDATE cases SET outcome = 'moved' WHERE id = :id", SAID]),
        (
            "乙",
            ["UPDATE cases SET state = 'passed', passed_to = 'leader' WHERE id = :id", REALIGN],
        ),
        ("甲", ["UPDATE calls SET disposition = 'moved' WHERE case_id = :id"]),
        ("乙", [TO_THE_DOOR, SAID_TO_THE_DOOR, REALIGN]),
    ],
)
def test_check_derives_each_case_again(
    db: Database, clock: Clock, name: str, damage: list[str]
) -> None:
    case = worked_in(db, clock).case(name)

    found = found_after(db, "derivable", *damage, id=case.id)

    assert ("derivable", f"cases {case.id}") in named(found)
