"""OpenDocument spreadsheets, as LibreOffice and WPS write them, read as a stream.

python-calamine reads them, too, but tells neither formulas nor merged nor hidden cells, and writes
out what the file says is repeated, which may be a million rows.
"""

import codecs
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from .limits import Limits, Place, Unreadable, check_area, check_extent
from .rows import Lines, Merges, Sheet, Value, plain, row_of, trimmed
from .zipped import DECLARATION, checked_pieces, claimed_size, unpacked

OASIS = "{urn:oasis:names:tc:opendocument:xmlns:"
TABLE = OASIS + "table:1.0}"
TEXT = OASIS + "text:1.0}"
OFFICE = OASIS + "office:1.0}"
STYLE = OASIS + "style:1.0}"
ROW = TABLE + "table-row"
COLUMN = TABLE + "table-column"
WHOLE_TABLE = TABLE + "table"
ONE_STYLE = STYLE + "style"
VALUE_TYPE = OFFICE + "value-type"
FORMULA = TABLE + "formula"
COLUMNS_REPEATED = TABLE + "number-columns-repeated"
ROWS_REPEATED = TABLE + "number-rows-repeated"
ROWS_SPANNED = TABLE + "number-rows-spanned"
PARAGRAPH = TEXT + "p"
NUMBERS = frozenset(("float", "percentage", "currency"))
CELLS = frozenset((TABLE + "table-cell", TABLE + "covered-table-cell"))
HOLDERS = frozenset(TABLE + name for name in ("table", "table-row-group", "table-header-rows"))
WHITE = {TEXT + "s": " ", TEXT + "tab": "\t", TEXT + "line-break": "\n"}
MANIFEST = "META-INF/manifest.xml"
OVERLAP = 16
LONGEST_SHEET_NAME = 80
LAST_COLUMN = 1 << 14

Events = Iterator[tuple[str, ET.Element]]


def ods_lines(archive: zipfile.ZipFile, limits: Limits) -> Lines:
    """The sheets and rows of an .ods."""
    if claimed_size(archive) > limits.unpacked_bytes:
        raise Unreadable("roster_unpacks_too_large")
    if MANIFEST in archive.namelist():
        manifest = next(unpacked(archive, archive.getinfo(MANIFEST)), b"")
        if b"encryption-data" in manifest:
            raise Unreadable("roster_encrypted")
    yield from table_lines(events_of(archive, limits), limits)


def events_of(archive: zipfile.ZipFile, limits: Limits) -> Events:
    """Where elements begin and end. Text is decoded here, lest an odd encoding hide entities."""
    parser: ET.XMLPullParser[Any] = ET.XMLPullParser(("start", "end"))
    decoder, end = codecs.getincrementaldecoder("utf-8-sig")(), b""
    info = archive.getinfo("content.xml")
    for piece in checked_pieces(archive, info, limits.unpacked_bytes):
        if DECLARATION.search(end + piece):
            raise Unreadable("roster_doctype")
        end = piece[-OVERLAP:]
        parser.feed(decoder.decode(piece))
        yield from cast(Events, parser.read_events())
    parser.close()


@dataclass
class Table:
    """A sheet half read."""

    sheet: Sheet
    row: int = 0  # the last one read
    merges: Merges = field(default_factory=Merges)
    is_told: bool = False


def table_lines(events: Events, limits: Limits) -> Lines:
    """Sheets and rows as they come by. What has been read is thrown away."""
    hidden_styles: set[str | None] = set()
    holders: list[ET.Element] = []
    table, inside = Table(Sheet()), 0
    for event, element in events:
        tag = element.tag
        if tag == ROW:
            inside += 1 if event == "start" else -1
            if event == "end" and not inside:
                yield from row_lines(element, table, limits)
                del holders[-1][:]
        elif inside:
            continue
        elif tag in HOLDERS:
            if event == "end":
                del holders.pop()[:]
                continue
            holders.append(element)
            if tag == WHOLE_TABLE:
                table = table_of(element, hidden_styles)
        elif event == "end" and tag == COLUMN:
            table.sheet = with_column(table.sheet, element)
        elif event == "end" and tag == ONE_STYLE and is_hidden_style(element):
            hidden_styles.add(element.get(STYLE + "name"))


