"""Loading communities from a table."""

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.problems import Place, Problem
from app.territory.models import Building, Community
from app.territory.rules import sort_key

COLUMNS = ("code", "name", "street_code", "street_name", "district_name")


@dataclass
class Loaded:
    """How many communities a load added, changed and found as they were."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


def load(session: Session, user_id: int | None, now: datetime, text: str, filename: str) -> Loaded:
    """Take over the communities of a CSV; a second load changes only what changed.

    Raises Problem naming file, row and column for a row that can't be read; nothing is then
    loaded.
    """
    known = {community.code: community for community in session.scalars(select(Community))}
    loaded = Loaded()
    for values in _rows(text, filename):
        community = known.get(values["code"])
        if community is None:
            session.add(Community(**values))
            loaded.added += 1
        elif _take_over(community, values):
            loaded.changed += 1
        else:
            loaded.unchanged += 1
    audit.record(session, user_id, now, "territory_loaded", "file", "", **asdict(loaded))
    return loaded


def _take_over(community: Community, values: dict[str, str]) -> bool:
    changed = {key: text for key, text in values.items() if getattr(community, key) != text}
    for key, text in changed.items():
        setattr(community, key, text)
    return bool(changed)


def _rows(text: str, filename: str) -> Iterator[dict[str, str]]:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        lacking: dict[str, str | int] = {"columns": ", ".join(missing)}
        raise Problem("territory_columns", place=Place(file=filename), values=lacking)
    seen: set[str] = set()
    for line, row in enumerate(reader, start=2):
        values = {column: (row[column] or "").strip() for column in COLUMNS}
        _check(values, seen, Place(file=filename, row=line))
        yield values


def _check(values: dict[str, str], seen: set[str], place: Place) -> None:
    code = values["code"]
    if len(code) != 12 or not code.isascii() or not code.isdigit():  # noqa: PLR2004
        raise Problem("territory_code", place=place, values={"code": code[:40]})
    if code in seen:
        raise Problem("territory_repeated", place=place, values={"code": code})
    if not values["name"]:
        raise Problem("territory_name", place=place)
    seen.add(code)


def building_named(session: Session, community_code: str, estate: str, name: str) -> Building:
    """Return the building, added if the community has none of this name."""
    found = session.scalar(
        select(Building).where(
            Building.community_code == community_code,
            Building.estate == estate,
            Building.name == name,
        )
    )
    if found is None:
        found = Building(
            community_code=community_code, estate=estate, name=name, sort_key=sort_key(estate, name)
        )
        session.add(found)
        session.flush()
    return found
