"""Leases and appointments where shifts are kept."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calls.service import correcting
from app.campaigns.rules.calling import CallingRules
from app.cases.models import Batch
from app.cases.rules.leases import lease_end
from app.db import Database
from app.people import shifts
from app.people.models import Shift
from tests.cases.town import Town
from tests.conftest import Clock

NOW = datetime(2026, 11, 24, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
RULES = CallingRules(unopened_minutes=30, lease_minutes=240)


@pytest.mark.parametrize(
    ("shift_end", "until"),
    [
        (None, NOW + timedelta(minutes=240)),
        (NOW + timedelta(hours=8), NOW + timedelta(hours=8)),
        (NOW + timedelta(minutes=31), NOW + timedelta(minutes=31)),
        (NOW + timedelta(minutes=5), NOW + timedelta(minutes=30)),
        (NOW - timedelta(minutes=5), NOW + timedelta(minutes=30)),
    ],
    ids=["no shifts", "eight hours to go", "half an hour to go", "nearly over", "just over"],
)
def test_until_when_a_sign_of_life_keeps_a_batch(
    shift_end: datetime | None, until: datetime
) -> None:
    assert lease_end(RULES, shift_end, NOW) == until


@given(
    unopened=st.integers(1, 5000), lease=st.integers(1, 5000),
    ends=st.none() | st.integers(-5000, 5000), later=st.integers(0, 5000),
)  # fmt: skip
def test_a_lease_never_ends_before_it_begins_nor_shrinks_with_a_later_sign_of_life(
    unopened: int, lease: int, ends: int | None, later: int
) -> None:
    rules = CallingRules(unopened_minutes=unopened, lease_minutes=lease)
    shift_end = None if ends is None else NOW + timedelta(minutes=ends)
    first = lease_end(rules, shift_end, NOW)
    assert first > NOW
    assert shift_end is None or first >= shift_end
    assert lease_end(rules, shift_end, NOW + timedelta(minutes=later)) >= first


def stored(town: Town, batch: Batch) -> Batch:
    return town.batch_of_id(batch.id)


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    """It is ten in the morning, and the volunteer is planned until six."""
    town = Town.of(db, clock, "甲乙丙", unopened_minutes=30, lease_minutes=60)
    town.plan(town.people.volunteer, "10:00", "18:00")
    return town


def test_an_opened_batch_is_held_until_the_end_of_the_shift(town: Town) -> None:
    batch = town.batch(town.people.volunteer)
    town.look_at(batch)
    town.wait(hours=7, minutes=59)
    assert town.take(town.people.colleague) == []

    town.wait(minutes=1)

    assert town.take(town.people.colleague) == ["甲", "乙", "丙"]
    assert town.broken() == []


def test_a_batch_that_was_never_opened_is_freed_sooner_all_the_same(town: Town) -> None:
    town.batch(town.people.volunteer)
    town.wait(minutes=30)
    assert town.take(town.people.colleague) == ["甲", "乙", "丙"]


def test_a_saved_call_and_an_undo_keep_it_as_long(town: Town) -> None:
    me = town.people.volunteer
    batch = town.batch(me, size=2)
    call = town.save(me, "甲", "no_answer").call
    assert stored(town, batch).lease_expires_at == town.at("18:00")

    last = town.save(me, "乙").call
    with town.db.writing() as session:
        correcting.undo(session, me.user, town.now, last.id)
    assert town.batch_of(me).lease_expires_at == town.at("18:00")
    assert call.applied


def test_a_colleague_without_shifts_holds_by_signs_of_life(town: Town) -> None:
    batch = town.batch(town.people.colleague)
    town.look_at(batch)
    assert stored(town, batch).lease_expires_at == town.at("11:00")


def test_nobody_loses_a_batch_in_the_middle_of_the_last_call(town: Town) -> None:
    me = town.people.volunteer
    town.wait(hours=7, minutes=55)
    batch = town.batch(me)
    town.look_at(batch)
    town.wait(minutes=8)
    town.save(me, "甲", "no_answer")
    assert stored(town, batch).lease_expires_at == town.at("18:33")


def test_long_after_the_shift_work_goes_on_as_without_one(town: Town) -> None:
    town.wait(hours=9)
    batch = town.batch(town.people.volunteer)
    town.look_at(batch)
    assert stored(town, batch).lease_expires_at == town.at("20:00")


def test_who_leaves_keeps_a_batch_just_long_enough_to_hand_it_over(town: Town) -> None:
    me = town.people.volunteer
    batch = town.batch(me)
    town.look_at(batch)
    (shift,) = shifts_of(town)
    town.check_in(me, shift)
    town.wait(hours=1)

    town.check_out(me, shift)

    assert stored(town, batch).lease_expires_at == town.at("11:30")
    town.wait(minutes=20)
    town.save(me, "甲", "no_answer")
    assert stored(town, batch).lease_expires_at == town.at("11:50"), "a last call is still theirs"
    assert town.broken() == []


def test_the_last_sign_of_life_is_told_whatever_the_lease(town: Town) -> None:
    batch = town.batch(town.people.volunteer)
    assert stored(town, batch).seen_at is None
    town.look_at(batch)
    town.wait(minutes=20)
    town.save(town.people.volunteer, "甲", "no_answer")
    assert stored(town, batch).seen_at == town.at("10:20")


def shifts_of(town: Town) -> list[Shift]:
    with town.db.reading() as session:
        return list(shifts.of_day(session, [town.people.volunteer.user.id], town.now))


def promised(town: Town, name: str = "甲") -> list[int | None]:
    """Whose appointment it is, as case and queue have it."""
    return [town.case(name).appointment_user_id, town.group(name).appointment_user_id]


def agree(town: Town, when: str) -> None:
    me = town.people.volunteer
    town.batch(me, size=1)
    town.save(me, "甲", "callback_requested", callback_at=town.at(when))


@pytest.mark.parametrize(("when", "own"), [("17:59", True), ("18:00", False), ("19:30", False)])
def test_a_promise_for_ones_own_hours_is_ones_own(town: Town, when: str, own: bool) -> None:
    agree(town, when)
    mine = town.people.volunteer.user.id if own else None
    assert promised(town) == [mine, mine]
    assert town.broken() == []


def test_a_promise_for_a_day_without_shifts_is_ones_own(town: Town) -> None:
    me = town.people.volunteer
    town.batch(me, size=1)
    town.save(me, "甲", "callback_requested", callback_at=town.now + timedelta(days=1, hours=10))
    assert promised(town) == [me.user.id] * 2


def test_who_is_on_has_at_once_what_an_absent_one_agreed(town: Town) -> None:
    agree(town, "19:30")
    town.wait(hours=9, minutes=30)
    assert town.take(town.people.colleague, 1) == ["甲"]


def test_the_promises_of_who_leaves_are_anyones(town: Town) -> None:
    me = town.people.volunteer
    agree(town, "17:00")
    (shift,) = shifts_of(town)
    town.check_in(me, shift)
    town.wait(hours=1)

    town.check_out(me, shift)

    assert promised(town) == [None, None]
    assert town.broken() == []
    town.wait(hours=6)
    assert town.take(town.people.colleague, 1) == ["甲"]


def test_another_shift_of_the_day_keeps_its_promises(town: Town) -> None:
    me = town.people.volunteer
    town.plan(me, "19:00", "21:00")
    agree(town, "19:30")
    (first, _second) = shifts_of(town)
    town.check_in(me, first)
    town.check_out(me, first)
    assert promised(town) == [me.user.id] * 2


def test_what_is_in_somebodys_hands_goes_back_as_anyones(town: Town) -> None:
    me = town.people.volunteer
    agree(town, "11:00")
    town.wait(hours=1)
    batch = town.batch(town.people.volunteer, size=1)
    (shift,) = shifts_of(town)
    town.check_in(me, shift)
    town.check_out(me, shift)
    town.release(me, batch)
    assert promised(town) == [None, None]
    assert town.broken() == []


def test_what_was_promised_before_the_day_was_planned_is_kept_by_who_is_on(
    db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, "甲乙")
    me, colleague = town.people.volunteer, town.people.colleague
    town.batch(me)
    town.save(me, "甲", "callback_requested", callback_at=town.at("15:55"))
    town.save(me, "乙", "callback_requested", callback_at=town.at("16:00"))
    town.plan(me, "14:00", "16:00")
    town.plan(colleague, "14:00", "18:00")

    assert town.case("甲").appointment_user_id == me.user.id
    clock.now = town.at("16:00")
    assert town.take(colleague) == ["乙"], "at once, and not ten minutes later"
    assert town.broken() == []


def test_the_promises_for_a_shift_that_is_taken_out_of_the_plan_are_anyones(town: Town) -> None:
    me = town.people.volunteer
    later = town.plan(me, "19:00", "21:00")
    agree(town, "19:30")

    town.remove(town.people.leader, later)

    assert promised(town) == [None, None]
    assert town.broken() == []


def test_a_later_call_makes_no_promise_for_who_is_away(town: Town) -> None:
    """A try before the time leaves the appointment where it is: with anyone."""
    me = town.people.volunteer
    agree(town, "17:00")
    (shift,) = shifts_of(town)
    town.check_in(me, shift)
    town.check_out(me, shift)
    town.wait(hours=1)
    town.save(me, "甲", "no_answer", direction="in")
    assert promised(town)[0] is None
    assert town.broken() == []
