"""From a row of a roster to the draft of a resident, or to the reason why there is none."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from app.problems import Place
from app.residents.rules.addresses import Address, estate_before, split_address, whole_address
from app.residents.rules.columns import (
    Columns,
    Role,
    SheetRow,
    Value,
    column_letters,
    is_header_again,
)
from app.residents.rules.phones import CellReading, Unusable, read_cell


@dataclass(frozen=True)
class Draft:
    """What one row says of one resident, cleaned but not yet compared with anybody.

    Text is stripped and in Unicode's composed form; ``None`` stands for what the row leaves open.
    """

    place: Place
    name: str
    phones: tuple[str, ...] = ()  # E.164, the one to ring first comes first
    unusable: tuple[Unusable, ...] = ()
    district: str | None = None
    street: str | None = None
    community: str | None = None
    community_code: str | None = None
    estate: str | None = None
    building: str | None = None
    unit: str | None = None
    room: str | None = None
    address: str | None = None  # the whole, where one cell holds it
    household: str | None = None
    relation: str | None = None
    language: str | None = None
    remark: str | None = None


@dataclass(frozen=True)
class Rejected:
    """A row that becomes nobody. ``place`` names the cell, ``code`` the reason."""

    place: Place
    code: str
    values: dict[str, str | int] = field(default_factory=dict)


# The longest name on record, with its dots, stays well below; the Ministries' rule of 2016 asks
# that names of 25 characters fit. A longer text is a sentence in the wrong column.
LONGEST_NAME = 50
LONGEST: dict[Role, int] = {
    "district": 40,
    "street": 40,
    "community": 80,
    "community_code": 20,
    "estate": 80,
    "building": 40,
    "unit": 40,
    "room": 40,
    "address": 160,
    "household": 40,
    "relation": 40,
    "language": 40,
    "remark": 2000,
}
# A form may come with these filled in on rows where nobody has been entered.
_TERRITORY: frozenset[Role] = frozenset(
    ("district", "street", "community", "community_code", "estate")
)

_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0001-\U000e007f]"
)
_HAN = "\u3007\u3400-\u9fff\ue000-\ufaff\U00020000-\U0003ffff"
_PADDING = re.compile(rf"(?<=[{_HAN}]) (?=[{_HAN}])")
_DOT = re.compile(rf" ?[·•・･‧∙⋅] ?|(?<=[{_HAN}]) ?[.．] ?(?=[{_HAN}])")
_NOBODY = frozenset(
    (
        "无",
        "空",
        "空置",
        "空户",
        "空房",
        "空关",
        "无人",
        "无人居住",
        "未知",
        "暂无",
        "没有",
        "不详",
        "同上",
    )
)
_DITTO = re.compile(r'同 ?[上前]|〃|″|"|”')
_FORMULA = re.compile(r"[=@]|\+(?![\s0-9()\-.]{7,}$)")
_PHONE_FORMULA = re.compile(r"[=@]|\+(?![\s(]*[0-9])")
_FOOTER = re.compile(
    r"(合计|总计|小计|共计|总人数|总户数|以下空白|附注|填写说明|填表说明|负责人|subtotal|total)[:0-9]*$"
    r"|(填表|制表|填报|报表|统计|打印|生成|审核|复核|登记)(人|人员|单位|日期|时间)"
    r"|(审核|复核|负责人|数据来源|合计|总计|小计|共计|总人数|总户数|注|附注|说明|备注|total):"
    r"|(以上|合计|总计|共计|共)[0-9一二三四五六七八九十百千]+[人户名]|第[0-9]+页|page[0-9]",
    re.IGNORECASE,
)
_TITLE = re.compile(r".*(花名册|名册|名单|登记表|信息表|统计表|汇总表|一览表|台账|摸排表|明细表)$")


def read_sheet(
    rows: Iterable[SheetRow], columns: Columns, area_code: str
) -> Iterator[Draft | Rejected]:
    """What the rows below the header say; 同上 in a cell stands for the cell above."""
    above: SheetRow | None = None
    for row in rows:
        if row.row <= columns.row:
            continue
        full = _without_dittos(row, above, columns) if above else row
        read = read_row(full, columns, area_code)
        if read is not None:
            above = full
            yield read


def read_row(row: SheetRow, columns: Columns, area_code: str) -> Draft | Rejected | None:
    """The resident in a row, why there is none, or ``None`` for a row that speaks of nobody:
    blank, a footer, a title, the header again.
    """
    if _speaks_of_nobody(row, columns):
        return None
    name = clean_name(row.value(columns.name))
    texts = {role: clean_text(row.value(at)) for role, at in columns.single.items()}
    return (
        _formula(row, columns)
        or _bad_name(name, row, columns)
        or _too_long(texts, row, columns)
        or _draft(name or "", texts, row, columns, area_code)
    )


def clean_text(value: Value) -> str | None:
    """A cell as text: composed, without invisible characters, with single blanks."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = _INVISIBLE.sub("", unicodedata.normalize("NFC", "" if value is None else str(value)))
    return " ".join(text.split()) or None


