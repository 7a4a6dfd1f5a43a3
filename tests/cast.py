"""A small standing cast: four communities in three streets, and the people who work there.

``communities`` and ``people`` go first, in this order, or both as ``standing``; the rest as a test
needs it.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from secrets import token_hex
from typing import Any

from argon2 import PasswordHasher
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.campaigns import service as campaigns
from app.campaigns.rules.definition import definition_from
from app.cases.service import opening
from app.db import Database
from app.i18n import LANGUAGE_COOKIE
from app.people import service
from app.people.models import User
from app.people.signing_in import SINCE
from app.problems import Place
from app.residents.rules.rows import Draft
from app.rosters.service import importing
from app.rosters.service.importing import Roster
from app.territory import service as territory
from tests.conftest import Clock
from tests.house.pages import CheckingClient
from tests.remembered import remembered

NOW = Clock.now
"""The moment at which the clock of a test stands until the test moves it."""

BRIDGE, SCHOOL = "320613009001", "320613009004"
"""The communities of the first team's street."""
HARBOUR = "320613010001"
"""The other team's."""
FAR = "320613011001"
"""A community that nobody but the administrator sees."""
TERRITORY = (
    "code,name,street_code,street_name,district_name\n"
    f"{BRIDGE},中桥社区居委会,320613009,观音山街道,崇川区\n"
    f"{SCHOOL},学堂桥社区居委会,320613009,观音山街道,崇川区\n"
    f"{HARBOUR},港口社区居委会,320613010,港口街道,崇川区\n"
    f"{FAR},远村社区居委会,320613011,远方街道,崇川区\n"
)


@dataclass(frozen=True)
class Person:
    """An account and the password to sign in with."""

    user: User
    password: str

    @property
    def name(self) -> str:
        return self.user.name


@dataclass(frozen=True)
class Cast:
    """``volunteer``, ``colleague`` and ``leader`` are one team; the supervisor has the bridge
    and the harbour, the administrator everything."""

    volunteer: Person
    colleague: Person
    outsider: Person
    leader: Person
    supervisor: Person
    administrator: Person


def communities(db: Database) -> None:
    """Load the four communities."""
    with db.writing() as session:
        territory.load(session, None, NOW, TERRITORY, "cast.csv")


def people(db: Database) -> Cast:
    """Add the accounts."""
    with db.writing() as session:
        return Cast(
            volunteer=_added(session, "志愿者甲", "volunteer", team="观音山街道"),
            colleague=_added(session, "志愿者乙", "volunteer", team="观音山街道"),
            outsider=_added(session, "志愿者丙", "volunteer", team="港口街道"),
            leader=_added(session, "组长", "leader", team="观音山街道"),
            supervisor=_added(session, "督导", "supervisor", communities=[BRIDGE, HARBOUR]),
            administrator=_added(session, "管理员", "administrator"),
        )


def standing(db: Database) -> Cast:
    """Load the communities into an empty database, and add the accounts."""

    def build() -> Cast:
        communities(db)
        return people(db)

    return remembered(db, "standing", build)


def add(db: Database, name: str, role: str, **more: Any) -> Person:
    """Add one account; ``more`` is what ``add_user`` takes (team, communities, languages)."""
    with db.writing() as session:
        return _added(session, name, role, **more)


def _added(session: Session, name: str, role: str, **more: Any) -> Person:
    password = f"a password of the {role}"
    user = service.add_user(session, None, NOW, name, role, **more)
    user.password_hash = _hash(password)
    return Person(user, password)


@cache
def _hash(password: str) -> str:
    """Hashing takes long on purpose: not so here, but for what is tested of it."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)


def sign_in(client: CheckingClient, person: Person) -> None:
    """Give the client a session of this person, as signing in does but without the slow hash.

    It does not grow old, so that a test may move the clock.
    """
    with client.session_transaction() as session:
        session.clear()
        session.permanent = True
        session["_user_id"] = person.user.get_id()
        session[SINCE] = "2100-01-01T00:00:00+00:00"


def sign_in_by_page(client: CheckingClient, person: Person) -> None:
    """Sign the client in as people do."""
    answer = client.submit("/sign-in", action="", name=person.name, password=person.password)
    assert (answer.status_code, answer.location) == (302, "/"), answer.text


def english(client: CheckingClient) -> CheckingClient:
    """Let the client speak English, in which the sentences of a test are written."""
    client.set_cookie(LANGUAGE_COOKIE, "en")
    return client


def words(answer: TestResponse) -> str:
    """The text of a page, its quotation marks as people see them."""
    return html.unescape(answer.text)


def token(client: CheckingClient) -> str:
    """What the client must send with each form now; a page for it is not asked for each time."""
    with client.session_transaction() as session:
        raw = session.setdefault("csrf_token", token_hex())
    secret = client.application.secret_key
    assert isinstance(secret, str)
    return str(URLSafeTimedSerializer(secret, salt="wtf-csrf-token").dumps(raw))


def mobile(number: int) -> str:
    """An invented mobile number in E.164; each small number gives another."""
    return f"+86139{number:08d}"


def resident(
    name: str, *phones: str, building: str = "1幢", room: str | None = None, **more: Any
) -> Draft:
    """A row of a roster as read; who has no room of their own shares none with anybody."""
    return Draft(Place(), name, phones, building=building, room=room or name, **more)


def residents(db: Database, community: str | None, drafts: Sequence[Draft]) -> None:
    """Take residents as the command line takes a roster; None leaves them to be placed."""
    roster = Roster("cast.xlsx", (), tuple(drafts), ())
    with db.writing() as session:
        taken = importing.take(session, None, NOW, roster, community)
    assert len(taken.accepted) == len(drafts)


def open_campaign(db: Database, codes: Sequence[str], **rules: Any) -> int:
    """Open a campaign over these communities; unless told otherwise it may ring at any hour."""
    table = {"title": "核对", "communities": list(codes), "rules": {"hours": [], **rules}}
    with db.writing() as session:
        campaign = campaigns.create(session, None, NOW, definition_from(table))
        opening.open_campaign(session, None, NOW, campaign.id)
    return campaign.id
