"""From a roster's rows to residents on record, on both engines, with invented people."""

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from app.db import Database
from app.people.models import User
from app.problems import Problem
from app.residents import queries
from app.residents.models import Household, Number, Resident, RosterImport
from app.residents.service import placing
from app.rosters.service import importing
from app.rosters.service.importing import Plan
from app.territory.models import Building
from tests import cast
from tests.cast import BRIDGE, FAR, HARBOUR, NOW, SCHOOL, Cast
from tests.residents.files import EXAMPLE, Cell, workbook, xlsx

HEADER = ("社区", "小区", "楼栋", "单元", "室", "姓名", "联系电话", "备用电话", "语言", "备注")


@pytest.fixture
def played(db: Database) -> Cast:
    return cast.standing(db)


def row(name: str, *phones: str, place: str | None = None, room: str = "101") -> list[Cell]:
    first, second, *_ = (*phones, None, None)
    return [place, "花苑", "3号楼", "二单元", room, name, first, second, "南通话", "晚上在家"]


def sheet(*rows: Sequence[Cell]) -> bytes:
    return xlsx([HEADER, *rows])


def take(
    db: Database, content: bytes, community: str | None = BRIDGE, user: User | None = None
) -> Plan:
    roster = importing.read(content, "名单.xlsx", "0513")
    with db.writing() as session:
        return importing.take(session, user, NOW, roster, community)


def stored(db: Database, community: str | None = BRIDGE) -> list[Resident]:
    with db.reading() as session:
        found = queries.all_residents(session, community)
        return [one for one in found if one.community_code == community]


def test_a_row_becomes_a_resident_with_household_and_numbers(db: Database, played: Cast) -> None:
    take(db, sheet(row("王㛃", "13912345678", "85566357转8012")))

    (one,) = stored(db)
    assert (one.name, one.language, one.remark, one.row) == ("王㛃", "南通话", "晚上在家", 2)
    assert [(line.position, line.number.value) for line in one.lines] == [
        (0, "+8613912345678"),
        (1, "+8651385566357;ext=8012"),
    ]
    home = one.household
    assert home
    assert (home.community_code, home.address, home.unit, home.room) == (
        BRIDGE, "花苑3幢2单元101", "2单元", "101",
    )  # fmt: skip
    with db.reading() as session:
        assert session.get_one(Building, home.building_id).label == "花苑3幢"


def test_residents_of_one_room_are_one_household_and_share_their_number(
    db: Database, played: Cast
) -> None:
    take(db, sheet(row("陈一", "13912345678"), row("陈二", "13912345678"), row("王三", room="102")))

    one, two, three = stored(db)
    assert one.household_id == two.household_id != three.household_id
    assert one.lines[0].number_id == two.lines[0].number_id
    with db.reading() as session:
        assert len(session.scalars(select(Household)).all()) == 2
        assert len(session.scalars(select(Number)).all()) == 1
        assert len(session.scalars(select(Building)).all()) == 1


def test_a_second_roster_finds_households_and_numbers_on_record(db: Database, played: Cast) -> None:
    take(db, sheet(row("陈一", "13912345678")))
    take(db, sheet(row("陈二", "13912345678")))

    one, two = stored(db)
    assert one.household_id == two.household_id
    assert one.lines[0].number_id == two.lines[0].number_id


def test_the_same_address_elsewhere_is_another_household(db: Database, played: Cast) -> None:
    take(db, sheet(row("陈一", place="中桥社区"), row("陈二", place="学堂桥社区")))

    (one,), (two,) = stored(db, BRIDGE), stored(db, SCHOOL)
    assert one.household_id != two.household_id


def test_the_same_sheet_twice_is_known_altogether(db: Database, played: Cast) -> None:
    content = sheet(row("陈一", "13912345678"), row("陈二", "电话不详"), row("陈三", room="102"))
    take(db, content)
    again = take(db, content)

    assert (len(again.accepted), len(again.duplicates)) == (0, 3)
    assert [place.row for place in again.duplicates] == [2, 3, 4]
    assert len(stored(db)) == 3


def test_a_row_that_stands_twice_in_a_sheet_is_taken_once(db: Database, played: Cast) -> None:
    plan = take(db, sheet(row("陈一", "13912345678"), row("陈一", "139 1234 5678")))

    assert (len(plan.accepted), [place.row for place in plan.duplicates]) == (1, [3])


