"""The database: engine, transactions, and all that differs between SQLite and PostgreSQL.

Nothing else in the project says commit. A use case takes a session; whoever calls it opens the
one transaction it runs in with ``Database.writing()``.
"""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar

import pysqlite3.dbapi2
from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    create_engine,
    event,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.orm import DeclarativeBase, Session, class_mapper
from sqlalchemy.orm.attributes import instance_dict
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from app.turns import NotCommittedError, Turns

# Versions of SQLite in which the WAL-reset bug is mended (two connections that write and
# checkpoint at once could lose committed pages).
MENDED_IN = (3, 51, 3)
MENDED_BACKPORTS = ((3, 50, 7), (3, 44, 6))

BUSY = 30
"""Seconds that a connection to SQLite waits for what others hold."""

PRAGMAS = {
    # First: until it is set, nothing below waits for whoever makes the same new file.
    "busy_timeout": BUSY * 1000,
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: NORMAL may lose acknowledged commits at a power cut
    "foreign_keys": 1,
    "secure_delete": 1,
}

REST = 1.0
"""Seconds after which a connection to PostgreSQL is looked at before it is used again."""

REPEATED = 5
"""How often PostgreSQL has seen a statement before it keeps its plan."""

THREADS = 8
"""How many threads of a server's process answer: so many connections it keeps. One beyond these is
closed as soon as it is given back, and making one anew takes longer than most requests."""

Id = BigInteger().with_variant(Integer, "sqlite")
"""Integer keys: 64 bits on both engines (SQLite's rowid is, under the name INTEGER)."""
LARGEST_ID = 2**63 - 1


class UnsafeDatabaseError(Exception):
    """The database engine, as it is, could lose what it has acknowledged."""


class UTCDateTime(TypeDecorator[datetime]):
    """A moment, stored in UTC. Refuses naive values where they would enter."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else _in_utc(value)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        # As SQLAlchemy writes it, in a third of the time: a claim and a save write some twenty.
        return _sqlite_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"naive datetime: {value!r}")
    return value.astimezone(UTC)


def _sqlite_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    return _in_utc(value).replace(tzinfo=None).isoformat(" ", "microseconds")


class Base(DeclarativeBase):
    """All tables. Constraint names follow a pattern, so that migrations can find them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UTCDateTime, int: Id}  # noqa: RUF012


Model = TypeVar("Model", bound=Base)
R = TypeVar("R")


class Database:
    """One engine and its two kinds of transaction."""

    def __init__(self, url: str) -> None:
        self.engine = _sqlite_engine(url) if url.startswith("sqlite") else _postgresql_engine(url)
        self._readers = self.engine.execution_options(ringround_reads=True)
        if self.engine.dialect.name == "postgresql":
            # One snapshot for all the counts of a page.
            self._readers = self._readers.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        self._turns: Turns | None = None
        if self.engine.dialect.name == "sqlite":
            self._turns = Turns(self.engine, _queue_file(self.engine))

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session on one consistent snapshot; what it changes is thrown away."""
        with Session(self._readers, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def glancing(self) -> Iterator[Any]:
        """The driver's own connection, for a single statement that reads what is committed.

        Without a transaction around it, that is one way there and back instead of three.
        """
        pooled = self.engine.raw_connection()
        driver: Any = pooled.driver_connection
        try:
            if self._turns is None:
                driver.autocommit = True
            yield driver
        finally:
            # One that was lost on the way can't be set; the pool makes another.
            if self._turns is None and not driver.closed:
                driver.autocommit = False
            pooled.close()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        if self._turns is not None:
            with self._turns.alone() as session:
                yield session
            return
        with (
            self.engine.begin() as connection,
            Session(connection, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    def in_turn(self, work: Callable[[Session], R]) -> R:
        """Do a piece of work in one transaction, and return what it returns.

        For what is short and comes often: on SQLite those who wait for their turn at the same time
        share one commit, and each waits until it is through; see ``Turns.in_turn``.
        """
        if self._turns is not None:
            return self._turns.in_turn(work)
        with self.writing() as session:
            return work(session)

    def close(self) -> None:
        """Give every connection back to the operating system."""
        self.engine.dispose()


def is_safe(version: tuple[int, int, int]) -> bool:
    """Whether this version of SQLite is free of the WAL-reset bug."""
    if version >= MENDED_IN:
        return True
    return any(version[:2] == fixed[:2] and version >= fixed for fixed in MENDED_BACKPORTS)


def may_pass(error: Exception) -> bool:
    """Whether it is the database that fails just now: out of reach, full, or in others' hands."""
    kinds = OperationalError, InterfaceError, NoConnectionError, NotCommittedError
    return isinstance(error, kinds)


def engine_of(session: Session) -> str:
    """Return the name of the engine that the session works on."""
    return session.get_bind().dialect.name


