"""Values by python-calamine, for the workbooks of Excel, old and new."""

import itertools
from typing import IO, TYPE_CHECKING

from .limits import Limits, Unreadable, check_area
from .rows import Lines, Marks, Merges, Sheet, plain_row, row_of, trimmed

if TYPE_CHECKING:
    from python_calamine import CalamineSheet


def value_lines(stream: IO[bytes], marked: dict[str, Marks], limits: Limits) -> Lines:
    """The sheets named, with the marks that were found in them before."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

    stream.seek(0)
    try:
        book = CalamineWorkbook.from_filelike(stream)
        visible = {sheet.name: sheet.visible for sheet in book.sheets_metadata}
        for name, marks in marked.items():
            hidden = visible.get(name) != SheetVisibleEnum.Visible
            yield Sheet(name, hidden, tuple(sorted(marks.hidden_columns)))
            yield from sheet_rows(book.get_sheet_by_name(name), marks, limits)
    except PasswordError as error:
        raise Unreadable("roster_encrypted") from error
    except CalamineError as error:
        raise Unreadable("roster_damaged") from error


def sheet_rows(sheet: "CalamineSheet", marks: Marks, limits: Limits) -> Lines:
    """The filled rows of a sheet; a formula without a result is something, too."""
    check_area(sheet.name, sheet.total_height, sheet.total_width, limits)
    left = [None] * sheet.start[1] if sheet.start else []
    merges = merges_of(sheet, limits)
    last = max(sheet.total_height, marks.rows, max(marks.formulas, default=0))
    cells = itertools.chain(sheet.iter_rows(), itertools.repeat([]))
    for number, row in enumerate(itertools.islice(cells, last), 1):
        values = trimmed([*left, *plain_row(row)])
        merged = merges.fill(number, values) if merges.until or merges.is_open else []
        formulas = marks.formulas.get(number, ())
        if values or formulas:
            told = (formulas, merged, number in marks.hidden_rows)
            yield row_of(sheet.name, number, values, limits, told)


def merges_of(sheet: "CalamineSheet", limits: Limits) -> Merges:
    """The merged cells of a sheet, whose rows the reader counts from 0."""
    merges = Merges()
    for (first, column), (last, _) in sheet.merged_cell_ranges or ():
        merges.begin(first + 1, last + 1, column, limits)
    return merges
