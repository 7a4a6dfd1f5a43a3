"""Tables as text: .csv, .tsv, .txt, in the encodings and with the separators that people have."""

import codecs
import contextlib
import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import IO

from .limits import Limits, Unreadable, check_extent
from .rows import Lines, Row, Sheet, Value, row_of, trimmed

CHUNK = 1 << 20
FIRST_LINES = 20
OTHERS = ("%PDF", "<", "{", "[")  # how text begins that is no table
SEPARATORS = "\t,;|，；"
# Longer ones come first where one is the beginning of another.
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, None),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Excel keeps a line such as sep=; before the header, which says what separates.
SAID = re.compile(r"sep=(.)[\r\n]+", re.IGNORECASE)
KEPT = re.compile(r'="([^"]*)"')
# A text that would run as a formula, behind the apostrophe that keeps it from that.
GUARDED = re.compile(r"''*[=+\-@\t\r\n＝＋－＠﹢﹣﹦﹫]")


def text_lines(stream: IO[bytes], limits: Limits) -> Lines:
    """The rows of a table of text."""
    encoding = text_encoding(stream)
    stream.seek(0)
    csv.field_size_limit(limits.columns * limits.characters)
    text = whole_lines(io.TextIOWrapper(stream, encoding, newline=""), limits)
    first = list(itertools.islice(text, FIRST_LINES))
    separator = separator_of(first)
    yield Sheet()
    records = csv.reader(itertools.chain(first, text), delimiter=separator)
    yield from rows_of(enumerated(records), limits, skip=bool(SAID.match("".join(first[:1]))))


def rows_of(
    records: Iterator[tuple[int, list[str]]], limits: Limits, *, skip: bool
) -> Iterator[Row]:
    """The filled rows; nearly all of them have nothing special and are passed on at once."""
    for number, record in itertools.islice(records, int(skip), None):
        together = "".join(record)
        if not together or together.isspace():
            continue
        values: list[Value] = [cell if cell and not cell.isspace() else None for cell in record]
        if '="' in together or "'" in together:
            values = [unquoted(cell) for cell in values]
        trimmed(values)
        check_extent("", number, len(values), limits)
        if len(together) > limits.characters:
            yield row_of("", number, values, limits)
        else:
            yield number, values


def enumerated(records: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """The records with their numbers from 1; one that never ends is a cell that is too long."""
    number = 0
    try:
        for number, record in enumerate(records, 1):
            yield number, record
    except csv.Error as error:
        raise Unreadable("roster_cell_too_long", {"row": number + 1}) from error


def whole_lines(text: io.TextIOWrapper, limits: Limits) -> Iterator[str]:
    """The lines of a text, none of them far longer than all cells of a row together may be."""
    longest = 4 * limits.columns * limits.characters
    for number in itertools.count(1):
        line = text.readline(longest)
        if not line:
            return
        if len(line) == longest:
            raise Unreadable("roster_cell_too_long", {"row": number})
        yield line


def text_encoding(stream: IO[bytes]) -> str:
    """What the text is written in: by its mark, else UTF-8, UTF-16 or GB18030, else it is no text.

    The order is fixed, and each must hold for the whole file. A guess by likelihood, as
    charset-normalizer makes it, goes wrong just here: lists of short Chinese names have no likely
    letters, and the same file must be read alike today and next week.
    """
    head = stream.read(CHUNK)
    for mark, encoding in MARKS:
        if head.startswith(mark):
            candidates = [encoding] if encoding else []
            break
    else:
        candidates = ["utf-8", *wide_encodings(head), "gb18030"]
    for encoding in candidates:
        stream.seek(0)
        if decodes(stream, encoding):
            return encoding
    raise Unreadable("roster_not_spreadsheet")


def wide_encodings(head: bytes) -> list[str]:
    """UTF-16 without a mark: separators, figures and line ends leave NULs on one side only."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if not (even or odd):
        return []
    return ["utf-16-le" if odd > even else "utf-16-be"]


def decodes(stream: IO[bytes], encoding: str) -> bool:
    """Whether all of it is text in this encoding; UTF-16 without a mark must have line ends."""
    ends = False
    with contextlib.suppress(UnicodeDecodeError):
        for text in codecs.iterdecode(iter(lambda: stream.read(CHUNK), b""), encoding):
            if "\0" in text:
                return False
            ends = ends or "\n" in text or "\r" in text
        return ends or encoding not in {"utf-16-le", "utf-16-be"}
    return False


def separator_of(first: list[str]) -> str:
    """The character that parts the most lines into equally many cells.

    Text without any holds no table.
    """
    if said := SAID.match("".join(first[:1])):
        return said[1]
    sample = [line for line in first if line.strip()]
    if sample and sample[0].lstrip().startswith(OTHERS):
        raise Unreadable("roster_not_spreadsheet")
    separator = max(SEPARATORS, key=by_fit(sample))
    if sample and not any(separator in line for line in sample):
        raise Unreadable("roster_not_spreadsheet")
    return separator


def by_fit(sample: list[str]) -> Callable[[str], tuple[int, int]]:
    """How well a separator fits: lines of the commonest width, and how wide that is."""

    def fit(separator: str) -> tuple[int, int]:
        try:
            widths = Counter(map(len, csv.reader(sample, delimiter=separator)))
        except csv.Error:
            return 0, 0
        widths.pop(1, None)
        width, lines = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        return lines, width

    return fit


def unquoted(cell: Value) -> Value:
    """``="13812345678"`` is how people keep Excel from rounding a number in a csv; an apostrophe is
    how exports, ours too, keep it from taking a text for a formula.
    """
    if not isinstance(cell, str):
        return cell
    found = KEPT.fullmatch(cell)
    text = found[1] if found else cell
    return (text[1:] if GUARDED.match(text) else text).strip() or None
