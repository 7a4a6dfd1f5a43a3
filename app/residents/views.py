"""Rosters and residents, for staff."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app import i18n
from app.audit import service as audit
from app.people.rules import STAFF
from app.people.session import actor, community_choices
from app.problems import Place, Problem
from app.residents import preview as previews
from app.residents import queries
from app.residents.forms import PlaceForm, UploadForm
from app.residents.models import Resident, RosterImport
from app.residents.rules import phones
from app.residents.service import importing, placing, storing
from app.web import here, now, page_of, reading, roles, settings, tell, writing

blueprint = Blueprint("residents", __name__)

PAGE = 50
LONGEST_KEY = 18
"""Figures; a larger number would fit no engine's integers."""


@blueprint.route("/rosters", methods=["GET", "POST"])
@roles(*STAFF)
def rosters() -> str | Response:
    form = UploadForm(request.form)
    with reading() as session:
        form.community.choices = [("", _("— as the sheet says —")), *community_choices(session)]
        imports = queries.imports_of(session, actor(), 30)
    if request.method == "POST" and form.validate():
        try:
            return redirect(url_for(".roster", import_id=_upload(form.community.data or None)))
        except Problem as problem:
            tell(problem)
    return render_template("residents/rosters.html", form=form, imports=imports)


def _upload(community: str | None) -> int:
    file = request.files.get("roster")
    if file is None or not file.filename:
        raise Problem("roster_missing", field="roster")
    content = file.read()
    roster = importing.read(content, file.filename, settings().area_code)
    with writing() as session:
        return importing.save_preview(session, actor(), now(), content, roster, community).id


@blueprint.get("/rosters/<int:import_id>")
@roles(*STAFF)
def roster(import_id: int) -> str:
    with reading() as session:
        record = queries.get_import(session, actor(), import_id, content=True)
    return render_template(
        "residents/roster.html",
        record=record,
        preview=None if record.content is None else _preview(record, record.content),
        rejected=[_rejection(item) for item in record.result.get("rejected", [])],
        display=phones.display,
        address_of=storing.address_of,
        noted=previews.explain,
        most=previews.SHOWN_NOTES,
        where=i18n.where,
        why_skipped=previews.why_skipped,
    )


def _preview(record: RosterImport, content: bytes) -> previews.Preview:
    found = importing.read(content, record.filename, settings().area_code)
    with reading() as session:
        plan = importing.plan(session, actor(), found, record.community_code)
        shown = previews.preview(session, found, plan)
    with writing() as session:
        audit.record(
            session, actor().id, now(), "residents_seen", "import", record.id, n=shown.seen
        )
    return shown


def _rejection(item: dict[str, object]) -> tuple[str, str]:
    values = item.get("values")
    problem = Problem(str(item["code"]), values=values if isinstance(values, dict) else {})
    place = Place(sheet=_text(item["sheet"]), row=_row(item["row"]), column=_text(item["column"]))
    return i18n.where(place), i18n.explain(problem)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _row(value: object) -> int | None:
    return value if isinstance(value, int) else None


@blueprint.post("/rosters/<int:import_id>/confirm")
@roles(*STAFF)
def confirm(import_id: int) -> Response:
    with reading() as session:
        record = queries.get_import(session, actor(), import_id, content=True)
    if record.content is None:
        raise Problem("import_over")
    found = importing.read(record.content, record.filename, settings().area_code)
    with writing() as session:
        done = importing.confirm(session, actor(), now(), import_id, found)
        accepted = done.result["accepted"]
    flash(ngettext("%(num)s resident taken.", "%(num)s residents taken.", accepted), "success")
    return redirect(url_for(".roster", import_id=import_id))


@blueprint.post("/rosters/<int:import_id>/cancel")
@roles(*STAFF)
def cancel(import_id: int) -> Response:
    with writing() as session:
        importing.cancel(session, actor(), now(), import_id)
    flash(_("The roster was thrown away; nothing was taken."), "info")
    return redirect(url_for(".rosters"))


