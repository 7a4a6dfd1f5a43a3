"""Which column of a sheet holds what: by its header, else by its cells, or as somebody chose."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import Any, Literal, get_args

from app.problems import Place, Problem
from app.residents.rules.cleaning import clean_text
from app.residents.rules.header_rows import Header, filled, find_header
from app.residents.rules.headers import (
    Role,
    is_example_sheet,
    is_private,
    is_somebody_else,
    normal_header,
    role_of,
)
from app.residents.rules.looks import Look, counts_rows, look_of
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
_LONGEST_SHOWN = 40
_FEW_ROWS = 3
_SAMPLES = 3
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
    samples: tuple[str, ...] = ()
    """Some of its cells as they stand, none of what is private: for whoever looks it over."""


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
    header = find_header(rows, None if choice is None else choice.row)
    below = [row for row in rows if header is None or row.row > header.row.row]
    guesses = _guesses(header, below)
    shape = shape_of(_shape_texts(guesses, header))
    if choice is not None:
        shape = look_at(rows).shape
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
    texts = [str(value).strip()[:20] for _, value in filled(row)]
    return " | ".join([*texts[:12], "…"] if len(texts) > 12 else texts)  # noqa: PLR2004


# --- The columns ---------------------------------------------------------------------------------


def _guesses(header: Header | None, below: Sequence[SheetRow]) -> list[Guess]:
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
        _with_samples(_by_looks(guess, looks[guess.column], below, used), below)
        for guess in guesses
        if guess.header != column_letters(guess.column)
        or guess.column in texts
        or any(row.value(guess.column) is not None for row in below)
    ]


def _guess(
    column: int, header: Header | None, look: Look | None, named: Mapping[Role, list[int]]
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
        whole = f"{group} {guess.header}"[:_LONGEST_SHOWN] if group else guess.header
        return replace(guess, header=whole, why="somebody_else", sure=True)
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


def _with_samples(guess: Guess, below: Sequence[SheetRow]) -> Guess:
    if guess.why in {"private", "somebody_else"}:
        return guess
    texts = (clean_text(row.value(guess.column)) for row in below)
    some = islice(dict.fromkeys(text for text in texts if text), _SAMPLES)
    return replace(guess, samples=tuple(text[:_LONGEST_SHOWN] for text in some))


def _as_chosen(guess: Guess, choice: Choice) -> Guess:
    if guess.column in choice.roles:
        return replace(guess, role=choice.roles[guess.column], why="chosen", sure=True)
    chosen = set(choice.roles.values()) - {"phone"}
    if guess.role in chosen:
        return replace(guess, role=None, why="other_column", sure=True)
    return guess


def _shape_texts(guesses: Sequence[Guess], header: Header | None) -> list[str]:
    """What tells a sheet's shape: its headers, or what it looks like where there are none."""
    if header is None:
        return [f"?{guess.role}" for guess in guesses]
    width = max(header.texts) + 1
    return [header.groups.get(at, "") + header.texts.get(at, "") for at in range(width)]


def _columns(
    rows: Sequence[SheetRow], header: Header | None, guesses: Sequence[Guess], shape: str
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
        stepped=()
        if _says_all(below, single)
        else tuple(
            single[role] for role in _GROUPING if role in single and is_stepped(below, single[role])
        ),
    )


def _says_all(rows: Sequence[SheetRow], single: Mapping[Role, int]) -> bool:
    """Whether a program wrote the sheet, as our exports: who says the community's code in each row
    says everything there, and a blank is a blank.
    """
    at = single.get("community_code")
    return at is not None and 2 * sum(row.value(at) is not None for row in rows) > len(rows)


def is_stepped(rows: Sequence[SheetRow], column: int) -> bool:
    """Whether a column says what it holds only where that changes: most cells are blank, the first
    is not, and nothing is said twice in a row.
    """
    texts = [normal_header(row.value(column)).removesuffix(".0") for row in rows if not row.merged]
    said = [text for text in texts if text]
    if len(texts) < _FEW_ROWS or not texts[0] or 2 * len(said) > len(texts):
        return False
    return all(before != after for before, after in pairwise(said))


def _phones(header: Header | None, guesses: Sequence[Guess]) -> list[int]:
    """The columns of numbers, the one to ring first before the others."""
    ranked = header.roles().get("phone", []) if header else []
    columns = [guess.column for guess in guesses if guess.role == "phone"]
    return sorted(columns, key=lambda at: (ranked.index(at) if at in ranked else len(ranked), at))


def _has(columns: Columns, role: str) -> bool:
    return bool(columns.phones) if role == "phone" else role in columns.single
