"""Signing in: who may, what a stranger learns, and how guessing is slowed."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from argon2 import extract_parameters
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.audit.models import AuditEntry
from app.db import Database
from app.people import service
from app.people.models import SignInFailures, User
from app.people.rules import ACCOUNT_AND_DEVICE, ADDRESS
from app.problems import Problem
from tests.cast import NOW, Person, add, english, sign_in_by_page, words
from tests.conftest import Clock
from tests.house.pages import CheckingClient

WRONG = "Name or password is wrong."
THROTTLED = "Too many failed attempts."


@pytest.fixture
def person(db: Database) -> Person:
    return add(db, "王小明", "volunteer")


@pytest.fixture
def browser(client: CheckingClient) -> CheckingClient:
    return english(client)


def attempt(client: CheckingClient, name: str, password: str = "not the password") -> TestResponse:
    return client.submit("/sign-in", action="", name=name, password=password)


def exhaust(client: CheckingClient, name: str) -> None:
    for _ in range(ACCOUNT_AND_DEVICE.failures):
        assert WRONG in words(attempt(client, name))


def another(app: Flask) -> CheckingClient:
    client = app.test_client()
    assert isinstance(client, CheckingClient)
    return english(client)


def is_signed_in(client: CheckingClient) -> bool:
    return client.get("/calls").status_code == 200


def test_name_and_password_open_the_door(browser: CheckingClient, person: Person) -> None:
    answer = attempt(browser, person.name, person.password)

    assert (answer.status_code, answer.location) == (302, "/")
    assert browser.get("/").location == "/calls"
    assert is_signed_in(browser)


@pytest.mark.parametrize("typed", ["王小明 ", "  王小明"])
def test_blanks_around_the_name_do_not_matter(
    browser: CheckingClient, person: Person, typed: str
) -> None:
    assert attempt(browser, typed, person.password).status_code == 302


@pytest.mark.parametrize("typed", ["Li Wei", "li wei", "LI WEI"])
def test_the_case_of_letters_does_not_matter(
    db: Database, browser: CheckingClient, typed: str
) -> None:
    password = add(db, "Li Wei", "volunteer").password

    assert attempt(browser, typed, password).status_code == 302


@pytest.mark.parametrize("name", ["ÉMILE", "Ирина", "ＬＩ"])
def test_a_name_in_any_script_can_sign_in_as_it_is_written(
    db: Database, browser: CheckingClient, name: str
) -> None:
    password = add(db, name, "volunteer").password

    assert attempt(browser, name, password).status_code == 302


@pytest.mark.parametrize("password", ["a password", "A PASSWORD OF THE VOLUNTEER", "x" * 9999])
def test_a_wrong_password_does_not(browser: CheckingClient, person: Person, password: str) -> None:
    answer = attempt(browser, person.name, password)

    assert answer.status_code == 200
    assert WRONG in words(answer)
    assert not is_signed_in(browser)


def test_a_field_left_empty_is_named(browser: CheckingClient) -> None:
    answer = attempt(browser, "", "")

    assert answer.status_code == 200
    assert "Enter your name." in words(answer)
    assert "Enter your password." in words(answer)


def test_a_name_that_no_database_could_hold_is_only_wrong(browser: CheckingClient) -> None:
    assert attempt(browser, "王\0小明").status_code == 400
    assert attempt(browser, "王" * 100_000).status_code == 200


def as_seen(answer: TestResponse, name: str) -> str:
    """The page without what differs between any two: the form's token and what was typed."""
    page = re.sub(r'name="csrf_token" value="[^"]+"', "", words(answer))
    return page.replace(name, "NAME")


def test_an_unknown_name_is_answered_as_a_wrong_password(app: Flask, person: Person) -> None:
    wrong = attempt(another(app), person.name)
    unknown = attempt(another(app), "王大明")

    assert wrong.status_code == unknown.status_code
    assert as_seen(wrong, person.name) == as_seen(unknown, "王大明")


def test_an_unknown_name_costs_as_much_as_a_wrong_password() -> None:
    """Whoever measures the answer learns nothing: the same hash is worked out either way."""
    known = service.hashed("a password of somebody", "王小明")

    assert extract_parameters(service.nobody()) == extract_parameters(known)
    assert not service.password_fits(None, "any password")


def test_an_account_not_yet_joined_opens_to_no_password(
    db: Database, browser: CheckingClient
) -> None:
    with db.writing() as session:
        service.add_user(session, None, NOW, "新人", "volunteer")

    assert WRONG in words(attempt(browser, "新人", "any password"))


def test_a_closed_account_is_answered_as_a_wrong_password(
    db: Database, browser: CheckingClient, person: Person
) -> None:
    with db.writing() as session:
        session.get_one(User, person.user.id).active = False

    assert WRONG in words(attempt(browser, person.name, person.password))


def test_closing_an_account_ends_its_sessions(
    db: Database, browser: CheckingClient, person: Person
) -> None:
    sign_in_by_page(browser, person)
    with db.writing() as session:
        session.get_one(User, person.user.id).active = False

    assert browser.get("/calls").location.startswith("/sign-in")


