"""A list of people in a file: a sheet, read as rosters are, in a child process; or plain text."""

import codecs
from itertools import takewhile

from app.people.rules.newcomers import LONGEST_LIST, MOST, text_of
from app.problems import Place, Problem
from app.residents.reader import read_rows
from app.residents.reading_child import MEGABYTE, Limits

LIMITS = Limits(content_bytes=MEGABYTE, rows=5 * MOST, columns=64, characters=400)
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How an .xlsx or .ods begins, and an .xls."""


def list_in(content: bytes, filename: str) -> str:
    """Return the first sheet of a file as a list that can be mended, each row in its line.

    Raises Problem for a file that can't be read.
    """
    if content.startswith(_WORKBOOKS):
        rows = read_rows(content, filename, LIMITS)
        first = next(rows)
        same = takewhile(lambda row: row.sheet == first.sheet, rows)
        cells = [(row.row, [_text(value) for value in row.values]) for row in (first, *same)]
        rows.close()
        return _checked(text_of(cells), filename)
    return _checked(_decoded(content, filename), filename)


def _text(value: object) -> str:
    """A name is no number; a code that the sheet took for one is written without its ``.0``."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _decoded(content: bytes, filename: str) -> str:
    """UTF-8 if it is, else GB18030, which a Chinese Excel writes."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = codecs.decode(content, encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Problem("roster_not_spreadsheet", field="sheet", place=Place(file=filename))


def _checked(text: str, filename: str) -> str:
    if len(text) > LONGEST_LIST:
        raise Problem(
            "newcomers_many", field="sheet", place=Place(file=filename), values={"most": MOST}
        )
    return text
