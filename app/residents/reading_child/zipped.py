"""Workbooks that are archives of XML, .xlsx and .ods: what may be in the archive."""

import re
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from .limits import Limits, Unreadable
from .rows import Lines

CHUNK = 1 << 20
ODS = b"application/vnd.oasis.opendocument.spreadsheet"
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


def workbook_lines(stream: IO[bytes], limits: Limits) -> Lines:
    """The sheets and rows of whichever workbook the archive holds."""
    try:
        with zipfile.ZipFile(stream) as archive:
            names = checked_names(archive, limits)
            if "xl/workbook.xml" in names:
                from .xlsx import xlsx_lines

                yield from xlsx_lines(stream, archive, limits)
            elif "content.xml" in names and is_ods(archive):
                from .ods import ods_lines

                yield from ods_lines(archive, limits)
            else:
                raise Unreadable("roster_not_spreadsheet")
    except DAMAGE as error:
        raise Unreadable("roster_damaged") from error


def checked_names(archive: zipfile.ZipFile, limits: Limits) -> set[str]:
    """The names of the parts, in small letters."""
    parts = archive.infolist()
    if len(parts) > limits.parts:
        raise Unreadable("roster_unpacks_too_large")
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable("roster_encrypted")
    names = {part.filename.lower() for part in parts}
    if len(names) < len(parts):
        raise Unreadable("roster_damaged")
    return names


def is_ods(archive: zipfile.ZipFile) -> bool:
    """Whether an OpenDocument is a spreadsheet; one without the part that says so may be."""
    names = archive.namelist()
    if "mimetype" not in names:
        return True
    with archive.open("mimetype") as part:
        return part.read(len(ODS)) == ODS


def unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """A part, piece by piece."""
    with archive.open(info) as part:
        yield from iter(lambda: part.read(CHUNK), b"")


def checked_pieces(archive: zipfile.ZipFile, info: zipfile.ZipInfo, left: int) -> Iterator[bytes]:
    """A part, piece by piece, within ``left`` bytes.

    What the archive says about a size is a claim like any other: with a size set that no part
    reaches, what comes out is what the data hold, and then the claim has to be true.
    """
    claimed = info.file_size
    info.file_size = left + CHUNK
    for piece in unpacked(archive, info):
        left -= len(piece)
        claimed -= len(piece)
        if left < 0:
            raise Unreadable("roster_unpacks_too_large")
        yield piece
    if claimed:
        raise Unreadable("roster_damaged")


def claimed_size(archive: zipfile.ZipFile) -> int:
    """How large all parts are, as the archive says."""
    return sum(info.file_size for info in archive.infolist())
