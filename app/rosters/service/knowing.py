"""Who on record the rows of a roster may speak of: looked up for some hundreds of rows at once."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from app import bulk
from app.cases.models import CallGroup, Case
from app.cases.service.standing import keep_out_of_hands
from app.residents.models import (
    PLACED,
    Household,
    Number,
    Resident,
    ResidentNumber,
    RosterSeen,
)
from app.residents.queries import in_sight
from app.rosters.rules.placing import Row
from app.rosters.rules.same import Acquainted, Homes, Person

TOO_COMMON = 50
"""A number of more residents than this tells nobody from another: the office's, a dormitory's."""


def acquainted(session: Session, rows: Sequence[Row], import_id: int | None) -> Acquainted:
    """Return everybody on record who may be one of these rows' persons.

    Whom an earlier row of the import brought or matched is settled. Whom another import is still
    bringing, or taking away, is left out: nobody knows whether they stay.
    """
    found = Acquainted(
        numbers=known_numbers(session, {n for row in rows for n in row.draft.phones}),
        homes=known_homes(session, {(r.community_code, r.home) for r in rows if r.home}),
    )
    ids = {
        *_by_number(session, found.numbers.values()), *_by_home(session, found.homes.values()),
        *_by_name(session, rows), *_by_words(session, rows),
    }  # fmt: skip
    for person in _people(session, sorted(ids), import_id):
        found.add(person)
    return found


def known_numbers(session: Session, values: Collection[str]) -> dict[str, int]:
    """Return the keys of those numbers that are on record."""
    if not values:
        return {}
    query = select(Number.value, Number.id).where(bulk.among(session, Number.value, values))
    return {value: key for value, key in session.execute(query)}  # noqa: C416


def known_homes(session: Session, places: Iterable[tuple[str | None, str]]) -> Homes:
    """Return the keys of those households that are on record."""
    keys: dict[str | None, list[str]] = {}
    for code, key in places:
        keys.setdefault(code, []).append(key)
    found: Homes = {}
    for code, there in keys.items():
        query = select(Household.address_key, Household.id).where(
            Household.community_code == code, bulk.among(session, Household.address_key, there)
        )
        found.update({(code, key): home for key, home in session.execute(query)})
    return found


def _by_number(session: Session, numbers: Collection[int]) -> Sequence[int]:
    if not numbers:
        return []
    telling = (
        select(ResidentNumber.number_id)
        .where(bulk.among(session, ResidentNumber.number_id, numbers))
        .group_by(ResidentNumber.number_id)
        .having(func.count() <= TOO_COMMON)
    )
    query = select(ResidentNumber.resident_id).where(ResidentNumber.number_id.in_(telling))
    return session.scalars(query).all()


def _by_home(session: Session, homes: Collection[int]) -> Sequence[int]:
    if not homes:
        return []
    query = select(Resident.id).where(bulk.among(session, Resident.household_id, homes))
    return session.scalars(query).all()


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


def _by_words(session: Session, rows: Sequence[Row]) -> Sequence[int]:
    """Of rows whose community can't be told, whom such a row brought that has been placed since."""
    names: dict[str, set[str]] = {}
    for row in rows:
        if row.community_code is None:
            names.setdefault(row.community_written, set()).add(row.draft.name)
    if not names:
        return []
    words, all_names = list(names), set().union(*names.values())
    query = select(Resident.id).where(
        PLACED,
        bulk.among(session, Resident.community_written, words),
        bulk.among(session, Resident.name, all_names),
    )
    return session.scalars(query).all()


def _people(session: Session, ids: Sequence[int], import_id: int | None) -> Sequence[Person]:
    if not ids:
        return []
    numbers: dict[int, list[str]] = {}
    lines = (
        select(ResidentNumber.resident_id, Number.value)
        .join(Number, Number.id == ResidentNumber.number_id)
        .where(bulk.among(session, ResidentNumber.resident_id, ids))
        .order_by(ResidentNumber.resident_id, ResidentNumber.position)
    )
    for resident_id, value in session.execute(lines):
        numbers.setdefault(resident_id, []).append(value)
    seen = set(
        session.scalars(
            select(RosterSeen.resident_id).where(
                RosterSeen.import_id == import_id, bulk.among(session, RosterSeen.resident_id, ids)
            )
        )
    )
    if import_id is not None:
        keep_out_of_hands(session, ids)
    in_hand = set(
        session.scalars(
            select(Case.resident_id)
            .join(CallGroup, CallGroup.id == Case.group_id)
            .where(bulk.among(session, Case.resident_id, ids), CallGroup.batch_id.is_not(None))
        )
    )
    query = (
        select(Resident, Household.address, Household.address_key)
        .outerjoin(Household, Household.id == Resident.household_id)
        .where(
            bulk.among(session, Resident.id, ids), in_sight() | (Resident.import_id == import_id)
        )
        .order_by(Resident.id)
    )
    return [
        Person(
            id=one.id,
            name=one.name,
            community=one.community_code,
            home=key or "",
            written=one.community_written if _was_placed(one) else None,
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
            is_newcomer=(is_newcomer := import_id is not None and one.import_id == import_id),
            is_settled=is_newcomer or one.id in seen,
        )
        for one, address, key in session.execute(query)
    ]


def _was_placed(resident: Resident) -> bool:
    is_told = not resident.community_written and resident.placed_at is None
    return resident.community_code is not None and not is_told
