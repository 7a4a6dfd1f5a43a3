"""``ringround serve`` that dies where it is told to: the same command, with places of death.

    python -m tests.invariants.failpoints ORDERS serve --port 8000

The app has no switch for this. What is listened to are SQLAlchemy's events and the edge of WSGI,
here, in the process that a test starts; the test gives its orders through a file of shared memory.

A place is named after what is being done and what comes next, "save: before UPDATE cases". Each
operation passes: before and after each statement, before and after COMMIT, before, in and after
the answer.
"""

import fcntl
import mmap
import os
import re
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

from app import create_app, db, prepared, turns, web
from app.config import Settings

OPERATIONS = {"batches": "claim", "calls": "save", "release": "release", "handoff": "handoff"}
"""What a request does, by the last part of its address."""
TABLE = re.compile(
    r"\b(INSERT INTO|(?<!FOR )(?<!KEY )UPDATE|DELETE FROM)\s+(\w+)|\bFROM\s+([a-z_]+)"
)
KILL, CUT = 1, 2
"""What to do at the place: die; or let COMMIT go out to PostgreSQL but never hear its answer."""
LEARN = -1
"""Instead of a number of times to pass: write down every place that is passed."""


class Orders:
    """A file of shared memory: what the test says to all processes of the server."""

    _COUNT, _ACTION, _AHEAD, _STRUCK, _PLACE = 0, 8, 16, 24, 64
    _SIZE, _LONGEST = 512, 256

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            path.write_bytes(bytes(self._SIZE))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), self._SIZE)

    def aim(self, place: str, passes: int = 1, action: int = KILL) -> None:
        """Order what is to happen when the place is passed for the n-th time."""
        with self._alone():
            self._write("<d", self._STRUCK, 0.0)
            self._write(f"<{self._LONGEST}s", self._PLACE, place.encode())
            self._write("<q", self._ACTION, action)
            self._write("<q", self._COUNT, passes)

    def rest(self) -> None:
        """Order nothing any more."""
        with self._alone():
            self._write("<q", self._COUNT, 0)

    @property
    def struck_at(self) -> float:
        """When the order was carried out, by the clock of this host; 0 while it was not."""
        return float(self._read("<d", self._STRUCK))

    @property
    def ahead(self) -> timedelta:
        """How far the server's clock is ahead of the host's."""
        return timedelta(seconds=self._read("<d", self._AHEAD))

    @ahead.setter
    def ahead(self, value: timedelta) -> None:
        self._write("<d", self._AHEAD, value.total_seconds())

    def pass_by(self, place: str, connection: Connection | None = None) -> None:
        """Pass a place in the server: mostly nothing happens."""
        count = self._read("<q", self._COUNT)
        if count == LEARN:
            self._note("places", place)
        if count <= 0 or self._place != place:
            return
        with self._alone():
            left = self._read("<q", self._COUNT)
            if left > 0 and self._place == place:
                self._write("<q", self._COUNT, left - 1)
                if left == 1:
                    self._strike(connection)

    @property
    def _place(self) -> str:
        return str(self._read(f"<{self._LONGEST}s", self._PLACE).rstrip(b"\0").decode())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep others out; who dies in here lets them in again."""
        with self.path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _strike(self, connection: Connection | None) -> None:
        self._write("<d", self._STRUCK, time.monotonic())
        if self._read("<q", self._ACTION) == KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        assert connection is not None
        raw = connection.connection.driver_connection
        assert raw is not None
        with socket.socket(fileno=os.dup(raw.fileno())) as line:
            line.shutdown(socket.SHUT_RD)

    def booted(self) -> None:
        """Say that this process is about to serve."""
        self._note("booted", f"{os.getpid()} {time.monotonic()}")

    def noted(self, what: str) -> list[str]:
        """What the server's processes have written down, in order."""
        path = self.path.with_suffix(f".{what}")
        return path.read_text().splitlines() if path.exists() else []

    def _note(self, what: str, line: str) -> None:
        handle = os.open(self.path.with_suffix(f".{what}"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(handle, f"{line}\n".encode())
        os.close(handle)

    def _read(self, form: str, at: int) -> Any:
        return struct.unpack_from(form, self._memory, at)[0]

    def _write(self, form: str, at: int, value: Any) -> None:
        struct.pack_into(form, self._memory, at, value)


def name_of(statement: str) -> str:
    """What a statement does: ``UPDATE cases``, ``SELECT users``, ``BEGIN``."""
    names = TABLE.findall(statement)
    for verb, table, _source in names:
        if verb:
            return f"{verb.split()[0]} {table}"
    sources = [source for _verb, _table, source in names if source]
    return f"SELECT {sources[0]}" if sources else statement.split(None, 1)[0]


_OPERATION: ContextVar[str] = ContextVar("operation", default="start")
"""What is being done, in whatever thread."""


def arm(app: Flask, orders: Orders) -> None:
    """Let every place of the app be passed by under the orders."""
    engine: Engine = app.extensions["database"].engine

    def passing(when: str) -> Callable[..., None]:
        def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            orders.pass_by(f"{_OPERATION.get()}: {when} {name_of(statement)}")

        return listen

    def committing(connection: Connection) -> None:
        orders.pass_by(f"{_OPERATION.get()}: before COMMIT", connection)

    writes = db.Database.writing

    @contextmanager
    def writing(database: db.Database) -> Iterator[Session]:
        with writes(database) as session:
            yield session
        orders.pass_by(f"{_OPERATION.get()}: after COMMIT")

    does = turns.Turns.in_turn

    def in_turn(line: turns.Turns, work: turns.Work) -> Any:
        result = does(line, work)
        orders.pass_by(f"{_OPERATION.get()}: after COMMIT")
        return result

    sound = prepared.run

    def run(driver: Any, sql: str, parameters: Any) -> Any:
        passing("before")(None, None, sql)
        cursor = sound(driver, sql, parameters)
        passing("after")(None, None, sql)
        return cursor

    prepared.run = run  # what is prepared is handed to the driver past the engine's events
    event.listen(engine, "before_cursor_execute", passing("before"))
    event.listen(engine, "after_cursor_execute", passing("after"))
    event.listen(engine, "commit", committing)
    turns.Turns.in_turn = in_turn  # type: ignore[method-assign,assignment]
    db.Database.writing = writing  # type: ignore[method-assign,assignment]
    app.wsgi_app = Edge(app.wsgi_app, orders)  # type: ignore[method-assign]


class Edge:
    """Where a request comes in and its answer leaves."""

    def __init__(self, wrapped: Any, orders: Orders) -> None:
        self._wrapped = wrapped
        self._orders = orders

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        last = environ["PATH_INFO"].rstrip("/").rpartition("/")[2]
        posts = environ["REQUEST_METHOD"] == "POST"
        _OPERATION.set(OPERATIONS.get(last, "other") if posts else "other")
        answer = self._wrapped(environ, start)
        self._orders.pass_by(f"{_OPERATION.get()}: before the answer")
        return Leaving(answer, self._orders)


class Leaving:
    """An answer on its way out, in two pieces."""

    def __init__(self, answer: Any, orders: Orders) -> None:
        self._answer = answer
        self._orders = orders

    def __iter__(self) -> Iterator[bytes]:
        whole = b"".join(self._answer)
        half = len(whole) // 2
        yield whole[:half]
        self._orders.pass_by(f"{_OPERATION.get()}: in the answer")
        yield whole[half:]

    def close(self) -> None:
        self._answer.close()
        self._orders.pass_by(f"{_OPERATION.get()}: after the answer")


@contextmanager
def _answering_first(database: db.Database) -> Iterator[Session]:
    """The planted bug: the block ends at once, and the commit comes a little later."""
    line = database._turns
    lock = turns._locked(line._queue if line else None)
    session = Session(database.engine, expire_on_commit=False)
    operation = _OPERATION.get()

    def commit() -> None:
        _OPERATION.set(operation)
        time.sleep(0.02)
        try:
            session.commit()
        finally:
            session.close()
            _let_go(lock)

    try:
        yield session
        session.flush()
    except BaseException:
        session.close()
        _let_go(lock)
        raise
    threading.Thread(target=commit).start()


def _plant_synchronous(value: int) -> Callable[[], None]:
    return lambda: db.PRAGMAS.update(synchronous=value)


def _let_go(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)


def _plant_early_answers() -> None:
    """For saves: a claim that is not committed yet would be answered without its cases."""
    sound = db.Database.in_turn

    def at_once(database: db.Database, work: turns.Work) -> Any:
        if _OPERATION.get() != "save":
            return sound(database, work)
        with _answering_first(database) as session:
            return work(session)

    db.Database.in_turn = at_once  # type: ignore[method-assign]


BUGS: dict[str, Callable[[], None]] = {
    "synchronous=OFF": _plant_synchronous(0),
    "synchronous=NORMAL": _plant_synchronous(1),
    "answer before commit": _plant_early_answers,
}
"""Bugs that the tests must notice, by the value of PLANTED in the server's environment."""


def main() -> None:
    """Run ``ringround`` as its console script does, with armed workers."""
    orders = Orders(Path(sys.argv.pop(1)))
    if planted := os.environ.get("PLANTED"):
        BUGS[planted]()
    with create_app(Settings.from_environment()).app_context():
        from app.cli import running
        from app.cli.commands import ringround

        class Armed(running.Server):
            def load(self) -> Flask:
                def clock() -> datetime:
                    return web.system_clock() + orders.ahead

                app = create_app(self._settings, clock)
                arm(app, orders)
                orders.booted()
                return app

        running.Server = Armed  # type: ignore[misc]
        ringround()


if __name__ == "__main__":
    main()
