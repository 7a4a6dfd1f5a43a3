"""Promised calls in the queue: whose they are, until when, and beside housemates."""

from datetime import datetime, timedelta

import pytest

from app.cases.rules.place import APPOINTMENT, ORDINARY, place_of
from app.cases.service import claim as claiming
from app.cases.service import leaving
from app.db import Database
from tests.cases.town import Town
from tests.cast import NOW, mobile, resident
from tests.conftest import Clock

AT_HOME = [resident(name, mobile(1), room="1") for name in ("夫", "妻")]
ALONE = [resident(f"独{n}", mobile(10 + n), room=f"{n + 2}") for n in range(3)]


def married(db: Database, clock: Clock, **more: object) -> Town:
    """The husband has asked his volunteer for 15:00; his wife, who was not rung, is back."""
    town = Town.of(db, clock, AT_HOME + ALONE, hours=())
    batch = town.batch(town.people.volunteer, 2)
    agreed = {"callback_at": town.at("15:00"), **more}
    town.save(town.people.volunteer, "夫", "callback_requested", **agreed)
    town.release(town.people.volunteer, batch)
    return town


def test_a_housemate_is_given_to_anybody_before_the_appointment(db: Database, clock: Clock) -> None:
    town = married(db, clock)
    assert town.group("夫").due_at == town.at("15:00")

    taken = town.take(town.people.colleague, 1)

    assert taken == ["夫", "妻"], "whole, and in the order of their doors"
    assert town.broken() == []


def test_it_does_not_go_before_somebody_who_is_due(db: Database, clock: Clock) -> None:
    town = married(db, clock)
    batch = town.batch(town.people.colleague, 5)
    town.save(
        town.people.colleague, "独2", "callback_requested", callback_at=town.at("11:00"),
        callback_anyone=True,
    )  # fmt: skip
    town.release(town.people.colleague, batch)
    clock.now = town.at("11:00")

    assert town.take(town.people.volunteer, 1) == ["独2"]
    assert town.broken() == []


def test_once_due_it_goes_first_and_is_its_own_volunteers(db: Database, clock: Clock) -> None:
    town = married(db, clock)
    clock.now = town.at("15:00")

    assert town.take(town.people.colleague, 1) == ["独0"], "not yet anyone's"
    assert town.group("夫").priority == APPOINTMENT
    assert town.broken() == []
    town.release(town.people.colleague, town.batch_of(town.people.colleague))
    assert town.take(town.people.volunteer, 1) == ["夫", "妻"]


def test_where_nobody_may_be_rung_before_it_the_next_time_is_its_own(
    db: Database, clock: Clock
) -> None:
    town = Town.of(
        db, clock, AT_HOME, hours=["09:00-10:30"], legal_hours=["08:00-21:00"]
    )  # fmt: skip
    batch = town.batch(town.people.volunteer, 2)
    agreed = {"callback_at": town.at("15:00")}
    town.save(town.people.volunteer, "夫", "callback_requested", **agreed)
    town.release(town.people.volunteer, batch)
    clock.now = town.at("11:00")

    assert town.claim(town.people.volunteer).next_at == town.at("15:00")
    assert town.claim(town.people.colleague).next_at == town.at("15:10")
    clock.now = town.at("15:00")
    assert town.take(town.people.volunteer) == ["夫", "妻"]


@pytest.mark.parametrize(
    ("until", "passes"), [(None, "15:10"), ("15:15", "15:10"), ("17:00", "16:00")]
)
def test_somebodys_appointment_is_anyones_some_time_after_it(
    db: Database, clock: Clock, until: str | None, passes: str
) -> None:
    town = Town.of(db, clock, ["甲"], hours=())
    town.batch(town.people.volunteer)
    window = town.at(until) if until else None
    agreed = {"callback_at": town.at("15:00"), "callback_until": window}
    town.save(town.people.volunteer, "甲", "callback_requested", **agreed)

    clock.now = town.at(passes) - timedelta(seconds=1)
    nobody = town.claim(town.people.colleague)
    assert (nobody.batch, nobody.next_at) == (None, town.at(passes))
    clock.now = town.at(passes)
    assert town.take(town.people.colleague) == ["甲"]
    assert town.broken() == []


def test_who_does_not_answer_within_the_window_is_tried_once_more_in_it(
    db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, ["甲"], hours=(), max_attempts_per_day=9)
    mine = town.people.volunteer
    town.batch(mine)
    agreed = {"callback_at": town.at("15:00"), "callback_until": town.at("17:00")}
    town.save(mine, "甲", "callback_requested", **agreed)
    clock.now = town.at("15:05")
    town.batch(mine)
    town.save(mine, "甲", "no_answer", started_at=town.now)

    case = town.case("甲")
    assert case.appointment_at == town.at("15:25")
    assert (case.appointment_until, case.appointment_user_id) == (town.at("17:00"), mine.user.id)
    clock.now = town.at("15:25")
    assert town.take(town.people.colleague) == []
    town.batch(mine)
    town.save(mine, "甲", "no_answer", started_at=town.now)
    assert town.case("甲").appointment_at is None, "twice is enough"
    assert town.broken() == []


