"""Counts: how far a campaign is, now and as of a position in its sequence of calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Exists, Select, and_, case, exists, func, select
from sqlalchemy.orm import Session, aliased

from app.calls.models import Call
from app.campaigns.models import Campaign
from app.campaigns.queries import communities_of
from app.campaigns.rules.dispositions import DISPOSITIONS
from app.cases.models import Batch, CallGroup, Case
from app.people.models import User
from app.problems import NotFoundError
from app.progress.rules.counting import Tally
from app.residents.models import Household, Resident, ResidentNumber
from app.territory.models import Building, Community


@dataclass(frozen=True)
class CommunityProgress:
    """A community of a campaign with its counts."""

    community: Community
    tally: Tally


@dataclass(frozen=True)
class VolunteerProgress:
    """What one volunteer has done in a campaign; a call on a household is one call."""

    user: User
    calls: int
    reached: int
    completed: int
    held: int
    last_call_at: datetime | None


@dataclass(frozen=True)
class BatchWork:
    """What was done in a batch, counted as a volunteer's work is."""

    calls: int
    completed: int
    dispositions: dict[str, int]
    """Calls by what they came to, in the order in which volunteers see them."""


@dataclass(frozen=True)
class CaseAsOf:
    """A case as it stood at a position."""

    case_id: int
    name: str
    address: str
    building: str
    has_number: bool
    state: str | None
    passed_to: str | None
    outcome: str
    attempts: int
    last_call_at: datetime | None


def by_community(
    session: Session, campaign: Campaign, user: User | None
) -> list[CommunityProgress]:
    """Return the counts of each community of the campaign that the user may see."""
    communities = communities_of(session, campaign, user)
    tallies = {community.code: Tally() for community in communities}
    columns = (Case.community_code, Case.state, Case.passed_to, Case.outcome)
    query = select(*columns, func.count()).where(
        Case.campaign_id == campaign.id, Case.community_code.in_(tallies)
    )
    for code, state, passed_to, outcome, number in session.execute(query.group_by(*columns)):
        tallies[code].add(state, passed_to, outcome, number)
    return [CommunityProgress(community, tallies[community.code]) for community in communities]


def by_community_as_of(
    session: Session, campaign: Campaign, user: User | None, position: int
) -> list[CommunityProgress]:
    """Return the counts of ``by_community`` as they stood at a position; who held what is not told.

    In one query, however many communities there are: no case is loaded.
    """
    communities = communities_of(session, campaign, user)
    tallies = {community.code: Tally() for community in communities}
    last = (
        select(Call.case_id, func.max(Call.position).label("position"))
        .where(Call.campaign_id == campaign.id, Call.position <= position, Call.applied)
        .where(Call.community_code.in_(tallies))
        .group_by(Call.case_id)
        .subquery()
    )
    outcome = func.coalesce(Call.outcome_after, "not_attempted")
    columns = (Case.community_code, Call.state_after, Call.passed_to_after, outcome)
    query = (
        select(*columns, func.count())
        .select_from(Case)
        .outerjoin(last, last.c.case_id == Case.id)
        .outerjoin(Call, and_(Call.campaign_id == campaign.id, Call.position == last.c.position))
        .where(Case.campaign_id == campaign.id, Case.community_code.in_(tallies))
        .where(Case.added_at <= position)
        .group_by(*columns)
    )
    for code, state, passed_to, reached, number in session.execute(query):
        tallies[code].add(state or "open", passed_to, reached, number)
    return [CommunityProgress(community, tallies[community.code]) for community in communities]


def by_volunteer(
    session: Session, campaign: Campaign, codes: Sequence[str], position: int | None = None
) -> list[VolunteerProgress]:
    """Return what each volunteer did in these communities, the busiest first.

    At a position, calls up to it are counted, and what anybody holds is left out.
    """
    held = {} if position is not None else _held_by_user(session, campaign, codes)
    # One call on a household is one call, but each resident it completed is completed.
    is_call = Call.with_call_id.is_(None)
    calls = func.sum(case((is_call, 1), else_=0))
    reached = func.sum(case((is_call & Call.disposition.in_(_reached()), 1), else_=0))
    completed = func.sum(case((Call.disposition == "completed", 1), else_=0))
    query = (
        select(User, calls, reached, completed, func.max(Call.started_at))
        .join(Call, Call.user_id == User.id)
        .where(Call.campaign_id == campaign.id, Call.community_code.in_(codes))
        .where(~_is_corrected(position), ~Call.desk, ~Call.voided)
        .group_by(User.id)
        .order_by(calls.desc(), User.id)
    )
    if position is not None:
        query = query.where(Call.position <= position)
    rows = session.execute(query).unique().all()
    found = [
        VolunteerProgress(user, int(n), int(met), int(done), held.pop(user.id, 0), last)
        for user, n, met, done, last in rows
    ]
    return found + _holding_only(session, held)


