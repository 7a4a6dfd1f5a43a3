"""From one stage of an import to the next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db import Database
from app.people.models import User
from app.problems import NotFoundError, Place, Problem
from app.residents.models import RosterFinding, RosterImport, RosterShape
from app.residents.rules.columns import Choice
from app.residents.rules.stages import OVER, PASSES, Stage
from app.residents.service.placing import check_community
from app.rosters import workers
from app.rosters.rules.same import Doubtful, Known
from app.rosters.rules.taking import COUNTS
from app.rosters.service import files

MOST_OPEN = 30
"""How many rosters of one person may wait at a time: each keeps its file until it is over."""


@dataclass(frozen=True)
class Upload:
    """A roster as it comes in."""

    file: IO[bytes]
    filename: str
    community: str | None = None
    """For rows that name none."""
    sheet: str | None = None
    """The one sheet that is to be read; None for all."""


def upload(
    database: Database, actor: User | None, now: datetime, given: Upload, first: Stage
) -> RosterImport:
    """Keep a file, and let its reading begin, or at once its taking.

    ``actor`` None is the command line. Raises Problem for an empty file, for a community outside
    the actor's scope, and when too many rosters of the actor's wait already.
    """
    size = given.file.seek(0, 2)
    given.file.seek(0)
    if not size:
        raise Problem("roster_empty", place=Place(file=given.filename))
    with database.writing() as session:
        record = _new(session, actor, now, given, size)
    files.keep(database, record.id, given.file)
    return _kept(database, record.id, first)


def _kept(database: Database, import_id: int, first: Stage) -> RosterImport:
    """Let the first pass begin, unless the roster was thrown away while its file was kept."""
    with database.writing() as session:
        record = locked(session, import_id)
        if record is not None and record.status == Stage.UPLOADING:
            begin(record, first)
            return record
    files.erase(database, import_id)
    raise Problem("import_over")


def _new(
    session: Session, actor: User | None, now: datetime, given: Upload, size: int
) -> RosterImport:
    if given.community:
        check_community(session, actor, given.community)
    if actor is not None:
        _refuse_too_many(session, actor)
    user_id = None if actor is None else actor.id
    record = RosterImport(
        filename=given.filename[:255], size=size, status=Stage.UPLOADING, sheet=given.sheet,
        community_code=given.community, user_id=user_id, created_at=now, decided=[], columns={},
        result={}, known=Known.UPDATE, doubtful=Doubtful.NEW, is_complete=False, position=0, runs=0,
    )  # fmt: skip
    session.add(record)
    session.flush()
    audit.record(session, user_id, now, "roster_uploaded", "import", record.id)
    return record


def _refuse_too_many(session: Session, actor: User) -> None:
    # One upload after the other: two at once would both find room for themselves alone.
    own = select(User.id).where(User.id == actor.id)
    session.execute(own.with_for_update(key_share=True))
    if problem := most_wait(session, actor):
        raise problem


def most_wait(session: Session, actor: User) -> Problem | None:
    """Say so where as many rosters of the user wait as may; the next one is refused."""
    is_open = RosterImport.user_id == actor.id, RosterImport.status.not_in(OVER)
    count = session.scalar(select(func.count()).where(*is_open)) or 0
    return Problem("imports_open", values={"most": MOST_OPEN}) if count >= MOST_OPEN else None


def discard(database: Database, record: RosterImport) -> None:
    """Forget an import of which nothing came, as if its file had not been sent."""
    files.erase(database, record.id)
    with database.writing() as session:
        session.execute(delete(RosterFinding).where(RosterFinding.import_id == record.id))
        session.execute(delete(RosterImport).where(RosterImport.id == record.id))


def begin(record: RosterImport, stage: Stage, then: Stage | None = None) -> None:
    """Let the next stage of an import begin; ``then`` is what follows an undoing."""
    record.status, record.position, record.runs, record.started_at = stage, 0, 0, None
    workers.let_go(record)
    if then is not None:
        record.result = {**record.result, "then": then}


def end(record: RosterImport, stage: Stage, now: datetime) -> None:
    """Let an import be over."""
    begin(record, stage)
    record.finished_at = now


def give_up(record: RosterImport, problem: Problem, now: datetime) -> None:
    """End an import that can't go on; what was stored already is taken away first."""
    record.result = {**record.result, "problem": told(problem)}
    if record.status == Stage.TAKING:
        begin(record, Stage.UNDOING, then=Stage.FAILED)
    else:
        end(record, Stage.FAILED, now)


def told(problem: Problem) -> dict[str, Any]:
    """Return a problem as the record of an import keeps it."""
    found: dict[str, Any] = {"code": problem.code, "values": dict(problem.values)}
    if problem.place is not None:
        found["place"] = problem.place.within_file
    return found


def problem_of(record: RosterImport) -> Problem | None:
    """Return why an import could not go on; None when it could."""
    found = record.result.get("problem")
    if found is None:
        return None
    place = Place(file=record.filename, **found.get("place", {}))
    return Problem(found["code"], place=place, values=found["values"])


