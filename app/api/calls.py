"""Calls: handing one in, correcting it, taking it back, and one's own so far."""

from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.access import BEARER, DEPOSIT, actor, ticket
from app.api.campaigns import EVERYBODY
from app.api.fields import (
    WITHOUT_NUL,
    Answer,
    Answers,
    Asked,
    ClockTime,
    Id,
    Stamp,
    one_of,
    text,
)
from app.api.operations import operation
from app.api.paging import Page, Paging, links
from app.calls import queries, rules
from app.calls.models import Call
from app.calls.rules import CallInput
from app.calls.service import correcting, recording
from app.campaigns.rules.dispositions import DISPOSITIONS
from app.cases.models import Batch, CallGroup, Case
from app.cases.rules.groups import LARGEST_GROUP
from app.problems import Problem
from app.residents.rules.names import masked_name
from app.web import in_turn, now, reading, writing

Disposition = Annotated[str, one_of(DISPOSITIONS)]
Note = Annotated[str, WITHOUT_NUL, Field(max_length=rules.LONGEST_NOTE)]
CALL = {"call_id": "$response.body#/id"}
FOLLOWS = {
    "correction": ("calls_correct", CALL),
    "undo": ("calls_undo", CALL),
}


class Keyed(Asked):
    """What tells one save from another."""

    key: str = Field(
        alias="Idempotency-Key", min_length=1, max_length=rules.LONGEST_KEY, pattern=r"^[ -~]+$",
        description="Any text of the client's own; the same for every try to hand in one call.",
    )  # fmt: skip


class Said(Asked):
    """What a call came to, in the volunteer's words."""

    disposition: Disposition
    note: Note | None = None
    callback_at: ClockTime | None = Field(
        default=None, description="The time agreed to ring again, or the beginning of a window."
    )
    callback_until: ClockTime | None = Field(
        default=None, description="The end of the window, where one was agreed."
    )
    callback_anyone: bool | None = Field(
        default=None, description="Whether anyone may ring back; else it is the user."
    )


class CallMade(Said):
    """A call that took place."""

    direction: Literal["out", "in"] | None = Field(
        default=None, description="in for a ring-back; out unless said."
    )
    number: Annotated[str, text(40)] | None = Field(
        default=None,
        description="The resident's number on which it was, as e164 has it. One that is not "
        "theirs, or not any more, is left out; the call is kept. Where none is named and they "
        "have one alone, that was rung, unless they rang back.",
    )
    started_at: ClockTime = Field(description="By the clock of the phone, however wrong.")
    ended_at: ClockTime
    answers: Answers | None = None
    also: Annotated[list[Id], Field(max_length=LARGEST_GROUP)] | None = Field(
        default=None,
        description="Other cases of the group that it settled in the same way. One that is not "
        "of the group, or not any more, is left out; the call is kept. A number out of service "
        "is noted for each of the group who has it, named here or not.",
    )
    hold: Id | None = Field(
        default=None, description="The hold under which it was made; the user's last unless said."
    )


class CallKept(Answer):
    """A call is on record, for good."""

    id: Id
    applied: bool = Field(description="Whether it took effect.")
    reason: str | None = Field(
        default=None,
        description="Why it did not: stale_hold, already_done, campaign_closed, deactivated, "
        "old_form.",
    )


class CallUndone(CallKept):
    """A call was taken back."""

    batch_id: Id | None = Field(description="The batch in which the case is in hand again.")


class Correction(Said):
    """What is right instead."""

    together: bool | None = Field(
        default=None, description="Correct the other cases too that the same call settled."
    )
    reason: Annotated[str, text(correcting.LONGEST_REASON)] | None = Field(
        default=None, description="Needed from some minutes after the call was saved."
    )


class OwnCall(Answer):
    """A call of the user's, masked."""

    id: Id
    campaign_id: Id
    case_id: Id
    name: str = Field(description="Masked.")
    building: str
    direction: Literal["out", "in"]
    disposition: str
    started_at: Stamp
    ended_at: Stamp
    recorded_at: Stamp
    callback_at: Stamp | None
    applied: bool
    reason: str | None
    corrects_id: Id | None = Field(description="The record that this one corrects.")
    voided: bool = Field(description="Whether it was taken back.")


class OwnCallPage(Page):
    """A page of the user's calls, newest first, each as it was last corrected."""

    items: list[OwnCall]


