"""What is told of a case to whoever holds it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import force_locale
from pydantic import Field
from sqlalchemy.orm import Session

from app.api.errors import language
from app.api.fields import Answer, CommunityCode, Id, Stamp
from app.calls import queries as calls
from app.calls.rules import history, wrong_numbers
from app.calls.wording import why_now
from app.campaigns import queries as campaigns
from app.campaigns.queries import Terms
from app.cases import queries as cases
from app.cases.models import Batch
from app.cases.queries import InHand, Line
from app.cases.service.claim import note_seen
from app.residents.rules import phones
from app.web import database, now, reading


class ResidentHeld(Answer):
    """Who is to be rung."""

    name: str
    address: str
    community: str
    community_code: CommunityCode
    language: str = Field(description="What they speak; '' for Mandarin.")
    relation: str = Field(description="To the head of the household, as on the roster.")
    remark: str


class NumberHeld(Answer):
    """A number of the resident."""

    e164: str = Field(description="With ;ext= where there is an extension.")
    display: str
    kind: str
    proved_wrong: bool = Field(default=False, description="An earlier call found it wrong.")


class RungBefore(Answer):
    """The last time another campaign reached somebody on a number of the resident."""

    campaign: str
    at: Stamp


class CaseHeld(Answer):
    """A case in hand."""

    id: Id
    resident: ResidentHeld
    numbers: list[NumberHeld] = Field(description="In the order to try them.")
    together_with: list[Id] = Field(
        description="Cases of the same household or number: a call may settle them too."
    )
    why: str = Field(description="Why it comes now, or until when it must wait.")
    attempts: int
    appointment_at: Stamp | None = None
    appointment_until: Stamp | None = None
    rung_before: RungBefore | None = None


@dataclass(frozen=True)
class Seen:
    """What was read of the cases that a batch still holds."""

    campaign: Terms
    held: Sequence[InHand]
    wrong: set[tuple[int, int]]
    """Pairs of case and number that calls have shown to be wrong."""


def look(session: Session, batch: Batch) -> Seen:
    """Read the cases that a batch still holds; that they were seen is noted."""
    held = cases.in_hand(session, batch.id) if batch.ended_at is None else []
    if held:
        note_seen(session, batch.user_id, now(), batch.id, len(held))
    campaign = campaigns.get_terms(session, batch.campaign_id)
    return Seen(campaign, held, _proved_wrong(session, held))


def look_at_once(batch: Batch, campaign: Terms) -> Seen:
    """Read the cases of a batch that was just claimed, when nobody waits to write any more."""
    held = cases.in_hand_now(database(), batch.id)
    if all(one.last_call_at is None for one in held):
        return Seen(campaign, held, set())
    with reading() as session:
        return Seen(campaign, held, _proved_wrong(session, held))


def told(seen: Seen) -> list[CaseHeld]:
    """Put it as it is answered. It takes a while: not to be done while others wait to write."""
    with force_locale(language()):
        return [_case(seen.campaign, one, seen.held, seen.wrong) for one in seen.held]


def _proved_wrong(session: Session, held: Sequence[InHand]) -> set[tuple[int, int]]:
    """Pairs of case and number; only cases that were rung before have any."""
    rung = [one.id for one in held if one.last_call_at is not None]
    if not rung:
        return set()
    of = calls.history_of(session, rung)
    return {(case, number) for case in of for number in wrong_numbers(history(of[case], now()))}


def _case(
    campaign: Terms, one: InHand, held: Sequence[InHand], wrong: set[tuple[int, int]]
) -> CaseHeld:
    lines = sorted(one.lines, key=lambda line: (one.id, line.number_id) in wrong)
    known: dict[str, Any] = {
        "appointment_at": one.appointment_at,
        "appointment_until": one.appointment_until,
        "rung_before": _rung_before(campaign, one.lines),
    }
    return CaseHeld(
        id=one.id,
        resident=ResidentHeld(**{name: getattr(one, name) for name in ResidentHeld.model_fields}),
        numbers=[_number(line, wrong=(one.id, line.number_id) in wrong) for line in lines],
        together_with=[
            other.id for other in held if other.group_id == one.group_id and other is not one
        ],
        why=why_now(campaign, one, now(), one.laid_aside_at),
        attempts=one.attempts,
        **{name: value for name, value in known.items() if value is not None},
    )


def _number(line: Line, *, wrong: bool) -> NumberHeld:
    told = {"proved_wrong": True} if wrong else {}
    return NumberHeld(
        e164=line.value, display=phones.display(line.value), kind=phones.kind(line.value), **told
    )


def _rung_before(campaign: Terms, lines: Sequence[Line]) -> RungBefore | None:
    reached = [
        (line.reached_at, line.reached_title)
        for line in lines
        if line.reached_at and line.reached_title and line.reached_by != campaign.id
    ]
    if not reached:
        return None
    at, title = max(reached)
    return RungBefore(campaign=title, at=at)
