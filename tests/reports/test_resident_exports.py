"""Residents as a roster: what was exported can be imported, and changes nothing."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from app.db import Database
from app.problems import NotFoundError
from app.reports.exports.making import spooled
from app.reports.exports.residents import COLUMNS, residents
from app.reports.exports.wording import BETWEEN, reads_as
from app.residents.models import Household, Resident
from app.residents.reader import read_roster
from app.residents.rules.phones import read_cell
from app.residents.rules.rows import Draft, Rejected
from app.residents.service import placing
from app.rosters.rules.placing import Row
from app.rosters.service import importing
from tests import cast
from tests.cast import BRIDGE, FAR, HARBOUR, NOW, SCHOOL, Cast
from tests.conftest import Clock
from tests.reports.exported import in_csv, in_json, in_xlsx, of_residents, parts
from tests.residents.files import EXAMPLE
from tests.residents.numbers import BLOCKS_IN_USE

AREA = "0513"
OPEN = ("without_number", "to_be_placed")
HEAD = "社区代码,小区,楼栋,单元,室,地址,姓名,与户主关系,电话,备用电话,语言,备注"
MESS = f"""{HEAD}
{BRIDGE},,3号楼,2,0501,,陈一,户主,139 0000 0001、13900000002/13900000003;13900000004,,普通话,=不敲门
{BRIDGE},,3号楼,2,0501,,陈二,之子,0513-81234567转801,+852 9123 4567,海门话,"两行
备注, 逗号和""引号""。"
{BRIDGE},城东新村,12幢东,,,,王三,,空号,,,
{BRIDGE},,,,,人民路001号,李四,,,,,'-已搬
{BRIDGE},,,,,城东新村3幢501室,赵五,,85123456,,,
{BRIDGE},,,,101,,钱六,,1391234567,,,-
{BRIDGE},城东新村,,,,,孙七,,,,,
{BRIDGE},,,2,,,周八,,,,,3-2
{BRIDGE},,,,,第八村民小组,吴九,,同上,,,
{BRIDGE},A区,A座,甲,0012,,阿卜杜拉·买买提,,（同上）,,,
{BRIDGE},城东新村,,东,,人民路1号,郑十,,,,,
{BRIDGE},,,,,,卫二十,,,,,
{BRIDGE},,,,,3-2-501,冯一,,13800000001,,,
,,5幢,,101,,褚二,,13800000002,,,1E5
"""


def take(db: Database, content: bytes, name: str = "roster.csv") -> importing.Plan:
    roster = importing.read(content, name, AREA)
    with db.writing() as session:
        return importing.take(session, None, NOW, roster, None)


def planned(db: Database, content: bytes, name: str) -> importing.Plan:
    roster = importing.read(content, name, AREA)
    with db.reading() as session:
        return importing.plan(session, None, importing.rows_of(roster), None)


def counts(plan: importing.Plan) -> dict[str, int]:
    """What there is of a roster's rows."""
    return {name: n for name, n in plan.counts.items() if n and name not in OPEN}


def drafts(content: bytes, name: str) -> list[Draft]:
    found = list(read_roster(content, name, AREA))
    assert not [one for one in found if isinstance(one, Rejected)]
    return [one for one in found if isinstance(one, Draft)]


@pytest.fixture
def messy(db: Database) -> Database:
    """Residents out of a roster as people keep it; one of them is still to be placed."""
    cast.communities(db)
    mess = MESS.replace("=不敲门", "不敲门")
    assert len(take(db, mess.encode()).accepted) == 14
    return db


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_what_was_exported_holds_nothing_new(messy: Database, form: str, lang: str) -> None:
    content = of_residents(messy, form, lang=lang)  # type: ignore[arg-type]

    assert counts(planned(messy, content, f"back.{form}")) == {"unchanged": 14}


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_every_value_comes_back_as_it_was(messy: Database, form: str) -> None:
    read = {draft.name: draft for draft in drafts(of_residents(messy, form), f"back.{form}")}
    with messy.reading() as session:
        stored = session.execute(
            select(Resident, Household).outerjoin(Household, Household.id == Resident.household_id)
        ).all()
    of_json = {row["name"]: row for row in in_json(of_residents(messy, "json"))["residents"]}

    assert len(stored) == len(read) == 14
    for resident, home in stored:
        draft = read[resident.name]
        assert list(draft.phones) == of_json[resident.name]["phones"]
        assert [(u.text, u.reason) for u in draft.unusable] == [
            (u["text"], u["reason"]) for u in resident.unusable if u["text"] != "同上"
        ]
        assert (draft.relation or "", draft.language or "", draft.remark or "") == (
            resident.relation, resident.language, resident.remark,
        )  # fmt: skip
        assert draft.community_code == resident.community_code
        assert Row.of(draft, None).home == (home.address_key if home else "")
        assert not home or (draft.unit or "", draft.room or "") == (home.unit, home.room)


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_a_blank_is_not_what_stands_above(db: Database, form: str) -> None:
    """As it would be in a printed list, which says a unit only where it changes."""
    cast.communities(db)
    first = cast.resident("陈一", cast.mobile(1), building="1幢", unit="2单元")
    rest = [
        cast.resident(f"居民{n}", cast.mobile(n), building=f"{n}幢", room="101")
        for n in range(2, 12)
    ]
    cast.residents(db, BRIDGE, [first, *rest])

    assert counts(planned(db, of_residents(db, form), f"back.{form}")) == {"unchanged": 11}


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_in_an_empty_database_it_makes_the_same_residents(
    messy: Database, form: str, tmp_path: Path
) -> None:
    content = of_residents(messy, form)
    before = in_json(of_residents(messy, "json"))["residents"]
    again = {draft.name: draft for draft in drafts(content, f"back.{form}")}

    assert [row["name"] for row in before] == list(again)
    for row in before:
        if row["address"] and not row["place"]:
            assert Row.of(again[row["name"]], None).address == row["address"]


