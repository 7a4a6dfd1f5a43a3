"""Users, their teams and the communities they work in."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base


class Team(Base):
    """The volunteers of one sub-district."""

    __tablename__ = "teams"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    street_code: Mapped[str | None] = mapped_column(String(9))
    """The street whose communities are the team's; None when none bears the team's name."""


class UserCommunity(Base):
    """A community given to a user by name, beyond what the team gives."""

    __tablename__ = "user_communities"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    community_code: Mapped[str] = mapped_column(ForeignKey("communities.code"), primary_key=True)


class User(Base):
    """Someone who signs in."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    """What they sign in with and what others see."""
    role: Mapped[str] = mapped_column(String(20))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"), index=True)
    languages: Mapped[list[str]] = mapped_column(JSON, default=list)
    lang: Mapped[str | None] = mapped_column(String(2))
    """The language of the pages, once chosen."""
    type_size: Mapped[str | None] = mapped_column(String(8))
    """How large the letters are, once chosen: see ``rules.TYPE_SIZES``."""
    password_hash: Mapped[str | None] = mapped_column(String(255))
    invitation_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    invitation_expires_at: Mapped[datetime | None]
    invited_at: Mapped[datetime | None]
    """When the last invitation was made, used or not."""
    invited_by_id: Mapped[int | None]
    """Who made it; None for the command line."""
    joined_at: Mapped[datetime | None]
    """When a password was set last; None until the account was joined."""
    session_epoch: Mapped[int] = mapped_column(default=0)
    """Grows when all sessions of the account must end."""
    active: Mapped[bool] = mapped_column(default=True)
    stopped_at: Mapped[datetime | None]
    """Since when nothing is handed out to them; they may sign in, save and correct all the same."""
    stopped_by_id: Mapped[int | None]
    stop_note: Mapped[str] = mapped_column(String(200), default="", server_default="")
    """Why, in the words of whoever stopped them: the volunteer reads it."""
    created_at: Mapped[datetime]
    team: Mapped[Team | None] = relationship(lazy="joined")

    # What flask-login asks of a user.
    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        """Whether the account may be used."""
        return self.active

    @property
    def gets_work(self) -> bool:
        """Whether residents are handed out to them."""
        return self.active and self.stopped_at is None

    def get_id(self) -> str:
        """What a session stores: the account and the epoch its sessions belong to."""
        return f"{self.id}.{self.session_epoch}"

    @property
    def display_name(self) -> str:
        """The name as others see it."""
        return self.name


class SpentInvitation(Base):
    """A code that is good no more, so that whoever still has it can be told why."""

    __tablename__ = "spent_invitations"

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    ended_at: Mapped[datetime]
    how: Mapped[str] = mapped_column(String(10))
    """``used``, or ``replaced`` by a newer one."""


class Shift(Base):
    """Planned hours of a volunteer, and the confirmation of being there."""

    __tablename__ = "shifts"
    # Asked with each sign of life, by the volunteer; and by the day, for the plan.
    __table_args__ = (
        Index("ix_shifts_user", "user_id", "starts_at"),
        Index("ix_shifts_day", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    community_code: Mapped[str | None] = mapped_column(ForeignKey("communities.code"))
    """Where; None for all that are the volunteer's."""
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    checked_in_at: Mapped[datetime | None]
    checked_out_at: Mapped[datetime | None]
    planned_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Who planned it; None for a command."""


class SignInFailures(Base):
    """How often a sign-in failed lately, per account and device, and per address."""

    __tablename__ = "sign_in_failures"

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    count: Mapped[int]
    since: Mapped[datetime]


class ApiToken(Base):
    """What a program signs in with. Only its hash is kept."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    """As what it acts: the user's role or a lesser one."""
    label: Mapped[str] = mapped_column(String(80), default="")
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class RateCount(Base):
    """How much somebody has asked for since the window began."""

    __tablename__ = "rate_counts"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    count: Mapped[int]
    since: Mapped[datetime]
