"""Work in hand: who holds what, and taking it back or passing it on."""

from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.campaigns import queries as campaigns
from app.cases import in_hand, offers
from app.cases.in_hand import Held
from app.cases.receivers import Receiver, receivers
from app.cases.service import moving
from app.cases.service.claim import MAY_RING
from app.cases.service.moving import Which
from app.cases.views.blueprint import blueprint
from app.i18n import explain
from app.people import queries as people
from app.people.rules import STAFF
from app.people.session import actor
from app.problems import Problem
from app.web import here, key, now, page_of, reading, roles, writing

PAGE = 50


@blueprint.get("/campaigns/<int:campaign_id>/in-hand")
@roles(*STAFF)
def work(campaign_id: int) -> str:
    which, moment = _which(campaign_id), now()
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    with reading() as session:
        campaign = campaigns.get_campaign(session, actor(), campaign_id)
        rows = in_hand.batches(session, actor(), which, moment)
        offered = offers.in_scope(session, actor(), campaign_id, midnight, moment)
        near = Which(campaign=campaign_id, community=which.community)
        buildings = in_hand.buildings(session, actor(), near)
        communities = campaigns.communities_of(session, campaign, actor())
    page, last = page_of(len(rows), PAGE)
    return render_template(
        "cases/work.html", campaign=campaign, rows=rows[(page - 1) * PAGE : page * PAGE],
        cases=sum(row.cases for row in rows), later=sum(row.later for row in rows),
        volunteers=len({row.user_id for row in rows}), offered=offered,
        which=which, communities=communities, buildings=buildings, page=page, last=last, here=here,
    )  # fmt: skip


def _which(campaign_id: int) -> Which:
    asked = request.args
    return Which(
        campaign=campaign_id,
        batch=asked.get("batch", type=key),
        user=asked.get("user", type=key),
        building=asked.get("building", type=key),
        community=asked.get("community") or None,
    )


@blueprint.route("/campaigns/<int:campaign_id>/in-hand/move", methods=["GET", "POST"])
@roles(*STAFF)
def move_work(campaign_id: int) -> str | Response:
    """Say what would be moved; the form moves it."""
    which, problem = _which(campaign_id), None
    if request.method == "POST" and which != Which(campaign=campaign_id):
        try:
            return _moved(which, request.form.get("to") or None)
        except Problem as found:
            problem = explain(found)
    with reading() as session:
        page = _confirmation(session, which, problem)
    if page is None:
        flash(_("Nobody holds anything there any more."), "info")
        return redirect(url_for(".work", campaign_id=campaign_id))
    return page


def _moved(which: Which, to: str | None) -> Response:
    moment = now()
    with writing() as session:
        campaigns.get_campaign(session, actor(), which.campaign or 0)
        moved = moving.move(session, actor(), moment, which, to)
        offered = in_hand.count_offered(session, actor(), to, moment) if to else 0
    _say_moved(moved, offered, to)
    return redirect(url_for(".work", campaign_id=which.campaign))


def _say_moved(moved: int, offered: int, to: str | None) -> None:
    if not moved:
        flash(_("Nothing was moved: nobody else holds anything there any more."), "info")
        return
    done = ngettext("%(num)s resident taken back.", "%(num)s residents taken back.", moved)
    if offered:
        told = ngettext(
            "%(num)s is now offered to %(name)s.", "%(num)s are now offered to %(name)s.",
            offered, name=to,
        )  # fmt: skip
        done = f"{done} {told}"
    if moved > offered:
        free = ngettext(
            "%(num)s is free for others again.", "%(num)s are free for others again.",
            moved - offered,
        )  # fmt: skip
        done = f"{done} {free}"
    flash(done, "success")


def _confirmation(session: Session, which: Which, problem: str | None) -> str | None:
    """Return the page that says what would be moved; None when that is nothing."""
    campaign = campaigns.get_campaign(session, actor(), which.campaign or 0)
    named = which != Which(campaign=which.campaign)
    rows = in_hand.batches(session, actor(), which, now()) if named else []
    if not rows:
        return None
    return render_template(
        "cases/move_work.html",
        campaign=campaign,
        rows=rows,
        cases=sum(row.cases for row in rows),
        later=sum(row.later for row in rows),
        what=in_hand.what(session, actor(), which),
        opened=sum(row.seen_at is not None for row in rows),
        receivers=_receivers(session, rows),
        chosen=request.form.get("to", ""),
        problem=problem,
    )


def _receivers(session: Session, rows: Sequence[Held]) -> list[Receiver]:
    """Return who may be given the work; not whoever holds all of it already."""
    holders = {row.user_id for row in rows}
    found = people.working_in(session, people.scope(actor()), MAY_RING)
    return receivers(session, [one for one in found if holders != {one.id}], now())
