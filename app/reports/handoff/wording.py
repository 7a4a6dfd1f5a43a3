"""What the handoff sheet says, in both languages; see ``wording`` for why not in the catalogue."""

from dataclasses import dataclass
from datetime import datetime

from app.reports.wording import MONTHS, Lang, spoken

_WEEKDAYS = {
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}


@dataclass(frozen=True)
class HandoffWording:
    """The texts of one language."""

    lang: Lang
    moment: str
    years_moment: str
    short_moment: str
    title: str
    numbered: str
    masked: str
    masked_mark: str
    running: str
    foot: str
    rule: str
    from_to: str
    pool: str
    made: str
    communities: str
    done: str
    nothing_done: str
    result: str
    between: str
    note: str

    appointments: str
    no_appointments: str
    anyone: str
    for_whom: str
    in_list: str
    from_queue: str
    agreed: str

    left: str
    left_pool: str
    nothing_left: str
    nothing_passed: str
    number: str
    resident: str
    numbers: str
    so_far: str
    by_hand: str
    together: str
    not_rung: str
    rung: str
    dialled: str
    proved_wrong: str
    shared: str
    more_numbers: str
    no_number: str
    same_numbers: str

    caution: str
    not_before: str
    declined: str
    language_barrier: str
    speaks: str
    remark: str
    said: str

    queued: str

    def at(self, value: datetime, year: int) -> str:
        """Return day, weekday and time; the year only where it is not ``year``."""
        return self._filled(self.moment if value.year == year else self.years_moment, value)

    def short(self, value: datetime, year: int) -> str:
        """Return day and time; with weekday and year where it is not ``year``."""
        return self._filled(self.short_moment if value.year == year else self.years_moment, value)

    def _filled(self, pattern: str, value: datetime) -> str:
        return pattern.format(
            year=value.year, month=value.month, name=MONTHS[value.month - 1][:3], day=value.day,
            weekday=_WEEKDAYS[self.lang][value.weekday()], time=f"{value:%H:%M}",
        )  # fmt: skip

    def span(self, begin: datetime, until: datetime | None, year: int) -> str:
        """Return a time agreed, or a window."""
        if until is None:
            return self.at(begin, year)
        end = f"{until:%H:%M}" if until.date() == begin.date() else self.at(until, year)
        return f"{self.at(begin, year)}-{end}"


def handoff_wording(lang: Lang) -> HandoffWording:
    """Return the texts of a language."""
    return spoken(lang, ZH, EN)


ZH = HandoffWording(
    lang="zh",
    moment="{month}月{day}日（{weekday}）{time}",
    years_moment="{year}年{month}月{day}日（{weekday}）{time}",
    short_moment="{month}月{day}日 {time}",
    title="交班单",
    numbered="第 {id} 号",
    masked_mark="【脱敏件】",
    masked="【脱敏件】姓名、住址和号码已作部分隐去，备注不印",
    running="交班单第 {id} 号　{campaign}",
    foot="交班单第 {id} 号　通话序号 {position}　铃询（Ringround）{version}",
    rule="绝不询问：身份证号、银行卡、密码、验证码。本单含个人信息：用毕交回或销毁，不拍照、不转发。",
    from_to="{giver}　交给　{taker}",
    pool="大家（回到任务池）",
    made="{moment} 交班",
    communities="社区：{names}",
    done="已做：打电话 {calls} 个，核对完成 {completed} 人。其中：{results}。",
    nothing_done="已做：这一批还没有打过电话。",
    result="{label} {count}",
    between="、",
    note="交班留言：",
    appointments="预约回电（{count}）　到点先打",
    no_appointments="没有预约。",
    anyone="谁都可以打",
    for_whom="约好由 {name} 打",
    in_list="见下面第 {place} 位",
    from_queue="不在这一批：到时间由系统派人打，不要照本单拨打",
    agreed="约定：{note}",
    left="还没打完的（{count} 人）　按顺序打",
    left_pool="还没打完的（{count} 人）　已回到任务池：拨打前先问组长，以免重复拨打",
    nothing_left="没有剩下的，这一批都有了结果。",
    nothing_passed="没有要打的，剩下的都回到了任务池。",
    number="序号",
    resident="姓名、住址",
    numbers="号码",
    so_far="打过没有",
    by_hand="结果（手写）",
    together="以下 {count} 人是一户或共用号码，打一次一起问",
    not_rung="还没打过",
    rung="打过{count}次：{what}",
    dialled="{moment} 拨过，没记结果，先问清楚再打。",
    proved_wrong="打不通或不是本人",
    shared="{count} 人共用",
    more_numbers="另有 {count} 个号码",
    no_number="没有号码",
    same_numbers="号码同上",
    caution="注意：",
    not_before="{moment} 以前不要打。",
    declined="上次婉拒了，不要再由 {name} 打，换一个人。",
    language_barrier="上次由 {name} 打，语言不通，换一个人。",
    speaks="要会说{language}。",
    remark="花名册备注：{remark}",
    said="{moment} {name}：{note}",
    queued="另有 {count} 人不在 {name} 负责的社区或没能转交，已回到任务池，不用打：{names}。",
)

