"""Whose turn it is to write to a SQLite file: one writer at a time, and nobody waits unfairly.

SQLite's own way is to try again after a pause that grows: whoever waits longest then asks least
often. Here processes queue for a file lock: the kernel wakes those who wait in the order they came,
and frees the lock of a process that dies. Threads of one process stand in line before it. Who comes
to the front with a piece of work does it, and that of those right behind, in one transaction, each
in a savepoint of its own: one sync of the log serves them all, and nobody is told that it is done
before that (group commit, as larger databases know it).
"""

import fcntl
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from pathlib import Path
from threading import Event, Lock
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

MOST_TOGETHER = 16
"""How many pieces of work share a transaction: the first waits until the last is done."""

R = TypeVar("R")
Work = Callable[[Session], Any]


class NotCommittedError(Exception):
    """The transaction that a piece of work shared with others failed after it was done."""


class _Place:
    """A place in the line: with work that another may do, or of somebody who writes alone."""

    def __init__(self, work: Work | None = None) -> None:
        self.work = work
        self.context = copy_context()
        self.called = Event()
        """Set when the work has been done, or when it is this one's turn."""
        self.is_done = False
        self.result: Any = None
        self.error: BaseException | None = None


class Turns:
    """The line of those who write to one SQLite database from this process."""

    def __init__(self, engine: Engine, queue: Path | None) -> None:
        """Take the engine, and the file by which processes queue; None for one that is alone."""
        self._engine = engine
        self._queue = queue
        self._line: deque[_Place] = deque()
        self._changing = Lock()

    @contextmanager
    def alone(self) -> Iterator[Session]:
        """A session in a transaction of its own: committed at the end, rolled back by an error."""
        place = _Place()
        self._stand_in_line(place)
        try:
            with (
                self._transaction() as connection,
                Session(connection, expire_on_commit=False) as session,
                session.begin(),
            ):
                yield session
        finally:
            self._leave([place])

    def in_turn(self, work: Callable[[Session], R]) -> R:
        """Do a piece of work in the transaction of those who come at the same time, perhaps in
        another's thread, and return what it returns once that is committed.

        Raises what the work raises, whose part is undone then; NotCommittedError when what was
        done cannot be kept because of another's failure.
        """
        place = _Place(work)
        self._stand_in_line(place)
        if not place.is_done:
            self._lead(place)
        if place.error is not None:
            raise place.error
        result: R = place.result
        return result

    def _stand_in_line(self, place: _Place) -> None:
        with self._changing:
            self._line.append(place)
            is_first = len(self._line) == 1
        if not is_first:
            place.called.wait()

    def _leave(self, places: Sequence[_Place]) -> None:
        """Let those at the head of the line go, and call whoever is next."""
        with self._changing:
            for _place in places:
                self._line.popleft()
            follower = self._line[0] if self._line else None
        for place in places:
            place.is_done = True
            place.called.set()
        if follower is not None:
            follower.called.set()

    def _lead(self, place: _Place) -> None:
        """Do one's own work and that of those behind, as long as they come."""
        done = [place]
        try:
            with self._transaction() as connection:
                _do(connection, place)
                while (follower := self._behind(len(done))) is not None:
                    done.append(follower)
                    _do(connection, follower)
        except BaseException as error:  # noqa: BLE001 - each is told in its own thread
            for one in done:
                one.error = one.error or _told(error, is_own=one is done[-1])
        finally:
            self._leave(done)

    def _behind(self, many: int) -> _Place | None:
        """The next in line, if its work may be done together with that of so many before it."""
        with self._changing:
            follower = self._line[many] if many < min(len(self._line), MOST_TOGETHER) else None
        return follower if follower is not None and follower.work is not None else None

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        connection = self._engine.connect()
        lock = None
        try:
            lock = _locked(self._queue)
            with connection.begin():
                yield connection
        finally:
            try:
                _give_back(connection)
            finally:
                if lock is not None:
                    os.close(lock)


def _do(connection: Connection, place: _Place) -> None:
    """Do a piece of work, or undo all of it. Raises what ends the transaction for everybody."""
    assert place.work is not None
    driver: Any = connection.connection.driver_connection
    driver.execute("SAVEPOINT part")
    # What the session itself writes has a savepoint too: it takes back all that it is in, when
    # that fails, and without one the work of others would go with it.
    own: Any = {"expire_on_commit": False, "join_transaction_mode": "create_savepoint"}
    with Session(connection, **own) as session:
        try:
            # In the context of whoever wants it: it is their request that it may ask about.
            place.result = place.context.run(place.work, session)
            if session.in_transaction():
                session.commit()
        except Exception as error:  # noqa: BLE001 - whose work it is will raise it
            place.error = error
    if place.error is not None:
        # Fails where the engine itself ended the transaction, as at a full disk: all is lost then.
        driver.execute("ROLLBACK TO part")
    driver.execute("RELEASE part")


def _told(error: BaseException, *, is_own: bool) -> BaseException:
    """What somebody is told of an error that ended the transaction."""
    if is_own:
        return error
    told = NotCommittedError()
    told.__cause__ = error
    return told


def _give_back(connection: Connection) -> None:
    """Let the next have the connection: without a transaction that failed to end."""
    driver: Any = connection.connection.driver_connection
    if driver.in_transaction:
        driver.rollback()
    connection.close()


def _locked(queue: Path | None) -> int | None:
    """Wait for the turn of this process; return what holds it."""
    if queue is None:
        return None
    handle = os.open(queue, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
    except BaseException:
        os.close(handle)
        raise
    return handle
