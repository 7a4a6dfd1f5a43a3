"""A roster into residents: read, look at, then all of it or nothing."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.people import queries as people
from app.people.models import User
from app.problems import NotFoundError, Place, Problem
from app.residents.models import Household, Number, Resident, ResidentNumber, RosterImport
from app.residents.reader import SheetFound, SheetSkipped, read_roster
from app.residents.rules.placing import Gazetteer, Territory, identity_keys
from app.residents.rules.rows import Draft, Rejected
from app.residents.service import storing
from app.residents.service.storing import Placed, address_key
from app.territory.models import Community

SHOWN_ROWS = 10
"""How many of the rows that will be taken a preview shows."""


@dataclass(frozen=True)
class Roster:
    """A roster as read, before anybody decided to take it."""

    filename: str
    sheets: tuple[SheetFound, ...]
    drafts: tuple[Draft, ...]
    rejected: tuple[Rejected, ...]
    skipped: tuple[SheetSkipped, ...] = ()


@dataclass
class Plan:
    """What taking a roster would do."""

    accepted: list[Placed] = field(default_factory=list)
    duplicates: list[Place] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)

    @property
    def to_be_placed(self) -> int:
        """How many residents have no community yet."""
        return sum(placed.community_code is None for placed in self.accepted)

    @property
    def without_number(self) -> int:
        """How many residents have no usable number."""
        return sum(not placed.draft.phones for placed in self.accepted)


def read(content: bytes, filename: str, area_code: str, sheet: str | None = None) -> Roster:
    """Read a roster file in a child process, outside any transaction.

    ``sheet`` leaves out every other sheet.

    Raises Problem for a file that can't be read at all or speaks of nobody; single rows that can't
    be taken are in ``rejected``.
    """
    parts = [
        part
        for part in read_roster(content, filename, area_code)
        if sheet is None or _sheet_of(part) == sheet
    ]
    if sheet is not None and not parts:
        raise Problem("roster_no_sheet", place=Place(file=filename), values={"sheet": sheet})
    roster = Roster(
        filename=filename,
        sheets=tuple(part for part in parts if isinstance(part, SheetFound)),
        drafts=tuple(part for part in parts if isinstance(part, Draft)),
        rejected=tuple(part for part in parts if isinstance(part, Rejected)),
        skipped=tuple(part for part in parts if isinstance(part, SheetSkipped)),
    )
    if not (roster.drafts or roster.rejected):
        raise Problem("roster_no_rows", place=Place(file=filename, sheet=sheet))
    return roster


def _sheet_of(part: SheetFound | SheetSkipped | Draft | Rejected) -> str | None:
    return part.sheet if isinstance(part, SheetFound) else part.place.sheet


def plan(session: Session, actor: User | None, roster: Roster, community: str | None) -> Plan:
    """Decide row by row what taking the roster would do; changes nothing.

    ``community`` is for rows that name none. Rows of a community outside the actor's scope are
    rejected; ``actor`` None is the command line, which may all.
    """
    if community:
        check_community(session, actor, community)
    gazetteer = _gazetteer(session)
    allowed = None if actor is None else set(session.scalars(people.scope(actor)))
    result = Plan(rejected=list(roster.rejected))
    known = _known_keys(session)
    for draft in roster.drafts:
        code = _community_of(draft, gazetteer, community)
        if code is not None and allowed is not None and code not in allowed:
            result.rejected.append(Rejected(draft.place, "row_community_not_yours", {}))
            continue
        keys = identity_keys(code, draft.name, address_key(draft), draft.phones)
        if known.isdisjoint(keys):
            result.accepted.append(Placed(draft, code))
        else:
            result.duplicates.append(draft.place)
        known.update(keys)
    return result


def check_community(session: Session, actor: User | None, code: str) -> None:
    """Raise Problem unless the community exists and is in the actor's scope."""
    exists = session.get(Community, code) is not None
    if not exists or (actor is not None and not people.sees(session, actor, code)):
        raise Problem("community_unknown", field="community", values={"code": code})


def _community_of(draft: Draft, gazetteer: Gazetteer, default: str | None) -> str | None:
    names = {"community": draft.community, "street": draft.street, "district": draft.district}
    names_one = draft.community_code or draft.community
    found = gazetteer.find(draft.community_code, names)
    return found if names_one else default


def _gazetteer(session: Session) -> Gazetteer:
    rows = session.scalars(select(Community))
    return Gazetteer.of(Territory(c.code, c.name, c.street_name, c.district_name) for c in rows)


