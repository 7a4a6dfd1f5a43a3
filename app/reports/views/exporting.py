"""Exports, for staff: a page that says what will be in the file, and the file."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import cast
from urllib.parse import quote

from flask import Response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wsgi import wrap_file

from app import i18n
from app.people.rules import STAFF
from app.people.session import actor
from app.reports.exports.making import note, size, spooled
from app.reports.exports.missing import missing
from app.reports.exports.residents import residents
from app.reports.exports.results import results
from app.reports.exports.value import Export
from app.reports.exports.writing import MEDIA_TYPES
from app.reports.forms import ExportForm
from app.reports.views.blueprint import blueprint
from app.reports.wording import Lang
from app.web import now, reading, roles, writing

Asked = Callable[[Session, Lang], Export]


@blueprint.route("/residents/export", methods=["GET", "POST"])
@roles(*STAFF)
def export_residents() -> str | Response:
    """All residents in the user's communities."""
    return _asked(
        lambda session, lang: residents(session, actor(), now(), None, lang),
        url_for("residents.communities"),
    )


@blueprint.route("/residents/<code>/export", methods=["GET", "POST"])
@roles(*STAFF)
def export_community(code: str) -> str | Response:
    """The residents of one community."""
    return _asked(
        lambda session, lang: residents(session, actor(), now(), code, lang),
        url_for("residents.community", code=code),
    )


@blueprint.route("/campaigns/<int:campaign_id>/export", methods=["GET", "POST"])
@roles(*STAFF)
def export_results(campaign_id: int) -> str | Response:
    """The results of a campaign in the user's communities."""
    return _asked(
        lambda session, lang: results(session, actor(), now(), campaign_id, lang),
        url_for("progress.campaign", campaign_id=campaign_id),
    )


@blueprint.route("/rosters/<int:import_id>/missing/export", methods=["GET", "POST"])
@roles(*STAFF)
def export_missing(import_id: int) -> str | Response:
    """Those who are on record but not in a roster, to be rung or knocked at."""
    return _asked(
        lambda session, lang: missing(session, actor(), now(), import_id, lang),
        url_for("rosters.missing", import_id=import_id),
    )


def _asked(make: Asked, back: str) -> str | Response:
    """The page, or the file once a format is chosen."""
    form = ExportForm(request.form, lang=i18n.lang())
    if request.method == "POST" and form.validate():
        return _file(make, form.form.data, cast("Lang", form.lang.data))
    with reading() as session:
        export = make(session, cast("Lang", i18n.lang()))
    return render_template("reports/export.html", export=export, form=form, back=back)


def _file(make: Asked, form: str, lang: Lang) -> Response:
    with reading() as session:
        export = make(session, lang)
        file, written = spooled(export, form)
    with ExitStack() as unless_noted:
        unless_noted.enter_context(file)
        with writing() as session:
            note(session, actor().id, now(), export, form, written)
        unless_noted.pop_all()
    response = Response(
        wrap_file(request.environ, file), content_type=MEDIA_TYPES[form], direct_passthrough=True
    )
    response.content_length = size(file)
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{export.plain_name}.{form}"; '
        f"filename*=UTF-8''{quote(export.name)}.{form}"
    )
    response.headers["Ringround-Made-By"] = quote(export.made_by)
    response.headers["Ringround-Made-At"] = export.made_at.isoformat(timespec="seconds")
    return response
