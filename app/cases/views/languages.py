"""Languages of a campaign: who waits, who speaks them, and what if nobody does."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.campaigns import queries as campaigns
from app.campaigns import service
from app.cases import queries
from app.cases.views.blueprint import blueprint
from app.people.rules import STAFF
from app.people.session import actor
from app.web import now, reading, roles, writing


@blueprint.get("/campaigns/<int:campaign_id>/languages")
@roles(*STAFF)
def languages(campaign_id: int) -> str:
    with reading() as session:
        campaign = campaigns.get_campaign(session, actor(), campaign_id)
        rows, anything = queries.languages_of(session, actor(), campaign)
        may_switch = campaigns.has_say(session, actor(), campaign, STAFF)
    return render_template(
        "cases/languages.html", campaign=campaign, rows=rows, anything=anything,
        may_switch=may_switch,
    )  # fmt: skip


@blueprint.post("/campaigns/<int:campaign_id>/languages/fallback")
@roles(*STAFF)
def switch_fallback(campaign_id: int) -> Response:
    on = request.form.get("on") == "1"
    with writing() as session:
        service.switch_fallback(session, actor(), now(), campaign_id, on=on)
    if on:
        flash(_("From now on anybody may ring residents whose language nobody speaks."), "success")
    else:
        flash(_("Residents wait again for a volunteer who speaks their language."), "success")
    return redirect(url_for(".languages", campaign_id=campaign_id))
