"""What columns are taken for can be seen, chosen, and is remembered."""

import re

import pytest

from app.db import Database
from app.residents import queries
from app.residents.models import RosterFinding
from tests import cast
from tests.cast import BRIDGE, english, sign_in, words
from tests.house.pages import CheckingClient, Page
from tests.residents.files import xlsx
from tests.residents.test_roster_pages import decide, upload

ODD = [
    ["称谓", "呼叫", "门", "身份证号"],
    ["陈一", "内线", "101", "x"],
    ["陈二", "13912345679", "102", "x"],
]


@pytest.fixture
def leader(client: CheckingClient, db: Database) -> CheckingClient:
    sign_in(client, cast.standing(db).leader)
    return english(client)


def choose(client: CheckingClient, path: str, row: str = "", **roles: str) -> None:
    """Choose by the letters of columns, and the row of the headings."""
    form = next(f for f in Page(client.get(path).text).forms if f.action.endswith("/columns"))
    for name in list(form.values):
        letters = name.rpartition("-")[2]
        if letters in roles:
            form.values[name] = roles[letters]
        if letters == "row" and row:
            form.values[name] = row
    assert client.post(form.action, data=form.values).status_code == 302


def names(db: Database) -> dict[str, list[str]]:
    with db.reading() as session:
        found = queries.all_residents(session, BRIDGE)
        return {one.name: [line.number.value for line in one.lines] for one in found}


def test_a_sheet_of_odd_headings_is_read_as_somebody_says(
    db: Database, leader: CheckingClient
) -> None:
    path = upload(leader, xlsx(ODD)).location
    assert "Choose below which one it is." in words(leader.get(path))
    choose(leader, path, "1", A="name", B="phone", C="room")
    page = words(leader.get(path))
    assert "Take 2 residents" in page
    assert "chosen by somebody" in page
    decide(leader, path, "confirm")

    assert names(db) == {"陈一": [], "陈二": ["+8613912345679"]}


def test_the_choice_is_remembered_for_the_next_sheet_of_the_shape(
    db: Database, leader: CheckingClient
) -> None:
    choose(leader, upload(leader, xlsx(ODD)).location, "1", A="name", B="phone", C="room")
    again = upload(leader, xlsx([ODD[0], ["陈九", "13912345699", "109", "x"]])).location
    decide(leader, again, "confirm")

    assert names(db) == {"陈九": ["+8613912345699"]}


def test_a_column_can_be_left_out(db: Database, leader: CheckingClient) -> None:
    rows = [["姓名", "电话", "备注"], ["陈一", "13912345678", "秘密"]]
    path = upload(leader, xlsx(rows)).location
    choose(leader, path, C="")
    decide(leader, path, "confirm")

    with db.reading() as session:
        assert [one.remark for one in queries.all_residents(session, BRIDGE)] == [""]


def test_private_columns_are_named_and_shown_nowhere(db: Database, leader: CheckingClient) -> None:
    rows = [["姓名", "电话", "身份证号"], ["陈一", "13912345678", "11010519491231002X"]]
    path = upload(leader, xlsx(rows)).location
    page = words(leader.get(path))

    assert "private: nobody asked for it" in page
    assert "11010519491231002X" not in page
    with db.reading() as session:
        written = [one.written for one in session.query(RosterFinding)]
    assert not re.search("110105", str(written))


@pytest.mark.parametrize("role", ["password", "name' OR 1", "seq2"])
def test_what_is_no_role_changes_nothing(leader: CheckingClient, role: str) -> None:
    path = upload(leader, xlsx([["姓名", "电话"], ["陈一", "13912345678"]])).location
    choose(leader, path, B=role)

    assert "Take 1 resident" in words(leader.get(path))
