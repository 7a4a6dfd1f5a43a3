"""Append-only, and no call lost: what a record of a call must say, and what it hangs on."""

from collections.abc import Iterator
from datetime import tzinfo

from sqlalchemy import exists, func, select, true
from sqlalchemy.orm import Session, aliased

from app.calls import rules
from app.calls.models import Call, Dial
from app.campaigns.models import Campaign
from app.campaigns.rules.dispositions import DISPOSITIONS
from app.cases.models import Case, Hold
from app.i18n.words import later as _l
from app.laws import Finding, named
from app.residents.models import ResidentChange, ResidentNumber

ONCE, KEPT = "append_only", "no_call_lost"
REASONS = ("stale_hold", "already_done", "campaign_closed", "deactivated", "old_form",
           "invalid_answers", "erased")  # fmt: skip


def append_only(session: Session, _zone: tzinfo) -> Iterator[Finding]:
    """A call is corrected at most once, by a later record of the same call; what one call
    settled together is of one group, one volunteer and one time.
    """
    newer, root = aliased(Call), aliased(Call)
    twice = (
        select(Call.corrects_id)
        .where(Call.corrects_id.is_not(None))
        .group_by(Call.corrects_id)
        .having(func.count() > 1)
    )
    yield from named(session, ONCE, "calls", twice, _l("corrected more than once"))
    same = (
        (newer.case_id == Call.case_id)
        & (newer.user_id == Call.user_id)
        & (newer.started_at == Call.started_at)
        & newer.with_call_id.is_not_distinct_from(Call.with_call_id)
        & (newer.position > Call.position)
    )
    astray = select(newer.id).join(Call, Call.id == newer.corrects_id).where(~same)
    yield from named(session, ONCE, "calls", astray, _l("corrects another call than its own"))
    mine, theirs = aliased(Case), aliased(Case)
    together = (
        (mine.group_id == theirs.group_id)
        & (Call.user_id == root.user_id)
        & (Call.started_at == root.started_at)
        & (Call.position > root.position)
        & root.with_call_id.is_(None)
        & root.corrects_id.is_(None)
    )
    apart = (
        select(Call.id)
        .join(root, root.id == Call.with_call_id)
        .join(mine, mine.id == Call.case_id)
        .join(theirs, theirs.id == root.case_id)
        .where(~together)
    )
    yield from named(session, ONCE, "calls", apart, _l("settled with a call that is not its own"))


def no_call_lost(session: Session, _zone: tzinfo) -> Iterator[Finding]:
    """Every call took effect or says why not, and says by whom; positions run from 1 without a
    gap. Residents who came later took one each time they were added.
    """
    result = Call.state_after.is_not(None) & Call.outcome_after.is_not(None)
    took_effect = Call.applied & Call.reason.is_(None) & result
    kept = ~Call.applied & Call.reason.in_(REASONS) & Call.state_after.is_(None)
    # A comparison with NULL is neither true nor false: coalesce makes it false.
    silent = select(Call.id).where(~func.coalesce(took_effect, False), ~func.coalesce(kept, False))
    yield from named(session, KEPT, "calls", silent, _l("neither took effect nor says why not"))
    unasked = Call.with_call_id.is_(None) & Call.corrects_id.is_(None) & ~Call.desk
    keyless = select(Call.id).where(unasked, Call.idempotency_key.is_(None))
    yield from named(session, KEPT, "calls", keyless, _l("saved under no key"))
    yield from _what_it_says(session)
    yield from _by_whom(session)
    yield from _positions(session)


def _what_it_says(session: Session) -> Iterator[Finding]:
    sound = (
        Call.disposition.in_(DISPOSITIONS)
        & Call.direction.in_(rules.DIRECTIONS)
        & (Call.ended_at >= Call.started_at)
    )
    yield from named(session, KEPT, "calls", select(Call.id).where(~sound), _l("can't be a call"))
    elsewhere = (
        select(Call.id)
        .join(Case, Case.id == Call.case_id)
        .where(
            (Case.campaign_id != Call.campaign_id) | (Case.community_code != Call.community_code)
        )
    )
    yield from named(session, KEPT, "calls", elsewhere, _l("counted where its case is not"))
    for table, model in (("calls", Call), ("dials", Dial)):
        has_it = exists().where(
            Case.id == model.case_id,
            ResidentNumber.resident_id == Case.resident_id,
            ResidentNumber.number_id == model.number_id,
        )
        # A roster that came later may say otherwise.
        had_it = exists().where(
            Case.id == model.case_id,
            ResidentChange.resident_id == Case.resident_id,
            ResidentChange.field == "numbers",
            ResidentChange.changed_at >= model.recorded_at,
        )
        # A call on a household is on the number of whoever was rung.
        alone = Call.with_call_id.is_(None) if model is Call else true()
        query = select(model.id).where(model.number_id.is_not(None), alone, ~has_it, ~had_it)
        yield from named(session, KEPT, table, query, _l("on a number that is not the resident's"))


def _by_whom(session: Session) -> Iterator[Finding]:
    for table, model in (("calls", Call), ("dials", Dial)):
        held = exists().where(
            Case.id == model.case_id,
            Hold.group_id == Case.group_id,
            Hold.batch_id == model.batch_id,
            Hold.user_id == model.user_id,
        )
        query = select(model.id).where(model.batch_id.is_not(None), ~held)
        what = _l("by somebody who did not hold the case")
        yield from named(session, KEPT, table, query, what)


def _positions(session: Session) -> Iterator[Finding]:
    position = Call.position
    counted = (
        select(Campaign, func.count(Call.id), func.min(position), func.max(position))
        .outerjoin(Call, Call.campaign_id == Campaign.id)
        .group_by(Campaign.id)
    )
    for campaign, calls, lowest, highest in session.execute(counted):
        added = [at for at, _when in campaign.additions]
        last, taken = campaign.last_position, calls + len(added)
        ends = [*([lowest, highest] if calls else []), *added]
        within = all(1 <= end <= last for end in ends)
        if last != taken or not within or added != sorted(set(added)):
            what = _l("%(n)s positions are taken, but the last is %(last)s", n=taken, last=last)
            yield Finding(KEPT, f"campaigns {campaign.id}", what)
        both = select(Call.id).where(Call.campaign_id == campaign.id, position.in_(added))
        yield from named(session, KEPT, "calls", both, _l("at the position of an addition"))
        unknown = select(Case.id).where(
            Case.campaign_id == campaign.id, Case.added_at.not_in([0, *added])
        )
        what = _l("came to its campaign when nobody was added")
        yield from named(session, KEPT, "cases", unknown, what)
