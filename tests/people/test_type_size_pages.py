"""Larger letters: of the account wherever it signs in, of the browser where nobody has."""

import pytest

from app.db import Database
from tests import cast
from tests.cast import Cast, sign_in
from tests.house.pages import CheckingClient


@pytest.fixture
def people(db: Database) -> Cast:
    return cast.standing(db)


def choose(client: CheckingClient, page: str, size: str) -> str | None:
    return client.submit(page, action="/type-size", size=size).location


def letters(client: CheckingClient, page: str) -> str:
    """How large they are on a page, and which key is pressed."""
    text = client.get(page).text
    key = text.split('aria-pressed="true"')[0].rsplit("<button", 1)[1]
    pressed = next(size for size in ("normal", "large", "largest") if f'value="{size}"' in key)
    marked = f'class="type-{pressed}"' in text
    assert marked == (pressed != "normal")
    return pressed


def test_a_stranger_keeps_them_in_the_browser(client: CheckingClient, people: Cast) -> None:
    assert letters(client, "/sign-in") == "normal"
    assert choose(client, "/sign-in", "largest") == "/sign-in"
    assert letters(client, "/sign-in") == "largest"
    sign_in(client, people.volunteer)
    assert letters(client, "/calls") == "largest", "until they choose for themselves"


def test_they_go_with_the_account(client: CheckingClient, people: Cast) -> None:
    sign_in(client, people.volunteer)
    assert choose(client, "/calls", "large") == "/calls"
    elsewhere = client.application.test_client()
    assert isinstance(elsewhere, CheckingClient)
    sign_in(elsewhere, people.volunteer)
    assert letters(elsewhere, "/calls") == "large"
    sign_in(elsewhere, people.colleague)
    assert letters(elsewhere, "/calls") == "normal"


def test_there_is_a_way_back(client: CheckingClient, people: Cast) -> None:
    sign_in(client, people.volunteer)
    choose(client, "/calls", "largest")
    choose(client, "/calls", "normal")
    assert letters(client, "/calls") == "normal"


@pytest.mark.parametrize("size", ["huge", "", '"><script>'])
def test_no_other_size_is_taken(client: CheckingClient, people: Cast, size: str) -> None:
    sign_in(client, people.volunteer)
    choose(client, "/calls", size)
    assert letters(client, "/calls") == "normal"
    client.set_cookie("ringround-type", "huge")
    assert letters(client, "/sign-in") == "normal"


def test_nobody_is_led_elsewhere(client: CheckingClient) -> None:
    answer = client.submit("/sign-in", action="/type-size", size="large", next="//evil.example")
    assert answer.location == "/"
