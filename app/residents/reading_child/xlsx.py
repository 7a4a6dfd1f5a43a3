"""Excel's workbooks since 2007.

python-calamine reads the values. It allocates every cell up to the furthest before it can be
asked, does not tell a formula from its last result, and knows no hidden rows: so the XML is looked
through first, by patterns, as it is unpacked for being checked anyway.
"""

import posixpath
import re
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import dataclass, field
from typing import IO

from .limits import Limits, Unreadable, check_area
from .rows import Lines, Marks, letters_of
from .valued import value_lines
from .zipped import DECLARATION, checked_pieces, claimed_size, unpacked

# A tag may be cut in two where a chunk ends, so that end is looked at again with the next chunk.
OVERLAP = 1 << 10
# Spreadsheet programs stop at 31.
LONGEST_SHEET_NAME = 80
LAST_COLUMN = 1 << 14

FILLED_CELL = re.compile(rb"""\sr=["']([A-Z]+)([0-9]+)["'][^>]*(?<!/)>""")
FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
FORMULA_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f[\s/>]")
CELL_NAME = re.compile(rb"""\sr=["']([A-Z]+)([0-9]+)["']""")
HIDDEN = re.compile(rb"""<(?:\w+:)?(row|col)\b([^>]*\shidden=["'](?:1|true)["'][^>]*)>""")
ATTRIBUTE = re.compile(rb"""\s(r|min|max)=["']([0-9]+)["']""")


@dataclass
class Scan:
    """How far the cells of a sheet reach, and its marks."""

    letters: set[bytes] = field(default_factory=set)
    marks: Marks = field(default_factory=Marks)

    def note(self, xml: bytes) -> None:
        """Look through a piece of the sheet's XML."""
        cells = FILLED_CELL.findall(xml)
        if cells:
            letters, rows = zip(*cells, strict=True)
            self.letters.update(letters)
            self.marks.rows = max(self.marks.rows, *map(int, set(rows)))
        if FORMULA.search(xml):
            self._note_formulas(xml)
        if b"hidden=" in xml:
            self._note_hidden(xml)

    def _note_formulas(self, xml: bytes) -> None:
        for attributes in FORMULA_CELL.findall(xml):
            name = CELL_NAME.search(attributes)
            if not name:
                raise Unreadable("roster_damaged")
            columns = self.marks.formulas.setdefault(int(name[2]), set())
            columns.add(letters_of(name[1].decode()))

    def _note_hidden(self, xml: bytes) -> None:
        for kind, text in HIDDEN.findall(xml):
            found = {name: int(value) for name, value in ATTRIBUTE.findall(text)}
            if kind == b"row":
                self.marks.hidden_rows.add(found.get(b"r", 0))
            else:
                # Columns to the right of all cells are often hidden, up to the last there is.
                last = min(found.get(b"max", 0), LAST_COLUMN)
                self.marks.hidden_columns.update(range(found.get(b"min", 1) - 1, last))

    def columns(self) -> int:
        """How many columns there are up to the last filled cell."""
        return max((letters_of(letters.decode()) + 1 for letters in self.letters), default=0)


def xlsx_lines(stream: IO[bytes], archive: zipfile.ZipFile, limits: Limits) -> Lines:
    """The sheets and rows of an .xlsx."""
    scans = scanned(archive, limits)
    for sheet, scan in scans.items():
        check_area(sheet, scan.marks.rows, scan.columns(), limits)
    yield from value_lines(stream, {name: scan.marks for name, scan in scans.items()}, limits)


def scanned(archive: zipfile.ZipFile, limits: Limits) -> dict[str, Scan]:
    """Unpack every part once, refuse what may not be there, and look through the sheets.

    The scans are by the name that people see, in the order of the tabs.
    """
    left = limits.unpacked_bytes
    if claimed_size(archive) > left:
        raise Unreadable("roster_unpacks_too_large")
    scans: dict[str, Scan] = {}
    for info in archive.infolist():
        scan = scans.setdefault(info.filename.lower(), Scan())
        end = b""
        for piece in checked_pieces(archive, info, left):
            left -= len(piece)
            look_through(info.filename.lower(), end + piece, scan)
            end = piece[-OVERLAP:]
    paths = sheet_paths(archive)
    if any(len(sheet) > LONGEST_SHEET_NAME for sheet in paths):
        raise Unreadable("roster_damaged")
    return {sheet: scans[path] for sheet, path in paths.items()}


def look_through(name: str, xml: bytes, scan: Scan) -> None:
    """No spreadsheet declares entities, and none is written in characters of two bytes."""
    if not name.endswith((".xml", ".rels")):
        return
    if DECLARATION.search(xml):
        raise Unreadable("roster_doctype")
    if b"\0" in xml:
        raise Unreadable("roster_damaged")
    if "sharedstrings" not in name:
        scan.note(xml)


def sheet_paths(archive: zipfile.ZipFile) -> dict[str, str]:
    """The part that holds each sheet of cells; charts have a tab but no cells."""
    parts = {info.filename.lower(): info for info in archive.infolist()}
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
