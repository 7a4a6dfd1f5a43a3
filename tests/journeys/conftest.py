"""Chromium, a place for the pictures, and a city that is served on either database."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from app.db import Database
from app.territory import service as territory
from tests.cast import NOW
from tests.journeys.seeded import Seeded, seed
from tests.journeys.served import City, founded, serving
from tests.journeys.windows import Window, window

COMMUNITIES = Path(__file__).parents[2] / "app" / "demo" / "communities.csv"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

Open = Callable[..., AbstractContextManager[Window]]


def chromium() -> str:
    """Return where Chromium is: without the windows that nobody would see."""
    found = shutil.which("chromium-headless-shell")
    assert found, "Chromium is missing: run `make browser`."
    return found


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    found = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
    yield found
    found.close()


@pytest.fixture(scope="session")
def photos() -> Path | None:
    """The folder for pictures, where somebody names one: taking them costs a journey a third of
    its time.
    """
    given = os.environ.get("RINGROUND_SCREENSHOTS")
    if not given:
        return None
    folder = Path(given)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def at_work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[City, Seeded]]:
    """A served city where work is under way, and what stands in it."""
    with founded(tmp_path_factory.mktemp("instance"), seed) as found:
        yield found


@pytest.fixture
def city(engine_url: str, tmp_path: Path) -> Iterator[City]:
    """A served city of 46 communities, without residents or accounts."""
    database = Database(engine_url)
    with database.writing() as session:
        territory.load(session, None, NOW, COMMUNITIES.read_text("utf-8"), COMMUNITIES.name)
    database.close()
    with serving(tmp_path, engine_url) as served:
        yield served


@pytest.fixture
def opens(browser: Browser, city: City, photos: Path | None) -> Open:
    """How a person of this city opens a window: ``opens(**PHONE)``."""
    opened: Callable[..., Any] = partial(window, browser, city.url, photos)
    return opened
