"""Campaigns, for staff: the list, one of them, and setting one up."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import i18n
from app.campaigns import queries, service
from app.campaigns.forms import CampaignForm
from app.campaigns.rules.dispositions import DISPOSITIONS
from app.people.rules import STAFF
from app.people.session import actor, community_choices
from app.problems import Problem
from app.web import now, reading, roles, tell, writing

blueprint = Blueprint("campaigns", __name__)


@blueprint.get("/campaigns")
@roles(*STAFF)
def index() -> str:
    with reading() as session:
        rows = queries.list_campaigns(session, actor())
    return render_template("campaigns/index.html", rows=rows)


@blueprint.route("/campaigns/new", methods=["GET", "POST"])
@roles(*STAFF)
def new() -> str | Response:
    form = CampaignForm(request.form if request.method == "POST" else None)
    with reading() as session:
        form.offer(community_choices(session), i18n.lang())
    if request.method == "POST" and form.validate():
        made = _create(form)
        if made is not None:
            flash(_("The campaign is ready. Open it when the volunteers may begin."), "success")
            return redirect(url_for(".show", campaign_id=made))
    return render_template(
        "campaigns/new.html", form=form, dispositions=DISPOSITIONS.values(), lang=i18n.lang()
    )


def _create(form: CampaignForm) -> int | None:
    """Return the new campaign's id; None when the form is wrong, which it then says."""
    try:
        wanted = form.definition()
        with writing() as session:
            return service.create(session, actor(), now(), wanted).id
    except Problem as problem:
        if not form.explain(problem):
            tell(problem)
        return None


@blueprint.get("/campaigns/<int:campaign_id>")
@roles(*STAFF)
def show(campaign_id: int) -> str:
    with reading() as session:
        campaign = queries.get_campaign(session, actor(), campaign_id)
        communities = queries.communities_of(session, campaign, actor())
        counts = queries.residents_by_community(session, campaign)
        openable = queries.has_say(session, actor(), campaign, STAFF)
    chosen = campaign.dispositions or dict.fromkeys(DISPOSITIONS, "")
    return render_template(
        "campaigns/show.html",
        campaign=campaign,
        communities=communities,
        counts=counts,
        openable=openable,
        dispositions=[(DISPOSITIONS[code], name) for code, name in chosen.items()],
        lang=i18n.lang(),
    )
