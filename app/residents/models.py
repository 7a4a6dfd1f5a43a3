"""Residents, their households and numbers, and the imports they came from."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.territory.models import Building, Community


class RosterImport(Base):
    """One upload of a roster, from its preview to its end."""

    __tablename__ = "roster_imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    filename: Mapped[str] = mapped_column(String(255))
    status: Mapped[str] = mapped_column(String(12))
    """``preview``, ``done`` or ``cancelled``."""
    community_code: Mapped[str | None] = mapped_column(ForeignKey("communities.code"))
    """For rows that name no community."""
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """The file itself, only while it waits to be confirmed."""
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Counts, columns found, and rejected cells by place and reason: no personal data."""
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


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


class Resident(Base):
    """A person on a roster."""

    __tablename__ = "residents"

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
    household: Mapped[Household | None] = relationship(lazy="raise")
    community: Mapped[Community | None] = relationship(lazy="raise")
    lines: Mapped[list["ResidentNumber"]] = relationship(
        lazy="raise", order_by="ResidentNumber.position"
    )


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
