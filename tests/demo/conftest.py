"""The demo city, built once for all tests of it: that takes a while."""

import fcntl
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from app import create_app
from app.config import Settings
from app.db import Database
from app.demo import Account, build
from tests.conftest import Clock, migrate


@dataclass(frozen=True)
class City:
    """A database with the demo in it, and the accounts."""

    settings: Settings
    database: Database
    accounts: list[Account]
    said: list[str]


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[City]:
    """The workers of a run share one city: the first that asks for it builds it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "city"
    folder.mkdir(exist_ok=True)
    url = f"sqlite:///{folder / 'ringround.sqlite'}"
    settings = Settings(instance=folder, database_url=url, secret_key="no secret " * 4, lang="en")
    told = folder / "told.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            _build(settings, told)
    kept = json.loads(told.read_text())
    database = Database(url)
    yield City(settings, database, [Account(**a) for a in kept["accounts"]], kept["said"])
    database.close()


def _build(settings: Settings, told: Path) -> None:
    migrate(settings.database_url)
    app = create_app(settings, clock=Clock())
    database: Database = app.extensions["database"]
    said: list[str] = []
    accounts: list[Account] = []
    with app.app_context():
        build(database, Clock.now, said.append, accounts.extend)
    database.close()
    told.write_text(json.dumps({"said": said, "accounts": [asdict(a) for a in accounts]}))
