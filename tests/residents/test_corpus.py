"""Small rosters as people keep them, each a kind of mess, with what has to come of it.

Beside each file of ``corpus`` lies a JSON file that says so; see the README there.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.problems import Problem
from app.residents.reader import SheetFound, SheetRead, SheetSkipped, read_roster
from app.residents.rules.columns import Guess
from app.residents.rules.rows import Draft, Rejected
from app.residents.rules.sheets import column_letters
from tests.residents.files import CORPUS

ROSTERS = sorted(path for path in CORPUS.iterdir() if path.with_name(path.name + ".json").exists())


def found(sheet: SheetFound) -> dict[str, Any]:
    return {
        "sheet": sheet.sheet,
        "header": sheet.columns.row,
        "building": sheet.address.building,
        "hidden": sheet.hidden,
        "hidden_columns": list(sheet.hidden_columns),
        "columns": {column_letters(guess.column): role(guess) for guess in sheet.columns.guesses},
    }


def role(guess: Guess) -> str:
    return f"{guess.role or 'left out'}{'' if guess.why == 'header' else f' ({guess.why})'}"


def resident(draft: Draft) -> dict[str, Any]:
    said = draft._asdict()
    del said["place"], said["unusable"], said["unusable_in"]
    unusable = zip(draft.unusable_in, draft.unusable, strict=True)
    return {
        "sheet": draft.place.sheet,
        "row": draft.place.row,
        **said,
        "phones": list(draft.phones),
        "unusable": [f"{column}: {item.text}: {item.reason}" for column, item in unusable],
    }


def rejected(row: Rejected) -> dict[str, Any]:
    place = row.place
    return {"sheet": place.sheet, "row": place.row, "column": place.column, "code": row.code}


def parts(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for part in read_roster(path.read_bytes(), path.name, "0513"):
        match part:
            case SheetFound():
                yield "sheets", found(part)
            case SheetRead():
                counts = {"rows": part.rows, "nobody": part.nobody, "hidden": part.hidden_rows}
                yield "read", counts
            case SheetSkipped():
                yield "skipped", {"sheet": part.place.sheet, "code": part.code}
            case Draft():
                yield "residents", resident(part)
            case Rejected():
                yield "rejected", rejected(part)


def told(path: Path) -> dict[str, Any]:
    """What comes of a roster, without what it leaves open."""
    result: dict[str, Any] = {}
    try:
        for kind, part in parts(path):
            kept = {key: value for key, value in part.items() if value or type(value) is int}
            result.setdefault(kind, []).append(kept)
    except Problem as problem:
        result["problem"] = problem.code
    return result


def test_the_corpus_is_large_and_of_every_format():
    assert len(ROSTERS) >= 40
    assert {path.suffix for path in ROSTERS} == {".xlsx", ".xls", ".ods", ".csv", ".tsv", ".txt"}


@pytest.mark.parametrize("path", ROSTERS, ids=lambda path: path.name)
def test_a_roster_as_people_keep_it_is_read_without_being_cleaned(path):
    expected = json.loads(path.with_name(path.name + ".json").read_text(encoding="utf-8"))
    assert told(path) == expected
