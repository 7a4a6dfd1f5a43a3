"""The appointments of a day, for whoever leads volunteers."""

from datetime import timedelta

from flask import render_template, request
from sqlalchemy import select

from app import i18n
from app.audit import service as audit
from app.calls import calendar
from app.calls.views.blueprint import blueprint
from app.calls.views.shared import asked_day
from app.campaigns import queries as campaigns
from app.campaigns.models import CampaignCommunity
from app.cases.service.claim import MAY_RING
from app.cases.service.moving import Which
from app.people import queries as people
from app.people.rules import STAFF
from app.people.session import actor
from app.web import here, now, reading, roles, writing

KINDS = {"coming": "neutral", "due": "info", "overdue": "warn", "missed": "bad", "kept": "good"}


@blueprint.get("/campaigns/<int:campaign_id>/appointments")
@roles(*STAFF)
def appointments(campaign_id: int) -> str:
    moment, asked = now(), request.args.get("community") or None
    day = asked_day(moment.date())
    with reading() as session:
        campaign = campaigns.get_campaign(session, actor(), campaign_id)
        communities = campaigns.communities_of(session, campaign, actor())
        places = select(CampaignCommunity.community_code).where(
            CampaignCommunity.campaign_id == campaign_id,
            CampaignCommunity.community_code.in_([asked] if asked else people.scope(actor())),
        )
        ringing = len(people.working_in(session, places, MAY_RING))
        found = calendar.day_of(session, actor(), campaign, day, asked, ringing, moment)
    with writing() as session:
        audit.record(
            session, actor().id, moment, "appointments_seen", "campaign", campaign_id,
            day=day.isoformat(), n=len(found.cases),
        )  # fmt: skip
    return render_template(
        "calls/appointments.html", campaign=campaign, communities=communities, found=found,
        which=Which(community=asked), day=day, today=moment.date(), ringing=ringing, here=here,
        one_day=timedelta(days=1), kinds=KINDS, lang=i18n.lang(),
    )  # fmt: skip
