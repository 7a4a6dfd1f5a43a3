"""What a case has come to, worked out from all its calls and written down."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from app.calls import rules
from app.calls.models import Call, Dial
from app.calls.rules import Recorded
from app.campaigns.models import Campaign
from app.campaigns.rules.calling import CallingRules
from app.campaigns.rules.following import State, what_follows
from app.cases.models import Case
from app.cases.rules.turns import whom_to_avoid
from app.cases.service.standing import Member, Standing
from app.db import Base

_CALLS, _CASES, _DIALS, _CAMPAIGNS = (
    Base.metadata.tables[model.__tablename__] for model in (Call, Case, Dial, Campaign)
)


class Histories:
    """The calls of a group's cases, those just recorded too."""

    def __init__(self, session: Session, standing: Standing) -> None:
        self.of: dict[int, list[Recorded]] = {case_id: [] for case_id in standing.members}
        if any(member.last_call_at is not None for member in standing.members.values()):
            for call in session.execute(_OF_GROUP, {"group": standing.group_id}):
                self.of[call.case_id].append(call)

    def add(self, call: Call) -> None:
        """Take a call in that was recorded in this transaction."""
        self.of[call.case_id].append(call)


def decide(
    session: Session,
    standing: Standing,
    histories: Histories,
    call: Call,
    calling: CallingRules,
    now: datetime,
) -> None:
    """Bring the call's case in line with all its calls, and note on the call how it left it.

    A case in somebody's hands stays there, unless the call that was just saved is its holder's
    own, or has settled it.
    """
    member = standing.members[call.case_id]
    held_on = member.state == State.HELD.value and not _gives_back(standing, call)
    past = rules.without_passed_appointments(rules.history(histories.of[call.case_id], now), now)
    usable = len(member.numbers.keys() - rules.wrong_numbers(past))
    dials = _loose_dials(session, member, histories.of[call.case_id], now)
    decision = what_follows(calling, past, usable, now, dials)
    member.follow(decision)
    if held_on and member.state == State.OPEN.value:
        member.state = State.HELD.value
    member.attempts = sum(item.direction == "out" for item in past)
    member.last_disposition = past[-1].disposition if past else None
    member.last_call_at = past[-1].started_at if past else None
    standing.write(session, member)
    call.state_after = decision.state.value
    call.passed_to_after = member.passed_to
    call.outcome_after = decision.outcome


def _gives_back(standing: Standing, call: Call) -> bool:
    return call.user_id == standing.holder_id and call.corrects_id is None


def _loose_dials(
    session: Session, member: Member, calls: Sequence[Recorded], now: datetime
) -> list[datetime]:
    """The taps that no call came of: later than the call before them, earlier than the next."""
    taps = session.scalars(_DIALS_OF, {"case": member.id}).all()
    if not taps:
        return []
    begun = [call for call in calls if call.direction == "out" and call.corrects_id is None]
    spoken_for = {_tap_of(call, taps) for call in begun}
    return [tap.astimezone(now.tzinfo) for tap in taps if tap not in spoken_for]


def _tap_of(call: Recorded, taps: Sequence[datetime]) -> datetime | None:
    """The last tap before the call was saved belongs to it."""
    return max((tap for tap in taps if tap <= call.recorded_at), default=None)


def spare(standing: Standing, histories: Histories, now: datetime) -> None:
    """Note who must not be given the group again; worked out from all its cases that wait."""
    waiting = (rules.history(histories.of[member.id], now) for member in standing.waiting)
    standing.avoid_user_id = whom_to_avoid(waiting)


def next_position(session: Session, campaign_id: int) -> tuple[int, bool]:
    """Return the campaign's next sequence number, and whether the campaign is open.

    The update locks the campaign's row until the commit, so that positions come into sight in
    their order: a report as of position n never misses a call before n.
    """
    position, status = session.execute(_NEXT_POSITION, {"campaign": campaign_id}).one()
    return position, status == "open"


_OF_GROUP = (
    select(_CALLS)
    .join(_CASES, _CASES.c.id == _CALLS.c.case_id)
    .where(_CASES.c.group_id == bindparam("group"))
)
_DIALS_OF = select(_DIALS.c.dialled_at).where(_DIALS.c.case_id == bindparam("case"))
_NEXT_POSITION = (
    update(_CAMPAIGNS)
    .where(_CAMPAIGNS.c.id == bindparam("campaign"))
    .values(last_position=_CAMPAIGNS.c.last_position + 1)
    .returning(_CAMPAIGNS.c.last_position, _CAMPAIGNS.c.status)
)
