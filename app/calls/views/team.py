"""The people somebody leads: stopping one of them, and letting them work again."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import i18n
from app.calls import team
from app.calls.views.blueprint import blueprint
from app.cases.service import leaving
from app.people.rules import ROLES, STAFF
from app.people.session import actor
from app.web import here, now, page_of, reading, roles, writing

PAGE = 50


@blueprint.get("/people")
@roles(*STAFF)
def people() -> str:
    with reading() as session:
        users = team.led_by(session, actor())
        page, last = page_of(len(users), PAGE)
        rows = team.members(session, users[(page - 1) * PAGE : page * PAGE])
    return render_template(
        "calls/people.html", rows=rows, page=page, last=last, here=here, role_names=ROLES,
        lang=i18n.lang(),
    )  # fmt: skip


@blueprint.route("/people/<int:user_id>/deactivate", methods=["GET", "POST"])
@roles(*STAFF)
def deactivate(user_id: int) -> str | Response:
    """Say what it means; the form does it."""
    if request.method == "POST":
        with writing() as session:
            member = team.get(session, actor(), user_id)
            leaving.deactivate(session, actor(), now(), user_id)
        text = _("%(name)s can't sign in any more. What they held is free.", name=member.user.name)
        flash(text, "success")
        return redirect(url_for(".people"))
    with reading() as session:
        member = team.get(session, actor(), user_id)
    if not member.user.active:
        return redirect(url_for(".people"))
    return render_template("calls/deactivate.html", member=member)


@blueprint.post("/people/<int:user_id>/activate")
@roles(*STAFF)
def activate(user_id: int) -> Response:
    with writing() as session:
        member = team.get(session, actor(), user_id)
        leaving.activate(session, actor(), now(), user_id)
    flash(_("%(name)s can sign in again.", name=member.user.name), "success")
    return redirect(url_for(".people"))
