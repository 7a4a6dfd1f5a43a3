"""The main job once through, as people do it: roster, campaign, calls, progress, report."""

import io
import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import expect
from pypdf import PdfReader
from sqlalchemy import func, select

from app.calls.models import Call
from app.cases.models import Hold
from app.db import Database
from app.residents.models import Number, Resident
from tests.cast import add
from tests.journeys.conftest import Open
from tests.journeys.served import City
from tests.journeys.windows import DESKTOP, PHONE, Window, said

ROSTER = Path(__file__).parents[1] / "data" / "roster-example.xlsx"
OURS = {"320613009001": 169, "320613009021": 176}
"""The supervisor's communities, with how many residents the roster names there."""
ELSEWHERE = 166
"""Rows of the roster that name a community of somebody else."""
ZONE = ZoneInfo("Asia/Shanghai")


def test_the_main_job_from_roster_to_report(city: City, opens: Open) -> None:
    supervisor = add(city.db, "督导李敏", "supervisor", communities=list(OURS))
    invitation = invited(city, "王小梅")
    with opens(**DESKTOP) as desk:
        sign_in(desk, supervisor.name, supervisor.password)
        take_the_roster(desk, city.db)
        open_a_campaign(desk)
        with opens(**PHONE) as phone:
            join(phone, invitation)
            ring_through(phone, city.db)
            give_back(phone, city.db)
        watch(desk, city.db)
        read_the_report(desk, city.db)
        change_language(desk)
    assert city.ringround("check")


def invited(city: City, name: str) -> str:
    """Add a volunteer by command line and return the path of the link it prints."""
    link = city.ringround("users", "add", name, "--role", "volunteer", "--team", "观音山街道")
    return link.strip().removeprefix(city.url)


