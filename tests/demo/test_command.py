"""``ringround demo`` itself: only into an empty database, and nothing secret left lying about."""

import stat
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from app import create_app
from app.config import Settings
from app.db import Database
from app.demo import COMMUNITIES, SEED, Account, has_data, notable, residents, write_accounts
from app.demo.people import add_everybody
from app.people.models import User
from app.residents.models import Resident
from app.territory import service as territory
from tests import cast
from tests.conftest import Clock, migrate
from tests.demo.conftest import City


def demo(settings: Settings, *words: str) -> Result:
    app = create_app(settings, clock=Clock())
    with app.app_context():
        from app.cli.commands import ringround

        result = CliRunner().invoke(ringround, ["demo", *words])
    app.extensions["database"].close()
    return result


@pytest.mark.parametrize(
    ("words", "exits", "says"), [([], 1, "not empty"), (["--if-empty"], 0, "")]
)
def test_a_city_is_never_mixed_with_data(
    words: list[str], exits: int, says: str, city: City
) -> None:
    result = demo(city.settings, *words)

    assert result.exit_code == exits
    assert says in result.output
    assert bool(result.output) == bool(says)
    assert not list(city.settings.instance.glob("demo-accounts*"))


def test_any_row_that_a_person_made_is_data(db: Database) -> None:
    assert not has_data(db)
    cast.communities(db)
    assert has_data(db)


def test_an_account_alone_is_data(db: Database) -> None:
    """Else the demo would put an administrator with a printed password beside a real one."""
    with db.writing() as session:
        session.add(User(name="徐莉", role="administrator", created_at=Clock.now))

    assert has_data(db)


@pytest.mark.parametrize("before", [None, 0o644])
def test_passwords_are_for_the_owners_eyes_only(before: int | None, tmp_path: Path) -> None:
    path = tmp_path / "demo-accounts.txt"
    if before:
        path.write_text("of an earlier city")
        path.chmod(before)

    write_accounts(path, [Account("leader", "观音山街道", "徐莉", "abcd-efgh-jkmn")])

    assert path.read_text(encoding="utf-8") == "leader\t观音山街道\t徐莉\tabcd-efgh-jkmn\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_accounts_that_are_printed_are_one_of_each_role(city: City) -> None:
    shown = notable(city.accounts)

    assert [a.role for a in shown] == [
        "administrator", "supervisor", "leader", "volunteer", "volunteer",
    ]  # fmt: skip
    assert shown[2].team == shown[3].team


def test_the_same_seed_gives_the_same_people_with_other_passwords(
    tmp_path: Path, city: City
) -> None:
    url = f"sqlite:///{tmp_path / 'ringround.sqlite'}"
    migrate(url)
    database, random = Database(url), Random(SEED)
    with database.writing() as session:
        table = COMMUNITIES.read_text(encoding="utf-8")
        territory.load(session, None, Clock.now, table, "demo")
        again = add_everybody(session, random, Clock.now)
    with database.reading() as session:
        drafts = residents.invent(session, random).drafts
    database.close()
    with city.database.reading() as session:
        kept = select(Resident.community_code, Resident.name).order_by(Resident.id)
        there = [tuple(row) for row in session.execute(kept)]

    assert [account.name for account in again] == [account.name for account in city.accounts]
    assert not {a.password for a in again} & {a.password for a in city.accounts}
    # Two of one household may come out with the same name: the import takes them for one.
    assert set(there) == {(draft.community_code, draft.name) for draft in drafts}
    assert there[:500] == [(draft.community_code, draft.name) for draft in drafts][:500]
