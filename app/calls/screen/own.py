"""What the volunteer sees of calls already made: masked, but for one that rings back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import groupby

from flask_babel import get_timezone
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.calls import messages, queries
from app.calls.looking_up import RING_BACKS_FOR
from app.calls.models import Call
from app.calls.screen.words import masked
from app.calls.service import correcting
from app.calls.wording import disposition_name, kept_reason
from app.campaigns.models import Campaign
from app.campaigns.rules.dispositions import DISPOSITIONS, Follow
from app.cases.models import Case
from app.i18n.moments import clock, coming, day, moment, past
from app.people.models import User
from app.residents.models import Resident

OWN_CALLS = 100


@dataclass(frozen=True)
class JustSaved:
    """The call saved a moment ago, for one tap to take it back or to correct it."""

    call_id: int
    who: str
    what: str
    others: int
    """How many more the same call settled."""
    undo: bool
    """Whether it can be taken back still."""
    message: bool = False
    """Whether a text message can be sent to the resident, who did not answer."""


@dataclass(frozen=True)
class OwnCall:
    """A line of "My calls", masked."""

    call: Call
    who: str
    what: str
    when: str
    kept: str
    undo: bool
    message: bool
    """Whether a text message can be sent still."""


@dataclass(frozen=True)
class OwnDay:
    """The calls that began on one day."""

    label: str
    rows: Sequence[OwnCall]


@dataclass(frozen=True)
class Rung:
    """A resident whom the volunteer rang lately, masked."""

    case_id: int
    who: str
    what: str
    when: str


def just_saved(
    session: Session, user: User, call_id: int | None, now: datetime
) -> JustSaved | None:
    """Return the user's call of this id if it took effect."""
    call = session.get(Call, call_id) if call_id else None
    if call is None or call.user_id != user.id or not call.applied:
        return None
    if queries.is_taken_back(session, call):
        return None
    what = _what(session.get_one(Campaign, call.campaign_id), call, partial(coming, now=now))
    resident = session.get_one(Resident, session.get_one(Case, call.case_id).resident_id)
    others = len(correcting.settled_together(session, call))
    undo = correcting.can_undo(session, user, call, now)
    message = messages.is_offered(session, call, now)
    return JustSaved(call.id, masked(resident.name, ""), what, others, undo, message)


def to_take_back(session: Session, user: User, now: datetime) -> JustSaved | None:
    """Return the user's last call while it can still be taken back."""
    last = just_saved(session, user, correcting.last_of(session, user), now)
    return last if last and last.undo else None


def _what(campaign: Campaign | None, call: Call, when: Callable[[datetime], str] = moment) -> str:
    """What a call came to, with the time that was agreed."""
    what = disposition_name(campaign, call.disposition)
    if call.callback_at is None or DISPOSITIONS[call.disposition].follow is not Follow.APPOINTMENT:
        return what
    until = f"–{clock(call.callback_until)}" if call.callback_until else ""
    return f"{what} {when(call.callback_at)}{until}"


def last_call_on(session: Session, user: User, case_id: int | None) -> Call | None:
    """Return what the user last saved on the case, if anything."""
    calls = queries.history_of(session, [case_id]) if case_id else {}
    own = [call for call in calls.get(case_id or 0, []) if call.user_id == user.id]
    return own[0] if own else None


def own_calls(session: Session, user: User, now: datetime) -> list[OwnDay]:
    """Return the user's last calls by days, with masked names and the building only."""
    zone = get_timezone()
    rows = queries.own_calls(session, user, OWN_CALLS)
    rows = sorted(rows, key=lambda row: row[0].started_at, reverse=True)
    return [
        OwnDay(_day(date_, now.astimezone(zone).date()), [_own(session, user, now, *r) for r in of])
        for date_, of in groupby(rows, key=lambda row: row[0].started_at.astimezone(zone).date())
    ]


def _day(date_: date, today: date) -> str:
    if date_ == today:
        return str(_("Today"))
    return str(_("Yesterday")) if date_ == today - timedelta(days=1) else day(date_)


def _own(
    session: Session, user: User, now: datetime, call: Call, name: str, building: str
) -> OwnCall:
    fresh = correcting.is_fresh(call, now)  # the newest few only: the rest is too old anyway
    return OwnCall(
        call=call,
        who=masked(name, building),
        what=_what(None, call),
        when=clock(call.started_at),
        kept="" if call.applied else kept_reason(call.reason),
        undo=fresh and correcting.can_undo(session, user, call, now),
        message=fresh and messages.is_offered(session, call, now),
    )


def whom(session: Session, call: Call) -> str:
    """Return whom a call was with, masked."""
    name, building = queries.who(session, call)
    return masked(name, building)


def rung_lately(session: Session, user: User, now: datetime) -> list[Rung]:
    """Return whom the user rang in the last days, masked."""
    return [
        Rung(
            case_id=call.case_id,
            who=masked(name, building),
            what=str(_("taken back")) if call.voided else disposition_name(None, call.disposition),
            when=past(call.started_at, now),
        )
        for call, name, building in queries.rung_since(session, user, now - RING_BACKS_FOR)
    ]


def those_found(session: Session, case_ids: Sequence[int], now: datetime) -> list[Rung]:
    """Return these cases in their order, masked, with what anybody's last call came to."""
    found = queries.of_cases(session, case_ids)
    return [_found(*found[case_id], now) for case_id in case_ids]


def _found(case: Case, name: str, building: str, now: datetime) -> Rung:
    return Rung(
        case_id=case.id,
        who=masked(name, building),
        what=disposition_name(None, case.last_disposition) if case.last_disposition else "",
        when=past(case.last_call_at, now) if case.last_call_at else "",
    )
