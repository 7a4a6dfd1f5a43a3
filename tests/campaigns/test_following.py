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
NEXT = NOW + timedelta(days=1)
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
        ([call("callback_requested", at("09:00")), call("partial")], CallingRules(hours=()), NEXT),
        # To ring before its time in vain, perhaps for a housemate, takes it off no calendar.
        ([call("callback_requested", at("09:00")), call("busy")], DAYTIME, LATER),
        ([call("callback_requested", at("09:00")), call("no_answer")], DAYTIME, LATER),
        ([call("callback_requested", at("08:00"), callback_at=at("10:10")), call("busy")],
         CallingRules(hours=()), NEXT.replace(hour=0)),
        ([call("callback_requested", at("08:00", -1), callback_at=at("09:00")), call("busy")],
         DAYTIME, at("10:20")),
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


# Two attempts are all. What the calls are: o out, i a ring-back, d a leader's answer; where the
# case is then: again, by appointment, with the leader, at the door, done.
@pytest.mark.parametrize(
    ("calls", "where"),
    [
        ("o:no_answer", "again"),
        ("o:no_answer o:no_answer", "door"),
        # Who asks at the last attempt to be rung again is rung again, once.
        ("o:no_answer o:callback_requested", "appointment"),
        ("o:no_answer o:callback_requested o:no_answer", "door"),
        ("o:no_answer o:callback_requested o:callback_requested", "door"),
        ("o:no_answer o:callback_requested o:completed", "done"),
        ("o:callback_requested o:no_answer", "door"),
        # So is who rings back after the last attempt; one that came to nothing changes nothing.
        ("o:no_answer o:no_answer i:callback_requested", "appointment"),
        ("o:no_answer o:no_answer i:callback_requested o:no_answer", "door"),
        ("o:no_answer o:no_answer i:callback_requested o:callback_requested", "door"),
        ("o:no_answer o:no_answer i:respondent_unavailable", "door"),
        ("o:no_answer o:callback_requested i:hung_up", "appointment"),
        ("o:callback_requested i:respondent_unavailable", "appointment"),
        ("o:callback_requested i:soft_refusal", "again"),
        # What a last attempt came to is never overridden by its having been the last.
        ("o:no_answer o:completed", "done"),
        ("o:no_answer o:hard_refusal", "done"),
        ("o:soft_refusal o:soft_refusal", "done"),
        ("o:no_answer o:moved", "done"),
        ("o:no_answer o:needs_leader", "leader"),
        # The leader's list is left by the leader's answer, or by another call.
        ("o:needs_leader i:respondent_unavailable", "leader"),
        ("o:needs_leader i:completed", "done"),
        ("o:needs_leader i:callback_requested", "appointment"),
        ("o:needs_leader d:needs_leader", "appointment"),
        ("o:needs_leader d:needs_leader i:hung_up", "appointment"),
        ("o:needs_leader d:moved", "done"),
        ("o:needs_leader d:needs_leader o:busy", "door"),
        ("o:no_answer o:needs_leader d:needs_leader", "appointment"),
        ("o:no_answer o:needs_leader d:needs_leader o:no_answer", "door"),
        # Ring-backs and answers are no attempts, however many.
        ("i:hung_up i:hung_up i:hung_up o:no_answer", "again"),
    ],
)
def test_where_a_case_is_after_its_calls(calls: str, where: str) -> None:
    past = []
    for hours, (kind, code) in enumerate(one.split(":") for one in calls.split()):
        more = {"direction": "out" if kind == "o" else "in", "desk": kind == "d"}
        past.append(call(code, NOW + timedelta(hours=hours), **more))

    made = decide(*past, rules=CallingRules(hours=(), max_attempts=2))

    places = {LEADER: "leader", DOOR: "door", None: made.state.value}
    found = "appointment" if made.appointment else places[made.passed_to]
    assert found == where.replace("again", "open")


def test_an_appointment_that_has_passed_is_due_now() -> None:
    missed = call("callback_requested", at("08:00"), callback_at=at("09:00"))

    assert decide(missed).ready_at == NOW


@pytest.mark.parametrize(
    ("agreed", "legal", "ready"),
    [
        ("12:30", (), "14:00"),
        ("12:30", ("08:00-21:00",), "12:30"),
        ("22:00", ("08:00-21:00",), "08:00+"),
        ("22:00", (), "09:00+"),
    ],
)
def test_an_appointment_waits_until_somebody_may_ring(
    agreed: str, legal: tuple[str, ...], ready: str
) -> None:
    rules = CallingRules(legal_hours=legal)

    made = decide(call("callback_requested", callback_at=at(agreed)), rules=rules)

    assert made.ready_at == at(ready.strip("+"), ready.count("+"))
    assert made.appointment


