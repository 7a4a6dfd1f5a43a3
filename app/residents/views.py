"""Residents, for staff."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app import i18n
from app.audit import service as audit
from app.people.rules import STAFF
from app.people.session import actor, community_choices
from app.problems import Place
from app.residents import one, queries, wording
from app.residents.forms import PlaceForm
from app.residents.models import Resident
from app.residents.rules import phones
from app.residents.service import placing
from app.web import here, now, page_of, reading, roles, writing

blueprint = Blueprint("residents", __name__)

PAGE = 50
LONGEST_KEY = 18
"""Figures; a larger number would fit no engine's integers."""


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
        reason=wording.reason,
    )  # fmt: skip


@blueprint.get("/residents/<code>/<int:resident_id>")
@roles(*STAFF)
def resident(code: str, resident_id: int) -> str:
    """One resident, and where all that is known of them comes from: looking is in the trail."""
    return _resident(code, resident_id, url_for(".community", code=code))


@blueprint.get("/residents/to-be-placed/<int:resident_id>")
@roles("supervisor", "administrator")
def unplaced(resident_id: int) -> str:
    """The same of somebody who has no community yet."""
    return _resident(None, resident_id, url_for(".to_be_placed"))


def _resident(code: str | None, resident_id: int, back: str) -> str:
    with reading() as session:
        found = queries.get_resident(session, actor(), code, resident_id)
        told = one.told(session, actor(), found)
    with writing() as session:
        audit.record(session, actor().id, now(), "residents_seen", "resident", resident_id, n=1)
    return render_template("residents/resident.html", resident=found, told=told, back=back)


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
