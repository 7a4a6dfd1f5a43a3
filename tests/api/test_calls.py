"""Calls through the API: handing in, by token and by ticket, correcting, taking back."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.api.access import FAILURES_PER_MINUTE
from app.calls import tickets
from app.calls.models import Call
from app.cases.models import Skip
from app.db import Database
from app.people.models import User
from tests.api.conftest import Program, program
from tests.cases.town import Town
from tests.cast import mobile, resident
from tests.conftest import Clock

COUPLE = [
    resident("陈一", mobile(1), room="101"),
    resident("陈二", mobile(2), room="101"),
    resident("李三", mobile(3), room="102"),
]
MADE = {"started_at": "2026-11-24T09:58:00+08:00", "ended_at": "2026-11-24T02:00:00Z"}


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    return Town.of(db, clock, COUPLE)


@pytest.fixture
def mine(app: Flask, town: Town) -> Program:
    """The volunteer's program; the volunteer holds everybody."""
    town.batch(town.people.volunteer)
    return program(app, town.db, town.people.volunteer)


@pytest.fixture
def theirs(app: Flask, town: Town) -> Program:
    return program(app, town.db, town.people.colleague)


def deposit(app: Flask, town: Town) -> Program:
    """A program that has nothing but the volunteer's ticket."""
    batch = town.batch_of(town.people.volunteer)
    text = tickets.ticket("no secret " * 4, batch.id, batch.user_id)
    return Program(app.test_client(), text, "Deposit")


def hand_in(
    who: Program, town: Town, name: str = "李三", key: str | None = "k", **body: Any
) -> TestResponse:
    headers = {} if key is None else {"Idempotency-Key": key}
    sent = {"disposition": "completed", **MADE, **body}
    sent = {field: value for field, value in sent.items() if value is not ...}
    return who.post(f"/cases/{town.case(name).id}/calls", sent, headers=headers)


def test_a_call_is_recorded_once_and_answered_the_same_for_ever(mine: Program, town: Town) -> None:
    first = hand_in(mine, town, number=mobile(3), note=" 好 ", answers={"q1": ["a", None, 1.5]})
    town.wait(days=400)
    again = hand_in(mine, town, number=mobile(3), note=" 好 ", answers={"q1": ["a", None, 1.5]})

    (call,) = town.calls()
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json == {"id": call.id, "applied": True}
    assert (call.note, call.answers, call.idempotency_key) == ("好", {"q1": ["a", None, 1.5]}, "k")
    assert call.started_at.isoformat() == "2026-11-24T01:58:00+00:00"
    assert town.case("李三").state == "done"


def test_odd_answers_are_kept(mine: Program, town: Town) -> None:
    odd = {"q\0": ["a\0b", {"x": 10**30}], "": None, "😀": -0.5}

    assert [hand_in(mine, town, answers=odd).status_code for _ in range(2)] == [201, 200]
    assert town.calls()[0].answers == {"q": ["ab", {"x": 10**30}], "": None, "😀": -0.5}


def test_one_call_settles_a_household(mine: Program, town: Town) -> None:
    also = [town.case("陈二").id, town.case("陈一").id, town.case("陈二").id]

    assert hand_in(mine, town, "陈一", also=also).json["applied"]

    assert {town.case(name).state for name in ("陈一", "陈二")} == {"done"}
    assert not town.broken()


def test_whose_case_it_never_was_finds_nothing(mine: Program, theirs: Program, town: Town) -> None:
    assert hand_in(theirs, town).status_code == 404
    nowhere = theirs.post(
        "/cases/999/calls", {"disposition": "busy", **MADE}, headers={"Idempotency-Key": "k"}
    )
    assert nowhere.status_code == 404
    assert hand_in(mine, town, hold=999).json["reason"] == "stale_hold"


def test_staff_may_be_rung_back_by_any_of_their_residents(
    app: Flask, mine: Program, town: Town
) -> None:
    leader = program(app, town.db, town.people.leader)

    assert hand_in(leader, town).status_code == 404
    assert hand_in(leader, town, direction="in").json["applied"]


def test_the_same_key_for_another_call_is_a_wrong_field(mine: Program, town: Town) -> None:
    hand_in(mine, town)

    for other in ({"note": "x"}, {"disposition": "busy"}, {"ended_at": "2026-11-24T02:00:01Z"}):
        answer = hand_in(mine, town, **other)
        assert (answer.status_code, answer.json["code"]) == (422, "key_reused")
    assert hand_in(mine, town, "陈一").json["code"] == "key_reused"
    assert len(town.calls()) == 1


def test_the_same_moment_written_otherwise_is_the_same_call(mine: Program, town: Town) -> None:
    hand_in(mine, town)

    again = hand_in(mine, town, ended_at="2026-11-24t10:00:00.000+08:00", note=None)

    assert again.status_code == 200


