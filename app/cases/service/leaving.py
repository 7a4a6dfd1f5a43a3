"""Stopping or deactivating a user: nothing in their hands or promised to them gets stuck."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.cases.models import Batch, CallGroup, Case
from app.cases.service.placing import realign
from app.cases.service.release import end_batches
from app.people.models import User
from app.people.rules import LONGEST_STOP_NOTE, may_deactivate
from app.problems import ForbiddenError, NotFoundError, Problem


def deactivate(session: Session, actor: User | None, now: datetime, user_id: int) -> None:
    """Close an account: its sessions end, what it holds is free, its appointments are anyone's.

    Its tokens stay, for with them calls that were made before can still be handed in. Raises
    NotFoundError, ForbiddenError for an actor who has no say over the user.
    """
    user = _locked(session, actor, user_id)
    _free_all(session, now, user_id, "deactivated")
    if user.active:
        user.active = False
        user.session_epoch += 1
        audit.record(session, _id(actor), now, "user_deactivated", "user", user_id)


def activate(session: Session, actor: User | None, now: datetime, user_id: int) -> None:
    """Open an account again, with the password and the tokens it had. Raises as ``deactivate``."""
    user = _locked(session, actor, user_id)
    if not user.active:
        user.active = True
        audit.record(session, _id(actor), now, "user_activated", "user", user_id)


def stop(session: Session, actor: User | None, now: datetime, user_id: int, note: str = "") -> None:
    """Hand out nothing more to somebody, and recall what they hold; appointments are anyone's.

    They may still sign in, hand in calls and correct them, and read the note. Raises as
    ``deactivate``, and Problem for a note that is too long.
    """
    note = note.strip()
    if len(note) > LONGEST_STOP_NOTE:
        raise Problem("note_long", field="note", values={"longest": LONGEST_STOP_NOTE})
    user = _locked(session, actor, user_id)
    _free_all(session, now, user_id, "stopped")
    if user.stopped_at is None:
        user.stopped_at, user.stopped_by_id, user.stop_note = now, _id(actor), note
        audit.record(session, _id(actor), now, "user_stopped", "user", user_id)


def start(session: Session, actor: User | None, now: datetime, user_id: int) -> None:
    """Let somebody have work again who was stopped. Raises as ``deactivate``."""
    user = _locked(session, actor, user_id)
    if user.stopped_at is not None:
        user.stopped_at, user.stopped_by_id, user.stop_note = None, None, ""
        audit.record(session, _id(actor), now, "user_started", "user", user_id)


def _free_all(session: Session, now: datetime, user_id: int, reason: str) -> None:
    """End a user's batches, and let anyone have what was promised by them."""
    batches = _lock_batches(session, user_id)
    _give_up_appointments(session, user_id, _lock_groups(session, user_id, batches), now)
    end_batches(session, batches, now, reason)


def _locked(session: Session, actor: User | None, user_id: int) -> User:
    # Weaker than a plain FOR UPDATE, so that whoever saves a call of this user, which refers to
    # the row, need not wait for us while we wait for the batch.
    query = select(User).where(User.id == user_id).with_for_update(of=User, key_share=True)
    user = session.scalar(query.execution_options(populate_existing=True))
    if user is None:
        raise NotFoundError(f"user {user_id}")
    if actor is not None:
        same_team = actor.team_id is not None and actor.team_id == user.team_id
        if not may_deactivate(actor.role, user.role, same_team=same_team):
            raise ForbiddenError
    return user


def _lock_batches(session: Session, user_id: int) -> Sequence[int]:
    query = select(Batch.id).where(Batch.user_id == user_id, Batch.ended_at.is_(None))
    return session.scalars(query.order_by(Batch.id).with_for_update()).all()


def _lock_groups(session: Session, user_id: int, batches: Sequence[int]) -> Sequence[int]:
    """Lock all groups that are to change, before any of their cases and in the order of keys."""
    promised = select(Case.group_id).where(Case.appointment_user_id == user_id)
    held = select(CallGroup.id).where(CallGroup.batch_id.in_(batches))
    query = select(CallGroup.id).where(CallGroup.id.in_(promised.union(held)))
    return session.scalars(query.order_by(CallGroup.id).with_for_update()).all()


def _give_up_appointments(
    session: Session, user_id: int, groups: Sequence[int], now: datetime
) -> None:
    session.execute(
        update(CallGroup)
        .where(CallGroup.id.in_(groups), CallGroup.appointment_user_id == user_id)
        .values(appointment_user_id=None, anyones_at=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Case)
        .where(Case.group_id.in_(groups), Case.appointment_user_id == user_id)
        .values(appointment_user_id=None)
        .execution_options(synchronize_session=False)
    )
    # Of several appointments another may come first now; what is held, says so when it is free.
    free = select(CallGroup.id).where(CallGroup.id.in_(groups), CallGroup.batch_id.is_(None))
    realign(session, session.scalars(free).all(), now)


def _id(user: User | None) -> int | None:
    return None if user is None else user.id
