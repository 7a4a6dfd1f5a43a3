"""Opening and closing a campaign's queue, for staff."""

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.cases.service import opening
from app.cases.views.blueprint import blueprint
from app.people.rules import STAFF
from app.people.session import actor
from app.problems import Problem
from app.web import now, roles, tell, writing


@blueprint.post("/campaigns/<int:campaign_id>/open")
@roles(*STAFF)
def open_campaign(campaign_id: int) -> Response:
    """Open the campaign, or add to it the residents who came since."""
    try:
        with writing() as session:
            added = opening.open_campaign(session, actor(), now(), campaign_id)
    except Problem as problem:
        tell(problem)
    else:
        flash(
            ngettext("%(num)s resident is now in it.", "%(num)s residents are now in it.", added),
            "success",
        )
    return redirect(url_for("campaigns.show", campaign_id=campaign_id))


@blueprint.post("/campaigns/<int:campaign_id>/close")
@roles("supervisor", "administrator")
def close_campaign(campaign_id: int) -> Response:
    try:
        with writing() as session:
            opening.close_campaign(session, actor(), now(), campaign_id)
    except Problem as problem:
        tell(problem)
    else:
        flash(_("The campaign is closed. Calls made before still come in."), "success")
    return redirect(url_for("campaigns.show", campaign_id=campaign_id))