@blueprint.get("/residents")
@roles(*STAFF)
def communities() -> str:
    with reading() as session:
        rows = queries.by_community(session, actor())
        unplaced = queries.count(session, None)
    return render_template("residents/communities.html", rows=rows, unplaced=unplaced)


@blueprint.get("/residents/<code>")
@roles(*STAFF)
def community(code: str) -> str:
    without = request.args.get("without_number") == "1"
    with reading() as session:
        place = queries.get_community(session, actor(), code)
        total = queries.count(session, code, without_number=without)
        page, last = page_of(total, PAGE)
        rows = queries.residents_of(session, code, page, PAGE, without_number=without)
        shared = queries.shared_lines(session, actor(), code)
    with writing() as session:
        audit.record(session, actor().id, now(), "residents_seen", "community", code, n=len(rows))
    return render_template(
        "residents/community.html", place=place, rows=rows, total=total, page=page, last=last,
        here=here, without=without, shared=shared, mask=phones.mask,
        reason=previews.reason,
    )  # fmt: skip


@blueprint.get("/residents/shared-lines")
@roles(*STAFF)
def shared_lines() -> str:
    with reading() as session:
        rows = queries.shared_lines(session, actor())
    page, last = page_of(len(rows), PAGE)
    return render_template(
        "residents/shared_lines.html", rows=rows[(page - 1) * PAGE : page * PAGE], page=page,
        last=last, here=here, mask=phones.mask,
    )  # fmt: skip


@blueprint.get("/residents/shared-lines/<int:number_id>")
@roles(*STAFF)
def shared_line(number_id: int) -> str:
    """Who shares a line: looking is in the trail."""
    with reading() as session:
        line = queries.get_shared_line(session, actor(), number_id)
        page, last = page_of(line.here, PAGE)
        rows = queries.residents_on(session, actor(), number_id, page, PAGE)
    with writing() as session:
        audit.record(session, actor().id, now(), "residents_seen", "number", number_id, n=len(rows))
    return render_template(
        "residents/shared_line.html", line=line, rows=rows, page=page, last=last, here=here,
        mask=phones.mask,
    )  # fmt: skip


@blueprint.route("/residents/to-be-placed", methods=["GET", "POST"])
@roles("supervisor", "administrator")
def to_be_placed() -> str | Response:
    form, chosen = PlaceForm(request.form), _chosen()
    with reading() as session:
        form.community.choices = [("", _("Choose a community")), *community_choices(session)]
        total = queries.count(session, None)
        page, last = page_of(total, PAGE)
        rows = queries.residents_of(session, None, page, PAGE)
    if request.method == "POST" and _is_complete(form, chosen):
        return _place(chosen, form.community.data)
    with writing() as session:
        audit.record(
            session, actor().id, now(), "residents_seen", "community", "to_be_placed", n=len(rows)
        )
    return render_template(
        "residents/to_be_placed.html", form=form, rows=rows, total=total, page=page, last=last,
        here=here, mask=phones.mask, chosen=chosen, place_of=_place_of,
    )  # fmt: skip


def _chosen() -> list[int]:
    given = request.form.getlist("resident")
    return [int(text) for text in given if text.isdecimal() and len(text) <= LONGEST_KEY]


def _is_complete(form: PlaceForm, chosen: list[int]) -> bool:
    valid = form.validate()
    if not chosen:
        form.form_errors.append(_("Tick at least one resident."))
    return valid and bool(chosen)


def _place_of(resident: Resident) -> str:
    return i18n.where(Place(sheet=resident.sheet or None, row=resident.row))


def _place(chosen: list[int], code: str) -> Response:
    with writing() as session:
        placed = placing.place(session, actor(), now(), chosen, code)
    flash(ngettext("%(num)s resident placed.", "%(num)s residents placed.", placed), "success")
    return redirect(url_for(".to_be_placed"))
