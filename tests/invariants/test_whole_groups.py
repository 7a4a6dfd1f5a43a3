"""Law: a call group has at most eight cases, all of one campaign."""

from app.db import Database
from tests.conftest import Clock
from tests.invariants.damage import REALIGN, found_after, named, worked_in


def test_check_finds_a_group_of_nine(db: Database, clock: Clock) -> None:
    town = worked_in(db, clock)
    group = town.case("丁").group_id
    ids = [town.case(name).id for name in "丁戊己庚辛壬癸子丑"]
    move = "UPDATE cases SET group_id = :group WHERE id BETWEEN :first AND :last"

    eight = found_after(db, "whole_groups", move, REALIGN, group=group, first=ids[0], last=ids[7])
    nine = found_after(db, "whole_groups", move, REALIGN, group=group, first=ids[0], last=ids[8])

    assert eight == []
    assert named(nine) == {("whole_groups", f"call_groups {group}")}


def test_check_finds_a_group_of_two_campaigns(db: Database, clock: Clock) -> None:
    town = worked_in(db, clock)
    group = town.case("丁", town.campaign + 1).group_id

    found = found_after(
        db, "whole_groups", "UPDATE cases SET group_id = :group WHERE id = :id", REALIGN,
        group=group, id=town.case("丁").id,
    )  # fmt: skip

    assert named(found) == {("whole_groups", f"cases {town.case('丁').id}")}


def test_check_finds_housemates_apart_where_there_is_room(db: Database, clock: Clock) -> None:
    town = worked_in(db, clock)
    move = (
        "UPDATE residents SET household_id = (SELECT household_id FROM residents WHERE id = :one)"
        " WHERE id = :other"
    )
    one, other = town.case("丁"), town.case("戊")

    found = found_after(db, "whole_groups", move, one=one.resident_id, other=other.resident_id)

    # In both campaigns.
    assert [finding.law for finding in found] == ["whole_groups"] * 2
    assert f"call_groups {one.group_id}" in {finding.row for finding in found}
