"""Opening a campaign: its residents become cases, its cases call groups."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Select, delete, exists, insert, select
from sqlalchemy.orm import Session, selectinload

from app.audit import service as audit
from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign, CampaignCommunity
from app.campaigns.rules.following import State, what_follows
from app.campaigns.service import check_say, get_locked
from app.cases.models import CallGroup, Case
from app.cases.rules.groups import Member, form_groups
from app.cases.rules.languages import needed
from app.cases.service.placing import realign
from app.cases.service.release import end_expired
from app.people.models import User
from app.people.rules import STAFF
from app.problems import Problem
from app.residents.models import Household, Resident, ResidentNumber
from app.residents.queries import in_sight

MAY_CLOSE = ("supervisor", "administrator")


def open_campaign(session: Session, actor: User | None, now: datetime, campaign_id: int) -> int:
    """Open a campaign, or add to an open one the residents who came since.

    Returns how many cases were added. Raises NotFoundError, ForbiddenError unless all its
    communities are the actor's, or Problem when the campaign is closed or no community of it
    has a resident.
    """
    check_say(session, actor, campaigns.get_campaign(session, actor, campaign_id), STAFF)
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
    """Close a campaign; what volunteers hold of it is taken back, calls still come in.

    Raises NotFoundError, ForbiddenError unless all its communities are the actor's, or Problem
    when it is not open.
    """
    check_say(session, actor, campaigns.get_campaign(session, actor, campaign_id), MAY_CLOSE)
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
    query = (
        select(Resident)
        .outerjoin(Household, Household.id == Resident.household_id)
        .where(*_waits(campaign))
        .order_by(Resident.community_code, Household.address_key, Resident.id)
        .options(selectinload(Resident.lines), selectinload(Resident.household))
    )
    return session.scalars(query).all()


def _waits(campaign: Campaign) -> tuple[ColumnElement[bool], ...]:
    """A resident of the campaign's communities who has no case in it."""
    has_case = exists().where(Case.campaign_id == campaign.id, Case.resident_id == Resident.id)
    covered = select(CampaignCommunity.community_code).where(
        CampaignCommunity.campaign_id == campaign.id
    )
    return Resident.community_code.in_(covered), ~has_case, in_sight()


def _add_cases(session: Session, campaign: Campaign, now: datetime) -> int:
    newcomers = {resident.id: resident for resident in waiting_residents(session, campaign)}
    if not newcomers:
        return 0
    members, within_reach = _settled(session, campaign)
    standing = {member.id: member.group for member in members}
    members += [_member(resident, None) for resident in newcomers.values()]
    fresh, joining = [], []
    for ids in form_groups(members):
        group_id = next((standing[i] for i in ids if i in standing), None)
        group = [newcomers[i] for i in ids if i in newcomers]
        if group and group_id is None:
            fresh.append(group)
        elif group and group_id in within_reach:
            joining.append((within_reach[group_id], group))
    if campaign.status == "open" and (fresh or joining):
        _take_position(campaign, now)
    return _add_groups(session, campaign, fresh, now) + _join_groups(
        session, campaign, joining, now
    )


def _member(resident: Resident, group_id: int | None) -> Member:
    numbers = tuple(line.number_id for line in resident.lines)
    return Member(resident.id, resident.household_id, numbers, group_id)


def _settled(session: Session, campaign: Campaign) -> tuple[list[Member], dict[int, CallGroup]]:
    """Return who is in a group that a newcomer may join, and of these groups those not locked.

    A claim or a save that has locked a group may be waiting for the campaign's row, which is
    ours: such a group is passed over, and who belongs to it comes in with the next addition.
    """
    groups = _groups_of_newcomers(campaign)
    query = select(CallGroup).where(CallGroup.id.in_(groups)).order_by(CallGroup.id)
    query = query.with_for_update(skip_locked=True)
    free = session.scalars(query.execution_options(populate_existing=True)).all()
    rows = session.execute(
        select(Resident, Case.group_id)
        .join(Case, Case.resident_id == Resident.id)
        .where(Case.group_id.in_(groups))
        .order_by(Case.id)
        .options(selectinload(Resident.lines))
    )
    return [_member(resident, group_id) for resident, group_id in rows], {g.id: g for g in free}


def _groups_of_newcomers(campaign: Campaign) -> Select[int]:
    """The groups of those who share a household or a number with somebody who has no case."""
    homes = select(Resident.household_id).where(*_waits(campaign))
    numbers = (
        select(ResidentNumber.number_id)
        .join(Resident, Resident.id == ResidentNumber.resident_id)
        .where(*_waits(campaign))
    )
    mates = select(ResidentNumber.resident_id).where(ResidentNumber.number_id.in_(numbers))
    return (
        select(Case.group_id)
        .join(Resident, Resident.id == Case.resident_id)
        .where(
            Case.campaign_id == campaign.id,
            Resident.household_id.in_(homes) | Resident.id.in_(mates),
        )
    )


def _add_groups(
    session: Session, campaign: Campaign, groups: Sequence[Sequence[Resident]], now: datetime
) -> int:
    if not groups:
        return 0
    rows = [_group_row(campaign, group, now) for group in groups]
    spoken = {*campaign.languages, *(str(row["language"]) for row in rows if row["language"])}
    campaign.languages = sorted(spoken)
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


def _join_groups(
    session: Session,
    campaign: Campaign,
    joining: Sequence[tuple[CallGroup, Sequence[Resident]]],
    now: datetime,
) -> int:
    """Add newcomers to groups that exist, ready when their housemates are.

    In a group that somebody holds they wait as open, and are counted once it is given back.
    """
    cases = [
        _case_row(campaign, group.id, resident, max(now, group.ready_at or now))
        for group, residents in joining
        for resident in residents
    ]
    if cases:
        session.execute(insert(Case), cases)
        free = [group.id for group, _residents in joining if group.batch_id is None]
        realign(session, free, now)
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
        "language": needed(resident.language for resident in group),
        "priority": 5,
        "ready_at": now if ringable else None,
        "open_cases": ringable,
        "address_key": first.household.address_key if first.household else "",
    }


def _case_row(
    campaign: Campaign, group_id: int, resident: Resident, ready_at: datetime
) -> dict[str, object]:
    decision = what_follows(campaign.rules, [], len(resident.lines), ready_at)
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
