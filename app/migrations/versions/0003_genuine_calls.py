"""genuine calls: volunteers' codes, the office's number, text messages; notes added to calls

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

from app.db import UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("campaigns", sa.Column("office", sa.String(length=40), nullable=True))
    only_note = sa.Column("only_note", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("calls", only_note)
    op.create_table(
        "volunteer_codes",
        sa.Column("campaign_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("given_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_volunteer_codes_campaign_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_volunteer_codes_user_id")),
        sa.PrimaryKeyConstraint("campaign_id", "user_id", name=op.f("pk_volunteer_codes")),
        sa.UniqueConstraint(
            "code", "campaign_id", name=op.f("uq_volunteer_codes_code_campaign_id")
        ),
    )
    op.create_table(
        "text_messages",
        sa.Column("id", ID, nullable=False),
        sa.Column("number_id", ID, nullable=False),
        sa.Column("call_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_text_messages_call_id")),
        sa.ForeignKeyConstraint(
            ["number_id"], ["numbers.id"], name=op.f("fk_text_messages_number_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_text_messages_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_messages")),
        sa.UniqueConstraint("number_id", "day", name=op.f("uq_text_messages_number_id_day")),
    )


def downgrade() -> None:
    op.drop_table("text_messages")
    op.drop_table("volunteer_codes")
    op.drop_column("calls", "only_note")
    op.drop_column("campaigns", "office")
