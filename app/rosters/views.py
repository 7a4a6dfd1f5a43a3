"""Rosters, for staff: upload, look, decide, watch, take back."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from io import BytesIO
from pathlib import PurePath
from typing import cast, get_args

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from app import i18n
from app.audit import service as audit
from app.people.rules import STAFF
from app.people.session import actor, community_choices
from app.problems import NotFoundError, Problem
from app.residents.models import RosterFinding, RosterImport
from app.residents.queries import sees_import
from app.residents.reader import gathered, read_rows
from app.residents.rules import phones
from app.residents.rules.columns import Choice, Role
from app.residents.rules.sheets import column_index
from app.residents.rules.stages import PASSES, Stage
from app.rosters import annotated, outcome, queries, wording
from app.rosters.forms import TakingForm, UploadForm
from app.rosters.rules.same import Doubtful, Known
from app.rosters.rules.taking import Kind
from app.rosters.service import files, passes, staging, undoing
from app.web import database, here, large, now, page_of, reading, roles, settings, tell, writing

blueprint = Blueprint("rosters", __name__)

PAGE = 50
"""How many rows a page names."""
LIST = 30
"""How many rosters a page names."""
DOUBTS = 20
"""How many doubtful rows a page asks about."""
MOST_NOTES = 60_000
"""How many rows a copy speaks of."""
ROLES_OF_COLUMNS = get_args(Role)
LONGEST_ROW = 3
"""Figures: headings stand in one of the first rows."""
LOOK_AT = (Kind.REJECTED, *outcome.LOOK_AT)
"""What comes first, and alone, on the page of rows."""
NOTED = (*outcome.LOOK_AT, Kind.UPDATED, Kind.DUPLICATE)


@blueprint.route("/rosters", methods=["GET", "POST"])
@large
@roles(*STAFF)
def index() -> str | Response:
    form = UploadForm(request.form)
    with reading() as session:
        form.community.choices = [("", _("— as the sheet says —")), *community_choices(session)]
        page, last = page_of(queries.count_imports(session, actor()), LIST)
        imports = queries.imports_of(session, actor(), LIST, (page - 1) * LIST)
        most_wait = staging.most_wait(session, actor())
    if request.method == "POST" and not most_wait and form.validate():
        try:
            return redirect(url_for(".show", import_id=_upload(form.community.data or None)))
        except Problem as problem:
            tell(problem)
    return render_template(
        "rosters/index.html", form=form, imports=imports, stages=Stage, megabytes=_megabytes(),
        page=page, last=last, here=here, names=wording.counted(),
        in_the_way=i18n.explain(most_wait) if most_wait else "",
    )  # fmt: skip


def _megabytes() -> int:
    return settings().upload_bytes // 1024 // 1024


def _upload(community: str | None) -> int:
    file = request.files.get("roster")
    if file is None or not file.filename:
        raise Problem("roster_missing", field="roster")
    with closing(file):
        given = staging.Upload(file.stream, file.filename, community)
        record = staging.upload(database(), actor(), now(), given, Stage.READING)
    record = _go_on_if_small(record)
    if problem := staging.problem_of(record):
        staging.discard(database(), record)
        raise problem
    return record.id


def _go_on_if_small(record: RosterImport) -> RosterImport:
    """Go on with a small roster while its sender waits; return it as it is then."""
    if record.size > passes.AT_ONCE:
        return record
    passes.go_on(database(), record.id, now, settings().area_code)
    with reading() as session:
        return session.get_one(RosterImport, record.id)


@blueprint.get("/rosters/<int:import_id>")
@roles(*STAFF)
def show(import_id: int) -> str:
    with reading() as session:
        known = queries.import_known_to(session, actor(), import_id)
        if not sees_import(actor(), record := known.record):
            return _show_figures(known)
        rejected = queries.findings(session, import_id, [Kind.REJECTED], PAGE)
        notes = queries.findings(session, import_id, NOTED, PAGE, without=wording.QUIET)
        unnamed = queries.count_findings(session, import_id, [Kind.COMMUNITY], "no_community")
        skipped = queries.findings(session, import_id, [Kind.SHEET], PAGE)
        sample = queries.sample(session, import_id)
        columns = queries.columns(session, import_id)
        has_file = files.is_there(session, import_id)
        missing = queries.count_missing(session, actor(), record) if record.is_complete else 0
        choices = community_choices(session)
    quoted = {(note.sheet, note.row) for note in [*rejected, *notes] if note.written}
    _note_seen(record, len(quoted | {(one["sheet"], one["row"]) for one in sample}))
    return render_template(
        "rosters/show.html", record=record, stages=Stage, is_busy=record.status in PASSES,
        progress=queries.progress(record, now()), time_left=wording.time_left, by=known.by,
        **_figures(record), rejected=rejected, notes=notes, skipped=skipped, sample=sample,
        names=dict(choices), unnamed=unnamed,
        form=TakingForm(request.form), has_file=has_file, missing=missing,
        where=wording.where, explain=wording.explain,
        why=_why_failed(record), display=phones.display, is_own=staging.is_own(record, actor()),
        has_sheets=len(record.result.get("sheets", [])) + len(skipped) > 1,
        noted=record.result.get("noted", {}), columns=columns, roles=wording.roles(),
        why_column=wording.why_column, wanted=_wanted(record),
    )  # fmt: skip


def _show_figures(known: queries.Uploaded) -> str:
    """Somebody else's roster: what it came to, and nothing of what its rows say."""
    record = known.record
    return render_template(
        "rosters/figures.html", record=record, by=known.by, stages=Stage, why=_why_failed(record),
        **_figures(record),
    )  # fmt: skip


