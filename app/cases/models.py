"""Cases, the call groups they are handed out in, batches, and the holds on numbers.

Hot tables lead with campaign and community, so that they can be partitioned by community.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.residents.models import Resident


class Batch(Base):
    """The cases one volunteer holds under one lease."""

    __tablename__ = "batches"
    __table_args__ = (
        # The claim looks for ended leases among the live batches only.
        Index(
            "ix_batches_live",
            "lease_expires_at",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        # What somebody holds is asked by every claim: live batches only, however many have ended.
        Index(
            "ix_batches_user_live",
            "user_id",
            "campaign_id",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    handed_by_id: Mapped[int | None]
    """Who handed it over; until it is opened it is an offer, to accept or to decline."""
    claimed_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    """Its volunteer's last sign of life; None until its numbers were shown."""
    lease_expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(String(20), default="")
    """``finished``, ``released``, ``expired``, ``handed_over``, ``declined``, ``recalled``,
    ``deactivated`` or ``closed``."""

    @hybrid_property
    def is_accepted(self) -> bool:
        """Whether it is in its user's hands, and not only offered."""
        return self.handed_by_id is None or self.opened_at is not None

    @is_accepted.inplace.expression
    @classmethod
    def _is_accepted(cls) -> ColumnElement[bool]:
        return cls.handed_by_id.is_(None) | cls.opened_at.is_not(None)


class CallGroup(Base):
    """The cases of one household or number: the unit in which the queue hands out work."""

    __tablename__ = "call_groups"
    __table_args__ = (
        # The queue itself. Only groups that somebody could be given are in it.
        Index(
            "ix_call_groups_queue",
            "campaign_id", "community_code", "language",
            "priority", "ready_at", "address_key", "id",
            sqlite_where=text("batch_id IS NULL AND ready_at IS NOT NULL"),
            postgresql_where=text("batch_id IS NULL AND ready_at IS NOT NULL"),
        ),
        # Who was promised a call: a handful of groups, whatever the size of the queue.
        Index(
            "ix_call_groups_own", "appointment_user_id", "campaign_id", "ready_at",
            sqlite_where=text("batch_id IS NULL AND appointment_user_id IS NOT NULL"),
            postgresql_where=text("batch_id IS NULL AND appointment_user_id IS NOT NULL"),
        ),
        # What becomes an appointment as time goes by: asked by every claim, and mostly empty.
        Index(
            "ix_call_groups_due", "batch_id", "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        # Not of those that nobody holds: PostgreSQL would look for each of the next ones among all.
        Index(
            "ix_call_groups_batch", "batch_id",
            sqlite_where=text("batch_id IS NOT NULL"),
            postgresql_where=text("batch_id IS NOT NULL"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    community_code: Mapped[str] = mapped_column(ForeignKey("communities.code"))
    language: Mapped[str] = mapped_column(String(40), default="")
    """What whoever rings must speak; '' where every volunteer will do."""
    priority: Mapped[int] = mapped_column(default=5)
    """0 is an appointment; the smaller the sooner. Worked out by ``rules.place``, with all that
    tells its place in the queue."""
    ready_at: Mapped[datetime | None]
    """From when it may be rung; None when none of its cases is open."""
    open_cases: Mapped[int]
    """How many cases a claim of this group hands out."""
    appointment_user_id: Mapped[int | None]
    """Whose appointment it is, if it is one and not anyone's."""
    anyones_at: Mapped[datetime | None]
    """From when somebody's appointment is anyone's."""
    due_at: Mapped[datetime | None]
    """When an appointment in it is due, while it waits for a housemate's sake before that."""
    avoid_user_id: Mapped[int | None]
    """Who must not be given it again: the next try after a soft refusal is somebody else's."""
    address_key: Mapped[str] = mapped_column(String(255))
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"))


STILL_TO_RING = ("open", "held")
"""The states of cases that go from hand to hand with their group."""


class Case(Base):
    """One resident to be reached in one campaign."""

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("campaign_id", "resident_id"),
        Index("ix_cases_counts", "campaign_id", "community_code", "state", "outcome"),
        Index("ix_cases_group", "group_id"),
        Index(
            "ix_cases_appointments", "campaign_id", "appointment_at",
            sqlite_where=text("appointment_at IS NOT NULL"),
            postgresql_where=text("appointment_at IS NOT NULL"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    community_code: Mapped[str] = mapped_column(ForeignKey("communities.code"))
    resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id"), index=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("call_groups.id"))
    state: Mapped[str] = mapped_column(String(10))
    """See ``State``."""
    ready_at: Mapped[datetime | None]
    passed_to: Mapped[str | None] = mapped_column(String(12))
    outcome: Mapped[str] = mapped_column(String(24))
    attempts: Mapped[int] = mapped_column(default=0)
    appointment_at: Mapped[datetime | None]
    appointment_until: Mapped[datetime | None]
    """The end of the window that was agreed; None where a time was."""
    appointment_user_id: Mapped[int | None]
    """Who is to ring then; None where anyone may."""
    last_disposition: Mapped[str | None] = mapped_column(String(24))
    last_call_at: Mapped[datetime | None]
    added_at: Mapped[int]
    """The campaign's sequence position when the case came to it."""
    resident: Mapped[Resident] = relationship(lazy="raise")

    @property
    def waits(self) -> bool:
        """Whether it is still to be rung."""
        return self.state in STILL_TO_RING


class Hold(Base):
    """A number in a volunteer's hands. Rows stay as history; a live one has no ``released_at``."""

    __tablename__ = "holds"
    __table_args__ = (
        # Invariant 1, held by the database: a number has at most one live hold, whatever the
        # campaign; and its generations never repeat.
        Index(
            "uq_holds_live",
            "number_id",
            unique=True,
            sqlite_where=text("released_at IS NULL"),
            postgresql_where=text("released_at IS NULL"),
        ),
        UniqueConstraint("number_id", "generation"),
        Index("ix_holds_batch", "batch_id"),
        Index("ix_holds_group", "group_id", "user_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number_id: Mapped[int] = mapped_column(ForeignKey("numbers.id"))
    generation: Mapped[int]
    """Its batch's key, which is larger than that of whoever held the number before."""
    group_id: Mapped[int] = mapped_column(ForeignKey("call_groups.id"))
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    held_at: Mapped[datetime]
    released_at: Mapped[datetime | None]


class Skip(Base):
    """A case that its holder laid aside, and why."""

    __tablename__ = "skips"
    __table_args__ = (
        Index("ix_skips_group", "group_id", "user_id", "skipped_at"),
        Index("ix_skips_user", "user_id", "skipped_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("call_groups.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"))
    reason: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(String(200), default="")
    skipped_at: Mapped[datetime]


class Handoff(Base):
    """What was left of a batch when its volunteer's shift ended, and to whom it went."""

    __tablename__ = "handoffs"

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    from_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    to_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    """None where it went to the pool."""
    from_batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"), unique=True)
    to_batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"))
    made_at: Mapped[datetime]
    position: Mapped[int]
    """The campaign's last call by then: the sheet says nothing of later ones."""
    note: Mapped[str] = mapped_column(Text, default="")


class HandoffCase(Base):
    """A case that was left, at its place in the order of ringing."""

    __tablename__ = "handoff_cases"

    handoff_id: Mapped[int] = mapped_column(ForeignKey("handoffs.id"), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    place: Mapped[int]
    not_before: Mapped[datetime | None]
    """Until when it was to wait: it went along with those it shares a home or a number with."""
