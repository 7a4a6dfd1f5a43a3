"""Scripts: places that are filled in, checked when the campaign is defined."""

import pytest

from app.campaigns.models import Campaign
from app.campaigns.rules.definition import DEFAULT_SCRIPT, definition_from
from app.campaigns.rules.script import filled, says, values
from app.problems import Problem

VALUES = values("zh", code="4821", office="0513-8532 1234", community="中桥社区")


def script(part: str, text: str, lang: str = "zh") -> str:
    table = {"title": "核对", "communities": "all", "script": {lang: {part: text}}}
    return definition_from(table).script[lang][part]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("编号{code}，{community}，{office}", "编号4821，中桥社区，0513-8532 1234"),
        ("编号｛code｝", "编号4821"),
        ("{ Code }{code}", "48214821"),
        ("没有编号", "没有编号"),
    ],
)
def test_places_are_filled(written: str, said: str) -> None:
    assert filled(script("opening", written), VALUES) == said


def test_without_a_number_the_office_is_called_by_its_name() -> None:
    assert (
        filled("致电{office}", values("zh", code="1", office="", community="")) == "致电社区居委会"
    )
    assert "the community office" in values("en", code="1", office="", community="")["office"]


@pytest.mark.parametrize("wrong", ["{name}", "{}", "{code", "code}", "{{code}}", "{0}", "{编号}"])
@pytest.mark.parametrize("part", ["opening", "closing", "message"])
def test_what_cannot_be_filled_is_refused(part: str, wrong: str) -> None:
    with pytest.raises(Problem, match="campaign_script_place") as found:
        script(part, "编号" + wrong)
    assert found.value.field == part


def test_a_message_without_the_code_is_refused_at_its_field() -> None:
    with pytest.raises(Problem, match="campaign_message_code") as found:
        script("message", "hello", "en")
    assert found.value.field == "message_en"


def test_a_script_of_old_with_braces_in_it_is_left_as_it_is() -> None:
    assert filled("{whoever} {code} }{", VALUES) == "{whoever} 4821 }{"


def test_the_usual_texts_say_the_code_and_what_is_never_asked() -> None:
    for lang, never in (("zh", ("身份证", "银行卡", "验证码")), ("en", ("ID", "bank", "codes"))):
        for part in ("opening", "message"):
            text = DEFAULT_SCRIPT[lang][part]
            assert says(text, "code")
            assert [word for word in never if word not in text] == []
        assert says(DEFAULT_SCRIPT[lang]["message"], "office")


@pytest.mark.parametrize(
    ("written", "stored", "shown"),
    [
        ("0513-85321234", "+8651385321234", "0513-8532 1234"),
        ("（0513）8532 1234", "+8651385321234", "0513-8532 1234"),
        ("13912345678", "+8613912345678", "139 1234 5678"),
        ("0513-85321234转801", "+8651385321234;ext=801", "0513-8532 1234 转801"),
    ],
)
def test_the_office_is_read_however_it_is_written(written: str, stored: str, shown: str) -> None:
    wanted = definition_from({"title": "核对", "communities": "all", "office": written})

    assert wanted.office == stored
    assert Campaign(office=wanted.office).office_number("else") == shown


def test_a_campaign_need_not_name_the_office() -> None:
    wanted = definition_from({"title": "核对", "communities": "all", "office": ""})

    assert (wanted.office, Campaign(office=None).office_number("12345")) == (None, "12345")


@pytest.mark.parametrize("wrong", ["85321234", "12345", "call us", "13912345678 13912345679", 110])
def test_what_is_no_number_of_an_office_is_refused(wrong: object) -> None:
    with pytest.raises(Problem, match="campaign_office"):
        definition_from({"title": "核对", "communities": "all", "office": wrong})
