"""Who may come where. The table is written out a second time: a change must be meant.

The API has its own: tests/api/test_access.py.
"""

import pytest
from flask import Flask

from tests.cast import BRIDGE, FAR, HARBOUR, SCHOOL, token, words
from tests.web.world import World, addresses, rules

ANYBODY = "nobody volunteer leader supervisor administrator"
EVERYBODY = "volunteer leader supervisor administrator"
STAFF = "leader supervisor administrator"
ABOVE = "supervisor administrator"
RINGS = "volunteer leader"
MATRIX = {
    "people.front": EVERYBODY,
    "people.sign_in": ANYBODY,
    "people.sign_out": ANYBODY,
    "people.join": ANYBODY,
    "people.look_at_invitation": ANYBODY,
    "people.set_language": ANYBODY,
    "people.set_type_size": ANYBODY,
    "people.own_tokens": EVERYBODY,
    "people.revoke_token": EVERYBODY,
    "rosters.index": STAFF,
    "rosters.show": STAFF,
    "rosters.rows": STAFF,
    "rosters.missing": STAFF,
    "rosters.doubtful": STAFF,
    "rosters.copy": STAFF,
    "rosters.choose": STAFF,
    "rosters.confirm": STAFF,
    "rosters.cancel": STAFF,
    "rosters.undo": STAFF,
    "residents.communities": STAFF,
    "residents.community": STAFF,
    "residents.to_be_placed": ABOVE,
    "residents.unplaced": ABOVE,
    "residents.resident": STAFF,
    "residents.shared_lines": STAFF,
    "residents.shared_line": STAFF,
    "campaigns.index": STAFF,
    "campaigns.new": STAFF,
    "campaigns.show": STAFF,
    "cases.open_campaign": STAFF,
    "cases.close_campaign": ABOVE,
    "cases.work": STAFF,
    "cases.move_work": STAFF,
    "cases.languages": STAFF,
    "cases.switch_fallback": STAFF,
    "calls.home": RINGS,
    "calls.held": ANYBODY,
    "calls.kept": RINGS,
    "calls.offline": ANYBODY,
    "calls.worker": ANYBODY,
    "calls.manifest": ANYBODY,
    "calls.take": RINGS,
    "calls.next_call": RINGS,
    "calls.call": RINGS,
    "calls.nothing": RINGS,
    "calls.save": RINGS,
    "calls.skip": RINGS,
    "calls.dial": RINGS,
    "calls.dialled": RINGS,
    "calls.withdraw": RINGS,
    "calls.release": RINGS,
    "calls.hand_over": RINGS,
    "calls.accept": RINGS,
    "calls.decline": RINGS,
    "calls.mine": RINGS,
    "calls.undo": RINGS,
    "calls.correct": RINGS,
    "calls.leader_list": STAFF,
    "calls.answer_case": STAFF,
    "calls.appointments": STAFF,
    "calls.people": STAFF,
    "calls.person": STAFF,
    "calls.newcomers": STAFF,
    "calls.invite": STAFF,
    "calls.invitations": STAFF,
    "calls.stop": STAFF,
    "calls.start": STAFF,
    "reports.cards": STAFF,
    "calls.practice": RINGS,
    "calls.practise": RINGS,
    "calls.practised": RINGS,
    "calls.skip_practised": RINGS,
    "calls.practice_over": RINGS,
    "calls.deactivate": STAFF,
    "calls.shift_plan": STAFF,
    "calls.plan_shifts": STAFF,
    "calls.remove_shift": STAFF,
    "calls.check_in": RINGS,
    "calls.check_out": RINGS,
    "calls.activate": STAFF,
    "calls.add_note": RINGS,
    "calls.open_message": RINGS,
    "calls.message": RINGS,
    "calls.ring_backs": EVERYBODY,
    "calls.look_up": EVERYBODY,
    "calls.ring_back": EVERYBODY,
    "calls.save_ring_back": EVERYBODY,
    "calls.genuine": ANYBODY,
    "progress.overview": STAFF,
    "progress.campaign": STAFF,
    "progress.community": STAFF,
    "reports.completion": STAFF,
    "reports.export_residents": STAFF,
    "reports.export_community": STAFF,
    "reports.export_results": STAFF,
    "reports.export_missing": STAFF,
    "reports.handoff_list": EVERYBODY,
    "reports.handoff_sheet": EVERYBODY,
    "probes.healthz": ANYBODY,
    "probes.readyz": ANYBODY,
    "probes.metrics": ANYBODY,
}


BEYOND_SCOPE = {("leader", "cases.open_campaign"), ("leader", "cases.switch_fallback")}
"""The role may, but this campaign covers a community that is not this leader's."""


def test_every_view_states_who_may_come(app: Flask) -> None:
    stated = {
        name: set(getattr(view, "allowed", ()))
        for name, view in app.view_functions.items()
        if name != "static" and not name.startswith("api.")
    }
    anybody = {"anybody"}

    assert stated == {
        name: anybody if roles is ANYBODY else set(roles.split()) for name, roles in MATRIX.items()
    }


