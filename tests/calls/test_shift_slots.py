"""The times offered to ring again where shifts are kept."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calls import appointments
from app.calls.rules import appointment_slots, is_away
from app.calls.wording import is_crowded
from app.campaigns.rules.calling import CallingRules, is_allowed
from app.db import Database
from tests import cast
from tests.calls.forms import call_form, send
from tests.cases.town import Town
from tests.cast import BRIDGE, HARBOUR, english, sign_in, words
from tests.conftest import Clock
from tests.house.pages import CheckingClient
from tests.people.test_shift_rules import Planned

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 24, 12, tzinfo=ZONE)
ALWAYS = CallingRules(hours=())
DAYTIME = CallingRules(hours=("09:00-12:00", "14:00-20:30"))


def shift(begins: int, ends: int, day: int = 0) -> Planned:
    at = NOON.replace(hour=0) + timedelta(days=day)
    return Planned(at + timedelta(hours=begins), at + timedelta(hours=ends))


@pytest.mark.parametrize(
    ("own", "codes"),
    [
        ([], ["in_an_hour", "this_evening", "tomorrow_morning", "tomorrow_evening"]),
        # Home at five: what is left of today is for others, and comes last.
        ([shift(9, 17)], ["in_an_hour", "tomorrow_morning", "tomorrow_evening", "this_evening"]),
        (
            [shift(9, 17), shift(14, 18, day=1)],
            ["in_an_hour", "next_shift", "this_evening", "tomorrow_morning", "tomorrow_evening"],
        ),
        # The next shift begins at nine: half past nine is tomorrow morning already.
        (
            [shift(9, 12, day=1)],
            ["in_an_hour", "this_evening", "tomorrow_morning", "tomorrow_evening"],
        ),
    ],
)
def test_what_lies_in_ones_own_hours_is_offered_first(own: list[Planned], codes: list[str]) -> None:
    assert [code for code, _when in appointment_slots(ALWAYS, NOON, own)] == codes


@given(
    own=st.lists(
        st.tuples(st.integers(0, 7), st.integers(0, 22), st.integers(1, 12)).map(
            lambda s: shift(s[1], s[1] + s[2], s[0])
        ),
        max_size=4,
    ),
    minutes=st.integers(0, 24 * 60),
    rules=st.sampled_from([ALWAYS, DAYTIME]),
)
def test_every_time_offered_may_be_rung_and_is_offered_once(
    own: list[Planned], minutes: int, rules: CallingRules
) -> None:
    now = NOON + timedelta(minutes=minutes)
    slots = appointment_slots(rules, now, own)
    moments = [when for _code, when in slots]
    assert len(set(moments)) == len(moments)
    assert all(when > now and is_allowed(rules, when, agreed=True) for when in moments)
    away = [is_away(own, when) for when in moments]
    assert away == sorted(away), "own hours first"


@pytest.fixture
def town(db: Database, clock: Clock, client: CheckingClient) -> Town:
    town = Town.of(db, clock, "甲乙")
    town.batch(town.people.volunteer)
    sign_in(english(client), town.people.volunteer)
    return town


def page_of(town: Town, client: CheckingClient) -> str:
    group = town.case("甲").group_id
    return words(client.get(f"/calls/groups/{group}?case={town.case('甲').id}"))


def test_without_shifts_the_tiles_say_nothing_of_them(town: Town, client: CheckingClient) -> None:
    page = page_of(town, client)
    assert "nobody is there" not in page
    assert "you are off" not in page


def test_a_time_when_nobody_is_planned_says_so(town: Town, client: CheckingClient) -> None:
    town.plan(town.people.volunteer, "10:00", "18:00")
    page = page_of(town, client)
    assert page.count("nobody is there") == 1, "this evening"

    town.plan(town.people.colleague, "18:00", "20:00")
    page = page_of(town, client)
    assert "nobody is there" not in page
    assert page.count("you are off") == 1


def test_shifts_of_those_who_do_not_ring_there_are_not_counted(
    town: Town, client: CheckingClient
) -> None:
    town.plan(town.people.outsider, "10:00", "12:00")
    assert "nobody is there" not in page_of(town, client)


@pytest.mark.parametrize(
    ("planned", "warning"),
    [
        ([], ""),
        ([("colleague", "18:00", "20:00")], "You are not on shift at 24 Nov 18:30"),
        ([("colleague", "10:00", "12:00")], "Nobody is planned for 24 Nov 18:30"),
    ],
)
def test_what_is_said_of_a_time_when_one_is_away(
    town: Town, client: CheckingClient, planned: list[tuple[str, str, str]], warning: str
) -> None:
    for who, begins, ends in planned:
        town.plan(getattr(town.people, who), begins, ends)
        town.plan(town.people.volunteer, "10:00", "18:00")
    filled = call_form(
        client, town, "甲", disposition="callback_requested", callback_at="2026-11-24T18:30"
    )
    page = words(client.get(send(client, filled).location))
    assert warning in page
    promised = None if planned else town.people.volunteer.user.id
    assert town.case("甲").appointment_user_id == promised


def test_capacity_is_that_of_those_who_are_planned(town: Town) -> None:
    me = town.people.volunteer
    town.plan(me, "14:00", "18:00")
    town.plan(town.people.colleague, "14:00", "16:00")
    at = [
        town.at("15:00"),
        town.at("17:00"),
        town.at("19:00"),
        town.at("15:00") + timedelta(days=1),
    ]
    with town.db.reading() as session:
        loads = appointments.loads(session, me.user, town.campaign, at)
    assert [(loads[one].volunteers, loads[one].away) for one in at] == [
        (2, False), (1, False), (0, True), (1, False),
    ]  # fmt: skip
    assert [is_crowded(loads[one]) for one in at] == [False, False, True, False]


def test_what_another_campaign_agreed_counts_too(town: Town) -> None:
    me, at = town.people.volunteer, town.at("16:00")
    other = cast.open_campaign(town.db, [BRIDGE])
    town.save(me, "甲", "callback_requested", callback_at=at)
    with town.db.reading() as session:
        load = appointments.loads(session, me.user, other, [at])[at]
    assert (load.booked, load.mine) == (1, 1)

    town.close()
    with town.db.reading() as session:
        assert appointments.loads(session, me.user, other, [at])[at].booked == 0


def test_who_rings_elsewhere_keeps_nothing_here(town: Town) -> None:
    me, at = town.people.volunteer, town.at("16:00")
    cast.residents(town.db, HARBOUR, [cast.resident("远", cast.mobile(77))])
    cast.residents(town.db, BRIDGE, [cast.resident("近", cast.mobile(78), room="近")])
    wide = cast.open_campaign(town.db, [BRIDGE, HARBOUR])
    town.batch(town.people.outsider, campaign=wide)
    town.batch(town.people.colleague, 1, campaign=wide)
    with town.db.reading() as session:
        assert appointments.loads(session, me.user, wide, [at])[at].volunteers == 2, "they and me"

    town.release(me, town.batch_of(me))
    with town.db.reading() as session:
        assert appointments.loads(session, me.user, wide, [at])[at].volunteers == 1
