"""Derivable: each case is what its calls make it, and was so after each of them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from app.calls import rules
from app.calls.models import Call, Dial
from app.calls.service.deciding import bring_in_line
from app.campaigns.models import Campaign
from app.campaigns.rules.dispositions import DISPOSITIONS
from app.cases.models import CallGroup, Case, Skip
from app.cases.rules.turns import whom_to_avoid
from app.cases.service.standing import Member
from app.i18n.words import later as _l
from app.laws import Finding, stretches
from app.people.models import User
from app.people.queries import GETS_WORK
from app.residents.models import ResidentChange, ResidentNumber

LAW = "derivable"
_COMPARED = (
    "state", "passed_to", "outcome", "attempts", "appointment_at", "appointment_until",
    "last_disposition", "last_call_at",
)  # fmt: skip
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands for the clock where no call was made: what is worked out then does not depend on it."""


@dataclass(frozen=True)
class _Stretch:
    """What was on record of some call groups, in the order in which it came."""

    calls: dict[int, list[Call]]
    taps: dict[int, list[Dial]]
    numbers: dict[int, dict[int, str]]
    skipped: dict[int, datetime]
    """When a case was laid aside last."""
    renumbered: dict[int, datetime]
    """When a roster last changed the numbers of a case's resident: what a call before then left
    it as, was worked out from others.
    """


def derivable(session: Session, zone: tzinfo) -> Iterator[Finding]:
    """Each case is what its calls make it, and each call left it as those up to then made it.

    All but the time at which it is ready: a skip moves that too, and who comes late.
    """
    campaigns = {campaign.id: campaign for campaign in session.scalars(select(Campaign))}
    left = _who_was_away(session)
    for low, high in stretches(session, CallGroup.id):
        stretch = _read(session, low, high)
        cases = select(Case).where(Case.group_id.between(low, high)).order_by(Case.id)
        waiting = defaultdict(list)
        for case in session.scalars(cases):
            yield from _case(case, stretch, campaigns[case.campaign_id], left, zone)
            if case.state in {"open", "held"}:
                waiting[case.group_id].append(case.id)
        groups = select(CallGroup.id, CallGroup.avoid_user_id)
        for group_id, avoided in session.execute(groups.where(CallGroup.id.between(low, high))):
            histories = [rules.history(stretch.calls[id_], _BEGINNING) for id_ in waiting[group_id]]
            if waiting[group_id] and avoided != whom_to_avoid(histories):
                what = _l("spares somebody else than its calls ask to be spared")
                yield Finding(LAW, f"call_groups {group_id}", what)
        session.expunge_all()


def _read(session: Session, low: int, high: int) -> _Stretch:
    within = Case.group_id.between(low, high)
    calls: dict[int, list[Call]] = defaultdict(list)
    taps: dict[int, list[Dial]] = defaultdict(list)
    numbers: dict[int, dict[int, str]] = defaultdict(dict)
    made = select(Call).join(Case, Case.id == Call.case_id).where(within).order_by(Call.position)
    # One of an unknown disposition says nothing; ``no_call_lost`` names it.
    for call in session.scalars(made.where(Call.disposition.in_(DISPOSITIONS))):
        calls[call.case_id].append(call)
    for tap in session.scalars(select(Dial).join(Case, Case.id == Dial.case_id).where(within)):
        taps[tap.case_id].append(tap)
    lines = select(Case.id, ResidentNumber.number_id).join(
        ResidentNumber, ResidentNumber.resident_id == Case.resident_id
    )
    for case_id, number_id in session.execute(lines.where(within)):
        numbers[case_id][number_id] = ""
    aside = select(Skip.case_id, Skip.skipped_at).join(Case, Case.id == Skip.case_id)
    skips = session.execute(aside.where(within).order_by(Skip.skipped_at)).all()
    skipped = {case_id: at for case_id, at in skips}  # noqa: C416
    return _Stretch(calls, taps, numbers, skipped, _renumbered(session, low, high))


def _renumbered(session: Session, low: int, high: int) -> dict[int, datetime]:
    query = (
        select(Case.id, func.max(ResidentChange.changed_at))
        .join(ResidentChange, ResidentChange.resident_id == Case.resident_id)
        .where(Case.group_id.between(low, high), ResidentChange.field == "numbers")
        .group_by(Case.id)
    )
    return {case_id: at for case_id, at in session.execute(query)}  # noqa: C416


def _who_was_away(session: Session) -> set[int]:
    """Whose appointments may have become anyone's: who is given nothing, or was not at some time,
    or keeps shifts, or did.
    """
    acts = AuditEntry.act.in_(("user_deactivated", "user_stopped", "shifts_planned"))
    away = select(AuditEntry.subject_id).where(acts)
    query = select(User.id).where(~GETS_WORK | cast(User.id, String).in_(away))
    return set(session.scalars(query))


def _case(
    case: Case, stretch: _Stretch, campaign: Campaign, left: set[int], zone: tzinfo
) -> Iterator[Finding]:
    """Replay the history of a case, call by call."""
    calls, taps, calling = stretch.calls[case.id], stretch.taps[case.id], campaign.rules
    renumbered = stretch.renumbered.get(case.id)
    member = _blank(case, stretch.numbers[case.id])
    bring_in_line(member, [], [], calling, _BEGINNING)
    for place, call in enumerate(calls, 1):
        if not call.applied:
            continue
        if not call.only_note:
            bring_in_line(member, calls[:place], taps, calling, call.recorded_at.astimezone(zone))
        if renumbered is not None and call.recorded_at <= renumbered:
            continue
        says = (call.state_after, call.outcome_after, call.passed_to_after)
        due = (member.state, member.outcome, member.passed_to)
        if says != due:
            what = _l("says %(is)s, the calls make it %(due)s", **{"is": _all(says)}, due=_all(due))
            yield Finding(LAW, f"calls {call.id}", what)
    if renumbered is None or campaign.closed_at is None or renumbered < campaign.closed_at:
        yield from _compared(case, member, stretch.skipped.get(case.id), left)


def _blank(case: Case, numbers: dict[int, str]) -> Member:
    return Member(
        id=case.id, resident_id=case.resident_id, community_code=case.community_code, state="open",
        passed_to=None, outcome="", ready_at=None, attempts=0, appointment_at=None,
        appointment_until=None, appointment_user_id=None, last_disposition=None, last_call_at=None,
        numbers=numbers,
    )  # fmt: skip


def _compared(
    case: Case, member: Member, skipped: datetime | None, left: set[int]
) -> Iterator[Finding]:
    wrong = [name for name in _COMPARED if _of(case, name) != getattr(member, name)]
    promised = member.appointment_user_id
    given_up = case.appointment_user_id is None and (skipped is not None or promised in left)
    if case.appointment_user_id != promised and not given_up:
        wrong.append("appointment_user_id")
    if wrong:
        says, due = ([getattr(one, name) for name in wrong] for one in (case, member))
        what = _l(
            "%(fields)s: says %(is)s, the calls make it %(due)s",
            **{"is": _all(says)}, fields=", ".join(wrong), due=_all(due),
        )  # fmt: skip
        yield Finding(LAW, f"cases {case.id}", what)


def _of(case: Case, name: str) -> Any:
    return "open" if name == "state" and case.state == "held" else getattr(case, name)


def _all(facts: Sequence[Any]) -> str:
    return ", ".join("-" if fact is None else str(fact) for fact in facts)
