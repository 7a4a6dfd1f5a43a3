"""Exports by page and API of files: who may, what the browser is told, and what the trail says."""

import logging
from urllib.parse import unquote

import pytest
from sqlalchemy import select, update

from app.audit.models import AuditEntry
from app.audit.rules import indiscreet
from app.residents.models import Number
from tests import cast
from tests.cast import BRIDGE, FAR, HARBOUR, token, words
from tests.house.pages import CheckingClient
from tests.reports.exported import in_csv, in_json, in_xlsx
from tests.web.world import World, world

__all__ = ["world"]


def export(client: CheckingClient, path: str, form: str, lang: str = "en"):
    sent = {"csrf_token": token(client), "form": form, "lang": lang}
    return client.post(path, data=sent, buffered=True)  # closes the file, as a server does


def last_entry(world: World) -> AuditEntry:
    with world.db.reading() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    return entry


def test_the_page_says_how_many_rows_there_will_be(world: World) -> None:
    leader = world.client("leader")

    for path, rows in (
        ("/residents/export", 3), (f"/residents/{BRIDGE}/export", 3),
        (f"/campaigns/{world.near}/export", 3),
    ):  # fmt: skip
        page = words(leader.get(path))
        assert f"Download {rows} rows" in page
        assert "the export is on record" in page
    assert "Download 6 rows" in words(world.client("supervisor").get("/residents/export"))


def test_pages_lead_there(world: World) -> None:
    leader = world.client("leader")
    for page, export_page in (
        ("/residents", "/residents/export"),
        (f"/residents/{BRIDGE}", f"/residents/{BRIDGE}/export"),
        (f"/campaigns/{world.near}/progress", f"/campaigns/{world.near}/export"),
    ):
        assert f'href="{export_page}"' in leader.get(page).text


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("csv", "text/csv; charset=utf-8"),
        ("json", "application/json"),
    ],
)
def test_a_file_is_named_after_who_made_it_and_kept_nowhere(
    world: World, form: str, kind: str
) -> None:
    answer = export(world.client("leader"), f"/residents/{BRIDGE}/export", form, "zh")

    assert (answer.status_code, answer.content_type) == (200, kind)
    assert answer.headers["Cache-Control"] == "no-store"
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    plain, coded = answer.headers["Content-Disposition"].split("; filename*=UTF-8''")
    assert plain == f'attachment; filename="residents-{BRIDGE}-20261124-1000.{form}"'
    assert unquote(coded) == f"居民名单-中桥社区居委会-20261124-1000-组长.{form}"
    assert coded.isascii()
    assert unquote(answer.headers["Ringround-Made-By"]) == "组长"
    assert answer.headers["Ringround-Made-At"] == "2026-11-24T10:00:00+08:00"


def test_the_three_formats_hold_the_same_people(world: World) -> None:
    leader = world.client("leader")
    xlsx, csv, json = (
        export(leader, f"/residents/{BRIDGE}/export", form).data for form in ("xlsx", "csv", "json")
    )
    title, head, *lines = in_xlsx(xlsx)["Residents"]
    name = head.index("Name")

    assert title[0].endswith("by 组长 · personal data: keep safe, then delete")
    assert head == in_csv(csv)[0]
    names = [line[name] for line in lines]
    assert names == [line[name] for line in in_csv(csv)[1:]]
    assert names == [row["name"] for row in in_json(json)["residents"]]
    assert in_json(json)["made_by"] == "组长"


def test_a_name_of_any_kind_makes_a_safe_file_name(world: World) -> None:
    odd = cast.add(world.db, '../a"b; =x\\名', "administrator")
    client = world.client("nobody")
    cast.sign_in(client, odd)

    answer = export(client, "/residents/export", "xlsx")

    coded = answer.headers["Content-Disposition"].partition("UTF-8''")[2]
    assert unquote(coded) == "Residents-All_communities-20261124-1000-a_b_x_名.xlsx"
    assert answer.headers["Content-Disposition"].count('"') == 2


@pytest.mark.parametrize(
    ("path", "act", "subject", "subject_id"),
    [
        ("/residents/export", "residents_exported", "community", "all"),
        (f"/residents/{BRIDGE}/export", "residents_exported", "community", BRIDGE),
        ("/campaigns/1/export", "results_exported", "campaign", "1"),
    ],
)
def test_who_exported_what_is_on_record(
    world: World, path: str, act: str, subject: str, subject_id: str
) -> None:
    export(world.client("leader"), path, "csv")

    entry = last_entry(world)
    assert (entry.act, entry.subject, entry.subject_id) == (act, subject, subject_id)
    assert entry.user_id == world.cast.leader.user.id
    assert entry.detail == {"n": 3, "what": "csv", "lang": "en"}
    assert indiscreet(entry.subject_id, entry.detail) is None


def test_looking_at_the_page_gives_nothing_away(world: World) -> None:
    page = world.client("leader").get(f"/residents/{BRIDGE}/export")

    assert "居民9001" not in page.text
    assert not last_entry(world).act.endswith("_exported")


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("volunteer", "/residents/export", 403),
        ("volunteer", f"/residents/{BRIDGE}/export", 403),
        ("volunteer", "/campaigns/1/export", 403),
        ("leader", f"/residents/{HARBOUR}/export", 404),
        ("supervisor", f"/residents/{FAR}/export", 404),
        ("administrator", "/residents/x/export", 404),
        ("leader", "/campaigns/2/export", 404),
    ],
)
def test_nobody_exports_what_is_not_theirs(world: World, role: str, path: str, status: int) -> None:
    client = world.client(role)

    assert client.get(path).status_code == status
    assert export(client, path, "json").status_code == status
    assert not last_entry(world).act.endswith("_exported")


@pytest.mark.parametrize("sent", [{"form": "exe", "lang": "en"}, {"form": "csv", "lang": "fr"}, {}])
def test_what_cannot_be_made_shows_the_page_again(world: World, sent: dict[str, str]) -> None:
    client = world.client("leader")
    answer = client.post("/residents/export", data={**sent, "csrf_token": token(client)})

    assert answer.mimetype == "text/html"
    assert "Please look at this again" in words(answer)


def test_a_file_is_given_to_nobody_elses_form(world: World) -> None:
    sent = {"form": "csv", "lang": "en"}

    assert world.client("leader").post("/residents/export", data=sent).status_code == 400


def test_it_is_on_record_before_a_byte_is_out(world: World) -> None:
    client = world.client("leader")
    sent = {"csrf_token": token(client), "form": "csv", "lang": "en"}
    answer = client.post("/residents/export", data=sent)

    assert last_entry(world).act == "residents_exported"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    answer.close()


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_what_goes_wrong_half_way_is_told_and_is_no_file(world: World, form: str) -> None:
    with world.db.writing() as session:
        session.execute(update(Number).values(value=Number.value.concat("?")))
    logging.getLogger("app").setLevel(logging.CRITICAL + 1)
    answer = export(world.client("leader"), "/residents/export", form)
    logging.getLogger("app").setLevel(logging.NOTSET)

    assert (answer.status_code, answer.mimetype) == (500, "text/html")
    assert not last_entry(world).act.endswith("_exported")
