"""A list of people to be added, as somebody pasted it or wrote it into a sheet."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.people.rules import checked_name
from app.problems import Place, Problem

MOST = 200
"""How many can be added at once: as many as a leader sees through."""
LONGEST_LIST = 40_000
"""Characters; 200 names with what may stand beside them are far less."""
MOST_LANGUAGES = 8
LONGEST_LANGUAGE = 40
HEADINGS = frozenset({"姓名", "名字", "志愿者", "志愿者姓名", "name", "names", "volunteer"})
"""By which a first row is known that names the columns."""
_COLUMNS = ("name", "languages", "communities")
_BETWEEN = str.maketrans(dict.fromkeys("、;；/／|+", " "))

Row = tuple[int, Sequence[str]]
"""The number of a row as people count, and its cells."""


@dataclass(frozen=True)
class Newcomer:
    """Somebody to be added, as their row says."""

    row: int
    name: str
    languages: tuple[str, ...]
    communities: tuple[str, ...]
    """As written: codes or names."""


def rows_of(text: str) -> Iterator[Row]:
    """Return the filled lines of a pasted list in cells: parted by tabs where there is one, else
    by commas.
    """
    for number, line in enumerate(text.splitlines(), 1):
        cells = (
            line.split("\t") if "\t" in line else next(csv.reader([line.replace("，", ",")]), [])
        )
        if any(cell.strip() for cell in cells):
            yield number, cells


def text_of(rows: Iterable[Row]) -> str:
    """Return rows as a list that can be mended, each in the line of its number."""
    lines = {row: "\t".join(" ".join(cell.split()) for cell in cells) for row, cells in rows}
    return "\n".join(lines.get(row, "") for row in range(1, max(lines, default=0) + 1))


def read(rows: Iterable[Row]) -> tuple[list[Newcomer], list[Problem]]:
    """Return who is to be added, and what is wrong with which row.

    Raises Problem for a list with nobody in it, or with too many.
    """
    found, wrong = [], []
    for row, cells in _without_heading(rows):
        try:
            found.append(_newcomer(row, [cell.strip() for cell in cells]))
        except Problem as problem:
            wrong.append(at(row, problem))
    if not found and not wrong:
        raise Problem("newcomers_none", field="text")
    if len(found) + len(wrong) > MOST:
        raise Problem("newcomers_many", field="text", values={"most": MOST})
    return found, [*wrong, *_twice(found)]


def at(row: int, problem: Problem) -> Problem:
    """Return the problem with the row in which it is."""
    return Problem(problem.code, problem.field, Place(row=row), problem.values)


def _without_heading(rows: Iterable[Row]) -> Iterator[Row]:
    for index, (row, cells) in enumerate(rows):
        if index or "".join(cells[0].split()).casefold() not in HEADINGS:
            yield row, cells


def _newcomer(row: int, cells: Sequence[str]) -> Newcomer:
    if any(cells[len(_COLUMNS) :]):
        raise Problem("newcomer_fields", field="communities")
    name, languages, communities = [*cells, "", ""][: len(_COLUMNS)]
    spoken = _words(languages)
    if len(spoken) > MOST_LANGUAGES or not all(map(_is_language, spoken)):
        values: dict[str, str | int] = {"most": MOST_LANGUAGES, "longest": LONGEST_LANGUAGE}
        raise Problem("newcomer_language", field="languages", values=values)
    return Newcomer(row, checked_name(name), spoken, _words(communities))


def _words(cell: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(cell.translate(_BETWEEN).split()))


def _is_language(word: str) -> bool:
    return len(word) <= LONGEST_LANGUAGE and word.isprintable()


def _twice(found: Sequence[Newcomer]) -> Iterator[Problem]:
    seen: set[str] = set()
    for one in found:
        if one.name.lower() in seen:
            yield at(one.row, Problem("newcomer_twice", field="name", values={"name": one.name}))
        seen.add(one.name.lower())
