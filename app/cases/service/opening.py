"""Opening a campaign: its residents become cases, its cases call groups."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import delete, exists, insert, select
from sqlalchemy.orm import Session, selectinload

from app.audit import service as audit
from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign, CampaignCommunity
from app.campaigns.rules.following import State, what_follows
from app.campaigns.service import get_locked
from app.cases.models import CallGroup, Case
from app.cases.rules.groups import Member, form_groups
from app.cases.service.release import end_expired
from app.people.models import User
from app.problems import Problem
from app.residents.models import Household, Resident


def open_campaign(session: Session, actor: User | None, now: datetime, campaign_id: int) -> int:
    """Open a campaign, or add to an open one the residents who came since.

    Returns how many cases were added. Raises NotFoundError, or Problem when the campaign is
    closed or no community of it has a resident.
    """
    campaigns.get_campaign(session, actor, campaign_id)
    campaign = get_locked(session, campaign_id)
    if campaign.status == "closed":
        raise Problem("campaign_closed")
    added = _add_cases(session, campaign, now)
    if campaign.status == "draft":
        if not added:
            raise Problem("campaign_without_residents")
        _drop_empty_communities(session, campaign)
        campaign.status, campaign.opened_at = "open", now
    user_id = None if actor is None else actor.id
    audit.record(session, user_id, now, "campaign_opened", "campaign", campaign.id, cases=added)
    return added


def close_campaign(session: Session, actor: User | None, now: datetime, campaign_id: int) -> None:
    """Close a campaign; what volunteers hold of it is taken back, calls still come in."""
    campaigns.get_campaign(session, actor, campaign_id)
    campaign = get_locked(session, campaign_id)
    if campaign.status != "open":
        raise Problem("campaign_not_open")
    campaign.status, campaign.closed_at = "closed", now
    session.flush()
    # Without waiting for a batch that somebody saves on: a save waits for this campaign's row.
    end_expired(session, now)
    user_id = None if actor is None else actor.id
    audit.record(session, user_id, now, "campaign_closed", "campaign", campaign.id)


def waiting_residents(session: Session, campaign: Campaign) -> Sequence[Resident]:
    """Return the residents of the campaign's communities who have no case in it, as one walks."""
    has_case = exists().where(Case.campaign_id == campaign.id, Case.resident_id == Resident.id)
    covered = select(CampaignCommunity.community_code).where(
        CampaignCommunity.campaign_id == campaign.id
    )
    query = (
        select(Resident)
        .outerjoin(Household, Household.id == Resident.household_id)
        .where(Resident.community_code.in_(covered), ~has_case)
        .order_by(Resident.community_code, Household.address_key, Resident.id)
        .options(selectinload(Resident.lines), selectinload(Resident.household))
    )
    return session.scalars(query).all()


def _add_cases(session: Session, campaign: Campaign, now: datetime) -> int:
    residents = {resident.id: resident for resident in waiting_residents(session, campaign)}
    members = [
        Member(r.id, r.household_id, tuple(line.number_id for line in r.lines))
        for r in residents.values()
    ]
    groups = [[residents[i] for i in ids] for ids in form_groups(members)]
    rows = [_group_row(campaign, group, now) for group in groups]
    if not rows:
        return 0
    if campaign.status == "open":
        _take_position(campaign, now)
    ids = session.scalars(
        insert(CallGroup).returning(CallGroup.id, sort_by_parameter_order=True), rows
    ).all()
    cases = [
        _case_row(campaign, group_id, resident, now)
        for group_id, group in zip(ids, groups, strict=True)
        for resident in group
    ]
    session.execute(insert(Case), cases)
    return len(cases)


def _take_position(campaign: Campaign, now: datetime) -> None:
    """Who comes later takes a place in the sequence, so that no earlier as-of counts them."""
    campaign.last_position += 1
    addition = campaign.last_position, now.astimezone(UTC).isoformat()
    campaign.additions = [*campaign.additions, addition]


def _group_row(campaign: Campaign, group: Sequence[Resident], now: datetime) -> dict[str, object]:
    ringable = sum(bool(resident.lines) for resident in group)
    first = group[0]
    return {
        "campaign_id": campaign.id,
        "community_code": first.community_code,
        "priority": 5,
        "ready_at": now if ringable else None,
        "open_cases": ringable,
        "address_key": first.household.address_key if first.household else "",
    }


def _case_row(
    campaign: Campaign, group_id: int, resident: Resident, now: datetime
) -> dict[str, object]:
    decision = what_follows(campaign.rules, [], len(resident.lines), now)
    return {
        "campaign_id": campaign.id,
        "community_code": resident.community_code,
        "resident_id": resident.id,
        "group_id": group_id,
        "state": decision.state.value,
        "ready_at": decision.ready_at if decision.state is State.OPEN else None,
        "passed_to": decision.passed_to.value if decision.passed_to else None,
        "outcome": decision.outcome,
        "added_at": campaign.last_position,
    }


def _drop_empty_communities(session: Session, campaign: Campaign) -> None:
    """An "all communities" campaign is over those that have residents."""
    if not campaign.all_communities:
        return
    inhabited = select(Resident.community_code).where(Resident.community_code.is_not(None))
    session.execute(
        delete(CampaignCommunity).where(
            CampaignCommunity.campaign_id == campaign.id,
            CampaignCommunity.community_code.not_in(inhabited),
        )
    )
