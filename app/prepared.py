"""Statements that run with every claim and every save: made once, and handed to the driver as is.

SQLAlchemy takes ten times as long to run a small statement as SQLite does; a claim and a save are
some twenty-five of them. Here it only writes the SQL and says how values are stored and read, once
for each engine. What runs less often goes through the session, as everywhere.
"""

from collections import namedtuple
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from app.db import Database

Process = Callable[[Any], Any] | None


@contextmanager
def without_waiting(session: Session) -> Iterator[None]:
    """Let PostgreSQL go on with the next prepared statement while the last is under way: each way
    there and back that is saved is a good part of a claim or a save.

    What a statement tells is waited for when it is read; and at the end all is waited for, so that
    an error of any of them is raised then at the latest. Nothing else runs on the session within.
    """
    driver, dialect = _driver(session)
    if dialect.name != "postgresql":
        yield
        return
    try:
        with driver.pipeline():
            yield
    except dialect.loaded_dbapi.Error as error:
        raise _as_elsewhere(error, "", dialect) from error


class Prepared:
    """One statement. It neither flushes nor knows what the session holds: write first.

    Of SQL by hand only the rows can be read of which the columns are named.
    """

    def __init__(self, statement: Any, columns: Sequence[str] | None = None) -> None:
        """Take a statement; ``columns`` are those that an INSERT fills, when it names none."""
        self.statement = statement
        self._columns = columns
        self._spoken: dict[str, _Spoken] = {}

    def rows(self, session: Session, **values: Any) -> list[Any]:
        """Run it, and return its rows, named as in the statement; [] when it has none."""
        return self._send(*_driver(session), values)()

    def send(self, session: Session, **values: Any) -> Callable[[], list[Any]]:
        """Run it, and return what waits for its rows: see ``without_waiting``."""
        return self._send(*_driver(session), values)

    def glance(self, database: Database, **values: Any) -> list[Any]:
        """Run it alone, outside any transaction: it sees what is committed by then."""
        with database.glancing() as driver:
            return self._send(driver, database.engine.dialect, values)()

    def _send(
        self, driver: Any, dialect: Dialect, values: dict[str, Any]
    ) -> Callable[[], list[Any]]:
        spoken = self._spoken.get(dialect.name)
        if spoken is None:
            spoken = _Spoken(self.statement, self._columns, dialect)
            self._spoken[dialect.name] = spoken
        try:
            cursor = run(driver, spoken.sql, spoken.parameters(values))
        except dialect.loaded_dbapi.Error as error:
            raise _as_elsewhere(error, spoken.sql, dialect) from error

        def read() -> list[Any]:
            try:
                return spoken.read(cursor)
            except dialect.loaded_dbapi.Error as error:
                raise _as_elsewhere(error, spoken.sql, dialect) from error

        return read

    def first(self, session: Session, **values: Any) -> Any:
        """Run it, and return its first row; None without one."""
        rows = self.rows(session, **values)
        return rows[0] if rows else None

    def scalar(self, session: Session, **values: Any) -> Any:
        """Run it, and return the first value of its first row; None without one."""
        rows = self.rows(session, **values)
        return rows[0][0] if rows else None


def run(driver: Any, sql: str, parameters: Any) -> Any:
    """Run a statement on the driver's connection; return its cursor."""
    return driver.execute(sql, parameters)


def _as_elsewhere(error: Exception, sql: str, dialect: Dialect) -> BaseException:
    """What the driver raises, as what runs through the session raises it: whoever catches one
    kind of error need not know how a statement was run. It tells nothing of the values.
    """
    kind = dialect.loaded_dbapi.Error
    return DBAPIError.instance(sql, None, error, kind, hide_parameters=True, dialect=dialect)


def _driver(session: Session) -> tuple[Any, Dialect]:
    """The driver's connection of the session's transaction."""
    bind = session.get_bind()
    # Who writes has a connection with its transaction already: the session need not begin one of
    # its own, with books that nobody asks for.
    connection = bind if isinstance(bind, Connection) else session.connection()
    return connection.connection.driver_connection, connection.dialect


class _Spoken:
    """A statement in the words of one engine."""

    def __init__(self, statement: Any, columns: Sequence[str] | None, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=columns)
        self.sql = str(compiled)
        self._order = compiled.positiontup
        self._fixed: dict[str, Any] = {}
        self._writers: list[tuple[str, Callable[[Any], Any]]] = []
        for parameter, name in compiled.bind_names.items():
            kind: TypeEngine[Any] = parameter.type.dialect_impl(dialect)
            process: Process = kind.bind_processor(dialect)
            if process is not None:
                self._writers.append((name, process))
            if not parameter.required:
                self._fixed[name] = parameter.effective_value
        self._reading(statement, dialect)

    def _reading(self, statement: Any, dialect: Dialect) -> None:
        found = list(getattr(statement, "exported_columns", ()))
        kinds = [column.type.dialect_impl(dialect) for column in found]
        processes: list[Process] = [kind.result_processor(dialect, None) for kind in kinds]
        self._readers = [(place, process) for place, process in enumerate(processes) if process]
        self._row = _row_of([getattr(column, "name", "_") for column in found]) if found else None

    def parameters(self, values: dict[str, Any]) -> Any:
        """Return the values as the driver takes them; those that the statement lacks are left."""
        given = self._fixed | values
        for name, process in self._writers:
            given[name] = process(given[name])
        return given if self._order is None else [given[name] for name in self._order]

    def read(self, cursor: Any) -> list[Any]:
        """Return the rows that were found as the statement's types have them."""
        if self._row is None:
            return []
        return [self._row._make(self._read(row)) for row in cursor.fetchall()]

    def _read(self, row: Sequence[Any]) -> Sequence[Any]:
        if not self._readers:
            return row
        values = list(row)
        for place, process in self._readers:
            values[place] = process(values[place])
        return values


def _row_of(names: Sequence[str]) -> Any:
    return namedtuple("Row", names, rename=True)  # noqa: PYI024 - its fields are known only now
