"""Reads about calls: the history of a case, and a volunteer's own calls."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.calls.models import Call, Dial
from app.calls.rules import effective
from app.campaigns.models import Campaign
from app.cases.models import Batch, CallGroup, Case, Hold
from app.people.models import User
from app.problems import NotFoundError
from app.residents.models import Household, Resident
from app.territory.models import Building

ASKED_FOR = timedelta(days=30)
"""How long a volunteer is asked what came of a dial: as long as a ticket hands its call in."""
MOST_LOOSE = 50


def history_of(
    session: Session, case_ids: Sequence[int], position: int | None = None
) -> dict[int, list[Call]]:
    """Return the effective calls of each case, newest first; at a position, as they stood then."""
    query = select(Call).where(Call.case_id.in_(case_ids))
    if position is not None:
        query = query.where(Call.position <= position)
    by_case: dict[int, list[Call]] = defaultdict(list)
    for call in session.scalars(query):
        by_case[call.case_id].append(call)
    return {case_id: _newest_first(calls) for case_id, calls in by_case.items()}


def _newest_first(calls: list[Call]) -> list[Call]:
    last = {call.id for call in effective(calls)}
    found = [call for call in calls if call.id in last]
    return sorted(found, key=lambda call: call.started_at, reverse=True)


def count_rung_in(session: Session, batch_ids: Collection[int]) -> int:
    """Return how many cases were rung in these batches and are in them no more."""
    query = (
        select(func.count(Call.case_id.distinct()))
        .join(Case, Case.id == Call.case_id)
        .where(Call.batch_id.in_(batch_ids), Call.applied, ~Call.desk, Case.state != "held")
    )
    return session.scalar(query) or 0


def was_recalled(session: Session, user: User, call_id: int) -> bool:
    """Whether staff took back the batch in which the user made this call."""
    query = (
        select(Batch.id)
        .join(Call, Call.batch_id == Batch.id)
        .where(Call.id == call_id, Call.user_id == user.id, Batch.end_reason == "recalled")
    )
    return session.scalar(query) is not None


def own_calls(
    session: Session, user: User, limit: int, offset: int = 0
) -> Sequence[tuple[Call, str, str]]:
    """Return the user's last calls that no correction replaced, with name and building."""
    query = (
        _with_whom(Call, Call.case_id)
        .where(*_stands(user))
        .order_by(Call.recorded_at.desc(), Call.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def count_own(session: Session, user: User) -> int:
    """Return how many calls ``own_calls`` could give."""
    return session.scalar(select(func.count(Call.id)).where(*_stands(user))) or 0


def has_called(session: Session, user: User) -> bool:
    """Whether the user ever saved a call of their own; found by the first row of an index."""
    query = select(Call.id).where(Call.user_id == user.id, ~Call.desk).limit(1)
    return session.scalar(query) is not None


def _stands(user: User) -> tuple[ColumnElement[bool], ...]:
    """A record of the user's that no correction replaced."""
    newer = aliased(Call)
    return Call.user_id == user.id, ~exists().where(newer.corrects_id == Call.id)


def rung_since(session: Session, user: User, since: datetime) -> Sequence[tuple[Call, str, str]]:
    """Return the user's last call out to each resident since then, newest first, with name and
    building: of those who were in the user's hands since then. A call alone would be a way to look
    up whoever one had years ago.
    """
    in_hand = exists().where(
        Hold.group_id == Case.group_id,
        Hold.user_id == user.id,
        Hold.released_at.is_(None) | (Hold.released_at > since),
    )
    latest = (
        select(func.max(Call.id))
        .where(
            Call.user_id == user.id, Call.recorded_at >= since, Call.direction == "out", ~Call.desk
        )
        .group_by(Call.case_id)
    )
    query = _with_whom(Call, Call.case_id).where(Call.id.in_(latest), in_hand)
    query = query.order_by(Call.started_at.desc(), Call.id.desc())
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def rung_by_others(
    session: Session, resident_ids: Collection[int], campaign_id: int
) -> Mapping[int, tuple[datetime, str]]:
    """Return when another campaign last rang each resident, and its title."""
    query = (
        select(Case.resident_id, Call.started_at, Campaign.title)
        .join(Call, Call.case_id == Case.id)
        .join(Campaign, Campaign.id == Call.campaign_id)
        .where(
            Case.resident_id.in_(resident_ids),
            Case.campaign_id != campaign_id,
            Call.direction == "out",
            ~Call.voided,
        )
        .order_by(Call.started_at)
    )
    return {resident_id: (when, title) for resident_id, when, title in session.execute(query)}


def is_taken_back(session: Session, call: Call) -> bool:
    """Whether the call was undone after it had been saved."""
    query = select(Call.id).where(Call.corrects_id == call.id, Call.voided)
    return call.voided or session.scalar(query) is not None


def loose(
    at: datetime | None = None, campaign_id: int = 0, position: int = 0
) -> ColumnElement[bool]:
    """A dial of which its user has not said since what came of it, or that nothing did.

    What they say of the number says it of everybody who has the number. With ``at``, and the
    position of a campaign's calls by then, as it stood then.
    """
    newer = aliased(Call)
    taken_back = [newer.corrects_id == Call.id, newer.voided]
    said = [
        Call.user_id == Dial.user_id,
        or_(Call.case_id == Dial.case_id, Call.number_id == Dial.number_id),
        Call.recorded_at >= Dial.dialled_at,
        Call.corrects_id.is_(None),
        ~Call.desk,
    ]
    stands: ColumnElement[bool] = Dial.withdrawn_at.is_(None)
    if at is not None:
        stands = or_(stands, Dial.withdrawn_at > at)
        said += [Call.campaign_id == campaign_id, Call.position <= position]
        taken_back.append(newer.position <= position)
    return and_(stands, ~exists().where(*said, ~exists().where(*taken_back)))


def loose_on(session: Session, user: User, case_id: int) -> Sequence[Dial]:
    """Return the user's dials on a case of which nothing was said, the newest first."""
    query = select(Dial).where(Dial.user_id == user.id, Dial.case_id == case_id, loose())
    return session.scalars(query.order_by(Dial.dialled_at.desc())).all()


def loose_dials(session: Session, user: User, now: datetime) -> Sequence[tuple[Dial, str, str]]:
    """Return the user's last dial on each case of which nothing was said, newest first, with name
    and building.
    """
    last = (
        select(func.max(Dial.id))
        .where(Dial.user_id == user.id, Dial.dialled_at > now - ASKED_FOR, loose())
        .group_by(Dial.case_id)
    )
    query = _with_whom(Dial, Dial.case_id).where(Dial.id.in_(last))
    query = query.order_by(Dial.dialled_at.desc()).limit(MOST_LOOSE)
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def in_hand(session: Session, user: User, case_ids: Collection[int]) -> set[int]:
    """Return those of the cases that are in the user's hands."""
    query = (
        select(Case.id)
        .join(CallGroup, CallGroup.id == Case.group_id)
        .join(Batch, Batch.id == CallGroup.batch_id)
        .where(
            Case.id.in_(case_ids), Case.state == "held", Batch.user_id == user.id,
            Batch.ended_at.is_(None), Batch.is_accepted,
        )
    )  # fmt: skip
    return set(session.scalars(query))


def who(session: Session, what: Call | Dial) -> tuple[str, str]:
    """Return the name and the building of the resident whom a call or a dial was about."""
    kind = type(what)
    row = session.execute(_with_whom(kind.id, kind.case_id).where(kind.id == what.id)).one()
    return row[1], row[2]


def of_cases(session: Session, case_ids: Collection[int]) -> Mapping[int, tuple[Case, str, str]]:
    """Return these cases, each with the name and the building of its resident."""
    query = _named(select(Case, Resident.name, _BUILDING).select_from(Case))
    rows = session.execute(query.where(Case.id.in_(case_ids)))
    return {case.id: (case, name, building) for case, name, building in rows}


_BUILDING = func.coalesce(Building.estate, "").concat(func.coalesce(Building.name, ""))


def _with_whom(what: Any, case_id: Any) -> Select[Any]:
    """A query of what was done to a case, with name and building: as much as a volunteer sees of
    earlier ones.
    """
    query = select(what, Resident.name, _BUILDING).select_from(case_id.class_)
    return _named(query.join(Case, Case.id == case_id))


def _named(query: Any) -> Select[Any]:
    """Add the resident of a query's cases, with the building."""
    named: Select[Any] = (
        query.join(Resident, Resident.id == Case.resident_id)
        .outerjoin(Household, Household.id == Resident.household_id)
        .outerjoin(Building, Building.id == Household.building_id)
    )
    return named


def get_own_call(session: Session, user: User, call_id: int) -> Call:
    """Return the user's call. Raises NotFoundError for another's."""
    call = session.scalar(select(Call).where(Call.id == call_id, Call.user_id == user.id))
    if call is None:
        raise NotFoundError(f"call {call_id}")
    return call


def count_since(session: Session, user: User, campaign_id: int, since: datetime) -> int:
    """Return how many calls of the campaign the user has recorded since then.

    One that settled several residents is one call; a correction is none, nor is one taken back.
    """
    newer = aliased(Call)
    query = select(func.count()).where(
        Call.user_id == user.id,
        ~exists().where(newer.corrects_id == Call.id, newer.voided),
        Call.campaign_id == campaign_id,
        Call.recorded_at >= since,
        Call.corrects_id.is_(None),
        Call.with_call_id.is_(None),
    )
    return session.scalar(query) or 0
