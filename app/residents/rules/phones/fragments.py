"""A stretch of digits with only blanks, hyphens, dots and brackets between them, and its numbers.

138-1234-5678 is one number, 13812345678 13912345678 are two, and only the whole shows which.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from app.residents.rules.phones import plan
from app.residents.rules.phones.stored import kind

FRAGMENT = re.compile(r"(?:\+[ (]*)?[0-9](?:[ .()\-]*[0-9])*")
_BEFORE_EXTENSION = re.compile(r" *(?:-|\() *")
_EXTENSION = re.compile(r"[0-9]{2,5}")
_LOCAL_LENGTHS = (7, 8)
_MOST_GROUPS = 6
_ENOUGH_WAYS = 2

Phones = tuple[str, ...]


@dataclass(frozen=True)
class Fragment:
    """Runs of digits (``groups``, never empty) and what stands between them (``gaps``)."""

    groups: tuple[str, ...]
    gaps: tuple[str, ...]
    plus: bool = False

    @classmethod
    def of(cls, text: str) -> "Fragment":
        """Take apart a match of ``FRAGMENT``."""
        groups = tuple(re.findall(r"[0-9]+", text))
        return cls(groups, tuple(re.split(r"[0-9]+", text)[1:-1]), text.startswith("+"))

    def __str__(self) -> str:
        rest = (gap + group for gap, group in zip(self.gaps, self.groups[1:], strict=True))
        return "+" * self.plus + self.groups[0] + "".join(rest)

    @property
    def digits(self) -> str:
        """All digits, one behind the other."""
        return "".join(self.groups)

    @property
    def is_local(self) -> bool:
        """Whether this has the length of a number without its area code."""
        return not self.plus and len(self.digits) in _LOCAL_LENGTHS

    def part(self, start: int, end: int) -> "Fragment":
        """Take the groups from ``start`` up to, not with, ``end``."""
        plus = self.plus and start == 0
        return Fragment(self.groups[start:end], self.gaps[start : end - 1], plus)

    def words(self) -> list["Fragment"]:
        """Part this at blanks and opening brackets."""
        cuts = [i for i, gap in enumerate(self.gaps, 1) if re.search(r"[ (]", gap)]
        return [self.part(*edges) for edges in pairwise([0, *cuts, len(self.groups)])]


def ways_to_read(fragment: Fragment, area: str) -> list[Phones]:
    """Find how the groups, all of them, make numbers: none, the one way, or two of several.

    Numbers end where a group ends. What is a number as a whole is not taken apart.
    """
    count = len(fragment.groups)
    if whole := plan.read_groups(fragment.groups, area, plus=fragment.plus):
        return [(whole,)]
    ways: list[list[Phones]] = [[] for _ in range(count)] + [[()]]
    for start in reversed(range(count)):
        found = [
            (phone, *rest)
            for phone, end in _numbers_from(fragment, start, area)
            for rest in ways[end]
        ]
        ways[start] = list(dict.fromkeys(found))[:_ENOUGH_WAYS]
    return ways[0]


def _numbers_from(fragment: Fragment, start: int, area: str) -> Iterator[tuple[str, int]]:
    """Give the numbers that begin with the group at ``start``, and where each ends."""
    count = len(fragment.groups)
    for end in range(start + 1, min(start + _MOST_GROUPS, count) + 1):
        part = fragment.part(start, end)
        # A bank card, 6222 0212 3456 7890, must not become two local numbers.
        in_pieces = part.is_local and len(part.groups) > 1
        if in_pieces and (start > 0 or end < count - 1):
            continue
        phone = plan.read_groups(part.groups, area, plus=part.plus)
        if phone:
            yield phone, end
            if extension := _extension_at(fragment, end, phone):
                yield f"{phone};ext={extension}", end + 1


def _extension_at(fragment: Fragment, index: int, phone: str) -> str | None:
    if index == len(fragment.groups) or kind(phone) != "landline":
        return None
    group = fragment.groups[index]
    marked = _BEFORE_EXTENSION.fullmatch(fragment.gaps[index - 1])
    return group if marked and _EXTENSION.fullmatch(group) else None


def numbers_standing_apart(
    fragment: Fragment, area: str
) -> Iterator[tuple[Fragment, Phones]] | None:
    """Part a fragment that can't be read as a whole into words that are numbers and the rest.

    Each comes with its numbers, none for the rest. None when no word is surely a number: a local
    one is not, being what remains when a longer number was mistyped; nor is one behind a foreign
    country's code.
    """
    if fragment.plus or fragment.digits.startswith("00"):
        return None
    words = [(word, _surely(word, area)) for word in fragment.words()]
    return _with_the_rest_joined(fragment, words) if any(p for _, p in words) else None


def _surely(word: Fragment, area: str) -> Phones:
    ways = [] if word.is_local else ways_to_read(word, area)
    return ways[0] if len(ways) == 1 else ()


def _with_the_rest_joined(
    fragment: Fragment, words: list[tuple[Fragment, Phones]]
) -> Iterator[tuple[Fragment, Phones]]:
    rest_from = end = 0
    for word, phones in words:
        start, end = end, end + len(word.groups)
        if phones:
            if rest_from < start:
                yield fragment.part(rest_from, start), ()
            yield word, phones
            rest_from = end
    if rest_from < end:
        yield fragment.part(rest_from, end), ()
