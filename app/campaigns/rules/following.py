"""What follows after a call: a decision from the campaign's rules, the case's history and now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from app.campaigns.rules.calling import CallingRules, next_allowed
from app.campaigns.rules.dispositions import DISPOSITIONS, Follow
from app.campaigns.rules.outcome import outcome_of


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
    dials: Sequence[datetime] = (),  # noqa: ARG001
) -> Decision:
    """Decide from all calls of a case (oldest first, corrected ones replaced).

    ``usable_numbers`` is how many of the resident's numbers have not proved wrong; ``now`` is in
    the deployment's zone, as are the times of the history.
    """
    codes = [call.disposition for call in history]
    early = outcome_of(codes, last_attempt_made=False)
    if early == "unable":
        return _passed(PassedTo.DOOR, early)
    if early == "hard_refusal" or (early in DISPOSITIONS and DISPOSITIONS[early].final):
        return Decision(State.DONE, early)
    if not history:
        return _without_calls(usable_numbers, now)
    if history[-1].desk:
        whose = history[-1].callback_user_id
        return Decision(State.OPEN, early, now, appointment=True, appointment_user_id=whose)
    if DISPOSITIONS[codes[-1]].follow is Follow.LEADER:
        return _passed(PassedTo.LEADER, early)
    if not usable_numbers or attempts(history) >= rules.max_attempts:
        return _passed(PassedTo.DOOR, outcome_of(codes, last_attempt_made=True))
    return _again(rules, history, early, now)


def attempts(history: Sequence[PastCall]) -> int:
    """How many attempts count: calls out; a ring-back is contact, not an attempt."""
    return sum(call.direction == "out" for call in history)


def _passed(to: PassedTo, outcome: str) -> Decision:
    return Decision(State.PASSED, outcome, passed_to=to)


def _without_calls(usable_numbers: int, now: datetime) -> Decision:
    outcome = outcome_of([], last_attempt_made=False)
    if usable_numbers:
        return Decision(State.OPEN, outcome, ready_at=now)
    return _passed(PassedTo.LEADER, outcome)


def _again(
    rules: CallingRules, history: Sequence[PastCall], outcome: str, now: datetime
) -> Decision:
    last = history[-1]
    if DISPOSITIONS[last.disposition].follow is Follow.APPOINTMENT and last.callback_at:
        return Decision(
            State.OPEN, outcome, ready_at=last.callback_at, appointment=True,
            appointment_until=last.callback_until, appointment_user_id=last.callback_user_id,
        )  # fmt: skip
    ready = next_allowed(rules, last.started_at + rules.pause_after(last.disposition))
    today = [call for call in history if call.started_at.date() == ready.date()]
    if attempts(today) >= rules.max_attempts_per_day:
        midnight = ready.replace(hour=0, minute=0, second=0, microsecond=0)
        ready = next_allowed(rules, midnight + timedelta(days=1))
    by_another = DISPOSITIONS[last.disposition].follow in {Follow.OTHER_PERSON, Follow.LANGUAGE}
    return Decision(State.OPEN, outcome, ready_at=max(ready, now), by_another=by_another)