def _figures(record: RosterImport) -> dict[str, object]:
    names = wording.counted(waits=record.status in {Stage.READING, Stage.PREVIEW})
    figures = outcome.figures(record.result)
    return {
        "counts": record.result, "names_of": names, "figures": figures,
        "of_these": outcome.of_these(record.result), "comes_to": wording.comes_to(figures, names),
    }  # fmt: skip


def _why_failed(record: RosterImport) -> str:
    problem = staging.problem_of(record)
    return "" if problem is None else i18n.explain(problem)


def _wanted(record: RosterImport) -> str:
    """What the file lacks unless somebody chooses the column that holds it."""
    found = record.result.get("wanted")
    return wording.wanted(found["code"]) if found else ""


def _note_seen(record: RosterImport, seen: int) -> None:
    if not seen:
        return
    with writing() as session:
        audit.record(session, actor().id, now(), "residents_seen", "import", record.id, n=seen)


@blueprint.get("/rosters/<int:import_id>/rows")
@roles(*STAFF)
def rows(import_id: int) -> str:
    kind = _kind(request.args.get("kind", ""))
    kinds, without = ([kind], ()) if kind else (LOOK_AT, wording.QUIET)
    with reading() as session:
        record = queries.get_import(session, actor(), import_id)
        to_look_at = queries.count_findings(session, import_id, LOOK_AT, without=wording.QUIET)
        total = queries.count_findings(session, import_id, kinds, without=without)
        kept = queries.count_by_kind(session, import_id)
        page, last = page_of(total, PAGE)
        start = (page - 1) * PAGE
        notes = queries.findings(session, import_id, kinds, PAGE, start, without)
    _note_seen(record, sum(bool(note.written) for note in notes))
    noted = {**kept, **record.result.get("noted", {})}
    return render_template(
        "rosters/rows.html", record=record, notes=notes, total=total, page=page, last=last,
        here=here, where=wording.where, explain=wording.explain, kind=kind, noted=noted,
        to_look_at=to_look_at, kinds=wording.kinds(), most=noted.get(kind, 0) if kind else total,
    )  # fmt: skip


def _kind(asked: str) -> Kind | None:
    return Kind(asked) if asked in set(outcome.KINDS) else None


@blueprint.route("/rosters/<int:import_id>/doubtful", methods=["GET", "POST"])
@roles(*STAFF)
def doubtful(import_id: int) -> str | Response:
    """Decide on doubtful rows one by one: a page is kept when it is sent, wherever one goes on."""
    with reading() as session:
        record = queries.get_import(session, actor(), import_id)
        total = queries.count_findings(session, import_id, [Kind.DOUBTFUL])
        page, last = page_of(total, DOUBTS)
        start = (page - 1) * DOUBTS
        rows = queries.findings(session, import_id, [Kind.DOUBTFUL], DOUBTS, start)
        known = queries.on_record(session, actor(), rows)
    if request.method == "POST":
        return _keep_decisions(import_id, rows)
    if record.status != Stage.PREVIEW or not staging.is_own(record, actor()):
        return redirect(url_for(".rows", import_id=import_id, kind=Kind.DOUBTFUL))
    _note_seen(record, len(rows) + len(known))
    return render_template(
        "rosters/doubtful.html", record=record, rows=rows, known=known, total=total, page=page,
        last=last, where=wording.where, tail=wording.tail, names=wording.both_names,
        choices=wording.doubts(), decided={(s, r): c for s, r, c in record.decided},
    )  # fmt: skip


def _keep_decisions(import_id: int, rows: Sequence[RosterFinding]) -> Response:
    chosen = {
        (row.sheet, row.row or 0): Doubtful(choice) if choice in set(Doubtful) else None
        for row in rows
        if (choice := request.form.get(f"row-{row.id}")) is not None
    }
    with writing() as session:
        staging.decide(session, actor(), now(), import_id, chosen)
    flash(_("Your decisions are kept. You can go on whenever you like."), "success")
    if (to := request.form.get("to", "")).isdecimal():
        return redirect(url_for(".doubtful", import_id=import_id, page=to))
    return redirect(url_for(".show", import_id=import_id))


