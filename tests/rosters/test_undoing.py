"""Taking an import back, and what a roster does to a campaign that is running."""

import pytest
from flask import Flask

from app.cases.service import opening
from app.db import Database
from app.problems import Problem
from app.residents.rules.stages import Stage
from app.rosters.service import staging, undoing
from tests.api.conftest import program
from tests.api.ringing import MADE
from tests.cases.town import Town
from tests.cast import mobile
from tests.conftest import Clock
from tests.rosters.rostering import Rostering, row, sheet


def rostering(town: Town) -> Rostering:
    return Rostering(town.db, town.people, town.now)


def opened(town: Town) -> None:
    """Let the campaign take in who came since."""
    with town.db.writing() as session:
        opening.open_campaign(session, None, town.now, town.campaign)


def undo(rosters: Rostering, import_id: int) -> None:
    begin(rosters, import_id)
    rosters.go_on(import_id)


def begin(rosters: Rostering, import_id: int) -> None:
    with rosters.db.writing() as session:
        record = staging.own(session, rosters.user, import_id)
        undoing.undo(session, rosters.user, rosters.now, record)


@pytest.fixture
def rosters(db: Database, clock: Clock) -> Rostering:
    town = Town.of(db, clock, ["先"])
    rosters = rostering(town)
    rosters.town = town  # type: ignore[attr-defined]
    rosters.take(
        sheet(
            row("甲", mobile(91), "101", "旧"),
            row("乙", "空号", "102"),
            row("丙", mobile(93), "103"),
        )
    )
    opened(town)
    return rosters


def town_of(rosters: Rostering) -> Town:
    town: Town = rosters.town  # type: ignore[attr-defined]
    return town


ROWS = (
    row("甲", mobile(81), "101", "新"), row("乙", mobile(92), "102"),
    row("丙", mobile(93), "203"), row("丁", mobile(94), "103"),
)  # fmt: skip
CORRECTED = sheet(*ROWS)


def test_all_is_as_it_was_before(rosters: Rostering) -> None:
    was = rosters.contents()
    done = rosters.take(sheet(*ROWS, row("甲", mobile(82), "101")))
    assert numbers(rosters, "甲") == [(mobile(81),), (mobile(82),)]
    undo(rosters, done.id)

    assert rosters.record(done.id).status == Stage.UNDONE
    assert rosters.contents() == was
    assert town_of(rosters).broken() == []


def test_what_a_later_roster_changed_stays_as_that_says(rosters: Rostering) -> None:
    was = rosters.contents()
    done = rosters.take(CORRECTED)
    later = rosters.take(sheet(row("甲", mobile(71), "101", "更新"), row("丙", mobile(93), "303")))
    undo(rosters, done.id)
    assert numbers(rosters, "甲") == [(mobile(71),)]
    undo(rosters, later.id)

    assert rosters.contents() == was


def test_whom_another_roster_lists_too_stays_until_that_is_taken_back(rosters: Rostering) -> None:
    was = rosters.contents()
    first, second = rosters.take(CORRECTED), rosters.take(CORRECTED)
    undo(rosters, first.id)
    assert numbers(rosters, "丁") == [(mobile(94),)]
    undo(rosters, second.id)

    assert rosters.contents() == was


def test_newcomers_leave_a_campaign_in_which_nobody_rang_them(rosters: Rostering) -> None:
    town = town_of(rosters)
    was = rosters.contents()
    done = rosters.take(CORRECTED)
    opened(town)
    assert town.case("丁").state == "open"
    town.release(town.people.volunteer, town.batch(town.people.volunteer))
    undo(rosters, done.id)

    found = rosters.contents()
    assert found["residents"] == was["residents"]
    assert len(found["cases"]) == len(was["cases"])
    assert town.broken() == []


def test_a_call_keeps_an_import_from_being_taken_back(rosters: Rostering) -> None:
    town = town_of(rosters)
    done = rosters.take(CORRECTED)
    opened(town)
    town.batch(town.people.volunteer)
    with pytest.raises(Problem, match="import_in_hand"):
        undo(rosters, done.id)
    town.save(town.people.volunteer, "丁", "no_answer")
    with pytest.raises(Problem, match="import_has_calls") as refused:
        undo(rosters, done.id)

    assert refused.value.values == {"n": 1}
    assert rosters.record(done.id).status == Stage.DONE


def test_who_is_rung_meanwhile_stays(rosters: Rostering) -> None:
    town = town_of(rosters)
    done = rosters.take(sheet(*ROWS, row("戊", mobile(95), "104")))
    opened(town)
    begin(rosters, done.id)
    batch = town.batch(town.people.volunteer, size=5)
    assert "戊" not in town.in_hand(town.people.volunteer)
    town.save(town.people.volunteer, "丁", "no_answer")
    town.release(town.people.volunteer, batch)
    rosters.go_on(done.id)

    assert numbers(rosters, "丁") == [(mobile(94),)]
    assert numbers(rosters, "戊") == []
    assert town.broken() == []


