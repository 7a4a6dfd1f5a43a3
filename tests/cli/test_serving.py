"""``ringround serve`` as it runs for a city: real processes, real sockets."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import pytest

from app.db import Database
from app.residents.models import RosterImport
from app.residents.rules.stages import Stage
from app.rosters.service import staging
from app.rosters.service.passes import AT_ONCE
from app.web import HEADERS
from tests.cast import NOW
from tests.cli.conftest import RINGROUND, Installed

T = TypeVar("T")
PATIENCE = 30
Make = Callable[..., Installed]


def until(condition: Callable[[], T], what: str) -> T:
    """Wait for a condition to hold, and return what it found."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {PATIENCE} seconds for {what}")


def children(pid: int) -> list[int]:
    """The children of a process, the oldest first."""
    own = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in own.read_text().split()] if own.exists() else []


@dataclass
class Served:
    """A running server."""

    process: "subprocess.Popen[bytes]"
    port: int

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as page:
                return page.status, page.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def workers(self) -> set[int]:
        """The processes that answer; gunicorn's first process only looks after them."""
        return set(children(self.process.pid)[1:])

    def jobs(self) -> int:
        """The process that looks after long work, started first; a child of it does it."""
        return children(self.process.pid)[0]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(run: Installed, log: Path) -> Iterator[Served]:
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [RINGROUND, "serve", "--port", str(port), "--workers", "2"],
            env=run.environment, stdout=output, stderr=output,
        )  # fmt: skip
    served = Served(process, port)
    try:
        until(lambda: served.get("/readyz")[0] == 200 or process.poll() is not None, "the server")
        assert process.poll() is None, log.read_text()
        yield served
    finally:
        process.kill()
        process.wait()


def test_it_serves_replaces_a_dead_worker_and_stops_when_told(
    installed: Make, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with serving(installed(), log) as served:
        assert served.get("/healthz") == (200, "ok\n")
        assert served.get("/readyz") == (200, "ready\n")
        status, page = served.get("/sign-in")
        assert (status, "<form" in page) == (200, True)
        assert served.get("/no-such-page")[0] == 404
        what_is_no_request_is_answered_as_safely(served.port)

        before = until(lambda: w if len(w := served.workers()) == 2 else None, "two workers")
        victim = min(before)
        os.kill(victim, signal.SIGKILL)
        until(lambda: len(w := served.workers()) == 2 and victim not in w, "another worker")
        assert served.get("/readyz") == (200, "ready\n")

        left = served.workers()
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(PATIENCE) == 0

    assert not [pid for pid in left if Path(f"/proc/{pid}").exists()]
    assert "Traceback" not in log.read_text()


def what_is_no_request_is_answered_as_safely(port: int) -> None:
    """The app never sees it: gunicorn answers by itself."""
    for sent, status in (
        (b"GET /sign-in\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno header\r\n\r\n", 400),
        (b"GET /%b HTTP/1.1\r\n\r\n" % (b"x" * 5000), 414),
        (b"GET / HTTP/1.1\r\nX: %b\r\n\r\n" % (b"x" * 9000), 431),
    ):
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(sent)
            answer = HTTPResponse(client)
            answer.begin()
            told = {name.lower(): value for name, value in answer.getheaders()}
            page = answer.read()
        assert (answer.status, page[:6]) == (status, b"<html>"), sent[:40]
        wanted = {
            name.lower(): value for name, value in {**HEADERS, "Cache-Control": "no-store"}.items()
        }
        assert told.items() >= wanted.items(), sent[:40]


def test_a_port_that_is_taken_is_said_and_not_waited_for_ever(
    installed: Make, tmp_path: Path
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        said = installed().refused("serve", "--port", str(port), exits=1)

    assert str(port) in said


@pytest.mark.parametrize("engine_url", ["postgresql"], indirect=True)
def test_it_serves_from_postgresql(installed: Make, tmp_path: Path, engine_url: str) -> None:
    with serving(installed(DATABASE_URL=engine_url), tmp_path / "log") as served:
        assert served.get("/readyz") == (200, "ready\n")
        assert served.get("/sign-in")[0] == 200


def test_long_work_is_done_beside_it_and_ends_with_it(installed: Make, tmp_path: Path) -> None:
    run = installed()
    with serving(run, tmp_path / "log") as served:
        jobs = served.jobs()
        (worker,) = until(lambda: children(jobs), "the work")
        database = Database(f"sqlite:///{tmp_path}/instance/ringround.sqlite")
        large = uploaded(database)
        os.kill(worker, signal.SIGKILL)
        until(lambda: set(children(jobs)) - {worker}, "another that goes on with it")
        until(lambda: status(database, large) == Stage.DONE, "the roster")
        database.close()
    until(lambda: not Path(f"/proc/{jobs}").exists(), "its end")
    assert not children(jobs)


def uploaded(database: Database) -> int:
    """A roster that is too large for a request to wait for it."""
    rows = (f"陈{n},139{n:08d},{'独居' * 900}\n" for n in range(300))
    content = "".join(["姓名,电话,备注\n", *rows]).encode()
    given = staging.Upload(BytesIO(content), "large.csv")
    record = staging.upload(database, None, NOW, given, Stage.TAKING)
    assert record.size > AT_ONCE
    return record.id


def status(database: Database, import_id: int) -> str:
    with database.reading() as session:
        return session.get_one(RosterImport, import_id).status