def test_what_cannot_be_rung_is_kept_as_written_with_its_reason(db: Database, played: Cast) -> None:
    plan = take(db, sheet(row("陈一", "1391234567"), row("陈二", "空号")))

    one, two = stored(db)
    assert (plan.without_number, one.lines, two.lines) == (2, [], [])
    assert one.unusable == [{"text": "1391234567", "reason": "too_short"}]
    assert two.unusable == [{"text": "空号", "reason": "out_of_use"}]


@pytest.mark.parametrize(
    ("named", "default", "found"),
    [
        (None, BRIDGE, BRIDGE),
        (None, None, None),
        ("学堂桥社区", BRIDGE, SCHOOL),
        ("学堂桥社区居委会", None, SCHOOL),
        ("学堂桥", None, SCHOOL),
        (SCHOOL, None, None),
        ("没有的社区", BRIDGE, None),
        ("没有的社区", None, None),
    ],
)
def test_a_row_goes_to_the_community_it_names_and_only_a_silent_one_to_the_default(
    db: Database, played: Cast, named: str | None, default: str | None, found: str | None
) -> None:
    plan = take(db, sheet(row("陈一", place=named)), default)

    assert [placed.community_code for placed in plan.accepted] == [found]
    assert plan.to_be_placed == (found is None)
    assert [one.name for one in stored(db, found)] == ["陈一"]


def test_rows_outside_ones_scope_are_rejected_by_place(db: Database, played: Cast) -> None:
    content = sheet(row("陈一", place="远村社区"), row("陈二", place="中桥社区"))
    plan = take(db, content, None, played.leader.user)

    assert [placed.draft.name for placed in plan.accepted] == ["陈二"]
    (rejected,) = plan.rejected
    assert (rejected.code, rejected.place.row) == ("row_community_not_yours", 2)
    assert stored(db, FAR) == []


@pytest.mark.parametrize("code", [FAR, "320613099099"])
def test_a_default_outside_ones_scope_is_refused(db: Database, played: Cast, code: str) -> None:
    with pytest.raises(Problem, match="community_unknown"):
        take(db, sheet(row("陈一")), code, played.leader.user)

    assert stored(db, code) == []


def test_if_one_row_fails_none_is_stored(db: Database, played: Cast) -> None:
    content = sheet(row("陈一", "13912345678"), row("陈二", "13912345679"))
    roster = importing.read(content, "名单.xlsx", "0513")

    def fail() -> None:
        with db.writing() as session:
            importing.take(session, None, NOW, roster, BRIDGE)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert stored(db) == []
    with db.reading() as session:
        assert session.scalars(select(Number)).all() == []
        assert session.scalars(select(RosterImport)).all() == []


@pytest.mark.parametrize(
    "cells",
    [
        {5: "欧" * 50, 0: "社" * 80, 1: "苑" * 80, 2: "楼" * 40, 3: "元" * 40, 4: "室" * 40},
        {2: "9" * 40 + "幢", 3: "9" * 39, 4: "A" + "9" * 39},
        {1: "9" * 80, 2: "１" * 40, 8: "语" * 40, 9: "注" * 2000},
        {5: "𬭚㛃·𠮷", 9: "🚲\u202e\u200b\tx", 8: "=1+1"},
        {4: "999" * 13, 3: "二百二十二" * 8},
        {6: "13912345678转" + "1" * 40, 7: "9" * 300},
    ],
)
def test_whatever_a_row_holds_either_engine_stores_or_rejects_it(
    db: Database, played: Cast, cells: dict[int, str]
) -> None:
    one = row("陈一", "13912345678")
    for column, text in cells.items():
        one[column] = text
    plan = take(db, sheet(one), None)

    assert len(plan.accepted) + len(plan.rejected) == 1
    with db.reading() as session:
        assert len(queries.all_residents(session, None)) == len(plan.accepted)


@pytest.mark.parametrize(
    "address", ["9" * 90 + "幢" + "9" * 50 + "单元", "二" * 120 + "单元101", "苑" * 160]
)
def test_an_address_in_one_cell_may_be_as_long_as_it_likes(
    db: Database, played: Cast, address: str
) -> None:
    plan = take(db, xlsx([["姓名", "电话", "住址"], ["陈一", "13912345678", address]]))

    assert len(plan.accepted) + len(plan.rejected) == 1
    assert len(stored(db)) == len(plan.accepted)


