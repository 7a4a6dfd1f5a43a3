"""A roster through the pages: upload, look, decide; and the residents that come of it."""

import re
from collections.abc import Sequence
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.audit.models import AuditEntry
from app.db import Database
from app.residents.models import Resident, RosterImport
from app.rosters.service import files
from tests import cast
from tests.cast import BRIDGE, HARBOUR, SCHOOL, Cast, Person, english, sign_in, token, words
from tests.house.pages import CheckingClient
from tests.residents.files import Cell, xlsx
from tests.residents.hostile import HOSTILE

HEADER = ("社区", "楼栋", "室", "姓名", "联系电话", "身份证号")
ONE: list[Cell] = [None, "1幢", "101", "王㛃", "13912345678", "secret"]
TWO: list[Cell] = [None, "1幢", "102", "陈二", "1391234", "secret"]
NOBODY: list[Cell] = [None, "1幢", "103", None, "13912345679", "secret"]
ELSEWHERE: list[Cell] = ["没有的社区", "1幢", "104", "李四", "13912345680", "secret"]


@pytest.fixture
def played(db: Database) -> Cast:
    return cast.standing(db)


@pytest.fixture
def leader(client: CheckingClient, played: Cast) -> CheckingClient:
    sign_in(client, played.leader)
    return english(client)


def browser(app: Flask, person: Person) -> CheckingClient:
    client = app.test_client()
    assert isinstance(client, CheckingClient)
    sign_in(client, person)
    return english(client)


def sheet(*rows: Sequence[Cell]) -> bytes:
    return xlsx([HEADER, *rows])


def upload(
    client: CheckingClient, content: bytes, name: str = "名单.xlsx", community: str = BRIDGE
) -> TestResponse:
    sent = {"csrf_token": token(client), "roster": (BytesIO(content), name)}
    return client.post("/rosters", data={**sent, "community": community})


def decide(client: CheckingClient, path: str, act: str) -> TestResponse:
    return client.post(f"{path}/{act}", data={"csrf_token": token(client)})


def names(db: Database) -> list[str]:
    with db.reading() as session:
        return list(session.scalars(select(Resident.name).order_by(Resident.id)))


def imports(db: Database) -> list[tuple[str, bool]]:
    """Of each import its state, and whether its file is still there."""
    with db.reading() as session:
        found = session.execute(select(RosterImport.status, RosterImport.id)).all()
        return [(status, files.is_there(session, import_id)) for status, import_id in found]


def test_a_preview_shows_what_would_be_taken_and_stores_nobody(
    db: Database, leader: CheckingClient
) -> None:
    answer = upload(leader, sheet(ONE, TWO, NOBODY, ELSEWHERE, ONE))
    page = words(leader.get(answer.location))

    for figure, what in (
        (3, "accepted</span>"),
        (1, "rejected</span>"),
        (1, "unchanged</span>"),
    ):
        before = page[: page.index(what)]
        assert f">{figure}<" in before[-200:], what
    assert "5 rows: 3 accepted, 1 unchanged, 1 rejected." in page
    assert "Of these: 1 without a usable number, 1 to be placed" in page
    assert ">0<" not in page
    assert "sheet Sheet1, row 4, column D" in page
    assert "There is no name." in page
    assert "王㛃" in page
    assert "Left out, because nobody asked for them: 身份证号" in page
    assert "secret" not in page
    assert (names(db), imports(db)) == ([], [("preview", True)])


def test_confirming_takes_them(db: Database, leader: CheckingClient) -> None:
    path = upload(leader, sheet(ONE, TWO, NOBODY)).location
    answer = decide(leader, path, "confirm")

    assert answer.location == path
    page = words(leader.get(path))
    assert "2 residents taken." in page
    assert "Take 2 residents" not in page
    assert (names(db), imports(db)) == (["王㛃", "陈二"], [("done", True)])


def test_terms_that_there_are_not_take_nobody(db: Database, leader: CheckingClient) -> None:
    path = upload(leader, sheet(ONE)).location
    sent = {"csrf_token": token(leader), "known": "everything"}

    assert leader.post(f"{path}/confirm", data=sent).status_code == 400
    assert (names(db), imports(db)) == ([], [("preview", True)])


