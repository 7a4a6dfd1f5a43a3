"""How many rosters may wait."""

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
