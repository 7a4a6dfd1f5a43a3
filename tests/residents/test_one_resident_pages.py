"""The page of one resident: what is on record, where it comes from, and who may see it."""

from flask import Flask
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.db import Database
from app.residents import queries
from app.residents.service import placing
from tests import cast
from tests.cases.test_work_pages import browser
from tests.cast import BRIDGE, HARBOUR, NOW, words
from tests.conftest import Clock
from tests.residents.files import xlsx
from tests.residents.test_roster_pages import decide, upload

HEADER = ("社区", "楼栋", "室", "姓名", "联系电话", "备注")


def test_each_value_tells_where_it_comes_from(app: Flask, db: Database, clock: Clock) -> None:
    people = cast.standing(db)
    leader, supervisor = browser(app, people.leader), browser(app, people.supervisor)

    def take(name: str, numbers: str, remark: str) -> None:
        rows = [HEADER, ["没有的社区", "1幢", "101", "李四", numbers, remark]]
        decide(leader, upload(leader, xlsx(rows), name, "").location, "confirm")

    take("春.xlsx", "13912345678 1391234", "怕生")
    with db.reading() as session:
        (one,) = queries.all_residents(session, None)
    assert "没有的社区" in words(supervisor.get(f"/residents/to-be-placed/{one.id}"))
    assert leader.get(f"/residents/to-be-placed/{one.id}").status_code == 403
    with db.writing() as session:
        placing.place(session, people.supervisor.user, NOW, [one.id], BRIDGE)
    assert f"/residents/{BRIDGE}/{one.id}" in leader.get(f"/residents/{BRIDGE}").text
    take("夏.xlsx", "13912345678 13912345670", "怕生")
    page = words(leader.get(f"/residents/{BRIDGE}/{one.id}"))

    on_record, _caption, changes = page.partition("What was changed")
    kept, added = on_record.partition("139 1234 5678")[2].split("139 1234 5670")
    assert "春.xlsx" in kept
    assert "row 2" in kept
    assert "夏.xlsx" in added
    assert "139 1234 5678 → 139 1234 5678, 139 1234 5670" in changes
    assert "1391234 → (nothing)" in changes
    assert "(nothing) → 中桥" in changes
    assert "placed by hand" in on_record
    assert people.supervisor.user.name in on_record
    assert 'href="/rosters/2"' in leader.get(f"/residents/{BRIDGE}/{one.id}").text
    page = supervisor.get(f"/residents/{BRIDGE}/{one.id}").text
    assert 'href="/rosters/2"' not in page, "another's roster"
    with db.reading() as session:
        seen = select(AuditEntry).where(AuditEntry.subject == "resident")
        entries = session.scalars(seen).all()
    assert {(e.act, e.subject_id, e.detail["n"]) for e in entries} == {
        ("residents_seen", str(one.id), 1)
    }


def test_nobody_elsewhere_is_shown(app: Flask, db: Database) -> None:
    people = cast.standing(db)
    cast.residents(db, BRIDGE, [cast.resident("王一")])
    cast.residents(db, HARBOUR, [cast.resident("王二")])
    leader = browser(app, people.leader)
    paths = [f"{HARBOUR}/2", f"{BRIDGE}/2", f"{HARBOUR}/1", f"{BRIDGE}/3", f"{BRIDGE}/{10**30}"]

    assert {leader.get(f"/residents/{path}").status_code for path in paths} == {404}
    assert leader.get(f"/residents/{BRIDGE}/1").status_code == 200
    assert browser(app, people.volunteer).get(f"/residents/{BRIDGE}/1").status_code == 403
