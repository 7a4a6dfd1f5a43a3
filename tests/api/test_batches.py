"""Batches through the API: taking, looking, giving back, handing over."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.calls import tickets
from app.calls.rules import FIRST_BATCH
from app.cases.service import leaving
from app.db import Database
from app.people.models import User
from tests.api.conftest import Program, program
from tests.cases.town import Town
from tests.cast import BRIDGE, FAR, HARBOUR, mobile, open_campaign, resident
from tests.conftest import Clock

COUPLE = [
    resident("陈一", mobile(1), room="101", relation="户主"),
    resident("陈二", mobile(1), "+8651385123456;ext=801", room="101", language="南通话"),
    resident("李三", mobile(3), room="102"),
]


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    return Town.of(db, clock, COUPLE)


@pytest.fixture
def mine(app: Flask, town: Town) -> Program:
    return program(app, town.db, town.people.volunteer)


@pytest.fixture
def theirs(app: Flask, town: Town) -> Program:
    return program(app, town.db, town.people.colleague)


def taken(mine: Program, town: Town, **body: Any) -> Any:
    answer = mine.post(f"/campaigns/{town.campaign}/batches", body)
    assert answer.status_code == 201, answer.text
    return answer.json


def trail(db: Database) -> list[tuple[str, str, dict[str, Any]]]:
    with db.reading() as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        return [(row.act, row.subject_id, row.detail) for row in rows if row.act != "token_issued"]


def test_a_claim_hands_out_whole_households_with_all_that_ringing_takes(
    mine: Program, town: Town
) -> None:
    answer = mine.post(f"/campaigns/{town.campaign}/batches", {"size": 1})

    assert answer.status_code == 201
    found = answer.json
    key = found["id"]
    assert answer.headers["Location"] == f"/api/v1/batches/{key}"
    assert set(found) == {"id", "lease_expires_at", "hold", "ticket", "cases"}
    assert (found["hold"], found["lease_expires_at"]) == (key, "2026-11-24T02:30:00Z")
    deposit = tickets.read("no secret " * 4, found["ticket"])
    assert deposit == tickets.Deposit(key, town.people.volunteer.user.id)
    one, two = found["cases"]
    assert one == {
        "id": town.case("陈一").id,
        "resident": {
            "name": "陈一", "address": "1幢101", "community": "中桥社区居委会",
            "community_code": BRIDGE, "language": "", "relation": "户主", "remark": "",
        },
        "numbers": [{"e164": mobile(1), "display": "139 0000 0001", "kind": "mobile"}],
        "together_with": [two["id"]],
        "why": "First call",
        "attempts": 0,
    }  # fmt: skip
    assert two["together_with"] == [one["id"]]
    assert [line["kind"] for line in two["numbers"]] == ["mobile", "landline"]
    assert trail(town.db)[-1] == ("batch_seen", str(key), {"n": 2})


def test_json_knows_one_kind_of_number(mine: Program, town: Town) -> None:
    assert len(taken(mine, town, size=1.0)["cases"]) == 2


def test_without_a_body_it_is_twenty(app: Flask, db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, [f"居民{n:02}" for n in range(25)])
    mine = program(app, db, town.people.volunteer)

    assert len(taken(mine, town)["cases"]) == 20
    assert len(taken(mine, town)["cases"]) == 5


def test_an_empty_queue_says_why_and_until_when(mine: Program, theirs: Program, town: Town) -> None:
    taken(mine, town)
    town.save(town.people.volunteer, "李三", "no_answer")

    answer = theirs.post(f"/campaigns/{town.campaign}/batches", {})

    assert answer.status_code == 200
    assert answer.json == {
        "cases": [], "waiting": {"resting": 1, "held": 2}, "next_at": "2026-11-24T04:58:00Z"
    }  # fmt: skip
    assert "Location" not in answer.headers


def test_a_case_says_when_another_campaign_reached_the_number(
    app: Flask, mine: Program, town: Town
) -> None:
    town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "李三", "completed", number=mobile(3))
    again = open_campaign(town.db, [BRIDGE], rest_days=0)

    found = mine.post(f"/campaigns/{again}/batches").json["cases"]

    assert [case["resident"]["name"] for case in found] == ["李三"]
    assert found[0]["rung_before"] == {"campaign": "核对", "at": "2026-11-24T02:00:00Z"}


def test_a_number_that_proved_wrong_stands_last(app: Flask, db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, [resident("双号", mobile(7), mobile(8))])
    mine = program(app, db, town.people.volunteer)
    case = taken(mine, town)["cases"][0]["id"]
    town.save(town.people.volunteer, "双号", "invalid_number", number=mobile(7))
    town.wait(days=1)

    found = taken(mine, town)["cases"][0]

    assert (found["id"], found["attempts"]) == (case, 1)
    assert found["numbers"] == [
        {"e164": mobile(8), "display": "139 0000 0008", "kind": "mobile"},
        {
            "e164": mobile(7), "display": "139 0000 0007", "kind": "mobile",
            "proved_wrong": True,
        },
    ]  # fmt: skip
    assert found["why"].startswith("Invalid") or "yesterday" in found["why"]


def test_looking_opens_a_batch_and_keeps_it(mine: Program, town: Town) -> None:
    batch = taken(mine, town)
    assert town.batch_of_id(batch["id"]).opened_at is None
    town.wait(minutes=20)

    found = mine.get(f"/batches/{batch['id']}").json

    assert {name: found[name] for name in batch} == {
        **batch, "lease_expires_at": "2026-11-24T06:20:00Z"
    }  # fmt: skip
    assert found["opened_at"] == "2026-11-24T02:20:00Z"
    assert (found["ended_at"], found["end_reason"]) == (None, "")
    assert trail(town.db)[-1][0] == "batch_seen"


def test_a_batch_tells_the_code_that_residents_are_told(
    mine: Program, theirs: Program, town: Town
) -> None:
    one, other = (taken(who, town, size=1)["id"] for who in (mine, theirs))
    code = mine.get(f"/batches/{one}").json["code"]

    assert len(code) == 4
    assert mine.get(f"/batches/{one}").json["code"] == code
    assert theirs.get(f"/batches/{other}").json["code"] != code


def test_a_batch_is_its_holders_alone(mine: Program, theirs: Program, town: Town) -> None:
    key = taken(mine, town)["id"]

    for method, act in [("GET", ""), *(("POST", f"/{one}") for one in ACTS)]:
        assert theirs.open(f"/batches/{key}{act}", method).status_code == 404
    assert len(mine.get(f"/batches/{key}").json["cases"]) == 3


ACTS = ("release", "handoff", "accept", "decline")


def test_what_was_given_back_is_free_at_once(mine: Program, theirs: Program, town: Town) -> None:
    key = taken(mine, town)["id"]

    for _ in range(2):
        answer = mine.post(f"/batches/{key}/release")
        assert answer.status_code == 200
        assert answer.json == {
            "id": key, "ended_at": "2026-11-24T02:00:00Z", "end_reason": "released"
        }  # fmt: skip
    over = mine.get(f"/batches/{key}").json
    assert (over["cases"], over["end_reason"]) == ([], "released")
    assert len(taken(theirs, town)["cases"]) == 3


def test_a_colleague_accepts_what_is_handed_over(
    mine: Program, theirs: Program, town: Town
) -> None:
    key = taken(mine, town)["id"]
    asked = {"to": town.people.colleague.name, "note": "李三要晚上打"}

    first = mine.post(f"/batches/{key}/handoff", asked)
    again = mine.post(f"/batches/{key}/handoff")

    assert first.status_code == 200
    assert again.json == first.json
    found = first.json
    assert found["sheet"] == f"/api/v1/handoffs/{found['id']}/sheet.pdf"
    assert (found["to"], found["cases"]) == (town.people.colleague.name, 3)
    (offer,) = theirs.get("/batches").json["items"]
    assert (offer["id"], offer["cases"]) == (found["to_batch_id"], 3)
    assert (offer["handed_by_id"], offer["opened_at"]) == (town.people.volunteer.user.id, None)
    seen = theirs.get(f"/batches/{offer['id']}").json
    assert (seen["opened_at"], seen["cases"]) == (None, [])
    accepted = theirs.post(f"/batches/{offer['id']}/accept").json
    assert len(accepted["cases"]) == 3
    assert accepted["opened_at"] == "2026-11-24T02:00:00Z"
    assert not town.broken()


def test_what_is_declined_goes_to_the_pool(mine: Program, theirs: Program, town: Town) -> None:
    key = taken(mine, town)["id"]
    asked = {"to": town.people.colleague.name}
    offer = mine.post(f"/batches/{key}/handoff", asked).json["to_batch_id"]

    assert theirs.post(f"/batches/{offer}/decline").json["end_reason"] == "declined"
    late = theirs.post(f"/batches/{offer}/accept")
    assert (late.status_code, late.json["code"]) == (409, "batch_over")
    assert len(taken(mine, town)["cases"]) == 3


def test_to_the_pool_needs_no_body(mine: Program, town: Town) -> None:
    key = taken(mine, town)["id"]

    found = mine.post(f"/batches/{key}/handoff").json

    assert (found["to"], found["to_batch_id"], found["cases"]) == (None, None, 3)


@pytest.mark.parametrize("to", ["谁也不是", "督导", "志愿者甲"])
def test_who_cannot_take_it_is_a_wrong_field(mine: Program, town: Town, to: str) -> None:
    key = taken(mine, town)["id"]

    answer = mine.post(f"/batches/{key}/handoff", {"to": to})

    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "to")
    assert len(mine.get(f"/batches/{key}").json["cases"]) == 3


def test_one_whose_answer_was_lost_is_found_again(mine: Program, town: Town) -> None:
    keys = [taken(mine, town, size=1)["id"], taken(mine, town, size=1)["id"]]

    page = mine.get("/batches", per_page=1)

    assert (page.json["total"], [one["id"] for one in page.json["items"]]) == (2, keys[:1])
    assert 'rel="next"' in page.headers["Link"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"size": 0}, 422, "fields_wrong"),
        ({"size": 61}, 422, "fields_wrong"),
        ({"size": True}, 422, "fields_wrong"),
        ({"size": "20"}, 422, "fields_wrong"),
        ({"size": 2.5}, 422, "fields_wrong"),
        ({"sizes": 2}, 422, "fields_wrong"),
        ({"community": "中桥"}, 422, "fields_wrong"),
        ({"community": FAR}, 409, "community_unknown"),
        ({"community": HARBOUR}, 409, "community_unknown"),
    ],
)
def test_what_is_no_batch_is_refused(
    mine: Program, town: Town, body: dict[str, Any], status: int, code: str
) -> None:
    answer = mine.post(f"/campaigns/{town.campaign}/batches", body)

    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_who_holds_enough_or_comes_late_gets_a_conflict(mine: Program, town: Town) -> None:
    few = open_campaign(town.db, [BRIDGE], max_held=1)
    mine.post(f"/campaigns/{few}/batches", {"size": 1})
    assert mine.post(f"/campaigns/{few}/batches").json["code"] == "holds_enough"
    town.close()
    late = mine.post(f"/campaigns/{town.campaign}/batches")

    assert (late.status_code, late.json["code"]) == (409, "campaign_not_open")


def test_who_was_stopped_is_told_so_and_can_take_again_when_started(
    mine: Program, town: Town
) -> None:
    """Nothing else ends: what was rung before is handed in and corrected as ever."""
    taken = mine.post(f"/campaigns/{town.campaign}/batches", {"size": 1}).json
    user = town.people.volunteer.user
    with town.db.writing() as session:
        leaving.stop(session, town.people.leader.user, town.now, user.id)
    answer = mine.post(f"/campaigns/{town.campaign}/batches", {"size": 1})

    assert (answer.status_code, answer.json["code"]) == (409, "stopped")
    assert mine.get(f"/batches/{taken['id']}").json["end_reason"] == "stopped"
    with town.db.writing() as session:
        leaving.start(session, town.people.leader.user, town.now, user.id)
    assert mine.post(f"/campaigns/{town.campaign}/batches", {"size": 1}).status_code == 201


def test_a_first_batch_of_a_program_is_as_large_as_it_asks(
    app: Flask, db: Database, clock: Clock
) -> None:
    """A screen protects the person before it; who writes a program has read what it does."""
    town = Town.of(db, clock, [f"居民{number}" for number in range(FIRST_BATCH + 3)])
    found = taken(program(app, db, town.people.volunteer), town, size=FIRST_BATCH + 1)
    assert len(found["cases"]) == FIRST_BATCH + 1


def test_a_closed_account_takes_nothing(mine: Program, town: Town) -> None:
    with town.db.writing() as session:
        session.get_one(User, town.people.volunteer.user.id).active = False

    assert mine.post(f"/campaigns/{town.campaign}/batches").status_code == 401


def test_who_asks_in_vain_without_end_is_told_to_wait(
    app: Flask, mine: Program, theirs: Program, town: Town
) -> None:
    """Such a claim may look at all that waits."""
    taken(mine, town)
    app.extensions["purses"]["vain"].most = 10
    path = f"/campaigns/{town.campaign}/batches"
    statuses = [theirs.post(path).status_code for _ in range(11)]
    refused = theirs.post(path)

    assert statuses == [200] * 11
    assert (refused.status_code, refused.json["code"]) == (429, "requests_too_many")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert theirs.get("/batches").status_code == 200
    town.release(town.people.volunteer, town.batch_of(town.people.volunteer))
    town.wait(minutes=1)
    assert theirs.post(path).status_code == 201