def test_what_was_sent_by_token_is_the_same_by_ticket(
    app: Flask, mine: Program, town: Town
) -> None:
    ticket = deposit(app, town)
    batch = town.batch_of(town.people.volunteer).id

    answers = [hand_in(who, town, hold=hold) for who, hold in [
        (mine, None), (ticket, None), (ticket, batch), (mine, batch),
    ]]  # fmt: skip

    assert [answer.status_code for answer in answers] == [201, 200, 200, 200]
    assert {answer.get_data() for answer in answers} == {answers[0].get_data()}


@pytest.mark.parametrize("key", [None, "", "x" * 201, "é", "a\tb", "名"])
def test_without_a_key_nothing_is_taken(mine: Program, town: Town, key: str | None) -> None:
    answer = hand_in(mine, town, key=None if key is None else key.encode().decode("latin-1"))

    assert answer.status_code == 400
    assert answer.json["errors"][0]["field"] == "Idempotency-Key"
    assert not town.calls()


@pytest.mark.parametrize("key", ["x" * 200, '"quoted"', "a,b", "~ !#$%&'()*+-./:;<=>?@[]^_`{|}"])
def test_any_printable_key_will_do(mine: Program, town: Town, key: str) -> None:
    assert hand_in(mine, town, key=key).status_code == 201
    assert town.calls()[0].idempotency_key == key


def test_a_key_is_its_users_own(mine: Program, theirs: Program, town: Town) -> None:
    hand_in(mine, town)
    town.wait(days=4)
    town.batch(town.people.colleague)

    assert hand_in(theirs, town, "陈一").status_code == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"disposition": "done"}, "disposition"),
        ({"disposition": ...}, "disposition"),
        ({"direction": "up"}, "direction"),
        ({"started_at": ...}, "started_at"),
        ({"started_at": "2026-11-24T10:00:00"}, "started_at"),
        ({"started_at": 1764000000}, "started_at"),
        ({"started_at": "2026-02-30T10:00:00Z"}, "started_at"),
        ({"number": "+8613900000099"}, "number"),
        ({"number": ""}, "number"),
        ({"also": [999]}, "also"),
        ({"also": list(range(1, 10_001))}, "also"),
        ({"also": [0]}, "also.0"),
        ({"also": [True]}, "also.0"),
        ({"also": 1}, "also"),
        ({"hold": True}, "hold"),
        ({"note": "x" * 2001}, "note"),
        ({"note": "\0"}, "note"),
        ({"answers": []}, "answers"),
        ({"disposition": "callback_requested"}, "callback_at"),
        ({"disposition": "callback_requested", "callback_at": MADE["started_at"]}, "callback_at"),
        ({"disposition": "callback_requested", "callback_at": "9999-12-31T23:59:59Z"},
         "callback_at"),
        ({"idempotency_key": "k"}, "idempotency_key"),
        ({"__proto__": {}}, "__proto__"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_and_the_next_call_goes_on(
    mine: Program, town: Town, body: dict[str, Any], field: str
) -> None:
    odd = hand_in(mine, town, key="odd", **body)

    assert (odd.status_code, odd.json["errors"][0]["field"]) == (422, field)
    assert odd.json["errors"][0]["message"]
    assert hand_in(mine, town, "陈一", key="next").status_code == 201
    assert hand_in(mine, town, key="odd").status_code == 201


HEADERS = {"Idempotency-Key": "k", "Content-Type": "application/json"}
DEEP = 100_000
WRITTEN = '"started_at": "2026-11-24T09:58:00+08:00", "ended_at": "2026-11-24T02:00:00Z"'


@pytest.mark.parametrize(
    "content",
    [
        b"", b"null{", b"\xff", b"\xef\xbb\xbf{}", b"[" * DEEP, b'{"a":' * (DEEP // 2),
        b'{"answers":{"q":' + b"[" * 1000 + b"]" * 1000 + b"}}",
        b'{"note": "\\ud800"}',
        f'{{"disposition": "busy", "disposition": "busy", {WRITTEN}}}'.encode(),
        f'{{"disposition": "busy", "answers": {{"q": NaN}}, {WRITTEN}}}'.encode(),
        f'{{"disposition": "busy", "answers": {{"q": {"9" * 5000}}}, {WRITTEN}}}'.encode(),
        f'{{"disposition": "busy", "answers": {{"q": 1e999}}, {WRITTEN}}}'.encode(),
        f'{{"disposition": "busy", "answers": {{"q": 1, "q": 2}}, {WRITTEN}}}'.encode(),
    ],
)  # fmt: skip
def test_what_is_no_clean_json_is_refused(mine: Program, town: Town, content: bytes) -> None:
    path = f"/cases/{town.case('李三').id}/calls"

    answer = mine.open(path, "POST", data=content, headers=HEADERS)

    assert answer.status_code == 400
    assert answer.json["code"] in {"json_unreadable", "json_repeated"}
    assert not town.calls()


@pytest.mark.parametrize("content", [b"null", b"[]", b"1", b'"x"', b"{}"])
def test_a_body_that_is_no_call_is_refused(mine: Program, town: Town, content: bytes) -> None:
    path = f"/cases/{town.case('李三').id}/calls"

    assert mine.open(path, "POST", data=content, headers=HEADERS).status_code == 422


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": ""}, 415),
        ({"Content-Type": "application/json; charset=utf-8"}, 201),
        ({"X-HTTP-Method-Override": "DELETE"}, 201),
    ],
)
def test_odd_headers_change_nothing(
    mine: Program, town: Town, headers: dict[str, str], status: int
) -> None:
    content = f'{{"disposition": "busy", {WRITTEN}}}'.encode()
    path = f"/cases/{town.case('李三').id}/calls"

    answer = mine.open(path, "POST", data=content, headers={**HEADERS, **headers})

    assert answer.status_code == status


