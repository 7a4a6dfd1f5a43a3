"""Roles, passwords, invitations and the throttling of sign-ins."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.labels import Labelled
from app.problems import Problem


class Role(Labelled):
    """What a user may do; each with its name in both languages."""

    VOLUNTEER = ("volunteer", "志愿者", "Volunteer")
    LEADER = ("leader", "组长", "Team leader")
    SUPERVISOR = ("supervisor", "督导", "Supervisor")
    ADMINISTRATOR = ("administrator", "管理员", "Administrator")


ROLES = {role.code: role for role in Role}
STAFF = ("leader", "supervisor", "administrator")
_RANKS = {code: rank for rank, code in enumerate(ROLES)}

INVITATION_LASTS = timedelta(days=7)
CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 letters and figures that can't be taken for one another."""
CODE_LENGTH = 12
"""60 bits, and as few letters to type: it can't be guessed, so that who has a code may be told what
became of it. From one address a code can be shown 120 times a minute, 1.2 million times in the week
that it lasts. Who has ten thousand addresses, and 1,000 open invitations before them, finds one
with a chance of 10,000 * 1.2e6 * 1,000 / 32**12, one in 95,000. (Ten letters: one in 93.) Earlier
codes had 20 letters; they open the door as long as they last.
"""
JOINS_PER_MINUTE = 120
"""How many codes may be shown from one address: a whole class starts at once. ``CODE_LENGTH``
reckons with it.
"""
INVITATION_TOLD_FOR = timedelta(days=30)
"""How long a volunteer is told that their password was ended by a new link."""
LONGEST_STOP_NOTE = 200

TOKEN_PREFIX = "rr_"  # noqa: S105 - the part that is no secret
"""By which people, and programs that look for leaked secrets, know a token."""
TOKEN_BYTES = 24
"""192 bits: a token can't be guessed, so that a fast hash is enough to keep it."""
LONGEST_LABEL = 80
USE_NOTED_EVERY = timedelta(hours=1)
"""More often would be a write for every request."""

TYPE_SIZES = ("normal", "large", "largest")
"""How large the letters of all pages are: 100, 125 or 150 per cent."""

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 256
LONGEST_NAME = 40


def checked_name(name: str) -> str:
    """Return the user name as stored. Raises Problem when it is empty, long or unprintable."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Problem("user_name", field="name", values={"longest": LONGEST_NAME})
    return name


def checked_password(password: str, name: str) -> str:
    """Return the password as typed. Raises Problem for one that is too short, long or plain."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        values: dict[str, str | int] = {"shortest": SHORTEST_PASSWORD, "longest": LONGEST_PASSWORD}
        raise Problem("password_length", field="password", values=values)
    plain = password.casefold()
    if len(set(plain)) < 4 or plain in {name.casefold(), "ringround", "12345678", "password"}:  # noqa: PLR2004
        raise Problem("password_plain", field="password")
    return password


def is_above(role: str, other: str) -> bool:
    """Whether the one role may do more than the other."""
    return _RANKS[role] > _RANKS[other]


def roles_up_to(role: str) -> list[str]:
    """Return the roles that may do no more than this one, the least first."""
    return [other for other in ROLES if not is_above(other, role)]


def lesser_role(one: str, other: str) -> str:
    """Return that of two roles that may do less."""
    return other if is_above(one, other) else one


def may_deactivate(actor_role: str, role: str, *, same_team: bool) -> bool:
    """Whether somebody of the first role may close or open again an account of the second.

    An administrator may all, a supervisor whoever stands lower, a leader the team's volunteers.
    """
    if actor_role == "leader":
        return role == "volunteer" and same_team
    return actor_role == "administrator" or (
        actor_role == "supervisor" and is_above(actor_role, role)
    )


def may_invite(actor_role: str, role: str, *, same_team: bool) -> bool:
    """Whether somebody of the first role may give an account of the second a link to set a new
    password by: only to whoever stands lower, for with the link one can be them.
    """
    return is_above(actor_role, role) and may_deactivate(actor_role, role, same_team=same_team)


def checked_label(label: str) -> str:
    """Return a token's label as stored. Raises Problem when it is long or unprintable."""
    label = " ".join(label.split())
    if len(label) > LONGEST_LABEL or not label.isprintable():
        raise Problem("token_label", field="label", values={"longest": LONGEST_LABEL})
    return label


def is_use_noted(last_used_at: datetime | None, now: datetime) -> bool:
    """Whether the last use of a token is on record closely enough."""
    return last_used_at is not None and now < last_used_at + USE_NOTED_EVERY


def is_good_until(ends: datetime | None, now: datetime) -> bool:
    """Whether an invitation that lasts until then opens the account; None where there is none."""
    return ends is not None and now <= ends


def tidy_code(typed: str) -> str:
    """Return an invitation code without the dashes, blanks and small letters people type."""
    return "".join(letter for letter in typed.upper() if letter in CODE_LETTERS)


def spaced_code(code: str) -> str:
    """Return the code in groups of four, for reading aloud and typing."""
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))


@dataclass(frozen=True)
class Throttle:
    """So many failures in a window, then no more tries until it has passed."""

    failures: int
    window: timedelta

    def blocks(self, count: int, since: datetime, now: datetime) -> bool:
        """Whether the next try has to wait."""
        return count >= self.failures and now < since + self.window


# A device that signed in before has its own count, so that a stranger who guesses can't lock
# out the volunteer. An address is shared by a whole office: its limit is loose.
ACCOUNT_AND_DEVICE = Throttle(failures=8, window=timedelta(minutes=15))
ADDRESS = Throttle(failures=400, window=timedelta(minutes=15))