def is_hidden_style(style: ET.Element) -> bool:
    """Whether sheets of this style are not shown."""
    properties = style.find(STYLE + "table-properties")
    return properties is not None and properties.get(TABLE + "display") == "false"


def table_of(element: ET.Element, hidden_styles: set[str | None]) -> Table:
    """A sheet that begins."""
    name = element.get(TABLE + "name", "")
    if len(name) > LONGEST_SHEET_NAME:
        raise Unreadable("roster_damaged")
    return Table(Sheet(name, element.get(TABLE + "style-name") in hidden_styles))


def with_column(sheet: Sheet, column: ET.Element) -> Sheet:
    """The sheet with one more column, or several alike, of which it keeps only whether hidden."""
    first, times = sheet.width, whole(column.get(COLUMNS_REPEATED))
    last = min(first + times, LAST_COLUMN)
    hidden = range(first, last) if is_hidden(column) else ()
    return Sheet(sheet.name, sheet.hidden, (*sheet.hidden_columns, *hidden), last)


def row_lines(element: ET.Element, table: Table, limits: Limits) -> Lines:
    """A row, as often as it is repeated, and the sheet before its first."""
    times = whole(element.get(ROWS_REPEATED))
    first, table.row = table.row + 1, table.row + times
    values, formulas = cells_of(element, table, first, limits)
    if not (values or formulas):
        return
    check_area(table.sheet.name, table.row, len(values), limits)
    if times > limits.repeats:
        place: Place = {"sheet": table.sheet.name, "row": table.row, "column": len(values) - 1}
        raise Unreadable("roster_too_sparse", place)
    if not table.is_told:
        yield table.sheet
        table.is_told = True
    for number in range(first, first + times):
        copy = list(values)
        told = (formulas, table.merges.fill(number, copy), is_hidden(element))
        yield row_of(table.sheet.name, number, copy, limits, told)


def cells_of(
    row: ET.Element, table: Table, number: int, limits: Limits
) -> tuple[list[Value], list[int]]:
    """The values of a row, and the columns that compute. Blank cells take no room at its end."""
    values: list[Value] = []
    formulas: list[int] = []
    column = 0
    for cell in row:
        if cell.tag not in CELLS:
            continue
        about = cell.attrib
        times = whole(about[COLUMNS_REPEATED]) if COLUMNS_REPEATED in about else 1
        value = value_of(cell) if len(cell) or VALUE_TYPE in about else None
        if value is not None or FORMULA in about:
            if column + times > limits.columns:
                check_extent(table.sheet.name, number, column + times, limits)
            if column > len(values):
                values += [None] * (column - len(values))
            values += [value] * times
            formulas += range(column, column + times) if FORMULA in about else ()
            if ROWS_SPANNED in about:
                last = number + whole(about[ROWS_SPANNED]) - 1
                table.merges.begin(number, last, column, limits)
        column += times
    return trimmed(values), formulas


def value_of(cell: ET.Element) -> Value:
    """What stands in a cell: numbers and days as such, everything else as it is shown."""
    kind = cell.get(VALUE_TYPE)
    if kind in NUMBERS:
        return plain(float(cell.get(OFFICE + "value", "nan")))
    if kind == "boolean":
        return cell.get(OFFICE + "boolean-value") == "true"
    if kind == "date":
        return plain(cell.get(OFFICE + "date-value", "").removesuffix("T00:00:00"))
    if len(cell) == 1 and cell[0].tag == PARAGRAPH:
        return plain(paragraph(cell[0]))
    return plain("\n".join(map(paragraph, cell.findall(PARAGRAPH))))


def paragraph(element: ET.Element) -> str:
    """The text of a paragraph; several blanks in a row are an element of their own."""
    if not len(element):
        return element.text or ""
    for white in element.iter():
        if white.tag in WHITE:
            white.text = WHITE[white.tag] * min(whole(white.get(TEXT + "c")), 100)
    return "".join(element.itertext())


def is_hidden(element: ET.Element) -> bool:
    """Whether a row or column is hidden, by hand or by a filter."""
    return element.get(TABLE + "visibility", "visible") != "visible"


def whole(text: str | None) -> int:
    """A count of at least one."""
    return max(1, int(text or 1))
