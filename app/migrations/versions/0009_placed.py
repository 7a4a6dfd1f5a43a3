"""residents placed by hand: when and by whom, and found again by what their rows say

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

from app.db import UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# Who was placed before this was kept is told by what the roster wrote.
PLACED = sa.text(
    "community_code IS NOT NULL AND (community_written <> '' OR placed_at IS NOT NULL)"
)


def upgrade() -> None:
    op.add_column("residents", sa.Column("placed_by", ID, nullable=True))
    op.add_column("residents", sa.Column("placed_at", UTCDateTime(), nullable=True))
    op.create_index(
        "ix_residents_placed", "residents", ["community_written", "name"],
        sqlite_where=PLACED, postgresql_where=PLACED,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_residents_placed", "residents")
    op.drop_column("residents", "placed_at")
    op.drop_column("residents", "placed_by")
