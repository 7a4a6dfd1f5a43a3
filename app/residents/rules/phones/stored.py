"""A stored number as people see it, and as a telephone dials it.

Only the shape is asked here, not which blocks are in use today: a number once stored must stay
readable when the numbering plan changes.
"""

import re
from urllib.parse import quote

import phonenumbers

_STORED = re.compile(
    r"(?P<e164>\+86(?P<mobile>1[3-9][0-9]{9})"
    r"|\+86(?![48]00)(?P<area>10|2[0-9]|[3-9][0-9]{2})(?P<subscriber>[2-8][0-9]{6,7})"
    r"|\+(?!86)[1-9][0-9]{4,14})"
    r"(?:;ext=(?P<extension>[0-9]{1,6}))?"
)
_LAST_SHOWN = 4


def display(number: str) -> str:
    """Write a stored number as people do: 138 1234 5678, 0513-8512 3456 转801, +852 9123 4567.

    Raises ValueError for what is not a stored number.
    """
    parts = _parts(number)
    extension = f" 转{parts['extension']}" if parts["extension"] else ""
    return _grouped(parts) + extension


def mask(number: str) -> str:
    """Hide the middle of a stored number (138****5678, 0513-****3456) and its whole extension.

    Raises ValueError for what is not a stored number.
    """
    parts = _parts(number)
    if parts["mobile"]:
        return _starred(parts["mobile"][:3], parts["mobile"][3:])
    if parts["area"]:
        return _starred(f"0{parts['area']}-", parts["subscriber"])
    country, national = _foreign(parts["e164"])
    return _starred(f"+{country} ", national)


def kind(number: str) -> str:
    """Tell "mobile", "landline" or "foreign"; raises ValueError for what is not a stored number."""
    parts = _parts(number)
    if parts["mobile"]:
        return "mobile"
    return "landline" if parts["area"] else "foreign"


def dial_uri(number: str, address: str = "tel:{e164}") -> str:
    """Give the address that dials; by default that of RFC 3966, tel:+8651385123456;ext=801.

    In the address of a page the number is quoted, as its + would be read as a space. Raises
    ValueError for anything but a stored number, so that no text from a roster can ever become a
    control sequence of the telephone.
    """
    stored = _parts(number).string
    return address.replace("{e164}", quote(stored, safe="") if "//" in address else stored)


def _parts(number: str) -> re.Match[str]:
    parts = _STORED.fullmatch(number)
    if not parts:
        raise ValueError("not a stored number")
    return parts


def _grouped(parts: re.Match[str]) -> str:
    if mobile := parts["mobile"]:
        return f"{mobile[:3]} {mobile[3:7]} {mobile[7:]}"
    if subscriber := parts["subscriber"]:
        return f"0{parts['area']}-{subscriber[:-_LAST_SHOWN]} {subscriber[-_LAST_SHOWN:]}"
    try:
        number = phonenumbers.parse(parts["e164"], None)
    except phonenumbers.NumberParseException:
        return parts["e164"]
    shown: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return shown


def _foreign(e164: str) -> tuple[str, str]:
    """Part a foreign number into its country code and the rest."""
    digits = e164.removeprefix("+")
    length = next(
        (n for n in (1, 2, 3) if int(digits[:n]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE), 1
    )
    return digits[:length], digits[length:]


def _starred(head: str, rest: str) -> str:
    """Keep the last four digits, fewer of a short number: never more than half of ``rest``."""
    shown = min(_LAST_SHOWN, (len(rest) + 1) // 2)
    return f"{head}{'*' * (len(rest) - shown)}{rest[-shown:]}"
