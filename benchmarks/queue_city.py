"""An invented street with so many residents, written straight into a new SQLite file."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from app.campaigns.models import Campaign, CampaignCommunity
from app.campaigns.rules.calling import CallingRules
from app.cases.models import CallGroup, Case
from app.db import Database
from app.people.models import Team, User
from app.residents.models import Household, Number, Resident, ResidentNumber
from app.territory.models import Community
from app.territory.rules import sort_key
from app.upkeep.schema import upgrade

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
STREET = "320699001"
CODES = [f"{STREET}{number:03}" for number in range(1, 8)]
VOLUNTEERS = 64
CAMPAIGN = 1
PER_HOUSEHOLD = 2


def fill(path: Path, cases: int) -> None:
    """Make the database: seven communities, pairs at one address who share one of two numbers."""
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    with database.writing() as session:
        for table, rows in _tables(cases):
            session.execute(insert(table), rows)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    database.close()


def _tables(cases: int) -> list[tuple[Any, Sequence[dict[str, Any]]]]:
    homes = range(1, cases // PER_HOUSEHOLD + 1)
    people = range(1, PER_HOUSEHOLD * len(homes) + 1)
    rules = CallingRules(hours=(), max_held=10_000).as_table()
    campaign = {"id": CAMPAIGN, "title": "Speed", "status": "open", "rules_table": rules,
                "created_at": NOW, "opened_at": NOW}  # fmt: skip
    return [
        (Community, [_community(code) for code in CODES]),
        (Team, [{"id": 1, "name": "Street", "street_code": STREET}]),
        (User, [_user(number) for number in range(1, VOLUNTEERS + 1)]),
        (Campaign, [campaign]),
        (CampaignCommunity, [{"campaign_id": CAMPAIGN, "community_code": c} for c in CODES]),
        (Household, [_household(home) for home in homes]),
        (Number, [{"id": person, "value": number_of(person)} for person in people]),
        (Resident, [_resident(person) for person in people]),
        (ResidentNumber, [line for person in people for line in _lines(person)]),
        (CallGroup, [_group(home) for home in homes]),
        (Case, [_case(person) for person in people]),
    ]


def home_of(person: int) -> int:
    return (person - 1) // PER_HOUSEHOLD + 1


def number_of(person: int) -> str:
    return f"+861390{person:07}"


def _code(home: int) -> str:
    return CODES[home % len(CODES)]


def _community(code: str) -> dict[str, Any]:
    return {"code": code, "name": f"Community {code[-1]}", "street_code": STREET,
            "street_name": "Street", "district_name": "District"}  # fmt: skip


def _user(number: int) -> dict[str, Any]:
    return {"id": number, "name": f"Volunteer {number}", "role": "volunteer", "team_id": 1,
            "languages": [], "created_at": NOW}  # fmt: skip


def _key(home: int) -> str:
    return sort_key("", f"{home // 48 + 1}幢", f"{home // 12 % 4 + 1}单元", f"{home % 12}室")


def _household(home: int) -> dict[str, Any]:
    return {"id": home, "community_code": _code(home), "address": f"{home}室",
            "address_key": f"{_key(home)}|{home}"}  # fmt: skip


def _resident(person: int) -> dict[str, Any]:
    home = home_of(person)
    return {"id": person, "community_code": _code(home), "household_id": home,
            "name": f"居民{person}", "created_at": NOW}  # fmt: skip


def _lines(person: int) -> list[dict[str, Any]]:
    """Everybody's own number, and for every second household that of its first member too."""
    home = home_of(person)
    first = PER_HOUSEHOLD * (home - 1) + 1
    numbers = [person] if person == first or home % 2 else [person, first]
    return [
        {"resident_id": person, "number_id": number, "position": position}
        for position, number in enumerate(numbers)
    ]


def _group(home: int) -> dict[str, Any]:
    return {"id": home, "campaign_id": CAMPAIGN, "community_code": _code(home), "priority": 5,
            "ready_at": NOW - timedelta(days=1), "open_cases": PER_HOUSEHOLD,
            "address_key": f"{_key(home)}|{home}"}  # fmt: skip


def _case(person: int) -> dict[str, Any]:
    home = home_of(person)
    return {"id": person, "campaign_id": CAMPAIGN, "community_code": _code(home),
            "resident_id": person, "group_id": home, "state": "open",
            "ready_at": NOW - timedelta(days=1), "outcome": "not_attempted",
            "added_at": 0}  # fmt: skip
