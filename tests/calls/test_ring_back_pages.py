"""Somebody rings back: found by their number, opened, and saved as a call that came in."""

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.audit.rules import indiscreet
from app.campaigns.models import Campaign
from app.db import Database
from tests.cases.town import Town
from tests.cast import (
    BRIDGE,
    HARBOUR,
    english,
    mobile,
    open_campaign,
    resident,
    residents,
    sign_in,
    words,
)
from tests.conftest import Clock
from tests.house.pages import CheckingClient

PAGE = "/calls/ring-backs"


@pytest.fixture
def town(db: Database, clock: Clock, client: CheckingClient) -> Town:
    """The volunteer has rung 甲 and 乙, not 丙; 丁 has an office number with an extension."""
    office = resident("丁一", "+8651385321234;ext=801", room="104")
    names = [resident(name, mobile(n), room=f"10{n}") for n, name in enumerate("甲乙丙", 1)]
    town = Town.of(db, clock, [*names, office])
    me = town.people.volunteer
    town.batch(me)
    for name in ("甲", "乙", "丁一"):
        town.save(me, name, "no_answer")
    sign_in(english(client), me)
    return town


def seek(client: CheckingClient, number: str) -> str:
    """Where a look-up leads, or the page it shows."""
    answer = client.submit(PAGE, action=PAGE, number=number)
    return answer.location or words(answer)


def opens(town: Town, name: str) -> str:
    return f"{PAGE}/{town.case(name).id}"


def looked_up(town: Town) -> Sequence[AuditEntry]:
    query = select(AuditEntry).where(AuditEntry.act == "number_looked_up")
    with town.db.reading() as session:
        return session.scalars(query.order_by(AuditEntry.id)).all()


@pytest.mark.parametrize(
    "typed",
    [mobile(2)[-4:], mobile(2), mobile(2)[3:], f"+86 139 {mobile(2)[6:10]} {mobile(2)[10:]}"],
)
def test_the_one_with_such_a_number_opens_at_once(
    town: Town, client: CheckingClient, typed: str
) -> None:
    assert seek(client, typed) == opens(town, "乙")


def test_a_number_with_an_extension_rings_without_it(town: Town, client: CheckingClient) -> None:
    for typed in ("0513-8532 1234", "85321234", "1234"):
        assert seek(client, typed) == opens(town, "丁一")


def test_a_volunteer_finds_nobody_else(town: Town, client: CheckingClient) -> None:
    for typed in (mobile(3), mobile(3)[-4:], mobile(99)):
        assert "Nobody whom you rang lately has such a number." in seek(client, typed)
    assert client.get(opens(town, "丙")).status_code == 404
    town.wait(days=8)
    assert "Nobody found" in seek(client, mobile(1))


def test_of_several_one_is_chosen_and_all_are_masked(
    db: Database, clock: Clock, client: CheckingClient
) -> None:
    couple = [resident(name, mobile(1), room="101") for name in ("夫一", "妻二")]
    town = Town.of(db, clock, couple)
    town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "夫一", "no_answer", also=["妻二"])
    sign_in(english(client), town.people.volunteer)
    page = seek(client, mobile(1))

    assert (opens(town, "夫一") in page, opens(town, "妻二") in page) == (True, True)
    assert ("夫*" in page, "夫一" in page, mobile(1)[3:] in page) == (True, False, True)
    assert page.count(mobile(1)[3:]) == 1  # what was typed, and nothing else
    assert ("夫* 1幢" in page, "101" in page) == (True, False)
    assert "number=" not in page


@pytest.mark.parametrize("typed", ["", "123", "王女士"])
def test_what_is_no_number_is_said_and_not_looked_for(
    town: Town, client: CheckingClient, typed: str
) -> None:
    page = seek(client, typed)

    assert ("last 4 digits." in page, looked_up(town)) == (True, [])


