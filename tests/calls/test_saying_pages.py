"""What the call screen has the volunteer say: the code, and what helps somebody who doubts."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from app.campaigns.models import Campaign, VolunteerCode
from app.db import Database
from tests.cases.town import Town
from tests.cast import english, mobile, resident, sign_in, words
from tests.conftest import Clock
from tests.house.pages import CheckingClient


@pytest.fixture
def town(db: Database, clock: Clock, client: CheckingClient) -> Town:
    speaks = [resident(name, mobile(n), language="English") for n, name in enumerate("甲乙", 1)]
    town = Town.of(db, clock, speaks)
    town.batch(town.people.volunteer)
    sign_in(english(client), town.people.volunteer)
    return town


def screen(town: Town, client: CheckingClient, name: str = "甲") -> str:
    case = town.case(name)
    return words(client.get(f"/calls/groups/{case.group_id}?case={case.id}"))


def code(town: Town) -> str:
    with town.db.reading() as session:
        return session.scalars(select(VolunteerCode.code)).one()


def test_the_usual_script_says_the_code_given_with_the_first_call(
    town: Town, client: CheckingClient
) -> None:
    page = screen(town, client)

    assert f"I am a volunteer of 中桥社区居委会, my code is {code(town)}." in page
    assert "My code is" not in page
    assert f"ring the community office and tell them the code {code(town)}." in page
    assert not re.search(r"\{(code|office|community)\}", page)
    assert f"my code is {code(town)}." in screen(town, client, "乙")


def test_where_a_script_does_not_say_the_code_a_sentence_does(
    town: Town, client: CheckingClient
) -> None:
    with town.db.writing() as session:
        campaign = session.get_one(Campaign, town.campaign)
        campaign.script = {lang: {"opening": "Hello!", "closing": "Bye!"} for lang in ("zh", "en")}
        campaign.office = "+8651385321234"
    page = screen(town, client)

    assert f"Hello!<br>My code is {code(town)}." in page
    assert f"ring 0513-8532 1234 and tell them the code {code(town)}." in page


def test_the_settings_number_stands_in_for_a_campaigns(town: Town, client: CheckingClient) -> None:
    config = client.application.config
    config["RINGROUND"] = replace(config["RINGROUND"], office_number="0513-1234 5678")

    assert "ring 0513-1234 5678 and tell them" in screen(town, client)


def test_who_is_rung_back_says_it_too(town: Town, client: CheckingClient) -> None:
    town.save(town.people.volunteer, "甲", "no_answer")
    page = words(client.get(f"/calls/ring-backs/{town.case('甲').id}"))

    assert f"my code is {code(town)}." in page