def test_what_comes_in_chunks_is_bounded_too(mine: Program, town: Town) -> None:
    from io import BytesIO

    path = f"/cases/{town.case('李三').id}/calls"
    more = {"headers": HEADERS, "environ_overrides": {"wsgi.input_terminated": True}}
    large, small = b'"' + b"x" * 300_000 + b'"', f'{{"disposition": "busy", {WRITTEN}}}'.encode()

    assert mine.open(path, "POST", input_stream=BytesIO(large), **more).status_code == 413
    assert mine.open(path, "POST", input_stream=BytesIO(small), **more).status_code == 201


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "TRACE"])
def test_there_is_one_way_to_hand_in(mine: Program, town: Town, method: str) -> None:
    answer = mine.open(f"/cases/{town.case('李三').id}/calls", method)

    assert (answer.status_code, answer.headers["Allow"]) == (405, "OPTIONS, POST")


@pytest.mark.parametrize(
    ("started", "ended", "kept"),
    [
        ("2031-01-01T00:00:00Z", "2031-01-01T00:01:00Z", ("2031-01-01", "2031-01-01")),
        ("1970-01-01T00:00:03Z", "1970-01-01T00:01:00Z", ("1970-01-01", "1970-01-01")),
        ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", ("1970-01-01", "2100-01-01")),
        ("2026-11-24T09:00:00+08:00", "2026-11-24T08:00:00+08:00", ("2026-11-24", "2026-11-24")),
        ("2026-11-24T09:00:00+08:00", "1970-01-01T00:00:00Z", ("1970-01-01", "1970-01-01")),
    ],
)
def test_a_wrong_clock_loses_no_call(
    mine: Program, town: Town, started: str, ended: str, kept: tuple[str, str]
) -> None:
    answer = hand_in(mine, town, disposition="no_answer", started_at=started, ended_at=ended)

    (call,) = town.calls()
    assert (answer.status_code, answer.json["applied"]) == (201, True)
    assert (str(call.started_at)[:10], str(call.ended_at)[:10]) == kept
    assert call.started_at <= call.ended_at
    assert (
        hand_in(mine, town, disposition="no_answer", started_at=started, ended_at=ended).status_code
        == 200
    )
    assert mine.get("/calls").status_code == 200
    town.wait(days=1)
    assert mine.post(f"/campaigns/{town.campaign}/batches").status_code == 201
    assert not town.broken()


def test_an_appointment_may_be_a_window_and_anyones(mine: Program, town: Town) -> None:
    hand_in(
        mine, town, disposition="callback_requested", callback_at="2026-11-24T20:00:00+08:00",
        callback_until="2026-11-24T21:00:00+08:00", callback_anyone=True,
    )  # fmt: skip
    town.wait(hours=10)
    found = mine.post(f"/campaigns/{town.campaign}/batches", {"size": 1}).json["cases"][0]

    assert found["appointment_at"] == "2026-11-24T12:00:00Z"
    assert found["appointment_until"] == "2026-11-24T13:00:00Z"
    assert found["why"] == "Asked for 20:00"


def test_a_ticket_hands_in_and_reads_nothing(app: Flask, mine: Program, town: Town) -> None:
    ticket = deposit(app, town)

    answer = hand_in(ticket, town)

    assert answer.json == {"id": town.calls()[0].id, "applied": True}
    for method, path in [
        ("GET", "/batches"), ("GET", f"/batches/{town.batch_of(town.people.volunteer).id}"),
        ("GET", "/calls"), ("GET", "/campaigns"), ("POST", "/calls/1/undo"),
        ("POST", "/calls/1/correction"), ("POST", f"/cases/{town.case('陈一').id}/skip"),
    ]:  # fmt: skip
        assert ticket.open(path, method).status_code == 401


