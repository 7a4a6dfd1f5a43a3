"""From the bytes of a roster to its rows, and on to resident drafts.

The bytes come from strangers, so a child process reads them (``reading_child``): it has little
memory, little time, no environment and no file that it could write, and when it dies, it dies
alone.
"""

import contextlib
import dataclasses
import itertools
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import IO

from app.problems import Place, Problem, Value
from app.residents import reading_child
from app.residents.reading_child import MEGABYTE, Limits
from app.residents.rules.columns import (
    HEADER_ROWS,
    Columns,
    SheetRow,
    column_letters,
    find_columns,
    is_example_sheet,
    texts_of,
)
from app.residents.rules.rows import Draft, Rejected, read_sheet

USUAL_LIMITS = Limits()


@dataclass(frozen=True)
class SheetFound:
    """A sheet that is read, before the first of its rows."""

    sheet: str
    columns: Columns


@dataclass(frozen=True)
class SheetSkipped:
    """A sheet that is not read: ``sheet_is_example``, or the code of what its header lacks."""

    place: Place
    code: str
    values: Mapping[str, Value]


def read_roster(
    content: bytes, filename: str, area_code: str, limits: Limits = USUAL_LIMITS
) -> Iterator[SheetFound | SheetSkipped | Draft | Rejected]:
    """All that a roster says of residents, sheet by sheet in the order of the file.

    A sheet without a recognisable header is skipped where another has one; where none has, the
    first one's `Problem` is raised, as are those of `read_rows`.
    """
    skipped: list[SheetSkipped] = []
    found = False
    with contextlib.closing(read_rows(content, filename, limits)) as rows:
        for sheet, sheet_rows in itertools.groupby(rows, lambda row: row.sheet):
            first, every = _peeked(sheet_rows)
            about = _look_at(sheet, first, filename)
            yield about
            if isinstance(about, SheetSkipped):
                skipped.append(about)
                continue
            found = True
            yield from read_sheet(every, about.columns, area_code)
    if not found:
        raise _reason_for_nothing(skipped)


def _peeked(rows: Iterator[SheetRow]) -> tuple[list[SheetRow], Iterator[SheetRow]]:
    """The rows where a header may stand, and all rows."""
    first = list(itertools.islice(rows, HEADER_ROWS))
    return first, itertools.chain(first, rows)


def _look_at(sheet: str, first: list[SheetRow], filename: str) -> SheetFound | SheetSkipped:
    place = Place(file=filename, sheet=sheet or None)
    if is_example_sheet(sheet):
        return SheetSkipped(place, "sheet_is_example", {})
    try:
        columns = find_columns(first)
    except Problem as problem:
        return SheetSkipped(place, problem.code, problem.values)
    if columns is None:
        return SheetSkipped(place, "roster_no_name_column", {"headers": texts_of(first[0])})
    return SheetFound(sheet, columns)


def _reason_for_nothing(skipped: list[SheetSkipped]) -> Problem:
    """What to say of a file with no sheet to read: a nearly fitting header tells the most."""
    best = min(skipped, key=lambda sheet: sheet.code != "roster_no_phone_column")
    if best.code == "sheet_is_example":
        return Problem("roster_no_rows", place=best.place)
    return Problem(best.code, place=best.place, values=best.values)


def read_rows(
    content: bytes, filename: str, limits: Limits = USUAL_LIMITS
) -> Generator[SheetRow, None, None]:
    """The filled rows of all sheets in order, while a child process reads them.

    ``filename`` only names the file in messages. A `Problem` is raised before the first row or
    between rows, so the caller must be ready to forget the rows it has taken. Closing the
    iterator ends the child.
    """
    place = Place(file=filename)
    if not content:
        raise Problem("roster_empty", place=place)
    if len(content) > limits.content_bytes:
        raise _problem("roster_too_large", place, limits)
    child = _started(content, limits)
    try:
        yield from _rows(child, place, limits)
    finally:
        child.kill()
        child.wait()
        _output(child).close()