def test_each_look_up_is_in_the_trail_without_the_number(
    town: Town, client: CheckingClient
) -> None:
    seek(client, mobile(1))
    seek(client, "9999")
    whole, ending = looked_up(town)

    case = town.case("甲").id
    assert whole.detail == {"what": "whole", "n": 1, "cases": str(case)}
    assert ending.detail == {"what": "ending", "n": 0, "cases": ""}
    for entry in (whole, ending):
        assert entry.user_id == town.people.volunteer.user.id
        assert indiscreet(entry.subject_id, entry.detail) is None
    assert town.broken() == []


def test_the_desk_finds_anybody_of_its_communities_by_the_whole_number(
    town: Town, client: CheckingClient
) -> None:
    sign_in(client, town.people.supervisor)
    assert "Nobody" in seek(client, mobile(3)[-4:])
    path = opens(town, "丙")
    assert seek(client, mobile(3)) == path
    saved = client.submit(path, action=path, disposition="completed")
    row = town.calls("丙")[-1]

    assert saved.location == PAGE
    assert (row.direction, row.applied, row.disposition) == ("in", True, "completed")
    assert row.user_id == town.people.supervisor.user.id
    assert "Saved: Completed" in words(client.get(PAGE))
    assert town.broken() == []


def test_the_desk_finds_nobody_elsewhere_nor_where_no_campaign_is_open(
    town: Town, client: CheckingClient
) -> None:
    residents(town.db, HARBOUR, [resident("戊", mobile(5))])
    harbour = open_campaign(town.db, [HARBOUR])
    away = f"{PAGE}/{town.case('戊', harbour).id}"
    sign_in(client, town.people.leader)
    assert "Nobody" in seek(client, mobile(5))
    assert client.get(away).status_code == 404
    sign_in(client, town.people.supervisor)
    assert seek(client, mobile(5)) == away
    with town.db.writing() as session:
        session.get_one(Campaign, harbour).status = "closed"
    assert "Nobody" in seek(client, mobile(5))
    assert client.get(away).status_code == 404


def test_of_two_campaigns_the_desk_is_shown_both(town: Town, client: CheckingClient) -> None:
    other = open_campaign(town.db, [BRIDGE])
    sign_in(client, town.people.administrator)
    page = seek(client, mobile(3))

    assert opens(town, "丙") in page
    assert f"{PAGE}/{town.case('丙', other).id}" in page


def test_who_tries_numbers_is_told_when_to_come_again(town: Town, client: CheckingClient) -> None:
    client.application.extensions["purses"]["missed"].most = 3
    sign_in(client, town.people.leader)
    for number in range(50, 54):
        assert "Nobody" in seek(client, mobile(number))
    town.wait(minutes=20)
    answer = client.submit(PAGE, action=PAGE, number=mobile(3))

    assert answer.status_code == 429
    assert "Look up the next after 11:00." in words(answer)
    town.wait(minutes=40)
    assert seek(client, mobile(3)) == opens(town, "丙")


def test_those_who_are_found_cost_nothing_of_it(town: Town, client: CheckingClient) -> None:
    client.application.extensions["purses"]["missed"].most = 1
    sign_in(client, town.people.leader)
    for _time in range(3):
        assert seek(client, mobile(3)) == opens(town, "丙")


def test_a_volunteers_look_ups_are_limited_too(town: Town, client: CheckingClient) -> None:
    client.application.extensions["purses"]["looked_up"].most = 2
    for _time in range(2):
        assert seek(client, "0001") == opens(town, "甲")

    assert "Look up the next after 11:00." in seek(client, "0001")


def test_a_volunteer_who_was_rung_back_goes_on_where_they_were(
    town: Town, client: CheckingClient
) -> None:
    path = opens(town, "甲")
    assert client.submit(path, action=path, disposition="completed").location == "/calls"


def test_the_first_page_says_once_that_a_ring_back_is_saved(
    town: Town, client: CheckingClient
) -> None:
    path = opens(town, "甲")
    answer = client.submit(path, action=path, disposition="completed")

    assert answer.location == "/calls"
    assert words(client.get("/calls")).count("Saved: ") == 1