@pytest.mark.parametrize("role", ANYBODY.split())
def test_the_door_is_open_to_these_and_shut_to_the_rest(world: World, role: str) -> None:
    client = world.client(role)
    paths = addresses(world)
    form = {"csrf_token": token(client)}
    wrong = []
    # Whoever signs out or switches the language does so last.
    for rule in sorted(rules(world.app), key=lambda rule: rule.endpoint == "people.sign_out"):
        path = paths[rule.endpoint]
        for method in sorted({"GET", "POST"} & set(rule.methods or ())):
            answer = client.open(path, method=method, data=form if method == "POST" else None)
            to_door = (answer.location or "").startswith("/sign-in?next=")
            got = "door" if to_door else "shut" if answer.status_code == 403 else "open"
            beyond = (role, rule.endpoint) in BEYOND_SCOPE
            if role in MATRIX[rule.endpoint].split() and not beyond:
                wanted = "open"
            else:
                wanted = "door" if role == "nobody" else "shut"
            if got != wanted or answer.status_code >= 500:
                wrong.append((method, path, answer.status_code, wanted))
    assert not wrong


def test_a_refusal_says_so_and_shows_nothing(world: World) -> None:
    answer = world.client("volunteer").get(f"/residents/{BRIDGE}")

    assert answer.status_code == 403
    assert "Your role does not allow this." in words(answer)
    assert "居民" not in answer.text.replace("居民电话", "")


SEEN = {
    "leader": {BRIDGE, SCHOOL},
    "supervisor": {BRIDGE, HARBOUR},
    "administrator": {BRIDGE, SCHOOL, HARBOUR, FAR},
}


def test_nobody_sees_past_their_own_communities(world: World) -> None:
    for role, seen in SEEN.items():
        client = world.client(role)
        for code in (BRIDGE, SCHOOL, HARBOUR, FAR, "320613099099", "x"):
            status = client.get(f"/residents/{code}").status_code
            assert status == (200 if code in seen else 404), (role, code)
        listed = client.get("/residents").text
        choices = client.get("/campaigns/new").text + client.get("/rosters").text
        for code in (BRIDGE, HARBOUR, FAR):
            assert (f"/residents/{code}" in listed) == (code in seen), (role, code)
            assert (f'value="{code}"' in choices) == (code in seen), (role, code)


def test_a_campaign_elsewhere_is_as_if_there_were_none(world: World) -> None:
    far = f"/campaigns/{world.far}"
    for role in ("leader", "supervisor"):
        client = world.client(role)
        sent = {"csrf_token": token(client)}
        for path in (far, f"{far}/progress", f"{far}/communities/{FAR}"):
            assert client.get(path).status_code == 404, path
        assert client.get(f"{far}/communities/{FAR}/report.pdf").status_code == 404
        assert client.get(f"/campaigns/{world.near}/communities/{FAR}").status_code == 404
        assert client.post(f"{far}/open", data=sent).status_code == 404
        closing = client.post(f"{far}/close", data=sent).status_code
        assert closing == (403 if role == "leader" else 404)
        for path in ("/campaigns", "/progress"):
            assert f'"{far}' not in client.get(path).text


def test_of_a_campaign_in_two_places_everybody_sees_their_own(world: World) -> None:
    near = f"/campaigns/{world.near}"
    leader, supervisor = world.client("leader"), world.client("supervisor")

    assert f"/communities/{HARBOUR}" not in leader.get(f"{near}/progress").text
    assert f"/communities/{HARBOUR}" in supervisor.get(f"{near}/progress").text
    for suffix in ("", "/report.pdf"):
        path = f"{near}/communities/{HARBOUR}{suffix}"
        assert leader.get(path).status_code == 404
        assert supervisor.get(path).status_code == 200


def test_a_campaign_cannot_be_made_where_one_has_no_say(world: World) -> None:
    for role in ("leader", "supervisor"):
        client = world.client(role)
        answer = client.submit("/campaigns/new", action="", title="远方", communities=[FAR])

        assert answer.status_code == 200
        assert "远方" not in client.get("/campaigns").text


def test_an_import_is_its_owners(world: World) -> None:
    owner = world.client("supervisor")
    path = f"/rosters/{world.upload(owner)}"
    leader, administrator = world.client("leader"), world.client("administrator")

    assert owner.get(path).status_code == 200
    assert administrator.get(path).status_code == 200
    assert leader.get(path).status_code == 404
    assert path not in leader.get("/rosters").text
    for client in (leader, administrator):
        for act in ("confirm", "cancel"):
            sent = {"csrf_token": token(client)}
            assert client.post(f"{path}/{act}", data=sent).status_code == 404
    assert owner.post(f"{path}/confirm", data={"csrf_token": token(owner)}).status_code == 302


def test_a_volunteer_holds_what_a_colleague_cannot_open(world: World) -> None:
    paths = addresses(world)
    held, colleague = world.client("volunteer"), world.client("colleague")

    assert held.get(paths["calls.call"]).status_code == 200
    assert colleague.get(paths["calls.call"]).status_code in {302, 404}
    sent = {"csrf_token": token(colleague)}
    assert colleague.post(paths["calls.release"], data=sent).status_code == 404
    assert held.get(paths["calls.call"]).status_code == 200


def test_a_volunteer_of_another_place_can_take_nothing_here(world: World) -> None:
    client = world.client("outsider")
    answer = client.post(f"/calls/campaigns/{world.far}/take", data={"csrf_token": token(client)})

    assert answer.status_code == 404


@pytest.mark.parametrize(
    "path", ["/rosters/{}", "/campaigns/{}", "/campaigns/{}/progress", "/rosters/{}/confirm"]
)
@pytest.mark.parametrize("key", ["0", "999", str(2**63 - 1), str(2**63), "9" * 400, "-1", "1.5"])
def test_a_key_that_leads_nowhere_is_not_found(world: World, path: str, key: str) -> None:
    client = world.client("administrator")
    sent = {"csrf_token": token(client)}
    method = "POST" if path.endswith("confirm") else "GET"

    assert client.open(path.format(key), method=method, data=sent).status_code == 404
