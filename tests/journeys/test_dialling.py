"""From a tap on the dial button to what came of it: whatever becomes of the page meanwhile."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from app.calls.models import Dial
from app.db import Database
from tests.journeys.seeded import Seeded
from tests.journeys.served import City
from tests.journeys.test_every_page import enter
from tests.journeys.test_main_job import calls, choose, one_tap
from tests.journeys.test_no_line import until
from tests.journeys.windows import DESKTOP, PHONE, Window, window, without_telephone

KEPT = """
() => new Promise((resolve) => {
  indexedDB.open("ringround").onsuccess = ({ target }) => {
    const found = target.result.transaction("dials").objectStore("dials").getAll();
    found.onsuccess = () => { target.result.close(); resolve(found.result); };
  };
})
"""


BOTH_SIZES = pytest.mark.parametrize(
    "opened", [PHONE, DESKTOP], ids=["phone", "desktop"], indirect=True
)


@pytest.fixture
def opened(
    at_work: tuple[City, Seeded],
    browser: Browser,
    photos: Path | None,
    request: pytest.FixtureRequest,
) -> Iterator[Window]:
    """The volunteer's window, on the next resident they ring, in English."""
    city, seeded = at_work
    with window(browser, city.url, photos, **getattr(request, "param", PHONE)) as opened:
        without_telephone(opened)
        enter(opened, seeded.cast.volunteer, "en")
        opened.go("/calls")
        opened.press_link("Go on with the next call", "en")
        yield opened


@pytest.fixture
def db(at_work: tuple[City, Seeded]) -> Database:
    return at_work[0].db


def dials(db: Database) -> list[Dial]:
    with db.reading() as session:
        return list(session.scalars(select(Dial).order_by(Dial.id)))


def tap(opened: Window) -> None:
    opened.page.locator("a.dial").first.click()
    opened.page.wait_for_function("() => window.rang")


def case_of(opened: Window) -> int:
    found = re.search(r"case=(\d+)", opened.path)
    assert found
    return int(found[1])


@BOTH_SIZES
def test_whoever_comes_back_is_asked(opened: Window, db: Database) -> None:
    asked, case = opened.page.locator("[data-asked]"), case_of(opened)
    name = opened.page.locator("h1").inner_text()
    expect(asked).to_be_hidden()
    with opened.page.expect_response("**/dials"):
        tap(opened)
    (kept,) = opened.page.evaluate(KEPT)
    assert set(kept) == {"id", "user", "case", "group", "number", "at", "ticket", "sent", "told"}
    assert name not in str(kept)
    assert opened.page.evaluate("window.rang").removeprefix("tel:") not in str(kept)

    expect(asked).to_contain_text("how did it go?")
    expect(asked.locator("[data-timer]")).to_have_text(re.compile(r"^00:\d0$"))
    opened.page.reload()
    expect(asked).to_contain_text("how did it go?")
    expect(asked.locator("[data-timer]")).to_be_visible()
    opened.page.close()
    opened.page = opened.page.context.new_page()
    opened.go("/calls")
    opened.photo("home-asks", whole=False)
    listed = opened.page.locator(f"[data-loose] [data-case='{case}'] a")
    expect(listed).to_contain_text(name)
    with opened.page.expect_navigation():
        listed.click()
    one_tap(opened, "no_answer")
    saved, dialled = calls(db)[-1], dials(db)[-1]
    assert (saved.case_id, saved.disposition, saved.applied) == (case, "no_answer", True)
    assert abs(saved.started_at - dialled.dialled_at) < timedelta(milliseconds=1)
    opened.go("/calls")
    expect(listed).to_have_count(0)
    assert opened.page.evaluate(KEPT) == []


def test_a_tap_that_could_not_be_sent_is_asked_for_and_sent_later(
    opened: Window, db: Database
) -> None:
    case, before = case_of(opened), len(dials(db))
    context = opened.page.context
    until(opened, lambda stored: stored["minded"] and stored["shell"])
    context.set_offline(True)
    tap(opened)
    opened.page.close()
    opened.page = context.new_page()
    opened.go("/calls")
    listed = opened.page.locator(f"[data-loose] [data-case='{case}'] a")
    expect(listed).to_be_visible()
    assert len(dials(db)) == before
    context.set_offline(False)
    with opened.page.expect_response("**/dials"):
        opened.go("/calls")
    assert [one.case_id for one in dials(db)[before:]] == [case]
    with opened.page.expect_navigation():
        listed.click()
    expect(opened.page.locator("[data-asked]")).to_contain_text("how did it go?")
    one_tap(opened, "busy")


def test_who_did_not_ring_says_so(opened: Window, db: Database) -> None:
    with opened.page.expect_response("**/dials"):
        tap(opened)
    with opened.page.expect_response("**/dials/withdraw"):
        opened.page.locator("[data-withdraw]").click()
    expect(opened.page.locator("[data-asked]")).to_be_hidden()
    opened.page.reload()
    expect(opened.page.locator("[data-asked]")).to_be_hidden()
    assert dials(db)[-1].withdrawn_at is not None


