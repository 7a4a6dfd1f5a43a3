"""How much somebody may ask for: counted in the database, for whichever process answers.

A process draws a portion of the allowance at a time and spends that from memory, so that not
every request writes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from threading import Lock

from sqlalchemy import case, delete, select
from sqlalchemy.orm import Session

from app.db import Database, insert
from app.people.models import RateCount

LONGEST_KEY = 80
PORTIONS = 20
"""In how many portions a window's allowance is drawn, unless told otherwise."""
KEPT = timedelta(days=1)
"""After which a count that nobody has added to is forgotten; longer than any window."""
MANY = 1000
"""Of how many keys a process remembers what it drew before it forgets windows that ended."""
_NO_TIME = timedelta(0)


@dataclass(frozen=True)
class Allowance:
    """What was drawn, and when the window ends in which it can be spent."""

    granted: int
    until: datetime


def draw(
    session: Session, key: str, now: datetime, most: int, window: timedelta, portion: int
) -> Allowance:
    """Draw up to a portion of the ``most`` requests that a window allows.

    The window begins with the first request after the last one ended. Nothing is granted when it
    is used up; then there is more from ``until`` on.
    """
    count, since = _count(session, key, now, window, portion)
    before = count - portion
    return Allowance(max(0, min(portion, most - before)), since + window)


def _count(
    session: Session, key: str, now: datetime, window: timedelta, portion: int
) -> tuple[int, datetime]:
    """Count in one statement, for two draws at the same moment are two; return how many since."""
    row = RateCount
    # A clock that was set back must not leave anybody waiting until it has caught up.
    starts_anew = (row.since <= now - window) | (row.since > now + window)
    statement = insert(session, row).values(key=key, count=portion, since=now)
    statement = statement.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "count": case((starts_anew, portion), else_=row.count + portion),
            "since": case((starts_anew, statement.excluded.since), else_=row.since),
        },
    )
    count, since = session.execute(statement.returning(row.count, row.since)).one()
    return count, since


def forget(session: Session, now: datetime) -> None:
    """Delete the counts of those who have not come for a day: strangers may be many."""
    old = select(RateCount.key).where(RateCount.since <= now - KEPT)
    # Passing over what others are counting on at this moment, nobody waits for anybody.
    session.execute(
        delete(RateCount).where(RateCount.key.in_(old.with_for_update(skip_locked=True)))
    )


def whole_seconds(wait: timedelta) -> int:
    """Return a wait as people and programs are told it: never too short, and never none."""
    return max(1, ceil(wait.total_seconds()))


@dataclass
class _Drawn:
    """What is left of the portions of one key's window."""

    left: int
    until: datetime
    used_up: bool
    """Whether the window has nothing more to draw."""


class Purse:
    """What one process has drawn and not spent; any number of threads may take from it.

    All purses of one database together never spend more than ``most`` in a window. What a
    process has left when a window ends is worth nothing in the next.
    """

    def __init__(
        self, most: int, window: timedelta = timedelta(minutes=1), portion: int | None = None
    ) -> None:
        self.most = most
        self.window = window
        self.portion = portion or max(1, most // PORTIONS)
        self._drawn: dict[str, _Drawn] = {}
        self._forgot_at: datetime | None = None
        self._lock = Lock()
        self._drawing = Lock()

    def take(self, database: Database, key: str, now: datetime) -> timedelta | None:
        """Spend one request. Returns None to go on, or how long to wait before the next."""
        key = key[:LONGEST_KEY]
        wait = self._spend(key, now)
        if wait is None:
            with self._drawing:
                # Whoever drew while this thread waited may have brought enough for it too.
                wait = self._spend(key, now)
                if wait is None:
                    wait = self._draw(database, key, now)
        return wait or None

    def wait(self, key: str, now: datetime) -> timedelta | None:
        """Return how long until there is more, as far as this process knows, and spend nothing;
        None where there may be some.
        """
        with self._lock:
            drawn = self._drawn.get(key[:LONGEST_KEY])
            if drawn is None or drawn.left or not drawn.used_up:
                return None
            return drawn.until - now if now < drawn.until <= now + 2 * self.window else None

    def _spend(self, key: str, now: datetime) -> timedelta | None:
        """Spend a request of what was drawn; return how long to wait, None when to draw first."""
        with self._lock:
            drawn = self._drawn.get(key)
            if drawn is None or not now < drawn.until <= now + 2 * self.window:
                return None
            if drawn.left:
                drawn.left -= 1
                return _NO_TIME
            return drawn.until - now if drawn.used_up else None

    def _draw(self, database: Database, key: str, now: datetime) -> timedelta:
        """Draw a portion and spend the first request of it; return how long to wait."""
        with database.writing() as session:
            more = draw(session, key, now, self.most, self.window, self.portion)
            if self._is_time_to_forget(now):
                forget(session, now)
        used_up = more.granted < self.portion
        with self._lock:
            self._drawn[key] = _Drawn(max(0, more.granted - 1), more.until, used_up)
        return _NO_TIME if more.granted else more.until - now

    def _is_time_to_forget(self, now: datetime) -> bool:
        """Once a day, and for what is in memory whenever it has become much."""
        with self._lock:
            if len(self._drawn) > MANY:
                self._drawn = {key: one for key, one in self._drawn.items() if now < one.until}
            if self._forgot_at is not None and now < self._forgot_at + KEPT:
                return False
            self._forgot_at = now
            return True
