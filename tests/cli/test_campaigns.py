"""Campaigns, reports, exports and the check by command line."""

import json
import re
from pathlib import Path

import pytest
from sqlalchemy import text

from app.config import ROOT
from app.db import Database
from tests import cast
from tests.cast import BRIDGE, FAR, SCHOOL
from tests.cli.conftest import Shell
from tests.conftest import Clock

EVERY_KEY = f"""
title = "基本信息核对"
communities = ["{BRIDGE}"]
deadline = 2026-12-31
dispositions = ["completed", "no_answer", "busy"]
population = ["moved"]

[rules]
hours = ["09:00-12:00", "14:00-20:30"]
lease_minutes = 240
unopened_minutes = 30
max_held = 60
max_attempts = 6
max_attempts_per_day = 2
max_dials = 20
max_dials_per_day = 4
spread_days = 2
weekend_hours = ["10:00-12:00"]
legal_hours = ["08:00-21:00"]
rest_days = 3

[rules.pause_minutes]
busy = 20
no_answer = 180

[script.zh]
opening = "您好"
closing = "谢谢您！"
"""


def toml(folder: Path, content: str) -> str:
    path = folder / "campaign.toml"
    path.write_text(content, encoding="utf-8")
    return str(path)


def test_creating_prints_the_id_and_nothing_else(
    shell: Shell, db: Database, tmp_path: Path
) -> None:
    cast.communities(db)

    made = shell("campaign", "create", toml(tmp_path, EVERY_KEY))

    assert re.fullmatch(r"\d+\n", made.stdout)
    assert made.stderr == ""
    assert shell.json("campaign", "list") == [
        {
            "id": int(made.stdout),
            "title": "基本信息核对",
            "status": "draft",
            "deadline": "2026-12-31",
            "communities": [BRIDGE],
        }
    ]


def test_a_campaign_goes_from_draft_to_open_to_closed(
    shell: Shell, db: Database, tmp_path: Path
) -> None:
    cast.communities(db)
    cast.residents(db, BRIDGE, [cast.resident("陈一", cast.mobile(1))])
    path = toml(tmp_path, 'title = "核对"\ncommunities = "all"\n')
    number = shell("campaign", "create", path).stdout.strip()

    assert "1" in shell("campaign", "open", number).stdout
    cast.residents(db, BRIDGE, [cast.resident("李四", cast.mobile(4))])
    assert "1" in shell("campaign", "open", number).stdout
    assert shell.json("campaign", "list")[0]["status"] == "open"
    assert shell.json("campaign", "list")[0]["communities"] == [BRIDGE]
    shell("campaign", "close", number)
    assert shell.json("campaign", "list")[0]["status"] == "closed"
    assert "closed" in shell("campaign", "open", number, exits=1).stderr
    assert "not open" in shell("campaign", "close", number, exits=1).stderr


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("content", "exits", "said"),
    [
        ("title = ", 1, "campaign.toml"),
        ('titel = "核对"\ncommunities = "all"', 1, "titel"),
        ('title = "核对"', 1, "communities"),
        ('title = "核对"\ncommunities = "all"\ndeadline = 2026-11-23', 1, "passed already"),
        (f'title = "核对"\ncommunities = ["{FAR}", "1"]', 2, "community 1 "),
        ('title = "核对"\ncommunities = "all"\nquestionnaire = "a.xlsx"', 1, "questionnaire"),
        ('title = "核对"\ncommunities = "all"\n[rules]\nhours = ["12-9"]', 1, "12-9"),
        (
            'title = "核对"\ncommunities = "all"\n[rules]\nlegal_hours = ["10:00-21:00"]',
            1,
            "The span 09:00-12:00 lies outside",
        ),
        ('title = "核对"\ncommunities = "all"\n[rules]\nmax_held = 0', 1, "max_held"),
    ],
)
def test_a_campaign_that_cannot_be_is_refused_in_words(
    content: str, exits: int, said: str, shell: Shell, db: Database, tmp_path: Path
) -> None:
    cast.communities(db)

    refused = shell("campaign", "create", toml(tmp_path, content), exits=exits)

    assert said in refused.stderr
    assert refused.stdout == ""
    assert shell.json("campaign", "list") == []


