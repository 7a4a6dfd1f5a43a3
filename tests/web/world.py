"""A small world with something behind every address, for the tests that walk through them all."""

from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from itertools import count

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from app.calls.models import Call
from app.cases.models import Batch, CallGroup, Case, Handoff
from app.cases.service.claim import claim
from app.cases.service.handing import hand_over
from app.db import Database
from app.people import shifts
from app.people.models import Shift
from app.people.rules.shifts import Span
from app.residents.models import Number
from tests.cast import (
    BRIDGE,
    FAR,
    HARBOUR,
    NOW,
    Cast,
    english,
    mobile,
    open_campaign,
    resident,
    residents,
    sign_in,
    standing,
    token,
)
from tests.house.pages import CheckingClient

ROSTER = "姓名,联系电话\n陈一,13912345678\n".encode()


@dataclass
class World:
    """``near`` is a campaign in the bridge's community, ``far`` one where only the administrator
    has a say."""

    app: Flask
    db: Database
    cast: Cast
    near: int
    far: int

    def client(self, role: str) -> CheckingClient:
        """A browser in English: of a member of the cast, or of ``nobody``."""
        client = self.app.test_client()
        assert isinstance(client, CheckingClient)
        if role != "nobody":
            sign_in(client, getattr(self.cast, role))
        return english(client)

    def upload(self, client: CheckingClient, content: bytes = ROSTER, name: str = "一.csv") -> int:
        """Upload a roster through the page and return the import's number."""
        sent = {"csrf_token": token(client), "roster": (BytesIO(content), name)}
        answer = client.post("/rosters", data={**sent, "community": BRIDGE})
        assert answer.status_code == 302, answer.text
        return int(answer.location.rpartition("/")[2])


@pytest.fixture
def world(app: Flask, db: Database) -> World:
    cast = standing(db)
    number = count(1)
    for code in (BRIDGE, HARBOUR, FAR):
        names = [f"居民{code[-4:]}{letter}" for letter in "甲乙丙"]
        residents(db, code, [resident(name, mobile(next(number))) for name in names])
    near, far = open_campaign(db, [BRIDGE, HARBOUR]), open_campaign(db, [FAR])
    with db.writing() as session:
        claim(session, cast.volunteer.user, NOW, near, 2)
        batch = claim(session, cast.colleague.user, NOW, near, 1).batch
        assert batch is not None
        hand_over(session, cast.colleague.user, NOW, batch.id)
        tomorrow = Span(NOW + timedelta(days=1), NOW + timedelta(days=1, hours=4))
        shifts.plan(session, None, NOW, [cast.volunteer.user], [tomorrow])
    return World(app, db, cast, near, far)


def addresses(world: World) -> dict[str, str]:
    """An address for every rule, by endpoint, behind which there is something to be seen."""
    with world.db.reading() as session:
        held = {
            "batch_id": session.scalars(select(Batch.id)).first(),
            "group_id": session.scalars(select(CallGroup.id).where(CallGroup.batch_id > 0)).first(),
            "case_id": session.scalars(select(Case.id).where(Case.state == "held")).first(),
            "call_id": session.scalars(select(Call.id)).first() or 1,
            "handoff_id": session.scalars(select(Handoff.id)).one(),
            "number_id": session.scalars(select(Number.id)).first(),
            "shift_id": session.scalars(select(Shift.id)).first(),
        }
    accounts = {"user_id": world.cast.colleague.user.id, "token_id": 1, "place": 1}
    given = {
        "campaign_id": world.near,
        "code": BRIDGE,
        "import_id": 1,
        "resident_id": 1,
        **accounts,
        **held,
    }
    adapter = world.app.url_map.bind("localhost")
    return {
        rule.endpoint: adapter.build(rule.endpoint, {name: given[name] for name in rule.arguments})
        for rule in rules(world.app)
    }


def rules(app: Flask) -> list[Rule]:
    """The rules of the pages, and of what watches over the server."""
    found = app.url_map.iter_rules()
    return [rule for rule in found if not rule.endpoint.startswith(("static", "api."))]
