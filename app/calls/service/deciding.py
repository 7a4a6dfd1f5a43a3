"""What a case has come to, worked out from all its calls and written down."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from app.calls import rules
from app.calls.models import Call, Dial
from app.calls.rules import Recorded, Tapped
from app.campaigns.models import Campaign
from app.campaigns.rules.calling import CallingRules
from app.campaigns.rules.following import Decision, State, attempts, what_follows
from app.cases.models import Case
from app.cases.rules.turns import whom_to_avoid
from app.cases.service.standing import Member, Standing
from app.db import Base
from app.people import shifts
from app.people.models import User
from app.prepared import Prepared

_CALLS, _CASES, _DIALS, _CAMPAIGNS, _USERS = (
    Base.metadata.tables[model.__tablename__] for model in (Call, Case, Dial, Campaign, User)
)


class Histories:
    """The calls of a group's cases, those just recorded too, and the dials on them."""

    def __init__(
        self, session: Session, standing: Standing, *, some: bool = False, tapped: bool = True
    ) -> None:
        """Read them, unless there are none; ``some`` says that there are, whatever the cases say.

        A case whose only call was taken back looks as if nobody had ever rung. ``tapped`` says
        whether there may be dials.
        """
        self.of: dict[int, list[Recorded]] = {case_id: [] for case_id in standing.members}
        self.taps: dict[int, list[Tapped]] = {case_id: [] for case_id in standing.members}
        if some or any(member.last_call_at is not None for member in standing.members.values()):
            for call in _OF_GROUP.rows(session, group=standing.group_id):
                self.of[call.case_id].append(call)
        for tap in _TAPS_OF.rows(session, group=standing.group_id) if tapped else ():
            self.taps[tap.case_id].append(tap)

    def add(self, call: Call) -> None:
        """Take a call in that was recorded in this transaction."""
        self.of[call.case_id].append(call)

    def tap(self, dial: Dial) -> None:
        """Take a dial in that was recorded in this transaction."""
        taps = self.taps[dial.case_id]
        taps.append(dial)
        taps.sort(key=lambda tap: tap.dialled_at)


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
    calls, taps = histories.of[member.id], histories.taps[member.id]
    decision = bring_in_line(member, calls, taps, calling, now)
    if held_on and member.state == State.OPEN.value:
        member.state = State.HELD.value
    _promise_to_nobody_away(session, member, now)
    standing.write(session, member)
    call.state_after = decision.state.value
    call.passed_to_after = member.passed_to
    call.outcome_after = decision.outcome


def _gives_back(standing: Standing, call: Call) -> bool:
    return call.user_id == standing.holder_id and call.corrects_id is None


def bring_in_line(
    member: Member,
    calls: Sequence[Recorded],
    taps: Sequence[Tapped],
    calling: CallingRules,
    now: datetime,
) -> Decision:
    """Make a case what its calls make it, and return the decision behind it.

    ``taps`` are the dials on it. ``ringround check`` works every case out again with this.
    """
    past = rules.history(calls, now)
    usable = len(member.numbers.keys() - rules.wrong_numbers(past))
    loose = rules.loose_taps(rules.known_taps(taps, calls), calls, now)
    decision = what_follows(calling, past, usable, now, loose)
    member.follow(decision)
    member.attempts = attempts(past)
    member.last_disposition = past[-1].disposition if past else None
    member.last_call_at = past[-1].started_at if past else None
    return decision


def _promise_to_nobody_away(session: Session, member: Member, now: datetime) -> None:
    """An appointment of somebody who is given nothing any more, or is off shift then, is
    anyone's.
    """
    promised, at = member.appointment_user_id, member.appointment_at
    if promised is None or at is None:
        return
    is_gone = not _GETS_WORK.scalar(session, user=promised)
    if is_gone or shifts.is_away(session, promised, at, now):
        member.appointment_user_id = None


def spare(standing: Standing, histories: Histories, now: datetime) -> None:
    """Note who must not be given the group again; worked out from all its cases that wait."""
    waiting = (rules.history(histories.of[member.id], now) for member in standing.waiting)
    standing.avoid_user_id = whom_to_avoid(waiting)


def next_position(session: Session, campaign_id: int) -> tuple[int, bool]:
    """Return the campaign's next sequence number, and whether the campaign is open.

    The update locks the campaign's row until the commit, so that positions come into sight in
    their order: a report as of position n never misses a call before n.
    """
    position, status = _NEXT_POSITION.first(session, campaign=campaign_id)
    return position, status == "open"


_OF_GROUP = Prepared(
    select(_CALLS)
    .join(_CASES, _CASES.c.id == _CALLS.c.case_id)
    .where(_CASES.c.group_id == bindparam("group"))
)
_TAPS_OF = Prepared(
    select(_DIALS.c.case_id, _DIALS.c.dialled_at, _DIALS.c.recorded_at)
    .join(_CASES, _CASES.c.id == _DIALS.c.case_id)
    .where(_CASES.c.group_id == bindparam("group"))
    .order_by(_DIALS.c.dialled_at)
)
_GETS_WORK = Prepared(
    select(_USERS.c.id).where(
        _USERS.c.id == bindparam("user"), _USERS.c.active, _USERS.c.stopped_at.is_(None)
    )
)
_NEXT_POSITION = Prepared(
    update(_CAMPAIGNS)
    .where(_CAMPAIGNS.c.id == bindparam("campaign"))
    .values(last_position=_CAMPAIGNS.c.last_position + 1)
    .returning(_CAMPAIGNS.c.last_position, _CAMPAIGNS.c.status)
)
