"""Batches: taking the next cases, looking at them, giving them back, passing them on."""

from collections.abc import Sequence
from typing import Annotated, Any

from flask import url_for
from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.api.access import actor, too_many
from app.api.fields import WHOLE, Answer, Asked, CommunityCode, Id, Stamp, text
from app.api.held import CaseHeld, look, look_at_once, told
from app.api.operations import operation
from app.api.paging import Page, Paging, links
from app.calls import tickets
from app.calls.views import asking
from app.campaigns import queries as campaigns
from app.campaigns.codes import code_of
from app.cases.models import Batch, CallGroup, Case, Handoff, HandoffCase
from app.cases.service import handing, release, settling
from app.cases.service.claim import LARGEST_BATCH, MAY_RING, why_nothing
from app.people.models import User
from app.people.rules import LONGEST_NAME
from app.problems import NotFoundError
from app.web import now, reading, settings, writing

SIZE = 20
BATCH = {"batch_id": "$response.body#/id"}
FIRST = {"case_id": "$response.body#/cases/0/id"}


class Wanted(Asked):
    """How many cases to take, and where."""

    size: Annotated[int, Field(ge=1, le=LARGEST_BATCH), WHOLE] | None = Field(
        default=None, description=f"{SIZE} unless said; a few more where a household is larger."
    )
    community: CommunityCode | None = None


class BatchTaken(Answer):
    """A batch, with its cases in the order to ring them."""

    id: Id
    lease_expires_at: Stamp
    hold: Id = Field(description="The generation of this hold; a call says in which it was made.")
    ticket: str = Field(
        description="Deposit ticket: with it calls of this batch can be handed in until 30 days "
        "after the lease, whatever becomes of the account; nothing can be read."
    )
    cases: list[CaseHeld]


class BatchWhole(BatchTaken):
    """A batch as it stands, with the cases that it still holds."""

    campaign_id: Id
    claimed_at: Stamp
    handed_by_id: Id | None = Field(description="Who handed it over, if somebody did.")
    opened_at: Stamp | None
    ended_at: Stamp | None
    end_reason: str = Field(description="'' while it is held.")
    code: str = Field(
        description="The user's public code in the campaign, which residents are told: {code} of "
        "its script."
    )


class NothingReady(Answer):
    """Why there is nobody to ring."""

    cases: list[CaseHeld] = Field(max_length=0)
    waiting: dict[str, int] = Field(description="Cases by why they can't be rung now.")
    next_at: Stamp | None = Field(description="When the next one is ready, if that is known.")


class BatchLine(Answer):
    """A batch in the user's hands, or offered to them."""

    id: Id
    campaign_id: Id
    claimed_at: Stamp
    handed_by_id: Id | None
    opened_at: Stamp | None = Field(description="Null for one handed over: an offer so far.")
    lease_expires_at: Stamp
    cases: int = Field(description="How many it still holds.")


class BatchPage(Page):
    """A page of the batches in hand, oldest first."""

    items: list[BatchLine]


class BatchEnded(Answer):
    """How a batch ended."""

    id: Id
    ended_at: Stamp
    end_reason: str


class To(Asked):
    """To whom what is left goes, and what they should know."""

    to: Annotated[str, text(LONGEST_NAME)] | None = Field(
        default=None, description="A colleague's name; the pool unless said."
    )
    note: Annotated[str, text(handing.LONGEST_NOTE)] | None = None


class HandedOver(Answer):
    """A handover."""

    id: Id
    to: str | None = Field(description="The colleague; null for the pool.")
    to_batch_id: Id | None = Field(
        description="The colleague's batch; an offer until accepted. Null where it is for the "
        "pool, and where nothing was left. What lies outside their communities is free for all."
    )
    cases: int = Field(description="How many were left.")
    sheet: str = Field(description="The address of its sheet (PDF).")


@operation(
    "POST",
    "/campaigns/<int:campaign_id>/batches",
    "Take the next cases.",
    roles=MAY_RING,
    answers={201: BatchTaken, 200: NothingReady},
    problems=(409,),
    links={
        201: {
            "batch": ("batches_show", BATCH),
            "release": ("batches_give_back", BATCH),
            "handoff": ("batches_hand_over", BATCH),
            "call": ("calls_create", FIRST),
            "skip": ("cases_skip", FIRST),
        }
    },
)
def create(
    campaign_id: int, body: Wanted | None
) -> tuple[BatchTaken | NothingReady, int, dict[str, str]]:
    """Who share a household or a number come together.

    Handed out is not opened: looking at the batch, or a call, makes its lease run longer. When
    nothing is ready the answer is 200, and says why.
    """
    asked, moment = body or Wanted(), now()
    _refuse_in_vain()
    size = asked.size or SIZE
    found = asking.ask(actor(), campaign_id, size, asked.community, told=True)
    if found is None or found.batch is None or found.campaign is None:
        with reading() as session:
            why = why_nothing(session, actor(), moment, campaign_id, asked.community)
        return NothingReady(cases=[], waiting=why.waiting, next_at=why.next_at), 200, {}
    cases = told(look_at_once(found.batch, found.campaign))
    where = url_for("api.batches_show", batch_id=found.batch.id)
    return BatchTaken(**_taken(found.batch, cases)), 201, {"Location": where}


def _refuse_in_vain() -> None:
    wait = asking.wait(actor().id)
    if wait:
        raise too_many(wait)


