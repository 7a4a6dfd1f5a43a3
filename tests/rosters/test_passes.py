"""The passes of an import on both engines: whatever stops them, they go on to the same end."""

import socket
import subprocess
from datetime import UTC, datetime, timedelta
from typing import IO, Any

import pytest

from app.campaigns.models import Campaign
from app.cases.service.opening import waiting_residents
from app.db import Database
from app.problems import NotFoundError, Problem
from app.reports.exports import residents as exports
from app.residents import queries as residents
from app.residents.models import RosterImport
from app.residents.rules.stages import Stage
from app.residents.service import placing
from app.rosters import queries
from app.rosters.rules.same import Known
from app.rosters.rules.taking import COUNTS
from app.rosters.service import files, passes, staging
from app.rosters.service.passes import MOST_RUNS
from tests import cast
from tests.cast import BRIDGE, mobile
from tests.residents.files import xlsx
from tests.rosters.rostering import Rostering, row, sheet

FIVE = sheet(*(row(f"陈{n}", mobile(n), room=f"10{n}") for n in range(1, 6)))


@pytest.fixture
def rosters(db: Database) -> Rostering:
    return Rostering(db, cast.standing(db))


def seen(rosters: Rostering) -> int:
    with rosters.db.reading() as session:
        return residents.count(session, BRIDGE)


def test_reading_stores_nobody_and_says_what_taking_would_do(rosters: Rostering) -> None:
    content = sheet(
        row("陈一", mobile(1)), row(""), row("陈二", "空号"), row("陈一", mobile(1)),
        row("陈一", mobile(1), remark="新"),
    )  # fmt: skip
    import_id = rosters.upload(content)
    rosters.go_on(import_id)
    record = rosters.record(import_id)

    assert (record.status, record.rows, seen(rosters)) == (Stage.PREVIEW, 5, 0)
    counts = {name: record.result[name] for name in COUNTS if record.result[name]}
    assert counts == {"accepted": 2, "unchanged": 2, "rejected": 1, "without_number": 1}
    with rosters.db.reading() as session:
        assert [one["name"] for one in queries.sample(session, import_id)] == ["陈一", "陈二"]
    rosters.confirm(import_id)
    rosters.go_on(import_id)

    result = rosters.record(import_id).result
    assert {name: result[name] for name in COUNTS if result[name]} == counts


@pytest.mark.parametrize("looks", [1, 2, 3])
def test_a_pass_that_is_stopped_goes_on_where_it_was(rosters: Rostering, looks: int) -> None:
    import_id = rosters.upload(FIVE, Stage.TAKING)
    rosters.stop_after(import_id, looks)
    record = rosters.record(import_id)
    assert (record.status, record.position) == (Stage.TAKING, 2 * (looks - 1))
    assert seen(rosters) == 0, "a roster comes as a whole"
    rosters.go_on(import_id)

    record = rosters.record(import_id)
    assert (record.status, record.result["accepted"], seen(rosters)) == (Stage.DONE, 5, 5)


def test_reading_that_is_stopped_still_knows_what_it_has_read(rosters: Rostering) -> None:
    content = sheet(*(row(f"陈{n % 4}", mobile(n % 4), room=f"10{n % 4}") for n in range(6)))
    import_id = rosters.upload(content)
    real, rosters.db.reading = rosters.db.reading, stopping(rosters, 5)
    with pytest.raises(KeyboardInterrupt):
        rosters.go_on(import_id)
    rosters.db.reading = real
    assert rosters.record(import_id).position == 2
    rosters.go_on(import_id)

    result = rosters.record(import_id).result
    assert (result["accepted"], result["unchanged"]) == (4, 2)


def stopping(rosters: Rostering, times: int):
    """A way to read that works so often."""
    real, left = rosters.db.reading, times

    def reading():
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        return real()

    return reading


