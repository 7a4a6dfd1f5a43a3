"""The Chinese numbering plan: which digits make a number, and what is wrong with those that don't.

Blocks in use come from the metadata of ``phonenumbers``; it is narrowed where it is looser than
reality (no subscriber number begins with 0, 1 or 9). Block 149, which sources disagree on, follows
the library: not in use. All digits here are ASCII.
"""

import re
from itertools import accumulate

import phonenumbers
from phonenumbers import PhoneNumberType, ValidationResult

_COUNTRY = "86"


def _in_metadata(description: str) -> re.Pattern[str]:
    china = phonenumbers.PhoneMetadata.metadata_for_region("CN")
    return re.compile(getattr(china, description).national_number_pattern, re.ASCII)


MOBILE = _in_metadata("mobile")
_FIXED = _in_metadata("fixed_line")
_LANDLINE = re.compile(r"(?P<area>10|2\d|[3-9]\d\d)(?P<subscriber>[2-8]\d{6,7})", re.ASCII)

# A call through an IP carrier begins with a code such as 17951 or 12593, as the library has it.
_WRITTEN = re.compile(
    r"(?P<carrier>1(?:[12]\d|79)\d\d)?(?P<country>0?86)?(?P<trunk>0)?(?P<national>[1-9]\d{9,10})",
    re.ASCII,
)
_LOCAL_DATE = re.compile(r"20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", re.ASCII)

_DEVICE = re.compile(r"(?:0{0,2}86)?(?:14\d{11}|1064\d{9})", re.ASCII)
SHORT_CODE = re.compile(r"1\d\d|1\d{4}|11\d{4}|9[56]\d{3,4}", re.ASCII)
_SERVICE = re.compile(
    rf"(?:0{{0,2}}86)?(?:0(?:10|2\d|[3-9]\d\d))?(?:{SHORT_CODE.pattern})"
    r"|(?:0{0,2}86)?0?(?:[48]00\d{7}|950\d{7,8}|106\d{8,})",
    re.ASCII,
)
_SERVICE_TYPES = frozenset(
    {
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
        PhoneNumberType.PAGER,
    }
)
_LOCAL_LENGTHS = range(7, 9)
_MOBILE_LENGTH = 11
_LONGEST_E164 = 15


def is_landline(national: str) -> bool:
    """Say whether a national number without its leading 0 is a landline that people can have."""
    return bool(_LANDLINE.fullmatch(national) and _FIXED.fullmatch(national))


def read_groups(groups: tuple[str, ...], area: str, *, plus: bool = False) -> str | None:
    """Read groups of digits, as they stand between blanks and hyphens, as one E.164 number.

    ``area`` is the area code without its 0, for a local number; ``plus`` tells that a + stands in
    front. None when the groups together are no number, or one that could be meant otherwise.
    """
    digits = "".join(groups)
    if plus:
        return _international(digits)
    if digits.startswith("00"):
        return None if _is_mobile_behind_zeros(groups) else _international(digits[2:])
    if len(digits) in _LOCAL_LENGTHS:
        return _local(digits, area)
    return _domestic(groups, area)


def _is_mobile_behind_zeros(groups: tuple[str, ...]) -> bool:
    """A slip such as 0013852345678 would ring Utah: +1 is believed only where it stands apart."""
    return groups[0] != "001" and bool(MOBILE.fullmatch("".join(groups)[2:]))


def _local(digits: str, area: str) -> str | None:
    # A day such as 20240131 stands in many remarks; nobody can tell it from a local number.
    if _LOCAL_DATE.fullmatch(digits) or not is_landline(area + digits):
        return None
    return f"+{_COUNTRY}{area}{digits}"


def _domestic(groups: tuple[str, ...], area: str) -> str | None:
    written = _WRITTEN.fullmatch("".join(groups))
    # 1-2-301 in front of a mobile is a room, 12301 a carrier.
    if not written or len(groups[0]) < written.end("carrier"):
        return None
    national = written["national"]
    if not MOBILE.fullmatch(national) and not (
        is_landline(national) and (written["trunk"] or _zero_was_dropped(groups, written, area))
    ):
        return None
    return f"+{_COUNTRY}{national}"


