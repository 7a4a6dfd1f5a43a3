"""dials: those that were no call after all; the script each volunteer has seen

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

from app.db import UTCDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("dials", sa.Column("withdrawn_at", UTCDateTime(), nullable=True))
    with op.batch_alter_table("dials") as dials:
        dials.alter_column("number_id", existing_type=ID, nullable=True)
    op.create_table(
        "scripts_seen",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("campaign_id", ID, nullable=False),
        sa.Column("mark", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_scripts_seen_user_id")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_scripts_seen_campaign_id")
        ),
        sa.PrimaryKeyConstraint("user_id", "campaign_id", name=op.f("pk_scripts_seen")),
    )


def downgrade() -> None:
    op.drop_table("scripts_seen")
    op.execute("DELETE FROM dials WHERE number_id IS NULL")
    with op.batch_alter_table("dials") as dials:
        dials.alter_column("number_id", existing_type=ID, nullable=False)
        dials.drop_column("withdrawn_at")
