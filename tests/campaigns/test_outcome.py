"""The outcome of a case: all its calls count, their order does not."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.campaigns.rules.dispositions import DISPOSITIONS
from app.campaigns.rules.outcome import OUTCOMES, classified, outcome_of

CODES = st.sampled_from(sorted(DISPOSITIONS))
MANY = st.lists(CODES, max_size=8)


# The calls of a case, what it came to while it may be rung again, and after the last attempt.
TABLE = [
    ("", "not_attempted", "unknown"),
    ("no_answer", "not_reached", "unknown"),
    ("busy unreachable voicemail", "not_reached", "unknown"),
    ("invalid_number", "not_reached", "unknown"),
    ("wrong_person no_answer", "not_reached", "unknown"),
    ("hung_up no_answer", "hung_up", "unknown"),
    ("needs_leader no_answer", "needs_leader", "unknown"),
    ("respondent_unavailable no_answer", "respondent_unavailable", "eligible_not_reached"),
    ("callback_requested no_answer", "callback_requested", "eligible_not_reached"),
    ("respondent_unavailable hung_up", "respondent_unavailable", "eligible_not_reached"),
    ("soft_refusal no_answer", "soft_refusal", "soft_refusal"),
    ("language_barrier no_answer", "language_barrier", "language_barrier"),
    ("partial no_answer", "partial", "partial"),
    ("partial soft_refusal", "partial", "partial"),
    ("soft_refusal soft_refusal", "hard_refusal", "hard_refusal"),
    ("soft_refusal partial soft_refusal", "hard_refusal", "hard_refusal"),
    ("hard_refusal partial", "hard_refusal", "hard_refusal"),
    ("hard_refusal moved", "hard_refusal", "hard_refusal"),
    ("moved partial no_answer", "moved", "moved"),
    ("deceased callback_requested", "deceased", "deceased"),
    ("not_resident partial", "not_resident", "not_resident"),
    ("unable partial", "unable", "unable"),
    ("completed hard_refusal", "completed", "completed"),
    ("completed soft_refusal soft_refusal", "completed", "completed"),
    ("completed no_answer", "completed", "completed"),
    ("completed deceased", "completed", "completed"),
]


@pytest.mark.parametrize(("calls", "so_far", "at_last"), TABLE)
def test_the_outcome_in_whatever_order_the_calls_came(
    calls: str, so_far: str, at_last: str
) -> None:
    orders = list(permutations(calls.split()))

    assert {outcome_of(order, last_attempt_made=False) for order in orders} == {so_far}
    assert {outcome_of(order, last_attempt_made=True) for order in orders} == {at_last}


@given(st.data(), MANY, st.booleans())
def test_the_order_of_calls_never_matters(
    data: st.DataObject, calls: list[str], last: bool
) -> None:
    shuffled = data.draw(st.permutations(calls))

    assert outcome_of(calls, last_attempt_made=last) == outcome_of(shuffled, last_attempt_made=last)


@given(MANY, st.sampled_from(["no_answer", "busy", "unreachable", "voicemail"]), st.booleans())
def test_a_call_that_reached_nobody_takes_nothing_away(
    calls: list[str], failed: str, last: bool
) -> None:
    before = outcome_of([*calls, "no_answer"], last_attempt_made=last)

    assert outcome_of([*calls, "no_answer", failed], last_attempt_made=last) == before


@given(MANY)
def test_completed_stays_completed(calls: list[str]) -> None:
    assert outcome_of(["completed", *calls], last_attempt_made=True) == "completed"


@given(MANY, st.booleans())
def test_every_outcome_is_in_the_table(calls: list[str], last: bool) -> None:
    assert outcome_of(calls, last_attempt_made=last) in OUTCOMES


@pytest.mark.parametrize(
    ("code", "population", "aapor", "letter"),
    [
        ("completed", (), "1.1", "I"),
        ("partial", (), "1.2", "P"),
        ("hard_refusal", (), "2.112", "R"),
        ("soft_refusal", (), "2.112", "R"),
        ("callback_requested", (), "2.21", "NC"),
        ("respondent_unavailable", (), "2.21", "NC"),
        ("eligible_not_reached", (), "2.20", "NC"),
        ("language_barrier", (), "2.33", "O"),
        ("unable", (), "2.32", "O"),
        ("hung_up", (), "3.20", "UR"),
        ("needs_leader", (), "3.90", "UO"),
        ("unknown", (), "3.10", "UH"),
        ("not_reached", (), "3.10", "UH"),
        ("not_attempted", (), "3.11", "UH"),
        ("moved", (), "4.50", "NE"),
        ("moved", ("moved",), "2.35", "O"),
        ("not_resident", ("moved",), "4.50", "NE"),
        ("not_resident", ("not_resident",), "2.35", "O"),
        ("deceased", (), "4.70", "NE"),
        ("deceased", ("deceased",), "2.31", "O"),
    ],
)
def test_an_outcome_counts_as_its_campaign_says(
    code: str, population: tuple[str, ...], aapor: str, letter: str
) -> None:
    row = classified(code, population)

    assert (row.code, row.aapor, row.letter) == (code, aapor, letter)
    assert (row.label("zh"), row.label("en")) == (OUTCOMES[code].zh, OUTCOMES[code].en)
