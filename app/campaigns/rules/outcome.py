"""The outcome: what a case came to, from all its calls, never from the last dial alone.

The order is the design's: completed, then hard refusal, then another final disposition, then
partial, then an appointment or contact made, then not reached. After the last attempt a resident
whom somebody once confirmed is "eligible, not reached", any other "unknown".
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.campaigns.rules.dispositions import CHOOSABLE_POPULATION, DISPOSITIONS

NOT_ATTEMPTED = "not_attempted"
NOT_REACHED = "not_reached"
ELIGIBLE_NOT_REACHED = "eligible_not_reached"
UNKNOWN = "unknown"

SOFT_REFUSALS_THAT_ARE_FINAL = 2

# Strongest first. What is not listed here (no answer, a wrong number …) never reached anybody.
PRECEDENCE = (
    "completed", "hard_refusal",
    "deceased", "moved", "not_resident", "unable",
    "partial",
    "callback_requested", "soft_refusal", "language_barrier", "needs_leader",
    "respondent_unavailable", "hung_up",
)  # fmt: skip

# Contact that came to nothing is, after the last attempt, no outcome of its own.
_FADES = {"callback_requested", "needs_leader", "respondent_unavailable", "hung_up"}


@dataclass(frozen=True)
class Outcome:
    """A row of the outcome table: names, AAPOR final code and the letter it counts under."""

    code: str
    zh: str
    en: str
    aapor: str
    letter: str
    """I, P, R, NC, O, UH, UR, UO or NE: the group in the AAPOR rates."""

    def label(self, lang: str) -> str:
        """Return the name in ``zh`` or ``en``."""
        return self.zh if lang == "zh" else self.en


_LETTERS = {
    "completed": "I", "partial": "P", "hard_refusal": "R", "soft_refusal": "R",
    "callback_requested": "NC", "respondent_unavailable": "NC",
    "language_barrier": "O", "unable": "O", "moved": "NE", "not_resident": "NE", "deceased": "O",
    "needs_leader": "UO", "hung_up": "UR",
}  # fmt: skip

_UNREACHED = (
    Outcome(ELIGIBLE_NOT_REACHED, "确有此人，未联系上", "Eligible, not reached", "2.20", "NC"),
    Outcome(UNKNOWN, "电话核实不到", "Not verified by telephone", "3.10", "UH"),
    Outcome(NOT_REACHED, "尚未联系上", "Not reached yet", "3.10", "UH"),
    Outcome(NOT_ATTEMPTED, "尚未拨打", "Not called yet", "3.11", "UH"),
)


def _rows() -> dict[str, Outcome]:
    reached = (DISPOSITIONS[code] for code in PRECEDENCE)
    rows = [Outcome(d.code, d.zh, d.en, d.aapor, _LETTERS[d.code]) for d in reached]
    return {row.code: row for row in (*rows, *_UNREACHED)}


OUTCOMES: dict[str, Outcome] = _rows()
"""All outcomes by code, strongest first."""

_IN_POPULATION = ("2.31", "O")
_IN_POPULATION_ELSEWHERE = ("2.35", "O")
_OUT_OF_POPULATION = {"deceased": ("4.70", "NE")}


def classified(code: str, population: Sequence[str]) -> Outcome:
    """Return the outcome's row with AAPOR code and letter as this campaign counts it.

    ``population`` names which of moved, deceased and not_resident belong to the campaign's
    population: those are eligible non-interviews (O), the others not eligible (NE).
    """
    row = OUTCOMES[code]
    if code not in CHOOSABLE_POPULATION:
        return row
    if code in population:
        aapor, letter = _IN_POPULATION if code == "deceased" else _IN_POPULATION_ELSEWHERE
    else:
        aapor, letter = _OUT_OF_POPULATION.get(code, (row.aapor, "NE"))
    return Outcome(code, row.zh, row.en, aapor, letter)


def outcome_of(dispositions: Sequence[str], *, last_attempt_made: bool) -> str:
    """Return the outcome code of a case from the dispositions of all its calls, in any order."""
    if not dispositions:
        return UNKNOWN if last_attempt_made else NOT_ATTEMPTED
    strongest = next((code for code in PRECEDENCE if code in dispositions), None)
    if _refused_twice(dispositions) and strongest != "completed":
        return "hard_refusal"
    if strongest is None or (last_attempt_made and strongest in _FADES):
        return _unreached(dispositions, last_attempt_made=last_attempt_made)
    return strongest


def _refused_twice(dispositions: Sequence[str]) -> bool:
    return list(dispositions).count("soft_refusal") >= SOFT_REFUSALS_THAT_ARE_FINAL


def _unreached(dispositions: Sequence[str], *, last_attempt_made: bool) -> str:
    if not last_attempt_made:
        return NOT_REACHED
    confirmed = any(DISPOSITIONS[code].confirms for code in dispositions)
    return ELIGIBLE_NOT_REACHED if confirmed else UNKNOWN
