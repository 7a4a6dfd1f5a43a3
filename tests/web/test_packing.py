"""What goes out packed, and what must not: whoever sees its size could guess what is in it."""

from collections.abc import Iterator
from gzip import decompress
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import Database
from tests.cases.test_work_pages import browser
from tests.cases.town import Town
from tests.conftest import Clock
from tests.house.pages import CheckingClient

GZIP = {"Accept-Encoding": "gzip, deflate, br"}
STATIC = Path(__file__).parents[2] / "static"


def files() -> Iterator[str]:
    """Every static file of ours that is text and not tiny."""
    for path in sorted(STATIC.rglob("*")):
        if path.suffix in {".css", ".js", ".svg"} and path.stat().st_size >= 500:
            yield f"/static/{path.relative_to(STATIC)}"


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    town = Town.of(db, clock, "甲乙")
    town.look_at(town.batch(town.people.volunteer))
    return town


@pytest.mark.parametrize("path", list(files()))
def test_a_static_file_goes_out_packed(client: CheckingClient, path: str) -> None:
    plain, packed = (client.get(path, headers=accepts, buffered=True) for accepts in ({}, GZIP))
    assert plain.headers.get("Content-Encoding") is None
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert decompress(packed.data) == plain.data
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data)


def test_a_packed_file_is_not_sent_twice(client: CheckingClient) -> None:
    first = client.get("/static/css/base.css", headers=GZIP, buffered=True)
    seen = {**GZIP, "If-None-Match": first.headers["ETag"]}
    again = client.get("/static/css/base.css", headers=seen, buffered=True)
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("accepts", ["identity", "gzip;q=0", "br"])
def test_who_can_not_unpack_is_sent_it_plain(client: CheckingClient, accepts: str) -> None:
    asked = {"Accept-Encoding": accepts}
    answer = client.get("/static/css/base.css", headers=asked, buffered=True)
    assert answer.headers.get("Content-Encoding") is None
    assert answer.data == (STATIC / "css" / "base.css").read_bytes()


def test_the_pages_of_a_working_volunteer_are_packed(app: Flask, town: Town) -> None:
    phone = browser(app, town.people.volunteer)
    case = town.case("甲")
    for path in ("/calls", f"/calls/groups/{case.group_id}?case={case.id}"):
        answer = FlaskClient.open(phone, path, headers=GZIP)  # who reads pages reads them plain
        assert answer.headers["Content-Encoding"] == "gzip"
        assert b"<title>" in decompress(answer.data)


def test_what_gives_back_what_was_typed_is_never_packed(app: Flask, town: Town) -> None:
    """The form that was not taken stands on the page again, beside the session's secret."""
    phone, desk = browser(app, town.people.volunteer), browser(app, town.people.leader)
    case = town.case("甲")
    path = f"/calls/groups/{case.group_id}"
    refused = phone.post(path, headers=GZIP, data={"note": "x" * 1000})
    assert refused.headers.get("Content-Encoding") is None
    for client, page in (
        (phone, "/calls/ring-backs?digits=1234"), (phone, "/sign-in?next=/x"), (desk, "/people"),
        (desk, "/no-such-page"),
    ):  # fmt: skip
        assert client.get(page, headers=GZIP).headers.get("Content-Encoding") is None, page


def test_only_views_that_show_nothing_they_were_told_are_packed(app: Flask) -> None:
    """Whoever adds one: it must take nothing but keys from its address."""
    named = {name for name, view in app.view_functions.items() if getattr(view, "packed", False)}
    assert named == {
        "calls.home", "calls.call", "calls.held", "calls.kept", "calls.offline", "calls.worker",
    }  # fmt: skip
