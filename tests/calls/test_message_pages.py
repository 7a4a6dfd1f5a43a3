"""The text message after a call that nobody answered: once a day a number, and kept nowhere."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from app.calls.models import TextMessage
from app.campaigns.codes import code_of
from app.campaigns.models import Campaign
from app.db import Database
from tests.cases.town import Town
from tests.cast import english, mobile, resident, sign_in, token, words
from tests.conftest import Clock
from tests.house.pages import CheckingClient

LANDLINE = "+8651385328888"
BUTTON = "Send a text"


@pytest.fixture
def town(db: Database, clock: Clock, client: CheckingClient) -> Town:
    """乙 speaks English, 丁 and 戊 two languages, and 丙 has a landline."""
    drafts = [
        resident("甲", mobile(1)), resident("乙", mobile(2), language="英语"),
        resident("丙", LANDLINE), resident("丁", mobile(4), language="普通话、英语"),
        resident("戊", mobile(5), language="英语、普通话"),
    ]  # fmt: skip
    town = Town.of(db, clock, drafts)
    me = town.people.volunteer
    with db.writing() as session:
        code_of(session, me.user.id, town.campaign, town.now, ["4821"])
        session.get_one(Campaign, town.campaign).office = "+8651385321234"
    town.batch(me)
    sign_in(english(client), me)
    return town


def ring(town: Town, name: str, disposition: str = "no_answer", **more: Any) -> int:
    numbers = {"甲": mobile(1), "乙": mobile(2), "丙": LANDLINE, "丁": mobile(4), "戊": mobile(5)}
    return town.save(town.people.volunteer, name, disposition, number=numbers[name], **more).call.id


def after(town: Town, client: CheckingClient, call_id: int) -> str:
    """The page that follows the save."""
    path = f"/calls/campaigns/{town.campaign}/next?last={call_id}"
    return words(client.get(path, follow_redirects=True))


def tap(client: CheckingClient, call_id: int) -> dict[str, str]:
    """What the script is told."""
    answer = client.post(
        f"/calls/{call_id}/message",
        data={"csrf_token": token(client)},
        headers={"Accept": "application/json"},
    )
    return answer.get_json() or {} if answer.status_code == 200 else {"status": answer.status}


def text(address: str) -> str:
    (body,) = parse_qs(urlsplit(address).query)["body"]
    return body


def test_one_tap_opens_a_message_that_says_who_and_why(town: Town, client: CheckingClient) -> None:
    call_id = ring(town, "甲")
    assert BUTTON in after(town, client, call_id)
    address = tap(client, call_id)["address"]
    written = text(address)

    assert address.startswith(f"sms:{mobile(1)}?&body=%E6%82%A8")
    for told in ("中桥社区居委会", "4821", "0513-8532 1234", "身份证", "银行卡", "验证码"):
        assert told in written
    assert "http" not in written
    assert "甲" not in written
    assert town.people.volunteer.name not in written


def test_it_speaks_the_language_of_the_resident(town: Town, client: CheckingClient) -> None:
    written = text(tap(client, ring(town, "乙"))["address"])

    assert written.startswith("Hello, I am a volunteer of 中桥社区居委会, my code is 4821.")


@pytest.mark.parametrize(
    ("name", "language"), [("甲", "zh"), ("乙", "en"), ("丁", "zh"), ("戊", "en")]
)
def test_it_speaks_the_language_that_was_to_be_spoken(
    town: Town, client: CheckingClient, name: str, language: str
) -> None:
    case = town.case(name)
    screen = words(client.get(f"/calls/groups/{case.group_id}?case={case.id}"))
    written = text(tap(client, ring(town, name))["address"])

    assert set(re.findall(r'<p lang="(zh|en)">', screen)) == {language}
    assert written.startswith({"zh": "您好", "en": "Hello"}[language])


def test_a_campaign_may_have_its_own_text_and_one_of_old_has_none(
    town: Town, client: CheckingClient
) -> None:
    with town.db.writing() as session:
        campaign = session.get_one(Campaign, town.campaign)
        script = {"zh": {"opening": "一", "closing": "二", "message": "我是{code}，{who}"}}
        campaign.script = {**script, "en": {"opening": "One", "closing": "Two"}}
    assert text(tap(client, ring(town, "甲"))["address"]) == "我是4821，{who}"
    assert "4821" in text(tap(client, ring(town, "乙"))["address"])


def test_a_number_is_messaged_once_a_day_whoever_rings_it(
    town: Town, client: CheckingClient
) -> None:
    first = ring(town, "甲")
    assert tap(client, first)["address"] == tap(client, first)["address"]
    assert BUTTON not in after(town, client, first)
    town.release(town.people.volunteer, town.batch_of(town.people.volunteer))
    town.wait(hours=4)
    town.batch(town.people.colleague)
    sign_in(client, town.people.colleague)
    second = town.save(town.people.colleague, "甲", "no_answer", number=mobile(1)).call.id
    assert BUTTON not in after(town, client, second)
    assert tap(client, second) == {
        "problem": "This number had a text message today. One a day is enough."
    }
    with town.db.reading() as session:
        (row,) = session.scalars(select(TextMessage)).all()
    assert (row.call_id, row.user_id) == (first, town.people.volunteer.user.id)
    assert town.broken() == []


def test_tomorrow_it_may_be_messaged_again(town: Town, client: CheckingClient) -> None:
    tap(client, ring(town, "甲"))
    town.wait(days=1)
    town.batch(town.people.colleague)
    again = town.save(town.people.colleague, "甲", "no_answer", number=mobile(1)).call.id
    sign_in(client, town.people.colleague)

    assert BUTTON in after(town, client, again)
    assert "address" in tap(client, again)


@pytest.mark.parametrize(
    ("name", "disposition", "more"),
    [
        ("丙", "no_answer", {}),
        ("甲", "busy", {}),
        ("甲", "completed", {}),
        ("甲", "no_answer", {"direction": "in"}),
    ],
)
def test_no_message_fits_any_other_call(
    town: Town, client: CheckingClient, name: str, disposition: str, more: dict[str, str]
) -> None:
    call_id = ring(town, name, disposition, **more)

    assert BUTTON not in after(town, client, call_id)
    assert tap(client, call_id) == {"status": "404 NOT FOUND"}


def test_nor_one_on_a_number_not_known_nor_one_that_was_taken_back(
    town: Town, client: CheckingClient
) -> None:
    unknown = town.save(town.people.volunteer, "丁", "no_answer", number="?").call.id
    assert tap(client, unknown) == {"status": "404 NOT FOUND"}
    taken_back = ring(town, "甲")
    client.post(f"/calls/{taken_back}/undo", data={"csrf_token": token(client)})
    assert tap(client, taken_back) == {"status": "404 NOT FOUND"}


def test_yesterdays_call_asks_for_no_message_any_more(town: Town, client: CheckingClient) -> None:
    call_id = ring(town, "甲")
    town.wait(days=1)

    assert tap(client, call_id) == {"status": "404 NOT FOUND"}


def test_anothers_call_opens_nothing(town: Town, client: CheckingClient) -> None:
    call_id = ring(town, "甲")
    sign_in(client, town.people.colleague)

    assert tap(client, call_id) == {"status": "404 NOT FOUND"}
    assert client.get(f"/calls/{call_id}/message").status_code == 404


def test_without_a_script_a_page_has_the_link(town: Town, client: CheckingClient) -> None:
    call_id = ring(town, "甲")
    path = f"/calls/{call_id}/message"
    assert client.get(path).status_code == 404
    answer = client.submit("/calls/mine", action=path)
    assert (answer.status_code, answer.location) == (303, path)
    page = words(client.get(path))
    assert f'href="sms:{mobile(1)}?&body=' in page
    assert "编号4821" in page
    assert f"/next?last={call_id}" in page
    assert mobile(1) not in words(client.get("/calls/mine"))
