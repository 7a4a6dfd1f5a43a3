"""Dials on the volunteer's pages: noted, asked for until something is said of them, dialled."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from app.calls import tickets
from app.calls.models import Dial
from app.campaigns.models import Campaign
from app.config import Settings
from app.db import Database
from app.residents.models import Resident
from tests.calls.forms import call_form, send
from tests.cases.town import Town
from tests.cast import Person, english, mobile, resident, sign_in, token, words
from tests.conftest import Clock
from tests.house.pages import CheckingClient
from tests.web.world import World, addresses, rules, world

__all__ = ["world"]


def screen(town: Town, name: str) -> str:
    case = town.case(name)
    return f"/calls/groups/{case.group_id}?case={case.id}"


def ticket_of(town: Town, who: Person) -> str:
    return tickets.ticket("no secret " * 4, town.batch_of(who).id, who.user.id)


def tap(client: CheckingClient, town: Town, name: str, **sent: Any) -> TestResponse:
    """Send a tap as the page does; the key of the number stands in it."""
    page = client.get(screen(town, name)).text
    (key,) = re.findall(r'data-dial="(\d+)"', page)
    sent = {"number": key, "at": town.now.isoformat(), "csrf_token": token(client), **sent}
    return client.post(f"/calls/cases/{town.case(name).id}/dials", data=sent)


def dials(town: Town) -> list[Dial]:
    with town.db.reading() as session:
        return list(session.scalars(select(Dial).order_by(Dial.id)))


def asked(client: CheckingClient, town: Town, name: str) -> bool:
    return "data-dialled-at" in client.get(screen(town, name)).text


def test_a_tap_is_kept_once_and_asked_for(town: Town, client: CheckingClient) -> None:
    answers = [tap(client, town, "甲") for _time in range(2)]

    assert [answer.json for answer in answers] == [{"asked": True}] * 2
    (kept,) = dials(town)
    assert (kept.case_id, kept.dialled_at) == (town.case("甲").id, town.now)
    assert kept.number_id is not None
    assert town.case("甲").attempts == 0
    town.wait(minutes=3)
    page = words(client.get(screen(town, "甲")))
    assert "You rang at 10:00: how did it go?" in page
    assert f'name="started_at" value="{kept.dialled_at.isoformat()}' in page
    assert "You rang at 10:00" not in words(client.get(screen(town, "乙")))


def test_home_lists_what_has_no_outcome_yet(town: Town, client: CheckingClient) -> None:
    assert re.search(r"data-loose\s+hidden", client.get("/calls").text)
    tap(client, town, "甲")
    page = words(client.get("/calls"))

    assert "Calls without an outcome yet" in page
    assert not re.search(r"data-loose\s+hidden", page)
    assert f'<a href="{screen(town, "甲")}">甲' in page.replace("&amp;", "&")
    send(client, call_form(client, town, "甲", quick="no_answer"))
    assert re.search(r"data-loose\s+hidden", client.get("/calls").text)
    (call,) = town.calls()
    assert call.started_at == dials(town)[0].dialled_at
    assert town.case("甲").attempts == 1


def test_a_call_taken_back_says_nothing_of_its_dial(town: Town, client: CheckingClient) -> None:
    tap(client, town, "甲")
    send(client, call_form(client, town, "甲", quick="busy"))
    client.submit("/calls/mine", action=f"/calls/{town.calls()[0].id}/undo")

    assert "You rang at 10:00" in words(client.get(screen(town, "甲")))


def test_nobody_is_asked_of_what_was_no_call(town: Town, client: CheckingClient) -> None:
    tap(client, town, "甲")
    action = f"/calls/cases/{town.case('甲').id}/dials/withdraw"
    answer = client.post(action, data={"csrf_token": token(client)})
    answer = client.get(answer.location)

    assert answer.location == screen(town, "甲")
    assert not asked(client, town, "甲")
    assert not town.calls()
    assert tap(client, town, "甲").json == {"asked": False}
    assert town.broken() == []


def test_a_ticket_alone_keeps_a_tap(town: Town, client: CheckingClient) -> None:
    secret, page = ticket_of(town, town.people.volunteer), client.get(screen(town, "甲")).text
    (key,) = re.findall(r'data-dial="(\d+)"', page)
    with client.session_transaction() as session:
        session.clear()
    path = f"/calls/cases/{town.case('甲').id}/dials"
    sent = {"number": key, "at": town.now.isoformat()}

    assert client.post(path, data=sent).status_code == 400
    assert client.post(path, data={**sent, "ticket": secret + "x"}).status_code == 400
    assert client.post(path, data={**sent, "ticket": secret}).json == {"asked": True}
    assert client.post(path, data={**sent, "ticket": secret, "at": "now"}).status_code == 400
    assert [one.user_id for one in dials(town)] == [town.people.volunteer.user.id]


def test_a_ticket_is_good_for_its_own_batch_alone(
    db: Database, clock: Clock, client: CheckingClient
) -> None:
    town = Town.of(db, clock, "甲乙")
    me, colleague = town.people.volunteer, town.people.colleague
    first, _other = town.batch(me, 1), town.batch(colleague, 1)
    mine, theirs = town.held(first), town.in_hand(colleague)
    sent = {"number": 1, "at": town.now.isoformat(), "ticket": ticket_of(town, me)}
    status = {
        name: client.post(f"/calls/cases/{town.case(name).id}/dials", data=sent).status_code
        for name in (*mine, *theirs)
    }

    assert status == {mine[0]: 200, theirs.pop(): 404}


def test_who_has_the_resident_no_more_is_asked_without_seeing_them(
    town: Town, client: CheckingClient
) -> None:
    me = town.people.volunteer
    tap(client, town, "甲")
    town.release(me, town.batch_of(me))
    home = words(client.get("/calls"))
    path = f"/calls/cases/{town.case('甲').id}/dialled"
    assert f'href="{path}">甲* 1幢' in home
    assert client.get(screen(town, "甲")).location == path
    page = client.get(path).text
    assert mobile(1)[3:] not in page.replace(" ", "")
    town.wait(minutes=30)
    began = dials(town)[0]
    filled = {"disposition": "no_answer", "note": "晚上打"}

    assert client.submit(path, action="", **filled).location == "/calls"
    (call,) = town.calls()
    assert (call.started_at, call.number_id) == (began.dialled_at, began.number_id)
    assert (call.applied, call.note) == (True, "晚上打")
    assert client.get(path).location == "/calls"
    assert town.broken() == []


def test_others_are_not_asked(town: Town, client: CheckingClient) -> None:
    tap(client, town, "甲")
    sign_in(client, town.people.colleague)
    path = f"/calls/cases/{town.case('甲').id}"

    assert client.get(f"{path}/dialled").location == "/calls"
    sent = {"csrf_token": token(client)}
    assert client.post(f"{path}/dials/withdraw", data=sent).status_code == 404
    assert re.search(r"data-loose\s+hidden", client.get("/calls").text)


ONE_TAP = {"no_answer", "busy", "unreachable"}


def test_one_tap_saves_and_goes_on(town: Town, client: CheckingClient) -> None:
    page = client.get(screen(town, "甲")).text
    assert set(re.findall(r'name="quick" value="(\w+)"', page)) == ONE_TAP
    filled = call_form(client, town, "甲", quick="unreachable", disposition="completed")
    answers = [send(client, filled) for _tap in range(2)]

    following = screen(town, "乙").partition("?")[0]
    assert {answer.location.partition("?")[0] for answer in answers} == {following}
    (call,) = town.calls()
    assert (call.disposition, call.applied) == ("unreachable", True)


def test_a_campaign_that_offers_less_has_fewer_keys(town: Town, client: CheckingClient) -> None:
    with town.db.writing() as session:
        session.execute(update(Campaign).values(dispositions={"completed": "", "busy": "忙"}))
    page = client.get(screen(town, "甲")).text

    assert re.findall(r'name="quick" value="(\w+)"', page) == ["busy"]


def test_the_address_that_dials_is_a_setting(
    town: Town, client: CheckingClient, app: Flask, settings: Settings
) -> None:
    assert f'href="tel:{mobile(1)}"' in client.get(screen(town, "甲")).text
    given = vars(settings) | {"dial": "https://pbx.example/call?to={e164}"}
    app.config["RINGROUND"] = Settings(**given)
    page = client.get(screen(town, "甲")).text

    assert 'href="https://pbx.example/call?to=%2B8613900000001"' in page
    assert 'target="_blank" rel="noopener noreferrer"' in page


def test_outside_the_hours_the_button_asks_again(
    db: Database, clock: Clock, client: CheckingClient
) -> None:
    town = Town.of(db, clock, "甲", hours=["09:00-12:00", "14:00-20:30"])
    town.batch(town.people.volunteer)
    sign_in(english(client), town.people.volunteer)
    page = client.get(screen(town, "甲")).text
    assert 'data-rings-until="2026-11-24T12:00:00+08:00"' in page
    assert "ring__again" not in page
    town.wait(hours=3)
    page = words(client.get(screen(town, "甲")))

    again, _, rest = page.partition("ring__again")[2].partition("</details>")
    assert "Outside the hours of ringing (09:00–12:00, 14:00–20:30). Ring all the same?" in again
    assert again.count("tel:") == 1
    assert "tel:" not in rest


def test_who_asked_for_this_time_is_rung_in_quiet_hours(
    db: Database, clock: Clock, client: CheckingClient
) -> None:
    town = Town.of(db, clock, "甲", hours=["09:00-12:00"], legal_hours=["08:00-21:00"])
    me = town.people.volunteer
    town.batch(me)
    sign_in(client, me)
    town.save(me, "甲", "callback_requested", callback_at=town.now + timedelta(hours=3))
    town.wait(hours=3, minutes=1)
    town.batch(me)

    assert "ring__again" not in client.get(screen(town, "甲")).text


def test_numbers_are_dialled_from_the_call_screen_alone(world: World) -> None:
    """Everywhere else they are words: a tap on a list rings nobody."""
    paths = addresses(world)
    for role in ("volunteer", "leader", "supervisor"):
        client = world.client(role)
        for rule in rules(world.app):
            if "GET" not in (rule.methods or ()) or rule.endpoint in {"calls.call", "calls.kept"}:
                continue
            page = client.get(paths[rule.endpoint])
            if page.mimetype == "text/html":
                assert 'href="tel:' not in page.text, (role, rule.endpoint)
    assert 'href="tel:' in world.client("volunteer").get(paths["calls.call"]).text


@pytest.mark.parametrize(
    ("language", "spoken"),
    [("", "zh"), ("普通话", "zh"), ("English", "en"), ("英语、普通话", "en"), ("南通话", "zh")],
)
def test_the_script_is_in_the_residents_language(
    town: Town, client: CheckingClient, language: str, spoken: str
) -> None:
    client.set_cookie("ringround-lang", "zh")
    with town.db.writing() as session:
        session.execute(update(Resident).values(language=language))
    page = client.get(screen(town, "甲")).text

    assert ("我们不会询问身份证号" in page, "we never ask for ID" in page) == (
        spoken == "zh", spoken == "en"
    )  # fmt: skip
    assert f'<p lang="{spoken}">' in page


CHANGED = "The script has changed."
UNREAD = "fold--unread"


def test_a_script_stands_open_until_the_first_call_of_its_campaign(
    town: Town, client: CheckingClient
) -> None:
    for _look in range(2):
        assert UNREAD in client.get(screen(town, "甲")).text
    send(client, call_form(client, town, "甲", quick="busy"))

    assert UNREAD not in client.get(screen(town, "乙")).text


def test_a_changed_script_is_announced_until_it_was_read(
    town: Town, client: CheckingClient
) -> None:
    me = town.people.volunteer
    send(client, call_form(client, town, "甲", quick="busy"))
    assert CHANGED not in words(client.get(screen(town, "乙")))
    with town.db.writing() as session:
        script = {"opening": "新的开场白", "closing": "再见"}
        session.execute(update(Campaign).values(script={"zh": script, "en": script}))
    for _look in range(2):  # to look ahead is not to ring
        page = words(client.get(screen(town, "乙")))
        assert CHANGED in page
        assert '<details class="fold fold--unread" open>' in page
    send(client, call_form(client, town, "乙", quick="busy"))
    sign_in(client, me)

    assert CHANGED not in words(client.get(screen(town, "丙")))


def test_a_mark_that_is_none_loses_no_call(town: Town, client: CheckingClient) -> None:
    send(client, call_form(client, town, "甲", quick="busy", script="x" * 500))

    assert [call.disposition for call in town.calls()] == ["busy"]


def test_attempts_so_far_are_said_in_words(town: Town, client: CheckingClient) -> None:
    me = town.people.volunteer
    town.save(me, "甲", "no_answer")
    town.wait(hours=4)
    town.release(me, town.batch_of(me))
    town.batch(me)
    town.save(me, "甲", "busy")
    town.wait(hours=20)
    town.release(me, town.batch_of(me))
    town.batch(me)
    page = words(client.get(screen(town, "甲")))

    assert "Busy yesterday 13:58" in page
    assert 'so-far">No answer yesterday 09:58</p>' in page, "the last is said already"


def test_the_tap_is_when_the_call_began(town: Town, client: CheckingClient) -> None:
    began = town.now + timedelta(minutes=2)
    filled = call_form(client, town, "甲", quick="busy", started_at=began.isoformat())
    town.wait(minutes=5)
    send(client, filled)

    assert [call.started_at for call in town.calls()] == [began]


def test_a_household_has_each_its_own_dial(
    db: Database, clock: Clock, client: CheckingClient
) -> None:
    """What is said of a number is said of all who have it."""
    both = [resident(name, mobile(1), room="101") for name in ("甲", "乙")]
    town = Town.of(db, clock, both)
    me = town.people.volunteer
    town.batch(me)
    sign_in(english(client), me)
    tap(client, town, "甲")
    send(client, call_form(client, town, "乙", disposition="completed"))

    assert not asked(client, town, "甲")
