"""The leader's list: what is on it, what can be answered, and who may."""

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.db import Database
from tests import cast
from tests.cases.test_work_pages import browser
from tests.cases.town import Town
from tests.cast import HARBOUR, mobile, resident, token, words
from tests.conftest import Clock

NOTE = "他要居委会的人先来电话"


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    return Town.of(db, clock, ["甲一", "乙二", "丙三", resident("无号")])


def ask(town: Town, name: str, note: str = NOTE) -> None:
    """The volunteer passes a resident of their batch to the leader."""
    town.save(town.people.volunteer, name, "needs_leader", note=note)


def test_the_list_says_who_asked_when_and_what_the_oldest_first(app: Flask, town: Town) -> None:
    town.batch(town.people.volunteer)
    ask(town, "乙二", "后问的")
    town.wait(minutes=5)
    ask(town, "甲一")
    leader = browser(app, town.people.leader)

    page = words(leader.get("/leader-list"))

    assert page.index("乙二") < page.index("甲一")
    assert NOTE in page
    assert f"{town.people.volunteer.name} · 24 Nov 10:03" in page
    assert "无号" not in page
    page = words(leader.get("/leader-list?kind=without_number"))
    assert "无号" in page
    assert "甲一" not in page
    with town.db.reading() as session:
        seen = session.scalars(select(AuditEntry).where(AuditEntry.act == "cases_seen")).first()
    assert seen is not None
    assert seen.user_id == town.people.leader.user.id
    assert seen.detail["cases"] == f"{town.case('乙二').id},{town.case('甲一').id}"


def test_ring_again_goes_back_to_who_asked_with_the_note(app: Flask, town: Town) -> None:
    town.batch(town.people.volunteer)
    ask(town, "甲一")
    leader = browser(app, town.people.leader)
    path = f"/leader-list/{town.case('甲一').id}"

    answer = leader.submit(path, action=path, disposition="needs_leader", note="")
    assert "Write what the volunteer should know." in words(answer)
    answer = leader.submit(path, action=path, disposition="needs_leader", note="已去过电话")

    assert answer.location.startswith("/leader-list")
    case = town.case("甲一")
    assert (case.state, case.appointment_user_id) == ("open", town.people.volunteer.user.id)
    assert town.take(town.people.volunteer)[0] == "甲一"
    group = town.group("甲一").id
    page = words(browser(app, town.people.volunteer).get(f"/calls/groups/{group}"))
    assert "Leader's answer: ring again" in page
    assert "Asked for" not in page, "the resident asked for no time"
    assert '<p class="quote">已去过电话</p>' in page, "in sight, not only among the earlier calls"
    assert not town.broken()

    town.wait(minutes=10)
    town.save(town.people.volunteer, "甲一", "no_answer")
    ring_back = f"/calls/ring-backs/{case.id}"
    page = words(browser(app, town.people.volunteer).get(ring_back))
    assert "已去过电话" in page
    assert 'class="quote"' not in page, "what came last is another call"


@pytest.mark.parametrize(
    ("answer", "state", "passed_to"),
    [("hard_refusal", "done", None), ("unable", "passed", "door_list")],
)
def test_a_leader_closes_a_case_or_passes_it_to_the_door_list(
    app: Flask, town: Town, answer: str, state: str, passed_to: str | None
) -> None:
    town.batch(town.people.volunteer)
    ask(town, "甲一")
    path = f"/leader-list/{town.case('甲一').id}"
    leader = browser(app, town.people.leader)
    page = words(leader.get(path))
    assert "Somebody goes to the door" in page, "what is done, not only how it is counted"

    leader.submit(path, action=path, disposition=answer)

    case = town.case("甲一")
    assert (case.state, case.passed_to, case.outcome) == (state, passed_to, answer)
    assert leader.get(path).location == "/leader-list", "it has left the list"
    assert not town.broken()


def test_without_a_number_only_what_makes_sense_is_offered(app: Flask, town: Town) -> None:
    leader = browser(app, town.people.leader)
    path = f"/leader-list/{town.case('无号').id}"

    page = leader.get(path).text
    for code in ("needs_leader", "completed", "hard_refusal"):
        assert f'value="{code}"' not in page
        sent = {"csrf_token": token(leader), "disposition": code, "note": "x"}
        assert leader.post(path, data=sent).status_code == 200, "refused, and the page again"
    assert town.case("无号").passed_to == "leader"

    leader.submit(path, action=path, disposition="invalid_number")

    case = town.case("无号")
    assert (case.state, case.passed_to, case.outcome) == ("passed", "door_list", "unknown")
    assert case.attempts == 0
    assert not town.broken()


def test_with_a_number_it_can_not_be_said_that_there_is_none(app: Flask, town: Town) -> None:
    town.batch(town.people.volunteer)
    ask(town, "甲一")
    leader = browser(app, town.people.leader)
    path = f"/leader-list/{town.case('甲一').id}"

    sent = {"csrf_token": token(leader), "disposition": "invalid_number", "note": ""}
    leader.post(path, data=sent)

    assert town.case("甲一").passed_to == "leader"


def test_a_case_answered_by_another_meanwhile_is_said_to_be_gone(app: Flask, town: Town) -> None:
    town.batch(town.people.volunteer)
    ask(town, "甲一")
    path = f"/leader-list/{town.case('甲一').id}"
    leader, supervisor = browser(app, town.people.leader), browser(app, town.people.supervisor)
    supervisor.submit(path, action=path, disposition="moved")

    sent = {"csrf_token": token(leader), "disposition": "deceased"}
    answer = leader.post(path, data=sent)

    assert "not on the leader's list any more" in words(leader.get(answer.location))
    assert town.case("甲一").outcome == "moved"


def test_of_other_communities_nothing_is_listed_or_answered(app: Flask, town: Town) -> None:
    cast.residents(town.db, HARBOUR, [resident("港一", mobile(90)), resident("港无")])
    far = cast.open_campaign(town.db, [HARBOUR])
    leader = browser(app, town.people.leader)
    town.batch(town.people.outsider, campaign=far)
    town.save(town.people.outsider, "港一", "needs_leader", case_id=town.case("港一", far).id)

    for kind in ("asked", "without_number"):
        assert "港" not in words(leader.get(f"/leader-list?kind={kind}&campaign={far}"))
    for name in ("港一", "港无"):
        path = f"/leader-list/{town.case(name, far).id}"
        sent = {"csrf_token": token(leader), "disposition": "moved"}
        assert leader.get(path).status_code == 404
        assert leader.post(path, data=sent).status_code == 404
        assert browser(app, town.people.supervisor).get(path).status_code == 200
    assert town.case("港一", far).passed_to == "leader"
