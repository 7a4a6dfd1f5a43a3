"""From a row of a roster to the draft of a resident, or to the reason why there is none."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from app.problems import Place
from app.residents.rules.addresses import NOWHERE, Address, located, whole_address
from app.residents.rules.cleaning import clean_name, clean_text
from app.residents.rules.columns import Columns, is_header_again
from app.residents.rules.headers import Role, normal_header
from app.residents.rules.phones import Unusable, read_cell, without_identity
from app.residents.rules.sheets import SheetRow, Value, column_letters


class Draft(NamedTuple):
    """What one row says of one resident, cleaned but not yet compared with anybody.

    Text is stripped and in Unicode's composed form; ``None`` stands for what the row leaves open.
    """

    place: Place
    name: str
    phones: tuple[str, ...] = ()  # E.164, the one to ring first comes first
    unusable: tuple[Unusable, ...] = ()
    unusable_in: tuple[str, ...] = ()  # the column, as letters, of each unusable piece
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

_DITTO = frozenset(("同上", "同 上", "同前", "同 前", "〃", "″", '"', "”"))
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


# A row of such cells has nothing to clean, no ditto or something that would run as a formula.
_PLAIN_CELL = (
    r"[!#-*,-<>?A-~\u4e00-\u540b\u540d-\u9fff]"
    r"[!#-~\u4e00-\u540b\u540d-\u9fff\u3001\u3002\uff01-\uff5e]*"
)
_PLAIN_ROW = re.compile(rf"{_PLAIN_CELL}(?:\t{_PLAIN_CELL})*")
_SHORTEST_LIMIT = min(LONGEST.values())
_IDENTITY_LENGTH = 15
_LONGEST_FOOTER = 80

Texts = dict[Role, str]


def read_sheet(
    rows: Iterable[SheetRow], columns: Columns, area_code: str, by_sheet: Address = NOWHERE
) -> Iterator[Draft | Rejected]:
    """What the rows below the header say.

    同上 in a cell stands for the cell above. A name merged over several rows is one resident, with
    the numbers of all of them. ``by_sheet`` is the building of rows that name none.
    """
    above: SheetRow | None = None
    held: Draft | Rejected | None = None
    for row in filled_down(rows, columns) if columns.stepped else rows:
        if row.row <= columns.row:
            continue
        plain = _is_plain(row)
        full = row if plain or above is None else _without_dittos(row, above, columns)
        read = _read(full, columns, area_code, by_sheet, plain=plain)
        if read is None:
            continue
        above = full
        goes_on = columns.name in row.merged
        if goes_on and isinstance(held, Draft) and isinstance(read, Draft):
            held = _with_numbers_of(held, read)
            continue
        if held is not None:
            yield held
        held = read
    if held is not None:
        yield held


def filled_down(rows: Iterable[SheetRow], columns: Columns) -> Iterator[SheetRow]:
    """The rows, with what a list says only where it changes written into each, as if merged.

    What stands right of a cell that changes begins anew: another building has its own units. A
    resident of no room, where rooms are told, gets no building either.
    """
    said: dict[int, Value] = {}
    needed = {columns.name, columns.single.get("room", columns.name)}
    for row in rows:
        own = [at for at in columns.stepped if row.row > columns.row and row.value(at) is not None]
        if own:
            said = {at: said[at] for at in said if at < own[0]}
            said.update((at, row.value(at)) for at in own)
        blank = [at for at in said if row.value(at) is None]
        if not blank or any(row.value(at) is None for at in needed):
            yield row
            continue
        values = [*row.values, *[None] * (max(blank) + 1 - len(row.values))]
        for at in blank:
            values[at] = said[at]
        yield row._replace(values=tuple(values), merged=row.merged | set(blank))


def read_row(
    row: SheetRow, columns: Columns, area_code: str, by_sheet: Address = NOWHERE
) -> Draft | Rejected | None:
    """The resident in a row, why there is none, or ``None`` for a row that speaks of nobody:
    blank, a footer, a title, the header again.
    """
    return _read(row, columns, area_code, by_sheet, plain=_is_plain(row))


def _is_plain(row: SheetRow) -> bool:
    """Whether all texts of a row are as most are: nothing to clean, no ditto, no formula."""
    texts = [value for value in row.values if value.__class__ is str]
    whole = "\t".join(texts)
    has_tabs = whole.count("\t") >= max(len(texts), 1)
    return not (has_tabs or row.formulas) and _PLAIN_ROW.fullmatch(whole) is not None


def _read(
    row: SheetRow, columns: Columns, area_code: str, by_sheet: Address, *, plain: bool
) -> Draft | Rejected | None:
    values, width = row.values, len(row.values)
    texts: Texts = {
        role: text
        for role, at in columns.single.items()
        if at < width and (value := values[at]) is not None and role != "seq"
        if (text := value if plain and isinstance(value, str) else clean_text(value))
    }
    name = clean_name(texts.get("name"))
    is_odd = name is None or _may_be_nobody(row, name, columns)
    if is_odd and _speaks_of_nobody(row, columns):
        return None
    return (
        (None if plain else _formula(row, columns))
        or _bad_name(name, row, columns)
        or _too_long(texts, row, columns)
        or _draft(name or "", texts, row, columns, area_code, by_sheet)
    )


def _without_dittos(row: SheetRow, above: SheetRow, columns: Columns) -> SheetRow:
    """The row with what it repeats written out; a name is never repeated."""
    dittos = {
        column
        for column in columns.taken
        if column != columns.name and clean_text(row.value(column)) in _DITTO
    }
    if not dittos:
        return row
    values = (
        above.value(column) if column in dittos else value
        for column, value in enumerate(row.values)
    )
    return row._replace(values=tuple(values), formulas=row.formulas | (above.formulas & dittos))


def _with_numbers_of(draft: Draft, more: Draft) -> Draft:
    """The draft with the numbers of another row of the same resident."""
    phones = dict.fromkeys((*draft.phones, *more.phones))
    unusable = dict(zip(draft.unusable, draft.unusable_in, strict=True))
    for item, letters in zip(more.unusable, more.unusable_in, strict=True):
        unusable.setdefault(item, letters)
    return draft._replace(
        phones=tuple(phones),
        unusable=tuple(unusable),
        unusable_in=tuple(unusable.values()),
    )


def _may_be_nobody(row: SheetRow, name: str, columns: Columns) -> bool:
    """Whether it is worth a closer look if this row is a footer or the header again."""
    first = row.values[0]
    if first is None or 0 in row.merged:
        first = next((value for value in _own(row) if value), None)
    if isinstance(first, str) and not first.isdigit() and _is_footer(first[:_LONGEST_FOOTER]):
        return True
    return _last_letter(columns.headers[columns.name]) in name.lower()


@lru_cache(64)
def _last_letter(header: str) -> str:
    """What has to be in a name that is the header again."""
    return normal_header(header)[-1:]


@lru_cache(4096)
def _is_footer(first: str) -> bool:
    """Whether a row whose first text this is sums up, is signed, or belongs to the paper."""
    text = clean_text(first) or ""
    return bool(_FOOTER.match(unicodedata.normalize("NFKC", text).replace(" ", "")))


def _speaks_of_nobody(row: SheetRow, columns: Columns) -> bool:
    texts = [text for text in map(clean_text, _own(row)) if text]
    return (
        _is_blank(row, columns)
        or is_header_again(row, columns)
        or _is_footer(texts[0][:_LONGEST_FOOTER])
        or (len(texts) == 1 and bool(_TITLE.match(texts[0])))
    )


def _own(row: SheetRow) -> Sequence[Value]:
    """What stands in the row itself, without what comes from a cell above."""
    if not row.merged:
        return row.values
    return [value for at, value in enumerate(row.values) if at not in row.merged]


def _is_blank(row: SheetRow, columns: Columns) -> bool:
    silent = {at for role, at in columns.single.items() if role in _TERRITORY}
    telling = set(columns.taken) - silent - row.merged
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
    if not (name.isalpha() or any(map(_is_letter, name))):
        return _rejected(row, columns.name, "row_name_not_a_name", text=name)
    return None


def _is_letter(character: str) -> bool:
    """Also what this Python's Unicode does not know yet, and what old systems kept privately."""
    return character.isalpha() or unicodedata.category(character) in {"Co", "Cn"}


