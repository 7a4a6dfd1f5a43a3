"""the queue: languages, generations, handoffs, skips, dials; tokens of the HTTP API

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

from app.db import UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LIVE = sa.text("ended_at IS NULL")
WAITING = sa.text("batch_id IS NULL AND ready_at IS NOT NULL")
PROMISED = sa.text("batch_id IS NULL AND appointment_user_id IS NOT NULL")
AGREED = sa.text("callback_at IS NOT NULL")
APPOINTED = sa.text("appointment_at IS NOT NULL")
QUEUE = ["campaign_id", "community_code", "priority", "ready_at", "address_key", "id"]


# Whose appointment it is stands with the case and its call from now on, and a hold has the
# generation of its batch.
CARRIED_OVER = (
    """UPDATE cases SET appointment_user_id =
         (SELECT appointment_user_id FROM call_groups WHERE call_groups.id = cases.group_id)
       WHERE appointment_at IS NOT NULL""",
    """UPDATE call_groups SET appointment_user_id = NULL WHERE priority <> 0""",
    """UPDATE calls SET callback_user_id = user_id WHERE callback_at IS NOT NULL""",
    # By way of negative ones, so that no two are the same on the way.
    """UPDATE holds SET generation = -batch_id""",
    """UPDATE holds SET generation = -generation""",
)


def _added() -> dict[str, tuple[sa.Column, ...]]:
    """What is added to tables that may hold rows: plain columns, so that no table is made anew.

    New ones each time: a column belongs to the table it was first added to.
    """
    return {
        "batches": (sa.Column("handed_by_id", ID, nullable=True),),
        "call_groups": (
            sa.Column("language", sa.String(length=40), nullable=False, server_default=""),
        ),
        "calls": (
            sa.Column("batch_id", ID, nullable=True),
            sa.Column("desk", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("answers", sa.JSON(), nullable=True),
            sa.Column("callback_until", UTCDateTime(), nullable=True),
            sa.Column("callback_user_id", ID, nullable=True),
            sa.Column(
                "correction_reason", sa.String(length=200), nullable=False, server_default=""
            ),
            sa.Column("voided", sa.Boolean(), nullable=False, server_default=sa.false()),
        ),
        "campaigns": (
            sa.Column("languages", sa.JSON(), nullable=False, server_default="[]"),
            sa.Column("language_fallback", sa.Boolean(), nullable=False, server_default=sa.false()),
        ),
        "cases": (
            sa.Column("appointment_until", UTCDateTime(), nullable=True),
            sa.Column("appointment_user_id", ID, nullable=True),
        ),
    }


def _index(name: str, table: str, columns: list[str], where: sa.TextClause | None = None) -> None:
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    op.create_table(
        "rate_counts",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("count", ID, nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_counts")),
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by_id", ID, nullable=True),
        sa.Column("last_used_at", UTCDateTime(), nullable=True),
        sa.Column("revoked_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_api_tokens_created_by_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_api_tokens_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    op.create_index(op.f("ix_api_tokens_user_id"), "api_tokens", ["user_id"], unique=False)

    op.create_table(
        "handoffs",
        sa.Column("id", ID, nullable=False),
        sa.Column("campaign_id", ID, nullable=False),
        sa.Column("from_user_id", ID, nullable=False),
        sa.Column("to_user_id", ID, nullable=True),
        sa.Column("from_batch_id", ID, nullable=False),
        sa.Column("to_batch_id", ID, nullable=True),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("position", ID, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_handoffs_campaign_id")
        ),
        sa.ForeignKeyConstraint(
            ["from_batch_id"], ["batches.id"], name=op.f("fk_handoffs_from_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["from_user_id"], ["users.id"], name=op.f("fk_handoffs_from_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["to_batch_id"], ["batches.id"], name=op.f("fk_handoffs_to_batch_id")
        ),
        sa.ForeignKeyConstraint(["to_user_id"], ["users.id"], name=op.f("fk_handoffs_to_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoffs")),
        sa.UniqueConstraint("from_batch_id", name=op.f("uq_handoffs_from_batch_id")),
    )
    op.create_index(op.f("ix_handoffs_from_user_id"), "handoffs", ["from_user_id"], unique=False)
    op.create_index(op.f("ix_handoffs_to_user_id"), "handoffs", ["to_user_id"], unique=False)

    op.create_table(
        "dials",
        sa.Column("id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("number_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("batch_id", ID, nullable=True),
        sa.Column("dialled_at", UTCDateTime(), nullable=False),
        sa.Column("recorded_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_dials_batch_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_dials_case_id")),
        sa.ForeignKeyConstraint(["number_id"], ["numbers.id"], name=op.f("fk_dials_number_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_dials_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dials")),
    )
    op.create_index("ix_dials_case", "dials", ["case_id", "dialled_at"], unique=False)
    op.create_index("ix_dials_user", "dials", ["user_id", "dialled_at"], unique=False)

    op.create_table(
        "handoff_cases",
        sa.Column("handoff_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("place", ID, nullable=False),
        sa.Column("not_before", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_handoff_cases_case_id")),
        sa.ForeignKeyConstraint(
            ["handoff_id"], ["handoffs.id"], name=op.f("fk_handoff_cases_handoff_id")
        ),
        sa.PrimaryKeyConstraint("handoff_id", "case_id", name=op.f("pk_handoff_cases")),
    )
    op.create_table(
        "skips",
        sa.Column("id", ID, nullable=False),
        sa.Column("group_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("batch_id", ID, nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("skipped_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_skips_batch_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_skips_case_id")),
        sa.ForeignKeyConstraint(["group_id"], ["call_groups.id"], name=op.f("fk_skips_group_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_skips_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skips")),
    )
    op.create_index("ix_skips_group", "skips", ["group_id", "user_id", "skipped_at"], unique=False)
    op.create_index("ix_skips_user", "skips", ["user_id", "skipped_at"], unique=False)
    for table, columns in _added().items():
        for column in columns:
            op.add_column(table, column)
    op.drop_index("ix_batches_user", "batches")
    _index("ix_batches_user_live", "batches", ["user_id", "campaign_id"], LIVE)
    op.drop_index("ix_call_groups_queue", "call_groups")
    _index("ix_call_groups_queue", "call_groups", [*QUEUE[:2], "language", *QUEUE[2:]], WAITING)
    own = ["appointment_user_id", "campaign_id", "ready_at"]
    _index("ix_call_groups_own", "call_groups", own, PROMISED)
    _index("ix_calls_batch", "calls", ["batch_id"])
    _index("ix_calls_callbacks", "calls", ["campaign_id", "callback_at"], AGREED)
    _index("ix_cases_appointments", "cases", ["campaign_id", "appointment_at"], APPOINTED)
    for statement in CARRIED_OVER:
        op.execute(statement)


def downgrade() -> None:
    op.drop_index("ix_calls_callbacks", "calls")
    op.drop_index("ix_cases_appointments", "cases")
    op.drop_index("ix_calls_batch", "calls")
    op.drop_index("ix_call_groups_own", "call_groups")
    op.drop_index("ix_call_groups_queue", "call_groups")
    _index("ix_call_groups_queue", "call_groups", QUEUE, WAITING)
    op.drop_index("ix_batches_user_live", "batches")
    _index("ix_batches_user", "batches", ["user_id", "campaign_id"])
    for table, columns in _added().items():
        for column in columns:
            op.drop_column(table, column.name)
    for table in ("skips", "handoff_cases", "dials", "handoffs", "api_tokens", "rate_counts"):
        op.drop_table(table)
