"""Shifts in the database: who plans whom, and being there."""

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.db import Database
from app.people import shifts
from app.people.models import Shift
from app.people.rules.shifts import Span
from app.problems import ForbiddenError, NotFoundError, Problem
from tests import cast
from tests.cases.town import Town
from tests.cast import Person
from tests.conftest import Clock


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    return Town.of(db, clock, "甲")


def planned(town: Town, actor: Person, users: list[Person], begins: str, ends: str) -> int:
    span = Span(town.at(begins), town.at(ends))
    with town.db.writing() as session:
        return shifts.plan(
            session, actor.user, town.now, [one.user for one in users], [span], cast.BRIDGE
        )


def all_shifts(town: Town) -> list[Shift]:
    with town.db.reading() as session:
        return list(session.scalars(select(Shift).order_by(Shift.id)))


def acts(town: Town) -> list[tuple[str, str]]:
    with town.db.reading() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        return [(one.act, one.subject_id) for one in entries if "shift" in one.act + one.subject]


def test_a_leader_plans_the_team(town: Town) -> None:
    team = [town.people.volunteer, town.people.colleague, town.people.leader]

    assert planned(town, town.people.leader, team, "14:00", "18:00") == 3

    assert {(one.user_id, one.planned_by_id, one.community_code) for one in all_shifts(town)} == {
        (person.user.id, town.people.leader.user.id, cast.BRIDGE) for person in team
    }
    assert [act for act, _ in acts(town)] == ["shifts_planned"] * 3


@pytest.mark.parametrize(
    ("actor", "user"),
    [("leader", "outsider"), ("leader", "supervisor"), ("volunteer", "colleague"),
     ("supervisor", "administrator")],
)  # fmt: skip
def test_nobody_plans_those_whom_they_do_not_lead(town: Town, actor: str, user: str) -> None:
    with pytest.raises(ForbiddenError):
        planned(town, getattr(town.people, actor), [getattr(town.people, user)], "14:00", "18:00")
    assert all_shifts(town) == []


def test_nobody_is_planned_twice_at_the_same_time_and_nothing_is_half_planned(town: Town) -> None:
    me, colleague = town.people.volunteer, town.people.colleague
    town.plan(me, "14:00", "18:00")

    with pytest.raises(Problem, match="shift_overlaps") as told:
        planned(town, town.people.leader, [colleague, me], "17:30", "20:00")

    assert told.value.values == {"name": me.name, "when": "2026-11-24 14:00–18:00"}
    assert len(all_shifts(town)) == 1
    assert planned(town, town.people.leader, [me], "18:00", "20:00") == 1


def test_hours_of_one_plan_do_not_overlap(town: Town) -> None:
    me = town.people.volunteer.user
    hours = [Span(town.at(begins), town.at("18:00")) for begins in ("14:00", "17:00")]
    with town.db.writing() as session:
        with pytest.raises(Problem, match="shift_overlaps"):
            shifts.plan(session, None, town.now, [me], hours)
        assert shifts.plan(session, None, town.now, [me, me], hours[:1]) == 1


def test_hours_that_have_passed_are_not_planned(town: Town) -> None:
    with pytest.raises(Problem, match="shift_past"):
        planned(town, town.people.leader, [town.people.volunteer], "08:00", "10:00")


def test_a_plan_needs_somebody(town: Town) -> None:
    with pytest.raises(Problem, match="shift_for_nobody"):
        planned(town, town.people.leader, [], "14:00", "18:00")


def test_one_is_there_once(town: Town) -> None:
    me = town.people.volunteer
    shift = town.plan(me, "10:15", "18:00")
    first = town.check_in(me, shift).checked_in_at
    town.wait(minutes=3)

    assert town.check_in(me, shift).checked_in_at == first == town.at("10:00")
    assert acts(town).count(("checked_in", str(shift.id))) == 1


def test_one_does_not_come_to_anothers_shift(town: Town) -> None:
    shift = town.plan(town.people.volunteer, "10:00", "18:00")
    with pytest.raises(NotFoundError):
        town.check_in(town.people.colleague, shift)
    with pytest.raises(NotFoundError):
        town.check_out(town.people.colleague, shift)


def test_one_does_not_come_too_early_nor_leave_before_coming(town: Town) -> None:
    me = town.people.volunteer
    shift = town.plan(me, "10:16", "18:00")
    with pytest.raises(Problem, match="check_in_early"):
        town.check_in(me, shift)
    with pytest.raises(Problem, match="check_out_absent"):
        town.check_out(me, shift)


def test_one_leaves_once_and_any_time_after(town: Town) -> None:
    me = town.people.volunteer
    shift = town.plan(me, "10:00", "12:00")
    town.check_in(me, shift)
    town.wait(hours=5)
    left = town.check_out(me, shift).checked_out_at
    town.wait(minutes=3)

    assert town.check_out(me, shift).checked_out_at == left == town.at("15:00")
    assert acts(town).count(("checked_out", str(shift.id))) == 1
    with pytest.raises(Problem, match="check_in_late"):
        town.check_in(me, shift)


def test_the_shift_at_hand(town: Town) -> None:
    """What is under way, then the next; what was left or missed is of no use any more."""
    me = town.people.volunteer
    morning, evening = town.plan(me, "10:00", "12:00"), town.plan(me, "17:00", "20:00")

    def at_hand() -> int | None:
        with town.db.reading() as session:
            found = shifts.at_hand(session, me.user, town.now)
        return found and found.id

    assert at_hand() == morning.id
    town.check_in(me, morning)
    town.wait(hours=3)
    assert at_hand() == morning.id, "to be checked out of still"
    town.check_out(me, morning)
    assert at_hand() == evening.id
    town.wait(hours=7)
    assert at_hand() is None, "missed"


def test_a_shift_to_come_can_be_removed_by_who_leads(town: Town) -> None:
    shift = town.plan(town.people.volunteer, "14:00", "18:00")
    with pytest.raises(ForbiddenError):
        town.remove(town.people.outsider, shift)

    town.remove(town.people.leader, shift)

    assert all_shifts(town) == []
    assert acts(town)[-1] == ("shift_removed", str(town.people.volunteer.user.id))


def test_a_shift_that_has_begun_stays(town: Town) -> None:
    shift = town.plan(town.people.volunteer, "10:10", "18:00")
    town.check_in(town.people.volunteer, shift)
    with pytest.raises(Problem, match="shift_begun"):
        town.remove(town.people.leader, shift)
    another = town.plan(town.people.colleague, "10:00", "18:00")
    with pytest.raises(Problem, match="shift_begun"):
        town.remove(town.people.leader, another)
