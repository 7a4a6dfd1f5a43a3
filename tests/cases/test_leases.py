"""Leases: how long a batch is held, and how it gets back."""

import pytest

from app.cases.models import Batch
from app.db import Database
from app.problems import NotFoundError
from tests.cases.town import Town
from tests.cast import mobile, resident
from tests.conftest import Clock


def stored(town: Town, batch: Batch) -> Batch:
    with town.db.reading() as session:
        return session.get_one(Batch, batch.id)


def test_an_ended_lease_frees_its_cases_for_the_next_claim(db: Database, clock: Clock) -> None:
    """No scheduler: the claim that needs them ends it."""
    town = Town.of(db, clock, "甲乙", unopened_minutes=30)
    mine = town.batch(town.people.volunteer)
    town.wait(minutes=29, seconds=59)
    assert town.take(town.people.colleague) == []

    town.wait(seconds=1)

    assert town.take(town.people.colleague) == ["甲", "乙"]
    assert stored(town, mine).end_reason == "expired"
    assert town.in_hand(town.people.volunteer) == set()
    assert town.broken() == []


def test_ones_own_ended_lease_is_no_bar_either(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲", max_held=1)
    town.batch(town.people.volunteer)
    town.wait(minutes=30)

    assert town.take(town.people.volunteer) == ["甲"]


def test_a_batch_that_was_opened_is_held_longer(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲", unopened_minutes=30, lease_minutes=240)
    town.look_at(town.batch(town.people.volunteer))
    town.wait(minutes=239)
    assert town.take(town.people.colleague) == []

    town.wait(minutes=1)

    assert town.take(town.people.colleague) == ["甲"]


def test_a_look_never_shortens_a_lease(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲", unopened_minutes=60, lease_minutes=5)
    batch = town.batch(town.people.volunteer)
    town.look_at(batch)

    assert stored(town, batch).lease_expires_at == batch.lease_expires_at


def test_each_saved_call_is_a_sign_of_life(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙", unopened_minutes=30, lease_minutes=240)
    batch = town.batch(town.people.volunteer)
    town.wait(minutes=20)
    town.save(town.people.volunteer, "甲")
    town.wait(minutes=239)

    assert town.take(town.people.colleague) == []
    assert stored(town, batch).opened_at is not None
    assert town.in_hand(town.people.volunteer) == {"乙"}


def test_a_late_call_of_someone_else_is_no_sign_of_life(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙")
    town.batch(town.people.volunteer)
    town.wait(minutes=30)
    theirs = town.batch(town.people.colleague)

    assert town.save(town.people.volunteer, "甲").call.reason == "stale_hold"
    assert stored(town, theirs).opened_at is None
    assert stored(town, theirs).lease_expires_at == theirs.lease_expires_at


def test_a_correction_of_someone_else_is_no_sign_of_life(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙")
    town.batch(town.people.volunteer)
    call = town.save(town.people.volunteer, "甲", "busy").call
    town.save(town.people.volunteer, "乙")
    town.wait(hours=1)
    theirs = town.batch(town.people.colleague)

    town.correct(town.people.volunteer, call, "no_answer")

    assert town.in_hand(town.people.colleague) == {"甲"}
    assert stored(town, theirs).lease_expires_at == theirs.lease_expires_at


def test_a_released_batch_is_free_at_once(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙丙")
    batch = town.batch(town.people.volunteer, 2)
    town.save(town.people.volunteer, "甲")
    town.release(town.people.volunteer, batch)

    assert stored(town, batch).end_reason == "released"
    assert town.take(town.people.colleague) == ["乙", "丙"]
    assert town.broken() == []


def test_releasing_twice_takes_nothing_from_the_next(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    batch = town.batch(town.people.volunteer)
    town.release(town.people.volunteer, batch)
    town.take(town.people.colleague)
    town.release(town.people.volunteer, batch)

    assert town.in_hand(town.people.colleague) == {"甲"}
    assert town.case("甲").state == "held"


def test_nobody_releases_the_batch_of_another(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    batch = town.batch(town.people.volunteer)

    with pytest.raises(NotFoundError):
        town.release(town.people.colleague, batch)
    assert town.in_hand(town.people.volunteer) == {"甲"}


def test_a_batch_ends_with_its_last_case(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙")
    batch = town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "甲")
    assert stored(town, batch).ended_at is None

    town.save(town.people.volunteer, "乙", "no_answer")

    assert stored(town, batch).end_reason == "finished"


FAMILY = [resident(name, mobile(1), room="1") for name in ("父", "母", "子")]


@pytest.mark.parametrize("ending", ["released", "expired"])
@pytest.mark.parametrize("settled", [["父"], ["母"], ["父", "子"]])
@pytest.mark.parametrize("disposition", ["completed", "no_answer", "callback_requested"])
def test_half_a_household_goes_back_as_it_stands(
    db: Database, clock: Clock, ending: str, settled: list[str], disposition: str
) -> None:
    town = Town.of(db, clock, FAMILY)
    batch = town.batch(town.people.volunteer)
    town.wait(minutes=5)
    for name in settled:
        town.save(town.people.volunteer, name, disposition)
    if ending == "released":
        town.release(town.people.volunteer, batch)
    else:
        town.wait(hours=4)

    taken = town.take(town.people.colleague)

    assert set(taken) >= {"父", "母", "子"} - set(settled)
    assert disposition != "completed" or not set(taken) & set(settled)
    town.release(town.people.colleague, town.batch_of(town.people.colleague))
    assert town.broken() == []


def test_a_household_stays_in_one_pair_of_hands_until_all_are_settled(
    db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, FAMILY)
    town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "父", "busy")
    town.wait(minutes=30)

    assert town.take(town.people.colleague) == []
    assert town.in_hand(town.people.volunteer) == {"母", "子"}
    assert town.broken() == []
