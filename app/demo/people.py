"""The demo's teams, leaders, volunteers and staff."""

import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.people import service
from app.people.models import User
from app.territory.models import Community

VOLUNTEERS = 66
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class Account:
    """A way to sign in to the demo."""

    role: str
    team: str
    name: str
    password: str


def add_everybody(session: Session, random: Random, now: datetime) -> list[Account]:
    """Add the accounts, each with its own random password."""
    streets = _streets(session)
    planned = list(_planned(random, [name for name, _codes in streets]))
    every = [code for _name, codes in streets for code in codes]
    users = [_add(session, now, account, every) for account in planned]
    # A hash takes long on purpose; argon2 lets go of the interpreter meanwhile.
    with ThreadPoolExecutor() as pool:
        passwords, names = [a.password for a in planned], [a.name for a in planned]
        hashes = pool.map(service.hashed, passwords, names)
        for user, password_hash in zip(users, hashes, strict=True):
            user.password_hash = password_hash
    return planned


def _streets(session: Session) -> list[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    rows = session.execute(select(Community.street_name, Community.code).order_by(Community.code))
    for street, code in rows:
        found.setdefault(street, []).append(code)
    return list(found.items())


def _planned(random: Random, streets: Sequence[str]) -> Iterator[Account]:
    names = _names(random)
    yield Account("administrator", "", "管理员", _password())
    yield Account("supervisor", "", "督导", _password())
    for street in streets:
        yield Account("leader", street, next(names), _password())
    for index in range(VOLUNTEERS):
        yield Account("volunteer", streets[index % len(streets)], next(names), _password())


def _names(random: Random) -> Iterator[str]:
    from faker import Faker  # takes a while, and no other command needs it

    fake = Faker("zh_CN")
    fake.seed_instance(random.randrange(2**32))
    seen: set[str] = set()
    while True:
        name = fake.name()
        if name not in seen:
            seen.add(name)
            yield name


def _password() -> str:
    letters = (secrets.choice(READABLE) for _ in range(12))
    return "-".join("".join(part) for part in zip(*[letters] * 4, strict=True))


def _add(session: Session, now: datetime, account: Account, every: Sequence[str]) -> User:
    return service.add_user(
        session,
        None,
        now,
        account.name,
        account.role,
        team=account.team or None,
        communities=every if account.role == "supervisor" else (),
        languages=["普通话", "南通话"],
    )
