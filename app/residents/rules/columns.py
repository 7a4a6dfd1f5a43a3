"""Which column of a sheet holds what: by its header, else by its cells, or as somebody chose."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal, get_args

from app.problems import Place, Problem
from app.residents.rules.headers import (
    Role,
    is_example_sheet,
    is_private,
    is_somebody_else,
    normal_header,
    role_of,
)
from app.residents.rules.looks import Look, counts_rows, is_number, look_of
from app.residents.rules.sheets import SheetRow, Value, column_letters

__all__ = [
    "HEADER_ROWS",
    "Choice",
    "Columns",
    "Guess",
    "Role",
    "SheetRow",
    "Value",
    "column_letters",
    "find_columns",
    "is_example_sheet",
    "is_header_again",
    "look_at",
    "role_of",
    "shape_of",
    "texts_of",
]

# Titles and instructions above a header take up to five rows in public templates; the rest shows
# what the columns look like.
HEADER_ROWS = 60
_FIRST_ROWS = 20
_LONGEST_HEADER = 12
_LONGEST_SHOWN = 40
_FEW_ROWS = 3
_GROUPING: tuple[Role, ...] = ("community", "estate", "building", "unit")

Why = Literal["header", "looks", "chosen", "private", "somebody_else", "other_column", "unknown"]
"""Why a column is taken or left out."""


@dataclass(frozen=True)
class Guess:
    """What one column is taken for, with the reason; ``role`` None leaves it out."""

    column: int
    header: str
    """As written, or the letters of the column where nothing stands above it."""
    role: Role | None
    why: Why
    sure: bool


@dataclass(frozen=True)
class Choice:
    """What somebody chose for sheets of one shape: a role for a column, or None to leave it out.

    Columns that are not named stay as they are found. ``row`` is the header's, 1-based; 0 says
    that there is none, None leaves it to be found.
    """

    roles: Mapping[int, Role | None]
    row: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The choice as it is stored."""
        return {"row": self.row, "roles": {str(at): role for at, role in self.roles.items()}}

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> "Choice":
        """The choice back from what was stored; a role that no longer exists leaves out."""
        roles = {
            int(at): role if role in get_args(Role) else None
            for at, role in stored["roles"].items()
        }
        return cls(roles, stored["row"])


@dataclass(frozen=True)
class Columns:
    """Where the header stands and which 0-based column has which role."""

    sheet: str
    row: int  # of the header, the lower one of two; 0 where there is none
    single: dict[Role, int]  # every role but the telephone
    phones: tuple[int, ...]  # the one to try first comes first
    headers: dict[int, str]  # as written, of the columns taken
    left_out: tuple[str, ...]  # headers of columns that are not taken
    guesses: tuple[Guess, ...] = ()  # of every column, from left to right
    stepped: tuple[int, ...] = ()  # where a blank cell means the one above, as in a printed list
    shape: str = ""  # what sheets of the same shape share

    @property
    def name(self) -> int:
        """The column of the residents' names."""
        return self.single["name"]

    @property
    def taken(self) -> tuple[int, ...]:
        """The columns whose content goes into a draft, from left to right."""
        return tuple(sorted(self.headers))


@dataclass(frozen=True)
class _Header:
    """A row, or two that belong together, as the texts above columns."""

    row: SheetRow
    texts: dict[int, str]
    groups: dict[int, str]  # what stands above several texts, of a header of two rows

    def role(self, column: int) -> tuple[Role, int] | None:
        text, group = self.texts[column], self.groups.get(column, "")
        if not group:
            return role_of(text)
        if is_somebody_else(group) or is_private(text):
            return None
        return role_of(text) or role_of(group + text) or role_of(group)

    def roles(self) -> dict[Role, list[int]]:
        """The columns that are named for each role, the best first."""
        ranked: dict[Role, list[tuple[int, int]]] = {}
        for column in self.texts:
            if found := self.role(column):
                role, rank = found
                ranked.setdefault(role, []).append((rank, column))
        return {role: [column for _, column in sorted(pairs)] for role, pairs in ranked.items()}

    def fitness(self) -> tuple[int, int, int]:
        """How much this is like a header: names and telephones first, then any other role.

        A single cell is a title, and a single role may be a resident's remark.
        """
        roles = self.roles().keys()
        vital = len(roles & {"name", "phone"})
        if len(self.texts) < 2 or not (vital or len(roles) > 1):  # noqa: PLR2004
            return 0, 0, 0
        return vital, len(roles), len(self.groups)


