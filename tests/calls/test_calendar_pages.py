"""The appointments of a day: by half hour, with what became of them."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.calls.service import answering
from app.cases.service import handing
from app.db import Database
from app.residents.rules.rows import Draft
from tests import cast
from tests.cases.test_work_pages import browser
from tests.cases.town import Town
from tests.cast import HARBOUR, mobile, resident, words
from tests.conftest import Clock

NAMES = ["甲一", "乙二", "丙三", "丁四"]


def agreed(town: Town, name: str, minutes: int, **more: object) -> None:
    """The volunteer agrees on a time with somebody of the batch."""
    at = town.now + timedelta(minutes=minutes)
    town.save(town.people.volunteer, name, "callback_requested", callback_at=at, **more)


def page(app: Flask, town: Town, query: str = "") -> str:
    leader = browser(app, town.people.leader)
    return words(leader.get(f"/campaigns/{town.campaign}/appointments{query}"))


def test_a_day_shows_each_appointment_with_its_state(
    app: Flask, db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, NAMES, max_attempts_per_day=9)
    town.batch(town.people.volunteer)
    agreed(town, "甲一", 60, note="先按门铃")
    agreed(town, "乙二", 70, callback_anyone=True)
    agreed(town, "丙三", 60 * 24)
    agreed(town, "丁四", 400)
    town.wait(minutes=62)
    assert town.take(town.people.volunteer) == ["甲一"]
    town.save(town.people.volunteer, "甲一", "completed")
    town.wait(minutes=30)

    seen = page(app, town)

    assert "3 appointments" in seen
    assert "丙三" not in seen
    assert seen.index("甲一") < seen.index("乙二") < seen.index("丁四")
    for said in ("11:00", "11:30", "Rung", "Overdue", "Still to come", "先按门铃", "anyone"):
        assert said in seen, said
    assert "1 agreed, room for 9" in seen, "three may ring here"
    assert "丙三" in page(app, town, "?day=2026-11-25")
    assert "No appointments" in page(app, town, "?day=2026-11-26")
    with town.db.reading() as session:
        acts = select(AuditEntry).where(AuditEntry.act == "appointments_seen")
        assert [entry.detail["n"] for entry in session.scalars(acts)] == [3, 1, 0]


def test_what_was_handed_over_stands_with_whoever_has_it(
    app: Flask, db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, NAMES[:2])
    me, colleague = town.people.volunteer, town.people.colleague
    town.batch(me, 1)
    agreed(town, "甲一", 60)
    town.wait(minutes=60)
    town.batch(me, 1)
    assert me.name in page(app, town)
    offer = town.hand_over(me, colleague).to_batch_id
    assert colleague.name not in page(app, town), "offered only"
    with db.writing() as session:
        handing.accept(session, colleague.user, town.now, offer or 0)

    seen = page(app, town)
    assert colleague.name in seen
    assert me.name not in seen


def test_a_leaders_answer_is_no_appointment(app: Flask, db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, NAMES[:1])
    town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "甲一", "needs_leader", note="要组长来电")
    leader = town.people.leader.user
    with db.writing() as session:
        answering.answer(session, leader, town.now, town.case("甲一").id, "needs_leader", "再打")

    assert "No appointments" in page(app, town)


def test_a_household_promised_one_call_is_one_line(app: Flask, db: Database, clock: Clock) -> None:
    home: list[Draft | str] = [
        resident("户主", mobile(1), room="101"), resident("妻子", mobile(1), room="101"),
    ]  # fmt: skip
    town = Town.of(db, clock, home)
    town.batch(town.people.volunteer)
    agreed(town, "户主", 60, also=["妻子"])

    seen = page(app, town)

    assert "1 appointment<" in seen
    assert "户主, 妻子" in seen


def test_a_day_that_can_not_be_is_today(app: Flask, db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, NAMES)

    for day in ("", "x", "0001-01-01", "9999-12-31", "2026-13-45"):
        assert 'value="2026-11-24"' in page(app, town, f"?day={day}"), day


def test_only_ones_own_communities_are_shown(app: Flask, db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, NAMES)
    cast.residents(db, HARBOUR, [resident("港一", mobile(90))])
    wide = cast.open_campaign(db, [cast.BRIDGE, HARBOUR])
    town.batch(town.people.outsider, campaign=wide)
    at = town.now + timedelta(hours=1)
    case_id = town.case("港一", wide).id
    town.save(town.people.outsider, "港一", "callback_requested", case_id=case_id, callback_at=at)

    path = f"/campaigns/{wide}/appointments"
    leader, supervisor = browser(app, town.people.leader), browser(app, town.people.supervisor)
    assert "港一" not in words(leader.get(path))
    assert "港一" not in words(leader.get(f"{path}?community={HARBOUR}"))
    assert "港一" in words(supervisor.get(f"{path}?community={HARBOUR}"))
    assert "港一" not in words(supervisor.get(f"{path}?community={cast.BRIDGE}"))