def test_a_window_that_is_over_before_anybody_may_ring_is_none() -> None:
    window = {"callback_at": at("12:10"), "callback_until": at("13:00")}
    until = decide(call("callback_requested", **window), rules=DAYTIME).appointment_until

    assert until is None
    window["callback_until"] = at("15:00")
    until = decide(call("callback_requested", **window), rules=DAYTIME).appointment_until
    assert until == at("15:00")


def test_what_the_leader_sends_back_comes_when_ringing_is_allowed() -> None:
    asked = call("needs_leader", at("11:00"))
    answer = call("needs_leader", at("12:30"), direction="in", desk=True, callback_user_id=7)

    made = what_follows(DAYTIME, [asked, answer], 1, at("12:30"))

    assert (made.ready_at, made.appointment_user_id) == (at("14:00"), 7)


# Taps that no call came of; where the case is after one busy call at ten.
@pytest.mark.parametrize(
    ("taps", "ready"),
    [
        ([], "10:20"),
        (["09:00"], "10:20"),
        (["09:00", "09:10"], "00:00+"),
        (["09:00-", "09:10-"], "10:20"),
        (["09:00-", "09:10-", "09:20-"], "10:20"),
        (["09:00-", "09:10-", "09:20-", "09:30-"], None),
    ],
)
def test_dials_are_capped_by_the_day_and_in_all(taps: list[str], ready: str | None) -> None:
    rules = CallingRules(hours=(), max_dials_per_day=3, max_dials=5)
    dialled = [at(tap.strip("-"), -tap.count("-")) for tap in taps]

    made = what_follows(rules, [call("busy")], 1, NOW, dialled)

    if ready is None:
        assert (made.passed_to, made.outcome) == (DOOR, "unknown")
    else:
        assert made.ready_at == at(ready.strip("+"), ready.count("+"))


def test_too_many_dials_break_no_appointment_and_no_refusal() -> None:
    rules = CallingRules(hours=(), max_dials=1)

    assert what_follows(rules, [call("callback_requested")], 1, NOW).ready_at == LATER
    assert what_follows(rules, [call("hard_refusal")], 1, NOW).state is DONE
    assert what_follows(rules, [call("needs_leader")], 1, NOW).passed_to is LEADER


def test_a_wrong_number_is_followed_by_the_next_at_once_as_far_as_the_caps_go() -> None:
    wrong, again = call("wrong_person", at("10:00")), call("invalid_number", at("10:05"))

    assert decide(wrong, rules=DAYTIME, numbers=2).ready_at == NOW
    assert decide(wrong, again, rules=DAYTIME).ready_at == at("09:00", 1)
    assert decide(wrong, again, rules=CallingRules(max_attempts=2)).passed_to is DOOR
    assert decide(wrong, rules=DAYTIME, numbers=0).passed_to is DOOR


@pytest.mark.parametrize(
    ("last", "when", "ready"),
    [
        ("no_answer", at("14:05"), at("18:00", 1)),
        ("voicemail", at("14:05"), at("18:00", 1)),
        # Somebody was on the line, or at home: the pause alone counts.
        ("busy", at("14:05"), at("09:00", 1)),
        ("respondent_unavailable", at("14:05"), at("09:00", 1)),
    ],
)
def test_only_who_did_not_answer_is_tried_at_another_part_of_the_day(
    last: str, when: datetime, ready: datetime
) -> None:
    past = [call("no_answer", at("09:30")), call(last, when)]

    assert decide(*past, rules=DAYTIME).ready_at == ready
    unspread = CallingRules(spread_days=0)
    assert decide(*past, rules=unspread).ready_at == at("09:00", 1)


@given(st.lists(st.sampled_from(sorted(DISPOSITIONS)), max_size=7), st.integers(0, 2))
def test_no_case_is_ever_stuck(codes: list[str], numbers: int) -> None:
    start = NOW - timedelta(hours=len(codes))
    past = [call(code, start + timedelta(hours=n)) for n, code in enumerate(codes)]

    made = decide(*past, rules=DAYTIME, numbers=numbers)

    assert (made.state is State.OPEN) == (made.ready_at is not None)
    assert (made.state is State.PASSED) == (made.passed_to is not None)
    assert made.state in {State.OPEN, State.PASSED, State.DONE}
    assert made.ready_at is None or made.ready_at >= NOW
