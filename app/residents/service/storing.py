"""Writing planned residents down: households, numbers, and the import's end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db import insert
from app.residents.models import Household, Number, Resident, ResidentNumber, RosterImport
from app.residents.rules.rows import Draft
from app.territory.rules import sort_key
from app.territory.service import building_named


@dataclass(frozen=True)
class Placed:
    """A draft with the community it goes to; None is the list "to be placed"."""

    draft: Draft
    community_code: str | None


def address_of(draft: Draft) -> str:
    """Return the address as people read it, without the community."""
    parts = (draft.estate, draft.building, draft.unit, draft.room)
    split = "".join(part for part in parts if part)
    return split or draft.address or ""


def address_key(draft: Draft) -> str:
    """Return what two writings of the same address share; '' when the row has no address."""
    if not address_of(draft):
        return ""
    if not (draft.building or draft.room):
        return sort_key("", "", "", draft.address or draft.estate or "")
    return sort_key(draft.estate or "", draft.building or "", draft.unit or "", draft.room or "")


def store(
    session: Session,
    user_id: int | None,
    now: datetime,
    record: RosterImport,
    accepted: Sequence[Placed],
) -> None:
    """Write residents, households and numbers, and close the import."""
    session.flush()
    numbers = _numbers(session, (phone for placed in accepted for phone in placed.draft.phones))
    homes: dict[tuple[str | None, str], Household] = {}
    for placed in accepted:
        resident = _resident(placed, record, now)
        resident.household = _household(session, placed, homes)
        resident.lines = [
            ResidentNumber(number=numbers[phone], position=position)
            for position, phone in enumerate(placed.draft.phones)
        ]
        session.add(resident)
    record.status, record.content, record.finished_at = "done", None, now
    audit.record(
        session, user_id, now, "roster_imported", "import", record.id, accepted=len(accepted)
    )


def _resident(placed: Placed, record: RosterImport, now: datetime) -> Resident:
    draft = placed.draft
    return Resident(
        community_code=placed.community_code,
        name=draft.name,
        relation=draft.relation or "",
        language=draft.language or "",
        remark=draft.remark or "",
        unusable=[{"text": u.text, "reason": u.reason} for u in draft.unusable],
        import_id=record.id,
        sheet=(draft.place.sheet or "")[:80],
        row=draft.place.row,
        created_at=now,
    )


def _household(
    session: Session, placed: Placed, homes: dict[tuple[str | None, str], Household]
) -> Household | None:
    draft, code = placed.draft, placed.community_code
    key = address_key(draft)
    if not key:
        return None
    if (code, key) not in homes:
        homes[code, key] = _find_household(session, code, key) or _new_household(
            session, placed, key
        )
    return homes[code, key]


def _find_household(session: Session, code: str | None, key: str) -> Household | None:
    query = select(Household).where(Household.community_code == code, Household.address_key == key)
    return session.scalar(query)


def _new_household(session: Session, placed: Placed, key: str) -> Household:
    draft = placed.draft
    household = Household(
        community_code=placed.community_code, unit=draft.unit or "", room=draft.room or "",
        address=address_of(draft)[:255], address_key=key,
    )  # fmt: skip
    if placed.community_code and draft.building:
        household.building_id = building_named(
            session, placed.community_code, draft.estate or "", draft.building
        ).id
    session.add(household)
    return household


def _numbers(session: Session, phones: Iterable[str]) -> dict[str, Number]:
    """Return the numbers by value; those that are new are added, whoever else adds them too."""
    wanted = sorted(set(phones))
    found: dict[str, Number] = {}
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        rows = [{"value": value} for value in part]
        session.execute(insert(session, Number).values(rows).on_conflict_do_nothing())
        numbers = session.scalars(select(Number).where(Number.value.in_(part)))
        found.update({number.value: number for number in numbers})
    return found
