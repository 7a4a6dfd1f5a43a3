"""Call groups: which cases are handed out and held together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

LARGEST_GROUP = 8


@dataclass(frozen=True)
class Member:
    """A resident to be grouped: identifiers only, in the order in which groups should form."""

    id: int
    household: int | None
    numbers: tuple[int, ...]


def form_groups(members: Sequence[Member]) -> list[list[int]]:
    """Return the members' ids in groups of at most eight, each group and the whole in order.

    Households come first, then shared numbers. A number of more than eight members (a shared
    line) ties nobody together, and neither does one that would make a group too large: such a
    number is still held by one volunteer at a time.
    """
    groups = {member.id: [member.id] for member in members}
    for tied in _ties(members):
        _join(groups, tied)
    unique = {id(group): group for group in groups.values()}
    position = {member.id: index for index, member in enumerate(members)}
    ordered = [sorted(group, key=position.__getitem__) for group in unique.values()]
    return sorted(ordered, key=lambda group: position[group[0]])


def shared_lines(members: Iterable[Member]) -> set[int]:
    """Return the numbers that more members share than a call group may hold."""
    return {number for number, ids in _by_number(members).items() if len(ids) > LARGEST_GROUP}


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


def _join(groups: dict[int, list[int]], tied: Sequence[int]) -> None:
    for earlier, later in pairwise(tied):
        left, right = groups[earlier], groups[later]
        if left is right or len(left) + len(right) > LARGEST_GROUP:
            continue
        left.extend(right)
        for member in right:
            groups[member] = left
