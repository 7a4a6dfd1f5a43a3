"""Rosters, residents and numbers by command line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.db import Database
from app.residents.rules import phones
from tests import cast
from tests.cast import BRIDGE, FAR, HARBOUR
from tests.cli.conftest import Shell
from tests.residents.files import workbook

HEAD = "姓名,社区,楼栋,室号,联系电话\n"
GOOD = HEAD + "陈一,中桥社区,1幢,101,13900000001\n王三,,1幢,102,0513-81234567转8\n"
Save = Callable[[str | bytes], str]


@pytest.fixture(autouse=True)
def _communities(db: Database) -> None:
    cast.communities(db)


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def write(content: str | bytes) -> str:
        path = tmp_path / f"roster.{'csv' if isinstance(content, str) else 'xlsx'}"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return write


def test_a_roster_becomes_residents_as_the_design_names_them(shell: Shell, save: Save) -> None:
    taken = shell.json("import", save(GOOD))
    stored = shell.json("residents")

    assert taken == {
        "dry_run": False,
        "accepted": 2,
        "updated": 0,
        "unchanged": 0,
        "left_out": 0,
        "doubtful": 0,
        "rejected": [],
        "to_look_at": [
            {
                "sheet": None, "row": 3, "column": None, "reason": "no_community",
                "message": "No community is named that could be told.",
            }
        ],
        "duplicates": [],
        "to_be_placed": 1,
        "without_number": 0,
    }  # fmt: skip
    assert [list(row) for row in stored] == [
        ["name", "community", "address", "phones", "unusable"]
    ] * 2
    assert [(r["name"], r["community"], r["phones"]) for r in stored] == [
        ("陈一", BRIDGE, ["+8613900000001"]),
        ("王三", None, ["+8651381234567;ext=8"]),
    ]
    assert "1幢" in stored[0]["address"]


def test_a_dry_run_tells_the_same_and_changes_nothing(shell: Shell, save: Save) -> None:
    path = save(GOOD + "陈二,没有的社区,1幢,103,1391234\n")

    planned = shell.json("import", path, "--dry-run")
    told = shell("import", path, "--dry-run").stdout

    assert shell.json("residents") == []
    assert shell("import", path, "--dry-run").stdout.endswith("Nothing was stored.\n")
    assert planned == {**shell.json("import", path), "dry_run": True}
    assert "Nothing was stored." not in shell("import", path).stdout
    assert [(one["row"], one["reason"]) for one in planned["to_look_at"]] == [
        (4, "too_short"), (3, "no_community"), (4, "to_be_placed"),
    ]  # fmt: skip
    assert "It has too few digits." in told
    assert "No community could be told from “没有的社区”." in told


def test_the_same_roster_again_is_all_duplicates(shell: Shell, save: Save) -> None:
    path = save(GOOD)
    shell("import", path)

    again = shell.json("import", path)

    assert (again["accepted"], [place["row"] for place in again["duplicates"]]) == (0, [2, 3])
    told = shell("import", path).stdout
    assert [line.strip() for line in told.splitlines()] == [
        "Rows: 2", "accepted: 0", "updated: 0", "unchanged: 2", "rejected: 0",
        "doubtful, left out: 0",
    ]  # fmt: skip
    assert len(shell.json("residents")) == 2


def test_rejected_rows_are_named_and_make_it_exit_1(shell: Shell, save: Save) -> None:
    path = save(GOOD + ",中桥社区,2幢,101,13900000009\n")

    found = shell.json("import", path, exits=1)
    told = shell("import", path, "--dry-run", exits=1).stdout

    assert found["accepted"] == 2
    (one,) = found["rejected"]
    assert (one["row"], one["reason"]) == (4, "row_no_name")
    assert one["message"] == "There is no name."
    assert "row 4" in told
    assert "There is no name." in told


def test_an_unusable_number_is_kept_as_written_with_its_reason(shell: Shell, save: Save) -> None:
    shell("import", save(HEAD + "陈一,中桥社区,1幢,101,空号\n"))

    (row,) = shell.json("residents")

    assert row["phones"] == []
    assert row["unusable"] == [{"text": "空号", "reason": "out_of_use"}]


def test_a_community_is_for_rows_that_name_none(shell: Shell, save: Save) -> None:
    shell("import", save(GOOD), "--community", HARBOUR)

    assert [row["community"] for row in shell.json("residents")] == [BRIDGE, HARBOUR]
    assert [row["name"] for row in shell.json("residents", "--community", HARBOUR)] == ["王三"]
    assert shell.json("residents", "--community", FAR) == []


def test_only_the_sheet_that_was_named_is_read(shell: Shell, save: Save) -> None:
    head = ["姓名", "联系电话"]
    sheets = {"甲": [head, ["陈一", "13900000001"]], "乙": [head, ["王三", "13900000002"]]}
    path = save(workbook(sheets))

    shell("import", path, "--sheet", "乙")
    refused = shell("import", path, "--sheet", "丙", exits=1)

    assert [row["name"] for row in shell.json("residents")] == ["王三"]
    assert "丙" in refused.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "empty"),
        (HEAD, "holds no rows"),
        ("甲,乙\n1,2\n", "No column with names was found"),
        (b"PK\x03\x04 is not all", "damaged"),
    ],
)
def test_a_file_that_is_no_roster_is_refused_by_name(
    content: str | bytes, said: str, shell: Shell, save: Save
) -> None:
    refused = shell("import", save(content), exits=1)

    assert "roster." in refused.stderr
    assert said in refused.stderr
    assert refused.stdout == ""


def test_residents_are_a_table_that_a_name_cannot_break(shell: Shell, db: Database) -> None:
    cast.residents(db, BRIDGE, [cast.resident("陈\x1b[2J一", cast.mobile(1))])

    told = shell("residents").stdout

    assert "\x1b" not in told
    assert "+8613900000001" in told


def test_seeing_residents_is_on_record(shell: Shell, db: Database) -> None:
    shell("residents", "--community", BRIDGE)

    with db.reading() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.act, entry.subject_id, entry.user_id) == ("residents_exported", BRIDGE, None)


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_what_residents_writes_import_takes_as_known(
    form: str, shell: Shell, save: Save, tmp_path: Path
) -> None:
    shell("import", save(GOOD))
    path = tmp_path / f"back.{form}"

    told = shell("residents", "--format", form, "-o", str(path))
    found = shell.json("import", str(path))

    assert (told.stdout, told.stderr) == ("", "2 residents written.\n")
    assert (found["accepted"], found["updated"], found["unchanged"]) == (0, 0, 2)


def test_residents_go_to_standard_output_where_no_file_is_named(
    shell: Shell, chinese: Shell, save: Save, db: Database
) -> None:
    shell("import", save(GOOD))

    piped = chinese("residents", "--format", "csv", "--community", BRIDGE).stdout_bytes
    english = chinese("residents", "--format", "csv", "--lang", "en").stdout_bytes

    assert piped.startswith(b"\xef\xbb\xbf" + '"社区代码",'.encode())
    assert piped.count(b"\r\n") == 2
    assert english.startswith(b'\xef\xbb\xbf"Community code",')
    with db.reading() as session:
        acts = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(2)).all()
    assert [(one.act, one.subject_id, one.detail) for one in acts] == [
        ("residents_exported", "all", {"n": 2, "what": "csv", "lang": "en"}),
        ("residents_exported", BRIDGE, {"n": 1, "what": "csv", "lang": "zh"}),
    ]


@pytest.mark.parametrize(
    "words",
    [
        ["--format", "pdf"], ["-o", "x.csv"], ["--lang", "zh"], ["--format", "csv", "--json"],
        ["--format", "csv", "--community", "x"],
    ],
)  # fmt: skip
def test_an_export_that_cannot_be_meant_is_refused(shell: Shell, words: list[str]) -> None:
    assert shell("residents", *words, exits=2).stdout == ""


CELLS: list[tuple[str, list[str], list[str]]] = [
    ("139 1234 5678", ["+8613912345678"], []),
    ("0513-81234567转8/13912345678", ["+8651381234567;ext=8", "+8613912345678"], []),
    ("81234567", ["+8651381234567"], []),
    ("空号", [], ["out_of_use"]),
    ("", [], []),
]


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("given", ["words", "lines"])
def test_numbers_are_read_as_the_import_reads_them(given: str, chinese: Shell) -> None:
    cells = [cell for cell, _, _ in CELLS]
    lines = "\r\n".join(cells) + "\r\n"

    rows = chinese.json("numbers", *(cells if given == "words" else "-"), stdin=lines)

    assert [set(row) for row in rows] == [{"cell", "phones", "rejected"}] * len(CELLS)
    assert [
        (row["cell"], row["phones"], [r["reason"] for r in row["rejected"]]) for row in rows
    ] == CELLS


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_bytes_that_are_no_text_are_still_read(shell: Shell) -> None:
    (row,) = shell.json("numbers", "-", stdin=b"\xff 13912345678\n")

    assert row["phones"] == ["+8613912345678"]


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_why_a_number_is_refused_is_said_in_either_language(shell: Shell, chinese: Shell) -> None:
    zh, en = phones.REASONS["out_of_use"]

    assert en in shell("numbers", "空号").stdout
    assert zh in chinese("numbers", "空号").stdout
