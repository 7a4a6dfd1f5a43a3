"""Calls already made: the list by days, taking back, correcting, adding a note."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.calls import queries
from app.calls.forms import NoteForm, SaidForm
from app.calls.models import Call
from app.calls.screen import own as screen
from app.calls.screen import slots
from app.calls.service import correcting
from app.calls.views.blueprint import blueprint
from app.calls.views.shared import RINGS, first_error, say_saved, warn_of_crowd
from app.calls.wording import disposition_name, disposition_options, kept_reason
from app.campaigns.models import Campaign
from app.cases.models import Batch, CallGroup, Case
from app.i18n import explain
from app.people.session import actor
from app.problems import Problem
from app.web import now, reading, roles, tell, writing


@blueprint.get("/calls/mine")
@roles(*RINGS)
def mine() -> str:
    with reading() as session:
        days = screen.own_calls(session, actor(), now())
    return render_template("calls/mine.html", days=days)


@blueprint.post("/calls/<int:call_id>/undo")
@roles(*RINGS)
def undo(call_id: int) -> Response:
    """Take the last save back; the resident stands on the screen again as was entered."""
    try:
        with writing() as session:
            row = correcting.undo(session, actor(), now(), call_id)
            group_id = _group_in_hand(session, row)
    except Problem as problem:
        tell(problem)
        return redirect(url_for(".mine"))
    if group_id is None:
        _say_why_not(row)
        return redirect(url_for(".mine"))
    flash(_("Taken back. Check what stands here, and save again."), "info")
    return redirect(url_for(".call", group_id=group_id, case=row.case_id, again=call_id))


def _say_why_not(row: Call) -> None:
    if row.applied:
        flash(_("Taken back. Somebody else goes on with this resident."), "info")
    else:
        why = kept_reason(row.reason)
        flash(_("Noted, but it changes nothing: %(why)s", why=why), "warning")


def _group_in_hand(session: Session, row: Call) -> int | None:
    """The call's group where it is in the user's hands."""
    case = session.get_one(Case, row.case_id)
    group = session.get_one(CallGroup, case.group_id)
    batch = session.get(Batch, group.batch_id or 0)
    mine = batch is not None and batch.user_id == row.user_id and case.state == "held"
    return group.id if mine else None


@blueprint.route("/calls/<int:call_id>/correct", methods=["GET", "POST"])
@roles(*RINGS)
def correct(call_id: int) -> str | Response:
    form = SaidForm(request.form)
    problem: str | None = None
    if request.method == "POST":
        try:
            if form.validate() and not form.asks_in_vain():
                return _correct(call_id, form)
            problem = first_error(form)
        except Problem as found:
            problem = explain(found)
    with reading() as session:
        return _correction_page(session, call_id, form, problem)


def _correct(call_id: int, form: SaidForm) -> Response:
    moment, reason = now(), form.reason.data or ""
    described, together = form.said(moment), bool(form.together.data)
    with writing() as session:
        correcting.check_reason(session, actor(), moment, call_id, reason)
        row = correcting.correct(
            session, actor(), moment, call_id, described, together=together, reason=reason
        )
        campaign = session.get_one(Campaign, row.campaign_id)
        warn_of_crowd(session, row)
    if request.args.get("back") == "next" and row.applied:
        return redirect(url_for(".next_call", campaign_id=campaign.id, last=row.id))
    say_saved(campaign, row)
    return redirect(url_for(".mine"))


def _correction_page(session: Session, call_id: int, form: SaidForm, problem: str | None) -> str:
    original = queries.get_own_call(session, actor(), call_id)
    campaign = session.get_one(Campaign, original.campaign_id)
    moment = now()
    if request.method == "GET":
        form.disposition.data, form.note.data = original.disposition, original.note
        anyones = original.callback_at is not None and original.callback_user_id is None
        form.callback_anyone.data = anyones
        if original.callback_until is not None and slots.lies_ahead(original, moment):
            form.fill(original, moment)
    quick, rest = disposition_options(campaign, form.disposition.data)
    return render_template(
        "calls/correct.html", original=original, quick=quick, rest=rest, form=form,
        what=disposition_name(campaign, original.disposition),
        masked=screen.whom(session, original),
        slots=slots.slots_again(session, actor(), campaign, original, form.callback.data, moment),
        together=len(correcting.settled_together(session, original)),
        why=not correcting.is_fresh(original, moment), problem=problem,
    )  # fmt: skip


@blueprint.route("/calls/<int:call_id>/note", methods=["GET", "POST"])
@roles(*RINGS)
def add_note(call_id: int) -> str | Response:
    """Add to a call what was left out; what it came to stays as it is."""
    form, problem = NoteForm(request.form), None
    if request.method == "POST":
        try:
            if form.validate():
                return _add_note(call_id, form.note.data or "")
            problem = first_error(form)
        except Problem as found:
            problem = explain(found)
    with reading() as session:
        original = queries.get_own_call(session, actor(), call_id)
        who = screen.whom(session, original)
        campaign = session.get_one(Campaign, original.campaign_id)
    what = disposition_name(campaign, original.disposition)
    return render_template(
        "calls/add_note.html", original=original, masked=who, what=what, form=form, problem=problem
    )


def _add_note(call_id: int, note: str) -> Response:
    with writing() as session:
        row = correcting.add_note(session, actor(), now(), call_id, note)
    if row.applied:
        flash(_("The note is added."), "success")
    else:
        _say_why_not(row)
    return redirect(url_for(".mine"))
