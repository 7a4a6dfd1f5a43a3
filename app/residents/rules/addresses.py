"""Addresses inside a community: building, unit and room out of a cell, in one spelling.

Rosters write the same building as 3幢, 3栋, 3号楼, 三号楼, 3# or 3; here it is always 3幢, so that
the residents of a room become one household and a building is counted once.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Address:
    """The parts that an address names: ``3幢``, ``2单元``, ``501``; ``None`` for those it lacks."""

    building: str | None = None
    unit: str | None = None
    room: str | None = None


NOWHERE = Address()

_REMEMBERED = 1 << 14
"""Addresses kept at once, a few megabytes; rosters go from door to door."""
_LONGEST = 200
"""What is longer is a text that speaks of an address."""

_HAN = "〇零一二两三四五六七八九十百"
_HAN_VALUES = dict(
    zip("〇零一二两三四五六七八九", (0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)
)
_HAN_SCALES = {"十": 10, "百": 100}

_NUMBER = rf"(?:[0-9]+|[{_HAN}]+)"
_BUILDING = rf"(?P<building>[A-Z]?{_NUMBER}[A-Z]?|[A-Z])(?:号?[幢栋座]|号楼|#楼?)"
_UNIT = rf"(?P<unit>{_NUMBER}|[甲乙丙丁东中西A-Z])(?:号?(?:单元|梯)|门洞)"
_FLOOR = rf"(?:第?{_NUMBER}[层楼])"
_ROOM = r"(?P<room>[A-Z]?[0-9]{2,5}[A-Z]?)(?![0-9])[室号房]?"

_FORMS = tuple(
    re.compile(form)
    for form in (
        # 3幢2单元501室, 3#501, 3号楼2-501, 三幢二单元5楼501
        rf"{_BUILDING}-?(?:{_UNIT}-?|(?P<bare_unit>[0-9]{{1,2}}|[A-Z])-)?{_FLOOR}?(?:{_ROOM})?",
        # 3号2单元501, also behind the name of an estate; 人民路12号 is no building
        rf"(?:^|(?<=[苑园村区城府庭里寓]))(?P<building>{_NUMBER})号-?{_UNIT}-?{_FLOOR}?(?:{_ROOM})?",
        # 2单元501
        rf"{_UNIT}-?{_FLOOR}?(?:{_ROOM})?",
        # 3-2-501, also behind the name of an estate
        rf"(?<![0-9A-Z-])(?P<building>[A-Z]?[0-9]{{1,3}}[A-Z]?)-(?P<unit>[0-9]{{1,2}}|[A-Z])-{_ROOM}$",
        # 3-501: but two short numbers could mean anything
        r"(?<![0-9A-Z-])(?P<building>[A-Z]?[0-9]{1,3}[A-Z]?)-(?P<room>[0-9]{3,5}[A-Z]?)[室号房]?$",
        r"(?<![0-9A-Z])(?P<room>[A-Z]?[0-9]{2,5}[A-Z]?)室$",
        # Building 3, Unit 2, Room 501
        (
            r"(?:BUILDING|BLDG|BLOCK)[.-]?(?P<building>[A-Z]?[0-9]+[A-Z]?)[,;-]?"
            r"(?:UNIT(?P<unit>[0-9]+|[A-Z])[,;-]?)?(?:(?:ROOM|RM|APARTMENT|APT|FLAT)[.-]?"
            r"(?P<room>[A-Z]?[0-9]{2,5}[A-Z]?))?"
        ),
    )
)


def split_address(text: str) -> Address:
    """The building, unit and room that a cell names, whatever estate or street goes before.

    An address that names none of them, such as a village group's, gives an empty `Address`.
    """
    return located(text)[1]


def estate_before(text: str) -> str | None:
    """What a cell names before the building, unit and room: the estate that tells two 3幢 apart.

    Without blanks, and with the street or community where the cell names those too; None when
    the cell names nothing before, or no building, unit or room at all.
    """
    return located(text)[0]


def located(text: str) -> tuple[str | None, Address]:
    """Both of these at once. A household's rows follow one another, so most are remembered."""
    return _located(text) if len(text) <= _LONGEST else (None, Address())


@lru_cache(_REMEMBERED)
def _located(text: str) -> tuple[str | None, Address]:
    text = _plain(text)
    found = (form.search(text) for form in _FORMS)
    match = next((match for match in found if match), None)
    return (text[: match.start()] or None, _address(match)) if match else (None, Address())


def sheet_address(name: str) -> Address:
    """The building, and perhaps the unit, that a sheet is named after."""
    found = split_address(name)
    return Address() if found.room else found


@lru_cache(_REMEMBERED)
def whole_address(building: str | None, unit: str | None, room: str | None) -> Address:
    """The parts from columns of their own, each of which may hold those after it as well.

    The building's may say 3幢2单元 and the room's 2-501. What does not read so without a rest is
    kept as it stands: 12幢东 and 12幢西 are two buildings.
    """
    spelled = Address(
        building_name(building) if building else None,
        unit_name(unit) if unit else None,
        room_name(room) if room else None,
    )
    text = _plain("".join(part for part in (spelled.building, spelled.unit, spelled.room) if part))
    found = (form.fullmatch(text) for form in _FORMS)
    return next((_address(match) for match in found if match), spelled)


@lru_cache(_REMEMBERED)
def building_name(text: str) -> str:
    """The one spelling of what stands in a column for buildings; a name is kept as it is."""
    return _spelled(text, rf"(?:{_BUILDING}|(?P<bare>[A-Z]?{_NUMBER}[A-Z]?|[A-Z]))", "幢")


@lru_cache(_REMEMBERED)
def unit_name(text: str) -> str:
    """The one spelling of what stands in a column for units."""
    return _spelled(text, rf"(?:{_UNIT}|(?P<bare>{_NUMBER}|[甲乙丙丁东中西A-Z]))", "单元")


@lru_cache(_REMEMBERED)
def room_name(text: str) -> str:
    """The one spelling of what stands in a column for rooms: a number without 室, 号 or 房."""
    return _spelled(text, r"(?P<bare>[A-Z]?[0-9]+[A-Z]?)[室号房]?", "")


def _address(match: re.Match[str]) -> Address:
    parts = match.groupdict()
    building, room = parts.get("building"), parts.get("room")
    unit = parts.get("unit") or parts.get("bare_unit")
    return Address(
        building_name(building) if building else None,
        unit_name(unit) if unit else None,
        room_name(room) if room else None,
    )


def _spelled(text: str, pattern: str, word: str) -> str:
    found = re.fullmatch(pattern, _plain(text))
    if not found:
        return text
    number = next(part for part in found.groups() if part is not None)
    return re.sub("^0+(?=[0-9])", "", _arabic(number)) + word


def _plain(text: str) -> str:
    """Without differences of width, case, blanks and kinds of dash."""
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper()
    return re.sub("[-‐‑‒–—―−ー~/]+", "-", text)


def _arabic(text: str) -> str:
    return re.sub(f"[{_HAN}]+", lambda number: str(_han_value(number[0])), text)


def _han_value(number: str) -> int:
    """十二 is 12, 二十 is 20, 一百零五 is 105, and 一二 digit by digit is 12."""
    total = digits = 0
    for character in number:
        if scale := _HAN_SCALES.get(character):
            total, digits = total + (digits or 1) * scale, 0
        else:
            digits = digits * 10 + _HAN_VALUES[character]
    return total + digits
