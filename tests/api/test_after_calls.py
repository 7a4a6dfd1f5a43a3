"""After the call: correcting, taking back, laying aside, answering, moving."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.calls.models import Call
from app.cases.models import Skip
from app.cases.rules.skips import MOST_SKIPS
from app.people.models import User
from tests.api.conftest import Program, program
from tests.api.ringing import hand_in, mine, theirs, town
from tests.cases.town import Town

__all__ = ["mine", "theirs", "town"]


def correction(who: Program, call: int, disposition: str = "busy", **body: Any) -> TestResponse:
    return who.post(f"/calls/{call}/correction", {"disposition": disposition, **body})


def test_a_correction_is_a_record_of_its_own(mine: Program, town: Town) -> None:
    first = hand_in(mine, town, "陈一", also=[town.case("陈二").id]).json["id"]

    answer = correction(mine, first, together=True, reason="听错了")

    assert (answer.status_code, answer.json["applied"]) == (201, True)
    assert {town.case(name).state for name in ("陈一", "陈二")} == {"open"}
    again = correction(mine, first)
    assert (again.status_code, again.json["code"]) == (409, "already_corrected")
    assert correction(mine, answer.json["id"], "completed").status_code == 201
    assert not town.broken()


def test_after_some_minutes_a_correction_says_why(mine: Program, town: Town) -> None:
    call = hand_in(mine, town).json["id"]
    town.wait(minutes=6)
    silent = correction(mine, call, reason=" ")

    assert (silent.status_code, silent.json["errors"][0]["field"]) == (422, "reason")
    assert correction(mine, call, reason="听错了").status_code == 201


def test_anothers_call_is_nobodys_to_correct(mine: Program, theirs: Program, town: Town) -> None:
    call = hand_in(mine, town).json["id"]

    assert correction(theirs, call).status_code == 404
    assert theirs.post(f"/calls/{call}/undo").status_code == 404
    assert correction(mine, call, "nothing").json["errors"][0]["field"] == "disposition"


def test_what_was_taken_back_is_in_hand_again(mine: Program, town: Town) -> None:
    call = hand_in(mine, town).json["id"]

    undone = mine.post(f"/calls/{call}/undo")

    assert (undone.status_code, undone.json["applied"]) == (201, True)
    held = mine.get(f"/batches/{undone.json['batch_id']}").json["cases"]
    assert [case["resident"]["name"] for case in held] == ["李三"]
    again = mine.post(f"/calls/{call}/undo")
    assert (again.status_code, again.json["code"]) == (409, "already_corrected")
    assert not town.broken()


def test_only_the_last_call_and_for_some_minutes(mine: Program, town: Town) -> None:
    first = hand_in(mine, town, key="1").json["id"]
    town.wait(seconds=1)
    second = hand_in(mine, town, "陈一", key="2").json["id"]

    assert mine.post(f"/calls/{first}/undo").json["code"] == "undo_not_last"
    town.wait(minutes=6)
    late = mine.post(f"/calls/{second}/undo")
    assert (late.status_code, late.json["code"]) == (409, "undo_late")


def test_ones_own_calls_are_masked_and_come_in_pages(mine: Program, town: Town) -> None:
    names = {"1": "李三", "2": "陈一", "3": "陈二"}
    keys = [hand_in(mine, town, name, key=key).json["id"] for key, name in names.items()]
    correction(mine, keys[0])

    page = mine.get("/calls", per_page=2).json

    assert (page["total"], len(page["items"])) == (3, 2)
    assert (page["items"][0]["name"], page["items"][0]["corrects_id"]) == ("李*", keys[0])
    assert page["items"][0]["building"] == "1幢"
    text = mine.get("/calls").text
    assert not [secret for secret in ("李三", "101", "139") if secret in text]


def test_a_case_is_laid_aside(mine: Program, theirs: Program, town: Town) -> None:
    case = town.case("李三").id

    assert theirs.post(f"/cases/{case}/skip", {"reason": "other"}).status_code == 404
    wrong = mine.post(f"/cases/{case}/skip", {"reason": "tired"})
    assert (wrong.status_code, wrong.json["errors"][0]["field"]) == (422, "reason")
    answer = mine.post(f"/cases/{case}/skip", {"reason": "know_them", "note": "邻居"})

    assert (answer.status_code, answer.json) == (200, {"id": case})
    assert mine.post(f"/cases/{case}/skip", {"reason": "other"}).status_code == 404
    with town.db.reading() as session:
        assert session.scalars(select(Skip.note)).all() == ["邻居"]


def test_who_lays_aside_too_many_gets_a_conflict(
    mine: Program, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MOST_SKIPS, timedelta(hours=1), 1)
    for name, status in (("陈一", 200), ("李三", 409)):
        answer = mine.post(f"/cases/{town.case(name).id}/skip", {"reason": "other"})
        assert answer.status_code == status

    assert answer.json["code"] == "skipped_enough"
    assert "after 11:00" in answer.json["detail"]


def test_a_leader_answers_what_was_asked(app: Flask, mine: Program, town: Town) -> None:
    leader = program(app, town.db, town.people.leader)
    case = town.case("李三").id
    hand_in(mine, town, disposition="needs_leader", note="要找组长")

    silent = leader.post(f"/cases/{case}/answer", {"disposition": "needs_leader"})
    assert (silent.status_code, silent.json["errors"][0]["field"]) == (422, "note")
    answer = leader.post(f"/cases/{case}/answer", {"disposition": "needs_leader", "note": "再打"})

    assert (answer.status_code, answer.json["applied"]) == (201, True)
    late = leader.post(f"/cases/{case}/answer", {"disposition": "moved"})
    assert (late.status_code, late.json["code"]) == (409, "not_with_leader")


def test_staff_move_what_is_in_hand(app: Flask, mine: Program, theirs: Program, town: Town) -> None:
    leader = program(app, town.db, town.people.leader)
    user = town.people.volunteer.user.id

    nothing = leader.post("/moves", {})
    assert (nothing.status_code, nothing.json["code"]) == (422, "work_unnamed")
    moved = leader.post("/moves", {"user_id": user, "to": town.people.colleague.name})

    assert (moved.status_code, moved.json) == (200, {"cases": 3})
    assert theirs.get("/batches").json["items"][0]["cases"] == 3
    assert leader.post("/moves", {"user_id": user}).json == {"cases": 0}
    assert not town.broken()


def test_the_token_of_a_closed_account_hands_in_and_does_nothing_else(
    mine: Program, town: Town
) -> None:
    with town.db.writing() as session:
        session.get_one(User, town.people.volunteer.user.id).active = False

    assert hand_in(mine, town).json["reason"] == "deactivated"
    assert mine.get("/calls").status_code == 401
    with town.db.reading() as session:
        assert session.scalars(select(Call.applied)).all() == [False]
