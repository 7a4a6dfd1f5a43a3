"""A volunteer goes on without a line: nothing is lost, and everything is on record once."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Playwright, expect
from sqlalchemy import func, select

from app.calls.models import Call
from app.cases.models import Batch, CallGroup, Case
from app.cases.service import leaving
from app.cases.service.claim import claim
from app.cases.service.release import end_batches
from app.db import Database
from app.people.service import end_sessions
from tests.journeys.conftest import QUIET, chromium
from tests.journeys.line import Line, line
from tests.journeys.seeded import ZONE, Seeded, seed
from tests.journeys.served import City, founded
from tests.journeys.test_every_page import sign_in
from tests.journeys.test_main_job import one_tap
from tests.journeys.windows import PHONE, Window, said, window

STORED = """async () => {
  const { all } = await import('/static/js/device/store.js');
  const [pages, outbox] = [await all('pages'), await all('outbox')];
  const unsent = outbox.map((row) => row.state);
  const minded = !!navigator.serviceWorker.controller;
  const shell = !!await caches.match('/calls/offline');
  return { minded, shell, pages: pages.length, outbox: unsent };
}"""
AGE = """async (url) => {
  const { get, put } = await import('/static/js/device/store.js');
  const page = await get('pages', url);
  await put('pages', { ...page, until: Date.now() + 60_000 });
}"""
LEFT_MEANWHILE = """async () => {
  const held = await import('/static/js/device/held.js');
  const { all } = await import('/static/js/device/store.js');
  await held.wipe();
  const exchange = held.sync();
  await held.leave();
  await exchange;
  return (await all('pages')).length;
}"""
PATIENCE = 20.0
"""Seconds that a browser may take for what happens behind a page."""
SAVE = b"POST /calls/groups/"
LEFT_BEHIND = Path(__file__).parent / "outbox"


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[tuple[City, Seeded, Line]]:
    with founded(tmp_path, seed) as (city, seeded), line(city.url) as wire:
        yield city, seeded, wire


def test_a_shift_without_a_line(
    at_work: tuple[City, Seeded, Line], browser: Browser, photos: Path | None
) -> None:
    city, seeded, wire = at_work
    with window(browser, wire.url, photos, **PHONE) as phone:
        begin(phone, city, seeded)
        go_on_without_a_line(phone, city.db, wire)
        hide_what_is_over(phone, wire)
        lose_an_answer(phone, city.db, wire)
        leave_with_something_unsent(phone, city.db, wire)
    assert city.ringround("check")


def go_on_without_a_line(phone: Window, db: Database, wire: Line) -> None:
    before = saved(db)
    wire.cut()
    for _call in range(3):
        save(phone)
    phone.photo("offline-next", whole=False)
    phone.page.reload()
    expect(phone.page.locator("input[name=disposition]").first).to_be_attached()
    phone.go("/calls")
    phone.photo("offline-home")
    expect(phone.page.locator("[data-list=outbox] li")).to_have_count(3)
    assert saved(db) == before, "the line was not cut"
    mend(phone, wire)
    until(phone, lambda stored: not stored["outbox"])
    assert saved(db) == before + 3
    # From when the page was opened on the phone, not from when it was fetched.
    assert all(call.ended_at - call.started_at < timedelta(seconds=30) for call in newest(db, 2))


def hide_what_is_over(phone: Window, wire: Line) -> None:
    """A page whose hold is over, or nearly, is not shown: somebody else may have the number."""
    phone.go("/calls")
    phone.press_link("Go on with the next call", "en")
    here = phone.path.partition("&last=")[0]
    wire.cut()
    phone.go(here)
    expect(phone.page.locator("a.dial").first).to_be_attached()
    phone.page.evaluate(AGE, here)
    phone.go(here)
    expect(phone.page.locator("[data-offline]")).to_be_attached()
    mend(phone, wire)
    until(phone, lambda stored: stored["pages"] >= 10)


def lose_an_answer(phone: Window, db: Database, wire: Line) -> None:
    """The server has the call, and the phone does not know: it is on record once."""
    before = saved(db)
    come_back(phone, lambda: not phone.page.locator("[data-offline]").count())
    phone.press_link("Go on with the next call", "en")
    wire.lose_answer_to(SAVE)
    save(phone)
    assert wire.lost.is_set()
    assert saved(db) == before + 1
    mend(phone, wire)
    until(phone, lambda stored: not stored["outbox"])
    assert saved(db) == before + 1


def leave_with_something_unsent(phone: Window, db: Database, wire: Line) -> None:
    """Who signs out is warned; the pages go, the call stays and is sent by its ticket."""
    before = saved(db)
    phone.go("/calls")
    phone.press_link("Go on with the next call", "en")
    wire.cut()
    save(phone)
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept()

    phone.page.on("dialog", answer)
    phone.page.locator(".me summary").click()
    phone.press("Sign out", "en")
    assert asked
    until(phone, lambda stored: (stored["pages"], stored["outbox"]) == (0, ["waiting"]))
    expect(phone.page.locator("[data-list=outbox] [data-who]")).to_have_text("")
    expect(phone.page.locator("[data-leaving]")).to_be_visible()
    phone.photo("offline-left", whole=False)
    mend(phone, wire)
    until(phone, lambda stored: not stored["outbox"])
    assert saved(db) == before + 1
    # The server heard of it, too: nobody who opens the phone now finds the account open.
    come_back(phone, lambda: not phone.page.locator("[data-offline]").count())
    assert phone.path.startswith("/sign-in")


def test_a_browser_that_is_killed_and_a_session_that_ends(
    at_work: tuple[City, Seeded, Line], playwright: Playwright, tmp_path: Path
) -> None:
    city, seeded, wire = at_work
    profile = tmp_path / "profile"
    with opened(playwright, profile) as context:
        phone = Window(context.pages[0], wire.url, None)
        begin(phone, city, seeded)
        before = saved(city.db)
        wire.cut()
        save(phone)
        save(phone)
        kill(profile)
    with city.db.writing() as session:
        end_sessions(session, seeded.cast.volunteer.user.id, datetime.now(ZONE))
    with opened(playwright, profile) as context:
        phone = Window(context.pages[0], wire.url, None)
        phone.go("/calls")
        expect(phone.page.locator("[data-list=outbox] li")).to_have_count(2, timeout=15_000)
        assert saved(city.db) == before
        mend(phone, wire)
        until(phone, lambda stored: not stored["outbox"])
        assert saved(city.db) == before + 2
        come_back(phone, lambda: phone.path.startswith("/sign-in"))
        until(phone, lambda stored: not stored["pages"])
    assert city.ringround("check")


def test_what_is_taken_away_meanwhile(
    at_work: tuple[City, Seeded, Line], browser: Browser, photos: Path | None
) -> None:
    city, seeded, wire = at_work
    me, colleague = seeded.cast.volunteer.user, seeded.cast.colleague.user
    with window(browser, wire.url, photos, **PHONE) as phone:
        begin(phone, city, seeded)
        before = saved(city.db)
        wire.cut()
        save(phone)
        with city.db.writing() as session:
            moment = datetime.now(ZONE) + timedelta(seconds=1)
            end_batches(session, batches(session, me.id), moment, "expired")
            claim(session, colleague, moment, seeded.campaign, 60)
        save(phone)
        with city.db.writing() as session:
            leaving.deactivate(session, None, datetime.now(ZONE), me.id)
        save(phone)
        phone.go("/calls")
        mend(phone, wire)
        until(phone, lambda stored: stored["outbox"] == ["kept"] * 3)
        phone.photo("offline-kept")
        reasons = phone.page.locator("[data-list=outbox] [data-why]:visible")
        expect(reasons).to_have_count(3)
        phone.page.get_by_role("button", name=said("Understood", "en")).first.click()
        until(phone, lambda stored: len(stored["outbox"]) == 2)
    assert saved(city.db) == before + 3
    assert not any(call.applied for call in newest(city.db, 3))
    assert city.ringround("check")


def test_what_an_earlier_version_left_behind(
    at_work: tuple[City, Seeded, Line], browser: Browser
) -> None:
    city, seeded, _wire = at_work
    with window(browser, city.url, None, **PHONE) as phone:
        sign_in(phone, seeded.cast.volunteer, "en")
        phone.press_link("Go on with the next call", "en")
        fields = phone.page.evaluate("[...new FormData(document.querySelector('main form'))]")
        where = phone.path
    before = saved(city.db)
    for left in sorted(LEFT_BEHIND.glob("v*.js")):
        with window(browser, city.url, None, **PHONE) as phone:
            phone.go("/sign-in")
            case = dict(fields)["case"]
            sent = [one for one in fields if one[0] not in {"disposition", "key"}]
            sent += [["disposition", "busy"], ["key", left.name]]
            phone.page.evaluate(
                left.read_text("utf-8"),
                {"url": where, "fields": sent, "at": 1, "caseId": case, "user": 1},
            )
            sign_in(phone, seeded.cast.volunteer, "en")
            until(phone, lambda stored: not stored["outbox"])
        before += 1
        assert saved(city.db) == before, left.name


def test_whoever_comes_next_finds_nothing_of_who_was_there(
    at_work: tuple[City, Seeded, Line], browser: Browser
) -> None:
    """Also somebody who does not ring, whose pages mind no device."""
    city, seeded, _wire = at_work
    with window(browser, city.url, None, **PHONE) as phone:
        begin(phone, city, seeded)
        phone.page.context.clear_cookies()
        sign_in(phone, seeded.cast.supervisor, "zh")
        until(phone, lambda stored: not stored["pages"])


def test_what_was_asked_for_before_somebody_left_is_not_kept(
    at_work: tuple[City, Seeded, Line], browser: Browser
) -> None:
    city, seeded, _wire = at_work
    with window(browser, city.url, None, **PHONE) as phone:
        begin(phone, city, seeded)
        assert phone.page.evaluate(LEFT_MEANWHILE) == 0


def begin(phone: Window, city: City, seeded: Seeded) -> None:
    """Open the first call screen, and wait until all that is in hand is on the device."""
    sign_in(phone, seeded.cast.volunteer, "en")
    phone.press_link("Go on with the next call", "en")
    pages = in_hand(city.db, seeded)
    until(phone, lambda stored: stored["minded"] and stored["pages"] == pages)


def save(phone: Window) -> None:
    """Save, and see that the next resident comes, whatever the line is like."""
    here = phone.path
    one_tap(phone, "no_answer")
    assert phone.path != here
    expect(phone.page.locator("input[name=disposition]").first).to_be_attached()


def mend(phone: Window, wire: Line) -> None:
    wire.mend()
    phone.page.evaluate("dispatchEvent(new Event('online'))")


def come_back(phone: Window, is_back: Callable[[], bool]) -> None:
    """Ask for the first page until the device has noticed that there is a line again."""
    deadline = monotonic() + PATIENCE
    phone.go("/calls")
    while not is_back():
        assert monotonic() < deadline, phone.path
        phone.go("/calls")


def until(phone: Window, holds: Callable[[Any], bool]) -> None:
    """Wait until this holds of what is stored on the device."""
    deadline = monotonic() + PATIENCE
    while not holds(stored := phone.page.evaluate(STORED)):
        assert monotonic() < deadline, stored
        phone.page.wait_for_timeout(50)


def in_hand(db: Database, seeded: Seeded) -> int:
    query = (
        select(func.count(Case.id))
        .join(CallGroup, CallGroup.id == Case.group_id)
        .join(Batch, Batch.id == CallGroup.batch_id)
        .where(Case.state == "held", Batch.user_id == seeded.cast.volunteer.user.id)
    )
    with db.reading() as session:
        return session.scalar(query) or 0


def batches(session: Any, user_id: int) -> list[int]:
    query = select(Batch.id).where(Batch.user_id == user_id, Batch.ended_at.is_(None))
    return list(session.scalars(query))


def saved(db: Database) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count(Call.id))) or 0


def newest(db: Database, many: int) -> list[Call]:
    with db.reading() as session:
        return list(session.scalars(select(Call).order_by(Call.id.desc()).limit(many)))


@contextmanager
def opened(playwright: Playwright, profile: Path) -> Iterator[BrowserContext]:
    """A browser with a profile of its own, which outlives it."""
    context = playwright.chromium.launch_persistent_context(
        str(profile), executable_path=chromium(), args=QUIET, locale="zh-CN", **PHONE
    )
    yield context
    with suppress(Exception):  # a browser that was killed can't be closed
        context.close()


def kill(profile: Path) -> None:
    """Kill every process of the browser that has this profile."""
    for found in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if f"--user-data-dir={profile}".encode() in found.read_bytes():
                os.kill(int(found.parent.name), signal.SIGKILL)
