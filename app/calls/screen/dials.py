"""Dials of which the volunteer has not said what came of them: asked for until they do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.calls import queries
from app.calls.models import Dial
from app.calls.screen.words import masked
from app.calls.wording import rung_at
from app.campaigns.models import Campaign
from app.cases.models import Case
from app.people.models import User
from app.residents.models import Number


@dataclass(frozen=True)
class Loose:
    """A dial without an outcome; masked unless the resident is in the volunteer's hands."""

    case_id: int
    group_id: int
    when: str
    who: str
    in_hand: bool


@dataclass(frozen=True)
class Asked:
    """A dial whose resident is in the volunteer's hands no more."""

    dial: Dial
    case: Case
    campaign: Campaign
    number: str | None
    when: str
    who: str


def loose(session: Session, user: User, now: datetime) -> list[Loose]:
    """Return the volunteer's dials without an outcome, the last on each resident."""
    rows = queries.loose_dials(session, user, now)
    groups = _groups(session, [row[0].case_id for row in rows])
    held = queries.in_hand(session, user, [row[0].case_id for row in rows])
    return [
        Loose(
            case_id=dial.case_id,
            group_id=groups[dial.case_id],
            when=rung_at(dial.dialled_at, now),
            who=f"{name} {building}".strip() if dial.case_id in held else masked(name, building),
            in_hand=dial.case_id in held,
        )
        for dial, name, building in rows
    ]


def _groups(session: Session, case_ids: Sequence[int]) -> dict[int, int]:
    rows = session.execute(select(Case.id, Case.group_id).where(Case.id.in_(case_ids)))
    return {case_id: group_id for case_id, group_id in rows}  # noqa: C416 - dict() loses the types


def asked(session: Session, user: User, case_id: int, now: datetime) -> Asked | None:
    """Return the volunteer's last dial on a case of which nothing was said, masked; None where
    there is none.
    """
    found = next(iter(queries.loose_on(session, user, case_id)), None)
    if found is None:
        return None
    case = session.get_one(Case, case_id)
    name, building = queries.who(session, found)
    campaign = session.get_one(Campaign, case.campaign_id)
    when = rung_at(found.dialled_at, now)
    number = session.get(Number, found.number_id or 0)
    value = number.value if number else None
    return Asked(found, case, campaign, value, when, masked(name, building))
