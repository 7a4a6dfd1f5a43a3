"""Stopping somebody, and letting them work again: whom one leads, and nobody else."""

import pytest
from flask import Flask

from app.db import Database
from app.people.models import User
from tests import cast
from tests.cases.test_work_pages import browser
from tests.cases.town import Town
from tests.cast import token, words
from tests.conftest import Clock


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    return Town.of(db, clock, ["甲一", "乙二", "丙三"])


def is_active(town: Town, user: User) -> bool:
    with town.db.reading() as session:
        return session.get_one(User, user.id).active


def test_a_volunteer_is_stopped_and_started(app: Flask, town: Town) -> None:
    town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "甲一", "callback_requested")
    user = town.people.volunteer.user
    leader = browser(app, town.people.leader)
    path = f"/people/{user.id}/deactivate"
    assert "24 Nov 10:00" in words(leader.get("/people")), "the last call"

    page = words(leader.get(path))
    assert "2, free for others at once" in page
    assert "1, anyone's from now on" in page
    answer = leader.submit(path, action=path)

    assert f"{user.name} can't sign in any more." in words(leader.get(answer.location))
    assert not is_active(town, user)
    assert town.case("甲一").appointment_user_id is None
    assert set(town.take(town.people.colleague)) == {"乙二", "丙三"}
    assert leader.get(path).location == "/people", "once is enough"
    assert not town.broken()

    leader.submit("/people", action=f"/people/{user.id}/activate")
    assert is_active(town, user)


def test_everybody_sees_whom_they_lead(app: Flask, town: Town) -> None:
    people = town.people
    seen = {
        "leader": {people.volunteer, people.colleague},
        "supervisor": {people.volunteer, people.colleague, people.outsider, people.leader},
        "administrator": {
            people.volunteer, people.colleague, people.outsider, people.leader, people.supervisor,
        },
    }  # fmt: skip
    for role, led in seen.items():
        client = browser(app, getattr(people, role))
        page = words(client.get("/people"))
        for person in vars(people).values():
            path = f"/people/{person.user.id}/deactivate"
            assert (path in page) == (person in led), (role, person.name)
            assert client.get(path).status_code == (200 if person in led else 404)


def test_whom_one_does_not_lead_one_can_not_stop_or_start(app: Flask, town: Town) -> None:
    elsewhere = cast.add(town.db, "远方志愿者", "volunteer", communities=[cast.FAR])
    for role in ("leader", "supervisor"):
        client = browser(app, getattr(town.people, role))
        for user in (
            elsewhere.user,
            town.people.administrator.user,
            getattr(town.people, role).user,
        ):
            for act in ("deactivate", "activate"):
                sent = {"csrf_token": token(client)}
                path = f"/people/{user.id}/{act}"
                assert client.post(path, data=sent).status_code == 404, (role, user.name)
            assert is_active(town, user)