@blueprint.get("/rosters/<int:import_id>/annotated.xlsx")
@roles(*STAFF)
def copy(import_id: int) -> Response:
    """The roster with its reasons, to be put right and uploaded again."""
    with reading() as session:
        record = queries.get_import(session, actor(), import_id)
        if not files.is_there(session, import_id):
            raise NotFoundError(f"file of import {import_id}")
        notes = queries.findings(session, import_id, annotated.SAID, MOST_NOTES)
    sheets = record.result.get("sheets", [])
    said = annotated.by_row(map(outcome.Said.of_finding, notes), sheets)
    is_short = (record.rows or record.position) <= annotated.MOST_ROWS
    with gathered(files.pieces(database(), import_id)) as content:
        found = annotated.copy(read_rows(content, record.filename), said, whole=is_short)
    with writing() as session:
        audit.record(session, actor().id, now(), "roster_copied", "import", import_id)
    name = _("%(file)s, to be put right.xlsx", file=PurePath(record.filename).stem)
    return send_file(BytesIO(found), download_name=name, as_attachment=True)


@blueprint.get("/rosters/<int:import_id>/missing")
@roles(*STAFF)
def missing(import_id: int) -> str:
    with reading() as session:
        record = queries.get_import(session, actor(), import_id)
        total = queries.count_missing(session, actor(), record)
        page, last = page_of(total, PAGE)
        residents = queries.missing(session, actor(), record, PAGE, (page - 1) * PAGE)
    _note_seen(record, len(residents))
    return render_template(
        "rosters/missing.html", record=record, residents=residents, total=total, page=page,
        last=last, here=here,
    )  # fmt: skip


@blueprint.post("/rosters/<int:import_id>/confirm")
@roles(*STAFF)
def confirm(import_id: int) -> Response:
    form = TakingForm(request.form)
    if not form.validate():
        raise BadRequest
    known, doubtful = Known(form.known.data), Doubtful(form.doubtful.data)
    with writing() as session:
        record = staging.confirm(
            session, actor(), now(), import_id, known, doubtful,
            is_complete=bool(form.is_complete.data),
        )  # fmt: skip
    record = _go_on_if_small(record)
    if record.status == Stage.DONE:
        _say_what_came(record.result["accepted"], record.result["updated"])
    return redirect(url_for(".show", import_id=import_id))


def _say_what_came(taken: int, changed: int) -> None:
    if taken or not changed:
        flash(ngettext("%(num)s resident taken.", "%(num)s residents taken.", taken), "success")
    if changed:
        flash(ngettext("%(num)s changed.", "%(num)s changed.", changed), "success")


@blueprint.post("/rosters/<int:import_id>/columns")
@roles(*STAFF)
def choose(import_id: int) -> Response:
    """Read the roster again, with the columns, or the community, as somebody chose them."""
    with reading() as session:
        queries.get_import(session, actor(), import_id)
        found = queries.columns(session, import_id)
    with writing() as session:
        record = staging.read_again(
            session, actor(), now(), import_id, _chosen(found), request.form.get("community")
        )
    _go_on_if_small(record)
    return redirect(url_for(".show", import_id=import_id))


def _chosen(found: Mapping[str, Sequence[RosterFinding]]) -> dict[str, Choice]:
    """What was chosen otherwise than it was guessed; an empty role leaves a column out."""
    chosen = {}
    for shape, columns in found.items():
        roles: dict[int, Role | None] = {
            column_index(one.column or "A"): cast("Role", role) if role else None
            for one in columns
            if (role := request.form.get(f"{shape}-{one.column}")) is not None
            and role != one.values["role"]
            and role in {"", *ROLES_OF_COLUMNS}
        }
        row = _row(request.form.get(f"{shape}-row", ""), columns[0].values["header_row"])
        if roles or row is not None:
            chosen[shape] = Choice(roles, row)
    return chosen


def _row(asked: str, found: int) -> int | None:
    """The row of the headings, where somebody says that it is another one; 0 is none."""
    is_row = asked.isdecimal() and len(asked) <= LONGEST_ROW
    return int(asked) if is_row and int(asked) != found else None


@blueprint.post("/rosters/<int:import_id>/cancel")
@roles(*STAFF)
def cancel(import_id: int) -> Response:
    with writing() as session:
        record = staging.cancel(session, actor(), now(), import_id)
    if record.status == Stage.CANCELLED:
        files.erase(database(), import_id)
        flash(_("The roster was thrown away; nothing was taken."), "info")
        return redirect(url_for(".index"))
    _go_on_if_small(record)
    return redirect(url_for(".show", import_id=import_id))


@blueprint.post("/rosters/<int:import_id>/undo")
@roles(*STAFF)
def undo(import_id: int) -> Response:
    try:
        with writing() as session:
            record = staging.own(session, actor(), import_id)
            undoing.undo(session, actor(), now(), record)
        _go_on_if_small(record)
    except Problem as problem:
        tell(problem)
    return redirect(url_for(".show", import_id=import_id))
