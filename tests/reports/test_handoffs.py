"""The handoff sheet's address: what it says of a handover, to whom, how whole, and for how long."""

import io
from datetime import timedelta

import pypdf
import pytest
from sqlalchemy import func, select

from app.audit.models import AuditEntry
from app.calls.models import Dial
from app.calls.service import answering
from app.cases.models import Batch, Handoff
from app.cases.service import handing
from app.db import Database
from app.reports.handoff.value import HandoffSheet
from app.reports.queries import handoffs, sheets
from app.residents.models import Number
from tests import cast
from tests.cases.town import Town
from tests.cast import BRIDGE, HARBOUR, Person, mobile, resident
from tests.conftest import Clock
from tests.house.pages import CheckingClient

HANDOFF_CASES = Handoff.metadata.tables["handoff_cases"]
ROOM = {"building": "2幢", "room": "201室"}


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    """A couple on one number, and four who live alone."""
    couple = [resident(name, mobile(9), **ROOM) for name in ("夫一", "妻二")]
    return Town.of(db, clock, [*"甲乙丙丁", *couple])


def hand_over(
    town: Town, batch: Batch, to: Person | None = None, note: str = "", who: Person | None = None
) -> int:
    giver = who or town.people.volunteer
    with town.db.writing() as session:
        made = handing.hand_over(
            session, giver.user, town.now, batch.id, None if to is None else to.name, note
        )
        return made.id


def sheet_of(town: Town, handoff_id: int, *, masked: bool = False) -> HandoffSheet:
    with town.db.reading() as session:
        handoff = session.get_one(Handoff, handoff_id)
        zone = town.now.tzinfo
        assert zone is not None
        return sheets.sheet(session, handoff, "zh", zone, masked=masked)


def names(sheet: HandoffSheet) -> list[list[str]]:
    return [[line.name for line in group] for group in sheet.groups]


def printed(client: CheckingClient, who: Person, handoff_id: int, query: str = "") -> str:
    """The text of the sheet as somebody gets it, without white space."""
    cast.sign_in(client, who)
    answer = client.get(f"/handoffs/{handoff_id}/sheet.pdf{query}")
    assert answer.status_code == 200
    pages = pypdf.PdfReader(io.BytesIO(answer.data)).pages
    return "".join("".join(page.extract_text() for page in pages).split())


def test_it_says_what_was_done_and_what_is_left_in_the_order_of_ringing(town: Town) -> None:
    people = town.people
    batch = town.batch(people.volunteer)
    order = town.held(batch)
    town.save(people.volunteer, "甲")
    town.save(people.volunteer, "乙", "no_answer")
    town.save(people.volunteer, "丙", "no_answer")

    sheet = sheet_of(town, hand_over(town, batch, people.colleague, "二幢没有电梯"))

    assert (sheet.giver, sheet.taker, sheet.note) == ("志愿者甲", "志愿者乙", "二幢没有电梯")
    assert (sheet.calls, sheet.completed) == (3, 1)
    assert sheet.results == (("核对完成", 1), ("无人接听", 2))
    assert names(sheet) == [["丁"], ["夫一", "妻二"]]
    assert [name for group in names(sheet) for name in group] == order[3:]
    assert sheet.communities == ("中桥社区居委会",)
    assert [line.numbers[0].shared_by for line in sheet.groups[1]] == [2, 2]
    assert sheet.queued == ()


def test_a_call_for_a_couple_is_one_call_and_completes_both(town: Town) -> None:
    batch = town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "夫一", also=["妻二"])

    sheet = sheet_of(town, hand_over(town, batch))

    assert (sheet.calls, sheet.completed, sheet.results) == (1, 2, (("核对完成", 1),))


def test_nothing_left_is_a_sheet_too(db: Database, clock: Clock, client: CheckingClient) -> None:
    town = Town.of(db, clock, "甲")
    batch = town.batch(town.people.volunteer)
    handoff = hand_over(town, batch)
    with db.writing() as session:
        session.execute(HANDOFF_CASES.delete())

    assert sheet_of(town, handoff).groups == ()
    assert "没有剩下的" in printed(client, town.people.leader, handoff)


