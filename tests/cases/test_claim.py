"""The claim: who is handed out, in which order, how many, and why nobody."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.cases import statements
from app.cases.models import Hold
from app.cases.service.claim import claim
from app.db import Database
from app.problems import ForbiddenError, NotFoundError, Problem
from app.residents.rules.rows import Draft
from tests import cast
from tests.cases.town import Town
from tests.cast import BRIDGE, HARBOUR, SCHOOL, mobile, resident
from tests.conftest import Clock


def household(room: str, *names: str) -> list[Draft]:
    """People of one flat, each with a number of their own."""
    return [
        resident(name, mobile(int(room) * 100 + place), room=room)
        for place, name in enumerate(names)
    ]


def test_a_batch_walks_through_the_buildings(db: Database, clock: Clock) -> None:
    places = [
        ("丁", "10幢", "101"),
        ("丙", "2幢", "1001"),
        ("乙", "2幢", "302"),
        ("甲", "2幢", "201"),
    ]
    drafts = [
        resident(name, mobile(number), building=building, room=room)
        for number, (name, building, room) in enumerate(places)
    ]
    town = Town.of(db, clock, drafts)

    assert town.take(town.people.volunteer) == ["甲", "乙", "丙", "丁"]


def test_a_batch_walks_through_one_community_after_the_other(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, ["戊"])
    homes = [(SCHOOL, "子丑寅", 20), (BRIDGE, "甲乙丙", 40)]
    for code, names, first in homes:
        drafts = [
            resident(name, mobile(first + place), building="1幢", room=f"{place}01")
            for place, name in enumerate(names, 1)
        ]
        cast.residents(db, code, drafts)
    wide = cast.open_campaign(db, [BRIDGE, SCHOOL])

    assert town.take(town.people.volunteer, 5, campaign=wide) == [*"戊甲乙丙子"]
    assert town.take(town.people.volunteer, 5, campaign=wide) == [*"丑寅"]


def test_the_longest_ready_come_first(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙丙", pause_minutes={"busy": 20, "no_answer": 60})
    town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "甲", "no_answer")
    town.save(town.people.volunteer, "乙", "busy")
    town.save(town.people.volunteer, "丙", "busy", started_at=town.now - timedelta(minutes=9))
    town.wait(hours=2)

    assert town.take(town.people.volunteer) == ["丙", "乙", "甲"]


@pytest.mark.parametrize(
    ("homes", "size", "taken"),
    [
        ([1, 1, 1, 1, 1], 3, 3),
        ([1, 1, 1], 3, 3),
        ([1, 1], 3, 2),
        # A household that would be cut is taken whole; the next is then not touched.
        ([3, 3, 1], 1, 3),
        ([3, 3, 1], 3, 3),
        ([3, 3, 1], 4, 6),
        ([1, 4, 4], 2, 5),
        ([2, 2, 2, 2], 4, 4),
    ],
)
def test_a_batch_grows_rather_than_splits_and_no_more(
    db: Database, clock: Clock, homes: list[int], size: int, taken: int
) -> None:
    drafts = [
        draft
        for number, members in enumerate(homes, 1)
        for draft in household(str(number), *(f"户{number}人{n}" for n in range(members)))
    ]
    town = Town.of(db, clock, drafts)

    assert town.take(town.people.volunteer, size) == [draft.name for draft in drafts[:taken]]
    assert town.broken() == []


def test_who_shares_a_number_is_handed_out_together(db: Database, clock: Clock) -> None:
    drafts = [
        resident("甲", mobile(1), room="101"),
        resident("乙", mobile(2), room="102"),
        resident("丙", mobile(3), mobile(1), room="901"),
    ]
    town = Town.of(db, clock, drafts)

    assert town.take(town.people.volunteer, 1) == ["甲", "丙"]
    assert town.take(town.people.colleague, 3) == ["乙"]


def agree(town: Town, name: str, who: cast.Person, hours: float) -> None:
    """Have a volunteer agree with a resident to ring again after so many hours."""
    town.save(who, name, "callback_requested", callback_at=town.now + timedelta(hours=hours))


def test_appointments_come_first_and_ones_own_before_others(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙丙丁")
    volunteer, colleague = town.people.volunteer, town.people.colleague
    town.batch(volunteer, 3)
    agree(town, "乙", volunteer, 3)
    agree(town, "丙", volunteer, 2)
    town.save(volunteer, "甲", "busy")
    town.batch(colleague, 1)
    agree(town, "丁", colleague, 1)
    town.wait(hours=4)

    assert town.take(volunteer) == ["丁", "丙", "乙", "甲"]  # the order of ringing: by the time
    assert town.broken() == []


@pytest.mark.parametrize("size", [1, 2])
def test_ones_own_appointment_is_not_lost_behind_those_of_others(
    db: Database, clock: Clock, size: int
) -> None:
    town = Town.of(db, clock, "甲乙丙")
    volunteer, colleague = town.people.volunteer, town.people.colleague
    town.batch(colleague, 2)
    agree(town, "甲", colleague, 1)
    agree(town, "乙", colleague, 1)
    town.batch(volunteer, 1)
    agree(town, "丙", volunteer, 2)
    town.wait(hours=3)

    assert "丙" in town.take(volunteer, size)


def test_an_appointment_waits_for_its_time(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    town.batch(town.people.volunteer)
    agree(town, "甲", town.people.volunteer, 3)
    agreed = town.now + timedelta(hours=3)
    town.wait(hours=2, minutes=59)
    early = town.claim(town.people.volunteer)
    town.wait(minutes=1)

    assert (early.batch, early.waiting, early.next_at) == (None, {"resting": 1}, agreed)
    assert town.take(town.people.volunteer) == ["甲"]


def test_an_appointment_that_was_kept_is_none_any_more(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙")
    volunteer, colleague = town.people.volunteer, town.people.colleague
    town.batch(volunteer, 1)
    agree(town, "甲", volunteer, 1)
    town.batch(colleague, 1)
    agree(town, "乙", colleague, 6)
    town.wait(hours=1)
    town.batch(volunteer, 1)
    town.save(volunteer, "甲", "no_answer")
    town.wait(hours=6)

    assert town.take(volunteer, 1) == ["乙"]


def test_nobody_holds_more_than_the_campaign_allows(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙丙丁", max_held=3)
    volunteer = town.people.volunteer

    assert len(town.take(volunteer, 2)) == 2
    assert len(town.take(volunteer, 20)) == 1
    with pytest.raises(Problem, match="holds_enough"):
        town.claim(volunteer)
    town.save(volunteer, "甲")
    assert town.take(volunteer) == ["丁"]


def test_the_limit_holds_for_all_campaigns_together(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙丙丁", max_held=3)
    other = cast.open_campaign(db, [BRIDGE], max_held=3)
    town.batch(town.people.volunteer, 1)
    town.batch(town.people.volunteer, 1, campaign=other)

    assert len(town.take(town.people.volunteer, 9, campaign=other)) == 1
    for campaign in (town.campaign, other):
        with pytest.raises(Problem, match="holds_enough"):
            town.claim(town.people.volunteer, 1, campaign=campaign)


def test_a_volunteer_gets_only_the_own_communities(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, ["甲"])
    cast.residents(db, SCHOOL, [resident("乙", mobile(22))])
    cast.residents(db, HARBOUR, [resident("丙", mobile(33))])
    wide = cast.open_campaign(db, [BRIDGE, SCHOOL, HARBOUR])
    people = town.people

    assert town.take(people.volunteer, campaign=wide, community=SCHOOL) == ["乙"]
    with pytest.raises(Problem, match="community_unknown"):
        town.take(people.volunteer, campaign=wide, community=HARBOUR)
    assert town.take(people.volunteer, campaign=wide) == ["甲"]
    assert town.take(people.outsider, campaign=wide) == ["丙"]


def test_a_campaign_elsewhere_does_not_exist(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, ["甲"])

    with pytest.raises(NotFoundError):
        town.claim(town.people.outsider)


@pytest.mark.parametrize("size", [0, -1, 61])
def test_a_size_that_is_no_batch(db: Database, clock: Clock, size: int) -> None:
    town = Town.of(db, clock, ["甲"])

    with pytest.raises(Problem, match="batch_size"):
        town.claim(town.people.volunteer, size)


@pytest.mark.parametrize("role", ["supervisor", "administrator"])
def test_staff_above_the_team_rings_nobody(db: Database, clock: Clock, role: str) -> None:
    town = Town.of(db, clock, ["甲"])

    with pytest.raises(ForbiddenError):
        town.claim(getattr(town.people, role))


def test_a_leader_may_ring_too(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, ["甲"])

    assert town.take(town.people.leader) == ["甲"]


def test_a_closed_campaign_hands_out_nobody(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, ["甲"])
    town.close()

    with pytest.raises(Problem, match="campaign_not_open"):
        town.claim(town.people.volunteer)


def test_nobody_is_rung_outside_the_hours(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙", hours=["09:00-12:00", "14:00-20:30"])
    clock.now = clock.now.replace(hour=12, minute=30)
    found = town.claim(town.people.volunteer)

    assert (found.batch, found.waiting) == (None, {"calling_hours": 2})
    assert found.next_at == clock.now.replace(hour=14, minute=0)
    clock.now = found.next_at
    assert town.take(town.people.volunteer) == ["甲", "乙"]


def test_a_claim_that_finds_nobody_says_why_and_when(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, [*"甲乙丙丁戊", resident("己", room="9")])
    volunteer, colleague = town.people.volunteer, town.people.colleague
    town.batch(volunteer, 4)
    town.batch(colleague, 1)
    town.save(volunteer, "甲", "completed")
    town.save(volunteer, "乙", "needs_leader")
    town.save(volunteer, "丙", "busy")
    town.save(volunteer, "丁", "no_answer")
    found = town.claim(volunteer)

    # 己 has no number: with the leader from the start. What is done waits for nobody.
    assert found.waiting == {"resting": 2, "held": 1}
    assert found.next_at == town.now - timedelta(minutes=2) + timedelta(minutes=20)
    town.wait(minutes=20)
    assert town.take(volunteer) == ["丙"]


def test_the_next_time_lies_within_the_hours(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲", hours=["09:00-12:00"])
    town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "甲", "callback_requested")  # at 13:00

    found = town.claim(town.people.volunteer)

    assert found.waiting == {"resting": 1}
    assert found.next_at == clock.now.replace(hour=9) + timedelta(days=1)


def test_after_a_soft_refusal_somebody_else_tries(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    volunteer, colleague = town.people.volunteer, town.people.colleague
    town.batch(volunteer)
    town.save(volunteer, "甲", "soft_refusal")
    town.wait(days=3)
    found = town.claim(volunteer)

    assert (found.batch, found.waiting) == (None, {"for_others": 1})
    assert town.take(colleague) == ["甲"]
    town.save(colleague, "甲", "no_answer")
    town.wait(days=1)
    assert town.take(volunteer) == []
    assert town.take(colleague) == ["甲"]


def test_a_number_held_in_another_campaign_waits(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙")
    other = cast.open_campaign(db, [BRIDGE])
    volunteer, colleague = town.people.volunteer, town.people.colleague
    mine = town.batch(volunteer, 1)

    # It does not stand in the way of those behind it.
    assert town.take(colleague, 1, campaign=other) == ["乙"]
    assert town.claim(colleague, campaign=other).waiting == {"held": 1}
    town.release(volunteer, mine)
    assert town.take(colleague, campaign=other) == ["甲"]
    assert town.broken() == []


OFFICE = [resident(f"职员{n}", mobile(7), room=str(n)) for n in range(1, 10)]


def test_a_shared_line_is_in_one_volunteers_hands_only(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, [*OFFICE, resident("邻居", mobile(8), room="99")])

    assert town.take(town.people.volunteer, 1) == ["职员1"]
    assert town.take(town.people.colleague) == ["邻居"]
    assert town.broken() == []


def test_a_shared_line_does_not_keep_a_batch_short(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, [*OFFICE, resident("邻居", mobile(8), room="99")])

    assert town.take(town.people.volunteer, 2) == ["职员1", "邻居"]


def test_a_shared_line_stays_held_until_its_last_case_is_settled(
    db: Database, clock: Clock
) -> None:
    """Whoever still has someone of the office on the screen may be ringing the office."""
    town = Town.of(db, clock, OFFICE)
    volunteer, colleague = town.people.volunteer, town.people.colleague
    for name in town.take(volunteer, 3):
        assert town.take(colleague) == []
        assert town.save(volunteer, name).call.applied
        assert town.broken() == []

    assert len(town.take(colleague, 1)) == 1


def test_each_new_holder_of_a_number_has_a_later_generation(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    other = cast.open_campaign(db, [BRIDGE])
    for turn in range(3):
        town.release(town.people.volunteer, town.batch(town.people.volunteer))
        town.wait(minutes=turn)
        batch = town.batch(town.people.colleague, campaign=other)
        town.release(town.people.colleague, batch)

    with db.reading() as session:
        held = session.scalars(select(Hold.generation).order_by(Hold.id)).all()
    assert list(held) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("engine_url", ["postgresql"], indirect=True)
def test_a_claim_locks_no_number_but_its_own(db: Database, clock: Clock) -> None:
    """However the statement is planned: who locks them all leaves others with none."""
    town = Town.of(db, clock, [f"居民{n}" for n in range(9)])
    locks = """SELECT count(*) FROM pg_locks
        WHERE locktype = 'advisory' AND classid = :numbers AND pid = pg_backend_pid()"""
    with db.writing() as session:
        for way in ("indexscan", "indexonlyscan", "bitmapscan", "nestloop"):
            session.execute(text(f"SET LOCAL enable_{way} = off"))
        claim(session, town.people.volunteer.user, town.now, town.campaign, 2)

        assert session.scalar(text(locks), {"numbers": statements._SPACE}) == 2


@pytest.mark.parametrize("engine_url", ["postgresql"], indirect=True)
def test_a_claim_looks_at_each_group_by_itself(db: Database, clock: Clock) -> None:
    """In tables just filled, of which PostgreSQL knows nothing yet: among all it took a minute."""
    shared = [resident(f"{n}", mobile(999), room=f"{n:03}") for n in range(200)]
    own = [resident(f"有{n}", mobile(n), room=f"9{n:02}") for n in range(30)]
    town = Town.of(db, clock, shared + own)
    town.batch(town.people.volunteer, 1)
    read = """SELECT sum(seq_tup_read + idx_tup_fetch) FROM pg_stat_xact_user_tables
        WHERE relname IN ('call_groups', 'cases', 'resident_numbers', 'numbers', 'holds')"""
    with db.writing() as session:
        claim(session, town.people.colleague.user, town.now, town.campaign, 20)
        looked_at = session.scalar(text(read)) or 0
    assert 230 < looked_at < 2 * 230**2, "for one group after the other, not for each of each"
