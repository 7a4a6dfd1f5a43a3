"""The queries that find rows breaking a law of calls."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.calls import rules
from app.calls.models import Call, Dial
from app.campaigns.models import Campaign
from app.campaigns.rules.calling import CallingRules
from app.campaigns.rules.following import attempts, what_follows
from app.cases.invariants import Finding
from app.cases.models import Case
from app.residents.models import ResidentNumber

ANY_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands for the clock where what is worked out does not depend on it."""


def append_only(session: Session) -> Iterator[Finding]:
    """A call is corrected at most once, by a later record of the same case."""
    newer = aliased(Call)
    twice = (
        select(Call.corrects_id)
        .where(Call.corrects_id.is_not(None))
        .group_by(Call.corrects_id)
        .having(func.count() > 1)
    )
    for call_id in session.scalars(twice):
        yield Finding("append_only", f"calls {call_id}", "corrected more than once")
    astray = (
        select(newer.id)
        .join(Call, Call.id == newer.corrects_id)
        .where((newer.case_id != Call.case_id) | (newer.position <= Call.position))
    )
    for call_id in session.scalars(astray):
        yield Finding("append_only", f"calls {call_id}", "corrects a call of another case or later")


def no_call_lost(session: Session) -> Iterator[Finding]:
    """Every call took effect or says why not; positions run from 1 without a gap.

    Residents who came later took one each time they were added.
    """
    silent = select(Call.id).where(
        (Call.applied & Call.state_after.is_(None)) | (~Call.applied & Call.reason.is_(None))
    )
    for call_id in session.scalars(silent):
        yield Finding("no_call_lost", f"calls {call_id}", "neither took effect nor says why not")
    counted = (
        select(Campaign, func.count(Call.id), func.coalesce(func.max(Call.position), 0))
        .outerjoin(Call, Call.campaign_id == Campaign.id)
        .group_by(Campaign.id)
    )
    for campaign, calls, highest in session.execute(counted):
        last, taken = campaign.last_position, calls + len(campaign.additions)
        if last != taken or highest > last:
            what = f"{taken} taken up to position {highest}, but the last position is {last}"
            yield Finding("no_call_lost", f"campaigns {campaign.id}", what)


def derivable(session: Session) -> Iterator[Finding]:
    """Each case is what its calls make it, worked out again here.

    All but the time at which it is ready: that one depends on when it was decided.
    """
    calls = session.scalars(select(Call).order_by(Call.case_id, Call.position))
    by_case = {case_id: list(rows) for case_id, rows in groupby(calls, key=lambda c: c.case_id)}
    numbers, taps = _numbers(session), _taps(session)
    query = select(Case, Campaign).join(Campaign, Campaign.id == Case.campaign_id)
    for case, campaign in session.execute(query):
        mine = numbers.get(case.resident_id, set())
        told = by_case.get(case.id, [])
        known = rules.known_taps(taps.get(case.id, []), told)
        what = _contradiction(campaign.rules, case, told, mine, known)
        if what:
            yield Finding("derivable", f"cases {case.id}", what)


def _numbers(session: Session) -> dict[int, set[int]]:
    numbers: dict[int, set[int]] = {}
    rows = session.execute(select(ResidentNumber.resident_id, ResidentNumber.number_id))
    for resident_id, number_id in rows:
        numbers.setdefault(resident_id, set()).add(number_id)
    return numbers


def _taps(session: Session) -> dict[int, list[Dial]]:
    taps: dict[int, list[Dial]] = {}
    for tap in session.scalars(select(Dial)):
        taps.setdefault(tap.case_id, []).append(tap)
    return taps


def _contradiction(
    calling: CallingRules,
    case: Case,
    calls: Sequence[Call],
    numbers: set[int],
    taps: Sequence[rules.Tapped],
) -> str:
    past = rules.history(calls, ANY_MOMENT)
    if case.attempts != attempts(past):
        return f"says {case.attempts} attempts, but its calls say otherwise"
    usable = len(numbers - rules.wrong_numbers(past))
    loose = rules.loose_taps(taps, calls, ANY_MOMENT)
    decision = what_follows(calling, past, usable, ANY_MOMENT, loose)
    passed_to = decision.passed_to.value if decision.passed_to else None
    state = "open" if case.state == "held" else case.state
    says = (state, case.outcome, case.passed_to)
    due = (decision.state.value, decision.outcome, passed_to)
    return "" if says == due else f"is {_words(says)}, its calls make it {_words(due)}"


def _words(facts: Iterable[str | None]) -> str:
    return ", ".join(fact for fact in facts if fact)


LAWS = {"append_only": append_only, "no_call_lost": no_call_lost, "derivable": derivable}
