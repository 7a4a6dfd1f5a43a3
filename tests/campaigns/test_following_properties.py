"""What holds of every decision, whatever the rules, the history, the hour and the zone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from app.campaigns.rules.calling import CallingRules, Ringing, is_allowed, ringing_at
from app.campaigns.rules.dispositions import DISPOSITIONS, Follow
from app.campaigns.rules.following import (
    Decision,
    PassedTo,
    PastCall,
    State,
    attempts,
    last_word,
    most_attempts,
    what_follows,
)
from app.campaigns.rules.outcome import outcome_of

FINAL = sorted(code for code, row in DISPOSITIONS.items() if row.final)
OPEN_ENDED = sorted(set(DISPOSITIONS) - set(FINAL))
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "UTC")
BEGINNINGS = (
    datetime(2026, 3, 27, 3, tzinfo=UTC),  # two days before the clocks of Berlin leap
    datetime(2026, 10, 23, 22, tzinfo=UTC),  # and before they are set back
    datetime(2026, 11, 24, 2, tzinfo=UTC),
)
HOURS = ((), ("09:00-12:00", "14:00-20:30"), ("00:30-03:30",), ("10:00-11:00",))
LEGAL = ((), ("00:00-23:00",))


@st.composite
def rules(draw: st.DrawFn) -> CallingRules:
    return CallingRules(
        hours=draw(st.sampled_from(HOURS)),
        weekend_hours=draw(st.sampled_from(HOURS)),
        legal_hours=draw(st.sampled_from(LEGAL)),
        max_attempts=draw(st.integers(1, 5)),
        max_attempts_per_day=draw(st.integers(1, 3)),
        max_dials=draw(st.integers(1, 9)),
        max_dials_per_day=draw(st.integers(1, 4)),
        spread_days=draw(st.integers(0, 9)),
    )


@st.composite
def histories(
    draw: st.DrawFn, codes: list[str], least: int = 0, zone: str | None = None
) -> list[PastCall]:
    """Calls in their order, as ``calls.rules.history`` gives them."""
    name = zone or draw(st.sampled_from(ZONES))
    moment = draw(st.sampled_from(BEGINNINGS)).astimezone(ZoneInfo(name))
    past = []
    for code in draw(st.lists(st.sampled_from(codes), min_size=least, max_size=7)):
        pause = timedelta(minutes=draw(st.integers(1, 3000)))
        moment = (moment.astimezone(UTC) + pause).astimezone(ZoneInfo(name))
        agreed = moment + timedelta(minutes=draw(st.integers(1, 3000)))
        asks = DISPOSITIONS[code].follow is Follow.APPOINTMENT
        past.append(
            PastCall(
                code, moment, draw(st.integers(1, 3)), draw(st.integers(1, 2)),
                direction=draw(st.sampled_from(["out", "out", "in"])),
                callback_at=agreed if asks else None,
            )
        )  # fmt: skip
    return past


def decided_at(past: list[PastCall], minutes: int) -> datetime:
    """So long after the last call, in its zone."""
    last = past[-1].started_at
    return (last.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(last.tzinfo)


ANY = histories(sorted(DISPOSITIONS), least=1)
UNSETTLED = histories(OPEN_ENDED, least=1)
MINUTES = st.integers(0, 3000)
NUMBERS = st.integers(0, 2)


@given(rules(), ANY, NUMBERS, MINUTES)
def test_no_case_is_ever_stuck(
    rules: CallingRules, past: list[PastCall], numbers: int, minutes: int
) -> None:
    made = what_follows(rules, past, numbers, decided_at(past, minutes))

    assert (made.state is State.OPEN) == (made.ready_at is not None)
    assert (made.state is State.PASSED) == (made.passed_to is not None)
    assert made.state is not State.HELD
    assert made.accounted_for == (made.state is State.DONE or made.passed_to is PassedTo.DOOR)


@given(rules(), UNSETTLED, MINUTES)
def test_who_is_rung_again_is_rung_when_that_is_allowed_and_not_too_soon(
    rules: CallingRules, past: list[PastCall], minutes: int
) -> None:
    now = decided_at(past, minutes)
    made, word = what_follows(rules, past, 1, now), last_word(past)
    assume(made.ready_at is not None)
    assert made.ready_at is not None
    assert made.ready_at.timestamp() >= now.timestamp()
    assert is_allowed(rules, made.ready_at, agreed=made.appointment)
    if made.appointment:
        assert word.callback_at is not None
        assert made.ready_at.timestamp() >= word.callback_at.timestamp()
        assert ringing_at(rules, made.ready_at) is not Ringing.CLOSED
    else:
        paused = made.ready_at.timestamp() - word.started_at.timestamp()
        assert paused >= rules.pause_after(word.disposition).total_seconds()


@given(rules(), UNSETTLED, MINUTES)
def test_spreading_puts_nobody_off_for_longer_than_its_bound(
    rules: CallingRules, past: list[PastCall], minutes: int
) -> None:
    now = decided_at(past, minutes)
    spread = what_follows(rules, past, 1, now)
    plain = what_follows(replace(rules, spread_days=0), past, 1, now)

    assert replace(spread, ready_at=None) == replace(plain, ready_at=None)
    if spread.ready_at is not None and plain.ready_at is not None:
        later = spread.ready_at.timestamp() - plain.ready_at.timestamp()
        assert 0 <= later <= timedelta(days=rules.spread_days).total_seconds()


@given(rules(), UNSETTLED)
def test_attempts_stay_within_the_cap_and_one_more_for_an_appointment(
    rules: CallingRules, past: list[PastCall]
) -> None:
    """As long as people keep ringing when the rules say so, and no longer."""
    rung: list[PastCall] = []
    for call in past:
        made = what_follows(rules, rung, 1, call.started_at)
        if call.direction == "in" or made.state is State.OPEN:
            rung.append(call)

    assert attempts(rung) <= most_attempts(rules, rung) <= rules.max_attempts + 1
    if not any(call.callback_at for call in rung):
        assert attempts(rung) <= rules.max_attempts


@given(rules(), UNSETTLED, NUMBERS, MINUTES)
def test_a_day_has_no_more_attempts_than_the_rules_allow(
    rules: CallingRules, past: list[PastCall], numbers: int, minutes: int
) -> None:
    made = what_follows(rules, past, numbers, decided_at(past, minutes))
    if made.ready_at is None or made.appointment:
        return
    day = made.ready_at.date()

    that_day = [call for call in past if call.started_at.date() == day]
    assert attempts(that_day) < min(rules.max_attempts_per_day, rules.max_dials_per_day)


@given(rules(), ANY, st.sampled_from(FINAL), UNSETTLED, NUMBERS, MINUTES)
def test_what_is_settled_is_never_opened_again_by_calls_that_settle_nothing(
    rules: CallingRules,
    before: list[PastCall],
    final: str,
    later: list[PastCall],
    numbers: int,
    minutes: int,
) -> None:
    settled = [*before, replace(before[-1], disposition=final, callback_at=None)]
    made = what_follows(rules, settled, numbers, decided_at(settled, minutes))
    more = [*settled, *later]
    since = what_follows(rules, more, numbers, decided_at(more, minutes))

    assert made.accounted_for
    assert since.accounted_for
    assert since.outcome in {made.outcome, "hard_refusal"}


@given(rules(), UNSETTLED, NUMBERS, MINUTES)
def test_caps_never_override_what_somebody_said(
    rules: CallingRules, past: list[PastCall], numbers: int, minutes: int
) -> None:
    """Refused, completed or for the leader: the same under the tightest rules and the widest."""
    tight = replace(rules, max_attempts=1, max_dials=1)
    wide = replace(rules, max_attempts=99, max_dials=99)
    now = decided_at(past, minutes)
    narrow, broad = (what_follows(one, past, numbers, now) for one in (tight, wide))

    if broad.state is State.DONE or broad.passed_to is PassedTo.LEADER:
        assert narrow == broad
    elif narrow.state is State.OPEN:
        assert broad.state is State.OPEN


@given(st.data(), ANY, st.booleans())
def test_the_order_of_equal_calls_does_not_matter_to_the_outcome(
    data: st.DataObject, past: list[PastCall], last: bool
) -> None:
    codes = [call.disposition for call in past]
    shuffled = data.draw(st.permutations(codes))

    assert outcome_of(codes, last_attempt_made=last) == outcome_of(shuffled, last_attempt_made=last)


@given(st.data(), rules(), UNSETTLED, MINUTES)
def test_a_zone_is_its_clock_on_the_wall_and_not_how_it_is_written(
    data: st.DataObject, rules: CallingRules, past: list[PastCall], minutes: int
) -> None:
    """The same moments, of which some went through UTC and back, are the same history."""
    now = decided_at(past, minutes)
    zone = now.tzinfo

    def travelled(call: PastCall) -> PastCall:
        if not data.draw(st.booleans()):
            return call
        agreed = call.callback_at and call.callback_at.astimezone(UTC).astimezone(zone)
        return replace(
            call, started_at=call.started_at.astimezone(UTC).astimezone(zone), callback_at=agreed
        )

    def seen(made: Decision) -> tuple[object, ...]:
        return (made.state, made.outcome, made.ready_at and made.ready_at.timestamp())

    here = what_follows(rules, past, 1, now)
    there = what_follows(
        rules, [travelled(call) for call in past], 1, now.astimezone(UTC).astimezone(zone)
    )
    assert seen(here) == seen(there)
