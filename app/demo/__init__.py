"""The plausible city: real communities, invented people, a campaign half way through.

Everything goes through the use cases, so that the demo shows what the product does and nothing
else. The same seed gives the same city; passwords are random each time.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from random import Random

from flask_babel import gettext as _
from sqlalchemy import func, select

from app.db import Database
from app.demo import calling, people, residents
from app.demo.people import Account
from app.people.models import User
from app.residents.models import Resident
from app.rosters.service import importing
from app.territory import service as territory
from app.territory.models import Community

__all__ = ["Account", "build", "has_data", "notable", "write_accounts"]

SEED = 20221120
COMMUNITIES = Path(__file__).with_name("communities.csv")


def has_data(database: Database) -> bool:
    """Whether anything is in the database that a demo could get mixed up with."""
    with database.reading() as session:
        return any(
            session.scalar(select(func.count()).select_from(table))
            for table in (Community, User, Resident)
        )


def build(
    database: Database,
    now: datetime,
    say: Callable[[str], None],
    keep: Callable[[Sequence[Account]], None],
) -> None:
    """Fill the database, saying what is being done.

    ``keep`` gets the accounts as soon as they exist: no later step can lose their passwords.
    """
    random = Random(SEED)
    say(_("Loading 46 communities in 7 streets …"))
    with database.writing() as session:
        territory.load(session, None, now, COMMUNITIES.read_text(encoding="utf-8"), "demo")
    say(_("Adding 7 teams, their leaders and 66 volunteers …"))
    with database.writing() as session:
        accounts = people.add_everybody(session, random, now)
    keep(accounts)
    say(_("Inventing about 6,000 residents …"))
    with database.writing() as session:
        roster = residents.invent(session, random)
        importing.take(session, None, now, roster, None)
    say(_("Opening a campaign and ringing through five days …"))
    calls = calling.ring(database, random, now)
    say(_("%(number)s calls are on record.", number=calls))


def write_accounts(path: Path, accounts: Sequence[Account]) -> None:
    """Keep all accounts with their passwords in a file that only its owner can read."""
    path.unlink(missing_ok=True)  # one that was there could be open to others
    path.touch(mode=0o600)
    lines = [f"{a.role}\t{a.team}\t{a.name}\t{a.password}\n" for a in accounts]
    path.write_text("".join(lines), encoding="utf-8")


def notable(accounts: Sequence[Account]) -> list[Account]:
    """Return one account of each role, and a second volunteer of the same team."""
    volunteers = [account for account in accounts if account.role == "volunteer"]
    leader = next(a for a in accounts if a.role == "leader" and a.team == volunteers[0].team)
    above = [a for a in accounts if a.role in {"administrator", "supervisor"}]
    return [*above, leader, *volunteers[:2]]