def shape_of(headers: Sequence[Value]) -> str:
    """What sheets with the same headers in the same order share, however they are written."""
    texts = [normal_header(header) for header in headers]
    while texts and not texts[-1]:
        texts.pop()
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def find_columns(rows: Sequence[SheetRow], choice: Choice | None = None) -> Columns | None:
    """The columns of a sheet by its first rows, or ``None`` where nothing looks like a roster.

    A header that lacks a name or a telephone is a `Problem` that quotes it.
    """
    columns = look_at(rows, choice)
    lacks = [role for role in ("name", "phone") if not _has(columns, role)]
    if not lacks:
        return columns
    header = next((row for row in rows if row.row == columns.row), None)
    if header is None:
        return None
    place = Place(sheet=columns.sheet or None, row=columns.row)
    raise Problem(f"roster_no_{lacks[0]}_column", lacks[0], place, {"headers": texts_of(header)})


def look_at(rows: Sequence[SheetRow], choice: Choice | None = None) -> Columns:
    """What can be said of the columns of a sheet, be it enough to read it or not."""
    header = _header(rows, None if choice is None else choice.row)
    below = [row for row in rows if header is None or row.row > header.row.row]
    guesses = _guesses(header, below)
    shape = shape_of([_shape_text(guess, header) for guess in guesses])
    if choice is not None:
        guesses = [_as_chosen(guess, choice) for guess in guesses]
    return _columns(rows, header, guesses, shape)


def is_header_again(row: SheetRow, columns: Columns) -> bool:
    """Whether this row repeats the header, as on each page of a printed roster."""
    if not columns.row:
        return False
    again = [
        normal_header(row.value(at)) == normal_header(header)
        for at, header in columns.headers.items()
        if row.value(at) is not None
    ]
    name = normal_header(columns.headers[columns.name])
    return normal_header(row.value(columns.name)) == name or (len(again) > 1 and all(again))


def texts_of(row: SheetRow) -> str:
    """What the cells of a row say, short enough to be quoted in a message."""
    texts = [str(value).strip()[:20] for _, value in _filled(row)]
    return " | ".join([*texts[:12], "…"] if len(texts) > 12 else texts)  # noqa: PLR2004


def _filled(row: SheetRow) -> Iterator[tuple[int, Value]]:
    for column, value in enumerate(row.values):
        if value is not None and str(value).strip():
            yield column, value


# --- The header ----------------------------------------------------------------------------------


def _header(rows: Sequence[SheetRow], chosen: int | None) -> _Header | None:
    """The header that stands in the first rows, or in the row that was chosen (0 is none)."""
    first = [row for row in rows[:_FIRST_ROWS] if chosen is None or row.row == chosen]
    found = [header for row in first for header in _headers(row, rows)]
    best = max(found, key=_Header.fitness, default=None)
    if best and (chosen or any(best.fitness())):
        return best
    return _unknown_header(rows) if chosen is None else None


def _unknown_header(rows: Sequence[SheetRow]) -> _Header | None:
    """The row above a roster that uses words of its own: short texts, unlike all that follows."""
    first = next((row for row in rows if len(dict(_filled(row))) > 1), None)
    if first is None or any(_is_no_header(value) for _, value in _filled(first)):
        return None
    texts = {column: str(value).strip() for column, value in _filled(first)}
    below = [row for row in rows if row.row > first.row]
    looks = {column: look_of([row.value(column) for row in below]) for column in texts}
    same = {look for column, look in looks.items() if look_of([texts[column]]) == look}
    if not {"name", "phone"} <= set(looks.values()) - same:
        return None
    return _Header(first, texts, {})


def _headers(row: SheetRow, rows: Sequence[SheetRow]) -> Iterator[_Header]:
    """What a row is as a header: alone, and below the row before it."""
    texts = {column: str(value).strip() for column, value in _filled(row)}
    yield _Header(row, texts, {})
    above = next((before for before in rows if before.row == row.row - 1), None)
    if above is not None and (groups := _groups(above, row)):
        upper = {column: str(value).strip() for column, value in _filled(above)}
        yield _Header(row, {**upper, **texts}, groups)


def _groups(above: SheetRow, row: SheetRow) -> dict[int, str]:
    """What stands in the row above over several cells of this one; nothing unless both are headers:
    short texts, of which some of the lower stand right of an upper.
    """
    upper, lower = dict(_filled(above)), dict(_filled(row))
    texts = [*upper.values(), *lower.values()]
    if len(upper) < 2 or any(map(_is_no_header, texts)):  # noqa: PLR2004
        return {}
    known = sum(role_of(text) is not None or is_private(text) for text in lower.values())
    if not set(lower) - set(upper) or 2 * known < len(lower):
        return {}
    starts = sorted(set(upper) - row.merged)
    return {
        column: str(upper[max(start for start in starts if start <= column)]).strip()
        for column in set(lower) - row.merged
        if any(start <= column for start in starts)
    }


def _is_no_header(value: Value) -> bool:
    return not isinstance(value, str) or len(value.strip()) > _LONGEST_HEADER or is_number(value)


# --- The columns ---------------------------------------------------------------------------------


