"""Residents, their households and numbers, and the imports they came from."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.territory.models import Building, Community


class RosterImport(Base):
    """One upload of a roster, from its reading to its end."""

    __tablename__ = "roster_imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    filename: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(default=0)
    """Bytes of the file."""
    status: Mapped[str] = mapped_column(String(12))
    """A value of ``residents.rules.stages.Stage``."""
    sheet: Mapped[str | None] = mapped_column(String(80))
    """The one sheet that is read; None for all."""
    community_code: Mapped[str | None] = mapped_column(ForeignKey("communities.code"))
    """For rows that name no community."""
    known: Mapped[str] = mapped_column(String(8), default="update")
    """A value of ``rosters.rules.same.Known``."""
    doubtful: Mapped[str] = mapped_column(String(8), default="new")
    """A value of ``rosters.rules.same.Doubtful``, for rows that nobody decided on."""
    decided: Mapped[list[Any]] = mapped_column(JSON, default=list)
    """What somebody decided on doubtful rows: sheet, row, a value of ``Doubtful``."""
    is_complete: Mapped[bool] = mapped_column(default=False)
    """Whether who is missing from the roster is to be listed."""
    columns: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What somebody chose to be in the columns, by sheet."""
    position: Mapped[int] = mapped_column(default=0)
    """How many rows the present pass has dealt with."""
    rows: Mapped[int | None]
    """How many rows speak of somebody; None until all have been read once."""
    runs: Mapped[int] = mapped_column(default=0)
    """How often the present pass began without getting any further."""
    worker: Mapped[str | None] = mapped_column(String(120))
    """The process that works on it."""
    worked_at: Mapped[datetime | None]
    """That one's last sign of life."""
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Counts, columns found, and why it failed: no personal data."""
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    """When the present pass began; of one that waits, when somebody last decided something."""
    finished_at: Mapped[datetime | None]


class RosterPiece(Base):
    """A part of an uploaded file, only while somebody may need it."""

    __tablename__ = "roster_pieces"

    import_id: Mapped[int] = mapped_column(ForeignKey("roster_imports.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class RosterFinding(Base):
    """A row or a cell of a roster of which there is something to say."""

    __tablename__ = "roster_findings"
    __table_args__ = (Index("ix_roster_findings_kind", "import_id", "kind", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("roster_imports.id"))
    kind: Mapped[str] = mapped_column(String(10))
    """A value of ``rosters.rules.taking.Kind``."""
    sheet: Mapped[str | None] = mapped_column(String(80))
    row: Mapped[int | None]
    column: Mapped[str | None] = mapped_column(String(4))
    code: Mapped[str] = mapped_column(String(40))
    values: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """No personal data."""
    written: Mapped[str] = mapped_column(Text, default="")
    """What stands there, only as long as the file itself is kept."""
    resident_id: Mapped[int | None]
    """Whom the row speaks of, or may."""


class RosterSeen(Base):
    """A resident on record whom a row of a roster spoke of."""

    __tablename__ = "roster_seen"

    import_id: Mapped[int] = mapped_column(ForeignKey("roster_imports.id"), primary_key=True)
    resident_id: Mapped[int] = mapped_column(
        ForeignKey("residents.id"), primary_key=True, index=True
    )


class RosterShape(Base):
    """What somebody chose to be in the columns of sheets that have these headers."""

    __tablename__ = "roster_shapes"

    shape: Mapped[str] = mapped_column(String(64), primary_key=True)
    columns: Mapped[dict[str, Any]] = mapped_column(JSON)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    chosen_at: Mapped[datetime]


class Household(Base):
    """Residents at one address."""

    __tablename__ = "households"
    __table_args__ = (UniqueConstraint("community_code", "address_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_code: Mapped[str | None] = mapped_column(ForeignKey("communities.code"))
    building_id: Mapped[int | None] = mapped_column(ForeignKey("buildings.id"), index=True)
    unit: Mapped[str] = mapped_column(String(40), default="")
    room: Mapped[str] = mapped_column(String(40), default="")
    address: Mapped[str] = mapped_column(String(255))
    """As people read it, without the community."""
    address_key: Mapped[str] = mapped_column(String(255))
    """Sorts as one walks: building, unit and room with their figures padded."""
    building: Mapped[Building | None] = relationship(lazy="raise")


PLACED = text("community_code IS NOT NULL AND (community_written <> '' OR placed_at IS NOT NULL)")
"""Whether residents have a community that their row did not tell, but somebody or a later row."""


class Resident(Base):
    """A person on a roster."""

    __tablename__ = "residents"
    __table_args__ = (
        # Who is known by name alone, as a roster without addresses and numbers has them.
        Index(
            "ix_residents_loose", "community_code", "name",
            sqlite_where=text("household_id IS NULL"),
            postgresql_where=text("household_id IS NULL"),
        ),
        # Whom the same row speaks of when it comes again: it still tells no community.
        Index(
            "ix_residents_placed", "community_written", "name",
            sqlite_where=PLACED, postgresql_where=PLACED,
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    community_code: Mapped[str | None] = mapped_column(ForeignKey("communities.code"), index=True)
    """None while the resident is still to be placed."""
    community_written: Mapped[str] = mapped_column(String(160), default="")
    """What the roster wrote where no community could be told from it."""
    household_id: Mapped[int | None] = mapped_column(ForeignKey("households.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    relation: Mapped[str] = mapped_column(String(40), default="")
    language: Mapped[str] = mapped_column(String(40), default="")
    remark: Mapped[str] = mapped_column(Text, default="")
    unusable: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    """What stood in a phone cell and can't be rung: ``text`` as written and ``reason``."""
    import_id: Mapped[int | None] = mapped_column(ForeignKey("roster_imports.id"), index=True)
    sheet: Mapped[str] = mapped_column(String(80), default="")
    row: Mapped[int | None]
    created_at: Mapped[datetime]
    placed_by: Mapped[int | None]
    """Who gave them a community by hand; None for nobody, or before this was kept."""
    placed_at: Mapped[datetime | None]
    household: Mapped[Household | None] = relationship(lazy="raise")
    community: Mapped[Community | None] = relationship(lazy="raise")
    lines: Mapped[list["ResidentNumber"]] = relationship(
        lazy="raise", order_by="ResidentNumber.position"
    )


class ResidentChange(Base):
    """What a roster changed of somebody who was on record: where it says so, before and after."""

    __tablename__ = "resident_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id"), index=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("roster_imports.id"), index=True)
    sheet: Mapped[str] = mapped_column(String(80), default="")
    row: Mapped[int | None]
    field: Mapped[str] = mapped_column(String(12))
    """One of ``rosters.rules.same.FIELDS``."""
    before: Mapped[Any] = mapped_column(JSON)
    after: Mapped[Any] = mapped_column(JSON)
    changed_at: Mapped[datetime]


class Number(Base):
    """A telephone number in E.164, with ``;ext=`` where there is one."""

    __tablename__ = "numbers"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(String(40), unique=True)
    reached_at: Mapped[datetime | None]
    """When a call on it last reached somebody."""
    reached_campaign_id: Mapped[int | None]
    """The campaign of that call: for any other the number rests a while."""


class ResidentNumber(Base):
    """A number of a resident; position 0 is rung first."""

    __tablename__ = "resident_numbers"

    resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id"), primary_key=True)
    number_id: Mapped[int] = mapped_column(ForeignKey("numbers.id"), primary_key=True, index=True)
    position: Mapped[int]
    number: Mapped[Number] = relationship(lazy="raise")
