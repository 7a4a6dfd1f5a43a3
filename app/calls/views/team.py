"""The people somebody leads: stopping one of them, closing an account, and opening it again."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import i18n
from app.calls import team
from app.calls.views.blueprint import blueprint
from app.cases.service import leaving
from app.cases.service.claim import MAY_RING
from app.i18n import explain
from app.people import queries
from app.people.models import User
from app.people.rules import LONGEST_STOP_NOTE, ROLES, STAFF
from app.people.service import invites
from app.people.session import actor
from app.problems import Problem
from app.web import here, now, page_of, reading, roles, writing

PAGE = 50


@blueprint.get("/people")
@roles(*STAFF)
def people() -> str:
    with reading() as session:
        users = team.led_by(session, actor())
        page, last = page_of(len(users), PAGE)
        rows = team.members(session, users[(page - 1) * PAGE : page * PAGE])
        waiting = len(team.waiting_to_join(session, actor()))
    return render_template(
        "people/people.html", rows=rows, page=page, last=last, here=here, role_names=ROLES,
        lang=i18n.lang(), waiting=waiting,
    )  # fmt: skip


@blueprint.get("/people/<int:user_id>")
@roles(*STAFF)
def person(user_id: int) -> str:
    with reading() as session:
        member = team.get(session, actor(), user_id)
        communities = queries.own_communities(session, member.user)
        stopped_by = session.get(User, member.user.stopped_by_id or 0)
    return render_template(
        "people/person.html", member=member, user=member.user, communities=communities,
        role_names=ROLES, lang=i18n.lang(), stopped_by=stopped_by.name if stopped_by else "",
        invites=invites(actor(), member.user), rings=member.user.role in MAY_RING,
    )  # fmt: skip


@blueprint.route("/people/<int:user_id>/stop", methods=["GET", "POST"])
@roles(*STAFF)
def stop(user_id: int) -> str | Response:
    """Say what it means; the form does it."""
    problem = ""
    if request.method == "POST":
        try:
            return _stopped(user_id, request.form.get("note", ""))
        except Problem as found:
            problem = explain(found)
    with reading() as session:
        member = team.get(session, actor(), user_id)
    if not member.user.gets_work:
        return redirect(url_for(".person", user_id=user_id))
    return render_template(
        "people/stop.html", member=member, problem=problem, longest=LONGEST_STOP_NOTE,
        note=request.form.get("note", ""),
    )  # fmt: skip


def _stopped(user_id: int, note: str) -> Response:
    with writing() as session:
        member = team.get(session, actor(), user_id)
        leaving.stop(session, actor(), now(), user_id, note)
    flash(
        _("%(name)s is given nothing more. What they held is free.", name=member.user.name),
        "success",
    )
    return redirect(url_for(".person", user_id=user_id))


@blueprint.post("/people/<int:user_id>/start")
@roles(*STAFF)
def start(user_id: int) -> Response:
    with writing() as session:
        member = team.get(session, actor(), user_id)
        leaving.start(session, actor(), now(), user_id)
    flash(_("%(name)s can take residents again.", name=member.user.name), "success")
    return redirect(url_for(".person", user_id=user_id))


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
    return render_template("people/deactivate.html", member=member)


@blueprint.post("/people/<int:user_id>/activate")
@roles(*STAFF)
def activate(user_id: int) -> Response:
    with writing() as session:
        member = team.get(session, actor(), user_id)
        leaving.activate(session, actor(), now(), user_id)
    flash(_("%(name)s can sign in again.", name=member.user.name), "success")
    return redirect(url_for(".people"))
