"""Every page, in both languages, colour schemes and sizes: readable, reachable, nothing amiss."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import Browser
from sqlalchemy import delete

from app.calls.models import ScriptSeen
from app.calls.rules import script_mark
from app.calls.service.scripts import note_seen
from app.calls.wording import ONE_TAP, QUICK
from app.campaigns.models import Campaign
from app.people.signing_in import SINCE
from tests.cast import BRIDGE, Person
from tests.conftest import THOROUGH
from tests.journeys.judging import (
    badly_broken,
    colour_violations,
    cramped,
    out_of_sight,
    sticking_out,
    too_small,
    violations,
)
from tests.journeys.seeded import Seeded
from tests.journeys.served import SECRET, City
from tests.journeys.windows import DESKTOP, PHONE, Window, window, without_telephone

SIZES: Mapping[str, Mapping[str, Any]] = {"phone": PHONE, "desktop": DESKTOP}
UNFOLD = "document.querySelectorAll('main details').forEach(fold => { fold.open = true; })"


def pages(seeded: Seeded) -> dict[Person | None, list[str]]:
    """Return the addresses of all pages, by who sees them."""
    cast, campaign = seeded.cast, f"/campaigns/{seeded.campaign}"
    return {
        None: ["/sign-in", "/join", "/genuine"],
        cast.volunteer: [
            f"/calls/groups/{seeded.group}?case={seeded.case}&last={seeded.call}",
            "/calls", "/calls/mine", f"/calls/{seeded.call}/correct", "/no-such-page",
            f"/calls/cases/{seeded.case}/skip", f"/calls{campaign}/nothing",
            f"/calls{campaign}/hand-over", "/calls/ring-backs",
            f"/calls/ring-backs/{seeded.rung}", f"/calls/{seeded.call}/note",
            f"/calls/cases/{seeded.dialled}/dialled", "/calls/practice", "/calls/practice/over",
        ],
        cast.colleague: ["/calls", "/handoffs"],
        cast.outsider: ["/calls", "/calls/mine"],
        cast.supervisor: [
            "/progress", f"{campaign}/progress", f"{campaign}/communities/{BRIDGE}", "/campaigns",
            campaign, f"/campaigns/{seeded.draft}", "/campaigns/new", "/residents",
            f"/residents/{BRIDGE}", f"/residents/{BRIDGE}?without_number=1",
            "/residents/export", f"/residents/{BRIDGE}/export", f"{campaign}/export",
            "/residents/to-be-placed", "/rosters", f"/rosters/{seeded.preview}",
            f"/rosters/{seeded.preview}/doubtful", f"/rosters/{seeded.preview}/rows",
            f"/rosters/{seeded.corrected}/missing",
            f"/rosters/{seeded.corrected}/missing/export",
            f"/residents/{BRIDGE}/{seeded.resident}",
            f"{campaign}/in-hand", f"{campaign}/in-hand/move?user={cast.volunteer.user.id}",
            f"{campaign}/appointments", f"{campaign}/languages", "/leader-list",
            "/leader-list?kind=without_number", f"/leader-list/{seeded.numberless}", "/people",
            f"/people/{cast.volunteer.user.id}/deactivate", f"/people/{cast.volunteer.user.id}",
            f"/people/{cast.volunteer.user.id}/stop", f"/people/{cast.volunteer.user.id}/invite",
            "/people/new", "/people/invitations", "/residents/shared-lines",
            f"/residents/shared-lines/{seeded.line}", "/tokens", "/calls/ring-backs", "/shifts",
            "/shifts/new",
        ],
        cast.leader: ["/residents", "/handoffs"],
    }  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_serves_everybody(
    at_work: tuple[City, Seeded], browser: Browser, photos: Path | None, lang: str
) -> None:
    city, seeded = at_work
    wrong: list[str] = []
    for person, paths in pages(seeded).items():
        with window(browser, city.url, photos, **PHONE) as opened:
            opened.refused_on_purpose = {"/no-such-page"}
            enter(opened, person, lang)
            wrong += looked_at(opened, person, paths)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_leaders_navigation_takes_one_line_of_a_phone(
    at_work: tuple[City, Seeded], browser: Browser, photos: Path | None, lang: str
) -> None:
    city, seeded = at_work
    with window(browser, city.url, photos, **PHONE) as phone:
        enter(phone, seeded.cast.leader, lang)
        nav = phone.page.locator("nav.nav")
        line = phone.page.locator(".nav__link").first.bounding_box()
        whole = nav.bounding_box()
        assert line
        assert whole
        assert whole["height"] < 1.5 * line["height"]
        nav.locator("summary").click()
        phone.photo(f"navigation-{lang}", whole=False)
        assert not sticking_out(phone.page) + too_small(phone.page)
        phone.press_link("People", lang)
        assert nav.locator("[aria-current]:visible").count() == 0
        assert nav.locator("summary").evaluate("one => getComputedStyle(one).fontWeight") == "700"
    with window(browser, city.url, photos, **DESKTOP) as desk:
        enter(desk, seeded.cast.leader, lang)
        links = desk.page.locator("nav.nav a:visible")
        assert links.count() == 9
        assert len({link["y"] for at in range(9) if (link := links.nth(at).bounding_box())}) == 1
        assert desk.page.locator("nav.nav summary:visible").count() == 0


def test_a_list_finds_room_and_the_keys_of_letters_grow(
    at_work: tuple[City, Seeded], browser: Browser, photos: Path | None
) -> None:
    city, seeded = at_work
    with window(browser, city.url, photos, **PHONE) as phone:
        enter(phone, seeded.cast.leader, "zh")
        phone.go("/people/new")
        room = phone.page.locator("textarea").bounding_box()
        assert room
        assert room["height"] > 170
        phone.page.click("summary.me__name")
        keys = phone.page.locator(".letters .button")
        sizes = keys.evaluate_all(
            "keys => keys.map((key) => parseFloat(getComputedStyle(key).fontSize))"
        )
        assert sizes[0] < sizes[1] < sizes[2]


def looked_at(opened: Window, person: Person | None, paths: list[str]) -> Iterator[str]:
    """Go through a person's pages and tell what is wrong with them. Each is asked for once, and
    looked at in both sizes.
    """
    role = f"{person.user.role}-{person.user.id}" if person else "anybody"
    for path in paths:
        opened.go(path)
        name = f"{role}{re.sub(r'[^a-z0-9]+', '-', path)}"
        yield from (f"{path} ({opened.lang}): {one}" for one in judged(opened, name))


def enter(opened: Window, person: Person | None, lang: str) -> None:
    """Come in as somebody who is signed in already, and change the language to this one."""
    if person:
        opened.page.context.add_cookies([signed_in(opened.url, person)])
    opened.go("/" if person else "/sign-in")
    if person and opened.place == "/sign-in":  # an earlier test ended this person's sessions
        sign_in(opened, person, lang)
    speak(opened, lang)


def sign_in(opened: Window, person: Person, lang: str) -> None:
    """Sign in as people do, and change the language where it is another one."""
    opened.go("/sign-in")
    speak(opened, lang)
    opened.page.fill("#name", person.name)
    opened.page.fill("#password", person.password)
    opened.press("Sign in", lang)
    speak(opened, lang)


def speak(opened: Window, lang: str) -> None:
    if opened.lang != lang:
        opened.change_language()
    assert opened.lang == lang


def signed_in(url: str, person: Person) -> Any:
    """The cookie of a session, as signing in gives it."""
    keeper = Flask(__name__)
    keeper.secret_key = SECRET
    serializer = SecureCookieSessionInterface().get_signing_serializer(keeper)
    assert serializer is not None
    since = datetime.now(UTC).isoformat()
    session = {"_user_id": person.user.get_id(), "_permanent": True, "_fresh": True, SINCE: since}
    value = serializer.dumps(session)
    # Chromium takes this machine for safe without https, whoever hands it the cookie does not.
    safe = url.replace("http:", "https:")
    return {"name": "__Host-ringround", "value": value, "url": safe, "secure": True}


def judged(opened: Window, name: str) -> list[str]:
    """Look at the page as it comes, then with everything unfolded, by day and by night."""
    page, wrong = opened.page, []
    for size, kind in SIZES.items():
        page.set_viewport_size(kind["viewport"])
        opened.photos(f"{name}-{size}-{opened.lang}")
        wrong += sticking_out(page)
    page.evaluate(UNFOLD)
    wrong += sticking_out(page)
    if (
        THOROUGH and opened.lang == "en"
    ):  # axe is dear, and finds little that hangs on size or words
        wrong += violations(page)
    page.set_viewport_size(PHONE["viewport"])
    wrong += sticking_out(page) + too_small(page) + badly_broken(page) + cramped(page)
    if opened.lang == "zh":  # colours are the same in every size and language
        wrong += violations(page)
        page.emulate_media(color_scheme="dark")
        wrong += colour_violations(page)
        page.emulate_media(color_scheme="light")
    return wrong


ONE_TAPS = [f"[name=quick][value={code}]" for code in ONE_TAP]
TILES = [f".choice:has([value={code}])" for code in QUICK if code not in ONE_TAP]
TOLD = ["h1", ".resident__address", ".resident__chips", ".resident__folds", ".dial"]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("script", ["known", "new"])
def test_a_call_can_be_made_and_saved_without_scrolling(
    at_work: tuple[City, Seeded], browser: Browser, photos: Path | None, lang: str, script: str
) -> None:
    """With a new script open to be read first, what comes of an answered call waits below."""
    city, seeded = at_work
    know_the_script(city, seeded, known=script == "known")
    tiles = TILES if script == "known" else [".fold--unread .fold__body"]
    with window(browser, city.url, photos, **PHONE) as phone:
        without_telephone(phone)
        enter(phone, seeded.cast.volunteer, lang)
        lasts = ("", f"&last={seeded.call}") if script == "known" else ("",)
        for last in lasts:
            phone.go(f"/calls/groups/{seeded.group}?case={seeded.case}{last}")
            phone.photo(f"call-in-sight-{script}-{lang}", whole=False)
            assert not out_of_sight(phone.page, *TOLD, *ONE_TAPS, *tiles)
            phone.page.locator("a.dial").first.click()
            phone.page.locator("[data-asked]").wait_for()
            phone.photo(f"asked-in-sight-{script}-{lang}", whole=False)
            assert not out_of_sight(phone.page, *TOLD, "[data-asked]", *ONE_TAPS)
            with phone.page.expect_response("**/dials/withdraw"):
                phone.page.locator("[data-withdraw]").click()


LINES = """(number) => {
  const shown = document.querySelector(".dial__number");
  shown.textContent = number;
  const range = document.createRange();
  range.selectNodeContents(shown);
  return new Set([...range.getClientRects()].map((box) => box.top)).size;
}"""


@pytest.mark.parametrize("size", ["normal", "large", "largest"])
def test_a_number_stays_on_one_line_in_letters_of_any_size(
    at_work: tuple[City, Seeded], browser: Browser, photos: Path | None, size: str
) -> None:
    city, seeded = at_work
    with window(browser, city.url, photos, **PHONE) as phone:
        enter(phone, seeded.cast.volunteer, "zh")
        phone.go(f"/calls/groups/{seeded.group}?case={seeded.case}")
        phone.page.evaluate(
            "(size) => { document.documentElement.className = size; }", f"type-{size}"
        )
        phone.photo(f"call-{size}", whole=False)
        numbers = ("139 1234 5678", "0513-8532 1234")
        assert [phone.page.evaluate(LINES, number) for number in numbers] == [1, 1]


def know_the_script(city: City, seeded: Seeded, *, known: bool) -> None:
    """Let the volunteer have had the script of the campaign before them, or not."""
    with city.db.writing() as session:
        session.execute(delete(ScriptSeen))
        if known:
            mark = script_mark(session.get_one(Campaign, seeded.campaign).script)
            note_seen(session, seeded.cast.volunteer.user, seeded.campaign, mark)
