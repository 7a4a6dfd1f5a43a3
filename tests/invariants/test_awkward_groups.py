"""Law: same number, same batch; as far as a number ties people together at all."""

from collections.abc import Iterable

import pytest
from sqlalchemy import select

from app.cases.models import Case, Hold
from app.db import Database
from app.residents.models import Number, Resident
from tests.cases.town import Town
from tests.cast import Person, mobile, resident
from tests.conftest import Clock

LINE = mobile(999)
"""A line that many share."""


def groups(town: Town) -> dict[int, set[str]]:
    """The names in each call group."""
    query = select(Case.group_id, Resident.name).join(Resident, Resident.id == Case.resident_id)
    found: dict[int, set[str]] = {}
    with town.db.reading() as session:
        for group_id, name in session.execute(query):
            found.setdefault(group_id, set()).add(name)
    return found


def whole(town: Town, names: Iterable[str]) -> bool:
    """Whether of every group all or nobody is among the names."""
    taken = set(names)
    return all(group <= taken or group.isdisjoint(taken) for group in groups(town).values())


def holders(town: Town, value: str) -> set[int]:
    query = (
        select(Hold.user_id)
        .join(Number, Number.id == Hold.number_id)
        .where(Number.value == value, Hold.released_at.is_(None))
    )
    with town.db.reading() as session:
        return set(session.scalars(query))


def finish(town: Town, *whose: Person, size: int = 20) -> list[list[str]]:
    """Let them claim in turn and complete everybody, until nobody is left; what each claim had."""
    batches = []
    while taken := [(who, names) for who in whose if (names := town.take(who, size))]:
        for who, names in taken:
            batches.append(names)
            for name in names:
                town.save(who, name)
    return batches


def test_one_landline_on_two_hundred_rows(db: Database, clock: Clock) -> None:
    """As a committee's own number is put where none is known."""
    rows = [resident(f"{n}", LINE, room=f"{n:03}") for n in range(200)]
    own = [resident(f"有{n}", mobile(n), room=f"9{n:02}") for n in range(30)]
    town = Town.of(db, clock, rows + own, max_held=60)
    people = town.people

    assert max(map(len, groups(town).values())) == 1, "it ties nobody together"
    first = town.take(people.volunteer, 20)
    second = town.take(people.colleague, 20)

    # One of them has the line, with one resident; the others' work is not kept waiting by it.
    assert [name for name in (*first, *second) if not name.startswith("有")] == ["0"]
    assert len(first) == 20
    assert len(second) == 11, "all of the others that are left"
    assert holders(town, LINE) == {people.volunteer.user.id}
    assert town.broken() == []

    for name in second:
        town.save(people.colleague, name)
    # Who asks for more is told that the line is in other hands.
    nothing = town.claim(people.colleague)
    assert nothing.batch is None
    assert nothing.waiting["held"] >= 199
    town.save(people.volunteer, "0")
    assert town.take(people.colleague) == ["1"], "free as soon as the first has rung"
    assert town.broken() == []


def test_nobody_behind_a_shared_line_starves(db: Database, clock: Clock) -> None:
    rows = [resident(f"{n}", LINE, room=f"{n:03}") for n in range(12)]
    town = Town.of(db, clock, rows)
    batches = finish(town, town.people.volunteer, town.people.colleague)

    assert sorted(map(int, [name for names in batches for name in names])) == list(range(12))
    assert {len(names) for names in batches} == {1}
    assert town.broken() == []


@pytest.mark.parametrize("size", [1, 3, 20])
def test_a_dormitory_of_one_address(db: Database, clock: Clock, size: int) -> None:
    """Thirty in one flat: groups of at most eight, each whole in one pair of hands."""
    beds = [resident(f"床{n}", mobile(n), room="宿舍") for n in range(30)]
    town = Town.of(db, clock, beds)
    assert max(map(len, groups(town).values())) == 8

    first, second = town.take(town.people.volunteer, size), town.take(town.people.colleague, size)

    assert whole(town, first)
    assert whole(town, second)
    assert set(first).isdisjoint(second)
    # The batch grows rather than splits a group, and by no more than one.
    assert size <= len(first) < size + 8
    assert town.broken() == []


