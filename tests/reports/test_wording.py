"""The two languages say the same, and numbers read right."""

import string
from dataclasses import fields
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from app.reports.wording import EN, ZH, wording
from tests.reports.sample import AS_OF


def _texts(words):
    for field in fields(words):
        value = getattr(words, field.name)
        for number, text in enumerate((value,) if isinstance(value, str) else value):
            yield f"{field.name}/{number}", text if isinstance(text, str) else ""


def _places(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_texts_with_the_same_places():
    zh, en = dict(_texts(ZH)), dict(_texts(EN))
    assert zh.keys() == en.keys()
    differing = {key for key in zh if _places(zh[key]) != _places(en[key])}
    assert differing == {"day_pattern/0"}  # English writes the month's name.
    assert ZH.aapor_meanings.keys() == EN.aapor_meanings.keys()


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 5, "0.0%"),
        (1999, 2000, "99.9%"),  # Not everybody, so never 100.0%.
        (2000, 2000, "100.0%"),
        (2, 3, "66.6%"),
        (0, 0, "undefined"),
    ],
)
def test_completion_is_cut_never_rounded_up(part, whole, text):
    assert EN.portion(part, whole) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(2, 3), "66.7%"),
        (Fraction(1, 2000), "0.1%"),
        (Fraction(0), "0.0%"),
        (Fraction(1), "100.0%"),
        (None, "无法计算"),
    ],
)
def test_rates_are_rounded_half_up_and_may_be_undefined(value, text):
    assert ZH.ratio(value) == text


def test_dates_and_moments():
    assert wording("zh").day(date(2026, 3, 5)) == "2026年3月5日"
    assert wording("en").day(date(2026, 3, 5)) == "5 March 2026"
    assert ZH.at(AS_OF) == "2026年11月20日 18:30（UTC+08:00）"
    assert EN.at(datetime(2026, 11, 20, 9, 5, tzinfo=UTC)) == "20 November 2026, 09:05 (UTC+00:00)"


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        ZH.at(datetime(2026, 11, 20))
