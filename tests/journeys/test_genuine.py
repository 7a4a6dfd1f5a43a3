"""A resident makes sure of a call; the volunteer's tap opens the phone's message app."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Locator, expect
from sqlalchemy import select, update

from app.calls.models import Call, TextMessage
from app.campaigns.codes import code_of
from app.campaigns.models import Campaign
from app.db import Database
from tests.cast import BRIDGE, NOW
from tests.journeys.judging import sticking_out, too_small, violations
from tests.journeys.seeded import Seeded, seed
from tests.journeys.served import City, founded
from tests.journeys.test_every_page import enter
from tests.journeys.test_main_job import one_tap
from tests.journeys.windows import DESKTOP, PHONE, Window, said, window


@pytest.fixture(scope="module")
def at_work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[City, Seeded]]:
    with founded(tmp_path_factory.mktemp("instance"), with_code) as found:
        yield found


def with_code(db: Database) -> Seeded:
    """The office has a number, and the volunteer the code 4821."""
    seeded = seed(db)
    with db.writing() as session:
        session.execute(update(Campaign).values(office="+8651385321234"))
        code_of(session, seeded.cast.volunteer.user.id, seeded.campaign, NOW, ["4821"])
    return seeded


def miss(phone: Window, campaign: int, lang: str) -> Locator:
    """Save calls as not answered, until a message is offered: a landline takes none."""
    phone.go(f"/calls/campaigns/{campaign}/next")
    button = phone.page.locator("form[data-message] button")
    while not button.count():
        one_tap(phone, "no_answer")
    return button


def last_call(city: City) -> Call:
    with city.db.reading() as session:
        return session.scalars(select(Call).order_by(Call.id.desc())).first()  # type: ignore[return-value]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_one_tap_after_no_answer_opens_the_message_app(
    at_work: tuple[City, Seeded], browser: Browser, photos: Path | None, lang: str
) -> None:
    city, seeded = at_work
    with window(browser, city.url, photos, **PHONE) as phone:
        enter(phone, seeded.cast.volunteer, lang)
        button = miss(phone, seeded.campaign, lang)
        phone.photo(f"message-offered-{lang}", whole=False)
        assert not sticking_out(phone.page) + too_small(phone.page)
        before = phone.path
        with phone.page.expect_request("sms:**"):
            button.click()
        expect(button).to_have_text(said("Text again", lang))
        assert phone.path == before
        (address,) = phone.handed_on
        assert "编号4821" in unquote(address)
    with city.db.reading() as session:
        sent = session.scalars(select(TextMessage).order_by(TextMessage.id.desc())).first()
    assert sent is not None
    assert sent.call_id == last_call(city).id


def test_without_a_line_the_button_says_so_and_nothing_is_opened(
    at_work: tuple[City, Seeded], browser: Browser, photos: Path | None
) -> None:
    city, seeded = at_work
    with window(browser, city.url, photos, **PHONE) as phone:
        enter(phone, seeded.cast.volunteer, "zh")
        button = miss(phone, seeded.campaign, "zh")
        phone.page.context.set_offline(True)
        button.click()
        expect(button).to_have_text(said("No line. Try again later."))
        phone.page.context.set_offline(False)
        assert phone.handed_on == []
        with phone.page.expect_request("sms:**"):
            button.click()
        expect(button).to_have_text(said("Text again"))


@pytest.mark.parametrize(("lang", "scripts"), [("zh", True), ("en", False)])
def test_a_resident_makes_sure_of_a_call(
    at_work: tuple[City, Seeded], browser: Browser, photos: Path | None, lang: str, scripts: bool
) -> None:
    city, _seeded = at_work
    for name, size in (("phone", PHONE), ("desktop", DESKTOP)):
        with window(browser, city.url, photos, **size, java_script_enabled=scripts) as opened:
            opened.go("/sign-in")
            if opened.lang != lang:
                opened.change_language()
            opened.press_link("Did we ring you? Check the call", lang)
            for typed, answer in (
                ("4821", "Yes. Code %(code)s is ringing for %(community)s today."),
                ("9998", "No. Code %(code)s is not ringing for %(community)s today."),
            ):
                opened.page.fill("#code", typed)
                opened.page.select_option("#community", BRIDGE)
                opened.press("Check", lang)
                words = said(answer, lang, code=typed, community="中桥社区居委会")
                expect(opened.page.get_by_role("status")).to_contain_text(words)
                expect(opened.page.get_by_role("status")).to_contain_text("0513-8532 1234")
                opened.photo(f"genuine-{name}-{lang}-{typed}", whole=True)
                if scripts:
                    assert not judged(opened)


def judged(opened: Window) -> list[Any]:
    page = opened.page
    return [*sticking_out(page), *too_small(page), *violations(page)]


def test_letters_of_the_page_are_large(
    at_work: tuple[City, Seeded], browser: Browser, photos: Path | None
) -> None:
    city, _seeded = at_work
    with window(browser, city.url, photos, **PHONE) as phone:
        phone.go("/genuine")
        sizes = phone.page.locator(
            "main :is(p, label, input:not([type=hidden]), select, button)"
        ).evaluate_all("all => all.map((one) => parseFloat(getComputedStyle(one).fontSize))")
        assert min(sizes) >= 20
