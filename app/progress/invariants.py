"""The query that finds counts which do not agree."""

from collections.abc import Iterator
from datetime import tzinfo

from sqlalchemy.orm import Session

from app.campaigns.models import Campaign
from app.campaigns.queries import list_campaigns
from app.i18n.words import later as _l
from app.laws import Finding
from app.progress import queries
from app.progress.rules.counting import Tally

LAW = "counts_agree"
EARLIER = 5
"""At how many earlier positions a campaign is counted, besides now."""
_Figures = tuple[int, int, int, int, dict[str, int]]


def counts_agree(session: Session, _zone: tzinfo) -> Iterator[Finding]:
    """What dashboard, community page, API and report count is the same, now and as of earlier
    positions.
    """
    for campaign in list_campaigns(session, None):
        if campaign.status == "draft":
            continue
        now = {
            row.community.code: row.tally for row in queries.by_community(session, campaign, None)
        }
        yield from _at(session, campaign, campaign.last_position, now)
        for position in _sample(campaign):
            yield from _at(session, campaign, position, {})
        yield from _volunteers(session, campaign, list(now))


def _sample(campaign: Campaign) -> list[int]:
    """Just before and at the latest additions, and some positions between."""
    last = campaign.last_position
    added = [at - before for at, _when in campaign.additions[-2:] for before in (1, 0)]
    quarters = [last * part // 4 for part in (1, 2, 3)]
    return sorted({at for at in (*added, *quarters) if 0 <= at < last})[-EARLIER:]


def _at(
    session: Session, campaign: Campaign, position: int, dashboard: dict[str, Tally]
) -> Iterator[Finding]:
    """Compare a community at a time: no more than its cases are in memory."""
    for row in queries.by_community_as_of(session, campaign, None, position):
        code = row.community.code
        report = queries.tally_of(queries.cases_as_of(session, campaign, code, position))
        counted = [_figures(row.tally), _figures(report)]
        if code in dashboard:
            counted.append(_figures(dashboard[code]))
        if counted.count(counted[0]) != len(counted):
            what = _l(
                "at position %(position)s the API says %(api)s, the report %(report)s, the"
                " dashboard %(dashboard)s",
                position=position, api=str(counted[0]), report=str(counted[1]),
                dashboard=str(counted[-1]),
            )  # fmt: skip
            yield Finding(LAW, f"campaigns {campaign.id}, community {code}", what)


def _figures(tally: Tally) -> _Figures:
    """Every figure but ``held``: taking cases is no call, so no position knows of it."""
    outcomes = dict(sorted(tally.outcomes.items()))
    return tally.total, tally.accounted_for, tally.completed, tally.door, outcomes


def _volunteers(session: Session, campaign: Campaign, codes: list[str]) -> Iterator[Finding]:
    now = queries.by_volunteer(session, campaign, codes)
    then = queries.by_volunteer(session, campaign, codes, campaign.last_position)
    figures = [
        {row.user.id: (row.calls, row.reached, row.completed) for row in rows if row.calls}
        for rows in (now, then)
    ]
    if figures[0] != figures[1]:
        what = _l("what volunteers did differs between now and the last position")
        yield Finding(LAW, f"campaigns {campaign.id}", what)


LAWS = {LAW: counts_agree}
