"""What a bad line has to carry: sizes, never times, and nothing from anybody else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from app.db import Database
from tests.conftest import migrate
from tests.journeys.seeded import Seeded, seed
from tests.journeys.served import City, serving
from tests.journeys.test_every_page import enter
from tests.journeys.test_main_job import choose
from tests.journeys.windows import PHONE, window
from tests.journeys.wire import Line, line

FIRST_PAGE = 70_000
FURTHER_CASE = 8_000
CASES = 5


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[tuple[City, Seeded]]:
    url = f"sqlite:///{tmp_path}/ringround.sqlite"
    migrate(url)
    database = Database(url)
    seeded = seed(database)
    database.close()
    with serving(tmp_path, url) as city:
        yield city, seeded


@pytest.fixture
def wire(at_work: tuple[City, Seeded]) -> Iterator[Line]:
    with line(int(at_work[0].url.rsplit(":", 1)[1])) as found:
        yield found


def test_what_goes_over_the_line(
    at_work: tuple[City, Seeded], wire: Line, browser: Browser, photos: Path | None
) -> None:
    """A window also fails this test when any page asks another host for anything."""
    _city, seeded = at_work
    with window(browser, wire.url, photos, **PHONE) as phone:
        phone.go("/sign-in")
        phone.page.wait_for_load_state("networkidle")
        first = wire.since()
        assert first <= FIRST_PAGE, f"the first page takes {first} bytes in all"

        enter(phone, seeded.cast.volunteer, "zh")
        phone.go("/calls")
        phone.page.wait_for_load_state("networkidle")
        signed_in = wire.since()
        assert first + signed_in <= FIRST_PAGE, f"until home it takes {first + signed_in} bytes"

        phone.press_link("Go on with the next call")
        phone.page.wait_for_load_state("networkidle")
        wire.since()
        further = []
        for _case in range(CASES):
            choose(phone, "no_answer")
            phone.press("Save and next")
            phone.page.wait_for_load_state("networkidle")
            further.append(wire.since())
    assert max(further) <= FURTHER_CASE, f"further cases take {further} bytes"
