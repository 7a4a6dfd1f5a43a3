"""From the bytes of a roster to its rows, and on to resident drafts.

The bytes come from strangers, so a child process reads them (``reading_child``): it has little
memory, little time, no environment and no file that it could write, and when it dies, it dies
alone.
"""

import contextlib
import dataclasses
import itertools
import json
import operator
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from app.problems import Place, Problem, Value
from app.residents import reading_child
from app.residents.reading_child import MEGABYTE, Limits
from app.residents.rules.addresses import NOWHERE, Address, sheet_address
from app.residents.rules.columns import (
    HEADER_ROWS,
    Choice,
    Columns,
    find_columns,
    is_example_sheet,
    look_at,
    texts_of,
)
from app.residents.rules.rows import Draft, Rejected, read_sheet
from app.residents.rules.sheets import SheetRow, column_letters, without_note

USUAL_LIMITS = Limits()
NO_CHOICES: Mapping[str, Choice] = {}

Content = bytes | IO[bytes]
"""What was uploaded, or a file on the disk that holds it; a large one needs no memory then."""

# Its folder goes to the end of the child's path, where it hides nothing of Python's own.
CHILD = (
    "-I", "-X", "utf8", "-B", "-c",
    "import sys; sys.path.append(sys.argv[1]); from reading_child import process; process.main()",
    str(Path(reading_child.__file__).parent.parent),
)  # fmt: skip


@dataclass(frozen=True)
class SheetFound:
    """A sheet that is read, before the first of its rows."""

    sheet: str
    columns: Columns
    address: Address = NOWHERE
    """What the sheet's name gives to rows that name no building."""
    hidden: bool = False
    hidden_columns: tuple[str, ...] = ()
    """The letters of those that are taken though nobody sees them in the file."""


@dataclass(frozen=True)
class SheetSkipped:
    """A sheet that is not read: ``sheet_is_example``, or the code of what its header lacks."""

    place: Place
    code: str
    values: Mapping[str, Value]
    columns: Columns | None = None
    """What was guessed of its columns, for whoever wants to choose them."""


@dataclass(frozen=True)
class SheetRead:
    """A sheet after the last of its rows: how many there were below the header.

    ``nobody`` are those that give nobody and are no fault: footers, titles, the header again,
    blank forms, more lines of the resident above.
    """

    place: Place
    rows: int
    nobody: int
    hidden_rows: int


@dataclass(frozen=True)
class _Sheet:
    name: str = ""
    hidden: bool = False
    hidden_columns: tuple[int, ...] = ()


Part = SheetFound | SheetSkipped | SheetRead | Draft | Rejected


def read_roster(
    content: Content,
    filename: str,
    area_code: str,
    limits: Limits = USUAL_LIMITS,
    choices: Mapping[str, Choice] = NO_CHOICES,
) -> Iterator[Part]:
    """All that a roster says of residents, sheet by sheet in the order of the file.

    ``choices`` are what somebody chose for the columns, by the shape of the sheet
    (``Columns.shape``). A sheet without a recognisable header is skipped where another has one;
    where none has, the first one's `Problem` is raised, as are those of `read_rows`.
    """
    skipped: list[SheetSkipped] = []
    found = False
    with contextlib.closing(_sheets_and_rows(content, filename, limits)) as told:
        for sheet, rows in _by_sheet(told):
            first = list(itertools.islice(rows, HEADER_ROWS))
            about = _look_at(sheet, first, filename, choices)
            yield about
            if isinstance(about, SheetSkipped):
                skipped.append(about)
                continue
            found = True
            yield from _residents(about, itertools.chain(first, rows), filename, area_code)
    if not found:
        raise _reason_for_nothing(skipped)


def _by_sheet(
    told: Iterator["_Sheet | SheetRow"],
) -> Iterator[tuple[_Sheet, Iterator[SheetRow]]]:
    sheets: dict[str, _Sheet] = {}

    def rows() -> Iterator[SheetRow]:
        for item in told:
            if isinstance(item, _Sheet):
                sheets[item.name] = item
            else:
                yield item

    for name, group in itertools.groupby(rows(), operator.attrgetter("sheet")):
        yield sheets.get(name, _Sheet(name)), group


def _residents(
    about: SheetFound, rows: Iterator[SheetRow], filename: str, area_code: str
) -> Iterator[Draft | Rejected | SheetRead]:
    """What the rows below the header say, and how many there were."""
    count = _Count()
    below = _counted(rows, about.columns.row, count)
    for item in read_sheet(below, about.columns, area_code, about.address):
        count.read += 1
        yield item
    place = Place(file=filename, sheet=about.sheet or None)
    yield SheetRead(place, count.rows, count.rows - count.read, count.hidden)


@dataclass
class _Count:
    rows: int = 0
    hidden: int = 0
    read: int = 0


