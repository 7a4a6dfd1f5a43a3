"""An invented street with so many residents, written straight into a new database."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert

from app.campaigns.models import Campaign, CampaignCommunity
from app.campaigns.rules.calling import CallingRules
from app.db import Database
from app.people.models import Team, User
from app.territory.models import Community
from app.territory.rules import sort_key
from app.upkeep.schema import upgrade
from tests.postgres import Cluster

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
YESTERDAY = NOW - timedelta(days=1)
STREET = "320699001"
CODES = [f"{STREET}{number:03}" for number in range(1, 8)]
VOLUNTEERS = 64
CAMPAIGN = 1
PER_HOUSEHOLD = 2

HOUSEHOLD = "id, community_code, unit, room, address, address_key"
RESIDENT = """id, community_code, community_written, household_id, name, relation, language, remark,
    unusable, sheet, created_at"""
GROUP = "id, campaign_id, community_code, language, priority, ready_at, open_cases, address_key"
CASE = """id, campaign_id, community_code, resident_id, group_id, state, ready_at, outcome,
    attempts, added_at"""

# Nothing is switched off here that a deployment would leave on: what is measured is kept.
AS_DEPLOYED = "-c listen_addresses= -c max_connections=200"


@contextmanager
def databases(engine: str) -> Iterator["Databases"]:
    """Where databases of this engine can be made, until the block ends."""
    if engine == "postgresql":
        cluster = Cluster.new(AS_DEPLOYED)
        try:
            yield Databases(cluster.folder, cluster)
        finally:
            cluster.remove()
        return
    with TemporaryDirectory() as folder:
        yield Databases(Path(folder), None)


class Databases:
    """Makes databases by name: files, or databases of one server."""

    def __init__(self, folder: Path, cluster: Cluster | None) -> None:
        self.folder = folder
        self.cluster = cluster

    def new(self, name: str) -> str:
        """Return the URL of a database that has no tables yet."""
        if self.cluster is not None:
            return self.cluster.create(name)
        return f"sqlite:///{self.folder / name}.sqlite"

    def copy(self, name: str, of: str) -> str:
        """Return the URL of a copy of a database that nobody is connected to."""
        if self.cluster is None:
            source = (self.folder / f"{of}.sqlite").read_bytes()
            (self.folder / f"{name}.sqlite").write_bytes(source)
            return self.new(name)
        with self.cluster.connect("postgres") as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{of}"')
        return self.cluster.url(name)


def fill(url: str, cases: int, per_household: int = PER_HOUSEHOLD, **rules: Any) -> None:
    """Make the tables and rows: seven communities, so many at an address, some sharing a number."""
    database = Database(url)
    upgrade(database)
    with database.writing() as session:
        for table, rows in _few(rules):
            session.execute(insert(table), rows)
        for table, columns, lines in Street(cases, per_household).tables():
            _load(session.connection(), table, columns, lines)
    _tidy(database)
    database.close()


def _few(rules: dict[str, Any]) -> list[tuple[Any, list[dict[str, Any]]]]:
    table = CallingRules(hours=(), **{"max_held": 10_000, **rules}).as_table()
    campaign = {"id": CAMPAIGN, "title": "Speed", "status": "open", "rules_table": table,
                "created_at": NOW, "opened_at": NOW}  # fmt: skip
    return [
        (Community, [_community(code) for code in CODES]),
        (Team, [{"id": 1, "name": "Street", "street_code": STREET}]),
        (User, [_user(number) for number in range(1, VOLUNTEERS + 1)]),
        (Campaign, [campaign]),
        (CampaignCommunity, [{"campaign_id": CAMPAIGN, "community_code": c} for c in CODES]),
    ]


def _load(
    connection: Connection, table: str, columns: str, rows: Iterable[tuple[Any, ...]]
) -> None:
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "postgresql":
        with driver.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join("?" * (columns.count(",") + 1))
    plain = ([_stored(value) for value in row] for row in rows)
    driver.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", plain)


def _stored(value: Any) -> Any:
    """As SQLite keeps moments: in UTC, without saying so."""
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%d %H:%M:%S.%f")
    return value


def _tidy(database: Database) -> None:
    """Bring it into the state of a database that has been at rest for a while."""
    if database.engine.dialect.name == "postgresql":
        with database.glancing() as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")
        return
    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")


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


class Street:
    """Homes and the people in them, numbered from 1."""

    def __init__(self, people: int, per_household: int) -> None:
        self.per_household = per_household
        self.homes = range(1, people // per_household + 1)
        self.people = range(1, per_household * len(self.homes) + 1)

    def tables(self) -> list[tuple[str, str, Iterable[tuple[Any, ...]]]]:
        """Rows by table, in the order in which they refer to one another."""
        numbers = ((person, number_of(person)) for person in self.people)
        lines = (line for person in self.people for line in self._lines(person))
        return [
            ("households", HOUSEHOLD, map(self._household, self.homes)),
            ("numbers", "id, value", numbers),
            ("residents", RESIDENT, map(self._resident, self.people)),
            ("resident_numbers", "resident_id, number_id, position", lines),
            ("call_groups", GROUP, map(self._group, self.homes)),
            ("cases", CASE, map(self._case, self.people)),
        ]

    def _home_of(self, person: int) -> int:
        return (person - 1) // self.per_household + 1

    def _household(self, home: int) -> tuple[Any, ...]:
        return home, _code(home), "", "", f"{home}室", _key(home)

    def _resident(self, person: int) -> tuple[Any, ...]:
        home = self._home_of(person)
        return person, _code(home), "", home, f"居民{person}", "", "", "", "[]", "", NOW

    def _lines(self, person: int) -> list[tuple[int, int, int]]:
        """Everybody's own number, and for every second household that of its first member too."""
        home = self._home_of(person)
        first = self.per_household * (home - 1) + 1
        numbers = [person] if person == first or home % 2 else [person, first]
        return [(person, number, position) for position, number in enumerate(numbers)]

    def _group(self, home: int) -> tuple[Any, ...]:
        key, size = _key(home), self.per_household
        return home, CAMPAIGN, _code(home), "", 5, YESTERDAY, size, key

    def _case(self, person: int) -> tuple[Any, ...]:
        home = self._home_of(person)
        return (
            person, CAMPAIGN, _code(home), person, home, "open", YESTERDAY, "not_attempted", 0, 0,
        )  # fmt: skip
