"""Calls: append-only. A correction is another row that names the one it corrects."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.calls.rules import MARK_LENGTH
from app.db import Base


class Call(Base):
    """One call as it concerns one case."""

    __tablename__ = "calls"
    __table_args__ = (
        UniqueConstraint("campaign_id", "position"),
        UniqueConstraint("user_id", "idempotency_key"),
        Index("ix_calls_case", "case_id", "position"),
        Index("ix_calls_user", "user_id", "recorded_at"),
        Index("ix_calls_community", "campaign_id", "community_code", "position"),
        Index("ix_calls_batch", "batch_id"),
        # The appointments of a day, among all calls of a campaign.
        Index(
            "ix_calls_callbacks",
            "campaign_id",
            "callback_at",
            sqlite_where=text("callback_at IS NOT NULL"),
            postgresql_where=text("callback_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    community_code: Mapped[str] = mapped_column(ForeignKey("communities.code"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    number_id: Mapped[int | None] = mapped_column(ForeignKey("numbers.id"))
    batch_id: Mapped[int | None]
    """In which batch the user held the case: the generation of that hold."""
    direction: Mapped[str] = mapped_column(String(3), default="out")
    """``out``, or ``in`` for a ring-back: contact, but no attempt of ours."""
    desk: Mapped[bool] = mapped_column(default=False)
    """Whether it is what a leader answered on a case passed to them, and no call at all."""
    disposition: Mapped[str] = mapped_column(String(24))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    position: Mapped[int]
    """Its place in the campaign's order of commits: what an as-of counts by."""
    note: Mapped[str] = mapped_column(Text, default="")
    answers: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    callback_at: Mapped[datetime | None]
    callback_until: Mapped[datetime | None]
    callback_user_id: Mapped[int | None]
    """Who is to ring back; None where anyone may."""
    applied: Mapped[bool]
    reason: Mapped[str | None] = mapped_column(String(20))
    """Why it was kept but changed nothing: ``stale_hold``, ``already_done`` …"""
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("calls.id"), index=True)
    correction_reason: Mapped[str] = mapped_column(String(200), default="")
    voided: Mapped[bool] = mapped_column(default=False)
    """Whether this correction takes the call back altogether."""
    only_note: Mapped[bool] = mapped_column(default=False)
    """Whether this correction adds to the note, and decides nothing."""
    with_call_id: Mapped[int | None] = mapped_column(ForeignKey("calls.id"), index=True)
    """The call this row belongs to, when one call settled several cases."""
    idempotency_key: Mapped[str | None] = mapped_column(String(200))
    """None on the rows that ``with_call_id`` points away from."""
    request_hash: Mapped[str] = mapped_column(String(64))
    state_after: Mapped[str | None] = mapped_column(String(10))
    passed_to_after: Mapped[str | None] = mapped_column(String(12))
    outcome_after: Mapped[str | None] = mapped_column(String(24))
    """The case as this call left it, so that any as-of can be counted without replaying."""


class Dial(Base):
    """A tap that started a call. By itself never an attempt: it may have come to nothing."""

    __tablename__ = "dials"
    __table_args__ = (
        Index("ix_dials_case", "case_id", "dialled_at"),
        Index("ix_dials_user", "user_id", "dialled_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    number_id: Mapped[int | None] = mapped_column(ForeignKey("numbers.id"))
    """None where it was not the resident's, or not any more."""
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"))
    dialled_at: Mapped[datetime]
    said_at: Mapped[datetime | None]
    """When it was by the clock of the phone, which may run ahead: what is sent again says the
    same."""
    recorded_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    """When its user said that no call came of it. It still counts as a tap."""


class ScriptSeen(Base):
    """The script of a campaign as a volunteer last had it before them when they saved a call."""

    __tablename__ = "scripts_seen"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), primary_key=True)
    mark: Mapped[str] = mapped_column(String(MARK_LENGTH))


class TextMessage(Base):
    """That somebody who did not answer was sent a text message, from the volunteer's own phone.

    What stood in it is kept nowhere.
    """

    __tablename__ = "text_messages"
    __table_args__ = (
        # At most one a day, whoever rang and in whichever campaign.
        UniqueConstraint("number_id", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number_id: Mapped[int] = mapped_column(ForeignKey("numbers.id"))
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    day: Mapped[date]
    """The deployment's day."""
    opened_at: Mapped[datetime]
    """When the message app was opened: whether it was sent, nobody but the phone knows."""
