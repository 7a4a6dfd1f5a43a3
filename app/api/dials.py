"""Dials: the taps that start a call."""

from typing import Annotated

from pydantic import Field

from app.api.access import BEARER, DEPOSIT, actor, ticket
from app.api.campaigns import EVERYBODY
from app.api.fields import Answer, Asked, ClockTime, Id, Stamp, text
from app.api.operations import operation
from app.calls.service import dialling
from app.web import in_turn, now


class Tap(Asked):
    """A tap that started a call."""

    number: Annotated[str, text(40)] = Field(
        description="The resident's number that was dialled, as e164 has it. One that is not "
        "theirs, or not any more, is left out; the dial is kept."
    )
    dialled_at: ClockTime = Field(
        description="By the clock of the phone; the same for every try to hand in one tap."
    )


class TapKept(Answer):
    """A tap is on record."""

    id: Id
    dialled_at: Stamp


@operation(
    "POST",
    "/cases/<int:case_id>/dials",
    "Note a dial.",
    roles=EVERYBODY,
    schemes=(BEARER, DEPOSIT),
    deactivated_too=True,
    answers={201: TapKept, 200: TapKept},
)
def create(body: Tap, case_id: int) -> tuple[TapKept, int]:
    """A dial is no attempt: it may have come to nothing. What came of it is handed in as a call.

    The same tap is kept once (200 from the second time on). With the batch's ticket instead of a
    token only its own cases can be named; 404 for a case that the user never held.
    """
    who, moment, under = actor(), now(), ticket()
    kept = in_turn(
        lambda session: dialling.dial(
            session, who, moment, case_id, body.number, body.dialled_at, under=under
        )
    )
    return TapKept(id=kept.dial.id, dialled_at=kept.dial.dialled_at), 200 if kept.repeated else 201
