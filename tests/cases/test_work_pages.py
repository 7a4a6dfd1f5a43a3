"""Work in hand, for whoever leads: who holds what, taking it back, passing it on."""

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.cases.rules.offers import Became
from app.cases.service import handing
from app.db import Database
from app.residents.models import Household
from tests import cast
from tests.cases.town import Town
from tests.cast import (
    BRIDGE,
    HARBOUR,
    LANGUAGE_COOKIE,
    Person,
    english,
    mobile,
    resident,
    token,
    words,
)
from tests.conftest import Clock
from tests.house.pages import CheckingClient


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    return Town.of(db, clock, ["甲一", "乙二", "丙三", "丁四", "戊五"])


def browser(app: Flask, person: Person) -> CheckingClient:
    client = app.test_client()
    assert isinstance(client, CheckingClient)
    cast.sign_in(client, person)
    return english(client)


def test_the_leader_sees_who_holds_what_and_since_when(app: Flask, town: Town) -> None:
    leader = browser(app, town.people.leader)
    path = f"/campaigns/{town.campaign}/in-hand"
    assert "Nobody holds anything here" in words(leader.get(path))

    first = town.batch(town.people.volunteer, 3)
    town.batch(town.people.colleague, 2)
    page = words(leader.get(path))
    assert "5 residents · 2 volunteers" in page
    assert page.count("not opened yet") == 2

    town.wait(minutes=5)
    town.look_at(first)
    page = words(leader.get(path))
    assert page.count("not opened yet") == 1
    assert "24 Nov 10:05" in page, "the last sign of life"
    assert "24 Nov 14:05" in page, "the end of the lease"
    assert "甲一" not in page, "whom they hold is nothing one must know here"


def test_leader_and_volunteer_read_the_same_chinese_words(app: Flask, town: Town) -> None:
    town.batch(town.people.volunteer, 3)
    leader, me = (browser(app, one) for one in (town.people.leader, town.people.volunteer))
    for one in (leader, me):
        one.set_cookie(LANGUAGE_COOKIE, "zh")
    assert '<th scope="col">保留到</th>' in words(leader.get(f"/campaigns/{town.campaign}/in-hand"))
    assert "保留到" in words(me.get("/calls"))

    page = words(me.get(f"/calls/campaigns/{town.campaign}/hand-over"))
    assert "放回任务池，谁都可以打" in page
    assert Became.DECLINED.label("zh").endswith("已回到任务池")


def test_a_batch_goes_back_to_the_pool(app: Flask, town: Town) -> None:
    batch = town.batch(town.people.volunteer, 3)
    town.batch(town.people.colleague, 2)
    leader = browser(app, town.people.leader)
    path = f"/campaigns/{town.campaign}/in-hand/move?batch={batch.id}"

    page = words(leader.get(path))
    assert "Move 3 residents" in page
    assert "Somebody may be ringing" not in page
    answer = leader.submit(path, action=path)

    assert answer.location == f"/campaigns/{town.campaign}/in-hand"
    page = words(leader.get(answer.location))
    assert "3 residents taken back. 3 are free for others again." in page
    assert not town.in_hand(town.people.volunteer)
    assert len(town.in_hand(town.people.colleague)) == 2
    assert not town.broken()
    with town.db.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "work_moved")).one()
    assert (entry.user_id, entry.detail["n"]) == (town.people.leader.user.id, 3)


def test_all_that_somebody_holds_is_offered_to_a_colleague(app: Flask, town: Town) -> None:
    town.batch(town.people.volunteer, 2)
    town.look_at(town.batch(town.people.volunteer, 2))
    leader = browser(app, town.people.leader)
    path = f"/campaigns/{town.campaign}/in-hand/move?user={town.people.volunteer.user.id}"

    page = words(leader.get(path))
    assert "Move 4 residents" in page
    assert "Somebody may be ringing" in page
    assert town.people.outsider.name not in page, "who may not ring here is not offered"
    answer = leader.submit(path, action=path, to=town.people.colleague.name)

    page = words(leader.get(answer.location))
    assert f"4 residents taken back. 4 are now offered to {town.people.colleague.name}." in page
    assert "free for others" not in page
    assert len(town.in_hand(town.people.colleague)) == 4
    assert not town.broken()


def test_an_offer_is_not_taken_for_a_batch_that_nobody_opened(app: Flask, town: Town) -> None:
    town.batch(town.people.volunteer, 2)
    leader = browser(app, town.people.leader)
    work = f"/campaigns/{town.campaign}/in-hand"
    path = f"{work}/move?user={town.people.volunteer.user.id}"
    leader.submit(path, action=path, to=town.people.colleague.name)

    page = words(leader.get(work))
    assert "offered, not accepted yet" in page
    assert "not opened yet" not in page
    town.look_at(town.batch_of(town.people.colleague))
    assert "offered, not accepted yet" not in words(leader.get(work))


def test_staff_see_what_became_of_an_offer(app: Flask, town: Town) -> None:
    town.batch(town.people.volunteer, 3)
    town.hand_over(town.people.volunteer, town.people.colleague)
    leader = browser(app, town.people.leader)
    work = f"/campaigns/{town.campaign}/in-hand"
    assert "Not answered yet" in words(leader.get(work))

    town.wait(minutes=2)
    with town.db.writing() as session:
        theirs = town.batch_of(town.people.colleague)
        handing.decline(session, town.people.colleague.user, town.now, theirs.id)

    for path, when in ((work, ">10:02<"), ("/handoffs", "24 Nov 10:02")):
        page = words(leader.get(path))
        assert "Declined: free for all again" in page, path
        assert when in page, path
    outsider = browser(app, town.people.outsider)
    assert "Declined" not in words(outsider.get("/handoffs"))


