"""Dials: every tap is kept, and too many of them let a case rest or send it to the door."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.calls.models import Call, Dial
from app.calls.service import dialling
from app.db import Database
from app.problems import NotFoundError
from tests.cases.town import Town
from tests.cast import Person, mobile
from tests.conftest import Clock


def tap(town: Town, who: Person, name: str, number: int = 1, *, at: datetime | None = None) -> Dial:
    with town.db.writing() as session:
        kept = dialling.dial(
            session, who.user, town.now, town.case(name).id, mobile(number), at or town.now
        )
    return kept.dial


def taps(db: Database) -> list[Dial]:
    with db.reading() as session:
        return list(session.scalars(select(Dial).order_by(Dial.id)))


def tomorrow(town: Town) -> datetime:
    return town.now.replace(hour=0, minute=0) + timedelta(days=1)


def test_a_tap_is_kept_and_is_no_attempt(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    batch = town.batch(town.people.volunteer)
    tap(town, town.people.volunteer, "甲")

    (kept,) = taps(db)
    assert (kept.batch_id, kept.dialled_at, kept.recorded_at) == (batch.id, town.now, town.now)
    assert town.case("甲").attempts == 0
    assert town.held(batch) == ["甲"]
    with db.reading() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.act, entry.subject_id) == ("dialled", str(kept.case_id))
    assert entry.detail == {"number": kept.number_id}
    assert town.broken() == []


def test_the_same_tap_sent_twice_is_one(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    town.batch(town.people.volunteer)
    begun = town.now
    first = tap(town, town.people.volunteer, "甲")
    town.wait(minutes=5)

    assert tap(town, town.people.volunteer, "甲", at=begun).id == first.id
    assert len(taps(db)) == 1


def test_the_same_tap_of_a_phone_whose_clock_is_ahead_is_one(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    town.batch(town.people.volunteer)
    ahead = town.now + timedelta(hours=2)
    first = tap(town, town.people.volunteer, "甲", at=ahead)
    assert first.dialled_at == town.now
    town.wait(minutes=5)

    assert tap(town, town.people.volunteer, "甲", at=ahead).id == first.id
    assert len(taps(db)) == 1
    tap(town, town.people.volunteer, "甲", at=ahead + timedelta(minutes=5))
    assert [one.dialled_at for one in taps(db)] == [town.now - timedelta(minutes=5), town.now]


def test_whoever_never_held_the_case_dials_nobody(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    town.batch(town.people.volunteer)

    with pytest.raises(NotFoundError):
        tap(town, town.people.colleague, "甲")
    assert taps(db) == []


def test_a_number_that_is_not_theirs_is_left_out(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙")
    town.batch(town.people.volunteer)
    tap(town, town.people.volunteer, "甲", 2)

    assert [(one.case_id, one.number_id) for one in taps(db)] == [(town.case("甲").id, None)]
    assert town.broken() == []


def test_a_tap_out_of_reach_of_any_line_is_kept_when_it_comes(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲", max_dials_per_day=1)
    town.batch(town.people.volunteer)
    begun = town.now
    town.wait(hours=1)
    town.batch(town.people.colleague)
    tap(town, town.people.volunteer, "甲", at=begun)
    town.close()
    tap(town, town.people.volunteer, "甲", at=begun + timedelta(minutes=1))
    tap(town, town.people.volunteer, "甲", at=town.now + timedelta(days=1))

    assert [one.batch_id for one in taps(db)] == [None, None, None]
    assert [one.dialled_at for one in taps(db)] == [begun, begun + timedelta(minutes=1), town.now]
    assert town.broken() == []


def test_a_tap_is_a_sign_of_life(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    town.batch(town.people.volunteer)
    tap(town, town.people.volunteer, "甲")
    town.wait(hours=3)

    assert town.claim(town.people.colleague).waiting == {"held": 1}


def test_a_case_that_was_dialled_often_enough_rests_until_tomorrow(
    db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, "甲", max_dials_per_day=3)
    volunteer = town.people.volunteer
    batch = town.batch(volunteer)
    for _ in range(3):
        tap(town, volunteer, "甲")
        town.wait(minutes=1)
    assert town.held(batch) == ["甲"], "whoever is ringing keeps it"
    town.release(volunteer, batch)

    found = town.claim(volunteer)
    assert (found.waiting, found.next_at) == ({"resting": 1}, tomorrow(town))
    assert town.broken() == []


def test_who_has_let_go_of_a_case_puts_it_off_no_more(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲", max_dials_per_day=3)
    volunteer = town.people.volunteer
    town.release(volunteer, town.batch(volunteer))
    town.wait(minutes=5)
    for minutes in range(4):
        tap(town, volunteer, "甲", at=town.now - timedelta(minutes=minutes))

    assert len(taps(db)) == 4, "they are kept all the same"
    assert town.take(town.people.colleague) == ["甲"]
    assert town.broken() == []


def test_taps_without_a_call_count_with_the_calls_of_the_day(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲", max_dials_per_day=3, max_attempts_per_day=9)
    volunteer = town.people.volunteer
    town.batch(volunteer)
    tap(town, volunteer, "甲")
    town.wait(minutes=10)
    tap(town, volunteer, "甲")
    town.wait(minutes=2)
    town.save(volunteer, "甲", "busy")  # of the second tap: two dials by now
    assert town.case("甲").ready_at == town.now + timedelta(minutes=18)
    town.wait(minutes=18)
    town.batch(volunteer)
    town.wait(minutes=2)
    town.save(volunteer, "甲", "busy")  # dialled by hand: the third

    assert town.case("甲").ready_at == tomorrow(town)
    assert town.broken() == []


def test_an_appointment_is_kept_however_often_one_dialled(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲", max_dials_per_day=1, max_dials=1)
    volunteer = town.people.volunteer
    town.batch(volunteer)
    tap(town, volunteer, "甲")
    town.wait(minutes=2)
    agreed = town.now + timedelta(hours=3)
    town.save(volunteer, "甲", "callback_requested", callback_at=agreed)
    tap(town, volunteer, "甲")

    assert town.case("甲").ready_at == agreed
    assert town.broken() == []


def test_with_the_last_dial_a_case_goes_to_the_door(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲", max_dials=3, max_dials_per_day=9)
    volunteer = town.people.volunteer
    town.batch(volunteer)
    for _ in range(3):
        tap(town, volunteer, "甲")
        town.wait(minutes=10)
    assert town.case("甲").state == "held", "a tap alone settles nothing"
    town.save(volunteer, "甲", "no_answer")

    assert (town.case("甲").passed_to, town.case("甲").attempts) == ("door_list", 1)
    assert town.broken() == []


def test_a_tap_that_comes_after_its_call_waits_for_the_next(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲", max_dials=3)
    volunteer = town.people.volunteer
    town.batch(volunteer)
    begun = town.now
    town.wait(minutes=30)
    town.save(volunteer, "甲", "busy")
    tap(town, volunteer, "甲", at=begun)  # in the very moment of the save
    tap(town, volunteer, "甲", at=begun + timedelta(minutes=10))

    assert town.case("甲").state == "open"
    assert town.broken() == []
    town.wait(hours=1)
    assert all(one.recorded_at > call.recorded_at for one in taps(db) for call in calls(db))
    town.wait(days=1)
    town.batch(volunteer)
    town.save(volunteer, "甲", "busy")
    assert town.case("甲").passed_to == "door_list"
    assert town.broken() == []


def calls(db: Database) -> list[Call]:
    with db.reading() as session:
        return list(session.scalars(select(Call)))