def test_an_appointment_in_hand_is_whole_and_one_in_the_queue_masked(town: Town) -> None:
    """The queue gives the latter to somebody at its time: from paper it would be rung twice."""
    people, soon = town.people, town.now + timedelta(hours=2)
    batch = town.batch(people.volunteer)
    window = soon + timedelta(hours=1)
    town.save(
        people.volunteer, "夫一", "callback_requested", callback_at=soon, callback_until=window,
        note="先打给女儿",
    )  # fmt: skip
    town.save(
        people.volunteer, "甲", "callback_requested", callback_at=soon - timedelta(hours=1),
        callback_anyone=True, number=mobile(1), note="在上班",
    )  # fmt: skip

    first = sheet_of(town, hand_over(town, batch, people.colleague)).appointments[0]

    assert (first.begin, first.name, first.numbers) == (soon - timedelta(hours=1), "甲*", ())
    assert (first.note, first.for_whom, first.place, first.address) == ("", None, None, "1幢")


def test_an_appointment_that_is_handed_on_has_its_number_and_its_note(town: Town) -> None:
    people, due = town.people, town.now + timedelta(hours=3)
    town.batch(people.volunteer, 1)
    town.save(
        people.volunteer, "甲", "callback_requested", callback_at=due,
        callback_until=due + timedelta(hours=1), note="女儿七点到家",
    )  # fmt: skip
    town.wait(hours=3)
    batch = town.batch(people.volunteer, 1)

    sheet = sheet_of(town, hand_over(town, batch, people.colleague))

    (line,) = sheet.appointments
    assert (line.begin, line.until) == (due, due + timedelta(hours=1))
    assert (line.name, line.place, line.for_whom) == ("甲", 1, "志愿者甲")
    assert [number.display for number in line.numbers] == ["139 0000 0001"]
    assert (line.note, sheet.groups[0][0].not_before) == ("女儿七点到家", None)


def test_a_leaders_answer_is_a_note_and_no_call(town: Town) -> None:
    people, asked = town.people, town.now
    town.batch(people.volunteer, 1)
    town.save(people.volunteer, "甲", "needs_leader", note="先来电话")
    town.wait(minutes=30)
    with town.db.writing() as session:
        who, case = people.leader.user, town.case("甲")
        answering.answer(session, who, town.now, case.id, "needs_leader", "已去过电话")
    batch = town.batch(people.volunteer, 1)

    ((line,),) = sheet_of(town, hand_over(town, batch, people.colleague)).groups

    assert line.attempts == 1
    assert line.last is not None
    assert line.last[0] <= asked, "when the resident was rung, not when the leader answered"
    assert [note.text for note in line.notes] == ["已去过电话", "先来电话"]


def test_warnings_come_from_the_history(db: Database, clock: Clock) -> None:
    drafts = [
        resident("甲", mobile(1), mobile(2), language="如东话", remark="独居"),
        resident("乙", mobile(3)),
    ]
    town = Town.of(db, clock, drafts)
    people = town.people
    town.batch(people.volunteer)
    town.save(people.volunteer, "甲", "wrong_person", number=mobile(1), note="打到一家饭店")
    town.save(people.volunteer, "乙", "soft_refusal", note="等孩子回来")
    town.wait(days=4)

    sheet = sheet_of(town, hand_over(town, town.batch(people.colleague), who=people.colleague))

    (first,), (second,) = sorted(sheet.groups, key=lambda group: group[0].name, reverse=True)
    assert first.name == "甲"
    assert [(line.display, line.wrong) for line in first.numbers] == [
        ("139 0000 0002", False),
        ("139 0000 0001", True),
    ]
    assert (first.language, first.remark, first.attempts) == ("如东话", "独居", 1)
    assert [note.text for note in first.notes] == ["打到一家饭店"]
    assert first.last is not None
    assert first.last[1] == "非本人号码"
    assert (second.declined_to, first.declined_to) == ("志愿者甲", "")


