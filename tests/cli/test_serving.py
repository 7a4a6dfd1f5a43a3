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
from pathlib import Path
from typing import TypeVar

import pytest

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
        own = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        return {int(word) for word in Path(own).read_text().split()}


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