def confirm(
    session: Session,
    actor: User,
    now: datetime,
    import_id: int,
    known: Known = Known.UPDATE,
    doubtful: Doubtful = Doubtful.NEW,
    *,
    is_complete: bool = False,
) -> RosterImport:
    """Let the taking of a roster begin that waits for a decision.

    ``doubtful`` holds for the doubtful rows on which nobody decided. Raises NotFoundError for
    somebody else's import, Problem ``import_over`` for one that does not wait.
    """
    record = waiting(session, actor, import_id)
    record.known, record.doubtful, record.is_complete = known, doubtful, is_complete
    record.result = {**record.result, **dict.fromkeys(COUNTS, 0), "noted": {}}
    begin(record, Stage.TAKING)
    audit.record(session, actor.id, now, "roster_confirmed", "import", record.id)
    return record


def decide(
    session: Session,
    actor: User,
    now: datetime,
    import_id: int,
    choices: Mapping[tuple[str | None, int], Doubtful | None],
) -> RosterImport:
    """Keep what somebody says of doubtful rows, by sheet and row; None takes it back.

    Raises NotFoundError for somebody else's import, Problem ``import_over`` for one that does not
    wait.
    """
    record = waiting(session, actor, import_id)
    said = {**{(sheet, row): choice for sheet, row, choice in record.decided}, **choices}
    record.decided = [[*place, choice] for place, choice in said.items() if choice]
    record.started_at = now
    return record


def read_again(
    session: Session,
    actor: User,
    now: datetime,
    import_id: int,
    chosen: Mapping[str, Choice],
    community: str | None = None,
) -> RosterImport:
    """Let a waiting roster be read again, with other columns, by the shape of its sheets, or with
    a community for the rows that name none.

    What was chosen of columns is remembered for the next roster of the same shape.
    """
    record = waiting(session, actor, import_id)
    if community:
        check_community(session, actor, community)
        record.community_code = community
    columns = dict(record.columns)
    for shape, choice in chosen.items():
        before = Choice.of_json(columns[shape]) if shape in columns else Choice({})
        row = before.row if choice.row is None else choice.row
        columns[shape] = Choice({**before.roles, **choice.roles}, row).as_json()
        remembered = session.get(RosterShape, shape) or RosterShape(shape=shape)
        remembered.columns, remembered.user_id = columns[shape], actor.id
        remembered.chosen_at = now
        session.add(remembered)
    record.columns, record.result, record.rows, record.decided = columns, {}, None, []
    begin(record, Stage.READING)
    audit.record(session, actor.id, now, "roster_columns_chosen", "import", record.id)
    return record


def cancel(session: Session, actor: User, now: datetime, import_id: int) -> RosterImport:
    """Throw a roster away, at whatever stage before its end; what was stored goes again."""
    record = own(session, actor, import_id)
    if record.status == Stage.TAKING:
        begin(record, Stage.UNDOING, then=Stage.CANCELLED)
    elif record.status in {Stage.UPLOADING, Stage.READING, Stage.PREVIEW}:
        end(record, Stage.CANCELLED, now)
    else:
        raise Problem("import_over")
    audit.record(session, actor.id, now, "roster_cancelled", "import", record.id)
    return record


def own(session: Session, actor: User, import_id: int) -> RosterImport:
    """Return the actor's import, locked. Raises NotFoundError for somebody else's."""
    record = locked(session, import_id)
    if record is None or not is_own(record, actor):
        raise NotFoundError(f"import {import_id}")
    return record


def is_own(record: RosterImport, actor: User) -> bool:
    """Whether the actor decides about an import: about the command line's, an administrator."""
    if record.user_id is None:
        return actor.role == "administrator"
    return record.user_id == actor.id


def waiting(session: Session, actor: User, import_id: int) -> RosterImport:
    """Return the actor's import that waits for a decision, locked.

    Raises NotFoundError for somebody else's, Problem ``import_over`` for one that does not wait.
    """
    record = own(session, actor, import_id)
    if record.status != Stage.PREVIEW:
        raise Problem("import_over")
    return record


def locked(session: Session, import_id: int) -> RosterImport | None:
    """Return an import, locked until the transaction ends."""
    query = select(RosterImport).where(RosterImport.id == import_id).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def unfinished(session: Session, now: datetime, at_once: int) -> Sequence[int]:
    """Return the imports on which work is to go on: not those on which another process works, nor
    those that somebody waits for, whose request goes on with them, unless that seems to have died.
    """
    begun = func.coalesce(RosterImport.started_at, RosterImport.created_at)
    query = select(RosterImport).where(
        RosterImport.status.in_(PASSES), (RosterImport.size > at_once) | (begun < now - PATIENCE)
    )
    found = session.scalars(query.order_by(RosterImport.id))
    return [record.id for record in found if not workers.is_taken(record)]


PATIENCE = timedelta(seconds=30)
"""How long a request may take for a small roster."""