def test_a_dial_without_a_result_is_told_and_one_with_a_call_is_not(town: Town) -> None:
    people = town.people
    batch = town.batch(people.volunteer)
    town.save(people.volunteer, "甲", "no_answer", number=mobile(1))
    for name, number in (("乙", 2), ("甲", 1)):
        with town.db.writing() as session:
            stored = session.scalars(select(Number.id).where(Number.value == mobile(number))).one()
            session.add(
                Dial(
                    case_id=town.case(name).id, number_id=stored, user_id=people.volunteer.user.id,
                    batch_id=batch.id, dialled_at=town.now, recorded_at=town.now,
                )
            )  # fmt: skip
    town.save(people.volunteer, "夫一", "no_answer", number=mobile(9))

    lines = [line for group in sheet_of(town, hand_over(town, batch)).groups for line in group]

    assert {line.name: line.dialled_at for line in lines if line.dialled_at} == {"乙": town.now}


def test_later_calls_and_corrections_change_no_byte(town: Town, client: CheckingClient) -> None:
    people = town.people
    batch = town.batch(people.volunteer)
    town.save(people.volunteer, "甲", "no_answer")
    handoff = hand_over(town, batch, people.colleague)
    cast.sign_in(client, people.leader)
    address = f"/handoffs/{handoff}/sheet.pdf?lang=en"
    first = client.get(address).data
    town.wait(minutes=2)
    town.save(people.colleague, "乙", "callback_requested", note="明天")
    town.correct(people.volunteer, town.calls("甲")[0], "busy")
    town.release(people.colleague, town.batch_of(people.colleague))
    town.wait(days=30)

    assert client.get(address).data == first
    assert client.get(address.replace("lang=en", "lang=zh")).data != first


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("volunteer", 200),
        ("colleague", 200),
        ("outsider", 404),
        ("leader", 200),
        ("supervisor", 200),
        ("administrator", 200),
    ],
)
def test_it_is_for_both_hands_and_for_staff_of_its_communities(
    role: str, status: int, town: Town, client: CheckingClient
) -> None:
    handoff = hand_over(town, town.batch(town.people.volunteer), town.people.colleague)
    cast.sign_in(client, getattr(town.people, role))

    assert client.get(f"/handoffs/{handoff}/sheet.pdf").status_code == status
    assert client.get(f"/handoffs/{handoff + 1}/sheet.pdf").status_code == 404
    listed = f"/handoffs/{handoff}/sheet.pdf" in client.get("/handoffs").text
    assert listed == (status == 200)


def test_staff_who_see_only_some_of_its_communities_see_nothing(
    db: Database, clock: Clock, client: CheckingClient
) -> None:
    people = cast.standing(db)
    cast.residents(db, BRIDGE, [resident("甲", mobile(1))])
    cast.residents(db, HARBOUR, [resident("乙", mobile(2))])
    both = cast.add(db, "两边跑", "volunteer", communities=[BRIDGE, HARBOUR])
    town = Town(db, clock, people, cast.open_campaign(db, [BRIDGE, HARBOUR]))
    batch = town.batch(both)
    assert sorted(town.held(batch)) == ["乙", "甲"]
    handoff = hand_over(town, batch, people.colleague, who=both)

    for who, status in ((people.leader, 404), (people.supervisor, 200), (people.colleague, 200)):
        cast.sign_in(client, who)
        assert client.get(f"/handoffs/{handoff}/sheet.pdf").status_code == status, who.name
    # What the colleague was not given is masked on the paper that the colleague gets.
    sheet = sheet_of(town, handoff)
    assert (names(sheet), sheet.queued) == ([["甲"]], ("乙*",))
    assert mobile(2)[-4:] not in printed(client, people.colleague, handoff)


WHOLE = "13900000001"


