"""Volunteers' public codes: drawn at random, nobody else's in the campaign, theirs for good."""

import itertools
from dataclasses import replace
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from app.campaigns.codes import code_of
from app.campaigns.models import VolunteerCode
from app.campaigns.rules.codes import Ringer, draws, is_genuine, typed_code
from app.db import Database
from tests.cases.town import Town
from tests.cast import BRIDGE, open_campaign
from tests.conftest import Clock


def test_codes_have_four_figures_and_longer_ones_come_when_those_are_used_up() -> None:
    drawn = [list(draws()) for _time in range(50)]
    short = [code for codes in drawn for code in codes[:12]]

    assert {len(code) for code in short} == {4}
    assert {len(code) for codes in drawn for code in codes[12:]} == {6}
    assert not [code for codes in drawn for code in codes if code[0] == "0" or not code.isdecimal()]
    assert len(set(short)) > 500


def test_a_volunteer_keeps_the_code_and_has_another_in_another_campaign(
    db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, "甲")
    other = open_campaign(db, [BRIDGE])
    me, colleague = town.people.volunteer.user.id, town.people.colleague.user.id
    with db.writing() as session:
        first = code_of(session, me, town.campaign, town.now)
        again = code_of(session, me, town.campaign, town.now)
        theirs = code_of(session, colleague, town.campaign, town.now, [first, first, "4821"])
        elsewhere = code_of(session, colleague, other, town.now, [first])

    assert (first == again, theirs, elsewhere == first) == (True, "4821", True)


def test_a_code_is_never_given_to_two(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    me, colleague = town.people.volunteer.user.id, town.people.colleague.user.id
    with db.writing() as session:
        code_of(session, me, town.campaign, town.now, ["4821"])
        with pytest.raises(LookupError):
            code_of(session, colleague, town.campaign, town.now, ["4821"])


def test_two_screens_at_once_get_one_code(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    me, start, got = town.people.volunteer.user.id, Barrier(2), []

    def look() -> None:
        start.wait()
        with db.writing() as session:
            got.append(code_of(session, me, town.campaign, town.now))

    threads = [Thread(target=look) for _screen in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.reading() as session:
        assert session.scalars(select(VolunteerCode.code)).all() == [got[0]]
    assert got[0] == got[1]


YES = Ringer(
    campaign_open=True, covers=True, works_there=True, holds=True, rang=False, on_shift=False
)  # fmt: skip


def test_a_code_is_genuine_when_all_of_it_is_so() -> None:
    for at_work in itertools.product((True, False), repeat=3):
        facts = dict(zip(("holds", "rang", "on_shift"), at_work, strict=True))
        assert is_genuine(replace(YES, **facts)) == any(at_work)
    for fact in ("campaign_open", "covers", "works_there"):
        assert not is_genuine(replace(YES, rang=True, on_shift=True, **{fact: False}))


@pytest.mark.parametrize(
    ("typed", "code"),
    [("4821", "4821"), (" 48 21 ", "4821"), ("４８２１", "4821"), ("编号4821。", "4821"),
     ("482", ""), ("4821000", ""), ("", ""), ("四八二一", ""), ("123456", "123456")],
)  # fmt: skip
def test_a_code_is_read_however_it_is_typed(typed: str, code: str) -> None:
    assert typed_code(typed) == code
