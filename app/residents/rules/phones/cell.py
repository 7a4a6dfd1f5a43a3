"""What stands in a phone cell of a roster: the numbers, and the pieces that are none.

A number is only ever made of whole runs of digits. What can be read in two ways is not read at
all: a number that is missed is seen by a person, a wrong one rings a stranger.
"""

import re
from dataclasses import dataclass, field

from app.residents.rules.phones import plan
from app.residents.rules.phones.fragments import (
    FRAGMENT,
    Fragment,
    Phones,
    numbers_standing_apart,
    ways_to_read,
)
from app.residents.rules.phones.reasons import Unusable
from app.residents.rules.phones.stored import kind
from app.residents.rules.phones.text import (
    IDENTITY,
    IDENTITY_NUMBER,
    LONGEST_CELL,
    number_shown,
    number_text,
    plain,
    shown,
)

_SCIENTIFIC = re.compile(
    r"(?<![0-9.])([0-9])(?:\.([0-9]+)[eE]\+?|[eE]\+)(0?[7-9]|[1-9][0-9])(?![0-9])"
)
_FLOAT_TAIL = re.compile(r"(?<=[0-9]{7})\.0+(?![0-9.])")
# An extension before a comma is none: 转8、139….
_LIST_NUMBER = re.compile(
    r"(?<![0-9.\-转机xX#*])(?<![转机] )[1-9][.)、](?= ?1[3-9][0-9]{9}(?![0-9]))"
)
_DAY = re.compile(
    r"(?<![0-9.\-])(?:19|20)[0-9]{2}([.\-])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12][0-9]|3[01])"
    r"(?![.\-]?[0-9])"
)
_HIDDEN = re.compile(
    r"(?<![0-9])[0-9]{1,7}(?:[ \-]?[*xX×●○]{2,}|[?#]{2,}|…+)[ \-]?[0-9]{0,8}(?![0-9])|#{3,}"
)
_ACCOUNT = re.compile(r"(?:QQ|微信|wechat)[^0-9\n]{0,4}[0-9]{5,10}(?![0-9])", re.IGNORECASE)
_EXTENSION_LABEL = re.compile(
    r"[ (:;,]*(?:(?:转|轉|分机|分機|内线|內線)+(?:号码?|號碼?)?|ext(?:ension|n)?|x|#|\*)[ .:=(\-]*",
    re.IGNORECASE,
)
_EXTENSION = re.compile(r"[0-9]{1,6}")
_EXTENSION_BEHIND_COMMA = re.compile(r"[0-9]{2,5}")
_SAME_AS_ABOVE = re.compile(r"同上|同前|〃|″|[\"”]")
_PLUS_BETWEEN = re.compile(r"(?<=[0-9]) ?\+ ?(?=1[3-9][0-9]{9}(?![0-9]))")
_OUT_OF_USE = re.compile(r"空号|停机|停用|作废|注销|销号|错号|号码?错误?|已换号|不用了")
# Words that say of a number only what everybody knows.
_SAID_ANYWAY = re.compile(
    r"(?:本人|手机|移动|电话|号码|座机|固话|固定|住宅|宅电|家庭|联系|方式|备用|常用|微信|同号|同步|或者?|和|及|转|分机"
    r"|內線|内线|轉|tel|mobile|phone|ext|br|[+(]?[0-9][0-9 )\-.]{5,}[0-9]|[+\-.*#&=~@<>])+",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\x00-\x7f]|[A-Za-z]{3}")
_AROUND_NOTE = " \n、/,;:|。.()（）'\"“”‘’`-"
_LONGEST_NOTE = 20
_SEPARATOR = re.compile(r"[ 、/,;|\n。]+")
_WRAPPING = " \n='\"“”‘’`"
_REMARK_DIGITS = 4
_LIST_DIGITS = 2


@dataclass(frozen=True)
class CellReading:
    """The numbers of a cell in the order written, each once, and what in it is no number."""

    phones: Phones = ()
    rejected: tuple[Unusable, ...] = ()
    # What people wrote beside the numbers: whose they are, when to ring.
    note: str = field(default="", compare=False)


def read_cell(cell: str | float | None, area_code: str = "0513") -> CellReading:
    """Read a phone cell; never raises, whatever stands in it.

    ``area_code`` is given to local numbers written without one. None, NaN and an empty cell give
    an empty reading.
    """
    if isinstance(cell, str):
        return _read_text(cell, area_code.removeprefix("0"))
    if cell is None or cell != cell:  # noqa: PLR0124 - NaN alone differs from itself
        return CellReading()
    if isinstance(cell, bool):
        return _refused(str(cell).upper(), "no_number_here")
    text = number_text(cell)
    if text is None:
        return _refused(number_shown(cell), "digits_lost")
    return _read_text(text, area_code.removeprefix("0"))


def _read_text(cell: str, area: str) -> CellReading:
    # Most cells of a roster are nothing but a mobile number.
    if plan.MOBILE.fullmatch(cell):
        return CellReading((f"+86{cell}",))
    if len(cell) > LONGEST_CELL and len(cell := cell.strip()) > LONGEST_CELL:
        return _refused(cell, "too_long_cell")
    text = plain(cell).strip()
    if _SAME_AS_ABOVE.fullmatch(text.strip("()。")):
        return _refused(text, "same_as_above")
    if not text.strip(_WRAPPING):
        return CellReading()
    reading = _Reading(area)
    rest = reading.read(text)
    phones = tuple(dict.fromkeys(reading.phones))
    if len(phones) == 1 and _OUT_OF_USE.search(text):
        return _refused(text, "out_of_use")
    return CellReading(
        phones, tuple(dict.fromkeys(reading.rejected)), _note(rest) if phones else ""
    )


