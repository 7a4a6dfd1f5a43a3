"""Texts that are translated when they are shown, not where they are written."""

from typing import cast

from flask_babel import lazy_gettext


def later(text: str, **values: str | int) -> str:
    """Return a text that takes the language of the moment it is shown in."""
    return cast("str", lazy_gettext(text, **values))