def test_a_call_on_whom_it_changed_does_so_too(rosters: Rostering) -> None:
    town = town_of(rosters)
    before = town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "丙", "no_answer")
    town.release(town.people.volunteer, before)
    town.wait(hours=1)
    rosters.now = town.now
    done = rosters.take(sheet(row("丙", mobile(83), "103")))
    undo(rosters, done.id)
    assert rosters.record(done.id).status == Stage.UNDONE

    again = rosters.take(sheet(row("丙", mobile(83), "103")))
    town.wait(hours=20)
    town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "丙", "no_answer")
    with pytest.raises(Problem, match="import_has_calls"):
        undo(rosters, again.id)


@pytest.mark.parametrize("status", [Stage.PREVIEW, Stage.CANCELLED, Stage.UNDONE])
def test_only_what_was_taken_is_taken_back(rosters: Rostering, status: Stage) -> None:
    import_id = rosters.upload(CORRECTED)
    rosters.go_on(import_id)
    with rosters.db.writing() as session:
        record = staging.own(session, rosters.user, import_id)
        record.status = status
    with pytest.raises(Problem, match="import_not_done"):
        undo(rosters, import_id)


def test_who_gets_a_number_can_be_rung(rosters: Rostering) -> None:
    town = town_of(rosters)
    assert town.case("乙").state != "open"
    rosters.take(CORRECTED)

    assert town.case("乙").state == "open"
    assert "乙" in town.take(town.people.volunteer)
    assert town.broken() == []


def test_a_case_that_was_settled_stays_settled(rosters: Rostering) -> None:
    town = town_of(rosters)
    batch = town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "甲", "completed", number=mobile(91))
    town.release(town.people.volunteer, batch)
    town.wait(minutes=5)
    rosters.now = town.now
    rosters.take(CORRECTED)

    assert (town.case("甲").state, town.case("甲").outcome) == ("done", "completed")
    assert town.broken() == [], "the number that was rung was theirs then"


def test_the_numbers_of_somebody_in_hand_are_left_for_later(rosters: Rostering) -> None:
    town = town_of(rosters)
    town.batch(town.people.volunteer)
    done = rosters.take(CORRECTED)

    assert rosters.said(done.id, "in_hand") == [(2, "row_in_hand")]
    assert [line[0] for line in numbers(rosters, "甲")] == [mobile(91)]
    assert town.broken() == []


def numbers(rosters: Rostering, name: str) -> list[tuple[str]]:
    from sqlalchemy import text

    with rosters.db.reading() as session:
        query = text(
            "SELECT n.value FROM numbers n JOIN resident_numbers l ON l.number_id = n.id "
            "JOIN residents r ON r.id = l.resident_id WHERE r.name = :name "
            "ORDER BY l.position"
        )
        return [tuple(found) for found in session.execute(query, {"name": name})]


def test_whom_a_volunteer_takes_meanwhile_keeps_the_numbers(rosters: Rostering) -> None:
    town = town_of(rosters)
    done = rosters.take(CORRECTED)
    begin(rosters, done.id)
    town.batch(town.people.volunteer)
    rosters.go_on(done.id)

    assert rosters.record(done.id).status == Stage.UNDONE
    assert [line[0] for line in numbers(rosters, "甲")] == [mobile(81)]
    assert [line[0] for line in numbers(rosters, "乙")] == [mobile(92)]
    assert town.broken() == []


def test_who_was_rung_meanwhile_keeps_the_numbers(rosters: Rostering) -> None:
    town = town_of(rosters)
    done = rosters.take(CORRECTED)
    begin(rosters, done.id)
    batch = town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "甲", "no_answer")
    town.release(town.people.volunteer, batch)
    rosters.go_on(done.id)

    assert [line[0] for line in numbers(rosters, "甲")] == [mobile(81)]
    assert numbers(rosters, "乙") == []
    assert town.broken() == []


def test_a_call_can_be_handed_in_on_whom_somebody_has_seen(rosters: Rostering) -> None:
    town = town_of(rosters)
    done = rosters.take(CORRECTED)
    opened(town)
    batch = town.batch(town.people.volunteer)
    town.look_at(batch)
    town.release(town.people.volunteer, batch)
    undo(rosters, done.id)

    assert town.save(town.people.volunteer, "丁", "no_answer").call.id
    assert town.broken() == []


def test_a_program_that_takes_cases_has_seen_their_numbers(app: Flask, rosters: Rostering) -> None:
    town = town_of(rosters)
    done = rosters.take(CORRECTED)
    opened(town)
    mine = program(app, town.db, town.people.volunteer)
    taken = mine.post(f"/campaigns/{town.campaign}/batches").json
    assert taken is not None
    assert mine.post(f"/batches/{taken['id']}/release").status_code == 200
    case = town.case("丁").id
    undo(rosters, done.id)

    call = {"disposition": "no_answer", **MADE}
    kept = mine.post(f"/cases/{case}/calls", call, headers={"Idempotency-Key": "k"})

    assert kept.status_code == 201
    assert town.broken() == []
