"""Excel's workbooks before 2007, and what else comes in their container.

The container (OLE2) is a small file system, the workbook in it a chain of records (BIFF). They are
walked here for what python-calamine can't be asked before it allocates, or not at all: how far the
cells reach, which compute and which are hidden. The values are its work.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from .limits import Limits, Unreadable, check_area
from .rows import Lines, Marks
from .valued import value_lines

HEADER = 512
ENTRY = 128
TABLE_IN_HEADER = 76
LAST_SECTOR = 0xFFFFFFFA
SMALL_STREAM = 4096
BOOKS = ("workbook", "book")

BOF, EOF, BOUNDSHEET, FILEPASS = 0x809, 0x0A, 0x85, 0x2F
ROW, COLUMNS, FORMULA = 0x208, 0x7D, 0x06
CELLS = frozenset((FORMULA, 0x203, 0x204, 0x205, 0x27E, 0xD6, 0xFD))
SEVERAL_CELLS = 0xBD


def xls_lines(stream: IO[bytes], limits: Limits) -> Lines:
    """The sheets and rows of an .xls."""
    try:
        book = workbook_stream(stream.read())
        marked = dict(scans(book))
    except (struct.error, IndexError, UnicodeDecodeError, ValueError) as error:
        raise Unreadable("roster_damaged") from error
    for name, scan in marked.items():
        check_area(name, scan.marks.rows, scan.columns, limits)
    yield from value_lines(stream, {name: scan.marks for name, scan in marked.items()}, limits)


# --- The container -------------------------------------------------------------------------------


def workbook_stream(content: bytes) -> bytes:
    """The bytes of the workbook, out of the sectors that hold them."""
    # A password wraps an xlsx into this container.
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise Unreadable("roster_encrypted")
    container = Container(content)
    streams = container.streams()
    found = next((streams[name] for name in BOOKS if name in streams), None)
    if found is None:
        raise Unreadable("roster_not_spreadsheet")
    return container.read(*found)


class Container:
    """The sectors of an OLE2 file. A chain may not be longer than the file has sectors."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        (shift,) = struct.unpack_from("<H", content, 30)
        self._size = 1 << shift if shift in {9, 12} else HEADER
        (self._first_entry,) = struct.unpack_from("<I", content, 48)
        self._next = [
            following
            for sector in self._table_sectors()
            for (following,) in struct.iter_unpack("<I", self._sector(sector))
        ]
        self._small: tuple[list[int], bytes] = ([], b"")

    def streams(self) -> dict[str, tuple[int, int]]:
        """First sector and size of each stream, by its name in small letters."""
        directory = self._chained(self._first_entry)
        found = {}
        for at in range(0, len(directory), ENTRY):
            (length,) = struct.unpack_from("<H", directory, at + 64)
            name = directory[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le")
            start, size = struct.unpack_from("<II", directory, at + 116)
            found[name.lower()] = start, size
        self._small = self._small_sectors(found)
        return found

    def read(self, start: int, size: int) -> bytes:
        """A stream. Small ones share the sectors of a stream of their own."""
        if size >= SMALL_STREAM:
            return self._chained(start)[:size]
        following, content = self._small
        sectors = chain(start, following)
        return b"".join(content[at * 64 : at * 64 + 64] for at in sectors)[:size]

    def _small_sectors(self, found: dict[str, tuple[int, int]]) -> tuple[list[int], bytes]:
        (first,) = struct.unpack_from("<I", self._content, 60)
        table = self._chained(first) if first < LAST_SECTOR else b""
        following = [number for (number,) in struct.iter_unpack("<I", table)]
        root = found.get("root entry", (LAST_SECTOR, 0))[0]
        return following, self._chained(root) if root < LAST_SECTOR else b""

    def _table_sectors(self) -> Iterator[int]:
        """Where the table of sectors lies: 109 places in the header, more in a chain."""
        yield from self._used(struct.unpack_from("<109I", self._content, TABLE_IN_HEADER))
        (more,) = struct.unpack_from("<I", self._content, 68)
        for _ in range(len(self._content) // self._size):
            if more >= LAST_SECTOR:
                return
            *sectors, more = struct.unpack(f"<{self._size // 4}I", self._sector(more))
            yield from self._used(tuple(sectors))

    @staticmethod
    def _used(sectors: tuple[int, ...]) -> Iterator[int]:
        return (sector for sector in sectors if sector < LAST_SECTOR)

    def _chained(self, first: int) -> bytes:
        return b"".join(map(self._sector, chain(first, self._next)))

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        sector = self._content[start : start + self._size]
        if not sector:
            raise Unreadable("roster_damaged")
        return sector.ljust(self._size, b"\0")


def chain(first: int, following: list[int]) -> Iterator[int]:
    """The sectors of a stream, one pointing to the next. One that runs in a circle is damaged."""
    sector = first
    for _ in range(len(following) + 1):
        if sector >= LAST_SECTOR:
            return
        yield sector
        sector = following[sector]
    raise Unreadable("roster_damaged")


# --- The workbook --------------------------------------------------------------------------------


@dataclass
class Scan:
    """How far the cells of a sheet reach, and its marks."""

    columns: int = 0
    marks: Marks = field(default_factory=Marks)

    def note(self, kind: int, record: bytes) -> None:
        """Look at a record of the sheet."""
        if kind in CELLS or kind == SEVERAL_CELLS:
            row, column = struct.unpack_from("<HH", record)
            if kind == SEVERAL_CELLS:
                (column,) = struct.unpack_from("<H", record, len(record) - 2)
            self.marks.rows, self.columns = (
                max(self.marks.rows, row + 1),
                max(self.columns, column + 1),
            )
            if kind == FORMULA:
                self.marks.formulas.setdefault(row + 1, set()).add(column)
        elif kind == ROW:
            row, flags = struct.unpack_from("<H10xB", record)
            if flags & 0x20:
                self.marks.hidden_rows.add(row + 1)
        elif kind == COLUMNS:
            first, last, flags = struct.unpack_from("<HH4xH", record)
            if flags & 1:
                self.marks.hidden_columns.update(range(first, min(last, 255) + 1))


def scans(book: bytes) -> Iterator[tuple[str, Scan]]:
    """Each sheet of cells with what its records say."""
    if len(book) < 8 or struct.unpack_from("<H", book)[0] != BOF:  # noqa: PLR2004
        raise Unreadable("roster_damaged")
    is_new = struct.unpack_from("<H", book, 4)[0] == 0x600  # noqa: PLR2004 - since Excel 97
    for kind, record in records(book, 0):
        if kind == FILEPASS:
            raise Unreadable("roster_encrypted")
        if kind == BOUNDSHEET and not record[5]:
            (start,) = struct.unpack_from("<I", record)
            yield sheet_name(record[6:], is_new=is_new), scanned(book, start)


def sheet_name(record: bytes, *, is_new: bool) -> str:
    """The name of a sheet: its length, since Excel 97 how wide a letter is, and the letters."""
    if not is_new:
        return record[1 : 1 + record[0]].decode("gb18030")
    wide = record[1] & 1
    text = record[2 : 2 + record[0] * (1 + wide)]
    return text.decode("utf-16-le" if wide else "latin-1")


def scanned(book: bytes, start: int) -> Scan:
    """The scan of a sheet whose records begin here; charts in it have records of their own."""
    scan, depth = Scan(), 0
    for kind, record in records(book, start):
        depth += (kind == BOF) - (kind == EOF)
        if not depth:
            break
        if depth == 1:
            scan.note(kind, record)
    return scan


def records(book: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The records from a place on: two bytes of kind, two of length, and so many more."""
    while at + 4 <= len(book):
        kind, length = struct.unpack_from("<HH", book, at)
        yield kind, book[at + 4 : at + 4 + length]
        at += 4 + length