def test_two_estates_with_a_building_of_one_name_are_two_households(
    db: Database, played: Cast
) -> None:
    addresses = ("观音花苑3幢2单元501室", "桃园新村3号楼2单元501", "观音花苑 三幢2-501")
    rows = [[f"陈{n}", f"1391234567{n}", text] for n, text in enumerate(addresses)]
    take(db, xlsx([["姓名", "电话", "住址"], *rows]))

    one, two, three = stored(db)
    assert one.household_id == three.household_id != two.household_id
    assert one.household
    assert one.household.address == "观音花苑3幢2单元501"


def placed(db: Database, user: User, code: str = BRIDGE) -> int:
    ids = [one.id for one in stored(db, None)]
    with db.writing() as session:
        return placing.place(session, user, NOW, ids, code)


def test_who_is_placed_joins_the_household_there(db: Database, played: Cast) -> None:
    take(db, sheet(row("陈一", "13912345678")))
    take(db, sheet(row("陈二", "13912345679", place="没有的社区")))

    assert placed(db, played.supervisor.user) == 1
    one, two = stored(db)
    assert one.household_id == two.household_id


def test_who_is_placed_where_nobody_lives_yet_gets_a_building_there(
    db: Database, played: Cast
) -> None:
    take(db, sheet(row("陈一", "13912345678")), None)
    placed(db, played.supervisor.user)

    (one,) = stored(db)
    assert one.household
    assert (one.household.community_code, one.household.room) == (BRIDGE, "101")
    with db.reading() as session:
        assert session.get_one(Building, one.household.building_id).name == "3幢"


def test_who_was_placed_is_known_when_the_sheet_comes_again(db: Database, played: Cast) -> None:
    content = sheet(row("陈一", "13912345678"))
    take(db, content, None)
    placed(db, played.supervisor.user)

    assert len(take(db, content, None).duplicates) == 1


def test_nobody_is_placed_outside_ones_scope(db: Database, played: Cast) -> None:
    take(db, sheet(row("陈一", "13912345678")), None)
    for code in (FAR, SCHOOL, "x"):
        with pytest.raises(Problem, match="community_unknown"):
            placed(db, played.supervisor.user, code)

    assert len(stored(db, None)) == 1


def test_only_who_waits_is_placed(db: Database, played: Cast) -> None:
    take(db, sheet(row("陈一", "13912345678")))
    with db.writing() as session:
        (one,) = queries.all_residents(session, None)
        found = placing.place(session, played.supervisor.user, NOW, [one.id, 999], HARBOUR)

    assert (found, len(stored(db, BRIDGE))) == (0, 1)


def test_sheets_are_taken_together_and_one_of_them_can_be_chosen(
    db: Database, played: Cast
) -> None:
    content = workbook({"1幢": [HEADER, row("陈一")], "2幢": [HEADER, row("陈二")]})
    roster = importing.read(content, "名单.xlsx", "0513", "2幢")

    assert [draft.name for draft in roster.drafts] == ["陈二"]
    assert len(take(db, content).accepted) == 2
    with pytest.raises(Problem, match="roster_no_sheet"):
        importing.read(content, "名单.xlsx", "0513", "3幢")


def test_the_example_goes_in_whole(db: Database) -> None:
    """Figures counted from the file: 511 rows, three communities, 16 without a usable number."""
    with db.writing() as session:
        from app.demo import COMMUNITIES
        from app.territory import service as territory

        territory.load(session, None, NOW, COMMUNITIES.read_text(encoding="utf-8"), "c.csv")
    content = EXAMPLE.read_bytes()
    plan = take(db, content, None)

    assert (len(plan.accepted), len(plan.rejected), len(plan.duplicates)) == (511, 0, 0)
    assert (plan.to_be_placed, plan.without_number) == (0, 16)
    sizes = {code: len(stored(db, code)) for code in (BRIDGE, "320613009006", "320613009021")}
    assert sizes == {BRIDGE: 169, "320613009006": 166, "320613009021": 176}
    with db.reading() as session:
        lines = [len(one.lines) for one in queries.all_residents(session, None)]
    assert [lines.count(n) for n in range(4)] == [16, 446, 48, 1]
    again = take(db, content, None)
    assert (len(again.accepted), len(again.duplicates)) == (0, 511)
