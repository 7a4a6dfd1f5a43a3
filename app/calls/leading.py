"""The leader's list: residents whom a volunteer could not settle, or whom nobody can ring."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.calls import queries
from app.calls.models import Call
from app.calls.rules import history, wrong_numbers
from app.calls.screen.words import address_of, names_of
from app.calls.service.answering import CLOSES, DOOR_LIST, RING_AGAIN, answers
from app.calls.wording import Attempt, Option, attempts_of, disposition_name
from app.campaigns.models import Campaign
from app.campaigns.rules.dispositions import DISPOSITIONS, Follow
from app.campaigns.rules.following import PassedTo, State
from app.cases import queries as cases
from app.cases.models import Case
from app.people import queries as people
from app.people.models import User
from app.problems import NotFoundError
from app.residents.rules import phones

ASKED, WITHOUT_NUMBER = "asked", "without_number"
"""Why a case is on the list: a volunteer passed it on, or there is no number to ring."""
KINDS = (ASKED, WITHOUT_NUMBER)


@dataclass(frozen=True)
class Passed:
    """A case on the list, in words."""

    case: Case
    campaign: Campaign
    name: str
    address: str
    note: str
    by: str | None
    """Who passed it on; None where nobody did."""
    when: datetime | None
    attempts: Sequence[Attempt]
    calls: Sequence[Call]

    @property
    def numbers(self) -> Sequence[str]:
        """The resident's numbers as people write them."""
        return [phones.display(line.number.value) for line in self.case.resident.lines]

    def has_number(self, now: datetime) -> bool:
        """Whether a number is left that has not proved wrong."""
        wrong = wrong_numbers(history(self.calls, now))
        return any(line.number_id not in wrong for line in self.case.resident.lines)


def count(session: Session, user: User, campaign_id: int | None) -> dict[str, int]:
    """Return how many cases of each kind are on the user's list."""
    return {
        kind: session.scalar(
            _passed(user, kind, campaign_id).with_only_columns(func.count(Case.id))
        )
        or 0
        for kind in KINDS
    }


def page(
    session: Session,
    user: User,
    kind: str,
    campaign_id: int | None,
    span: tuple[int, int],
    now: datetime,
) -> list[Passed]:
    """Return a part of the list, the oldest first; ``span`` is where it begins and its length."""
    query = (
        _passed(user, kind, campaign_id)
        .order_by(Case.last_call_at, Campaign.opened_at, Case.id)
        .offset(span[0])
        .limit(span[1])
    )
    return _told(session, session.scalars(cases.with_resident(query)).all(), now)


def get(session: Session, user: User, case_id: int, now: datetime) -> Passed | None:
    """Return one case of the list; None when it has left the list.

    Raises NotFoundError for a case out of the user's scope.
    """
    query = select(Case).where(Case.id == case_id, Case.community_code.in_(people.scope(user)))
    case = session.scalar(cases.with_resident(query))
    if case is None:
        raise NotFoundError(f"case {case_id}")
    if case.passed_to != PassedTo.LEADER.value:
        return None
    return _told(session, [case], now)[0]


def _passed(user: User, kind: str, campaign_id: int | None) -> Select[Case]:
    query = (
        select(Case)
        .join(Campaign, Campaign.id == Case.campaign_id)
        .where(
            Campaign.status == "open",
            Case.state == State.PASSED.value,
            Case.passed_to == PassedTo.LEADER.value,
            Case.community_code.in_(people.scope(user)),
        )
    )
    if campaign_id is not None:
        query = query.where(Case.campaign_id == campaign_id)
    asked = Case.last_call_at.is_not(None)
    return query.where(asked if kind == ASKED else ~asked)


def _told(session: Session, found: Sequence[Case], now: datetime) -> list[Passed]:
    calls = queries.history_of(session, [case.id for case in found])
    names = names_of(session, {call.user_id for rows in calls.values() for call in rows})
    campaigns = {
        campaign.id: campaign
        for campaign in session.scalars(
            select(Campaign).where(Campaign.id.in_({case.campaign_id for case in found}))
        )
    }
    return [
        _row(case, campaigns[case.campaign_id], calls.get(case.id, []), names, now)
        for case in found
    ]


def _row(
    case: Case, campaign: Campaign, calls: Sequence[Call], names: dict[int, str], now: datetime
) -> Passed:
    asked = next((call for call in calls if not call.desk), None)
    return Passed(
        case=case,
        campaign=campaign,
        name=case.resident.name,
        address=address_of(case),
        note=asked.note if asked else "",
        by=names.get(asked.user_id) if asked else None,
        when=asked.started_at if asked else None,
        attempts=attempts_of(campaign, calls, names, now),
        calls=calls,
    )


def answer_options(row: Passed, now: datetime, chosen: str) -> tuple[list[Option], list[Option]]:
    """Return what can be answered: what keeps the case going, and what closes it."""
    goes_on: list[Option] = []
    closes: list[Option] = []
    for code in answers(has_number=row.has_number(now)):
        if code in CLOSES and code not in (row.campaign.dispositions or CLOSES):
            continue
        option = Option(code, *_words(row, code), selected=code == chosen)
        stays = code in {RING_AGAIN, DOOR_LIST} or DISPOSITIONS[code].follow is Follow.DOOR
        (goes_on if stays else closes).append(option)
    return goes_on, closes


def _words(row: Passed, code: str) -> tuple[str, str | None]:
    """What an answer is called, and what follows from it."""
    if code == RING_AGAIN:
        follows = _("%(name)s is given the resident at once, with your note.", name=row.by)
        return str(_("Somebody rings again")), str(follows)
    if code == DOOR_LIST:
        return str(_("No number works: somebody knocks")), str(_("Goes to the door list."))
    name = disposition_name(row.campaign, code)
    if DISPOSITIONS[code].follow is Follow.DOOR:  # what the leader does, then how it is counted
        counted = _("Goes to the door list, counted as “%(what)s”.", what=name)
        return str(_("Somebody goes to the door")), str(counted)
    return name, None
