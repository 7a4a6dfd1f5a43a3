"""A roster into residents: read, compared with who is on record, and stored part by part."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import bulk
from app.audit import service as audit
from app.people import queries as people
from app.people.models import User
from app.problems import Place, Problem
from app.residents.models import RosterFinding, RosterImport
from app.residents.reader import Part, SheetFound, SheetSkipped, read_roster
from app.residents.rules.columns import Columns, column_letters
from app.residents.rules.rows import Draft, Rejected
from app.residents.rules.stages import Stage
from app.residents.service.placing import check_community
from app.rosters.rules.placing import Gazetteer, Row, Territory
from app.rosters.rules.same import Doubtful, Known
from app.rosters.rules.taking import COUNTS, Decided, Kind, Note, Terms, decide
from app.rosters.service import knowing, storing
from app.rosters.service.seen import Seen
from app.territory.models import Community

PART = 1000
"""Rows that are stored together: few enough that nobody waits long for a turn to write."""
MOST_NOTES = 20_000
"""How many notes of a kind are kept of an import; all are counted."""


@dataclass(frozen=True)
class Roster:
    """A small roster as read, before anybody decided to take it."""

    filename: str
    sheets: tuple[SheetFound, ...]
    drafts: tuple[Draft, ...]
    rejected: tuple[Rejected, ...]
    skipped: tuple[SheetSkipped, ...] = ()


@dataclass
class Plan:
    """What taking a roster does: its rows by what they come to."""

    accepted: list[Row] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))

    def add(self, decided: Decided) -> None:
        """Take in what some rows come to."""
        self.accepted += [row for row, _ in decided.newcomers]
        self.notes += decided.notes
        for name, count in decided.counts.items():
            self.counts[name] += count

    def places(self, *kinds: Kind) -> list[Place]:
        """Return where the rows stand of which there is this to say."""
        return [note.place for note in self.notes if note.kind in kinds]

    @property
    def duplicates(self) -> list[Place]:
        """The rows that speak of somebody who is known."""
        return self.places(Kind.DUPLICATE, Kind.UPDATED)

    @property
    def rejected(self) -> list[Note]:
        """The rows that become nobody."""
        return [note for note in self.notes if note.kind is Kind.REJECTED]

    @property
    def to_be_placed(self) -> int:
        """How many residents have no community yet."""
        return self.counts["to_be_placed"]

    @property
    def without_number(self) -> int:
        """How many residents have no usable number."""
        return self.counts["without_number"]


def read(content: bytes, filename: str, area_code: str, sheet: str | None = None) -> Roster:
    """Read a roster file in a child process, outside any transaction.

    ``sheet`` leaves out every other sheet.

    Raises Problem for a file that can't be read at all or speaks of nobody; single rows that can't
    be taken are in ``rejected``.
    """
    parts = list(only(sheet, read_roster(content, filename, area_code), filename))
    return Roster(
        filename=filename,
        sheets=tuple(part for part in parts if isinstance(part, SheetFound)),
        drafts=tuple(part for part in parts if isinstance(part, Draft)),
        rejected=tuple(part for part in parts if isinstance(part, Rejected)),
        skipped=tuple(part for part in parts if isinstance(part, SheetSkipped)),
    )


def only(sheet: str | None, parts: Iterable[Part], filename: str) -> Iterator[Part]:
    """Leave out every other sheet. Raises Problem when it is not there, or speaks of nobody."""
    any_part = any_row = False
    for part in parts:
        if sheet is None or _sheet_of(part) == sheet:
            any_part = True
            any_row = any_row or isinstance(part, Draft | Rejected)
            yield part
    if sheet is not None and not any_part:
        raise Problem("roster_no_sheet", place=Place(file=filename), values={"sheet": sheet})
    if not any_row:
        raise Problem("roster_no_rows", place=Place(file=filename, sheet=sheet))


def _sheet_of(part: Part) -> str | None:
    return part.sheet if isinstance(part, SheetFound) else part.place.sheet


class Taking:
    """Takes the rows of one roster, part by part: what stays the same from part to part."""

    def __init__(
        self, session: Session, actor: User | None, community: str | None, terms: Terms
    ) -> None:
        """``community`` is for rows that name none; ``actor`` None is the command line.

        Raises Problem unless the community exists and is in the actor's scope.
        """
        if community:
            check_community(session, actor, community)
        self.terms = terms
        self._default = community
        self._gazetteer = _gazetteer(session)
        self._codes: dict[tuple[str | None, ...], str | None] = {}

    def decide(
        self, session: Session, rows: Sequence[Row | Rejected], import_id: int | None = None
    ) -> Decided:
        """Decide what some rows come to; nothing is stored."""
        people = knowing.acquainted(
            session, [row for row in rows if isinstance(row, Row)], import_id
        )
        return decide(rows, people, self.terms)

    def placed(self, row: Draft | Rejected) -> Row | Rejected:
        """Work out where a row belongs."""
        return row if isinstance(row, Rejected) else Row.of(row, self._community_of(row))

    def _community_of(self, draft: Draft) -> str | None:
        named = (draft.community_code, draft.community, draft.street, draft.district)
        if named not in self._codes:
            self._codes[named] = self._found(draft)
        return self._codes[named]

    def _found(self, draft: Draft) -> str | None:
        if not (draft.community_code or draft.community):
            return self._default
        names = {
            "community": draft.community, "street": draft.street, "district": draft.district
        }  # fmt: skip
        return self._gazetteer.find(draft.community_code, names)

    def parts(self, rows: Iterable[Draft | Rejected]) -> Iterator[list[Row | Rejected]]:
        """Return the rows in parts, each where it belongs."""
        placed = map(self.placed, rows)
        while part := list(islice(placed, PART)):
            yield part


def plan(
    session: Session,
    actor: User | None,
    rows: Iterable[Draft | Rejected],
    community: str | None,
) -> Plan:
    """Decide what taking a roster's rows would do; changes nothing.

    Rows of a community outside the actor's scope are rejected; ``actor`` None is the command line,
    which may all.
    """
    taking = Taking(session, actor, community, terms_of(session, actor))
    found = Plan()
    with Seen() as seen:
        for part in taking.parts(rows):
            found.add(seen.sifted(taking.decide(session, part)))
    return found


def take(
    session: Session,
    actor: User | None,
    now: datetime,
    roster: Roster,
    community: str | None,
) -> Plan:
    """Take a small roster in one go, in the transaction of the session."""
    taking = Taking(session, actor, community, terms_of(session, actor))
    record = RosterImport(
        filename=roster.filename[:255], status=Stage.DONE, community_code=community,
        user_id=None if actor is None else actor.id, created_at=now, finished_at=now,
    )  # fmt: skip
    session.add(record)
    session.flush()
    found = Plan()
    for part in taking.parts(rows_of(roster)):
        decided = taking.decide(session, part, record.id)
        storing.store(session, now, record.id, decided)
        found.add(decided)
    keep_notes(session, record.id, found.notes, with_text=False)
    record.result = {**found.counts, **columns_of(roster.sheets)}
    note_taken(session, now, record)
    return found


def rows_of(roster: Roster) -> Sequence[Draft | Rejected]:
    """Return what the rows of a roster say, the rejected first."""
    return [*roster.rejected, *roster.drafts]


def terms_of(session: Session, actor: User | None, **more: Any) -> Terms:
    """Return terms with what the actor may change; ``actor`` None is the command line."""
    allowed = None if actor is None else frozenset(session.scalars(people.scope(actor)))
    return Terms(allowed=allowed, **more)


def terms_for(session: Session, record: RosterImport) -> Terms:
    """Return the terms that somebody chose for an import; while it is read, nobody has yet."""
    actor = None if record.user_id is None else session.get_one(User, record.user_id)
    decided = {(sheet, row): Doubtful(choice) for sheet, row, choice in record.decided}
    known = Known(record.known)
    doubtful = None if record.status == Stage.READING else Doubtful(record.doubtful)
    return terms_of(session, actor, known=known, doubtful=doubtful, decided=decided)


def _gazetteer(session: Session) -> Gazetteer:
    rows = session.scalars(select(Community))
    return Gazetteer.of(Territory(c.code, c.name, c.street_name, c.district_name) for c in rows)


def keep_notes(
    session: Session, import_id: int, notes: Iterable[Note], *, with_text: bool = True
) -> None:
    """Write down what there is to say of rows; ``with_text`` keeps what is written there, for as
    long as the file itself is kept.
    """
    rows = [
        (
            import_id, note.kind.value, note.place.sheet, note.place.row, note.place.column,
            note.code, dict(note.values), note.text if with_text else "",
            note.person.id if note.person else None,
        )
        for note in notes
    ]  # fmt: skip
    bulk.add(session, RosterFinding, NOTE, rows)


NOTE = (
    "import_id", "kind", "sheet", "row", "column", "code", "values", "written", "resident_id"
)  # fmt: skip


def columns_of(sheets: Iterable[SheetFound]) -> dict[str, Any]:
    """Return which columns of which sheets are taken and which are not, as the page shows them."""
    return {
        "sheets": [
            {
                "sheet": s.sheet,
                "columns": [s.columns.headers[c] for c in s.columns.taken],
                "left_out": list(s.columns.left_out),
                "shape": s.columns.shape,
                "letters": {role: column_letters(at) for role, at in s.columns.single.items()},
                "hidden": s.hidden,
                "hidden_columns": list(s.hidden_columns),
                "stepped": [s.columns.headers[c] for c in s.columns.stepped],
            }
            for s in sheets
        ]
    }


def notes_on(place: Place, columns: Columns) -> list[Note]:
    """Return what each column of a sheet is taken for, and why."""
    return [
        Note(
            Kind.COLUMN,
            replace(place, row=None, column=column_letters(guess.column)),
            guess.why,
            {
                "header": guess.header[:80],
                "role": guess.role or "",
                "sure": int(guess.sure),
                "shape": columns.shape,
                "header_row": columns.row,
            },
            " · ".join(guess.samples),
        )
        for guess in columns.guesses
    ]


def note_of(skipped: SheetSkipped) -> Note:
    """Return what there is to say of a sheet that is not read."""
    text = str(skipped.values.get("headers", ""))
    return Note(Kind.SHEET, skipped.place, skipped.code, text=text)


def note_taken(session: Session, now: datetime, record: RosterImport) -> None:
    """Write an import that is through into the trail."""
    counts: Mapping[str, Any] = {name: record.result.get(name, 0) for name in COUNTS[:3]}
    audit.record(session, record.user_id, now, "roster_imported", "import", record.id, **counts)
