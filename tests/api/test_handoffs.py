"""The handoff sheet through the API is the one of the pages, byte for byte."""

import pytest

from app.cases.service import handing
from app.cases.service.claim import claim
from tests.api.conftest import Programs
from tests.cast import NOW


@pytest.fixture
def path(programs: Programs) -> str:
    """The address of a sheet that the colleague left to the volunteer."""
    world = programs.world
    with world.db.writing() as session:
        batch = claim(session, world.cast.colleague.user, NOW, world.near, 1).batch
        assert batch is not None
        to = world.cast.volunteer.name
        made = handing.hand_over(session, world.cast.colleague.user, NOW, batch.id, to)
    return f"/handoffs/{made.id}/sheet.pdf"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_is_the_sheet_of_the_pages(programs: Programs, path: str, lang: str) -> None:
    page = programs.world.client("leader").get(path, query_string={"lang": lang})
    answer = programs("leader").get(path, lang=lang)

    assert answer.content_type == "application/pdf"
    assert answer.data == page.data
    assert answer.headers["Content-Disposition"] == page.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("role", "status"),
    [("colleague", 200), ("volunteer", 200), ("outsider", 404), ("administrator", 200)],
)
def test_it_is_for_who_took_part_and_for_staff_of_its_communities(
    programs: Programs, path: str, role: str, status: int
) -> None:
    assert programs(role).get(path).status_code == status


def test_an_unknown_language_is_refused(programs: Programs, path: str) -> None:
    assert programs("leader").get(path, lang="fr").status_code == 422
