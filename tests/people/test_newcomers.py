"""A list of people to be added: how it is read, and who may add whom."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.db import Database
from app.people import newcomers, queries
from app.people.rules.newcomers import MOST, Newcomer, read, rows_of, text_of
from app.problems import ForbiddenError, Problem
from tests import cast
from tests.cast import BRIDGE, FAR, HARBOUR, NOW, SCHOOL, Cast, Person


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("王小梅", Newcomer(1, "王小梅", (), ())),
        ("  王小梅  ", Newcomer(1, "王小梅", (), ())),
        ("\n\n王小梅", Newcomer(3, "王小梅", (), ())),
        ("王小梅\t南通话 普通话", Newcomer(1, "王小梅", ("南通话", "普通话"), ())),
        ("王小梅,南通话、普通话", Newcomer(1, "王小梅", ("南通话", "普通话"), ())),
        (
            "王小梅，南通话;如东话，中桥社区",
            Newcomer(1, "王小梅", ("南通话", "如东话"), ("中桥社区",)),
        ),
        ('"Wang, Xiaomei",en', Newcomer(1, "Wang, Xiaomei", ("en",), ())),
        ("Li Wei\t\t320613009001", Newcomer(1, "Li Wei", (), ("320613009001",))),
        ("王小梅\t\t\t", Newcomer(1, "王小梅", (), ())),
        ("姓名\t语言\n王小梅", Newcomer(2, "王小梅", (), ())),
        ("Name,Languages\n王小梅", Newcomer(2, "王小梅", (), ())),
    ],
)
def test_a_line_is_read_as_people_write_it(text: str, found: Newcomer) -> None:
    assert read(rows_of(text)) == ([found], [])


@pytest.mark.parametrize(
    ("text", "row", "field", "code"),
    [
        ("甲一\n\t南通话", 2, "name", "user_name"),
        ("甲一\n" + "名" * 41, 2, "name", "user_name"),
        ("甲一\na\u202eb", 2, "name", "user_name"),
        ("甲一\n乙二\n甲一", 3, "name", "newcomer_twice"),
        ("Li Wei\nLI  WEI", 2, "name", "newcomer_twice"),
        ("甲一\n乙二\t话\t区\t13912345678", 2, "communities", "newcomer_fields"),
        ("甲一\n乙二\t" + "话" * 41, 2, "languages", "newcomer_language"),
        ("甲一\n乙二\t" + " ".join("一二三四五六七八九"), 2, "languages", "newcomer_language"),
        ("甲一\n乙二\t话\u200b", 2, "languages", "newcomer_language"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, row: int, field: str, code: str) -> None:
    _found, wrong = read(rows_of(text))

    assert [(one.place.row, one.field, one.code) for one in wrong if one.place] == [
        (row, field, code)
    ]


@pytest.mark.parametrize("text", ["", " \n\t\n ,", "姓名", "姓名\t语言\n"])
def test_a_list_of_nobody_is_refused(text: str) -> None:
    with pytest.raises(Problem, match="newcomers_none"):
        read(rows_of(text))


def test_a_list_of_very_many_is_refused() -> None:
    many = "\n".join(f"志愿者{number}" for number in range(MOST))
    assert len(read(rows_of(many))[0]) == MOST
    with pytest.raises(Problem, match="newcomers_many"):
        read(rows_of(f"{many}\n还有一个"))


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_by_a_problem(text: str) -> None:
    try:
        found, _wrong = read(rows_of(text))
    except Problem:
        return
    assert all(one.name.strip() and len(one.name) <= 40 for one in found)


@given(st.lists(st.lists(st.text(max_size=10), min_size=1, max_size=3), max_size=5))
def test_rows_of_a_sheet_can_be_mended_as_text(rows: list[list[str]]) -> None:
    """Each stands in the line of its number, and a cell never becomes two."""
    numbered = [(2 * place + 3, cells) for place, cells in enumerate(rows)]
    lines = text_of(numbered).split("\n")
    for number, cells in numbered:
        assert lines[number - 1].split("\t") == [" ".join(cell.split()) for cell in cells]


@pytest.fixture
def people(db: Database) -> Cast:
    return cast.standing(db)


def plan(db: Database, who: Person, text: str, team: str | None = None) -> newcomers.Plan:
    with db.reading() as session:
        return newcomers.plan(session, who.user, rows_of(text), team)


def codes(plan: newcomers.Plan) -> list[str]:
    return [problem.code for problem in plan.problems]


OWN, OTHER, FARAWAY = "观音山街道", "港口街道", "远方街道"


def test_a_leader_adds_to_their_own_team_alone(db: Database, people: Cast) -> None:
    for asked in (None, OWN, OTHER, FARAWAY):
        assert plan(db, people.leader, "王小梅", asked).team == OWN
    assert codes(plan(db, people.leader, f"王小梅\t\t{HARBOUR}")) == ["community_unknown"]
    teamless = cast.add(db, "无组组长", "leader", communities=[BRIDGE])
    with pytest.raises(ForbiddenError):
        plan(db, teamless, "王小梅")


def test_a_supervisor_gives_nobody_sight_of_more_than_their_own(db: Database, people: Cast) -> None:
    """The supervisor has one of the two communities of the first team's street."""
    who = people.supervisor
    assert codes(plan(db, who, "王小梅", OWN)) == ["newcomer_beyond"]
    assert codes(plan(db, who, "王小梅\t\t中桥社区", OWN)) == []
    assert codes(plan(db, who, "王小梅", OTHER)) == []
    assert codes(plan(db, who, "王小梅")) == ["newcomer_nowhere"]
    assert codes(plan(db, who, f"王小梅\t\t{SCHOOL}", OWN)) == ["community_unknown"]
    with pytest.raises(Problem, match="team_not_yours"):
        plan(db, who, "王小梅", FARAWAY)