def _started(content: bytes, limits: Limits) -> subprocess.Popen[bytes]:
    """The child, with the content in a file of memory: it never touches a disk."""
    settings = json.dumps(dataclasses.asdict(limits))
    command = [sys.executable, "-I", "-X", "utf8", "-B", reading_child.__file__, settings]
    with os.fdopen(os.memfd_create("roster"), "w+b") as file:
        file.write(content)
        file.seek(0)
        return subprocess.Popen(  # noqa: S603 - the command holds nothing that a user wrote
            command,
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
        )


def _rows(child: subprocess.Popen[bytes], file: Place, limits: Limits) -> Iterator[SheetRow]:
    """What the child says, until it says that it is done."""
    any_row = False
    for line in _lines(child, file, limits):
        match json.loads(line):
            case ["row", sheet, row, values, formulas]:
                any_row = True
                yield SheetRow(sheet, row, tuple(values), frozenset(formulas))
            case ["problem", code, place]:
                raise _problem(code, _place(file, **place), limits)
            case ["end"] if any_row:
                return
            case _:
                raise Problem("roster_no_rows", place=file)
    raise _problem(_cause_of_death(child, limits), file, limits)


def _lines(child: subprocess.Popen[bytes], file: Place, limits: Limits) -> Iterator[bytes]:
    """The child's complete lines. Only waiting for it is timed, not the caller's own work."""
    patience, left, unfinished = float(limits.seconds), limits.output_bytes, [b""]
    while True:
        since = time.monotonic()
        chunk = _chunk(_output(child), patience)
        patience -= time.monotonic() - since
        if chunk is None:
            raise _problem("roster_took_too_long", file, limits)
        left -= len(chunk)
        if left < 0:
            raise _problem("roster_unpacks_too_large", file, limits)
        if not chunk:
            return
        head, newline, tail = chunk.rpartition(b"\n")
        if newline:
            yield from b"".join([*unfinished, head]).split(b"\n")
            unfinished = []
        unfinished.append(tail)


def _chunk(output: IO[bytes], patience: float) -> bytes | None:
    """The next bytes, none at the end, or ``None`` when they took longer than ``patience``."""
    poll = select.poll()
    poll.register(output, select.POLLIN)
    if patience <= 0 or not poll.poll(patience * 1000):
        return None
    return os.read(output.fileno(), 1 << 16)


# How a child that fell silent ended. Aborting is what its reader does when it is refused memory.
_CAUSES = {
    -signal.SIGABRT: "roster_too_much_memory",
    -signal.SIGSEGV: "roster_too_much_memory",
    -signal.SIGKILL: "roster_too_much_memory",
    -signal.SIGXCPU: "roster_took_too_long",
}


def _cause_of_death(child: subprocess.Popen[bytes], limits: Limits) -> str:
    try:
        return _CAUSES.get(child.wait(limits.seconds), "roster_damaged")
    except subprocess.TimeoutExpired:
        return "roster_took_too_long"


def _output(child: subprocess.Popen[bytes]) -> IO[bytes]:
    assert child.stdout is not None
    return child.stdout


def _place(
    file: Place, sheet: str | None = None, row: int | None = None, column: int | None = None
) -> Place:
    letters = None if column is None else column_letters(column)
    return dataclasses.replace(file, sheet=sheet or None, row=row, column=letters)


def _problem(code: str, place: Place, limits: Limits) -> Problem:
    """The problem with the limit that was passed, as people count it."""
    figures = {
        "roster_too_large": limits.content_bytes // MEGABYTE,
        "roster_unpacks_too_large": limits.unpacked_bytes // MEGABYTE,
        "roster_too_many_rows": limits.rows,
        "roster_too_many_columns": limits.columns,
        "roster_cell_too_long": limits.characters,
        "roster_too_much_memory": limits.memory_bytes // MEGABYTE,
        "roster_took_too_long": limits.seconds,
    }
    return Problem(code, place=place, values={"limit": figures[code]} if code in figures else {})
