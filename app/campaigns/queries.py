"""Reads about campaigns."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Select, Text, bindparam, cast, exists, func, select
from sqlalchemy.orm import Session

from app.campaigns.models import Campaign, CampaignCommunity
from app.campaigns.rules.calling import CallingRules, rules_from
from app.people import queries as people
from app.people.models import User
from app.prepared import Prepared
from app.problems import NotFoundError
from app.residents.models import Resident
from app.residents.queries import in_sight
from app.territory.models import Community


@dataclass(frozen=True)
class Terms:
    """What a campaign says of every claim and every call: read with each of them, by columns."""

    id: int
    status: str
    rules: CallingRules
    dispositions: Mapping[str, str]
    languages: Sequence[str]
    language_fallback: bool


def get_terms(session: Session, campaign_id: int) -> Terms:
    """Return the terms of a campaign that exists."""
    return terms(*_TERMS.first(session, campaign=campaign_id))


@lru_cache(maxsize=128)
def terms(
    campaign_id: int, status: str, rules: str, dispositions: str, languages: str, fallback: bool
) -> Terms:
    """Return the terms as ``TERMS`` selects them. Reading them takes longer than asking for them,
    and they hardly ever change.
    """
    read = rules_from(json.loads(rules)), json.loads(dispositions), json.loads(languages)
    return Terms(campaign_id, status, *read, fallback)


def visible(user: User) -> Select[Campaign]:
    """Return the query for the campaigns that cover a community of the user's scope."""
    covers = exists().where(
        CampaignCommunity.campaign_id == Campaign.id,
        CampaignCommunity.community_code.in_(people.scope(user)),
    )
    return select(Campaign).where(covers)


def list_campaigns(session: Session, user: User | None) -> Sequence[Campaign]:
    """Return the campaigns the user may see, newest first; None stands for the command line."""
    query = select(Campaign) if user is None else visible(user)
    return session.scalars(query.order_by(Campaign.id.desc())).all()


def open_campaigns(session: Session, user: User) -> Sequence[Campaign]:
    """Return the campaigns in which the user can ring somebody."""
    query = visible(user).where(Campaign.status == "open").order_by(Campaign.id)
    return session.scalars(query).all()


def get_campaign(session: Session, user: User | None, campaign_id: int) -> Campaign:
    """Return the campaign if the user may see it. Raises NotFoundError."""
    query = select(Campaign) if user is None else visible(user)
    campaign = session.scalar(query.where(Campaign.id == campaign_id))
    if campaign is None:
        raise NotFoundError(f"campaign {campaign_id}")
    return campaign


def has_say(
    session: Session, user: User | None, campaign: Campaign, roles: Collection[str]
) -> bool:
    """Whether the user has one of the roles, and every community of the campaign in scope.

    None stands for the command line, which may all.
    """
    if user is None:
        return True
    beyond = select(CampaignCommunity.community_code).where(
        CampaignCommunity.campaign_id == campaign.id,
        CampaignCommunity.community_code.not_in(people.scope(user)),
    )
    return user.role in roles and session.scalar(beyond.limit(1)) is None


def communities_of(session: Session, campaign: Campaign, user: User | None) -> Sequence[Community]:
    """Return the campaign's communities within the user's scope, by street and code."""
    query = (
        select(Community)
        .join(CampaignCommunity, CampaignCommunity.community_code == Community.code)
        .where(CampaignCommunity.campaign_id == campaign.id)
        .order_by(Community.street_code, Community.code)
    )
    if user is not None:
        query = query.where(Community.code.in_(people.scope(user)))
    return session.scalars(query).all()


def residents_by_community(session: Session, campaign: Campaign) -> Mapping[str, int]:
    """Return how many residents each community of the campaign has, in one query."""
    query = (
        select(CampaignCommunity.community_code, func.count(Resident.id))
        .outerjoin(
            Resident,
            (Resident.community_code == CampaignCommunity.community_code) & in_sight(),
        )
        .where(CampaignCommunity.campaign_id == campaign.id)
        .group_by(CampaignCommunity.community_code)
    )
    return {code: number for code, number in session.execute(query)}  # noqa: C416


TERMS = (
    Campaign.id,
    Campaign.status,
    cast(Campaign.rules_table, Text),
    cast(Campaign.dispositions, Text),
    cast(Campaign.languages, Text),
    Campaign.language_fallback,
)
"""The columns of which ``terms`` makes a value, for a query that asks for more besides."""
_TERMS = Prepared(select(*TERMS).where(Campaign.id == bindparam("campaign")))