def _note(text: str) -> str:
    """What stands beside the numbers of a cell and says more than that they are numbers."""
    pieces = (piece.strip(_AROUND_NOTE) for piece in _SEPARATOR.split(_SAID_ANYWAY.sub("\n", text)))
    words = [piece for piece in pieces if _WORD.search(piece)]
    return "，".join(dict.fromkeys(words))[:_LONGEST_NOTE]


def _refused(text: str, reason: str) -> CellReading:
    return CellReading(rejected=(_unusable(text, reason),))


def _unusable(text: str, reason: str) -> Unusable:
    text = shown(text)
    return Unusable(text, "identity_number" if text == IDENTITY else reason)


@dataclass
class _Reading:
    """A cell half read: the numbers and refusals so far."""

    area: str
    phones: list[str] = field(default_factory=list)
    rejected: list[Unusable] = field(default_factory=list)

    def read(self, text: str) -> str:
        """Read all of a text that ``plain`` has cleaned; return what may be numbers and words."""
        rest = self._cut_out_what_is_no_number(text)
        self._read_fragments(rest)
        for piece in _SEPARATOR.split(text):
            if _SAME_AS_ABOVE.fullmatch(piece):
                self._reject(piece, "same_as_above")
        if not self.phones and not self.rejected:
            is_dead = _OUT_OF_USE.search(text)
            self._reject(text, "out_of_use" if is_dead else "no_number_here")
        return rest

    def _cut_out_what_is_no_number(self, text: str) -> str:
        text = _FLOAT_TAIL.sub("", _SCIENTIFIC.sub(_spelt_out, _PLUS_BETWEEN.sub("\n", text)))
        text = self._cut(_SCIENTIFIC, text, "digits_lost")
        text = self._cut(IDENTITY_NUMBER, text, "identity_number")
        text = self._cut(_HIDDEN, text, "digits_lost")
        text = self._cut(_ACCOUNT, text, "ambiguous")
        return _LIST_NUMBER.sub("\n", _DAY.sub("\n", text))

    def _cut(self, pattern: re.Pattern[str], text: str, reason: str) -> str:
        for match in pattern.finditer(text):
            self._reject(match[0], reason)
        return pattern.sub("\n", text)

    def _read_fragments(self, text: str) -> None:
        has_words = any(char.isalpha() for char in text)
        end, behind_number = 0, False
        for match in FRAGMENT.finditer(text):
            fragment: Fragment | None = Fragment.of(match[0])
            if behind_number and fragment:
                fragment = self._take_extension(text[end : match.start()], fragment)
            end, behind_number = match.end(), False
            if fragment and not _is_remark(fragment, has_words=has_words):
                behind_number = self._take(fragment, has_words=has_words)

    def _take_extension(self, between: str, fragment: Fragment) -> Fragment | None:
        """Add the extension this begins with, if any, to the last number; give what is left."""
        group = fragment.groups[0]
        labelled = _EXTENSION_LABEL.fullmatch(between) and _EXTENSION.fullmatch(group)
        if fragment.plus or not (labelled or self._is_behind_comma(between, fragment)):
            return fragment
        self.phones[-1] += f";ext={group}"
        count = len(fragment.groups)
        return fragment.part(1, count) if count > 1 else None

    def _is_behind_comma(self, between: str, fragment: Fragment) -> bool:
        return (
            between.strip() == ","
            and kind(self.phones[-1]) == "landline"
            and bool(_EXTENSION_BEHIND_COMMA.fullmatch(str(fragment)))
            and not plan.SHORT_CODE.fullmatch(fragment.digits)
        )

    def _take(self, fragment: Fragment, *, has_words: bool) -> bool:
        """Take the numbers of a fragment; True when its end can carry an extension."""
        ways = ways_to_read(fragment, self.area)
        if len(ways) > 1:
            self._reject(str(fragment), "ambiguous")
            return False
        if ways:
            self.phones += ways[0]
            return ";" not in self.phones[-1]
        return self._take_words(fragment, has_words=has_words)

    def _take_words(self, fragment: Fragment, *, has_words: bool) -> bool:
        phones: Phones = ()
        for part, phones in numbers_standing_apart(fragment, self.area) or [(fragment, ())]:
            self.phones += phones
            if not (phones or _is_remark(part, has_words=has_words)):
                self._reject(str(part), plan.why_not(part.groups, plus=part.plus))
        return bool(phones) and ";" not in phones[-1]

    def _reject(self, text: str, reason: str) -> None:
        self.rejected.append(_unusable(text, reason))


def _is_remark(fragment: Fragment, *, has_words: bool) -> bool:
    """Tell digits that number a list, or belong to words such as 301室, from a broken number."""
    most = _REMARK_DIGITS if has_words else _LIST_DIGITS
    return not fragment.plus and len(fragment.digits) <= most


def _spelt_out(match: re.Match[str]) -> str:
    """Write 1.3812345678E+10 as digits; leave it as it is when it does not hold them all."""
    first, rest, exponent = match[1], match[2] or "", int(match[3])
    if len(rest) < exponent or rest[exponent:].strip("0"):
        return match[0]
    return first + rest[:exponent]