def unattached(model: type[Model], values: dict[str, Any]) -> Model:
    """Return an object that belongs to no session, as it would be had it been read.

    For the hot path: setting attributes one by one keeps books of changes that nobody asks for.
    """
    found = class_mapper(model).class_manager.new_instance()
    instance_dict(found).update(values)
    return found


def insert(session: Session, table: Any) -> Any:
    """Return an INSERT that knows ON CONFLICT, in the dialect at hand."""
    return insert_in(engine_of(session), table)


def insert_in(engine: str, table: Any) -> Any:
    """Return an INSERT that knows ON CONFLICT, in the dialect of this name."""
    return (sqlite if engine == "sqlite" else postgresql).insert(table)


def _postgresql_engine(url: str) -> Engine:
    url = url.replace("postgres://", "postgresql://", 1)
    url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    # What was bound to a failing statement is people's data: it stays out of messages and logs.
    engine = create_engine(url, hide_parameters=True, pool_size=THREADS)
    event.listen(engine, "connect", _prepare_where_possible)
    event.listen(engine, "checkin", _note_rest)
    event.listen(engine, "checkout", _ping_after_rest)
    return engine


def _prepare_where_possible(connection: Any, _record: ConnectionPoolEntry) -> None:
    """Let the server keep plans, unless a pooler such as PgBouncer stands in between: in
    transaction mode that gives each transaction another connection, and knows of no plans.

    A pooler tells its clients a process number of its own making.
    """
    found = connection.execute("SELECT pg_backend_pid()").fetchone()
    is_direct = found[0] == connection.info.backend_pid
    connection.prepare_threshold = REPEATED if is_direct else None
    if is_direct:
        # The claim takes longer to plan than to run.
        connection.execute("SET plan_cache_mode = force_generic_plan")
    connection.commit()


def _note_rest(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["rests_since"] = monotonic()


def _ping_after_rest(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
    """A server that was started anew has closed its connections: the pool then makes another.

    Asked of each that rested a while only: a way there and back for every request is dear.
    """
    if monotonic() - record.info.get("rests_since", monotonic()) < REST:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except connection.Error as error:  # as the driver, which a SQLite deployment never loads
        raise DisconnectionError from error


def _sqlite_engine(url: str) -> Engine:
    refuse_unsafe(pysqlite3.dbapi2.sqlite_version_info)
    engine = create_engine(url, module=pysqlite3.dbapi2, hide_parameters=True, pool_size=THREADS)
    _keep_to_owner(engine.url.database)
    event.listen(engine, "connect", _prepare_connection)
    event.listen(engine, "begin", _begin)
    return engine


def _queue_file(engine: Engine) -> Path | None:
    """Where processes queue that write to a SQLite file; None for a database in memory."""
    path = engine.url.database
    return Path(f"{path}-queue") if path and path != ":memory:" else None


def _keep_to_owner(path: str | None) -> None:
    """Make a new database file readable by its owner only; its WAL takes the same mode."""
    if path and path != ":memory:" and not Path(path).exists():
        with contextlib.suppress(OSError):  # what is wrong with the place, connecting will say
            Path(path).touch(mode=0o600)


def refuse_unsafe(version: tuple[int, int, int]) -> None:
    """Raise UnsafeDatabaseError for a version of SQLite that can lose committed pages."""
    if not is_safe(version):
        found = ".".join(map(str, version))
        raise UnsafeDatabaseError(
            f"SQLite {found} can lose committed pages (the WAL-reset bug): "
            "use 3.51.3 or later, as the PyPI package pysqlite3 brings it"
        )


def _prepare_connection(connection: Any, _record: ConnectionPoolEntry) -> None:
    # Transactions begin where _begin says, not where the driver guesses.
    connection.isolation_level = None
    for name, wanted in PRAGMAS.items():
        _patiently(connection, f"PRAGMA {name} = {wanted}")
        found = connection.execute(f"PRAGMA {name}").fetchone()[0]
        if found != wanted and not _is_memory(connection):
            raise UnsafeDatabaseError(f"PRAGMA {name} is {found!r} instead of {wanted!r}")


def _patiently(connection: Any, pragma: str) -> None:
    """Set what may need the file to itself for a moment: SQLite's own timeout does not hold for
    ``journal_mode``, so that of those who open a new file together one would fail.
    """
    until = monotonic() + BUSY
    while True:
        try:
            connection.execute(pragma)
        except pysqlite3.dbapi2.OperationalError as error:
            if error.sqlite_errorcode != pysqlite3.dbapi2.SQLITE_BUSY or monotonic() > until:
                raise
            sleep(0.01)
        else:
            return


def _is_memory(connection: Any) -> bool:
    return not connection.execute("PRAGMA database_list").fetchone()[2]


def _begin(connection: Connection) -> None:
    # A writer takes the write lock at once: to upgrade a read lock later could fail half way.
    reads = connection.get_execution_options().get("ringround_reads")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
