"""Opening and closing a campaign."""

import pytest

from app.campaigns.models import Campaign
from app.campaigns.queries import communities_of
from app.campaigns.rules.definition import definition_from
from app.campaigns.service import create
from app.cases.service import opening
from app.db import Database
from app.problems import ForbiddenError, NotFoundError, Problem
from tests import cast
from tests.cases.town import Town
from tests.cast import BRIDGE, FAR, HARBOUR, NOW, SCHOOL, mobile, resident
from tests.conftest import Clock


def made(db: Database, who: cast.Person | None, communities: object) -> Campaign:
    wanted = definition_from({"title": "核对", "communities": communities})
    with db.writing() as session:
        return create(session, who.user if who else None, NOW, wanted)


def opened(db: Database, who: cast.Person | None, campaign: int) -> int:
    with db.writing() as session:
        return opening.open_campaign(session, who.user if who else None, NOW, campaign)


def test_every_resident_becomes_a_case(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, ["甲", resident("乙", room="9")])

    assert (town.case("甲").state, town.case("甲").ready_at) == ("open", NOW)
    assert (town.case("乙").state, town.case("乙").passed_to) == ("passed", "leader")
    assert town.group("乙").ready_at is None
    assert town.broken() == []


def test_opening_again_adds_who_came_since(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, ["甲"])
    cast.residents(db, BRIDGE, [resident("乙", mobile(22))])
    cast.residents(db, SCHOOL, [resident("丙", mobile(33))])

    assert opened(db, None, town.campaign) == 1
    assert opened(db, None, town.campaign) == 0
    assert town.take(town.people.volunteer) == ["甲", "乙"]
    assert town.broken() == []


def test_a_campaign_over_all_is_over_those_with_residents(db: Database, clock: Clock) -> None:
    Town.of(db, clock, ["甲"])
    cast.residents(db, HARBOUR, [resident("乙", mobile(22))])
    campaign = made(db, None, "all")

    assert opened(db, None, campaign.id) == 2
    with db.reading() as session:
        covered = communities_of(session, campaign, None)
        assert [community.code for community in covered] == [BRIDGE, HARBOUR]


def test_a_campaign_without_residents_stays_a_draft(db: Database, clock: Clock) -> None:
    Town.of(db, clock, ["甲"])
    campaign = made(db, None, [FAR])

    with pytest.raises(Problem, match="campaign_without_residents"):
        opened(db, None, campaign.id)
    with db.reading() as session:
        assert session.get_one(Campaign, campaign.id).status == "draft"


def test_staff_make_campaigns_over_their_own_communities_only(db: Database, clock: Clock) -> None:
    people = Town.of(db, clock, ["甲"]).people

    assert made(db, people.supervisor, [BRIDGE]).created_by == people.supervisor.user.id
    with pytest.raises(Problem, match="community_unknown") as caught:
        made(db, people.supervisor, [BRIDGE, SCHOOL])
    assert caught.value.values == {"code": SCHOOL}
    with pytest.raises(ForbiddenError):
        made(db, people.volunteer, [BRIDGE])


def test_nobody_opens_or_closes_a_campaign_out_of_sight(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, ["甲"])
    cast.residents(db, FAR, [resident("远", mobile(22))])
    far = made(db, None, [FAR])

    with pytest.raises(NotFoundError):
        opened(db, town.people.supervisor, far.id)
    with pytest.raises(NotFoundError), db.writing() as session:
        opening.close_campaign(session, town.people.outsider.user, NOW, town.campaign)


def test_closing_takes_back_what_is_held(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙")
    other = cast.open_campaign(db, [BRIDGE])
    town.batch(town.people.volunteer)
    town.close()

    assert town.in_hand(town.people.volunteer) == set()
    assert town.take(town.people.colleague, campaign=other) == ["甲", "乙"]
    assert town.broken() == []


def test_a_closed_campaign_is_not_opened_again(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    town.close()

    with pytest.raises(Problem, match="campaign_closed"):
        opened(db, None, town.campaign)
    with pytest.raises(Problem, match="campaign_not_open"):
        town.close()


def test_who_comes_later_takes_a_place_between_the_calls(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙")
    town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "甲")
    cast.residents(db, BRIDGE, [resident("丙", mobile(22))])
    opened(db, None, town.campaign)

    assert town.save(town.people.volunteer, "乙").call.position == 3
    assert town.broken() == []
