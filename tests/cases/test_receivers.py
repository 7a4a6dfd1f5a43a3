"""To whom work may go: nobody gets too many, and whoever chooses sees who is there."""

import pytest
from flask import Flask

from app.campaigns.models import Campaign
from app.cases.service import moving
from app.cases.service.moving import Which
from app.db import Database
from app.problems import Problem
from app.residents.rules.rows import Draft
from tests.cases.test_work_pages import browser
from tests.cases.town import Town
from tests.cast import mobile, resident, words
from tests.conftest import Clock


def test_nobody_is_handed_more_than_one_may_hold(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙丙丁戊", max_held=4)
    me, colleague = town.people.volunteer, town.people.colleague
    town.batch(me, 3)
    town.batch(colleague, 2)

    with pytest.raises(Problem, match="handoff_too_many") as found:
        town.hand_over(me, colleague)
    assert found.value.values == {"name": colleague.name, "held": 2, "most": 4, "n": 3}
    assert len(town.in_hand(me)) == 3, "nothing is half done"
    which = Which(campaign=town.campaign, user=me.user.id)
    with pytest.raises(Problem, match="handoff_too_many"), db.writing() as session:
        moving.move(session, town.people.leader.user, town.now, which, colleague.name)
    for name in sorted(town.in_hand(me))[:1]:
        town.save(me, name)
    town.hand_over(me, colleague)
    assert town.broken() == []


def test_a_batch_that_grew_by_a_household_can_be_handed_over(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, ["甲", "乙", *household("丙丁戊")], max_held=3)
    me, colleague = town.people.volunteer, town.people.colleague
    town.batch(me, 3)
    assert len(town.in_hand(me)) == 5

    town.hand_over(me, colleague)
    assert len(town.held(town.batch_of(colleague))) == 5
    town.hand_over(colleague, None)
    town.batch(me, 3)
    with db.writing() as session:
        which = Which(campaign=town.campaign, user=me.user.id)
        assert moving.move(session, town.people.leader.user, town.now, which, colleague.name) == 5
    assert town.broken() == []


def test_those_who_rest_with_their_housemates_count_too(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, ["甲", *household("丙丁戊")], max_held=4)
    me, colleague = town.people.volunteer, town.people.colleague
    town.batch(me, 4)
    for name in "丙丁":
        town.save(me, name, "no_answer")
    assert town.in_hand(me) == {"甲", "戊"}
    with town.db.writing() as session:
        campaign = session.get_one(Campaign, town.campaign)
        campaign.rules_table = {**campaign.rules_table, "max_held": 1}

    with pytest.raises(Problem, match="handoff_too_many") as found:
        town.hand_over(me, colleague)
    assert found.value.values["n"] == 4


def test_what_was_handed_over_counts_for_who_did_until_it_is_answered(
    db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, "甲乙丙丁戊己", max_held=3)
    me, colleague = town.people.volunteer, town.people.colleague
    town.batch(me, 2)
    town.hand_over(me, colleague)

    assert len(town.take(me, 3)) == 1, "two of three wait for an answer"
    with pytest.raises(Problem, match="offers_enough") as found:
        town.claim(me)
    assert found.value.values == {"held": 1, "offered": 2, "most": 3}
    town.look_at(town.batch_of(colleague))
    assert len(town.take(me, 3)) == 2, "the colleague has taken them over"


def test_nobody_of_elsewhere_is_said_to_have_it(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙")
    me, outsider = town.people.volunteer, town.people.outsider
    town.batch(me)
    which = Which(campaign=town.campaign, user=me.user.id)
    with pytest.raises(Problem, match="handoff_to_whom"):
        town.hand_over(me, outsider)
    with pytest.raises(Problem, match="handoff_to_whom"), db.writing() as session:
        moving.move(session, town.people.leader.user, town.now, which, outsider.name)

    assert town.in_hand(me) == {"甲", "乙"}


def household(names: str) -> list[Draft]:
    return [resident(name, mobile(40 + place), room="901") for place, name in enumerate(names)]


def test_whoever_hands_over_sees_who_is_there(app: Flask, db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙丙丁戊")
    people = town.people
    for who, begins, ends in (
        (people.colleague, "13:00", "18:00"),
        (people.leader, "09:00", "18:00"),
    ):
        town.plan(who, begins, ends)
    town.batch(people.colleague, 2)
    town.batch(people.volunteer, 2)

    page = words(browser(app, people.volunteer).get(f"/calls/campaigns/{town.campaign}/hand-over"))

    leader = f"{people.leader.name} · Team leader · on shift until 18:00"
    colleague = f"{people.colleague.name} · 2 in hand"
    assert page.index(leader) < page.index(colleague), "who is on shift comes first"
    assert "After 30 minutes it is free for others." in page
    moved = words(
        browser(app, people.leader).get(
            f"/campaigns/{town.campaign}/in-hand/move?user={people.volunteer.user.id}"
        )
    )
    assert leader in moved
    assert colleague in moved
