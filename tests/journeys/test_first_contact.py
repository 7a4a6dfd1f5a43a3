"""The first quarter of an hour: a list, a card, a password, some practice, and the first batch."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import func, select

from app.calls.models import Call, Dial
from app.cases.models import Batch
from app.db import Database
from tests import cast
from tests.cast import BRIDGE, Cast, mobile, open_campaign, resident, residents
from tests.journeys.judging import sticking_out, too_small, violations
from tests.journeys.served import City, founded
from tests.journeys.test_every_page import enter
from tests.journeys.test_main_job import choose, one_tap
from tests.journeys.windows import DESKTOP, PHONE, Window, window

PASSWORD = "春天里有一只小鸟"
TAPS_TO_FIRST_DIAL = 3
"""From the scanned card: set the password, take the first batch, ring. Two fields are typed."""


@pytest.fixture
def town(tmp_path: Path) -> Iterator[tuple[City, Cast]]:
    with founded(tmp_path, settled) as found:
        yield found


def settled(db: Database) -> Cast:
    """Nine residents, and a campaign for them."""
    people = cast.standing(db)
    residents(db, BRIDGE, [resident(f"居民{n}", mobile(n)) for n in range(1, 10)])
    open_campaign(db, [BRIDGE])
    return people


@contextmanager
def counted(phone: Window) -> Iterator[list[str]]:
    """Note every tap that leads somewhere."""
    taps: list[str] = []
    phone.page.expose_function("tapped", lambda what: taps.append(what))  # noqa: PLW0108 - not a builtin
    phone.page.add_init_script(
        "addEventListener('click', (event) => {"
        " const what = event.target.closest('a, button');"
        " if (what) tapped(what.textContent.trim()); }, true);"
    )
    yield taps


def test_from_a_list_to_the_first_batch(
    town: tuple[City, Cast], browser: Browser, photos: Path | None
) -> None:
    city, people = town
    with window(browser, city.url, photos, **DESKTOP) as desk:
        enter(desk, people.leader, "zh")
        links = added(desk, "王小梅\t普通话\n李大力\n张桂兰")
        printed(desk)
        with window(browser, city.url, photos, **PHONE) as phone:
            looked_at_by_a_chat(phone, links["王小梅"])
            rings_at_once(phone, links["王小梅"], city.db)
        with window(browser, city.url, photos, **PHONE) as phone:
            used(phone, links["王小梅"])
        with window(browser, city.url, photos, **PHONE) as phone:
            joined(phone, links["李大力"])
            practised(phone, city.db)
            first_batch(phone, city.db)
            stopped(desk, phone, city.db)
            renewed(desk, phone)
    assert city.ringround("check")


def added(desk: Window, text: str) -> dict[str, str]:
    desk.press_link("People")
    desk.press_link("Add people")
    desk.page.fill("#text", text)
    desk.photo("people-new")
    desk.press("Look at the list")
    desk.photo("people-looked-at")
    assert not violations(desk.page)
    desk.press("Add them and make their links")
    desk.photo("people-invited")
    assert not violations(desk.page) + sticking_out(desk.page)
    rows = desk.page.locator("main .card").all()
    return {
        row.locator("h2").inner_text(): row.locator(".secret").first.inner_text() for row in rows
    }


def printed(desk: Window) -> None:
    """The cards are had as the page's own form asks for them."""
    answer = desk.page.evaluate(
        "async () => { const form = document.querySelector('form[action$=\"cards.pdf\"]');"
        " const got = await fetch(form.action, {method: 'POST', body: new FormData(form)});"
        " return [got.status, [...new Uint8Array(await got.arrayBuffer())]]; }"
    )
    assert answer[0] == 200
    sheet = pypdfium2.PdfDocument(bytes(answer[1]))[0].get_textpage().get_text_range()
    assert all(name in sheet for name in ("王小梅", "李大力", "张桂兰"))


def looked_at_by_a_chat(phone: Window, link: str) -> None:
    """A preview asks for the page, without what stands behind the #."""
    phone.go(link.removeprefix(phone.url).partition("#")[0])
    expect(phone.page.locator("#code")).to_have_value("")