@operation(
    "GET",
    "/batches",
    "The batches in hand, and those that colleagues offer.",
    roles=MAY_RING,
    answers={200: BatchPage},
    links={200: {"batch": ("batches_show", {"batch_id": "$response.body#/items/0/id"})}},
)
def index(query: Paging) -> tuple[BatchPage, int, dict[str, str]]:
    """So that one whose answer was lost on the way is found again."""
    with reading() as session:
        rows = _in_hand(session)
    items = rows[query.offset : query.offset + query.per_page]
    page = BatchPage(items=items, page=query.page, per_page=query.per_page, total=len(rows))
    return page, 200, links(query, len(rows))


def _in_hand(session: Session) -> list[BatchLine]:
    """Never many: what somebody may hold is bounded."""
    query = (
        select(Batch, func.count(Case.id))
        .outerjoin(CallGroup, CallGroup.batch_id == Batch.id)
        .outerjoin(Case, (Case.group_id == CallGroup.id) & (Case.state == "held"))
        .where(Batch.user_id == actor().id, Batch.ended_at.is_(None))
        .group_by(Batch.id)
        .order_by(Batch.id)
    )
    names = [name for name in BatchLine.model_fields if name != "cases"]
    return [
        BatchLine(**{name: getattr(batch, name) for name in names}, cases=cases)
        for batch, cases in session.execute(query)
    ]


@operation(
    "GET",
    "/batches/<int:batch_id>",
    "A batch as it stands.",
    roles=MAY_RING,
    answers={200: BatchWhole},
    links={200: {"call": ("calls_create", FIRST), "skip": ("cases_skip", FIRST)}},
)
def show(batch_id: int) -> BatchWhole:
    """Looking at it opens it: its lease runs longer from now. An offer has to be accepted, and
    names nobody before.
    """
    moment = now()
    with writing() as session:
        batch = _own(session, batch_id)
        if batch.is_accepted:
            campaign = campaigns.get_terms(session, batch.campaign_id)
            settling.renew(session, batch, campaign.rules, moment)
            session.refresh(batch)
        return _whole(session, batch)


@operation(
    "POST",
    "/batches/<int:batch_id>/release",
    "Give back what is left.",
    roles=MAY_RING,
    answers={200: BatchEnded},
)
def give_back(batch_id: int) -> BatchEnded:
    """Others can be given it at once. Of a batch that has ended it says how."""
    with writing() as session:
        release.release(session, actor(), now(), batch_id)
        return _ended(_own(session, batch_id))


@operation(
    "POST",
    "/batches/<int:batch_id>/handoff",
    "Hand what is left to a colleague or to the pool.",
    roles=MAY_RING,
    answers={200: HandedOver},
    problems=(409,),
    links={200: {"sheet": ("handoffs_sheet", {"handoff_id": "$response.body#/id"})}},
)
def hand_over(batch_id: int, body: To | None) -> HandedOver:
    """Asked again for the same batch it answers the same."""
    asked = body or To()
    with writing() as session:
        handoff = handing.hand_over(
            session, actor(), now(), batch_id, asked.to or None, asked.note or ""
        )
        return _handed_over(session, handoff)


@operation(
    "POST",
    "/batches/<int:batch_id>/accept",
    "Take over what a colleague offers.",
    roles=MAY_RING,
    answers={200: BatchWhole},
    problems=(409,),
)
def accept(batch_id: int) -> BatchWhole:
    """From then on it is like one that was taken from the queue."""
    with writing() as session:
        batch = handing.accept(session, actor(), now(), batch_id)
        session.refresh(batch)
        return _whole(session, batch)


@operation(
    "POST",
    "/batches/<int:batch_id>/decline",
    "Let what a colleague offers go to the pool.",
    roles=MAY_RING,
    answers={200: BatchEnded},
)
def decline(batch_id: int) -> BatchEnded:
    """Of a batch that has ended it says how."""
    with writing() as session:
        handing.decline(session, actor(), now(), batch_id)
        return _ended(_own(session, batch_id))


def _own(session: Session, batch_id: int) -> Batch:
    query = select(Batch).where(Batch.id == batch_id, Batch.user_id == actor().id)
    batch = session.scalar(query.execution_options(populate_existing=True))
    if batch is None:
        raise NotFoundError(f"batch {batch_id}")
    return batch


def _ended(batch: Batch) -> BatchEnded:
    return BatchEnded.model_validate(
        {name: getattr(batch, name) for name in BatchEnded.model_fields}
    )


def _handed_over(session: Session, handoff: Handoff) -> HandedOver:
    cases = select(func.count()).where(HandoffCase.handoff_id == handoff.id)
    to = select(User.name).where(User.id == handoff.to_user_id)
    return HandedOver(
        id=handoff.id,
        to=session.scalar(to),
        to_batch_id=handoff.to_batch_id,
        cases=session.scalar(cases) or 0,
        sheet=url_for("api.handoffs_sheet", handoff_id=handoff.id),
    )


def _whole(session: Session, batch: Batch) -> BatchWhole:
    own = BatchWhole.model_fields.keys() - BatchTaken.model_fields.keys() - {"code"}
    facts = {name: getattr(batch, name) for name in own}
    code = code_of(session, batch.user_id, batch.campaign_id, now())
    cases = told(look(session, batch)) if batch.is_accepted else []
    return BatchWhole(**_taken(batch, cases), **facts, code=code)


def _taken(batch: Batch, cases: Sequence[CaseHeld]) -> dict[str, Any]:
    return {
        "id": batch.id,
        "lease_expires_at": batch.lease_expires_at,
        "hold": batch.id,
        "ticket": tickets.ticket(settings().secret_key, batch.id, batch.user_id),
        "cases": cases,
    }
