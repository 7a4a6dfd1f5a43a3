"""One's own access tokens: made, shown once, used, revoked."""

import re

from flask import Flask
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.db import Database
from app.people import tokens
from tests import cast
from tests.cases.test_work_pages import browser
from tests.cast import Cast, token, words

SECRET = re.compile(r"rr_[\w-]{20,}")


def people(db: Database) -> Cast:
    return cast.standing(db)


def test_a_token_is_shown_once_and_works_until_it_is_revoked(app: Flask, db: Database) -> None:
    leader = browser(app, people(db).leader)

    answer = leader.submit("/tokens", action="/tokens", label="看板", role="volunteer")

    assert answer.headers["Cache-Control"] == "no-store"
    (secret,) = SECRET.findall(answer.text)
    again = leader.get("/tokens")
    assert secret not in again.text
    assert "看板" in words(again)
    found = tokens.bearer(db, secret)
    assert found is not None
    assert (found.user.name, found.user.role) == ("组长", "volunteer")

    asked = again.text.index("<summary"), again.text.index("Revoke for good")
    assert asked[0] < again.text.index(f"/tokens/{found.token_id}/revoke") < asked[1]
    leader.submit("/tokens", action=f"/tokens/{found.token_id}/revoke")

    assert "看板" not in words(leader.get("/tokens"))
    assert tokens.bearer(db, secret) is None
    with db.reading() as session:
        acts = select(AuditEntry.act).where(AuditEntry.subject == "token").order_by(AuditEntry.id)
        assert session.scalars(acts).all() == ["token_issued", "token_revoked"]


def test_no_more_than_ones_own_role_can_be_given(app: Flask, db: Database) -> None:
    volunteer = browser(app, people(db).volunteer)
    assert 'value="leader"' not in volunteer.get("/tokens").text

    sent = {"csrf_token": token(volunteer), "role": "administrator", "label": "x"}
    answer = volunteer.post("/tokens", data=sent)

    assert not SECRET.search(answer.text)
    with db.reading() as session:
        assert not tokens.list_tokens(session, None)


def test_a_label_that_will_not_do_is_said(app: Flask, db: Database) -> None:
    volunteer = browser(app, people(db).volunteer)

    answer = volunteer.submit("/tokens", action="/tokens", label="x" * 81)

    assert "A label has at most 80 visible characters." in words(answer)


def test_anothers_token_is_not_to_be_seen_or_revoked(app: Flask, db: Database) -> None:
    cast_ = people(db)
    browser(app, cast_.leader).submit("/tokens", action="/tokens", label="组长的")
    volunteer = browser(app, cast_.volunteer)
    with db.reading() as session:
        ((row, _name),) = tokens.list_tokens(session, None)

    assert "组长的" not in words(volunteer.get("/tokens"))
    sent = {"csrf_token": token(volunteer)}
    assert volunteer.post(f"/tokens/{row.id}/revoke", data=sent).status_code == 404
