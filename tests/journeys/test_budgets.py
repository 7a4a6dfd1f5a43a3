"""What a bad line has to carry: sizes, never times, and nothing from anybody else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.journeys.line import Line, line
from tests.journeys.seeded import Seeded, seed
from tests.journeys.served import City, founded
from tests.journeys.test_every_page import enter, sign_in
from tests.journeys.test_main_job import one_tap
from tests.journeys.windows import PHONE, window

FIRST_PAGE = 70_000
FURTHER_CASE = 8_000
DEVICE = 2_000
"""What a case may take beside, to tell the device what is held."""
CASES = 3
HELD = 20
"""How many the volunteer holds: their pages are brought to the device."""


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[tuple[City, Seeded]]:
    with founded(tmp_path, seed) as found:
        yield found


@pytest.fixture
def wire(at_work: tuple[City, Seeded]) -> Iterator[Line]:
    with line(at_work[0].url) as found:
        yield found


def test_the_first_page(
    at_work: tuple[City, Seeded], wire: Line, browser: Browser, photos: Path | None
) -> None:
    """A window also fails this test when any page asks another host for anything."""
    _city, seeded = at_work
    with window(browser, wire.url, photos, **PHONE) as phone:
        phone.go("/sign-in")
        first = wire.since()
        assert first <= FIRST_PAGE, f"the first page takes {first} bytes in all"
        sign_in(phone, seeded.cast.colleague, "zh")
        signed_in = wire.since()
    # With the service worker, and what that takes for when there is no line.
    assert signed_in <= FIRST_PAGE, f"the first page of who signed in takes {signed_in} bytes"


@pytest.mark.parametrize(
    ("workers", "most"), [("block", FURTHER_CASE), ("allow", FURTHER_CASE + DEVICE)]
)
def test_each_further_case(
    at_work: tuple[City, Seeded], wire: Line, browser: Browser, photos: Path | None,
    workers: str, most: int,
) -> None:  # fmt: skip
    """The page itself; and with what goes on behind it to keep the device up to date."""
    _city, seeded = at_work
    with window(browser, wire.url, photos, **PHONE, service_workers=workers) as phone:
        enter(phone, seeded.cast.volunteer, "zh")
        assert wire.since() <= FIRST_PAGE + HELD * FURTHER_CASE
        phone.press_link("Go on with the next call")
        wire.since()
        further = []
        for _case in range(CASES):
            one_tap(phone, "no_answer")
            further.append(wire.since())
    assert max(further) <= most, f"further cases take {further} bytes"
