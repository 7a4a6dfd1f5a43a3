"""Watching completion, for staff."""

from collections.abc import Sequence

from flask import Blueprint, render_template
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.orm import Session

from app import i18n
from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign
from app.campaigns.rules.outcome import OUTCOMES
from app.cases.service.opening import MAY_CLOSE
from app.people.rules import STAFF
from app.people.session import actor
from app.progress import queries
from app.progress.charts import Bar, completion_chart, to_svg
from app.progress.queries import CommunityProgress
from app.progress.rules.counting import Tally, aapor_counts, in_order
from app.progress.rules.rates import RATES, rates
from app.territory.models import Community
from app.web import reading, roles

blueprint = Blueprint("progress", __name__)

CHART_WIDTH = 400


@blueprint.get("/progress")
@roles(*STAFF)
def overview() -> str:
    with reading() as session:
        rows = [
            (campaign, Tally.sum(row.tally for row in _communities(session, campaign)))
            for campaign in campaigns.list_campaigns(session, actor())
            if campaign.status != "draft"
        ]
    return render_template("progress/index.html", rows=rows)


def _communities(session: Session, campaign: Campaign) -> Sequence[CommunityProgress]:
    return queries.by_community(session, campaign, actor())


@blueprint.get("/campaigns/<int:campaign_id>/progress")
@roles(*STAFF)
def campaign(campaign_id: int) -> str:
    with reading() as session:
        found = campaigns.get_campaign(session, actor(), campaign_id)
        communities = _communities(session, found)
        codes = [row.community.code for row in communities]
        volunteers = queries.by_volunteer(session, found, codes)
        closable = found.status == "open" and campaigns.has_say(session, actor(), found, MAY_CLOSE)
    total = Tally.sum(row.tally for row in communities)
    outcomes = [(OUTCOMES[code], number) for code, number in in_order(total.outcomes)]
    return render_template(
        "progress/campaign.html",
        campaign=found,
        communities=communities,
        volunteers=volunteers,
        total=total,
        closable=closable,
        outcomes=outcomes,
        rates=rates(aapor_counts(total.outcomes, found.population)),
        names=RATES,
        lang=i18n.lang(),
    )


@blueprint.get("/campaigns/<int:campaign_id>/communities/<code>")
@roles(*STAFF)
def community(campaign_id: int, code: str) -> str:
    with reading() as session:
        found = campaigns.get_campaign(session, actor(), campaign_id)
        place, tally, buildings = queries.buildings_of(session, found, actor(), code)
    outcomes = [(OUTCOMES[outcome], number) for outcome, number in in_order(tally.outcomes)]
    return render_template(
        "progress/community.html",
        campaign=found,
        place=place,
        tally=tally,
        buildings=buildings,
        chart=_chart(place, buildings),
        outcomes=outcomes,
        lang=i18n.lang(),
    )


def _chart(place: Community, buildings: Sequence[tuple[str, Tally]]) -> Markup:
    """The chart of the printed report, for the page. Its texts are escaped by the XML writer."""
    bars = [
        Bar(name or _("No building on record"), t.accounted_for, t.total, figures(t))
        for name, t in buildings
    ]
    legend = (_("accounted for"), _("outstanding"))
    drawing = completion_chart(bars, legend, width=CHART_WIDTH, typeface="sans-serif")
    title = _("Completion by building: %(place)s", place=place.name)
    return Markup(to_svg(drawing, title).decode())  # noqa: S704 - serialised by ElementTree


def figures(tally: Tally) -> str:
    """Return the figures beside a bar; the share is cut, so that 100 % means everybody."""
    share = 100 * tally.accounted_for // tally.total if tally.total else 0
    return f"{tally.accounted_for} / {tally.total} · {share} %"
