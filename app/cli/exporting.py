"""Exports, on their way to a file or to standard output."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.orm import Session

from app.cli.output import ready
from app.reports.exports.making import note, spooled
from app.reports.exports.value import Export
from app.web import now


def deliver(make: Callable[[Session], Export], form: str, output: Path | None) -> int:
    """Write an export, noted in the trail before a byte is out; return how many records."""
    with ready().reading() as session:
        export = make(session)
        file, written = spooled(export, form)
    with file:
        with ready().writing() as session:
            note(session, None, now(), export, form, written)
        if output is None:
            shutil.copyfileobj(file, sys.stdout.buffer)
        else:
            with output.open("wb") as target:
                shutil.copyfileobj(file, target)
    return written
