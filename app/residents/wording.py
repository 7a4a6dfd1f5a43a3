"""What pages and documents say of residents and their numbers, in the reader's language."""

from app import i18n
from app.residents.rules import phones


def reason(code: str) -> str:
    """Return why a number can't be rung."""
    zh, en = phones.REASONS[code]
    return zh if i18n.lang() == "zh" else en
