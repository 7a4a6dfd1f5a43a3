"""Gathering a report: the same figures as everywhere else, and nobody's but the reader's."""

from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pypdf
import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.campaigns.models import Campaign
from app.db import Database
from app.problems import NotFoundError, Problem
from app.progress.rules.counting import Tally
from app.reports.completion import CompletionReport
from app.reports.queries import completions
from tests.cases.town import Town
from tests.cast import BRIDGE, FAR, HARBOUR, SCHOOL
from tests.conftest import Clock
from tests.progress.city import CODES, Figures, as_of, city, dashboard, figures, position
from tests.reports.exported import in_json, of_results

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    """Some are done, one is passed to the leader, one to the captain, the rest wait."""
    town = city(db, clock)
    me = town.people.volunteer
    for name, disposition in zip(
        town.take(me, 7, community=BRIDGE),
        ("completed", "completed", "hard_refusal", "needs_leader", "unable", "no_answer", "moved"),
        strict=False,
    ):
        town.wait(minutes=3)
        town.save(me, name, disposition)
    town.wait(minutes=3)
    return town


def report(town: Town, code: str = BRIDGE, **more: object) -> CompletionReport:
    given = {"as_of": town.now, "lang": "en", **more}
    with town.db.reading() as session:
        return completions.completion(session, None, town.campaign, code, **given)  # type: ignore[arg-type]


def exported(town: Town) -> dict[str, Figures]:
    """Count what a program finds that reads the export."""
    rows = in_json(of_results(town, "json"))
    tallies = {code: Tally() for code in CODES}
    for row in rows:
        state = "done" if row["accounted_for"] else "open"
        tallies[row["community"]].add(state, None, row["disposition"])
    return {code: figures(tally) for code, tally in tallies.items()}


def test_every_way_to_ask_gives_the_same_counts(town: Town) -> None:
    now = dashboard(town)
    reports = {code: report(town, code) for code in CODES}

    assert exported(town) == now
    assert {code: (r.total, r.accounted_for) for code, r in reports.items()} == {
        code: found[:2] for code, found in now.items()
    }
    for code, found in reports.items():
        assert found.position == position(town)
        assert sum(line.count for line in found.outcomes) == found.total
        assert sum(x.count for x in found.outcomes if x.accounted_for) == found.accounted_for
        assert len(found.outstanding) == found.total - found.accounted_for
        assert sum(line.total for line in found.buildings) == found.total
        assert sum(line.accounted_for for line in found.buildings) == found.accounted_for
        assert sum(found.counts.values()) == found.total, code


def test_the_command_line_prints_the_same_report(town: Town, app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    words = ["report", BRIDGE, "--campaign", str(town.campaign), "--lang", "en", "-o", str(path)]
    with app.app_context():
        from app.cli.commands import ringround

        assert CliRunner().invoke(ringround, words).exit_code == 0

    text = "".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    found = report(town)
    assert f"{found.position}" in text.replace(",", "")
    assert found.accounted_for == 5
    for line in found.outstanding:
        assert line.name in text


@pytest.mark.parametrize(
    ("options", "marks"), [((), ""), (("--masked",), "-masked"), (("--lang", "en"), "-en")]
)
def test_the_command_line_names_files_apart_and_puts_masked_on_record(
    options: tuple[str, ...], marks: str, town: Town, app: Flask, tmp_path: Path
) -> None:
    folder = tmp_path / "pack"
    words = ["report", "--all", "--campaign", str(town.campaign), "-o", str(folder), *options]
    with app.app_context():
        from app.cli.commands import ringround

        assert CliRunner().invoke(ringround, words).exit_code == 0

    assert {path.name for path in folder.iterdir()} == {
        f"report-{town.campaign}-{code}{marks}.pdf" for code in CODES
    }
    with town.db.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.act == "report_printed"))
        assert {entry.detail["masked"] for entry in entries} == {"--masked" in options}


