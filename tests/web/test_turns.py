"""Writers of SQLite: those who wait together share one commit, and none answers for another."""

import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from app.db import Base, Database
from app.people.models import RateCount
from app.turns import MOST_TOGETHER, NotCommittedError
from tests.conftest import Clock


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Database]:
    """A database with one table; ``n`` may be there once."""
    database = Database(f"sqlite:///{tmp_path}/some.sqlite")
    with database.writing() as session:
        session.execute(text("CREATE TABLE things (n INTEGER PRIMARY KEY)"))
    yield database
    assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    database.close()


class Crowd:
    """Threads that write while another one does, and what came of each."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.came: dict[int, str] = {}
        self.commits = 0
        event.listen(database.engine, "commit", self._count)

    def _count(self, _connection: object) -> None:
        self.commits += 1

    def write(self, *numbers: int, together: bool = True) -> None:
        """Let each write its number, one after the other in line behind one who has the turn."""
        self.run([self._thread(self._insert, number, together) for number in numbers])

    def run(self, threads: list[threading.Thread]) -> None:
        """Start them one after the other while somebody has the turn, and wait for all."""
        with self.database.writing():
            for place, thread in enumerate(threads, 2):
                thread.start()
                self._until(place)
        for thread in threads:
            thread.join()
        self.commits -= 1

    def _until(self, places: int) -> None:
        line = self.database._turns
        assert line is not None
        while len(line._line) < places:
            time.sleep(0.001)

    @staticmethod
    def _thread(target: Callable[..., None], *args: object) -> threading.Thread:
        return threading.Thread(target=target, args=args)

    def _insert(self, number: int, together: bool) -> None:
        try:
            if together:
                self.came[number] = self.database.in_turn(partial(self._work, number))
                return
            with self.database.writing() as session:
                self.came[number] = self._work(number, session)
        except Exception as error:  # noqa: BLE001
            self.came[number] = type(error).__name__

    @staticmethod
    def _work(number: int, session: Session) -> str:
        session.execute(text("INSERT INTO things VALUES (:n)"), {"n": abs(number)})
        assert 1 / max(number, 0)  # what is negative fails here
        return "kept"

    @property
    def stored(self) -> list[int]:
        with self.database.reading() as session:
            return list(session.scalars(text("SELECT n FROM things ORDER BY n")))


@pytest.fixture
def crowd(file: Database) -> Crowd:
    return Crowd(file)


def test_those_who_wait_together_share_one_commit(crowd: Crowd) -> None:
    crowd.write(1, 2, 3, 4, 5)

    assert set(crowd.came.values()) == {"kept"}
    assert crowd.stored == [1, 2, 3, 4, 5]
    assert crowd.commits == 1


def test_those_who_want_to_be_alone_share_with_nobody(crowd: Crowd) -> None:
    crowd.write(1, 2, 3, together=False)

    assert (crowd.stored, crowd.commits) == ([1, 2, 3], 3)


def test_no_transaction_is_shared_by_more_than_so_many(crowd: Crowd) -> None:
    crowd.write(*range(1, MOST_TOGETHER + 2))

    assert crowd.stored == list(range(1, MOST_TOGETHER + 2))
    assert crowd.commits == 2


@pytest.mark.parametrize(
    ("numbers", "stored"),
    [((-1, 2, 3), [2, 3]), ((1, -2, 3), [1, 3]), ((1, 2, -3), [1, 2]), ((1, -2, -3), [1])],
)
def test_who_fails_undoes_nothing_of_the_others(
    crowd: Crowd, numbers: tuple[int, ...], stored: list[int]
) -> None:
    crowd.write(*numbers)

    assert crowd.stored == stored
    assert crowd.came == {n: "kept" if n > 0 else "ZeroDivisionError" for n in numbers}


def test_a_statement_that_the_database_refuses_harms_nobody_else(crowd: Crowd) -> None:
    with crowd.database.writing() as session:
        session.execute(text("INSERT INTO things VALUES (2)"))

    crowd.write(1, 2, 3)

    assert crowd.came == {1: "kept", 2: "IntegrityError", 3: "kept"}
    assert crowd.stored == [1, 2, 3]


def test_an_object_that_the_database_refuses_harms_nobody_else(crowd: Crowd) -> None:
    """A session takes back the whole transaction that it is in when it cannot write an object."""
    with crowd.database.writing() as session:
        Base.metadata.create_all(session.connection(), [Base.metadata.tables["rate_counts"]])
        session.add(RateCount(key="2", count=1, since=Clock.now))

    def work(number: int, session: Session) -> str:
        session.add(RateCount(key=str(number), count=1, since=Clock.now))
        return "added"

    crowd._work = work  # type: ignore[method-assign]
    crowd.write(1, 2, 3)

    assert crowd.came == {1: "added", 2: "IntegrityError", 3: "added"}
    with crowd.database.reading() as session:
        assert list(session.scalars(text("SELECT key FROM rate_counts"))) == ["1", "2", "3"]


def test_nobody_is_told_that_it_is_kept_when_the_commit_fails(crowd: Crowd) -> None:
    def fail(_connection: object) -> None:
        if crowd.commits > 1:  # the first is that of the one they wait for
            raise OSError

    event.listen(crowd.database.engine, "commit", fail)
    crowd.write(1, 2, 3)

    assert crowd.came == {1: "NotCommittedError", 2: "NotCommittedError", 3: "OSError"}
    assert crowd.stored == []
    event.remove(crowd.database.engine, "commit", fail)
    crowd.write(1)
    assert crowd.stored == [1]


def test_a_transaction_that_the_engine_has_ended_fails_for_all_that_were_in_it(
    crowd: Crowd,
) -> None:
    """As a full disk does. The one behind has not been there yet."""

    def end(connection: object, *_rest: object) -> None:
        _cursor, statement, parameters = _rest[:3]
        if "INSERT" in str(statement) and tuple(parameters) == (3,):  # type: ignore[arg-type]
            connection.connection.driver_connection.execute("ROLLBACK")  # type: ignore[attr-defined]
            raise MemoryError

    event.listen(crowd.database.engine, "before_cursor_execute", end)
    crowd.write(1, 2, 3, 4)

    assert crowd.came == {
        1: NotCommittedError.__name__, 2: NotCommittedError.__name__, 3: "MemoryError", 4: "kept",
    }  # fmt: skip
    assert crowd.stored == [4]


def test_work_that_another_does_still_knows_who_wants_it(file: Database) -> None:
    """Flask's request, for one, stands in the context."""
    wanted_by: ContextVar[int] = ContextVar("wanted_by")
    seen: dict[int, tuple[int, int]] = {}

    def work(number: int, _session: Session) -> None:
        seen[number] = wanted_by.get(), threading.get_ident()

    def ask(number: int) -> None:
        wanted_by.set(number)
        file.in_turn(partial(work, number))

    crowd = Crowd(file)
    crowd.run([threading.Thread(target=ask, args=[number]) for number in range(3)])

    assert {number: who for number, (who, _thread) in seen.items()} == {0: 0, 1: 1, 2: 2}
    assert len({thread for _who, thread in seen.values()}) == 1
