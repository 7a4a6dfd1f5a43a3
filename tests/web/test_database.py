"""Transactions hold on both engines, and SQLite is set up so that a commit lasts."""

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from threading import Timer
from zoneinfo import ZoneInfo

import pysqlite3.dbapi2
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from app.db import Database, UnsafeDatabaseError, UTCDateTime, is_safe, refuse_unsafe
from app.people.models import Team, UserCommunity

# Written out a second time: a change of one of them must be meant.
WANTED = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "secure_delete": 1,
    "busy_timeout": 30_000,
}


def entry(at: datetime) -> AuditEntry:
    return AuditEntry(at=at, act="tried", subject="test", subject_id="1")


def teams(session: Session) -> int:
    return session.scalar(select(func.count(Team.id))) or 0


def test_what_is_written_is_committed(db: Database) -> None:
    with db.writing() as session:
        session.add(Team(name="观音山"))

    with db.reading() as session:
        assert teams(session) == 1


def test_what_fails_is_rolled_back_whole(db: Database) -> None:
    def write_and_fail() -> None:
        with db.writing() as session:
            session.add(Team(name="观音山"))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()

    with db.reading() as session:
        assert teams(session) == 0


def test_a_reader_can_change_nothing(db: Database) -> None:
    # PostgreSQL refuses; SQLite forgets.
    with contextlib.suppress(DBAPIError), db.reading() as session:
        session.execute(text("INSERT INTO teams (name) VALUES ('观音山')"))
    with db.reading() as session:
        session.add(Team(name="港口"))

    with db.reading() as session:
        assert teams(session) == 0


def test_a_reader_sees_one_moment(db: Database) -> None:
    with db.reading() as reader:
        assert teams(reader) == 0
        with db.writing() as session:
            session.add(Team(name="观音山"))
        assert teams(reader) == 0
    with db.reading() as reader:
        assert teams(reader) == 1


def test_a_row_can_point_at_nothing_that_is_not_there(db: Database) -> None:
    with pytest.raises(IntegrityError), db.writing() as session:
        session.add(UserCommunity(user_id=1, community_code="320613009001"))


def test_a_moment_comes_back_as_the_same_moment_in_utc(db: Database) -> None:
    local = datetime(2026, 11, 24, 0, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    with db.writing() as session:
        session.add(entry(local))

    with db.reading() as session:
        found = session.scalars(select(AuditEntry.at)).one()
    assert (found, found.tzinfo) == (local, UTC)


def test_a_moment_without_a_zone_is_refused(db: Database) -> None:
    with pytest.raises(StatementError, match="naive datetime"), db.writing() as session:
        session.add(entry(datetime(2026, 11, 24)))


def test_no_moment_is_none(db: Database) -> None:
    dialect = db.engine.dialect
    assert UTCDateTime().process_bind_param(None, dialect) is None
    assert UTCDateTime().process_result_value(None, dialect) is None


@pytest.fixture
def sqlite(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path}/some.sqlite")


def test_every_connection_to_sqlite_is_set_up(sqlite: Database) -> None:
    connections = [sqlite.engine.raw_connection() for _ in range(3)]
    for connection in connections:
        cursor = connection.cursor()
        assert {n: cursor.execute(f"PRAGMA {n}").fetchone()[0] for n in WANTED} == WANTED
        connection.close()
    sqlite.close()


def test_who_opens_a_new_file_waits_for_others_that_do(tmp_path: Path) -> None:
    path = tmp_path / "new.sqlite"
    with contextlib.closing(pysqlite3.dbapi2.connect(path, check_same_thread=False)) as other:
        other.execute("CREATE TABLE anything (id INTEGER)")
        other.execute("BEGIN IMMEDIATE")
        end = Timer(0.2, other.rollback)
        end.start()
        with Database(f"sqlite:///{path}").reading() as session:
            assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        end.join()


def test_sessions_on_sqlite_are_set_up(sqlite: Database) -> None:
    for kind in (sqlite.reading, sqlite.writing):
        with kind() as session:
            found = {name: session.scalar(text(f"PRAGMA {name}")) for name in WANTED}
        assert found == WANTED
    sqlite.close()


def test_a_writer_on_sqlite_takes_the_lock_before_it_reads(sqlite: Database) -> None:
    with sqlite.writing() as first:
        first.connection()
        other = pysqlite3.dbapi2.connect(str(sqlite.engine.url.database), timeout=0)
        with pytest.raises(pysqlite3.dbapi2.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()
    sqlite.close()


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 7, 0), False),
        ((3, 40, 1), False),  # Debian 12's own
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 44, 9), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 0), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_a_version_of_sqlite_that_can_lose_pages_is_refused(
    version: tuple[int, int, int], safe: bool
) -> None:
    assert is_safe(version) is safe
    with contextlib.nullcontext() if safe else pytest.raises(UnsafeDatabaseError, match="SQLite 3"):
        refuse_unsafe(version)


def test_the_version_in_use_is_safe() -> None:
    assert is_safe(pysqlite3.dbapi2.sqlite_version_info)
