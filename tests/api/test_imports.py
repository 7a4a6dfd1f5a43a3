"""Rosters through the API: the same rows are taken as by the command line, for the same reasons."""

from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.residents.models import Resident
from tests.api.conftest import Program, Programs
from tests.cast import BRIDGE, FAR
from tests.residents.files import xlsx

HEAD = ["姓名", "联系电话"]
ROSTER = xlsx([HEAD, ["陈一", "13912345678"], ["", "13912345679"], ["陈一", "13912345678"]])


def upload(
    program: Program, content: bytes = ROSTER, name: str = "一.xlsx", **fields: Any
) -> TestResponse:
    sent = {"file": (BytesIO(content), name), "community": BRIDGE, **fields}
    sent = {key: value for key, value in sent.items() if value is not None}
    return program.open("/imports", method="POST", data=sent, content_type="multipart/form-data")


def residents(programs: Programs) -> int:
    with programs.world.db.reading() as session:
        return session.scalar(select(func.count(Resident.id))) or 0


def test_a_roster_is_taken_and_every_other_row_explained(programs: Programs) -> None:
    before = residents(programs)
    program = programs("leader")

    answer = upload(program)

    assert answer.status_code == 201
    found = answer.json
    assert answer.headers["Location"] == f"/api/v1/imports/{found['id']}"
    assert found["status"] == "done"
    assert found["counts"] == {
        "accepted": 1, "updated": 0, "unchanged": 1, "rejected": 1, "left_out": 0, "doubtful": 0,
        "duplicates": 1, "to_be_placed": 0, "without_number": 0,
    }  # fmt: skip
    assert found["rows"]["items"] == [
        {
            "sheet": "Sheet1", "row": 3, "column": "A", "result": "rejected",
            "code": "row_no_name", "message": "There is no name.",
        },
        {
            "sheet": "Sheet1", "row": 4, "column": None, "result": "duplicate",
            "code": "row_twice",
            "message": "This resident is in an earlier row too; the row is not taken again.",
        },
    ]  # fmt: skip
    assert residents(programs) == before + 1
    assert program.open(f"/imports/{found['id']}").json == {
        **found, "rows": {**found["rows"], "per_page": 50}
    }  # fmt: skip


def test_a_dry_run_says_the_same_and_keeps_nothing(programs: Programs) -> None:
    before = residents(programs)
    program = programs("leader")

    dry, wet = upload(program, dry_run="true"), upload(program, dry_run="false")

    assert (dry.status_code, wet.status_code) == (200, 201)
    assert dry.json == {name: wet.json[name] for name in ("counts", "rows")}
    assert residents(programs) == before + 1
    assert program.get("/imports/2").status_code == 404


def test_rows_come_in_pages(programs: Programs) -> None:
    rows = [HEAD, *[["", f"139{n:08}"] for n in range(120)]]
    program = programs("leader")
    first = upload(program, xlsx(rows)).json

    second = program.get(f"/imports/{first['id']}", page=2, per_page=100)

    assert (first["rows"]["total"], len(first["rows"]["items"])) == (120, 100)
    assert [row["row"] for row in second.json["rows"]["items"]] == list(range(102, 122))
    assert 'rel="prev"' in second.headers["Link"]


def test_an_import_is_its_owners(programs: Programs) -> None:
    key = upload(programs("supervisor")).json["id"]

    assert programs("administrator").get(f"/imports/{key}").status_code == 200
    assert programs("leader").get(f"/imports/{key}").status_code == 404


def test_rows_of_a_community_beyond_ones_own_are_rejected(programs: Programs) -> None:
    content = xlsx([[*HEAD, "社区"], ["陈一", "13912345678", "远村社区居委会"]])

    found = upload(programs("leader"), content, community=None).json

    assert found["counts"]["accepted"] == 0
    assert [row["code"] for row in found["rows"]["items"]] == ["row_community_not_yours"]


@pytest.mark.parametrize(
    ("content", "name", "fields", "code", "field"),
    [
        (b"", "a.xlsx", {}, "roster_empty", None),
        (b"\x89PNG\r\n\x1a\n\0", "a.png", {}, "roster_not_spreadsheet", None),
        (xlsx([HEAD]), "a.xlsx", {}, "roster_no_rows", None),
        (ROSTER, "a.xlsx", {"community": FAR}, "community_unknown", "community"),
        (ROSTER, "a.xlsx", {"community": "320613099099"}, "community_unknown", "community"),
        (ROSTER, "a.xlsx", {"community": "x"}, "fields_wrong", "community"),
        (ROSTER, "a.xlsx", {"community": "\0"}, "request_unreadable", None),
        (ROSTER, "a.xlsx", {"dry_run": "1"}, "fields_wrong", "dry_run"),
        (ROSTER, "a.xlsx", {"dry_run": ["true", "true"]}, "fields_wrong", "dry_run"),
        (ROSTER, "a.xlsx", {"more": "x"}, "fields_wrong", "more"),
        (ROSTER, "a.xlsx", {"file": None}, "fields_wrong", "file"),
        (ROSTER, "a.xlsx", {"file": "text"}, "fields_wrong", "file"),
    ],
)
def test_what_cannot_be_taken_is_refused_whole(
    programs: Programs,
    content: bytes,
    name: str,
    fields: dict[str, Any],
    code: str,
    field: str | None,
) -> None:
    before = residents(programs)

    answer = upload(programs("leader"), content, name, **fields)

    assert answer.status_code == {"request_unreadable": 400, "community_unknown": 409}.get(
        code, 422
    )
    assert answer.json["code"] == code
    assert [error["field"] for error in answer.json.get("errors", [])] == ([field] if field else [])
    assert residents(programs) == before


def test_a_roster_comes_as_a_form(programs: Programs) -> None:
    answer = programs("leader").open("/imports", method="POST", data={"community": BRIDGE})

    assert (answer.status_code, answer.json["code"]) == (415, "body_type")
    assert "multipart/form-data" in answer.json["detail"]