def test_a_day_later_the_sheet_of_those_who_took_part_is_masked(
    town: Town, client: CheckingClient
) -> None:
    people = town.people
    batch = town.batch(people.volunteer)
    town.save(people.volunteer, "乙", "respondent_unavailable", note="找王阿姨")
    handoff = hand_over(town, batch, note="先找王阿姨")
    assert WHOLE in printed(client, people.volunteer, handoff)

    town.wait(hours=23, minutes=59)
    assert WHOLE in printed(client, people.volunteer, handoff)
    town.wait(minutes=1)
    later = printed(client, people.volunteer, handoff)

    assert "脱敏件" in later
    assert [found for found in (WHOLE, "夫一", "王阿姨", "201室") if found in later] == []
    assert "夫*" in later
    assert "139****0001" in later
    assert WHOLE in printed(client, people.leader, handoff)


def test_who_takes_it_over_sees_it_whole_until_it_is_let_go(
    town: Town, client: CheckingClient
) -> None:
    people, colleague = town.people, town.people.colleague
    handoff = hand_over(town, town.batch(people.volunteer), colleague)
    assert "脱敏件" in printed(client, colleague, handoff), "an offer shows nobody"
    offer = town.batch_of(colleague)
    with town.db.writing() as session:
        handing.accept(session, colleague.user, town.now, offer.id)
    assert WHOLE in printed(client, colleague, handoff)

    town.release(colleague, offer)
    assert "脱敏件" in printed(client, colleague, handoff)
    assert WHOLE in printed(client, people.volunteer, handoff)


def test_who_passes_an_offer_on_that_was_not_taken_over_sees_nobody(
    town: Town, client: CheckingClient
) -> None:
    people, colleague = town.people, town.people.colleague
    hand_over(town, town.batch(people.volunteer), colleague)
    passed_on = hand_over(town, town.batch_of(colleague), people.volunteer, who=colleague)

    assert "脱敏件" in printed(client, colleague, passed_on)


def test_it_is_a_pdf_for_this_screen_only_and_its_name_names_nobody(
    town: Town, client: CheckingClient
) -> None:
    handoff = hand_over(town, town.batch(town.people.volunteer))
    cast.sign_in(client, town.people.leader)

    answer = client.get(f"/handoffs/{handoff}/sheet.pdf?lang=en")

    assert answer.mimetype == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    wanted = f'inline; filename="handoff-{handoff}-20261124-1000-en.pdf"'
    assert answer.headers["Content-Disposition"] == wanted


def test_printing_is_on_record_and_a_refusal_is_not(town: Town, client: CheckingClient) -> None:
    handoff = hand_over(town, town.batch(town.people.volunteer))
    printed(client, town.people.volunteer, handoff, "?lang=en")
    cast.sign_in(client, town.people.outsider)
    client.get(f"/handoffs/{handoff}/sheet.pdf")

    with town.db.reading() as session:
        query = select(AuditEntry).where(AuditEntry.act == "handoff_sheet_printed")
        (entry,) = session.scalars(query).all()
    assert (entry.subject, entry.subject_id) == ("handoff", str(handoff))
    assert entry.user_id == town.people.volunteer.user.id
    assert entry.detail == {"position": 0, "lang": "en", "masked": False}


def test_the_list_says_when_from_whom_to_whom_and_how_many(
    town: Town, client: CheckingClient
) -> None:
    people = town.people
    hand_over(town, town.batch(people.volunteer), people.colleague)
    with town.db.reading() as session:
        (line,) = handoffs.recent(session, people.leader.user, town.now)
        assert handoffs.recent(session, people.outsider.user, town.now) == []
        assert session.scalar(select(func.count()).select_from(HANDOFF_CASES)) == line.left == 6
    assert (line.giver, line.taker, line.made_at) == ("志愿者甲", "志愿者乙", town.now)
    cast.sign_in(client, people.outsider)
    assert "还没有交过班" in client.get("/handoffs").text
