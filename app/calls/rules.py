"""What a call must be to be saved, and how a case's calls are read together."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Protocol

from app.campaigns.rules.calling import CallingRules, after, is_allowed, next_allowed
from app.campaigns.rules.dispositions import DISPOSITIONS, Follow
from app.campaigns.rules.following import PastCall
from app.people.rules.shifts import Hours, is_off
from app.problems import Problem

LONGEST_NOTE = 2000
LONGEST_KEY = 200
MARK_LENGTH = 16
FARTHEST_APPOINTMENT = timedelta(days=180)
USUAL_BATCH = 20
FIRST_BATCH = 5
"""As many as somebody is given who has never saved a call: soon done, and little harm if not."""
DIRECTIONS = ("out", "in")
MORNING, EVENING = 9, 18
"""Hours of the slots that the call screen offers."""
INTO_SHIFT = timedelta(minutes=30)
"""How long after a shift has begun one can be rung in it: first one settles in."""


@dataclass(frozen=True)
class CallInput:
    """What a volunteer says of a call. Moments carry their zone."""

    disposition: str
    started_at: datetime
    ended_at: datetime
    direction: str = "out"
    number: str | None = None
    """The number rung, as stored; None when it isn't known which."""
    note: str = ""
    callback_at: datetime | None = None
    """The time agreed, or the beginning of the window."""
    callback_until: datetime | None = None
    """The end of the window, where one was agreed."""
    callback_anyone: bool = False
    """Whether anyone may ring back; else it is who made the appointment."""
    also: tuple[int, ...] = ()
    """Other cases of the same call group that the call settled in the same way."""
    hold: int | None = None
    """The batch in which the volunteer held the case."""
    answers: Mapping[str, Any] | None = None
    ends_when_sent: bool = False
    """Whether the end was taken from the clock: a form that is sent twice ends twice."""


_UNSAID = {one.name: one.default for one in fields(CallInput)}


def batch_size(asked: int, *, has_called: bool) -> int:
    """Return how many residents a volunteer is given who asks on the page for so many."""
    return asked if has_called else min(asked, FIRST_BATCH)


def check(call: CallInput, now: datetime) -> None:
    """Raise Problem for what can't be a call."""
    if call.disposition not in DISPOSITIONS:
        values: dict[str, str | int] = {"code": call.disposition[:40]}
        raise Problem("disposition_unknown", field="disposition", values=values)
    if call.direction not in DIRECTIONS:
        raise Problem("direction_unknown", field="direction")
    if call.ended_at < call.started_at:
        raise Problem("call_ends_before_start", field="ended_at")
    if len(call.note) > LONGEST_NOTE:
        raise Problem("note_long", field="note", values={"longest": LONGEST_NOTE})
    _check_appointment(call, now)


def _check_appointment(call: CallInput, now: datetime) -> None:
    asks = DISPOSITIONS[call.disposition].follow is Follow.APPOINTMENT
    if asks and call.callback_at is None:
        raise Problem("callback_missing", field="callback_at")
    if call.callback_at is None or not asks:
        return
    # By the call's own end: it may have waited long for a line.
    if call.callback_at <= min(call.ended_at, now):
        raise Problem("callback_past", field="callback_at")
    if call.callback_until is not None and call.callback_until <= call.callback_at:
        raise Problem("callback_window", field="callback_until")
    if call.callback_at > now + FARTHEST_APPOINTMENT:
        days = FARTHEST_APPOINTMENT.days
        raise Problem("callback_far", field="callback_at", values={"days": days})


