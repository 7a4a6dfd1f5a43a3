"""the queue: when an appointment is anyone's, or due beside a housemate; dials as they were said

Revision ID: 0010
Revises: 0009
"""

from collections import defaultdict
from datetime import datetime, timedelta

import sqlalchemy as sa
from alembic import op

from app.db import UTCDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

HELD = sa.text("batch_id IS NOT NULL")
DUE = sa.text("due_at IS NOT NULL")
GROUPS = sa.table(
    "call_groups", sa.column("id"), sa.column("batch_id"), sa.column("priority"),
    sa.column("ready_at", UTCDateTime()), sa.column("appointment_user_id"),
    sa.column("anyones_at", UTCDateTime()), sa.column("due_at", UTCDateTime()),
)  # fmt: skip
CASES = sa.table(
    "cases", sa.column("id"), sa.column("group_id"), sa.column("state"),
    sa.column("ready_at", UTCDateTime()), sa.column("appointment_at", UTCDateTime()),
    sa.column("appointment_until", UTCDateTime()), sa.column("appointment_user_id"),
)  # fmt: skip

WAITS = "c.group_id = call_groups.id AND c.state IN ('open', 'held')"
AS_BEFORE = f"""
UPDATE call_groups SET priority = 0,
  ready_at = (SELECT min(c.ready_at) FROM cases c WHERE {WAITS}),
  appointment_user_id = (
    SELECT c.appointment_user_id FROM cases c WHERE {WAITS} AND c.appointment_at IS NOT NULL
    ORDER BY c.appointment_at, c.id LIMIT 1)
WHERE batch_id IS NULL
  AND EXISTS (SELECT 1 FROM cases c WHERE {WAITS} AND c.appointment_at IS NOT NULL)
"""  # noqa: S608 - made of this module's constants


def upgrade() -> None:
    op.add_column("call_groups", sa.Column("anyones_at", UTCDateTime(), nullable=True))
    op.add_column("call_groups", sa.Column("due_at", UTCDateTime(), nullable=True))
    op.create_index(
        "ix_call_groups_due", "call_groups", ["batch_id", "due_at"],
        sqlite_where=DUE, postgresql_where=DUE,
    )  # fmt: skip
    op.drop_index("ix_call_groups_batch", "call_groups")
    op.create_index(
        "ix_call_groups_batch", "call_groups", ["batch_id"],
        sqlite_where=HELD, postgresql_where=HELD,
    )  # fmt: skip
    op.add_column("dials", sa.Column("said_at", UTCDateTime(), nullable=True))
    op.execute("UPDATE dials SET said_at = dialled_at")
    _place_promised()


def _place_promised() -> None:
    """Groups in the queue in which somebody asked for a time: by then all were appointments."""
    connection = op.get_bind()
    promised = sa.select(GROUPS.c.id).where(GROUPS.c.batch_id.is_(None), GROUPS.c.priority == 0)
    waiting = defaultdict(list)
    query = sa.select(CASES).where(
        CASES.c.group_id.in_(promised), CASES.c.state.in_(("open", "held"))
    )
    for case in connection.execute(query):
        if case.ready_at is not None:
            waiting[case.group_id].append(case)
    for group_id, cases in waiting.items():
        place = GROUPS.update().where(GROUPS.c.id == group_id).values(_place(cases))
        connection.execute(place)


def _place(cases: list[sa.Row]) -> dict[str, object]:
    soonest = min(case.ready_at for case in cases)
    agreed = [case for case in cases if case.appointment_at is not None]
    first = min(agreed, key=lambda case: (case.ready_at, case.id), default=None)
    if first is None:
        return {"ready_at": soonest, "priority": 5, "appointment_user_id": None}
    due, whose = first.ready_at, first.appointment_user_id
    if due > soonest:
        return {"ready_at": soonest, "priority": 5, "appointment_user_id": None, "due_at": due}
    anyones = None if whose is None else min(_anyones_from(case) for case in agreed)
    return {"ready_at": due, "appointment_user_id": whose, "anyones_at": anyones}


def _anyones_from(case: sa.Row) -> datetime:
    at, until = case.ready_at, case.appointment_until
    if case.appointment_user_id is None:
        return at
    soon = at + timedelta(minutes=10)
    return soon if until is None else max(soon, at + (until - at) / 2)


def downgrade() -> None:
    op.execute(AS_BEFORE)
    op.drop_column("dials", "said_at")
    op.drop_index("ix_call_groups_batch", "call_groups")
    op.create_index("ix_call_groups_batch", "call_groups", ["batch_id"])
    op.drop_index("ix_call_groups_due", "call_groups")
    op.drop_column("call_groups", "due_at")
    op.drop_column("call_groups", "anyones_at")
