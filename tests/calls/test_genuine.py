"""What stands behind the pages of genuine calls, on either database."""

from collections.abc import Callable
from threading import Barrier, Thread

import pytest

from app.calls import genuine, looking_up, messages
from app.calls.service.dialling import dial
from app.campaigns.codes import code_of
from app.campaigns.models import Campaign
from app.db import Database
from app.people import shifts
from app.people.rules.shifts import Span
from app.problems import NotFoundError, Problem
from app.residents.rules.phones import read_sought
from tests.cases.town import Town
from tests.cast import BRIDGE, SCHOOL, Person, mobile
from tests.conftest import Clock


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    """The volunteer has the code 4821."""
    town = Town.of(db, clock, "甲乙")
    with db.writing() as session:
        code_of(session, town.people.volunteer.user.id, town.campaign, town.now, ["4821"])
        session.get_one(Campaign, town.campaign).office = "+8651385321234"
    return town


def rings(town: Town, code: str = "4821", community: str = BRIDGE) -> bool:
    with town.db.reading() as session:
        return genuine.is_ringing(session, code, community, town.now)


def tap(town: Town) -> None:
    with town.db.writing() as session:
        me, case = town.people.volunteer.user, town.case("甲")
        dial(session, me, town.now, case.id, mobile(1), town.now)


def missed(town: Town) -> None:
    town.save(town.people.volunteer, "甲", "no_answer", number=mobile(1))


@pytest.mark.parametrize("act", [tap, missed])
def test_a_code_rings_while_it_holds_and_after_a_tap_or_a_call(
    town: Town, act: Callable[[Town], None]
) -> None:
    assert not rings(town)
    batch = town.batch(town.people.volunteer)
    assert rings(town)
    act(town)
    town.release(town.people.volunteer, batch)
    assert (rings(town), rings(town, "1234"), rings(town, community=SCHOOL)) == (True, False, False)
    town.wait(days=1)
    assert not rings(town)


def test_a_batch_of_yesterday_that_nobody_ended_is_none(town: Town) -> None:
    town.batch(town.people.volunteer)
    town.wait(days=1)

    assert not rings(town)


def test_a_code_rings_through_a_planned_shift(town: Town) -> None:
    """The clock stands at 10:00. Whoever was there and has left is at work no more."""
    me = town.people.volunteer
    with town.db.writing() as session:
        hours = [Span(town.at("10:30"), town.at("12:00"))]
        shifts.plan(session, None, town.now, [me.user], hours, BRIDGE)
    here = town.plan(me, "13:00", "15:00")
    assert not rings(town)
    town.wait(minutes=30)
    assert (rings(town), rings(town, community=SCHOOL)) == (True, False)
    town.wait(hours=1, minutes=30)
    assert not rings(town), "over"
    town.wait(hours=1)
    town.check_in(me, here)
    assert rings(town)
    town.check_out(me, here)
    assert not rings(town)


def test_a_shift_elsewhere_or_of_a_stranger_to_the_place_does_not_count(town: Town) -> None:
    me, outsider = town.people.volunteer, town.people.outsider
    with town.db.writing() as session:
        code_of(session, outsider.user.id, town.campaign, town.now, ["7777"])
        hours = [Span(town.at("10:00"), town.at("12:00"))]
        shifts.plan(session, None, town.now, [me.user], hours, SCHOOL)
        shifts.plan(session, None, town.now, [outsider.user], hours)
    assert (rings(town), rings(town, "7777")) == (False, False)


def test_the_office_is_the_campaigns_or_else_the_deployments(town: Town) -> None:
    with town.db.reading() as session:
        assert genuine.office_for(session, BRIDGE, "else") == "0513-8532 1234"
        assert genuine.office_for(session, SCHOOL, "else") == "else"
        assert next(iter(genuine.communities(session))) == "崇川区 观音山街道"


@pytest.mark.parametrize("role", ["supervisor", "administrator"])
def test_staff_who_were_rung_back_today_have_a_code_that_rings(town: Town, role: str) -> None:
    """They say it on the page of the ring-back, and the resident may ask."""
    who: Person = getattr(town.people, role)
    with town.db.writing() as session:
        code_of(session, who.user.id, town.campaign, town.now, ["7351"])
    assert not rings(town, "7351")
    town.save(who, "甲", "respondent_unavailable", direction="in")
    assert (rings(town, "7351"), rings(town, "7351", SCHOOL)) == (True, False)
    town.wait(days=1)
    assert not rings(town, "7351")


def look_up(town: Town, who: Person, typed: str) -> list[int]:
    with town.db.writing() as session:
        sought = read_sought(typed, "0513")
        return [*looking_up.look_up(session, who.user, town.now, sought)]


def test_who_rings_back_is_found_by_their_number(town: Town) -> None:
    me, leader = town.people.volunteer, town.people.leader
    town.batch(me)
    missed(town)
    first, second = town.case("甲").id, town.case("乙").id

    assert look_up(town, me, mobile(1)) == look_up(town, me, mobile(1)[-4:]) == [first]
    assert look_up(town, me, mobile(2)) == look_up(town, leader, mobile(2)[-4:]) == []
    assert look_up(town, leader, mobile(2)) == [second]
    assert look_up(town, town.people.outsider, mobile(2)) == []
    with town.db.reading() as session:
        looking_up.check_may_hear(session, leader.user, second, town.now)
        with pytest.raises(NotFoundError):
            looking_up.check_may_hear(session, me.user, second, town.now)


def test_of_two_taps_at_once_on_one_number_one_is_the_days_message(town: Town) -> None:
    town.batch(town.people.volunteer)
    missed(town)
    first = town.calls("甲")[0].id
    town.wait(hours=4)
    town.release(town.people.volunteer, town.batch_of(town.people.volunteer))
    town.batch(town.people.colleague)
    second = town.save(town.people.colleague, "甲", "no_answer", number=mobile(1)).call.id
    start, got = Barrier(2), []

    def send(who: Person, call_id: int) -> None:
        start.wait()
        try:
            with town.db.writing() as session:
                messages.open_message(session, who.user, town.now, call_id, "", "zh")
            got.append("opened")
        except Problem as problem:
            got.append(problem.code)

    taps = [(town.people.volunteer, first), (town.people.colleague, second)]
    threads = [Thread(target=send, args=tap) for tap in taps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == ["message_sent", "opened"]
    assert town.broken() == []
