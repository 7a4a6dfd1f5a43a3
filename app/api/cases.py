"""Cases: laying one aside, answering one on the leader's list, moving what is in hand."""

from typing import Annotated

from pydantic import ConfigDict, Field, JsonValue

from app.api.access import actor
from app.api.calls import CallKept, Note
from app.api.fields import Answer, Asked, CommunityCode, Id, one_of, text
from app.api.operations import operation
from app.calls.service import answering
from app.cases.rules.skips import LONGEST_NOTE, SKIP_REASONS
from app.cases.service import moving, skipping
from app.cases.service.claim import MAY_RING
from app.cases.service.moving import Which
from app.people.rules import LONGEST_NAME, STAFF
from app.problems import Problem
from app.web import now, writing


class SkipWanted(Asked):
    """Why a case is laid aside."""

    reason: Annotated[str, one_of(SKIP_REASONS)]
    note: Annotated[str, text(LONGEST_NOTE)] | None = None


class CaseKey(Answer):
    """Which case it was."""

    id: Id


class LeaderAnswer(Asked):
    """What a leader answers."""

    disposition: Annotated[str, one_of((answering.RING_AGAIN, *answering.CLOSES))] = Field(
        description=f"{answering.RING_AGAIN} to have it rung again, else what it came to."
    )
    note: Note | None = Field(default=None, description="Needed where it is to be rung again.")


WHICH = ("campaign_id", "batch_id", "user_id", "building_id", "community")


def _named(field: str) -> dict[str, JsonValue]:
    return {"required": [field], "properties": {field: {"not": {"type": "null"}}}}


class WorkWanted(Asked):
    """Whose and what part of the work in hand: whatever fits all that is named."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [_named(one) for one in WHICH]})

    campaign_id: Id | None = None
    batch_id: Id | None = None
    user_id: Id | None = None
    building_id: Id | None = None
    community: CommunityCode | None = None
    to: Annotated[str, text(LONGEST_NAME)] | None = Field(
        default=None, description="A volunteer's name; the pool unless said."
    )


class WorkMoved(Answer):
    """How much was moved."""

    cases: int = Field(
        description="All that were taken out of the hands they were in; those outside the "
        "communities of who is named in 'to' are free for all."
    )


@operation(
    "POST",
    "/cases/<int:case_id>/skip",
    "Lay a case in hand aside.",
    roles=MAY_RING,
    answers={200: CaseKey},
    problems=(409,),
)
def skip(body: SkipWanted, case_id: int) -> CaseKey:
    """Open again after a pause; not for the same user that day. 409 to who lays aside too many."""
    with writing() as session:
        skipping.skip(session, actor(), now(), case_id, body.reason, body.note or "")
    return CaseKey(id=case_id)


@operation(
    "POST",
    "/cases/<int:case_id>/answer",
    "Answer a case on the leader's list.",
    roles=STAFF,
    answers={201: CallKept},
    problems=(409,),
)
def answer(body: LeaderAnswer, case_id: int) -> tuple[CallKept, int]:
    """Back to the volunteer who asked, with the note, or closed."""
    with writing() as session:
        row = answering.answer(session, actor(), now(), case_id, body.disposition, body.note or "")
    return CallKept(id=row.id, applied=row.applied), 201


@operation(
    "POST",
    "/moves",
    "Move work that is in hand, or take it back.",
    roles=STAFF,
    answers={200: WorkMoved},
)
def move(body: WorkWanted) -> WorkMoved:
    """Of the user's communities only. To a volunteer it goes as an offer, to accept or decline."""
    which = Which(
        campaign=body.campaign_id, batch=body.batch_id, user=body.user_id,
        building=body.building_id, community=body.community,
    )  # fmt: skip
    if which == Which():
        raise Problem("work_unnamed")
    with writing() as session:
        return WorkMoved(cases=moving.move(session, actor(), now(), which, body.to or None))
