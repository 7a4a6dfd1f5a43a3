"""Languages as rosters write them."""

import pytest

from app.residents.rules.languages import tongue


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("普通话", "zh"), ("英语", "en"), ("English", "en"), ("en", "en"), (" 英文 ", "en"),
        ("普通话、英语", "zh"), ("英文、普通话", "en"), ("温州话，英语", "en"),
        ("Mandarin / English", "zh"),
    ],
)  # fmt: skip
def test_the_first_language_named_that_a_script_has_is_spoken(written: str, spoken: str) -> None:
    assert tongue(written, {"zh": {}, "en": {}}, "nothing") == spoken


@pytest.mark.parametrize("written", ["", "  ", "日语", "French", "南通话"])
def test_else_what_is_usual_is(written: str) -> None:
    assert tongue(written, {"zh": {}, "en": {}}, "en") == "en"
    assert tongue(written, {"zh": {}, "en": {}}, "zh") == "zh"


def test_a_language_without_a_script_is_passed_over() -> None:
    assert tongue("英语、普通话", {"zh": {}}, "zh") == "zh"
