"""Why what stands in a phone cell can't be rung."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Unusable:
    """A piece of a phone cell that gives no number.

    ``text`` is as written, without invisible characters, at most 50 characters, and never an
    identity number. ``reason`` is a key of ``REASONS``.
    """

    text: str
    reason: str


REASONS: dict[str, tuple[str, str]] = {
    "no_number_here": ("没有提供号码。", "There is no number here."),
    "same_as_above": ("写的是“同上”，号码要看上一行。", "It refers to the row above."),
    "too_short": ("位数不够。", "It has too few digits."),
    "too_long": ("位数太多。", "It has too many digits."),
    "not_assigned": ("这个号段没有启用，打不通。", "No such number is in use."),
    "service_number": (
        "这是服务号码或紧急号码，不是居民的电话。",
        "It is a service or emergency number, not a resident's.",
    ),
    "iot_number": ("这是13位物联网号码，不能通话。", "It is a 13-digit number of a device."),
    "out_of_use": (
        "名单上写着这个号码已停用。",
        "The roster says that this number is out of use.",
    ),
    "digits_lost": (
        "号码的部分数字已经丢失或被遮住，请核对原表。",
        "Some digits were lost or hidden; check the original.",
    ),
    "identity_number": (
        "这是身份证号，没有保存。",
        "It is an identity number; it was not kept.",
    ),
    "ambiguous": (
        "可以有不止一种读法，请人工核对。",
        "It can be read in more than one way; a person must decide.",
    ),
    "too_long_cell": ("单元格内容太长，没有读取。", "The cell is too long and was not read."),
}
"""Reason code to a sentence for people, in Chinese and English."""
