"""The volunteer's pages: why there is nobody, laying aside, taking back, ring-backs, handover."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.cases.models import Handoff, Skip
from app.cases.rules.skips import MOST_SKIPS
from app.db import Database
from app.people.models import User
from tests import cast
from tests.calls.forms import call_form, send
from tests.cases.town import Town
from tests.cast import BRIDGE, Person, english, mobile, sign_in, words
from tests.conftest import Clock
from tests.house.pages import CheckingClient


def address(town: Town, name: str) -> str:
    case = town.case(name)
    return f"/calls/groups/{case.group_id}?case={case.id}"


def home(client: CheckingClient, person: Person) -> str:
    sign_in(client, person)
    return words(client.get("/calls"))


def take(client: CheckingClient, town: Town) -> str:
    """Ask for a batch where there is none, and return the page that says so."""
    answer = client.submit("/calls", action=f"/calls/campaigns/{town.campaign}/take")
    return words(client.get(answer.location))


def test_an_empty_queue_says_why_and_when(town: Town, client: CheckingClient) -> None:
    me = town.people.volunteer
    town.save(me, "甲", "no_answer")
    client.submit(f"/calls/cases/{town.case('乙').id}/skip", action="", reason="not_now")
    town.release(me, town.batch_of(me))
    town.look_at(town.batch(town.people.colleague, 1))
    town.wait(minutes=31)
    page = take(client, town)

    assert "1 to be rung later" in page
    assert "1 whom you laid aside today" in page
    assert "1 with another volunteer now" in page
    assert "Next one ready: 12:58." in page


def test_the_hours_of_ringing_are_a_cause(
    db: Database, clock: Clock, client: CheckingClient
) -> None:
    town = Town.of(db, clock, "甲", hours=["14:00-20:00"])
    sign_in(english(client), town.people.volunteer)
    page = take(client, town)

    assert "1 outside the hours of ringing" in page
    assert "ready: 14:00" in page


def test_another_campaign_that_rang_is_named(town: Town, client: CheckingClient) -> None:
    town.save(town.people.volunteer, "甲", "no_answer")
    town.release(town.people.volunteer, town.batch_of(town.people.volunteer))
    other = cast.open_campaign(town.db, [BRIDGE])
    town.batch(town.people.volunteer, campaign=other)
    case = town.case("甲", other)
    page = words(client.get(f"/calls/groups/{case.group_id}?case={case.id}"))

    assert "Rung before: today 09:58, for “核对”" in page
    case = town.case("乙", other)
    assert "Rung before" not in client.get(f"/calls/groups/{case.group_id}").text


def test_who_is_laid_aside_comes_to_somebody_else(town: Town, client: CheckingClient) -> None:
    path = f"/calls/cases/{town.case('甲').id}/skip"
    answer = client.submit(path, action="", reason="know_them", note="邻居")

    assert answer.location == f"/calls/campaigns/{town.campaign}/next"
    assert town.in_hand(town.people.volunteer) == {"乙", "丙"}
    with town.db.reading() as session:
        skip = session.scalars(select(Skip)).one()
    assert (skip.reason, skip.note) == ("know_them", "邻居")
    town.wait(minutes=31)
    assert town.take(town.people.colleague) == ["甲"]
    assert client.get(path).status_code == 404


def test_laying_aside_needs_a_reason(town: Town, client: CheckingClient) -> None:
    answer = client.submit(f"/calls/cases/{town.case('甲').id}/skip", action="")

    assert "Choose why this resident is laid aside." in words(answer)
    assert town.in_hand(town.people.volunteer) == {"甲", "乙", "丙"}


def test_who_lays_aside_too_many_is_told_until_when(
    town: Town, client: CheckingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MOST_SKIPS, timedelta(hours=1), 1)
    for name in "甲乙":
        path = f"/calls/cases/{town.case(name).id}/skip"
        answer = client.submit(path, action="", reason="know_them")

    assert "You can lay more aside after 11:00." in words(answer)
    assert town.in_hand(town.people.volunteer) == {"乙", "丙"}


def test_nobody_lays_aside_what_a_colleague_holds(town: Town, client: CheckingClient) -> None:
    sign_in(client, town.people.colleague)

    assert client.get(f"/calls/cases/{town.case('甲').id}/skip").status_code == 404


def test_one_tap_takes_the_last_save_back(town: Town, client: CheckingClient) -> None:
    agreed = town.now.replace(hour=16)
    filled = call_form(
        client, town, "甲", disposition="callback_requested", note="下午再打",
        callback_at="2026-11-24T16:00", callback_until="17:30", callback_anyone="y",
    )  # fmt: skip
    saved = send(client, filled)
    case = town.case("甲")
    assert (case.appointment_at, case.appointment_user_id) == (agreed, None)
    (call,) = town.calls()

    undone = client.submit(saved.location, action=f"/calls/{call.id}/undo")
    assert town.in_hand(town.people.volunteer) == {"甲", "乙", "丙"}
    again = call_form(client, town, "甲")
    assert "disposition" not in again  # only the page after the undo knows what was entered
    page = client.get(undone.location).text
    for entered in (
        'value="callback_requested" required checked', "下午再打",
        'value="2026-11-24T16:00"', 'value="17:30"',
    ):  # fmt: skip
        assert entered in page, entered
    assert town.broken() == []


def test_whoever_rings_back_is_found_above_the_list(town: Town, client: CheckingClient) -> None:
    """They are on the line now, and the list may be long."""
    page = client.get("/calls").text
    assert page.count("/calls/ring-backs") == 1
    assert page.index("/calls/ring-backs") < page.index(address(town, "甲").replace("&", "&amp;"))


def test_a_call_taken_back_is_not_listed_with_its_result(
    town: Town, client: CheckingClient
) -> None:
    call = town.save(town.people.volunteer, "甲", "no_answer").call
    client.submit("/calls/mine", action=f"/calls/{call.id}/undo")
    page = words(client.get("/calls/ring-backs"))
    assert ("taken back" in page, "No answer" in page) == (True, False)


def test_a_page_sent_again_after_its_call_was_taken_back_says_so(
    town: Town, client: CheckingClient
) -> None:
    filled = call_form(client, town, "甲", disposition="completed")
    send(client, filled)
    client.submit("/calls/mine", action=f"/calls/{town.calls()[0].id}/undo")
    answer = send(client, filled)

    assert "You took this call back." in words(client.get(answer.location))
    assert town.case("甲").outcome == "not_attempted"


def test_after_some_minutes_a_correction_says_why(town: Town, client: CheckingClient) -> None:
    call = town.save(town.people.volunteer, "甲", "completed").call
    path = f"/calls/{call.id}/correct"
    assert 'name="reason"' not in client.get(path).text
    town.wait(minutes=6)

    assert f"/calls/{call.id}/undo" not in client.get("/calls/mine").text
    refused = client.submit(path, action="", disposition="busy", reason=" ")
    assert "Say why" in words(refused)
    assert client.submit(path, action="", disposition="busy", reason="点错了").status_code == 302
    row = town.calls("甲")[-1]
    assert (row.disposition, row.correction_reason) == ("busy", "点错了")


def test_a_time_is_not_chosen_by_itself(town: Town, client: CheckingClient) -> None:
    answer = send(client, call_form(client, town, "甲", disposition="callback_requested"))

    assert "Say when to ring again: choose a time, or type another." in words(answer)
    assert 'value="callback_requested" required checked' in answer.text
    assert not town.calls()


def test_a_full_half_hour_is_shown_and_warned_of(
    db: Database, clock: Clock, client: CheckingClient
) -> None:
    town = Town.of(db, clock, "甲乙丙丁戊己")
    me = town.people.volunteer
    town.batch(me)
    sign_in(english(client), me)
    for minute, name in enumerate("甲乙"):
        town.save(
            me, name, "callback_requested", callback_at=town.now + timedelta(minutes=60 + minute)
        )
    assert "2 yours, 2 in all" in words(client.get(address(town, "丁")))
    at = town.now + timedelta(minutes=80)
    town.save(me, "丁", "callback_requested", callback_at=at)
    assert "full: you have 3" in words(client.get(address(town, "戊")))
    filled = call_form(
        client, town, "戊", disposition="callback_requested", callback=at.isoformat()
    )
    answer = send(client, filled)

    assert town.case("戊").appointment_at == at
    assert "You now have 4 appointments around" in words(client.get(answer.location))


def test_home_shows_own_appointments_by_time(town: Town, client: CheckingClient) -> None:
    me = town.people.volunteer
    for name, minutes in (("甲", 60), ("乙", 5)):
        at = town.now + timedelta(minutes=minutes)
        town.save(me, name, "callback_requested", callback_at=at)
    town.save(me, "丙")
    town.wait(minutes=6)
    page = home(client, me)
    assert page.index("10:05") < page.index("11:00")
    assert ("Take the one that is due" in page, "later today" in page) == (True, True)
    assert "乙" not in page.replace("志愿者乙", "").replace("乙* ", "")
    town.wait(minutes=10)
    assert "overdue: anyone may ring now" in home(client, me)
    assert town.take(town.people.colleague) == ["乙"]
    assert "with a colleague now" in home(client, me)


def test_somebody_rings_back_while_a_colleague_holds_them(
    town: Town, client: CheckingClient
) -> None:
    me = town.people.volunteer
    town.save(me, "甲", "no_answer")
    town.wait(hours=4)
    assert "甲" in town.take(town.people.colleague)
    case = town.case("甲")
    listed = client.get("/calls/ring-backs").text
    assert (f"/calls/ring-backs/{case.id}" in listed, mobile(1) in listed) == (True, False)
    path = f"/calls/ring-backs/{case.id}"
    assert mobile(1)[-4:] in client.get(path).text.replace(" ", "")
    saved = client.submit(path, action=path, disposition="completed", note="打回来了")

    assert saved.location == "/calls"
    row = town.calls("甲")[-1]
    assert (row.direction, row.applied, row.outcome_after) == ("in", True, "completed")
    assert town.case("甲").attempts == 1
    with town.db.reading() as session:
        seen = session.scalars(select(AuditEntry).where(AuditEntry.subject == "case")).all()
    assert {(one.act, one.subject_id) for one in seen} == {("case_seen", str(case.id))}
    assert town.broken() == []


def test_others_residents_and_those_of_long_ago_are_not_shown(
    town: Town, client: CheckingClient
) -> None:
    town.save(town.people.volunteer, "甲", "no_answer")
    path = f"/calls/ring-backs/{town.case('甲').id}"
    assert client.get(f"/calls/ring-backs/{town.case('乙').id}").status_code == 404
    sign_in(client, town.people.colleague)
    assert client.get(path).status_code == 404
    sign_in(client, town.people.volunteer)
    assert client.get(path).status_code == 200
    town.wait(days=8)
    assert client.get(path).status_code == 404


def test_who_asks_in_vain_again_and_again_is_told_to_wait(
    town: Town, client: CheckingClient
) -> None:
    client.application.extensions["purses"]["vain"].most = 10
    sign_in(client, town.people.colleague)
    action = f"/calls/campaigns/{town.campaign}/take"
    for _time in range(11):
        assert client.submit("/calls", action=action).location.endswith("/nothing")
    answer = client.submit("/calls", action=action)

    assert answer.location == "/calls"
    assert "Too many requests." in words(client.get("/calls"))


def test_a_late_call_does_not_show_whom_one_had_in_hand_long_ago(
    town: Town, client: CheckingClient
) -> None:
    town.release(town.people.volunteer, town.batch_of(town.people.volunteer))
    town.wait(days=8)
    town.save(town.people.volunteer, "甲", "no_answer")

    path = f"/calls/ring-backs/{town.case('甲').id}"
    assert client.get(path).status_code == 404
    assert path not in client.get("/calls/ring-backs").text


def test_who_rang_can_be_said_on_the_call_screen(town: Town, client: CheckingClient) -> None:
    send(client, call_form(client, town, "甲", disposition="completed", direction="in"))
    (row,) = town.calls()

    assert (row.direction, town.case("甲").attempts) == ("in", 0)


def hand_over(client: CheckingClient, town: Town, to: Person | None) -> Handoff:
    path = f"/calls/campaigns/{town.campaign}/hand-over"
    client.submit(path, action="", to=to.name if to else "", note="慢慢说")
    with town.db.reading() as session:
        return session.scalars(select(Handoff)).one()


def test_what_is_left_goes_to_a_colleague_who_takes_it(town: Town, client: CheckingClient) -> None:
    form = words(client.get(f"/calls/campaigns/{town.campaign}/hand-over"))
    assert town.people.colleague.name in form
    assert town.people.outsider.name not in form
    handoff = hand_over(client, town, town.people.colleague)
    assert f"/handoffs/{handoff.id}/sheet.pdf" in client.get("/handoffs").text
    offered = home(client, town.people.colleague)
    for shown in (
        f"{town.people.volunteer.name} hands over to you",
        "3 residents to ring",
        "慢慢说",
    ):
        assert shown in offered, shown
    assert "You hold" not in offered
    case = town.case("甲")
    for of_offer in (
        f"groups/{case.group_id}",
        f"groups/{case.group_id}/kept",
        f"cases/{case.id}/skip",
    ):
        answer = client.get(f"/calls/{of_offer}")
        assert (answer.status_code in {302, 404}, "甲" in words(answer)) == (True, False), of_offer
    path = f"/calls/batches/{handoff.to_batch_id}/accept"
    client.submit("/calls", action=path)

    assert "You hold 3 residents" in home(client, town.people.colleague)
    assert town.broken() == []


def test_what_a_colleague_leaves_goes_to_the_pool(town: Town, client: CheckingClient) -> None:
    handoff = hand_over(client, town, town.people.colleague)
    sign_in(client, town.people.colleague)
    client.submit("/calls", action=f"/calls/batches/{handoff.to_batch_id}/decline")

    assert town.in_hand(town.people.colleague) == set()
    assert sorted(town.take(town.people.leader)) == sorted("甲乙丙")


def test_nothing_is_left_to_somebody_who_has_not_joined(town: Town, client: CheckingClient) -> None:
    path, colleague = f"/calls/campaigns/{town.campaign}/hand-over", town.people.colleague
    assert colleague.name in words(client.get(path))
    with town.db.writing() as session:
        session.get_one(User, colleague.user.id).password_hash = None

    assert colleague.name not in words(client.get(path))


def test_what_is_left_may_go_to_the_pool(town: Town, client: CheckingClient) -> None:
    handoff = hand_over(client, town, None)

    assert (handoff.to_user_id, handoff.to_batch_id) == (None, None)
    assert "everybody (back in the pool)" in words(client.get("/handoffs"))
    assert "Handoff sheet" in words(client.get("/handoffs"))


def test_nothing_goes_to_somebody_of_elsewhere(town: Town, client: CheckingClient) -> None:
    path = f"/calls/campaigns/{town.campaign}/hand-over"
    client.submit(path, action="", to=town.people.outsider.name)

    assert town.in_hand(town.people.volunteer) == {"甲", "乙", "丙"}


def test_the_limit_is_said(db: Database, clock: Clock, client: CheckingClient) -> None:
    town = Town.of(db, clock, "甲乙丙", max_held=2)
    town.batch(town.people.volunteer)

    assert "as many as allowed (2)" in home(english(client), town.people.volunteer)


def test_own_calls_stand_by_days(town: Town, client: CheckingClient) -> None:
    town.save(town.people.volunteer, "甲", "no_answer")
    town.wait(days=1)
    town.save(town.people.volunteer, "乙", "no_answer")
    page = words(client.get("/calls/mine"))

    assert page.index("Today") < page.index("乙*") < page.index("Yesterday") < page.index("甲*")
