"""From hand to hand: what was laid aside or handed over was in the hands it left."""

from collections.abc import Iterator
from datetime import tzinfo

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from app.campaigns.models import Campaign
from app.cases.models import Batch, Case, Handoff, HandoffCase, Hold, Skip
from app.cases.rules.skips import SKIP_REASONS
from app.i18n.words import later as _l
from app.laws import Finding, named

LAW = "handed_on"


def handed_on(session: Session, _zone: tzinfo) -> Iterator[Finding]:
    """Who lays a case aside holds it; a handover's cases were its batch's, and its sheet tells
    of no later call than the campaign has.
    """
    yield from _skips(session)
    yield from _handoffs(session)
    yield from _handed_cases(session)


def _skips(session: Session) -> Iterator[Finding]:
    held = exists().where(
        Hold.batch_id == Skip.batch_id, Hold.group_id == Skip.group_id, Hold.user_id == Skip.user_id
    )
    query = (
        select(Skip.id)
        .join(Case, Case.id == Skip.case_id)
        .where(~held | (Case.group_id != Skip.group_id))
    )
    what = _l("by somebody who did not hold the case")
    yield from named(session, LAW, "skips", query, what)
    unknown = select(Skip.id).where(Skip.reason.not_in(SKIP_REASONS))
    yield from named(session, LAW, "skips", unknown, _l("for a reason that nobody knows"))


def _handoffs(session: Session) -> Iterator[Finding]:
    given, taken = aliased(Batch), aliased(Batch)
    joined = (
        select(Handoff.id)
        .join(given, given.id == Handoff.from_batch_id)
        .outerjoin(taken, taken.id == Handoff.to_batch_id)
        .join(Campaign, Campaign.id == Handoff.campaign_id)
    )
    wrong_giver = (
        (given.user_id != Handoff.from_user_id)
        | (given.campaign_id != Handoff.campaign_id)
        | given.ended_at.is_(None)
    )
    what = _l("not of the batch that was handed over")
    yield from named(session, LAW, "handoffs", joined.where(wrong_giver), what)
    wrong_taker = taken.id.is_not(None) & (
        taken.user_id.is_distinct_from(Handoff.to_user_id)
        | taken.handed_by_id.is_distinct_from(Handoff.from_user_id)
        | (taken.campaign_id != Handoff.campaign_id)
    )
    what = _l("its new batch is not of whom it was handed to")
    yield from named(session, LAW, "handoffs", joined.where(wrong_taker), what)
    ahead = (Handoff.position > Campaign.last_position) | (Handoff.position < 0)
    what = _l("of a position that the campaign has not reached")
    yield from named(session, LAW, "handoffs", joined.where(ahead), what)
    unwritten = select(Batch.id).where(
        Batch.end_reason == "handed_over", ~exists().where(Handoff.from_batch_id == Batch.id)
    )
    yield from named(session, LAW, "batches", unwritten, _l("handed over, but no handover says so"))


def _handed_cases(session: Session) -> Iterator[Finding]:
    was_in_it = exists().where(
        Hold.batch_id == Handoff.from_batch_id, Hold.group_id == Case.group_id
    )
    query = (
        select(HandoffCase.handoff_id, HandoffCase.case_id)
        .join(Handoff, Handoff.id == HandoffCase.handoff_id)
        .join(Case, Case.id == HandoffCase.case_id)
        .where(~was_in_it)
    )
    for handoff, case in session.execute(query):
        what = _l("case %(case)s was not in its batch", case=case)
        yield Finding(LAW, f"handoffs {handoff}", what)
    place = HandoffCase.place
    gaps = (
        select(HandoffCase.handoff_id)
        .group_by(HandoffCase.handoff_id)
        .having(
            (func.min(place) != 0)
            | (func.max(place) != func.count() - 1)
            | (func.count(place.distinct()) != func.count())
        )
    )
    yield from named(session, LAW, "handoffs", gaps, _l("its cases are in no order"))
