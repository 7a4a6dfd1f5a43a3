"""Correcting a call: a wrong tap is repaired, and nothing is overwritten."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.calls.models import Call
from app.calls.service.correcting import save_or_correct, undo
from app.cases.service import leaving
from app.db import Database
from app.people.models import User
from app.problems import NotFoundError, Problem
from tests.cases.town import Town
from tests.cast import Person, mobile, resident
from tests.conftest import Clock


def called(db: Database, clock: Clock, disposition: str, names: str = "甲") -> tuple[Town, Call]:
    """A town in which the volunteer has just said this of the first."""
    town = Town.of(db, clock, names)
    town.batch(town.people.volunteer)
    return town, town.save(town.people.volunteer, "甲", disposition, note="一").call


# What was tapped, what was meant, and the case after it.
CHANGES = [
    ("completed", "no_answer", "open", "not_reached"),
    ("hard_refusal", "completed", "done", "completed"),
    ("no_answer", "completed", "done", "completed"),
    ("moved", "soft_refusal", "open", "soft_refusal"),
    ("needs_leader", "busy", "open", "not_reached"),
    ("busy", "needs_leader", "passed", "needs_leader"),
    ("deceased", "callback_requested", "open", "callback_requested"),
    ("callback_requested", "unable", "passed", "unable"),
]


@pytest.mark.parametrize(("tapped", "meant", "state", "outcome"), CHANGES)
def test_a_wrong_tap_is_repaired(
    db: Database, clock: Clock, tapped: str, meant: str, state: str, outcome: str
) -> None:
    town, call = called(db, clock, tapped)
    town.wait(minutes=1)
    row = town.correct(town.people.volunteer, call, meant, note="二")
    case = town.case("甲")

    assert (case.state, case.outcome, case.attempts) == (state, outcome, 1)
    assert (case.appointment_at is not None) == (meant == "callback_requested")
    assert (row.applied, row.corrects_id, row.position) == (True, call.id, 2)
    # The call was when it was; only what was said of it is new.
    assert (row.started_at, row.ended_at, row.recorded_at) == (
        call.started_at,
        call.ended_at,
        town.now,
    )
    assert [one.disposition for one in town.calls("甲")] == [tapped, meant]
    assert [one.note for one in town.calls("甲")] == ["一", "二"]
    assert town.broken() == []


def test_a_case_opened_again_is_handed_out_again(db: Database, clock: Clock) -> None:
    town, call = called(db, clock, "completed")
    town.correct(town.people.volunteer, call, "busy")
    town.wait(minutes=20)

    assert town.take(town.people.colleague) == ["甲"]


def test_who_only_tapped_a_refusal_may_ring_again(db: Database, clock: Clock) -> None:
    town, call = called(db, clock, "soft_refusal")
    town.correct(town.people.volunteer, call, "no_answer")
    town.wait(hours=4)

    assert town.take(town.people.volunteer) == ["甲"]


def test_a_correction_can_be_corrected(db: Database, clock: Clock) -> None:
    town, call = called(db, clock, "completed")
    second = town.correct(town.people.volunteer, call, "no_answer")
    town.correct(town.people.volunteer, second, "hard_refusal")

    assert (town.case("甲").outcome, town.case("甲").attempts) == ("hard_refusal", 1)
    assert town.broken() == []


def test_a_call_is_corrected_once(db: Database, clock: Clock) -> None:
    town, call = called(db, clock, "completed")
    town.correct(town.people.volunteer, call, "no_answer")

    with pytest.raises(Problem, match="already_corrected"):
        town.correct(town.people.volunteer, call, "busy")
    assert len(town.calls()) == 2


def test_nobody_corrects_the_call_of_another(db: Database, clock: Clock) -> None:
    """Not a stranger to the case, and not who holds it now either."""
    town, call = called(db, clock, "no_answer")
    town.wait(hours=3)
    town.batch(town.people.colleague)

    for other in (town.people.colleague, town.people.leader):
        with pytest.raises(NotFoundError):
            town.correct(other, call, "completed")
    assert town.case("甲").outcome == "not_reached"


@pytest.mark.parametrize("disposition", ["nothing", "callback_requested"])
def test_a_correction_must_be_a_call_too(db: Database, clock: Clock, disposition: str) -> None:
    town, call = called(db, clock, "completed")

    with pytest.raises(Problem):
        town.correct(town.people.volunteer, call, disposition, callback_at=town.now)
    assert len(town.calls()) == 1


def test_correcting_what_took_no_effect_takes_none(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    town.release(town.people.volunteer, town.batch(town.people.volunteer))
    town.release(town.people.colleague, town.batch(town.people.colleague))
    late = town.save(town.people.volunteer, "甲", "completed").call
    row = town.correct(town.people.volunteer, late, "hard_refusal")

    assert (row.applied, row.reason) == (False, "stale_hold")
    assert (town.case("甲").state, town.case("甲").outcome) == ("open", "not_attempted")
    assert town.broken() == []


def test_after_the_campaign_a_correction_is_kept_only(db: Database, clock: Clock) -> None:
    town, call = called(db, clock, "completed")
    town.close()
    row = town.correct(town.people.volunteer, call, "no_answer")

    assert (row.applied, row.reason) == (False, "campaign_closed")
    assert town.case("甲").outcome == "completed"
    assert town.broken() == []


def test_while_another_holds_the_case_it_stays_theirs(db: Database, clock: Clock) -> None:
    town, call = called(db, clock, "no_answer")
    town.wait(hours=3)
    town.batch(town.people.colleague)
    town.correct(town.people.volunteer, call, "busy")

    assert town.in_hand(town.people.colleague) == {"甲"}
    assert town.case("甲").last_disposition == "busy"
    assert town.save(town.people.colleague, "甲").call.applied
    assert town.broken() == []


def test_a_correction_that_settles_a_case_takes_it_from_the_next_holder(
    db: Database, clock: Clock
) -> None:
    town, call = called(db, clock, "no_answer")
    town.wait(hours=3)
    batch = town.batch(town.people.colleague)
    town.correct(town.people.volunteer, call, "completed")

    assert town.case("甲").state == "done"
    assert town.in_hand(town.people.colleague) == set()
    assert town.held(batch) == []
    assert town.broken() == []
    # They may have rung already: that is kept.
    assert town.save(town.people.colleague, "甲").call.reason == "already_done"


def test_within_a_household_that_is_still_held(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, [resident(name, mobile(1), room="1") for name in "父母"])
    batch = town.batch(town.people.volunteer)
    call = town.save(town.people.volunteer, "父", "completed").call
    town.correct(town.people.volunteer, call, "no_answer")

    assert town.in_hand(town.people.volunteer) == {"母"}
    assert town.broken() == []
    town.release(town.people.volunteer, batch)
    assert town.take(town.people.colleague)[-1:] == ["母"]
    assert town.broken() == []


def test_a_form_sent_again_with_another_answer_corrects(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    town.batch(town.people.volunteer)
    case, who = town.case("甲"), town.people.volunteer.user
    for disposition in ("completed", "busy", "busy", "hard_refusal"):
        with db.writing() as session:
            save_or_correct(session, who, town.now, case.id, town.said(disposition), "k")

    said = [call.disposition for call in town.calls("甲")]
    assert said == ["completed", "busy", "hard_refusal"]
    assert (town.case("甲").outcome, town.case("甲").attempts) == ("hard_refusal", 1)
    assert town.broken() == []


def test_correcting_an_earlier_call_leaves_the_appointment_to_who_made_it(
    db: Database, clock: Clock
) -> None:
    town, call = called(db, clock, "no_answer", "甲乙")
    town.save(town.people.volunteer, "乙", "busy")
    town.wait(hours=3)
    town.batch(town.people.colleague, 1)
    town.batch(town.people.colleague, 1)
    agreed = town.now + timedelta(hours=1)
    town.save(town.people.colleague, "甲", "callback_requested", callback_at=agreed)
    town.correct(town.people.volunteer, call, "busy")

    assert town.group("甲").appointment_user_id == town.people.colleague.user.id


@pytest.mark.parametrize(("together", "other"), [(True, "not_reached"), (False, "completed")])
def test_what_one_call_settled_may_be_corrected_together(
    db: Database, clock: Clock, *, together: bool, other: str
) -> None:
    home = [resident(name, mobile(1), room="501") for name in ("甲", "乙")]
    town = Town.of(db, clock, home)
    me = town.people.volunteer
    town.batch(me)
    saved = town.save(me, "甲", also="乙").call
    town.correct(me, saved, "no_answer", together=together)

    assert [town.case(name).outcome for name in "甲乙"] == ["not_reached", other]
    assert town.broken() == []


def test_what_was_undone_can_be_said_after_all(db: Database, clock: Clock) -> None:
    """Whose only call was taken back looks as if nobody had rung; the form comes a second time."""
    town, call = called(db, clock, "no_answer")
    volunteer = town.people.volunteer
    with db.writing() as session:
        taken_back = undo(session, volunteer.user, town.now, call.id)
    assert town.case("甲").attempts == 0

    town.correct(volunteer, taken_back, "busy")

    assert (town.case("甲").attempts, town.case("甲").last_disposition) == (1, "busy")
    assert town.broken() == []


@pytest.mark.parametrize("also", ["", "乙"])
def test_an_undo_brings_back_one_whose_household_is_still_in_hand(
    db: Database, clock: Clock, also: str
) -> None:
    """The next of the household is on the screen when the wrong tap is noticed."""
    town = Town.of(db, clock, [resident(name, mobile(31), room="031") for name in "甲乙丙"])
    who = town.people.volunteer
    town.batch(who)
    call = town.save(who, "甲", "no_answer", also=also).call
    assert town.in_hand(who) == set("甲乙丙") - {"甲", *also}
    undone(town, who, call)

    assert town.in_hand(who) == {"甲", "乙", "丙"}
    assert town.broken() == []
    assert town.save(who, "甲", "completed").call.applied


def undone(town: Town, who: Person, call: Call) -> Call:
    with town.db.writing() as session:
        return undo(session, session.get_one(User, who.user.id), town.now, call.id)


def test_undoing_what_was_in_nobodys_hands_takes_nobody(db: Database, clock: Clock) -> None:
    """A resident who rings the office back is in the queue afterwards, not in a leader's hands."""
    town = Town.of(db, clock, "甲")
    for who in (town.people.supervisor, town.people.leader):
        row = undone(town, who, town.save(who, "甲", "no_answer", direction="in").call)
        assert (row.applied, town.case("甲").state) == (True, "open")
    assert town.take(town.people.colleague) == ["甲"]
    assert town.broken() == []


