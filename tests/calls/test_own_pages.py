"""What volunteers see of their own: appointments to come, and calls that were made."""

from datetime import timedelta

from app.calls.service import answering
from app.db import Database
from tests.cases.town import Town
from tests.cast import english, mobile, resident, sign_in, words
from tests.conftest import Clock
from tests.house.pages import CheckingClient


def test_home_shows_the_appointments_of_the_next_days(town: Town, client: CheckingClient) -> None:
    me = town.people.volunteer
    for name, hours in (("甲", 54), ("乙", 30), ("丙", 1)):
        at = town.now + timedelta(hours=hours)
        town.save(me, name, "callback_requested", callback_at=at)
    page = words(client.get("/calls"))
    parts = ("11:00", "2 more appointments", "tomorrow 16:00", "26 Nov")
    places = [page.index(text) for text in parts]
    assert places == sorted(places)
    assert page.count("later today") == 1
    town.wait(days=1, hours=6)
    page = words(client.get("/calls"))
    assert page.index("yesterday 11:00") < page.index("2 more appointments") < page.index("16:00")


def test_home_shows_what_a_colleague_agreed_and_handed_over(
    db: Database, clock: Clock, client: CheckingClient
) -> None:
    couple = [resident(name, mobile(n), room="101") for n, name in enumerate(("夫一", "妻二"), 1)]
    town = Town.of(db, clock, couple)
    me, colleague = town.people.volunteer, town.people.colleague
    town.batch(colleague)
    at = town.now + timedelta(hours=1)
    town.save(colleague, "夫一", "callback_requested", callback_at=at)
    town.save(colleague, "妻二", "needs_leader", note="要组长来电")
    leader = town.people.leader.user
    with db.writing() as session:
        answering.answer(session, leader, town.now, town.case("妻二").id, "needs_leader", "再打")
    town.batch(colleague)
    sign_in(english(client), colleague)
    assert "1 of them asked for a time" in words(
        client.get(f"/calls/campaigns/{town.campaign}/hand-over")
    ), "the other one was given back by the leader"
    handoff = town.hand_over(colleague, me)
    sign_in(client, me)
    assert "Next appointment" not in words(client.get("/calls")), "not taken over yet"
    client.submit("/calls", action=f"/calls/batches/{handoff.to_batch_id}/accept")

    page = words(client.get("/calls"))
    assert page.index("To be rung again") < page.index("the leader has answered")
    assert page.index("the leader has answered") < page.index("1 more appointment")
    assert page.index("1 more appointment") < page.index("11:00")
    town.wait(hours=1, minutes=10)
    page = words(client.get("/calls"))
    assert "overdue: ring soon" in page
    assert "To this call" in page


def test_who_is_in_hand_no_more_is_masked_though_a_housemate_is(
    db: Database, clock: Clock, client: CheckingClient
) -> None:
    couple = [resident(name, mobile(n), room="101") for n, name in enumerate(("夫一", "妻二"), 1)]
    town = Town.of(db, clock, couple)
    town.batch(town.people.volunteer)
    sign_in(english(client), town.people.volunteer)
    at = town.now + timedelta(hours=1)
    town.save(town.people.volunteer, "夫一", "callback_requested", callback_at=at)
    page = words(client.get("/calls"))

    assert ("夫*" in page, "夫一" in page, "妻二" in page) == (True, False, True)
    assert "later today" in page


def test_the_last_call_of_a_batch_can_be_taken_back_from_the_first_page(
    db: Database, clock: Clock, client: CheckingClient
) -> None:
    """No page of a next resident is there to offer it."""
    town = Town.of(db, clock, "甲")
    me = town.people.volunteer
    town.batch(me)
    sign_in(english(client), me)
    assert "Undo" not in words(client.get("/calls"))
    call = town.save(me, "甲", "busy").call
    page = words(client.get("/calls"))
    assert ("Undo" in page, "甲*, Busy" in page) == (True, True)
    assert client.submit("/calls", action=f"/calls/{call.id}/undo").status_code == 302
    assert town.calls()[-1].voided
    assert "Undo" not in words(client.get("/calls"))


def test_what_is_not_given_to_them_today_is_not_offered(
    db: Database, clock: Clock, client: CheckingClient
) -> None:
    """Whoever laid the housemate aside is not given the household, whatever was agreed."""
    couple = [resident(name, mobile(n), room="101") for n, name in enumerate(("夫一", "妻二"), 1)]
    town = Town.of(db, clock, [*couple, resident("丙", mobile(3))])
    me = town.people.volunteer
    town.batch(me)
    town.save(me, "夫一", "callback_requested", callback_at=town.now + timedelta(hours=1))
    town.skip(me, "妻二")
    town.wait(hours=2)
    sign_in(english(client), me)
    page = words(client.get("/calls"))

    assert ("Next appointment" in page, "Take the one that is due" in page) == (False, False)
    assert town.take(town.people.colleague) == ["夫一", "妻二"]


def test_a_call_of_long_ago_is_not_offered_to_be_taken_back(
    town: Town, client: CheckingClient
) -> None:
    town.save(town.people.volunteer, "甲", "busy")
    town.wait(minutes=11)
    assert "Undo" not in words(client.get("/calls"))


