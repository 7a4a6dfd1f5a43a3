"""What commands share: the database brought up to date, tables and JSON on standard output."""

import json
import unicodedata
from collections.abc import Sequence
from typing import Any

import click
from flask_babel import gettext as _

from app.db import LARGEST_ID, Database
from app.upkeep.schema import upgrade
from app.web import database

ID = click.IntRange(1, LARGEST_ID)
"""What a database can hold as an id."""

as_json = click.option("--json", "as_json", is_flag=True, help=_("Print JSON instead of a table."))


def ready() -> Database:
    """Return the database, brought up to date."""
    found = database()
    upgrade(found)
    return found


def print_json(value: Any) -> None:
    """Print a value as JSON, with Chinese as it is."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows under a head, columns lined up in a terminal that knows wide characters."""
    texts = [[_plain(cell) for cell in row] for row in (head, *rows)]
    widths = [max(map(_width, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        cells = (cell + " " * (w - _width(cell)) for cell, w in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def _plain(cell: Any) -> str:
    """A cell's text without control characters, which a terminal would obey."""
    text = "" if cell is None else str(cell)
    return "".join(c if c.isprintable() else " " for c in text)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
