"""What every test stands on: both databases, a clock, the app, and no way out of this machine."""

import ipaddress
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import hypothesis
import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache

from app.config import Settings
from app.db import Database
from tests.house.pages import CheckingClient
from tests.postgres import Cluster, Reset

CLUSTER = pytest.StashKey[Cluster]()

LONG = (
    "tests/journeys/", "tests/invariants/", "tests/cli/test_installed.py",
    "tests/api/test_schemathesis.py", "tests/residents/test_reader.py",
)  # fmt: skip
"""Where tests take long."""
CROWDS = (
    "tests/api/test_schemathesis", "tests/journeys/", "tests/invariants/test_kill",
    "tests/invariants/test_planted", "tests/invariants/test_queue", "tests/invariants/test_storm",
    "tests/invariants/test_synced",
)  # fmt: skip
"""Where thousands of acts go the ways that other tests go once, or the app runs elsewhere."""

PAGES = ("*pages.py", "test_access.py", "test_report_route.py", "test_main_job.py")
"""Where pages are asked for, and no statement that elsewhere is not run on either engine."""

THOROUGH = bool(os.environ.get("THOROUGH"))
"""Whether to look longer than before each commit: see ``make thorough``."""

# A busy machine is no reason to fail: speed belongs in the benchmarks.
hypothesis.settings.register_profile(
    "house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    given = getattr(config, "workerinput", None)
    config.stash[CLUSTER] = Cluster(Path(given["postgres"])) if given else Cluster.new()
    sys.addaudithook(_stay_at_home)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell each worker of pytest-xdist where the server of this run is."""
    node.workerinput["postgres"] = str(node.config.stash[CLUSTER].folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.stash[CLUSTER].remove()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spare what shows nothing new: the suite is to be short enough to be run before each commit.

    Pages hold no SQL of their own: their tests run on SQLite, and each page is asked for on
    PostgreSQL as well, by ``test_a_get_changes_nothing``. Where a test runs on either database,
    coverage follows it on SQLite alone, and crowds not at all.
    """
    names = {item.nodeid for item in items}
    twins = {
        item for item in items
        if "postgresql" in item.nodeid and item.nodeid.replace("postgresql", "sqlite") in names
    }  # fmt: skip
    items[:] = [item for item in items if item not in twins or not any(map(item.path.match, PAGES))]
    items[:] = _longest_first(items)
    for item in items:
        if item in twins or item.nodeid.startswith(CROWDS):
            item.add_marker("no_cover")


def _longest_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """What takes a minute is not begun last: each worker begins with its share of that.

    Each is given as many tests in a row as the others, and takes from them when it is done.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    long = [item for item in items if item.nodeid.startswith(LONG)]
    short = [item for item in items if not item.nodeid.startswith(LONG)]
    size = -(-len(short) // workers)
    shares = [[*long[k::workers], *short[k * size : (k + 1) * size]] for k in range(workers)]
    return list(chain.from_iterable(shares))


class OutsideWorldError(Exception):
    """A test asked for something outside this machine. No OSError: nothing may catch it quietly."""


def _stay_at_home(event: str, args: tuple[Any, ...]) -> None:
    """Refuse, below every library written in Python, to connect or look up anywhere but here."""
    if event in {"socket.connect", "socket.sendto"} and isinstance(args[1], tuple):
        host = args[1][0]
    elif event == "socket.getaddrinfo":
        host = args[0]
    else:
        return
    if not _is_here(host):
        raise OutsideWorldError(f"{event}: {host}")


def _is_here(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode()
    if host in {None, "", "localhost"} or not isinstance(host, str):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


@dataclass
class Clock:
    """The time, as the test says it is."""

    now: datetime = datetime(2026, 11, 24, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def of_this_checkout(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a command that is to run the code beside these tests, whatever
    checkout the Python that starts it was set up for.
    """
    path = [str(Path(__file__).parents[1]), *environment.get("PYTHONPATH", "").split(os.pathsep)]
    return {**environment, "PYTHONPATH": os.pathsep.join(filter(None, path))}


def migrate(url: str) -> None:
    """Bring the database at this URL up to date."""
    from app.upkeep.schema import upgrade

    database = Database(url)
    upgrade(database)
    database.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied. With its last connection its log is gone, too."""
    path = tmp_path_factory.mktemp("template") / "ringround.sqlite"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def cluster(pytestconfig: pytest.Config) -> Cluster:
    """The PostgreSQL server of this run; ``create`` starts it and makes a database."""
    return pytestconfig.stash[CLUSTER]


@pytest.fixture(scope="session")
def postgresql_reset(cluster: Cluster, worker_id: str) -> Iterator[Reset]:
    """This worker's migrated PostgreSQL database, and how to empty it."""
    name = f"ringround_{worker_id}"
    migrate(cluster.create(name))
    reset = Reset(cluster, name)
    yield reset
    reset.connection.close()


@pytest.fixture(scope="session")
def sqlite_file() -> Iterator[Path]:
    """Where this worker's SQLite database stands, anew for each test: in memory where the machine
    offers files there, for no test needs its data to outlive a power cut.
    """
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder) / "ringround.sqlite"


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated database as it is when new; each test runs once on either engine."""
    if request.param == "postgresql":
        reset: Reset = request.getfixturevalue("postgresql_reset")
        reset()
        return reset.cluster.url(reset.database)
    path: Path = request.getfixturevalue("sqlite_file")
    for left in path.parent.iterdir():
        left.unlink()
    shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
    return f"sqlite:///{path}"


@cache
def shared(url: str) -> Database:
    """One engine for all tests of a worker: it keeps the statements that it has compiled.

    Closing it gives back its connections; it makes new ones when it is asked again. (Connections
    kept from test to test would each go on filling their own pages: rows of one test would lie in
    any order.)
    """
    return Database(url)


@pytest.fixture
def settings(engine_url: str, tmp_path: Path) -> Settings:
    return Settings(instance=tmp_path, database_url=engine_url, secret_key="no secret " * 4)


@pytest.fixture
def db(settings: Settings) -> Iterator[Database]:
    """The database of this test. What it commits is gone before the next."""
    database = shared(settings.database_url)
    yield database
    database.close()


@pytest.fixture(scope="session")
def bytecode(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where compiled templates wait for the next test's app."""
    return tmp_path_factory.mktemp("bytecode")


