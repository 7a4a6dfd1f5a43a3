"""What a device is told it may keep: whose it is, and nothing for anybody else."""

from app.db import Database
from tests.cases.town import Town
from tests.cast import english, sign_in, words
from tests.conftest import Clock
from tests.house.pages import CheckingClient


def test_only_who_holds_somebody_is_told_of_pages(
    db: Database, clock: Clock, client: CheckingClient
) -> None:
    town = Town.of(db, clock, "甲")
    people = town.people
    town.batch(people.volunteer)
    told = []
    for person in (None, people.volunteer, people.colleague, people.supervisor):
        if person is not None:
            sign_in(client, person)
        held = client.get("/calls/held").get_json()
        told.append((held["user"], [page["who"] for page in held["pages"]]))

    assert told == [
        (None, []),
        (people.volunteer.user.id, ["甲"]),
        (people.colleague.user.id, []),
        (people.supervisor.user.id, []),
    ]


def test_what_is_kept_says_nothing_that_will_soon_be_wrong(
    db: Database, clock: Clock, client: CheckingClient
) -> None:
    """How many are left changes with each call that is saved without a line."""
    town = Town.of(db, clock, "甲乙")
    town.batch(town.people.volunteer)
    sign_in(english(client), town.people.volunteer)
    shown = f"/calls/groups/{town.group('甲').id}"

    assert "left in your hands" in words(client.get(shown))
    assert "left in your hands" not in words(client.get(f"{shown}/kept"))
