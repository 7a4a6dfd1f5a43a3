"""Saving a call. A call that took place is kept, whoever holds the case by then."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.calls import rules
from app.calls.models import Call
from app.calls.rules import CallInput
from app.campaigns.models import Campaign
from app.campaigns.rules.dispositions import DISPOSITIONS
from app.campaigns.rules.following import Decision, PastCall, what_follows
from app.cases import queries as cases
from app.cases.models import Batch, CallGroup, Case
from app.cases.rules.turns import whom_to_avoid
from app.cases.service import settling
from app.people.models import User
from app.problems import NotFoundError, Problem
from app.residents.models import Number, ResidentNumber


@dataclass(frozen=True)
class Saved:
    """A recorded call, and whether this save was a repetition of an earlier one."""

    call: Call
    repeated: bool


def record(
    session: Session, actor: User, now: datetime, case_id: int, call: CallInput, key: str
) -> Saved:
    """Record a call on a case that the actor holds or once held.

    ``now`` is in the deployment's zone. The same key with the same call answers the same again;
    with another call it raises Problem ``key_reused``. Raises NotFoundError for a case the
    actor never held, Problem for a call that can't be one. What can't take effect any more is
    kept with the reason: ``campaign_closed``, ``already_done``, ``stale_hold``.
    """
    if not key or len(key) > rules.LONGEST_KEY:
        raise Problem("key_missing", values={"longest": rules.LONGEST_KEY})
    case, group, batch = locked(session, actor, case_id)
    # Looked for under the lock, so that two deliveries of one save can't both be the first.
    fingerprint = rules.fingerprint(case_id, call)
    earlier = _earlier(session, actor, key)
    if earlier is not None:
        if earlier.request_hash != fingerprint:
            raise Problem("key_reused")
        return Saved(earlier, repeated=True)
    campaign = session.get_one(Campaign, case.campaign_id)
    rules.check(call, campaign.dispositions, now)
    others = _others(session, group, case, call.also)
    number_id = _number_id(session, case, call.number)
    first = _record_one(session, actor, now, campaign, case, batch, call, number_id)
    first.idempotency_key, first.request_hash = key, fingerprint
    session.flush()
    for other in others:
        row = _record_one(session, actor, now, campaign, other, batch, call, number_id)
        row.with_call_id, row.request_hash = first.id, fingerprint
        session.flush()
    _note_reached(session, campaign, number_id, call)
    _settle(session, actor, group, batch, campaign, now)
    audit.record(session, actor.id, now, "call_recorded", "call", first.id, case=case.id)
    return Saved(first, repeated=False)


def _earlier(session: Session, actor: User, key: str) -> Call | None:
    query = select(Call).where(Call.user_id == actor.id, Call.idempotency_key == key)
    return session.scalar(query)


def locked(session: Session, actor: User, case_id: int) -> tuple[Case, CallGroup, Batch | None]:
    """Return the case with its group and the batch that holds it, locked in the house's order.

    Batch, then group, then case, and the campaign last: whoever locks more than one of them
    does so in this order, or passes over what is locked. Raises NotFoundError for a case that
    the actor never held.
    """
    group_id = session.scalar(select(Case.group_id).where(Case.id == case_id))
    if group_id is None or not cases.has_held(session, actor, group_id):
        raise NotFoundError(f"case {case_id}")
    batch_id = session.scalar(select(CallGroup.batch_id).where(CallGroup.id == group_id))
    batch = batch_id and session.get(Batch, batch_id, with_for_update=True)
    group = session.get_one(CallGroup, group_id, with_for_update=True, populate_existing=True)
    case = session.get_one(Case, case_id, with_for_update=True, populate_existing=True)
    if not batch or group.batch_id != batch.id:
        batch = None
    return case, group, batch


def _others(session: Session, group: CallGroup, case: Case, also: tuple[int, ...]) -> list[Case]:
    wanted = set(also) - {case.id}
    if not wanted:
        return []
    query = select(Case).where(Case.id.in_(wanted), Case.group_id == group.id).order_by(Case.id)
    found = list(session.scalars(query.with_for_update()))
    if len(found) != len(wanted):
        raise Problem("also_elsewhere", field="also")
    return found


def _number_id(session: Session, case: Case, value: str | None) -> int | None:
    if value is None:
        return None
    query = (
        select(Number.id)
        .join(ResidentNumber, ResidentNumber.number_id == Number.id)
        .where(ResidentNumber.resident_id == case.resident_id, Number.value == value)
    )
    number_id = session.scalar(query)
    if number_id is None:
        raise Problem("number_elsewhere", field="number")
    return number_id


def _record_one(
    session: Session,
    actor: User,
    now: datetime,
    campaign: Campaign,
    case: Case,
    batch: Batch | None,
    call: CallInput,
    number_id: int | None,
) -> Call:
    reason = _why_not(actor, campaign, case, batch, call.hold)
    row = Call(
        campaign_id=case.campaign_id, community_code=case.community_code, case_id=case.id,
        user_id=actor.id, number_id=number_id, direction=call.direction,
        disposition=call.disposition, started_at=call.started_at, ended_at=call.ended_at,
        recorded_at=now, note=call.note.strip(), callback_at=call.callback_at,
        applied=reason is None, reason=reason, position=next_position(session, campaign),
    )  # fmt: skip
    session.add(row)
    if row.applied:
        row.request_hash = ""
        session.flush()
        decide(session, campaign, case, row, now)
    return row


def _why_not(
    actor: User, campaign: Campaign, case: Case, batch: Batch | None, hold: int | None
) -> str | None:
    if campaign.status != "open":
        return "campaign_closed"
    if case.state in {"done", "passed"}:
        return "already_done"
    holds = case.state == "held" and batch is not None and batch.user_id == actor.id
    if not holds or (hold is not None and batch is not None and hold != batch.id):
        return "stale_hold"
    return None


def next_position(session: Session, campaign: Campaign) -> int:
    """Return the campaign's next sequence number.

    The update locks the campaign's row until the commit, so that positions come into sight in
    their order: a report as of position n never misses a call before n.
    """
    return session.scalars(
        update(Campaign)
        .where(Campaign.id == campaign.id)
        .values(last_position=Campaign.last_position + 1)
        .returning(Campaign.last_position)
        .execution_options(synchronize_session=False)
    ).one()


def decide(session: Session, campaign: Campaign, case: Case, call: Call, now: datetime) -> None:
    """Work out again what the case has come to, from all its calls, and write it down."""
    calls = list(session.scalars(select(Call).where(Call.case_id == case.id)))
    past = rules.without_passed_appointments(rules.history(calls, now), now)
    numbers = set(
        session.scalars(
            select(ResidentNumber.number_id).where(ResidentNumber.resident_id == case.resident_id)
        )
    )
    usable = len(numbers - rules.wrong_numbers(past))
    decision = what_follows(campaign.rules, past, usable, now)
    settling.apply_decision(case, decision)
    case.attempts = sum(item.direction == "out" for item in past)
    case.last_disposition = past[-1].disposition if past else None
    case.last_call_at = past[-1].started_at if past else None
    _note_whose_turn(session, case, past, decision)
    call.state_after = decision.state.value
    call.passed_to_after = case.passed_to
    call.outcome_after = decision.outcome


def _note_whose_turn(
    session: Session, case: Case, past: Sequence[PastCall], decision: Decision
) -> None:
    """The last call decides whose turn it is, even when an earlier one is corrected.

    Whom to avoid is worked out from all that wait: a call on one member of a household says
    nothing of who may ring another.
    """
    group = session.get_one(CallGroup, case.group_id)
    if decision.appointment:
        group.appointment_user_id = past[-1].user_id
    session.flush()
    group.avoid_user_id = whom_to_avoid(_waiting_histories(session, group, past[-1].started_at))


def _waiting_histories(
    session: Session, group: CallGroup, zone: datetime
) -> Iterator[list[PastCall]]:
    query = (
        select(Call)
        .join(Case, Case.id == Call.case_id)
        .where(Case.group_id == group.id, Case.state.in_(("open", "held")))
        .order_by(Call.case_id)
    )
    for _case_id, calls in groupby(session.scalars(query), key=lambda call: call.case_id):
        yield rules.history(calls, zone)


def _note_reached(
    session: Session, campaign: Campaign, number_id: int | None, call: CallInput
) -> None:
    """Other campaigns leave a number alone for a while once somebody was reached on it."""
    if number_id is not None and DISPOSITIONS[call.disposition].reached:
        number = session.get_one(Number, number_id)
        number.reached_at, number.reached_campaign_id = call.ended_at, campaign.id


def _settle(
    session: Session,
    actor: User,
    group: CallGroup,
    batch: Batch | None,
    campaign: Campaign,
    now: datetime,
) -> None:
    settling.regroup(session, group, now)
    if batch is not None:
        settling.renew_or_end(session, batch, actor, campaign.rules, now)
