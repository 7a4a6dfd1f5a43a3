"""Whether a row of a roster speaks of somebody on record, and what it then changes.

A row and a resident are the same person when they share name and number, or name and address; where
the row has neither, when they share the name in a community where no address is known. With another
name at the same number and address it is somebody else of the household, as a rule; where the two
names look like two writings of one, somebody should look.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

FIELDS = ("community", "address", "relation", "language", "remark", "numbers", "unusable")
"""What a row can change of a resident."""


Homes = dict[tuple[str | None, str], int]
"""Keys of households, by community and key of the address."""


class Known(StrEnum):
    """What becomes of residents on record of whom a row says something else."""

    UPDATE = "update"
    """The row is right: what it says replaces what stood there."""
    FILL = "fill"
    """The record is right: only what it leaves open is filled in."""
    KEEP = "keep"
    """Nothing changes."""


class Doubtful(StrEnum):
    """What becomes of a row that may be another writing of somebody on record."""

    NEW = "new"
    """It is somebody else of the household."""
    SAME = "same"
    """It is the same person, whose name was written otherwise."""
    LEAVE = "leave"
    """It is left out."""


@dataclass(slots=True)
class Person:
    """A resident as matching sees them: on record, or from an earlier row of the same roster."""

    id: int | None
    name: str
    community: str | None
    home: str
    """The key of the address, '' without one."""
    numbers: list[str]
    values: dict[str, Any]
    """What stands under the other names of ``FIELDS``."""
    written: str | None = None
    """What their row said of a community that could not be told from it, where they have been
    placed since."""
    household_id: int | None = None
    """The household on record, before this roster."""
    is_in_hand: bool = False
    """A volunteer is to ring them now: their numbers are not touched meanwhile."""
    is_newcomer: bool = False
    """This roster brings them."""
    is_settled: bool = False
    """An earlier row of this roster brought or matched them: later ones only add to that."""
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    """Before and after, by field."""

    def change(self, name: str, value: Any) -> None:
        """Set a field, and note what stood there before this roster."""
        before = self.changes[name][0] if name in self.changes else self.value(name)
        if name == "numbers":
            self.numbers = list(value)
        else:
            self.values[name] = value
        self.changes[name] = before, value

    def value(self, name: str) -> Any:
        """What stands in a field now."""
        return self.numbers if name == "numbers" else self.values[name]


@dataclass
class Acquainted:
    """The persons that rows are compared with, found by what makes two the same."""

    by_number: dict[tuple[str, str], list[Person]] = field(default_factory=dict)
    by_home: dict[tuple[str, str | None, str], list[Person]] = field(default_factory=dict)
    at_home: dict[tuple[str | None, str, str], list[Person]] = field(default_factory=dict)
    """By community, address and number."""
    by_words: dict[tuple[str, str, str], list[Person]] = field(default_factory=dict)
    """Who was placed, by what their row said of a community, and address."""
    numbers: dict[str, int] = field(default_factory=dict)
    """The keys of the rows' numbers that are on record."""
    homes: Homes = field(default_factory=dict)
    """The keys of the rows' households that are on record."""

    def add(self, person: Person) -> None:
        """Take somebody in."""
        for number in person.numbers:
            self.by_number.setdefault((person.name, number), []).append(person)
            if person.home:
                home = person.community, person.home, number
                self.at_home.setdefault(home, []).append(person)
        home_key = person.name, person.community, person.home
        self.by_home.setdefault(home_key, []).append(person)
        if person.written is not None:
            words = person.name, person.written, person.home
            self.by_words.setdefault(words, []).append(person)

    def same(
        self, name: str, community: str | None, home: str, numbers: Sequence[str], written: str = ""
    ) -> Person | None:
        """Return whom a row speaks of for certain: of several, who lives where it says.

        ``written`` is what it says of a community that can't be told.
        """
        found = [one for n in numbers for one in self.by_number.get((name, n), ())]
        if not found and (home or not numbers):
            found = self.by_home.get((name, community, home), [])
            if not found and community is None:
                found = self.by_words.get((name, written, home), [])
        return min(
            found, key=lambda one: (one.home != home, one.community != community), default=None
        )

    def alike(
        self, name: str, community: str | None, home: str, numbers: Sequence[str]
    ) -> Person | None:
        """Return who has the row's number and address, and a name that looks like the row's."""
        if not home:
            return None
        there = [one for n in numbers for one in self.at_home.get((community, home, n), ())]
        return next((one for one in there if look_alike(name, one.name)), None)


_TITLE = re.compile("(先生|女士|小姐|太太|老师|师傅|阿姨|叔叔|大爷|大妈|奶奶|爷爷|同志)$")
_HIDDEN = re.compile("[某*＊×○〇]+|(?<![A-Za-z])[xXoO]+(?![A-Za-z])")
"""What stands for letters that are not to be seen; an x or o within a word is a letter."""


def look_alike(one: str, other: str) -> bool:
    """Whether two names may be two writings of one: 王先生, 王*明, 王某某 and 王小明."""
    return one != other and (_stands_for(one, other) or _stands_for(other, one))


def _stands_for(short: str, full: str) -> bool:
    bare = _TITLE.sub("", short)
    if bare != short:
        return bool(bare) and full.startswith(bare)
    if not _HIDDEN.search(short):
        return False
    shown = [re.escape(part) for part in _HIDDEN.split(short)]
    return re.fullmatch(".{1,3}".join(shown), full) is not None


def changes(
    person: Person, said: Mapping[str, Any], home: str, numbers: Sequence[str], known: Known
) -> dict[str, Any]:
    """Return what a row changes of somebody, by field.

    ``said`` are the row's values under the names of ``FIELDS``, ``home`` the key of its address;
    what is empty says nothing. An earlier row of the same roster is not contradicted by a later
    one: that only adds.
    """
    if known is Known.KEEP:
        return {}
    replaces = known is Known.UPDATE and not person.is_settled
    found = {
        name: value
        for name, value in said.items()
        if value and value != person.values[name] and (replaces or not person.values[name])
    }
    if home == person.home:
        found.pop("address", None)  # one address, in whatever way it is written
    if person.home and not home:
        found.pop("community", None)  # who moved to a community also has another address there
    all_numbers = _numbers(person.numbers, numbers, replaces=replaces)
    if all_numbers == person.numbers or person.is_in_hand:
        return found
    if replaces and person.values["unusable"]:
        found.setdefault("unusable", [])  # what could not be rung has been put right
    return {**found, "numbers": all_numbers}


def has_other_numbers(person: Person, numbers: Sequence[str]) -> bool:
    """Whether a row names a number that is not on record of somebody."""
    return any(number not in person.numbers for number in numbers)


def _numbers(before: Sequence[str], said: Sequence[str], *, replaces: bool) -> list[str]:
    """A row that only repeats some of the numbers takes none away; one with a new number does."""
    fresh = [number for number in said if number not in before]
    if not fresh:
        return list(before)
    return list(said) if replaces else [*before, *fresh]
