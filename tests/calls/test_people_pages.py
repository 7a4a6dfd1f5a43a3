"""Stopping somebody, closing an account, opening it: of those one leads, and of nobody else."""

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.cases.models import Batch
from app.cases.service import leaving, moving
from app.cases.service.moving import Which
from app.db import Database
from app.people.models import User
from app.problems import Problem
from tests import cast
from tests.calls.forms import call_form, send
from tests.cases.test_work_pages import browser
from tests.cases.town import Town
from tests.cast import token, words
from tests.conftest import Clock


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    return Town.of(db, clock, ["甲一", "乙二", "丙三"])


def is_active(town: Town, user: User) -> bool:
    with town.db.reading() as session:
        return session.get_one(User, user.id).active


def test_an_account_is_closed_and_opened(app: Flask, town: Town) -> None:
    town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "甲一", "callback_requested")
    user = town.people.volunteer.user
    leader = browser(app, town.people.leader)
    path = f"/people/{user.id}/deactivate"
    assert "24 Nov 10:00" in words(leader.get("/people")), "the last call"
    assert path in leader.get(f"/people/{user.id}").text

    page = words(leader.get(path))
    assert "2, free for others at once" in page
    assert "1, anyone's from now on" in page
    answer = leader.submit(path, action=path)

    assert f"{user.name} can't sign in any more." in words(leader.get(answer.location))
    assert not is_active(town, user)
    assert town.case("甲一").appointment_user_id is None
    assert set(town.take(town.people.colleague)) == {"乙二", "丙三"}
    assert leader.get(path).location == "/people", "once is enough"
    assert not town.broken()

    leader.submit(f"/people/{user.id}", action=f"/people/{user.id}/activate")
    assert is_active(town, user)


def test_everybody_sees_whom_they_lead(app: Flask, town: Town) -> None:
    people = town.people
    seen = {
        "leader": {people.volunteer, people.colleague},
        "supervisor": {people.volunteer, people.colleague, people.outsider, people.leader},
        "administrator": {
            people.volunteer, people.colleague, people.outsider, people.leader, people.supervisor,
        },
    }  # fmt: skip
    for role, led in seen.items():
        client = browser(app, getattr(people, role))
        page = words(client.get("/people"))
        for person in vars(people).values():
            path = f"/people/{person.user.id}"
            assert (f'"{path}"' in page) == (person in led), (role, person.name)
            for shown in ("", "/deactivate", "/stop"):
                status = client.get(path + shown).status_code
                assert status == (200 if person in led else 404), (role, person.name, shown)


def test_whom_one_does_not_lead_one_can_not_stop_or_start(app: Flask, town: Town) -> None:
    elsewhere = cast.add(town.db, "远方志愿者", "volunteer", communities=[cast.FAR])
    for role in ("leader", "supervisor"):
        client = browser(app, getattr(town.people, role))
        for user in (
            elsewhere.user,
            town.people.administrator.user,
            getattr(town.people, role).user,
        ):
            for act in ("deactivate", "activate", "stop", "start", "invite"):
                sent = {"csrf_token": token(client)}
                path = f"/people/{user.id}/{act}"
                assert client.post(path, data=sent).status_code == 404, (role, user.name)
            assert is_active(town, user)


def test_a_volunteer_is_stopped_and_told_why(app: Flask, town: Town) -> None:
    me = town.people.volunteer
    town.batch(me)
    saved = town.save(me, "甲一", "callback_requested").call
    leader, volunteer = browser(app, town.people.leader), browser(app, me)
    path = f"/people/{me.user.id}/stop"
    assert "2, free for others at once" in words(leader.get(path))

    answer = leader.submit(path, action=path, note="Come to the office first.")

    page = words(leader.get(answer.location))
    assert "Stopped on 24 Nov 10:00 by 组长" in page
    assert "Come to the office first." in page
    assert town.case("甲一").appointment_user_id is None
    home = words(volunteer.get("/calls"))
    assert "组长 has stopped handing out residents to you" in home
    assert "Come to the office first." in home
    assert "Take 5 residents" not in home
    sent = {"csrf_token": token(volunteer)}
    taken = volunteer.post(f"/calls/campaigns/{town.campaign}/take", data=sent)
    assert "stopped handing out residents to you" in words(volunteer.get(taken.location))
    assert town.in_hand(me) == set()
    assert set(town.take(town.people.colleague)) == {"乙二", "丙三"}

    correct = f"/calls/{saved.id}/correct"
    answer = volunteer.submit(correct, action="", disposition="busy")
    assert answer.status_code == 302, "corrections stay possible"
    assert town.case("甲一").last_disposition == "busy"
    assert not town.broken()

    leader.submit(f"/people/{me.user.id}", action=f"/people/{me.user.id}/start")
    assert "stopped handing out" not in words(volunteer.get("/calls"))
    assert stopped_acts(town) == ["user_stopped", "user_started"]


