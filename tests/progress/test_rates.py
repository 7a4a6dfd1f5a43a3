"""AAPOR outcome rates: published examples, laws for all counts, and words that can't be read.

The examples come from two R packages that implement the standard: outcomerate (rOpenSci) and
responserates (T. J. Leeper). Each row names the place.
"""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.problems import Problem
from app.progress.rules.rates import (
    LETTERS,
    MOST,
    RATES,
    Counts,
    estimated_eligibility,
    parse_counts,
    rates,
)

F = Fraction
KEYS = [
    *("RR1", "RR2", "RR3", "RR4", "RR5", "RR6"),
    *("COOP1", "COOP2", "COOP3", "COOP4"),
    *("REF1", "REF2", "REF3"),
    *("CON1", "CON2", "CON3"),
]
# All unknown cases are eligible, the share e of them is, none is.
SPANS = [
    ("RR1", "RR3", "RR5"),
    ("RR2", "RR4", "RR6"),
    ("REF1", "REF2", "REF3"),
    ("CON1", "CON2", "CON3"),
]
NEED_E = {"RR3", "RR4", "REF2", "CON2"}

EXACT = [
    pytest.param(
        Counts(I=10, P=2, R=3, NC=4, O=1, UH=5, UR=7, UO=6, NE=8, e=F("0.4")),
        # 20 are eligible and 18 unknown, so that 20 + 0.4 * 18 = 27.2 are likely to be.
        "10/38 12/38 100/272 120/272 10/20 12/20 10/16 12/16 10/15 12/15 "
        "3/38 30/272 3/20 16/38 160/272 16/20",
        id="outcomerate 1.1.0 (10th edition), tests/testthat/test-ur.R, with UR",
    ),
    pytest.param(
        Counts(I=5, P=3, R=2, NC=1, O=2, UH=1, UO=1, NE=1, e=F("0.5")),
        "1/3 8/15 5/14 4/7 5/13 8/13 5/12 2/3 1/2 4/5 2/15 1/7 2/13 4/5 6/7 12/13",
        id="outcomerate 1.0.1 (9th edition), tests/testthat/test-rate.R",
    ),
]

PRINTED = [
    pytest.param(
        Counts(I=4, P=2, R=1, NC=1, O=1, UH=1, UO=1, NE=1),
        "0.364 0.545 0.370 0.556 0.444 0.667 0.500 0.750 0.571 0.857 "
        "0.091 0.093 0.111 0.727 0.741 0.889",
        id="outcomerate 1.0.1, README, e estimated from NE",
    ),
    pytest.param(
        Counts(I=5, P=2, R=1, NC=7, O=3, UH=4, UR=2, UO=8, NE=1, e=F("0.75")),
        "0.15625000 0.21875000 0.17543860 0.24561404 0.27777778 0.38888889 0.45454545 0.63636364 "
        "0.62500000 0.87500000 0.03125000 0.03508772 0.05555556 0.34375000 0.38596491 0.61111111",
        id="outcomerate 1.1.0, example of fmat, e = 0.75",
    ),
    pytest.param(
        Counts(I=100, NC=20, UO=100, e=F("0.25")),
        "0.455 0.455 0.690 0.690 0.833 0.833 1.000 1.000 1.000 1.000 "
        "0.000 0.000 0.000 0.455 0.690 0.833",
        id="responserates, README, e = 0.25",
    ),
    pytest.param(
        Counts(I=100, NC=20),
        "0.833 0.833 0.833 0.833 0.833 0.833 1.000 1.000 1.000 1.000 "
        "0.000 0.000 0.000 0.833 0.833 0.833",
        id="responserates, README, no unknown case",
    ),
    pytest.param(
        Counts(I=5, P=1, R=1, NC=2, UH=1),
        "0.50 0.60 - - 0.56 0.67 0.71 0.86 0.71 0.86 0.10 - 0.11 0.70 - 0.78",
        id="outcomerate, text for the rOpenSci review, e unknown",
    ),
    pytest.param(
        Counts(UO=1, e=F("0.3")),
        "0 0 0 0 - - - - - - 0 0 - 0 0 -",
        id="outcomerate, tests/testthat/test-rate.R, low counts",
    ),
]


@pytest.mark.parametrize(("counts", "published"), EXACT)
def test_rates_are_the_published_fractions(counts: Counts, published: str):
    assert rates(counts) == dict(zip(KEYS, map(F, published.split()), strict=True))


