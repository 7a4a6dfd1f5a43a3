"""The report's address: whose it is, what may be asked, and what stays on record."""

import io
import re
from collections.abc import Callable
from urllib.parse import unquote

import pypdf
import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.db import Database
from app.version import VERSION
from tests import cast
from tests.cases.town import Town
from tests.cast import BRIDGE, FAR, HARBOUR, SCHOOL
from tests.conftest import Clock
from tests.house.pages import CheckingClient
from tests.progress.city import city

SignIn = Callable[[str], CheckingClient]
HOSTILE = ("a<b", '<img src="/etc/passwd">', "<b>unclosed", "A & B", "㛃𠅤", "x" * 50)


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    return city(db, clock)


@pytest.fixture
def signed_in(client: CheckingClient, town: Town) -> SignIn:
    def sign_in(role: str) -> CheckingClient:
        cast.sign_in(client, getattr(town.people, role))
        return client

    return sign_in


def address(town: Town, code: str = BRIDGE, query: str = "") -> str:
    return f"/campaigns/{town.campaign}/communities/{code}/report.pdf{query}"


def text_of(content: bytes) -> str:
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


@pytest.mark.parametrize(
    ("role", "code", "status"),
    [
        ("volunteer", BRIDGE, 403),
        ("leader", BRIDGE, 200),
        ("leader", SCHOOL, 200),
        ("leader", HARBOUR, 404),
        ("supervisor", HARBOUR, 200),
        ("supervisor", SCHOOL, 404),
        ("administrator", HARBOUR, 200),
        ("administrator", FAR, 404),
    ],
)
def test_a_report_is_for_staff_of_its_community(
    role: str, code: str, status: int, signed_in: SignIn, town: Town
) -> None:
    assert signed_in(role).get(address(town, code)).status_code == status


def test_a_stranger_is_sent_to_sign_in(client: CheckingClient, town: Town) -> None:
    answer = client.get(address(town))

    assert answer.status_code == 302
    assert answer.location.startswith("/sign-in")


def test_it_is_a_pdf_with_a_name_that_browsers_understand(signed_in: SignIn, town: Town) -> None:
    answer = signed_in("leader").get(address(town))

    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-")
    assert answer.headers["Cache-Control"] == "no-store"
    disposition = answer.headers["Content-Disposition"]
    assert f'filename="{BRIDGE}-20261124-1000.pdf"' in disposition
    assert "中桥社区居委会-20261124-1000.pdf" in unquote(disposition)
    assert disposition.isascii()


@pytest.mark.parametrize(
    ("query", "marks"),
    [
        ("?lang=zh", ""),
        ("?lang=zh&masked=1", "-masked"),
        ("?lang=en", "-en"),
        ("?lang=en&masked=1", "-masked-en"),
    ],
)
def test_masked_and_full_reports_never_share_a_name(
    query: str, marks: str, signed_in: SignIn, town: Town
) -> None:
    disposition = signed_in("leader").get(address(town, query=query)).headers["Content-Disposition"]

    assert f'filename="{BRIDGE}-20261124-1000{marks}.pdf"' in disposition
    assert f"中桥社区居委会-20261124-1000{marks}.pdf" in unquote(disposition)


def test_the_same_question_has_the_same_bytes(signed_in: SignIn, town: Town, clock: Clock) -> None:
    browser = signed_in("leader")
    query = "?as_of=2026-11-24T10:00&lang=en"
    first = browser.get(address(town, query=query)).data
    town.wait(minutes=7)
    town.save(town.people.volunteer, town.take(town.people.volunteer, 1)[0])

    assert browser.get(address(town, query=query)).data == first
    assert browser.get(address(town, query="?as_of=2026-11-24T02:00Z&lang=en")).data == first
    assert browser.get(address(town, query="?lang=en")).data != first


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "完成情况"),
        ("?lang=zh", "完成情况"),
        ("?lang=en", "Completion"),
        ("?lang=fr", "完成情况"),
    ],
)
def test_the_language_is_the_one_asked_for(
    query: str, words: str, signed_in: SignIn, town: Town
) -> None:
    assert words in text_of(signed_in("leader").get(address(town, query=query)).data)


