"""Campaigns through the API: whose they are, what is told of them, and in which pages."""

import re

import pytest

from app.campaigns import service as campaigns
from app.campaigns.rules.definition import definition_from
from tests.api.conftest import Programs
from tests.cast import BRIDGE, FAR, HARBOUR, NOW, SCHOOL, open_campaign

SEEN = {
    "volunteer": ["near", "school"],
    "leader": ["near", "school"],
    "outsider": ["near"],
    "supervisor": ["near"],
    "administrator": ["near", "far", "school"],
}


@pytest.mark.parametrize("role", SEEN)
def test_everybody_sees_the_campaigns_of_their_own_communities(
    programs: Programs, role: str
) -> None:
    world = programs.world
    keys = {
        "near": world.near,
        "far": world.far,
        "school": draft(programs, [SCHOOL], title="x"),
    }
    with world.db.writing() as session:
        campaign = session.get_one(campaigns.Campaign, keys["school"])
        campaign.status = "closed"
    program = programs(role)

    listed = [item["id"] for item in program.get("/campaigns").json["items"]]

    assert listed == sorted((keys[name] for name in SEEN[role]), reverse=True)
    for name, key in keys.items():
        status = program.get(f"/campaigns/{key}").status_code
        assert status == (200 if name in SEEN[role] else 404)


def draft(programs: Programs, codes: list[str], **more: object) -> int:
    """Make a campaign that was not opened."""
    definition = definition_from({"title": "草稿", "communities": codes, **more})
    with programs.world.db.writing() as session:
        return campaigns.create(session, None, NOW, definition).id


def test_a_draft_is_for_staff(programs: Programs) -> None:
    key = draft(programs, [BRIDGE])

    assert programs("leader").get(f"/campaigns/{key}").json["status"] == "draft"
    volunteer = programs("volunteer")
    assert volunteer.get(f"/campaigns/{key}").status_code == 404
    assert key not in [item["id"] for item in volunteer.get("/campaigns").json["items"]]


def test_a_campaign_says_all_that_ringing_for_it_takes(programs: Programs) -> None:
    found = programs("supervisor").get(f"/campaigns/{programs.world.near}").json

    assert found["title"] == "核对"
    assert (found["status"], found["closed_at"]) == ("open", None)
    assert found["opened_at"] == "2026-11-24T02:00:00Z"
    assert [place["code"] for place in found["communities"]] == [BRIDGE, HARBOUR]
    assert found["communities"][0] == {
        "code": BRIDGE,
        "name": "中桥社区居委会",
        "street": "观音山街道",
        "district": "崇川区",
    }
    assert found["dispositions"]["no_answer"] == "No answer"
    assert found["rules"]["max_attempts"] == 6
    assert "{code}" in found["script"]["zh"]["opening"]
    assert found["office"] == ""


def test_a_leader_is_told_of_their_own_communities_only(programs: Programs) -> None:
    found = programs("leader").get(f"/campaigns/{programs.world.near}").json

    assert [place["code"] for place in found["communities"]] == [BRIDGE]


def test_a_campaigns_own_dispositions_bear_its_own_names(programs: Programs) -> None:
    key = draft(programs, [BRIDGE], dispositions={"completed": "说好了", "busy": ""})

    found = programs("leader").get(f"/campaigns/{key}").json["dispositions"]

    assert found == {"completed": "说好了", "busy": "Busy"}


def test_a_list_comes_in_pages_that_lead_to_each_other(programs: Programs) -> None:
    for _ in range(3):
        open_campaign(programs.world.db, [FAR])
    program = programs("administrator")
    seen, path = [], "/campaigns?per_page=2"
    while path:
        answer = program.open(path)
        page = answer.json
        assert (page["per_page"], page["total"]) == (2, 5)
        seen += [item["id"] for item in page["items"]]
        rels = {
            rel: target
            for target, rel in re.findall(r'<([^>]+)>; rel="(\w+)"', answer.headers["Link"])
        }
        assert ("prev" in rels) == (page["page"] > 1)
        assert rels["first"].endswith("per_page=2&page=1")
        assert rels["last"].endswith("per_page=2&page=3")
        path = rels.get("next", "").removeprefix("/api/v1")

    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 5


def test_past_the_last_page_there_is_nothing(programs: Programs) -> None:
    answer = programs("administrator").get("/campaigns", page=10**9, per_page=100)

    assert (answer.status_code, answer.json["items"], answer.json["total"]) == (200, [], 2)
    assert 'rel="next"' not in answer.headers["Link"]
    assert '?page=1&per_page=100>; rel="prev"' in answer.headers["Link"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=1.0", "page"),
        ("page=1_0", "page"),
        ("page=%201", "page"),
        ("page=٣", "page"),
        ("page=true", "page"),
        ("page=", "page"),
        ("page=1000000001", "page"),
        (f"page={'9' * 5000}", "page"),
        ("per_page=101", "per_page"),
        ("page=1&page=2", "page"),
        ("pages=1", "pages"),
        ("__proto__=1", "__proto__"),
    ],
)
def test_a_page_that_is_none_is_refused(programs: Programs, query: str, field: str) -> None:
    answer = programs("leader").open(f"/campaigns?{query}")

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


@pytest.mark.parametrize("key", ["0", "999", str(2**63 - 1), str(2**63), "9" * 400, "-1", "x"])
def test_a_key_that_leads_nowhere_is_not_found(programs: Programs, key: str) -> None:
    program = programs("administrator")

    assert program.open(f"/campaigns/{key}").status_code == 404
    assert program.open(f"/campaigns/{key}/progress").status_code == 404
