"""Practising: the real screen, invented people, and not a trace of it."""

from collections.abc import Mapping

import pytest
from flask import Flask
from sqlalchemy import select

from app.calls.rules import FIRST_BATCH, batch_size
from app.calls.screen.practice import SCENES
from app.db import Base, Database
from tests.cases.test_work_pages import browser
from tests.cases.town import Town
from tests.cast import words
from tests.conftest import Clock
from tests.house.pages import CheckingClient

OWN = "139 1234 5678"
COUNTED = (
    "calls", "cases", "call_groups", "batches", "holds", "dials", "skips", "handoffs",
    "campaigns", "audit_entries", "users", "residents", "numbers",
)  # fmt: skip


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    return Town.of(db, clock, ["甲一", "乙二", "丙三", "丁四", "戊五", "己六", "庚七"])


@pytest.fixture
def volunteer(app: Flask, town: Town) -> CheckingClient:
    return browser(app, town.people.volunteer)


def everything(db: Database) -> Mapping[str, list[str]]:
    """Every row of every table; among them those that are counted."""
    with db.reading() as session:
        found = {
            table.name: sorted(map(str, session.execute(select(table))))
            for table in Base.metadata.sorted_tables
        }
    assert found.keys() >= set(COUNTED)
    return found


def say(client: CheckingClient, place: int, disposition: str, **more: str) -> str:
    path = f"/calls/practice/{place}"
    answer = client.submit(path, action=path, disposition=disposition, **more)
    assert answer.status_code == 302, words(answer)
    return words(client.get(answer.location))


def test_a_practice_from_home_to_the_end_leaves_no_trace(
    volunteer: CheckingClient, town: Town
) -> None:
    assert 'href="/calls/practice"' in volunteer.get("/calls").text
    before = everything(town.db)
    answer = volunteer.submit("/calls/practice", action="/calls/practice", number=OWN)
    assert answer.location == "/calls/practice/1"

    page = words(volunteer.get("/calls/practice/1"))
    assert "Practice: nothing is saved." in page
    assert "tel:+8613912345678" in page
    assert "Practice Ming" in page
    assert "1 of 4" in page
    said = say(volunteer, 1, "no_answer")
    assert "This resident would be rung again from 13:00 on." in said
    tomorrow = "2026-11-25T18:30"
    said = say(volunteer, 2, "callback_requested", callback_at=tomorrow)
    assert "You would ring this resident again as agreed: tomorrow 18:30." in said
    again = words(volunteer.get("/calls/practice/2?again=1"))
    assert 'value="callback_requested" required checked' in again
    answer = volunteer.submit("/calls/practice/3/skip", action="", reason="not_now")
    assert "in half an hour" in words(answer)
    said = say(volunteer, 4, "completed")
    assert "This resident would be settled" in said
    assert "“Undo” on the next page" in said
    assert words(volunteer.get("/calls/practice/over")).count("Practise again") == 1

    assert everything(town.db) == before


def test_the_number_is_forgotten_with_the_practice(volunteer: CheckingClient) -> None:
    volunteer.submit("/calls/practice", action="/calls/practice", number=OWN)
    with volunteer.session_transaction() as session:
        assert session["practice"]["number"] == "+8613912345678"
    volunteer.get("/calls/practice/over")
    with volunteer.session_transaction() as session:
        assert "practice" not in session
    assert volunteer.get("/calls/practice/1").location == "/calls/practice"


def test_what_a_real_call_would_refuse_is_refused_here(volunteer: CheckingClient) -> None:
    volunteer.submit("/calls/practice", action="/calls/practice", number=OWN)
    path = "/calls/practice/1"
    for sent, why in (
        ({}, "Choose what the call came to."),
        ({"disposition": "callback_requested"}, "Say when to ring again"),
        ({"disposition": "needs_leader"}, "Write what the leader should know."),
        ({"disposition": "nonsense"}, "is not one of this campaign's dispositions"),
    ):
        answer = volunteer.submit(path, action=path, **sent)
        assert (answer.status_code, why in words(answer)) == (200, True), why


@pytest.mark.parametrize(
    ("disposition", "note", "then"),
    [
        ("needs_leader", "why", "stand on your leader's list"),
        ("soft_refusal", "", "Somebody else would ring this resident"),
        ("unable", "", "Somebody would go to this resident's door."),
        ("busy", "", "This resident would be rung again from 10:20 on."),
        ("hard_refusal", "", "would be settled"),
    ],
)
def test_the_rules_of_the_campaign_say_what_would_follow(
    volunteer: CheckingClient, disposition: str, note: str, then: str
) -> None:
    volunteer.submit("/calls/practice", action="/calls/practice", number=OWN)
    assert then in say(volunteer, 1, disposition, note=note)


@pytest.mark.parametrize("number", ["", "12", "110", "no number", f"{OWN} 13812345678", "9" * 500])
def test_a_number_that_is_none_is_asked_for_again(volunteer: CheckingClient, number: str) -> None:
    answer = volunteer.submit("/calls/practice", action="/calls/practice", number=number)
    assert "This is not one telephone number." in words(answer)


def test_there_is_practice_without_any_campaign(app: Flask, town: Town) -> None:
    town.close()
    client = browser(app, town.people.outsider)
    client.submit("/calls/practice", action="/calls/practice", number=OWN)
    assert "Practice Ming" in words(client.get("/calls/practice/1"))
    assert "rung again from 14:00 on" in say(client, 1, "no_answer")


@pytest.mark.parametrize("place", [0, len(SCENES) + 1, 999])
def test_beyond_the_practice_there_is_nothing(volunteer: CheckingClient, place: int) -> None:
    for path in ("", "/came-to", "/skip"):
        assert volunteer.get(f"/calls/practice/{place}{path}").status_code == 404


@pytest.mark.parametrize(
    ("asked", "has_called", "given"), [(20, False, 5), (3, False, 3), (20, True, 20), (1, True, 1)]
)
def test_a_first_batch_is_small(asked: int, has_called: bool, given: int) -> None:
    assert batch_size(asked, has_called=has_called) == given


def test_the_first_batch_on_the_page_is_five_and_the_next_is_not(app: Flask, town: Town) -> None:
    me = town.people.volunteer
    client = browser(app, me)
    take = f"/calls/campaigns/{town.campaign}/take"
    page = words(client.get("/calls"))
    assert "Take 5 residents" in page
    assert "one household come together, so it may be a few more" in page
    client.submit("/calls", action=take)
    assert len(town.in_hand(me)) == FIRST_BATCH
    town.save(me, "甲一")
    town.release(me, town.batch_of(me))

    page = words(client.get("/calls"))
    assert "Take 20 residents" in page
    assert "Practise first" not in page
    client.submit("/calls", action=take)
    assert town.in_hand(me) == {"乙二", "丙三", "丁四", "戊五", "己六", "庚七"}


def test_the_way_to_practise_stands_first_only_until_somebody_begins(
    town: Town, volunteer: CheckingClient
) -> None:
    before = volunteer.get("/calls").text
    volunteer.submit("/calls", action=f"/calls/campaigns/{town.campaign}/take")
    after = volunteer.get("/calls").text

    assert 'href="/calls/practice"' in after
    assert before.index("/calls/practice") < before.index(f"/campaigns/{town.campaign}/take")
    assert after.index(f"/campaigns/{town.campaign}/next") < after.index("/calls/practice")
