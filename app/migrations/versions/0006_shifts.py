"""shifts, the last sign of life of a batch, the size of the letters

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

from app.db import UTCDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "shifts",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("community_code", sa.String(length=12), nullable=True),
        sa.Column("starts_at", UTCDateTime(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.Column("checked_in_at", UTCDateTime(), nullable=True),
        sa.Column("checked_out_at", UTCDateTime(), nullable=True),
        sa.Column("planned_by_id", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_shifts_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["community_code"], ["communities.code"],
            name=op.f("fk_shifts_community_code"),
        ),
        sa.ForeignKeyConstraint(
            ["planned_by_id"], ["users.id"], name=op.f("fk_shifts_planned_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shifts")),
    )  # fmt: skip
    op.create_index("ix_shifts_user", "shifts", ["user_id", "starts_at"])
    op.create_index("ix_shifts_day", "shifts", ["starts_at"])
    op.add_column("users", sa.Column("type_size", sa.String(length=8), nullable=True))
    op.add_column("batches", sa.Column("seen_at", UTCDateTime(), nullable=True))
    # What is known of batches that were opened before: somebody was there then.
    op.execute("UPDATE batches SET seen_at = opened_at")


def downgrade() -> None:
    op.drop_column("batches", "seen_at")
    op.drop_column("users", "type_size")
    op.drop_table("shifts")