def test_whoever_holds_all_of_it_is_no_receiver(app: Flask, town: Town) -> None:
    town.batch(town.people.volunteer, 2)
    leader = browser(app, town.people.leader)
    path = f"/campaigns/{town.campaign}/in-hand/move?community={BRIDGE}"
    own = f'<option value="{town.people.volunteer.name}">'

    assert own not in leader.get(path).text
    town.batch(town.people.colleague, 2)
    assert own in leader.get(path).text, "the rest may go to either of them"


def test_those_who_rest_and_come_along_are_counted_everywhere(
    app: Flask, db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, [resident("甲一", mobile(1)), resident("乙二", mobile(1))])
    batch = town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "甲一", "respondent_unavailable", hold=batch.id)
    leader = browser(app, town.people.leader)
    path = f"/campaigns/{town.campaign}/in-hand/move?batch={batch.id}"

    assert "2 residents · 1 of them to be rung later" in words(leader.get(path))
    answer = leader.submit(path, action=path, to=town.people.colleague.name)

    page = words(leader.get(answer.location))
    assert f"2 residents taken back. 2 are now offered to {town.people.colleague.name}." in page
    assert f"{town.people.leader.name} to {town.people.colleague.name}" in page
    assert "free for others" not in page


def test_a_call_under_way_is_kept(app: Flask, town: Town) -> None:
    batch = town.batch(town.people.volunteer, 3)
    path = f"/campaigns/{town.campaign}/in-hand/move?batch={batch.id}"
    browser(app, town.people.leader).submit(path, action=path)

    town.save(town.people.volunteer, "甲一", "completed", hold=batch.id)

    assert [call.disposition for call in town.calls("甲一")] == ["completed"]


def test_a_building_is_taken_back_alone(app: Flask, db: Database, clock: Clock) -> None:
    town = Town.of(
        db,
        clock,
        [
            resident("东一", mobile(1), building="1幢"),
            resident("东二", mobile(2), building="1幢"),
            resident("西一", mobile(3), building="2幢"),
        ],
    )
    town.batch(town.people.volunteer, 3)
    leader = browser(app, town.people.leader)
    with db.reading() as session:
        query = select(Household.building_id).where(Household.room == "西一")
        building = session.scalars(query).one()
    shown = f"/campaigns/{town.campaign}/in-hand?building={building}"
    assert "1 resident · 1 volunteer" in words(leader.get(shown))

    path = f"/campaigns/{town.campaign}/in-hand/move?building={building}"
    leader.submit(path, action=path)

    assert town.in_hand(town.people.volunteer) == {"东一", "东二"}
    path = f"/campaigns/{town.campaign}/in-hand/move?community={BRIDGE}"
    leader.submit(path, action=path)
    assert not town.in_hand(town.people.volunteer)
    assert not town.broken()


def test_of_what_lies_elsewhere_nothing_is_shown_or_moved(app: Flask, town: Town) -> None:
    cast.residents(town.db, HARBOUR, [resident("港一", mobile(90))])
    far = cast.open_campaign(town.db, [BRIDGE, HARBOUR])
    batch = town.batch(town.people.outsider, 1, campaign=far)
    leader = browser(app, town.people.leader)

    assert "Nobody holds anything here" in words(leader.get(f"/campaigns/{far}/in-hand"))
    for which in (
        f"batch={batch.id}",
        f"user={town.people.outsider.user.id}",
        f"community={HARBOUR}",
        "batch=999",
        "user=" + "9" * 40,
        "",
    ):
        path = f"/campaigns/{far}/in-hand/move?{which}"
        assert leader.get(path).location == f"/campaigns/{far}/in-hand", which
        assert leader.post(path, data={"csrf_token": token(leader)}).status_code == 302, which
    assert town.batch_of(town.people.outsider, far).id == batch.id
    supervisor = browser(app, town.people.supervisor)
    assert town.people.outsider.name in supervisor.get(f"/campaigns/{far}/in-hand").text


def test_what_has_ended_meanwhile_is_said_to_be_gone(app: Flask, town: Town) -> None:
    batch = town.batch(town.people.volunteer, 3)
    leader = browser(app, town.people.leader)
    path = f"/campaigns/{town.campaign}/in-hand/move?batch={batch.id}"
    town.release(town.people.volunteer, batch)

    answer = leader.post(path, data={"csrf_token": token(leader), "to": ""})

    assert "Nothing was moved" in words(leader.get(answer.location))


def test_a_receiver_who_cannot_ring_is_refused_with_the_reason(app: Flask, town: Town) -> None:
    batch = town.batch(town.people.volunteer, 3)
    leader = browser(app, town.people.leader)

    path = f"/campaigns/{town.campaign}/in-hand/move?batch={batch.id}"
    answer = leader.submit(path, action=path, to=town.people.supervisor.name)

    assert answer.status_code == 200
    assert "can't take this over" in words(answer)
    assert len(town.in_hand(town.people.volunteer)) == 3


def test_a_campaign_elsewhere_has_no_work_to_see(app: Flask, town: Town) -> None:
    cast.residents(town.db, HARBOUR, [resident("港一", mobile(90))])
    far = cast.open_campaign(town.db, [HARBOUR])
    leader = browser(app, town.people.leader)

    for page in ("in-hand", "in-hand/move?batch=1", "languages", "appointments"):
        assert leader.get(f"/campaigns/{far}/{page}").status_code == 404, page
