"""Who may come to which operation, and how they are known. Written out a second time."""

from dataclasses import replace

import pytest
from flask import Flask

from app import create_app
from app.api.access import FAILURES_PER_MINUTE
from app.people.models import ApiToken, User
from tests.api.conftest import Programs, token_of
from tests.cast import BRIDGE, NOW, sign_in
from tests.conftest import Clock
from tests.web.test_access import ANYBODY, EVERYBODY, RINGS, STAFF

MATRIX = {
    "api.openapi_show": ANYBODY,
    "api.campaigns_index": EVERYBODY,
    "api.campaigns_show": EVERYBODY,
    "api.batches_create": RINGS,
    "api.batches_index": RINGS,
    "api.batches_show": RINGS,
    "api.batches_give_back": RINGS,
    "api.batches_hand_over": RINGS,
    "api.batches_accept": RINGS,
    "api.batches_decline": RINGS,
    "api.calls_create": EVERYBODY,
    "api.dials_create": EVERYBODY,
    "api.calls_correct": EVERYBODY,
    "api.calls_undo": EVERYBODY,
    "api.calls_index": EVERYBODY,
    "api.cases_skip": RINGS,
    "api.cases_answer": STAFF,
    "api.cases_move": STAFF,
    "api.progress_show": STAFF,
    "api.reports_completion": STAFF,
    "api.handoffs_sheet": EVERYBODY,
    "api.imports_create": STAFF,
    "api.imports_show": STAFF,
}


def test_every_operation_states_who_may_come(app: Flask) -> None:
    stated = {
        name: set(view.allowed)
        for name, view in app.view_functions.items()
        if name.startswith("api.")
    }
    anybody = {"anybody"}

    assert stated == {
        name: anybody if roles is ANYBODY else set(roles.split()) for name, roles in MATRIX.items()
    }


@pytest.mark.parametrize("role", ANYBODY.split())
def test_the_door_is_open_to_these_and_shut_to_the_rest(programs: Programs, role: str) -> None:
    program = programs(role)
    given = {"campaign_id": programs.world.near, "code": BRIDGE}
    adapter = programs.world.app.url_map.bind("localhost")
    wrong = []
    for name, roles in MATRIX.items():
        method = programs.world.app.view_functions[name].operation.method  # type: ignore[attr-defined]
        rule = next(iter(programs.world.app.url_map.iter_rules(name)))
        values = {key: given.get(key, 1) for key in rule.arguments}
        path = adapter.build(name, values, method=method)
        status = program.open(path.removeprefix("/api/v1"), method=method).status_code
        shut = 401 if role == "nobody" else 403
        if (status == shut) != (role not in roles.split()) or status >= 500:
            wrong.append((name, status))
    assert not wrong


@pytest.mark.parametrize(
    "header",
    [
        None, "", "Bearer", "Bearer ", "Bearer nothing", "Basic dTpw", "Deposit x", "bearer",
        "Bearer é", "Bearer " + "x" * 10_000,
    ],
)  # fmt: skip
def test_without_a_valid_token_one_is_told_what_to_send(
    programs: Programs, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = programs("nobody").open("/campaigns", headers=headers)

    assert (answer.status_code, answer.json["code"]) == (401, "token_needed")
    challenge = 'Bearer realm="ringround"'
    known = "" if header is None else ', error="invalid_token"'
    assert answer.headers["WWW-Authenticate"] == challenge + known


def test_a_scheme_is_written_in_any_case(programs: Programs) -> None:
    secret = token_of(programs.world.db, programs.world.cast.leader)
    headers = {"Authorization": f"bearer {secret}"}

    assert programs("nobody").open("/campaigns", headers=headers).status_code == 200


def test_a_token_that_was_revoked_opens_nothing(programs: Programs) -> None:
    program = programs("leader")
    assert program.get("/campaigns").status_code == 200
    with programs.world.db.writing() as session:
        session.query(ApiToken).update({"revoked_at": NOW})

    assert program.get("/campaigns").status_code == 401


def test_the_token_of_a_closed_account_opens_nothing(programs: Programs) -> None:
    program = programs("leader")
    with programs.world.db.writing() as session:
        session.get_one(User, programs.world.cast.leader.user.id).active = False

    assert program.get("/campaigns").status_code == 401


def test_a_token_acts_in_its_own_role(programs: Programs) -> None:
    program = programs("nobody")
    program.secret = token_of(programs.world.db, programs.world.cast.leader, "volunteer")

    assert program.get("/campaigns").status_code == 200
    assert program.get(f"/campaigns/{programs.world.near}/progress").status_code == 403


def test_no_session_of_a_page_counts(programs: Programs) -> None:
    program = programs("nobody")
    sign_in(program.client, programs.world.cast.administrator)
    assert program.client.get("/progress").status_code == 200

    answer = program.get("/campaigns")

    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers["Vary"]


def test_a_token_asks_for_no_form_of_ours(programs: Programs) -> None:
    """No CSRF token is wanted where no cookie counts."""
    answer = programs("leader").open("/imports", method="POST", json={})

    assert answer.status_code == 415


def test_no_other_site_is_invited(programs: Programs) -> None:
    headers = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    program = programs("leader")

    for method in ("GET", "OPTIONS"):
        answer = program.open("/campaigns", method=method, headers=headers)
        assert answer.status_code == 200
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def test_strangers_who_try_too_often_are_told_to_wait(programs: Programs, clock: Clock) -> None:
    stranger, member = programs("nobody"), programs("leader")
    statuses = [stranger.get("/campaigns").status_code for _ in range(FAILURES_PER_MINUTE)]
    answer = stranger.get("/campaigns")

    assert set(statuses) == {401}
    assert (answer.status_code, answer.json["code"]) == (429, "requests_too_many")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert member.get("/campaigns").status_code == 200


def test_a_user_whose_tokens_ask_too_often_is_told_to_wait(
    programs: Programs, clock: Clock
) -> None:
    settings = replace(programs.world.app.config["RINGROUND"], api_per_minute=3)
    programs.world.app = create_app(settings, clock=clock)
    busy, other = programs("leader"), programs("supervisor")
    statuses = [busy.get("/campaigns").status_code for _ in range(4)]

    assert statuses == [200, 200, 200, 429]
    assert programs("leader").get("/campaigns").status_code == 429  # another token of theirs
    assert other.get("/campaigns").status_code == 200
    programs.world.app.extensions["database"].close()
