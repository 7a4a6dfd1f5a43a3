"""The rows of a sheet as the child tells them."""

import math
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from .limits import Limits, Place, Unreadable

Value = str | int | float | bool | None
Row = tuple[int, list[Value]] | tuple[int, list[Value], list[int], list[int], bool]


@dataclass(frozen=True)
class Sheet:
    """What is said of a sheet before its rows."""

    name: str = ""
    hidden: bool = False
    hidden_columns: tuple[int, ...] = ()
    width: int = 0  # columns noted so far, by readers that come by them before the rows


@dataclass
class Marks:
    """What a sheet says of its cells beside their values. Rows count from 1, columns from 0."""

    rows: int = 0  # the last one with something in it
    formulas: dict[int, set[int]] = field(default_factory=dict)  # columns by row
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)


@dataclass
class Merges:
    """Cells merged downwards: the value that stands in the first belongs to all of them."""

    until: dict[int, dict[int, int]] = field(default_factory=dict)  # last row by column, first row
    _open: dict[int, tuple[int, Value]] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether a merged cell reaches down from the rows read so far."""
        return bool(self._open)

    def begin(self, first: int, last: int, column: int, limits: Limits) -> None:
        """Note that a column is merged from one row to another."""
        if last > first:
            self.until.setdefault(first, {})[column] = last
            if len(self.until) > limits.merges:
                raise Unreadable("roster_too_sparse", {"row": last, "column": column})

    def fill(self, number: int, values: list[Value]) -> list[int]:
        """Write into a row what stands merged above it; return in which columns.

        Rows have to come in order. One with nothing of its own stays blank.
        """
        filled = [at for at in sorted(self._open) if self._fills(at, number, values)]
        for column, last in self.until.pop(number, {}).items():
            if column < len(values):
                self._open[column] = last, values[column]
        return filled

    def _fills(self, column: int, number: int, values: list[Value]) -> bool:
        last, value = self._open[column]
        if number > last:
            del self._open[column]
            return False
        if not values or value is None or (column < len(values) and values[column] is not None):
            return False
        values.extend([None] * (column + 1 - len(values)))
        values[column] = value
        return True


def row_of(
    sheet: str,
    number: int,
    values: list[Value],
    limits: Limits,
    marks: tuple[Collection[int], Collection[int], bool] = ((), (), False),
) -> Row:
    """One row with its marks (formulas, merged, hidden). Refuses a cell that is too long."""
    lengths = [len(value) if isinstance(value, str) else 0 for value in values]
    longest = max(lengths, default=0)
    if longest > limits.characters:
        place: Place = {"sheet": sheet, "row": number, "column": lengths.index(longest)}
        raise Unreadable("roster_cell_too_long", place)
    if not any(marks):
        return number, values
    formulas, merged, hidden = marks
    return number, values, sorted(formulas), sorted(merged), hidden


def trimmed(values: list[Value]) -> list[Value]:
    """Without the empty cells at the end."""
    while values and values[-1] is None:
        values.pop()
    return values


def plain_row(values: Iterable[Any]) -> list[Value]:
    """The values of a row. Most are texts, which need no closer look."""
    return [
        ((value if not value.isspace() else None) if value else None)
        if value.__class__ is str
        else plain(value)
        for value in values
    ]


def plain(value: object) -> Value:
    """A cell's value as JSON can carry it: dates and times in ISO 8601, nothing for an error."""
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, int | float):
        return value if math.isfinite(value) else None
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def letters_of(letters: str) -> int:
    """The 0-based column that a spreadsheet shows under this name."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


Lines = Iterator[Sheet | Row]