EN = HandoffWording(
    lang="en",
    moment="{weekday} {day} {name}, {time}",
    years_moment="{weekday} {day} {name} {year}, {time}",
    short_moment="{day} {name}, {time}",
    title="Handoff sheet",
    numbered="No. {id}",
    masked_mark="Masked copy. ",
    masked="Masked copy: names, addresses and numbers are partly hidden, notes left out",
    running="Handoff sheet no. {id}, {campaign}",
    foot="Handoff sheet no. {id}, call sequence {position}, Ringround {version}",
    rule="Never ask for ID numbers, bank cards, passwords or codes. Personal data: hand back or "
    "destroy after use.",
    from_to="From {giver} to {taker}",
    pool="everybody (back in the pool)",
    made="Handed over {moment}",
    communities="Communities: {names}",
    done="Calls made: {calls}. Residents completed: {completed}. By result: {results}.",
    nothing_done="Calls made: none in this batch yet.",
    result="{label} {count}",
    between=", ",
    note="Note: ",
    appointments="Appointments ({count}): ring these at their time",
    no_appointments="There are no appointments.",
    anyone="anyone may ring",
    for_whom="promised by {name}",
    in_list="no. {place} below",
    from_queue="not in this batch: at its time the system gives it to somebody. "
    "Don't ring from this sheet",
    agreed="Agreed: {note}",
    left="Still to ring ({count}), in this order",
    left_pool="Still to ring ({count}): back in the pool. Ask the leader before ringing, or two "
    "may ring",
    nothing_left="Nothing is left: everybody in this batch has a result.",
    nothing_passed="Nothing to ring: all that was left is back in the pool.",
    number="No.",
    resident="Name, address",
    numbers="Numbers",
    so_far="So far",
    by_hand="Result (by hand)",
    together="These {count} share a home or a number: one call for all",
    not_rung="Not rung yet",
    rung="Rung {count}×: {what}",
    dialled="Dialled {moment}, no result saved: ask before ringing. ",
    proved_wrong="proved wrong",
    shared="shared by {count}",
    more_numbers="{count} more numbers",
    no_number="No number",
    same_numbers="same as above",
    caution="Mind: ",
    not_before="Not before {moment}. ",
    declined="Declined last time: somebody other than {name} must ring. ",
    language_barrier="{name} could not be understood last time: somebody else must ring. ",
    speaks="Language needed: {language}. ",
    remark="Roster: {remark}",
    said="{moment}, {name}: {note}",
    queued="{count} more are outside the communities of {name}, or could not be passed on. They "
    "are back in the pool and not to be rung from here: {names}.",
)
