"""What a handover shows: what is left, and to whom it may go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.calls.screen.home import held_cases, in_hand, is_answer
from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign
from app.cases import offers
from app.cases.models import Case
from app.cases.offers import Left
from app.cases.receivers import Receiver, receivers
from app.cases.service.claim import MAY_RING
from app.people import queries as people
from app.people.models import User


@dataclass(frozen=True)
class HandoverPage:
    """What is left, and who could go on with it."""

    campaign: Campaign
    left: Left
    appointments: int
    colleagues: Sequence[Receiver]
    minutes: int
    """How long a colleague has to take it, before it is free for others."""


def handover_page(session: Session, user: User, campaign_id: int, now: datetime) -> HandoverPage:
    """Return what the user could hand over. Raises NotFoundError for a campaign out of scope."""
    campaign = campaigns.get_campaign(session, user, campaign_id)
    batches = [batch.id for batch in in_hand(session, user, campaign_id)]
    held = held_cases(session, user, campaign_id)
    codes = select(Case.community_code).where(Case.id.in_([case.id for case in held]))
    colleagues = people.working_in(session, codes, MAY_RING)
    others = [one for one in colleagues if one.id != user.id and one.password_hash]
    return HandoverPage(
        campaign=campaign,
        left=offers.left_in(session, batches, now),
        appointments=sum(case.appointment_at is not None and not is_answer(case) for case in held),
        colleagues=receivers(session, others, now),
        minutes=campaign.rules.unopened_minutes,
    )
