"""Exports for other programs: the shape of the design, and nothing a spreadsheet would run."""

import csv
import io
import json
import zipfile
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from app.db import Database
from app.problems import NotFoundError
from app.reports import results
from app.reports.results import COLUMNS, FORMULA_STARTS, harmless
from tests import cast
from tests.cases.town import Town
from tests.cast import BRIDGE, HARBOUR, SCHOOL
from tests.conftest import Clock
from tests.progress.city import city

HOSTILE = (
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")', "＝1", "http://x.invalid",
    "a<b", 'a"b,c', "㛃𠅤", "{=1}", "internal:'calls'!A1", "a\nb",
)  # fmt: skip


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    drafts = [
        cast.resident(name, cast.mobile(number), room=f"{number:03}")
        for number, name in enumerate(HOSTILE, 1)
    ]
    town = Town.of(db, clock, drafts)
    me = town.people.volunteer
    for name, note in zip(town.take(me, 60), HOSTILE, strict=True):
        town.save(me, name, "no_answer", note=note)
    return town


def rows(town: Town) -> list[dict[str, Any]]:
    with town.db.reading() as session:
        return results.gather(session, None, town.campaign)


def test_json_is_one_object_a_case_with_its_calls(db: Database, clock: Clock) -> None:
    town = city(db, clock)
    me = town.people.volunteer
    first, second = town.take(me, 4, community=BRIDGE)[1:3]
    town.save(me, first, "no_answer", also=[second], note="晚上再打", number=cast.mobile(1))
    original = town.calls(first)[0]
    town.wait(minutes=1)
    town.correct(me, original, "completed")

    found = {row["name"]: row for row in json.loads(results.to_json(rows(town)))}

    case = found[first]
    assert set(case) == {*COLUMNS, "calls"}
    assert (case["id"], case["disposition"]) == (town.case(first).id, "completed")
    assert (case["state"], case["accounted_for"], case["attempts"]) == ("done", True, 1)
    wrong, right = case["calls"]
    assert wrong == {
        "id": original.id,
        "applied": True,
        "reason": None,
        "disposition": "no_answer",
        "direction": "out",
        "number": cast.mobile(1),
        "started_at": "2026-11-24T01:58:00+00:00",
        "ended_at": "2026-11-24T02:00:00+00:00",
        "recorded_at": "2026-11-24T02:00:00+00:00",
        "callback_at": None,
        "user": me.name,
        "note": "晚上再打",
        "corrects": None,
        "with_call": None,
        "position": 1,
    }
    assert (right["corrects"], right["disposition"]) == (wrong["id"], "completed")
    assert found[second]["calls"][0]["with_call"] == wrong["id"]
    assert found["无号0"]["calls"] == []
    assert (found["无号0"]["passed_to"], found["无号0"]["accounted_for"]) == ("leader", False)


def test_calls_that_took_no_effect_are_exported_with_the_reason(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, ["甲"])
    me = town.people.volunteer
    town.take(me)
    town.close()
    town.save(me, "甲")

    (case,) = rows(town)

    assert (case["state"], case["disposition"]) == ("open", "not_attempted")
    assert [(c["applied"], c["reason"]) for c in case["calls"]] == [(False, "campaign_closed")]


def test_json_keeps_every_text_as_it_is(town: Town) -> None:
    found = json.loads(results.to_json(rows(town)))

    assert [row["name"] for row in found] == list(HOSTILE)
    assert {call["note"] for row in found for call in row["calls"]} == {
        note.strip() for note in HOSTILE
    }


def test_csv_is_read_back_with_every_text_harmless(town: Town) -> None:
    content = results.to_csv(rows(town))
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))

    assert content.startswith(b"\xef\xbb\xbf")
    assert lines[0] == list(COLUMNS)
    assert len(lines) == 1 + len(HOSTILE)
    cells = [cell for line in lines for cell in line]
    assert not [cell for cell in cells if cell.startswith(FORMULA_STARTS)]
    names = [line[COLUMNS.index("name")] for line in lines[1:]]
    assert names == [harmless(name) for name in HOSTILE]
    assert [name.removeprefix("'") for name in names] == list(HOSTILE)


def test_a_workbook_holds_texts_and_no_formula(town: Town) -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(results.to_xlsx(rows(town))))
    cases, calls = (book.get_sheet_by_name(name).to_python() for name in ("cases", "calls"))

    assert book.sheet_names == ["cases", "calls"]
    assert cases[0] == list(COLUMNS)
    assert [row[COLUMNS.index("name")] for row in cases[1:]] == list(HOSTILE)
    assert len(calls) == 1 + len(HOSTILE)
    assert set(calls[0]) >= {"case", "id", "applied", "disposition", "number", "user", "note"}
    parts = unzipped(results.to_xlsx(rows(town)))
    assert b"<f>" not in parts
    assert b"<hyperlink" not in parts


def unzipped(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return b"".join(book.read(name) for name in book.namelist())


def test_a_campaign_without_calls_is_exported_too(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, ["甲"])
    book = CalamineWorkbook.from_filelike(io.BytesIO(results.to_xlsx(rows(town))))

    assert book.get_sheet_by_name("calls").to_python() == [["case"]]
    assert len(book.get_sheet_by_name("cases").to_python()) == 2


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("陈一", "陈一"),
        ("=1", "'=1"),
        ("-", "'-"),
        ("\r1", "'\r1"),
        ("＠a", "'＠a"),
        ("a=1", "a=1"),
        ("", ""),
        (None, None),
        (-5, -5),
        (True, True),
    ],
)
def test_only_texts_that_would_be_run_are_changed(value: object, shown: object) -> None:
    assert harmless(value) == shown


@pytest.mark.parametrize(
    ("role", "codes"),
    [
        ("leader", {BRIDGE, SCHOOL}),
        ("supervisor", {BRIDGE, HARBOUR}),
        ("administrator", {BRIDGE, SCHOOL, HARBOUR}),
    ],
)
def test_everybody_exports_their_own_scope(
    role: str, codes: set[str], db: Database, clock: Clock
) -> None:
    town = city(db, clock)
    with db.reading() as session:
        found = results.gather(session, getattr(town.people, role).user, town.campaign)

    assert {row["community"] for row in found} == codes


def test_a_campaign_out_of_sight_is_not_found(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, ["甲"])
    with db.reading() as session, pytest.raises(NotFoundError):
        results.gather(session, town.people.outsider.user, town.campaign)
