"""Sessions, their cookies, and the language that goes with a person."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask

from app import create_app
from app.config import Settings
from app.db import Database
from tests.cast import Person, add, english, sign_in_by_page, token, words
from tests.conftest import Clock
from tests.house.pages import CheckingClient, Page

HOST = "http://localhost"


@pytest.fixture
def person(db: Database) -> Person:
    return add(db, "王小明", "volunteer")


def test_nothing_of_a_strangers_session_lives_on(client: CheckingClient, person: Person) -> None:
    with client.session_transaction() as session:
        session["planted"] = "by a stranger"
    before = token(client)
    sign_in_by_page(client, person)

    with client.session_transaction() as session:
        assert "planted" not in session
        assert session["_user_id"] == f"{person.user.id}.{person.user.session_epoch}"
    assert token(client) != before


def test_a_form_from_before_signing_in_is_refused_after(
    client: CheckingClient, person: Person
) -> None:
    before = token(client)
    sign_in_by_page(client, person)

    assert client.post("/sign-out", data={"csrf_token": before}).status_code == 400


def test_signing_out_ends_the_session(client: CheckingClient, person: Person) -> None:
    sign_in_by_page(english(client), person)
    answer = client.submit("/calls", action="/sign-out")

    assert (answer.status_code, answer.location) == (302, "/sign-in")
    assert "You are signed out." in words(client.get("/sign-in"))
    assert client.get("/calls").location.startswith("/sign-in")
    with client.session_transaction() as session:
        assert not {"_user_id", "_id", "_fresh"} & set(session)


def test_signing_out_ends_a_copied_session_too(client: CheckingClient, person: Person) -> None:
    sign_in_by_page(client, person)
    copied = client.get_cookie("__Host-ringround")
    assert copied
    client.submit("/calls", action="/sign-out")
    client.set_cookie("__Host-ringround", copied.value)

    assert client.get("/calls").location.startswith("/sign-in")


def test_a_session_ends_with_its_day_however_busy(
    client: CheckingClient, person: Person, clock: Clock
) -> None:
    sign_in_by_page(client, person)
    for hours in (7, 6):
        clock.now += timedelta(hours=hours)
        assert client.get("/calls").status_code == 200
    clock.now += timedelta(hours=2)

    assert client.get("/calls").location.startswith("/sign-in")


@pytest.mark.parametrize("user_id", ["999.0", "1.7", "1", "1.0.0"])
def test_a_session_of_nobody_is_a_strangers(
    client: CheckingClient, person: Person, user_id: str
) -> None:
    with client.session_transaction() as session:
        session.update(_user_id=user_id, since="2100-01-01T00:00:00+00:00")

    assert client.get("/calls").status_code == 302


def test_a_forged_session_is_a_strangers(client: CheckingClient, person: Person) -> None:
    sign_in_by_page(client, person)
    cookie = client.get_cookie("__Host-ringround")
    assert cookie
    client.set_cookie("__Host-ringround", cookie.value[:-2] + "xx")

    assert client.get("/calls").status_code == 302


def cookies(client: CheckingClient, person: Person) -> dict[str, set[str]]:
    """The attributes of every cookie that signing in and choosing a language set."""
    page = client.get("/sign-in")
    filled = {"csrf_token": token(client), "name": person.name, "password": person.password}
    answers = [
        page,
        client.post("/sign-in", data=filled),
        client.post("/language", data={"csrf_token": token(client), "lang": "en"}),
    ]
    lines = [line for answer in answers for line in answer.headers.getlist("Set-Cookie")]
    return {line.split("=")[0]: set(line.split("; ")[1:]) for line in lines}


def test_every_cookie_is_for_this_host_over_tls_and_out_of_reach_of_scripts(
    client: CheckingClient, person: Person
) -> None:
    found = cookies(client, person)

    assert set(found) == {"__Host-ringround", "ringround-device", "ringround-lang"}
    for name, attributes in found.items():
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= attributes, name
        assert not [a for a in attributes if a.startswith("Domain")], name


def test_without_tls_an_office_can_do_without_secure_cookies(
    settings: Settings, person: Person
) -> None:
    app = create_app(replace(settings, secure_cookies=False))
    app.test_client_class = CheckingClient
    client = app.test_client()
    assert isinstance(client, CheckingClient)
    found = cookies(client, person)
    app.extensions["database"].close()

    assert set(found) == {"ringround", "ringround-device", "ringround-lang"}
    assert all({"HttpOnly", "SameSite=Lax"} <= attributes for attributes in found.values())
    assert not any("Secure" in attributes for attributes in found.values())


def test_a_session_lasts_a_long_working_day(app: Flask) -> None:
    assert app.permanent_session_lifetime == timedelta(hours=14)


OUTSIDE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    "https://evil.example/",
    "https:evil.example",
    "https:/evil.example",
    "javascript:alert(1)",
    "evil.example",
    "//localhost@evil.example",
    "",
]


def stays(location: str) -> bool:
    """Whether a browser on this host, which reads a backslash as a slash, would stay here."""
    bare = location.replace("\\", "/").replace("\t", "").replace("\n", "").strip()
    return urlsplit(urljoin(f"{HOST}/x", bare)).netloc == "localhost"


def test_signing_in_leads_nowhere_else(client: CheckingClient, person: Person) -> None:
    for target in OUTSIDE:
        filled = {"csrf_token": token(client), "name": person.name, "password": person.password}
        answer = client.post("/sign-in", query_string={"next": target}, data=filled)

        assert answer.status_code == 302, target
        assert stays(answer.headers["Location"]), target


def test_choosing_a_language_leads_nowhere_else(client: CheckingClient) -> None:
    sent = {"csrf_token": token(client), "lang": "en"}
    for target in OUTSIDE:
        answer = client.post("/language", data={**sent, "next": target})

        assert stays(answer.headers["Location"]), target


def test_a_stranger_comes_to_where_they_were_going(client: CheckingClient, person: Person) -> None:
    sent_to = client.get("/calls/mine").location
    answer = client.submit(sent_to, action="", name=person.name, password=person.password)

    assert answer.location == "/calls/mine"


def lang(client: CheckingClient, path: str = "/sign-in") -> str:
    return Page(client.get(path).text).lang


def test_the_language_is_switched_and_stays(client: CheckingClient) -> None:
    assert lang(client) == "zh-CN"
    answer = client.submit("/join", action="/language")

    assert answer.location == "/join"
    assert (lang(client), lang(client, "/join")) == ("en", "en")
    client.submit("/sign-in", action="/language")
    assert lang(client) == "zh-CN"


def test_the_language_goes_with_the_person(
    app: Flask, client: CheckingClient, person: Person
) -> None:
    sign_in_by_page(client, person)
    client.submit("/calls", action="/language")
    elsewhere = app.test_client()
    assert isinstance(elsewhere, CheckingClient)
    assert lang(elsewhere) == "zh-CN"
    sign_in_by_page(elsewhere, person)

    assert lang(elsewhere, "/calls") == "en"


@pytest.mark.parametrize("chosen", ["fr", "", "../en", "e" * 5000])
def test_a_language_that_is_not_spoken_changes_nothing(
    client: CheckingClient, person: Person, chosen: str
) -> None:
    sign_in_by_page(client, person)
    answer = client.post("/language", data={"csrf_token": token(client), "lang": chosen})

    assert answer.status_code == 302
    assert lang(client, "/calls") == "zh-CN"


def test_a_language_cookie_of_a_strangers_making_is_not_obeyed(client: CheckingClient) -> None:
    client.set_cookie("ringround-lang", "../../etc")

    assert lang(client) == "zh-CN"
