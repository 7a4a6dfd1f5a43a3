"""What ``ringround check`` is made of: a law, and the rows that break it.

Each part states its laws beside its queries (``invariants``); ``upkeep.check`` runs them all.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

STRETCH = 2000
"""How many rows a law that reads row by row has in memory at a time."""


@dataclass(frozen=True)
class Finding:
    """A row that breaks a law."""

    law: str
    row: str
    what: str
    """In words, translated when they are shown."""


Law = Callable[[Session, tzinfo], Iterator[Finding]]
"""Finds the rows that break a law; the zone is the deployment's, by which its days run."""


def named(
    session: Session, law: str, table: str, query: Select[Any], what: str
) -> Iterator[Finding]:
    """Name the rows of a table whose keys the query returns."""
    for key in session.scalars(query):
        yield Finding(law, f"{table} {key}", what)


def stretches(
    session: Session, key: InstrumentedAttribute[int], size: int = STRETCH
) -> Iterator[tuple[int, int]]:
    """Return the table's keys in ranges, ends included, so that no law loads a whole table."""
    first, last = session.execute(select(func.min(key), func.max(key))).one()
    if first is not None:
        yield from ((low, low + size - 1) for low in range(first, last + 1, size))
