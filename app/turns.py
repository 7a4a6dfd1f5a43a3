"""Whose turn it is to write to a SQLite file: one writer at a time, and nobody waits unfairly.

SQLite's own way is to try again after a pause that grows: whoever waits longest then asks least
often. Here processes queue for a file lock: the kernel wakes those who wait in the order they came,
and frees the lock of a process that dies. Threads of one process stand in line before it, and
those who stand there together write in one transaction, each in a savepoint of its own: the last
commits for all, so that one sync of the log serves them all, and nobody goes on before it (group
commit, as larger databases know it).
"""

import fcntl
import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

MOST_TOGETHER = 16
"""How many may share a transaction: the first waits until the last is done."""


class NotCommittedError(Exception):
    """The transaction that was shared with others failed after this one's part of it was done."""


class _Place:
    """A place in the line."""

    def __init__(self, *, together: bool) -> None:
        self.together = together
        self.called = Event()


class _Shared:
    """A transaction under way, and what came of it."""

    def __init__(self, connection: Connection, lock: int | None) -> None:
        self.connection = connection
        self.driver: Any = connection.connection.driver_connection
        self.lock = lock
        self.members = 0
        self.is_sound = True
        """Whether the parts that are in can still be committed."""
        self.over = Event()
        self.error: BaseException | None = None

    @contextmanager
    def part(self, session: Session) -> Iterator[None]:
        """Let a session do its part. What it raises undoes that part alone; the first has no
        savepoint, for with it all is undone that there is.
        """
        self.is_sound = False  # until this part is wholly in, or wholly out again
        self.members += 1
        session.bind = self.connection
        if self.members > 1:
            self.driver.execute("SAVEPOINT part")
        try:
            yield
            session.flush()
        except BaseException:
            session.close()
            # Where the engine itself ended the transaction, as at a full disk, nothing is left.
            if self.members > 1 and self.driver.in_transaction:
                self.driver.execute("ROLLBACK TO part")
                self._keep_on()
            raise
        session.close()
        self._keep_on()

    def _keep_on(self) -> None:
        if self.members > 1:
            self.driver.execute("RELEASE part")
        self.is_sound = True


class Turns:
    """The line of those who write to one SQLite database from this process."""

    def __init__(self, engine: Engine, queue: Path | None) -> None:
        """Take the engine, and the file by which processes queue; None for one that is alone."""
        self._engine = engine
        self._queue = queue
        self._line: deque[_Place] = deque()
        self._changing = Lock()
        self._shared: _Shared | None = None

    @contextmanager
    def writing(self, *, together: bool) -> Iterator[Session]:
        """A session in a transaction of its own, or ``together`` with others who ask for that.

        Raises NotCommittedError when what was done cannot be kept because of another's failure.
        """
        session = Session(expire_on_commit=False)
        place = self._stand_in_line(together=together)
        try:
            shared = self._shared or self._begin()
        except BaseException:
            self._leave(place)
            raise
        try:
            with shared.part(session):
                yield session
        except BaseException as error:
            self._undone(place, shared, error)
            raise
        self._done(place, shared)

    def _stand_in_line(self, *, together: bool) -> _Place:
        place = _Place(together=together)
        with self._changing:
            self._line.append(place)
            is_first = len(self._line) == 1
        if is_first:
            return place
        try:
            place.called.wait()
        except BaseException:
            self._leave_early(place)
            raise
        return place

    def _leave_early(self, place: _Place) -> None:
        with self._changing:
            is_head = self._line[0] is place
            if not is_head:
                self._line.remove(place)
        if is_head:
            self._leave(place)

    def _leave(self, place: _Place) -> None:
        """Leave the line, and call whoever is next."""
        with self._changing:
            assert self._line.popleft() is place
            follower = self._line[0] if self._line else None
        if follower is not None:
            follower.called.set()

    def _begin(self) -> _Shared:
        connection = self._engine.connect()
        lock = None
        try:
            lock = _locked(self._queue)
            connection.begin()
        except BaseException:
            connection.close()
            _unlock(lock)
            raise
        self._shared = _Shared(connection, lock)
        return self._shared

    def _done(self, place: _Place, shared: _Shared) -> None:
        if self._is_followed(place, shared):
            self._leave(place)
            shared.over.wait()
            if shared.error is not None:
                raise NotCommittedError from shared.error
        else:
            self._commit(place, shared)

    def _undone(self, place: _Place, shared: _Shared, error: BaseException) -> None:
        """Go on without this member, whose part is undone; it need not wait for the others."""
        if not shared.is_sound:
            self._end(place, shared, error)
        elif self._is_followed(place, shared):
            self._leave(place)
        else:
            self._commit(place, shared)

    def _is_followed(self, place: _Place, shared: _Shared) -> bool:
        """Whether somebody waits who may share the transaction, and will end it."""
        if not place.together or shared.members >= MOST_TOGETHER:
            return False
        with self._changing:
            return len(self._line) > 1 and self._line[1].together

    def _commit(self, place: _Place, shared: _Shared) -> None:
        error: BaseException | None = None
        try:
            shared.connection.commit()
        except BaseException as problem:
            error = problem
            raise
        finally:
            self._end(place, shared, error)

    def _end(self, place: _Place, shared: _Shared, error: BaseException | None) -> None:
        """Let everybody know what came of the transaction, and the next begin another."""
        self._shared = None
        shared.error = error
        try:
            if error is not None and shared.driver.in_transaction:
                shared.driver.rollback()
            shared.connection.close()
        finally:
            _unlock(shared.lock)
            shared.over.set()
            self._leave(place)


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


def _unlock(handle: int | None) -> None:
    if handle is not None:
        os.close(handle)
