"""What follows after a call: rules and history in, a decision out."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.campaigns.rules.calling import CallingRules
from app.campaigns.rules.dispositions import DISPOSITIONS
from app.campaigns.rules.following import Decision, PassedTo, PastCall, State, what_follows
from tests.cast import NOW

ALWAYS = CallingRules(hours=())
DAYTIME = CallingRules()  # 09:00-12:00 and 14:00-20:30
LATER = NOW + timedelta(days=1, hours=5)
HOUR, DAY = 60, 24 * 60

DONE, DOOR, LEADER = State.DONE, PassedTo.DOOR, PassedTo.LEADER


def at(clock: str, days: int = 0) -> datetime:
    """A time of the day on which the tests stand, or so many days after it."""
    hour, minute = map(int, clock.split(":"))
    return NOW.replace(hour=hour, minute=minute) + timedelta(days=days)


def call(disposition: str, when: datetime = NOW, **more: object) -> PastCall:
    agreed = LATER if disposition == "callback_requested" else None
    fields = {"number_id": 1, "user_id": 1, "callback_at": agreed, **more}
    return PastCall(disposition, when, **fields)  # type: ignore[arg-type]


def decide(*past: PastCall, rules: CallingRules = ALWAYS, numbers: int = 1) -> Decision:
    return what_follows(rules, past, numbers, NOW)


# After one call just now: minutes until the next try, or where the case is then.
AFTER_ONE = [
    ("completed", DONE),
    ("partial", DAY),
    ("soft_refusal", 3 * DAY),
    ("hard_refusal", DONE),
    ("hung_up", DAY),
    ("respondent_unavailable", 3 * HOUR),
    ("callback_requested", 29 * HOUR),
    ("no_answer", 3 * HOUR),
    ("busy", 20),
    ("unreachable", 6 * HOUR),
    ("voicemail", 6 * HOUR),
    ("invalid_number", 0),
    ("wrong_person", 0),
    ("language_barrier", HOUR),
    ("unable", DOOR),
    ("moved", DONE),
    ("deceased", DONE),
    ("not_resident", DONE),
    ("needs_leader", LEADER),
]


def test_the_table_knows_every_disposition() -> None:
    assert {code for code, _ in AFTER_ONE} == set(DISPOSITIONS)


@pytest.mark.parametrize(("code", "follows"), AFTER_ONE)
def test_one_call_has_its_consequence(code: str, follows: int | State | PassedTo) -> None:
    made = decide(call(code))

    if isinstance(follows, int):
        assert (made.state, made.passed_to) == (State.OPEN, None)
        assert made.ready_at == NOW + timedelta(minutes=follows)
    else:
        assert made.ready_at is None
        assert follows in {made.state, made.passed_to}
        assert made.accounted_for == (follows is not LEADER)
    assert made.appointment == (code == "callback_requested")
    assert made.by_another == (code in {"soft_refusal", "language_barrier"})


@pytest.mark.parametrize("code", ["invalid_number", "wrong_person", "no_answer", "partial"])
def test_who_has_no_number_left_goes_on_the_door_list(code: str) -> None:
    made = decide(call(code), numbers=0)

    assert (made.state, made.passed_to, made.ready_at) == (State.PASSED, DOOR, None)
    assert made.outcome == ("partial" if code == "partial" else "unknown")


def test_before_the_first_call_a_case_is_ready_at_once() -> None:
    made = decide()

    assert (made.state, made.outcome, made.ready_at) == (State.OPEN, "not_attempted", NOW)


def test_who_never_had_a_number_is_the_leaders() -> None:
    made = decide(numbers=0)

    assert (made.state, made.passed_to, made.accounted_for) == (State.PASSED, LEADER, False)


@pytest.mark.parametrize(
    ("made", "last", "outcome"),
    [
        (1, "no_answer", None),
        (2, "no_answer", "unknown"),
        (3, "no_answer", "unknown"),
        (2, "respondent_unavailable", "eligible_not_reached"),
        (2, "partial", "partial"),
        (2, "callback_requested", "eligible_not_reached"),
        (2, "hung_up", "unknown"),
    ],
)
def test_the_last_attempt_leads_to_the_door(made: int, last: str, outcome: str | None) -> None:
    past = [call("no_answer", NOW - timedelta(days=n)) for n in range(1, made)]
    decision = decide(*past, call(last), rules=CallingRules(hours=(), max_attempts=2))

    assert decision.passed_to is (DOOR if outcome else None)
    assert decision.outcome == (outcome or "not_reached")


def test_a_ring_back_is_no_attempt() -> None:
    rules = CallingRules(hours=(), max_attempts=2, max_attempts_per_day=1)
    past = [call("no_answer", NOW - timedelta(days=1))]
    past += [call("respondent_unavailable", direction="in") for _ in range(3)]

    made = decide(*past, rules=rules)

    assert (made.state, made.ready_at) == (State.OPEN, NOW + timedelta(hours=3))


@pytest.mark.parametrize(
    ("past", "rules", "ready"),
    [
        # Within the hours the pause alone counts.
        ([call("busy", at("10:00"))], DAYTIME, at("10:20")),
        # A pause that ends at noon or at night runs to the next hours.
        ([call("no_answer", at("10:00"))], DAYTIME, at("14:00")),
        ([call("unreachable", at("20:00"))], DAYTIME, at("09:00", 1)),
        ([call("no_answer", at("17:30"))], DAYTIME, at("09:00", 1)),
        # Two attempts are enough for a day; those of another day don't count.
        ([call("busy", at("09:00")), call("busy", at("10:00"))], DAYTIME, at("09:00", 1)),
        ([call("busy", at("09:00")), call("busy", at("10:00"))], ALWAYS, at("00:00", 1)),
        ([call("busy", at("09:00", -1)), call("busy", at("10:00"))], DAYTIME, at("10:20")),
        (
            [call("busy", at("09:00"), direction="in"), call("busy", at("10:00"))],
            DAYTIME,
            at("10:20"),
        ),
        # The campaign's own pause.
        ([call("busy")], CallingRules(hours=(), pause_minutes={"busy": 90}), at("11:30")),
        ([call("busy")], CallingRules(hours=(), pause_minutes={"busy": 0}), NOW),
        ([call("busy")], CallingRules(hours=(), pause_minutes={"no_answer": 9}), at("10:20")),
        # A call saved late, whose pause is over: ready now, not in the past.
        ([call("busy", at("08:00"))], ALWAYS, NOW),
        # An appointment is when it was agreed, whatever the pause and the day's attempts.
        ([call("busy"), call("callback_requested")], DAYTIME, LATER),
        # One that a later call has overtaken is none.
        ([call("callback_requested", at("09:00")), call("busy")], CallingRules(hours=()),
         at("00:00", 1)),
    ],
)  # fmt: skip
def test_when_a_case_is_ready_again(
    past: list[PastCall], rules: CallingRules, ready: datetime
) -> None:
    made = decide(*past, rules=rules)

    assert (made.state, made.ready_at) == (State.OPEN, ready)


def test_a_second_soft_refusal_is_final() -> None:
    first = call("soft_refusal", NOW - timedelta(days=3))

    assert decide(first, call("no_answer")).state is State.OPEN
    assert decide(first, call("soft_refusal")) == Decision(DONE, "hard_refusal")


def test_after_a_soft_refusal_that_nobody_answered_anyone_may_ring() -> None:
    assert not decide(call("soft_refusal"), call("no_answer")).by_another


@given(st.lists(st.sampled_from(sorted(DISPOSITIONS)), max_size=7), st.integers(0, 2))
def test_no_case_is_ever_stuck(codes: list[str], numbers: int) -> None:
    start = NOW - timedelta(hours=len(codes))
    past = [call(code, start + timedelta(hours=n)) for n, code in enumerate(codes)]

    made = decide(*past, rules=DAYTIME, numbers=numbers)

    assert (made.state is State.OPEN) == (made.ready_at is not None)
    assert (made.state is State.PASSED) == (made.passed_to is not None)
    assert made.state in {State.OPEN, State.PASSED, State.DONE}
    assert made.ready_at is None or made.ready_at >= NOW
