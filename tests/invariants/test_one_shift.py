"""Law: nobody is planned to be in two places at once."""

from datetime import timedelta

import pytest

from app.config import TIMEZONE
from app.db import Database
from app.people.models import Shift
from app.upkeep import check
from tests.cases.town import Town
from tests.conftest import Clock
from tests.invariants.damage import copy, damaging, found_after, named


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    """The volunteer left the first shift early and the second late, and has two more."""
    town = Town.of(db, clock, "甲")
    me = town.people.volunteer
    morning = town.plan(me, "10:00", "14:00")
    town.check_in(me, morning)
    town.wait(hours=2)
    town.check_out(me, morning)
    noon = town.plan(me, "12:30", "15:00")
    town.plan(me, "15:00", "17:00")
    town.plan(town.people.colleague, "15:00", "17:00")
    town.wait(minutes=30)
    town.check_in(me, noon)
    town.wait(hours=3)
    town.check_out(me, noon)
    return town


def test_one_may_leave_early_or_late_and_colleagues_come_at_the_same_time(town: Town) -> None:
    assert town.broken() == []


@pytest.mark.parametrize(("begins", "is_found"), [(-1, True), (0, True), (119, True), (120, False)])
def test_check_finds_a_shift_that_begins_before_another_is_over(
    db: Database, town: Town, begins: int, is_found: bool
) -> None:
    last = town.at("15:00")
    with db.reading() as session:
        of = session.query(Shift).filter_by(user_id=town.people.volunteer.user.id)
        third = of.order_by(Shift.id.desc()).first()
    assert third is not None
    with damaging(db) as session:
        starts = last + timedelta(minutes=begins)
        copy(session, Shift, third.id, starts_at=starts, ends_at=starts + timedelta(hours=1))
        found = list(check.broken(session, "one_shift", TIMEZONE))

    assert bool(found) == is_found


def test_check_finds_a_shift_that_ends_before_it_begins(db: Database, town: Town) -> None:
    found = found_after(db, "one_shift", "UPDATE shifts SET ends_at = starts_at WHERE id = 1")

    assert named(found) == {("one_shift", "shifts 1")}