def test_an_administrator_adds_anywhere(db: Database, people: Cast) -> None:
    for team in (OWN, OTHER, FARAWAY):
        assert codes(plan(db, people.administrator, "王小梅", team)) == []
    assert codes(plan(db, people.administrator, f"王小梅\t\t{FAR}")) == []


def test_a_community_is_known_by_code_name_or_beginning(db: Database, people: Cast) -> None:
    for written in (BRIDGE, "中桥社区居委会", "中桥"):
        found = plan(db, people.administrator, f"王小梅\t\t{written}").people[0]
        assert [place.code for place in found.named] == [BRIDGE]
    with db.writing() as session:
        from app.territory import service as territory

        twin = cast.TERRITORY + "320613009009,中桥社区新村,320613009,观音山街道,崇川区\n"
        territory.load(session, None, NOW, twin, "twin.csv")
    assert codes(plan(db, people.administrator, "王小梅\t\t中桥社区")) == ["community_ambiguous"]


def test_a_name_that_is_taken_is_named(db: Database, people: Cast) -> None:
    cast.add(db, "Li Wei", "volunteer")
    found = plan(db, people.leader, "王小梅\nli wei\n志愿者甲")
    assert [(one.code, one.place and one.place.row) for one in found.problems] == [
        ("user_exists", 2), ("user_exists", 3),
    ]  # fmt: skip


def test_all_are_added_or_nobody(db: Database, people: Cast) -> None:
    wrong = plan(db, people.leader, "王小梅\n志愿者甲")
    with pytest.raises(Problem, match="user_exists"), db.writing() as session:
        newcomers.take_in(session, people.leader.user, NOW, wrong)
    with db.writing() as session:
        good = newcomers.plan(
            session, people.leader.user, rows_of("王小梅\t南通话\n李大力\t\t学堂桥"), None
        )
        invited = newcomers.take_in(session, people.leader.user, NOW, good)
    assert [one.user.name for one in invited] == ["王小梅", "李大力"]
    with db.reading() as session:
        first, second = (queries.get_user(session, one.user.name) for one in invited)
        assert (first.role, first.team and first.team.name) == ("volunteer", OWN)
        assert first.languages == ["南通话"]
        assert set(session.scalars(queries.scope(first))) == {BRIDGE, SCHOOL}
        assert set(session.scalars(queries.scope(second))) == {SCHOOL}
        assert first.invited_by_id == people.leader.user.id
