"""AAPOR outcome rates from counts of cases.

Source: American Association for Public Opinion Research, *Standard Definitions: Final
Dispositions of Case Codes and Outcome Rates for Surveys*, 10th edition (2023), in the household
form of its formulas. They were compared with two public implementations and the examples these
publish: the R package outcomerate by rOpenSci (1.0.1 follows the 9th edition, 1.1.0 the 10th) and
the R package responserates by T. J. Leeper.

The 10th edition names UR what the 9th counted within UO (code 3.20). One share e is used for all
unknown cases, so that it makes no difference to any rate whether such a case stands in UR or UO.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import NamedTuple

from app.problems import Problem

MOST = 10**12
"""The largest count that is read from a command line."""

_WORD = re.compile(r"([A-Za-z]+)=(.*)", re.DOTALL)
_COUNT = re.compile(r"0*[0-9]{1,13}")
_NEGATIVE = re.compile(r"-[0-9]+")
_SHARE = re.compile(r"[0-9]{1,30}(\.[0-9]{1,30})?|\.[0-9]{1,30}")


@dataclass(frozen=True)
class Counts:
    """Cases by final outcome, in the letters of the standard, so that a formula reads as printed.

    ``NE`` is None where nobody counted who is not eligible: that is not the same as having found
    none. ``e`` is None where it is to be estimated from the counts. A count below 0 or an ``e``
    outside 0..1 is a mistake of the caller and raises ``ValueError``.
    """

    I: int = 0  # noqa: E741 - the standard's letter. Complete interviews, 1.1
    P: int = 0  # Partial interviews, 1.2
    R: int = 0  # Refusals and break-offs, 2.10
    NC: int = 0  # Not reached, though known to be eligible, 2.20
    O: int = 0  # noqa: E741 - the standard's letter. Other eligible non-interviews, 2.30 and 2.90
    UH: int = 0  # Unknown whether there is a household or occupied housing unit, 3.10
    UO: int = 0  # Unknown, other, 3.90; in the 9th edition 3.20 as well
    UR: int = 0  # Unknown whether the unit is eligible or holds an eligible respondent, 3.20
    NE: int | None = None  # Not eligible, 4.0
    e: Fraction | None = None  # Share of the unknown cases that is taken to be eligible

    def __post_init__(self) -> None:
        if any((getattr(self, letter) or 0) < 0 for letter in LETTERS):
            raise ValueError("a count of cases is never negative")
        if self.e is not None and not 0 <= self.e <= 1:
            raise ValueError("e is a share, from 0 to 1")

    @property
    def eligible(self) -> int:
        """Cases known to be eligible."""
        return self.I + self.P + self.R + self.NC + self.O

    @property
    def unknown(self) -> int:
        """Cases of unknown eligibility."""
        return self.UH + self.UR + self.UO


LETTERS = tuple(field.name for field in fields(Counts) if field.name != "e")


class Rate(NamedTuple):
    """How a rate is called and computed, for method notes."""

    chinese: str
    english: str
    formula: str


_ALL = "((I + P) + (R + NC + O) + (UH + UR + UO))"
_LIKELY = "((I + P) + (R + NC + O) + e(UH + UR + UO))"
_ELIGIBLE = "((I + P) + (R + NC + O))"
_CONTACTED = "((I + P) + R + O)"
_ABLE = "((I + P) + R)"

RATES = {
    "RR1": Rate("应答率 1", "Response rate 1", f"I / {_ALL}"),
    "RR2": Rate("应答率 2", "Response rate 2", f"(I + P) / {_ALL}"),
    "RR3": Rate("应答率 3", "Response rate 3", f"I / {_LIKELY}"),
    "RR4": Rate("应答率 4", "Response rate 4", f"(I + P) / {_LIKELY}"),
    "RR5": Rate("应答率 5", "Response rate 5", f"I / {_ELIGIBLE}"),
    "RR6": Rate("应答率 6", "Response rate 6", f"(I + P) / {_ELIGIBLE}"),
    "COOP1": Rate("合作率 1", "Cooperation rate 1", f"I / {_CONTACTED}"),
    "COOP2": Rate("合作率 2", "Cooperation rate 2", f"(I + P) / {_CONTACTED}"),
    "COOP3": Rate("合作率 3", "Cooperation rate 3", f"I / {_ABLE}"),
    "COOP4": Rate("合作率 4", "Cooperation rate 4", f"(I + P) / {_ABLE}"),
    "REF1": Rate("拒访率 1", "Refusal rate 1", f"R / {_ALL}"),
    "REF2": Rate("拒访率 2", "Refusal rate 2", f"R / {_LIKELY}"),
    "REF3": Rate("拒访率 3", "Refusal rate 3", f"R / {_ELIGIBLE}"),
    "CON1": Rate("接触率 1", "Contact rate 1", f"{_CONTACTED} / {_ALL}"),
    "CON2": Rate("接触率 2", "Contact rate 2", f"{_CONTACTED} / {_LIKELY}"),
    "CON3": Rate("接触率 3", "Contact rate 3", f"{_CONTACTED} / {_ELIGIBLE}"),
}
"""The rates in the order of the standard."""


def rates(counts: Counts) -> dict[str, Fraction | None]:
    """Every outcome rate, from 0 to 1 and exact, under the keys and in the order of ``RATES``.

    None is an undefined rate: its denominator is 0, or it needs e and that can't be told.
    """
    complete, interviews = counts.I, counts.I + counts.P
    able = interviews + counts.R
    contacted = able + counts.O
    bases = (counts.eligible + counts.unknown, _likely_eligible(counts), counts.eligible)
    response = [_share(part, base) for base in bases for part in (complete, interviews)]
    cooperation = [
        _share(part, base) for base in (contacted, able) for part in (complete, interviews)
    ]
    refusal = [_share(counts.R, base) for base in bases]
    contact = [_share(contacted, base) for base in bases]
    return dict(zip(RATES, response + cooperation + refusal + contact, strict=True))


def estimated_eligibility(counts: Counts) -> Fraction | None:
    """The e of the formulas: as given, else by proportional allocation (the CASRO way).

    The latter is what AAPOR's Outcome Rate Calculator 4.0 and outcomerate's ``eligibility_rate``
    do: the unknown cases are taken to be eligible as often as those whose eligibility is known,
    eligible / (eligible + NE). None where that can't be told: NE was not counted, or there is no
    case of known eligibility. NE counted as 0 gives 1.
    """
    if counts.e is not None:
        return counts.e
    if counts.NE is None:
        return None
    return _share(counts.eligible, counts.eligible + counts.NE)


def parse_counts(words: Sequence[str]) -> Counts:
    """Counts from words such as ``I=10``, ``NE=3``, ``e=0.5``; letters left out count 0, NE None.

    A count is a whole number up to ``MOST``, e a decimal number from 0 to 1, both in the digits
    0 to 9. Raises ``Problem`` for the first word that can't be read, the word among its values.
    """
    counts: dict[str, int] = {}
    share: Fraction | None = None
    seen: set[str] = set()
    for word in words:
        letter, value = _split(word)
        if letter in seen:
            raise _problem("rates_repeated", word)
        seen.add(letter)
        if letter == "e":
            share = _parse_share(word, value)
        else:
            counts[letter] = _parse_count(word, value)
    return Counts(**counts, e=share)


def _likely_eligible(counts: Counts) -> Fraction | None:
    """Cases that are eligible, known or estimated. Without unknown cases e plays no part."""
    if counts.unknown == 0:
        return Fraction(counts.eligible)
    e = estimated_eligibility(counts)
    return None if e is None else counts.eligible + e * counts.unknown


def _share(part: int, base: int | Fraction | None) -> Fraction | None:
    return Fraction(part) / base if base else None


def _split(word: str) -> tuple[str, str]:
    found = _WORD.fullmatch(word)
    if not found:
        raise _problem("rates_bad_word", word)
    letter, value = found.groups()
    if letter != "e" and letter not in LETTERS:
        raise _problem("rates_unknown_letter", word)
    return letter, value


def _parse_count(word: str, value: str) -> int:
    if _NEGATIVE.fullmatch(value):
        raise _problem("rates_negative", word)
    if not _COUNT.fullmatch(value) or int(value[-13:]) > MOST:
        raise _problem("rates_bad_word", word)
    return int(value[-13:])


def _parse_share(word: str, value: str) -> Fraction:
    if not _SHARE.fullmatch(value) or Fraction(value) > 1:
        raise _problem("rates_bad_share", word)
    return Fraction(value)


def _problem(code: str, word: str) -> Problem:
    return Problem(code, values={"word": word})
