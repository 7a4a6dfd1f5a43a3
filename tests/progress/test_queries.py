"""What is counted, now and as of any position: the same, however often and late it is asked."""

from datetime import timedelta
from random import Random

import pytest

from app.calls.service.correcting import correct
from app.cases.service.opening import open_campaign
from app.db import Database
from app.people.models import User
from app.problems import NotFoundError
from app.progress import queries
from app.progress.queries import CaseAsOf, VolunteerProgress
from tests import cast
from tests.cases.town import Town
from tests.cast import BRIDGE, FAR, HARBOUR, SCHOOL
from tests.conftest import Clock
from tests.progress.city import (
    CODES,
    Figures,
    Walk,
    as_of,
    campaign_of,
    city,
    dashboard,
    figures,
    position,
)


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    return city(db, clock)


def tallied(cases: dict[str, list[CaseAsOf]]) -> dict[str, Figures]:
    return {code: figures(queries.tally_of(found)) for code, found in cases.items()}


@pytest.mark.parametrize("seed", range(2))
def test_any_position_counts_for_ever_what_the_dashboard_said_then(town: Town, seed: int) -> None:
    walk = Walk(town, Random(seed))
    said = {0: dashboard(town)}
    seen = {0: as_of(town, 0)}
    for _ in range(28):
        walk.step()
        said[position(town)] = dashboard(town)
        seen.setdefault(position(town), as_of(town, position(town)))

    assert len(said) > 14
    for at, then in said.items():
        cases = as_of(town, at)
        assert tallied(cases) == then, f"position {at}"
        assert cases == seen[at], f"position {at}"
    assert town.broken() == []


def test_communities_are_counted_as_of_any_position_in_one_query(town: Town) -> None:
    walk = Walk(town, Random(5))
    for _ in range(20):
        walk.step()

    for at in range(position(town) + 1):
        with town.db.reading() as session:
            rows = queries.by_community_as_of(session, campaign_of(session, town), None, at)
        counted = {row.community.code: figures(row.tally) for row in rows}
        assert counted == tallied(as_of(town, at)), f"position {at}"


def test_a_call_that_took_no_effect_counts_nowhere(town: Town) -> None:
    me, other = town.people.volunteer, town.people.colleague
    first = town.take(me, 1)[0]
    town.wait(hours=12)
    town.take(other, 1)
    before = dashboard(town), tallied(as_of(town, position(town)))

    saved = town.save(me, first)

    assert (saved.call.applied, saved.call.reason) == (False, "stale_hold")
    assert (dashboard(town), tallied(as_of(town, position(town)))) == before


def test_a_moment_means_the_calls_recorded_by_then(town: Town) -> None:
    me = town.people.volunteer
    names = town.take(me, 2)
    moments = []
    for name in names:
        town.wait(minutes=5)
        moments.append((town.now, town.save(me, name).call.position))

    with town.db.reading() as session:
        campaign = campaign_of(session, town)
        for moment, at in moments:
            earlier = moment - timedelta(microseconds=1)
            assert queries.position_at(session, campaign, moment) == at
            assert queries.position_at(session, campaign, earlier) < at
        assert queries.position_at(session, campaign, moments[0][0] - timedelta(days=9)) == 0


def test_a_call_of_yesterday_saved_today_is_no_part_of_yesterday(town: Town) -> None:
    me = town.people.volunteer
    name = town.take(me, 1)[0]
    town.wait(hours=1)
    rung = town.now
    town.wait(hours=1)
    with town.db.reading() as session:
        before = queries.position_at(session, campaign_of(session, town), town.now)
    town.wait(hours=1)

    town.save(me, name, started_at=rung - timedelta(minutes=2), ended_at=rung)

    with town.db.reading() as session:
        asked_again = queries.position_at(
            session, campaign_of(session, town), town.now - timedelta(hours=1)
        )
    assert asked_again == before
    assert [c for cases in as_of(town, before).values() for c in cases if c.attempts] == []


def test_residents_who_come_later_are_no_part_of_what_was_counted_before(town: Town) -> None:
    me = town.people.volunteer
    town.save(me, town.take(me, 1)[0])
    at, before = position(town), tallied(as_of(town, position(town)))
    moment = town.now
    town.wait(minutes=10)
    cast.residents(town.db, BRIDGE, [cast.resident("后来", cast.mobile(999))])

    with town.db.writing() as session:
        assert open_campaign(session, None, town.now, town.campaign) == 1

    with town.db.reading() as session:
        campaign = campaign_of(session, town)
        assert queries.position_at(session, campaign, moment) == at
        now = queries.position_at(session, campaign, town.now)
    assert tallied(as_of(town, at)) == before
    assert tallied(as_of(town, now)) == dashboard(town)
    assert dashboard(town)[BRIDGE][0] == before[BRIDGE][0] + 1


def test_cases_stand_in_the_order_one_walks(town: Town) -> None:
    cases = as_of(town, 0)[BRIDGE]

    assert [case.building for case in cases if case.building] == (
        ["1幢"] * 3 + ["2幢"] * 4 + ["3幢"] * 2
    )
    assert all(case.address.startswith(case.building) for case in cases)


