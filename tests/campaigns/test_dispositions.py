"""The disposition table is the design's, code by code."""

from collections import Counter

import pytest

from app.campaigns.rules.dispositions import CHOOSABLE_POPULATION, DISPOSITIONS, Follow, Group

FINAL, REACHED, CONFIRMS = "final", "reached", "confirms"

# Code, AAPOR code of the single call, what it says, what follows.
TABLE = [
    ("completed", "1.1", {FINAL, REACHED, CONFIRMS}, Follow.DONE),
    ("partial", "1.2", {REACHED, CONFIRMS}, Follow.AGAIN),
    ("soft_refusal", "2.112", {REACHED, CONFIRMS}, Follow.OTHER_PERSON),
    ("hard_refusal", "2.112", {FINAL, REACHED, CONFIRMS}, Follow.DONE),
    ("hung_up", "3.20", {REACHED}, Follow.AGAIN),
    ("respondent_unavailable", "2.21", {REACHED, CONFIRMS}, Follow.AGAIN),
    ("callback_requested", "2.21", {REACHED, CONFIRMS}, Follow.APPOINTMENT),
    ("no_answer", "3.13", set(), Follow.AGAIN),
    ("busy", "3.12", set(), Follow.AGAIN),
    ("unreachable", "3.16", set(), Follow.AGAIN),
    ("voicemail", "3.14", set(), Follow.AGAIN),
    ("invalid_number", "4.31", set(), Follow.NEXT_NUMBER),
    ("wrong_person", "3.30", {REACHED}, Follow.NEXT_NUMBER),
    ("language_barrier", "2.33", {REACHED, CONFIRMS}, Follow.LANGUAGE),
    ("unable", "2.32", {FINAL, REACHED, CONFIRMS}, Follow.DOOR),
    ("moved", "4.50", {FINAL, REACHED, CONFIRMS}, Follow.DONE),
    ("deceased", "2.31", {FINAL, REACHED, CONFIRMS}, Follow.DONE),
    ("not_resident", "4.50", {FINAL, REACHED, CONFIRMS}, Follow.DONE),
    ("needs_leader", "3.90", {REACHED}, Follow.LEADER),
]


def test_the_codes_are_exactly_those_of_the_design() -> None:
    assert sorted(DISPOSITIONS) == sorted(code for code, *_ in TABLE)


@pytest.mark.parametrize(("code", "aapor", "says", "follow"), TABLE)
def test_each_disposition_means_what_the_design_says(
    code: str, aapor: str, says: set[str], follow: Follow
) -> None:
    row = DISPOSITIONS[code]

    assert row.code == code
    assert row.aapor == aapor
    assert {word for word in (FINAL, REACHED, CONFIRMS) if getattr(row, word)} == says
    assert row.follow is follow


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_two_dispositions_have_the_same_name(lang: str) -> None:
    names = Counter(row.label(lang) for row in DISPOSITIONS.values())

    assert "" not in names
    assert max(names.values()) == 1


@pytest.mark.parametrize("row", [*DISPOSITIONS.values(), *Follow, *Group], ids=str)
def test_everything_people_read_is_in_both_languages(row: Follow) -> None:
    assert any("一" <= letter <= "鿿" for letter in row.zh)
    assert row.en.isascii()


def test_what_ends_a_case_is_no_call_to_repeat() -> None:
    again = {Follow.AGAIN, Follow.APPOINTMENT, Follow.OTHER_PERSON, Follow.LANGUAGE}

    assert not [row.code for row in DISPOSITIONS.values() if row.final and row.follow in again]
    assert all(row.pause_minutes > 0 for row in DISPOSITIONS.values() if row.follow in again), (
        "a case without a pause would be rung at once"
    )


def test_a_campaign_chooses_the_population_of_real_dispositions() -> None:
    assert CHOOSABLE_POPULATION == ("moved", "deceased", "not_resident")