@BOTH_SIZES
def test_from_batch_open_to_saved_takes_two_taps(opened: Window, db: Database) -> None:
    """The dial and the result; and what was tapped twice is not saved of the next resident."""
    before, first = len(calls(db)), opened.path
    tap(opened)
    with opened.page.expect_navigation(wait_until="domcontentloaded"):
        opened.page.locator("button[name=quick][value=no_answer]").dblclick()
    assert opened.path != first
    expect(opened.page.locator("a.dial").first).to_be_visible()
    opened.go("/calls")
    assert [call.disposition for call in calls(db)[before:]] == ["no_answer"]


GUARD = """
(key) => {
  key.style.animation = "none";
  key.getBoundingClientRect();
  key.style.animation = "";
  const [guard] = key.getAnimations();
  guard.pause();
  return [0, 1100].map((at) => {
    guard.currentTime = at;
    return getComputedStyle(key).pointerEvents;
  });
}
"""


def test_a_tap_meant_for_the_page_before_is_not_taken(opened: Window) -> None:
    key = opened.page.locator("button[name=quick][value=busy]")

    assert key.evaluate(GUARD) == ["none", "auto"]


def test_the_enter_key_saves_what_was_chosen(opened: Window, db: Database) -> None:
    before = len(calls(db))
    choose(opened, "callback_requested")
    opened.page.locator("#callback_at").press("Enter")
    expect(opened.page.get_by_role("alert")).to_contain_text("Say when to ring again")
    assert len(calls(db)) == before


def test_a_note_outlives_a_reload_but_not_the_save(opened: Window, db: Database) -> None:
    note = opened.page.locator("#note")
    note.fill("hard of hearing")
    opened.page.reload()
    expect(note).to_have_value("hard of hearing")
    one_tap(opened, "busy")
    assert calls(db)[-1].note == "hard of hearing"
    expect(note).to_have_value("")
    assert opened.page.evaluate("sessionStorage.length") == 0
    note.fill("for nobody else")
    opened.go("/calls")
    assert opened.page.evaluate("sessionStorage.length") == 1
    opened.page.evaluate("document.querySelector('form[action=\"/sign-out\"]').requestSubmit()")
    opened.page.wait_for_url("**/sign-in")
    assert opened.page.evaluate("sessionStorage.length") == 0


def test_without_scripts_one_tap_saves(
    at_work: tuple[City, Seeded], browser: Browser, photos: Path | None
) -> None:
    city, seeded = at_work
    with window(browser, city.url, photos, **PHONE, java_script_enabled=False) as phone:
        enter(phone, seeded.cast.volunteer, "en")
        phone.go("/calls")
        phone.press_link("Go on with the next call", "en")
        expect(phone.page.locator("a.dial").first).to_have_attribute(
            "href", re.compile(r"^tel:\+86")
        )
        case = case_of(phone)
        one_tap(phone, "unreachable")
        saved = calls(city.db)[-1]
        assert (saved.case_id, saved.disposition) == (case, "unreachable")


SHOWN = "dialog[data-keys] kbd"


def test_every_action_has_a_key(
    at_work: tuple[City, Seeded], browser: Browser, photos: Path | None
) -> None:
    city, seeded = at_work
    with window(browser, city.url, photos, **DESKTOP) as desk:
        without_telephone(desk)
        enter(desk, seeded.cast.volunteer, "en")
        desk.go("/calls")
        desk.press_link("Go on with the next call", "en")
        keys = desk.page.keyboard
        press_when_ready(desk, "?")
        assert set("dqt123456onexhs") <= set(desk.page.locator(SHOWN).all_inner_texts())
        desk.photo("keys", whole=False)
        keys.press("Escape")
        keys.press("5")
        expect(desk.page.locator("[value=callback_requested]")).to_be_checked()
        keys.press("n")
        keys.type("1 floor?")
        expect(desk.page.locator("#note")).to_have_value("1 floor?")
        desk.page.locator("h1").click()
        keys.press("d")
        desk.page.wait_for_function("() => window.rang")
        before, first = len(calls(city.db)), desk.path
        with desk.page.expect_navigation():
            keys.press("2")
        assert desk.path != first
        assert [call.disposition for call in calls(city.db)[before:]] == ["busy"]
        switch_off(desk)
        desk.page.reload()
        press_when_ready(desk, "1", acts=False)
        assert len(calls(city.db)) == before + 1


def press_when_ready(desk: Window, key: str, *, acts: bool = True) -> None:
    """Press a key once the page takes keys: not what was still held on the page before."""
    desk.page.wait_for_timeout(700)
    desk.page.keyboard.press(key)
    assert bool(desk.page.locator("[aria-keyshortcuts]").count()) is acts


def switch_off(desk: Window) -> None:
    desk.page.locator("[data-keys-open]").click()
    desk.page.locator("#keys-used").uncheck()
    desk.page.keyboard.press("Escape")
