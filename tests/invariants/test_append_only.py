"""Law: a call is corrected at most once, by a later record of the same case."""

from sqlalchemy import text

from app.calls.models import Call
from app.db import Database
from app.upkeep import check
from tests.conftest import Clock
from tests.invariants.damage import copy, damaging, found_after, named, worked_in


def test_check_finds_a_call_corrected_twice(db: Database, clock: Clock) -> None:
    town = worked_in(db, clock)
    first, correction = town.calls("乙")
    last = town.calls()[-1].position
    with damaging(db) as session:
        copy(session, Call, correction.id, position=last + 1)
        session.execute(text("UPDATE campaigns SET last_position = last_position + 1 WHERE id = 1"))
        found = check.run(session)

    assert named(found) == {("append_only", f"calls {first.id}")}


def test_check_finds_a_correction_of_another_case(db: Database, clock: Clock) -> None:
    town = worked_in(db, clock)
    correction = town.calls("乙")[1]

    found = found_after(
        db, "append_only", "UPDATE calls SET corrects_id = :other WHERE id = :id", id=correction.id,
        other=town.calls("甲")[0].id,
    )  # fmt: skip

    assert named(found) == {("append_only", f"calls {correction.id}")}
