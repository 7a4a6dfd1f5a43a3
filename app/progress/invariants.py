"""The query that finds counts which do not agree."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaigns.models import Campaign
from app.cases.invariants import Finding
from app.progress import queries
from app.progress.rules.counting import Tally


def counts_agree(session: Session) -> Iterator[Finding]:
    """What a dashboard counts now and what a report counts as of now is the same."""
    for campaign in session.scalars(select(Campaign).where(Campaign.status != "draft")):
        for row in queries.by_community(session, campaign, None):
            code = row.community.code
            cases = queries.cases_as_of(session, campaign, code, campaign.last_position)
            report = queries.tally_of(cases)
            now, then = _figures(row.tally), _figures(report)
            if now != then:
                what = f"the dashboard says {now}, the report {then}"
                yield Finding("counts_agree", f"campaigns {campaign.id}, community {code}", what)


def _figures(tally: Tally) -> tuple[int, int, int, int, dict[str, int]]:
    """Every figure but ``held``: taking cases is no call, so no position knows of it."""
    outcomes = dict(sorted(tally.outcomes.items()))
    return tally.total, tally.accounted_for, tally.completed, tally.door, outcomes


LAWS = {"counts_agree": counts_agree}