def test_a_dormitory_with_one_line_for_all(db: Database, clock: Clock) -> None:
    beds = [resident(f"床{n}", mobile(n), LINE, room="宿舍") for n in range(30)]
    town = Town.of(db, clock, beds)
    batches = finish(town, town.people.volunteer, town.people.colleague)

    assert sorted(name for names in batches for name in names) == sorted(
        f"床{n}" for n in range(30)
    )
    assert all(len(names) <= 8 for names in batches)
    assert town.broken() == []


def test_two_households_bridged_by_a_shared_number(db: Database, clock: Clock) -> None:
    """The daughter's number is on record for her parents too."""
    town = Town.of(
        db, clock,
        [
            resident("父", mobile(1), mobile(5), room="101"),
            resident("母", mobile(2), room="101"),
            resident("女", mobile(5), room="902"),
            resident("婿", mobile(6), room="902"),
            resident("邻", mobile(7), room="102"),
        ],
    )  # fmt: skip
    assert {"父", "母", "女", "婿"} in groups(town).values()

    first, second = town.take(town.people.volunteer, 1), town.take(town.people.colleague, 9)

    assert set(first) == {"父", "母", "女", "婿"}
    assert second == ["邻"]
    # One call settles all of them, and every number of theirs is free again.
    town.save(town.people.volunteer, "父", also=["母", "女", "婿"])
    assert all(holders(town, mobile(n)) == set() for n in (1, 2, 5, 6))
    assert town.broken() == []


def test_two_full_households_stay_two_groups_and_share_no_holder(
    db: Database, clock: Clock
) -> None:
    """Bridged, they would be ten: the number ties nobody, but one person has it at a time."""
    homes = [
        resident(f"{home}{n}", mobile(10 * home + n), *([LINE] if n == 0 else []), room=f"{home}室")
        for home in (1, 2)
        for n in range(5)
    ]
    town = Town.of(db, clock, homes)
    people = town.people
    assert sorted(map(len, groups(town).values())) == [5, 5]

    first, second = town.take(people.volunteer, 20), town.take(people.colleague, 20)

    assert (len(first), second) == (5, [])
    assert whole(town, first)
    assert holders(town, LINE) == {people.volunteer.user.id}
    for name in first:
        town.save(people.volunteer, name)
    assert len(town.take(people.colleague, 20)) == 5
    assert town.broken() == []


def test_a_resident_with_three_numbers_of_whom_one_is_shared(db: Database, clock: Clock) -> None:
    town = Town.of(
        db, clock,
        [
            resident("甲", mobile(1), mobile(2), mobile(3), room="1"),
            resident("乙", mobile(3), room="2"),
            resident("丙", mobile(4), room="3"),
        ],
    )  # fmt: skip
    people = town.people

    assert town.take(people.volunteer, 1) == ["甲", "乙"]
    assert all(holders(town, mobile(n)) == {people.volunteer.user.id} for n in (1, 2, 3))
    # The shared one proves to be nobody's: only who has no other is done with.
    town.save(people.volunteer, "甲", "invalid_number", number=mobile(3))
    town.save(people.volunteer, "乙", "invalid_number", number=mobile(3))
    assert (town.case("甲").state, town.case("乙").passed_to) == ("open", "door_list")
    assert all(holders(town, mobile(n)) == set() for n in (1, 2, 3))
    assert town.broken() == []


def test_a_chain_of_shared_numbers_makes_no_endless_group(db: Database, clock: Clock) -> None:
    """Each shares a number with the next: forty are not dragged along by the first."""
    chain = [resident(f"{n}", mobile(n), mobile(n + 1), room=f"{n:02}") for n in range(40)]
    town = Town.of(db, clock, chain)
    assert max(map(len, groups(town).values())) <= 8

    first = town.take(town.people.volunteer, 1)
    assert whole(town, first)
    assert len(first) <= 8
    batches = [*finish_held(town, first), *finish(town, town.people.colleague, size=60)]

    assert sorted(map(int, (name for names in batches for name in names))) == list(range(40))
    assert town.broken() == []


def finish_held(town: Town, names: list[str]) -> list[list[str]]:
    for name in names:
        town.save(town.people.volunteer, name)
    return [names]
