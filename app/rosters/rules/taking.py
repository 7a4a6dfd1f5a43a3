"""What the rows of a roster come to, beside the people on record: decided some hundreds at once."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from app.problems import Place
from app.residents.rules.phones import Unusable
from app.residents.rules.rows import Rejected
from app.rosters.rules.placing import Row
from app.rosters.rules.same import Acquainted, Doubtful, Known, Person, changes, has_other_numbers


class Kind(StrEnum):
    """What there is to say of a row."""

    REJECTED = "rejected"
    """It becomes nobody, for the reason in ``code``."""
    DOUBTFUL = "doubtful"
    """It may be another writing of somebody on record."""
    IN_HAND = "in_hand"
    """A volunteer is to ring them now, so their numbers stay as they are."""
    UPDATED = "updated"
    """It changed somebody on record."""
    DUPLICATE = "duplicate"
    """It speaks of somebody known and says nothing new."""
    NUMBER = "number"
    """What stands in a telephone cell can't be rung, for the reason in ``code``."""
    COMMUNITY = "community"
    """No community could be told."""
    SAMPLE = "sample"
    """One of the first newcomers, to be looked at; ``text`` is JSON."""
    COLUMN = "column"
    """What a column is taken for: ``code`` says why, ``text`` shows some of its cells."""
    SHEET = "sheet"
    """A sheet is not read, for the reason in ``code``."""


@dataclass(frozen=True, slots=True)
class Note:
    """What there is to say of a row or a cell."""

    kind: Kind
    place: Place
    code: str
    values: Mapping[str, str | int] = field(default_factory=dict)
    text: str = ""
    """What is written there."""
    person: Person | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """How a roster is to be taken."""

    known: Known = Known.UPDATE
    doubtful: Doubtful | None = Doubtful.NEW
    """What a doubtful row is on which nobody decided; None while it still waits for that."""
    decided: Mapping[tuple[str | None, int | None], Doubtful] = field(default_factory=dict)
    """By sheet and row, what somebody decided on doubtful rows."""
    allowed: frozenset[str] | None = None
    """The communities whose residents the roster may bring and change; None for all."""


@dataclass(slots=True)
class Decided:
    """What some rows come to."""

    on_record: Acquainted
    """Whom and what of them was known before."""
    newcomers: list[tuple[Row, Person]] = field(default_factory=list)
    changed: list[tuple[Row, Person]] = field(default_factory=list)
    homes: list[Row] = field(default_factory=list)
    """Rows whose address somebody lives at from now on."""
    matched: list[Person] = field(default_factory=list)
    """Whom on record rows spoke of, each once."""
    notes: list[Note] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, what: str) -> None:
        """Count one more."""
        self.counts[what] = self.counts.get(what, 0) + 1

    def note(self, kind: Kind, place: Place, code: str, **more: Any) -> None:
        """Say something of a row."""
        self.notes.append(Note(kind, place, code, **more))


ROWS = ("accepted", "updated", "unchanged", "rejected", "left_out")
"""What becomes of a row: each is counted in one of these. ``accepted`` bring somebody; ``left_out``
are doubtful, and nobody said yet who they speak of, or that they are to be left out.
"""
OF_THESE = ("doubtful", "without_number", "to_be_placed")
"""What is said of rows besides, whatever became of them."""
COUNTS = (*ROWS, *OF_THESE)


def decide(rows: Iterable[Row | Rejected], people: Acquainted, terms: Terms) -> Decided:
    """Decide row by row. Who is new joins the people that later rows are compared with."""
    found = Decided(people)
    for row in rows:
        if isinstance(row, Rejected):
            _reject(found, row)
        elif _is_elsewhere(row.community_code, terms):
            _reject(found, Rejected(row.draft.place, "row_community_not_yours", {}))
        else:
            _decide(found, row, people, terms)
    return found


def _reject(found: Decided, rejected: Rejected) -> None:
    values = dict(rejected.values)
    text = str(values.pop("text", ""))
    found.count("rejected")
    found.note(Kind.REJECTED, rejected.place, rejected.code, values=values, text=text)


def _is_elsewhere(community: str | None, terms: Terms) -> bool:
    return community is not None and terms.allowed is not None and community not in terms.allowed


