"""What many tests begin with: built by the app once, and put back as rows from then on."""

import pickle
from collections.abc import Callable
from typing import Any, TypeVar

from app.db import Base, Database

T = TypeVar("T")
Rows = list[tuple[str, Any]]

_KEPT: dict[tuple[str, str], tuple[Rows, bytes]] = {}


def remembered(db: Database, name: str, build: Callable[[], T]) -> T:
    """Return what ``build`` returns, and leave in a database that was empty what it leaves there.

    ``name`` stands for all that ``build`` depends on.
    """
    sqlite = db.engine.dialect.name == "sqlite"
    key = db.engine.dialect.name, name
    if key not in _KEPT:
        built = build()
        _KEPT[key] = (_of_sqlite if sqlite else _of_postgresql)(db), pickle.dumps(built)
        return built
    rows, kept = _KEPT[key]
    (_into_sqlite if sqlite else _into_postgresql)(db, rows)
    found: T = pickle.loads(kept)
    return found


def _tables() -> list[str]:
    return [table.name for table in Base.metadata.sorted_tables]


def _of_sqlite(db: Database) -> Rows:
    with db.glancing() as driver:
        found = [(name, driver.execute(f"SELECT * FROM {name}").fetchall()) for name in _tables()]
    return [(name, rows) for name, rows in found if rows]


def _into_sqlite(db: Database, kept: Rows) -> None:
    with db.writing() as session:
        driver: Any = session.connection().connection.driver_connection
        for name, rows in kept:
            marks = ", ".join("?" * len(rows[0]))
            driver.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)


def _of_postgresql(db: Database) -> Rows:
    found = []
    with db.reading() as session:
        cursor = session.connection().connection.cursor()
        for name in _tables():
            with cursor.copy(f"COPY {name} TO STDOUT") as out:
                rows = b"".join(out)
            if rows:
                found.append((name, rows))
        cursor.execute("SELECT sequencename, last_value FROM pg_sequences WHERE last_value > 0")
        found.append(("", cursor.fetchall()))
    return found


def _into_postgresql(db: Database, kept: Rows) -> None:
    *tables, (_none, sequences) = kept
    with db.writing() as session:
        cursor = session.connection().connection.cursor()
        for name, rows in tables:
            with cursor.copy(f"COPY {name} FROM STDIN") as into:
                into.write(rows)
        cursor.executemany("SELECT setval(%s, %s)", sequences)
