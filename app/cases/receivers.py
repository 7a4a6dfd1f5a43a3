"""To whom work may go: what each of them has in hand already, and whether they are there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from app.cases.queries import held_by
from app.i18n import lang
from app.i18n.moments import clock
from app.people import shifts
from app.people.models import Shift, User
from app.people.rules import ROLES
from app.people.rules.shifts import covers

_A_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Receiver:
    """Somebody who could go on with the work of another."""

    name: str
    role: str
    held: int
    """Residents in hand, of all campaigns together."""
    there_until: datetime | None
    """When the shift ends that they are on; None where they are on none."""

    @property
    def words(self) -> str:
        """The name, with what helps to choose."""
        facts = [] if self.role == "volunteer" else [ROLES[self.role].label(lang())]
        if self.there_until is not None:
            facts.append(_("on shift until %(time)s", time=clock(self.there_until)))
        if self.held:
            facts.append(ngettext("%(num)s in hand", "%(num)s in hand", self.held))
        return " · ".join((self.name, *facts))


def receivers(session: Session, users: Sequence[User], now: datetime) -> list[Receiver]:
    """Return these users as receivers of work: those on shift first, then by name."""
    held = held_by(session, [user.id for user in users])
    on_shift = _on_shift(shifts.between(session, now, now + _A_MOMENT), now)
    found = [
        Receiver(user.name, user.role, held.get(user.id, 0), on_shift.get(user.id))
        for user in users
    ]
    return sorted(found, key=lambda one: (one.there_until is None, _as_listed(one.name)))


def _as_listed(name: str) -> bytes:
    """In this encoding the common characters stand in the order of their sounds."""
    return name.lower().encode("gb18030")


def _on_shift(found: Iterable[Shift], now: datetime) -> dict[int, datetime]:
    return {shift.user_id: shift.ends_at for shift in found if covers(shift, now)}
