"""Writing down what some hundreds of rows of a roster bring: everything by the bulk."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.orm import Session

from app import bulk
from app.calls.service.following_up import follow_up
from app.residents.models import (
    Household,
    Number,
    Resident,
    ResidentChange,
    ResidentNumber,
    RosterSeen,
)
from app.rosters.rules.placing import Row
from app.rosters.rules.same import Homes, Person
from app.rosters.rules.taking import Decided
from app.rosters.service.knowing import known_homes, known_numbers
from app.territory.models import Building
from app.territory.rules import sort_key

Brought = Sequence[tuple[Row, Person]]


def store(session: Session, now: datetime, import_id: int, decided: Decided) -> None:
    """Write residents, households, numbers and changes, and who on record was matched."""
    changed = list({person.id: (row, person) for row, person in reversed(decided.changed)}.values())
    brought = [*decided.newcomers, *changed]
    known = decided.on_record
    numbers = _numbers(session, {n for _, p in brought for n in p.numbers}, known.numbers)
    homes = _homes(session, [row for row in decided.homes if row.home], known.homes)
    _add_residents(session, now, import_id, decided.newcomers, homes)
    _add_lines(session, [person for _, person in decided.newcomers], numbers)
    for _, person in changed:
        _change(session, person, numbers, homes)
    renumbered = [person.id for _, person in changed if person.id and "numbers" in person.changes]
    follow_up(session, renumbered, now)
    _note_changes(session, now, import_id, changed, homes)
    seen = [(import_id, person.id) for person in decided.matched]
    bulk.add(session, RosterSeen, ("import_id", "resident_id"), seen)


def _add_residents(
    session: Session, now: datetime, import_id: int, newcomers: Brought, homes: Homes
) -> None:
    ids = bulk.next_ids(session, Resident, len(newcomers))
    rows = []
    for resident_id, (row, person) in zip(ids, newcomers, strict=True):
        person.id = resident_id
        values, place = person.values, row.draft.place
        rows.append((
            resident_id, person.community, "" if person.community else row.community_written,
            homes.get((person.community, person.home)), person.name, values["relation"],
            values["language"], values["remark"], values["unusable"], import_id,
            (place.sheet or "")[:80], place.row, now,
        ))  # fmt: skip
    bulk.add(session, Resident, RESIDENT, rows)


RESIDENT = (
    "id", "community_code", "community_written", "household_id", "name", "relation", "language",
    "remark", "unusable", "import_id", "sheet", "row", "created_at",
)  # fmt: skip


def _add_lines(session: Session, people: Iterable[Person], numbers: dict[str, int]) -> None:
    rows = [
        (person.id, numbers[value], position)
        for person in people
        for position, value in enumerate(person.numbers)
    ]
    bulk.add(session, ResidentNumber, ("resident_id", "number_id", "position"), rows)


def _change(session: Session, person: Person, numbers: dict[str, int], homes: Homes) -> None:
    """Rows that change somebody are few beside those that bring or repeat: one by one will do."""
    changes = person.changes
    values: dict[str, Any] = {name: person.values[name] for name in changes.keys() & _PLAIN}
    if "community" in changes:
        values["community_code"] = person.community
    if changes.keys() & _HOME:
        values["household_id"] = homes.get((person.community, person.home))
    if values:
        session.execute(update(Resident).where(Resident.id == person.id).values(values))
    if "numbers" in changes:
        session.execute(delete(ResidentNumber).where(ResidentNumber.resident_id == person.id))
        _add_lines(session, [person], numbers)


_PLAIN = {"relation", "language", "remark", "unusable"}
_HOME = {"community", "address"}


def _note_changes(
    session: Session, now: datetime, import_id: int, changed: Brought, homes: Homes
) -> None:
    rows = []
    for row, person in changed:
        changes: dict[str, tuple[Any, Any]] = dict(person.changes)
        if changes.keys() & _HOME:
            changes["household"] = person.household_id, homes.get((person.community, person.home))
        place = row.draft.place
        where = person.id, import_id, (place.sheet or "")[:80], place.row
        rows += [(*where, name, *both, now) for name, both in changes.items()]
    bulk.add(session, ResidentChange, CHANGE, rows)


CHANGE = ("resident_id", "import_id", "sheet", "row", "field", "before", "after", "changed_at")


def _numbers(session: Session, values: set[str], known: Mapping[str, int]) -> dict[str, int]:
    """Return the keys of these numbers; those that are new are added, whoever else adds them."""
    found = {value: known[value] for value in values & known.keys()}
    missing = sorted(values - found.keys())
    if not missing:
        return found
    ids = bulk.next_ids(session, Number, len(missing))
    added = bulk.add_missing(session, Number, ("id", "value"), list(zip(ids, missing, strict=True)))
    if added < len(missing):
        return found | known_numbers(session, missing)
    return found | dict(zip(missing, ids, strict=True))


def _homes(session: Session, rows: Sequence[Row], known: Homes) -> Homes:
    """Return the households at these rows' addresses; those that are new are added."""
    wanted = {(row.community_code, row.home): row for row in rows}
    found = {place: known[place] for place in wanted.keys() & known.keys()}
    missing = {place: row for place, row in wanted.items() if place not in found}
    if not missing:
        return found
    buildings = _buildings(session, missing.values())
    ids = bulk.next_ids(session, Household, len(missing))
    homes = [(key, *_home(row, buildings)) for key, row in zip(ids, missing.values(), strict=True)]
    if bulk.add_missing(session, Household, HOME, homes) < len(missing):
        return found | known_homes(session, missing)
    return found | dict(zip(missing, ids, strict=True))


HOME = ("id", "community_code", "building_id", "unit", "room", "address", "address_key")


def _home(row: Row, buildings: dict[tuple[str, str, str], int]) -> tuple[Any, ...]:
    draft, code = row.draft, row.community_code
    building = buildings.get((code or "", draft.estate or "", draft.building or ""))
    return code, building, draft.unit or "", draft.room or "", row.address[:255], row.home


def _buildings(session: Session, rows: Iterable[Row]) -> dict[tuple[str, str, str], int]:
    """Return the buildings that these rows name; those that are new are added."""
    wanted = {
        (row.community_code, row.draft.estate or "", row.draft.building)
        for row in rows
        if row.community_code is not None and row.draft.building
    }
    found = _known_buildings(session, wanted)
    missing = sorted(wanted - found.keys())
    if missing:
        columns = ("community_code", "estate", "name", "sort_key")
        bulk.add_missing(
            session, Building, columns, [(c, e, n, sort_key(e, n)) for c, e, n in missing]
        )
        found.update(_known_buildings(session, set(missing)))
    return found


def _known_buildings(
    session: Session, wanted: set[tuple[str, str, str]]
) -> dict[tuple[str, str, str], int]:
    if not wanted:
        return {}
    key = (Building.community_code, Building.estate, Building.name)
    query = select(*key, Building.id).where(tuple_(*key).in_(wanted))
    return {(c, e, n): building_id for c, e, n, building_id in session.execute(query)}
