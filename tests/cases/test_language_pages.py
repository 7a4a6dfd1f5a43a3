"""When nobody speaks a language: who sees it, who may switch, what it changes."""

from flask import Flask

from app.campaigns.models import Campaign
from app.db import Database
from tests import cast
from tests.cases.test_work_pages import browser
from tests.cases.town import Town
from tests.cast import HARBOUR, mobile, resident, token, words
from tests.conftest import Clock


def speaking(db: Database, clock: Clock) -> tuple[Town, cast.Person]:
    """A town with a resident who speaks what nobody does, and a volunteer of one language."""
    town = Town.of(
        db, clock, [resident("甲一", mobile(1), language="温州话"), resident("乙二", mobile(2))]
    )
    speaker = cast.add(db, "会说南通话", "volunteer", team="观音山街道", languages=["南通话"])
    return town, speaker


def is_on(town: Town) -> bool:
    with town.db.reading() as session:
        return session.get_one(Campaign, town.campaign).language_fallback


def test_the_switch_lets_others_ring_at_last(app: Flask, db: Database, clock: Clock) -> None:
    town, speaker = speaking(db, clock)
    leader = browser(app, town.people.leader)
    path = f"/campaigns/{town.campaign}/languages"

    page = words(leader.get(path))
    assert "温州话" in page
    assert "nobody" in page
    assert "3 volunteers have no languages on record" in page
    assert town.take(speaker) == ["乙二"]

    answer = leader.submit(path, action=f"{path}/fallback")
    assert answer.location == path
    assert is_on(town)
    assert town.take(speaker) == ["甲一"]

    leader.submit(path, action=f"{path}/fallback")
    assert not is_on(town)


def test_only_who_has_a_say_over_all_of_it_may_switch(
    app: Flask, db: Database, clock: Clock
) -> None:
    town, _speaker = speaking(db, clock)
    cast.residents(db, HARBOUR, [resident("港一", mobile(90), language="温州话")])
    wide = cast.open_campaign(db, [cast.BRIDGE, HARBOUR])
    leader, supervisor = browser(app, town.people.leader), browser(app, town.people.supervisor)
    path = f"/campaigns/{wide}/languages"

    assert "Only who has a say" in words(leader.get(path))
    sent = {"csrf_token": token(leader), "on": "1"}
    assert leader.post(f"{path}/fallback", data=sent).status_code == 403
    assert supervisor.submit(path, action=f"{path}/fallback").status_code == 302


def test_a_closed_campaign_is_switched_no_more(app: Flask, db: Database, clock: Clock) -> None:
    town, _speaker = speaking(db, clock)
    town.close()
    leader = browser(app, town.people.leader)
    path = f"/campaigns/{town.campaign}/languages"

    sent = {"csrf_token": token(leader), "on": "1"}
    assert leader.post(f"{path}/fallback", data=sent).status_code == 422
    assert not is_on(town)


def test_many_speakers_are_counted_and_named_on_demand(
    app: Flask, db: Database, clock: Clock
) -> None:
    town, _speaker = speaking(db, clock)
    cast.residents(db, cast.BRIDGE, [resident("丙三", mobile(3), language="南通话")])
    wide = cast.open_campaign(db, [cast.BRIDGE])
    for number in range(12):
        cast.add(db, f"会说{number}", "volunteer", team="观音山街道", languages=["南通话"])
    leader = browser(app, town.people.leader)

    page = leader.get(f"/campaigns/{wide}/languages").text

    assert page.count("13 volunteers") == 1
    assert page.index("13 volunteers") < page.index("会说11")
