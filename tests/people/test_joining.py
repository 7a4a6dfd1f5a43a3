"""Joining by invitation: one code, once, for as long as it lasts."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.audit.models import AuditEntry
from app.db import Database
from app.people import queries, service
from app.people.models import User
from app.people.rules import CODE_LENGTH, INVITATION_LASTS, spaced_code
from app.problems import Problem
from tests.cast import NOW, add, english, sign_in, words
from tests.conftest import Clock
from tests.house.pages import CheckingClient

PASSWORD = "three small boats"
UNKNOWN = "No such invitation is known here."
USED = "This invitation was used on 24 Nov 10:00."
REPLACED = "A newer link was made for you on 24 Nov 10:00."
EXPIRED = "This invitation was good until 1 Dec 10:00 only."
CLOSED = "The account of this invitation is closed."


@pytest.fixture
def browser(client: CheckingClient) -> CheckingClient:
    return english(client)


def invited(db: Database, name: str = "新人") -> str:
    with db.writing() as session:
        user = service.add_user(session, None, NOW, name, "volunteer")
        return service.invite(session, None, user, NOW)


def join(
    client: CheckingClient, code: str, password: str = PASSWORD, again: str | None = None
) -> TestResponse:
    again = password if again is None else again
    return client.submit("/join", action="", code=code, password=password, again=again)


def user_named(db: Database, name: str = "新人") -> User:
    with db.reading() as session:
        return queries.get_user(session, name)


def test_an_invitation_opens_the_account(db: Database, browser: CheckingClient) -> None:
    answer = join(browser, invited(db))

    assert (answer.status_code, answer.location) == (302, "/#top")
    page = browser.get("/calls")
    assert (page.status_code, "Welcome, 新人!" in words(page)) == (200, True)


def test_the_page_says_how_long_a_code_is(browser: CheckingClient) -> None:
    assert f"{CODE_LENGTH} letters and figures" in words(browser.get("/join"))


def test_the_password_opens_the_door_from_then_on(db: Database, browser: CheckingClient) -> None:
    join(browser, invited(db))
    browser.submit("/calls", action="/sign-out")
    answer = browser.submit("/sign-in", action="", name="新人", password=PASSWORD)

    assert answer.status_code == 302


@pytest.mark.parametrize("write", [spaced_code, str.lower, lambda code: f" {code} "])
def test_a_code_may_be_typed_as_people_type(
    db: Database, browser: CheckingClient, write: "type[str]"
) -> None:
    assert join(browser, write(invited(db))).status_code == 302


def test_a_longer_code_of_an_earlier_version_opens_the_door(
    db: Database, browser: CheckingClient
) -> None:
    invited(db)
    with db.writing() as session:
        earlier = service.digest("ABCDEFGHJKLMNPQRSTUV")
        queries.get_user(session, "新人").invitation_hash = earlier

    assert join(browser, "abcde-fghjk-lmnpq-rstuv").status_code == 302


def test_looking_at_the_page_changes_nothing(db: Database, browser: CheckingClient) -> None:
    code = invited(db)
    before = vars(user_named(db)).copy()
    for path in ("/join", f"/join?code={code}", "/join"):
        assert browser.get(path).status_code == 200
        assert browser.head(path).status_code == 200

    after = vars(user_named(db))
    assert {k: after[k] for k in before if k[0] != "_" and k != "team"} == {
        k: before[k] for k in before if k[0] != "_" and k != "team"
    }
    assert join(browser, code).status_code == 302


def refused(answer: TestResponse, why: str) -> bool:
    return answer.status_code == 200 and why in words(answer)


def test_a_used_code_is_refused(db: Database, browser: CheckingClient) -> None:
    code = invited(db)
    join(browser, code)
    hashed = user_named(db).password_hash
    browser.submit("/calls", action="/sign-out")

    assert refused(join(browser, code, "another password"), USED)
    assert user_named(db).password_hash == hashed


def test_a_code_lasts_a_week(db: Database, browser: CheckingClient, clock: Clock) -> None:
    code = invited(db)
    clock.now += INVITATION_LASTS + timedelta(seconds=1)
    assert refused(join(browser, code), EXPIRED)

    clock.now = NOW + timedelta(days=7)
    assert join(browser, code).status_code == 302


@pytest.mark.parametrize("code", ["2" * CODE_LENGTH, "-", "0", "A" * 5000, "' OR 1=1 --"])
def test_a_code_that_was_never_given_is_refused(
    db: Database, browser: CheckingClient, code: str
) -> None:
    invited(db)

    assert refused(join(browser, code), UNKNOWN)
    assert user_named(db).password_hash is None


def test_an_account_without_an_invitation_cannot_be_joined(
    db: Database, browser: CheckingClient
) -> None:
    add(db, "旧人", "volunteer")

    assert UNKNOWN not in words(join(browser, "")), "an empty field is named before"
    assert refused(join(browser, "None"), UNKNOWN)


def test_a_newer_invitation_replaces_the_older(db: Database, browser: CheckingClient) -> None:
    older = invited(db)
    with db.writing() as session:
        newer = service.invite(session, None, queries.get_user(session, "新人"), NOW)

    assert refused(join(browser, older), REPLACED)
    assert join(browser, newer).status_code == 302


def test_a_closed_account_cannot_be_joined(db: Database, browser: CheckingClient) -> None:
    code = invited(db)
    with db.writing() as session:
        queries.get_user(session, "新人").active = False

    assert refused(join(browser, code), CLOSED)


@pytest.mark.parametrize(
    ("password", "complaint"),
    [
        ("", "Choose a password."),
        ("seven77", "A password has 8 to 256 characters."),
        ("abcd" * 64 + "e", "A password has 8 to 256 characters."),
        ("aaaaaaaaaaaa", "This password is too easy to guess."),
        ("abababababab", "This password is too easy to guess."),
        ("12345678", "This password is too easy to guess."),
        ("PassWord", "This password is too easy to guess."),
        ("RINGROUND", "This password is too easy to guess."),
        ("NEWCOMER NO. 1", "This password is too easy to guess."),
    ],
)
def test_a_password_that_will_not_do_is_refused_and_the_code_still_good(
    db: Database, browser: CheckingClient, password: str, complaint: str
) -> None:
    code = invited(db, "Newcomer No. 1")
    answer = join(browser, code, password)

    assert answer.status_code == 200
    assert complaint in words(answer)
    assert password not in words(answer).split("value=") or not password
    assert join(browser, code).status_code == 302


@pytest.mark.parametrize(
    "password", ["八个字的一个密码", "🚲🚢🚀🛸🚲🚢🚀🛸", "abcd" * 64, " 12 34 5"]
)
def test_any_other_password_will_do(db: Database, browser: CheckingClient, password: str) -> None:
    join(browser, invited(db), password)
    browser.submit("/calls", action="/sign-out")
    answer = browser.submit("/sign-in", action="", name="新人", password=password)

    assert answer.status_code == 302


def test_two_passwords_that_differ_are_refused(db: Database, browser: CheckingClient) -> None:
    answer = join(browser, invited(db), PASSWORD, again="three small boots")

    assert "The two passwords differ." in words(answer)
    assert user_named(db).password_hash is None


def test_passwords_are_kept_as_argon2id_only(db: Database, browser: CheckingClient) -> None:
    code = invited(db)
    join(browser, code)

    user = user_named(db)
    assert str(user.password_hash).startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert code not in str(vars(user))


def test_an_invitation_ends_sessions_and_the_old_password(
    db: Database, browser: CheckingClient
) -> None:
    person = add(db, "旧人", "volunteer")
    sign_in(browser, person)
    with db.writing() as session:
        service.invite(session, None, queries.get_user(session, person.name), NOW)

    assert browser.get("/calls").location.startswith("/sign-in")
    answer = browser.submit("/sign-in", action="", name=person.name, password=person.password)
    assert "Name or password is wrong." in words(answer)


def test_inviting_and_joining_are_in_the_trail_without_the_code(
    db: Database, browser: CheckingClient
) -> None:
    code = invited(db)
    join(browser, code)

    user = str(user_named(db).id)
    with db.reading() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(e.act, e.subject_id) for e in entries] == [
        ("user_added", user),
        ("user_invited", user),
        ("user_joined", user),
    ]
    assert code not in str([e.detail for e in entries])


@pytest.mark.parametrize("name", ["", " ", "名" * 41, "a\tb\0", "a\u202eb", "a\u200bb"])
def test_a_name_that_cannot_be_seen_or_is_too_long_is_refused(db: Database, name: str) -> None:
    with pytest.raises(Problem, match="user_name"), db.writing() as session:
        service.add_user(session, None, NOW, name, "volunteer")


@pytest.mark.parametrize("name", ["Li Wei", "LI  wei ", "li wei"])
def test_a_name_is_given_once_in_any_writing(db: Database, name: str) -> None:
    invited(db, "Li Wei")
    with pytest.raises(Problem, match="user_exists"):
        invited(db, name)


@pytest.mark.parametrize(
    ("more", "code"),
    [({"role": "boss"}, "role_unknown"), ({"communities": ["320613009001"]}, "community_unknown")],
)
def test_an_account_of_something_unknown_is_refused(
    db: Database, more: dict[str, object], code: str
) -> None:
    with pytest.raises(Problem, match=code):
        add(db, "新人", **{"role": "volunteer", **more})  # type: ignore[arg-type]

    with db.reading() as session:
        assert queries.find_user(session, "新人") is None
