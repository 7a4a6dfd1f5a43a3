"""Campaigns and what each is made of."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.campaigns.rules.calling import CallingRules, rules_from
from app.db import Base
from app.residents.rules import phones


class Campaign(Base):
    """One information check."""

    __tablename__ = "campaigns"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    status: Mapped[str] = mapped_column(String(10))
    """``draft``, ``open`` or ``closed``."""
    deadline: Mapped[date | None]
    all_communities: Mapped[bool] = mapped_column(default=False)
    dispositions: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    population: Mapped[list[str]] = mapped_column(JSON, default=list)
    rules_table: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    languages: Mapped[list[str]] = mapped_column(JSON, default=list)
    """What must be spoken to ring all of its residents: the languages of its call groups."""
    language_fallback: Mapped[bool] = mapped_column(default=False)
    """Whether residents may be rung by somebody who does not speak their language."""
    script: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON, default=dict)
    office: Mapped[str | None] = mapped_column(String(40))
    """The community office's number, as numbers are stored."""
    last_position: Mapped[int] = mapped_column(default=0)
    """Sequence number of the last call: grows by one a call, in the order of commits, because
    the transaction that takes the next one holds this row until it commits."""
    additions: Mapped[list[tuple[int, str]]] = mapped_column(JSON, default=list)
    """When residents came to it after it opened: the position they took, and the moment."""
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    def is_overdue(self, today: date) -> bool:
        """Whether it is still open after its deadline; ``today`` is the deployment's day."""
        return self.status == "open" and self.deadline is not None and self.deadline < today

    def office_number(self, otherwise: str) -> str:
        """The office's number as people write it; ``otherwise`` where the campaign names none."""
        return phones.display(self.office) if self.office else otherwise

    @property
    def rules(self) -> CallingRules:
        """The calling rules as a value."""
        return rules_from(self.rules_table)


class CampaignCommunity(Base):
    """A community that a campaign covers."""

    __tablename__ = "campaign_communities"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), primary_key=True)
    community_code: Mapped[str] = mapped_column(
        ForeignKey("communities.code"), primary_key=True, index=True
    )


class VolunteerCode(Base):
    """The code by which residents know a volunteer of a campaign. It is never another's."""

    __tablename__ = "volunteer_codes"
    __table_args__ = (
        # By the code first: the public page asks for it in all campaigns.
        UniqueConstraint("code", "campaign_id"),
    )

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(6))
    given_at: Mapped[datetime]
