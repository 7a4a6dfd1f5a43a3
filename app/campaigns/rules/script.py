"""What volunteers say and write: texts with places for the code, the office and the community."""

import re
from collections.abc import Mapping

PLACES = ("code", "office", "community")
"""What a text may leave to be filled in, written ``{code}``."""
OFFICE = {"zh": "社区居委会", "en": "the community office"}
"""What one says of the office where its number is not known."""
CODE_SENTENCE = {"zh": "我的编号是{code}。", "en": "My code is {code}."}
"""What is said where the script itself does not say the code."""
DOUBTED = {
    "zh": "您可以致电{office}核实，报编号{code}。",
    "en": "To make sure, ring {office} and tell them the code {code}.",
}
"""What is said to somebody who doubts the call."""
_TYPED = str.maketrans("｛｝", "{}")
_PLACE = re.compile(r"\{([^{}]*)\}")


def tidied(text: str) -> str:
    """Return a text with its places written as they are looked for, whatever the keyboard."""
    return _PLACE.sub(lambda place: f"{{{place[1].strip().lower()}}}", text.translate(_TYPED))


def wrong_place(text: str) -> str | None:
    """Return what stands in braces and can't be filled in; None where all is well."""
    unknown = (place for place in _PLACE.findall(text) if place not in PLACES)
    stray = re.search(r"[{}].{0,20}", _PLACE.sub("", text))
    return next(unknown, stray[0] if stray else None)


def says(text: str, place: str) -> bool:
    """Whether the text has this place."""
    return place in _PLACE.findall(text)


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return the text with its places filled; what has no value stays as it is written."""
    return _PLACE.sub(lambda place: values.get(place[1], place[0]), text)


def values(lang: str, *, code: str, office: str, community: str) -> Mapping[str, str]:
    """Return what the places of a text are filled with; ``office`` is '' where it is not known."""
    return {"code": code, "office": office or OFFICE[lang], "community": community}
