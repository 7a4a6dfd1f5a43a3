"""The demo's residents: households in buildings, with the numbers that rosters really have."""

from collections.abc import Iterator
from random import Random
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.problems import Place
from app.residents.rules.phones import Unusable
from app.residents.rules.rows import Draft
from app.rosters.service.importing import Roster
from app.territory.models import Community

if TYPE_CHECKING:
    from faker import Faker

HOUSEHOLDS = 58
"""A community; with one to four people each this makes about 6,000 in 46 communities."""

ESTATES = (
    "新村", "花苑", "家园", "小区", "公寓", "嘉园", "名邸", "雅居",
)  # fmt: skip
MOBILES = (
    "130",
    "135",
    "136",
    "137",
    "138",
    "139",
    "150",
    "151",
    "158",
    "182",
    "187",
    "188",
    "199",
)
RELATIONS = (
    ("户主",),
    ("户主", "配偶"),
    ("户主", "配偶", "子女"),
    ("户主", "配偶", "子女", "父母"),
)
RARE = "䶮𬭊㛃䲟𫖯𬱖㐂㛂𤩽𫓧"
REMARKS = ("独居老人", "晚上在家", "需上门", "听力不好，请大声些", "每日服药", "白天上班")


def invent(session: Session, random: Random) -> Roster:
    """Return a roster of the whole city."""
    from faker import Faker  # takes a while, and no other command needs it

    fake = Faker("zh_CN")
    fake.seed_instance(random.randrange(2**32))
    codes = session.scalars(select(Community).order_by(Community.code)).all()
    drafts = tuple(draft for community in codes for draft in _community(community, fake, random))
    return Roster(filename="demo", sheets=(), drafts=drafts, rejected=())


def _community(community: Community, fake: "Faker", random: Random) -> Iterator[Draft]:
    short = community.name.removesuffix("居委会").removesuffix("社区")
    estate = short + random.choice(ESTATES)
    for home in range(HOUSEHOLDS):
        building, rest = divmod(home, 12)
        unit, door = divmod(rest, 6)
        room = f"{1 + door // 2 + random.randrange(2) * 3}0{1 + door % 2}"
        yield from _household(
            community, estate, f"{building + 1}幢", f"{unit + 1}单元", room, fake, random
        )


def _household(
    community: Community,
    estate: str,
    building: str,
    unit: str,
    room: str,
    fake: "Faker",
    random: Random,
) -> Iterator[Draft]:
    relations = random.choices(RELATIONS, weights=(30, 30, 25, 15))[0]
    shared = _number(random)
    surname = fake.last_name()
    for relation in relations:
        phones, unusable = _phones(shared, relation, random)
        own = fake.last_name() if relation == "配偶" else surname
        yield Draft(
            place=Place(file="demo"),
            name=own + _given_name(fake, random),
            phones=phones,
            unusable=unusable,
            unusable_in=("",) * len(unusable),
            community_code=community.code,
            estate=estate,
            building=building,
            unit=unit,
            room=room,
            relation=relation,
            language="南通话" if relation == "父母" or random.random() < 0.3 else "普通话",
            remark=random.choice(REMARKS) if random.random() < 0.12 else None,
        )


def _given_name(fake: "Faker", random: Random) -> str:
    return random.choice(RARE) if random.random() < 0.01 else fake.first_name()


def _number(random: Random) -> str:
    if random.random() < 0.12:
        return f"+86513{random.choice('5678')}{random.randrange(10**7):07}"
    return f"+86{random.choice(MOBILES)}{random.randrange(10**8):08}"


def _phones(
    shared: str, relation: str, random: Random
) -> tuple[tuple[str, ...], tuple[Unusable, ...]]:
    luck = random.random()
    if luck < 0.02:
        return (), (Unusable("空号", "no_number_here"),)
    if luck < 0.03:
        return (), (Unusable("1395551", "too_short"),)
    if relation == "户主" or luck < 0.45:
        return (shared,), ()
    if luck < 0.52:
        return (_number(random), shared), ()
    return (_number(random),), ()
