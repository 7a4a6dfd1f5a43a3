"""Volunteers' public codes: given when first needed, and theirs for good."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaigns.models import VolunteerCode
from app.campaigns.rules.codes import draws
from app.db import insert


def code_of(
    session: Session,
    user_id: int,
    campaign_id: int,
    now: datetime,
    drawn: Iterable[str] | None = None,
) -> str:
    """Return the user's code in the campaign; who has none is given one.

    ``drawn`` are the codes to try. Raises LookupError when every one of them was somebody's.
    """
    known = _known(session, user_id, campaign_id)
    tries = iter(draws() if drawn is None else drawn)
    while known is None and (code := next(tries, None)):
        row = insert(session, VolunteerCode).values(
            campaign_id=campaign_id, user_id=user_id, code=code, given_at=now
        )
        # Nothing is written where the code is another's, or the user was given one meanwhile.
        session.execute(row.on_conflict_do_nothing())
        known = _known(session, user_id, campaign_id)
    if known is None:
        raise LookupError(f"no code left in campaign {campaign_id}")
    return known


def _known(session: Session, user_id: int, campaign_id: int) -> str | None:
    return session.scalar(
        select(VolunteerCode.code).where(
            VolunteerCode.campaign_id == campaign_id, VolunteerCode.user_id == user_id
        )
    )
