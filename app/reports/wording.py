"""What documents say, in both languages: whole sentences with named places for the values.

Documents are made outside a request, so the web page's catalogue is not at hand; and a report of
last year must say the same when it is printed again. What stands in braces goes through
``str.format``; numbers and dates come in as text, made by the methods here.
"""

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from math import floor
from typing import Literal, TypeVar

Lang = Literal["zh", "en"]
T = TypeVar("T")

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True)
class Wording:
    """The texts of one language."""

    tag: str
    """Language tag for the document's metadata (BCP 47)."""
    day_pattern: str
    moment: str
    undefined: str
    never: str
    unknown: str
    yes: str
    no: str

    title: str
    masked: str
    running: str
    running_masked: str
    foot: str
    page_of: str

    community: str
    community_value: str
    territory: str
    territory_value: str
    campaign: str
    deadline: str
    no_deadline: str
    as_of: str
    as_of_value: str

    summary: str
    summary_text: str
    summary_complete: str
    summary_nobody: str
    residents: str
    accounted_for: str
    on_door_list: str
    outstanding: str
    completion: str

    outcomes: str
    outcome: str
    aapor: str
    count: str
    share: str
    counted: str
    total: str

    buildings: str
    no_buildings: str
    building: str
    figures: str

    names: str
    names_text: str
    names_text_masked: str
    no_names: str
    number: str
    name: str
    address: str
    attempts: str
    last_attempt: str
    reason: str

    door: str
    door_text: str
    door_text_masked: str
    no_door: str
    door_reason: str

    method: str
    notes: tuple[str, ...]
    rates_note: str
    e_note: str
    e_undefined_note: str
    version_note: str
    meaning: str
    rate: str
    formula: str
    value: str
    aapor_meanings: dict[str, str]

    signatures: str
    prepared_by: str
    reviewed_by: str
    seal: str
    signed_on: str
    signed_on_value: str

    def day(self, value: date) -> str:
        """Return a date as this language writes it in a sentence."""
        month = MONTHS[value.month - 1]
        return self.day_pattern.format(
            year=value.year, month=value.month, name=month, day=value.day
        )

    def at(self, value: datetime) -> str:
        """Return a moment with its offset from UTC. Raises ValueError for a naive datetime."""
        if value.tzinfo is None:
            raise ValueError("a moment needs its zone")
        zone = value.strftime("%z")
        return self.moment.format(
            day=self.day(value), time=f"{value:%H:%M}", zone=f"UTC{zone[:3]}:{zone[3:5]}"
        )

    def ratio(self, value: Fraction | None) -> str:
        """Return a rate in per cent, rounded half up to one decimal, or that it is undefined."""
        return self.undefined if value is None else _tenths(floor(value * 1000 + Fraction(1, 2)))

    def portion(self, part: int, whole: int) -> str:
        """Return a completion in per cent, cut to one decimal: 100.0% then means all of them."""
        return _tenths(part * 1000 // whole) if whole > 0 else self.undefined


def _tenths(value: int) -> str:
    whole, tenth = divmod(abs(value), 10)
    return f"{'-' if value < 0 else ''}{whole}.{tenth}%"


def spoken(lang: Lang, zh: T, en: T) -> T:
    """Return that of two which speaks the language."""
    return zh if lang == "zh" else en


def wording(lang: Lang) -> Wording:
    """Return the texts of a language."""
    return spoken(lang, ZH, EN)


ZH = Wording(
    tag="zh-CN",
    day_pattern="{year}年{month}月{day}日",
    moment="{day} {time}（{zone}）",
    undefined="无法计算",
    never="—",
    unknown="—",
    yes="是",
    no="否",
    title="{community}信息核对完成情况报告",
    masked="【脱敏件】姓名与住址已作部分隐去",
    running="{title}　{campaign}",
    running_masked="【脱敏件】{title}　{campaign}",
    foot="{community}　截至 {moment}　通话序号 {position}",
    page_of="第 {page} 页，共 {pages} 页",
    community="社区",
    community_value="{name}（{code}）",
    territory="所属",
    territory_value="{district} {street}",
    campaign="摸排任务",
    deadline="截止日期",
    no_deadline="未设",
    as_of="截至时间",
    as_of_value="{moment}，通话序号 {position}",
    summary="一、总体情况",
    summary_text="截至{moment}，本社区应核对居民 {total} 人，已落实 {done} 人"
    "（其中转上门 {door} 人），未落实 {open} 人，完成率 {percent}。",
    summary_complete="截至{moment}，本社区应核对居民 {total} 人，已全部落实"
    "（其中转上门 {door} 人），完成率 {percent}。",
    summary_nobody="截至{moment}，本社区没有列入本次摸排任务的居民。",
    residents="应核对（人）",
    accounted_for="已落实",
    on_door_list="其中转上门",
    outstanding="未落实",
    completion="完成率",
    outcomes="二、最终结果",
    outcome="结果",
    aapor="AAPOR 代码",
    count="人数",
    share="占比",
    counted="计入已落实",
    total="合计",
    buildings="三、各楼栋完成情况",
    no_buildings="没有按楼栋统计的数据。",
    building="楼栋",
    figures="{done} / {total}　{percent}",
    names="四、未落实居民名单",
    names_text="以下 {count} 人截至上述时间尚未落实，按住址排列。名单含个人信息，请妥善保管，"
    "用毕按规定销毁。",
    names_text_masked="以下 {count} 人截至上述时间尚未落实，按住址排列，姓名与住址已作部分隐去。",
    no_names="没有未落实的居民。",
    number="序号",
    name="姓名",
    address="住址",
    attempts="拨打次数",
    last_attempt="最近一次",
    reason="未落实原因",
    door="五、转上门名单",
    door_text="以下 {count} 人截至上述时间已转入楼道长上门名单，计入已落实，按住址排列。"
    "名单含个人信息，请妥善保管，用毕按规定销毁。",
    door_text_masked="以下 {count} 人截至上述时间已转入楼道长上门名单，计入已落实，按住址排列，"
    "姓名与住址已作部分隐去。",
    no_door="没有转上门的居民。",
    door_reason="转上门原因",
    method="附：统计方法说明",
    notes=(
        (
            "“已落实”指居民已有最终结果，或已转入楼道长上门名单；其余为“未落实”。完成率等于"
            "已落实人数除以应核对人数，保留一位小数，不进位，因此 100.0% 即全部落实。"
        ),
        "每位居民的结果由其全部通话记录按统一规则得出，不以最后一次拨打为准。",
        (
            "“截至时间”对应一个通话序号：本报告只统计序号不大于该数的通话。"
            "此后补报的通话不改变本报告，同一序号重新生成的报告逐字相同。"
        ),
    ),
    rates_note="各项比率依据美国民意研究协会（AAPOR）《标准定义》中的公式计算。"
    "e 为资格未知的个案中估计符合条件的比例。分母为零的比率记为“无法计算”。",
    e_note="本报告中 e = {value}（{fraction}）。",
    e_undefined_note="本报告中 e 无法计算：现有个案不足以估计。",
    version_note="由铃询（Ringround）{version} 生成。",
    meaning="含义",
    rate="比率",
    formula="公式",
    value="数值",
    aapor_meanings={
        "I": "完成访问",
        "P": "部分完成",
        "R": "拒绝或中断",
        "NC": "符合条件，未联系上",
        "O": "符合条件，其他原因未完成",
        "UH": "资格未知：未确认是否为住户",
        "UO": "资格未知：其他",
        "UR": "资格未知：未确认户内有无符合条件者",
        "NE": "不符合条件",
    },
    signatures="签字盖章",
    prepared_by="填表人（签字）",
    reviewed_by="审核人（签字）",
    seal="社区（盖章）",
    signed_on="日期",
    signed_on_value="年　　　月　　　日",
)

EN = Wording(
    tag="en",
    day_pattern="{day} {name} {year}",
    moment="{day}, {time} ({zone})",
    undefined="undefined",
    never="—",
    unknown="—",
    yes="yes",
    no="no",
    title="{community}: completion report",
    masked="Masked copy: names and addresses are partly hidden",
    running="{title}, {campaign}",
    running_masked="Masked copy. {title}, {campaign}",
    foot="{community}, as of {moment}, call sequence {position}",
    page_of="Page {page} of {pages}",
    community="Community",
    community_value="{name} ({code})",
    territory="Part of",
    territory_value="{street}, {district}",
    campaign="Campaign",
    deadline="Deadline",
    no_deadline="none",
    as_of="As of",
    as_of_value="{moment}, call sequence {position}",
    summary="1. Summary",
    summary_text="As of {moment}, {done} of {total} residents in this community are accounted for "
    "({percent}; of them passed to the door list: {door}); outstanding: {open}.",
    summary_complete="As of {moment}, everyone on this community's list is accounted for "
    "({total} in all, {percent}; of them passed to the door list: {door}).",
    summary_nobody="As of {moment}, nobody in this community is part of this campaign.",
    residents="Residents",
    accounted_for="Accounted for",
    on_door_list="Of them: door list",
    outstanding="Outstanding",
    completion="Completion",
    outcomes="2. Outcomes",
    outcome="Outcome",
    aapor="AAPOR code",
    count="Residents",
    share="Share",
    counted="Accounted for",
    total="Total",
    buildings="3. Completion by building",
    no_buildings="There are no figures by building.",
    building="Building",
    figures="{done} / {total}   {percent}",
    names="4. Residents still outstanding",
    names_text="Residents not accounted for at the time above, in order of address: {count}. "
    "The list holds personal data: keep it safe and destroy it after use.",
    names_text_masked="Residents not accounted for at the time above, in order of address: "
    "{count}. Names and addresses are partly hidden.",
    no_names="No resident is outstanding.",
    number="No.",
    name="Name",
    address="Address",
    attempts="Calls",
    last_attempt="Last call",
    reason="Why outstanding",
    door="5. Passed to the door list",
    door_text="Residents passed to the captains' door list by the time above, and so accounted "
    "for, in order of address: {count}. The list holds personal data: keep it safe and destroy "
    "it after use.",
    door_text_masked="Residents passed to the captains' door list by the time above, and so "
    "accounted for, in order of address: {count}. Names and addresses are partly hidden.",
    no_door="Nobody was passed to the door list.",
    door_reason="Why passed on",
    method="Annex: how this was counted",
    notes=(
        (
            "A resident is accounted for when there is a final outcome, or when the case was "
            "passed to the door list of the building's captain; all others are outstanding. "
            "Completion is the number accounted for divided by the number of residents, cut to "
            "one decimal and never rounded up, so that 100.0% means everybody."
        ),
        "Each resident's outcome follows by one rule from all calls made, not from the last alone.",
        (
            "The as-of time stands for a position in the sequence of recorded calls: only calls up "
            "to that number are counted. Calls handed in later do not change this report, and "
            "printing it again for the same number gives the same report to the letter."
        ),
    ),
    rates_note="The rates follow the formulas in the Standard Definitions of the American "
    "Association for Public Opinion Research (AAPOR). In them, e is the share of cases "
    "of unknown eligibility that is estimated to be eligible. A rate whose denominator is zero is "
    "undefined.",
    e_note="In this report e = {value} ({fraction}).",
    e_undefined_note="In this report e is undefined: these cases do not tell it.",
    version_note="Made by Ringround {version}.",
    meaning="Meaning",
    rate="Rate",
    formula="Formula",
    value="Value",
    aapor_meanings={
        "I": "complete interview",
        "P": "partial interview",
        "R": "refusal or break-off",
        "NC": "eligible, not contacted",
        "O": "eligible, not interviewed for another reason",
        "UH": "unknown whether a household",
        "UO": "unknown eligibility, other",
        "UR": "unknown whether an eligible person lives there",
        "NE": "not eligible",
    },
    signatures="Signatures",
    prepared_by="Prepared by (signature)",
    reviewed_by="Reviewed by (signature)",
    seal="Community (seal)",
    signed_on="Date",
    signed_on_value="",
)