def _zero_was_dropped(groups: tuple[str, ...], written: re.Match[str], area: str) -> bool:
    """Tell 0513… without its 0 from a mobile that lacks its 1, or a local number with an extension.

    Certain where the area code stands apart, is our own or has two digits (021), or where 86
    stands in front of eleven digits.
    """
    start = written.start("national")
    inner_ends = [end for end in accumulate(map(len, groups)) if start < end < written.end()]
    if inner_ends:
        landline = _LANDLINE.fullmatch(written["national"])
        return landline is not None and inner_ends[0] == start + landline.end("area")
    national = written["national"]
    with_country = bool(written["country"]) and len(national) == _MOBILE_LENGTH
    return national.startswith("2") or (
        len(national) == _MOBILE_LENGTH and (with_country or national.startswith(area))
    )


def _international(digits: str) -> str | None:
    if digits.startswith(_COUNTRY):
        national = digits.removeprefix(_COUNTRY).removeprefix("0")
        valid = MOBILE.fullmatch(national) or is_landline(national)
        return f"+{_COUNTRY}{national}" if valid else None
    # Some countries' plans, Germany's for one, hold longer numbers than E.164 lets through.
    number = _parse(digits) if len(digits) <= _LONGEST_E164 else None
    if number is None or not phonenumbers.is_valid_number(number):
        return None
    e164: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # The library rewrites some countries' numbers; here only a written (0) may go.
    if e164 not in {f"+{digits}", f"+{digits.replace('0', '', 1)}"}:
        return None
    return None if phonenumbers.number_type(number) in _SERVICE_TYPES else e164


def _parse(digits: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(f"+{digits}", None)
    except phonenumbers.NumberParseException:
        return None


def why_not(groups: tuple[str, ...], *, plus: bool = False) -> str:
    """Name the reason, a key of ``REASONS``, why these digits are no number that can be rung."""
    digits = "".join(groups)
    if plus and not digits.startswith(_COUNTRY):
        return _why_not_abroad(digits)
    if _DEVICE.fullmatch(digits):
        return "iot_number"
    # 1-2-301 is a room, 12301 the tourists' line.
    if _SERVICE.fullmatch(digits) and len(groups[0]) > 1:
        return "service_number"
    if not plus and digits.startswith("00") and not digits.startswith("0086"):
        mobile = MOBILE.fullmatch(digits.lstrip("0"))
        return "ambiguous" if mobile else _why_not_abroad(digits[2:])
    return _why_not_at_home(digits)


def _why_not_abroad(digits: str) -> str:
    number = _parse(digits)
    if number is None:
        return "not_assigned"
    if phonenumbers.is_valid_number(number):
        service = phonenumbers.number_type(number) in _SERVICE_TYPES
        return "service_number" if service else "ambiguous"
    return {
        ValidationResult.TOO_SHORT: "too_short",
        ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "too_short",
        ValidationResult.TOO_LONG: "too_long",
    }.get(phonenumbers.is_possible_number_with_reason(number), "not_assigned")


def _why_not_at_home(digits: str) -> str:
    prefixed = digits.startswith("0") or len(digits) > _MOBILE_LENGTH
    national = re.sub(r"^(?:0{0,2}86)?0?", "", digits) if prefixed else digits
    if is_landline(national) or _LOCAL_DATE.fullmatch(national):
        return "ambiguous"
    length = _expected_length(national, area_known=prefixed)
    if len(national) < length:
        return "too_short"
    return "too_long" if len(national) > length else "not_assigned"


def _expected_length(national: str, *, area_known: bool) -> int:
    """How many digits a number that begins like this one has, without its leading 0."""
    if area_known and not re.match(r"1[1-9]", national):
        eight = is_landline(f"{national[:3]}22222222")
        two_digit_area = re.match(r"10|2", national)
        return 11 if eight and not two_digit_area else 10
    is_local = len(national) == _LOCAL_LENGTHS[-1] and not national.startswith("1")
    return len(national) if is_local else _MOBILE_LENGTH