def test_throwing_away_takes_nobody(db: Database, leader: CheckingClient) -> None:
    path = upload(leader, sheet(ONE)).location
    decide(leader, path, "cancel")

    assert "thrown away; nothing was taken" in words(leader.get("/rosters"))
    assert (names(db), imports(db)) == ([], [("cancelled", False)])
    assert "王㛃" not in leader.get(path).text


@pytest.mark.parametrize("first", ["confirm", "cancel"])
def test_what_is_decided_stays_decided(db: Database, leader: CheckingClient, first: str) -> None:
    path = upload(leader, sheet(ONE)).location
    decide(leader, path, first)
    before = (names(db), imports(db))
    for second in ("confirm", "cancel"):
        again = decide(leader, path, second)

        assert again.status_code == 422
        assert "This roster was taken or thrown away already." in words(again)
    assert (names(db), imports(db)) == before


def test_the_same_sheet_again_offers_nobody(db: Database, leader: CheckingClient) -> None:
    content = sheet(ONE, TWO)
    decide(leader, upload(leader, content).location, "confirm")
    page = words(leader.get(upload(leader, content).location))

    assert "Take " not in page.partition("<main")[2]
    assert names(db) == ["王㛃", "陈二"]


def test_earlier_rosters_say_how_many_they_changed(leader: CheckingClient) -> None:
    decide(leader, upload(leader, sheet(ONE)).location, "confirm")
    moved: list[Cell] = [None, "9幢", "901", "王㛃", "13912345678", "secret"]
    decide(leader, upload(leader, sheet(moved)).location, "confirm")
    listed = re.sub(r"<[^>]*>|\s", " ", words(leader.get("/rosters"))).split()
    taken = [listed[at - 2 : at] for at, word in enumerate(listed) if word == "taken"]
    assert taken[-2:] == [["0", "1"], ["1", "0"]]


def test_a_preview_is_not_for_others(app: Flask, leader: CheckingClient, played: Cast) -> None:
    path = upload(leader, sheet(ONE)).location
    other = browser(app, played.supervisor)

    assert other.get(path).status_code == 404
    assert decide(other, path, "confirm").status_code == 404
    assert decide(other, path, "cancel").status_code == 404


def test_rows_of_a_community_elsewhere_are_named(db: Database, leader: CheckingClient) -> None:
    path = upload(leader, sheet(["港口社区", *ONE[1:]], TWO)).location
    page = words(leader.get(path))

    assert "row 2" in page
    assert "The community of this row is not one of yours." in page
    decide(leader, path, "confirm")
    assert names(db) == ["陈二"]


def test_a_community_elsewhere_cannot_be_the_default(db: Database, leader: CheckingClient) -> None:
    assert upload(leader, sheet(ONE), community=HARBOUR).status_code == 200
    assert imports(db) == []


def test_without_a_file_the_page_asks_for_one(db: Database, leader: CheckingClient) -> None:
    answer = leader.submit("/rosters", action="")

    assert "Choose the roster file first." in words(answer)
    assert imports(db) == []


LARGE = 400_000
"""Larger files are tried in test_reader.py."""


def test_a_file_that_is_no_roster_is_refused_in_words_and_the_app_lives_on(
    db: Database, leader: CheckingClient
) -> None:
    said = {}
    for what, (make, code, _place) in list(HOSTILE.items())[::6]:
        content = make()
        if len(content) > LARGE:
            continue
        answer = upload(leader, content)
        assert answer.status_code == 200, what
        alert = words(answer).partition('role="alert"')[2].partition("</div>")[0]
        said[code] = alert.rpartition(">")[2].strip()
        assert leader.get("/healthz").status_code == 200

    assert len(said) >= 3
    assert all(sentence.endswith(".") for sentence in said.values()), said
    assert imports(db) == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"%PDF-1.7\n", "This is not a spreadsheet. Save the roster as .xlsx or .csv."),
        (xlsx([]), "The file holds no rows."),
        (xlsx([HEADER]), "The file holds no rows."),
    ],
)
def test_a_bad_file_is_answered_with_what_to_do(
    db: Database, leader: CheckingClient, content: bytes, sentence: str
) -> None:
    assert sentence in words(upload(leader, content))
    assert imports(db) == []


EVIL = "<b>陈</b>\"'&{{7*7}}"


