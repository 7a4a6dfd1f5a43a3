"""which process works on an import

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

from app.db import UTCDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("roster_imports", sa.Column("worker", sa.String(length=120), nullable=True))
    op.add_column("roster_imports", sa.Column("worked_at", UTCDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("roster_imports", "worked_at")
    op.drop_column("roster_imports", "worker")
