"""Which script of a campaign a volunteer had before them last: a changed one is announced."""

import re

from sqlalchemy.orm import Session

from app.calls.models import ScriptSeen
from app.calls.rules import MARK_LENGTH
from app.db import engine_of, insert_in
from app.people.models import User

_MARK = re.compile(f"[0-9a-f]{{{MARK_LENGTH}}}")


def note_seen(session: Session, actor: User, campaign_id: int, mark: str) -> None:
    """Keep the mark of the script that the actor had before them; anything else is no mark."""
    if not _MARK.fullmatch(mark) or seen(session, actor, campaign_id) == mark:
        return
    row = {"user_id": actor.id, "campaign_id": campaign_id, "mark": mark}
    insert = insert_in(engine_of(session), ScriptSeen.__table__).values(row)
    keys = ["user_id", "campaign_id"]
    session.execute(insert.on_conflict_do_update(index_elements=keys, set_={"mark": mark}))


def seen(session: Session, actor: User, campaign_id: int) -> str | None:
    """Return the mark of the script that the actor saw last; None where they saw none yet."""
    row = session.get(ScriptSeen, (actor.id, campaign_id))
    return None if row is None else row.mark
