"""Saving a call: what takes effect, what is kept, what is refused."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.audit.models import AuditEntry
from app.calls.models import Call
from app.cases.service.claim import Claim
from app.db import Database
from app.problems import NotFoundError, Problem
from tests import cast
from tests.cases.town import Town
from tests.cast import BRIDGE, mobile, resident
from tests.conftest import Clock

FAMILY = [resident(name, mobile(1), room="1") for name in ("父", "母", "子")]


def written(db: Database) -> tuple[int, int]:
    """How many calls and how many entries of the trail there are."""
    with db.reading() as session:
        return tuple(
            session.scalars(select(func.count()).select_from(table)).one()
            for table in (Call, AuditEntry)
        )  # type: ignore[return-value]


def test_a_call_takes_effect(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙")
    town.batch(town.people.volunteer)
    saved = town.save(town.people.volunteer, "甲", note=" 很好 ", number=mobile(1))
    case, call = town.case("甲"), saved.call

    assert (case.state, case.outcome, case.attempts) == ("done", "completed", 1)
    assert (case.last_disposition, case.last_call_at) == ("completed", call.started_at)
    assert (saved.repeated, call.applied, call.reason) == (False, True, None)
    assert (call.state_after, call.outcome_after) == ("done", "completed")
    assert town.in_hand(town.people.volunteer) == {"乙"}
    assert town.broken() == []


def test_what_was_said_is_kept(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    town.batch(town.people.volunteer)
    began, ended = town.now - timedelta(minutes=7), town.now - timedelta(minutes=3)
    agreed = town.now + timedelta(hours=5)
    town.save(
        town.people.volunteer, "甲", "callback_requested", note=" 下午再打\n", direction="in",
        number=mobile(1), callback_at=agreed, started_at=began, ended_at=ended,
    )  # fmt: skip
    (call,) = town.calls("甲")

    assert (call.note, call.direction, call.disposition) == ("下午再打", "in", "callback_requested")
    assert (call.started_at, call.ended_at, call.recorded_at) == (began, ended, town.now)
    assert (call.callback_at, call.community_code) == (agreed, BRIDGE)
    assert town.case("甲").appointment_at == agreed


def test_a_repeated_save_answers_the_same_and_stores_nothing(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙")
    town.batch(town.people.volunteer)
    times = {"started_at": town.now, "ended_at": town.now}
    first = town.save(town.people.volunteer, "甲", "busy", key="k", **times)
    before = written(db)
    town.wait(days=40)
    town.close()
    closing = written(db)[1] - before[1]
    again = town.save(town.people.volunteer, "甲", "busy", key="k", **times)

    assert (again.repeated, again.call.id) == (True, first.call.id)
    assert written(db) == (before[0], before[1] + closing)


def test_a_key_serves_one_call_only(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙")
    town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "甲", key="k")
    before = written(db)

    for name, disposition in (("甲", "busy"), ("乙", "completed")):
        with pytest.raises(Problem, match="key_reused"):
            town.save(town.people.volunteer, name, disposition, key="k")
    assert written(db) == before


def test_two_volunteers_may_have_the_same_key(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙")
    town.batch(town.people.volunteer, 1)
    town.batch(town.people.colleague, 1)

    assert town.save(town.people.volunteer, "甲", key="k").call.applied
    assert town.save(town.people.colleague, "乙", key="k").call.applied


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_a_save_needs_a_key(db: Database, clock: Clock, key: str) -> None:
    town = Town.of(db, clock, "甲")
    town.batch(town.people.volunteer)

    with pytest.raises(Problem, match="key_missing"):
        town.save(town.people.volunteer, "甲", key=key)


def test_one_call_settles_a_household(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, FAMILY)
    town.batch(town.people.volunteer)
    saved = town.save(town.people.volunteer, "父", also=["母", "父"], key="k", number=mobile(1))

    assert [town.case(name).state for name in "父母子"] == ["done", "done", "held"]
    (mother,) = town.calls("母")
    assert (mother.with_call_id, mother.idempotency_key) == (saved.call.id, None)
    assert len(town.calls()) == 2
    again = town.save(town.people.volunteer, "父", also=["母", "父"], key="k", number=mobile(1))
    assert (again.repeated, len(town.calls())) == (True, 2)
    assert town.broken() == []


@pytest.mark.parametrize(
    ("reason", "state"),
    [("stale_hold", "held"), ("already_done", "done"), ("campaign_closed", "open")],
)
def test_what_comes_too_late_is_kept_and_changes_nothing(
    db: Database, clock: Clock, reason: str, state: str
) -> None:
    town = Town.of(db, clock, "甲")
    volunteer, colleague = town.people.volunteer, town.people.colleague
    town.batch(volunteer)
    if reason == "campaign_closed":
        town.close()
    else:
        town.wait(hours=1)
        town.batch(colleague)
        if reason == "already_done":
            town.save(colleague, "甲", "moved")
    before = town.case("甲")
    saved = town.save(volunteer, "甲", "hard_refusal", note="不要再打")

    assert (saved.call.applied, saved.call.reason) == (False, reason)
    assert town.calls("甲")[-1].note == "不要再打"
    after = town.case("甲")
    assert after.state == state
    for column in ("state", "outcome", "attempts", "ready_at", "last_disposition"):
        assert getattr(after, column) == getattr(before, column)
    assert town.in_hand(colleague) == ({"甲"} if reason == "stale_hold" else set())
    assert town.broken() == []


def test_after_the_lease_a_call_still_takes_effect_while_nobody_else_came(
    db: Database, clock: Clock
) -> None:
    """The generation of the hold decides, not the clock."""
    town = Town.of(db, clock, "甲")
    town.batch(town.people.volunteer)
    town.wait(days=2)

    assert town.save(town.people.volunteer, "甲").call.applied


def test_a_call_of_an_earlier_hold_does_not_count_for_the_later_one(
    db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, "甲")
    first = town.batch(town.people.volunteer)
    town.release(town.people.volunteer, first)
    second = town.batch(town.people.volunteer)
    late = town.save(town.people.volunteer, "甲", "hard_refusal", hold=first.id)

    assert (late.call.applied, late.call.reason) == (False, "stale_hold")
    assert town.save(town.people.volunteer, "甲", hold=second.id).call.applied


def test_a_call_on_a_released_case_counts_until_somebody_is_given_it(
    db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, "甲乙")
    town.release(town.people.volunteer, town.batch(town.people.volunteer))

    assert town.save(town.people.volunteer, "甲").call.applied
    assert town.case("甲").state == "done"
    town.batch(town.people.colleague)
    assert town.save(town.people.volunteer, "乙").call.reason == "stale_hold"
    assert town.case("乙").state == "held"
    assert town.broken() == []


@pytest.mark.parametrize("case_id", [None, 9999])
def test_a_case_never_held_does_not_exist(db: Database, clock: Clock, case_id: int | None) -> None:
    town = Town.of(db, clock, "甲乙")
    town.batch(town.people.volunteer, 1)
    town.batch(town.people.colleague, 1)
    before = written(db)

    with pytest.raises(NotFoundError):
        town.save(town.people.volunteer, "乙", case_id=case_id)
    assert written(db) == before


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"disposition": "finished"}, "disposition_unknown"),
        ({"disposition": "callback_requested", "callback_at": cast.NOW}, "callback_past"),
        ({"disposition": "callback_requested", "callback_at": None}, "callback_missing"),
        ({"note": "长" * 2001}, "note_long"),
        ({"direction": "sideways"}, "direction_unknown"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(
    db: Database, clock: Clock, said: dict[str, Any], code: str
) -> None:
    town = Town.of(db, clock, "甲乙")
    town.batch(town.people.volunteer)
    before = written(db)

    with pytest.raises(Problem, match=code):
        town.save(town.people.volunteer, "甲", **said)
    assert written(db) == before
    assert town.in_hand(town.people.volunteer) == {"甲", "乙"}
    assert town.save(town.people.volunteer, "甲").call.position == 1


def test_a_call_is_kept_where_a_housemate_is_not_of_the_group_any_more(
    db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, "甲乙")
    town.batch(town.people.volunteer)

    saved = town.save(town.people.volunteer, "甲", also=["乙"])

    assert saved.call.applied
    assert town.case("甲").state == "done"
    assert town.case("乙").state == "held"
    assert town.broken() == []


def test_positions_follow_the_commits_without_a_gap(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙丙")
    other = cast.open_campaign(db, [BRIDGE], rest_days=0)
    town.batch(town.people.volunteer)
    late = town.now + timedelta(minutes=9)
    first = town.save(town.people.volunteer, "甲", "busy", started_at=late, ended_at=late)
    second = town.save(town.people.volunteer, "乙", "completed")
    with pytest.raises(Problem):
        town.save(town.people.volunteer, "丙", "nothing")
    third = town.correct(town.people.volunteer, first.call, "no_answer")
    fourth = town.save(town.people.volunteer, "乙", "completed")
    town.batch(town.people.colleague, 1, campaign=other)
    elsewhere = town.save(town.people.colleague, "", "completed", case_id=town.case("甲", other).id)

    positions = [one.position for one in (first.call, second.call, third, fourth.call)]
    assert positions == [1, 2, 3, 4]
    assert elsewhere.call.position == 1
    assert town.broken() == []


def test_when_a_number_is_wrong_the_next_one_is_rung(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, [resident("甲", mobile(1), mobile(2))])
    town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "甲", "invalid_number", number=mobile(1))
    assert (town.case("甲").state, town.case("甲").ready_at) == ("open", town.now)

    town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "甲", "wrong_person", number=mobile(2))

    case = town.case("甲")
    assert (case.state, case.passed_to, case.outcome) == ("passed", "door_list", "unknown")
    assert town.broken() == []


def test_the_last_attempt_ends_at_the_door(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲", max_attempts=2)
    for _attempt in range(2):
        town.batch(town.people.volunteer)
        town.save(town.people.volunteer, "甲", "no_answer")
        town.wait(days=1)

    case = town.case("甲")
    assert (case.state, case.passed_to, case.attempts) == ("passed", "door_list", 2)
    assert town.claim(town.people.volunteer) == Claim(None, {}, None)


def test_a_campaign_leaves_alone_whom_another_has_just_reached(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙")
    other = cast.open_campaign(db, [BRIDGE], rest_days=3)
    eager = cast.open_campaign(db, [BRIDGE], rest_days=0)
    town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "甲", "completed", number=mobile(1))
    town.save(town.people.volunteer, "乙", "no_answer", number=mobile(2))

    assert town.take(town.people.colleague, campaign=other) == ["乙"]
    town.release(town.people.colleague, town.batch_of(town.people.colleague, other))
    town.wait(days=2, hours=23)
    assert "甲" in town.take(town.people.colleague, campaign=eager)
    town.release(town.people.colleague, town.batch_of(town.people.colleague, eager))
    assert town.take(town.people.volunteer, campaign=other) == ["乙"]
    town.wait(hours=2)
    assert "甲" in town.take(town.people.volunteer, campaign=other)


@pytest.mark.parametrize("mother", ["respondent_unavailable", "completed"])
def test_whom_one_of_a_house_refused_is_spared_while_that_one_waits(
    db: Database, clock: Clock, mother: str
) -> None:
    town = Town.of(db, clock, FAMILY[:2])
    volunteer, colleague = town.people.volunteer, town.people.colleague
    town.batch(volunteer)
    town.save(volunteer, "父", "soft_refusal")
    town.save(volunteer, "母", mother)
    town.wait(days=3)

    assert town.take(volunteer) == []
    assert "父" in town.take(colleague)
    town.save(colleague, "父", "completed")
    assert town.group("父").avoid_user_id is None


def test_a_housemate_is_spared_too_where_the_call_came_too_late_for_the_case_itself(
    db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, FAMILY[:2])
    volunteer = town.people.volunteer
    town.batch(volunteer)
    town.save(volunteer, "父", "completed")
    late = town.save(volunteer, "父", "soft_refusal", also=["母"])

    assert (late.call.applied, late.call.reason) == (False, "already_done")
    assert town.group("母").avoid_user_id == volunteer.user.id
    assert town.broken() == []


def test_a_clock_that_runs_ahead_keeps_no_other_campaign_waiting(
    db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, "甲")
    other = cast.open_campaign(db, [BRIDGE], rest_days=3)
    town.batch(town.people.volunteer)
    ahead = town.now + timedelta(days=9000)
    town.save(town.people.volunteer, "甲", number=mobile(1), started_at=ahead, ended_at=ahead)

    assert town.take(town.people.colleague, campaign=other) == []
    assert town.broken() == []
    town.wait(days=4)
    assert town.take(town.people.colleague, campaign=other) == ["甲"]
    assert town.broken() == []


def test_a_late_call_does_not_wake_a_number_that_was_reached_since(
    db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, "甲")
    eager = cast.open_campaign(db, [BRIDGE], rest_days=0)
    volunteer, colleague = town.people.volunteer, town.people.colleague
    rung = {"started_at": town.now, "ended_at": town.now + timedelta(minutes=2)}
    town.release(volunteer, town.batch(volunteer))
    town.wait(hours=1)
    town.batch(colleague, campaign=eager)
    case_id = town.case("甲", eager).id
    town.save(colleague, "甲", "hung_up", case_id=case_id, number=mobile(1))
    town.save(volunteer, "甲", "respondent_unavailable", number=mobile(1), **rung)
    town.wait(hours=4)

    assert town.claim(volunteer).waiting == {"other_campaign": 1}
    assert town.broken() == []


def test_who_names_no_number_rang_the_only_one(db: Database, clock: Clock) -> None:
    two = resident("丙", mobile(3), mobile(4), room="9")
    town = Town.of(db, clock, ["甲", "乙", two])
    other = cast.open_campaign(db, [BRIDGE])
    town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "甲", "invalid_number")
    town.save(town.people.volunteer, "乙", "respondent_unavailable")
    town.save(town.people.volunteer, "丙", "invalid_number")

    assert town.case("甲").passed_to == "door_list", "the dead number is not rung again"
    assert town.case("丙").state == "open", "which of the two it was nobody knows"
    assert "乙" not in town.take(town.people.colleague, campaign=other), "it was reached just now"
    assert town.broken() == []