def windowed(db: Database, clock: Clock, at: str, until: str, **rules: object) -> Town:
    """Somebody who is there between two times, and in hand again at the first."""
    town = Town.of(db, clock, ["甲"], **rules)
    town.batch(town.people.volunteer)
    agreed = {"callback_at": town.at(at), "callback_until": town.at(until)}
    town.save(town.people.volunteer, "甲", "callback_requested", **agreed)
    clock.now = town.at(at)
    town.batch(town.people.volunteer)
    return town


@pytest.mark.parametrize(("rung", "saved"), [("20:45", "20:45"), ("20:05", "21:10")])
def test_nobody_is_tried_again_when_the_window_is_over_or_nobody_may_ring(
    db: Database, clock: Clock, rung: str, saved: str
) -> None:
    hours = {"hours": ["09:00-20:00"], "legal_hours": ["08:00-21:00"]}
    town = windowed(db, clock, "20:00", "22:00", **hours)
    clock.now = town.at(saved)
    town.save(town.people.volunteer, "甲", "no_answer", started_at=town.at(rung))

    case = town.case("甲")
    assert (case.appointment_at, case.appointment_user_id) == (None, None)
    assert case.ready_at == town.at("09:00") + timedelta(days=1)
    assert town.broken() == []


def test_who_rings_back_within_the_window_is_tried_once_more_all_the_same(
    db: Database, clock: Clock
) -> None:
    town = windowed(db, clock, "15:00", "17:00", hours=())
    mine = town.people.volunteer
    town.save(mine, "甲", "no_answer", started_at=town.now)
    town.wait(minutes=10)
    town.save(mine, "甲", "hung_up", direction="in", started_at=town.now)

    assert town.case("甲").appointment_at == town.at("15:30")
    assert town.broken() == []


def test_another_number_is_rung_at_once_within_the_window(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, [resident("甲", mobile(1), mobile(2))], hours=())
    mine = town.people.volunteer
    town.batch(mine)
    agreed = {"callback_at": town.at("15:00"), "callback_until": town.at("17:00")}
    town.save(mine, "甲", "callback_requested", number=mobile(1), **agreed)
    clock.now = town.at("15:00")
    town.batch(mine)
    town.save(mine, "甲", "invalid_number", number=mobile(1), started_at=town.now)
    assert town.case("甲").ready_at == town.now
    town.batch(mine)
    town.save(mine, "甲", "no_answer", number=mobile(2), started_at=town.now)

    assert town.case("甲").appointment_at == town.at("15:20")
    assert town.broken() == []


def both_promised(db: Database, clock: Clock, *, anyone: bool) -> Town:
    """The husband told the volunteer that he is there from 13:00 to 19:00; the wife asked the
    colleague for 14:00."""
    town = Town.of(db, clock, AT_HOME, hours=())
    me, colleague = town.people.volunteer, town.people.colleague
    batch = town.batch(me)
    long = {"callback_at": town.at("13:00"), "callback_until": town.at("19:00")}
    town.save(me, "夫", "callback_requested", **long)
    town.release(me, batch)
    batch = town.batch(colleague)
    agreed = {"callback_at": town.at("14:00"), "callback_anyone": anyone}
    town.save(colleague, "妻", "callback_requested", **agreed)
    town.release(colleague, batch)
    return town


@pytest.mark.parametrize(("anyone", "passes"), [(True, "14:00"), (False, "14:10")])
def test_of_two_promised_the_second_is_not_missed_for_the_firsts_sake(
    db: Database, clock: Clock, passes: str, *, anyone: bool
) -> None:
    town = both_promised(db, clock, anyone=anyone)
    clock.now = town.at(passes) - timedelta(seconds=1)
    nobody = town.claim(town.people.colleague)

    assert (nobody.batch, nobody.next_at) == (None, town.at(passes))
    clock.now = town.at(passes)
    assert town.take(town.people.colleague) == ["夫", "妻"]
    assert town.broken() == []


def test_who_goes_leaves_the_second_of_two_promised_to_anyone(db: Database, clock: Clock) -> None:
    town = both_promised(db, clock, anyone=False)
    with db.writing() as session:
        leaving.deactivate(session, None, town.now, town.people.colleague.user.id)

    assert town.group("夫").anyones_at == town.at("14:00")
    assert town.broken() == []