def _decide(found: Decided, row: Row, people: Acquainted, terms: Terms) -> None:
    draft = row.draft
    what = draft.name, row.community_code, row.home, draft.phones
    person = people.same(*what, row.community_written)
    if person is None and (alike := people.alike(*what)) is not None:
        choice = terms.decided.get((draft.place.sheet, draft.place.row), terms.doubtful)
        found.count("doubtful")
        names = f"{draft.name}\n{alike.name}"
        found.note(Kind.DOUBTFUL, draft.place, "row_alike", text=names, person=alike)
        if choice is None or choice is Doubtful.LEAVE:
            found.count("left_out")
            return
        person = alike if choice is Doubtful.SAME else None
    if person is None:
        _welcome(found, row, people)
    else:
        _compare(found, row, person, terms)


def _welcome(found: Decided, row: Row, people: Acquainted) -> None:
    draft = row.draft
    person = Person(
        None,
        draft.name,
        row.community_code,
        row.home,
        list(draft.phones),
        _said(row),
        is_newcomer=True,
        is_settled=True,
    )
    people.add(person)
    found.newcomers.append((row, person))
    found.homes.append(row)
    found.count("accepted")
    _note_open(found, row)


def _note_open(found: Decided, row: Row) -> None:
    """What somebody may want to put right of a row that is taken."""
    _note_unusable(found, row)
    if not row.draft.phones:
        found.count("without_number")
    if row.community_code is None:
        found.count("to_be_placed")
        code = "to_be_placed" if row.community_written else "no_community"
        found.note(Kind.COMMUNITY, row.draft.place, code, text=row.community_written)


def _note_unusable(found: Decided, row: Row) -> None:
    for unusable, letters in zip(row.draft.unusable, row.draft.unusable_in, strict=True):
        place = replace(row.draft.place, column=letters)
        found.note(Kind.NUMBER, place, unusable.reason, text=unusable.text)


def _said(row: Row) -> dict[str, Any]:
    draft = row.draft
    return {
        "community": row.community_code or "",
        "address": row.address,
        "relation": draft.relation or "",
        "language": draft.language or "",
        "remark": draft.remark or "",
        "unusable": _as_table(draft.unusable) if draft.unusable else NOTHING,
    }


NOTHING: list[dict[str, str]] = []
"""One for all rows: it is written out once."""


def _as_table(unusable: Iterable[Unusable]) -> list[dict[str, str]]:
    return [{"text": one.text, "reason": one.reason} for one in unusable]


def _compare(found: Decided, row: Row, person: Person, terms: Terms) -> None:
    new: Mapping[str, Any] = {}
    if not _is_elsewhere(person.community, terms):
        new = changes(person, _said(row), row.home, row.draft.phones, terms.known)
        if person.is_in_hand and has_other_numbers(person, row.draft.phones):
            found.note(Kind.IN_HAND, row.draft.place, "row_in_hand", person=person)
    if person.id is not None and not person.is_settled:
        found.matched.append(person)
    known = "row_twice" if person.is_settled else "row_duplicate"
    person.is_settled = True
    text = _told(person, new) if new else ""
    _take_over(found, person, row, new)
    if new and person.id is not None:
        found.changed.append((row, person))
    if not new or person.is_newcomer:
        found.count("unchanged")
        found.note(Kind.DUPLICATE, row.draft.place, known, person=person)
        return
    found.count("updated")
    values = {"fields": ",".join(sorted(new))}
    found.note(
        Kind.UPDATED, row.draft.place, "row_updated", values=values, text=text, person=person
    )
    if "unusable" in new:
        _note_unusable(found, row)


def _told(person: Person, new: Mapping[str, Any]) -> str:
    """Who is changed, and each field as it was and as it will be, in JSON."""
    changes = {name: [person.value(name), value] for name, value in sorted(new.items())}
    return json.dumps({"name": person.name, "changes": changes}, ensure_ascii=False)


def _take_over(found: Decided, person: Person, row: Row, new: Mapping[str, Any]) -> None:
    for name, value in new.items():
        person.change(name, value)
    if "community" in new:
        person.community = row.community_code
    if "address" in new:
        person.home = row.home
    if new.keys() & {"community", "address"}:
        found.homes.append(row._replace(community_code=person.community))
