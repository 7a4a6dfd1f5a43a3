"""What a preview asks people to look at, and the page of those to be placed."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.db import Database
from app.i18n import LANGUAGE_COOKIE
from app.residents.models import Resident, RosterImport
from app.residents.rules.phones import REASONS
from app.rosters.service import files
from tests.cast import BRIDGE, Cast, words
from tests.conftest import Clock
from tests.house.pages import CheckingClient, Page
from tests.residents.files import workbook
from tests.residents.test_roster_pages import (
    ELSEWHERE,
    HEADER,
    ONE,
    TWO,
    browser,
    decide,
    leader,
    played,
    sheet,
    upload,
)

__all__ = ["leader", "played"]

TO_BE_PLACED = "/residents/to-be-placed"


def seen(db: Database) -> list[tuple[str, str, object]]:
    """Who looked at residents: the subjects, and how many were shown."""
    query = select(AuditEntry).where(AuditEntry.act == "residents_seen").order_by(AuditEntry.id)
    with db.reading() as session:
        return [(e.subject, e.subject_id, e.detail["n"]) for e in session.scalars(query)]


def test_rows_to_look_at_are_named_with_what_was_written(
    db: Database, leader: CheckingClient
) -> None:
    path = upload(leader, sheet(ONE, TWO, ELSEWHERE, ONE)).location
    page = words(leader.get(path)).partition("Rows to look at")[2]

    at = [
        page.index("row 3"),
        page.index(f"Not usable as a number: “1391234” — {REASONS['too_short'][1]}"),
        page.index("row 4"),
        page.index("No community could be told from “没有的社区”."),
        page.index("row 5"),
        page.index("This resident is in an earlier row too; the row is not taken again."),
    ]
    assert at == sorted(at)
    assert seen(db) == [("import", path.rpartition("/")[2], 3)]
    with db.reading() as session:
        result = session.scalars(select(RosterImport.result)).one()
    assert "1391234" not in str(result)
    assert "没有的社区" not in str(result)


def test_why_a_number_is_not_usable_is_said_in_chinese(leader: CheckingClient) -> None:
    path = upload(leader, sheet(TWO)).location
    leader.set_cookie(LANGUAGE_COOKIE, "zh")

    assert REASONS["too_short"][0] in words(leader.get(path))


def test_at_most_50_rows_to_look_at_are_shown(leader: CheckingClient) -> None:
    content = sheet(*[[None, "1幢", str(n), f"陈{n}", "123", None] for n in range(203)])
    page = words(leader.get(upload(leader, content).location))

    assert page.count("Not usable as a number") == 50
    assert "All rows of which there is something to say" in page


def test_what_a_taken_roster_wrote_can_be_looked_at_while_its_file_is_kept(
    app: Flask, db: Database, leader: CheckingClient, clock: Clock
) -> None:
    path = upload(leader, sheet(TWO)).location
    decide(leader, path, "confirm")
    import_id = path.rpartition("/")[2]

    assert "1391234" in words(leader.get(path))
    assert seen(db) == [("import", import_id, 1)]
    files.erase_old(db, clock.now + timedelta(days=8))
    assert "1391234" not in words(leader.get(path))
    assert seen(db) == [("import", import_id, 1)]


def test_sheets_are_named_where_there_are_several(leader: CheckingClient) -> None:
    content = workbook({"甲楼": [HEADER, ONE], "填写示例": [HEADER, TWO], "别的": [["甲"], ["乙"]]})
    page = words(leader.get(upload(leader, content).location))

    assert ">甲楼</td>" in page
    assert "<li>sheet 填写示例: " in page
    assert "<li>sheet 别的: No column with names was found." in page
    assert "陈二" not in page
    assert ">Sheet1</td>" not in words(leader.get(upload(leader, sheet(ONE)).location))


@pytest.fixture
def supervisor(app: Flask, leader: CheckingClient, played: Cast) -> CheckingClient:
    """A supervisor, with one resident whose community nobody could tell."""
    evil = ["<b>没有的社区", *ELSEWHERE[1:]]
    decide(leader, upload(leader, sheet(evil)).location, "confirm")
    return browser(app, played.supervisor)


def test_nobody_is_chosen_until_somebody_chooses(supervisor: CheckingClient) -> None:
    (form,) = [
        form for form in Page(supervisor.get(TO_BE_PLACED).text).forms if "community" in form.values
    ]

    assert form.values["community"] == ""
    assert "resident" not in form.values


@pytest.mark.parametrize(
    ("who", "community", "said"),
    [
        (False, BRIDGE, "Tick at least one resident."),
        (True, "", "Choose a community."),
    ],
)
def test_what_was_not_chosen_is_asked_for(
    db: Database, supervisor: CheckingClient, who: bool, community: str, said: str
) -> None:
    with db.reading() as session:
        chosen = [str(session.scalars(select(Resident.id)).one())] if who else []
    answer = supervisor.submit(TO_BE_PLACED, action="", resident=chosen, community=community)

    assert said in words(answer)
    assert (" checked>" in answer.text) == who
    with db.reading() as session:
        assert session.scalars(select(Resident.community_code)).one() is None


def test_what_the_roster_wrote_helps_to_place_and_the_sight_is_in_the_trail(
    db: Database, supervisor: CheckingClient
) -> None:
    page = supervisor.get(TO_BE_PLACED)

    assert "<b>没有的社区" not in page.text
    assert "<b>没有的社区" in words(page)
    assert "sheet Sheet1, row 2" in words(page)
    assert seen(db) == [("community", "to_be_placed", 1)]


def test_where_the_community_was_told_nothing_is_kept(db: Database, leader: CheckingClient) -> None:
    decide(leader, upload(leader, sheet(["中桥社区", *ONE[1:]], ELSEWHERE)).location, "confirm")

    with db.reading() as session:
        query = select(Resident.community_written).order_by(Resident.id)
        assert session.scalars(query).all() == ["", "没有的社区"]
