"""A small town behind a server that may be killed, and what it takes to kill it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from itertools import count
from pathlib import Path
from random import Random
from typing import Self, TypeVar
from urllib.error import HTTPError

import psycopg

from app.db import Database
from app.people import tokens
from app.upkeep.schema import upgrade
from tests import cast
from tests.cast import BRIDGE, NOW, mobile, resident
from tests.conftest import of_this_checkout
from tests.invariants.failpoints import Orders
from tests.invariants.volunteers import Log, Volunteer
from tests.postgres import Cluster

T = TypeVar("T")
PATIENCE = 60.0
"""Seconds after which a server that does not come up is a failure."""
VOLUNTEERS = 6
LEASE = timedelta(minutes=30)
RULES = {
    "unopened_minutes": 30, "lease_minutes": 30, "max_attempts": 100_000,
    "max_attempts_per_day": 100_000, "max_dials_per_day": 100_000, "rest_days": 0, "max_held": 400,
    "pause_minutes": {"no_answer": 0, "busy": 0, "respondent_unavailable": 0},
}  # fmt: skip
"""People may be rung again and again, so that a small town lasts for any number of kills."""

QUIET = (
    "-c listen_addresses= -c autovacuum=off"
    " -c wal_level=minimal -c max_wal_senders=0 -c wal_writer_delay=10s"
)
"""The log is then written for those who commit, and hardly ever for the server itself."""


@dataclass(frozen=True)
class Town:
    """A database with a campaign under way, and the tokens of its volunteers."""

    url: str
    campaign: int
    tokens: dict[str, str]


class Files:
    """Makes towns in SQLite: the first at length, the others as copies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers = count(1)

    @cached_property
    def _first(self) -> Town:
        return populated(f"sqlite:///{self.folder}/town.sqlite")

    def new_town(self) -> Town:
        """Return a town like every other."""
        path = self.folder / f"town-{next(self.numbers)}.sqlite"
        shutil.copyfile(self._first.url.removeprefix("sqlite:///"), path)
        return replace(self._first, url=f"sqlite:///{path}")


class Durable(Cluster):
    """A PostgreSQL server of one's own that keeps its promises, to be crashed and restarted."""

    numbers = count(1)

    @classmethod
    def new(cls, options: str = QUIET) -> Self:
        """Take a folder."""
        return super().new(options)

    @cached_property
    def _first(self) -> Town:
        return populated(self.create("town"))

    def new_town(self) -> Town:
        """Return a town like every other."""
        first, name = self._first, f"town_{next(self.numbers)}"
        with self.connect("postgres") as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE town")
        return replace(first, url=self.url(name))

    @property
    def family(self) -> set[int]:
        """Every process of the server."""
        return {self.first, *children_of(self.first)}

    @property
    def first(self) -> int:
        """The process that starts all others."""
        return int((self.data / "postmaster.pid").read_text().splitlines()[0])

    def stop_at_once(self) -> None:
        """Stop without a checkpoint: the next start recovers from the log."""
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def kill(self) -> None:
        """Kill every process of the server."""
        # It stands still meanwhile: else it would start others that nobody kills.
        os.kill(self.first, signal.SIGSTOP)
        family = self.family
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        until(lambda: not any(map(is_alive, family)), "the end of PostgreSQL")
        # Where nobody collects the dead, they still look like a running server.
        for lock in (self.data / "postmaster.pid", self.folder / ".s.PGSQL.5432.lock"):
            lock.unlink()

    def restart(self) -> None:
        """Start again after a crash."""
        self._launch()

    @contextmanager
    def set_to(self, setting: str, value: str) -> Iterator[None]:
        """Change a setting for a while; who connects from now on has it."""
        with self.connect("postgres") as connection:
            connection.execute(f"ALTER SYSTEM SET {setting} = {value}")
            connection.execute("SELECT pg_reload_conf()")
            yield
            connection.execute(f"ALTER SYSTEM RESET {setting}")
            connection.execute("SELECT pg_reload_conf()")