@pytest.mark.parametrize(
    ("lang", "reason"), [("zh", "电话核实不到"), ("en", "Not verified by telephone")]
)
def test_the_door_list_says_who_and_why(lang: str, reason: str, db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, ["陈一一", "乙"], max_attempts=1)
    me = town.people.volunteer
    town.take(me)
    town.save(me, "陈一一", "no_answer")
    town.save(me, "乙")
    found, masked = report(town, lang=lang), report(town, lang=lang, masked=True)
    (line,) = found.door

    assert (line.name, line.attempts) == ("陈一一", 1)
    assert line.reason == reason
    assert line.address
    assert line.last_attempt is not None
    assert [line.name for line in masked.door] == ["陈**"]
    assert (found.accounted_for, found.outstanding) == (2, ())


def test_a_report_of_an_earlier_moment_is_what_it_was(town: Town) -> None:
    before, moment = report(town), town.now
    me = town.people.volunteer
    town.wait(minutes=1)
    for name in town.take(me, 20):
        town.save(me, name)

    assert report(town) != before
    assert report(town, as_of=moment) == before


def test_a_report_before_the_first_call_has_everybody_outstanding(town: Town) -> None:
    with town.db.reading() as session:
        opened = session.get_one(Campaign, town.campaign).opened_at
    assert opened is not None
    first = report(town, as_of=opened.astimezone(SHANGHAI))

    assert (first.position, first.total, first.accounted_for) == (0, 9, 0)
    assert {line.attempts for line in first.outstanding} == {0}
    assert {line.last_attempt for line in first.outstanding} == {None}


def test_there_is_no_report_of_a_moment_before_the_campaign_was_open(town: Town) -> None:
    with pytest.raises(Problem, match="as_of_before_opening"):
        report(town, as_of=town.now - timedelta(days=400))


def test_why_somebody_is_outstanding(town: Town) -> None:
    reasons = {line.reason for line in report(town).outstanding}
    chinese = {line.reason for line in report(town, lang="zh").outstanding}

    assert reasons >= {"No usable number", "Needs the leader (with the leader)", "Not reached yet"}
    assert chinese >= {"没有可用号码", "请组长处理（已转组长）", "尚未联系上"}


def test_times_are_told_in_the_zone_of_the_reader(town: Town) -> None:
    called = [line for line in report(town).outstanding if line.last_attempt]

    assert called
    assert {line.last_attempt.utcoffset() for line in called} == {timedelta(hours=8)}  # type: ignore[union-attr]


def test_a_masked_report_names_nobody_and_no_door(town: Town) -> None:
    names = [case.name for cases in as_of(town, position(town)).values() for case in cases]

    masked = report(town, masked=True)

    assert [len(line.name) for line in masked.outstanding] == [
        len(line.name) for line in report(town).outstanding
    ]
    assert not [n for n in names if n in {line.name for line in masked.outstanding}]
    assert {line.name[1:].strip("*") for line in masked.outstanding} == {""}
    assert {line.address for line in masked.outstanding} <= {"1幢", "2幢", "3幢"}
    assert masked.outcomes == report(town).outcomes


def test_population_decides_how_those_who_moved_are_counted(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, ["甲", "乙"])
    me = town.people.volunteer
    for name, disposition in zip(town.take(me), ("completed", "moved"), strict=True):
        town.save(me, name, disposition)
    counted = report(town)
    with db.writing() as session:
        session.get_one(Campaign, town.campaign).population = ["moved"]
    recounted = report(town)

    assert (counted.counts["NE"], counted.counts["O"]) == (1, 0)
    assert (recounted.counts["NE"], recounted.counts["O"]) == (0, 1)
    assert {r.code: r.value for r in counted.rates}["RR1"] == 1
    assert {r.code: r.value for r in recounted.rates}["RR1"] == Fraction(1, 2)
    assert {line.aapor for line in counted.outcomes} != {line.aapor for line in recounted.outcomes}


