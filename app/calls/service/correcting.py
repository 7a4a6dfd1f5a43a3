"""Correcting a call: a new record that names the old one; nothing is overwritten."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.calls import rules
from app.calls.models import Call
from app.calls.rules import CallInput
from app.calls.service import recording
from app.calls.service.deciding import Histories, decide, next_position, spare
from app.campaigns.models import Campaign
from app.campaigns.rules.dispositions import OUT_OF_SERVICE
from app.cases.service import retaking
from app.cases.service.standing import Standing, lock
from app.people.models import User
from app.problems import NotFoundError, Problem

UNDO_LASTS = timedelta(minutes=5)
"""How long the last save can be taken back, and corrected without saying why."""
LONGEST_REASON = 200


@dataclass(frozen=True)
class _Correction:
    """One correction under way: what is the same for every case that it puts right."""

    session: Session
    active: bool
    """Whether the account of who corrects is in use: else a correction is kept only."""
    now: datetime
    campaign: Campaign
    standing: Standing
    histories: Histories
    wanted: CallInput
    reason: str = ""
    voided: bool = False


def correct(
    session: Session,
    actor: User,
    now: datetime,
    call_id: int,
    wanted: CallInput,
    *,
    together: bool = False,
    reason: str = "",
) -> Call:
    """Replace what the actor once said of a call; the case is worked out again from all calls.

    Of ``wanted`` the disposition, note and call-back count; the times are the call's own.
    ``together`` corrects the other cases too that the same call settled; but where a number was
    out of service and is not after all, what was noted of housemates for that is taken back.
    Raises NotFoundError for another's call, Problem for one that was corrected already.
    """
    original = _own(session, actor, call_id)
    rules.check(wanted, now)
    if len(reason) > LONGEST_REASON:
        raise Problem("reason_long", field="reason", values={"longest": LONGEST_REASON})
    change = _begin(session, actor, original, wanted, now, reason=reason.strip())
    row = _correct_all(change, original, together=together)
    _finish(change, actor)
    audit.record(session, actor.id, now, "call_corrected", "call", row.id, corrects=call_id)
    return row


def undo(session: Session, actor: User, now: datetime, call_id: int) -> Call:
    """Take the actor's last save back, with all it settled, as if it had not been made.

    The cases return to the actor's hands, unless somebody else has them by then. Raises
    NotFoundError for another's call; Problem ``undo_late`` after some minutes, ``undo_not_last``
    for an earlier one, ``already_corrected`` for one that was corrected or undone.
    """
    original = _own(session, actor, call_id)
    if not is_fresh(original, now):
        raise Problem("undo_late", values={"minutes": UNDO_LASTS // timedelta(minutes=1)})
    if last_of(session, actor) != call_id:
        raise Problem("undo_not_last")
    wanted = CallInput(original.disposition, original.started_at, original.ended_at)
    wanted = replace(wanted, note=original.note)
    together = [original, *settled_together(session, original)]
    change = _begin(session, actor, original, wanted, now, voided=True)
    row = _correct_all(change, original, together=True)
    _finish(change, actor)
    if row.applied:
        retaking.take_back(
            session, actor, now, change.standing.group_id, original.batch_id,
            original.recorded_at, {call.case_id for call in together},
        )  # fmt: skip
    audit.record(session, actor.id, now, "call_undone", "call", row.id, corrects=call_id)
    return row


def add_note(session: Session, actor: User, now: datetime, call_id: int, note: str) -> Call:
    """Add to the note of a call what was left out: a correction that decides nothing.

    So an appointment that is overdue stays so, and whoever was laid aside stays aside. Raises
    NotFoundError for another's call; Problem for one that was corrected or taken back, and for a
    note that gets too long.
    """
    original = _own(session, actor, call_id)
    if original.voided:
        raise Problem("already_corrected")
    whole = "\n".join(filter(None, (original.note, note.strip())))
    if len(whole) > rules.LONGEST_NOTE:
        raise Problem("note_long", field="note", values={"longest": rules.LONGEST_NOTE})
    wanted = CallInput(
        original.disposition, original.started_at, original.ended_at, note=whole,
        callback_at=original.callback_at, callback_until=original.callback_until,
        callback_anyone=original.callback_user_id is None,
    )  # fmt: skip
    change = _begin(session, actor, original, wanted, now)
    row = _note_down(change, original)
    audit.record(
        session, actor.id, now, "call_corrected", "call", row.id, corrects=call_id, what="note"
    )
    return row


def _note_down(change: _Correction, original: Call) -> Call:
    """Write the longer note down; the case stays as the last record before left it."""
    position, is_open = next_position(change.session, change.campaign.id)
    row = _row(change, original, position, _why_not(change, original, campaign_open=is_open))
    row.only_note, row.callback_user_id = True, original.callback_user_id
    before = [call for call in change.histories.of[original.case_id] if call.applied]
    if row.applied:
        last = change.session.get_one(Call, max(before, key=lambda call: call.position).id)
        row.state_after, row.outcome_after = last.state_after, last.outcome_after
        row.passed_to_after = last.passed_to_after
    change.session.add(row)
    change.session.flush()
    return row


def check_reason(session: Session, actor: User, now: datetime, call_id: int, reason: str) -> None:
    """Raise Problem where somebody who chooses to correct has to say why, and does not;
    NotFoundError for another's call.
    """
    if not reason.strip() and not is_fresh(_own(session, actor, call_id), now):
        raise Problem("reason_missing", field="reason")


def is_fresh(call: Call, now: datetime) -> bool:
    """Whether the call was saved only minutes ago: then it is corrected without saying why."""
    return now <= call.recorded_at + UNDO_LASTS


def can_undo(session: Session, actor: User, call: Call, now: datetime) -> bool:
    """Whether ``undo`` would take this call back."""
    corrected = select(Call.id).where(Call.corrects_id == call.id)
    is_last = is_fresh(call, now) and last_of(session, actor) == call.id
    return is_last and session.scalar(corrected) is None


def _own(session: Session, actor: User, call_id: int) -> Call:
    original = session.scalar(select(Call).where(Call.id == call_id, Call.user_id == actor.id))
    if original is None:
        raise NotFoundError(f"call {call_id}")
    return original


def last_of(session: Session, actor: User) -> int | None:
    """Return the actor's last save; a call that settled several residents was one."""
    query = select(Call.id).where(
        Call.user_id == actor.id, Call.with_call_id.is_(None), Call.corrects_id.is_(None)
    )
    return session.scalar(query.order_by(Call.recorded_at.desc(), Call.id.desc()).limit(1))


