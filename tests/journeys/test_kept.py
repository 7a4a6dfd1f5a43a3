"""What a device says of a call: saved by the server, kept on the device, or neither."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.line import Line, line
from tests.journeys.seeded import Seeded
from tests.journeys.served import City
from tests.journeys.test_main_job import choose, one_tap
from tests.journeys.test_no_line import SAVE, begin, mend, save, saved, until
from tests.journeys.windows import PHONE, said, window


@pytest.fixture
def on_line(at_work: tuple[City, Seeded]) -> Iterator[tuple[City, Seeded, Line]]:
    city, seeded = at_work
    with line(city.url) as wire:
        yield city, seeded, wire


DONE = """async (id) => {
  const { all } = await import('/static/js/device/store.js');
  return (await all('pages')).find((one) => one.case === id)?.done;
}"""


def test_a_call_counts_as_saved_only_where_the_server_says_so(
    on_line: tuple[City, Seeded, Line], browser: Browser
) -> None:
    """Not where something in front of it leads to another page."""
    city, seeded, wire = on_line
    with window(browser, wire.url, None, **PHONE) as phone:
        begin(phone, city, seeded)
        before, here = saved(city.db), phone.path
        case = int(phone.page.locator("input[name=case]").input_value())
        wire.lead_away(SAVE)
        one_tap(phone, "no_answer")
        assert (phone.path, saved(city.db)) == ("/genuine", before)
        assert phone.page.evaluate(DONE, case) is False
        wire.mend()
        phone.go(here)
        wire.lose_answer_to(b"GET /calls/groups/")  # the page that the save leads to
        one_tap(phone, "no_answer")
        assert wire.lost.is_set()
        assert saved(city.db) == before + 1
        assert phone.page.evaluate(DONE, case) is True


RUNG_MEANWHILE = """async () => {
  const held = await import('/static/js/device/held.js');
  const { all, drop } = await import('/static/js/device/store.js');
  const [first, second] = (await all('pages')).sort((a, b) => a.place - b.place);
  await drop('pages', first.url);
  const ask = window.fetch;
  window.fetch = async (...given) => {
    if (given[0] !== '/calls/held') await held.done([second.case]);
    return ask(...given);
  };
  await held.sync();
  const pages = await all('pages');
  return [first, second].map(({ case: id }) => pages.find((one) => one.case === id).done);
}"""


def test_who_is_rung_while_others_are_taken_is_not_offered_again(
    on_line: tuple[City, Seeded, Line], browser: Browser
) -> None:
    city, seeded, wire = on_line
    with window(browser, wire.url, None, **PHONE) as phone:
        begin(phone, city, seeded)
        assert phone.page.evaluate(RUNG_MEANWHILE) == [False, True]


BREAK = """() => new Promise((resolve) => {
  const request = indexedDB.open('ringround', 1000);
  request.onsuccess = () => { request.result.close(); resolve(); };
})"""
MEND = """() => new Promise((resolve) => {
  indexedDB.deleteDatabase('ringround').onsuccess = resolve;
})"""


def test_a_device_that_can_not_keep_a_call_says_so(
    on_line: tuple[City, Seeded, Line], browser: Browser, photos: Path | None
) -> None:
    """Whatever is wrong with its store: here a version is in it that we can't open."""
    city, seeded, wire = on_line
    with window(browser, wire.url, photos, **PHONE) as phone:
        begin(phone, city, seeded)
        before, here = saved(city.db), phone.path
        wire.cut()
        phone.page.evaluate(BREAK)
        choose(phone, "completed")
        phone.page.get_by_role("button", name=said("Save and next", "en"), exact=True).click()
        expect(phone.page.locator("[data-line-not-kept]")).to_be_visible()
        phone.photo("offline-not-kept", whole=False)
        assert phone.path == here
        expect(phone.page.locator("input[name=disposition][value=completed]")).to_be_checked()
        phone.page.evaluate(MEND)
        wire.mend()
        phone.press("Save and next", "en")
        mend(phone, wire)
        until(phone, lambda stored: not stored["outbox"])
    assert saved(city.db) == before + 1


KEEPS_NO_PAGE = """() => {
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (...given) {
    if (this.name === 'pages') throw new DOMException('no space', 'QuotaExceededError');
    return put.apply(this, given);
  };
}"""


def test_a_call_that_is_kept_is_said_to_be_so_whatever_else_fails(
    on_line: tuple[City, Seeded, Line], browser: Browser
) -> None:
    """Else it would be written down, or saved a second time."""
    city, seeded, wire = on_line
    with window(browser, wire.url, None, **PHONE) as phone:
        begin(phone, city, seeded)
        before = saved(city.db)
        (worker,) = phone.page.context.service_workers
        wire.cut()
        worker.evaluate(KEEPS_NO_PAGE)
        save(phone)
        expect(phone.page.locator("[data-line-kept]")).to_be_visible()
        expect(phone.page.locator("[data-line-not-kept]")).to_be_hidden()
        until(phone, lambda stored: stored["outbox"] == ["waiting"])
        mend(phone, wire)
        until(phone, lambda stored: not stored["outbox"])
    assert saved(city.db) == before + 1
