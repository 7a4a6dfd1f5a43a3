"""A row of a sheet as it was read."""

from collections.abc import Sequence
from typing import NamedTuple

Value = str | int | float | bool | None
_NONE: frozenset[int] = frozenset()


class SheetRow(NamedTuple):
    """``row`` is 1-based; the columns that compute, and those merged with the row above, 0-based.

    What stands merged is in the values of each of its rows.
    """

    sheet: str
    row: int
    values: tuple[Value, ...]
    formulas: frozenset[int] = _NONE
    merged: frozenset[int] = _NONE
    hidden: bool = False

    def value(self, column: int) -> Value:
        """What stands in a 0-based column: nothing, where the row ends before it."""
        return self.values[column] if column < len(self.values) else None


def column_index(letters: str) -> int:
    """The 0-based column that a spreadsheet shows under this name: A is 0, AA is 26."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def column_letters(column: int) -> str:
    """The name of a 0-based column as a spreadsheet shows it: 0 is A, 26 is AA."""
    letters = ""
    while column >= 0:
        letters = chr(ord("A") + column % 26) + letters
        column = column // 26 - 1
    return letters


NOTE_MARK = "◀ "
"""What a note of ours begins with that stands right of a row, in a copy with the reasons."""


def without_note(values: Sequence[Value]) -> tuple[Value, ...]:
    """The cells of a row without our own note: a copy reads like the sheet it was made of."""
    last = values[-1] if values else None
    if last.__class__ is str and str(last).startswith(NOTE_MARK):
        return (*values[:-1], None)
    return tuple(values)
