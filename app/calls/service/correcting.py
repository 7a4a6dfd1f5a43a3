"""Correcting a call: a new record that names the old one; nothing is overwritten."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.calls import rules
from app.calls.models import Call
from app.calls.rules import CallInput
from app.calls.service import recording
from app.calls.service.recording import decide, locked, next_position
from app.campaigns.models import Campaign
from app.cases.models import Case
from app.cases.service import settling
from app.people.models import User
from app.problems import NotFoundError, Problem


def correct(
    session: Session,
    actor: User,
    now: datetime,
    call_id: int,
    wanted: CallInput,
    *,
    together: bool = False,
) -> Call:
    """Replace what the actor once said of a call; the case is worked out again from all calls.

    Of ``wanted`` the disposition, note and call-back count; the times are the call's own.
    ``together`` corrects the other cases too that the same call settled. Raises NotFoundError
    for another's call, Problem for one that was corrected already.
    """
    original = session.scalar(select(Call).where(Call.id == call_id, Call.user_id == actor.id))
    if original is None:
        raise NotFoundError(f"call {call_id}")
    campaign = session.get_one(Campaign, original.campaign_id)
    rules.check(wanted, campaign.dispositions, now)
    case, group, batch = locked(session, actor, original.case_id)
    if session.scalar(select(Call.id).where(Call.corrects_id == call_id)):
        raise Problem("already_corrected")
    row = _correct_one(session, campaign, case, original, wanted, now)
    for other in settled_together(session, original) if together else ():
        member = session.get_one(Case, other.case_id, with_for_update=True, populate_existing=True)
        _correct_one(session, campaign, member, other, wanted, now)
    settling.regroup(session, group, now)
    if batch is not None and row.applied:
        settling.renew_or_end(session, batch, actor, campaign.rules, now)
    audit.record(session, actor.id, now, "call_corrected", "call", row.id, corrects=call_id)
    return row


def settled_together(session: Session, call: Call) -> Sequence[Call]:
    """Return the newest records of the other cases that one call settled with this one's."""
    first = call
    while first.corrects_id is not None:
        first = session.get_one(Call, first.corrects_id)
    root = first.with_call_id or first.id
    is_of_it = (Call.with_call_id == root) | (Call.id == root)
    query = select(Call).where(is_of_it, Call.corrects_id.is_(None), Call.id != first.id)
    return [_newest(session, other) for other in session.scalars(query.order_by(Call.id))]


def _newest(session: Session, call: Call) -> Call:
    while newer := session.scalar(select(Call).where(Call.corrects_id == call.id)):
        call = newer
    return call


def _correct_one(
    session: Session,
    campaign: Campaign,
    case: Case,
    original: Call,
    wanted: CallInput,
    now: datetime,
) -> Call:
    row = _correction(session, campaign, original, wanted, now)
    if row.applied:
        _decide_again(session, campaign, case, row, now)
    return row


def save_or_correct(
    session: Session, actor: User, now: datetime, case_id: int, call: CallInput, key: str
) -> Call:
    """Record a call; the same form sent again with another answer is a correction of it.

    Whoever goes back in the browser and chooses again means what was chosen last.
    """
    try:
        return recording.record(session, actor, now, case_id, call, key).call
    except Problem as problem:
        if problem.code != "key_reused":
            raise
    latest = _latest(session, actor, key)
    if latest.case_id != case_id:
        raise Problem("key_reused")
    said = (latest.disposition, latest.note, latest.callback_at)
    if said == (call.disposition, call.note.strip(), call.callback_at):
        return latest
    return correct(session, actor, now, latest.id, call, together=True)


def _latest(session: Session, actor: User, key: str) -> Call:
    """The call saved under the key, or its newest correction."""
    query = select(Call).where(Call.user_id == actor.id, Call.idempotency_key == key)
    return _newest(session, session.scalars(query).one())


def _correction(
    session: Session, campaign: Campaign, original: Call, wanted: CallInput, now: datetime
) -> Call:
    reason = original.reason if campaign.status == "open" else "campaign_closed"
    row = Call(
        campaign_id=original.campaign_id, community_code=original.community_code,
        case_id=original.case_id, user_id=original.user_id, number_id=original.number_id,
        direction=original.direction, disposition=wanted.disposition,
        started_at=original.started_at, ended_at=original.ended_at, recorded_at=now,
        note=wanted.note.strip(), callback_at=wanted.callback_at, applied=reason is None,
        reason=reason, corrects_id=original.id, with_call_id=original.with_call_id, request_hash="",
        position=next_position(session, campaign),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def _decide_again(
    session: Session, campaign: Campaign, case: Case, row: Call, now: datetime
) -> None:
    """A case in a volunteer's hands stays there, unless the correction has settled it."""
    was_held = case.state == "held"
    decide(session, campaign, case, row, now)
    if was_held and case.state == "open":
        case.state = "held"
