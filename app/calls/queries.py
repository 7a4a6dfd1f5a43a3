"""Reads about calls: the history of a case, and a volunteer's own calls."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from app.calls.models import Call
from app.calls.rules import effective
from app.cases.models import Case
from app.people.models import User
from app.problems import NotFoundError
from app.residents.models import Household, Resident


def history_of(session: Session, case_ids: Sequence[int]) -> dict[int, list[Call]]:
    """Return the effective calls of each case, newest first."""
    rows = session.scalars(select(Call).where(Call.case_id.in_(case_ids)))
    by_case: dict[int, list[Call]] = defaultdict(list)
    for call in rows:
        by_case[call.case_id].append(call)
    return {case_id: _newest_first(calls) for case_id, calls in by_case.items()}


def _newest_first(calls: list[Call]) -> list[Call]:
    last = {call.id for call in effective(calls)}
    found = [call for call in calls if call.id in last]
    return sorted(found, key=lambda call: call.started_at, reverse=True)


def own_calls(session: Session, user: User, limit: int) -> Sequence[tuple[Call, str, str]]:
    """Return the user's last calls that no correction replaced, with name and address."""
    newer = aliased(Call)
    query = (
        select(Call, Resident.name, func.coalesce(Household.address, ""))
        .join(Case, Case.id == Call.case_id)
        .join(Resident, Resident.id == Case.resident_id)
        .outerjoin(Household, Household.id == Resident.household_id)
        .where(Call.user_id == user.id, ~exists().where(newer.corrects_id == Call.id))
        .order_by(Call.position.desc(), Call.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def get_own_call(session: Session, user: User, call_id: int) -> Call:
    """Return the user's call. Raises NotFoundError for another's."""
    call = session.scalar(select(Call).where(Call.id == call_id, Call.user_id == user.id))
    if call is None:
        raise NotFoundError(f"call {call_id}")
    return call


def count_since(session: Session, user: User, since: datetime) -> int:
    """Return how many calls the user has recorded since then, corrections not counted."""
    query = select(func.count()).where(
        Call.user_id == user.id, Call.recorded_at >= since, Call.corrects_id.is_(None)
    )
    return session.scalar(query) or 0