def test_guessing_is_stopped_even_for_the_right_password(
    browser: CheckingClient, person: Person
) -> None:
    exhaust(browser, person.name)
    answer = attempt(browser, person.name, person.password)

    assert f"{THROTTLED} Try again in 15 minutes." in words(answer)
    assert not is_signed_in(browser)


def test_guessing_at_a_name_that_nobody_bears_is_answered_alike(
    browser: CheckingClient, person: Person
) -> None:
    exhaust(browser, "王大明")

    assert THROTTLED in words(attempt(browser, "王大明"))


def test_the_way_a_name_is_typed_gives_no_fresh_tries(
    browser: CheckingClient, db: Database
) -> None:
    person = add(db, "Li Wei", "volunteer")
    exhaust(browser, "LI WEI ")

    assert THROTTLED in words(attempt(browser, person.name, person.password))


def test_a_stranger_who_guesses_does_not_lock_out_a_known_device(
    app: Flask, person: Person
) -> None:
    own, strange = another(app), another(app)
    sign_in_by_page(own, person)
    own.submit("/calls", action="/sign-out")
    exhaust(strange, person.name)

    assert THROTTLED in words(attempt(strange, person.name, person.password))
    assert attempt(own, person.name, person.password).status_code == 302


def test_guessing_on_a_known_device_is_stopped_as_well(app: Flask, person: Person) -> None:
    own, fresh = another(app), another(app)
    sign_in_by_page(own, person)
    own.submit("/calls", action="/sign-out")
    exhaust(own, person.name)

    assert THROTTLED in words(attempt(own, person.name, person.password))
    assert attempt(fresh, person.name, person.password).status_code == 302


def test_a_forged_device_counts_as_unknown(app: Flask, person: Person) -> None:
    strange = another(app)
    exhaust(strange, person.name)
    strange.set_cookie("ringround-device", '{"id":"x","names":["王小明"]}.forged')

    assert THROTTLED in words(attempt(strange, person.name, person.password))


def test_one_account_is_throttled_and_not_the_next(
    browser: CheckingClient, person: Person, db: Database
) -> None:
    neighbour = add(db, "邻居", "volunteer")
    exhaust(browser, person.name)

    assert attempt(browser, neighbour.name, neighbour.password).status_code == 302


def test_the_window_passes(browser: CheckingClient, person: Person, clock: Clock) -> None:
    exhaust(browser, person.name)
    clock.now += timedelta(minutes=14, seconds=59)
    assert "Try again in 1 minutes." in words(attempt(browser, person.name, person.password))

    clock.now += timedelta(seconds=1)
    assert attempt(browser, person.name, person.password).status_code == 302


def test_after_the_window_the_count_begins_anew(
    browser: CheckingClient, person: Person, clock: Clock
) -> None:
    exhaust(browser, person.name)
    clock.now += timedelta(minutes=15)

    assert WRONG in words(attempt(browser, person.name))
    assert WRONG in words(attempt(browser, person.name))


def test_a_success_forgets_the_failures_before(browser: CheckingClient, person: Person) -> None:
    for _ in range(2):
        for _ in range(ACCOUNT_AND_DEVICE.failures - 1):
            attempt(browser, person.name)
        assert attempt(browser, person.name, person.password).status_code == 302
        browser.submit("/calls", action="/sign-out")


def test_guesses_that_come_at_once_are_all_counted(db: Database, person: Person) -> None:
    def guess(_: int) -> bool:
        try:
            with db.writing() as session:
                service.admit(session, person.name, None, "192.0.2.1", NOW)
        except Problem:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        admitted = list(pool.map(guess, range(24)))

    assert admitted.count(True) == ACCOUNT_AND_DEVICE.failures


def failed_from_here(db: Database, times: int) -> None:
    with db.writing() as session:
        session.add(SignInFailures(key="address:127.0.0.1", count=times, since=NOW))


def test_a_whole_office_may_err_from_one_address(
    db: Database, browser: CheckingClient, person: Person
) -> None:
    assert ADDRESS.failures >= 5 * 64
    failed_from_here(db, ADDRESS.failures - 1)

    assert attempt(browser, person.name, person.password).status_code == 302


def test_an_address_that_tries_name_after_name_is_stopped(
    db: Database, browser: CheckingClient, person: Person, clock: Clock
) -> None:
    failed_from_here(db, ADDRESS.failures - 1)
    attempt(browser, "王大明")
    assert THROTTLED in words(attempt(browser, person.name, person.password))

    clock.now += ADDRESS.window
    assert attempt(browser, person.name, person.password).status_code == 302


def test_both_success_and_failure_are_in_the_trail(
    db: Database, browser: CheckingClient, person: Person
) -> None:
    attempt(browser, person.name)
    attempt(browser, person.name, person.password)
    attempt(another(browser.application), "王大明")

    with db.reading() as session:
        acts = ("signed_in", "sign_in_failed")
        entries = session.scalars(select(AuditEntry).where(AuditEntry.act.in_(acts)))
        trail = [(e.act, e.user_id, e.detail) for e in entries]
    assert trail == [
        ("sign_in_failed", person.user.id, {}),
        ("signed_in", person.user.id, {}),
        ("sign_in_failed", None, {}),
    ]
