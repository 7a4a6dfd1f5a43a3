"""The console script as it is installed: each command once, in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import cast
from tests.cast import BRIDGE
from tests.cli.conftest import Installed
from tests.residents.files import EXAMPLE

ROSTER = "姓名,社区,楼栋,室号,联系电话\n陈一,中桥社区,1幢,101,13900000001\n"
Make = Callable[..., Installed]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "communities.csv").write_text(cast.TERRITORY, encoding="utf-8")
    (tmp_path / "roster.csv").write_text(ROSTER, encoding="utf-8")
    title = f'title = "核对"\ncommunities = ["{BRIDGE}"]\n'
    (tmp_path / "campaign.toml").write_text(title, encoding="utf-8")
    return tmp_path


def from_nothing_to_results(run: Installed, folder: Path) -> None:
    """What changes the database, and what comes out in the end."""
    run("territory", "load", str(folder / "communities.csv"))
    assert "/join#" in run("users", "add", "徐莉", "--role", "leader", "--team", "观音山街道")
    assert json.loads(run("import", str(folder / "roster.csv"), "--json"))["accepted"] == 1
    assert run("campaign", "create", str(folder / "campaign.toml")) == "1\n"
    run("campaign", "open", "1")
    run("report", BRIDGE, "--campaign", "1", "-o", str(folder / "report.pdf"))
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF-")
    rows = json.loads(run("export", "--campaign", "1", "--format", "json"))
    assert [row["name"] for row in rows] == ["陈一"]
    run("check")


def test_every_command_works_on_a_new_instance(installed: Make, folder: Path) -> None:
    run = installed()

    from_nothing_to_results(run, folder)

    assert [user["name"] for user in json.loads(run("users", "list", "--json"))] == ["徐莉"]
    assert "/join#" in run("users", "invite", "徐莉")
    assert json.loads(run("residents", "--json"))[0]["phones"] == ["+8613900000001"]
    assert "+8613900000001" in run("numbers", "-", stdin=b"139 0000 0001\n")
    assert json.loads(run("rates", "I=1", "R=1", "--json"))["RR1"] == 0.5
    assert json.loads(run("campaign", "list", "--json"))[0]["status"] == "open"
    run("campaign", "close", "1")
    assert run("demo", "--if-empty") == ""
    assert json.loads(run("import", str(EXAMPLE), "--dry-run", "--json"))["accepted"] > 500


def test_a_command_runs_the_code_beside_its_tests(installed: Make, tmp_path: Path) -> None:
    """Also where several checkouts share one environment."""
    where = [sys.executable, "-c", "import app; print(app.__file__)"]
    said = subprocess.check_output(where, env=installed().environment, cwd=tmp_path, text=True)

    assert Path(said.strip()) == Path(__file__).parents[2] / "app" / "__init__.py"


@pytest.mark.parametrize("engine_url", ["postgresql"], indirect=True)
def test_the_same_works_on_postgresql(installed: Make, folder: Path, engine_url: str) -> None:
    from_nothing_to_results(installed(DATABASE_URL=engine_url), folder)

    assert not list((folder / "instance").glob("*.sqlite*"))


def test_help_speaks_the_deployments_language(installed: Make) -> None:
    assert "Print JSON instead of a table" in installed()("residents", "--help")
    assert "JSON" in (chinese := installed(RINGROUND_LANG="zh")("residents", "--help"))
    assert "居民" in chinese
    assert "ringround, version" in installed()("--version")


@pytest.mark.parametrize(
    ("environment", "exits", "said"),
    [
        ({"RINGROUND_LANG": "fr"}, 2, "RINGROUND_LANG"),
        ({"RINGROUND_TIMEZONE": "Nowhere/Land"}, 2, "RINGROUND_TIMEZONE"),
        ({"RINGROUND_INSTANCE": "/dev/null/below"}, 2, "RINGROUND_INSTANCE"),
        ({"DATABASE_URL": "mysql://u:geheim@h/d"}, 2, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://u:geheim@127.0.0.1:1/d"}, 1, "database"),
        ({"DATABASE_URL": "sqlite:////dev/null/x.sqlite"}, 1, "database"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    environment: dict[str, str], exits: int, said: str, installed: Make
) -> None:
    told = installed(**environment).refused("users", "list", exits=exits)

    assert said in told
    assert "geheim" not in told
    assert len(told.splitlines()) == 1
