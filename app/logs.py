"""What is written of an error: where it happened and of what kind, never the values it is about.

Those are people's data. PostgreSQL puts them into its messages ("Key (name)=(…) already exists"),
Python into some of its own; where they are thrown nobody can tell, so that all messages are left
out but those of known kinds.
"""

import logging
import traceback
from typing import Any

from flask import Flask
from sqlalchemy.exc import DBAPIError

ABOUT_CODE = (AttributeError, ImportError, NameError, TypeError)
"""Kinds whose messages name code, and nothing else."""
DATA_EXCEPTION = "22"
"""The class of SQLSTATEs whose messages quote what was sent."""


def init(app: Flask) -> None:
    """Let no record of the app's, or of the server it runs in, hold the values of an error."""
    for name in ("gunicorn.error", "ringround.jobs"):
        logging.getLogger(name).addFilter(_without_values)
    app.logger.addFilter(_without_values)


def _without_values(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        record.exc_info, record.exc_text = None, told(error)
    return True


def told(error: BaseException) -> str:
    """Return the error as a traceback tells it, with those it came of first, without values."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    earlier = "" if before is None else f"{told(before)}\n\nand then:\n\n"
    where = "".join(traceback.format_tb(error.__traceback__))
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    return f"{earlier}Traceback (most recent call last):\n{where}{kind}: {_what(error)}".rstrip(
        ": "
    )


def _what(error: BaseException) -> str:
    if isinstance(error, DBAPIError):
        return f"{_of_database(error.orig)} [SQL: {error.statement}]"
    if hasattr(error, "diag"):
        return _of_database(error)
    return str(error) if isinstance(error, ABOUT_CODE) else ""


def _of_database(error: Any) -> str:
    """What a database says of an error: PostgreSQL's first line, and names, but no detail."""
    diag = getattr(error, "diag", None)
    if diag is None or diag.sqlstate is None:
        return str(error)  # SQLite quotes nothing, nor does the driver where no server answers
    primary = "" if diag.sqlstate.startswith(DATA_EXCEPTION) else diag.message_primary
    names = (diag.sqlstate, primary, diag.table_name, diag.column_name, diag.constraint_name)
    return ", ".join(name for name in names if name)