def _counted(rows: Iterator[SheetRow], header: int, count: _Count) -> Iterator[SheetRow]:
    for row in rows:
        if row.row > header:
            count.rows += 1
            count.hidden += row.hidden
            yield row


def _look_at(
    sheet: _Sheet, first: list[SheetRow], filename: str, choices: Mapping[str, Choice]
) -> SheetFound | SheetSkipped:
    place = Place(file=filename, sheet=sheet.name or None)
    if is_example_sheet(sheet.name):
        return SheetSkipped(place, "sheet_is_example", {})
    guessed = look_at(first)
    try:
        columns = find_columns(first, choices.get(guessed.shape))
    except Problem as problem:
        return SheetSkipped(place, problem.code, problem.values, guessed)
    if columns is None:
        headers: Mapping[str, Value] = {"headers": texts_of(first[0])}
        return SheetSkipped(place, "roster_no_name_column", headers, guessed)
    unseen = set(sheet.hidden_columns) & set(columns.taken)
    letters = tuple(map(column_letters, sorted(unseen)))
    address = NOWHERE if "building" in columns.single else sheet_address(sheet.name)
    return SheetFound(sheet.name, columns, address, sheet.hidden, letters)


def _reason_for_nothing(skipped: list[SheetSkipped]) -> Problem:
    """What to say of a file with no sheet to read: a nearly fitting header tells the most."""
    best = min(skipped, key=lambda sheet: sheet.code != "roster_no_phone_column")
    if best.code == "sheet_is_example":
        return Problem("roster_no_rows", place=best.place)
    return Problem(best.code, place=best.place, values=best.values)


def read_rows(
    content: Content, filename: str, limits: Limits = USUAL_LIMITS
) -> Generator[SheetRow, None, None]:
    """The filled rows of all sheets in order, while a child process reads them.

    ``filename`` only names the file in messages. A `Problem` is raised before the first row or
    between rows, so the caller must be ready to forget the rows it has taken. Closing the
    iterator ends the child.
    """
    with contextlib.closing(_sheets_and_rows(content, filename, limits)) as told:
        for item in told:
            if isinstance(item, SheetRow):
                yield item


def _sheets_and_rows(
    content: Content, filename: str, limits: Limits
) -> Generator["_Sheet | SheetRow", None, None]:
    """Each sheet before its rows; a `Problem` as in `read_rows`."""
    place, size = Place(file=filename), _size(content)
    if not size:
        raise Problem("roster_empty", place=place)
    if size > limits.content_bytes:
        raise _problem("roster_too_large", place, limits)
    limits = limits.for_content(size)
    child = _started(content, limits)
    try:
        yield from _told(child, place, limits)
    finally:
        child.kill()
        child.wait()
        _output(child).close()


def _size(content: Content) -> int:
    return len(content) if isinstance(content, bytes) else os.fstat(content.fileno()).st_size


def _started(content: Content, limits: Limits) -> subprocess.Popen[bytes]:
    """The child, with the content as a file that it can only read."""
    settings = json.dumps(dataclasses.asdict(limits))
    with _as_file(content) as file:
        return subprocess.Popen(  # noqa: S603 - the command holds nothing that a user wrote
            [sys.executable, *CHILD, settings],
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
        )


def _as_file(content: Content) -> IO[bytes]:
    """A file with a place of its own to read from."""
    if isinstance(content, bytes):
        return gathered([content])
    return Path(f"/proc/self/fd/{content.fileno()}").open("rb")


def gathered(pieces: Iterable[bytes]) -> IO[bytes]:
    """A file of memory, from its start: what people upload is not left on a disk.

    Its pages are the kernel's, and no process grows by them.
    """
    file = os.fdopen(os.memfd_create("roster"), "w+b")
    file.writelines(pieces)
    file.seek(0)
    return file


def _told(
    child: subprocess.Popen[bytes], file: Place, limits: Limits
) -> Iterator["_Sheet | SheetRow"]:
    """What the child says, until it says that it is done."""
    any_row, sheet = False, ""
    for line in _lines(child, file, limits):
        match json.loads(line):
            case ["rows", rows]:
                any_row = True
                for number, values, *marks in rows:
                    yield SheetRow(sheet, number, without_note(values), *_marks(*marks))
            case ["sheet", sheet, hidden, columns]:
                yield _Sheet(sheet, hidden, tuple(columns))
            case ["problem", code, place]:
                raise _problem(code, _place(file, **place), limits)
            case ["end"] if any_row:
                return
            case _:
                raise Problem("roster_no_rows", place=file)
    raise _problem(_cause_of_death(child, limits), file, limits)


def _marks(*marks: Any) -> tuple[Any, ...]:
    if not marks:
        return ()
    formulas, merged, hidden = marks
    return frozenset(formulas), frozenset(merged), hidden


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
