"""A phone cell as plain text: what spreadsheets, exports and chat programs wrap around digits."""

import re
import unicodedata
from functools import lru_cache

LONGEST_CELL = 500
_LONGEST_SHOWN = 50
_ROUNDED = 11
_LARGEST_INTEGER = 10**30
IDENTITY = "身份证号"

_HYPHENS = "−ー_"
_DOTS = "·・•‧∙⋅"
_OPENING = "[【〔{〈"
_CLOSING = "]】〕}〉"
_PECULIAR = re.compile(r"[^ -Z^`-z|~\n]")

# Region, birthday, sequence and check character of an identity number, ~ where writers put gaps.
# Two mobiles in groups can look like it, but then go on; no region begins with 86.
_IDENTITY_IN_GROUPS = (
    "(?:[1-6]~[0-7]|7~1|8~[1-3])" + "~[0-9]" * 4 + "~(?:1~9|2~0)~[0-9]~[0-9]"
    "~(?:0~[1-9]|1~[0-2])~(?:0~[1-9]|[12]~[0-9]|3~[01])"
    + "~[0-9]" * 3
    + "~(?:[0-9](?!~[0-9])|[Xx])"
).replace("~", r"[ .,/()\-]{0,2}")
IDENTITY_NUMBER = re.compile(
    rf"(?<![0-9+])(?:{_IDENTITY_IN_GROUPS}"
    r"|[1-9][0-9]{16}(?:[0-9](?![0-9])|[Xx])|[1-9][0-9]{14}(?![0-9]))"
)
_ROUNDED_IDENTITY = re.compile(r"(?<![0-9])[1-9]\.[0-9]{6,}[eE]\+?1[47](?![0-9])")
_LONG_RUN = re.compile(r"[0-9]{15,}")
_BIRTHDAY_INSIDE = re.compile(
    r"[1-8][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
)


def plain(text: str) -> str:
    """Bring every way to write a digit, blank, hyphen, dot or bracket to its ASCII form.

    Invisible characters go. Digits in circles stay what they are: they number a list.
    """
    return _PECULIAR.sub(lambda match: _plain_character(match[0]), text)


@lru_cache(maxsize=4096)
def _plain_character(char: str) -> str:
    for written, meant in ((_HYPHENS, "-"), (_DOTS, "."), (_OPENING, "("), (_CLOSING, ")")):
        if char in written:
            return meant
    if (digit := unicodedata.decimal(char, None)) is not None:
        return str(digit)
    if "！" <= char <= "～":
        return plain(chr(ord(char) - ord("！") + ord("!")))
    if char in "\r\v\f\x85":
        return "\n"
    by_category = {"Cf": "", "Cs": "", "Cc": " ", "Zs": " ", "Zl": "\n", "Zp": "\n", "Pd": "-"}
    return by_category.get(unicodedata.category(char), char)


def number_text(number: float) -> str | None:
    """Write a number cell's digits; None where the spreadsheet no longer holds what was typed.

    That is: a fraction, a negative (0513-85123456 taken for a sum), or eleven digits of which only
    the first three are not 0 (1.38E+10 opened and saved again).
    """
    if number < 0 or number != number // 1:
        return None
    digits = number_shown(number)
    return None if len(digits) == _ROUNDED and digits.endswith("0" * 8) else digits


def number_shown(number: float) -> str:
    """Write any number; infinity, and what has more digits than Python prints, as 1E+30."""
    if abs(number) > _LARGEST_INTEGER:
        return "-1E+30" if number < 0 else "1E+30"
    return str(int(number)) if number == number // 1 else str(number)


def shown(text: str) -> str:
    """Cut a text to what may stand in a report: 50 characters, no identity number among them."""
    return without_identity(plain(text[:LONGEST_CELL])).strip()[:_LONGEST_SHOWN]


def without_identity(text: str) -> str:
    """Replace identity numbers, also in a longer run of digits or rounded (3.20683199001E+17)."""
    text = _ROUNDED_IDENTITY.sub(IDENTITY, IDENTITY_NUMBER.sub(IDENTITY, text))
    return _LONG_RUN.sub(lambda run: IDENTITY if _BIRTHDAY_INSIDE.search(run[0]) else run[0], text)
