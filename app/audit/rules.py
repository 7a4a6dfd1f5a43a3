"""What may stand in the trail: identifiers, counts, codes, moments; nobody's name or number."""

import re
from typing import Any

DETAIL = frozenset({
    "accepted", "added", "as_of", "batch", "campaign", "case", "cases", "changed", "corrects",
    "day", "lang", "masked", "n", "number", "position", "role", "sha256", "to", "unchanged",
    "updated", "user", "version", "what", "why",
})  # fmt: skip
"""The keys of an entry's detail."""
_PLAIN = (
    re.compile(r"[a-z][a-z0-9_-]{0,39}"),  # a code of ours
    re.compile(r"\d{12}"),  # a community
    re.compile(r"\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?"),
    re.compile(r"[0-9a-f]{64}"),
    re.compile(r"(\d{1,9}(,\d{1,9})*)?"),  # keys of rows, in one text
    re.compile(r"\d{1,3}(\.\d{1,4}){1,3}[a-z0-9.+-]{0,20}"),  # a version
)
LARGEST = 10**10
"""Eleven figures might be a telephone number."""
_SUBJECT = re.compile(r"\d{1,19}|[a-z_]{0,40}")


def is_plain(value: Any) -> bool:
    """Whether a value can't be a name, a number or an address."""
    if isinstance(value, str):
        return any(pattern.fullmatch(value) for pattern in _PLAIN)
    return value is None or (isinstance(value, int) and abs(value) < LARGEST)


def indiscreet(subject_id: str, detail: dict[str, Any]) -> str | None:
    """Return what of an entry has no place in the trail; None where all is well."""
    if not _SUBJECT.fullmatch(subject_id):
        return "subject_id"
    return next(
        (key[:40] for key, value in detail.items() if key not in DETAIL or not is_plain(value)),
        None,
    )
