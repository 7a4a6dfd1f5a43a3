"""Many rows at once, on either engine: a roster brings a million of them.

The session's own ways cost ten times what the engines take: here rows go to the driver as tuples,
on PostgreSQL through COPY. Keys are known before, so that rows can refer to each other.
"""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, cast

from sqlalchemy import Column, ColumnElement, Dialect, any_, func, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import QueryableAttribute, Session

from app.db import Base, engine_of

Process = Callable[[Any], Any]


def among(
    session: Session, column: QueryableAttribute[Any], values: Collection[Any]
) -> ColumnElement[bool]:
    """Return whether a column holds one of these values, for hundreds of them: they go to the
    engine as one, where IN would make a new statement of each number of values.
    """
    if engine_of(session) == "sqlite":
        listed = func.json_each(json.dumps(list(values))).table_valued("value")
        return column.in_(select(listed.c.value))
    return column == any_(literal(list(values), ARRAY(column.type)))


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
        marks = _marks(columns)
        driver.executemany(f"INSERT INTO {into} VALUES ({marks})", stored)  # noqa: S608
        return
    with driver.cursor().copy(f"COPY {into} FROM STDIN") as copy:
        for row in stored:
            copy.write_row(row)


def add_missing(
    session: Session, model: type[Base], columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """Insert those rows that are not there yet, by whichever key of the table; return how many."""
    connection = session.connection()
    into, driver = _into(model, columns), cast(Any, connection.connection.driver_connection)
    stored = _stored(model, columns, rows, connection.dialect)
    if connection.dialect.name == "sqlite":
        values = f"VALUES ({_marks(columns)})"
        added = driver.executemany(f"INSERT INTO {into} {values} ON CONFLICT DO NOTHING", stored)
    else:
        types = (_column(model, name).type.compile(connection.dialect) for name in columns)
        lists = ", ".join(f"%s::{kind}[]" for kind in types)
        values = f"SELECT * FROM unnest({lists})"  # noqa: S608
        whole = [list(column) for column in zip(*stored, strict=True)]
        added = driver.execute(f"INSERT INTO {into} {values} ON CONFLICT DO NOTHING", whole)
    return int(added.rowcount)


def _into(model: type[Base], columns: Sequence[str]) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    return f"{model.__tablename__} ({names})"


def _marks(columns: Sequence[str]) -> str:
    return ", ".join("?" * len(columns))


def _stored(
    model: type[Base], columns: Sequence[str], rows: Iterable[Sequence[Any]], dialect: Dialect
) -> Iterable[Sequence[Any]]:
    """The rows as the driver stores them: moments and JSON need to be written out."""
    found = (_process(_column(model, name), dialect) for name in columns)
    processes = [(at, _once(process)) for at, process in enumerate(found) if process is not None]
    return (_written(row, processes) for row in rows) if processes else rows


def _written(row: Sequence[Any], processes: Iterable[tuple[int, Process]]) -> Sequence[Any]:
    values = list(row)
    for at, process in processes:
        values[at] = process(values[at])
    return values


def _once(process: Process) -> Process:
    """Process a value that comes again and again, such as the moment of all rows, only once."""
    last: Any = None
    written: Any = process(None)

    def same_or_processed(value: Any) -> Any:
        nonlocal last, written
        if value is not last:
            last, written = value, process(value)
        return written

    return same_or_processed


def _column(model: type[Base], name: str) -> Column[Any]:
    return Base.metadata.tables[model.__tablename__].c[name]


def _process(column: Column[Any], dialect: Dialect) -> Process | None:
    return column.type.dialect_impl(dialect).bind_processor(dialect)
