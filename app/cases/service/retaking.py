"""Taking back what one has just let go of: the call was undone, and nobody else has the case."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.campaigns.models import Campaign
from app.cases.models import Batch, CallGroup, Hold
from app.cases.service import claim
from app.people.models import User


def take_back(
    session: Session, actor: User, now: datetime, group_id: int, batch_id: int | None
) -> Batch | None:
    """Put a group into the actor's hands again, under a new generation.

    The caller has locked the group. None when somebody else has had it since ``batch_id``, when
    nothing of it is open, or when one of its numbers is in other hands.
    """
    group = session.get_one(CallGroup, group_id, populate_existing=True)
    later = select(func.max(Hold.generation)).where(Hold.group_id == group_id)
    if group.batch_id is not None or not group.open_cases or session.scalar(later) != batch_id:
        return None
    campaign = session.get_one(Campaign, group.campaign_id)
    if campaign.status != "open" or not actor.active:
        return None
    minutes = campaign.rules.lease_minutes
    batch = claim.start_batch(session, campaign.id, actor.id, now, minutes, opened_at=now)
    if not claim.hold_groups(session, batch, [group_id], now):
        claim.drop_batch(session, batch)
        return None
    return batch
