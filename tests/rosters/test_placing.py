"""To which community a row belongs: the rules alone."""

import pytest

from app.problems import Place
from app.residents.rules.rows import Draft
from app.rosters.rules.placing import Gazetteer, Row, Territory

GAZETTEER = Gazetteer.of([
    Territory("1", "幸福社区", "东街道", "甲区"),
    Territory("2", "幸福社区", "西街道", "甲区"),
    Territory("3", "幸福社区", "东街道", "乙区"),
    Territory("4", "桥头社区居委会", "东街道", "甲区"),
])  # fmt: skip


@pytest.mark.parametrize(
    ("code", "names", "found"),
    [
        ("2", {}, "2"),
        ("2", {"community": "桥头社区"}, "2"),
        ("9", {"community": "桥头社区"}, "4"),
        ("9", {}, None),
        (None, {"community": "桥头社区"}, "4"),
        (None, {"community": " 桥头社区 居民委员会"}, "4"),
        (None, {"community": "幸福社区"}, None),
        (None, {"community": "幸福社区", "street": "西街道"}, "2"),
        (None, {"community": "幸福社区", "street": "东街道"}, None),
        (None, {"community": "幸福社区", "street": "东街道", "district": "乙区"}, "3"),
        (None, {"community": "桥头社区", "street": "西街道"}, None),
        (None, {"street": "西街道", "district": "甲区"}, None),
    ],
)
def test_a_community_is_told_by_its_code_or_by_names_that_fit_one(
    code: str | None, names: dict[str, str | None], found: str | None
) -> None:
    assert GAZETTEER.find(code, names) == found


def test_what_is_written_of_a_community_fits_on_record() -> None:
    draft = Draft(Place(row=2), "陈一", community="某" * 80, street="某" * 80, district="甲区")

    assert Row.of(draft, None).community_written == f"甲区 {'某' * 80} {'某' * 76}"
