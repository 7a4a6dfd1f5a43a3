"""Law: what a dashboard counts now and what a report counts as of now is the same."""

import pytest

from app.db import Database
from tests.cast import BRIDGE
from tests.conftest import Clock
from tests.invariants.damage import found_after, named, worked_in


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE calls SET outcome_after = 'moved' WHERE case_id = :id",
        "UPDATE cases SET added_at = 99 WHERE id = :id",
        "UPDATE calls SET passed_to_after = 'door_list' WHERE case_id = :id",
    ],
)
def test_check_finds_counts_that_differ(db: Database, clock: Clock, damage: str) -> None:
    town = worked_in(db, clock)

    found = found_after(db, "counts_agree", damage, id=town.case("甲").id)

    where = f"campaigns {town.campaign}, community {BRIDGE}"
    assert named(found) == {("counts_agree", where)}