def test_the_roster_of_a_real_office_goes_out_and_in_again(db: Database) -> None:
    cast.communities(db)
    roster = importing.read(EXAMPLE.read_bytes(), EXAMPLE.name, AREA)
    with db.writing() as session:
        taken = importing.take(session, None, NOW, roster, BRIDGE)

    for form in ("xlsx", "csv"):
        found = counts(planned(db, of_residents(db, form), f"back.{form}"))
        assert found == {"unchanged": taken.counts["accepted"]}
    assert taken.counts["accepted"] > 500


def test_who_was_placed_later_comes_back_to_the_same_home(messy: Database) -> None:
    people = cast.people(messy)
    with messy.writing() as session:
        ids = session.scalars(select(Resident.id).where(Resident.community_code.is_(None))).all()
        placing.place(session, people.administrator.user, NOW, ids, HARBOUR)

    (draft,) = drafts(of_residents(messy, "xlsx", code=HARBOUR), "back.xlsx")

    assert (draft.name, draft.building, draft.room) == ("褚二", "5幢", "101")
    assert counts(planned(messy, of_residents(messy, "csv"), "back.csv")) == {"unchanged": 14}


mobiles = st.builds("+86{}{:08d}".format, st.sampled_from(BLOCKS_IN_USE), st.integers(0, 10**8 - 1))
landlines = st.builds(
    "+86{}{}{:07d}{}".format, st.sampled_from(["513", "10", "21"]), st.integers(2, 8),
    st.integers(0, 10**7 - 1), st.sampled_from(["", ";ext=8", ";ext=801"]),
)  # fmt: skip


@given(st.lists(mobiles | landlines, max_size=4, unique=True))
def test_numbers_read_back_as_they_are_written(numbers: Sequence[str]) -> None:
    known = [n for n in numbers if list(read_cell(n.replace(";ext=", "转")).phones) == [n]]
    assert list(read_cell(BETWEEN.join(map(reads_as, known))).phones) == known


HOSTILE = ("=1+1", "＝1", "@A1", "+1", "-1", "'=1", "''=1", "\t=1", "=HYPERLINK(1)", "<r></r>")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_is_a_text_on_the_way_out_and_back(db: Database, text: str) -> None:
    cast.communities(db)
    cast.residents(db, BRIDGE, [cast.resident("陈一", cast.mobile(1), remark=text)])
    table, book = of_residents(db, "csv"), of_residents(db, "xlsx")

    assert in_csv(table)[1][-1][:1] in {"'", "<"}
    assert in_xlsx(book)["居民名单"][2][-1].rstrip(" ") == text
    assert "<f>" not in parts(book)["xl/worksheets/sheet1.xml"]
    # The import takes no formula from anybody: the same from both, and never anything else.
    back = [
        next(
            part for part in read_roster(content, name, AREA) if isinstance(part, Draft | Rejected)
        )
        for content, name in ((table, "a.csv"), (book, "a.xlsx"))
    ]
    assert [getattr(one, "remark", "row_formula") for one in back] == [
        text.strip() if isinstance(one, Draft) else "row_formula" for one in back
    ]
    assert type(back[0]) is type(back[1])


