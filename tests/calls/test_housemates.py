"""What a call on one of a household tells of the others."""

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
