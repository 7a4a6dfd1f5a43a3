"""The leader is told what to decide: the form asks for a note, and no call is refused for it."""

import pytest

from app.db import Database
from tests.calls.forms import call_form, send
from tests.cases.town import Town
from tests.cast import english, sign_in, words
from tests.conftest import Clock
from tests.house.pages import CheckingClient

ASKED = "Write what the leader should know."


@pytest.fixture
def town(db: Database, clock: Clock, client: CheckingClient) -> Town:
    town = Town.of(db, clock, "甲乙")
    town.batch(town.people.volunteer)
    sign_in(english(client), town.people.volunteer)
    return town


def test_the_form_asks_for_the_note_and_keeps_what_was_said(
    town: Town, client: CheckingClient
) -> None:
    filled = call_form(client, town, "甲", disposition="needs_leader", note=" ", direction="in")
    answer = send(client, filled)

    assert answer.status_code == 200
    assert not town.calls()
    page = words(answer)
    assert page.count(ASKED) == 2, "above the form, and at the field"
    assert 'aria-describedby="note-error"' in page
    for kept in ('value="needs_leader" required checked', filled["key"], 'value="in" checked'):
        assert kept in page, kept

    assert send(client, {**filled, "note": "要居委会先来电话"}).status_code == 302
    assert [call.note for call in town.calls()] == ["要居委会先来电话"]


def test_a_correction_and_a_ring_back_ask_too(town: Town, client: CheckingClient) -> None:
    call = town.save(town.people.volunteer, "甲", "no_answer").call
    ring_back = f"/calls/ring-backs/{town.case('甲').id}"
    for path, action in ((f"/calls/{call.id}/correct", ""), (ring_back, ring_back)):
        answer = client.submit(path, action=action, disposition="needs_leader")
        assert ASKED in words(answer), path
    assert len(town.calls()) == 1


def test_where_nothing_can_be_asked_any_more_the_call_is_kept(
    town: Town, client: CheckingClient
) -> None:
    filled = call_form(client, town, "甲", disposition="needs_leader")
    town.release(town.people.volunteer, town.batch_of(town.people.volunteer))
    town.batch(town.people.colleague)

    assert send(client, filled).status_code == 302
    assert [(call.disposition, call.reason) for call in town.calls()] == [
        ("needs_leader", "stale_hold")
    ]


def test_by_ticket_it_is_kept_and_the_leader_sees_that_nothing_was_said(
    town: Town, client: CheckingClient
) -> None:
    filled = call_form(client, town, "甲", disposition="needs_leader")
    with client.session_transaction() as session:
        session.clear()

    assert send(client, filled).status_code == 200
    assert town.case("甲").state == "passed"
    sign_in(client, town.people.leader)
    assert "No note given" in words(client.get("/leader-list"))