def test_people_see_a_roster_they_can_work_with(messy: Database) -> None:
    book = parts(of_residents(messy, "xlsx", code=BRIDGE))
    sheet, styles, core = (
        book[name] for name in ("xl/worksheets/sheet1.xml", "xl/styles.xml", "docProps/core.xml")
    )

    assert '<pane ySplit="2" topLeftCell="A3" activePane="bottomLeft" state="frozen"/>' in sheet
    assert '<col min="8" max="9" width="12.7' in sheet  # names
    assert '<autoFilter ref="A2:O15"/>' in sheet
    assert 'numberStoredAsText="1"' in sheet
    assert 'orientation="landscape"' in sheet
    assert 't="n"' not in sheet
    assert "<v>" not in sheet  # every cell is a text
    assert 'formatCode="@"' in styles  # the format "Text"
    assert "<dc:creator>命令行</dc:creator>" in core
    assert "居民名单 · 中桥社区居委会 · 2026-11-24 10:00 由 命令行 导出" in sheet


def test_a_text_table_opens_in_excel_without_losing_figures(messy: Database) -> None:
    content = of_residents(messy, "csv", code=BRIDGE)
    head, *lines = in_csv(content)
    numbers = [line[head.index("联系电话")] for line in lines]

    assert head == [column.zh for column in COLUMNS]
    assert content.count(b'"') > 2 * len(lines) * len(COLUMNS)
    assert {line[0] for line in lines} == {f"{BRIDGE}\t"}
    assert "13900000001\t" in numbers
    assert "0513-81234567转801" in numbers
    assert {line[5] for line in lines} >= {"", "501", "101"}


def test_json_tells_who_made_it_and_of_what(messy: Database) -> None:
    people = cast.people(messy)
    found = in_json(of_residents(messy, "json", people.leader.user))

    assert list(found) == ["made_by", "made_at", "of", "residents"]
    assert (found["made_by"], found["of"]) == ("组长", "all")
    assert found["made_at"] == "2026-11-24T02:00:00+00:00"
    one = next(row for row in found["residents"] if row["name"] == "陈二")
    assert one["phones"] == ["+8651381234567;ext=801", "+85291234567"]
    assert set(one) >= {"name", "community", "address", "phones", "unusable"}
    assert "id" not in one


def test_a_full_sheet_goes_on_in_another(messy: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.reports.exports.writing.MOST_ROWS", 8)
    monkeypatch.setattr("app.reports.exports.residents.PAGE", 3)
    content = of_residents(messy, "xlsx")

    assert {name: len(rows) for name, rows in in_xlsx(content).items()} == {
        "居民名单": 8, "居民名单 2": 8, "居民名单 3": 4,
    }  # fmt: skip
    assert counts(planned(messy, content, "back.xlsx")) == {"unchanged": 14}


@pytest.fixture
def people(db: Database, clock: Clock) -> Cast:
    found = cast.standing(db)
    for number, code in enumerate((BRIDGE, SCHOOL, HARBOUR, FAR), 1):
        cast.residents(db, code, [cast.resident(f"居民{number}", cast.mobile(number))])
    cast.residents(db, None, [cast.resident("居民5", cast.mobile(5))])
    return found


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("leader", {BRIDGE, SCHOOL}),
        ("supervisor", {BRIDGE, HARBOUR}),
        ("administrator", {BRIDGE, SCHOOL, HARBOUR, FAR, None}),
    ],
)
def test_everybody_exports_their_own_communities(
    db: Database, people: Cast, role: str, seen: set[str | None]
) -> None:
    user = getattr(people, role).user

    assert {
        row["community"] for row in in_json(of_residents(db, "json", user))["residents"]
    } == seen
    for code in (BRIDGE, SCHOOL, HARBOUR, FAR, "x"):
        if code in seen:
            assert len(in_json(of_residents(db, "json", user, code))["residents"]) == 1
        else:
            with pytest.raises(NotFoundError):
                of_residents(db, "json", user, code)


@pytest.mark.parametrize("form", ["xlsx", "csv", "json"])
def test_an_export_is_of_one_moment(people: Cast, db: Database, form: str) -> None:
    """Whoever comes while it is written is not in it, nor is half of what changes."""
    with db.reading() as session:
        export = residents(session, None, NOW, None, "zh")
        cast.residents(db, BRIDGE, [cast.resident("后来的", cast.mobile(9))])
        with db.writing() as writer:
            writer.execute(update(Resident).where(Resident.name == "居民4").values(name="改过的"))
        file, written = spooled(export, form)
        with file:
            content = file.read()

    whole = "".join(parts(content).values()) if form == "xlsx" else content.decode()
    assert (export.total, written) == (5, 5)
    assert "居民4" in whole
    assert "后来的" not in whole
    assert "改过的" not in whole