def fingerprint(case_id: int, call: CallInput) -> str:
    """Return a hash by which a repeated save is told from another call under the same key.

    What is left at its default is left out, so that a field that comes to be later changes
    nothing. So is the hold: who hands the same call in by ticket must name it.
    """
    facts = {name: value for name, value in vars(call).items() if value != _UNSAID[name]}
    facts.pop("hold", None)
    if call.ends_when_sent:
        facts.pop("ended_at")
    text = json.dumps([case_id, facts], default=str, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def script_mark(script: Mapping[str, Any]) -> str:
    """Return a short hash by which a changed script is told from the one before."""
    text = json.dumps(script, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:MARK_LENGTH]


@dataclass(frozen=True)
class Circumstances:
    """What decides whether a call takes effect; taken while nobody else can change it."""

    campaign_open: bool
    user_active: bool
    offered: bool
    """Whether the campaign offers the disposition."""
    done: bool
    """Whether the case has its final outcome, and no call like this one goes before that."""
    generation: int | None
    """Under which hold the user had the case; None for a ring-back to somebody who never had."""
    newest: int | None
    """The newest hold of it that anybody had."""
    direction: str = "out"


def why_not_applied(facts: Circumstances) -> str | None:
    """Return the reason why a call that took place can't take effect any more; None when it can.

    The generation decides, not the clock: a call made under a lease that has ended counts as long
    as nobody has been given the case since. A ring-back counts whoever holds the case.
    """
    rings_back = facts.direction == "in"
    generation, newest = facts.generation, facts.newest or 0
    reasons = {
        "campaign_closed": not facts.campaign_open,
        "deactivated": not facts.user_active,
        "old_form": not facts.offered,
        "already_done": facts.done,
        "stale_hold": not rings_back and (generation is None or newest > generation),
    }
    return next((reason for reason, applies in reasons.items() if applies), None)


class Recorded(Protocol):
    """The columns of a call that the reading below needs."""

    id: int
    user_id: int
    number_id: int | None
    direction: str
    disposition: str
    started_at: datetime
    ended_at: datetime
    recorded_at: datetime
    callback_at: datetime | None
    callback_until: datetime | None
    callback_user_id: int | None
    desk: bool
    applied: bool
    voided: bool
    corrects_id: int | None
    position: int


def effective(calls: Iterable[Recorded]) -> list[Recorded]:
    """Return the last version of each call that took effect, in the order of the calls.

    A call that was taken back is none.
    """
    latest: dict[int, Recorded] = {}
    root: dict[int, int] = {}
    for call in sorted(calls, key=lambda c: c.position):
        if not call.applied:
            continue
        origin = call.id if call.corrects_id is None else root.get(call.corrects_id)
        if origin is None:
            continue
        root[call.id] = origin
        latest[origin] = call
    return [call for call in latest.values() if not call.voided]


class Tapped(Protocol):
    """The columns of a dial that the reading below needs."""

    dialled_at: datetime
    recorded_at: datetime


TAP_BEFORE_CALL = timedelta(minutes=5)
"""How long before the time that a call names as its beginning its tap may have been."""


def loose_taps(taps: Iterable[Tapped], calls: Sequence[Recorded], zone: datetime) -> list[datetime]:
    """Return when numbers were dialled and no call came of it that counts, in the zone.

    Each call takes the last tap that it can have begun with.
    """
    free = sorted(tap.dialled_at for tap in taps)
    for call in effective(calls):
        if call.direction == "out" and not call.desk:
            first = call.started_at - TAP_BEFORE_CALL
            own = [tap for tap in free if first <= tap <= call.ended_at]
            free = [tap for tap in free if tap not in own[-1:]]
    return [tap.astimezone(zone.tzinfo) for tap in free]


def known_taps(taps: Iterable[Tapped], calls: Iterable[Recorded]) -> list[Tapped]:
    """Return the taps that were on record when the last of the calls was.

    Only a call decides about a case, never a tap: what is tapped afterwards waits for the next.
    """
    decided = [call.recorded_at for call in calls if call.applied]
    return [tap for tap in taps if decided and tap.recorded_at <= max(decided)]


def history(calls: Iterable[Recorded], zone: datetime) -> list[PastCall]:
    """Return the calls as the calling rules read them; ``zone`` is any moment in the zone."""
    past = [
        PastCall(
            disposition=call.disposition,
            # A phone's clock may run ahead: no call began after it was recorded.
            started_at=min(call.started_at, call.recorded_at).astimezone(zone.tzinfo),
            number_id=call.number_id,
            user_id=call.user_id,
            direction=call.direction,
            callback_at=call.callback_at and call.callback_at.astimezone(zone.tzinfo),
            callback_until=call.callback_until and call.callback_until.astimezone(zone.tzinfo),
            callback_user_id=call.callback_user_id,
            desk=call.desk,
        )
        for call in effective(calls)
    ]
    return sorted(past, key=lambda call: call.started_at)


def wrong_numbers(past: Iterable[PastCall]) -> set[int]:
    """Return the numbers that calls have shown to be out of service or somebody else's."""
    return {
        call.number_id
        for call in past
        if call.number_id is not None
        and DISPOSITIONS[call.disposition].follow is Follow.NEXT_NUMBER
    }


def appointment_slots(
    rules: CallingRules, now: datetime, own: Sequence[Hours] = ()
) -> list[tuple[str, datetime]]:
    """Return sensible times to ring again, each with its code, soonest first; but those when the
    volunteer, whose planned hours are ``own``, is away after all the others.

    In an hour, this evening, tomorrow morning and in the volunteer's next shift, moved into the
    hours when somebody who agreed to it may be rung; what falls together or has passed is left
    out. ``now`` is in the deployment's zone.
    """
    today = now.replace(second=0, microsecond=0)
    wanted = [
        ("in_an_hour", after(today, timedelta(hours=1))),
        ("this_evening", today.replace(hour=EVENING, minute=30)),
        ("tomorrow_morning", (today + timedelta(days=1)).replace(hour=MORNING, minute=30)),
        ("tomorrow_evening", (today + timedelta(days=1)).replace(hour=EVENING, minute=30)),
        *(("next_shift", begins + INTO_SHIFT) for begins in _next_beginning(own, now)),
    ]
    slots: dict[datetime, str] = {}
    for code, moment in wanted:
        if moment > now and (code != "in_an_hour" or is_allowed(rules, moment, agreed=True)):
            slots.setdefault(next_allowed(rules, moment, agreed=True), code)
    return [
        (code, moment)
        for moment, code in sorted(slots.items(), key=lambda slot: (is_away(own, slot[0]), slot[0]))
    ]


def _next_beginning(own: Sequence[Hours], now: datetime) -> list[datetime]:
    """When the volunteer comes next, if that is known."""
    ahead = [one.starts_at for one in own if one.starts_at > now]
    return [min(ahead).astimezone(now.tzinfo)] if ahead else []


def is_away(own: Sequence[Hours], moment: datetime) -> bool:
    """Whether somebody with these planned hours is away at a moment, which is in their zone."""
    day = [one for one in own if one.starts_at.astimezone(moment.tzinfo).date() == moment.date()]
    return is_off(day, moment)
