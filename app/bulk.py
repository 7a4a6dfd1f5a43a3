"""Many rows at once, on either engine: a roster brings a million of them.

The session's own ways cost ten times what the engines take: here rows go to the driver as tuples,
on PostgreSQL through COPY. Keys are known before, so that rows can refer to each other.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Dialect, Table, func, select, text
from sqlalchemy.orm import Session

from app.db import Base, engine_of

Process = Callable[[Any], Any] | None


def next_ids(session: Session, model: type[Base], many: int) -> list[int]:
    """Return so many new keys of a table; nobody else is given them.

    On SQLite that holds while the transaction lasts, for nobody else writes then.
    """
    name = model.__tablename__
    if engine_of(session) == "sqlite":
        last = session.scalar(select(func.max(model.metadata.tables[name].c.id))) or 0
        return list(range(last + 1, last + 1 + many))
    query = text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :n)")
    return list(session.scalars(query, {"name": name, "n": many}))


def add(
    session: Session, model: type[Base], columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows, each with a value for each of the columns.

    Of columns that are not named the engine must know what to put there.
    """
    connection = session.connection()
    driver: Any = connection.connection.driver_connection
    stored = _stored(model, columns, rows, connection.dialect)
    into = _into(model, columns)
    if connection.dialect.name == "sqlite":
        marks = _marks("?", columns)
        driver.executemany(f"INSERT INTO {into} VALUES ({marks})", stored)  # noqa: S608
        return
    with driver.cursor().copy(f"COPY {into} FROM STDIN") as copy:
        for row in stored:
            copy.write_row(row)


def add_missing(
    session: Session, model: type[Base], columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert those rows that are not there yet, by whichever key of the table."""
    connection = session.connection()
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    values = f"VALUES ({_marks(mark, columns)}) ON CONFLICT DO NOTHING"
    cursor = connection.connection.cursor()
    stored: Any = _stored(model, columns, rows, connection.dialect)
    cursor.executemany(f"INSERT INTO {_into(model, columns)} {values}", stored)
    cursor.close()


def _into(model: type[Base], columns: Sequence[str]) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    return f"{model.__tablename__} ({names})"


def _marks(mark: str, columns: Sequence[str]) -> str:
    return ", ".join([mark] * len(columns))


def _stored(
    model: type[Base], columns: Sequence[str], rows: Iterable[Sequence[Any]], dialect: Dialect
) -> Iterable[Sequence[Any]]:
    """The rows as the driver stores them: moments and JSON need to be written out."""
    table = Base.metadata.tables[model.__tablename__]
    processes = [_process(table, name, dialect) for name in columns]
    if not any(processes):
        return rows
    return (
        [v if process is None else process(v) for v, process in zip(row, processes, strict=True)]
        for row in rows
    )


def _process(table: Table, column: str, dialect: Dialect) -> Process:
    return table.c[column].type.dialect_impl(dialect).bind_processor(dialect)
