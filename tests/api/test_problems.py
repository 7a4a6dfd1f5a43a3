"""Whatever goes wrong under /api/v1 is told as problem details, in the program's language."""

import json
import logging
from collections.abc import Iterator
from typing import Annotated

import pytest
from flask import Flask
from pydantic import JsonValue
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from werkzeug.test import TestResponse

from app.api.fields import Asked, Id, Moment, text
from app.api.reading import JSON_BYTES, body
from app.turns import NotCommittedError
from tests.api.conftest import Program, Programs
from tests.web.test_answers import check


class Thing(Asked):
    """A body with a field of each kind."""

    number: Id | None = None
    flag: bool = False
    words: Annotated[str, text(10)] = ""
    at: Moment | None = None
    some: list[Id] | None = None
    any: dict[str, JsonValue] | None = None


PASSING = {
    "out of reach": OperationalError("SELECT 1", None, OSError()),
    "busy": NoConnectionError(),
    "not committed": NotCommittedError(),
}


@pytest.fixture
def program(new_app: Flask) -> Iterator[Program]:
    """A program of an app that takes a thing, and has an operation that fails."""

    def take() -> tuple[str, int]:
        return body(Thing).model_dump_json(), 200

    def fail() -> str:
        raise RuntimeError("swordfish")

    def fail_for_now(how: str) -> str:
        raise PASSING[how]

    new_app.extensions["csrf"].exempt(take)
    new_app.add_url_rule("/api/v1/things", view_func=take, methods=["POST"])
    new_app.add_url_rule("/api/v1/broken", view_func=fail)
    new_app.add_url_rule("/api/v1/fails/<how>", view_func=fail_for_now)
    logging.getLogger("app").setLevel(logging.CRITICAL + 1)
    yield Program(new_app.test_client(), None)
    logging.getLogger("app").setLevel(logging.NOTSET)


def post(program: Program, content: bytes | str, kind: str = "application/json") -> TestResponse:
    return program.open("/things", method="POST", data=content, content_type=kind)


def judge(answer: TestResponse, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    assert answer.headers["Content-Language"] == "en"
    found = answer.json
    assert found["type"] == "about:blank"
    assert (found["status"], found["code"]) == (status, code)
    assert found["title"]
    assert found["detail"].endswith(".")
    check(answer)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "nothing_here"),
        ("GET", "/", 404, "nothing_here"),
        ("POST", "/campaigns", 405, "method_unknown"),
        ("TRACE", "/campaigns", 405, "method_unknown"),
        ("GET", "/campaigns?x=%00", 400, "request_unreadable"),
        ("GET", "/campaigns", 401, "token_needed"),
        ("GET", "/broken", 500, "broken"),
    ],
)
def test_an_error_is_told_to_a_program_as_a_program_reads(
    program: Program, method: str, path: str, status: int, code: str
) -> None:
    judge(program.open(path, method=method), status, code)


@pytest.mark.parametrize("failure", PASSING)
def test_a_database_that_fails_just_now_is_to_be_asked_again(
    program: Program, failure: str
) -> None:
    answer = program.open(f"/fails/{failure}")

    judge(answer, 503, "broken")
    assert answer.headers["Retry-After"] == "5"


def test_a_failure_shows_nothing_of_the_inside(program: Program) -> None:
    assert "swordfish" not in program.open("/broken").text


def test_a_method_that_is_none_of_the_address_is_answered_with_those_that_are(
    program: Program,
) -> None:
    answer = program.open("/campaigns", method="DELETE")

    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_chinese_is_spoken_unless_english_is_asked_for(program: Program) -> None:
    for asked, spoken in (("", "zh"), ("zh-CN", "zh"), ("fr", "zh"), ("en-GB,zh;q=0.5", "en")):
        answer = program.open("/nothing", headers={"Accept-Language": asked})
        assert answer.headers["Content-Language"] == spoken
        assert ("nothing" in answer.json["detail"]) == (spoken == "en")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"nothing",
        b"[" * 100_000,
        b'{"any": ' * 5000,
        b'{"any": {"x": NaN}}',
        b'{"any": {"x": -Infinity}}',
        b'{"any": {"x": 1e999}}',
        b'{"any": {"x": ' + b"9" * 5000 + b"}}",
        b'{"words": "a\x00"}',
    ],
)
def test_what_is_no_json_is_refused(program: Program, content: bytes) -> None:
    judge(post(program, content), 400, "json_unreadable")


