"""From cases to figures: pure, so that a table says it all."""

from collections import Counter
from fractions import Fraction

import pytest

from app.campaigns.rules.outcome import OUTCOMES
from app.progress.rules.counting import Tally, aapor_counts, in_order, is_accounted_for
from app.progress.rules.rates import rates


@pytest.mark.parametrize(
    ("state", "passed_to", "accounted_for"),
    [
        ("done", None, True),
        ("passed", "door_list", True),
        ("passed", "leader", False),
        ("open", None, False),
        ("held", None, False),
        (None, None, False),  # before the first call, as an as-of sees it
    ],
)
def test_what_completion_counts(
    state: str | None, passed_to: str | None, accounted_for: bool
) -> None:
    assert is_accounted_for(state, passed_to) is accounted_for


def some() -> Tally:
    tally = Tally()
    tally.add("done", None, "completed", 3)
    tally.add("done", None, "hard_refusal")
    tally.add("held", None, "not_reached", 2)
    tally.add("passed", "door_list", "unknown")
    tally.add("passed", "leader", "needs_leader")
    return tally


def test_a_tally_adds_up() -> None:
    tally = some()

    assert (tally.total, tally.accounted_for, tally.outstanding) == (8, 5, 3)
    assert (tally.completed, tally.held, tally.door) == (3, 2, 1)
    assert tally.outcomes.total() == tally.total


def test_tallies_of_parts_make_the_tally_of_the_whole() -> None:
    twice = Tally.sum([some(), some(), Tally()])

    assert (twice.total, twice.accounted_for, twice.completed) == (16, 10, 6)
    assert (twice.held, twice.door) == (4, 2)
    assert twice.outcomes == Counter({code: 2 * n for code, n in some().outcomes.items()})
    assert Tally.sum([]) == Tally()


def test_summing_leaves_the_parts_alone() -> None:
    part = some()

    Tally.sum([part, part])

    assert part == some()


def test_outcomes_are_told_strongest_first_and_only_if_they_occur() -> None:
    told = in_order({"unknown": 1, "completed": 2, "partial": 0, "hard_refusal": 3})

    assert told == [("completed", 2), ("hard_refusal", 3), ("unknown", 1)]


@pytest.mark.parametrize(
    ("outcome", "population", "letter"),
    [
        ("completed", (), "I"),
        ("partial", (), "P"),
        ("soft_refusal", (), "R"),
        ("hard_refusal", (), "R"),
        ("callback_requested", (), "NC"),
        ("eligible_not_reached", (), "NC"),
        ("language_barrier", (), "O"),
        ("unable", (), "O"),
        ("hung_up", (), "UR"),
        ("needs_leader", (), "UO"),
        ("unknown", (), "UH"),
        ("not_attempted", (), "UH"),
        # Whether these belong to it is for the campaign to say.
        ("deceased", ("deceased",), "O"),
        ("deceased", (), "NE"),
        ("moved", ("moved", "deceased"), "O"),
        ("moved", ("deceased",), "NE"),
        ("not_resident", ("not_resident",), "O"),
        ("not_resident", (), "NE"),
    ],
)
def test_the_letter_that_an_outcome_counts_under(
    outcome: str, population: tuple[str, ...], letter: str
) -> None:
    counts = aapor_counts({outcome: 7}, population)

    assert getattr(counts, letter) == 7
    assert counts.eligible + counts.unknown + (counts.NE or 0) == 7


def test_every_outcome_counts_once() -> None:
    for population in ((), ("moved", "deceased", "not_resident")):
        counts = aapor_counts(dict.fromkeys(OUTCOMES, 1), population)

        assert counts.eligible + counts.unknown + (counts.NE or 0) == len(OUTCOMES)


def test_a_population_without_the_dead_has_the_higher_response_rate() -> None:
    outcomes = {"completed": 90, "deceased": 10}

    assert rates(aapor_counts(outcomes, ("deceased",)))["RR1"] == Fraction(9, 10)
    assert rates(aapor_counts(outcomes, ()))["RR1"] == 1


def test_nobody_at_all_has_no_rates() -> None:
    assert set(rates(aapor_counts({}, ())).values()) == {None}
