"""Every answer carries the headers that protect it, and an error says what can be done."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from werkzeug.test import TestResponse

from app import create_app
from app.config import Settings
from app.db import Database
from tests import cast
from tests.cast import BRIDGE, english, token, words
from tests.house.pages import CheckingClient
from tests.web.world import World

# Written out a second time: a change of one of them must be meant.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Origin-Agent-Cluster": "?1",
}
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
}


def check(answer: TestResponse, *, kept: bool = False) -> None:
    at = f"{answer.request.method} {answer.request.path} → {answer.status}"
    for name, value in HEADERS.items():
        assert answer.headers.getlist(name) == [value], f"{at}: {name}"
    directives = answer.headers["Content-Security-Policy"].split("; ")
    assert set(directives) >= POLICY, at
    assert len({directive.split()[0] for directive in directives}) == len(directives), at
    assert "unsafe" not in str(directives), at
    for feature in ("camera", "microphone", "geolocation"):
        assert f"{feature}=()" in answer.headers["Permissions-Policy"], at
    assert ("no-store" in answer.headers["Cache-Control"]) is not kept, at


def test_every_kind_of_answer_is_protected(world: World) -> None:
    leader, volunteer, nobody = map(world.client, ("leader", "volunteer", "nobody"))
    sent = {"csrf_token": token(leader)}
    pdf = f"/campaigns/{world.near}/communities/{BRIDGE}/report.pdf"
    for answer, status in (
        (leader.get("/campaigns"), 200),
        (leader.head("/campaigns"), 200),
        (leader.options("/campaigns"), 200),
        (nobody.get("/sign-in"), 200),
        (nobody.get("/healthz"), 200),
        (nobody.get("/readyz"), 200),
        (nobody.get("/campaigns"), 302),
        (leader.get("/"), 302),
        (leader.post("/language", data=sent), 302),
        (volunteer.get("/campaigns"), 403),
        (leader.get("/campaigns/999"), 404),
        (nobody.get("/no-such-page"), 404),
        (leader.get("/static/no-such-file"), 404),
        (leader.get("/static/no-such-file?v=1"), 404),
        (leader.post("/sw.js", data=sent), 405),
        (leader.get("/language"), 405),
        (nobody.open("/sign-in", method="TRACE"), 405),
        (leader.post("/language"), 400),
        (leader.get("/?x=%00"), 400),
        (leader.get(f"{pdf}?as_of=never"), 422),
        (leader.get(pdf), 200),
    ):
        assert answer.status_code == status, answer.request.path
        check(answer)
    assert nobody.get("/no-such-page").content_type == "text/html; charset=utf-8"


def test_static_files_are_protected_and_may_be_kept(client: CheckingClient) -> None:
    files = list(Path(client.application.static_folder or "").rglob("*.*"))
    assert files
    for path in files:
        url = f"/static/{path.relative_to(client.application.static_folder or '')}"
        answer = client.get(url)
        assert (answer.status_code, answer.headers.get("Set-Cookie")) == (200, None)
        check(answer, kept=True)
        answer.close()


@pytest.mark.parametrize("path", ["/static/../app/db.py", "/static/%2e%2e/setup.cfg", "/.git/x"])
def test_nothing_beside_the_static_files_is_served(client: CheckingClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_report_opens_in_the_browser_under_a_name_of_any_script(world: World) -> None:
    answer = world.client("leader").get(
        f"/campaigns/{world.near}/communities/{BRIDGE}/report.pdf?lang=zh"
    )

    assert answer.content_type == "application/pdf"
    assert answer.data.startswith(b"%PDF-")
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith(f'inline; filename="{BRIDGE}-')
    assert "filename*=UTF-8''%E4%B8%AD%E6%A1%A5" in disposition


def test_over_tls_browsers_are_told_to_stay_there(client: CheckingClient) -> None:
    plain = client.get("/sign-in")
    secure = client.get("/sign-in", base_url="https://localhost")

    assert "Strict-Transport-Security" not in plain.headers
    age = secure.headers["Strict-Transport-Security"].split(";")[0]
    assert int(age.removeprefix("max-age=")) >= 365 * 24 * 3600


@pytest.mark.parametrize(("proxies", "tls"), [(0, False), (1, True)])
def test_what_a_proxy_says_counts_only_where_there_is_one(
    settings: Settings, proxies: int, tls: bool
) -> None:
    app = create_app(replace(settings, proxies=proxies))
    answer = app.test_client().get("/healthz", headers={"X-Forwarded-Proto": "https"})
    app.extensions["database"].close()

    assert ("Strict-Transport-Security" in answer.headers) is tls


@pytest.mark.parametrize(
    ("method", "path", "status", "sentence"),
    [
        ("GET", "/no-such-page", 404, "There is nothing here, or it is not yours to see."),
        ("GET", "/sign-out", 405, "This page can't be used in that way."),
        ("GET", "/sign-in?next=%00", 400, "The request can't be understood."),
    ],
)
def test_an_error_is_a_page_that_says_what_can_be_done(
    client: CheckingClient, method: str, path: str, status: int, sentence: str
) -> None:
    answer = english(client).open(path, method=method)

    assert answer.status_code == status
    assert sentence in words(answer)
    assert 'href="/"' in answer.text


def test_an_error_page_speaks_chinese_too(client: CheckingClient) -> None:
    answer = client.get("/no-such-page")

    assert 'lang="zh-CN"' in answer.text


def test_what_is_too_large_is_refused_with_the_size_that_is_not(settings: Settings) -> None:
    app = create_app(replace(settings, upload_bytes=2**20))
    client = app.test_client()
    answer = client.post(
        "/rosters", data=b"x" * (2**20 + 1), content_type="multipart/form-data; boundary=x"
    )
    app.extensions["database"].close()

    assert answer.status_code == 413
    assert "1 MB" in answer.text
    check(answer)


SECRET = "the password of the database is swordfish"


@pytest.fixture
def broken(new_app: Flask) -> Iterator[CheckingClient]:
    """A client of an app with a page that fails."""

    def fail() -> str:
        raise RuntimeError(SECRET)

    new_app.add_url_rule("/broken", view_func=fail)
    client = new_app.test_client()
    assert isinstance(client, CheckingClient)
    logging.getLogger("app").setLevel(logging.CRITICAL + 1)
    yield english(client)
    logging.getLogger("app").setLevel(logging.NOTSET)


def test_a_failure_shows_nothing_of_the_inside(broken: CheckingClient) -> None:
    answer = broken.get("/broken")

    assert answer.status_code == 500
    assert "Something went wrong here. Nothing was changed; please try again." in words(answer)
    for inside in (SECRET, "swordfish", "RuntimeError", "Traceback", "fail"):
        assert inside not in answer.text
    check(answer)
    assert broken.get("/sign-in").status_code == 200


def test_without_a_database_a_page_says_so_even_to_a_member(tmp_path: Path) -> None:
    settings = Settings(
        instance=tmp_path,
        database_url=f"sqlite:///{tmp_path}/none/none.sqlite",
        secret_key="s" * 32,
    )
    app = create_app(settings)
    app.logger.setLevel(logging.CRITICAL + 1)
    client = app.test_client()
    with client.session_transaction() as session:
        session.update(_user_id="1.0", since="2100-01-01T00:00:00+00:00")
    ready, alive, page = (client.get(path) for path in ("/readyz", "/healthz", "/campaigns"))
    app.logger.setLevel(logging.NOTSET)

    assert (alive.status_code, ready.status_code >= 500) == (200, True)
    assert page.status_code == 503, "the device keeps a call then"
    assert "<h1>" in page.text
    check(page)


def test_what_was_typed_stays_out_of_the_log(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(DBAPIError) as raised, world.db.writing() as session:
        session.execute(text("INSERT INTO users (name, id) VALUES (:name, 1)"), {"name": "王小明"})
    world.app.logger.error("unexpected error", exc_info=raised.value)

    assert "INSERT INTO users" in caplog.text
    assert "parameters: " not in caplog.text


@pytest.mark.parametrize("is_signed_in", [False, True])
def test_a_roster_may_be_larger_than_anything_else_from_whoever_is_signed_in(
    client: CheckingClient, db: Database, monkeypatch: pytest.MonkeyPatch, *, is_signed_in: bool
) -> None:
    monkeypatch.setitem(client.application.config, "MAX_CONTENT_LENGTH", 2**20)
    leader = cast.standing(db).leader
    if is_signed_in:
        cast.sign_in(client, leader)
    sent = {"csrf_token": cast.token(client), "roster": (BytesIO(b"x" * 2**21), "large.csv")}
    answer = client.post("/rosters", data=sent)
    answer.request.environ["wsgi.input"].close()  # the client's own copy of what it sent

    assert (answer.status_code == 413) == (not is_signed_in)
