"""Who is on record but not in a roster, as a list to ring or to knock from."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from app.people.models import User
from app.reports.exports.residents import phone_cells, records
from app.reports.exports.value import Column, Export, Record, Row, Sheet
from app.reports.exports.wording import BETWEEN
from app.reports.wording import Lang
from app.rosters import queries

COLUMNS = (
    Column("社区", "Community", 20), Column("地址", "Address", 24), Column("姓名", "Name", 12),
    Column("联系电话", "Phone", 30), Column("备注", "Remarks", 40),
)  # fmt: skip


def rows(record: Record) -> Iterable[Row]:
    """Return the row of a resident."""
    numbers = BETWEEN.join(filter(None, phone_cells(record)))
    return [(
        record["community_name"], record["address"], record["name"], numbers, record["remark"],
    )]  # fmt: skip


SHEETS = (Sheet("名册中没有的居民", "Not in the roster", COLUMNS, rows),)


def missing(session: Session, actor: User, now: datetime, import_id: int, lang: Lang) -> Export:
    """Return those of the actor's scope who are not in a roster. Raises NotFoundError."""
    record = queries.get_import(session, actor, import_id)
    return Export(
        kind="missing",
        subject_id=str(import_id),
        subject=record.filename,
        lang=lang,
        made_by=actor.name,
        made_at=now,
        total=queries.count_missing(session, actor, record),
        sheets=SHEETS,
        records=records(session, queries.absent(actor, record)),
        enveloped=True,
    )