@pytest.mark.parametrize("content", ['{"number": 1, "number": 2}', '{"any": {"x": 1, "x": 2}}'])
def test_a_name_that_stands_twice_is_refused(program: Program, content: str) -> None:
    judge(post(program, content), 400, "json_repeated")


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"number": True}, "number", "This must be a whole number."),
        ({"number": "1"}, "number", "This must be a whole number."),
        ({"number": 1.5}, "number", "This must be a whole number."),
        ({"number": [1]}, "number", "This must be a whole number."),
        ({"number": 0}, "number", "This is out of range; the limit is 1."),
        ({"number": 2**63}, "number", f"This is out of range; the limit is {2**63 - 1}."),
        ({"flag": 1}, "flag", "This must be true or false."),
        ({"words": 1}, "words", "This must be a text."),
        ({"words": ["a"]}, "words", "This must be a text."),
        ({"words": "a" * 11}, "words", "This is too long or too short; the limit is 10."),
        ({"words": "a\0"}, "words", "This value can't be used."),
        ({"some": 1}, "some", "This must be a list."),
        ({"some": [1, True]}, "some.1", "This must be a whole number."),
        ({"any": []}, "any", "This must be an object."),
        ({"__proto__": {}}, "__proto__", "There is no such field."),
    ],
)
def test_a_wrong_field_is_named(
    program: Program, given: dict[str, object], field: str, message: str
) -> None:
    answer = post(program, json.dumps(given))

    judge(answer, 422, "fields_wrong")
    assert answer.json["errors"] == [{"field": field, "message": message}]


def test_all_wrong_fields_are_named_at_once(program: Program) -> None:
    answer = post(program, '{"number": "1", "flag": "no", "x": 1}')

    assert [error["field"] for error in answer.json["errors"]] == ["number", "flag", "x"]


@pytest.mark.parametrize("content", ["[]", "1", '"{}"', "null"])
def test_a_body_that_is_no_object_is_refused(program: Program, content: str) -> None:
    answer = post(program, content)

    judge(answer, 422, "fields_wrong")
    assert answer.json["errors"] == [{"field": "", "message": "This must be an object."}]


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("2026-11-24T16:00:00+08:00", 200),
        ("2026-11-24T16:00:00Z", 200),
        ("2026-11-24t16:00:00.123456789z", 200),
        ("2026-11-24T16:00:00", 422),
        ("2026-11-24 16:00:00Z", 422),
        ("2026-11-24", 422),
        ("1700000000", 422),
        (1700000000, 422),
        ("2026-02-30T16:00:00Z", 422),
    ],
)
def test_a_moment_has_its_offset(program: Program, moment: object, status: int) -> None:
    assert post(program, json.dumps({"at": moment})).status_code == status


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "text/json", ""]
)
def test_json_comes_as_json(program: Program, kind: str) -> None:
    judge(post(program, "{}", kind), 415, "body_type")


def test_a_body_may_say_its_charset(program: Program) -> None:
    assert post(program, "{}", "application/json; charset=utf-8").status_code == 200


def test_a_body_has_an_end(program: Program) -> None:
    content = b'{"words": "' + b"a" * JSON_BYTES + b'"}'

    judge(post(program, content), 413, "body_large")


def test_head_is_get_without_a_body(programs: Programs) -> None:
    program = programs("leader")
    answer, empty = program.open("/campaigns"), program.open("/campaigns", method="HEAD")

    assert (empty.status_code, empty.data) == (200, b"")
    assert empty.headers["Content-Length"] == answer.headers["Content-Length"]
