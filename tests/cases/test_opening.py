"""Opening and closing a campaign."""

from collections.abc import Callable

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


@pytest.mark.parametrize("held", [False, True])
def test_who_comes_later_joins_the_house(db: Database, clock: Clock, held: bool) -> None:
    town = Town.of(db, clock, [resident(name, mobile(1), room="1") for name in "甲乙"])
    volunteer = town.people.volunteer
    if held:
        town.batch(volunteer)
    late = [resident("丙", mobile(2), room="1"), resident("丁", mobile(1), room="2")]
    cast.residents(db, BRIDGE, late)

    assert opened(db, None, town.campaign) == 2
    assert len({town.case(name).group_id for name in "甲乙丙丁"}) == 1
    assert town.broken() == []
    if held:
        assert town.in_hand(volunteer) == {"甲", "乙"}
        town.release(volunteer, town.batch_of(volunteer))
    assert sorted(town.take(town.people.colleague)) == sorted("甲乙丙丁")
    assert town.broken() == []


def test_a_full_house_takes_nobody_in(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, [resident(f"甲{n}", mobile(n), room="1") for n in range(7)])
    cast.residents(db, BRIDGE, [resident(name, mobile(9), room="1") for name in ("乙", "丙")])
    opened(db, None, town.campaign)

    assert town.case("乙").group_id == town.case("甲0").group_id != town.case("丙").group_id
    assert town.broken() == []


def test_who_comes_later_waits_with_the_house(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, [resident("甲", mobile(1), room="1")])
    town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "甲", "callback_requested")
    cast.residents(db, BRIDGE, [resident("乙", mobile(1), room="1")])
    opened(db, None, town.campaign)

    assert town.case("乙").ready_at == town.case("甲").ready_at
    assert town.take(town.people.volunteer) == []
    assert town.broken() == []


@pytest.mark.parametrize("act", [opening.open_campaign, opening.close_campaign])
@pytest.mark.parametrize(
    ("who", "codes"),
    [("supervisor", [BRIDGE, SCHOOL]), ("leader", [BRIDGE, HARBOUR]), ("volunteer", [BRIDGE])],
)
def test_only_who_has_a_say_over_all_of_it_opens_or_closes(
    db: Database, clock: Clock, act: Callable[..., object], who: str, codes: list[str]
) -> None:
    town = Town.of(db, clock, "甲")
    campaign = cast.open_campaign(db, codes)

    with pytest.raises(ForbiddenError), db.writing() as session:
        act(session, getattr(town.people, who).user, NOW, campaign)
    with db.writing() as session:
        act(session, town.people.administrator.user, NOW, campaign)


def test_a_batch_that_closing_ended_says_so(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    batch = town.batch(town.people.volunteer)
    town.close()

    assert town.batch_of_id(batch.id).end_reason == "closed"
