"""What tests of the volunteer's pages begin with."""

import pytest

from app.db import Database
from tests.cases.town import Town
from tests.cast import english, sign_in
from tests.conftest import Clock
from tests.house.pages import CheckingClient


@pytest.fixture
def town(db: Database, clock: Clock, client: CheckingClient) -> Town:
    """Three residents in the volunteer's hands, and their browser in English."""
    town = Town.of(db, clock, "甲乙丙")
    town.batch(town.people.volunteer)
    sign_in(english(client), town.people.volunteer)
    return town
