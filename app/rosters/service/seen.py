"""Whom earlier rows of a roster spoke of, while nothing is stored yet."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import blake2b
from types import TracebackType
from typing import Self

import pysqlite3.dbapi2

from app.residents.rules.rows import Rejected
from app.rosters.rules.placing import Row
from app.rosters.rules.taking import Decided, Kind


class Seen:
    """What makes the persons of a roster the same, as 64-bit hashes in a table of its own.

    SQLite keeps it out of memory where it grows large: a roster may have a million rows.
    """

    def __enter__(self) -> Self:
        """Make the table, in a temporary file that no other process can open."""
        self._table = pysqlite3.dbapi2.connect("", isolation_level=None)
        self._table.execute("PRAGMA journal_mode = off")
        self._table.execute("CREATE TABLE seen (key INTEGER PRIMARY KEY)")
        self._table.execute("BEGIN")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Throw it away."""
        self._table.close()

    def remember(self, rows: Iterable[Row | Rejected]) -> None:
        """Take note of rows that were decided on before."""
        keys = ((key,) for row in rows if isinstance(row, Row) for key in _keys(row))
        self._table.executemany(_ADD, keys)

    def sifted(self, decided: Decided) -> Decided:
        """Take out of the newcomers who was one before already."""
        if known := [row for row, _ in decided.newcomers if self._has_seen(row)]:
            _count_as_known(decided, known)
        return decided

    def _has_seen(self, row: Row) -> bool:
        """Whether somebody was a newcomer before; from now on they were."""
        keys = [(key,) for key in _keys(row)]
        found = any(self._table.execute(_FIND, key).fetchone() for key in keys)
        self._table.executemany(_ADD, keys)
        return found


_ADD = "INSERT OR IGNORE INTO seen VALUES (?)"
_FIND = "SELECT 1 FROM seen WHERE key = ?"


def _keys(row: Row) -> Iterator[int]:
    draft = row.draft
    for number in draft.phones:
        yield _hash("number", draft.name, number)
    if row.home or not draft.phones:
        yield _hash("home", draft.name, row.community_code or "", row.home)


def _hash(*parts: str) -> int:
    digest = blake2b("\0".join(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _count_as_known(decided: Decided, rows: Sequence[Row]) -> None:
    places = {row.draft.place for row in rows}
    decided.newcomers = [one for one in decided.newcomers if one[0].draft.place not in places]
    decided.notes = [
        note
        for note in decided.notes
        if note.kind not in {Kind.NUMBER, Kind.COMMUNITY}
        or replace(note.place, column=None) not in places
    ]
    for row in rows:
        decided.counts["accepted"] -= 1
        decided.count("unchanged")
        if not row.draft.phones:
            decided.counts["without_number"] -= 1
        if row.community_code is None:
            decided.counts["to_be_placed"] -= 1
        decided.note(Kind.DUPLICATE, row.draft.place, "row_twice")
