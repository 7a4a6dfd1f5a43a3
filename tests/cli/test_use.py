"""Right and wrong use, in both languages: exit codes, sentences, nothing else."""

import re
from pathlib import Path

import pytest

from app.db import Database
from tests import cast
from tests.cast import BRIDGE, FAR
from tests.cli.conftest import Shell

CHINESE = re.compile("[\u4e00-\u9fff]")
BIG = str(2**63)

WRONG_USE = [
    ([], "Usage"),
    (["no-such-command"], "no-such-command"),
    (["users", "list", "--no-such-option"], "--no-such-option"),
    (["users", "invite", "nobody"], "nobody"),
    (["territory", "load", "no-such-file.csv"], "no-such-file.csv"),
    (["import", "no-such-file.xlsx"], "no-such-file.xlsx"),
    (["residents", "--community", "999999999999"], "999999999999"),
    (["residents", "--community", "\udcff"], "UTF-8"),
    (["numbers"], "CELL"),
    (["rates"], "COUNTS"),
    (["rates", "I"], "“I”"),
    (["rates", "X=1"], "“X=1”"),
    (["rates", "i=1"], "“i=1”"),
    (["rates", "I=-1"], "“I=-1”"),
    (["rates", "I=1", "I=1"], "“I=1”"),
    (["rates", "e=2"], "“e=2”"),
    (["rates", "I=1", "e=nan"], "“e=nan”"),
    (["campaign", "open", "9"], "campaign 9"),
    (["campaign", "close", "9"], "campaign 9"),
    (["campaign", "open", "one"], "one"),
    (["campaign", "open", BIG], BIG),
    (["campaign", "create", "no-such-file.toml"], "no-such-file.toml"),
    (["report", "--campaign", "1"], "--all"),
    (["report", BRIDGE, "--all", "--campaign", "1"], "--all"),
    (["report", BRIDGE], "--campaign"),
    (["report", BRIDGE, "--campaign", "9"], "campaign 9"),
    (["report", BRIDGE, "--campaign", BIG], BIG),
    (["report", FAR, "--campaign", "1"], FAR),
    (["report", "x" * 99, "--campaign", "1"], "xxx"),
    (["report", BRIDGE, "--campaign", "1", "--lang", "fr"], "fr"),
    (["report", BRIDGE, "--campaign", "1", "--as-of", "yesterday"], "“yesterday”"),
    (["report", BRIDGE, "--campaign", "1", "--as-of", "0001-01-01T00:00"], "“0001-01-01T00:00”"),
    (["report", BRIDGE, "--campaign", "1", "--as-of", "9999-12-31T23:59-14:00"], "9999"),
    (["report", BRIDGE, "--campaign", "1", "--as-of", "2026-11-24T10:01"], "not come"),
    (["export", "--campaign", "9", "--format", "csv"], "campaign 9"),
    (["export", "--campaign", "1", "--format", "pdf"], "pdf"),
    (["export", "--format", "csv"], "--campaign"),
    (["serve", "--port", "65536"], "65536"),
    (["serve", "--workers", "0"], "0"),
]


@pytest.fixture
def _campaign(db: Database, campaign: int) -> None:
    assert campaign == 1


@pytest.mark.usefixtures("_campaign")
def test_wrong_use_is_named_and_exits_2(shell: Shell) -> None:
    for words, said in WRONG_USE:
        refused = shell(*words, exits=2)

        assert said in refused.stderr, words
        assert refused.stdout == "", words


@pytest.mark.usefixtures("_campaign")
@pytest.mark.parametrize(
    "words",
    [
        ["report", BRIDGE, "--campaign", "1"],
        ["report", "--all", "--campaign", "1"],
        ["export", "--campaign", "1", "--format", "csv"],
    ],
)
def test_a_place_that_cannot_be_written_to_is_named(
    words: list[str], shell: Shell, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    target = tmp_path / "file" / "below"

    assert str(target) in shell(*words, "-o", str(target), exits=2).stderr


def test_a_report_of_a_campaign_that_was_never_opened_is_a_problem(
    shell: Shell, db: Database, tmp_path: Path
) -> None:
    cast.communities(db)
    path = tmp_path / "campaign.toml"
    path.write_text(f'title = "核对"\ncommunities = ["{BRIDGE}"]', encoding="utf-8")
    made = shell("campaign", "create", str(path)).stdout.strip()

    assert "not open" in shell("report", BRIDGE, "--campaign", made, exits=1).stderr
    assert "No resident" in shell("campaign", "open", made, exits=1).stderr


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("words", "exits"),
    [
        (["campaign", "open", "9"], 2),
        (["residents", "--community", "1"], 2),
        (["rates", "X=1"], 2),
        (["report", "--campaign", "1"], 2),
        (["users", "list"], 0),
        (["residents"], 0),
        (["campaign", "list"], 0),
        (["check"], 0),
        (["rates", "I=1"], 0),
        (["numbers", "空号"], 0),
    ],
)
def test_both_languages_say_the_same(
    words: list[str], exits: int, shell: Shell, chinese: Shell
) -> None:
    english = shell(*words, exits=exits).output
    said = chinese(*words, exits=exits).output

    assert CHINESE.search(said), said
    assert not CHINESE.search(english.replace("空号", "")), english
    assert len(said.splitlines()) == len(english.splitlines())


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_rates_are_shares_and_null_where_undefined(shell: Shell) -> None:
    found = shell.json("rates", "I=50", "P=10", "R=20", "NC=15", "O=5", "UH=30", "NE=20", "e=0.5")
    nothing = shell.json("rates", "I=0")

    assert (found["RR1"], found["RR5"], found["COOP3"]) == (50 / 130, 0.5, 50 / 80)
    assert found["RR3"] == pytest.approx(50 / 115)
    assert len(found) == 16
    assert set(nothing.values()) == {None}
    assert "undefined" in shell("rates", "I=0").stdout
    assert "38.5%" in shell("rates", "I=50", "R=80").stdout