def _guesses(header: _Header | None, below: Sequence[SheetRow]) -> list[Guess]:
    """What each column is: by its header, else by its looks where its header says nothing."""
    width = max((len(row.values) for row in (*below, *([header.row] if header else []))), default=0)
    texts = header.texts if header else {}
    looks = {at: look_of([row.value(at) for row in below]) for at in range(width)}
    if header is None and not {"name", "phone"} <= set(looks.values()):
        looks = dict.fromkeys(range(width))
    named = header.roles() if header else {}
    guesses = [_guess(at, header, looks[at], named) for at in range(width)]
    used = {guess.role for guess in guesses}
    return [
        _by_looks(guess, looks[guess.column], below, used)
        for guess in guesses
        if guess.header != column_letters(guess.column)
        or guess.column in texts
        or any(row.value(guess.column) is not None for row in below)
    ]


def _guess(
    column: int, header: _Header | None, look: Look | None, named: Mapping[Role, list[int]]
) -> Guess:
    """What a column is by its header, and by nothing else: unless it holds what is private."""
    text = header.texts.get(column, "") if header else ""
    group = header.groups.get(column, "") if header else ""
    found = header.role(column) if header and text else None
    guess = Guess(
        column, text[:_LONGEST_SHOWN] or column_letters(column), None, "unknown", sure=False
    )
    if is_private(text) or (look == "private" and (found is None or found[0] != "phone")):
        return replace(guess, why="private", sure=True)
    if is_somebody_else(group) or (found is None and look and is_somebody_else(text)):
        return replace(guess, why="somebody_else", sure=True)
    if found is None:
        return guess
    role = found[0]
    if role != "phone" and named[role][0] != column:
        return replace(guess, why="other_column", sure=True)
    return replace(guess, role=role, why="header", sure=True)


def _by_looks(
    guess: Guess, look: Look | None, below: Sequence[SheetRow], used: set[Role | None]
) -> Guess:
    """The guess, with a role for what its header says nothing of."""
    if guess.why != "unknown" or look is None or look == "private":
        return guess
    values = [row.value(guess.column) for row in below]
    if look in {"room", "phone"} and counts_rows(values):
        return guess
    # What stands right of the numbers, below nothing, is most often a second number.
    is_named = guess.header != column_letters(guess.column)
    if look in used and (look != "phone" or is_named):
        return guess
    used.add(look)
    return replace(guess, role=look, why="looks", sure=False)


def _as_chosen(guess: Guess, choice: Choice) -> Guess:
    if guess.column in choice.roles:
        return replace(guess, role=choice.roles[guess.column], why="chosen", sure=True)
    chosen = set(choice.roles.values()) - {"phone"}
    if guess.role in chosen:
        return replace(guess, role=None, why="other_column", sure=True)
    return guess


def _shape_text(guess: Guess, header: _Header | None) -> str:
    """What tells a column's shape: its header, or what it looks like where there is none."""
    if header is not None:
        return header.groups.get(guess.column, "") + header.texts.get(guess.column, "")
    return f"?{guess.role}"


def _columns(
    rows: Sequence[SheetRow], header: _Header | None, guesses: Sequence[Guess], shape: str
) -> Columns:
    single: dict[Role, int] = {}
    for guess in guesses:
        if guess.role is not None and guess.role != "phone":
            single.setdefault(guess.role, guess.column)
    taken = [
        guess
        for guess in guesses
        if guess.role == "phone"
        or (guess.role not in {None, "seq"} and single.get(guess.role) == guess.column)
    ]
    below = [row for row in rows if header is None or row.row > header.row.row]
    return Columns(
        sheet=rows[0].sheet if rows else "",
        row=header.row.row if header else 0,
        single=single,
        phones=tuple(_phones(header, guesses)),
        headers={guess.column: guess.header for guess in taken},
        left_out=tuple(guess.header for guess in guesses if guess.role is None),
        guesses=tuple(guesses),
        shape=shape,
        stepped=tuple(
            single[role] for role in _GROUPING if role in single and is_stepped(below, single[role])
        ),
    )


def is_stepped(rows: Sequence[SheetRow], column: int) -> bool:
    """Whether a column says what it holds only where that changes: most cells are blank, the first
    is not, and nothing is said twice in a row.
    """
    texts = [normal_header(row.value(column)).removesuffix(".0") for row in rows if not row.merged]
    said = [text for text in texts if text]
    if len(texts) < _FEW_ROWS or not texts[0] or 2 * len(said) > len(texts):
        return False
    return all(before != after for before, after in pairwise(said))


def _phones(header: _Header | None, guesses: Sequence[Guess]) -> list[int]:
    """The columns of numbers, the one to ring first before the others."""
    ranked = header.roles().get("phone", []) if header else []
    columns = [guess.column for guess in guesses if guess.role == "phone"]
    return sorted(columns, key=lambda at: (ranked.index(at) if at in ranked else len(ranked), at))


def _has(columns: Columns, role: str) -> bool:
    return bool(columns.phones) if role == "phone" else role in columns.single
