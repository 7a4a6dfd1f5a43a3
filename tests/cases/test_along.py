"""Those who rest or were laid aside go along with their housemates, and it is said."""

import pytest

from app.db import Database
from tests.cases.town import Town
from tests.cast import mobile, resident
from tests.conftest import Clock


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    """A couple with a number each, in the volunteer's hands, and who lives alone."""
    couple = [resident(name, mobile(n), room="101") for n, name in enumerate("夫妻", 1)]
    town = Town.of(db, clock, [*couple, resident("独", mobile(3), room="102")])
    town.batch(town.people.volunteer)
    return town


def test_who_asked_for_a_later_time_and_is_laid_aside_waits_until_then(town: Town) -> None:
    me, colleague = town.people.volunteer, town.people.colleague
    town.save(me, "夫", "callback_requested", callback_at=(at := town.now.replace(hour=16)))
    town.release(me, town.batch_of(me))
    town.wait(minutes=11)
    assert town.take(colleague)[:2] == ["夫", "妻"]
    for name in "夫妻":
        town.skip(colleague, name)

    assert town.case("夫").ready_at == at
    assert town.group("妻").ready_at == town.case("妻").ready_at < at
    assert town.broken() == []
