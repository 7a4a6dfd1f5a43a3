"""What the pages of whoever leads ask of the database does not grow with what they show."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event

from app.db import Database
from tests import cast
from tests.cases.test_work_pages import browser
from tests.cases.town import Town
from tests.cast import mobile, resident
from tests.conftest import Clock
from tests.house.pages import CheckingClient

PAGES = (
    "/leader-list",
    "/leader-list?kind=without_number",
    "/people",
    "/campaigns/{}/in-hand",
    "/campaigns/{}/appointments",
    "/campaigns/{}/languages",
    "/residents/shared-lines",
)


def grown(town: Town, times: int) -> None:
    """Let there be more of everything."""
    for _time in range(times):
        cast.add(town.db, f"志愿者{town.now:%H%M}", "volunteer", team="观音山街道")
        town.batch(town.people.volunteer, 2)
        asked, promised = sorted(town.in_hand(town.people.volunteer))[:2]
        town.save(town.people.volunteer, asked, "needs_leader")
        at = town.now + timedelta(hours=1)
        town.save(town.people.volunteer, promised, "callback_requested", callback_at=at)
        town.batch(town.people.colleague, 2)
        town.wait(minutes=1)


def cost(browser: CheckingClient, path: str) -> int:
    """How many statements a page takes."""
    engine = browser.application.extensions["database"].engine
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    answer = browser.get(path)
    event.remove(engine, "before_cursor_execute", note)
    assert answer.status_code == 200, path
    return len(statements)


@pytest.mark.parametrize("role", ["leader", "supervisor"])
def test_more_rows_take_no_more_statements(
    app: Flask, db: Database, clock: Clock, role: str
) -> None:
    names = [f"居民{number:02}" for number in range(30)]
    home = [resident(f"室友{number}", mobile(99), room=f"9{number:02}") for number in range(9)]
    town = Town.of(db, clock, [*names, *home, *(resident(f"无号{n}") for n in range(5))])
    client = browser(app, getattr(town.people, role))
    grown(town, 1)
    few = {path: cost(client, path.format(town.campaign)) for path in PAGES}
    grown(town, 3)

    many = {path: cost(client, path.format(town.campaign)) for path in PAGES}

    assert many == few
    assert max(few.values()) < 20
