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


def community_written(draft: Draft) -> str:
    """Return what the row says of its community, from district to code, cut to 160 characters."""
    parts = (draft.district, draft.street, draft.community, draft.community_code)
    return " ".join(part for part in parts if part)[:160]


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
    homes = _Homes(session, accepted)
    for placed in accepted:
        resident = _resident(placed, record, now)
        resident.household = homes.of(placed)
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
        community_written="" if placed.community_code else community_written(draft),
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


class _Homes:
    """Households and buildings by address: those on record read once, the rest added."""

    def __init__(self, session: Session, accepted: Sequence[Placed]) -> None:
        self._session = session
        codes = {placed.community_code for placed in accepted}
        known = session.scalars(
            select(Household).where(
                Household.community_code.in_(codes - {None}) | Household.community_code.is_(None)
            )
        )
        self._households = {(home.community_code, home.address_key): home for home in known}
        self._buildings: dict[tuple[str, str, str], int] = {}

    def of(self, placed: Placed) -> Household | None:
        """Return the household at the row's address; None when the row has none."""
        key = address_key(placed.draft)
        if not key:
            return None
        place = (placed.community_code, key)
        if place not in self._households:
            self._households[place] = self._added(placed, key)
        return self._households[place]

    def _added(self, placed: Placed, key: str) -> Household:
        draft = placed.draft
        household = Household(
            community_code=placed.community_code,
            unit=draft.unit or "",
            room=draft.room or "",
            address=address_of(draft)[:255],
            address_key=key,
            building_id=self._building_id(placed),
        )
        self._session.add(household)
        return household

    def _building_id(self, placed: Placed) -> int | None:
        code, name = placed.community_code, placed.draft.building
        if code is None or name is None:
            return None
        place = (code, placed.draft.estate or "", name)
        if place not in self._buildings:
            self._buildings[place] = building_named(self._session, *place).id
        return self._buildings[place]


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
