"""Whatever shape a roster has, exactly the people that were written come back."""

import csv
import io
from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from xlsxwriter import Workbook

from app.residents.reader import read_roster
from app.residents.rules.rows import Draft, Rejected

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英䶮㛃禾桥"
HEADERS = {
    "name": ("姓名", "姓 名", "户主姓名", "*姓名", "居民姓名（必填）", "住户", "Name"),
    "phone": ("电话", "联系电话", "手机号码", "联系方式", "手机", "联系 电话*", "Mobile"),
    "building": ("楼栋", "幢", "楼号", "栋号", "Building"),
    "unit": ("单元", "单元号", "梯", "Unit"),
    "room": ("室", "房号", "门牌号", "Room"),
    "address": ("住址", "地址", "家庭住址", "现居住地址", "Address"),
    "remark": ("备注", "特殊情况", "备注说明", "Notes"),
}
TITLES = ("中桥社区居民花名册", "填写说明：带*的为必填项", "2026年3月2日填")
FOOTERS = (["合计", "3人"], ["填表人：周书记"], ["制表日期：2026-03-02"], ["以下空白"])
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be")
ADDRESSES = (
    "{b}幢{u}单元{r}室", "{b}-{u}-{r}", "{b}号楼{u}-{r}", "{b}#{u}-{r}", "{b}栋{u}梯{r}",
    " {b} 幢 {u} 单元 {r} ", "观音花苑{b}幢{u}单元{r}室",
)  # fmt: skip
PHONES = (
    "{p}",
    "{a} {b} {c}",
    "{a}-{b}-{c}",
    "+86 {p}",
    "0086{p}",
    "本人{p}",
    "{p}（晚上打）",
    "{p} ",
)


class Person(NamedTuple):
    name: str
    phone: str
    building: int
    unit: int
    room: int
    remark: str


class Shape(NamedTuple):
    """How a roster is written."""

    kind: str
    encoding: str
    titles: Sequence[str]
    roles: Sequence[str]
    headers: Sequence[str]
    address: str
    phone: str
    merged: bool
    again: bool
    footers: Sequence[Sequence[str]]


PEOPLE = st.lists(
    st.builds(
        Person,
        st.builds(str.__add__, st.sampled_from(SURNAMES), st.text(GIVEN, min_size=1, max_size=2)),
        st.integers(13800000000, 13999999999).map(str).filter(lambda p: not p.endswith("0" * 8)),
        st.integers(1, 40),
        st.integers(1, 6),
        st.builds(lambda floor, door: floor * 100 + door, st.integers(1, 33), st.integers(1, 8)),
        st.sampled_from(("", "", "独居", "晚上在家", "耳背，慢点说")),
    ),
    min_size=2,
    max_size=12,
    unique_by=lambda person: person.phone,
)


@st.composite
def shapes(draw) -> Shape:
    parts = draw(st.sampled_from((("building", "unit", "room"), ("address",))))
    roles = draw(st.permutations(("name", "phone", "remark", *parts)))
    return Shape(
        kind=draw(st.sampled_from((",", "\t", ";", "xlsx"))),
        encoding=draw(st.sampled_from(ENCODINGS)),
        titles=draw(st.lists(st.sampled_from(TITLES), max_size=3, unique=True)),
        roles=roles,
        headers=[draw(st.sampled_from(HEADERS[role])) for role in roles],
        address=draw(st.sampled_from(ADDRESSES)),
        phone=draw(st.sampled_from(PHONES)),
        merged=draw(st.booleans()),
        again=draw(st.booleans()),
        footers=draw(st.lists(st.sampled_from(FOOTERS), max_size=2)),
    )


def cells(person: Person, shape: Shape) -> list[str]:
    p = person.phone
    texts = {
        "name": person.name,
        "phone": shape.phone.format(p=p, a=p[:3], b=p[3:7], c=p[7:]),
        "building": f"{person.building}幢",
        "unit": str(person.unit),
        "room": str(person.room),
        "address": shape.address.format(b=person.building, u=person.unit, r=person.room),
        "remark": person.remark,
    }
    return [texts[role] for role in shape.roles]


def written(people: Sequence[Person], shape: Shape) -> bytes:
    half = len(people) // 2
    header = list(shape.headers)
    rows = [cells(person, shape) for person in people]
    again = [[], header] if shape.again else []
    above = [*([title] for title in shape.titles), header]
    everything = [*above, *rows[:half], *again, *rows[half:], *shape.footers]
    if shape.kind != "xlsx":
        return text(everything, shape)
    return workbook(everything, shape, first=len(above) + half + len(again))


def text(rows: Sequence[Sequence[str]], shape: Shape) -> bytes:
    content = io.StringIO()
    csv.writer(content, delimiter=shape.kind).writerows(rows)
    return content.getvalue().encode(shape.encoding)


def workbook(rows: Sequence[Sequence[str]], shape: Shape, first: int) -> bytes:
    """A workbook in which the building of the second half, the same for all, may be merged."""
    content = io.BytesIO()
    with Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell:
                    sheet.write(number, column, int(cell) if cell.isdecimal() else cell)
        last = len(rows) - len(shape.footers) - 1
        if shape.merged and "building" in shape.roles and last > first:
            column = shape.roles.index("building")
            sheet.merge_range(first, column, last, column, rows[first][column])
    return content.getvalue()


def remark(person: Person, shape: Shape) -> str:
    """What was written as the remark, and beside the number."""
    beside = "晚上打" if "晚上打" in shape.phone else ""
    return "；".join(filter(None, (person.remark, beside)))


def same_building(people: Sequence[Person], shape: Shape) -> list[Person]:
    """The people, of whom the second half live in one building where its cells are merged."""
    half = len(people) // 2
    if not (shape.kind == "xlsx" and shape.merged):
        return list(people)
    return [*people[:half], *(p._replace(building=people[half].building) for p in people[half:])]


@settings(max_examples=60, deadline=None)
@given(PEOPLE, shapes())
def test_exactly_the_people_written_come_back(people, shape):
    people = same_building(people, shape)
    parts = list(read_roster(written(people, shape), "a", "0513"))
    assert not [part for part in parts if isinstance(part, Rejected)]
    found = [part for part in parts if isinstance(part, Draft)]
    assert [
        (d.name, d.phones, d.building, d.unit, d.room, d.remark or "", d.unusable) for d in found
    ] == [
        (
            p.name,
            (f"+86{p.phone}",),
            f"{p.building}幢",
            f"{p.unit}单元",
            str(p.room),
            remark(p, shape),
            (),
        )
        for p in people
    ]
