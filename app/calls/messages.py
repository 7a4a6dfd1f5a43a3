"""The text message to somebody who did not answer: written here, sent by the volunteer's phone."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.calls.models import Call, TextMessage
from app.calls.queries import get_own_call, is_taken_back
from app.campaigns.codes import code_of
from app.campaigns.models import Campaign
from app.campaigns.rules import script as rules
from app.campaigns.rules.definition import DEFAULT_SCRIPT
from app.cases.models import Case
from app.db import insert
from app.people.models import User
from app.problems import NotFoundError, Problem
from app.residents.models import Number, Resident
from app.residents.rules import phones
from app.residents.rules.languages import tongue
from app.territory.models import Community

MISSED = ("no_answer",)
"""After these the resident has seen an unknown number ring, and no more."""


@dataclass(frozen=True)
class Written:
    """A message to be sent."""

    number: str
    text: str
    campaign_id: int

    @property
    def address(self) -> str:
        """What opens the message app of a phone. The ``&`` is for iPhones, which read no text
        right behind the ``?``; others pass over it.
        """
        return f"sms:{self.number}?&body={quote(self.text, safe='')}"


def is_offered(session: Session, call: Call, now: datetime) -> bool:
    """Whether a message fits: to a mobile that was rung in vain today, and had none today."""
    return _mobile(session, call, now) is not None and _told_about(session, call, now) is None


def open_message(
    session: Session, actor: User, now: datetime, call_id: int, office: str, lang: str
) -> Written:
    """Note that the number of a call is sent a message, and return it.

    The same call again gets the same again: the phone may have come back without having sent it.
    ``now`` is in the deployment's zone, ``office`` the number for campaigns that name none,
    ``lang`` the language for residents of whom none is known. Raises NotFoundError for another's
    call or one that asks for no message, Problem where the number had one today.
    """
    call = get_own_call(session, actor, call_id)
    if is_taken_back(session, call) or _mobile(session, call, now) is None:
        raise NotFoundError(f"call {call_id}")
    row = insert(session, TextMessage).values(
        number_id=call.number_id, call_id=call.id, user_id=actor.id, day=now.date(), opened_at=now
    )
    session.execute(row.on_conflict_do_nothing())
    if _told_about(session, call, now) != call.id:
        raise Problem("message_sent")
    audit.record(
        session, actor.id, now, "message_opened", "call", call_id, number=call.number_id
    )  # fmt: skip
    return opened(session, actor, now, call_id, office, lang)


def opened(
    session: Session, actor: User, now: datetime, call_id: int, office: str, lang: str
) -> Written:
    """Return the message that was opened for a call today. Raises NotFoundError without one."""
    call = get_own_call(session, actor, call_id)
    number = _mobile(session, call, now)
    if number is None or _told_about(session, call, now) != call.id:
        raise NotFoundError(f"message about call {call_id}")
    return Written(number, _text(session, actor, call, now, office, lang), call.campaign_id)


def _mobile(session: Session, call: Call, now: datetime) -> str | None:
    """The number to which a message about the call may go."""
    missed = call.applied and not call.voided and call.direction == "out"
    today = call.started_at.astimezone(now.tzinfo).date() == now.date()
    if not (missed and today and call.disposition in MISSED and call.number_id):
        return None
    value = session.get_one(Number, call.number_id).value
    return value if phones.kind(value) == "mobile" and ";" not in value else None


def _told_about(session: Session, call: Call, now: datetime) -> int | None:
    """For which call the number had its message today."""
    had = TextMessage.number_id == call.number_id, TextMessage.day == now.date()
    return session.scalar(select(TextMessage.call_id).where(*had))


def _text(
    session: Session, actor: User, call: Call, now: datetime, office: str, otherwise: str
) -> str:
    """The message in the language in which the resident was to be spoken to: who rang and why, and
    how to make sure of it.
    """
    campaign = session.get_one(Campaign, call.campaign_id)
    case = session.get_one(Case, call.case_id)
    written = session.get_one(Resident, case.resident_id).language
    lang = tongue(written, campaign.script, otherwise)
    # A campaign that was made before there were messages has none of its own.
    text = campaign.script[lang].get("message") or DEFAULT_SCRIPT[lang]["message"]
    values = rules.values(
        lang, code=code_of(session, actor.id, campaign.id, now),
        office=campaign.office_number(office),
        community=session.get_one(Community, call.community_code).name,
    )  # fmt: skip
    return rules.filled(text, values)