def _begin(
    session: Session,
    actor: User,
    original: Call,
    wanted: CallInput,
    now: datetime,
    *,
    reason: str = "",
    voided: bool = False,
) -> _Correction:
    standing = lock(session, original.case_id)
    if standing is None:
        raise NotFoundError(f"case {original.case_id}")
    if session.scalar(select(Call.id).where(Call.corrects_id == original.id)):
        raise Problem("already_corrected")
    campaign = session.get_one(Campaign, original.campaign_id)
    histories = Histories(session, standing, some=True)
    return _Correction(
        session, actor.active, now, campaign, standing, histories, wanted, reason, voided
    )


def _correct_all(change: _Correction, original: Call, *, together: bool) -> Call:
    row = _correct_one(change, original)
    works_after_all = OUT_OF_SERVICE == original.disposition != change.wanted.disposition
    if together or works_after_all:
        for other in settled_together(change.session, original):
            _correct_one(_taken_back(change, other) if works_after_all else change, other)
    return row


def _taken_back(change: _Correction, call: Call) -> _Correction:
    """Nobody said of the housemate what is said now of whoever was rung."""
    same = CallInput(call.disposition, call.started_at, call.ended_at, note=call.note)
    return replace(change, wanted=same, voided=True)


def _finish(change: _Correction, actor: User) -> None:
    spare(change.standing, change.histories, change.now)
    change.standing.settle(change.session, actor.id, change.campaign.rules, change.now)


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


def _correct_one(change: _Correction, original: Call) -> Call:
    """A case in a volunteer's hands stays there, unless the correction has settled it."""
    position, is_open = next_position(change.session, change.campaign.id)
    row = _row(change, original, position, _why_not(change, original, campaign_open=is_open))
    change.session.add(row)
    change.session.flush()
    if row.applied:
        change.histories.add(row)
        decide(
            change.session, change.standing, change.histories, row, change.campaign.rules,
            change.now,
        )  # fmt: skip
    return row


def _why_not(change: _Correction, original: Call, *, campaign_open: bool) -> str | None:
    if not campaign_open:
        return "campaign_closed"
    return original.reason or (None if change.active else "deactivated")


def _row(change: _Correction, original: Call, position: int, reason: str | None) -> Call:
    wanted = change.wanted
    return Call(
        campaign_id=original.campaign_id, community_code=original.community_code,
        case_id=original.case_id, user_id=original.user_id, batch_id=original.batch_id,
        number_id=original.number_id, direction=original.direction, desk=original.desk,
        disposition=wanted.disposition, started_at=original.started_at,
        ended_at=original.ended_at, recorded_at=change.now, note=wanted.note.strip(),
        callback_at=wanted.callback_at, callback_until=wanted.callback_until,
        callback_user_id=None if wanted.callback_anyone else original.user_id,
        answers=original.answers, correction_reason=change.reason, voided=change.voided,
        applied=reason is None, reason=reason, corrects_id=original.id,
        with_call_id=original.with_call_id, request_hash="", position=position,
    )  # fmt: skip


def save_or_correct(
    session: Session,
    actor: User,
    now: datetime,
    case_id: int,
    call: CallInput,
    key: str,
    *,
    by_ticket: bool = False,
) -> Call:
    """Record a call; the same form sent again with another answer is a correction of it.

    Whoever goes back in the browser and chooses again means what was chosen last. By a ticket
    alone, which a stolen page has too, that can be done for some minutes: later, Problem
    ``correction_signed_out`` is raised.
    """
    try:
        return recording.record(session, actor, now, case_id, call, key, by_ticket=by_ticket).call
    except Problem as problem:
        if problem.code != "key_reused":
            raise
    latest = _latest(session, actor, key)
    if latest.case_id != case_id:
        raise Problem("key_reused")
    if _says(latest, call):
        return latest
    if by_ticket and not is_fresh(latest, now):
        raise Problem("correction_signed_out")
    return correct(session, actor, now, latest.id, call, together=True)


def _says(saved: Call, call: CallInput) -> bool:
    """Whether what is on record is what the form says."""
    agreed = (saved.callback_at, saved.callback_until, saved.callback_user_id is None)
    wanted = (call.callback_at, call.callback_until, call.callback_anyone)
    said = (saved.disposition, saved.note) == (call.disposition, call.note.strip())
    return said and (saved.callback_at is None or agreed == wanted)


def _latest(session: Session, actor: User, key: str) -> Call:
    """The call saved under the key, or its newest correction."""
    query = select(Call).where(Call.user_id == actor.id, Call.idempotency_key == key)
    return _newest(session, session.scalars(query).one())
