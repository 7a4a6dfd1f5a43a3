"""The volunteer's pages: take a batch, ring, save, go on, give back, correct."""

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.calls import queries, screen
from app.calls.forms import CallForm, SaidForm
from app.calls.models import Call
from app.calls.service import correcting
from app.calls.views.blueprint import blueprint
from app.calls.wording import disposition_name, disposition_options, kept_reason, slot_options
from app.campaigns.models import Campaign
from app.cases.service import release as releasing
from app.cases.service.claim import claim
from app.i18n import explain
from app.people.session import actor
from app.problems import Problem
from app.web import key, now, reading, roles, tell, writing

BATCH = 20
RINGS = ("volunteer", "leader")


@blueprint.get("/calls")
@roles(*RINGS)
def home() -> str:
    with reading() as session:
        work = screen.home(session, actor(), now())
    return render_template("calls/home.html", work=work, batch=BATCH)


@blueprint.post("/calls/campaigns/<int:campaign_id>/take")
@roles(*RINGS)
def take(campaign_id: int) -> Response:
    try:
        with writing() as session:
            found = claim(session, actor(), now(), campaign_id, BATCH)
    except Problem as problem:
        tell(problem)
        return redirect(url_for(".home"))
    if found.batch is None:
        flash(screen.nothing_ready(found), "info")
        return redirect(url_for(".home"))
    return redirect(url_for(".next_call", campaign_id=campaign_id))


@blueprint.get("/calls/campaigns/<int:campaign_id>/next")
@roles(*RINGS)
def next_call(campaign_id: int) -> Response:
    """Go to the next resident that this volunteer holds, or home when there is none."""
    last = request.args.get("last", type=key)
    with reading() as session:
        found = screen.next_case(session, actor(), campaign_id, now())
    if found is None:
        if last:
            flash(_("This batch is done. Well done!"), "success")
        return redirect(url_for(".home"))
    # The address names the resident: whoever goes back never finds another one in the form.
    return redirect(url_for(".call", group_id=found.group_id, case=found.id, last=last))


@blueprint.route("/calls/groups/<int:group_id>", methods=["GET", "POST"])
@roles(*RINGS)
def call(group_id: int) -> str | Response:
    form = CallForm(request.form)
    problem: str | None = None
    if request.method == "POST":
        if form.validate():
            try:
                return _save(form)
            except Problem as found:
                problem = explain(found)
        else:
            problem = _first_error(form)
    return _call_page(group_id, form, problem)


def _first_error(form: SaidForm) -> str:
    return str(next(text for errors in form.errors.values() for text in errors))


def _save(form: CallForm) -> Response:
    moment = now()
    described = form.call(moment)
    case_id, key = form.case.data or 0, form.key.data or ""
    with writing() as session:
        saved = correcting.save_or_correct(session, actor(), moment, case_id, described, key)
        campaign = session.get_one(Campaign, saved.campaign_id)
    if not saved.applied:
        _say_saved(campaign, saved)
    return redirect(url_for(".next_call", campaign_id=campaign.id, last=saved.id))


def _say_saved(campaign: Campaign, saved: Call) -> None:
    what = disposition_name(campaign, saved.disposition)
    if saved.applied:
        flash(_("Saved: %(what)s", what=what), "success")
    else:
        why = kept_reason(saved.reason)
        flash(_("Kept, but it changes nothing: %(what)s. %(why)s", what=what, why=why), "warning")


def _call_page(group_id: int, form: CallForm, problem: str | None) -> str | Response:
    moment = now()
    with writing() as session:  # looking at a batch renews its lease
        asked = request.args.get("case", form.case.data, type=key)
        page = screen.call_page(session, actor(), group_id, asked, moment)
        last = screen.just_saved(session, actor(), request.args.get("last", type=key))
        settled = None if page else screen.last_call_on(session, actor(), asked)
    if page is None:
        return _gone(settled, problem)
    quick, rest = disposition_options(page.campaign, form.disposition.data)
    return render_template(
        "calls/call.html", page=page, form=form, problem=problem, quick=quick, rest=rest, last=last,
        rest_chosen=any(option.selected for _label, options in rest for option in options),
        slots=slot_options(page.campaign, moment), key=form.key.data or uuid.uuid4().hex,
        started_at=form.started_at.data or moment.isoformat(),
    )  # fmt: skip


def _gone(settled: Call | None, problem: str | None) -> Response:
    """Whoever comes back to a resident saved already goes on to the next, and may correct."""
    if problem:
        flash(problem, "error")
    if settled is not None:
        return redirect(url_for(".next_call", campaign_id=settled.campaign_id, last=settled.id))
    flash(_("You do not hold this resident any more."), "info")
    return redirect(url_for(".home"))


@blueprint.post("/calls/batches/<int:batch_id>/release")
@roles(*RINGS)
def release(batch_id: int) -> Response:
    with writing() as session:
        releasing.release(session, actor(), now(), batch_id)
    flash(_("What was left is free for others again."), "success")
    return redirect(url_for(".home"))


@blueprint.get("/calls/mine")
@roles(*RINGS)
def mine() -> str:
    with reading() as session:
        rows = screen.own_calls(session, actor(), now())
    return render_template("calls/mine.html", rows=rows)


@blueprint.route("/calls/<int:call_id>/correct", methods=["GET", "POST"])
@roles(*RINGS)
def correct(call_id: int) -> str | Response:
    form = SaidForm(request.form)
    problem: str | None = None
    if request.method == "POST":
        try:
            if form.validate():
                return _correct(call_id, form)
            problem = _first_error(form)
        except Problem as found:
            problem = explain(found)
    with reading() as session:
        return _correction_page(session, call_id, form, problem)


def _correct(call_id: int, form: SaidForm) -> Response:
    moment = now()
    described, together = form.said(moment), bool(form.together.data)
    with writing() as session:
        row = correcting.correct(session, actor(), moment, call_id, described, together=together)
        campaign = session.get_one(Campaign, row.campaign_id)
    if request.args.get("back") == "next" and row.applied:
        return redirect(url_for(".next_call", campaign_id=campaign.id, last=row.id))
    _say_saved(campaign, row)
    return redirect(url_for(".mine"))


def _correction_page(session: Session, call_id: int, form: SaidForm, problem: str | None) -> str:
    original = queries.get_own_call(session, actor(), call_id)
    campaign = session.get_one(Campaign, original.campaign_id)
    quick, rest = disposition_options(campaign, form.disposition.data or original.disposition)
    typed = form.note.data if request.method == "POST" else None
    return render_template(
        "calls/correct.html",
        original=original,
        what=disposition_name(campaign, original.disposition),
        masked=screen.masked(session, original),
        quick=quick,
        rest=rest,
        form=form,
        slots=screen.slots_again(campaign, original, now()),
        together=len(correcting.settled_together(session, original)),
        note=original.note if typed is None else typed,
        problem=problem,
    )