def test_what_was_given_back_or_recalled_is_not_had_again_by_an_undo(
    db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, "甲")
    town.release(town.people.volunteer, town.batch(town.people.volunteer))
    town.wait(minutes=1)
    call = town.save(town.people.volunteer, "甲", "no_answer").call
    undone(town, town.people.volunteer, call)

    assert call.applied
    assert town.in_hand(town.people.volunteer) == set()
    assert town.broken() == []


def test_an_undo_gives_nobody_more_than_one_may_hold(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙", max_held=1)
    town.batch(town.people.volunteer)
    call = town.save(town.people.volunteer, "甲", "no_answer").call
    town.batch(town.people.volunteer)
    undone(town, town.people.volunteer, call)

    assert town.in_hand(town.people.volunteer) == {"乙"}
    assert town.take(town.people.colleague) == ["甲"]


def test_whose_account_is_closed_changes_no_answer_any_more(db: Database, clock: Clock) -> None:
    """A form that is sent again with another answer is kept, like any late call of theirs."""
    town, call = called(db, clock, "completed")
    key, who = call.idempotency_key or "", town.people.volunteer.user
    with db.writing() as session:
        leaving.deactivate(session, None, town.now, who.id)
    with db.writing() as session:
        me, wanted = session.get_one(User, who.id), town.said("hard_refusal")
        wanted = replace(wanted, hold=call.batch_id)
        row = save_or_correct(session, me, town.now, call.case_id, wanted, key, by_ticket=True)

    assert (row.corrects_id, row.applied, row.reason) == (call.id, False, "deactivated")
    assert town.case("甲").outcome == "completed"
    assert town.broken() == []
