"""A claim looks at so many of those ready and no further; who is behind them is found all the same,
without anybody's waiting for it.
"""

from datetime import timedelta

import pytest

from app.cases.service import claim as claiming
from app.db import Database
from tests import cast
from tests.cases.town import Town
from tests.cast import BRIDGE, SCHOOL, mobile, resident
from tests.conftest import Clock


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six residents are few for a test and more than a claim looks at."""
    monkeypatch.setattr(claiming, "LOOKED_AT", 3)


def group_ids(town: Town, names: str) -> list[int]:
    return [town.group(name).id for name in names]


def test_who_is_far_back_is_found_and_taken(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙丙丁戊己")
    town.reach_elsewhere("甲乙丙丁")
    volunteer = town.people.volunteer

    assert town.claim_at_once(volunteer, 2).batch is None
    these = town.ahead(volunteer, 2)
    assert these == group_ids(town, "戊己")
    found = town.claim_at_once(volunteer, 1, these=these).batch
    assert found is not None
    assert town.held(found) == ["戊"]
    assert town.broken() == []


def test_nobody_is_found_where_everybody_rests(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙丙丁戊己")
    town.reach_elsewhere("甲乙丙丁戊己")
    volunteer = town.people.volunteer
    found = town.claim(volunteer)

    assert (found.batch, found.waiting) == (None, {"other_campaign": 6})
    assert found.next_at == town.now + timedelta(days=3)
    town.wait(days=3)
    assert len(town.take(volunteer)) == 6


@pytest.mark.parametrize("language", ["", "手语"])
def test_nobody_comes_before_those_whom_a_claim_did_not_look_at(
    db: Database, clock: Clock, language: str
) -> None:
    """Whether they are of another community, or need another language."""
    near = [resident(name, mobile(n), room=f"{n}") for n, name in enumerate("甲乙丙丁戊", 1)]
    town = Town.of(db, clock, near)
    cast.residents(db, SCHOOL, [resident("己", mobile(9), room="9", language=language)])
    wide = cast.open_campaign(db, [BRIDGE, SCHOOL])
    town.reach_elsewhere("甲乙丙丁")
    volunteer = town.people.volunteer

    assert town.claim_at_once(volunteer, 1, campaign=wide).batch is None
    assert town.take(volunteer, 1, campaign=wide) == ["戊"]
    assert town.take(volunteer, 1, campaign=wide) == ["己"]


def test_those_before_the_end_of_what_was_looked_at_are_taken(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙丙丁戊己")
    town.reach_elsewhere("乙丙丁")
    volunteer = town.people.volunteer

    assert town.take(volunteer, 2) == ["甲"]
    assert town.take(volunteer, 2) == ["戊", "己"]


def test_an_appointment_comes_first_however_many_rest_before_it(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙丙丁戊己")
    volunteer, colleague = town.people.volunteer, town.people.colleague
    town.batch(colleague)
    for hours, name in enumerate("甲乙丙丁戊", 1):
        town.save(
            colleague, name, "callback_requested", callback_at=town.now + timedelta(hours=hours),
            number="?",
        )  # fmt: skip
    town.release(colleague, town.batch_of(colleague))
    town.reach_elsewhere("甲乙丙丁")
    town.wait(hours=6)

    assert town.take(volunteer, 1) == ["戊"]
    assert town.take(volunteer, 1) == ["己"]


def test_of_those_found_some_may_be_gone(db: Database, clock: Clock) -> None:
    """A look ahead locks nothing: what has changed since is asked again."""
    town = Town.of(db, clock, "甲乙丙丁戊己")
    volunteer, colleague = town.people.volunteer, town.people.colleague
    these = town.ahead(volunteer, 6)
    town.batch(colleague, 3)
    town.save(colleague, "甲", "no_answer")
    town.save(colleague, "乙", "callback_requested", callback_at=town.now + timedelta(hours=1))
    town.release(colleague, town.batch_of(colleague))
    found = town.claim_at_once(volunteer, 6, these=these).batch

    assert found is not None
    assert town.held(found) == ["丙", "丁", "戊", "己"]
    assert town.broken() == []


def test_an_appointment_made_since_is_its_own_volunteers(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    volunteer, colleague = town.people.volunteer, town.people.colleague
    these = town.ahead(volunteer)
    town.batch(colleague)
    town.save(colleague, "甲", "callback_requested", callback_at=town.now + timedelta(hours=1))
    town.wait(hours=1)

    assert town.claim_at_once(volunteer, these=these).batch is None
    assert town.claim_at_once(colleague, these=these).batch is not None


def test_in_quiet_hours_a_look_finds_nobody_who_did_not_ask_for_it(
    db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, "甲乙", hours=["14:00-20:00"])
    volunteer = town.people.volunteer
    clock.now = clock.now.replace(hour=4)
    these = group_ids(town, "甲乙")

    assert town.ahead(volunteer) == []
    assert town.claim_at_once(volunteer, these=these).batch is None
