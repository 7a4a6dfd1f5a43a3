"""Deactivating a volunteer in the middle of the work: nothing stays stuck."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random
from time import sleep

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.calls.service import recording
from app.cases.models import Batch
from app.cases.service import leaving
from app.db import Database
from app.people import tokens
from app.people.models import User
from app.problems import ForbiddenError, NotFoundError, Problem
from tests import cast
from tests.cases.town import Town
from tests.cast import BRIDGE, Cast, Person, mobile, resident, sign_in
from tests.conftest import Clock
from tests.house.pages import CheckingClient


def deactivate(town: Town, who: Person, actor: Person | None = None) -> None:
    with town.db.writing() as session:
        leaving.deactivate(session, actor and actor.user, town.now, who.user.id)


def activate(town: Town, who: Person, actor: Person | None = None) -> None:
    with town.db.writing() as session:
        leaving.activate(session, actor and actor.user, town.now, who.user.id)


def account(db: Database, who: Person) -> User:
    with db.reading() as session:
        return session.get_one(User, who.user.id)


def test_what_a_leaver_held_is_there_for_the_next_at_once(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙丙")
    held = town.batch(town.people.volunteer, 2)
    town.look_at(held)
    town.save(town.people.volunteer, "甲")

    deactivate(town, town.people.volunteer)

    assert town.batch_of_id(held.id).end_reason == "deactivated"
    assert town.in_hand(town.people.volunteer) == set()
    assert town.broken() == []
    assert town.take(town.people.colleague) == ["乙", "丙"]
    assert town.broken() == []


def test_work_in_several_campaigns_is_freed_in_all(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙", rest_days=0)
    second = cast.open_campaign(db, [BRIDGE], rest_days=0)
    town.batch(town.people.volunteer, 1)
    town.batch(town.people.volunteer, 1, campaign=second)

    deactivate(town, town.people.volunteer)

    assert town.take(town.people.colleague) == ["甲", "乙"]
    assert town.broken() == []


def test_others_keep_what_they_hold(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙")
    town.batch(town.people.volunteer, 1)
    theirs = town.batch(town.people.colleague, 1)

    deactivate(town, town.people.volunteer)

    assert town.held(theirs) == ["乙"]
    assert town.batch_of_id(theirs.id).ended_at is None


def test_what_was_promised_by_a_leaver_anyone_keeps_in_time(db: Database, clock: Clock) -> None:
    """Not ten minutes late, as when the volunteer is merely not there."""
    town = Town.of(db, clock, "甲乙")
    town.batch(town.people.volunteer, 1)
    due = town.now + timedelta(hours=1)
    town.save(town.people.volunteer, "甲", "callback_requested", callback_at=due)
    assert town.case("甲").appointment_user_id == town.people.volunteer.user.id
    town.wait(hours=1)

    deactivate(town, town.people.volunteer)

    assert town.case("甲").appointment_user_id is None
    assert town.case("甲").appointment_at == due
    assert town.group("甲").appointment_user_id is None
    assert town.take(town.people.colleague, 1) == ["甲"]
    assert town.broken() == []


def test_a_later_promise_in_a_household_is_given_up_too(db: Database, clock: Clock) -> None:
    """Its group names the colleague, who comes first."""
    home = [resident(name, mobile(1), room="101室") for name in ("甲", "乙")]
    town = Town.of(db, clock, home)
    people = town.people
    town.batch(people.volunteer)
    late, soon = town.now + timedelta(hours=5), town.now + timedelta(hours=2)
    town.save(people.volunteer, "甲", "callback_requested", callback_at=late)
    town.release(people.volunteer, town.batch_of(people.volunteer))
    town.wait(minutes=11)
    town.batch(people.colleague)
    town.save(people.colleague, "乙", "callback_requested", callback_at=soon)
    town.release(people.colleague, town.batch_of(people.colleague))
    assert town.group("甲").appointment_user_id == people.colleague.user.id

    deactivate(town, people.volunteer)

    assert town.case("甲").appointment_user_id is None
    assert town.case("乙").appointment_user_id == people.colleague.user.id
    assert town.group("甲").appointment_user_id == people.colleague.user.id


def test_a_promised_case_in_other_hands_stays_there(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    town.batch(town.people.volunteer)
    due = town.now + timedelta(hours=1)
    town.save(town.people.volunteer, "甲", "callback_requested", callback_at=due)
    town.wait(hours=1, minutes=11)
    theirs = town.batch(town.people.colleague)

    deactivate(town, town.people.volunteer)

    assert town.held(theirs) == ["甲"]
    assert town.case("甲").appointment_user_id is None
    assert town.broken() == []


def test_a_call_made_before_can_still_be_handed_in(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    with db.writing() as session:
        user = session.get_one(User, town.people.volunteer.user.id)
        _token, secret = tokens.issue(session, None, town.now, user)
    town.batch(town.people.volunteer)
    deactivate(town, town.people.volunteer)

    bearer = tokens.bearer(db, secret)
    assert bearer is not None
    saved = town.save(Person(bearer.user, ""), "甲")

    assert (saved.call.applied, saved.call.reason) == (False, "deactivated")
    assert town.case("甲").state == "open"


def test_sessions_end_and_a_new_sign_in_is_refused(
    db: Database, clock: Clock, app: Flask, client: CheckingClient
) -> None:
    town = Town.of(db, clock, "甲")
    sign_in(client, town.people.volunteer)
    assert client.get("/calls").status_code == 200

    deactivate(town, town.people.volunteer)

    assert client.get("/calls").status_code == 302
    activate(town, town.people.volunteer)
    assert client.get("/calls").status_code == 302, "a session from before"


def test_once_more_changes_nothing(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    for _ in range(2):
        deactivate(town, town.people.volunteer, town.people.leader)
    assert not account(db, town.people.volunteer).active
    assert account(db, town.people.volunteer).session_epoch == 1

    for _ in range(2):
        activate(town, town.people.volunteer)

    assert account(db, town.people.volunteer).active
    with db.reading() as session:
        wanted = select(AuditEntry).where(
            AuditEntry.act.in_(["user_deactivated", "user_activated"])
        )
        trail = [
            (entry.act, entry.user_id, entry.subject_id)
            for entry in session.scalars(wanted.order_by(AuditEntry.id))
        ]
    own = str(town.people.volunteer.user.id)
    leader = town.people.leader.user.id
    assert trail == [("user_deactivated", leader, own), ("user_activated", None, own)]


def test_who_came_back_takes_work_again(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    deactivate(town, town.people.volunteer)
    activate(town, town.people.volunteer)

    assert town.take(town.people.volunteer) == ["甲"]


def test_a_save_under_way_and_a_leave_get_past_each_other(db: Database, clock: Clock) -> None:
    """The save has the batch and refers to the account; the leave has the account and waits."""
    town = Town.of(db, clock, "甲")
    who, batch = town.people.volunteer, town.batch(town.people.volunteer)
    case_id = town.case("甲").id

    with ThreadPoolExecutor() as pool:
        with db.writing() as session:
            session.get_one(Batch, batch.id, with_for_update=True)
            leave = pool.submit(deactivate, town, who)
            sleep(0.3)
            saved = recording.record(session, who.user, town.now, case_id, town.said("busy"), "k")
        leave.result()

    assert saved.call.applied
    assert not account(db, who).active
    assert town.broken() == []


def test_leaving_under_way_leaves_nothing_stuck(db: Database, clock: Clock) -> None:
    """Two volunteers ring and promise while they are closed and opened again, over and over."""
    drafts = [resident(str(n), mobile(n), mobile(n // 2), room=str(n)) for n in range(1, 41)]
    town = Town.of(db, clock, drafts, max_held=200)
    ringing = (town.people.volunteer, town.people.colleague)

    def ring(who: Person, random: Random) -> None:
        for _ in range(6):
            try:
                names = town.take(who, 4)
            except Problem:
                continue
            for name in names:
                town.save(who, name, random.choice(("callback_requested", "busy", "completed")))

    def leave(who: Person, random: Random) -> None:
        for _ in range(12):
            deactivate(town, who)
            activate(town, who)

    with ThreadPoolExecutor() as pool:
        tasks = [
            pool.submit(act, who, Random(seed))
            for seed, who in enumerate(ringing)
            for act in (ring, leave)
        ]
        for task in tasks:
            task.result()

    for who in ringing:
        deactivate(town, who)
        assert town.in_hand(who) == set()
        assert all(
            town.case(name).appointment_user_id != who.user.id for name in map(str, range(1, 41))
        )
    assert town.broken() == []


MAY = {
    "volunteer": (),
    "leader": ("volunteer", "colleague"),
    "supervisor": ("volunteer", "colleague", "outsider", "leader"),
    "administrator": (
        "volunteer", "colleague", "outsider", "leader", "supervisor", "administrator",
    ),
}  # fmt: skip


@pytest.mark.parametrize("act", [leaving.deactivate, leaving.activate])
def test_who_may(db: Database, clock: Clock, act: object) -> None:
    town = Town.of(db, clock, "甲")
    assert callable(act)
    for actor, allowed in MAY.items():
        for whom in Cast.__annotations__:
            person = getattr(town.people, whom)
            with db.writing() as session:
                try:
                    act(session, getattr(town.people, actor).user, town.now, person.user.id)
                    went = True
                except ForbiddenError:
                    went = False
            assert went == (whom in allowed), (actor, whom)


def test_a_leader_without_a_team_has_a_say_over_nobody(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    leader, loner = cast.add(db, "无队组长", "leader"), cast.add(db, "无队", "volunteer")

    with pytest.raises(ForbiddenError):
        deactivate(town, loner, leader)


def test_there_is_no_deactivating_who_is_not_there(db: Database, clock: Clock) -> None:
    with db.writing() as session, pytest.raises(NotFoundError):
        leaving.deactivate(session, None, clock(), 99)