def test_a_campaign_file_that_is_no_text_is_refused(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "campaign.toml"
    path.write_bytes('title = "核对"'.encode("gb18030"))

    assert "UTF-8" in shell("campaign", "create", str(path), exits=1).stderr


def test_a_campaign_comes_from_a_toml_file_only(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "campaign.xlsx"
    path.write_bytes(b"PK")

    assert ".toml" in shell("campaign", "create", str(path), exits=1).stderr


def test_a_report_goes_where_it_was_told(shell: Shell, campaign: int, tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"

    told = shell("report", BRIDGE, "--campaign", str(campaign), "-o", str(path)).stdout

    assert told == f"{path}\n"
    assert path.read_bytes().startswith(b"%PDF-")


def test_all_reports_make_one_file_a_community(shell: Shell, campaign: int, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "pack"

    told = shell("report", "--all", "--campaign", str(campaign), "-o", str(folder)).stdout

    made = [folder / f"report-{campaign}-{code}-en.pdf" for code in (BRIDGE, SCHOOL)]
    assert told.splitlines() == [str(path) for path in made]
    assert all(path.read_bytes().startswith(b"%PDF-") for path in made)


def test_a_report_is_the_same_bytes_for_the_same_moment(
    shell: Shell, chinese: Shell, campaign: int, tmp_path: Path, clock: Clock
) -> None:
    def printed(shell: Shell, *more: str) -> bytes:
        path = tmp_path / "report.pdf"
        shell("report", BRIDGE, "--campaign", str(campaign), "-o", str(path), *more)
        return path.read_bytes()

    moment = ("--as-of", "2026-11-24T10:00")
    first = printed(shell, *moment)
    clock.now = clock.now.replace(hour=15)

    assert printed(shell, *moment) == first
    assert printed(shell, "--as-of", "2026-11-24T02:00Z") == first
    assert printed(chinese, *moment, "--lang", "en") == first
    assert printed(chinese, *moment) != first
    assert printed(shell, *moment, "--masked") != first


def test_an_export_is_one_object_a_case(shell: Shell, campaign: int) -> None:
    rows = json.loads(shell("export", "--campaign", str(campaign), "--format", "json").stdout)

    assert [(row["name"], row["disposition"], row["calls"]) for row in rows] == [
        (name, "not_attempted", []) for name in ("陈一", "陈二", "王三", "李四")
    ]
    assert len({row["id"] for row in rows}) == 4


@pytest.mark.parametrize(
    ("form", "start"), [("csv", b'\xef\xbb\xbf"Community code",'), ("xlsx", b"PK"), ("json", b"[")]
)
def test_an_export_is_the_same_in_a_file_and_on_standard_output(
    form: str, start: bytes, shell: Shell, campaign: int, tmp_path: Path
) -> None:
    path = tmp_path / "results"
    words = ("export", "--campaign", str(campaign), "--format", form)

    piped = shell(*words).stdout_bytes
    told = shell(*words, "-o", str(path))

    assert (told.stdout, told.stderr) == ("", "4 cases written.\n")
    assert piped.startswith(start)
    if form != "xlsx":  # a workbook names the moment it was made
        assert path.read_bytes() == piped


def test_a_sound_database_passes_the_check(shell: Shell, campaign: int) -> None:
    found = shell.json("check")
    told = shell("check").stdout.splitlines()

    assert found["broken"] == []
    assert {"one_holder", "nothing_stuck", "counts_agree"} <= set(found["laws"])
    assert told == [f"{law}: holds" for law in found["laws"]]


def test_a_broken_law_makes_the_check_exit_1_and_names_the_row(
    shell: Shell, campaign: int, db: Database
) -> None:
    with db.writing() as session:
        session.execute(text("UPDATE cases SET state = 'held' WHERE id = 1"))

    found = shell.json("check", exits=1)
    told = shell("check", exits=1).stdout

    assert "one_holder" in {one["law"] for one in found["broken"]}
    assert all(set(one) == {"law", "row", "what"} for one in found["broken"])
    assert "one_holder: broken" in told
    assert "陈一" not in told


def test_the_territory_is_loaded_and_again_changes_only_what_changed(
    shell: Shell, tmp_path: Path
) -> None:
    path = tmp_path / "communities.csv"
    path.write_text(cast.TERRITORY, encoding="utf-8-sig")
    first = shell("territory", "load", str(path)).stdout
    path.write_text(cast.TERRITORY.replace("远村", "近村"), encoding="utf-8")
    again = shell("territory", "load", str(path)).stdout

    assert first == "4 communities added, 0 changed, 0 unchanged.\n"
    assert again == "0 communities added, 1 changed, 3 unchanged.\n"


def test_the_demo_cities_own_table_loads(shell: Shell) -> None:
    path = ROOT / "app" / "demo" / "communities.csv"

    assert shell("territory", "load", str(path)).stdout.startswith("46 communities added")


def test_a_territory_with_one_bad_row_is_not_loaded_at_all(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "communities.csv"
    path.write_text(cast.TERRITORY.replace(FAR, "12"), encoding="utf-8")

    refused = shell("territory", "load", str(path), exits=1).stderr

    assert "row 5" in refused
    path.write_text(cast.TERRITORY, encoding="utf-8")
    assert shell("territory", "load", str(path)).stdout.startswith("4 communities added")
