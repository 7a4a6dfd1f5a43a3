"""Calls through the API: what is taken, what is refused, and how it is said."""

from typing import Any

import pytest
from flask import Flask

from tests.api.conftest import Program, program
from tests.api.ringing import MADE, deposit, hand_in, mine, theirs, town
from tests.cases.town import Town
from tests.cast import mobile

__all__ = ["mine", "theirs", "town"]


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


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (r"\ud83d", "\ufffd"),
        (r"x\ude00\ud83d", "x\ufffd\ufffd"),
        (r"\ud83d\ude00", "😀"),
        (r"\\ud83d", r"\ud83d"),
        (r"a\u0000b\u00e9\n\"", 'abé\n"'),
    ],
)
def test_a_note_that_was_cut_in_a_character_is_kept(
    mine: Program, town: Town, written: str, kept: str
) -> None:
    content = f'{{"disposition": "busy", "note": "{written}", {WRITTEN}}}'.encode()
    path = f"/cases/{town.case('李三').id}/calls"

    answers = [mine.open(path, "POST", data=content, headers=HEADERS) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 200]
    assert town.calls()[0].note == kept.strip()


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
        ({"number": 13900000099}, "number"),
        ({"number": "9" * 41}, "number"),
        ({"also": list(range(1, 10_001))}, "also"),
        ({"also": [0]}, "also.0"),
        ({"also": [True]}, "also.0"),
        ({"also": 1}, "also"),
        ({"hold": True}, "hold"),
        ({"note": "x" * 2001}, "note"),
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

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}


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
    assert found["why"] == "Asked for 20:00–21:00"
