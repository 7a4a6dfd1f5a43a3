"""Communities, the streets and districts they lie in, and their buildings."""

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class Community(Base):
    """The territory a report is about. Names repeat across a city; the code does not."""

    __tablename__ = "communities"

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), index=True)
    street_code: Mapped[str] = mapped_column(String(9), index=True)
    street_name: Mapped[str] = mapped_column(String(80))
    district_name: Mapped[str] = mapped_column(String(80))


class Building(Base):
    """A building of a community; ``estate`` is the 小区 it stands in, '' when there is none."""

    __tablename__ = "buildings"
    __table_args__ = (UniqueConstraint("community_code", "estate", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_code: Mapped[str] = mapped_column(ForeignKey("communities.code"))
    estate: Mapped[str] = mapped_column(String(80), default="")
    name: Mapped[str] = mapped_column(String(80))
    sort_key: Mapped[str] = mapped_column(String(200))

    @property
    def label(self) -> str:
        """The name as people say it: estate and building."""
        return f"{self.estate}{self.name}"
