"""Finding the community a roster row belongs to, and telling whether a row is known already."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from app.residents.rules.rows import Draft
from app.territory.rules import sort_key

_OFFICE = re.compile(r"(居民委员会|村民委员会|居委会|村委会|居民会)$")


@dataclass(frozen=True)
class Territory:
    """A community as rows are matched against it."""

    code: str
    name: str
    street: str
    district: str


def bare_name(name: str) -> str:
    """Return a community's or street's name without blanks and the name of its office."""
    text = "".join(unicodedata.normalize("NFKC", name).split())
    return _OFFICE.sub("", text)


@dataclass
class Gazetteer:
    """All communities, ready to be looked up by code or by names."""

    by_code: dict[str, Territory] = field(default_factory=dict)
    by_name: dict[str, list[Territory]] = field(default_factory=dict)
    by_short_name: dict[str, list[Territory]] = field(default_factory=dict)
    """As people say it: 中桥 is 中桥社区居委会."""

    @classmethod
    def of(cls, territories: Iterable[Territory]) -> "Gazetteer":
        """Index the communities."""
        found = cls()
        for territory in territories:
            found.by_code[territory.code] = territory
            name = bare_name(territory.name)
            found.by_name.setdefault(name, []).append(territory)
            found.by_short_name.setdefault(name.removesuffix("社区"), []).append(territory)
        return found

    def find(self, code: str | None, names: Mapping[str, str | None]) -> str | None:
        """Return the code of the one community meant, or None.

        A code decides alone. Otherwise the name of the community must fit exactly one, with the
        street and district the row names; a name is never enough when it repeats in the city.
        """
        if code and code in self.by_code:
            return code
        name = bare_name(names.get("community") or "")
        candidates = self.by_name.get(name) or (self.by_short_name.get(name, []) if name else [])
        for part in ("street", "district"):
            wanted = names.get(part)
            if wanted:
                bare = bare_name(wanted)
                candidates = [c for c in candidates if bare_name(getattr(c, part)) == bare]
        return candidates[0].code if len(candidates) == 1 else None


class Row(NamedTuple):
    """A draft with the community and the address that it comes to."""

    draft: Draft
    community_code: str | None
    """None is the list "to be placed"."""
    address: str
    """As people read it, without the community."""
    home: str
    """What two writings of the address share; '' when the row has none."""

    @classmethod
    def of(cls, draft: Draft, community: str | None) -> "Row":
        """Work out the address of a draft."""
        return cls(draft, community, address_of(draft), address_key(draft))

    @property
    def community_written(self) -> str:
        """What the row says of its community, from district to code, cut to 160 characters."""
        draft = self.draft
        parts = (draft.district, draft.street, draft.community, draft.community_code)
        return " ".join(part for part in parts if part)[:160]


def address_of(draft: Draft) -> str:
    """Return the address as people read it, without the community."""
    parts = (draft.estate, draft.building, draft.unit, draft.room)
    split = "".join(part for part in parts if part)
    return split or draft.address or ""


def address_key(draft: Draft) -> str:
    """Return what two writings of the same address share; '' when the row has no address."""
    estate, building, unit, room = draft.estate, draft.building, draft.unit, draft.room
    if building or room:
        return _key(estate or "", building or "", unit or "", room or "")
    whole = address_of(draft) and (draft.address or estate or "")
    return _key("", "", "", whole) if whole else ""


# Whoever lives together stands together in a roster.
_key = lru_cache(1024)(sort_key)
