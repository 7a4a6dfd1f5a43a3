"""A number that somebody looks for: typed or pasted whole, or by its last digits."""

import re
from dataclasses import dataclass

from app.residents.rules.phones.cell import read_cell
from app.residents.rules.phones.text import plain

SHORTEST_ENDING = 4
_ENDING = re.compile(r"[0-9]+$")
_BETWEEN = re.compile(r"[ ()\-.]+")


@dataclass(frozen=True)
class Sought:
    """Whole numbers as stored, or else the digits that a number ends in; neither where too few."""

    numbers: tuple[str, ...] = ()
    ending: str = ""

    def is_like(self, number: str) -> bool:
        """Whether a stored number is the one, whatever its extension: no telephone shows that."""
        line = number.partition(";")[0]
        if self.numbers:
            return line in {one.partition(";")[0] for one in self.numbers}
        return bool(self.ending) and line.endswith(self.ending)


def read_sought(typed: str, area_code: str) -> Sought:
    """Read what was typed, in whatever way numbers are written; 139****5678 ends in 5678."""
    numbers = read_cell(typed, area_code).phones
    if numbers:
        return Sought(numbers)
    ending = _ENDING.search(_BETWEEN.sub("", plain(typed)))
    return Sought(ending=ending[0]) if ending and len(ending[0]) >= SHORTEST_ENDING else Sought()
