"""Deposit tickets: with one alone calls are handed in, and nothing is read."""

import pytest
from flask import Flask

from app.api.access import FAILURES_PER_MINUTE
from app.calls import tickets
from app.db import Database
from tests.api.conftest import Program
from tests.api.ringing import COUPLE, deposit, hand_in, mine, theirs, town
from tests.cases.town import Town
from tests.cast import mobile
from tests.conftest import Clock

__all__ = ["mine", "theirs", "town"]


def test_a_ticket_hands_in_and_reads_nothing(app: Flask, mine: Program, town: Town) -> None:
    ticket = deposit(app, town)

    answer = hand_in(ticket, town)

    assert answer.json == {"id": town.calls()[0].id, "applied": True}
    for method, path in [
        ("GET", "/batches"), ("GET", f"/batches/{town.batch_of(town.people.volunteer).id}"),
        ("GET", "/calls"), ("GET", "/campaigns"), ("POST", "/calls/1/undo"),
        ("POST", "/calls/1/correction"), ("POST", f"/cases/{town.case('陈一').id}/skip"),
    ]:  # fmt: skip
        assert ticket.open(path, method).status_code == 401


def test_a_ticket_is_good_for_its_own_cases_only(app: Flask, mine: Program, town: Town) -> None:
    ticket = deposit(app, town)
    town.release(town.people.volunteer, town.batch_of(town.people.volunteer))
    town.batch(town.people.leader)
    other = town.batch_of(town.people.leader)
    foreign = Program(
        app.test_client(),
        tickets.ticket("no secret " * 4, other.id, town.people.leader.user.id),
        "Deposit",
    )

    assert hand_in(ticket, town, hold=other.id).json["code"] == "ticket_elsewhere"
    assert hand_in(ticket, town).json["reason"] == "stale_hold"
    assert hand_in(foreign, town).json["applied"]


def test_the_ticket_of_a_leader_is_no_way_to_other_residents(
    app: Flask, db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, COUPLE)
    batch = town.batch(town.people.leader, size=1)
    text = tickets.ticket("no secret " * 4, batch.id, batch.user_id)
    ticket = Program(app.test_client(), text, "Deposit")
    names = town.held(batch)

    assert hand_in(ticket, town, names[0], key="1", direction="in").status_code == 201
    (other,) = {"陈一", "陈二", "李三"} - set(names)
    assert hand_in(ticket, town, other, key="2", direction="in").status_code == 404


@pytest.mark.parametrize("way", ["ticket", "token"])
def test_no_call_is_refused_for_its_number_nor_is_told_whose_it_is(
    app: Flask, mine: Program, town: Town, way: str
) -> None:
    door = deposit(app, town) if way == "ticket" else mine
    for key, number in (("1", mobile(3)), ("2", mobile(1)), ("3", "nonsense")):
        answer = hand_in(door, town, "李三", key=key, number=number, disposition="busy")
        assert (answer.status_code, answer.json["applied"]) == (201, True)

    first, *others = town.calls("李三")
    assert first.number_id is not None
    assert [call.number_id for call in others] == [None, None]
    assert not town.broken()


def test_a_ticket_is_good_for_thirty_days(app: Flask, mine: Program, town: Town) -> None:
    ticket = deposit(app, town)
    town.release(town.people.volunteer, town.batch_of(town.people.volunteer))

    town.wait(days=30, minutes=30, seconds=-1)  # after the lease it had
    assert hand_in(ticket, town).status_code == 201
    town.wait(seconds=1)
    late = hand_in(ticket, town)
    assert (late.status_code, late.json["code"]) == (401, "token_needed")
    assert late.headers["WWW-Authenticate"]


@pytest.mark.parametrize("change", ["x", "", "forged", "long"])
def test_what_is_no_ticket_of_ours_opens_nothing(
    app: Flask, mine: Program, town: Town, change: str
) -> None:
    ticket = deposit(app, town)
    batch = town.batch_of(town.people.volunteer)
    ticket.secret = {
        "x": f"{ticket.secret}x", "": "", "long": "x" * 100_000,
        "forged": tickets.ticket("another key", batch.id, batch.user_id),
    }[change]  # fmt: skip

    assert hand_in(ticket, town).status_code == 401
    assert not town.calls()


def test_a_ticket_for_a_batch_that_is_not_there_opens_nothing(
    app: Flask, mine: Program, town: Town
) -> None:
    user = town.people.colleague.user.id
    for batch in (town.batch_of(town.people.volunteer).id, 999):
        text = tickets.ticket("no secret " * 4, batch, user)
        assert hand_in(Program(app.test_client(), text, "Deposit"), town).status_code == 401


def test_who_guesses_tickets_is_told_to_wait(app: Flask, mine: Program, town: Town) -> None:
    ticket = deposit(app, town)
    ticket.secret = "x"
    statuses = [hand_in(ticket, town).status_code for _ in range(FAILURES_PER_MINUTE + 1)]

    assert statuses == [401] * FAILURES_PER_MINUTE + [429]
    assert hand_in(mine, town).status_code == 201


def test_a_working_volunteer_never_meets_the_limit(app: Flask, mine: Program, town: Town) -> None:
    """Two requests each second, for two minutes, by token and by ticket."""
    ticket = deposit(app, town)
    statuses = set()
    for tick in range(240):
        town.wait(seconds=0.5)
        statuses.add(hand_in(mine if tick % 2 else ticket, town).status_code)

    assert statuses == {201, 200}


def test_a_ticket_has_a_limit_of_its_own(app: Flask, mine: Program, town: Town) -> None:
    app.extensions["purses"]["ticket"].most = 2
    app.extensions["purses"]["ticket"].portion = 1
    ticket = deposit(app, town)
    answers = [hand_in(ticket, town) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201, 200, 429]
    assert int(answers[2].headers["Retry-After"]) <= 60
    assert hand_in(mine, town).status_code == 200
