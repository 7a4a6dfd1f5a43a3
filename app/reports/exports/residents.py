"""The residents of a community, or of all that somebody may see, as a roster: under headings that
the import knows, so that it can be taken again and changes nothing.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.people import queries as people
from app.people.models import User
from app.problems import NotFoundError
from app.reports.exports.making import paged
from app.reports.exports.value import Column, Export, Record, Row, Sheet
from app.reports.exports.wording import BETWEEN, every_community, maker, reads_as
from app.reports.wording import Lang
from app.residents.models import Household, Number, Resident, ResidentNumber
from app.residents.queries import in_sight
from app.territory.models import Building, Community
from app.territory.rules import sort_key

PAGE = 1_000
"""Residents read at once."""
OWN_COLUMNS = 3
"""Numbers that stand in a column each; the rest share one."""
SAME_AS_ABOVE = "same_as_above"
LONGEST_WRITTEN = 80
"""As much of a community's name as the import takes."""

COLUMNS = (
    Column("社区代码", "Community code", 15), Column("社区", "Community", 20),
    Column("小区", "Estate", 16), Column("楼栋", "Building", 8), Column("单元", "Unit", 8),
    Column("室", "Room", 8), Column("地址", "Address", 22), Column("姓名", "Name", 12),
    Column("与户主关系", "Relationship", 12), Column("联系电话", "Phone", 20),
    Column("备用电话", "Other phone", 20), Column("备用电话2", "Other phone 2", 20),
    Column("备用电话3", "Other phone 3", 20), Column("语言", "Language", 10),
    Column("备注", "Remarks", 30),
)  # fmt: skip


def rows(record: Record) -> Iterable[Row]:
    """Return the row of a resident."""
    return [(
        record["community"] or "", record["community_name"], record["estate"], record["building"],
        record["unit"], record["room"], record["place"], record["name"], record["relation"],
        *phone_cells(record), record["language"], record["remark"],
    )]  # fmt: skip


def phone_cells(record: Record) -> list[str]:
    """Return numbers, and behind them what stood in phone cells and can't be rung, one in a cell.

    同上 alone in a cell would be read as the row above.
    """
    pieces = [reads_as(number) for number in record["phones"]]
    for unusable in record["unusable"]:
        text, reason = unusable["text"], unusable["reason"]
        if reason != SAME_AS_ABOVE or text.startswith("("):
            pieces.append(text)
        elif pieces:
            pieces[-1] += BETWEEN + text
    own = (pieces + [""] * OWN_COLUMNS)[:OWN_COLUMNS]
    return [*own, BETWEEN.join(pieces[OWN_COLUMNS:])]


SHEETS = (Sheet("居民名单", "Residents", COLUMNS, rows),)


def residents(
    session: Session, actor: User | None, now: datetime, code: str | None, lang: Lang
) -> Export:
    """Return the residents of a community, or of all in the actor's scope, as one walks past them.

    Those still to be placed are among all for an administrator and for the command line, which
    ``actor`` None stands for. Raises NotFoundError.
    """
    community = None if code is None else _community(session, actor, code)
    visible = _visible(actor, code)
    total = session.scalar(select(func.count(Resident.id)).where(*visible)) or 0
    return Export(
        kind="residents",
        subject_id=code or "all",
        subject=community.name if community else every_community(actor, lang),
        lang=lang,
        made_by=maker(actor, lang),
        made_at=now,
        total=total,
        sheets=SHEETS,
        records=records(session, visible),
        enveloped=True,
    )


def _community(session: Session, actor: User | None, code: str) -> Community:
    found = session.get(Community, code)
    if found is None or (actor is not None and not people.sees(session, actor, code)):
        raise NotFoundError(f"community {code}")
    return found


def _visible(actor: User | None, code: str | None) -> list[ColumnElement[bool]]:
    if code is not None:
        return [in_sight(), Resident.community_code == code]
    if actor is None or actor.role == "administrator":
        return [in_sight()]
    return [in_sight(), Resident.community_code.in_(people.scope(actor))]


class _Found(NamedTuple):
    """A resident as read: see the query below."""

    id: int
    name: str
    relation: str
    language: str
    remark: str
    unusable: list[dict[str, str]]
    community: str | None
    written: str
    community_name: str | None
    address: str | None
    key: str | None
    unit: str | None
    room: str | None
    estate: str | None
    building: str | None


def _query(visible: Iterable[ColumnElement[bool]]) -> Any:
    return (
        select(
            Resident.id, Resident.name, Resident.relation, Resident.language, Resident.remark,
            Resident.unusable, Resident.community_code, Resident.community_written, Community.name,
            Household.address, Household.address_key, Household.unit, Household.room,
            Building.estate, Building.name,
        )
        .outerjoin(Community, Community.code == Resident.community_code)
        .outerjoin(Household, Household.id == Resident.household_id)
        .outerjoin(Building, Building.id == Household.building_id)
        .where(*visible)
        .order_by(
            Resident.community_code.nulls_last(), Household.address_key.nulls_last(), Resident.id
        )
        .execution_options(yield_per=PAGE)
    )  # fmt: skip


def records(session: Session, visible: Iterable[ColumnElement[bool]]) -> Iterator[Record]:
    """Return those residents of whom this is true, as one walks past them.

    One statement, sorted once and read a page at a time: the cheapest order there is.
    """
    for page in paged(session.execute(_query(visible)), PAGE):
        numbers = numbers_of(session, [row[0] for row in page])
        for row in page:
            yield _record(_Found(*row), numbers.get(row[0], []))


def numbers_of(session: Session, resident_ids: Sequence[int]) -> dict[int, list[str]]:
    """Return the numbers of these residents, the one to ring first coming first."""
    query = (
        select(ResidentNumber.resident_id, Number.value)
        .join(Number, Number.id == ResidentNumber.number_id)
        .where(ResidentNumber.resident_id.in_(resident_ids))
        .order_by(ResidentNumber.resident_id, ResidentNumber.position)
    )
    found: dict[int, list[str]] = {}
    for resident_id, value in session.execute(query):
        found.setdefault(resident_id, []).append(value)
    return found


def _record(found: _Found, numbers: list[str]) -> Record:
    name = found.community_name if found.community else found.written[:LONGEST_WRITTEN]
    return {
        "name": found.name,
        "community": found.community,
        "community_name": name or "",
        "address": found.address or "",
        **_parts(found),
        "relation": found.relation,
        "language": found.language,
        "remark": found.remark,
        "phones": numbers,
        "unusable": found.unusable,
    }


def _parts(found: _Found) -> dict[str, str]:
    """The address in parts, so that they come to the same household when they are read again.

    ``place`` is an address that names no building and no room. Where no building is on record (the
    resident is still to be placed), the household's key tells them.
    """
    parts = dict.fromkeys(("estate", "building", "unit", "room", "place"), "")
    parts |= {"unit": found.unit or "", "room": found.room or ""}
    if found.building is not None:
        return {**parts, "estate": found.estate or "", "building": found.building}
    if not found.key:
        return parts
    estate, building, _unit, rest = f"{found.key}|||".split("|", 3)
    if estate or building or found.room:
        return {**parts, "estate": _unpadded(estate), "building": _unpadded(building)}
    key, address = rest.removesuffix("|||"), found.address or ""
    is_whole = sort_key("", "", "", address) == found.key
    return {**parts, "place": address if is_whole else _unpadded(key)}


def _unpadded(key: str) -> str:
    """A part of an address's key as people write it: ``sort_key`` makes the same of it again."""
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", key)