@pytest.mark.parametrize(("counts", "published"), PRINTED)
def test_rates_round_to_the_published_figures(counts: Counts, published: str):
    shown = [
        "-" if rate is None else f"{float(rate):.{len(figure.partition('.')[2])}f}"
        for rate, figure in zip(rates(counts).values(), published.split(), strict=True)
    ]
    assert shown == published.split()


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        # outcomerate 1.1.0, tests/testthat/test-ur.R: unknown cases have no part in the estimate.
        (Counts(I=4, P=1, R=2, NC=1, O=2, UR=100, NE=5), F(10, 15)),
        (Counts(I=2, UR=1, NE=1), F(2, 3)),
        (Counts(I=4, NE=0), F(1)),
        (Counts(NE=3), F(0)),
        (Counts(I=4, NE=4, e=F(1, 5)), F(1, 5)),  # what is given goes before any estimate
        (Counts(I=4, UH=9), None),  # nobody counted who is not eligible
        (Counts(UH=9, NE=0), None),  # nothing is known of any case
    ],
)
def test_share_of_eligible_cases_is_given_or_estimated_or_untold(counts, expected):
    assert estimated_eligibility(counts) == expected


def test_without_cases_every_rate_is_undefined():
    assert rates(Counts()) == dict.fromkeys(KEYS)
    assert rates(Counts(NE=7)) == dict.fromkeys(KEYS)


def test_without_e_only_the_rates_that_need_it_are_undefined():
    assert {key for key, rate in rates(Counts(I=4, R=1, UH=2)).items() if rate is None} == NEED_E


def test_without_unknown_cases_e_does_not_matter():
    result = rates(Counts(I=4, P=1, R=2, NC=1, O=3))
    assert result["RR3"] == result["RR1"] == result["RR5"] == F(4, 11)
    assert result["CON2"] == result["CON3"] == F(10, 11)


def test_nobody_contacted_leaves_cooperation_undefined_and_response_zero():
    result = rates(Counts(NC=3, UH=2, e=F(1, 2)))
    undefined = {key for key, rate in result.items() if rate is None}
    assert undefined == {"COOP1", "COOP2", "COOP3", "COOP4"}
    assert result["RR1"] == result["CON3"] == 0


def test_only_others_contacted_leaves_undefined_what_excludes_them():
    result = rates(Counts(O=3))
    assert (result["COOP1"], result["COOP3"], result["COOP4"]) == (0, None, None)


def test_unknown_cases_none_of_them_eligible_leave_an_empty_base():
    result = rates(Counts(UH=5, NE=5))
    assert (result["RR1"], result["RR3"], result["RR5"]) == (0, None, None)


def test_large_counts_stay_exact():
    assert rates(Counts(I=MOST, P=1))["RR1"] == F(MOST, MOST + 1)


@pytest.mark.parametrize(
    "wrong", [*({letter: -1} for letter in LETTERS), {"e": F(-1, 9)}, {"e": F(10, 9)}]
)
def test_counts_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError):
        Counts(**wrong)


number = st.integers(0, 40) | st.integers(0, MOST)
any_counts = st.builds(
    Counts,
    **dict.fromkeys(LETTERS, number)
    | {"NE": st.none() | number, "e": st.none() | st.fractions(0, 1)},
)


def assert_ascending(result, *keys):
    defined = [result[key] for key in keys if result[key] is not None]
    assert all(low <= high for low, high in pairwise(defined)), keys


@given(any_counts)
def test_rates_have_the_keys_of_the_table_in_the_order_of_the_standard(counts):
    assert list(rates(counts)) == list(RATES) == KEYS


@given(any_counts)
def test_each_rate_is_a_fraction_from_0_to_1_or_undefined(counts):
    for rate in rates(counts).values():
        assert rate is None or (type(rate) is F and 0 <= rate <= 1)


@given(any_counts)
def test_each_rate_is_what_its_printed_formula_says(counts):
    e = estimated_eligibility(counts)
    letters = {letter: F(getattr(counts, letter) or 0) for letter in LETTERS}
    # "e(UH + …)" in a formula then reads as the call of a function.
    letters["e"] = lambda unknown: 0 if unknown == 0 else unknown * e
    for key, rate in rates(counts).items():
        try:
            expected = eval(RATES[key].formula, {}, letters)
        except (ZeroDivisionError, TypeError):
            expected = None
        assert rate == expected, key


@given(any_counts)
def test_rates_grow_as_fewer_unknown_cases_are_taken_to_be_eligible(counts):
    result = rates(counts)
    for span in SPANS:
        assert_ascending(result, *span)


@given(any_counts)
def test_rates_grow_when_partial_interviews_count_or_others_are_left_out(counts):
    result = rates(counts)
    for complete, interviews in [("RR1", "RR2"), ("RR3", "RR4"), ("RR5", "RR6")]:
        assert_ascending(result, complete, interviews)
    assert_ascending(result, "COOP1", "COOP2", "COOP4")
    assert_ascending(result, "COOP1", "COOP3", "COOP4")