def test_hostile_text_is_shown_as_text(db: Database, leader: CheckingClient) -> None:
    one: list[Cell] = [None, "<i>1幢", "<u>9", EVIL, "<s>139", "x"]
    path = upload(leader, sheet(one), name='<img src=x>"名单.csv.xlsx').location
    pages = [leader.get(path), leader.get("/rosters")]
    decide(leader, path, "confirm")
    pages += [leader.get(path), leader.get(f"/residents/{BRIDGE}")]

    assert names(db) == [EVIL]
    for page in pages:
        for tag in ("<b>陈", "<i>1", "<u>9", "<s>139", "<img src=x"):
            assert tag not in page.text
    assert EVIL in words(pages[-1])


def test_residents_are_listed_with_masked_numbers_and_that_is_in_the_trail(
    db: Database, leader: CheckingClient, played: Cast
) -> None:
    cast.residents(db, BRIDGE, [cast.resident("王㛃", "+8613912345678", "+8651385566357")])
    page = leader.get(f"/residents/{BRIDGE}").text

    assert "王㛃" in page
    for bare in ("13912345678", "139 1234 5678", "12345", "85566357", "8556 6357", "55663"):
        assert bare not in page
    with db.reading() as session:
        seen = session.scalars(select(AuditEntry).where(AuditEntry.act == "residents_seen")).one()
    assert (seen.user_id, seen.subject, seen.subject_id) == (
        played.leader.user.id, "community", BRIDGE,
    )  # fmt: skip
    assert seen.detail == {"n": 1}


def test_those_without_a_usable_number_can_be_listed_alone(
    db: Database, leader: CheckingClient
) -> None:
    decide(leader, upload(leader, sheet(ONE, TWO)).location, "confirm")
    page = words(leader.get(f"/residents/{BRIDGE}?without_number=1"))

    assert "王㛃" not in page
    assert "陈二" in page
    assert "1391234 — " in page


def test_a_line_of_more_than_a_group_is_listed(db: Database, leader: CheckingClient) -> None:
    shared, own = "+8651385566357", cast.mobile(1)
    cast.residents(db, BRIDGE, [cast.resident(f"工人{n}", shared) for n in "甲乙丙丁戊己庚辛壬"])
    cast.residents(db, SCHOOL, [cast.resident(f"学生{n}", own) for n in "甲乙丙丁戊己庚辛"])
    said = "Numbers of more residents than are rung together"

    assert said in words(leader.get(f"/residents/{BRIDGE}"))
    assert said not in words(leader.get(f"/residents/{SCHOOL}"))


def test_a_long_list_comes_in_pages(db: Database, leader: CheckingClient) -> None:
    cast.residents(db, BRIDGE, [cast.resident(f"居民{n:02}", room=f"{n:03}") for n in range(51)])
    pages = [leader.get(f"/residents/{BRIDGE}?page={page}").text for page in (1, 2)]

    assert ["居民00" in page for page in pages] == [True, False]
    assert ["居民50" in page for page in pages] == [False, True]
    for odd in ("0", "-1", "x", "9" * 30):
        assert leader.get(f"/residents/{BRIDGE}?page={odd}").status_code == 200


def test_who_is_to_be_placed_is_placed_through_the_page(
    app: Flask, db: Database, leader: CheckingClient, played: Cast
) -> None:
    decide(leader, upload(leader, sheet(ELSEWHERE)).location, "confirm")
    supervisor = browser(app, played.supervisor)
    assert "1 resident is still to be placed" in words(supervisor.get("/residents"))
    page = supervisor.get("/residents/to-be-placed").text
    assert "李四" in page
    assert "12345680" not in page
    with db.reading() as session:
        chosen = [str(one) for one in session.scalars(select(Resident.id))]

    def place(code: str, who: list[str]) -> TestResponse:
        return supervisor.submit("/residents/to-be-placed", action="", resident=who, community=code)

    assert place(SCHOOL, chosen).status_code == 200, "not the supervisor's"
    assert place(BRIDGE, ["x", "9" * 30, "-1"]).status_code == 200, "nobody"
    with db.reading() as session:
        assert session.scalar(select(func.count()).where(Resident.community_code == BRIDGE)) == 0
    assert place(BRIDGE, chosen).status_code == 302
    assert "1 resident placed." in words(supervisor.get("/residents/to-be-placed"))
    assert "李四" in leader.get(f"/residents/{BRIDGE}").text
