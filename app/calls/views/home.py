"""The first page: what is in hand; take more, or hear why there is nothing; give back."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.calls import queries
from app.calls.rules import USUAL_BATCH, batch_size
from app.calls.screen import dials, own, starting
from app.calls.screen import home as screen
from app.calls.views import asking
from app.calls.views.blueprint import blueprint
from app.calls.views.shared import RINGS
from app.cases.service import claim as claiming
from app.cases.service import release as releasing
from app.i18n.moments import coming
from app.packing import packed
from app.people.allowance import whole_seconds
from app.people.session import actor
from app.problems import Problem
from app.web import key, now, reading, roles, tell, writing


@blueprint.get("/calls")
@roles(*RINGS)
@packed
def home() -> str:
    with reading() as session:
        found = screen.home(session, actor(), now())
        loose = dials.loose(session, actor(), now())
        start = starting.start(session, actor())
        last = own.to_take_back(session, actor(), now())
    return render_template(
        "calls/home.html", home=found, work=found.work, loose=loose, batch=start.batch,
        start=start, last=last,
    )  # fmt: skip


@blueprint.post("/calls/campaigns/<int:campaign_id>/take")
@roles(*RINGS)
def take(campaign_id: int) -> Response:
    with reading() as session:
        has_called = queries.has_called(session, actor())
    asked = request.form.get("size", USUAL_BATCH, type=int)
    size = batch_size(asked, has_called=has_called)
    wait = asking.wait(actor().id)
    if wait:
        tell(Problem("requests_too_many", values={"seconds": whole_seconds(wait)}))
        return redirect(url_for(".home"))
    try:
        found = asking.ask(actor(), campaign_id, size)
    except Problem as problem:
        tell(problem)
        return redirect(url_for(".home"))
    if found is None:
        return redirect(url_for(".nothing", campaign_id=campaign_id))
    return redirect(url_for(".next_call", campaign_id=campaign_id))


@blueprint.get("/calls/campaigns/<int:campaign_id>/nothing")
@roles(*RINGS)
def nothing(campaign_id: int) -> str:
    """Say in counts why there is nobody to ring, and when there will be."""
    moment = now()
    with reading() as session:
        found = claiming.why_nothing(session, actor(), moment, campaign_id)
    return render_template(
        "calls/nothing.html",
        campaign_id=campaign_id,
        causes=screen.causes(found),
        next_at=coming(found.next_at, moment) if found.next_at else "",
        ready=found.next_at is not None and found.next_at <= moment,
    )


@blueprint.get("/calls/campaigns/<int:campaign_id>/next")
@roles(*RINGS)
def next_call(campaign_id: int) -> Response:
    return to_next(campaign_id, request.args.get("last", type=key))


def to_next(campaign_id: int, last: int | None) -> Response:
    """Go to the next resident that this volunteer holds, or home when there is none."""
    with reading() as session:
        found = screen.next_case(session, actor(), campaign_id, now())
    if found is None:
        if last and actor().gets_work:
            _say_over(last)
        return redirect(url_for(".home", last=last))
    # The address names the resident: whoever goes back never finds another one in the form. By
    # "last" the device knows that the call is saved (static/js/worker.js).
    return redirect(url_for(".call", group_id=found.group_id, case=found.id, last=last))


def _say_over(last: int) -> None:
    """Say that nobody is left in hand, and whether that is because it was taken away."""
    with reading() as session:
        taken = queries.was_recalled(session, actor(), last)
    if taken:
        flash(_("What was left of this batch was taken back, for others to ring."), "info")
    else:
        flash(_("This batch is done. Well done!"), "success")


@blueprint.post("/calls/batches/<int:batch_id>/release")
@roles(*RINGS)
def release(batch_id: int) -> Response:
    with writing() as session:
        releasing.release(session, actor(), now(), batch_id)
    flash(_("What was left is free for others again."), "success")
    return redirect(url_for(".home"))
