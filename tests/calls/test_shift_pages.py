"""Shifts on the pages: being there by one tap, the plan of those whom one leads."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import Database
from app.people.models import Shift
from tests.cases.test_work_pages import browser
from tests.cases.town import Town
from tests.cast import BRIDGE, FAR, words
from tests.conftest import Clock
from tests.house.pages import CheckingClient, Page


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    return Town.of(db, clock, "甲乙丙", unopened_minutes=30)


@pytest.fixture
def phone(app: Flask, town: Town) -> CheckingClient:
    return browser(app, town.people.volunteer)


@pytest.fixture
def desk(app: Flask, town: Town) -> CheckingClient:
    return browser(app, town.people.leader)


def home(client: CheckingClient) -> str:
    return words(client.get("/calls"))


def planned(town: Town) -> list[Shift]:
    with town.db.reading() as session:
        return list(session.scalars(select(Shift).order_by(Shift.starts_at, Shift.user_id)))


def test_without_shifts_home_says_nothing_of_them(phone: CheckingClient) -> None:
    assert "My shift" not in home(phone)


def test_one_checks_in_and_out_by_one_tap(town: Town, phone: CheckingClient) -> None:
    shift = town.plan(town.people.volunteer, "10:20", "12:00")
    page = home(phone)
    assert "check in from 10:05" in page
    assert "check-in" not in page

    town.wait(minutes=5)
    answer = phone.submit("/calls", action=f"/shifts/{shift.id}/check-in")
    page = words(phone.get(answer.location))
    assert "You are checked in." in page
    assert "here since 10:05" in page

    town.wait(hours=2)
    assert "Over: check out" in home(phone)
    answer = phone.submit("/calls", action=f"/shifts/{shift.id}/check-out")
    page = words(phone.get(answer.location))
    assert "You are checked out." in page
    assert "You still hold" not in page
    assert "My shift" not in page


def test_who_leaves_with_residents_in_hand_is_told_so(town: Town, phone: CheckingClient) -> None:
    me = town.people.volunteer
    shift = town.plan(me, "10:00", "12:00")
    town.check_in(me, shift)
    town.look_at(town.batch(me))
    answer = phone.submit("/calls", action=f"/shifts/{shift.id}/check-out")
    said = "You still hold 3 residents: hand over what is left. After 10:30 others can ring."
    assert said in words(phone.get(answer.location))


def test_too_early_and_anothers_are_refused(town: Town, phone: CheckingClient) -> None:
    town.plan(town.people.volunteer, "10:10", "12:00")
    later = town.plan(town.people.volunteer, "14:00", "18:00")
    theirs = town.plan(town.people.colleague, "10:00", "12:00")
    csrf = {"csrf_token": Page(phone.get("/calls").text).forms[0].values["csrf_token"]}

    answer = phone.post(f"/shifts/{later.id}/check-in", data=csrf)
    assert "Check-in opens at 11-24 13:45" in words(phone.get(answer.location))
    answer = phone.post(f"/shifts/{later.id}/check-out", data=csrf)
    assert "You have not checked in to this shift." in words(phone.get(answer.location))
    assert phone.post(f"/shifts/{theirs.id}/check-in", data=csrf).status_code == 404
    assert phone.post(f"/shifts/{theirs.id}/check-out", data=csrf).status_code == 404


def test_shifts_to_come_are_folded_away(town: Town, phone: CheckingClient) -> None:
    town.plan(town.people.volunteer, "10:00", "12:00")
    town.plan(town.people.volunteer, "14:00", "18:00")
    page = home(phone)
    assert "1 shift to come" in page
    assert "14:00–18:00" in page


def test_home_tells_how_far_the_batch_is(town: Town, phone: CheckingClient) -> None:
    town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "甲", "no_answer")
    page = home(phone)
    assert "1 / 3 · 33 %" in page
    assert "You hold 2 residents · until 14:00" in page
    assert "Today: 1 call" in page


def test_the_next_appointment_stands_out_and_leads_to_its_call(
    town: Town, phone: CheckingClient
) -> None:
    me = town.people.volunteer
    town.batch(me)
    town.save(me, "甲", "callback_requested", callback_at=town.at("11:00"))
    town.save(me, "乙", "callback_requested", callback_at=town.at("16:00"))
    page = home(phone)
    assert page.index("Next appointment") < page.index("11:00") < page.index("1 more appointment")
    assert "Take the one that is due" not in page

    town.wait(hours=1)
    answer = phone.submit("/calls", action=f"/calls/campaigns/{town.campaign}/take", size="1")
    assert answer.status_code == 302
    assert town.case("甲").state == "held"
    page = home(phone)
    assert "To this call" in page


def plan(desk: CheckingClient, **filled: object) -> str:
    answer = desk.submit("/shifts/new", action="", **filled)
    return words(desk.get(answer.location)) if answer.location else words(answer)


def test_a_leader_plans_several_people_for_several_days(town: Town, desk: CheckingClient) -> None:
    people = town.people
    page = words(desk.get("/shifts/new"))
    assert all(one.name in page for one in (people.leader, people.volunteer, people.colleague))
    assert people.outsider.name not in page
    assert (BRIDGE in page, FAR in page) == (True, False)

    page = plan(
        desk, users=[str(people.volunteer.user.id), str(people.colleague.user.id)],
        day="2026-11-25", until="2026-11-27", begins="14:00", ends="18:00", community=BRIDGE,
    )  # fmt: skip

    assert "6 shifts are planned" in page
    assert page.count("14:00–18:00") == 2, "of the first day"
    found = planned(town)
    assert [one.starts_at.astimezone(town.now.tzinfo).day for one in found] == [
        25, 25, 26, 26, 27, 27,
    ]  # fmt: skip
    assert {one.community_code for one in found} == {BRIDGE}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"begins": "18:00", "ends": "14:00"}, "The shift ends before it begins."),
        ({"until": "2026-12-31"}, "within 31 days"),
        ({"until": "2026-11-24"}, "within 31 days"),
        ({"day": "2026-11-23"}, "These hours have passed already."),
        ({"day": ""}, "Choose a day."),
        ({"users": None}, "Choose who is to be there."),
        ({"community": FAR}, "Not a valid choice"),
    ],
)
def test_what_can_not_be_planned_is_said(
    town: Town, desk: CheckingClient, wrong: dict[str, str | None], said: str
) -> None:
    sound = {
        "users": [str(town.people.volunteer.user.id)], "day": "2026-11-25", "begins": "14:00",
        "ends": "18:00", "community": "",
    }  # fmt: skip
    assert said in plan(desk, **{**sound, **wrong})
    assert planned(town) == []


def test_a_second_shift_at_the_same_time_is_refused_by_name(
    town: Town, desk: CheckingClient
) -> None:
    me = town.people.volunteer
    town.plan(me, "14:00", "18:00")
    page = plan(desk, users=[str(me.user.id)], day="2026-11-24", begins="17:00", ends="19:00")
    assert f"{me.name} has a shift at that time already (2026-11-24 14:00–18:00)." in page


def test_a_shift_to_come_is_removed(town: Town, desk: CheckingClient) -> None:
    shift = town.plan(town.people.volunteer, "14:00", "18:00")
    begun = town.plan(town.people.colleague, "09:00", "18:00")
    page = words(desk.get("/shifts"))
    assert f"/shifts/{begun.id}/remove" not in page
    answer = desk.submit("/shifts", action=f"/shifts/{shift.id}/remove")
    assert "The shift is removed." in words(desk.get(answer.location))
    assert [one.id for one in planned(town)] == [begun.id]


def test_nobody_removes_the_shift_of_another_team(
    app: Flask, town: Town, desk: CheckingClient
) -> None:
    theirs = town.plan(town.people.outsider, "14:00", "18:00")
    assert town.people.outsider.name not in words(desk.get("/shifts"))
    csrf = {"csrf_token": Page(desk.get("/shifts/new").text).forms[0].values["csrf_token"]}
    assert desk.post(f"/shifts/{theirs.id}/remove", data=csrf).status_code == 404
    supervisor = browser(app, town.people.supervisor)
    assert town.people.outsider.name in words(supervisor.get("/shifts"))


def test_the_plan_goes_day_by_day(town: Town, desk: CheckingClient) -> None:
    town.plan(town.people.volunteer, "14:00", "18:00")
    assert "14:00–18:00" in words(desk.get("/shifts"))
    tomorrow = (town.now + timedelta(days=1)).date()
    assert f"Nobody is planned for {tomorrow.day} Nov" in words(desk.get(f"/shifts?day={tomorrow}"))
    assert desk.get("/shifts?day=tomorrow").status_code == 200
    assert desk.get("/shifts?day=9999-12-31").status_code == 200


def test_volunteers_have_no_plan_to_make(phone: CheckingClient) -> None:
    assert phone.get("/shifts").status_code == 403
    assert phone.get("/shifts/new").status_code == 403
