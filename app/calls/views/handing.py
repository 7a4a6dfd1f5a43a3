"""The end of a shift: hand over what is left; take over, or let go, what a colleague offers."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.calls.forms import HandoverForm
from app.calls.screen import handing as screen
from app.calls.screen.home import in_hand
from app.calls.views.blueprint import blueprint
from app.calls.views.shared import RINGS, first_error
from app.cases.service import handing
from app.i18n import explain
from app.people.session import actor
from app.problems import Problem
from app.web import now, reading, roles, tell, writing


@blueprint.route("/calls/campaigns/<int:campaign_id>/hand-over", methods=["GET", "POST"])
@roles(*RINGS)
def hand_over(campaign_id: int) -> str | Response:
    with reading() as session:
        page = screen.handover_page(session, actor(), campaign_id, now())
    if not page.left.cases:
        flash(_("There is nothing left to hand over."), "info")
        return redirect(url_for(".home"))
    form, problem = HandoverForm(request.form), ""
    form.offer(page.colleagues)
    if request.method == "POST":
        problem = _try(form, campaign_id)
        if not problem:
            flash(_("Handed over. The sheet stands here."), "success")
            return redirect(url_for("reports.handoff_list"))
    return render_template("calls/hand_over.html", page=page, form=form, problem=problem)


def _try(form: HandoverForm, campaign_id: int) -> str:
    if not form.validate():
        return first_error(form)
    try:
        with writing() as session:
            _hand_over(session, form, campaign_id)
    except Problem as problem:
        return explain(problem)
    return ""


def _hand_over(session: Session, form: HandoverForm, campaign_id: int) -> None:
    """Every batch has a handoff of its own: after an undo there may be several."""
    to, note = form.to.data or None, form.note.data or ""
    for batch in in_hand(session, actor(), campaign_id):
        handing.hand_over(session, actor(), now(), batch.id, to, note)


@blueprint.post("/calls/batches/<int:batch_id>/accept")
@roles(*RINGS)
def accept(batch_id: int) -> Response:
    try:
        with writing() as session:
            batch = handing.accept(session, actor(), now(), batch_id)
    except Problem as problem:
        tell(problem)
        return redirect(url_for(".home"))
    return redirect(url_for(".next_call", campaign_id=batch.campaign_id))


@blueprint.post("/calls/batches/<int:batch_id>/decline")
@roles(*RINGS)
def decline(batch_id: int) -> Response:
    with writing() as session:
        handing.decline(session, actor(), now(), batch_id)
    flash(_("What you did not take is free for others."), "info")
    return redirect(url_for(".home"))
