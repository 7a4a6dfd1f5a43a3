"""The demo is a plausible city: what it holds, and that it is sound."""

import re
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app import create_app
from app.calls.models import Call
from app.campaigns.models import Campaign
from app.cases.models import Batch, Case
from app.demo import residents
from app.demo.calling import GOING_ON
from app.people.models import Team, User
from app.progress import queries as progress
from app.progress.rules.counting import Tally
from app.residents.models import Number, Resident, ResidentNumber
from app.residents.rules import phones
from app.territory.models import Building, Community
from app.upkeep.check import run
from tests.conftest import Clock
from tests.demo.conftest import City
from tests.house.pages import CheckingClient


def count(city: City, what: type) -> int:
    with city.database.reading() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


def test_it_has_the_communities_of_seven_real_streets(city: City) -> None:
    with city.database.reading() as session:
        places = session.scalars(select(Community)).all()

    assert len(places) == 46
    assert len({place.street_code for place in places}) == 7
    assert {place.code[:4] for place in places} == {"3206"}


def test_every_street_has_its_team_with_a_leader_and_volunteers(city: City) -> None:
    with city.database.reading() as session:
        streets = set(session.scalars(select(Community.street_code)))
        teams = {team.id: team.street_code for team in session.scalars(select(Team))}
        users = session.scalars(select(User)).all()
    per_team = {role: Counter(u.team_id for u in users if u.role == role)
                for role in ("leader", "volunteer")}  # fmt: skip

    assert set(teams.values()) == streets
    assert per_team["leader"] == Counter(dict.fromkeys(teams, 1))
    assert sum(per_team["volunteer"].values()) == 66
    assert min(per_team["volunteer"].values()) >= 9
    assert Counter(u.role for u in users)["supervisor"] == 1
    assert Counter(u.role for u in users)["administrator"] == 1


def test_it_has_about_six_thousand_residents_in_every_community(city: City) -> None:
    with city.database.reading() as session:
        query = select(Resident.community_code, func.count()).group_by(Resident.community_code)
        per_community = dict(list(session.execute(query)))

    assert 5500 <= sum(per_community.values()) <= 6500
    assert len(per_community) == 46
    assert None not in per_community
    assert min(per_community.values()) >= 90
    assert count(city, Building) > 46 * 3


def test_names_hold_the_characters_that_are_hard_to_print(city: City) -> None:
    with city.database.reading() as session:
        names = "".join(session.scalars(select(Resident.name)))

    assert set(residents.RARE) <= set(names)


def test_numbers_follow_the_plan_and_some_are_shared_or_missing(city: City) -> None:
    with city.database.reading() as session:
        values = session.scalars(select(Number.value)).all()
        owners = select(func.count(ResidentNumber.resident_id)).group_by(ResidentNumber.number_id)
        shared = [n for n in session.scalars(owners) if n > 1]
        per_resident = select(ResidentNumber.resident_id).distinct()
        without = session.scalars(select(Resident).where(Resident.id.not_in(per_resident))).all()

    wrong = [v for v in values if phones.read_cell(v, "0513").phones != (v,)]
    assert not wrong
    assert {v[:6] for v in values} >= {"+86513", "+86139"}
    assert len(shared) > 500
    assert 0.01 < len(without) / 6000 < 0.06
    assert all(resident.unusable for resident in without)


def test_the_campaign_is_in_progress_with_calls_over_days(city: City) -> None:
    now = Clock.now
    with city.database.reading() as session:
        campaign = session.scalars(select(Campaign)).one()
        calls = session.scalars(select(Call).order_by(Call.position)).all()
        held = session.scalar(select(func.count()).where(Case.state == "held"))
        ringing = session.scalars(select(Batch.user_id).where(Batch.ended_at.is_(None))).all()
        rows = progress.by_community(session, campaign, None)
    whole = Tally.sum(row.tally for row in rows)
    days = Counter(call.started_at.astimezone(now.tzinfo).date() for call in calls)

    assert campaign.status == "open"
    assert campaign.deadline is not None
    assert campaign.deadline > now.date()
    assert whole.total == count(city, Resident)
    assert 0.2 < whole.accounted_for / whole.total < 0.7
    assert len(days) >= 5
    assert min(days.values()) > 50
    assert held
    assert len(set(ringing)) == len(GOING_ON)
    assert sum(bool(row.tally.accounted_for) for row in rows) > len(rows) / 2
    assert max(call.ended_at for call in calls) <= now
    assert max(call.ended_at for call in calls) > now - timedelta(hours=1)


def test_the_calls_are_a_believable_mix(city: City) -> None:
    with city.database.reading() as session:
        mix = Counter(session.scalars(select(Call.disposition)))
        callers = len(set(session.scalars(select(Call.user_id))))
        waiting = session.scalar(select(func.count()).where(Case.appointment_at > Clock.now))
    calls = mix.total()

    assert calls > 2000
    assert callers > 55
    assert 0.4 < mix["completed"] / calls < 0.7
    assert mix["no_answer"] > mix["busy"] > 0
    assert len(mix) >= 12
    assert waiting


def test_people_ring_by_day_only(city: City) -> None:
    """Calls of the last hours apart, which the demo makes whenever it is built."""
    with city.database.reading() as session:
        moments = session.scalars(select(Call.started_at).where(Call.applied)).all()

    zone = Clock.now.tzinfo
    hours = {moment.astimezone(zone).hour for moment in moments}
    assert min(hours) >= 9
    assert max(hours) <= 21


def test_every_law_holds(city: City) -> None:
    with city.database.reading() as session:
        assert run(session) == []


def test_it_says_what_it_does_as_it_goes(city: City) -> None:
    assert len(city.said) == 5
    assert re.search(r"46 communities in 7 streets", city.said[0])
    assert city.said[-1] == f"{count(city, Call):d} calls are on record."


def test_names_of_users_are_all_different_and_no_password_repeats(city: City) -> None:
    assert len({a.name for a in city.accounts}) == len(city.accounts) == 66 + 7 + 2
    assert len({a.password for a in city.accounts}) == len(city.accounts)
    assert all(re.fullmatch(r"(\w{4}-){2}\w{4}", a.password) for a in city.accounts)


@pytest.mark.parametrize("role", ["administrator", "supervisor", "leader", "volunteer"])
def test_one_can_sign_in_and_see_work(role: str, city: City) -> None:
    account = next(a for a in city.accounts if a.role == role)
    app = create_app(city.settings, clock=Clock())
    app.test_client_class = CheckingClient
    browser = app.test_client()
    assert isinstance(browser, CheckingClient)

    answer = browser.submit("/sign-in", action="", name=account.name, password=account.password)
    first = browser.get(answer.location, follow_redirects=True)

    assert answer.status_code == 302
    assert first.status_code == 200
    assert "基本信息核对" in first.text
    app.extensions["database"].close()