def test_an_outcome_settled_for_some_and_open_for_others_stands_twice(
    db: Database, clock: Clock
) -> None:
    """Two soft refusals end it, one does not; the report must not add them into one line."""
    town = Town.of(db, clock, ["甲", "乙"], max_attempts=1)
    me = town.people.volunteer
    town.take(me)
    town.save(me, "甲", "soft_refusal")
    with db.writing() as session:
        campaign = session.get_one(Campaign, town.campaign)
        campaign.rules_table = {**campaign.rules_table, "max_attempts": 6}
    town.save(me, "乙", "soft_refusal")

    lines = [(x.label, x.count, x.accounted_for) for x in report(town).outcomes]

    assert len({label for label, _, _ in lines}) == 1
    assert [(count, done) for _, count, done in lines] == [(1, True), (1, False)]


@pytest.mark.parametrize("code", [FAR, "999999999999", "", "x" * 99, "中桥"])
def test_a_community_that_the_campaign_does_not_cover_is_not_found(code: str, town: Town) -> None:
    with pytest.raises(NotFoundError):
        report(town, code)


@pytest.mark.parametrize(
    ("role", "code", "may"),
    [
        ("leader", BRIDGE, True),
        ("leader", HARBOUR, False),
        ("supervisor", HARBOUR, True),
        ("supervisor", SCHOOL, False),
        ("administrator", SCHOOL, True),
    ],
)
def test_everybody_reports_on_their_own_scope(role: str, code: str, may: bool, town: Town) -> None:
    user = getattr(town.people, role).user

    with town.db.reading() as session:
        if may:
            assert (
                completions.completion(session, user, town.campaign, code, town.now, "zh").total
                == 9
            )
        else:
            with pytest.raises(NotFoundError):
                completions.completion(session, user, town.campaign, code, town.now, "zh")


def test_a_campaign_that_was_never_opened_has_no_report(town: Town) -> None:
    from app.campaigns import service
    from app.campaigns.rules.definition import Definition

    with town.db.writing() as session:
        draft = service.create(session, None, town.now, Definition("草稿", (BRIDGE,)))
    with town.db.reading() as session, pytest.raises(Problem, match="campaign_not_open"):
        completions.completion(session, None, draft.id, BRIDGE, town.now, "zh")


NOW = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24T10:00", NOW),
        ("2026-11-24 09:30", NOW - timedelta(minutes=30)),
        ("2026-11-24T02:00Z", NOW),
        ("2026-11-24T02:00:00+00:00", NOW),
        ("2026-11-24", NOW),
        ("2026-11-23", NOW.replace(hour=0)),
        ("20261124T0900", NOW.replace(hour=9)),
    ],
)
def test_a_moment_is_read_in_the_zone_of_the_deployment(text: str, moment: datetime) -> None:
    read = completions.moment_from(text, NOW)

    assert read == moment
    assert read.utcoffset() == timedelta(hours=8)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "as_of_unreadable"),
        ("now", "as_of_unreadable"),
        ("24.11.2026", "as_of_unreadable"),
        ("2026-13-01", "as_of_unreadable"),
        ("2026-11-24T25:00", "as_of_unreadable"),
        ("2026-11-24T09:00 08:00", "as_of_unreadable"),
        ("0001-01-01T00:00", "as_of_unreadable"),
        ("2026-11-25", "as_of_ahead"),
        ("0001-01-01T00:00+14:00", "as_of_unreadable"),
        ("9999-12-31T23:59:59-14:00", "as_of_unreadable"),
        ("9" * 400, "as_of_unreadable"),
        ("2026-11-24T10:00:01", "as_of_ahead"),
        ("2026-11-24T10:00:00-00:01", "as_of_ahead"),
    ],
)
def test_what_is_no_moment_is_refused(text: str, code: str) -> None:
    with pytest.raises(Problem) as refused:
        completions.moment_from(text, NOW)

    assert (refused.value.code, refused.value.field) == (code, "as_of")