def _too_long(texts: Texts, row: SheetRow, columns: Columns) -> Rejected | None:
    if max(map(len, texts.values()), default=0) <= _SHORTEST_LIMIT:
        return None
    for role, limit in LONGEST.items():
        if len(texts.get(role) or "") > limit:
            at = columns.single[role]
            return _rejected(row, at, "row_text_too_long", limit=limit, header=columns.headers[at])
    return None


def _draft(
    name: str, texts: Texts, row: SheetRow, columns: Columns, area_code: str, by_sheet: Address
) -> Draft:
    phones, unusable, letters, notes = _phones(row, columns, area_code)
    text = texts.get
    columned = whole_address(text("building"), text("unit"), text("room"))
    estate, celled = _celled(texts["address"]) if "address" in texts else (None, NOWHERE)
    code = text("community_code")
    return Draft(
        place=Place(sheet=row.sheet or None, row=row.row),
        name=name,
        phones=phones,
        unusable=unusable,
        unusable_in=letters,
        district=text("district"),
        street=text("street"),
        community=text("community"),
        community_code=unicodedata.normalize("NFKC", code) if code else None,
        estate=_estate(texts, columns, None if columned.building else estate),
        building=columned.building or celled.building or by_sheet.building,
        unit=columned.unit or celled.unit or by_sheet.unit,
        room=columned.room or celled.room,
        address=_without_identity(text("address")),
        household=text("household"),
        relation=text("relation"),
        language=text("language"),
        remark=_remark(text("remark"), [note for note in notes if note != name]),
    )