@pytest.mark.parametrize("written", ["", "没有的社区"])
def test_who_was_placed_by_hand_is_known_when_the_row_comes_again(
    rosters: Rostering, written: str
) -> None:
    def take(room: str) -> dict[str, Any]:
        head = ("社区", "楼栋", "室", "姓名", "电话")
        rows = [
            [written, "3幢", "101", "陈一", ""],
            [written, "", "", "陈二", ""],
            [written, "3幢", room, "陈三", mobile(3)],
        ]
        import_id = rosters.upload(xlsx([head, *rows]), Stage.TAKING, None)
        rosters.go_on(import_id)
        return rosters.record(import_id).result

    assert take("103")["to_be_placed"] == 3
    with rosters.db.writing() as session:
        ids = [one.id for one in residents.all_residents(session, None)]
        placing.place(session, rosters.user, rosters.now, ids, BRIDGE)
    again, moved = take("103"), take("104")

    assert (again["accepted"], again["unchanged"]) == (0, 3)
    assert (moved["accepted"], moved["updated"]) == (0, 1)
    with rosters.db.reading() as session:
        homes = [one.household for one in residents.all_residents(session, BRIDGE)]
        assert [home and home.address for home in homes] == ["3幢101", None, "3幢104"]


def test_nobody_is_matched_with_whom_another_roster_may_take_away_again(
    rosters: Rostering,
) -> None:
    halfway = rosters.upload(FIVE, Stage.TAKING)
    rosters.stop_after(halfway, 3)
    result = rosters.take(FIVE).result
    assert (result["accepted"], result["unchanged"]) == (5, 0)
    with rosters.db.writing() as session:
        staging.cancel(session, rosters.user, rosters.now, halfway)
    rosters.go_on(halfway)

    assert seen(rosters) == 5


def test_nobody_opens_a_campaign_for_half_a_roster(rosters: Rostering) -> None:
    import_id = rosters.upload(FIVE, Stage.TAKING)
    rosters.stop_after(import_id, 3)
    with pytest.raises(Problem, match="campaign_without_residents"):
        cast.open_campaign(rosters.db, [BRIDGE])
    rosters.go_on(import_id)
    campaign_id = cast.open_campaign(rosters.db, [BRIDGE])

    with rosters.db.reading() as session:
        campaign = session.get_one(Campaign, campaign_id)
        assert waiting_residents(session, campaign) == []
    assert len(rosters.contents()["cases"]) == 5


def test_who_fails_again_and_again_gives_up_and_leaves_nothing(rosters: Rostering) -> None:
    import_id = rosters.upload(FIVE, Stage.TAKING)
    rosters.stop_after(import_id, 3)
    for _time in range(MOST_RUNS):
        rosters.stop_after(import_id, 0)
    rosters.go_on(import_id)

    record = rosters.record(import_id)
    assert (record.status, record.result["problem"]["code"]) == (Stage.FAILED, "import_gave_up")
    assert rosters.contents()["residents"] == []


def test_two_who_work_on_one_import_do_each_part_once(rosters: Rostering) -> None:
    import_id = rosters.upload(FIVE, Stage.TAKING)
    rosters.stop_after(import_id, 2)
    late = passes._begun(rosters.db, import_id, lambda: rosters.now)
    assert late
    rosters.go_on(import_id)
    this = passes.Pass(rosters.db, lambda: rosters.now, "0513", Stage.TAKING, late, 2)

    with pytest.raises(passes.OvertakenError), this.part(2):
        raise AssertionError("it was let in")
    assert seen(rosters) == 5


ELSEWHERE = "another-machine:1"


def taken_elsewhere(rosters: Rostering, import_id: int, worker: str, ago: timedelta) -> None:
    with rosters.db.writing() as session:
        record = session.get_one(RosterImport, import_id)
        record.worker, record.worked_at = worker, datetime.now(UTC) - ago


def test_only_one_process_at_a_time_works_on_an_import(rosters: Rostering) -> None:
    import_id = rosters.upload(FIVE, Stage.TAKING)
    rosters.stop_after(import_id, 2)
    taken_elsewhere(rosters, import_id, ELSEWHERE, timedelta(seconds=30))
    for _time in range(MOST_RUNS + 1):
        rosters.go_on(import_id)
    with rosters.db.reading() as session:
        assert staging.unfinished(session, rosters.now, 0) == []
    assert (rosters.record(import_id).status, rosters.record(import_id).position) == ("taking", 2)

    taken_elsewhere(rosters, import_id, ELSEWHERE, timedelta(seconds=90))
    with rosters.db.reading() as session:
        assert staging.unfinished(session, rosters.now, 0) == [import_id]
    rosters.go_on(import_id)
    assert (rosters.record(import_id).status, seen(rosters)) == (Stage.DONE, 5)


