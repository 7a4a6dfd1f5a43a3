"""What pages and documents say of residents and their numbers, in the reader's language."""

from collections.abc import Mapping

from flask_babel import gettext as _

from app import i18n
from app.residents.rules import phones


def reason(code: str) -> str:
    """Return why a number can't be rung."""
    zh, en = phones.REASONS[code]
    return zh if i18n.lang() == "zh" else en


def field(name: str) -> str:
    """Return how people call what a row can change."""
    names = {
        "name": _("Name"),
        "community": _("Community"),
        "address": _("Address"),
        "relation": _("Relation"),
        "language": _("Language"),
        "remark": _("Remark"),
        "numbers": _("Numbers"),
        "unusable": _("Numbers that can't be rung"),
        "household": _("Household"),
    }
    return str(names[name])


def shown(value: object) -> str:
    """Return what stands in a field, as people read it: a text, numbers, or what is no number."""
    if isinstance(value, list):
        return str(_(", ")).join(map(_one, value)) or str(_("(nothing)"))
    return str(value) or str(_("(nothing)"))


def _one(number: str | Mapping[str, str]) -> str:
    return phones.display(number) if isinstance(number, str) else number["text"]


def unusable(written: Mapping[str, str]) -> str:
    """Return what can't be rung, and why."""
    return f"{written['text']} — {reason(written['reason'])}"
