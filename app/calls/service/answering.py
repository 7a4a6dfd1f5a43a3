"""The leader's list: what a leader answers on a case that a volunteer could not settle."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.audit import service as audit
from app.calls import rules
from app.calls.models import Call
from app.calls.service.deciding import Histories, decide, next_position, spare
from app.campaigns.models import Campaign
from app.campaigns.rules.dispositions import DISPOSITIONS, OUT_OF_SERVICE, Follow
from app.campaigns.rules.following import PassedTo
from app.cases.service.standing import Member, lock
from app.people import queries as people
from app.people.models import User
from app.people.rules import STAFF
from app.problems import ForbiddenError, NotFoundError, Problem

RING_AGAIN = "needs_leader"
"""As an answer: the case goes back to whoever asked, with the leader's note."""
DOOR_LIST = OUT_OF_SERVICE
"""As an answer where no number works: the captain knocks."""
CLOSES = tuple(code for code, row in DISPOSITIONS.items() if row.final or row.follow is Follow.DOOR)
"""The dispositions with which a leader can close a case, or pass it to the door list."""


NEEDS_NUMBER = ("completed", "hard_refusal")
"""What only a resident who was spoken to can have said."""


def answer(
    session: Session, actor: User, now: datetime, case_id: int, disposition: str, note: str
) -> Call:
    """Answer a case on the leader's list: ring again, or close it with what the leader knows.

    The answer is a record like a call, so that outcome, as-of and trail know it; it is no
    attempt. Raises ForbiddenError, NotFoundError for a case out of scope, Problem when the case
    is not on the list any more, the note is missing, or there is no number to ring.
    """
    if actor.role not in STAFF:
        raise ForbiddenError
    standing = lock(session, case_id)
    if standing is None or not people.sees(
        session, actor, standing.members[case_id].community_code
    ):
        raise NotFoundError(f"case {case_id}")
    member, histories = standing.members[case_id], Histories(session, standing)
    _check(member, histories, disposition, note.strip(), now)
    campaign = session.get_one(Campaign, standing.campaign_id)
    position, is_open = next_position(session, campaign.id)
    if not is_open:
        raise Problem("campaign_closed")
    row = Call(
        campaign_id=campaign.id, community_code=member.community_code, case_id=case_id,
        user_id=actor.id, direction="in", desk=True, disposition=disposition, started_at=now,
        ended_at=now, recorded_at=now, note=note.strip(), applied=True, position=position,
        request_hash="", voided=False, **_back_to(histories, case_id, disposition, now),
    )  # fmt: skip
    session.add(row)
    session.flush()
    histories.add(row)
    decide(session, standing, histories, row, campaign.rules, now)
    spare(standing, histories, now)
    standing.settle(session, actor.id, campaign.rules, now)
    audit.record(session, actor.id, now, "case_answered", "case", case_id, what=disposition)
    return row


def answers(*, has_number: bool) -> tuple[str, ...]:
    """Return what makes sense to answer: nobody is rung, or has answered, without a number."""
    if has_number:
        return (RING_AGAIN, *CLOSES)
    return (DOOR_LIST, *(code for code in CLOSES if code not in NEEDS_NUMBER))


def _check(
    member: Member,
    histories: Histories,
    disposition: str,
    note: str,
    now: datetime,
) -> None:
    if member.passed_to != PassedTo.LEADER.value:
        raise Problem("not_with_leader")
    past = rules.history(histories.of[member.id], now)
    has_number = bool(member.numbers.keys() - rules.wrong_numbers(past))
    if disposition not in {RING_AGAIN, *answers(has_number=has_number)}:
        raise Problem("disposition_unknown", field="disposition", values={"code": disposition[:40]})
    if len(note) > rules.LONGEST_NOTE:
        raise Problem("note_long", field="note", values={"longest": rules.LONGEST_NOTE})
    if disposition != RING_AGAIN:
        return
    if not note:
        raise Problem("note_missing", field="note")
    if not has_number:
        raise Problem("no_number_left", field="disposition")


def _back_to(
    histories: Histories, case_id: int, disposition: str, now: datetime
) -> dict[str, object]:
    """An answer is an appointment, now, of the volunteer who asked."""
    if disposition != RING_AGAIN:
        return {}
    asked = [call for call in rules.effective(histories.of[case_id]) if not call.desk]
    return {"callback_at": now, "callback_user_id": asked[-1].user_id if asked else None}
