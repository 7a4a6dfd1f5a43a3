"""Whether the storm finds anything: bugs are planted, and each must turn it red."""

import logging
from collections.abc import Callable
from pathlib import Path
from shutil import copyfile

import pytest

from app.db import Database
from tests.conftest import migrate
from tests.invariants.crowd import FORK, gathered, laws_broken
from tests.invariants.planted import PLANTED
from tests.postgres import Cluster

LOG = logging.getLogger(__name__)
STORMS = {3: 8, 4: 8, 5: 16, 6: 32, 7: 64}
"""Steps by seed: a short storm need not meet a bug; then a longer one has to."""


@pytest.fixture(scope="session")
def postgresql_template(cluster: Cluster, worker_id: str) -> str:
    """A migrated database that nobody is connected to, to be copied."""
    name = f"ringround_{worker_id}_template"
    migrate(cluster.create(name))
    return name


@pytest.fixture
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str, int], str]:
    """Make a database that may be damaged; returns its URL."""

    def make(engine: str, seed: int) -> str:
        if engine == "sqlite":
            path = tmp_path / f"{seed}.sqlite"
            copyfile(request.getfixturevalue("sqlite_template"), path)
            return f"sqlite:///{path}"
        cluster: Cluster = request.getfixturevalue("cluster")
        template = request.getfixturevalue("postgresql_template")
        with cluster.connect("postgres") as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{template}_copy" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{template}_copy" TEMPLATE "{template}"')
        return cluster.url(f"{template}_copy")

    return make


def red(url: str, folder: Path, seed: int, plant: Callable[[Database], None] | None) -> list[str]:
    """What a storm says in a child process in which a bug was planted."""
    ours, theirs = FORK.Pipe()

    def child() -> None:
        db = Database(url)
        storm = gathered(db, url, folder, seed)
        if plant:
            plant(db)
        storm.break_loose(STORMS[seed])
        theirs.send([*storm.unknown(), *storm.verdict(db).broken, *laws_broken(db)])
        db.close()

    process = FORK.Process(target=child)
    process.start()
    theirs.close()
    try:
        said: list[str] = ours.recv()
    except EOFError:
        said = ["the storm itself came to nothing"]
    process.join()
    return said


@pytest.mark.parametrize(
    ("engine", "plant"),
    [
        pytest.param(engine, plant, id=f"{plant.__name__}-{engine}")
        for plant, engines in PLANTED.items()
        for engine in engines
    ],
)
def test_a_planted_bug_is_caught(
    fresh: Callable[[str, int], str],
    tmp_path: Path,
    engine: str,
    plant: Callable[[Database], None],
) -> None:
    for seed in STORMS:
        folder = tmp_path / str(seed)
        folder.mkdir()
        said = red(fresh(engine, seed), folder, seed, plant)
        if said:
            LOG.info("%s on %s, seed %s: %s", plant.__name__, engine, seed, said[0])
            return
    pytest.fail(f"nobody noticed {plant.__name__}")
