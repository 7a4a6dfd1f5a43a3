"""A new link for somebody who forgot the password: what it ends, who may make it, who is told."""

from datetime import timedelta

import pytest
from flask import Flask

from app.db import Database
from app.people import queries, service, tokens
from app.people.models import User
from app.people.rules import JOINS_PER_MINUTE, ROLES, may_invite, spaced_code
from app.problems import ForbiddenError, Problem
from tests import cast
from tests.cast import NOW, Cast, Person, add, english, sign_in, sign_in_by_page, token, words
from tests.conftest import Clock
from tests.house.pages import CheckingClient

PASSWORD = "three small boats"


@pytest.fixture
def people(db: Database) -> Cast:
    return cast.standing(db)


@pytest.fixture
def browser(client: CheckingClient) -> CheckingClient:
    return english(client)


def renew(db: Database, who: Person, by: Person | None, moment: object = NOW) -> str:
    with db.writing() as session:
        user = session.get_one(User, who.user.id)
        return service.invite(session, by.user if by else None, user, moment)  # type: ignore[arg-type]


def look(client: CheckingClient, code: str) -> tuple[bool, str]:
    answer = client.post("/join/look", data={"csrf_token": token(client), "code": code})
    assert answer.status_code == 200
    return answer.json["good"], " ".join(answer.json["says"])


@pytest.mark.parametrize("role", ROLES)
def test_a_link_never_works_for_a_role_as_high_as_ones_own(role: str) -> None:
    ranks = list(ROLES)
    for other in ROLES:
        for same_team in (True, False):
            if may_invite(role, other, same_team=same_team):
                assert ranks.index(other) < ranks.index(role)
    assert not may_invite("leader", "volunteer", same_team=False)
    assert may_invite("leader", "volunteer", same_team=True)
    assert may_invite("supervisor", "leader", same_team=False)


def test_nobody_can_be_invited_from_as_high_or_from_elsewhere(db: Database, people: Cast) -> None:
    second = add(db, "组长二", "leader", team="观音山街道")
    root = add(db, "管理员二", "administrator")
    for who, by in (
        (second, people.leader), (people.leader, people.leader), (people.outsider, people.leader),
        (people.supervisor, people.supervisor), (root, people.administrator),
        (people.leader, people.volunteer), (people.colleague, people.volunteer),
    ):  # fmt: skip
        with pytest.raises(ForbiddenError):
            renew(db, who, by)


def test_the_pages_refuse_what_the_rule_refuses(app: Flask, db: Database, people: Cast) -> None:
    second = add(db, "组长二", "leader", team="观音山街道")
    root = add(db, "管理员二", "administrator")
    for who, by, status in (
        (second, people.leader, 404), (root, people.administrator, 404),
        (people.outsider, people.leader, 404), (people.volunteer, people.leader, 200),
    ):  # fmt: skip
        client = app.test_client()
        assert isinstance(client, CheckingClient)
        sign_in(english(client), by)
        path = f"/people/{who.user.id}/invite"
        assert client.get(path).status_code == status, who.name
        answer = client.post(path, data={"csrf_token": token(client)})
        assert answer.status_code == {200: 200, 404: answer.status_code}[status]
        assert (answer.status_code in {403, 404}) == (status == 404), who.name
        with db.reading() as session:
            user = session.get_one(User, who.user.id)
            assert (user.password_hash is None) == (status == 200), who.name


def test_a_new_link_ends_sessions_password_and_tokens(
    db: Database, browser: CheckingClient, people: Cast
) -> None:
    me = people.volunteer
    with db.writing() as session:
        _row, secret = tokens.issue(session, None, NOW, session.get_one(User, me.user.id))
    sign_in_by_page(browser, me)
    code = renew(db, me, people.leader, NOW + timedelta(hours=1))

    answer = browser.get("/calls")
    assert answer.location.startswith("/sign-in")
    assert tokens.bearer(db, secret) is None
    page = words(browser.get(answer.location))
    assert "组长 made this new link for you on 24 Nov 11:00" in page
    assert "If you did not ask for it, tell the administrator." in page
    answer = browser.submit("/sign-in", action="", name=me.name, password=me.password)
    assert "Name or password is wrong." in words(answer)
    assert "组长 made this new link" in words(answer), "this browser knows the account"

    good, says = look(browser, code)
    assert good
    assert "组长 made this new link" in says
    answer = browser.submit("/join", action="", code=code, password=PASSWORD, again=PASSWORD)
    assert "组长 made this new link" in words(browser.get("/calls"))
    assert answer.status_code == 302


