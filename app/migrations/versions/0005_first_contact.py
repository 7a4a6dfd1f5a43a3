"""first contact: what became of an invitation, who made it; volunteers who are given nothing

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

from app.db import UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _added() -> tuple[sa.Column, ...]:
    """Plain columns, so that the table, which may hold rows, is not made anew."""
    return (
        sa.Column("invited_at", UTCDateTime(), nullable=True),
        sa.Column("invited_by_id", ID, nullable=True),
        sa.Column("joined_at", UTCDateTime(), nullable=True),
        sa.Column("stopped_at", UTCDateTime(), nullable=True),
        sa.Column("stopped_by_id", ID, nullable=True),
        sa.Column("stop_note", sa.String(length=200), nullable=False, server_default=""),
    )


def upgrade() -> None:
    op.create_table(
        "spent_invitations",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_spent_invitations_user_id")
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_spent_invitations")),
    )
    op.create_index(
        op.f("ix_spent_invitations_user_id"), "spent_invitations", ["user_id"], unique=False
    )
    for column in _added():
        op.add_column("users", column)
    # When they joined is not on record; that they did is.
    op.execute("UPDATE users SET joined_at = created_at WHERE password_hash IS NOT NULL")


def downgrade() -> None:
    for column in _added():
        op.drop_column("users", column.name)
    op.drop_table("spent_invitations")
