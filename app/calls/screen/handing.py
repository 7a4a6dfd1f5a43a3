"""What a handover shows: what is left, to whom it may go, and what was handed over lately."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.calls.screen.home import held_cases
from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign
from app.cases.models import Case, Handoff, HandoffCase
from app.cases.service.claim import MAY_RING
from app.people import queries as people
from app.people.models import User

LATELY = timedelta(days=1)


@dataclass(frozen=True)
class HandoverPage:
    """What is left, and who could go on with it."""

    campaign: Campaign
    held: int
    appointments: int
    colleagues: Sequence[User]


@dataclass(frozen=True)
class HandedOver:
    """A handover of the volunteer's."""

    id: int
    title: str
    when: datetime
    to: str | None
    cases: int
    note: str


def handover_page(session: Session, user: User, campaign_id: int) -> HandoverPage:
    """Return what the user could hand over. Raises NotFoundError for a campaign out of scope."""
    campaign = campaigns.get_campaign(session, user, campaign_id)
    held = held_cases(session, user, campaign_id)
    codes = select(Case.community_code).where(Case.id.in_([case.id for case in held]))
    colleagues = people.working_in(session, codes, MAY_RING)
    return HandoverPage(
        campaign=campaign,
        held=len(held),
        appointments=sum(case.appointment_at is not None for case in held),
        colleagues=[one for one in colleagues if one.id != user.id],
    )


def handed_over(session: Session, user: User, now: datetime) -> list[HandedOver]:
    """Return what the user handed over lately, newest first."""
    to = aliased(User)
    number = (
        select(func.count())
        .where(HandoffCase.handoff_id == Handoff.id)
        .correlate(Handoff)
        .scalar_subquery()
    )
    query = (
        select(Handoff.id, Campaign.title, Handoff.made_at, to.name, number, Handoff.note)
        .join(Campaign, Campaign.id == Handoff.campaign_id)
        .outerjoin(to, to.id == Handoff.to_user_id)
        .where(Handoff.from_user_id == user.id, Handoff.made_at > now - LATELY)
        .order_by(Handoff.id.desc())
    )
    return [HandedOver(*row) for row in session.execute(query)]
