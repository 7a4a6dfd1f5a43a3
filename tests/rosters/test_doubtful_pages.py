"""Doubtful rows are decided one by one, page by page; whose rosters are known to whom."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import Database
from app.residents import queries
from app.residents.models import RosterImport
from app.rosters.service import files
from tests import cast
from tests.cast import BRIDGE, Cast, words
from tests.conftest import Clock
from tests.house.pages import CheckingClient, Page
from tests.residents.files import Cell
from tests.residents.test_roster_pages import ONE, browser, decide, leader, played, sheet, upload

__all__ = ["leader", "played"]

MANY = 43
"""Three pages of doubtful rows."""


def people(name: str, many: int = MANY) -> bytes:
    return sheet(*[[None, "1幢", str(101 + n), name, f"139123{n:05}", ""] for n in range(many)])


@pytest.fixture
def doubtful(leader: CheckingClient) -> str:
    """A roster that waits, of which every row may be another writing of somebody on record."""
    decide(leader, upload(leader, people("王小明")).location, "confirm")
    return upload(leader, people("王先生")).location


def choose(client: CheckingClient, page: str, to: str, choice: str) -> str:
    """Decide all rows of a page alike, and go on; return where that leads."""
    (form,) = [f for f in Page(client.get(page).text).forms if "/doubtful" in f.action]
    sent = {name: choice if name.startswith("row-") else v for name, v in form.values.items()}
    answer = client.post(form.action, data={**sent, "to": to})
    assert answer.status_code == 302
    return answer.location


def test_every_doubtful_row_can_be_decided_and_nothing_decided_is_lost(
    db: Database, leader: CheckingClient, doubtful: str
) -> None:
    first = words(leader.get(f"{doubtful}/doubtful"))
    assert "王先生" in first
    assert "<strong>王小明</strong> · 1幢101" in first
    assert "number ends in 0000" in first
    assert "13912300000" not in first

    second = choose(leader, f"{doubtful}/doubtful?page=1", "2", "same")
    third = choose(leader, second, "3", "leave")
    choose(leader, third, "2", "new")
    assert "43 of 43 decided" in words(leader.get(second))
    choose(leader, third, "", "")  # what was decided can be left open again
    page = words(leader.get(doubtful))
    assert "43 rows: 43 doubtful, to be decided." in page
    assert "40 of 43 decided." in page

    leader.submit(doubtful, action=f"{doubtful}/confirm", doubtful="new")
    with db.reading() as session:
        record = session.scalars(select(RosterImport).order_by(RosterImport.id.desc())).first()
        assert record is not None
        found = {name: record.result[name] for name in ("accepted", "unchanged", "left_out")}
        assert len(queries.all_residents(session, BRIDGE)) == MANY + 3
    assert found == {"accepted": 3, "unchanged": 20, "left_out": 20}
    assert "Of these: 43 doubtful" in words(leader.get(doubtful))


def test_unchanged_rows_stand_apart_from_those_to_look_at(leader: CheckingClient) -> None:
    decide(leader, upload(leader, people("王小明", 3)).location, "confirm")
    bad: list[Cell] = [None, "1幢", "999", "陈二", "123", ""]
    again = [[None, "1幢", str(101 + n), "王小明", f"139123{n:05}", ""] for n in range(3)]
    path = upload(leader, sheet(*again, bad)).location
    page = words(leader.get(f"{path}/rows"))

    assert 'unchanged <span class="num">3</span>' in page
    assert "Not usable as a number" in page
    assert "known already" not in page
    assert words(leader.get(f"{path}/rows?kind=duplicate")).count("known already") == 3


def test_a_roster_on_which_nobody_decides_is_erased_after_a_week(
    db: Database, leader: CheckingClient, clock: Clock, doubtful: str
) -> None:
    clock.now += timedelta(days=5)
    choose(leader, f"{doubtful}/doubtful?page=1", "2", "same")
    files.erase_old(db, clock.now + timedelta(days=6))
    assert "to be decided" in words(leader.get(doubtful))
    files.erase_old(db, clock.now + timedelta(days=8))

    assert "王先生" not in words(leader.get(f"{doubtful}/rows?kind=doubtful"))
    assert "Nobody decided for a week" in words(leader.get(doubtful))
    assert "erased: nobody decided for a week" in words(leader.get("/rosters"))


def test_who_may_see_all_communities_of_an_uploader_sees_the_figures_of_a_roster(
    app: Flask, db: Database, leader: CheckingClient, played: Cast
) -> None:
    beyond = upload(leader, sheet(ONE)).location
    within = browser(app, cast.add(db, "桥边组长", "leader", communities=[BRIDGE]))
    path = upload(within, sheet(ONE)).location
    supervisor = browser(app, played.supervisor)

    names = words(supervisor.get("/rosters"))
    assert ("桥边组长" in names, beyond in names) == (True, False)
    assert supervisor.get(beyond).status_code == 404
    page = words(supervisor.get(path))
    assert "桥边组长" in page
    assert "1 accepted" in page or ">1<" in page
    assert "王㛃" not in page
    for more in ("rows", "doubtful", "annotated.xlsx"):
        assert supervisor.get(f"{path}/{more}").status_code == 404
    assert decide(supervisor, path, "confirm").status_code == 404
    own = upload(supervisor, sheet(ONE)).location
    assert within.get(own).status_code == 404
    assert "王㛃" in words(browser(app, played.administrator).get(path))
