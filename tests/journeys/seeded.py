"""A city where work is under way, so that every page has something to show."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.calls.models import Call
from app.calls.rules import CallInput
from app.calls.service import dialling, recording
from app.campaigns import service as campaigns
from app.campaigns.rules.definition import definition_from
from app.cases.models import Case
from app.cases.service import opening
from app.cases.service.claim import claim
from app.cases.service.handing import hand_over
from app.cases.service.release import release
from app.db import Database
from app.people import shifts
from app.people.models import User
from app.people.rules.shifts import Span
from app.residents.models import Number, Resident, ResidentNumber, RosterImport
from app.residents.queries import all_residents
from app.residents.rules.stages import Stage
from app.residents.service import placing
from app.rosters.service import importing, passes, staging
from tests.cast import (
    BRIDGE,
    NOW,
    Cast,
    mobile,
    resident,
    residents,
    standing,
)

ROSTER = Path(__file__).parents[1] / "data" / "roster-example.xlsx"
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Seeded:
    """Who can sign in, and the ids that the addresses of pages are made of."""

    cast: Cast
    campaign: int
    draft: int
    preview: int
    resident: int
    """Somebody who was placed by hand, and changed by a roster."""
    corrected: int
    """That roster."""
    call: int
    group: int
    case: int
    numberless: int
    line: int
    rung: int
    """A case that the volunteer rang two days ago."""
    dialled: int
    """One that is in nobody's hands, of whose dial the volunteer did not say what came of it."""


def seed(db: Database) -> Seeded:
    """Take rosters, open a campaign, ring two days ago, and hold a batch today."""
    cast = standing(db)
    preview, placed, corrected = take_rosters(db, cast.supervisor.user)
    # The server's clock is the real one, and cases are ready only from when they were opened.
    now = datetime.now(ZONE)
    earlier = now - timedelta(days=2)
    draft, campaign = (
        make_campaign(db, earlier, title) for title in ("第二轮核对", "基本信息核对")
    )
    with db.writing() as session:
        opening.open_campaign(session, None, earlier, campaign)
    ring_through(db, cast.volunteer.user, campaign, earlier)
    with db.writing() as session:
        claim(session, cast.volunteer.user, now, campaign, 20)
        handed = claim(session, cast.colleague.user, now, campaign, 2).batch
        assert handed is not None
        hand_over(session, cast.colleague.user, now, handed.id)
        plan_shifts(session, cast, now)
        moved = select(Call.case_id).where(Call.disposition == "moved").order_by(Call.id)
        dialled = session.scalars(moved).first()
        assert dialled is not None
        number = first_number(session, dialled) or ""
        dialling.dial(session, cast.volunteer.user, now, dialled, number, now)
    with db.reading() as session:
        call = session.scalars(select(Call).order_by(Call.id.desc())).first()
        shown = fullest(session, campaign)
        passed = select(Case.id).where(Case.campaign_id == campaign, Case.passed_to == "leader")
        numberless = session.scalars(passed).first()
        line = session.scalars(select(Number.id).where(Number.value == mobile(1))).one()
    assert call is not None
    assert numberless is not None
    return Seeded(
        cast, campaign, draft, preview, placed, corrected, call.id, shown.group_id, shown.id,
        numberless, line, call.case_id, dialled,
    )  # fmt: skip


def plan_shifts(session: Session, cast: Cast, now: datetime) -> None:
    """The volunteer can check in now, whatever the hour, the colleague has; both come again."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    ahead = [
        Span(hour + timedelta(days=day), hour + timedelta(days=day, hours=4)) for day in range(3)
    ]
    shifts.plan(session, None, now, [cast.volunteer.user, cast.colleague.user], ahead, BRIDGE)
    here = shifts.at_hand(session, cast.colleague.user, now)
    assert here is not None
    shifts.check_in(session, cast.colleague.user, now, here.id)


def take_rosters(db: Database, supervisor: User) -> tuple[int, int, int]:
    """Take the example, of which one community is ours, and a shared line; preview it again.

    Return the roster that waits, somebody who was placed, and the roster that then changed them.
    """
    content = ROSTER.read_bytes()
    roster = importing.read(content, ROSTER.name, "0513")
    # All of our community, and some of those that are still to be placed.
    part = replace(roster, drafts=roster.drafts[:190])
    with db.writing() as session:
        importing.take(session, None, NOW, part, None)
    home = [resident(f"养老院{number}室", mobile(1), building="9幢") for number in range(1, 13)]
    residents(db, BRIDGE, home)
    given = staging.Upload(BytesIO(content), ROSTER.name)
    record = staging.upload(db, supervisor, NOW, given, Stage.READING)
    passes.go_on(db, record.id, lambda: NOW, "0513")
    return (record.id, *correct(db, supervisor, roster))


def correct(db: Database, supervisor: User, roster: importing.Roster) -> tuple[int, int]:
    """Place somebody, who then gets another number by a roster."""
    with db.writing() as session:
        one = next(
            one for one in all_residents(session, None) if one.community_code is None and one.lines
        )
        placing.place(session, supervisor, NOW, [one.id], BRIDGE)
        draft = next(row for row in roster.drafts if row.place.row == one.row)
        again = draft._replace(phones=(mobile(99),), remark="白天请打手机")
        importing.take(session, supervisor, NOW, replace(roster, drafts=(again,)), None)
        return one.id, session.scalars(select(func.max(RosterImport.id))).one()


def make_campaign(db: Database, moment: datetime, title: str) -> int:
    table = {"title": title, "communities": [BRIDGE], "rules": {"hours": []}}
    with db.writing() as session:
        return campaigns.create(session, None, moment, definition_from(table)).id


def ring_through(db: Database, volunteer: User, campaign: int, moment: datetime) -> None:
    """Let one batch end in all that a history can show; who asked for a time is due by now."""
    agreed = moment + timedelta(hours=47)
    results = ["completed", "callback_requested", "busy", "soft_refusal", "moved", "invalid_number"]
    with db.writing() as session:
        batch = claim(session, volunteer, moment, campaign, 20).batch
        assert batch is not None
        held = select(Case.id).where(Case.state == "held").order_by(Case.id)
        for index, case_id in enumerate(session.scalars(held).all()):
            result = results[index % len(results)]
            note = "晚上七点以后再打，白天在上班，家里老人听力不好。" if index % 2 else ""
            number = first_number(session, case_id)
            spoken = CallInput(result, moment, moment, number=number, note=note, callback_at=agreed)
            recording.record(session, volunteer, moment, case_id, spoken, f"key {index}")
        release(session, volunteer, moment, batch.id)


def first_number(session: Session, case_id: int) -> str | None:
    rung = select(Number.value).join(ResidentNumber).join(Resident).join(Case)
    return session.scalar(rung.where(Case.id == case_id).order_by(ResidentNumber.position))


def fullest(session: Session, campaign: int) -> Case:
    """Return the held case with most on its page: earlier calls, a remark, more than a number."""
    held = select(Case).where(Case.campaign_id == campaign, Case.state == "held")

    def fullness(case: Case) -> tuple[bool, bool, int]:
        person = session.get_one(Resident, case.resident_id)
        numbers = select(ResidentNumber).where(ResidentNumber.resident_id == person.id)
        return case.attempts > 0, bool(person.remark), len(session.scalars(numbers).all())

    return max(session.scalars(held), key=fullness)
