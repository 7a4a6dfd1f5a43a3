"""Shifts: being there and leaving, by one tap; and the plan, for whoever leads volunteers."""

from datetime import date, datetime, time, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.calls import team
from app.calls.forms import ShiftForm
from app.calls.screen import duty as screen
from app.calls.screen.home import held_in_all
from app.calls.views.blueprint import blueprint
from app.calls.views.shared import RINGS, asked_day, first_error
from app.cases.service import off_shift
from app.cases.service.claim import MAY_RING
from app.i18n import explain
from app.i18n.moments import clock
from app.people import shifts
from app.people.models import User
from app.people.rules import STAFF
from app.people.session import actor, community_choices
from app.problems import Problem
from app.web import now, reading, roles, settings, tell, writing

BEGINS, ENDS = time(9), time(12)
"""The hours that a new plan begins with."""


@blueprint.post("/shifts/<int:shift_id>/check-in")
@roles(*RINGS)
def check_in(shift_id: int) -> Response:
    try:
        with writing() as session:
            shifts.check_in(session, actor(), now(), shift_id)
    except Problem as problem:
        tell(problem)
    else:
        flash(_("You are checked in. Thank you for being there!"), "success")
    return redirect(url_for(".home"))


@blueprint.post("/shifts/<int:shift_id>/check-out")
@roles(*RINGS)
def check_out(shift_id: int) -> Response:
    try:
        with writing() as session:
            off_shift.check_out(session, actor(), now(), shift_id)
            held, until = held_in_all(session, actor())
    except Problem as problem:
        tell(problem)
        return redirect(url_for(".home"))
    flash(_("You are checked out. Thank you for today!"), "success")
    if until is not None:
        flash(_still_held(held, until), "warning")
    return redirect(url_for(".home"))


def _still_held(held: int, until: datetime) -> str:
    text = ngettext(
        "You still hold %(num)s resident: hand over what is left. After %(time)s others can ring.",
        "You still hold %(num)s residents: hand over what is left. After %(time)s others can ring.",
        held,
        time=clock(until),
    )
    return str(text)


@blueprint.get("/shifts")
@roles(*STAFF)
def shift_plan() -> str:
    """The shifts of a day, of those whom one leads."""
    moment = now()
    day = asked_day(moment.date())
    begins = datetime.combine(day, time(0), moment.tzinfo)
    with reading() as session:
        rows = screen.plan_of(session, _led(session), begins, moment)
    return render_template(
        "calls/shifts.html", rows=rows, day=day, today=moment.date(), one_day=timedelta(days=1)
    )


@blueprint.route("/shifts/new", methods=["GET", "POST"])
@roles(*STAFF)
def plan_shifts() -> str | Response:
    day = asked_day(now().date())
    form, problem = ShiftForm(request.form, day=day, begins=BEGINS, ends=ENDS), ""
    with reading() as session:
        users = _led(session)
        form.offer(users, community_choices(session))
    if request.method == "POST":
        problem = _try(form, users)
        if not problem:
            return redirect(url_for(".shift_plan", day=form.day.data))
    return render_template("calls/plan_shifts.html", form=form, problem=problem)


def _try(form: ShiftForm, users: list[User]) -> str:
    if not form.validate():
        return first_error(form)
    chosen = [user for user in users if user.id in (form.users.data or ())]
    try:
        hours = form.spans(settings().timezone)
        with writing() as session:
            planned = off_shift.plan(
                session, actor(), now(), chosen, hours, form.community.data or None
            )
    except Problem as problem:
        return explain(problem)
    flash(ngettext("%(num)s shift is planned", "%(num)s shifts are planned", planned), "success")
    return ""


@blueprint.post("/shifts/<int:shift_id>/remove")
@roles(*STAFF)
def remove_shift(shift_id: int) -> Response:
    day: date = now().date()
    try:
        with writing() as session:
            shift = shifts.get(session, _led(session), shift_id)
            day = shift.starts_at.astimezone(settings().timezone).date()
            off_shift.remove_shift(session, actor(), now(), shift_id)
    except Problem as problem:
        tell(problem)
    else:
        flash(_("The shift is removed."), "success")
    return redirect(url_for(".shift_plan", day=day))


def _led(session: Session) -> list[User]:
    """Those whose shifts the user plans: whoever rings and is led, and a leader's own self."""
    led = [user for user in team.led_by(session, actor()) if user.active and user.role in MAY_RING]
    return [actor(), *led] if actor().role == "leader" else led
