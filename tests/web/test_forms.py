"""A form counts only when it comes from a page of the session that sends it."""

import pytest
from flask import Flask
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from wtforms import Form as PlainForm

from app.audit.models import AuditEntry
from app.calls.forms import GenuineForm
from app.i18n.forms import Form
from tests.cast import english, token, words
from tests.house.pages import CheckingClient
from tests.web.world import World, addresses, rules

REFUSED = "This form no longer belongs to your session. Go back, reload and try again."


@pytest.mark.parametrize("role", ["nobody", "leader", "administrator"])
def test_without_its_token_no_form_is_taken(world: World, role: str) -> None:
    client = world.client(role)
    client.get("/sign-in")
    paths = addresses(world)
    with world.db.reading() as session:
        before = session.scalars(select(AuditEntry.id)).all()
    posts = [paths[rule.endpoint] for rule in rules(world.app) if "POST" in (rule.methods or ())]
    for path in posts:
        for sent in ({}, {"csrf_token": ""}, {"csrf_token": "made.up.token"}):
            answer = client.post(path, data=sent)
            assert answer.status_code == 400, path
            assert REFUSED in words(answer), path

    assert len(posts) >= 14
    with world.db.reading() as session:
        assert session.scalars(select(AuditEntry.id)).all() == before


def test_the_token_of_another_session_is_refused(app: Flask, client: CheckingClient) -> None:
    other = app.test_client()
    assert isinstance(other, CheckingClient)
    own = token(client)

    assert other.post("/sign-out", data={"csrf_token": own}).status_code == 400
    token(other)
    assert other.post("/sign-out", data={"csrf_token": own}).status_code == 400
    assert client.post("/sign-out", data={"csrf_token": own}).status_code == 302


class LongAgo(TimestampSigner):
    """Signs as in January 1970."""

    def get_timestamp(self) -> int:
        return 1


def test_a_form_may_stay_open_for_as_long_as_its_session(
    app: Flask, client: CheckingClient
) -> None:
    token(client)
    with client.session_transaction() as session:
        secret = session["csrf_token"]
    signer = URLSafeTimedSerializer(str(app.secret_key), salt="wtf-csrf-token", signer=LongAgo)

    answer = client.post("/sign-out", data={"csrf_token": signer.dumps(secret)})
    assert answer.status_code == 302


def test_over_tls_a_form_from_another_site_is_refused(client: CheckingClient) -> None:
    english(client)
    sent = {"csrf_token": token(client)}
    for referrer, status in (
        ("https://evil.example/", 400),
        ("http://localhost/", 400),
        (None, 400),
        ("https://localhost/sign-in", 302),
    ):
        headers = {"Referer": referrer} if referrer else {}
        answer = client.post("/sign-out", data=sent, headers=headers, base_url="https://localhost")
        assert answer.status_code == status, referrer


def test_a_browser_that_keeps_no_session_is_told_why(client: CheckingClient) -> None:
    answer = english(client).application.test_client().post("/sign-in?x=1", data={"name": "x"})

    assert answer.status_code == 400
    assert "https" in answer.text


def test_a_get_changes_nothing(world: World) -> None:
    """But who looked at residents, or printed them, is in the trail."""
    looked = {
        "appointments_seen", "case_seen", "handoff_sheet_printed", "leader_list_seen",
        "report_printed", "residents_seen",
    }  # fmt: skip
    for role in ("volunteer", "leader", "administrator"):
        client = world.client(role)
        with world.db.reading() as session:
            last = max(session.scalars(select(AuditEntry.id)))
        for rule in rules(world.app):
            if "GET" in (rule.methods or ()):
                client.get(addresses(world)[rule.endpoint])
        with world.db.reading() as session:
            new = session.scalars(select(AuditEntry).where(AuditEntry.id > last)).all()
        assert {entry.act for entry in new} <= looked


GARBAGE = ("", "王" * 60_000, "no-such-choice", "9" * 30)


def every_form() -> list[type[Form]]:
    from app.calls import forms as _calls  # noqa: F401
    from app.campaigns import forms as _campaigns  # noqa: F401
    from app.people import forms as _people  # noqa: F401
    from app.reports import forms as _reports  # noqa: F401
    from app.residents import forms as _residents  # noqa: F401
    from app.rosters import forms as _rosters  # noqa: F401

    return [one for kind in Form.__subclasses__() for one in (kind, *kind.__subclasses__())]


@pytest.mark.parametrize("typed", GARBAGE, ids=["nothing", "much", "other", "figures"])
def test_every_form_says_what_is_wrong_in_the_language_of_its_page(app: Flask, typed: str) -> None:
    english: list[str] = []
    with app.test_request_context():
        for kind in every_form():
            form = kind()
            for field in form:
                if hasattr(field, "choices") and not field.choices:
                    field.choices = [("1", "one")]
            if isinstance(form, GenuineForm):
                form.offer([], {})
            form.process(MultiDict({field.name: typed for field in form}))
            form.validate()
            told = [str(text) for errors in form.errors.values() for text in errors]
            english += [f"{kind.__name__}: {text}" for text in told if text.isascii()]
    assert english == []


def test_every_form_is_one_of_ours() -> None:
    """So that it finds its words."""
    every_form()
    strangers = [one for one in PlainForm.__subclasses__() if one.__module__.startswith("app.")]
    assert strangers == [Form]