def test_a_process_that_died_here_is_not_waited_for(rosters: Rostering) -> None:
    import_id = rosters.upload(FIVE, Stage.TAKING)
    dead = subprocess.Popen(["/bin/true"])
    dead.wait()
    taken_elsewhere(rosters, import_id, f"{socket.gethostname()}:{dead.pid}", timedelta(0))
    rosters.go_on(import_id)

    assert rosters.record(import_id).status == Stage.DONE


def test_a_roster_thrown_away_while_it_comes_in_stays_so(
    rosters: Rostering, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = files.keep

    def keep_and_cancel(database: Database, import_id: int, file: IO[bytes]) -> None:
        keep(database, import_id, file)
        with database.writing() as session:
            staging.cancel(session, rosters.user, rosters.now, import_id)

    monkeypatch.setattr(files, "keep", keep_and_cancel)
    with pytest.raises(Problem, match="import_over"):
        rosters.upload(FIVE, Stage.TAKING)

    with rosters.db.reading() as session:
        (record,) = session.query(RosterImport)
        assert (record.status, files.is_there(session, record.id)) == (Stage.CANCELLED, False)


def test_cancelling_in_the_middle_takes_away_what_was_stored(rosters: Rostering) -> None:
    before = rosters.take(sheet(row("陈1", mobile(1), room="101", remark="旧")))
    assert before.status == Stage.DONE
    was = rosters.contents()
    import_id = rosters.upload(
        sheet(*(row(f"陈{n}", mobile(n), f"10{n}", "新") for n in range(1, 6)))
    )
    rosters.go_on(import_id)
    rosters.confirm(import_id)
    rosters.stop_after(import_id, 3)
    assert rosters.contents() != was
    with rosters.db.writing() as session:
        staging.cancel(session, rosters.user, rosters.now, import_id)
    rosters.go_on(import_id)

    assert rosters.record(import_id).status == Stage.CANCELLED
    assert rosters.contents() == was


def test_a_file_that_cannot_be_read_fails_with_its_reason(rosters: Rostering) -> None:
    import_id = rosters.upload(b"%PDF-1.7")
    rosters.go_on(import_id)

    record = rosters.record(import_id)
    assert (record.status, record.result["problem"]["code"]) == (
        Stage.FAILED, "roster_not_spreadsheet",
    )  # fmt: skip


def test_a_second_time_the_same_sheet_changes_nothing(rosters: Rostering) -> None:
    rosters.take(FIVE)
    was = rosters.contents()
    again = rosters.take(FIVE)

    assert (again.result["accepted"], again.result["unchanged"]) == (0, 5)
    assert rosters.contents() == was


def test_a_corrected_sheet_changes_what_was_corrected_and_says_so(rosters: Rostering) -> None:
    rosters.take(FIVE)
    rows = [row(f"陈{n}", mobile(n), room=f"10{n}") for n in range(1, 6)]
    rows[1] = row("陈2", mobile(22), room="102", remark="独居")
    rows[3] = row("陈4", mobile(4), room="204")
    done = rosters.take(sheet(*rows))

    assert (done.result["updated"], done.result["unchanged"]) == (2, 3)
    assert rosters.said(done.id, "updated") == [(3, "row_updated"), (5, "row_updated")]
    with rosters.db.reading() as session:
        found = {one.name: one for one in residents.all_residents(session, BRIDGE)}
    assert [line.number.value for line in found["陈2"].lines] == [mobile(22)]
    assert found["陈2"].remark == "独居"
    assert found["陈4"].household
    assert found["陈4"].household.address == "花苑3幢204"
    changes = [(one[3:5], one[5]) for one in changed(rosters)]
    assert {place for place, _ in changes} == {("Sheet1", 3), ("Sheet1", 5)}
    assert {what for _, what in changes} == {"numbers", "remark", "address", "household"}


def changed(rosters: Rostering) -> list[tuple]:
    return rosters.contents()["resident_changes"]


def test_a_record_that_is_right_is_only_filled_in(rosters: Rostering) -> None:
    rosters.take(sheet(row("陈一", mobile(1), remark="旧"), row("陈二", mobile(2))))
    done = rosters.take(
        sheet(row("陈一", mobile(1), remark="新"), row("陈二", mobile(2), remark="新")),
        known=Known.FILL,
    )

    assert (done.result["updated"], done.result["unchanged"]) == (1, 1)
    with rosters.db.reading() as session:
        assert [r.remark for r in residents.all_residents(session, BRIDGE)] == ["旧", "新"]


def test_who_is_missing_from_a_complete_roster_is_listed_and_stays(rosters: Rostering) -> None:
    rosters.take(FIVE)
    done = rosters.take(sheet(row("陈1", mobile(1)), row("陈9", mobile(9))), is_complete=True)
    half = rosters.upload(sheet(*(row(f"李{n}", mobile(20 + n)) for n in range(4))), Stage.TAKING)
    rosters.stop_after(half, 2)

    with rosters.db.reading() as session:
        found = queries.missing(session, rosters.user, done, 10)
        assert queries.count_missing(session, rosters.user, done) == 4
    assert {one.name for one in found} == {"陈2", "陈3", "陈4", "陈5"}
    assert seen(rosters) == 6


def test_only_its_own_user_decides_and_only_once(rosters: Rostering) -> None:
    import_id = rosters.upload(FIVE)
    rosters.go_on(import_id)
    other = rosters.people.administrator.user
    with rosters.db.writing() as session, pytest.raises(NotFoundError):
        staging.confirm(session, other, rosters.now, import_id)
    rosters.confirm(import_id)
    with pytest.raises(Problem, match="import_over"):
        rosters.confirm(import_id)


def test_what_came_by_the_command_line_an_administrator_takes_back(rosters: Rostering) -> None:
    import_id = rosters.upload(FIVE, Stage.TAKING)
    rosters.go_on(import_id)
    with rosters.db.writing() as session:
        record = session.get_one(RosterImport, import_id)
        record.user_id = None
        session.flush()
        with pytest.raises(NotFoundError):
            staging.own(session, rosters.user, import_id)
        assert staging.own(session, rosters.people.administrator.user, import_id) is record


def test_a_file_and_what_it_says_are_kept_for_a_week(rosters: Rostering) -> None:
    done = rosters.take(sheet(row("陈一", "空号"), row("李=1", mobile(1))))
    broken_off = rosters.upload(FIVE)
    with rosters.db.writing() as session:
        session.get_one(RosterImport, broken_off).status = Stage.UPLOADING
    for days, is_there in ((6, True), (8, False)):
        files.erase_old(rosters.db, rosters.now + timedelta(days=days))
        with rosters.db.reading() as session:
            assert files.is_there(session, done.id) == is_there
            assert files.is_there(session, broken_off) == is_there
            notes = queries.findings(session, done.id, list(passes.Kind), 9)
        assert any(note.written for note in notes) == is_there
    assert rosters.record(broken_off).status == Stage.LAPSED, "it is one of those that wait no more"


def test_how_far_it_is_can_be_seen(rosters: Rostering) -> None:
    import_id = rosters.upload(FIVE)
    rosters.go_on(import_id)
    rosters.confirm(import_id)
    rosters.stop_after(import_id, 3)
    progress = queries.progress(rosters.record(import_id), rosters.now + timedelta(seconds=8))

    assert (progress.done, progress.total, progress.rate, progress.left) == (4, 5, 0.5, 2.0)


def test_of_half_a_roster_nothing_is_seen_anywhere(rosters: Rostering) -> None:
    import_id = rosters.upload(FIVE, Stage.TAKING)
    rosters.stop_after(import_id, 3)
    user = rosters.people.supervisor.user

    with rosters.db.reading() as session:
        assert residents.by_community(session, user) == []
        assert residents.residents_of(session, BRIDGE, 1, 9) == []
        assert residents.all_residents(session, None) == []
        assert exports.residents(session, user, rosters.now, BRIDGE, "zh").total == 0
    rosters.go_on(import_id)
    with rosters.db.reading() as session:
        assert exports.residents(session, user, rosters.now, BRIDGE, "zh").total == 5
