"""Cases whose residents have other numbers than before: made what their calls make them now."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.calls.service.deciding import Histories, bring_in_line, spare
from app.campaigns.models import Campaign
from app.campaigns.rules.following import State
from app.cases.models import Case
from app.cases.service.standing import Standing, lock

NOBODY = 0
"""Whoever a roster is taken for holds nothing: no lease runs on because of it."""


def follow_up(session: Session, resident_ids: Collection[int], now: datetime) -> None:
    """Decide anew on the open campaigns' cases of residents whose numbers were changed.

    Who had none can be rung now, who has none left can't. A case in somebody's hands stays there.
    """
    first_of_group = (
        select(func.min(Case.id))
        .join(Campaign, Campaign.id == Case.campaign_id)
        .where(Case.resident_id.in_(resident_ids), Campaign.status == "open")
        .group_by(Case.group_id)
        .order_by(Case.group_id)
    )
    for case_id in session.scalars(first_of_group).all():
        standing = lock(session, case_id)
        if standing is not None:
            _follow_up(session, standing, resident_ids, now)


def _follow_up(
    session: Session, standing: Standing, resident_ids: Collection[int], now: datetime
) -> None:
    rules = session.get_one(Campaign, standing.campaign_id).rules
    histories = Histories(session, standing, some=True)
    for member in standing.members.values():
        if member.resident_id not in resident_ids:
            continue
        is_held = member.state == State.HELD.value
        bring_in_line(member, histories.of[member.id], histories.taps[member.id], rules, now)
        if is_held and member.state == State.OPEN.value:
            member.state = State.HELD.value
        standing.write(session, member)
    spare(standing, histories, now)
    standing.settle(session, NOBODY, rules, now)
