"""Calls that wait on the device: nothing odd holds up the others, and nothing is taken for sent."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.seeded import Seeded
from tests.journeys.served import City
from tests.journeys.test_every_page import enter
from tests.journeys.windows import PHONE, Window, window

SEND = """async ({ cases, answers, damaged }) => {
  const store = await import('/static/js/device/store.js');
  const outbox = await import('/static/js/device/outbox.js');
  const asked = window.fetch, sent = [];
  window.fetch = async (url, { body }) => {
    sent.push(body.get('case'));
    const [status, text] = answers[sent.length - 1];
    return new Response(text, { status });
  };
  for (const one of cases) await outbox.keep('/calls/groups/1', [['case', one]], '王小明');
  for (const place of damaged) {
    const row = (await store.all('outbox'))[place];
    row.sealed.data = new ArrayBuffer(32);
    await store.put('outbox', row);
  }
  const all = await outbox.drain();
  window.fetch = asked;
  return { sent, all, states: (await store.all('outbox')).map((row) => row.state) };
}"""
TAKEN = (200, '{"saved": true, "why": ""}')


@pytest.fixture
def phone(at_work: tuple[City, Seeded], browser: Browser) -> Iterator[Window]:
    """A phone on which nothing sends by itself."""
    city, seeded = at_work
    with window(browser, city.url, None, **PHONE, service_workers="block") as opened:
        enter(opened, seeded.cast.volunteer, "en")
        yield opened


def send(
    phone: Window, cases: str, *answers: tuple[int, str], damaged: tuple[int, ...] = ()
) -> Any:
    return phone.page.evaluate(
        SEND, {"cases": [*cases], "answers": [*answers], "damaged": [*damaged]}
    )


@pytest.mark.parametrize("page", [(200, "<html>sign in to this network</html>"), (200, "[]")])
def test_a_page_of_something_in_between_is_no_answer(phone: Window, page: tuple[int, str]) -> None:
    found = send(phone, "12", TAKEN, page)

    assert found == {"sent": ["1", "2"], "all": False, "states": ["waiting"]}


def test_what_is_refused_holds_up_its_own_case_only(phone: Window) -> None:
    found = send(phone, "112", (404, "<html>not found</html>"), TAKEN)

    assert found == {"sent": ["1", "2"], "all": True, "states": ["refused", "waiting"]}
    phone.go("/calls/offline")
    again = phone.page.get_by_role("link", name="Open it again")
    expect(again).to_have_attribute("href", "/calls/groups/1")


def test_what_can_not_be_read_any_more_holds_up_nothing_and_is_said(phone: Window) -> None:
    found = send(phone, "112", TAKEN, TAKEN, damaged=(0,))
    assert found == {"sent": ["1", "2"], "all": True, "states": ["unreadable"]}

    phone.go("/calls/offline")
    told = phone.page.locator("[data-list=outbox] [data-state=unreadable]")
    expect(told).to_have_text(
        "This phone can no longer read this call: write down what you remember of it."
    )
    phone.page.get_by_role("button", name="Understood").click()
    expect(phone.page.locator("[data-list=outbox] li")).to_have_count(0)
