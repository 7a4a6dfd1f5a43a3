"""What follows after a call: a decision from the campaign's rules, the case's history and now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from app.campaigns.rules.agreed import ONCE_MORE_AFTER, SHORTLY_BEFORE
from app.campaigns.rules.calling import CallingRules, after, latest, next_allowed, next_day
from app.campaigns.rules.dispositions import DISPOSITIONS, Follow
from app.campaigns.rules.outcome import outcome_of
from app.campaigns.rules.spreading import NOBODY_ANSWERED, part_of, spread


class State(Enum):
    """Where a case stands."""

    OPEN = "open"
    """Free to be claimed once its ready time has come."""
    HELD = "held"
    """In a volunteer's batch, until its lease ends."""
    PASSED = "passed"
    """With someone named: the leader or a building's captain."""
    DONE = "done"
    """It has its final outcome."""


class PassedTo(Enum):
    """With whom a passed case is."""

    LEADER = "leader"
    DOOR = "door_list"


@dataclass(frozen=True)
class PastCall:
    """What the rules need to know of one call. Moments are in the deployment's zone."""

    disposition: str
    started_at: datetime
    number_id: int | None
    user_id: int
    direction: str = "out"
    callback_at: datetime | None = None
    callback_until: datetime | None = None
    callback_user_id: int | None = None
    """Who is to ring back; None where anyone may."""
    desk: bool = False
    """Whether it is a leader's answer, and no call."""


@dataclass(frozen=True)
class Decision:
    """What becomes of a case."""

    state: State
    outcome: str
    ready_at: datetime | None = None
    passed_to: PassedTo | None = None
    appointment: bool = False
    appointment_until: datetime | None = None
    appointment_user_id: int | None = None
    by_another: bool = False
    """Whether the next try must be somebody else's."""

    @property
    def accounted_for(self) -> bool:
        """Whether completion counts the case: a final outcome, or on the door list."""
        return self.state is State.DONE or self.passed_to is PassedTo.DOOR


def what_follows(  # noqa: PLR0911 - one return a way out
    rules: CallingRules,
    history: Sequence[PastCall],
    usable_numbers: int,
    now: datetime,
    taps: Sequence[datetime] = (),
) -> Decision:
    """Decide from all calls of a case (oldest first, corrected ones replaced).

    ``usable_numbers`` is how many of the resident's numbers have not proved wrong; ``taps`` are
    the dials that no call came of. ``now`` is in the deployment's zone, as are all times.
    """
    codes = [call.disposition for call in history]
    early = outcome_of(codes, last_attempt_made=False)
    if early == "unable":
        return _passed(PassedTo.DOOR, early)
    if early == "hard_refusal" or (early in DISPOSITIONS and DISPOSITIONS[early].final):
        return Decision(State.DONE, early)
    if not history:
        return _without_calls(usable_numbers, now)
    word = last_word(history)
    if DISPOSITIONS[word.disposition].follow is Follow.LEADER:
        if word.desk:
            return _sent_back(rules, word, early, now)
        return _passed(PassedTo.LEADER, early)
    if not usable_numbers or _is_over(rules, history, word, taps):
        return _passed(PassedTo.DOOR, outcome_of(codes, last_attempt_made=True))
    return _again(rules, history, word, early, now, taps)


def last_word(history: Sequence[PastCall]) -> PastCall:
    """Return the call that says how the case goes on: the last one.

    But a call that settled nothing, to which nobody answered or which the resident made, takes no
    appointment off the calendar that was still to come; and a ring-back nobody off the leader's
    list. A number out of service is no try at all: another of the resident's is rung then.
    """
    for made, call in reversed(list(enumerate(history, 1))):
        if not _settled_nothing(call):
            return call if _stands(call, history[made:]) else history[-1]
    return history[-1]


def _settled_nothing(call: PastCall) -> bool:
    row = DISPOSITIONS[call.disposition]
    came_to_nothing = row.follow in {Follow.AGAIN, Follow.NEXT_NUMBER} and not call.desk
    return came_to_nothing and (call.direction == "in" or not row.reached)


def _stands(call: PastCall, since: Sequence[PastCall]) -> bool:
    """Whether a call still says how the case goes on, after calls that settled nothing."""
    if not since:
        return True
    if DISPOSITIONS[call.disposition].follow is Follow.LEADER:
        return all(later.direction == "in" for later in since)
    rung = [one for one in since if not _is_number_wrong(one)]
    if not _is_appointment(call) or call.callback_at is None:
        return False
    to_come = not rung or call.callback_at > after(rung[-1].started_at, SHORTLY_BEFORE)
    return to_come or _is_tried_again(call, rung)


def _is_number_wrong(call: PastCall) -> bool:
    return DISPOSITIONS[call.disposition].follow is Follow.NEXT_NUMBER


