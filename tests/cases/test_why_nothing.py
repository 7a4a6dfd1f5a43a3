"""When there is nobody to ring: when the next one is ready, for whoever asks."""

from datetime import timedelta

import pytest

from app.db import Database
from tests.cases.test_claim import agree
from tests.cases.town import Town
from tests.conftest import Clock


def test_who_is_laid_aside_is_said_to_come_again_on_another_day(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲", hours=["09:00-20:00"])
    volunteer, tomorrow = town.people.volunteer, town.at("09:00") + timedelta(days=1)
    town.batch(volunteer)
    town.skip(volunteer, "甲")

    assert town.claim(volunteer).next_at == tomorrow
    town.wait(minutes=31)
    found = town.claim(volunteer)
    assert (found.waiting, found.next_at) == ({"skipped": 1}, tomorrow)
    clock.now = tomorrow
    assert town.take(volunteer) == ["甲"]


def test_no_time_is_named_to_who_was_refused(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    volunteer = town.people.volunteer
    town.batch(volunteer)
    town.save(volunteer, "甲", "soft_refusal")

    assert town.claim(volunteer).next_at is None
    town.wait(days=4)
    found = town.claim(volunteer)
    assert (found.waiting, found.next_at) == ({"for_others": 1}, None)


@pytest.mark.parametrize("minutes", [0, 65])
def test_what_another_promised_is_said_to_come_when_it_is_anyones(
    db: Database, clock: Clock, minutes: int
) -> None:
    town = Town.of(db, clock, "甲")
    volunteer, colleague = town.people.volunteer, town.people.colleague
    town.batch(volunteer)
    agree(town, "甲", volunteer, 1)
    anyones = town.now + timedelta(hours=1, minutes=10)
    town.wait(minutes=minutes)

    assert town.claim(colleague).next_at == anyones
    clock.now = anyones
    assert town.take(colleague) == ["甲"]
