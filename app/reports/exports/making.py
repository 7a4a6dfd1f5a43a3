"""An export on its way out: written whole, and noted in the trail before a byte leaves.

It is written into a file without a name first, not sent as it is read. A phone on a bad line takes
minutes for what the database gives in a second: so long it would keep a snapshot and a connection.
And what goes wrong half way is an error that is told, not a table that ends too early.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import datetime
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, TypeVar

from sqlalchemy.orm import Session

from app.audit import service as audit
from app.reports.exports.value import Export
from app.reports.exports.writing import FORMATS

T = TypeVar("T")

SUBJECTS = {"residents": "community", "results": "campaign", "missing": "import"}


def spooled(export: Export, form: str) -> tuple[IO[bytes], int]:
    """Return the export as a file of that format, ready to be read, and how many records it holds.

    To be called within the session that the export was asked of.
    """
    with ExitStack() as unless_done:
        file = unless_done.enter_context(TemporaryFile())
        written = FORMATS[form](export, file)
        file.seek(0)
        unless_done.pop_all()  # who reads it closes it
    return file, written


def size(file: IO[bytes]) -> int:
    """Return how many bytes a spooled file holds."""
    return os.fstat(file.fileno()).st_size


def note(
    session: Session, user_id: int | None, now: datetime, export: Export, form: str, written: int
) -> None:
    """Note who had which residents, and in which form."""
    audit.record(
        session, user_id, now, f"{export.kind}_exported", SUBJECTS[export.kind],
        export.subject_id, n=written, what=form, lang=export.lang,
    )  # fmt: skip


def paged(rows: Iterable[T], pagesize: int) -> Iterator[list[T]]:
    """Return the rows in lists of so many."""
    rest = iter(rows)
    return iter(lambda: list(islice(rest, pagesize)), [])