def until(condition: Callable[[], T], what: str) -> T:
    """Wait for a condition to hold, and return what it found."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.005)
    raise AssertionError(f"waited {PATIENCE} seconds for {what}")


def children_of(pid: int) -> set[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        return {int(word) for word in path.read_text().split()}
    except OSError:
        return set()


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Site:
    """The server of a town, and the people who work there."""

    folder: Path
    town: Town
    planted: str
    workers: int
    cluster: Durable | None
    log: Log = field(default_factory=Log)

    def __post_init__(self) -> None:
        self.db = Database(self.town.url)
        self.orders = Orders(self.folder / "orders")
        self.port = free_port()
        self.wanted = ""
        self.volunteers: list[Volunteer] = []

    def start(self) -> None:
        """Start the server as its own process group, and wait until its workers serve."""
        command = [
            sys.executable, "-m", "tests.invariants.failpoints",
            str(self.orders.path), "serve", "--port", str(self.port),
            "--workers", str(self.workers),
        ]  # fmt: skip
        known = len(self.booted())
        with (self.folder / "server.log").open("ab") as output:
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=output, stderr=output, start_new_session=True
            )
        until(lambda: len(self.booted()) >= known + self.workers or self.process.poll(), "a start")
        assert self.process.poll() is None, self.said()

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if "RINGROUND" not in name}
        ours = {
            "RINGROUND_INSTANCE": str(self.folder),
            "RINGROUND_API_PER_MINUTE": "1000000",
            "DATABASE_URL": self.town.url,
            "PLANTED": self.planted,
        }
        return of_this_checkout({**inherited, **ours})

    def said(self) -> str:
        """What the server wrote on its standard output and error."""
        return (self.folder / "server.log").read_text()

    def booted(self) -> list[tuple[int, float]]:
        """Every worker that ever came up, with the moment."""
        lines = [line.split() for line in self.orders.noted("booted")]
        return [(int(pid), float(at)) for pid, at in lines]

    def serving(self) -> list[int]:
        """The workers that are up."""
        living = children_of(self.process.pid)
        return [pid for pid, _at in self.booted() if pid in living and is_alive(pid)]

    def is_ready(self) -> bool:
        """Whether the server answers, and its database answers the server."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as page:
                return bool(page.status == 200)
        except HTTPError as error:
            error.close()
        except OSError:
            pass
        return False

    def kill_group(self) -> None:
        """Kill every process of the server at one stroke."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def volunteer(self, name: str, random: Random) -> Volunteer:
        """Somebody who is ready to work."""
        return Volunteer(
            name, self.town.tokens[name], self.town.campaign, self.port,
            [one for one in self.town.tokens if one != name], random, self.log,
            lambda: self.orders.ahead, lambda: self.wanted,
        )  # fmt: skip

    def at_work(self, seed: int | str) -> None:
        """Let the volunteers begin."""
        self.volunteers = [
            self.volunteer(name, Random(f"{seed} {name}")) for name in self.town.tokens
        ]
        for volunteer in self.volunteers:
            volunteer.thread.start()

    def call_it_a_day(self) -> None:
        """Let the volunteers finish what they are about, however often it must be sent."""
        for volunteer in self.volunteers:
            volunteer.leaves.set()
        for volunteer in self.volunteers:
            volunteer.thread.join(PATIENCE * 2)
            assert not volunteer.thread.is_alive(), f"{volunteer.name} is stuck"

    def set_clock_forward(self) -> None:
        """Let every lease of this moment end."""
        self.log.jumps.append(time.monotonic())
        self.orders.ahead += LEASE + timedelta(minutes=1)

    def close(self) -> None:
        for volunteer in self.volunteers:
            volunteer.leaves.set()
        for volunteer in self.volunteers:
            volunteer.thread.join(PATIENCE)
        if self.process.poll() is None:
            self.kill_group()
        self.db.close()


@contextmanager
def site(
    folder: Path, makes: Files | Durable, *, workers: int = 2, planted: str = ""
) -> Iterator[Site]:
    """A new town behind a server of its own."""
    cluster = makes if isinstance(makes, Durable) else None
    found = Site(folder, makes.new_town(), planted, workers, cluster)
    found.start()
    try:
        yield found
    finally:
        found.close()


def populated(url: str) -> Town:
    """Make the tables and a town: some who live alone, families with a number in common."""
    db = Database(url)
    upgrade(db)
    cast.communities(db)
    names = [f"volunteer-{n}" for n in range(VOLUNTEERS)]
    users = [cast.add(db, name, "volunteer", team="观音山街道").user for name in names]
    alone = [resident(f"单{n}", mobile(n), mobile(500 + n)) for n in range(30)]
    families = [resident(f"户{n}", mobile(100 + n // 2), room=f"{n // 3}") for n in range(18)]
    cast.residents(db, BRIDGE, alone + families)
    campaign = cast.open_campaign(db, [BRIDGE], **RULES)
    with db.writing() as session:
        secrets = {user.name: tokens.issue(session, None, NOW, user)[1] for user in users}
    db.close()
    return Town(url, campaign, secrets)


def end_commits(url: str, random: Random) -> bool:
    """Have PostgreSQL end a connection of the server that is just committing, if there is one."""
    query = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'active'"
        " AND datname = current_database() AND pid <> pg_backend_pid() AND query = 'COMMIT'"
    )
    with psycopg.connect(url, autocommit=True) as connection:
        for _ in range(300):
            if connection.execute(query).fetchall():
                return True
            time.sleep(random.random() / 1000)
    return False