def rings_at_once(phone: Window, link: str, db: Database) -> None:
    with counted(phone) as taps:
        phone.page.goto("about:blank")
        phone.page.goto(link)
        expect(phone.page.locator("[data-says=code]")).to_contain_text("王小梅")
        phone.photo("join-known")
        phone.page.fill("#password", PASSWORD)
        phone.page.fill("#again", PASSWORD)
        phone.press("Set the password and start")
        phone.photo("home-first")
        phone.press("Take %(number)s residents", number=5)
        dial = phone.page.locator("a.dial").first
        expect(dial).to_be_in_viewport()
        phone.photo("first-call", whole=False)
        assert (dial.get_attribute("href") or "").startswith("tel:")
        # The third tap is on the dial button itself, which would leave for the phone.
        assert len(taps) + 1 == TAPS_TO_FIRST_DIAL, taps
    assert number_of(db, Batch) == 1


def used(phone: Window, link: str) -> None:
    phone.page.goto(link)
    expect(phone.page.locator("[data-says=code]")).to_contain_text("已于")
    phone.photo("join-used")
    assert not violations(phone.page) + too_small(phone.page)
    phone.page.goto("about:blank")
    phone.page.goto(link[:-5] + "22222")
    expect(phone.page.locator("[data-says=code]")).to_contain_text("没有这个邀请码")


def joined(phone: Window, link: str) -> None:
    phone.page.goto(link)
    phone.page.fill("#password", PASSWORD)
    phone.page.fill("#again", PASSWORD)
    phone.press("Set the password and start")


def practised(phone: Window, db: Database) -> None:
    before = number_of(db, Call), number_of(db, Dial), number_of(db, Batch)
    phone.press_link("Practise first")
    phone.page.fill("#number", "13912345678")
    phone.photo("practice-begin")
    phone.press("Begin to practise")
    phone.photo("practice-call")
    assert not violations(phone.page) + too_small(phone.page) + sticking_out(phone.page)
    assert phone.page.locator("a.dial").first.get_attribute("href") == "tel:+8613912345678"
    one_tap(phone, "no_answer")
    phone.photo("practice-came-to")
    assert not violations(phone.page) + too_small(phone.page) + sticking_out(phone.page)
    phone.press_link("Next invented resident")
    choose(phone, "callback_requested")
    phone.page.locator("input[name=callback]").first.check()
    phone.press("Save and next")
    phone.press_link("Next invented resident")
    phone.press_link("Lay this resident aside")
    phone.page.locator("input[name=reason][value=not_now]").check()
    phone.press("Lay aside and go on")
    phone.press_link("Next invented resident")
    choose(phone, "completed")
    phone.press("Save and next")
    phone.press_link("Undo")
    expect(phone.page.locator("input[name=disposition][value=completed]")).to_be_checked()
    phone.press("Save and next")
    phone.press_link("End the practice")
    phone.photo("practice-over")
    assert (number_of(db, Call), number_of(db, Dial), number_of(db, Batch)) == before
    phone.press_link("To my calls")


def first_batch(phone: Window, db: Database) -> None:
    phone.press("Take %(number)s residents", number=5)
    one_tap(phone, "no_answer")
    assert number_of(db, Call) == 1


def stopped(desk: Window, phone: Window, db: Database) -> None:
    desk.press_link("I have them: to the people")
    with desk.page.expect_navigation():
        desk.page.locator("tr", has_text="李大力").get_by_role("link").click()
    desk.photo("person")
    assert not violations(desk.page) + sticking_out(desk.page)
    desk.press_link("Stop")
    desk.page.fill("#note", "先来办公室一趟")
    desk.photo("person-stop")
    desk.press("Stop")
    phone.go("/calls")
    phone.photo("home-stopped")
    assert not violations(phone.page) + too_small(phone.page) + sticking_out(phone.page)
    expect(phone.page.locator("main")).to_contain_text("先来办公室一趟")
    phone.press_link("My calls")
    expect(phone.page.locator("a[href$='/correct']").first).to_be_visible()
    with db.reading() as session:
        assert session.scalar(select(func.count()).where(Batch.ended_at.is_(None))) == 1
    desk.press("Let them ring again")


def renewed(desk: Window, phone: Window) -> None:
    desk.press_link("Make a new link")
    desk.photo("person-invite")
    desk.press("Make the link")
    link = desk.page.locator(".secret").first.inner_text()
    phone.go("/calls")
    assert phone.path.startswith("/sign-in")
    expect(phone.page.locator("main")).to_contain_text("组长")
    phone.photo("sign-in-renewed")
    assert not violations(phone.page) + too_small(phone.page) + sticking_out(phone.page)
    joined(phone, link)
    expect(phone.page.locator("main")).to_contain_text("如果不是您要求的")


def number_of(db: Database, model: type) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0
