"""Making campaigns."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.campaigns import queries
from app.campaigns.models import Campaign, CampaignCommunity
from app.campaigns.rules.definition import Definition
from app.people import queries as people
from app.people.models import User
from app.people.rules import STAFF
from app.problems import ForbiddenError, NotFoundError, Problem
from app.territory.models import Community


def create(session: Session, actor: User | None, now: datetime, wanted: Definition) -> Campaign:
    """Make a campaign that nobody rings for yet; opening it makes its cases.

    ``now`` is in the deployment's zone. Raises Problem for a deadline before that day, or a
    community that does not exist or that the actor has no say over.
    """
    if actor is not None and actor.role not in STAFF:
        raise ForbiddenError
    if wanted.deadline and wanted.deadline < now.date():
        raise Problem("campaign_deadline_past", field="deadline")
    campaign = Campaign(
        title=wanted.title, status="draft", deadline=wanted.deadline,
        all_communities=wanted.communities is None, dispositions=dict(wanted.dispositions),
        population=list(wanted.population), rules_table=wanted.rules.as_table(),
        script={lang: dict(parts) for lang, parts in wanted.script.items()},
        office=wanted.office, created_by=None if actor is None else actor.id, created_at=now,
    )  # fmt: skip
    session.add(campaign)
    session.flush()
    for code in _communities(session, actor, wanted):
        session.add(CampaignCommunity(campaign_id=campaign.id, community_code=code))
    audit.record(session, campaign.created_by, now, "campaign_created", "campaign", campaign.id)
    return campaign


def _communities(session: Session, actor: User | None, wanted: Definition) -> list[str]:
    query = select(Community.code) if actor is None else people.scope(actor)
    allowed = set(session.scalars(query))
    if wanted.communities is None:
        return sorted(allowed)
    for code in wanted.communities:
        if code not in allowed:
            raise Problem("community_unknown", field="communities", values={"code": code})
    return list(wanted.communities)


def check_say(
    session: Session, actor: User | None, campaign: Campaign, roles: Collection[str]
) -> None:
    """Raise ForbiddenError unless the actor has a say over the whole campaign."""
    if not queries.has_say(session, actor, campaign, roles):
        raise ForbiddenError


def get_locked(session: Session, campaign_id: int) -> Campaign:
    """Return the campaign, locked until the transaction ends. Raises NotFoundError."""
    query = select(Campaign).where(Campaign.id == campaign_id).with_for_update()
    # What was read before the lock was had may be out of date.
    campaign = session.scalar(query.execution_options(populate_existing=True))
    if campaign is None:
        raise NotFoundError(f"campaign {campaign_id}")
    return campaign


def switch_fallback(
    session: Session, actor: User | None, now: datetime, campaign_id: int, *, on: bool
) -> None:
    """Let residents be rung by volunteers who don't speak their language, or not any more.

    Raises NotFoundError, ForbiddenError for an actor without a say over the whole campaign,
    Problem when it is closed.
    """
    check_say(session, actor, queries.get_campaign(session, actor, campaign_id), STAFF)
    campaign = get_locked(session, campaign_id)
    if campaign.status == "closed":
        raise Problem("campaign_closed")
    if campaign.language_fallback != on:
        campaign.language_fallback = on
        user_id = None if actor is None else actor.id
        audit.record(
            session, user_id, now, "language_fallback", "campaign", campaign_id, on=int(on)
        )
