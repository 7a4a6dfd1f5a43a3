"""How many rosters may wait."""

import threading
from io import BytesIO

import pytest

from app.db import Database
from app.problems import Problem
from app.rosters.service import staging
from tests import cast
from tests.cast import mobile
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
