"""A town with everything in it that happens in a campaign, and is still sound."""

from collections.abc import Sequence

from app.calls import messages
from app.calls.service import answering, correcting
from app.calls.service.dialling import dial
from app.cases.service import handing, leaving, opening, skipping
from app.db import Database
from app.people import service, tokens
from app.people.models import User
from app.reports import printing
from app.reports.completion import render
from app.reports.queries import completions
from app.residents.rules.rows import Draft
from tests import cast
from tests.cases.town import Town, drafted
from tests.cast import BRIDGE, mobile, resident
from tests.conftest import Clock

ALONE = "甲乙丙丁戊己庚辛壬"


def lived_in(db: Database, clock: Clock) -> Town:
    """Of the first campaign: 甲 done with a dial, 乙 promised a call, 丙 refused softly, 丁 laid
    aside, 戊 undone and handed to the colleague, 己 answered by the leader, 庚 and 辛 freed from
    somebody who left, 父 and 母 settled by one call; 新 came later. A second is open, a third
    closed. A report was printed, a token issued,
    a message sent and somebody invited.
    """
    town = Town.of(db, clock, _everybody())
    cast.open_campaign(db, [BRIDGE])
    _campaign_that_closed(town)
    town.wait(minutes=1)
    _shift(town)
    town.wait(minutes=1)
    _somebody_leaves(town)
    town.wait(minutes=1)
    _family(town)
    _somebody_comes(town)
    town.wait(minutes=1)
    town.release(town.people.colleague, town.batch(town.people.colleague, 2))
    _papers(town)
    for begins, ends in (("20:00", "21:00"), ("21:00", "22:00")):
        town.plan(town.people.colleague, begins, ends)
    return town


def _everybody() -> Sequence[Draft]:
    family = [resident(name, mobile(31), room="031") for name in ("父", "母")]
    speaker = resident("吴", mobile(33), room="033", language="南通话")
    return [*drafted(ALONE), *family, speaker, resident("无号", room="034")]


def _campaign_that_closed(town: Town) -> None:
    """One call came in time, one late."""
    first, volunteer = town.campaign, town.people.volunteer
    town.campaign = cast.open_campaign(town.db, [BRIDGE])
    batch = town.batch(volunteer, 2)
    town.save(volunteer, "甲", "busy")
    town.close()
    town.save(volunteer, "乙", "busy", hold=batch.id)
    town.campaign = first


def _shift(town: Town) -> None:
    me, leader = town.people.volunteer, town.people.leader
    town.batch(me, 6)
    with town.db.writing() as session:
        dial(session, me.user, town.now, town.case("甲").id, mobile(1), town.now)
    town.save(me, "甲", number=mobile(1))
    town.save(me, "乙", "callback_requested")
    town.save(me, "丙", "soft_refusal")
    town.save(me, "己", "needs_leader")
    with town.db.writing() as session:
        skipping.skip(session, me.user, town.now, town.case("丁").id, "not_now")
    unmeant = town.save(me, "戊", "no_answer").call
    with town.db.writing() as session:
        correcting.undo(session, me.user, town.now, unmeant.id)
        answering.answer(
            session, leader.user, town.now, town.case("己").id, "needs_leader", "再打一次"
        )
    left = town.batch_of(me)
    with town.db.writing() as session:
        handing.hand_over(session, me.user, town.now, left.id, town.people.colleague.name)


def _somebody_leaves(town: Town) -> None:
    leaver = cast.add(town.db, "志愿者丁", "volunteer", team="观音山街道")
    town.batch(leaver, 2)
    town.save(leaver, "庚", "callback_requested")
    with town.db.writing() as session:
        leaving.deactivate(session, None, town.now, leaver.user.id)


def _family(town: Town) -> None:
    """One call on the household, corrected for all."""
    me = town.people.volunteer
    batch = town.batch(me, 6)
    call = town.save(me, "父", "no_answer", also=["母"], number=mobile(31)).call
    with town.db.writing() as session:
        messages.open_message(session, me.user, town.now, call.id, "", "zh")
    town.correct(me, call, "completed", together=True)
    town.release(me, batch)


def _somebody_comes(town: Town) -> None:
    cast.residents(town.db, BRIDGE, [resident("新", mobile(40), room="040")])
    with town.db.writing() as session:
        opening.open_campaign(session, None, town.now, town.campaign)


def _papers(town: Town) -> None:
    with town.db.reading() as session:
        report = completions.completion(session, None, town.campaign, BRIDGE, town.now, "zh")
    with town.db.writing() as session:
        printing.note(session, None, town.now, town.campaign, report, render(report))
        volunteer = session.get_one(User, town.people.volunteer.user.id)
        token, _secret = tokens.issue(session, None, town.now, volunteer)
        session.flush()
        tokens.revoke(session, None, town.now, token.id)
        newcomer = service.add_user(session, None, town.now, "新来的", "volunteer")
        service.invite(session, None, newcomer, town.now)
