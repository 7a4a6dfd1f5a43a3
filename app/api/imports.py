"""Rosters."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from flask import url_for
from flask_babel import force_locale
from pydantic import Field

from app.api.access import actor
from app.api.errors import language
from app.api.fields import Answer, Asked, CommunityCode, Flag, Id, Stamp, Upload
from app.api.operations import operation
from app.api.paging import Page, Paging, links
from app.people.rules import STAFF
from app.problems import Problem
from app.residents.rules.stages import Stage
from app.rosters import outcome, queries
from app.rosters.rules.taking import COUNTS
from app.rosters.service import importing, passes, staging
from app.web import database, now, reading, settings

ROWS = 100
"""How many row results come with the answer to an upload."""


class RosterForm(Asked):
    """A roster, and the community of rows that name none."""

    file: Upload
    community: CommunityCode | None = None
    dry_run: Annotated[Flag, Field(description="Say what would happen; change nothing.")] = False


class RowResult(Answer):
    """A row that was not taken, is to be looked at, or speaks of somebody known: where it stands
    and why. The message quotes the row while its file is kept.
    """

    sheet: str | None
    row: int | None
    column: str | None
    result: Literal[
        "rejected", "doubtful", "in_hand", "number", "community", "updated", "duplicate"
    ]
    code: str
    message: str


class RowPage(Page):
    """A page of such rows: the rejected, those to be looked at, the updated, the duplicates."""

    items: list[RowResult]


class Counts(Answer):
    """What became of the rows. Each is in one of the first five: it was accepted, updated somebody,
    changed nothing, was rejected, or was left out because it is doubtful. The others speak of the
    same rows: ``doubtful`` of those taken as well, ``duplicates`` are updated and unchanged.
    """

    accepted: int
    updated: int
    unchanged: int
    rejected: int
    left_out: int
    doubtful: int
    duplicates: int
    to_be_placed: int
    without_number: int


class RosterOutcome(Answer):
    """What a roster would come to."""

    counts: Counts
    rows: RowPage


class RosterTaken(RosterOutcome):
    """An import, how far it is, and what it has come to so far."""

    id: Id
    status: Stage
    position: Annotated[int, Field(description="Rows that the present pass has dealt with.")]
    total: Annotated[int | None, Field(description="Rows in all, once they have been counted.")]
    created_at: Stamp
    finished_at: Stamp | None


@operation(
    "POST",
    "/imports",
    "Take a roster's residents.",
    roles=STAFF,
    answers={201: RosterTaken, 200: RosterOutcome},
    problems=(409,),
    links={201: {"rows": ("imports_show", {"import_id": "$response.body#/id"})}},
)
def create(form: RosterForm) -> tuple[RosterOutcome, int, dict[str, str]]:
    """Every row that can be taken, or, when something goes wrong on the way, none.

    A large roster is still being taken when the answer comes: ask for the import until it is
    ``done`` or ``failed``. A dry run answers 200 and keeps nothing.
    """
    name = form.file.filename or ""
    if not name:
        raise Problem("roster_missing", field="file")
    first = Paging(per_page=ROWS)
    if form.dry_run:
        roster = importing.read(form.file.read(), name, settings().area_code)
        with reading() as session:
            rows = importing.rows_of(roster)
            plan = importing.plan(session, actor(), rows, form.community)
        notes = outcome.said_of(plan.notes)
        page = _page(notes[:ROWS], first, len(notes))
        return RosterOutcome(counts=_counts(plan.counts), rows=page), 200, {}
    given = staging.Upload(form.file.stream, name, form.community)
    record = staging.upload(database(), actor(), now(), given, Stage.TAKING)
    if record.size <= passes.AT_ONCE:
        passes.go_on(database(), record.id, now, settings().area_code)
    with reading() as session:
        problem = staging.problem_of(queries.get_import(session, actor(), record.id))
    if problem is not None:
        raise problem
    where = url_for("api.imports_show", import_id=record.id)
    return _taken(record.id, first), 201, {"Location": where}


@operation(
    "GET",
    "/imports/<int:import_id>",
    "What a roster came to.",
    roles=STAFF,
    answers={200: RosterTaken},
)
def show(query: Paging, import_id: int) -> tuple[RosterTaken, int, dict[str, str]]:
    """Of one's own imports; an administrator sees everybody's. The pages are of its rows."""
    result = _taken(import_id, query)
    return result, 200, links(query, result.rows.total)


def _taken(import_id: int, asked: Paging) -> RosterTaken:
    with reading() as session:
        record = queries.get_import(session, actor(), import_id)
        total = queries.count_findings(session, import_id, outcome.KINDS)
        found = queries.findings(session, import_id, outcome.KINDS, asked.per_page, asked.offset)
    names = ("id", "status", "position", "created_at", "finished_at")
    own = {name: getattr(record, name) for name in names}
    page = _page([outcome.Said.of_finding(one) for one in found], asked, total)
    return RosterTaken(**own, total=record.rows, counts=_counts(record.result), rows=page)


def _counts(found: Mapping[str, Any]) -> Counts:
    counts = {name: found.get(name, 0) for name in COUNTS}
    return Counts(**counts, duplicates=counts["updated"] + counts["unchanged"])


def _page(notes: Sequence[outcome.Said], asked: Paging, total: int) -> RowPage:
    with force_locale(language()):
        items = [_row(note) for note in notes]
    return RowPage(items=items, page=asked.page, per_page=asked.per_page, total=total)


def _row(note: outcome.Said) -> RowResult:
    told: dict[str, Any] = {**note.place.within_file, "result": note.kind.value}
    return RowResult(**told, code=note.code, message=note.message)
