"""What the page of one resident tells: each value, where it comes from, and what became of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import i18n
from app.people.models import User
from app.problems import Place
from app.residents import wording
from app.residents.models import Resident, RosterImport
from app.residents.queries import sees_import, steps_of
from app.residents.rules import phones
from app.residents.rules.origins import Origin, Step, origins
from app.territory.models import Community


@dataclass(frozen=True)
class Source:
    """Where something comes from, as the page says it."""

    at: datetime
    file: str
    """'' for what no roster brought."""
    import_id: int | None
    """Of a roster that the reader may look at."""
    place: str
    by: str | None
    is_by_hand: bool


@dataclass(frozen=True)
class Value:
    """A field with all that stands in it."""

    name: str
    label: str
    items: Sequence[tuple[str, Source]]


@dataclass(frozen=True)
class Change:
    """A field that became another."""

    label: str
    before: str
    after: str
    source: Source


@dataclass(frozen=True)
class Told:
    """All of it."""

    values: Sequence[Value]
    changes: Sequence[Change]
    """The last one first."""


@dataclass(frozen=True)
class _Names:
    """What keys are called."""

    reader: User
    imports: Mapping[int, RosterImport]
    users: Mapping[int, str]
    communities: Mapping[str, str]

    def source(self, origin: Origin) -> Source:
        record = self.imports.get(origin.import_id or 0)
        user_id = record.user_id if record else origin.user_id
        is_theirs = record is not None and sees_import(self.reader, record)
        return Source(
            at=origin.at,
            file=record.filename if record else "",
            import_id=origin.import_id if is_theirs else None,
            place=i18n.where(Place(sheet=origin.sheet or None, row=origin.row)),
            by=self.users.get(user_id or 0),
            is_by_hand=origin.user_id is not None,
        )

    def shown(self, field: str, value: Any) -> str:
        named = self.communities.get(value, value) if field == "community" else value
        return wording.shown(named or "")


def told(session: Session, reader: User, resident: Resident) -> Told:
    """Return what is on record of a resident with its origins, and how it changed."""
    steps = steps_of(session, resident)
    first = Origin(resident.created_at, resident.import_id, resident.sheet, resident.row)
    names = _names(session, reader, [first, *(step.origin for step in steps)], steps)
    values = [
        _value(names, name, value, origins(name, value, first, steps))
        for name, value in _on_record(resident).items()
        if value
    ]
    return Told(values, [_change(names, step) for step in reversed(steps)])


def _on_record(resident: Resident) -> dict[str, Any]:
    home, place = resident.household, resident.community
    return {
        "name": resident.name,
        "community": place.name if place else "",
        "address": home.address if home else "",
        "numbers": [line.number.value for line in resident.lines],
        "unusable": resident.unusable,
        "relation": resident.relation,
        "language": resident.language,
        "remark": resident.remark,
    }


def _value(names: _Names, name: str, value: Any, found: Sequence[Origin]) -> Value:
    items = value if isinstance(value, list) else [value]
    shown = [_READ.get(name, str)(one) for one in items]
    sources = [names.source(origin) for origin in found]
    return Value(name, wording.field(name), list(zip(shown, sources, strict=True)))


_READ: Mapping[str, Callable[[Any], str]] = {
    "numbers": phones.display, "unusable": wording.unusable
}  # fmt: skip


def _change(names: _Names, step: Step) -> Change:
    before, after = (names.shown(step.field, one) for one in (step.before, step.after))
    return Change(wording.field(step.field), before, after, names.source(step.origin))


def _names(
    session: Session, reader: User, found: Sequence[Origin], steps: Sequence[Step]
) -> _Names:
    keys = {origin.import_id for origin in found}
    query = select(RosterImport).where(RosterImport.id.in_(keys))
    imports = {record.id: record for record in session.scalars(query)}
    people = {origin.user_id for origin in found} | {one.user_id for one in imports.values()}
    users = session.execute(select(User.id, User.name).where(User.id.in_(people)))
    codes = {c for s in steps if s.field == "community" for c in (s.before, s.after)}
    places = session.execute(
        select(Community.code, Community.name).where(Community.code.in_(codes))
    )
    return _Names(
        reader, imports, {u.id: u.name for u in users}, {place.code: place.name for place in places}
    )
