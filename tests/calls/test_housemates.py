"""What a call on one of a household tells of the others."""

import pytest

from app.calls.service import correcting
from app.db import Database
from tests.cases.town import Town
from tests.cast import mobile, resident
from tests.conftest import Clock


def test_a_number_out_of_service_is_so_for_all_who_share_it(db: Database, clock: Clock) -> None:
    home, mine = mobile(1), mobile(2)
    both = resident("乙", home, mine)
    town = Town.of(db, clock, [resident("甲", home), both, resident("丙", mine)])
    me = town.people.volunteer
    town.batch(me)
    saved = town.save(me, "甲", "invalid_number", number=home)

    assert [town.case(name).passed_to for name in "甲乙丙"] == ["door_list", None, None]
    assert [len(town.calls(name)) for name in "甲乙丙"] == [1, 1, 0]
    assert town.calls("乙")[0].with_call_id == saved.call.id
    town.save(me, "丙", "wrong_person", number=mine)
    assert [len(town.calls(name)) for name in "甲乙丙"] == [1, 1, 1], "somebody else's may be one's"
    assert town.broken() == []

    town.batch(me)
    town.save(me, "乙", "invalid_number", number=mine)
    assert town.case("乙").passed_to == "door_list"
    assert town.broken() == []


def test_who_is_settled_already_is_not_rung_for_a_number_out_of_service(
    db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, [resident("甲", mobile(1)), resident("乙", mobile(1))])
    me = town.people.volunteer
    town.batch(me)
    town.save(me, "乙", "moved")
    town.save(me, "甲", "invalid_number")

    assert [len(town.calls(name)) for name in "甲乙"] == [1, 1]
    assert town.case("乙").outcome == "moved"
    assert town.broken() == []


HOME = [resident("甲", mobile(1), room="1"), resident("乙", mobile(1), mobile(2), room="1")]


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("meant", ["completed", "no_answer"])
def test_a_number_that_works_after_all_is_taken_back_of_housemates(
    db: Database, clock: Clock, meant: str, *, together: bool
) -> None:
    town = Town.of(db, clock, HOME, hours=())
    me = town.people.volunteer
    town.batch(me)
    saved = town.save(me, "甲", "invalid_number", number=mobile(1))
    town.correct(me, saved.call, meant, together=together)

    case = town.case("乙")
    assert (case.state, case.outcome, case.attempts) == ("open", "not_attempted", 0)
    assert [call.voided for call in town.calls("乙")] == [False, True]
    assert town.case("甲").attempts == 1
    assert town.broken() == []


def test_the_form_sent_again_with_another_answer_says_nothing_of_housemates(
    db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, HOME, hours=())
    me = town.people.volunteer
    town.batch(me)
    town.save(me, "甲", "invalid_number", number=mobile(1), key="form")
    again = town.said("completed", number=mobile(1))
    with db.writing() as session:
        case_id = town.case("甲").id
        correcting.save_or_correct(session, me.user, town.now, case_id, again, "form")

    assert [town.case(name).outcome for name in "甲乙"] == ["completed", "not_attempted"]
    assert town.broken() == []


def test_a_longer_note_leaves_the_number_out_of_service(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, HOME, hours=())
    me = town.people.volunteer
    town.batch(me)
    saved = town.save(me, "甲", "invalid_number", number=mobile(1))
    town.correct(me, saved.call, "invalid_number", note="停机")

    assert [call.voided for call in town.calls("乙")] == [False]
    assert town.broken() == []


def test_undone_the_housemates_are_in_hand_again(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, HOME, hours=())
    me = town.people.volunteer
    town.batch(me)
    saved = town.save(me, "甲", "invalid_number", number=mobile(1))
    with db.writing() as session:
        correcting.undo(session, me.user, town.now, saved.call.id)

    assert town.in_hand(me) == {"甲", "乙"}
    assert town.case("乙").attempts == 0
    assert town.broken() == []


def test_who_asked_for_a_time_is_rung_then_on_another_number(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, HOME, hours=())
    me = town.people.volunteer
    town.batch(me)
    town.save(me, "乙", "callback_requested", number=mobile(2), callback_at=town.at("15:00"))
    town.wait(minutes=1)
    town.save(me, "甲", "invalid_number", number=mobile(1))

    case = town.case("乙")
    assert (case.appointment_at, case.appointment_user_id) == (town.at("15:00"), me.user.id)
    assert town.broken() == []