def sign_in(desk: Window, name: str, password: str) -> None:
    desk.go("/")
    expect(desk.page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(desk.page.locator("h1")).to_have_text(re.compile("[\u4e00-\u9fff]"))
    desk.page.fill("#name", name)
    desk.page.fill("#password", password)
    desk.press("Sign in")
    assert desk.path == "/progress"


def take_the_roster(desk: Window, db: Database) -> None:
    desk.go("/rosters")
    desk.page.set_input_files("input[type=file]", ROSTER)
    desk.press("Read the file")
    desk.photo("roster-preview")
    assert desk.numbers(".stat__value") == [sum(OURS.values()), ELSEWHERE]
    assert "320613009006" not in desk.text
    assert count(db, Resident.id) == 0, "a preview must not store anybody"
    with desk.page.expect_navigation():
        desk.page.locator("form[action$=confirm] button").click()
    assert count(db, Resident.id) == sum(OURS.values())
    for code, residents in OURS.items():
        desk.go("/residents")
        row = desk.page.locator(f"tr:has(a[href='/residents/{code}'])")
        expect(row).to_contain_text(str(residents))
        row.locator("a").first.click()
        expect(desk.page.locator("tbody tr")).to_have_count(50)


def open_a_campaign(desk: Window) -> None:
    desk.go("/campaigns/new")
    desk.page.fill("#title", "基本信息核对")
    desk.page.check("#all_communities")
    desk.page.fill("#hours", "")
    desk.photo("campaign-new")
    desk.press("Make the campaign")
    desk.press("Open the campaign")
    expect(desk.page.locator(".banner")).to_contain_text(str(sum(OURS.values())))


def join(phone: Window, invitation: str) -> None:
    path, code = invitation.split("#")
    phone.go(invitation)
    expect(phone.page.locator("#code")).to_have_value(code)
    assert phone.path == path, "the code must not stay in the address"
    phone.page.fill("#password", "春天里有一只小鸟")
    phone.page.fill("#again", "春天里有一只小鸟")
    phone.press("Set the password and start")
    assert phone.place == "/calls"


def finish_the_first_batch(phone: Window) -> None:
    """It is small; the next is as large as any."""
    phone.press("Take %(number)s residents", number=5)
    while phone.place != "/calls":
        one_tap(phone, "unreachable")


def ring_through(phone: Window, db: Database) -> None:
    finish_the_first_batch(phone)
    phone.press("Take %(number)s residents", number=20)
    phone.photo("call-first", whole=False)
    for step in (
        tap_twice, send_again, go_back, settle_the_household, agree_on_a_slot,
        agree_on_a_time_of_ones_own, ring_another_number, correct_a_wrong_tap,
    ):  # fmt: skip
        before = calls(db)
        step(phone, db)
        assert len(calls(db)) - len(before) == SAVES[step], step.__name__


def choose(phone: Window, disposition: str) -> None:
    tile = phone.page.locator(f"input[name=disposition][value={disposition}]")
    tile.wait_for(state="attached")
    if not tile.is_visible():
        phone.page.locator("details:has(input[name=disposition]) summary").tap()
    tile.check()


def one_tap(phone: Window, disposition: str) -> None:
    """Save what needs no more than to be tapped."""
    with phone.page.expect_navigation():
        phone.page.locator(f"button[name=quick][value={disposition}]").click()


def save(phone: Window) -> None:
    phone.press("Save and next")


def tap_twice(phone: Window, db: Database) -> None:
    dial = phone.page.locator("a.dial").first.get_attribute("href")
    assert re.fullmatch(r"tel:\+86\d{10,11}", dial or "")
    with phone.page.expect_navigation():
        phone.page.locator("button[name=quick][value=no_answer]").dblclick()
    phone.page.wait_for_load_state("networkidle")
    saved = calls(db)[-1]
    assert (saved.disposition, saved.applied, saved.note) == ("no_answer", True, "")


def send_again(phone: Window, db: Database) -> None:
    """A phone on a bad line sends the same form once more: its first answer got lost."""
    form = phone.page.locator("form:has(a.dial)")
    fields = form.evaluate("form => Object.fromEntries(new FormData(form))")
    fields["quick"] = "busy"
    address = phone.url + (form.get_attribute("action") or "")
    headers = {"Referer": phone.page.url}
    for _attempt in range(2):
        answer = phone.page.context.request.post(address, form=fields, headers=headers)
        assert answer.status == 200
        assert "banner tone--error" not in answer.text()
    phone.page.reload()


def go_back(phone: Window, db: Database) -> None:
    one_tap(phone, "no_answer")
    phone.page.go_back()
    phone.go("/calls")
    phone.press_link("Go on with the next call")


def settle_the_household(phone: Window, db: Database) -> None:
    """Whoever answers speaks for all who live there."""
    phone.press_link("All of them")
    links = [link.get_attribute("href") or "" for link in phone.page.locator("table a").all()]
    assert len(links) >= 17, "twenty were taken, and three are done"
    for link in links:
        phone.go(link)
        if phone.page.locator("input[name=also]").count():
            break
    phone.page.locator("details:has(input[name=also]) summary").tap()
    household = phone.page.locator("input[name=also]")
    for person in household.all():
        person.check()
    SAVES[settle_the_household] = 1 + household.count()
    choose(phone, "completed")
    phone.page.fill("#note", "全家都在，信息无误")
    phone.photo("call-household")
    save(phone)
    rows = calls(db)[-SAVES[settle_the_household] :]
    assert {row.disposition for row in rows} == {"completed"}
    assert [row.with_call_id for row in rows] == [None, *[rows[0].id] * (len(rows) - 1)]


def agree_on_a_slot(phone: Window, db: Database) -> None:
    choose(phone, "callback_requested")
    slot = phone.page.locator("input[name=callback]").last
    phone.photo("call-back")
    slot.check()
    agreed = datetime.fromisoformat(slot.input_value())
    save(phone)
    assert calls(db)[-1].callback_at == agreed


def agree_on_a_time_of_ones_own(phone: Window, db: Database) -> None:
    """A time that has passed is refused, and what was typed is still there to be mended."""
    now = datetime.now(ZONE).replace(second=0, microsecond=0)
    choose(phone, "callback_requested")
    phone.page.fill("#callback_at", typed(now - timedelta(days=1)))
    save(phone)
    expect(phone.page.get_by_role("alert")).to_be_visible()
    expect(phone.page.locator("#callback_at")).to_have_value(typed(now - timedelta(days=1)))
    agreed = now + timedelta(days=2)
    phone.page.fill("#callback_at", typed(agreed))
    save(phone)
    assert calls(db)[-1].callback_at == agreed


def typed(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M")


def ring_another_number(phone: Window, db: Database) -> None:
    """Go on until somebody has two numbers; the second is dialled, and noted as the one rung."""
    before = len(calls(db))
    while not phone.page.locator("input[name=number][type=radio]").count():
        one_tap(phone, "unreachable")
        if phone.place == "/calls":
            phone.press("Take %(number)s residents", number=20)
    phone.page.locator("details:has(a.dial) summary").tap()
    second = phone.page.locator("input[name=number]").nth(1)
    second.check()
    href = phone.page.locator("a.dial").nth(1).get_attribute("href")
    rung = second.input_value()
    assert href == f"tel:{rung}"
    choose(phone, "voicemail")
    phone.photo("call-second-number")
    save(phone)
    SAVES[ring_another_number] = len(calls(db)) - before
    saved = calls(db)[-1]
    assert saved.disposition == "voicemail"
    with db.reading() as session:
        assert session.get_one(Number, saved.number_id).value == rung


def correct_a_wrong_tap(phone: Window, db: Database) -> None:
    phone.go("/calls/mine")
    phone.photo("my-calls")
    wrong = calls(db)[-1]
    phone.page.locator(f"a[href='/calls/{wrong.id}/correct']").tap()
    choose(phone, "busy")
    phone.press("Save the correction")
    right = calls(db)[-1]
    assert (right.disposition, right.corrects_id, right.applied) == ("busy", wrong.id, True)


SAVES: dict[Callable[[Window, Database], None], int] = {
    tap_twice: 1,
    send_again: 1,
    go_back: 1,
    agree_on_a_slot: 1,
    agree_on_a_time_of_ones_own: 1,
    correct_a_wrong_tap: 1,
}
"""How many calls each step must leave behind; two of them find that out on the way."""


def give_back(phone: Window, db: Database) -> None:
    phone.go("/calls")
    phone.photo("home-holding")
    phone.page.locator("details:has(form[action$='/release']) > summary").tap()
    with phone.page.expect_navigation():
        phone.page.locator("form[action$='/release'] button").tap()
    expect(phone.page.locator("main")).to_contain_text(
        said("What was left is free for others again.")
    )
    phone.photo("home-done")
    with db.reading() as session:
        held = select(func.count()).select_from(Hold).where(Hold.released_at.is_(None))
        assert session.scalar(held) == 0


def watch(desk: Window, db: Database) -> None:
    """The page's figures are those of the database."""
    desk.go("/progress")
    desk.page.locator("main a").first.click()
    desk.page.wait_for_url("**/campaigns/*/progress")
    desk.photo("progress-campaign")
    completed = Counter(c.community_code for c in calls(db) if c.disposition == "completed")
    for code, residents in OURS.items():
        row = desk.page.locator(f"tr:has(a[href$='{code}'])")
        expect(row.locator(".bar__figures")).to_contain_text(f"{completed[code]} / {residents}")
    volunteer = desk.page.locator("tr", has=desk.page.locator("th", has_text="王小梅"))
    expect(volunteer.locator("td").nth(3)).to_have_text(str(completed.total()))


def read_the_report(desk: Window, db: Database) -> None:
    settled = next(c.community_code for c in calls(db) if c.disposition == "completed")
    desk.page.locator(f"a[href$='{settled}']").click()
    desk.page.wait_for_url(f"**/communities/{settled}")
    desk.photo("progress-community")
    total, accounted, outstanding, _door = desk.numbers(".stat__value")
    assert total == accounted + outstanding == OURS[settled]
    assert accounted > 0
    place = desk.page.locator("h1").inner_text()
    link = desk.page.get_by_role("link", name=said("Completion report (PDF)"))
    answer = desk.page.context.request.get(desk.url + (link.get_attribute("href") or ""))
    assert answer.headers["content-type"] == "application/pdf"
    pages = PdfReader(io.BytesIO(answer.body())).pages
    first = pages[0].extract_text()
    assert place in first
    assert "基本信息核对" in first
    assert {str(total), str(accounted), str(outstanding)} <= set(re.findall(r"\d+", first))


def change_language(desk: Window) -> None:
    desk.go("/campaigns")
    for label, lang, heading in (("English", "en", "Campaigns"), ("中文", "zh", "Campaigns")):
        desk.page.locator(".me summary").click()
        with desk.page.expect_navigation():
            desk.page.get_by_role("button", name=label, exact=True).click()
        expect(desk.page.locator("h1")).to_have_text(said(heading, lang))
        assert desk.path == "/campaigns"


def calls(db: Database) -> list[Call]:
    with db.reading() as session:
        return list(session.scalars(select(Call).order_by(Call.id)))


def count(db: Database, column: object) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count(column))) or 0
