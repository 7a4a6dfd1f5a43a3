"""Adding people, and giving them links by which they set their passwords.

A code is shown in the answer to the form that made it, and nowhere else: only its hash is kept.
"""

from collections.abc import Sequence

from flask import render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import i18n
from app.calls import team
from app.calls.listed import list_in
from app.calls.views.blueprint import blueprint
from app.i18n import explain
from app.people import newcomers as adding
from app.people import service
from app.people.forms import NewcomersForm
from app.people.newcomers import Invited, Plan
from app.people.rules import INVITATION_LASTS, STAFF, is_good_until, spaced_code
from app.people.rules.newcomers import MOST, rows_of
from app.people.session import actor
from app.problems import NotFoundError, Problem
from app.web import address, now, reading, roles, writing


@blueprint.route("/people/new", methods=["GET", "POST"])
@roles(*STAFF)
def newcomers() -> str:
    """First the list is looked at, then all of it is taken in; with a problem nothing is."""
    form, found, problems = NewcomersForm(request.form), None, []
    with reading() as session:
        form.offer(adding.teams_for(session, actor()), leads=actor().role == "leader")
    if request.method == "POST" and form.validate():
        try:
            found = _looked_at(form)
            if form.make.data and not found.problems:
                return _handed_out(_made(form))
            problems = list(found.problems)
        except Problem as problem:
            problems = [problem]
    return render_template(
        "people/newcomers.html", form=form, found=found if not problems else None,
        problems=[_line(problem) for problem in problems], most=MOST, field_names=_field_names(),
    )  # fmt: skip


def _looked_at(form: NewcomersForm) -> Plan:
    file = request.files.get("sheet")
    if file is not None and file.filename:
        form.text.data = list_in(file.read(), file.filename)
    with reading() as session:
        return _plan(session, form)


def _plan(session: Session, form: NewcomersForm) -> Plan:
    return adding.plan(session, actor(), rows_of(form.text.data or ""), form.team.data or None)


def _made(form: NewcomersForm) -> list[Invited]:
    with writing() as session:
        return adding.take_in(session, actor(), now(), _plan(session, form))


def _line(problem: Problem) -> tuple[str, str, str]:
    """Row, field and reason."""
    row = str(problem.place.row or "") if problem.place else ""
    field = _field_names().get(problem.field or "", "")
    return row, field, explain(Problem(problem.code, values=problem.values))


def _field_names() -> dict[str, str]:
    return {"name": _("Name"), "languages": _("Languages"), "communities": _("Communities")}


@blueprint.route("/people/<int:user_id>/invite", methods=["GET", "POST"])
@roles(*STAFF)
def invite(user_id: int) -> str:
    """Say what a new link ends; the form makes it, and its answer shows it."""
    if request.method == "POST":
        return _handed_out(_invited([user_id]))
    with reading() as session:
        user = team.get(session, actor(), user_id).user
    if not service.invites(actor(), user) or not user.active:
        raise NotFoundError(f"user {user_id}")
    return render_template("people/invite.html", user=user, days=INVITATION_LASTS.days)


@blueprint.route("/people/invitations", methods=["GET", "POST"])
@roles(*STAFF)
def invitations() -> str:
    """New links for those who have not joined: their cards are lost, or too old."""
    problem = ""
    with reading() as session:
        waiting = team.waiting_to_join(session, actor())[:MOST]
    if request.method == "POST":
        asked = set(request.form.getlist("user"))
        chosen = [user.id for user in waiting if str(user.id) in asked]
        if chosen:
            return _handed_out(_invited(chosen))
        problem = _("Tick at least one person.")
    good = {user.id for user in waiting if is_good_until(user.invitation_expires_at, now())}
    return render_template("people/waiting.html", waiting=waiting, good=good, problem=problem)


def _invited(ids: Sequence[int]) -> list[Invited]:
    with writing() as session:
        users = [team.get(session, actor(), user_id).user for user_id in sorted(ids)]
        return [Invited(user, service.invite(session, actor(), user, now())) for user in users]


def _handed_out(invited: Sequence[Invited]) -> str:
    rows = [
        (one.user.name, spaced_code(one.code), f"{address()}/join#{spaced_code(one.code)}")
        for one in invited
    ]
    return render_template(
        "people/invited.html", rows=rows, until=now() + INVITATION_LASTS, lang=i18n.lang(),
        where=f"{address()}/join",
    )  # fmt: skip
