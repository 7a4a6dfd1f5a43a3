"""Reads one untrusted spreadsheet in a process of its own: cells in, JSON lines out.

``app.residents.reader`` starts this file by its path in an isolated interpreter, with the file as
standard input and the limits as the only argument; so it imports nothing of the app. Each line that
it prints is a JSON list: ``["row", sheet, row, values, formula columns]``, and at the end
``["end"]`` or ``["problem", code, {sheet, row, column}]``. Output that ends otherwise means that
the process died, which is what it is there for.
"""

import codecs
import contextlib
import csv
import io
import itertools
import json
import math
import posixpath
import re
import resource
import sys
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

Value = str | int | float | bool | None
Line = list[object]

MEGABYTE = 1_000_000
CHUNK = 1 << 20
# A tag may be cut in two where a chunk ends, so that end is looked at again with the next chunk.
OVERLAP = 1 << 10
# Spreadsheet programs stop at 31.
LONGEST_SHEET_NAME = 80


@dataclass(frozen=True)
class Limits:
    """How large a spreadsheet may be, and what reading it may cost."""

    content_bytes: int = 20 * MEGABYTE
    unpacked_bytes: int = 150 * MEGABYTE
    ratio: int = 200  # unpacked to packed: real sheets stay under 40, zeros come to 1,000
    parts: int = 2_000  # files inside an xlsx
    rows: int = 100_000  # the highest row number of a sheet
    columns: int = 256
    area: int = 4_000_000  # rows times columns up to the last filled cell: all of it is allocated
    characters: int = 2_000  # in one cell
    output_bytes: int = 60 * MEGABYTE
    memory_bytes: int = 400 * MEGABYTE  # address space of the child, its interpreter included
    seconds: int = 10  # of the child's computing, and of waiting for it


@dataclass
class Unreadable(Exception):  # noqa: N818 - the parent raises it again as a Problem
    """Why the file is not read. ``place`` may hold a sheet, a 1-based row and a 0-based column."""

    code: str
    place: dict[str, str | int] = field(default_factory=dict)


def column_index(letters: str) -> int:
    """The 0-based column that a spreadsheet shows under this name."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


# --- What may stand where ------------------------------------------------------------------------


def check_extent(sheet: str, rows: int, columns: int, limits: Limits) -> None:
    """Refuse a sheet whose last filled row and column are further out than the limits."""
    place: dict[str, str | int] = {"sheet": sheet, "row": rows, "column": columns - 1}
    if rows > limits.rows:
        raise Unreadable("roster_too_many_rows", place)
    if columns > limits.columns:
        raise Unreadable("roster_too_many_columns", place)
    if rows * columns > limits.area:
        raise Unreadable("roster_too_sparse", place)


def row_line(
    sheet: str, row: int, values: list[Value], formulas: list[int], limits: Limits
) -> Line:
    """The line for one row; a cell that is too long is named instead."""
    for column, value in enumerate(values):
        if isinstance(value, str) and len(value) > limits.characters:
            place: dict[str, str | int] = {"sheet": sheet, "row": row, "column": column}
            raise Unreadable("roster_cell_too_long", place)
    return ["row", sheet, row, values, formulas]


def trimmed(values: list[Value]) -> list[Value]:
    """Without the empty cells at the end."""
    while values and values[-1] is None:
        values.pop()
    return values


def lines_of(stream: IO[bytes], limits: Limits) -> Iterator[Line]:
    """The filled rows of whatever the bytes turn out to be: the file's name has no say in it."""
    head = stream.read(8)
    if head.startswith(b"PK\x03\x04"):
        return workbook_lines(stream, limits)
    if head == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise Unreadable(old_container_code(stream))
    if head.lstrip(b"\xef\xbb\xbf \r\n").startswith((b"%PDF", b"<", b"{", b"[")):
        raise Unreadable("roster_not_spreadsheet")
    return text_lines(stream, limits)


def old_container_code(stream: IO[bytes]) -> str:
    """A password wraps an xlsx into the container of the old formats: a stream's name tells."""
    stream.seek(0)
    is_encrypted = "EncryptedPackage".encode("utf-16-le") in stream.read()
    return "roster_encrypted" if is_encrypted else "roster_old_format"


# --- Text ----------------------------------------------------------------------------------------


def text_lines(stream: IO[bytes], limits: Limits) -> Iterator[Line]:
    encoding = text_encoding(stream)
    stream.seek(0)
    csv.field_size_limit(sys.maxsize)
    text = io.TextIOWrapper(stream, encoding, newline="")
    first = list(itertools.islice(text, 20))
    records = csv.reader(itertools.chain(first, text), delimiter=separator_of("".join(first)))
    for number, record in enumerate(records, 1):
        if values := trimmed([unquoted(cell) for cell in record]):
            check_extent("", number, len(values), limits)
            yield row_line("", number, values, [], limits)


