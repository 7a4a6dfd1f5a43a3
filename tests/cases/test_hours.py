"""Who is handed out by the hour of the day, and to whom the rules send a case next."""

from datetime import datetime, timedelta

from app.db import Database
from tests.cases.town import Town
from tests.cast import resident
from tests.conftest import Clock

HOURS = {"hours": ["09:00-12:00", "14:00-20:30"], "legal_hours": ["08:00-21:00"]}


def at(town: Town, clock: str, days: int = 0) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return town.now.replace(hour=hour, minute=minute) + timedelta(days=days)


def agreed(town: Town, name: str, when: datetime, **more: object) -> None:
    town.batch(town.people.volunteer, 1)
    town.save(town.people.volunteer, name, "callback_requested", callback_at=when, **more)


def test_in_quiet_hours_only_who_asked_for_it_is_rung(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙丙", **HOURS)
    agreed(town, "甲", at(town, "12:30"))
    town.clock.now = at(town, "12:29")
    early = town.claim(town.people.volunteer)
    town.clock.now = at(town, "12:30")

    assert (early.batch, early.waiting) == (None, {"calling_hours": 2, "resting": 1})
    assert early.next_at == at(town, "12:30")
    assert town.take(town.people.volunteer) == ["甲"]
    found = town.claim(town.people.volunteer)
    assert (found.waiting, found.next_at) == ({"calling_hours": 2}, at(town, "14:00"))


def test_an_appointment_of_anyone_is_rung_in_quiet_hours_too(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙", **HOURS)
    agreed(town, "甲", at(town, "12:30"), callback_anyone=True)
    town.clock.now = at(town, "12:31")

    assert town.take(town.people.colleague) == ["甲"]


def test_a_housemate_s_appointment_to_come_opens_no_quiet_hour(db: Database, clock: Clock) -> None:
    """The group is urgent and one of it ready, but nobody asked for this hour."""
    family = [
        resident("父", "+8613900000001", room="1"),
        resident("母", "+8613900000002", room="1"),
    ]
    town = Town.of(db, clock, family, **HOURS)
    town.batch(town.people.volunteer)
    later = at(town, "16:00")
    town.save(town.people.volunteer, "父", "callback_requested", callback_at=later)
    town.save(town.people.volunteer, "母", "busy")
    town.clock.now = at(town, "13:00")

    found = town.claim(town.people.volunteer)
    assert (found.waiting, found.next_at) == ({"calling_hours": 2}, at(town, "14:00"))
    town.clock.now = at(town, "14:00")
    assert town.take(town.people.volunteer) == ["父", "母"]


def test_outside_the_legal_hours_nobody_is_rung_at_all(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙", **HOURS)
    agreed(town, "甲", at(town, "20:50"))
    town.clock.now = at(town, "21:30")
    found = town.claim(town.people.volunteer)

    assert (found.batch, found.waiting) == (None, {"calling_hours": 2})
    assert found.next_at == at(town, "08:00", 1)
    town.clock.now = found.next_at
    assert town.take(town.people.volunteer) == ["甲"]


def test_who_asks_for_an_hour_of_the_night_is_rung_in_the_morning(
    db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, "甲", **HOURS)
    agreed(town, "甲", at(town, "23:00"))

    assert town.calls("甲")[0].callback_at == at(town, "23:00"), "what was said is kept"
    assert town.case("甲").ready_at == at(town, "08:00", 1)


def test_weekends_have_hours_of_their_own(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲", hours=["09:00-12:00"], weekend_hours=["10:00-11:00"])
    town.clock.now = at(town, "09:30", 4)  # Saturday

    assert town.claim(town.people.volunteer).next_at == at(town, "10:00")
    town.clock.now = at(town, "10:00")
    assert town.take(town.people.volunteer) == ["甲"]


def test_who_did_not_answer_comes_back_at_another_part_of_the_day(
    db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, "甲", hours=["09:00-12:00", "14:00-20:30"])
    for when in ("10:00", "14:30"):
        town.clock.now = at(town, when)
        town.batch(town.people.volunteer)
        town.save(town.people.volunteer, "甲", "no_answer")

    assert town.case("甲").ready_at == at(town, "18:00", 1)
    assert town.broken() == []


def test_an_appointment_made_on_the_last_attempt_is_kept_once(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲", max_attempts=2, max_attempts_per_day=9)
    volunteer = town.people.volunteer
    town.batch(volunteer)
    town.save(volunteer, "甲", "busy")
    for _ in range(2):
        town.wait(hours=3)
        assert town.take(volunteer) == ["甲"]
        town.save(volunteer, "甲", "callback_requested")
        assert town.broken() == []

    assert (town.case("甲").passed_to, town.case("甲").attempts) == ("door_list", 3)


def test_who_rings_back_from_the_door_list_is_rung_when_they_say(
    db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, "甲", max_attempts=1)
    volunteer = town.people.volunteer
    town.batch(volunteer)
    town.save(volunteer, "甲", "no_answer")
    assert town.case("甲").passed_to == "door_list"
    town.wait(hours=1)
    town.save(volunteer, "甲", "callback_requested", direction="in")
    assert town.broken() == []
    town.wait(hours=3)

    assert town.take(volunteer) == ["甲"]
    assert town.case("甲").attempts == 1


def test_a_ring_back_that_settled_nothing_leaves_the_leader_s_list_alone(
    db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, "甲")
    town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "甲", "needs_leader", note="要求书面说明")
    town.wait(hours=1)
    town.save(town.people.volunteer, "甲", "respondent_unavailable", direction="in")

    assert town.case("甲").passed_to == "leader"
    assert town.broken() == []


def test_the_next_number_may_be_tried_at_once(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, [resident("甲", "+8613900000001", "+8613900000002")])
    volunteer = town.people.volunteer
    for number, then in (("+8613900000001", "open"), ("+8613900000002", "passed")):
        assert town.take(volunteer) == ["甲"]
        town.save(volunteer, "甲", "wrong_person", number=number)
        assert town.case("甲").state == then
    assert town.case("甲").passed_to == "door_list"
    assert town.broken() == []


def test_a_second_soft_refusal_by_another_is_final(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "甲", "soft_refusal")
    town.wait(days=3)
    assert town.take(town.people.volunteer) == []
    assert town.take(town.people.colleague) == ["甲"]
    town.save(town.people.colleague, "甲", "soft_refusal")

    assert (town.case("甲").state, town.case("甲").outcome) == ("done", "hard_refusal")
