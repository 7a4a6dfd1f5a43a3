"""How many rosters may wait, and what the page says then."""

import threading
from io import BytesIO

import pytest

from app.db import Database
from app.problems import Problem
from app.rosters.service import staging
from tests import cast
from tests.cast import english, mobile, sign_in, words
from tests.house.pages import CheckingClient
from tests.residents.test_roster_pages import decide, upload
from tests.rosters.rostering import Rostering, row, sheet


def test_nobody_fills_the_disk_with_rosters_that_wait(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "MOST_OPEN", 2)
    rosters, one = Rostering(db, cast.standing(db)), sheet(row("陈一", mobile(1)))
    first, _second = rosters.upload(one), rosters.upload(one)
    with pytest.raises(Problem) as told:
        rosters.upload(one)
    assert told.value == Problem("imports_open", values={"most": 2})

    rosters.go_on(first)
    with rosters.db.writing() as session:
        staging.cancel(session, rosters.user, rosters.now, first)
    rosters.go_on(first)
    assert rosters.upload(one)


def test_two_at_once_are_not_one_too_many(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "MOST_OPEN", 1)
    rosters, one = Rostering(db, cast.standing(db)), sheet(row("陈一", mobile(1)))
    given = staging.Upload(BytesIO(one), "名单.xlsx")
    told: list[str] = []

    def upload() -> None:
        try:
            rosters.upload(one)
        except Problem as problem:
            told.append(problem.code)

    other = threading.Thread(target=upload)
    with db.writing() as session:
        staging._new(session, rosters.user, rosters.now, given, len(one))
        other.start()
        other.join(timeout=0.5)
    other.join()

    assert told == ["imports_open"]


def test_the_page_says_that_too_many_wait_and_lists_them_first(
    db: Database, client: CheckingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(english(client), cast.standing(db).leader)
    one = sheet(row("陈一", mobile(1)))
    old, done = (upload(client, one, f"{name}.xlsx").location for name in ("old", "done"))
    decide(client, done, "confirm")
    page = words(client.get("/rosters"))
    assert "Read the file" in page
    assert page.index("old.xlsx") < page.index("done.xlsx")

    monkeypatch.setattr(staging, "MOST_OPEN", 1)
    for page in (words(client.get("/rosters")), words(upload(client, one))):
        assert page.count("1 rosters of yours wait already.") == 1
        assert "Read the file" not in page, "nobody sends a large file in vain"
    decide(client, old, "cancel")
    assert "Read the file" in words(client.get("/rosters"))
