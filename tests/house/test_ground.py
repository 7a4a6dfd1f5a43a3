"""The ground that the other tests stand on holds."""

import socket

import pytest
from flask import Flask, request
from sqlalchemy import text

from app.db import Database
from tests.conftest import OutsideWorldError
from tests.house.pages import CheckingClient, Page

GOOD = '<!doctype html><html lang="zh"><title>Sign in</title>'
TOKEN = '<input type="hidden" name="csrf_token" value="t">'


def test_no_test_can_reach_another_machine() -> None:
    # A datagram socket sends nothing when it is connected, were this ever to break.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outside:
        with pytest.raises(OutsideWorldError):
            outside.connect(("192.0.2.1", 9))
        outside.connect(("127.0.0.1", 9))


def test_no_test_can_ask_for_the_address_of_another_machine() -> None:
    with pytest.raises(OutsideWorldError):
        socket.getaddrinfo("ringround.invalid", 80)


@pytest.mark.parametrize("turn", ["first", "second"])
def test_a_test_finds_nothing_of_the_one_before(turn: str, db: Database) -> None:
    with db.writing() as session:
        assert session.scalar(text("SELECT count(*) FROM teams")) == 0
        session.execute(text("INSERT INTO teams (name) VALUES ('观音山')"))
        assert session.scalar(text("SELECT id FROM teams")) == 1


@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        (GOOD + '<form method="get" action="/"></form>', None),
        (GOOD + f'<form method="post">{TOKEN}</form>', None),
        ("<p>A part of a page</p>", None),
        ('<!doctype html><html lang="zh"><title> </title>', "no <title>"),
        ("<!doctype html><html><title>Sign in</title>", "no lang"),
        (GOOD + '<p style="color: red">', "its own style"),
        (GOOD + "<style>p {}</style>", "its own style"),
        (GOOD + '<script>alert("!")</script>', "its own script"),
        (GOOD + '<a onclick="go()">', "onclick="),
        (GOOD + '<form action="/"></form>', "no method"),
        (GOOD + '<form method="POST" action="/"></form>', "no csrf_token"),
        (GOOD + f'<form method="post"></form>{TOKEN}', "no csrf_token"),
    ],
)
def test_a_page_is_looked_at(page: str, complaint: str | None) -> None:
    wrong = Page(page).wrong

    assert [complaint in one for one in wrong] == [True] if complaint else not wrong


def test_a_form_is_read_as_a_browser_sends_it() -> None:
    page = Page(
        GOOD
        + '<form method="get"><input name="q" value="陈"><input type="checkbox" name="all">'
        + '<input type="checkbox" name="day" value="1" checked>'
        + '<input type="checkbox" name="day" value="2" checked>'
        + '<select name="one"><option value="a"><option value="b"></select>'
        + '<select name="marked"><option value="a"><option value="b" selected></select>'
        + '<select name="many" multiple><option value="a"><option value="b"></select>'
        + '<textarea name="note">\na\nb</textarea><input type="submit" name="go" value="Go"></form>'
    )

    assert dict(page.forms[0].values.lists()) == {
        "q": ["陈"],
        "day": ["1", "2"],
        "one": ["a"],
        "marked": ["b"],
        "note": ["a\nb"],
    }


def visit(body: str) -> CheckingClient:
    """A client of an app whose only page is this, and which answers what it is sent."""
    flask = Flask("one page")
    flask.get("/")(lambda: body)
    flask.post("/sent", endpoint="sent")(lambda: dict(request.form.lists()))
    return CheckingClient(flask)


def test_the_client_fails_on_a_page_that_is_not_as_pages_must_be() -> None:
    with pytest.raises(AssertionError, match="/: the page has no <title>"):
        visit('<!doctype html><html lang="zh">').get("/")


def test_the_client_sends_a_form_with_what_was_filled_in() -> None:
    form = (
        f'<form method="post" action="/sent">{TOKEN}<input name="name"><input name="age" value="7">'
    )
    search = '<form method="get" action="/"><input name="q"></form>'

    sent = visit(GOOD + search + form).submit("/", name="陈", age=None, tag=["a", "b"])

    assert sent.json == {"csrf_token": ["t"], "name": ["陈"], "tag": ["a", "b"]}


def test_the_app_answers_on_either_database(client: CheckingClient) -> None:
    assert client.get("/no-such-page").status_code == 404
