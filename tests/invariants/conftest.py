"""Towns behind servers that may be killed."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.invariants.site import Durable, Files, Site, site

OpenSite = Callable[..., AbstractContextManager[Site]]


@pytest.fixture(scope="session")
def durable() -> Iterator[Durable]:
    """A PostgreSQL server of this process that keeps its promises, unlike that of the run."""
    cluster = Durable.new()
    yield cluster
    cluster.remove()


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Towns in SQLite."""
    return Files(tmp_path_factory.mktemp("towns"))


@pytest.fixture
def opens_site(request: pytest.FixtureRequest, tmp_path: Path) -> OpenSite:
    """How a test opens a site: ``opens_site("sqlite")``."""

    def opened(engine: str, **more: Any) -> AbstractContextManager[Site]:
        makes = request.getfixturevalue("durable" if engine == "postgresql" else "files")
        return site(tmp_path, makes, **more)

    return opened