def text_encoding(stream: IO[bytes]) -> str:
    """UTF-8 if it is, else GB18030 (which a Chinese Excel writes), else it is no text."""
    for encoding in ("utf-8-sig", "gb18030"):
        stream.seek(0)
        with contextlib.suppress(UnicodeDecodeError):
            if any("\0" in text for text in codecs.iterdecode(pieces(stream), encoding)):
                break
            return encoding
    raise Unreadable("roster_not_spreadsheet")


def separator_of(text: str) -> str:
    """The character between cells. Text without any holds no table."""
    separator = max("\t,;", key=text.count)
    if text.strip() and separator not in text:
        raise Unreadable("roster_not_spreadsheet")
    return separator


def unquoted(cell: str) -> Value:
    """``="13812345678"`` is how people keep Excel from rounding a number in a csv."""
    found = re.fullmatch(r'="([^"]*)"', cell)
    return plain(found[1] if found else cell)


def pieces(stream: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: stream.read(CHUNK), b"")


# --- Workbooks -----------------------------------------------------------------------------------

FILLED_CELL = re.compile(rb"""\sr=["']([A-Z]+)([0-9]+)["'][^>]*(?<!/)>""")
FORMULA_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f[\s/>]")
CELL_NAME = re.compile(rb"""\sr=["']([A-Z]+)([0-9]+)["']""")
DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    ValueError,
    KeyError,
    ET.ParseError,
)


@dataclass
class Extent:
    """How far the cells of a sheet reach and which hold formulas.

    Looked up before the values are read, for their reader allocates every cell up to the furthest
    before it can be asked, and does not tell a formula from its last result.
    """

    rows: int = 0
    letters: set[bytes] = field(default_factory=set)
    formulas: dict[int, set[int]] = field(default_factory=dict)  # columns by row

    def note(self, xml: bytes) -> None:
        cells = FILLED_CELL.findall(xml)
        self.letters.update(letters for letters, _ in cells)
        self.rows = max(self.rows, max((int(row) for _, row in cells), default=0))
        for attributes in FORMULA_CELL.findall(xml):
            name = CELL_NAME.search(attributes)
            if not name:
                raise Unreadable("roster_damaged")
            self.formulas.setdefault(int(name[2]), set()).add(column_index(name[1].decode()))

    def columns(self) -> int:
        return max((column_index(letters.decode()) + 1 for letters in self.letters), default=0)


def workbook_lines(stream: IO[bytes], limits: Limits) -> Iterator[Line]:
    try:
        with zipfile.ZipFile(stream) as archive:
            check_parts(archive, limits)
            check_unpacked(archive, budget(stream, limits))
            extents = sheet_extents(archive)
    except DAMAGE as error:
        raise Unreadable("roster_damaged") from error
    if any(len(sheet) > LONGEST_SHEET_NAME for sheet in extents):
        raise Unreadable("roster_damaged")
    for sheet, extent in extents.items():
        check_extent(sheet, extent.rows, extent.columns(), limits)
    yield from value_lines(stream, extents, limits)


def value_lines(stream: IO[bytes], extents: dict[str, Extent], limits: Limits) -> Iterator[Line]:
    from python_calamine import CalamineError, CalamineWorkbook

    stream.seek(0)
    try:
        book = CalamineWorkbook.from_filelike(stream)
        for sheet, extent in extents.items():
            yield from sheet_lines(book.get_sheet_by_name(sheet), extent, limits)
    except CalamineError as error:
        raise Unreadable("roster_damaged") from error


def sheet_lines(sheet: "CalamineSheet", extent: Extent, limits: Limits) -> Iterator[Line]:
    check_extent(sheet.name, sheet.total_height, sheet.total_width, limits)
    left = sheet.start[1] if sheet.start else 0
    for number, row in enumerate(itertools.chain(sheet.iter_rows(), itertools.repeat([])), 1):
        if number > max(sheet.total_height, extent.rows):
            return
        values = trimmed([None] * left + [plain(value) for value in row])
        formulas = sorted(extent.formulas.get(number, ()))
        if values or formulas:
            yield row_line(sheet.name, number, values, formulas, limits)


