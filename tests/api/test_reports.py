"""The completion report through the API is the one of the pages, byte for byte."""

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from tests.api.conftest import Programs
from tests.cast import BRIDGE, FAR, HARBOUR

MOMENT = "2026-11-24T10:00:00+08:00"


def path(programs: Programs, code: str = BRIDGE) -> str:
    return f"/campaigns/{programs.world.near}/communities/{code}/report.pdf"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_is_the_report_of_the_pages(programs: Programs, lang: str) -> None:
    page = programs.world.client("leader").get(
        path(programs), query_string={"as_of": MOMENT, "lang": lang}
    )
    answer = programs("leader").get(path(programs), as_of=MOMENT, lang=lang)

    assert answer.content_type == "application/pdf"
    assert answer.data == page.data
    assert answer.headers["Content-Disposition"] == page.headers["Content-Disposition"]


def test_who_printed_it_is_on_record(programs: Programs) -> None:
    programs("supervisor").get(path(programs), as_of=MOMENT)

    with programs.world.db.reading() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.act, entry.subject_id) == ("report_printed", BRIDGE)
    assert entry.user_id == programs.world.cast.supervisor.user.id


@pytest.mark.parametrize(
    ("role", "code", "status"),
    [
        ("leader", BRIDGE, 200),
        ("leader", HARBOUR, 404),
        ("supervisor", HARBOUR, 200),
        ("administrator", FAR, 404),
        ("administrator", "x", 404),
    ],
)
def test_it_is_for_staff_of_its_community(
    programs: Programs, role: str, code: str, status: int
) -> None:
    assert programs(role).get(path(programs, code)).status_code == status


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"lang": "fr"}, 422),
        ({"masked": "1"}, 422),
        ({"as_of": "2026-11-24T10:00:00"}, 422),
        ({"as_of": "2027-01-01"}, 409),
    ],
)
def test_what_cannot_be_printed_is_refused(
    programs: Programs, query: dict[str, str], status: int
) -> None:
    answer = programs("leader").get(path(programs), **query)

    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