def _estate(texts: Texts, columns: Columns, celled: str | None) -> str | None:
    """What its column says; but a grid is no estate where the address names one."""
    said = texts.get("estate")
    if said and celled and "网格" in columns.headers[columns.single["estate"]] + said:
        return celled
    return said or celled


def _remark(text: str | None, notes: Sequence[str]) -> str | None:
    """The remark, and what stands beside the numbers: 儿子, 晚上打."""
    text = _without_identity(text)
    new = [note for note in notes if not text or note not in text]
    return "；".join([*([text] if text else []), *new]) if new else text


def _without_identity(text: str | None) -> str | None:
    """Free text without the identity numbers that people note in it."""
    return without_identity(text) if text and len(text) >= _IDENTITY_LENGTH else text


def _celled(text: str) -> tuple[str | None, Address]:
    """Estate and address out of one cell; neither where a part is longer than any on record."""
    estate, found = located(text)
    parts: dict[Role, str | None] = {
        "estate": estate, "building": found.building, "unit": found.unit, "room": found.room,
    }  # fmt: skip
    if any(len(part or "") > LONGEST[role] for role, part in parts.items()):
        return None, Address()
    return estate, found


# What people write into a telephone cell that would better be blank.
_NOTHING = re.compile(r"(?:暂|尚)?(?:无|没有)(?:电话|手机|号码)?|none|n/?a|[\W_]+", re.IGNORECASE)


def _phones(
    row: SheetRow, columns: Columns, area_code: str
) -> tuple[tuple[str, ...], tuple[Unusable, ...], tuple[str, ...], Sequence[str]]:
    """The numbers of all telephone columns, each once, in their order of preference; what is none,
    with its column; what is noted beside them.
    """
    notes: list[str] = []
    phones: dict[str, None] = {}
    unusable: dict[Unusable, str] = {}
    for at in columns.phones:
        if (value := row.value(at)) is None:
            continue
        reading = read_cell(value, area_code)
        phones.update(dict.fromkeys(reading.phones))
        if reading.note:
            notes.append(reading.note)
        for item in reading.rejected:
            unusable.setdefault(item, column_letters(at))
    if phones:  # 无 beside a number is nothing to look at
        unusable = {one: at for one, at in unusable.items() if not _says_nothing(one)}
    return tuple(phones), tuple(unusable), tuple(unusable.values()), notes


def _says_nothing(one: Unusable) -> bool:
    return one.reason == "no_number_here" and bool(_NOTHING.fullmatch(one.text))


def _rejected(row: SheetRow, column: int, code: str, **values: str | int) -> Rejected:
    place = Place(sheet=row.sheet or None, row=row.row, column=column_letters(column))
    return Rejected(place, code, values)