def plain(value: object) -> Value:
    """A cell's value as JSON can carry it: dates and times in ISO 8601, nothing for an error."""
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, int | float):
        return value if math.isfinite(value) else None
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def check_parts(archive: zipfile.ZipFile, limits: Limits) -> None:
    parts = archive.infolist()
    if len(parts) > limits.parts:
        raise Unreadable("roster_unpacks_too_large")
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable("roster_encrypted")
    names = {part.filename.lower() for part in parts}
    if "xl/workbook.xml" not in names:
        raise Unreadable("roster_not_spreadsheet")
    if len(names) < len(parts):
        raise Unreadable("roster_damaged")


def budget(stream: IO[bytes], limits: Limits) -> int:
    """How many bytes may come out: a small file that unpacks to very much is no roster."""
    return min(limits.unpacked_bytes, max(limits.ratio * stream.seek(0, 2), 10 * MEGABYTE))


def check_unpacked(archive: zipfile.ZipFile, left: int) -> None:
    """Unpack every part once, within ``left`` bytes in all, and refuse what XML may not declare."""
    if sum(info.file_size for info in archive.infolist()) > left:
        raise Unreadable("roster_unpacks_too_large")
    for info in archive.infolist():
        claimed, end = info.file_size, b""
        # What the archive says about a size is a claim like any other: with a size set that no
        # part reaches, what comes out is what the data hold, and then the claim has to be true.
        info.file_size = left + CHUNK
        for piece in unpacked(archive, info):
            left -= len(piece)
            claimed -= len(piece)
            if left < 0:
                raise Unreadable("roster_unpacks_too_large")
            if info.filename.lower().endswith((".xml", ".rels")):
                refuse_declarations(end + piece)
            end = piece[-OVERLAP:]
        if claimed:
            raise Unreadable("roster_damaged")


def unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(info) as part:
        yield from pieces(part)


def refuse_declarations(xml: bytes) -> None:
    """No spreadsheet declares entities, and none is written in characters of two bytes."""
    if DECLARATION.search(xml):
        raise Unreadable("roster_doctype")
    if b"\0" in xml:
        raise Unreadable("roster_damaged")


def sheet_extents(archive: zipfile.ZipFile) -> dict[str, Extent]:
    """The extent of each sheet, by the name that people see, in the order of the tabs."""
    parts = {info.filename.lower(): info for info in archive.infolist()}
    extents: dict[str, Extent] = {}
    for sheet, path in sheet_paths(archive, parts).items():
        extent, end = extents.setdefault(sheet, Extent()), b""
        for piece in unpacked(archive, parts[path]):
            extent.note(end + piece)
            end = piece[-OVERLAP:]
    return extents


def sheet_paths(archive: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo]) -> dict[str, str]:
    """The part that holds each sheet of cells; charts have a tab but no cells."""
    paths = {
        relation.get("Id"): posixpath.join("/xl", relation.get("Target", "")).lower()[1:]
        for relation in xml_of(archive, parts["xl/_rels/workbook.xml.rels"])
        if relation.get("Type", "").endswith("/worksheet")
    }
    sheets = xml_of(archive, parts["xl/workbook.xml"]).iterfind("{*}sheets/{*}sheet")
    names = {sheet.get("name", ""): relation_of(sheet) for sheet in sheets}
    return {name: paths[relation] for name, relation in names.items() if relation in paths}


def relation_of(sheet: ET.Element) -> str | None:
    """The value of ``r:id``, whose namespace differs between the two kinds of the format."""
    return next((value for name, value in sheet.items() if name.endswith("}id")), None)


def xml_of(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> ET.Element:
    """A part of at most a chunk as a tree; the rest of a larger one would be missing, an error.

    Declarations were refused before, and decoding here keeps an odd encoding from hiding one.
    """
    xml = next(unpacked(archive, info), b"")
    return ET.fromstring(xml.decode("utf-8-sig"))  # noqa: S314 - see above


# --- The process ---------------------------------------------------------------------------------


def confine(limits: Limits) -> None:
    """Give up what reading a file does not need; a crash leaves no copy of it on the disk."""
    for kind, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        # At its hard limit of time a process is killed without the signal that says why.
        spare = 1 if kind == resource.RLIMIT_CPU and limit != hard else 0
        resource.setrlimit(kind, (limit, limit + spare))


def main() -> None:
    limits = Limits(**json.loads(sys.argv[1]))
    confine(limits)
    try:
        for line in lines_of(sys.stdin.buffer, limits):
            emit(line)
        emit(["end"])
    except Unreadable as why:
        emit(["problem", why.code, why.place])
    except MemoryError:
        emit(["problem", "roster_too_much_memory", {}])


def emit(line: Line) -> None:
    sys.stdout.buffer.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")


if __name__ == "__main__":
    main()
