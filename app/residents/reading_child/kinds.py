"""What the bytes turn out to be: the file's name has no say in it."""

from typing import IO

from .limits import Limits
from .rows import Lines

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"


def lines_of(stream: IO[bytes], limits: Limits) -> Lines:
    """The sheets and filled rows of a file. A format's reader is loaded when it is needed."""
    head = stream.read(16)
    stream.seek(0)
    if head.startswith(ZIP):
        from .zipped import workbook_lines

        return workbook_lines(stream, limits)
    if head.startswith(OLE):
        from .xls import xls_lines

        return xls_lines(stream, limits)
    from .text import text_lines

    return text_lines(stream, limits)