def of_batch(session: Session, batch_id: int, position: int) -> BatchWork:
    """Return what was done in a batch up to a position."""
    is_call = Call.with_call_id.is_(None)
    query = (
        select(Call.disposition, func.sum(case((is_call, 1), else_=0)), func.count())
        .where(Call.batch_id == batch_id, Call.position <= position)
        .where(~_is_corrected(position), ~Call.desk, ~Call.voided)
        .group_by(Call.disposition)
    )
    found = {code: (int(calls), int(rows)) for code, calls, rows in session.execute(query)}
    calls = {code: found[code][0] for code in DISPOSITIONS if code in found}
    return BatchWork(sum(calls.values()), found.get("completed", (0, 0))[1], calls)


def _reached() -> list[str]:
    return [code for code, row in DISPOSITIONS.items() if row.reached]


def _is_corrected(position: int | None) -> Exists:
    newer = aliased(Call)
    found = exists().where(newer.corrects_id == Call.id)
    return found if position is None else found.where(newer.position <= position)


def _held_by_user(session: Session, campaign: Campaign, codes: Sequence[str]) -> dict[int, int]:
    query = (
        select(Batch.user_id, func.count())
        .join(CallGroup, CallGroup.batch_id == Batch.id)
        .join(Case, and_(Case.group_id == CallGroup.id, Case.state == "held"))
        .where(
            Batch.campaign_id == campaign.id,
            Batch.ended_at.is_(None),
            Case.community_code.in_(codes),
        )
        .group_by(Batch.user_id)
    )
    return {user_id: number for user_id, number in session.execute(query).all()}  # noqa: C416


def _holding_only(session: Session, held: dict[int, int]) -> list[VolunteerProgress]:
    users = session.scalars(select(User).where(User.id.in_(held)).order_by(User.id)).unique()
    return [VolunteerProgress(user, 0, 0, 0, held[user.id], None) for user in users]


def position_at(session: Session, campaign: Campaign, moment: datetime) -> int:
    """Return the position of the last call or addition by then; 0 before the first."""
    query = select(func.coalesce(func.max(Call.position), 0)).where(
        Call.campaign_id == campaign.id, Call.recorded_at <= moment
    )
    added = [at for at, when in campaign.additions if datetime.fromisoformat(when) <= moment]
    return max(session.scalar(query) or 0, *added, 0)


def cases_as_of(
    session: Session, campaign: Campaign, community_code: str, position: int
) -> list[CaseAsOf]:
    """Return every case of the community as it stood then, in the order one walks."""
    last = _last_calls(campaign, community_code, position).subquery()
    query = (
        select(
            Case.id,
            Resident.name,
            func.coalesce(Household.address, ""),
            func.coalesce(Building.estate, "").concat(func.coalesce(Building.name, "")),
            exists().where(ResidentNumber.resident_id == Resident.id),
            Call.state_after,
            Call.passed_to_after,
            func.coalesce(Call.outcome_after, "not_attempted"),
            func.coalesce(last.c.attempts, 0),
            last.c.last_call_at,
        )
        .join(Resident, Resident.id == Case.resident_id)
        .outerjoin(Household, Household.id == Resident.household_id)
        .outerjoin(Building, Building.id == Household.building_id)
        .outerjoin(last, last.c.case_id == Case.id)
        .outerjoin(Call, and_(Call.campaign_id == campaign.id, Call.position == last.c.position))
        .where(
            Case.campaign_id == campaign.id,
            Case.community_code == community_code,
            Case.added_at <= position,
        )
        .order_by(func.coalesce(Household.address_key, ""), Case.id)
    )
    return [CaseAsOf(*row) for row in session.execute(query)]


def _last_calls(
    campaign: Campaign, community_code: str, position: int
) -> Select[int, int, int, datetime]:
    """Each case's last record that took effect, and its attempts by then: how many, the latest.

    The record that settled a case last may correct an early call; a correction has the times of
    the call it corrects, so the latest start is that of a call that counts.
    """
    attempts = func.sum(
        case((and_(Call.corrects_id.is_(None), Call.direction == "out"), 1), else_=0)
    )
    return (
        select(
            Call.case_id,
            func.max(Call.position).label("position"),
            attempts.label("attempts"),
            func.max(Call.started_at).label("last_call_at"),
        )
        .where(
            Call.campaign_id == campaign.id,
            Call.community_code == community_code,
            Call.position <= position,
            Call.applied,
        )
        .group_by(Call.case_id)
    )


def tally_of(cases: Sequence[CaseAsOf]) -> Tally:
    """Count the cases."""
    tally = Tally()
    for item in cases:
        tally.add(item.state or "open", item.passed_to, item.outcome)
    return tally


def buildings_of(
    session: Session, campaign: Campaign, user: User | None, code: str
) -> tuple[Community, Tally, list[tuple[str, Tally]]]:
    """Return a community of the campaign, its counts, and those of each of its buildings.

    Raises NotFoundError for a community outside the campaign or the user's scope.
    """
    places = {place.code: place for place in communities_of(session, campaign, user)}
    if code not in places:
        raise NotFoundError(f"community {code}")
    cases = cases_as_of(session, campaign, code, campaign.last_position)
    buildings: dict[str, list[CaseAsOf]] = {}
    for item in cases:
        buildings.setdefault(item.building, []).append(item)
    lines = [(name, tally_of(members)) for name, members in buildings.items()]
    return places[code], tally_of(cases), lines
