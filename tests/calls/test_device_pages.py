"""What a device is told it may keep: whose it is, and nothing for anybody else."""

from app.db import Database
from tests.cases.town import Town
from tests.cast import sign_in
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
