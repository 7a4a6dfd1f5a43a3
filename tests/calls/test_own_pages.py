"""What volunteers see of their own: appointments to come, and calls that were made."""

from datetime import timedelta

import pytest

from app.db import Database
from tests.cases.town import Town
from tests.cast import english, mobile, resident, sign_in, words
from tests.conftest import Clock
from tests.house.pages import CheckingClient


@pytest.fixture
def town(db: Database, clock: Clock, client: CheckingClient) -> Town:
    """Three residents in the volunteer's hands, and their browser in English."""
    town = Town.of(db, clock, "甲乙丙")
    town.batch(town.people.volunteer)
    sign_in(english(client), town.people.volunteer)
    return town


def test_home_shows_the_appointments_of_the_next_days(town: Town, client: CheckingClient) -> None:
    me = town.people.volunteer
    for name, hours in (("甲", 54), ("乙", 30), ("丙", 1)):
        at = town.now + timedelta(hours=hours)
        town.save(me, name, "callback_requested", callback_at=at)
    page = words(client.get("/calls"))
    places = [page.index(text) for text in ("11:00", "2 more appointments", "25 Nov", "26 Nov")]
    assert places == sorted(places)
    assert page.count("later today") == 1
    town.wait(days=1, hours=6)
    page = words(client.get("/calls"))
    assert page.index("24 Nov 11:00") < page.index("2 more appointments") < page.index("16:00")


def test_who_is_in_hand_no_more_is_masked_though_a_housemate_is(
    db: Database, clock: Clock, client: CheckingClient
) -> None:
    couple = [resident(name, mobile(n), room="101") for n, name in enumerate(("夫一", "妻二"), 1)]
    town = Town.of(db, clock, couple)
    town.batch(town.people.volunteer)
    sign_in(english(client), town.people.volunteer)
    at = town.now + timedelta(hours=1)
    town.save(town.people.volunteer, "夫一", "callback_requested", callback_at=at)
    page = words(client.get("/calls"))

    assert ("夫*" in page, "夫一" in page, "妻二" in page) == (True, False, True)
    assert "later today" in page


def test_my_calls_tell_the_time_that_was_agreed(town: Town, client: CheckingClient) -> None:
    at = town.now.replace(hour=16)
    until = at + timedelta(hours=1)
    town.save(
        town.people.volunteer, "甲", "callback_requested", callback_at=at, callback_until=until
    )
    town.save(town.people.volunteer, "乙", "no_answer")
    page = words(client.get("/calls/mine"))

    assert ("24 Nov 16:00–17:00" in page, page.count("16:00")) == (True, 1)
