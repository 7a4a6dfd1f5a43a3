"""A campaign's results: a case with its calls, for programs and for a community's office."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.calls.models import Call
from app.calls.rules import effective
from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign
from app.campaigns.rules.dispositions import DISPOSITIONS
from app.campaigns.rules.outcome import OUTCOMES, classified
from app.cases.models import Case
from app.people.models import User
from app.people.queries import scope
from app.progress.rules.counting import is_accounted_for
from app.reports.exports.making import paged
from app.reports.exports.residents import numbers_of
from app.reports.exports.value import Column, Export, Record, Row, Sheet
from app.reports.exports.wording import BETWEEN, maker, reads_as, word, yes_or_no
from app.reports.wording import Lang
from app.residents.models import Household, Number, Resident
from app.territory.models import Community

Told = tuple[Call, str, str | None]
"""A call, who rang, and on which number."""

PAGE = 500
"""Cases read at once, with all their calls."""

CASES = (
    Column("社区代码", "Community code", 15), Column("社区", "Community", 20),
    Column("地址", "Address", 24), Column("姓名", "Name", 12),
    Column("与户主关系", "Relationship", 12), Column("语言", "Language", 10),
    Column("电话", "Phones", 26), Column("最终结果", "Outcome", 18),
    Column("结果代码", "Outcome code", 20), Column("AAPOR代码", "AAPOR code", 11),
    Column("目前状态", "State", 14), Column("已落实", "Accounted for", 8),
    Column("需组长处理", "Needs the leader", 11), Column("拨打次数", "Attempts", 9),
    Column("最近通话结果", "Last call came to", 18), Column("最近通话时间", "Last call", 17),
    Column("最近拨打人", "Last called by", 14), Column("通话备注", "Note", 30),
    Column("预约回电", "Appointment", 17), Column("预约截止", "Appointment until", 17),
    Column("个案编号", "Case", 9),
)  # fmt: skip
CALLS = (
    Column("个案编号", "Case", 9), Column("姓名", "Name", 12), Column("通话编号", "Call", 9),
    Column("开始时间", "Began", 17), Column("结束时间", "Ended", 17),
    Column("登记时间", "Recorded", 17), Column("拨打人", "Called by", 14),
    Column("号码", "Number", 20), Column("方向", "Direction", 7),
    Column("通话结果", "Disposition", 18), Column("结果代码", "Disposition code", 20),
    Column("备注", "Note", 30), Column("约定回电", "To be rung back", 17),
    Column("已生效", "Took effect", 8), Column("未生效原因", "Why not", 16),
    Column("更正的通话", "Corrects call", 10), Column("同一通话", "Same call as", 10),
)  # fmt: skip


def results(
    session: Session, actor: User | None, now: datetime, campaign_id: int, lang: Lang
) -> Export:
    """Return the cases that the actor may see, as one walks past them; None is the command line.

    Raises NotFoundError.
    """
    campaign = campaigns.get_campaign(session, actor, campaign_id)
    visible = [Case.campaign_id == campaign.id]
    if actor is not None:
        visible.append(Case.community_code.in_(scope(actor)))
    return Export(
        kind="results",
        subject_id=str(campaign.id),
        subject=campaign.title,
        lang=lang,
        made_by=maker(actor, lang),
        made_at=now,
        total=session.scalar(select(func.count(Case.id)).where(*visible)) or 0,
        sheets=(
            Sheet("摸排结果", "Results", CASES, _InWords(lang, campaign).case),
            Sheet("通话记录", "Calls", CALLS, _InWords(lang, campaign).calls),
        ),
        records=_records(session, visible),
    )


def _query(visible: Iterable[ColumnElement[bool]]) -> Any:
    return (
        select(
            Case, Resident.name, Resident.relation, Resident.language,
            func.coalesce(Household.address, ""), Community.name,
        )
        .join(Resident, Resident.id == Case.resident_id)
        .join(Community, Community.code == Case.community_code)
        .outerjoin(Household, Household.id == Resident.household_id)
        .where(*visible)
        .order_by(Case.community_code, Household.address_key.nulls_last(), Case.id)
        .execution_options(yield_per=PAGE)
    )  # fmt: skip


def _records(session: Session, visible: Iterable[ColumnElement[bool]]) -> Iterator[Record]:
    for page in paged(session.execute(_query(visible)), PAGE):
        cases = [row[0] for row in page]
        calls = _calls(session, [case.id for case in cases])
        numbers = numbers_of(session, [case.resident_id for case in cases])
        for row in page:
            case = row[0]
            yield _record(row, numbers.get(case.resident_id, []), calls.get(case.id, []))


def _calls(session: Session, case_ids: Sequence[int]) -> dict[int, list[Told]]:
    query = (
        select(Call, User.name, Number.value)
        .join(User, User.id == Call.user_id)
        .outerjoin(Number, Number.id == Call.number_id)
        .where(Call.case_id.in_(case_ids))
        .order_by(Call.position)
    )
    found: dict[int, list[Told]] = {}
    for call, user, number in session.execute(query):
        found.setdefault(call.case_id, []).append((call, user, number))
    return found


def _record(row: Any, numbers: list[str], calls: list[Told]) -> Record:
    case, name, relation, language, address, community = row
    return {
        "id": case.id,
        "community": case.community_code,
        "community_name": community,
        "name": name,
        "address": address,
        "relation": relation,
        "language": language,
        "numbers": numbers,
        "disposition": case.outcome,
        "state": case.state,
        "passed_to": case.passed_to,
        "accounted_for": is_accounted_for(case.state, case.passed_to),
        "attempts": case.attempts,
        "last_disposition": case.last_disposition,
        "last_call_at": case.last_call_at,
        **_last_words(calls),
        "appointment_at": case.appointment_at,
        "appointment_until": case.appointment_until,
        "calls": [_call(*call) for call in calls],
    }


def _last_words(calls: list[Told]) -> dict[str, str | None]:
    """Who rang last, and the last note: of calls that took effect, as corrected last."""
    last = {call.id for call in effective(call for call, _user, _number in calls)}
    stands = [(call, user) for call, user, _number in calls if call.id in last]
    users = [user for call, user in stands if not call.desk]
    notes = [call.note for call, _user in stands if call.note]
    return {"last_user": users[-1] if users else None, "note": notes[-1] if notes else ""}


def _call(call: Call, user: str, number: str | None) -> dict[str, Any]:
    return {
        "id": call.id,
        "applied": call.applied,
        "reason": call.reason,
        "disposition": call.disposition,
        "direction": call.direction,
        "number": number,
        "started_at": call.started_at,
        "ended_at": call.ended_at,
        "recorded_at": call.recorded_at,
        "callback_at": call.callback_at,
        "user": user,
        "note": call.note,
        "corrects": call.corrects_id,
        "with_call": call.with_call_id,
        "position": call.position,
    }


class _InWords:
    """Records as rows of the sheets, codes in words of one language."""

    def __init__(self, lang: Lang, campaign: Campaign) -> None:
        self._lang = lang
        self._outcomes = {code: classified(code, campaign.population) for code in OUTCOMES}

    def case(self, record: Record) -> Iterable[Row]:
        """Return the row of a case."""
        outcome = self._outcomes[record["disposition"]]
        return [(
            record["community"], record["community_name"], record["address"], record["name"],
            record["relation"], record["language"], BETWEEN.join(map(reads_as, record["numbers"])),
            outcome.label(self._lang), outcome.code, outcome.aapor,
            word(record["passed_to"] or record["state"], self._lang),
            yes_or_no(record["accounted_for"], self._lang),
            yes_or_no(record["passed_to"] == "leader", self._lang), record["attempts"],
            self._disposition(record["last_disposition"]), record["last_call_at"],
            record["last_user"], record["note"], record["appointment_at"],
            record["appointment_until"], record["id"],
        )]  # fmt: skip

    def calls(self, record: Record) -> Iterable[Row]:
        """Return a row for each call of a case."""
        return [self._call(record, call) for call in record["calls"]]

    def _call(self, record: Record, call: Record) -> Row:
        return (
            record["id"], record["name"], call["id"], call["started_at"], call["ended_at"],
            call["recorded_at"], call["user"],
            reads_as(call["number"]) if call["number"] else "",
            word(call["direction"], self._lang), self._disposition(call["disposition"]),
            call["disposition"], call["note"], call["callback_at"],
            yes_or_no(call["applied"], self._lang), call["reason"], call["corrects"],
            call["with_call"],
        )  # fmt: skip

    def _disposition(self, code: str | None) -> str:
        return DISPOSITIONS[code].label(self._lang) if code else ""