@pytest.fixture
def new_app(settings: Settings, clock: Clock, bytecode: Path) -> Iterator[Flask]:
    """An app of this test alone, for tests that change it."""
    flask = made(settings, bytecode)
    flask.extensions["clock"] = clock
    yield flask
    flask.extensions["database"].close()


@pytest.fixture(scope="session")
def apps() -> dict[str, Flask]:
    """The apps of this worker, by the URL of their database."""
    return {}


@pytest.fixture
def app(
    settings: Settings, clock: Clock, bytecode: Path, apps: dict[str, Flask]
) -> Iterator[Flask]:
    """The app, as it is when new: making its addresses anew for each test takes long."""
    from app.api import access

    if settings.database_url not in apps:
        apps[settings.database_url] = made(settings, bytecode)
    flask = apps[settings.database_url]
    flask.config["RINGROUND"] = settings
    flask.extensions["clock"] = clock
    access.init(flask)
    yield flask
    flask.extensions["database"].close()


def made(settings: Settings, bytecode: Path) -> Flask:
    from app import create_app

    flask = create_app(settings)
    flask.testing = True
    flask.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(bytecode))
    flask.test_client_class = CheckingClient
    flask.extensions["database"].close()
    flask.extensions["database"] = shared(settings.database_url)
    return flask


@pytest.fixture
def client(app: Flask) -> CheckingClient:
    """A browser that looks at each page it gets: see ``tests/house/pages.py``."""
    client = app.test_client()
    assert isinstance(client, CheckingClient)
    return client