def test_who_has_no_number_is_told_from_who_was_not_rung_yet(town: Town) -> None:
    cases = {case.name: case for case in as_of(town, 0)[BRIDGE]}

    assert not cases["无号0"].has_number
    assert cases["居民1"].has_number
    assert {case.outcome for case in cases.values()} == {"not_attempted"}


@pytest.mark.parametrize(
    ("role", "codes"),
    [
        ("leader", [BRIDGE, SCHOOL]),
        ("supervisor", [BRIDGE, HARBOUR]),
        ("administrator", [BRIDGE, SCHOOL, HARBOUR]),
    ],
)
def test_everybody_counts_within_their_scope(role: str, codes: list[str], town: Town) -> None:
    user: User = getattr(town.people, role).user

    with town.db.reading() as session:
        rows = queries.by_community(session, campaign_of(session, town), user)

    assert [row.community.code for row in rows] == codes
    assert [row.tally.total for row in rows] == [9] * len(codes)


def done(town: Town, codes: tuple[str, ...] = CODES) -> list[VolunteerProgress]:
    with town.db.reading() as session:
        return queries.by_volunteer(session, campaign_of(session, town), codes)


def test_volunteers_are_counted_by_their_calls(town: Town) -> None:
    me, other = town.people.volunteer, town.people.colleague
    mine = town.take(me, 4)
    theirs = town.take(other, 2)
    town.save(me, mine[0], "no_answer")
    town.save(me, mine[1], "hard_refusal")
    town.wait(minutes=3)
    last = town.save(other, theirs[0], "no_answer").call
    town.wait(minutes=3)
    town.correct(other, last, "completed")

    rows = {row.user.name: row for row in done(town)}

    assert list(rows) == [me.name, other.name]
    first, second = rows.values()
    assert (first.calls, first.reached, first.completed) == (2, 1, 0)
    assert (second.calls, second.reached, second.completed) == (1, 1, 1)
    assert (first.held, second.held) == (len(mine) - 2, len(theirs) - 1)
    assert second.last_call_at == last.started_at


def test_who_holds_cases_without_having_rung_is_shown_too(town: Town) -> None:
    held = town.take(town.people.outsider, 3)

    (row,) = done(town)

    assert (row.user.name, row.calls, row.held) == ("志愿者丙", 0, len(held))
    assert row.last_call_at is None


def test_what_was_done_elsewhere_is_not_told(town: Town) -> None:
    outsider = town.people.outsider
    town.save(outsider, town.take(outsider, 1)[0])

    assert [row.calls for row in done(town, (HARBOUR,))] == [1]
    assert [row.calls for row in done(town, (BRIDGE, SCHOOL))] == []


def test_a_leader_is_not_told_who_holds_what_elsewhere(town: Town) -> None:
    town.take(town.people.outsider, 3)

    assert done(town, (BRIDGE, SCHOOL)) == []


@pytest.mark.parametrize("code", [FAR, "999999999999", "x" * 99])
def test_a_community_outside_is_not_found(code: str, town: Town) -> None:
    with town.db.reading() as session, pytest.raises(NotFoundError):
        queries.buildings_of(session, campaign_of(session, town), None, code)


def test_buildings_add_up_to_their_community(town: Town) -> None:
    me = town.people.volunteer
    for name in town.take(me, 5):
        town.save(me, name)

    with town.db.reading() as session:
        campaign = campaign_of(session, town)
        place, whole, parts = queries.buildings_of(session, campaign, None, BRIDGE)

    assert place.code == BRIDGE
    assert [name for name, _ in parts] == ["1幢", "2幢", "3幢"]
    assert sum(part.accounted_for for _, part in parts) == whole.accounted_for
    assert figures(whole) == dashboard(town)[BRIDGE]


def test_the_last_attempt_stays_the_last_when_an_earlier_one_is_corrected(
    db: Database, clock: Clock
) -> None:
    town = Town.of(db, clock, ["甲"])
    me = town.people.volunteer
    calls = []
    for _ in range(2):
        town.take(me, 1)
        calls.append(town.save(me, "甲", "no_answer").call)
        town.wait(days=1)
    town.correct(me, calls[0], "busy")

    (case,) = as_of(town, position(town))[BRIDGE]

    assert (case.attempts, case.last_call_at) == (2, calls[1].started_at)


def test_a_call_on_a_household_is_one_call_and_completes_each_of_them(
    db: Database, clock: Clock
) -> None:
    town = Town.of(
        db, clock, [cast.resident(name, cast.mobile(1), room="101室") for name in ("甲", "乙")]
    )
    me = town.people.volunteer
    town.take(me, 2)
    saved = town.save(me, "甲", "no_answer", also=["乙"])
    assert [(row.calls, row.reached, row.completed) for row in done(town)] == [(1, 0, 0)]

    with db.writing() as session:
        said = town.said("completed")
        correct(session, me.user, town.now, saved.call.id, said, together=True)

    assert len(town.calls()) == 4
    assert [(row.calls, row.reached, row.completed) for row in done(town)] == [(1, 1, 2)]
