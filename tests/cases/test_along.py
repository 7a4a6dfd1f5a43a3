"""Those who rest or were laid aside go along with their housemates, and it is said."""

import re
from datetime import UTC, datetime

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.cases.models import Handoff
from app.cases.rules.offers import Became, became
from app.cases.service import handing
from app.db import Database
from app.reports.queries import handoffs, sheets
from tests.api.conftest import program
from tests.cases.town import Town
from tests.cast import Person, english, mobile, resident, sign_in, words
from tests.conftest import Clock
from tests.house.pages import CheckingClient
from tests.reports.sample import CHINA


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    """A couple with a number each, in the volunteer's hands, and who lives alone."""
    couple = [resident(name, mobile(n), room="101") for n, name in enumerate("夫妻", 1)]
    town = Town.of(db, clock, [*couple, resident("独", mobile(3), room="102")])
    town.batch(town.people.volunteer)
    return town


def test_who_asked_for_a_later_time_and_is_laid_aside_waits_until_then(town: Town) -> None:
    me, colleague = town.people.volunteer, town.people.colleague
    town.save(me, "夫", "callback_requested", callback_at=(at := town.now.replace(hour=16)))
    town.release(me, town.batch_of(me))
    town.wait(minutes=11)
    assert town.take(colleague)[:2] == ["夫", "妻"]
    for name in "夫妻":
        town.skip(colleague, name)

    assert town.case("夫").ready_at == at
    assert town.group("妻").ready_at == town.case("妻").ready_at < at
    assert town.broken() == []


def test_all_places_count_those_who_go_along(client: CheckingClient, town: Town) -> None:
    """One rests; the page before, the offer, the list and the sheet agree."""
    me, colleague = town.people.volunteer, town.people.colleague
    town.save(me, "夫", "no_answer")
    sign_in(english(client), me)
    page = words(client.get(f"/calls/campaigns/{town.campaign}/hand-over"))
    assert "3 residents are left · 1 of them to be rung later" in page

    handoff = town.hand_over(me, colleague)

    listed = words(client.get("/handoffs"))
    assert ("1 of them to be rung later" in listed, "Not answered yet" in listed) == (True, True)
    with town.db.reading() as session:
        (line,) = handoffs.recent(session, me.user, town.now)
        sheet = sheets.sheet(
            session, session.get_one(Handoff, handoff.id), "zh", CHINA, masked=False
        )
    assert (line.left, line.later, sheet.left) == (3, 1, 3)
    waits = {person.name: person.not_before for group in sheet.groups for person in group}
    assert waits == {"夫": town.case("夫").ready_at, "妻": None, "独": None}
    sign_in(client, colleague)
    assert "3 residents to ring · 1 of them to be rung later" in words(client.get("/calls"))
    client.submit("/calls", action=f"/calls/batches/{handoff.to_batch_id}/accept")
    assert "You hold 3 residents" in words(client.get("/calls"))
    assert town.broken() == []


def test_who_hands_over_is_told_what_becomes_of_it(client: CheckingClient, town: Town) -> None:
    me, colleague = town.people.volunteer, town.people.colleague
    handoff = town.hand_over(me, colleague)
    sign_in(english(client), me)
    assert "To 志愿者乙 Not answered yet until 10:30" in plain(client.get("/calls"))
    town.wait(minutes=3)
    sign_in(client, colleague)
    client.submit("/calls", action=f"/calls/batches/{handoff.to_batch_id}/accept")

    sign_in(client, me)
    assert "To 志愿者乙 Taken over 10:03" in plain(client.get("/calls"))
    town.wait(days=1)
    assert "志愿者乙" not in plain(client.get("/calls"))


NINE, TEN = (datetime(2026, 11, 24, hour, tzinfo=UTC) for hour in (9, 10))
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("opened_at", "ended_at", "end_reason", "wanted"),
    [
        (None, None, "", (Became.WAITS, TEN)),
        (NINE, None, "", (Became.ACCEPTED, NINE)),
        (NINE, TEN, "finished", (Became.ACCEPTED, NINE)),
        (NINE, TEN, "declined", (Became.DECLINED, TEN)),
        (None, NINE, "declined", (Became.DECLINED, NINE)),
        (None, NINE, "released", (Became.DECLINED, NINE)),
        (None, NOON, "expired", (Became.LAPSED, TEN)),
        (None, NINE, "recalled", (Became.ENDED, NINE)),
        (None, NINE, "deactivated", (Became.ENDED, NINE)),
        (None, NINE, "finished", (Became.ENDED, NINE)),
    ],
)
def test_what_becomes_of_an_offer(
    opened_at: datetime | None,
    ended_at: datetime | None,
    end_reason: str,
    wanted: tuple[Became, datetime],
) -> None:
    assert became(opened_at, ended_at, end_reason, TEN, NINE) == wanted


def test_an_offer_that_nobody_answered_has_lapsed_before_anybody_ends_it() -> None:
    assert became(None, None, "", TEN, TEN) == (Became.LAPSED, TEN)


def plain(answer: TestResponse) -> str:
    """The words of a page, with one space between them."""
    return " ".join(re.sub("<[^>]*>", " ", words(answer)).split())


def whys(app: Flask, town: Town, who: Person) -> dict[str, str]:
    """Why each case of a volunteer's batch comes, as the API has it."""
    found = program(app, town.db, who).get(f"/batches/{town.batch_of(who).id}").json
    return {case["resident"]["name"]: case["why"] for case in found["cases"]}


def test_who_rests_or_was_laid_aside_is_known_as_such(
    app: Flask, client: CheckingClient, town: Town
) -> None:
    me, colleague = town.people.volunteer, town.people.colleague
    town.save(me, "夫", "no_answer")
    town.wait(minutes=5)
    town.skip(me, "独")
    town.hand_over(me, colleague)
    assert town.take(colleague, 1) == []
    with town.db.writing() as session:
        handing.accept(session, colleague.user, town.now, town.batch_of(colleague).id)
    rests = "No answer today 09:58: don't ring before 12:58"

    assert whys(app, town, colleague) == {"夫": rests, "妻": "First call"}
    sign_in(english(client), colleague)
    assert rests in plain(client.get("/calls"))
    first = client.get(client.get(f"/calls/campaigns/{town.campaign}/next").location)
    assert ("Ring 妻" in words(first), rests in words(first)) == (True, True)
    town.wait(hours=3)
    assert whys(app, town, colleague)["夫"] == "No answer today 09:58"
    assert town.take(town.people.leader) == ["独"]
    assert whys(app, town, town.people.leader) == {"独": "Laid aside today 10:05"}


def test_a_housemate_who_was_laid_aside_just_now_is_to_wait(
    app: Flask, client: CheckingClient, town: Town
) -> None:
    me, colleague = town.people.volunteer, town.people.colleague
    town.skip(me, "妻")
    town.hand_over(me, colleague)
    with town.db.writing() as session:
        handing.accept(session, colleague.user, town.now, town.batch_of(colleague).id)
    aside = "Laid aside today 10:00: don't ring before 10:30"

    assert whys(app, town, colleague)["妻"] == aside
    sign_in(english(client), colleague)
    page = plain(client.get(f"/calls/groups/{town.case('妻').group_id}?case={town.case('妻').id}"))
    assert aside in page
    town.save(colleague, "妻", "no_answer")
    assert "Laid aside" not in plain(client.get("/calls"))
