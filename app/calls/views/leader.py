"""The leader's list, and answering what stands on it."""

from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.audit import service as audit
from app.calls import leading
from app.calls.leading import Passed
from app.calls.rules import LONGEST_NOTE
from app.calls.service.answering import answer
from app.calls.views.blueprint import blueprint
from app.calls.wording import result_of
from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign
from app.i18n import explain
from app.people.rules import STAFF
from app.people.session import actor
from app.problems import Problem
from app.residents.wording import reason
from app.web import here, key, now, page_of, reading, roles, writing

PAGE = 20


@blueprint.get("/leader-list")
@roles(*STAFF)
def leader_list() -> str:
    asked = request.args.get("kind")
    kind = asked if asked in leading.KINDS else leading.ASKED
    campaign_id = request.args.get("campaign", type=key)
    with reading() as session:
        counts = leading.count(session, actor(), campaign_id)
        page, last = page_of(counts[kind], PAGE)
        span = (page - 1) * PAGE, PAGE
        rows = leading.page(session, actor(), kind, campaign_id, span, now())
        choices = campaigns.open_campaigns(session, actor())
    _note_sight(rows)
    return render_template(
        "calls/leader_list.html", rows=rows, counts=counts, kind=kind, campaign_id=campaign_id,
        choices=choices, page=page, last=last, here=here, reason=reason,
    )  # fmt: skip


def _note_sight(rows: Sequence[Passed]) -> None:
    seen = ",".join(str(row.case.id) for row in rows)
    if seen:
        with writing() as session:
            audit.record(session, actor().id, now(), "cases_seen", "leader_list", "", cases=seen)


@blueprint.route("/leader-list/<int:case_id>", methods=["GET", "POST"])
@roles(*STAFF)
def answer_case(case_id: int) -> str | Response:
    problem = None
    if request.method == "POST":
        try:
            return _answered(case_id)
        except Problem as found:
            problem = explain(found)
    with writing() as session:
        row = leading.get(session, actor(), case_id, now())
        if row is not None:
            audit.record(session, actor().id, now(), "cases_seen", "case", case_id)
    if row is None:
        flash(problem or _("This resident is not on the leader's list any more."), "info")
        return redirect(url_for(".leader_list"))
    goes_on, closes = leading.answer_options(row, now(), request.form.get("disposition", ""))
    return render_template(
        "calls/answer.html", row=row, goes_on=goes_on, closes=closes, problem=problem,
        note=request.form.get("note", ""), longest=LONGEST_NOTE, reason=reason,
    )  # fmt: skip


def _answered(case_id: int) -> Response:
    disposition, note = request.form.get("disposition", ""), request.form.get("note", "")
    with writing() as session:
        row = answer(session, actor(), now(), case_id, disposition, note)
        campaign = session.get_one(Campaign, row.campaign_id)
    flash(result_of(campaign, row), "success")
    kind = leading.ASKED if row.state_after == "open" else request.args.get("kind")
    return redirect(url_for(".leader_list", kind=kind))
