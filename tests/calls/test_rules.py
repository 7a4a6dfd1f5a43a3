"""What a call must be, how a case's calls are read together, and when to ring again."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from app.calls.rules import (
    FARTHEST_APPOINTMENT,
    LONGEST_NOTE,
    CallInput,
    Circumstances,
    appointment_slots,
    check,
    effective,
    fingerprint,
    history,
    why_not_applied,
    wrong_numbers,
)
from app.campaigns.rules.calling import CallingRules
from app.problems import Problem
from tests.cast import NOW

MINUTE = timedelta(minutes=1)
CALL = CallInput("completed", NOW - 2 * MINUTE, NOW)
AGREED = replace(CALL, disposition="callback_requested", callback_at=NOW + MINUTE)


@pytest.mark.parametrize(
    "call",
    [
        CALL,
        AGREED,
        replace(AGREED, callback_at=NOW + FARTHEST_APPOINTMENT),
        replace(CALL, direction="in"),
        replace(CALL, note="长" * LONGEST_NOTE),
        replace(CALL, ended_at=CALL.started_at),
        replace(AGREED, callback_until=NOW + 2 * MINUTE, callback_anyone=True),
        # Of a call that waited long for a line, the time agreed may have passed.
        replace(
            AGREED,
            ended_at=NOW - 3 * 60 * MINUTE,
            started_at=NOW - 4 * 60 * MINUTE,
            callback_at=NOW - MINUTE,
        ),
        # A call-back time left over from another choice does no harm.
        replace(CALL, callback_at=NOW - MINUTE),
    ],
)
def test_a_call_that_can_be(call: CallInput) -> None:
    check(call, NOW)


@pytest.mark.parametrize(
    ("call", "code", "field"),
    [
        (replace(CALL, disposition="complete"), "disposition_unknown", "disposition"),
        (replace(CALL, disposition=""), "disposition_unknown", "disposition"),
        (replace(CALL, direction="up"), "direction_unknown", "direction"),
        (replace(CALL, ended_at=NOW - 3 * MINUTE), "call_ends_before_start", "ended_at"),
        (replace(CALL, note="长" * (LONGEST_NOTE + 1)), "note_long", "note"),
        (replace(AGREED, callback_at=None), "callback_missing", "callback_at"),
        (replace(AGREED, callback_at=NOW), "callback_past", "callback_at"),
        (replace(AGREED, callback_at=NOW - MINUTE), "callback_past", "callback_at"),
        (replace(AGREED, callback_until=NOW + MINUTE), "callback_window", "callback_until"),
        (
            replace(AGREED, callback_at=NOW + FARTHEST_APPOINTMENT + MINUTE),
            "callback_far",
            "callback_at",
        ),
    ],
)
def test_a_call_that_cannot_be(call: CallInput, code: str, field: str) -> None:
    with pytest.raises(Problem) as caught:
        check(call, NOW)

    assert (caught.value.code, caught.value.field) == (code, field)


FACTS = Circumstances(
    campaign_open=True, user_active=True, offered=True, done=False, generation=7, newest=7
)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (FACTS, None),
        (replace(FACTS, campaign_open=False), "campaign_closed"),
        (replace(FACTS, user_active=False), "deactivated"),
        (replace(FACTS, offered=False), "old_form"),
        (replace(FACTS, done=True), "already_done"),
        # Somebody was given the case since, the same person perhaps.
        (replace(FACTS, newest=8), "stale_hold"),
        # A hold that the user never had.
        (replace(FACTS, generation=None), "stale_hold"),
        (replace(FACTS, newest=8, direction="in"), None),
        (replace(FACTS, generation=None, newest=None, direction="in"), None),
        (replace(FACTS, done=True, direction="in"), "already_done"),
        # The weightiest reason is named.
        (replace(FACTS, campaign_open=False, user_active=False, done=True), "campaign_closed"),
        (replace(FACTS, done=True, newest=8), "already_done"),
    ],
)
def test_why_a_call_takes_no_effect(facts: Circumstances, reason: str | None) -> None:
    assert why_not_applied(facts) == reason


def test_the_same_save_is_known_by_what_it_says() -> None:
    same = fingerprint(1, CALL)

    assert fingerprint(1, replace(CALL)) == same
    # Who hands it in by ticket names the hold, by token need not.
    assert fingerprint(1, replace(CALL, hold=2)) == same
    # A form that is sent twice ends twice.
    form = replace(CALL, ends_when_sent=True)
    assert fingerprint(1, replace(form, ended_at=NOW + MINUTE)) == fingerprint(1, form)
    others = [
        replace(CALL, disposition="busy"),
        replace(CALL, note="好"),
        replace(CALL, number="+8613900000001"),
        replace(CALL, also=(2,)),
        replace(CALL, direction="in"),
        replace(CALL, started_at=NOW),
        replace(CALL, ended_at=NOW + MINUTE),
        replace(CALL, callback_at=NOW),
        replace(CALL, callback_until=NOW),
        replace(CALL, callback_anyone=True),
        replace(CALL, answers={"lives_alone": "yes"}),
    ]
    keys = {same, fingerprint(2, CALL), *(fingerprint(1, one) for one in others)}
    assert len(keys) == 2 + len(others)


@dataclass
class Row:
    """A stored call, as far as its reading goes."""

    id: int
    disposition: str
    corrects_id: int | None = None
    applied: bool = True
    started_at: datetime = NOW
    number_id: int | None = 1
    user_id: int = 1
    direction: str = "out"
    callback_at: datetime | None = None
    callback_until: datetime | None = None
    callback_user_id: int | None = None
    desk: bool = False
    voided: bool = False
    ended_at: datetime = NOW
    recorded_at: datetime = NOW + timedelta(hours=1)

    @property
    def position(self) -> int:
        return self.id


@pytest.mark.parametrize(
    ("rows", "read"),
    [
        ([], []),
        ([Row(1, "busy"), Row(2, "completed")], ["busy", "completed"]),
        # A correction stands where the call stood.
        ([Row(1, "busy"), Row(2, "completed"), Row(3, "no_answer", 1)], ["no_answer", "completed"]),
        ([Row(1, "busy"), Row(2, "moved", 1), Row(3, "completed", 2)], ["completed"]),
        # What took no effect counts for nothing, and neither does what corrects it.
        ([Row(1, "busy"), Row(2, "completed", applied=False)], ["busy"]),
        ([Row(1, "busy"), Row(2, "completed", 1, applied=False)], ["busy"]),
        ([Row(1, "busy", applied=False), Row(2, "completed", 1)], []),
        # What was taken back is no call, until it is said again.
        ([Row(1, "busy"), Row(2, "completed"), Row(3, "completed", 2, voided=True)], ["busy"]),
    ],
)
def test_the_last_version_of_each_call_counts(rows: list[Row], read: list[str]) -> None:
    assert [row.disposition for row in effective(reversed(rows))] == read


def test_a_history_is_in_the_order_of_the_calls_in_the_zone_of_the_day() -> None:
    late = Row(1, "busy", started_at=NOW.astimezone(UTC))
    early = Row(2, "no_answer", started_at=(NOW - MINUTE).astimezone(UTC), direction="in")

    past = history([late, early], NOW)

    assert [(call.disposition, call.direction) for call in past] == [
        ("no_answer", "in"),
        ("busy", "out"),
    ]
    assert past[1].started_at.utcoffset() == timedelta(hours=8)


def test_numbers_that_proved_wrong() -> None:
    rows = [
        Row(1, "invalid_number", number_id=1),
        Row(2, "wrong_person", number_id=2),
        Row(3, "no_answer", number_id=3),
        Row(4, "invalid_number", number_id=None),
    ]

    assert wrong_numbers(history(rows, NOW)) == {1, 2}


def at(clock: str, days: int = 0) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return NOW.replace(hour=hour, minute=minute) + timedelta(days=days)


HOUR, TONIGHT = "in_an_hour", "this_evening"
MORNING, EVENING = "tomorrow_morning", "tomorrow_evening"
ALWAYS, DAYTIME = CallingRules(hours=()), CallingRules()


@pytest.mark.parametrize(
    ("rules", "now", "slots"),
    [
        (
            DAYTIME,
            at("10:00"),
            [(HOUR, at("11:00")), (TONIGHT, at("18:30")), (MORNING, at("09:30", 1)),
             (EVENING, at("18:30", 1))],
        ),
        # In an hour is noon: nobody may ring then.
        (
            DAYTIME,
            at("11:30"),
            [(TONIGHT, at("18:30")), (MORNING, at("09:30", 1)), (EVENING, at("18:30", 1))],
        ),
        # The evening has passed; in an hour is too late.
        (DAYTIME, at("19:45"), [(MORNING, at("09:30", 1)), (EVENING, at("18:30", 1))]),
        (
            ALWAYS,
            at("19:45"),
            [(HOUR, at("20:45")), (MORNING, at("09:30", 1)), (EVENING, at("18:30", 1))],
        ),
        # In an hour is this evening: said once.
        (
            ALWAYS,
            at("17:30"),
            [(HOUR, at("18:30")), (MORNING, at("09:30", 1)), (EVENING, at("18:30", 1))],
        ),
        # At noon nobody is rung but who asks for it.
        (
            CallingRules(legal_hours=("08:00-21:00",)),
            at("11:30"),
            [(HOUR, at("12:30")), (TONIGHT, at("18:30")), (MORNING, at("09:30", 1)),
             (EVENING, at("18:30", 1))],
        ),
        # Mornings only: the evenings move to the mornings after.
        (
            CallingRules(hours=("08:00-12:00",)),
            at("10:00"),
            [(HOUR, at("11:00")), (TONIGHT, at("08:00", 1)), (MORNING, at("09:30", 1)),
             (EVENING, at("08:00", 2))],
        ),
    ],
)  # fmt: skip
def test_the_times_offered_for_an_appointment(
    rules: CallingRules, now: datetime, slots: list[tuple[str, datetime]]
) -> None:
    assert appointment_slots(rules, now) == slots


def test_the_times_offered_are_whole_minutes() -> None:
    now = at("10:00") + timedelta(seconds=31, microseconds=7)

    assert appointment_slots(ALWAYS, now)[0] == (HOUR, at("11:00"))
