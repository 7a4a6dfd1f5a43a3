"""Numbers of more residents than are rung together, for whoever leads."""

from flask import Flask
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.db import Database
from app.residents.models import Number
from tests import cast
from tests.cases.test_work_pages import browser
from tests.cast import BRIDGE, HARBOUR, Cast, mobile, resident, words


def dormitory(db: Database) -> tuple[Cast, int]:
    """Seven in the bridge's community and five in the harbour's on one number."""
    people = cast.standing(db)
    for code, name, number in ((BRIDGE, "桥", 7), (HARBOUR, "港", 5)):
        rows = [resident(f"{name}{i}", mobile(1), room=f"{i}") for i in range(number)]
        cast.residents(db, code, [*rows, resident(f"{name}独", mobile(10 + number))])
    with db.reading() as session:
        query = select(Number.id).where(Number.value == mobile(1))
        return people, session.scalars(query).one()


def test_a_shared_line_is_masked_until_somebody_asks(app: Flask, db: Database) -> None:
    people, line = dormitory(db)
    leader = browser(app, people.leader)

    for path in ("/residents/shared-lines", f"/residents/{BRIDGE}"):
        page = words(leader.get(path))
        assert "139****0001" in page, path
        assert "139 0000 0001" not in page, path
    listed = words(leader.get("/residents/shared-lines"))
    assert "桥" not in listed.replace("中桥", "").replace("学堂桥", "")
    page = words(leader.get(f"/residents/shared-lines/{line}"))

    assert "12 residents" in page
    assert "7 of them in your communities" in page
    assert "桥0" in page
    assert "港" not in page, "they live elsewhere"
    with db.reading() as session:
        seen = select(AuditEntry).where(AuditEntry.subject == "number")
        (entry,) = session.scalars(seen).all()
    assert (entry.subject_id, entry.detail["n"]) == (str(line), 7)


def test_a_number_that_few_share_is_no_line_to_look_up(app: Flask, db: Database) -> None:
    people, line = dormitory(db)
    leader = browser(app, people.leader)
    with db.reading() as session:
        others = session.scalars(select(Number.id).where(Number.id != line)).all()

    for number_id in (*others, 999):
        assert leader.get(f"/residents/shared-lines/{number_id}").status_code == 404


def test_a_line_of_other_communities_is_not_there(app: Flask, db: Database) -> None:
    people, line = dormitory(db)
    stranger = cast.add(db, "远方组长", "leader", communities=[cast.FAR])
    client = browser(app, stranger)

    assert "No shared lines" in words(client.get("/residents/shared-lines"))
    assert client.get(f"/residents/shared-lines/{line}").status_code == 404
    assert browser(app, people.supervisor).get(f"/residents/shared-lines/{line}").status_code == 200
