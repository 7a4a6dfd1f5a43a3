"""Dials: a tap is noted, taken back, or told afterwards what came of it."""

import uuid
from dataclasses import replace
from datetime import datetime

from flask import jsonify, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from app.calls import queries
from app.calls.forms import CallForm
from app.calls.screen import dials as screen
from app.calls.screen import slots
from app.calls.screen.ringing import held_case
from app.calls.service import correcting, dialling
from app.calls.tickets import Deposit
from app.calls.views.blueprint import blueprint
from app.calls.views.depositing import by_ticket
from app.calls.views.shared import RINGS, first_error, say_saved
from app.calls.wording import QUICK, disposition_options
from app.cases import queries as cases
from app.i18n import explain
from app.people.models import User
from app.people.session import actor
from app.problems import Problem
from app.web import key, now, reading, roles, writing


def _by_ticket(deposit: Deposit, case_id: int) -> Response:
    with writing() as session:
        user = session.get_one(User, deposit.user_id)
        return _kept(session, user, case_id, under=deposit.batch_id)


@blueprint.post("/calls/cases/<int:case_id>/dials")
@by_ticket(_by_ticket)
@roles(*RINGS)
def dial(case_id: int) -> Response:
    """Keep a tap; say whether its volunteer is still to be asked what came of it."""
    with writing() as session:
        return _kept(session, actor(), case_id)


def _kept(session: Session, user: User, case_id: int, under: int | None = None) -> Response:
    number, at = request.form.get("number", type=key), _tapped_at()
    if number is None or at is None:
        raise BadRequest
    dialling.dial(session, user, now(), case_id, number, at, under=under)
    return jsonify(asked=bool(queries.loose_on(session, user, case_id)))


def _tapped_at() -> datetime | None:
    """When the number was tapped, by the clock of the phone."""
    try:
        at = datetime.fromisoformat(request.form.get("at", ""))
        return at.astimezone(now().tzinfo) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


@blueprint.post("/calls/cases/<int:case_id>/dials/withdraw")
@roles(*RINGS)
def withdraw(case_id: int) -> Response:
    """Nothing came of the dials on a case: nobody was rung."""
    with writing() as session:
        dialling.withdraw(session, actor(), now(), case_id)
    return redirect(url_for(".dialled", case_id=case_id))


@blueprint.route("/calls/cases/<int:case_id>/dialled", methods=["GET", "POST"])
@roles(*RINGS)
def dialled(case_id: int) -> str | Response:
    """Ask what came of the last dial on a case: on its call screen while it is in hand."""
    form, problem = CallForm(request.form), ""
    if request.method == "POST":
        try:
            if form.validate():
                return _tell(case_id, form)
            problem = first_error(form)
        except Problem as found:
            problem = explain(found)
    return _dialled_page(case_id, form, problem)


def _tell(case_id: int, form: CallForm) -> Response:
    """Save the call; a page that is sent again finds nothing more to be asked."""
    moment = now()
    with writing() as session:
        found = screen.asked(session, actor(), case_id, moment)
        if found is not None:
            said = replace(
                form.call(moment), started_at=found.dial.dialled_at, number=found.number,
                hold=cases.last_batch(session, actor(), found.case.group_id),
            )  # fmt: skip
            saved = correcting.save_or_correct(
                session, actor(), moment, case_id, said, form.key.data or ""
            )
            say_saved(found.campaign, saved)
    return redirect(url_for(".home"))


def _dialled_page(case_id: int, form: CallForm, problem: str) -> str | Response:
    with reading() as session:
        if queries.in_hand(session, actor(), [case_id]):
            group_id = held_case(session, actor(), case_id).group_id
            return redirect(url_for(".call", group_id=group_id, case=case_id))
        found = screen.asked(session, actor(), case_id, now())
        if found is None:
            return redirect(url_for(".home"))
        moments = slots.slots(session, actor(), found.campaign, form.callback.data, now())
    quick, rest = disposition_options(found.campaign, form.disposition.data, QUICK)
    return render_template(
        "calls/dialled.html", found=found, form=form, problem=problem, quick=quick, rest=rest,
        slots=moments, key=form.key.data or uuid.uuid4().hex,
    )  # fmt: skip
