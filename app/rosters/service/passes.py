"""The passes of an import: part by part, so that each goes on where it stopped, for any reason.

A part is one transaction: what its rows bring, what there is to say of them, and how far the pass
has come. Two processes that work on one import can't both do a part: who comes second finds that
the pass is further than where it began.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import IO, Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.ahead import ahead
from app.db import Database
from app.problems import Place, Problem
from app.residents.models import RosterFinding, RosterImport, RosterShape
from app.residents.reader import (
    Part,
    SheetFound,
    SheetRead,
    SheetSkipped,
    gathered,
    read_roster,
)
from app.residents.rules.columns import Choice
from app.residents.rules.rows import Rejected
from app.residents.rules.stages import PASSES, Stage
from app.rosters import workers
from app.rosters.rules.placing import Row
from app.rosters.rules.taking import COUNTS, Decided, Kind, Note
from app.rosters.service import files, importing, storing
from app.rosters.service.importing import Taking
from app.rosters.service.seen import Seen
from app.rosters.service.staging import begin, end, give_up, locked, told, unfinished
from app.rosters.service.undoing import undo_part

AT_ONCE = 1_000_000
"""Bytes of a file that is dealt with while its sender waits; a larger one is left to the jobs."""
MOST_RUNS = 3
"""How often a pass may begin and not get any further."""

SHOWN = 10
"""How many newcomers are shown of a waiting roster."""

Clock = Callable[[], datetime]


class OvertakenError(Exception):
    """Somebody else works on this import, or has stopped it."""


@dataclass
class Pass:
    """One pass of one import, as far as a process goes through it."""

    database: Database
    clock: Clock
    area_code: str
    stage: Stage
    record: RosterImport
    """As it was when the process began; only ``position`` goes along."""
    size: int = importing.PART
    """Rows a part."""
    sheets: list[SheetFound] = field(default_factory=list)
    skipped: list[SheetSkipped] = field(default_factory=list)
    hidden_rows: int = 0

    @contextmanager
    def part(self, many: int) -> Iterator[tuple[Session, RosterImport]]:
        """The transaction of the next part of so many rows. Raises OvertakenError."""
        with self.database.writing() as session:
            record = locked(session, self.record.id)
            if record is None or (record.status, record.position) != (
                self.stage, self.record.position
            ):  # fmt: skip
                raise OvertakenError
            record.position, record.runs = record.position + many, 0
            workers.take_on(record)
            yield session, record
        self.record.position += many
        self.record.worked_at = record.worked_at

    def parts(self, taking: Taking) -> Iterator[tuple[list[Row | Rejected], bool]]:
        """All the rows of the file in parts, each where it belongs, and whether a part is done
        already; the sheets that the rows come from are noted.
        """
        gone = 0
        with (
            gathered(files.pieces(self.database, self.record.id)) as content,
            self._made(content, taking) as portions,
        ):
            for portion in portions:
                self.sheets += portion.sheets
                self.skipped += portion.skipped
                self.hidden_rows += portion.hidden_rows
                gone += len(portion.rows)
                self._give_sign()
                if portion.rows:
                    yield portion.rows, gone <= self.record.position

    def _give_sign(self) -> None:
        """Say that this process is still at it, where much has to be read that is done already."""
        if workers.is_silent_for(self.record, workers.SIGN):
            workers.take_on(self.record)
            with self.database.writing() as session:
                record = locked(session, self.record.id)
                if record is not None and record.status == self.stage:
                    workers.take_on(record)

    @contextmanager
    def _made(self, content: IO[bytes], taking: Taking) -> Iterator[Iterator["Portion"]]:
        """The portions of a file: of a large one, each while the one before is dealt with."""
        name, choices = self.record.filename, self.choices()

        def make() -> Iterator[Portion]:
            parts = read_roster(content, name, self.area_code, choices=choices)
            return _portions(importing.only(self.record.sheet, parts, name), taking, self.size)

        if self.record.size > AT_ONCE:
            with ahead(make) as portions:
                yield portions
        else:
            yield make()

    def choices(self) -> dict[str, Choice]:
        """What somebody chose for the columns: of this roster, or of another of the same shape."""
        with self.database.reading() as session:
            remembered = {one.shape: one.columns for one in session.scalars(select(RosterShape))}
        chosen = {**remembered, **self.record.columns}
        return {shape: Choice.of_json(stored) for shape, stored in chosen.items()}

    def taking(self) -> Taking:
        """What the parts are decided by."""
        with self.database.reading() as session:
            terms = importing.terms_for(session, self.record)
            return Taking(session, None, self.record.community_code, terms)


@dataclass
class Portion:
    """The rows of a part, and what was found of sheets since the part before."""

    rows: list[Row | Rejected] = field(default_factory=list)
    sheets: list[SheetFound] = field(default_factory=list)
    skipped: list[SheetSkipped] = field(default_factory=list)
    hidden_rows: int = 0


def _portions(parts: Iterator[Part], taking: Taking, size: int) -> Iterator[Portion]:
    portion = Portion()
    try:
        for part in parts:
            if isinstance(part, SheetFound):
                portion.sheets.append(part)
            elif isinstance(part, SheetSkipped):
                portion.skipped.append(part)
            elif isinstance(part, SheetRead):
                portion.hidden_rows += part.hidden_rows
            else:
                portion.rows.append(taking.placed(part))
            if len(portion.rows) == size:
                yield portion
                portion = Portion()
    except Problem:
        yield replace(portion, rows=[])
        raise
    yield portion


def go_on(
    database: Database, import_id: int, clock: Clock, area_code: str, size: int = importing.PART
) -> None:
    """Do what is left of an import's present pass, and of those that follow without anybody's
    decision; return when it waits for somebody, or is over.
    """
    while (record := _begun(database, import_id, clock)) is not None:
        stage = Stage(record.status)
        try:
            _PASSES[stage](Pass(database, clock, area_code, stage, record, size))
        except OvertakenError:
            return
        except Problem as problem:
            _fail(database, import_id, clock, problem)


def go_on_with_all(database: Database, clock: Clock, area_code: str) -> bool:
    """Do what is left of all imports; return whether there was any."""
    with database.reading() as session:
        waiting = unfinished(session, clock(), AT_ONCE)
    for import_id in waiting:
        go_on(database, import_id, clock, area_code)
    return bool(waiting)


def _begun(database: Database, import_id: int, clock: Clock) -> RosterImport | None:
    with database.writing() as session:
        record = locked(session, import_id)
        if record is None or record.status not in PASSES or workers.is_taken(record):
            return None
        workers.take_on(record)
        record.runs += 1
        record.started_at = record.started_at or clock()
        if record.runs > MOST_RUNS:
            give_up(record, Problem("import_gave_up"), clock())
    return record if record.status in PASSES else None


def _fail(database: Database, import_id: int, clock: Clock, problem: Problem) -> None:
    with database.writing() as session:
        record = locked(session, import_id)
        if record is not None and record.status in PASSES:
            give_up(record, problem, clock())


def _read(this: Pass) -> None:
    """Find out what taking the roster would do."""
    if this.record.position == 0:
        forget_notes(this.database, this.record.id)
    wanted = _look_at(this)
    with this.part(0) as (session, record):
        record.rows = record.position
        record.result = {
            **dict.fromkeys(COUNTS, 0), **record.result, **importing.columns_of(this.sheets),
            "hidden_rows": this.hidden_rows, "wanted": wanted,
        }  # fmt: skip
        importing.keep_notes(session, record.id, _notes_on_sheets(this))
        begin(record, Stage.PREVIEW)


def _look_at(this: Pass) -> dict[str, Any] | None:
    """Go through the rows; return what the file lacks, where somebody may choose its columns."""
    taking = this.taking()
    try:
        with Seen() as seen:
            for part, is_done in this.parts(taking):
                if is_done:
                    seen.remember(part)
                    continue
                with this.database.reading() as session:
                    decided = seen.sifted(taking.decide(session, part))
                with this.part(len(part)) as (session, record):
                    shown = _sample(record, decided)
                    _write_down(session, record, decided)
                    importing.keep_notes(session, record.id, shown)
    except Problem as problem:
        if problem.code not in CHOOSABLE or not any(s.columns for s in this.skipped):
            raise
        return {**told(problem), "values": {}}
    return None


CHOOSABLE = ("roster_no_name_column", "roster_no_phone_column")
"""What a file lacks may only not have been found."""


def _notes_on_sheets(this: Pass) -> list[Note]:
    notes = [importing.note_of(skipped) for skipped in this.skipped]
    for found in this.sheets:
        notes += importing.notes_on(Place(sheet=found.sheet or None), found.columns)
    for skipped in this.skipped:
        if skipped.columns is not None and not this.sheets:
            notes += importing.notes_on(skipped.place, skipped.columns)
    return notes


def _take(this: Pass) -> None:
    """Store what the rows bring."""
    if this.record.position == 0:
        forget_notes(this.database, this.record.id)
    taking = this.taking()
    for part, is_done in this.parts(taking):
        if is_done:
            continue
        with this.part(len(part)) as (session, record):
            decided = taking.decide(session, part, record.id)
            storing.store(session, this.clock(), record.id, decided)
            _write_down(session, record, decided)
    with this.part(0) as (session, record):
        end(record, Stage.DONE, this.clock())
        importing.note_taken(session, this.clock(), record)


def _undo(this: Pass) -> None:
    """Take away what the import brought."""
    many = 1
    while many:
        with this.part(0) as (session, record):
            many = undo_part(session, record.id, this.clock())
    with this.part(0) as (_session, record):
        end(record, Stage(record.result["then"]), this.clock())
    if this.record.result["then"] != Stage.UNDONE:
        files.erase(this.database, this.record.id)


_PASSES: dict[Stage, Callable[[Pass], None]] = {
    Stage.READING: _read,
    Stage.TAKING: _take,
    Stage.UNDOING: _undo,
}


def _sample(record: RosterImport, decided: Decided) -> list[Note]:
    """The first newcomers, while there are not enough of them to look at."""
    wanted = max(0, SHOWN - int(record.result.get("accepted", 0)))
    return [
        Note(Kind.SAMPLE, row.draft.place, "sample", text=_shown(row))
        for row, _ in decided.newcomers[:wanted]
    ]


def _shown(row: Row) -> str:
    draft = row.draft
    shown = {
        "name": draft.name, "community": row.community_code, "address": row.address,
        "phones": draft.phones, "remark": draft.remark or "",
    }  # fmt: skip
    return json.dumps(shown, ensure_ascii=False)


def _write_down(session: Session, record: RosterImport, decided: Decided) -> None:
    """Add up the counts, and keep the notes while there are not too many."""
    counts = {n: record.result.get(n, 0) + decided.counts.get(n, 0) for n in COUNTS}
    noted: dict[str, int] = dict(record.result.get("noted", {}))
    kept: list[Note] = []
    for note in decided.notes:
        noted[note.kind] = noted.get(note.kind, 0) + 1
        if noted[note.kind] <= importing.MOST_NOTES:
            kept.append(note)
    importing.keep_notes(session, record.id, kept)
    record.result = {**record.result, **counts, "noted": noted}


def forget_notes(database: Database, import_id: int) -> None:
    """Throw away what an earlier pass had to say."""
    some = select(RosterFinding.id).where(RosterFinding.import_id == import_id).limit(2000)
    while True:
        with database.writing() as session:
            found: Any = session.execute(delete(RosterFinding).where(RosterFinding.id.in_(some)))
            if not found.rowcount:
                return
