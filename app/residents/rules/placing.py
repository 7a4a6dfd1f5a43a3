"""Finding the community a roster row belongs to, and telling whether a row is known already."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

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

    @classmethod
    def of(cls, territories: Iterable[Territory]) -> "Gazetteer":
        """Index the communities."""
        found = cls()
        for territory in territories:
            found.by_code[territory.code] = territory
            found.by_name.setdefault(bare_name(territory.name), []).append(territory)
        return found

    def find(self, code: str | None, names: Mapping[str, str | None]) -> str | None:
        """Return the code of the one community meant, or None.

        A code decides alone. Otherwise the name of the community must fit exactly one, with the
        street and district the row names; a name is never enough when it repeats in the city.
        """
        if code and code in self.by_code:
            return code
        name = names.get("community")
        candidates = self.by_name.get(bare_name(name), []) if name else []
        for part in ("street", "district"):
            wanted = names.get(part)
            if wanted:
                bare = bare_name(wanted)
                candidates = [c for c in candidates if bare_name(getattr(c, part)) == bare]
        return candidates[0].code if len(candidates) == 1 else None


def identity_keys(
    community_code: str | None, name: str, address_key: str, phones: Iterable[str]
) -> list[tuple[str, str, str]]:
    """Return what makes two rows the same person: same name and number, or name and address.

    A row that has neither is known by its name within its community.
    """
    keys = [("number", name, phone) for phone in phones]
    if address_key or not keys:
        keys.append(("address", name, f"{community_code or ''}|{address_key}"))
    return keys
