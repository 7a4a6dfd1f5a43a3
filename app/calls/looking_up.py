"""Who rang back: found by their number, or its last digits, among those one may hear."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.calls import queries
from app.campaigns.models import Campaign
from app.cases.models import Case
from app.people import queries as people
from app.people.models import User
from app.people.rules import STAFF
from app.problems import NotFoundError
from app.residents.models import Number, ResidentNumber
from app.residents.rules.phones import Sought

RING_BACKS_FOR = timedelta(days=7)
"""How long after a call its volunteer can note that the resident rang back."""
MOST = 20
"""How many are listed: a number of more is a shared line, and tells nobody apart."""


def has_desk(user: User) -> bool:
    """Whether the user hears whoever rings the office: staff do, for their own communities."""
    return user.role in STAFF


def look_up(session: Session, actor: User, now: datetime, sought: Sought) -> Sequence[int]:
    """Return the cases of those who rang back from such a number, and note that they were looked
    for: never by which number.

    They are those the actor rang in the last days, newest first. A whole number brings whoever
    sits at the desk anybody of their communities in an open campaign besides.
    """
    found = rung_from(session, actor, now, sought)
    if sought.numbers and has_desk(actor):
        found += _at_the_desk(session, actor, sought.numbers)
    found = list(dict.fromkeys(found))[:MOST]
    what = "whole" if sought.numbers else "ending"
    audit.record(
        session, actor.id, now, "number_looked_up", "user", actor.id, what=what, n=len(found),
        cases=",".join(map(str, found)),
    )  # fmt: skip
    return found


def rung_from(session: Session, user: User, now: datetime, sought: Sought) -> list[int]:
    """Return whom the user rang in the last days on such a number."""
    rung = [row[0].case_id for row in queries.rung_since(session, user, now - RING_BACKS_FOR)]
    query = (
        select(Case.id, Number.value)
        .join(ResidentNumber, ResidentNumber.resident_id == Case.resident_id)
        .join(Number, Number.id == ResidentNumber.number_id)
        .where(Case.id.in_(rung))
    )
    fits = {case_id for case_id, value in session.execute(query) if sought.is_like(value)}
    return [case_id for case_id in rung if case_id in fits]


def _at_the_desk(session: Session, user: User, numbers: Collection[str]) -> list[int]:
    query = (
        select(Case.id)
        .join(ResidentNumber, ResidentNumber.resident_id == Case.resident_id)
        .join(Number, Number.id == ResidentNumber.number_id)
        .join(Campaign, Campaign.id == Case.campaign_id)
        .where(
            Number.value.in_(numbers),
            Campaign.status == "open",
            Case.community_code.in_(people.scope(user)),
        )
        .order_by(Case.id.desc())
    )
    return list(session.scalars(query))


def check_may_hear(session: Session, user: User, case_id: int, now: datetime) -> None:
    """Raise NotFoundError for a resident who can't ring this user back: one whom they did not
    ring in the last days, and who is not of the communities whose desk they sit at.
    """
    rung = queries.rung_since(session, user, now - RING_BACKS_FOR)
    if case_id in {call.case_id for call, _name, _place in rung}:
        return
    case = session.get(Case, case_id) if has_desk(user) else None
    if case is None or not people.sees(session, user, case.community_code):
        raise NotFoundError(f"case {case_id}")
    if session.get_one(Campaign, case.campaign_id).status != "open":
        raise NotFoundError(f"case {case_id}")