def test_a_ticket_is_good_for_its_own_cases_only(app: Flask, mine: Program, town: Town) -> None:
    ticket = deposit(app, town)
    town.release(town.people.volunteer, town.batch_of(town.people.volunteer))
    town.batch(town.people.leader)
    other = town.batch_of(town.people.leader)
    foreign = Program(
        app.test_client(),
        tickets.ticket("no secret " * 4, other.id, town.people.leader.user.id),
        "Deposit",
    )

    assert hand_in(ticket, town, hold=other.id).json["code"] == "ticket_elsewhere"
    assert hand_in(ticket, town).json["reason"] == "stale_hold"
    assert hand_in(foreign, town).json["applied"]


def test_the_ticket_of_a_leader_is_no_way_to_other_residents(
    app: Flask, db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, COUPLE)
    batch = town.batch(town.people.leader, size=1)
    text = tickets.ticket("no secret " * 4, batch.id, batch.user_id)
    ticket = Program(app.test_client(), text, "Deposit")
    names = town.held(batch)

    assert hand_in(ticket, town, names[0], key="1", direction="in").status_code == 201
    (other,) = {"陈一", "陈二", "李三"} - set(names)
    assert hand_in(ticket, town, other, key="2", direction="in").status_code == 404


def test_a_ticket_is_good_for_thirty_days(app: Flask, mine: Program, town: Town) -> None:
    ticket = deposit(app, town)
    town.release(town.people.volunteer, town.batch_of(town.people.volunteer))

    town.wait(days=30, minutes=30, seconds=-1)  # after the lease it had
    assert hand_in(ticket, town).status_code == 201
    town.wait(seconds=1)
    late = hand_in(ticket, town)
    assert (late.status_code, late.json["code"]) == (401, "token_needed")
    assert late.headers["WWW-Authenticate"]


@pytest.mark.parametrize("change", ["x", "", "forged", "long"])
def test_what_is_no_ticket_of_ours_opens_nothing(
    app: Flask, mine: Program, town: Town, change: str
) -> None:
    ticket = deposit(app, town)
    batch = town.batch_of(town.people.volunteer)
    ticket.secret = {
        "x": f"{ticket.secret}x", "": "", "long": "x" * 100_000,
        "forged": tickets.ticket("another key", batch.id, batch.user_id),
    }[change]  # fmt: skip

    assert hand_in(ticket, town).status_code == 401
    assert not town.calls()


def test_a_ticket_for_a_batch_that_is_not_there_opens_nothing(
    app: Flask, mine: Program, town: Town
) -> None:
    user = town.people.colleague.user.id
    for batch in (town.batch_of(town.people.volunteer).id, 999):
        text = tickets.ticket("no secret " * 4, batch, user)
        assert hand_in(Program(app.test_client(), text, "Deposit"), town).status_code == 401


def test_who_guesses_tickets_is_told_to_wait(app: Flask, mine: Program, town: Town) -> None:
    ticket = deposit(app, town)
    ticket.secret = "x"
    statuses = [hand_in(ticket, town).status_code for _ in range(FAILURES_PER_MINUTE + 1)]

    assert statuses == [401] * FAILURES_PER_MINUTE + [429]
    assert hand_in(mine, town).status_code == 201


def test_a_working_volunteer_never_meets_the_limit(app: Flask, mine: Program, town: Town) -> None:
    """Two requests each second, for two minutes, by token and by ticket."""
    ticket = deposit(app, town)
    statuses = set()
    for tick in range(240):
        town.wait(seconds=0.5)
        statuses.add(hand_in(mine if tick % 2 else ticket, town).status_code)

    assert statuses == {201, 200}


def test_a_ticket_has_a_limit_of_its_own(app: Flask, mine: Program, town: Town) -> None:
    app.extensions["purses"]["ticket"].most = 2
    app.extensions["purses"]["ticket"].portion = 1
    ticket = deposit(app, town)
    answers = [hand_in(ticket, town) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201, 200, 429]
    assert int(answers[2].headers["Retry-After"]) <= 60
    assert hand_in(mine, town).status_code == 200


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

    nothing = leader.post("/work/move", {})
    assert (nothing.status_code, nothing.json["code"]) == (422, "work_unnamed")
    moved = leader.post("/work/move", {"user_id": user, "to": town.people.colleague.name})

    assert (moved.status_code, moved.json) == (200, {"cases": 3})
    assert theirs.get("/batches").json["items"][0]["cases"] == 3
    assert leader.post("/work/move", {"user_id": user}).json == {"cases": 0}
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
