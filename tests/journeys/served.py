"""A city behind the real server: ``ringround serve`` in a process and a folder of its own."""

import atexit
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar
from urllib.error import URLError

from app.db import Database
from tests.conftest import migrate, of_this_checkout

RINGROUND = Path(sys.executable).with_name("ringround")
T = TypeVar("T")
SECRET = "no secret " * 4
"""What sessions are signed with."""
STARTS_WITHIN = 60.0
"""Seconds; on a busy machine the first start compiles every module."""


@dataclass(frozen=True)
class City:
    """A running server, its database, and the settings that the command line shares with it."""

    url: str
    database_url: str
    environment: Mapping[str, str]
    db: Database

    def ringround(self, *arguments: str) -> str:
        """Run a command beside the server and return what it printed; it must succeed."""
        done = subprocess.run(
            [RINGROUND, *arguments],
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"ringround {arguments}: {done.stdout}{done.stderr}"
        return done.stdout


@contextmanager
def serving(instance: Path, database_url: str, workers: int = 2) -> Iterator[City]:
    """Serve this migrated database until the block ends; no request may have failed by then."""
    url = f"http://127.0.0.1:{_free_port()}"
    environment = _environment(instance, database_url, url)
    log = instance / "server.log"
    db = Database(database_url)
    with log.open("w") as output:
        port = url.rsplit(":", 1)[1]
        command = [RINGROUND, "serve", "--port", port, "--workers", str(workers)]
        server = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            _wait_until_ready(url, server, log)
            yield City(url, database_url, environment, db)
        finally:
            server.terminate()
            server.wait(30)
            db.close()
    said = log.read_text()
    assert "Traceback" not in said, said


@contextmanager
def founded(folder: Path, seed: Callable[[Database], T]) -> Iterator[tuple[City, T]]:
    """Serve a city of its own, kept in a file of this folder and seeded so; yield what the seed
    returned, too.
    """
    grown, seeded = _grown(seed)
    path = folder / "ringround.sqlite"
    shutil.copyfile(grown / path.name, path)
    with serving(folder, f"sqlite:///{path}", workers=1) as city:
        yield city, seeded


@cache
def _grown(seed: Callable[[Database], Any]) -> tuple[Path, Any]:
    """A folder with a database seeded so, to be copied: seeding takes as long as serving."""
    folder = Path(mkdtemp())
    atexit.register(shutil.rmtree, folder)
    url = f"sqlite:///{folder}/ringround.sqlite"
    migrate(url)
    database = Database(url)
    seeded = seed(database)
    database.close()
    return folder, seeded


def _environment(instance: Path, database_url: str, url: str) -> dict[str, str]:
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("RINGROUND_")
    }
    ours = {
        "RINGROUND_INSTANCE": str(instance),
        "RINGROUND_BASE_URL": url,
        "RINGROUND_SECRET_KEY": SECRET,
        "DATABASE_URL": database_url,
    }
    return of_this_checkout({**inherited, **ours})


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _wait_until_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"the server did not start: {log.read_text()}")
