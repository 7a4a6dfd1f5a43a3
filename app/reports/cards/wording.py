"""What an invitation card says, in both languages; see ``wording`` for why not in the catalogue."""

from dataclasses import dataclass

from app.reports.wording import Lang, spoken


@dataclass(frozen=True)
class CardWording:
    """The texts of one language."""

    title: str
    subject: str
    moment: str
    scan: str
    or_open: str
    until: str
    ask: str
    own: str
    foot: str


def card_wording(lang: Lang) -> CardWording:
    """Return the texts of a language."""
    return spoken(lang, ZH, EN)


ZH = CardWording(
    title="志愿者邀请卡",
    subject="每张卡只能由本人使用一次",
    moment="%-m月%-d日 %H:%M",
    scan="用手机扫左边的码，",
    or_open="或者打开 {address} 输入：",
    until="{moment}前有效",
    ask="有问题请找：{name}",
    own="仅限本人用一次，请勿转发",
    foot="沿线裁开，每人只发本人的一张。用过的卡不再有效。",
)

EN = CardWording(
    title="Invitation cards",
    subject="Each card is for one person and one use",
    moment="%-d %b %H:%M",
    scan="Scan it with your phone,",
    or_open="or open {address} and type",
    until="Good until {moment}",
    ask="Any trouble? Ask {name}",
    own="Yours alone, for one use",
    foot="Cut along the lines; give each person only their own. A used card is worth nothing.",
)
