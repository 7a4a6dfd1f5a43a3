"""Writing an export into a file, record by record."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from tempfile import TemporaryDirectory
from typing import IO, Any

from app.reports.exports.harmless import harmless
from app.reports.exports.value import Cell, Export, Sheet

MOMENT = "%Y-%m-%d %H:%M"


def write_json(export: Export, file: IO[bytes]) -> int:
    """Write an object a record, a line each; return how many.

    Without the last bracket it is no JSON: what was cut short can't be taken for the whole.
    """
    dump = partial(json.dumps, ensure_ascii=False, default=_stamp)
    written = 0
    file.write(f"{dump(_envelope(export))[:-1]}, ".encode() if export.enveloped else b"")
    file.write(f'"{export.kind}": ['.encode() if export.enveloped else b"[")
    for record in export.records:
        file.write(f"{',' if written else ''}\n{dump(record)}".encode())
        written += 1
    file.write(b"\n]}\n" if export.enveloped else b"\n]\n")
    return written


def _envelope(export: Export) -> Mapping[str, Any]:
    return {"made_by": export.made_by, "made_at": export.made_at, "of": export.subject_id}


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def write_csv(export: Export, file: IO[bytes]) -> int:
    """Write the first sheet as a text table, with the mark by which Excel knows UTF-8; return how
    many records.

    Every cell is in quotation marks: what a text holds is never taken for the end of a cell.
    """
    sheet, written = export.sheets[0], 0
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")
    table = csv.writer(text, quoting=csv.QUOTE_ALL)
    try:
        table.writerow(sheet.heads(export.lang))
        for record in export.records:
            for row in sheet.rows(record):
                table.writerow([_told(harmless(cell), export) for cell in row])
            written += 1
    finally:
        text.detach()
    return written


def _told(cell: Cell, export: Export) -> Cell:
    """A moment as every program reads it."""
    if isinstance(cell, datetime):
        return cell.astimezone(export.made_at.tzinfo).strftime(MOMENT)
    return cell


def write_xlsx(export: Export, file: IO[bytes]) -> int:
    """Write a workbook of texts, whole numbers and moments, never a formula; return how many
    records. Rows wait on the disk, not in memory, for the workbook to be closed.
    """
    import xlsxwriter  # takes a while, and most processes never write a workbook

    written = 0
    with TemporaryDirectory(prefix="ringround-export-") as folder:
        options = {"constant_memory": True, "tmpdir": folder, "default_date_format": None}
        with xlsxwriter.Workbook(file, options) as book:
            book.set_properties(
                {"title": export.title, "author": export.made_by, "created": _naive(export.made_at)}
            )
            tabs = [_Tabs(book, export, sheet) for sheet in export.sheets]
            for record in export.records:
                for tab in tabs:
                    for row in tab.sheet.rows(record):
                        tab.write(row)
                written += 1
            for tab in tabs:
                tab.close()
    return written


MOST_ROWS = 1_048_576
"""What a sheet holds; more go on in another one."""
LONGEST_TEXT = 32_767
"""What a cell holds; XlsxWriter would leave out a longer text altogether."""
TITLE, HEAD, BODY = range(3)
"""Rows: who made it stands above the headings, as on the rosters that people keep."""


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


class _Tabs:
    """One sheet of an export: a tab of the workbook, and another when it is full."""

    def __init__(self, book: Any, export: Export, sheet: Sheet) -> None:
        self.sheet = sheet
        self._book = book
        self._export = export
        self._formats = [book.add_format({**_CELL, **more}) for more in (_TEXT, _COUNT, _MOMENT)]
        self._count = 0
        self._begin()

    def write(self, row: Sequence[Cell]) -> None:
        """Add a row."""
        if self._row == MOST_ROWS:
            self.close()
            self._begin()
        text, count, moment = self._formats
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                if cell:
                    self._tab.write_string(self._row, column, _as_text(cell), text)
            elif isinstance(cell, datetime):
                local = _naive(cell.astimezone(self._export.made_at.tzinfo))
                self._tab.write_datetime(self._row, column, local, moment)
            elif cell is not None:
                self._tab.write_number(self._row, column, cell, count)
        self._row += 1

    def close(self) -> None:
        """Let the headings filter all rows."""
        last = max(self._row - 1, HEAD)
        self._tab.autofilter(HEAD, 0, last, len(self.sheet.columns) - 1)

    def _begin(self) -> None:
        self._count += 1
        name = self.sheet.label(self._export.lang)
        self._tab = tab = self._book.add_worksheet(f"{name} {self._count}".removesuffix(" 1"))
        for place, column in enumerate(self.sheet.columns):
            # What is typed into it later is a text as well: no number turns into 1.38E+10.
            tab.set_column(place, place, column.width, self._formats[0])
        tab.freeze_panes(BODY, 0)
        tab.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        tab.set_landscape()
        tab.set_paper(_A4)
        tab.fit_to_pages(1, 0)
        tab.repeat_rows(HEAD)
        tab.set_footer("&C&P / &N")
        tab.write_string(TITLE, 0, _as_text(self._export.title), self._book.add_format(_LINE))
        head = self._book.add_format(_HEAD)
        for place, text in enumerate(self.sheet.heads(self._export.lang)):
            tab.write_string(HEAD, place, text, head)
        self._row = BODY


_A4 = 9
_CELL = {"valign": "top"}
_TEXT, _COUNT, _MOMENT = (
    {"num_format": "@"},
    {"num_format": "0"},
    {"num_format": "yyyy-mm-dd hh:mm"},
)
_LINE = {"italic": True, "num_format": "@"}
_HEAD = {"bold": True, "bg_color": "#E6E6E6", "bottom": 1, "num_format": "@", "valign": "top"}


def _as_text(text: str) -> str:
    """As XlsxWriter writes it for what it is: what stands between these tags it copies unescaped,
    as a text with formats, whoever wrote it.
    """
    text = text[:LONGEST_TEXT]
    return (
        f"{text[: LONGEST_TEXT - 1]} " if text.startswith("<r>") and text.endswith("</r>") else text
    )


FORMATS: Mapping[str, Callable[[Export, IO[bytes]], int]] = {
    "xlsx": write_xlsx,
    "csv": write_csv,
    "json": write_json,
}
MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
