"""What the documents say is what there is."""

import json
import re

import pytest

from app.campaigns.rules.calling import CallingRules
from app.campaigns.rules.definition import KEYS, read_toml
from app.config import ROOT

SETTING = re.compile(r"\b(?:RINGROUND_[A-Z_]+|DATABASE_URL)\b")
REQUIREMENTS = ["requirements.in", "requirements-dev.in"]
LOCKS = ["requirements.txt", "requirements-dev.txt"]


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def pins(path: str) -> list[str]:
    """Each pinned package, one a line, with what belongs to it."""
    text = read(path).replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_every_setting_is_described_and_no_other() -> None:
    assert set(SETTING.findall(read("docs/settings.md"))) == set(
        SETTING.findall(read("app/config.py"))
    )


def test_every_key_of_a_campaign_is_described_with_its_default() -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", read("docs/campaigns.md"), re.MULTILINE))
    rules = CallingRules().as_table()

    assert told.keys() >= (KEYS - {"rules", "script", "questionnaire"})
    assert told.keys() <= KEYS | rules.keys()
    for key in rules.keys() - {"pause_minutes"}:
        assert told[key].strip("`") == json.dumps(rules[key]), key


def test_the_campaign_in_the_documents_can_be_made() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", read("docs/campaigns.md"), re.DOTALL)

    assert read_toml(example, "campaigns.md").rules.legal_hours == ("08:00-21:00",)


def test_every_dependency_is_justified_and_no_other() -> None:
    wanted = [
        line.split("[")[0]
        for path in REQUIREMENTS
        for line in read(path).splitlines()
        if not line.startswith("-r")
    ]

    told = re.findall(r"^- `([^`]+)`", read("docs/dependencies.md"), re.MULTILINE)

    assert sorted(told) == sorted(wanted)


@pytest.mark.parametrize("path", LOCKS)
def test_every_pin_is_locked_by_its_hash(path: str) -> None:
    assert pins(path)
    assert not [
        pin
        for pin in pins(path)
        if not re.match(r"[\w.\[\]-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", pin)
    ]


def test_tests_run_on_the_versions_that_are_served() -> None:
    assert set(pins(LOCKS[0])) <= set(pins(LOCKS[1]))


def test_every_make_target_says_what_it_does() -> None:
    targets = re.findall(r"^([a-z]+):(.*)$", read("Makefile"), re.MULTILINE)

    assert targets
    assert all("## " in rest for _, rest in targets)
