"""Least sight: each record, dial, text message, handover, skip, shift, invitation and token has its
entry in the trail.
"""

from collections.abc import Iterator
from datetime import tzinfo

from sqlalchemy import ColumnElement, String, and_, cast, exists, func, select
from sqlalchemy.orm import Session

from app.audit.invariants import discreet
from app.audit.models import AuditEntry
from app.calls.models import Call, Dial, TextMessage
from app.campaigns.models import Campaign
from app.cases.models import Handoff, Skip
from app.i18n.words import later as _l
from app.laws import Finding, named
from app.people.models import ApiToken, Shift, User
from app.people.rules import ROLES

LAW = "least_sight"
_RECORDED = (
    ("calls", Call.id, Call.id, ("call_recorded",), Call.idempotency_key.is_not(None)),
    ("calls", Call.id, Call.case_id, ("case_answered",), Call.desk & Call.corrects_id.is_(None)),
    ("dials", Dial.id, Dial.case_id, ("dialled",), Dial.id.is_not(None)),
    (
        "text_messages",
        TextMessage.id,
        TextMessage.call_id,
        ("message_opened",),
        TextMessage.id.is_not(None),
    ),
    ("skips", Skip.id, Skip.case_id, ("case_skipped",), Skip.id.is_not(None)),
    (
        "handoffs",
        Handoff.id,
        Handoff.from_batch_id,
        ("batch_handed_over",),
        Handoff.id.is_not(None),
    ),
    ("users", User.id, User.id, ("user_invited",), User.invited_at.is_not(None)),
    ("shifts", Shift.id, Shift.user_id, ("shifts_planned",), Shift.id.is_not(None)),
    ("api_tokens", ApiToken.id, ApiToken.id, ("token_issued",), ApiToken.id.is_not(None)),
    ("api_tokens", ApiToken.id, ApiToken.id, ("token_revoked",), ApiToken.revoked_at.is_not(None)),
    ("campaigns", Campaign.id, Campaign.id, ("campaign_opened",), Campaign.opened_at.is_not(None)),
    ("campaigns", Campaign.id, Campaign.id, ("campaign_closed",), Campaign.closed_at.is_not(None)),
)
"""Of which rows the trail must know: table, key, what the entry is about, acts, which rows."""


def least_sight(session: Session, _zone: tzinfo) -> Iterator[Finding]:
    """Whatever was recorded, dialled, written, answered, laid aside, handed over, planned or issued
    is in the trail, which holds no personal data; tokens are kept as hashes.
    """
    what = _l("not in the trail")
    for table, key, subject, acts, which in _RECORDED:
        query = select(key).where(which, ~_entry(cast(subject, String), acts))
        yield from named(session, LAW, table, query, what)
    at_once = and_(AuditEntry.user_id == Call.user_id, AuditEntry.at == Call.recorded_at)
    corrected = exists().where(at_once, AuditEntry.act.in_(("call_corrected", "call_undone")))
    query = select(Call.id).where(Call.corrects_id.is_not(None), ~corrected)
    yield from named(session, LAW, "calls", query, what)
    yield from _tokens(session)
    yield from discreet(session, LAW)


def _entry(subject_id: ColumnElement[str], acts: tuple[str, ...]) -> ColumnElement[bool]:
    return exists().where(AuditEntry.subject_id == subject_id, AuditEntry.act.in_(acts))


def _tokens(session: Session) -> Iterator[Finding]:
    """A token above its user's role acts in the user's: that alone is no damage."""
    unknown = select(ApiToken.id).where(ApiToken.role.not_in(ROLES))
    yield from named(session, LAW, "api_tokens", unknown, _l("in a role that there is not"))
    readable = select(ApiToken.id).where(func.length(ApiToken.token_hash) != 64)  # noqa: PLR2004
    yield from named(session, LAW, "api_tokens", readable, _l("kept otherwise than as a hash"))


LAWS = {LAW: least_sight}