def _is_tried_again(call: PastCall, rung: Sequence[PastCall]) -> bool:
    """Whether somebody who did not answer at the agreed time is there for a while yet: within a
    window they are tried once more, however often they rang back themselves.
    """
    if call.callback_until is None:
        return False
    begun = [one for one in rung if one.direction == "out" and _is_kept_by(call, one)]
    soon = after(rung[-1].started_at, ONCE_MORE_AFTER)
    return len(begun) <= 1 and soon.timestamp() < call.callback_until.timestamp()


def _is_kept_by(call: PastCall, later: PastCall) -> bool:
    """Whether a call was the one that had been agreed."""
    agreed = call.callback_at
    return agreed is not None and after(later.started_at, SHORTLY_BEFORE) >= agreed


def _is_appointment(call: PastCall) -> bool:
    asks = DISPOSITIONS[call.disposition].follow is Follow.APPOINTMENT
    return asks and call.callback_at is not None


def attempts(history: Sequence[PastCall]) -> int:
    """How many attempts count: calls out; a ring-back is contact, not an attempt, and what a
    leader answered is no call at all.
    """
    return sum(call.direction == "out" and not call.desk for call in history)


def most_attempts(rules: CallingRules, history: Sequence[PastCall]) -> int:
    """How many attempts the case may take: one more, once, for an appointment made when the last
    was spent, whoever rang then.
    """
    spent = (
        call
        for made, call in enumerate(history, 1)
        if attempts(history[:made]) == rules.max_attempts
    )
    return rules.max_attempts + any(map(_is_appointment, spent))


def _is_over(
    rules: CallingRules, history: Sequence[PastCall], word: PastCall, taps: Sequence[datetime]
) -> bool:
    """Whether nobody may ring any more; too many dials never break an appointment."""
    made = attempts(history)
    if made >= most_attempts(rules, history):
        return True
    return made + len(taps) >= rules.max_dials and not _is_appointment(word)


def _passed(to: PassedTo, outcome: str) -> Decision:
    return Decision(State.PASSED, outcome, passed_to=to)


def _without_calls(usable_numbers: int, now: datetime) -> Decision:
    outcome = outcome_of([], last_attempt_made=False)
    if usable_numbers:
        return Decision(State.OPEN, outcome, ready_at=now)
    return _passed(PassedTo.LEADER, outcome)


def _sent_back(rules: CallingRules, answer: PastCall, outcome: str, now: datetime) -> Decision:
    """A leader's answer is an appointment of whoever asked, as soon as they may ring."""
    return Decision(
        State.OPEN, outcome, ready_at=next_allowed(rules, now), appointment=True,
        appointment_user_id=answer.callback_user_id,
    )  # fmt: skip


def _again(
    rules: CallingRules,
    history: Sequence[PastCall],
    word: PastCall,
    outcome: str,
    now: datetime,
    taps: Sequence[datetime],
) -> Decision:
    if _is_appointment(word) and word.callback_at is not None:
        last = history[-1]
        if last is word or _is_number_wrong(last) or not _is_kept_by(word, last):
            return _agreed(rules, word, word.callback_at, outcome, now)
        begins = latest(word.callback_at, after(last.started_at, ONCE_MORE_AFTER))
        once_more = _agreed(rules, word, begins, outcome, now)
        if once_more.appointment_until is not None:
            return once_more
        word = last  # what is left of the window is over, or too late to ring
    begins = latest(after(word.started_at, rules.pause_after(word.disposition)), now)
    ready = not_too_often(rules, history, taps, next_allowed(rules, begins))
    if word.disposition in NOBODY_ANSWERED:
        failed = [call for call in history if call.disposition in NOBODY_ANSWERED]
        ready = spread(rules, frozenset(part_of(call.started_at) for call in failed), ready)
    by_another = DISPOSITIONS[word.disposition].follow in {Follow.OTHER_PERSON, Follow.LANGUAGE}
    return Decision(State.OPEN, outcome, ready_at=ready, by_another=by_another)


def _agreed(
    rules: CallingRules, word: PastCall, agreed: datetime, outcome: str, now: datetime
) -> Decision:
    """An appointment is kept when it was agreed, or as soon after it as anybody may ring."""
    ready = next_allowed(rules, latest(agreed, now), agreed=True)
    until = word.callback_until
    return Decision(
        State.OPEN, outcome, ready_at=ready, appointment=True,
        appointment_until=until if until and until > ready else None,
        appointment_user_id=word.callback_user_id,
    )  # fmt: skip


def not_too_often(
    rules: CallingRules, history: Sequence[PastCall], taps: Sequence[datetime], ready: datetime
) -> datetime:
    """Return the moment itself, or the next day's first when that day has had its attempts or
    its dials.
    """
    today = [call for call in history if call.started_at.date() == ready.date()]
    tapped = [tap for tap in taps if tap.date() == ready.date()]
    made = attempts(today)
    if made < rules.max_attempts_per_day and made + len(tapped) < rules.max_dials_per_day:
        return ready
    return next_allowed(rules, next_day(ready))
