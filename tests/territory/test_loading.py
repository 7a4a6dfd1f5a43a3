"""Communities come from a table, and again from a newer one."""

import pytest
from sqlalchemy import func, select

from app.audit.models import AuditEntry
from app.db import Database
from app.problems import Place, Problem
from app.territory import service
from app.territory.models import Building, Community
from app.territory.rules import sort_key
from tests.cast import BRIDGE, NOW, SCHOOL, TERRITORY

HEAD, FIRST, *_ = TERRITORY.splitlines()


def load(db: Database, table: str) -> service.Loaded:
    with db.writing() as session:
        return service.load(session, None, NOW, table, "街道.csv")


def names(db: Database) -> dict[str, str]:
    with db.reading() as session:
        return {c.code: c.name for c in session.scalars(select(Community))}


def test_a_table_is_loaded(db: Database) -> None:
    assert load(db, TERRITORY) == service.Loaded(added=4)

    with db.reading() as session:
        found = session.get_one(Community, BRIDGE)
    assert (found.name, found.street_code, found.street_name, found.district_name) == (
        "中桥社区居委会", "320613009", "观音山街道", "崇川区",
    )  # fmt: skip


def test_a_second_load_changes_only_what_changed(db: Database) -> None:
    load(db, TERRITORY)
    newer = (
        TERRITORY.replace("学堂桥", "学堂新") + "320613009099,新社区,320613009,观音山街道,崇川区"
    )

    assert load(db, newer) == service.Loaded(added=1, changed=1, unchanged=3)
    assert (names(db)[SCHOOL], names(db)[BRIDGE]) == ("学堂新社区居委会", "中桥社区居委会")


def test_a_table_that_lacks_a_community_takes_none_away(db: Database) -> None:
    load(db, TERRITORY)

    assert load(db, f"{HEAD}\n{FIRST}") == service.Loaded(unchanged=1)
    assert len(names(db)) == 4


def test_columns_may_stand_in_any_order_among_others(db: Database) -> None:
    table = (
        "\ufeffnote,district_name,name,street_name,street_code,code\n"
        f"x,崇川区, 中桥 ,观音山街道,320613009, {BRIDGE} \n"
    )

    assert load(db, table).added == 1
    assert names(db) == {BRIDGE: "中桥"}


@pytest.mark.parametrize(
    ("row", "code", "values"),
    [
        ("32061300900,某,3,某,某", "territory_code", {"code": "32061300900"}),
        ("32061300900a,某,3,某,某", "territory_code", {"code": "32061300900a"}),
        (
            "３２０６１３００９００９,某,3,某,某",
            "territory_code",
            {"code": "３２０６１３００９００９"},
        ),
        (",某,3,某,某", "territory_code", {"code": ""}),
        (FIRST, "territory_repeated", {"code": BRIDGE}),
        ("320613009009, ,3,某,某", "territory_name", {}),
        ("320613009009", "territory_name", {}),
    ],
)
def test_a_row_that_cannot_be_read_is_named_and_nothing_is_loaded(
    db: Database, row: str, code: str, values: dict[str, str]
) -> None:
    table = f"{HEAD}\n{FIRST}\n{row}\n"
    with pytest.raises(Problem) as raised:
        load(db, table)

    place = Place(file="街道.csv", row=3)
    assert raised.value == Problem(code, place=place, values=dict(values))
    assert names(db) == {}


def test_columns_that_lack_are_named(db: Database) -> None:
    with pytest.raises(Problem) as raised:
        load(db, "code,name,street_name\n")

    assert (raised.value.code, raised.value.values) == (
        "territory_columns",
        {"columns": "street_code, district_name"},
    )


def test_an_empty_file_lacks_every_column(db: Database) -> None:
    with pytest.raises(Problem, match="territory_columns"):
        load(db, "")


def test_a_load_is_in_the_trail(db: Database) -> None:
    load(db, TERRITORY)

    with db.reading() as session:
        entry = session.scalars(select(AuditEntry)).one()
    assert (entry.act, entry.at) == ("territory_loaded", NOW)
    assert entry.detail == {"added": 4, "changed": 0, "unchanged": 0}


def test_an_empty_line_is_nothing(db: Database) -> None:
    assert load(db, f"{HEAD}\n{FIRST}\n\n\n").added == 1


def test_a_building_is_added_once(db: Database) -> None:
    load(db, TERRITORY)
    with db.writing() as session:
        one = service.building_named(session, BRIDGE, "观音花苑", "1幢")
        again = service.building_named(session, BRIDGE, "观音花苑", "1幢")
        elsewhere = service.building_named(session, SCHOOL, "观音花苑", "1幢")
        assert (one.id, one.label) == (again.id, "观音花苑1幢")
        assert elsewhere.id != one.id
        assert session.scalar(select(func.count(Building.id))) == 2


@pytest.mark.parametrize(
    "walk",
    [
        ["2幢", "10幢", "10幢A"],
        ["花苑|2幢|1单元", "花苑|2幢|2单元", "花苑|12幢|1单元"],
        ["99室", "101室", "1001室"],
    ],
)
def test_addresses_sort_as_one_walks_past_them(walk: list[str]) -> None:
    assert sorted(walk, key=lambda text: sort_key(*text.split("|"))) == walk


def test_two_writings_of_an_address_have_one_key() -> None:
    assert sort_key("花苑", "１０幢") == sort_key("花苑", "10幢")
    assert sort_key("1", "23") != sort_key("12", "3")