def clean_name(value: Value) -> str | None:
    """A name with every character kept, but 王　伟 without its padding and with one kind of dot.

    The dot is U+00B7, as the 2016 rule of twelve ministries on names has it.
    """
    text = clean_text(value)
    if text is None or text in _NOBODY:
        return None
    return _DOT.sub("·", _PADDING.sub("", text))


def _without_dittos(row: SheetRow, above: SheetRow, columns: Columns) -> SheetRow:
    """The row with what it repeats written out; a name is never repeated."""
    dittos = {
        column
        for column in columns.taken
        if column != columns.name and _DITTO.fullmatch(clean_text(row.value(column)) or "")
    }
    if not dittos:
        return row
    values = (
        above.value(column) if column in dittos else value
        for column, value in enumerate(row.values)
    )
    return replace(row, values=tuple(values), formulas=row.formulas | (above.formulas & dittos))


def _speaks_of_nobody(row: SheetRow, columns: Columns) -> bool:
    texts = [text for text in map(clean_text, row.values) if text]
    return (
        _is_blank(row, columns)
        or is_header_again(row, columns)
        or bool(_FOOTER.match(unicodedata.normalize("NFKC", texts[0]).replace(" ", "")))
        or (len(texts) == 1 and bool(_TITLE.match(texts[0])))
    )


def _is_blank(row: SheetRow, columns: Columns) -> bool:
    silent = {at for role, at in columns.single.items() if role in _TERRITORY}
    telling = set(columns.taken) - silent
    return not any(clean_text(row.value(at)) or at in row.formulas for at in telling)


def _formula(row: SheetRow, columns: Columns) -> Rejected | None:
    """A formula's last result may be anybody's, and text that looks like one runs when exported."""
    for at in columns.taken:
        pattern = _PHONE_FORMULA if at in columns.phones else _FORMULA
        value = row.value(at)
        text = unicodedata.normalize("NFKC", value).strip() if isinstance(value, str) else ""
        if at in row.formulas or pattern.match(text):
            return _rejected(row, at, "row_formula", header=columns.headers[at])
    return None


def _bad_name(name: str | None, row: SheetRow, columns: Columns) -> Rejected | None:
    if name is None:
        return _rejected(row, columns.name, "row_no_name")
    if len(name) > LONGEST_NAME:
        return _rejected(row, columns.name, "row_name_too_long", limit=LONGEST_NAME)
    if not any(map(_is_letter, name)):
        return _rejected(row, columns.name, "row_name_not_a_name", text=name)
    return None


def _is_letter(character: str) -> bool:
    """Also what this Python's Unicode does not know yet, and what old systems kept privately."""
    return character.isalpha() or unicodedata.category(character) in {"Co", "Cn"}


def _too_long(texts: dict[Role, str | None], row: SheetRow, columns: Columns) -> Rejected | None:
    for role, limit in LONGEST.items():
        if len(texts.get(role) or "") > limit:
            at = columns.single[role]
            return _rejected(row, at, "row_text_too_long", limit=limit, header=columns.headers[at])
    return None


def _draft(
    name: str, texts: dict[Role, str | None], row: SheetRow, columns: Columns, area_code: str
) -> Draft:
    reading = _phones(row, columns, area_code)
    columned = whole_address(texts.get("building"), texts.get("unit"), texts.get("room"))
    estate, celled = _celled(texts.get("address") or "")
    code = texts.get("community_code")
    return Draft(
        place=Place(sheet=row.sheet or None, row=row.row),
        name=name,
        phones=reading.phones,
        unusable=reading.rejected,
        district=texts.get("district"),
        street=texts.get("street"),
        community=texts.get("community"),
        community_code=unicodedata.normalize("NFKC", code) if code else None,
        estate=texts.get("estate") or (None if columned.building else estate),
        building=columned.building or celled.building,
        unit=columned.unit or celled.unit,
        room=columned.room or celled.room,
        address=texts.get("address"),
        household=texts.get("household"),
        relation=texts.get("relation"),
        language=texts.get("language"),
        remark=texts.get("remark"),
    )


def _celled(text: str) -> tuple[str | None, Address]:
    """Estate and address out of one cell; neither where a part is longer than any on record."""
    estate, found = estate_before(text), split_address(text)
    parts: dict[Role, str | None] = {
        "estate": estate, "building": found.building, "unit": found.unit, "room": found.room,
    }  # fmt: skip
    if any(len(part or "") > LONGEST[role] for role, part in parts.items()):
        return None, Address()
    return estate, found


def _phones(row: SheetRow, columns: Columns, area_code: str) -> CellReading:
    """The numbers of all telephone columns, each once, in their order of preference."""
    readings = [read_cell(row.value(at), area_code) for at in columns.phones]
    phones = dict.fromkeys(phone for reading in readings for phone in reading.phones)
    rejected = dict.fromkeys(unusable for reading in readings for unusable in reading.rejected)
    return CellReading(tuple(phones), tuple(rejected))


def _rejected(row: SheetRow, column: int, code: str, **values: str | int) -> Rejected:
    place = Place(sheet=row.sheet or None, row=row.row, column=column_letters(column))
    return Rejected(place, code, values)
