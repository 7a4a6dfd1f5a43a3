"""From cases to the figures that dashboards, reports and exports show."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.campaigns.rules.outcome import OUTCOMES, classified
from app.progress.rules.rates import Counts


@dataclass
class Tally:
    """Cases of one territory, counted by outcome and by whether they are accounted for."""

    total: int = 0
    accounted_for: int = 0
    completed: int = 0
    held: int = 0
    door: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)

    def add(self, state: str, passed_to: str | None, outcome: str, number: int = 1) -> None:
        """Count so many cases that stand alike."""
        self.total += number
        self.outcomes[outcome] += number
        if is_accounted_for(state, passed_to):
            self.accounted_for += number
        if outcome == "completed":
            self.completed += number
        if state == "held":
            self.held += number
        if passed_to == "door_list":
            self.door += number

    @property
    def outstanding(self) -> int:
        """Cases not accounted for."""
        return self.total - self.accounted_for

    @classmethod
    def sum(cls, tallies: Iterable["Tally"]) -> "Tally":
        """Return all of them together."""
        whole = cls()
        for tally in tallies:
            whole.total += tally.total
            whole.accounted_for += tally.accounted_for
            whole.completed += tally.completed
            whole.held += tally.held
            whole.door += tally.door
            whole.outcomes += tally.outcomes
        return whole


def is_accounted_for(state: str | None, passed_to: str | None) -> bool:
    """Whether completion counts a case: a final outcome, or on the captain's door list."""
    return state == "done" or passed_to == "door_list"


def aapor_counts(outcomes: Mapping[str, int], population: Sequence[str]) -> Counts:
    """Return the cases under the letters of the AAPOR rates, as this campaign counts them."""
    letters: Counter[str] = Counter({"NE": 0})
    for code, number in outcomes.items():
        letters[classified(code, population).letter] += number
    return Counts(e=None, **letters)


def in_order(outcomes: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return the outcomes that occur, strongest first."""
    return [(code, outcomes[code]) for code in OUTCOMES if outcomes.get(code)]
