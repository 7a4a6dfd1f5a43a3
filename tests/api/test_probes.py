"""What watches over the server: alive, ready, and how much is going on."""

import logging
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from app import create_app
from app.cases.service import opening
from app.config import Settings
from app.db import Database
from app.people.models import User
from tests.api.conftest import Programs
from tests.cast import BRIDGE, mobile, resident, residents
from tests.conftest import Clock
from tests.house.pages import CheckingClient
from tests.progress.city import city
from tests.web.test_answers import check


def test_a_process_is_alive_without_its_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/none/none.sqlite"
    app = create_app(Settings(instance=tmp_path, database_url=url, secret_key="s" * 32))
    client = app.test_client()
    app.logger.setLevel(logging.CRITICAL + 1)
    alive, ready = client.get("/healthz"), client.get("/readyz")
    app.logger.setLevel(logging.NOTSET)

    assert (alive.status_code, alive.text) == (200, "ok\n")
    assert (ready.status_code, ready.text) == (503, "not ready\n")
    check(ready)


def test_a_process_is_ready_when_the_tables_are_its_own(programs: Programs) -> None:
    client, db = programs.world.app.test_client(), programs.world.db
    assert client.get("/readyz").text == "ready\n"
    with db.writing() as session:
        newest = session.scalar(text("SELECT version_num FROM alembic_version"))
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    earlier = client.get("/readyz")
    with db.writing() as session:  # the next test has the same database
        session.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": newest})

    assert (earlier.status_code, earlier.text) == (503, "not ready\n")


def test_to_ask_whether_it_is_ready_waits_for_no_writer(programs: Programs) -> None:
    with programs.world.db.writing() as session:
        session.execute(text("UPDATE users SET active = true"))
        assert programs.world.app.test_client().get("/readyz").status_code == 200


def metrics(client: CheckingClient) -> dict[str, float]:
    answer = client.get("/metrics")
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    samples = [
        sample
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    ]
    return {" ".join([one.name, *one.labels.values()]): one.value for one in samples}


def test_the_metrics_count_what_is_in_the_database(
    client: CheckingClient, db: Database, clock: Clock
) -> None:
    town = city(db, clock)
    me = town.people.volunteer
    for name in town.take(me, 4)[:3]:
        town.save(me, name)
    town.correct(me, town.calls()[0], "no_answer")
    with db.writing() as session:
        session.get_one(User, town.people.colleague.user.id).active = False
        cases = dict(session.execute(text("SELECT state, count(*) FROM cases GROUP BY 1")).all())

    found = metrics(client)

    assert found.pop("ringround_call_records_total") == len(town.calls()) == 4
    assert found == {
        "ringround_campaigns open": 1,
        **{f"ringround_cases {state}": number for state, number in cases.items()},
        "ringround_active_users volunteer": 2,
        "ringround_active_users leader": 1,
        "ringround_active_users supervisor": 1,
        "ringround_active_users administrator": 1,
        "ringround_live_batches": 1,
    }


def test_residents_who_come_later_are_no_calls(
    client: CheckingClient, db: Database, clock: Clock
) -> None:
    town = city(db, clock)
    residents(db, BRIDGE, [resident("后来", mobile(900))])
    with db.writing() as session:
        opening.open_campaign(session, None, clock.now, town.campaign)

    assert metrics(client)["ringround_call_records_total"] == 0