def test_the_next_time_beside_a_housemate_is_that_of_the_whole_group(
    db: Database, clock: Clock
) -> None:
    home = [*AT_HOME, resident("子", mobile(1), room="1")]
    town = Town.of(db, clock, home, hours=["09:00-10:30"], legal_hours=["08:00-21:00"])
    me = town.people.volunteer
    batch = town.batch(me)
    town.save(me, "夫", "callback_requested", callback_at=town.at("15:00"))
    anyones = {"callback_at": town.at("15:05"), "callback_anyone": True}
    town.save(me, "妻", "callback_requested", **anyones)
    town.release(me, batch)
    clock.now = town.at("11:00")

    assert town.claim(me).next_at == town.at("15:00")
    assert town.claim(town.people.colleague).next_at == town.at("15:05")
    clock.now = town.at("15:05")
    with db.reading() as session:
        asked = claiming.why_nothing(session, me.user, town.now, town.campaign)
    assert asked.next_at is not None, "before anybody's claim has brought it up"
    assert asked.next_at <= town.now
    assert town.take(town.people.colleague) == ["夫", "妻", "子"]
    assert town.broken() == []


def test_what_is_in_hand_when_it_is_due_stays_there(db: Database, clock: Clock) -> None:
    town = married(db, clock)
    clock.now = town.at("14:45")
    town.batch(town.people.colleague, 1)
    clock.now = town.at("15:00")

    assert town.take(town.people.volunteer, 1) == ["独0"]
    assert town.in_hand(town.people.colleague) == {"夫", "妻"}
    assert town.broken() == []


def test_whom_a_look_ahead_found_is_not_anyones_any_sooner(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, ["甲"], hours=())
    town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "甲", "callback_requested", callback_at=town.at("15:00"))
    clock.now = town.at("15:05")
    these = [town.group("甲").id]

    assert town.claim_at_once(town.people.colleague, these=these).batch is None
    assert town.claim_at_once(town.people.volunteer, these=these).batch is not None


def test_a_call_shortly_before_the_window_is_the_first_try_in_it(
    db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, ["甲"], hours=(), max_attempts_per_day=9)
    mine = town.people.volunteer
    batch = town.batch(mine)
    agreed = {"callback_at": town.at("15:00"), "callback_until": town.at("17:00")}
    town.save(mine, "甲", "callback_requested", hold=batch.id, **agreed)
    for began, again in (("14:44", "15:00"), ("14:50", "15:10")):
        clock.now = town.at(began)
        town.save(mine, "甲", "no_answer", started_at=town.now, hold=batch.id)
        assert town.case("甲").appointment_at == town.at(again), began
    assert town.broken() == []


def test_who_lays_an_own_appointment_aside_leaves_it_to_anyone(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, ["甲"], hours=())
    town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "甲", "callback_requested", callback_at=town.at("15:00"))
    clock.now = town.at("15:00")
    town.batch(town.people.volunteer)
    town.skip(town.people.volunteer, "甲")
    clock.now = town.at("15:30")

    assert town.take(town.people.colleague) == ["甲"]
    assert town.broken() == []


class Waits:
    """A case that waits."""

    def __init__(self, id_: int, ready: int, *, asked: bool, until: int | None = None) -> None:
        self.id = id_
        self.ready_at: datetime | None = NOW + timedelta(hours=ready)
        self.appointment_at = self.ready_at if asked else None
        self.appointment_until = None if until is None else NOW + timedelta(hours=until)
        self.appointment_user_id = id_ if asked else None


def test_of_several_appointments_the_first_decides() -> None:
    place = place_of([Waits(2, 3, asked=True), Waits(1, 1, asked=True)], NOW)

    assert (place.priority, place.ready_at) == (APPOINTMENT, NOW + timedelta(hours=1))
    assert (place.appointment_user_id, place.due_at) == (1, None)


def test_a_housemate_who_is_ready_later_waits_for_the_appointment() -> None:
    waiting = [Waits(1, 2, asked=True, until=6), Waits(2, 5, asked=False)]
    place = place_of(waiting, NOW)

    assert (place.open_cases, place.priority) == (2, APPOINTMENT)
    assert place.anyones_at == NOW + timedelta(hours=4)


def test_a_place_changes_when_the_appointment_is_due() -> None:
    waiting = [Waits(1, 2, asked=True), Waits(2, 0, asked=False)]
    before = place_of(waiting, NOW + timedelta(hours=2, seconds=-1))
    since = place_of(waiting, NOW + timedelta(hours=2))

    assert (before.priority, before.ready_at) == (ORDINARY, NOW)
    assert (before.appointment_user_id, before.due_at) == (None, NOW + timedelta(hours=2))
    assert (since.priority, since.ready_at) == (APPOINTMENT, NOW + timedelta(hours=2))
    assert (since.appointment_user_id, since.due_at) == (1, None)