def stopped_acts(town: Town) -> list[str]:
    with town.db.reading() as session:
        acts = session.scalars(select(AuditEntry.act).order_by(AuditEntry.id))
        return [act for act in acts if act in {"user_stopped", "user_started"}]


def test_who_is_stopped_is_given_nothing_by_any_way(app: Flask, town: Town) -> None:
    me, colleague = town.people.volunteer, town.people.colleague
    town.batch(colleague)
    town.hand_over(colleague, me)
    with town.db.writing() as session:
        leaving.stop(session, town.people.leader.user, town.now, me.user.id)
        me.user.stopped_at = town.now
    assert town.in_hand(me) == set(), "what was offered, too"

    with pytest.raises(Problem, match="stopped"):
        town.claim(me)
    town.batch(colleague)
    with pytest.raises(Problem, match="handoff_to_whom"):
        town.hand_over(colleague, me)
    which = Which(campaign=town.campaign, user=colleague.user.id)
    with pytest.raises(Problem, match="handoff_to_whom"), town.db.writing() as session:
        moving.move(session, town.people.leader.user, town.now, which, me.name)


def test_what_is_given_at_the_moment_of_a_stop_is_taken_back(town: Town) -> None:
    """A claim that began before knows of no stop; the next one of anybody ends its batch."""
    me = town.people.volunteer
    with town.db.writing() as session:
        leaving.stop(session, None, town.now, me.user.id)
    batch = town.batch(me)  # as it was read before
    town.sweep()
    with town.db.reading() as session:
        assert session.get_one(Batch, batch.id).end_reason == "stopped"
    assert not town.broken()


def test_a_call_under_way_is_kept_when_its_volunteer_is_stopped(town: Town) -> None:
    me = town.people.volunteer
    town.batch(me)
    with town.db.writing() as session:
        leaving.stop(session, None, town.now, me.user.id)
    saved = town.save(me, "甲一", "completed").call
    assert saved.applied
    agreed = town.save(me, "乙二", "callback_requested").call
    assert agreed.applied
    assert town.case("乙二").appointment_user_id is None, "anyone's: they will not ring"
    assert not town.broken()


def test_who_is_stopped_in_a_call_reads_that_it_is_saved(app: Flask, town: Town) -> None:
    me = town.people.volunteer
    town.batch(me)
    volunteer = browser(app, me)
    filled = call_form(volunteer, town, "甲一", disposition="completed")
    here = f"/calls/groups/{town.case('甲一').group_id}"
    with town.db.writing() as session:
        leaving.stop(session, None, town.now, me.user.id)
    kept = volunteer.get(f"{here}/kept?case={town.case('甲一').id}")
    page = words(volunteer.get(send(volunteer, filled).location))

    assert kept.status_code == 404
    assert "Saved: Completed" in page
    assert "Well done" not in page
    assert "do not hold this resident" not in page, "what is asked behind a page tells nobody"


def test_a_long_reason_is_refused(app: Flask, town: Town) -> None:
    path = f"/people/{town.people.volunteer.user.id}/stop"
    leader = browser(app, town.people.leader)
    answer = leader.submit(path, action=path, note="x" * 201)
    assert "A note has at most 200 characters." in words(answer)
    assert "x" * 201 in answer.text
