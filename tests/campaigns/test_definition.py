"""A campaign as TOML: the design's own example, and what is wrong by its key."""

from datetime import date

import pytest

from app.campaigns.rules.calling import CallingRules
from app.campaigns.rules.definition import DEFAULT_SCRIPT, Definition, read_toml
from app.problems import Problem

OF_THE_DESIGN = """
title = "基本信息核对"
communities = ["320613009001"]            # or "all"
deadline = 2026-12-31

[rules]
hours = ["09:00-12:00", "14:00-20:30"]
lease_minutes = 240
unopened_minutes = 30
max_held = 60
max_attempts = 6
max_attempts_per_day = 2
max_dials_per_day = 4
rest_days = 3

[rules.pause_minutes]
busy = 20
no_answer = 180
soft_refusal = 4320

[script.zh]
opening = "您好，我是社区志愿者……"
closing = "谢谢您！"
"""

SHORTEST = 'title = "核对"\ncommunities = "all"\n'


def read(text: str) -> Definition:
    return read_toml(text, "check.toml")


def test_the_example_of_the_design_is_taken_whole() -> None:
    wanted = read(OF_THE_DESIGN)

    assert wanted.title == "基本信息核对"
    assert wanted.communities == ("320613009001",)
    assert wanted.deadline == date(2026, 12, 31)
    assert wanted.rules == CallingRules(
        pause_minutes={"busy": 20, "no_answer": 180, "soft_refusal": 4320}
    )
    assert wanted.script["zh"] == {
        **DEFAULT_SCRIPT["zh"], "opening": "您好，我是社区志愿者……", "closing": "谢谢您！",
    }  # fmt: skip
    assert wanted.script["en"] == DEFAULT_SCRIPT["en"]


def test_all_but_title_and_communities_has_a_default() -> None:
    assert read(SHORTEST) == Definition("核对", None, script=DEFAULT_SCRIPT)


@pytest.mark.parametrize(
    ("line", "dispositions"),
    [
        ('dispositions = ["completed", "busy"]', {"completed": "", "busy": ""}),
        ('dispositions = {completed = "好了 ", busy = ""}', {"completed": "好了", "busy": ""}),
        ("dispositions = []", {}),
    ],
)
def test_a_campaign_chooses_and_renames_its_dispositions(
    line: str, dispositions: dict[str, str]
) -> None:
    assert read(SHORTEST + line).dispositions == dispositions


@pytest.mark.parametrize(
    ("line", "population"),
    [
        ("", ("deceased",)),
        ("population = []", ()),
        ('population = ["moved", "not_resident", "moved"]', ("moved", "not_resident")),
    ],
)
def test_a_campaign_says_who_belongs_to_its_population(
    line: str, population: tuple[str, ...]
) -> None:
    assert read(SHORTEST + line).population == population


def test_a_community_named_twice_is_one() -> None:
    text = 'title = "核对"\ncommunities = ["320613009004", "320613009001", "320613009004"]'

    assert read(text).communities == ("320613009004", "320613009001")


LONG = "长" * 4001
ALL = 'communities = "all"\n'


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        (ALL, "campaign_title", "title"),
        (ALL + "title = 3", "campaign_title", "title"),
        (ALL + 'title = "  "', "campaign_title", "title"),
        (ALL + f'title = "{"长" * 121}"', "campaign_title", "title"),
        (ALL + r'title = "a\nb"', "campaign_title", "title"),
        ('title = "核对"', "campaign_communities", "communities"),
        ('title = "核对"\ncommunities = []', "campaign_communities", "communities"),
        ('title = "核对"\ncommunities = "some"', "campaign_communities", "communities"),
        (SHORTEST + "tilte = 1", "campaign_unknown_key", "tilte"),
        (SHORTEST + 'deadline = "2026-12-31"', "campaign_deadline", "deadline"),
        (SHORTEST + "deadline = 2026-12-31T10:00:00", "campaign_deadline", "deadline"),
        (SHORTEST + 'questionnaire = "a.xlsx"', "campaign_questionnaire_later", "questionnaire"),
        (SHORTEST + 'dispositions = "completed"', "rules_table", "dispositions"),
        (SHORTEST + 'dispositions = [["completed"]]', "disposition_unknown", "dispositions"),
        (SHORTEST + 'dispositions = ["complete"]', "disposition_unknown", "dispositions"),
        (SHORTEST + 'dispositions = ["busy"]', "campaign_needs_completed", "dispositions"),
        (
            SHORTEST + f'dispositions = {{completed = "{"长" * 121}"}}',
            "campaign_title",
            "dispositions",
        ),
        (SHORTEST + 'population = "moved"', "campaign_population", "population"),
        (SHORTEST + 'population = ["completed"]', "campaign_population", "population"),
        (SHORTEST + 'population = [["moved"]]', "campaign_population", "population"),
        (SHORTEST + "rules = 1", "rules_table", "rules"),
        (SHORTEST + "[rules]\nmax_held = 0", "rules_number", "max_held"),
        (SHORTEST + "[rules]\nmax_hold = 9", "rules_unknown_key", "max_hold"),
        (SHORTEST + "script = 1", "rules_table", "script"),
        (SHORTEST + 'script.zh = "您好"', "rules_table", "script.zh"),
        (SHORTEST + '[script.fr]\nopening = "a"', "campaign_script_language", "script"),
        (SHORTEST + '[script.zh]\nmiddle = "a"', "campaign_unknown_key", "middle"),
        (SHORTEST + "[script.zh]\nopening = 1", "campaign_script", "opening"),
        (SHORTEST + f'[script.zh]\nclosing = "{LONG}"', "campaign_script", "closing"),
    ],
)
def test_what_is_wrong_is_said_by_its_key(text: str, code: str, field: str) -> None:
    with pytest.raises(Problem) as caught:
        read(text)

    assert (caught.value.code, caught.value.field) == (code, field)


def test_what_is_no_toml_is_said_by_its_file() -> None:
    with pytest.raises(Problem) as caught:
        read("title = \n")

    assert caught.value.code == "toml_syntax"
    assert caught.value.place is not None
    assert caught.value.place.file == "check.toml"
    assert "line 1" in str(caught.value.values["reason"])
