"""Call groups: which cases are handed out and held together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LARGEST_GROUP = 8


@dataclass(frozen=True)
class Member:
    """A resident to be grouped: identifiers only, in the order in which groups should form."""

    id: int
    household: int | None
    numbers: tuple[int, ...]
    group: int | None = None
    """The call group it is in already; None for who comes now."""


def form_groups(members: Sequence[Member]) -> list[list[int]]:
    """Return the members' ids in groups of at most eight, each group and the whole in order.

    Households come first, then shared numbers. A number of more than eight members (a shared
    line) ties nobody together, and neither does one that would make a group too large: such a
    number is still held by one volunteer at a time. Who is in a group already stays in it: those
    who come now join it, but two such groups never become one.
    """
    groups = _standing(members)
    settled = {member.id for member in members if member.group is not None}
    for tied in _ties(members):
        _join(groups, tied, settled)
    unique = {id(group): group for group in groups.values()}
    position = {member.id: index for index, member in enumerate(members)}
    ordered = [sorted(group, key=position.__getitem__) for group in unique.values()]
    return sorted(ordered, key=lambda group: position[group[0]])


def _ties(members: Sequence[Member]) -> Iterable[list[int]]:
    homes: dict[int, list[int]] = {}
    for member in members:
        if member.household is not None:
            homes.setdefault(member.household, []).append(member.id)
    yield from homes.values()
    yield from (ids for ids in _by_number(members).values() if len(ids) <= LARGEST_GROUP)


def _by_number(members: Iterable[Member]) -> dict[int, list[int]]:
    owners: dict[int, list[int]] = {}
    for member in members:
        for number in dict.fromkeys(member.numbers):
            owners.setdefault(number, []).append(member.id)
    return owners


def _standing(members: Iterable[Member]) -> dict[int, list[int]]:
    """Each member's group before anybody joins another."""
    found: dict[int, list[int]] = {}
    groups: dict[int, list[int]] = {}
    for member in members:
        own = [] if member.group is None else found.setdefault(member.group, [])
        own.append(member.id)
        groups[member.id] = own
    return groups


def _join(groups: dict[int, list[int]], tied: Iterable[int], settled: set[int]) -> None:
    apart: list[list[int]] = []
    for member in tied:
        own = groups[member]
        if any(own is other for other in apart):
            continue
        other = next((one for one in reversed(apart) if _may_join(one, own, settled)), None)
        if other is None:
            apart.append(own)
            continue
        other.extend(own)
        groups.update(dict.fromkeys(own, other))


def _may_join(left: Sequence[int], right: Sequence[int], settled: set[int]) -> bool:
    both_stand = not (settled.isdisjoint(left) or settled.isdisjoint(right))
    return not both_stand and len(left) + len(right) <= LARGEST_GROUP