def _known_keys(session: Session) -> set[tuple[str, str, str]]:
    people_rows = (
        select(Resident.community_code, Resident.name, Household.address_key, Number.value)
        .outerjoin(Household, Household.id == Resident.household_id)
        .outerjoin(ResidentNumber, ResidentNumber.resident_id == Resident.id)
        .outerjoin(Number, Number.id == ResidentNumber.number_id)
    )
    keys: set[tuple[str, str, str]] = set()
    for code, name, address, phone in session.execute(people_rows):
        keys.update(identity_keys(code, name, address or "", [phone] if phone else []))
    return keys


def save_preview(
    session: Session,
    actor: User,
    now: datetime,
    content: bytes,
    roster: Roster,
    community: str | None,
) -> RosterImport:
    """Keep the file until its preview is confirmed or cancelled."""
    result = summary(roster, plan(session, actor, roster, community))
    record = RosterImport(
        filename=roster.filename[:255], status="preview", community_code=community,
        content=content, result=result, user_id=actor.id, created_at=now,
    )  # fmt: skip
    session.add(record)
    session.flush()
    audit.record(session, actor.id, now, "roster_uploaded", "import", record.id)
    return record


def confirm(
    session: Session, actor: User, now: datetime, import_id: int, roster: Roster
) -> RosterImport:
    """Take a previewed roster: every accepted row, in one transaction, and the file is gone.

    Raises NotFoundError for somebody else's import, Problem when it is not waiting any more.
    """
    record = get_waiting(session, actor, import_id)
    found = plan(session, actor, roster, record.community_code)
    record.result = summary(roster, found)
    storing.store(session, actor.id, now, record, found.accepted)
    return record


def cancel(session: Session, actor: User, now: datetime, import_id: int) -> None:
    """Throw a previewed roster away."""
    record = get_waiting(session, actor, import_id)
    record.status, record.content, record.finished_at = "cancelled", None, now
    audit.record(session, actor.id, now, "roster_cancelled", "import", record.id)


def get_waiting(session: Session, actor: User, import_id: int) -> RosterImport:
    """Return the actor's import that waits for its confirmation.

    Raises NotFoundError for somebody else's, Problem ``import_over`` for one that is through.
    """
    query = select(RosterImport).where(RosterImport.id == import_id).with_for_update()
    record = session.scalar(query)
    if record is None or record.user_id != actor.id:
        raise NotFoundError(f"import {import_id}")
    if record.status != "preview":
        raise Problem("import_over")
    return record


def take(
    session: Session, actor: User | None, now: datetime, roster: Roster, community: str | None
) -> Plan:
    """Plan and store in one go, as the command line does."""
    return taken(session, actor, now, roster, community)[1]


def taken(
    session: Session, actor: User | None, now: datetime, roster: Roster, community: str | None
) -> tuple[RosterImport, Plan]:
    """Plan and store in one go; return the import's record with its plan."""
    found = plan(session, actor, roster, community)
    user_id = None if actor is None else actor.id
    record = RosterImport(
        filename=roster.filename[:255], status="preview", community_code=community,
        result=summary(roster, found), user_id=user_id, created_at=now,
    )  # fmt: skip
    session.add(record)
    storing.store(session, user_id, now, record, found.accepted)
    return record, found


def summary(roster: Roster, found: Plan) -> dict[str, Any]:
    """Return counts and places for the import's page: no name, number or address among them."""
    return {
        "accepted": len(found.accepted),
        "to_be_placed": found.to_be_placed,
        "without_number": found.without_number,
        "duplicates": [place_of(place) for place in found.duplicates],
        "rejected": [
            {**place_of(r.place), "code": r.code, "values": _without_text(r)}
            for r in found.rejected
        ],
        "sheets": [
            {
                "sheet": s.sheet,
                "columns": [s.columns.headers[c] for c in s.columns.taken],
                "left_out": list(s.columns.left_out),
            }
            for s in roster.sheets
        ],
    }


def _without_text(rejected: Rejected) -> dict[str, str | int]:
    """What was written stays in the file: the record of an import holds no personal data."""
    return {key: value for key, value in rejected.values.items() if key != "text"}


def place_of(place: Place) -> dict[str, str | int | None]:
    """Return sheet, row and column as a table for JSON."""
    return {"sheet": place.sheet, "row": place.row, "column": place.column}
