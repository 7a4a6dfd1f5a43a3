"""A town that has been at work for a while, and what ``ringround check`` says of damage to it."""

from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from app.config import TIMEZONE
from app.db import Database
from app.laws import Finding
from app.upkeep import check
from tests import cast
from tests.cases.town import Town
from tests.cast import BRIDGE
from tests.conftest import Clock

REALIGN = (
    "UPDATE call_groups SET"
    " open_cases = (SELECT count(*) FROM cases WHERE group_id = call_groups.id"
    " AND state = 'open'), ready_at = (SELECT min(ready_at) FROM cases"
    " WHERE group_id = call_groups.id AND state = 'open') WHERE batch_id IS NULL"
)
"""Makes the queue agree with the cases again, so that damage to a case is the only damage."""


def worked_in(db: Database, clock: Clock) -> Town:
    """甲 is done, 乙 was corrected and waits, 丙 is held for the second time, with a late call
    kept of the first, and of the ten others nobody was rung. In a second campaign nobody was."""
    town = Town.of(db, clock, "甲乙丙丁戊己庚辛壬癸子丑寅")
    cast.open_campaign(db, [BRIDGE])
    volunteer = town.people.volunteer
    batch = town.batch(volunteer, 3)
    town.save(volunteer, "甲")
    call = town.save(volunteer, "乙", "no_answer").call
    town.correct(volunteer, call, "busy")
    town.release(volunteer, batch)
    town.wait(minutes=1)
    town.batch(volunteer, 1)
    town.save(volunteer, "丙", hold=batch.id)
    assert town.in_hand(volunteer) == {"丙"}
    assert town.broken() == []
    return town


def damaging(db: Database) -> Session:
    """A session for changes that are never committed."""
    return Session(db.engine)


def found_after(db: Database, law: str, *damage: str, **names: Any) -> list[Finding]:
    """Do the damage, let the law find it, and undo it."""
    with damaging(db) as session:
        for statement in damage:
            session.execute(text(statement), names)
        return list(check.broken(session, law, TIMEZONE))


def copy(session: Session, table: Any, row_id: int, **changes: Any) -> None:
    """Add a row like another."""
    columns = [column for column in table.__table__.columns if column.key != "id"]
    row = session.execute(select(*columns).where(table.id == row_id)).one()
    session.execute(insert(table).values({**row._mapping, **changes}))


def named(found: list[Finding]) -> set[tuple[str, str]]:
    return {(finding.law, finding.row) for finding in found}