@given(any_counts)
def test_nobody_cooperates_or_refuses_without_being_contacted(counts):
    result = rates(counts)
    families = [("RR2", "REF1", "CON1"), ("RR4", "REF2", "CON2"), ("RR6", "REF3", "CON3")]
    for response, refusal, contact in families:
        if result[contact] is not None:
            assert result[response] + result[refusal] <= result[contact]


@given(any_counts, st.integers(1, 1000))
def test_as_many_times_the_cases_change_no_rate(counts, k):
    times = {letter: getattr(counts, letter) * k for letter in LETTERS if letter != "NE"}
    scaled = replace(counts, **times, NE=None if counts.NE is None else counts.NE * k)
    assert rates(scaled) == rates(counts)


@given(any_counts)
def test_a_share_of_0_and_of_1_are_the_two_ends(counts):
    none, every = rates(replace(counts, e=F(0))), rates(replace(counts, e=F(1)))
    for low, middle, high in SPANS:
        assert (none[middle], every[middle]) == (none[high], every[low])


@given(any_counts)
def test_which_kind_of_unknown_a_case_is_changes_no_rate(counts):
    pooled = replace(counts, UH=0, UR=0, UO=counts.UH + counts.UR + counts.UO)
    assert rates(pooled) == rates(counts)


@given(any_counts)
def test_not_eligible_cases_matter_only_through_e(counts):
    assume(counts.e is not None)
    assert rates(replace(counts, NE=None)) == rates(counts)


def test_the_table_names_each_rate_once_in_each_language():
    assert len({rate.chinese for rate in RATES.values()}) == len(KEYS)
    assert len({rate.english for rate in RATES.values()}) == len(KEYS)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], Counts()),
        (["I=10", "P=2", "e=0.5"], Counts(I=10, P=2, e=F(1, 2))),
        (
            ["I=1", "P=2", "R=3", "NC=4", "O=5", "UH=6", "UO=7", "UR=8", "NE=9", "e=1"],
            Counts(I=1, P=2, R=3, NC=4, O=5, UH=6, UO=7, UR=8, NE=9, e=F(1)),
        ),
        (["NE=0"], Counts(NE=0)),
        (["e=0", "I=007"], Counts(I=7, e=F(0))),
        (["e=.1"], Counts(e=F(1, 10))),
        (["e=1.000"], Counts(e=F(1))),
        ([f"I={MOST}"], Counts(I=MOST)),
        pytest.param(["I=" + "0" * 5000 + "12"], Counts(I=12), id="leading zeros"),
    ],
)
def test_counts_are_read_from_words(words, expected):
    assert parse_counts(words) == expected


UNREADABLE = {
    "rates_bad_word": [
        *("", "I", "10", "=10", "I=", "I=x", "I=1.0", "I=1e3", "I=+1", "I=--1", "I=1=1"),
        *("I= 1", "I=1 ", "I=1\n", "I=1_000", "I=1,000", "I=１０", "I=٣", "I＝1", "Ｉ=1"),
        *(f"I={MOST + 1}", "I=" + "9" * 5000),
    ],
    "rates_unknown_letter": ["X=1", "i=1", "E=0.5", "RR=1", "unknown=1"],
    "rates_negative": ["I=-1", "NE=-20"],
    "rates_bad_share": [
        *("e=", "e=x", "e=-0.1", "e=1.01", "e=2", "e=50%", "e=1/2", "e=1e-1", "e=nan", "e=inf"),
        *("e=.", "e=1.", "e=0,5", "e=０.5", "e=0.5 ", "e=0.5\n", "e=0." + "1" * 5000),
    ],
}


@pytest.mark.parametrize(
    ("code", "word"),
    [(code, word) for code, words in UNREADABLE.items() for word in words],
    ids=lambda text: text[:20],
)
def test_a_word_that_cannot_be_read_is_named(code, word):
    with pytest.raises(Problem) as caught:
        parse_counts(["P=1", word])
    assert (caught.value.code, caught.value.values) == (code, {"word": word})


@pytest.mark.parametrize("words", [["I=1", "I=1"], ["e=0.5", "I=2", "e=0.5"], ["UR=1", "UR=x"]])
def test_a_letter_given_twice_is_refused(words):
    with pytest.raises(Problem) as caught:
        parse_counts(words)
    assert (caught.value.code, caught.value.values) == ("rates_repeated", {"word": words[-1]})


@given(any_counts, st.none() | st.decimals(0, 1, places=6))
def test_what_is_written_out_is_read_back(counts, e):
    counts = replace(counts, e=None if e is None else F(e))
    words = [f"{letter}={getattr(counts, letter)}" for letter in LETTERS if letter != "NE"]
    words += [] if counts.NE is None else [f"NE={counts.NE}"]
    words += [] if e is None else [f"e={e:f}"]
    assert parse_counts(words) == counts
