"""Law: a number is in one volunteer's hands at most, and the database itself sees to it."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app.cases.models import Hold
from app.db import Database
from app.upkeep import check
from tests import cast
from tests.cases.town import Town
from tests.cast import BRIDGE
from tests.conftest import Clock
from tests.invariants.damage import copy, damaging, found_after, named, worked_in


def live_hold(db: Database) -> Hold:
    with db.reading() as session:
        return session.scalars(select(Hold).where(Hold.released_at.is_(None))).one()


def test_the_database_refuses_a_second_live_hold(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    other = cast.open_campaign(db, [BRIDGE])
    town.batch(town.people.volunteer)
    hold = live_hold(db)
    group = town.case("甲", other).group_id

    with pytest.raises(IntegrityError), db.writing() as session:
        copy(session, Hold, hold.id, generation=2, group_id=group)
    with db.writing() as session:
        copy(session, Hold, hold.id, generation=2, group_id=group, released_at=town.now)


def test_the_database_refuses_a_generation_twice(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    town.batch(town.people.volunteer)

    with pytest.raises(IntegrityError), db.writing() as session:
        copy(session, Hold, live_hold(db).id, released_at=town.now)


def test_check_finds_a_number_that_is_held_twice(db: Database, clock: Clock) -> None:
    town = worked_in(db, clock)
    hold = live_hold(db)
    later = hold.generation + 1
    with damaging(db) as session:
        session.execute(text("DROP INDEX uq_holds_live"))
        copy(session, Hold, hold.id, generation=later, held_at=town.now)
        found = named(check.run(session))

    assert {law for law, _ in found} == {"one_holder"}
    assert ("one_holder", f"numbers {hold.number_id}") in found


def test_check_finds_holds_that_overlap(db: Database, clock: Clock) -> None:
    worked_in(db, clock)
    hold = live_hold(db)
    with db.reading() as session:
        earlier = session.scalars(
            select(Hold.id).where(Hold.number_id == hold.number_id, Hold.id != hold.id)
        ).one()

    found = found_after(
        db, "one_holder", "UPDATE holds SET released_at = :after WHERE id = :id", id=earlier,
        after=hold.held_at.replace(year=2027, tzinfo=None).isoformat(" ", "microseconds"),
    )  # fmt: skip

    assert named(found) == {("one_holder", f"holds {earlier}")}


def test_check_finds_a_hold_that_nobody_is_behind(db: Database, clock: Clock) -> None:
    town = worked_in(db, clock)
    with db.reading() as session:
        group_id = town.case("甲").group_id
        hold_id = session.scalars(select(Hold.id).where(Hold.group_id == group_id)).one()

    found = found_after(
        db, "one_holder", "UPDATE holds SET released_at = NULL WHERE id = :id", id=hold_id
    )

    assert named(found) == {("one_holder", f"holds {hold_id}")}


def test_check_finds_a_case_held_without_a_batch(db: Database, clock: Clock) -> None:
    town = worked_in(db, clock)

    found = found_after(
        db, "one_holder", "UPDATE batches SET ended_at = claimed_at WHERE id = :id",
        id=town.batch_of(town.people.volunteer).id,
    )  # fmt: skip

    assert ("one_holder", f"cases {town.case('丙').id}") in named(found)


def test_check_finds_a_case_held_without_its_number(db: Database, clock: Clock) -> None:
    town = worked_in(db, clock)

    found = found_after(
        db,
        "one_holder",
        "UPDATE holds SET released_at = held_at WHERE id = :id",
        id=live_hold(db).id,
    )

    assert named(found) == {("one_holder", f"cases {town.case('丙').id}")}
