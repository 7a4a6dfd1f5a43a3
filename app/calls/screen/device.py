"""What a volunteer's device keeps of the batch, for when there is no line."""

from collections.abc import Sequence
from datetime import datetime

from flask import url_for
from sqlalchemy.orm import Session

from app.calls.screen.home import held_cases, in_hand
from app.campaigns import queries as campaigns
from app.cases import queries as cases
from app.cases.models import Batch, Case
from app.cases.rules.turns import is_early
from app.people.models import User


def held(session: Session, user: User, now: datetime) -> list[dict[str, object]]:
    """Return the call screens of all that is in the user's hands, in the order to ring: where
    each stands, where the device gets it, whose it is, and until when it may be kept.
    """
    found = []
    for campaign in campaigns.open_campaigns(session, user):
        until = _until(session, in_hand(session, user, campaign.id))
        held = held_cases(session, user, campaign.id)
        held.sort(key=lambda case: is_early(case.ready_at, now))
        found += [_page(case, until[case.group_id]) for case in held]
    return found


def _until(session: Session, batches: Sequence[Batch]) -> dict[int, datetime]:
    """When the hold of each of the batches' groups ends."""
    lease = {batch.id: batch.lease_expires_at for batch in batches}
    groups = cases.held_groups(session, list(lease))
    return {group.id: lease[group.batch_id or 0] for group in groups}


def _page(case: Case, until: datetime) -> dict[str, object]:
    return {
        "case": case.id,
        "url": url_for("calls.call", group_id=case.group_id, case=case.id),
        "kept": url_for("calls.kept", group_id=case.group_id, case=case.id),
        "who": case.resident.name,
        "until": until.isoformat(),
    }
