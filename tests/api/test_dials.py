"""Dials by the API: kept once, by token or ticket, and no attempt."""

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.calls.models import Dial
from tests.api.conftest import Program
from tests.api.ringing import deposit, mine, theirs, town
from tests.cases.town import Town
from tests.cast import mobile

__all__ = ["mine", "theirs", "town"]

AT = "2026-11-24T09:58:00+08:00"


def tap(who: Program, town: Town, name: str = "李三", **body: str) -> TestResponse:
    path = f"/cases/{town.case(name).id}/dials"
    return who.post(path, {"number": mobile(3), "dialled_at": AT, **body})


def dials(town: Town) -> list[Dial]:
    with town.db.reading() as session:
        return list(session.scalars(select(Dial).order_by(Dial.id)))


def test_a_tap_is_kept_once(mine: Program, town: Town) -> None:
    first, again = tap(mine, town), tap(mine, town, dialled_at="2026-11-24T01:58:00Z")

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert first.json is not None
    assert first.json["dialled_at"] == "2026-11-24T01:58:00Z"
    (kept,) = dials(town)
    assert (kept.id, kept.user_id) == (first.json["id"], town.people.volunteer.user.id)
    assert town.case("李三").attempts == 0
    assert town.broken() == []


def test_with_the_ticket_alone(app: Flask, mine: Program, theirs: Program, town: Town) -> None:
    first, again = tap(deposit(app, town), town), tap(mine, town)

    assert (first.status_code, again.status_code) == (201, 200)
    assert tap(theirs, town).status_code == 404


def test_nobody_learns_whose_a_number_is(app: Flask, mine: Program, town: Town) -> None:
    answer = tap(deposit(app, town), town, number=mobile(1))

    assert answer.status_code == 201
    assert [one.number_id for one in dials(town)] == [None]


def test_a_clock_that_is_far_off_loses_nothing(mine: Program, town: Town) -> None:
    for at in ("1999-01-01T00:00:00Z", "2099-01-01T00:00:00Z"):
        assert tap(mine, town, dialled_at=at).status_code == 201

    assert [one.dialled_at.year for one in dials(town)] == [1999, 2026]
    assert town.broken() == []
