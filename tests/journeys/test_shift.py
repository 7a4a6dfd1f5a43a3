"""A shift on a phone: lay aside, take back, be rung back, hand over; a colleague takes over."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from app.cases.models import Handoff, Skip
from app.db import Database
from tests.conftest import migrate
from tests.journeys.seeded import Seeded, seed
from tests.journeys.served import City, serving
from tests.journeys.test_every_page import enter
from tests.journeys.test_main_job import calls, choose, one_tap
from tests.journeys.windows import PHONE, Window, window


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[tuple[City, Seeded]]:
    url = f"sqlite:///{tmp_path}/ringround.sqlite"
    migrate(url)
    database = Database(url)
    seeded = seed(database)
    database.close()
    with serving(tmp_path, url) as city:
        yield city, seeded


def test_a_shift_on_a_phone(
    at_work: tuple[City, Seeded], browser: Browser, photos: Path | None
) -> None:
    city, seeded = at_work
    with window(browser, city.url, photos, **PHONE) as phone:
        enter(phone, seeded.cast.volunteer, "en")
        lay_aside(phone, city.db)
        take_back(phone, city.db)
        be_refused(phone, city.db)
        be_rung_back(phone, city.db)
        hand_over(phone, city.db, seeded.cast.colleague.name)
    with window(browser, city.url, photos, **PHONE) as phone:
        enter(phone, seeded.cast.colleague, "en")
        take_over(phone, seeded.cast.volunteer.name)
    assert city.ringround("check")


def lay_aside(phone: Window, db: Database) -> None:
    phone.go("/calls")
    phone.press_link("Go on with the next call", "en")
    before = phone.path
    phone.press_link("Lay this resident aside", "en")
    phone.page.locator("input[name=reason][value=not_now]").check()
    phone.photo("skip")
    phone.press("Lay aside and go on", "en")
    assert phone.path != before
    with db.reading() as session:
        assert session.scalars(select(Skip)).one().reason == "not_now"


def take_back(phone: Window, db: Database) -> None:
    phone.page.fill("#note", "not at home?")
    one_tap(phone, "no_answer")
    phone.photo("just-saved", whole=False)
    phone.press("Undo", "en")
    phone.photo("undone")
    expect(phone.page.locator("button[name=quick]:has(svg)")).to_have_attribute(
        "value", "no_answer"
    )
    expect(phone.page.locator("#note")).to_have_value("not at home?")
    assert calls(db)[-1].voided
    one_tap(phone, "busy")
    assert (calls(db)[-1].disposition, calls(db)[-1].applied) == ("busy", True)


def be_refused(phone: Window, db: Database) -> None:
    """A form that was not taken, mended and sent again, is nothing that the back button sends."""
    before = len(calls(db))
    choose(phone, "callback_requested")
    phone.page.fill("#note", "not before the evening")
    phone.press("Save and next", "en")
    expect(phone.page.get_by_role("alert")).to_contain_text("Say when to ring again")
    expect(phone.page.locator("#note")).to_have_value("not before the evening")
    one_tap(phone, "busy")
    following = phone.path.partition("&last=")[0]
    phone.page.go_back()
    assert phone.path.startswith(following), "on to the next resident"
    assert len(calls(db)) == before + 1


def be_rung_back(phone: Window, db: Database) -> None:
    phone.go("/calls/ring-backs")
    phone.photo("ring-backs")
    rung = calls(db)[-1].case_id
    with phone.page.expect_navigation():
        phone.page.locator(f"a[href='/calls/ring-backs/{rung}']").tap()
    choose(phone, "completed")
    phone.photo("ring-back")
    phone.press("Save", "en")
    saved = calls(db)[-1]
    assert (saved.case_id, saved.direction, saved.applied) == (rung, "in", True)


def hand_over(phone: Window, db: Database, to: str) -> None:
    phone.go("/calls")
    phone.press_link("Hand over", "en")
    phone.page.select_option("#to", to)
    phone.page.fill("#note", "Speak slowly with those of the third floor.")
    phone.photo("hand-over")
    phone.press("Hand over", "en")
    phone.photo("handed-over")
    # What an undo brought back is a batch of its own, so there may be two sheets.
    with db.reading() as session:
        for handoff in session.scalars(select(Handoff).where(Handoff.note.startswith("Speak"))):
            link = phone.page.locator(f"a[href='/handoffs/{handoff.id}/sheet.pdf']")
            expect(link).to_be_visible()


def take_over(phone: Window, whose: str) -> None:
    phone.go("/calls")
    phone.photo("offered")
    expect(phone.page.locator("main")).to_contain_text(f"{whose} hands over to you")
    with phone.page.expect_navigation():
        phone.page.locator("form[action$='/accept'] button").first.tap()
    expect(phone.page.locator("a.dial").first).to_be_visible()
