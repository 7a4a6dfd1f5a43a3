"""A copy of a roster with the reason at each cell that is rejected or doubtful.

Whoever keeps the roster puts it right in their own program, and uploads it again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from itertools import groupby
from operator import attrgetter
from typing import Any

from flask_babel import gettext as _
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from app.residents.rules.sheets import NOTE_MARK, SheetRow, column_letters
from app.rosters.outcome import Said
from app.rosters.rules.taking import Kind

SAID = (Kind.REJECTED, Kind.DOUBTFUL, Kind.IN_HAND, Kind.NUMBER, Kind.COMMUNITY)
"""What somebody may want to put right."""
MOST_ROWS = 20_000
"""Of a longer roster only those rows are copied of which there is something to say."""
_ABOUT = {Kind.COMMUNITY: "community", Kind.DOUBTFUL: "name"}
"""The role of the cell that says what somebody may want to put right."""
_LONGEST_SHEET = 31
_FORBIDDEN = str.maketrans("[]:*?/\\", "-------")

Notes = Mapping[tuple[str | None, int | None], Sequence[Said]]


def by_row(notes: Iterable[Said], sheets: Iterable[Mapping[str, Any]]) -> Notes:
    """Return what there is to say, by sheet and row, of the cell that it is about.

    ``sheets`` say which column of each has which role, as the record of an import has them.
    """
    letters = {sheet["sheet"] or None: sheet.get("letters", {}) for sheet in sheets}
    found: dict[tuple[str | None, int | None], list[Said]] = {}
    for note in notes:
        place = note.place
        column = place.column or letters.get(place.sheet, {}).get(_ABOUT.get(note.kind))
        said = replace(note, place=replace(place, column=column))
        found.setdefault((place.sheet, place.row), []).append(said)
    return found


def copy(rows: Iterable[SheetRow], notes: Notes, *, whole: bool) -> bytes:
    """Return a workbook with the rows of a roster and what there is to say of them.

    Without ``whole`` only the rows are in it of which there is something to say, and each sheet's
    first.
    """
    content = BytesIO()
    options = {
        "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
        "strings_to_numbers": False,
    }  # fmt: skip
    with Workbook(content, options) as book:
        _Copy(book, notes, whole=whole).write(rows)
    return content.getvalue()


class _Copy:
    """The sheets of the copy, as they come."""

    def __init__(self, book: Workbook, notes: Notes, *, whole: bool) -> None:
        self.book, self.notes, self.whole = book, notes, whole
        self.wrong = book.add_format(
            {"bg_color": "#ffd7d7", "border": 1, "border_color": "#b3261e"}
        )
        self.doubtful = book.add_format({"bg_color": "#ffefc2"})
        self.sheets: dict[str, Worksheet] = {}
        self.filled = 0

    def write(self, rows: Iterable[SheetRow]) -> None:
        for name, group in groupby(rows, attrgetter("sheet")):
            self._write_sheet(name, list(self._kept(group)))
        if not self.sheets:
            self.book.add_worksheet()

    def _kept(self, rows: Iterable[SheetRow]) -> Iterator[SheetRow]:
        for place, row in enumerate(rows):
            if self.whole or not place or (row.sheet or None, row.row) in self.notes:
                yield row

    def _write_sheet(self, name: str, rows: Sequence[SheetRow]) -> None:
        """The reasons stand right of everything, where they move no column."""
        self.sheets[name] = sheet = self.book.add_worksheet(self._title(name))
        beside, self.filled = max(_width(row) for row in rows), 0
        sheet.set_column(0, beside - 1, 13)
        sheet.set_column(beside, beside, 60)
        for place, row in enumerate(rows):
            said = self.notes.get((row.sheet or None, row.row), ())
            self._row(sheet, row, said, beside)
            if not said and not place:
                _beside(sheet, self.filled - 1, beside, _("What to put right"))

    def _title(self, name: str) -> str | None:
        title = name.translate(_FORBIDDEN).strip("'")[:_LONGEST_SHEET]
        taken = {sheet.get_name().lower() for sheet in self.sheets.values()}
        return title if title and title.lower() not in taken else None

    def _row(self, sheet: Worksheet, row: SheetRow, said: Sequence[Said], beside: int) -> None:
        """A row, where it stood."""
        at = row.row - 1 if self.whole else self.filled
        self.filled = at + 1
        marks = {note.place.column: note for note in said}
        for column, value in enumerate(row.values[:beside]):
            note = marks.get(column_letters(column))
            _cell(sheet, at, column, value, self._format(note) if note else None)
            if note:
                sheet.write_comment(at, column, note.message)
        if said:
            texts = [note.message if self.whole else f"{row.row}: {note.message}" for note in said]
            _beside(sheet, at, beside, "\n".join(texts), self._format(said[0]))

    def _format(self, note: Said) -> Any:
        return self.wrong if note.kind is Kind.REJECTED else self.doubtful


def _width(row: SheetRow) -> int:
    return max((at for at, value in enumerate(row.values, 1) if value is not None), default=1)


def _beside(sheet: Worksheet, row: int, column: int, text: str, mark: Any = None) -> None:
    sheet.write_string(row, column, NOTE_MARK + text, mark)


def _cell(sheet: Worksheet, row: int, column: int, value: Any, mark: Any) -> None:
    """Text stays text: a number as people wrote it, and what looks like a formula."""
    if value is None:
        if mark is not None:
            sheet.write_blank(row, column, None, mark)
    elif isinstance(value, bool) or not isinstance(value, int | float):
        sheet.write_string(row, column, _as_text(str(value)), mark)
    else:
        sheet.write_number(row, column, value, mark)


def _as_text(text: str) -> str:
    """As XlsxWriter writes it for what it is: what stands between these tags it copies unescaped,
    and with it whatever cells and formulas somebody put there.
    """
    return f"{text} " if text.startswith("<r>") and text.endswith("</r>") else text
