"""Rosters."""

from typing import Annotated, Any, Literal

from flask import url_for
from flask_babel import force_locale
from pydantic import Field

from app.api.access import actor
from app.api.errors import language
from app.api.fields import Answer, Asked, CommunityCode, Flag, Id, Stamp, Upload
from app.api.operations import operation
from app.api.paging import Page, Paging, links
from app.i18n import explain
from app.people.rules import STAFF
from app.problems import Problem
from app.residents import queries
from app.residents.models import RosterImport
from app.residents.preview import known_already
from app.residents.service import importing
from app.web import now, reading, settings, writing

ROWS = 100
"""How many row results come with the answer to an upload."""


class RosterForm(Asked):
    """A roster, and the community of rows that name none."""

    file: Upload
    community: CommunityCode | None = None
    dry_run: Annotated[Flag, Field(description="Say what would happen; change nothing.")] = False


class RowResult(Answer):
    """A row that was not taken: where it stands and why. Nothing of what it says."""

    sheet: str | None
    row: int | None
    column: str | None
    result: Literal["rejected", "duplicate"]
    code: str
    message: str


class RowPage(Page):
    """A page of rows that were not taken: the rejected, then the duplicates."""

    items: list[RowResult]


class Counts(Answer):
    """What became of the rows."""

    accepted: int
    rejected: int
    duplicates: int
    to_be_placed: int
    without_number: int


class RosterOutcome(Answer):
    """What a roster would come to."""

    counts: Counts
    rows: RowPage


class RosterTaken(RosterOutcome):
    """An import, and what it came to."""

    id: Id
    status: Literal["preview", "done", "cancelled"]
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

    A dry run answers 200 and keeps nothing.
    """
    name = form.file.filename or ""
    if not name:
        raise Problem("roster_missing", field="file")
    roster = importing.read(form.file.read(), name, settings().area_code)
    first = Paging(per_page=ROWS)
    if form.dry_run:
        with reading() as session:
            plan = importing.plan(session, actor(), roster, form.community)
        return RosterOutcome(**_outcome(importing.summary(roster, plan), first)), 200, {}
    with writing() as session:
        record = importing.taken(session, actor(), now(), roster, form.community)[0]
    where = url_for("api.imports_show", import_id=record.id)
    return _taken(record, first), 201, {"Location": where}


@operation(
    "GET",
    "/imports/<int:import_id>",
    "What a roster came to.",
    roles=STAFF,
    answers={200: RosterTaken},
)
def show(query: Paging, import_id: int) -> tuple[RosterTaken, int, dict[str, str]]:
    """Of one's own imports; an administrator sees everybody's. The pages are of its rows."""
    with reading() as session:
        record = queries.get_import(session, actor(), import_id, content=False)
    result = _taken(record, query)
    return result, 200, links(query, result.rows.total)


def _taken(record: RosterImport, asked: Paging) -> RosterTaken:
    own = {name: getattr(record, name) for name in ("id", "status", "created_at", "finished_at")}
    return RosterTaken(**own, **_outcome(record.result, asked))


def _outcome(found: dict[str, Any], asked: Paging) -> dict[str, Any]:
    return {"counts": _counts(found), "rows": _page(found, asked)}


def _counts(found: dict[str, Any]) -> Counts:
    lists = {name: len(found[name]) for name in ("rejected", "duplicates")}
    return Counts(
        **lists, **{name: found[name] for name in ("accepted", "to_be_placed", "without_number")}
    )


def _page(found: dict[str, Any], asked: Paging) -> RowPage:
    """The rows asked for: the rejected first, then the duplicates."""
    rows = [*found["rejected"], *found["duplicates"]]
    with force_locale(language()):
        items = [_row(row) for row in rows[asked.offset : asked.offset + asked.per_page]]
    return RowPage(items=items, page=asked.page, per_page=asked.per_page, total=len(rows))


def _row(row: dict[str, Any]) -> RowResult:
    place = {name: row[name] for name in ("sheet", "row", "column")}
    if "code" not in row:
        return RowResult(**place, result="duplicate", code="row_duplicate", message=known_already())
    message = explain(Problem(row["code"], values=row["values"]))
    return RowResult(**place, result="rejected", code=row["code"], message=message)