def test_a_masked_report_holds_no_name(signed_in: SignIn, town: Town) -> None:
    browser = signed_in("leader")
    whole = text_of(browser.get(address(town)).data)
    masked = text_of(browser.get(address(town, query="?masked=1")).data)

    assert "居民1" in whole
    assert "居民1" not in masked
    assert "居**" in masked


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?as_of=yesterday", "yesterday"),
        ("?as_of=0001-01-01T00:00", "0001-01-01"),
        ("?as_of=2001-01-01", "not open yet"),
        ("?as_of=2026-11-24T10:01", "not come"),
        ("?as_of=9999-12-31T23:59:59-14:00", "9999"),
        ("?as_of=" + "9" * 2000, "999"),
        ("?as_of=<script>", "&lt;script&gt;"),
    ],
)
def test_what_is_no_moment_is_answered_in_words(
    query: str, says: str, signed_in: SignIn, town: Town
) -> None:
    browser = cast.english(signed_in("leader"))

    answer = browser.get(address(town, query=query))

    assert answer.status_code == 422
    assert says in answer.text
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/campaigns/{campaign}/communities/" + "x" * 500 + "/report.pdf",
        "/campaigns/{campaign}/communities/';--/report.pdf",
        "/campaigns/{campaign}/communities/%F0%9F%8F%A0/report.pdf",
        f"/campaigns/0/communities/{BRIDGE}/report.pdf",
        f"/campaigns/99999999999999999999/communities/{BRIDGE}/report.pdf",
        f"/campaigns/-1/communities/{BRIDGE}/report.pdf",
    ],
)
def test_what_is_not_there_is_not_found(path: str, signed_in: SignIn, town: Town) -> None:
    assert signed_in("administrator").get(path.format(campaign=town.campaign)).status_code == 404


@pytest.mark.parametrize("path", ["%00/report.pdf", f"{BRIDGE}/report.pdf?as_of=%00"])
def test_what_no_database_can_look_up_is_refused(path: str, signed_in: SignIn, town: Town) -> None:
    browser = signed_in("administrator")

    assert browser.get(f"/campaigns/{town.campaign}/communities/{path}").status_code == 400


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_name_stops_a_report(
    lang: str, db: Database, clock: Clock, client: CheckingClient
) -> None:
    drafts = [
        cast.resident(name, cast.mobile(number), building=name[:40], room=f"{number}")
        for number, name in enumerate(HOSTILE, 1)
    ]
    town = Town.of(db, clock, drafts)
    cast.sign_in(client, town.people.leader)

    answer = client.get(address(town, query=f"?lang={lang}"))

    assert answer.status_code == 200
    text = "".join(text_of(answer.data).split())
    for name in HOSTILE[:4]:
        assert "".join(name.split()) in text


@pytest.mark.parametrize("masked", [False, True])
def test_printing_is_on_record_with_the_position_and_no_name(
    masked: bool, signed_in: SignIn, town: Town, db: Database
) -> None:
    town.save(town.people.volunteer, town.take(town.people.volunteer, 1)[0])
    signed_in("leader").get(address(town, query=f"?lang=en&masked={int(masked)}"))

    with db.reading() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.act, entry.subject, entry.subject_id) == ("report_printed", "community", BRIDGE)
    assert entry.user_id == town.people.leader.user.id
    detail = dict(entry.detail)
    assert re.fullmatch("[0-9a-f]{64}", detail.pop("sha256"))
    assert detail == {
        "campaign": town.campaign,
        "position": 1,
        "as_of": town.now.isoformat(),
        "lang": "en",
        "masked": masked,
        "version": VERSION,
    }


def test_what_was_refused_is_not_on_record_as_printed(
    signed_in: SignIn, town: Town, db: Database
) -> None:
    browser = signed_in("leader")
    browser.get(address(town, HARBOUR))
    browser.get(address(town, query="?as_of=never"))

    with db.reading() as session:
        acts = set(session.scalars(select(AuditEntry.act)))
    assert "report_printed" not in acts