def test_a_stranger_is_told_nothing_of_a_new_link(
    db: Database, browser: CheckingClient, people: Cast
) -> None:
    renew(db, people.volunteer, people.leader)
    answer = browser.submit("/sign-in", action="", name=people.volunteer.name, password=PASSWORD)

    assert "Name or password is wrong." in words(answer)
    assert "组长" not in words(answer)


def test_a_first_invitation_speaks_of_no_earlier_password(
    db: Database, browser: CheckingClient, people: Cast
) -> None:
    newcomer = add(db, "新人", "volunteer")
    with db.writing() as session:
        session.get_one(User, newcomer.user.id).password_hash = None
    code = renew(db, newcomer, people.administrator)

    assert look(browser, spaced_code(code).lower()) == (
        True, "This invitation is for 新人, until 1 Dec 10:00.",
    )  # fmt: skip


def test_each_kind_of_bad_link_is_told_at_once(
    db: Database, browser: CheckingClient, clock: Clock, people: Cast
) -> None:
    older = renew(db, people.volunteer, None)
    code = renew(db, people.volunteer, None)
    late = renew(db, people.colleague, None)
    closed = renew(db, people.outsider, None)
    with db.writing() as session:
        queries.get_user(session, people.outsider.name).active = False
        service.join(session, code, "hash", NOW)
    clock.now += timedelta(days=8)
    said = {kind: look(browser, one) for kind, one in {
        "used": code, "replaced": older, "expired": late, "closed": closed, "unknown": "2" * 20,
    }.items()}  # fmt: skip

    assert not any(good for good, _says in said.values())
    assert len({says for _good, says in said.values()}) == len(said)
    assert "was used on 24 Nov 10:00" in said["used"][1]
    assert "newer link" in said["replaced"][1]
    assert "good until 1 Dec 10:00 only" in said["expired"][1]
    assert "account of this invitation is closed" in said["closed"][1]
    assert "No such invitation" in said["unknown"][1]


def test_looking_uses_nothing_up(db: Database, browser: CheckingClient, people: Cast) -> None:
    code = renew(db, people.volunteer, people.leader)
    for _time in range(3):
        assert look(browser, code)[0]
    answer = browser.submit("/join", action="", code=code, password=PASSWORD, again=PASSWORD)
    assert answer.status_code == 302


def test_nobody_can_try_codes_without_end(
    db: Database, browser: CheckingClient, clock: Clock, people: Cast
) -> None:
    code = renew(db, people.volunteer, people.leader)
    sent = {"csrf_token": token(browser), "code": "2" * 20}
    for _try in range(JOINS_PER_MINUTE):
        browser.post("/join/look", data=sent)
    assert look(browser, code) == (False, "Too many requests. Try again in 60 seconds.")
    answer = browser.submit("/join", action="", code=code, password=PASSWORD, again=PASSWORD)
    assert "Too many requests." in words(answer)
    clock.now += timedelta(minutes=1)
    assert look(browser, code)[0]


def test_a_closed_account_gets_no_link(db: Database, people: Cast) -> None:
    with db.writing() as session:
        session.get_one(User, people.volunteer.user.id).active = False
    with pytest.raises(Problem, match="user_deactivated"):
        renew(db, people.volunteer, people.leader)


def test_who_is_signed_in_as_another_is_warned(
    db: Database, browser: CheckingClient, people: Cast
) -> None:
    sign_in(browser, people.colleague)
    assert f"You are signed in as {people.colleague.name}." in words(browser.get("/join"))
    code = renew(db, people.volunteer, people.leader)
    browser.submit("/join", action="", code=code, password=PASSWORD, again=PASSWORD)
    assert f"Welcome, {people.volunteer.name}!" in words(browser.get("/calls"))
