"""Results for other programs and for an office: the shape of the design, and what people expect."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.db import Database
from app.problems import NotFoundError
from app.reports.exports.harmless import GUARDED
from app.reports.exports.results import CALLS, CASES
from tests import cast
from tests.cases.town import Town
from tests.cast import BRIDGE, HARBOUR, SCHOOL
from tests.conftest import Clock
from tests.progress.city import city
from tests.reports.exported import in_csv, in_json, in_xlsx, of_results, parts

HOSTILE = (
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")', "＝1", "http://x.invalid",
    "a<b", 'a"b,c', "㛃𠅤", "{=1}", "internal:'calls'!A1", "a\nb", "'=1", "''", "3-2",
    "<r><f>1</f></r>", "<r></c></r>", "_x000D_", "0012", "1E5",
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
    found: list[dict[str, Any]] = in_json(of_results(town, "json"))
    return found


def test_json_is_one_object_a_case_with_its_calls(db: Database, clock: Clock) -> None:
    town = city(db, clock)
    me = town.people.volunteer
    first, second = town.take(me, 4, community=BRIDGE)[1:3]
    town.save(me, first, "no_answer", also=[second], note="晚上再打", number=cast.mobile(1))
    original = town.calls(first)[0]
    town.wait(minutes=1)
    town.correct(me, original, "completed")

    found = {row["name"]: row for row in rows(town)}

    case = found[first]
    assert set(case) == {
        "id", "community", "community_name", "name", "address", "relation", "language", "numbers",
        "disposition", "state", "passed_to", "accounted_for", "attempts", "last_disposition",
        "last_call_at", "last_user", "note", "appointment_at", "appointment_until", "calls",
    }  # fmt: skip
    assert (case["id"], case["disposition"]) == (town.case(first).id, "completed")
    assert (case["state"], case["accounted_for"], case["attempts"]) == ("done", True, 1)
    assert (case["numbers"], case["last_user"]) == ([cast.mobile(1)], me.name)
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
    town.save(me, "甲", note="关门之后")

    (case,) = rows(town)

    assert (case["state"], case["disposition"]) == ("open", "not_attempted")
    assert (case["last_user"], case["note"]) == (None, "")
    assert [(c["applied"], c["reason"]) for c in case["calls"]] == [(False, "campaign_closed")]


def test_json_keeps_every_text_as_it_is(town: Town) -> None:
    found = rows(town)

    assert [row["name"] for row in found] == list(HOSTILE)
    assert {call["note"] for row in found for call in row["calls"]} == {
        note.strip() for note in HOSTILE
    }


def test_no_text_of_a_table_would_be_run(town: Town) -> None:
    head, *lines = in_csv(of_results(town, "csv"))

    assert head == [column.zh for column in CASES]
    assert len(lines) == len(HOSTILE)
    assert not [cell for line in lines for cell in line if cell[:1] != "'" and GUARDED.match(cell)]
    names = [line[head.index("姓名")] for line in lines]
    assert [name.removeprefix("'") for name in names[:4]] == list(HOSTILE[:4])
    assert names[HOSTILE.index("'=1")] == "''=1"
    assert names[HOSTILE.index("3-2")] == "3-2\t"


def test_a_workbook_holds_texts_and_no_formula(town: Town) -> None:
    content = of_results(town, "xlsx")
    sheets = in_xlsx(content)
    title, head, *lines = sheets["摸排结果"]

    assert list(sheets) == ["摸排结果", "通话记录"]
    assert head == [column.zh for column in CASES]
    assert sheets["通话记录"][1] == [column.zh for column in CALLS]
    assert [line[head.index("姓名")].rstrip(" ") for line in lines] == list(HOSTILE)
    assert title[0].startswith("摸排结果 · 核对 · 2026-11-24 10:00 由 命令行 导出")
    assert len(sheets["通话记录"]) == 2 + len(HOSTILE)
    whole = "".join(parts(content).values())
    assert "<f>" not in whole
    assert "<hyperlink" not in whole


def test_an_office_reads_it_in_words(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, ["甲", "乙", "丙"])
    me = town.people.volunteer
    town.take(me)
    later = town.now + timedelta(hours=3)
    town.save(me, "甲", "callback_requested", callback_at=later, note="晚饭后")
    town.save(me, "乙", "needs_leader")

    for lang, called, back, leader in (
        ("zh", "约定回电", "已转组长", "是"), ("en", "Call back later", "With the leader", "yes"),
    ):  # fmt: skip
        _title, head, first, second, third = next(
            iter(in_xlsx(of_results(town, "xlsx", lang=lang)).values())
        )
        told = dict(zip([column.en for column in CASES], first, strict=True))
        assert head == [column.label(lang) for column in CASES]
        assert told["Last call came to"] == told["Outcome"] == called
        assert (told["Outcome code"], told["AAPOR code"]) == ("callback_requested", "2.21")
        assert told["Last call"] == datetime(2026, 11, 24, 9, 58)
        assert told["Appointment"] == later.replace(tzinfo=None)
        assert (told["Note"], told["Last called by"]) == ("晚饭后", me.name)
        assert (told["Phones"], told["Attempts"]) == ("13900000001", 1)
        assert [second[10], second[12]] == [back, leader]
        assert third[CASES.index(next(c for c in CASES if c.en == "Last call"))] == ""


def test_moments_of_a_table_are_in_the_deployments_zone(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, ["甲"])
    town.take(town.people.volunteer)
    town.save(town.people.volunteer, "甲")

    head, line = in_csv(of_results(town, "csv", lang="en"))

    assert line[head.index("Last call")] == "2026-11-24 09:58"


def test_a_campaign_without_calls_is_exported_too(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, ["甲"])
    cases, calls = in_xlsx(of_results(town, "xlsx")).values()

    assert (len(cases), len(calls)) == (3, 2)


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
    found = in_json(of_results(town, "json", getattr(town.people, role).user))

    assert {row["community"] for row in found} == codes


def test_pages_of_records_are_whole(
    db: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = city(db, clock)
    whole = of_results(town, "json")
    monkeypatch.setattr("app.reports.exports.results.PAGE", 4)

    assert of_results(town, "json") == whole
    assert len(in_json(whole)) == 27


def test_a_campaign_out_of_sight_is_not_found(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, ["甲"])
    with pytest.raises(NotFoundError):
        of_results(town, "json", town.people.outsider.user)