def test_my_calls_tell_the_time_that_was_agreed(town: Town, client: CheckingClient) -> None:
    at = town.now.replace(hour=16)
    until = at + timedelta(hours=1)
    town.save(
        town.people.volunteer, "甲", "callback_requested", callback_at=at, callback_until=until
    )
    town.save(town.people.volunteer, "乙", "no_answer")
    page = words(client.get("/calls/mine"))

    assert ("24 Nov 16:00–17:00" in page, page.count("16:00")) == (True, 1)


def test_a_note_is_added_to_a_call_of_days_ago(town: Town, client: CheckingClient) -> None:
    me = town.people.volunteer
    at = town.now + timedelta(hours=2)
    call = town.save(me, "甲", "callback_requested", callback_at=at, note="先").call
    before = town.case("甲")
    town.wait(days=2)
    path = f"/calls/{call.id}/note"
    assert path in client.get("/calls/mine").text
    assert "先" in client.get(path).text
    assert client.submit(path, action="", note=" 后 ").location == "/calls/mine"
    first, second = town.calls("甲")

    assert (first.note, second.note, second.corrects_id) == ("先", "先\n后", first.id)
    assert (second.callback_at, second.callback_user_id) == (at, me.user.id)
    assert (second.applied, second.correction_reason) == (True, "")
    case = town.case("甲")
    assert (case.state, case.outcome, case.appointment_at) == ("open", before.outcome, at)
    assert case.ready_at == before.ready_at
    assert (second.state_after, second.outcome_after) == ("open", "callback_requested")
    page = words(client.get("/calls/mine"))
    assert ("note added" in page, "corrected" in page, "后" in page) == (True, False, False)
    assert town.broken() == []


def test_notes_are_added_one_after_the_other(town: Town, client: CheckingClient) -> None:
    call = town.save(town.people.volunteer, "甲", "completed").call
    for note in ("一", "二"):
        newest = town.calls("甲")[-1]
        client.submit(f"/calls/{newest.id}/note", action="", note=note)
    assert [row.note for row in town.calls("甲")] == ["", "一", "一\n二"]
    answer = client.submit(f"/calls/{call.id}/note", action="", note="三")
    assert "This call was corrected already." in words(answer)
    assert len(town.calls("甲")) == 3


def test_a_note_on_one_of_a_household_leaves_the_others_alone(
    db: Database, clock: Clock, client: CheckingClient
) -> None:
    couple = [resident(name, mobile(n), room="101") for n, name in enumerate(("夫一", "妻二"), 1)]
    town = Town.of(db, clock, couple)
    town.batch(town.people.volunteer)
    call = town.save(town.people.volunteer, "夫一", "completed", also=["妻二"], note="都在").call
    sign_in(english(client), town.people.volunteer)
    client.submit(f"/calls/{call.id}/note", action="", note="他换了工作")

    assert town.calls("夫一")[-1].note == "都在\n他换了工作"
    assert [row.note for row in town.calls("妻二")] == ["都在"]


def test_an_empty_note_and_one_too_long_are_refused(town: Town, client: CheckingClient) -> None:
    call = town.save(town.people.volunteer, "甲", "completed", note="长" * 1999).call
    path = f"/calls/{call.id}/note"
    assert "Write what is to be added." in words(client.submit(path, action="", note="  "))
    assert "A note has at most 2000 characters." in words(
        client.submit(path, action="", note="更长")
    )
    assert len(town.calls("甲")) == 1


def test_a_note_on_anothers_call_or_one_taken_back_is_not_possible(
    town: Town, client: CheckingClient
) -> None:
    me = town.people.volunteer
    call = town.save(me, "甲", "completed").call
    client.submit("/calls/mine", action=f"/calls/{call.id}/undo")
    voided = town.calls("甲")[-1]
    assert f"/calls/{voided.id}/note" not in client.get("/calls/mine").text
    answer = client.submit(f"/calls/{voided.id}/note", action="", note="一")
    assert "corrected already" in words(answer)
    sign_in(client, town.people.colleague)
    assert client.get(f"/calls/{call.id}/note").status_code == 404


def test_a_note_after_the_campaign_is_kept_with_its_reason(
    town: Town, client: CheckingClient
) -> None:
    call = town.save(town.people.volunteer, "甲", "completed").call
    town.close()
    client.submit(f"/calls/{call.id}/note", action="", note="一")
    row = town.calls("甲")[-1]

    assert (row.note, row.applied, row.reason) == ("一", False, "campaign_closed")
    assert "Noted, but it changes nothing" in words(client.get("/calls/mine"))


def test_a_note_does_not_take_a_resident_out_of_a_colleagues_hands(
    town: Town, client: CheckingClient
) -> None:
    me, colleague = town.people.volunteer, town.people.colleague
    call = town.save(me, "甲", "no_answer").call
    town.wait(hours=4)
    batch = town.batch(colleague)
    town.save(colleague, "甲", "needs_leader", note="问组长")
    client.submit(f"/calls/{call.id}/note", action="", note="门口有狗")
    row = town.calls("甲")[-1]

    assert (row.applied, row.state_after, row.passed_to_after) == (True, "passed", "leader")
    assert (town.case("甲").state, town.case("甲").outcome) == ("passed", "needs_leader")
    assert town.batch_of_id(batch.id).user_id == colleague.user.id
    assert town.broken() == []
    town.correct(colleague, town.calls("甲")[-2], "completed")
    assert town.case("甲").outcome == "completed"
    assert town.broken() == []
