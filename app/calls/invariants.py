"""The queries that find rows breaking a law of calls."""

from collections.abc import Iterator
from itertools import groupby

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.calls.models import Call
from app.calls.rules import effective
from app.campaigns.models import Campaign
from app.campaigns.rules.outcome import ELIGIBLE_NOT_REACHED, UNKNOWN, outcome_of
from app.cases.invariants import Finding
from app.cases.models import Case


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
    """Each case is what its calls make it, worked out again here."""
    calls = session.scalars(select(Call).order_by(Call.case_id, Call.position))
    by_case = {case_id: list(rows) for case_id, rows in groupby(calls, key=lambda c: c.case_id)}
    for case in session.scalars(select(Case)):
        what = _contradiction(case, by_case.get(case.id, []))
        if what:
            yield Finding("derivable", f"cases {case.id}", what)


def _contradiction(case: Case, calls: list[Call]) -> str:
    past = effective(calls)
    if case.attempts != sum(call.direction == "out" for call in past):
        return f"says {case.attempts} attempts, but its calls say otherwise"
    last_made = case.passed_to == "door_list" or case.outcome in {UNKNOWN, ELIGIBLE_NOT_REACHED}
    outcome = outcome_of([call.disposition for call in past], last_attempt_made=last_made)
    if case.outcome != outcome:
        return f"says {case.outcome}, its calls say {outcome}"
    applied = [call for call in calls if call.applied]
    if applied and case.state != "held" and applied[-1].state_after != case.state:
        return f"is {case.state}, its last call left it {applied[-1].state_after}"
    return ""


LAWS = {"append_only": append_only, "no_call_lost": no_call_lost, "derivable": derivable}