@operation(
    "POST",
    "/cases/<int:case_id>/calls",
    "Hand in a call.",
    roles=EVERYBODY,
    schemes=(BEARER, DEPOSIT),
    deactivated_too=True,
    answers={201: CallKept, 200: CallKept},
    problems=(409,),
    links={201: FOLLOWS},
)
def create(headers: Keyed, body: CallMade, case_id: int) -> tuple[CallKept, int]:
    """A call that took place is kept, whoever holds the case by then.

    Under the same key it is recorded once, and answered the same for ever (200 from the second
    time on). What can't take effect any more is kept with the reason. With the batch's ticket
    instead of a token only its own cases can be named; 404 for a case that the user never held.
    """
    call = _call(body, ticket())
    by_ticket = ticket() is not None
    who, moment = actor(), now()
    saved = in_turn(
        lambda session: recording.record(
            session, who, moment, case_id, call, headers.key, by_ticket=by_ticket
        )
    )
    return CallKept(**_kept(saved.call)), 200 if saved.repeated else 201


def _call(body: CallMade, ticket: int | None) -> CallInput:
    if ticket is not None and body.hold not in {None, ticket}:
        raise Problem("ticket_elsewhere", field="hold")
    return CallInput(
        **_said(body),
        # A clock that was set while they spoke is no reason to lose the call.
        started_at=min(body.started_at, body.ended_at),
        ended_at=body.ended_at,
        direction=body.direction or "out",
        number=body.number,
        also=tuple(body.also or ()),
        hold=ticket or body.hold,
        answers=body.answers,
    )


def _said(body: Said) -> dict[str, Any]:
    return {
        "disposition": body.disposition,
        "note": body.note or "",
        "callback_at": body.callback_at,
        "callback_until": body.callback_until,
        "callback_anyone": bool(body.callback_anyone),
    }


def _kept(call: Call) -> dict[str, Any]:
    why = {} if call.applied else {"reason": call.reason}
    return {"id": call.id, "applied": call.applied, **why}


@operation(
    "POST",
    "/calls/<int:call_id>/correction",
    "Correct a call.",
    roles=EVERYBODY,
    answers={201: CallKept},
    problems=(409,),
    links={201: FOLLOWS},
)
def correct(body: Correction, call_id: int) -> tuple[CallKept, int]:
    """A record of its own; the case is worked out again from all calls.

    Of a call that was corrected before, the newest record is corrected: it is the one to name.
    """
    moment = now()
    wanted = CallInput(**_said(body), started_at=moment, ended_at=moment)
    with writing() as session:
        correcting.check_reason(session, actor(), moment, call_id, body.reason or "")
        row = correcting.correct(
            session, actor(), moment, call_id, wanted,
            together=bool(body.together), reason=body.reason or "",
        )  # fmt: skip
    return CallKept(**_kept(row)), 201


@operation(
    "POST",
    "/calls/<int:call_id>/undo",
    "Take the last call back.",
    roles=EVERYBODY,
    answers={201: CallUndone},
    problems=(409,),
    links={201: {"batch": ("batches_show", {"batch_id": "$response.body#/batch_id"})}},
)
def undo(call_id: int) -> tuple[CallUndone, int]:
    """For some minutes, with all that it settled. The cases are in hand again, unless somebody
    else has them by then.
    """
    with writing() as session:
        row = correcting.undo(session, actor(), now(), call_id)
        batch_id = _in_hand_again(session, row.case_id)
    return CallUndone(**_kept(row), batch_id=batch_id), 201


def _in_hand_again(session: Session, case_id: int) -> int | None:
    query = (
        select(Batch.id)
        .join(CallGroup, CallGroup.batch_id == Batch.id)
        .join(Case, Case.group_id == CallGroup.id)
        .where(Case.id == case_id, Case.state == "held", Batch.user_id == actor().id)
    )
    return session.scalar(query)


@operation(
    "GET",
    "/calls",
    "The user's own calls.",
    roles=EVERYBODY,
    answers={200: OwnCallPage},
    links={
        200: {
            name: (target, {"call_id": "$response.body#/items/0/id"})
            for name, (target, _call_id) in FOLLOWS.items()
        }
    },
)
def index(query: Paging) -> tuple[OwnCallPage, int, dict[str, str]]:
    """Names are masked, and of addresses the building is told."""
    with reading() as session:
        total = queries.count_own(session, actor())
        rows = queries.own_calls(session, actor(), query.per_page, query.offset)
    items = [_own(call, name, building) for call, name, building in rows]
    page = OwnCallPage(items=items, page=query.page, per_page=query.per_page, total=total)
    return page, 200, links(query, total)


def _own(call: Call, name: str, building: str) -> OwnCall:
    facts = {one: getattr(call, one) for one in OwnCall.model_fields if hasattr(call, one)}
    return OwnCall(**facts, name=masked_name(name), building=building)
