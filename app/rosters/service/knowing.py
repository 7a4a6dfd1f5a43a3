"""Who on record the rows of a roster may speak of: looked up for some hundreds of rows at once."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from app.cases.models import CallGroup, Case
from app.residents.models import Household, Number, Resident, ResidentNumber, RosterSeen
from app.rosters.rules.placing import Row
from app.rosters.rules.same import Acquainted, Person

TOO_COMMON = 50
"""A number of more residents than this tells nobody from another: the office's, a dormitory's."""


def acquainted(session: Session, rows: Sequence[Row], import_id: int | None) -> Acquainted:
    """Return everybody on record who may be one of these rows' persons.

    Whom an earlier row of the import brought or matched is settled.
    """
    ids = {*_by_number(session, rows), *_by_home(session, rows), *_by_name(session, rows)}
    found = Acquainted()
    for person in _people(session, sorted(ids), import_id):
        found.add(person)
    return found


def _by_number(session: Session, rows: Sequence[Row]) -> Sequence[int]:
    wanted = {number for row in rows for number in row.draft.phones}
    if not wanted:
        return []
    known = session.scalars(select(Number.id).where(Number.value.in_(wanted))).all()
    if not known:
        return []
    telling = (
        select(ResidentNumber.number_id)
        .where(ResidentNumber.number_id.in_(known))
        .group_by(ResidentNumber.number_id)
        .having(func.count() <= TOO_COMMON)
    )
    query = select(ResidentNumber.resident_id).where(ResidentNumber.number_id.in_(telling))
    return session.scalars(query).all()


def _by_home(session: Session, rows: Sequence[Row]) -> Sequence[int]:
    homes: dict[str | None, set[str]] = {}
    for row in rows:
        if row.home:
            homes.setdefault(row.community_code, set()).add(row.home)
    if not homes:
        return []
    there = or_(*(_there(code, keys) for code, keys in homes.items()))
    households = session.scalars(select(Household.id).where(there)).all()
    if not households:
        return []
    query = select(Resident.id).where(Resident.household_id.in_(households))
    return session.scalars(query).all()


def _there(code: str | None, keys: set[str]) -> ColumnElement[bool]:
    return and_(Household.community_code == code, Household.address_key.in_(keys))


def _by_name(session: Session, rows: Sequence[Row]) -> Sequence[int]:
    """Of rows that have neither number nor address, who has no address and the same name."""
    names: dict[str | None, set[str]] = {}
    for row in rows:
        if not (row.home or row.draft.phones):
            names.setdefault(row.community_code, set()).add(row.draft.name)
    if not names:
        return []
    there = (and_(Resident.community_code == c, Resident.name.in_(n)) for c, n in names.items())
    query = select(Resident.id).where(Resident.household_id.is_(None), or_(*there))
    return session.scalars(query).all()


def _people(session: Session, ids: Sequence[int], import_id: int | None) -> Sequence[Person]:
    if not ids:
        return []
    numbers: dict[int, list[str]] = {}
    lines = (
        select(ResidentNumber.resident_id, Number.value)
        .join(Number, Number.id == ResidentNumber.number_id)
        .where(ResidentNumber.resident_id.in_(ids))
        .order_by(ResidentNumber.resident_id, ResidentNumber.position)
    )
    for resident_id, value in session.execute(lines):
        numbers.setdefault(resident_id, []).append(value)
    seen = set(
        session.scalars(
            select(RosterSeen.resident_id).where(
                RosterSeen.import_id == import_id, RosterSeen.resident_id.in_(ids)
            )
        )
    )
    in_hand = set(
        session.scalars(
            select(Case.resident_id)
            .join(CallGroup, CallGroup.id == Case.group_id)
            .where(Case.resident_id.in_(ids), CallGroup.batch_id.is_not(None))
        )
    )
    query = (
        select(Resident, Household.address, Household.address_key)
        .outerjoin(Household, Household.id == Resident.household_id)
        .where(Resident.id.in_(ids))
        .order_by(Resident.id)
    )
    return [
        Person(
            id=one.id,
            name=one.name,
            community=one.community_code,
            home=key or "",
            numbers=numbers.get(one.id, []),
            household_id=one.household_id,
            is_in_hand=one.id in in_hand,
            values={
                "community": one.community_code or "",
                "address": address or "",
                "relation": one.relation,
                "language": one.language,
                "remark": one.remark,
                "unusable": one.unusable,
            },
            is_settled=one.id in seen or (import_id is not None and one.import_id == import_id),
        )
        for one, address, key in session.execute(query)
    ]
