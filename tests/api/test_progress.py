"""Progress through the API: the figures of the pages and the reports, now and as of a moment."""

from datetime import timedelta

import pytest

from app.db import Database
from tests.api.conftest import Program, token_of
from tests.cases.town import Town
from tests.cast import BRIDGE, FAR, HARBOUR, SCHOOL
from tests.conftest import Clock
from tests.house.pages import CheckingClient
from tests.progress.city import city, dashboard, position


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    return city(db, clock)


def program(client: CheckingClient, town: Town, role: str = "administrator") -> Program:
    return Program(client, token_of(town.db, getattr(town.people, role)))


def address(town: Town) -> str:
    return f"/campaigns/{town.campaign}/progress"


def ring(town: Town) -> None:
    """Three calls by one volunteer: a completed one, a refusal, and nobody at home."""
    me = town.people.volunteer
    names = town.take(me, 8)
    for name, disposition in zip(names, ("completed", "hard_refusal", "no_answer"), strict=False):
        town.save(me, name, disposition)


def test_it_says_what_the_dashboard_says(client: CheckingClient, town: Town) -> None:
    ring(town)

    found = program(client, town).get(address(town)).json

    told = {row["code"]: (row["total"], row["accounted_for"]) for row in found["communities"]}
    assert told == {code: figures[:2] for code, figures in dashboard(town).items()}
    assert found["total"] == sum(row["total"] for row in found["communities"])
    assert sum(found["dispositions"].values()) == sum(found["counts"].values()) == found["total"]
    assert found["dispositions"]["completed"] == found["completed"] == 1
    assert found["counts"]["R"] == 1
    assert found["rates"]["RR1"] == pytest.approx(1 / found["total"])
    assert found["position"] == position(town)


def test_each_volunteer_is_named_with_their_calls(client: CheckingClient, town: Town) -> None:
    ring(town)

    (found,) = program(client, town).get(address(town)).json["volunteers"]

    assert found["name"] == town.people.volunteer.name
    assert (found["calls"], found["completed"], found["held"]) == (3, 1, 5)
    assert found["last_call_at"] == "2026-11-24T01:58:00Z"


@pytest.mark.parametrize(
    ("role", "codes"),
    [
        ("leader", [BRIDGE, SCHOOL]),
        ("supervisor", [BRIDGE, HARBOUR]),
        ("administrator", [BRIDGE, SCHOOL, HARBOUR]),
    ],
)
def test_everybody_counts_their_own_communities(
    client: CheckingClient, town: Town, role: str, codes: list[str]
) -> None:
    mine = program(client, town, role)
    found = mine.get(address(town)).json

    assert [row["code"] for row in found["communities"]] == codes
    for code in (BRIDGE, SCHOOL, HARBOUR, FAR):
        answer = mine.get(address(town), community=code)
        assert answer.status_code == (200 if code in codes else 404)
        if code in codes:
            assert [row["code"] for row in answer.json["communities"]] == [code]


def test_an_earlier_moment_counts_for_ever_what_was_said_then(
    client: CheckingClient, town: Town
) -> None:
    mine = program(client, town)
    ring(town)
    moment = town.now
    before = mine.get(address(town)).json
    town.wait(minutes=10)
    ring(town)

    now, then = mine.get(address(town)).json, mine.get(address(town), as_of=stamp(moment)).json

    assert now["dispositions"] != before["dispositions"]
    for volunteer in before["volunteers"]:
        del volunteer["held"]
    assert {**then, "as_of": None} == {**before, "as_of": None}


def stamp(moment: object) -> str:
    return str(moment).replace(" ", "T")


def test_a_moment_may_be_a_day(client: CheckingClient, town: Town) -> None:
    town.wait(days=2)
    ring(town)
    mine = program(client, town)

    yesterday = mine.get(address(town), as_of=f"{town.now.date() - timedelta(days=1)}").json
    today = mine.get(address(town), as_of=f"{town.now.date()}").json

    assert (yesterday["position"], today["position"]) == (0, 3)


@pytest.mark.parametrize(
    ("as_of", "status", "code"),
    [
        ("2026-11-24T10:00:00", 422, "fields_wrong"),
        ("never", 422, "fields_wrong"),
        ("", 422, "fields_wrong"),
        ("2026-02-30", 422, "as_of_unreadable"),
        ("2026-11-24T09:59:59+08:00", 409, "as_of_before_opening"),
        ("0001-01-01T00:00:00+14:00", 409, "as_of_before_opening"),
        ("2026-11-25T10:00:00z", 409, "as_of_ahead"),
        ("9999-12-31T23:59:59Z", 409, "as_of_ahead"),
    ],
)
def test_a_moment_that_will_not_do_is_refused(
    client: CheckingClient, town: Town, as_of: str, status: int, code: str
) -> None:
    answer = program(client, town).get(address(town), as_of=as_of)

    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert [error["field"] for error in answer.json["errors"]] == ["as_of"]
