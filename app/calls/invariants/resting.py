"""A number that one campaign has reached rests before another rings it."""

from collections.abc import Iterator
from datetime import timedelta, tzinfo

from sqlalchemy import case, exists, select
from sqlalchemy.orm import Session, aliased

from app.calls.models import Call
from app.campaigns.models import Campaign
from app.campaigns.rules.dispositions import DISPOSITIONS
from app.cases.models import Batch, CallGroup, Hold
from app.i18n.words import later as _l
from app.laws import Finding, named
from app.residents.models import Number

LAW = "numbers_rest"
SLACK = timedelta(minutes=1)
"""Two who act at the same moment don't see one another."""
_ENDED = case((Call.ended_at > Call.recorded_at, Call.recorded_at), else_=Call.ended_at)
"""No call ended after it was recorded, whatever a phone's clock said."""
_REACHED = [code for code, row in DISPOSITIONS.items() if row.reached]


def numbers_rest(session: Session, _zone: tzinfo) -> Iterator[Finding]:
    """A number says when it was reached last, as a call has it; and no other campaign took it
    before it had rested. Passed from hand to hand it is not taken anew.
    """
    reached = Call.disposition.in_(_REACHED) & Call.corrects_id.is_(None)
    on_it = (Call.number_id == Number.id) & reached
    at_that_time = on_it & (Number.reached_at == _ENDED)
    at_that_time &= Call.campaign_id == Number.reached_campaign_id
    called = select(Call.number_id).where(reached, Call.number_id.is_not(None))
    silent = select(Number.id).where(Number.reached_at.is_(None), Number.id.in_(called))
    yield from named(session, LAW, "numbers", silent, _l("was reached, but does not say so"))
    invented = select(Number.id).where(
        Number.reached_at.is_not(None), ~exists().where(at_that_time)
    )
    yield from named(session, LAW, "numbers", invented, _l("says that it was reached: no call did"))
    for campaign in session.scalars(select(Campaign)):
        if campaign.rules.rest_days:
            yield from _taken_too_soon(session, campaign)


def _taken_too_soon(session: Session, campaign: Campaign) -> Iterator[Finding]:
    """The last call that reached the number before it was taken decides."""
    rest = timedelta(days=campaign.rules.rest_days)
    passed, own = aliased(Hold), aliased(Call)
    query = (
        select(Hold.id, Hold.held_at, _ENDED, Call.recorded_at)
        .join(Batch, Batch.id == Hold.batch_id)
        .join(CallGroup, CallGroup.id == Hold.group_id)
        .join(Call, Call.number_id == Hold.number_id)
        .where(
            CallGroup.campaign_id == campaign.id, Call.campaign_id != campaign.id,
            Call.disposition.in_(_REACHED), Call.corrects_id.is_(None),
            Call.recorded_at < Hold.held_at,
            Batch.handed_by_id.is_(None),
            ~exists().where(
                passed.number_id == Hold.number_id, passed.released_at == Hold.held_at,
                passed.id != Hold.id, passed.group_id == Hold.group_id,
            ),
            ~exists().where(
                own.number_id == Hold.number_id, own.campaign_id == campaign.id,
                own.recorded_at > Call.recorded_at, own.recorded_at < Hold.held_at,
            ),
        )
    )  # fmt: skip
    for hold, held_at, reached_at, recorded_at in session.execute(query):
        if held_at - rest < reached_at and recorded_at + SLACK < held_at:
            yield Finding(LAW, f"holds {hold}", _l("taken before its number had rested"))
