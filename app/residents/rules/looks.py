"""What the cells of a column look like, where its header does not say.

A look is believed only where nearly all cells have it; one sample of a sheet's first rows decides.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal

from app.residents.rules.addresses import split_address
from app.residents.rules.headers import Role
from app.residents.rules.sheets import Value

Look = Role | Literal["private"]

ENOUGH = 0.6
_LONGEST = 100
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖萧田董袁潘于蒋蔡余杜叶"
    "程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱丘江尹薛闫阎段雷侯龙史陶黎"
    "贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿"
    "关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳欧管柴蒙鲍华"
    "喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿"
    "桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠"
    "荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井"
    "祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭"
    "况那宿鲜印逯隆茹诺战慕危玉银亢嵇公哈湛宾戎勾茅利于呼居揭干但尉冶斯元束檀衣信展阴昝智幸奉"
    "植衡富尧闭由钮顿过翦东暴党訾臧䶮买热麦努吐艾古"
)
_NAME = re.compile(
    r"[\u3007\u3400-\u9fff\U00020000-\U0003ffff]{2,4}|[\u3400-\u9fff]+·[\u3400-\u9fff·]+"
)
_PHONE = re.compile(
    r"(?<![0-9])(?:(?:\+|00)?86)?(?:1[3-9][0-9]{9}|0[1-9][0-9]{9,10}|[2-8][0-9]{6,7})(?![0-9])"
)
_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])[ \-.()]+(?=[0-9])")
_LONG_NUMBER = re.compile(r"[+(]?[0-9]{3}.{7}")
_IDENTITY = re.compile(
    r"[1-9][0-9]{5}(?:(?:19|20)[0-9]{2}|[0-9]{2})"
    r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9X]?"
)
_CARD = re.compile(r"[3-6][0-9]{15,18}")
_BUILDING = re.compile(r"[A-Z]?[0-9一二三四五六七八九十]+(?:号?[幢栋座]|号楼|#楼?)")
_UNIT = re.compile(r"[0-9一二三四五六七八九十甲乙丙丁东中西]+(?:单元|梯|门洞)")
_ROOM = re.compile(r"[A-Z]?[1-9][0-9]{2,3}(?:室|号)?")
_COMMUNITY = re.compile(r".{2,12}(?:社区|村|居委会|村委会)")
_ESTATE = re.compile(r".{2,10}(?:小区|花苑|花园|新村|家园|公寓|名苑|雅苑|佳苑|苑|府|城)")
_LANGUAGE = re.compile(r".{1,4}话|方言|国语|英语|[汉粤日韩藏维]语")
_RELATIONS = re.compile(
    "户主|本人|配偶|妻子?|丈?夫|夫妻|爱人|子|女|[儿长次]子|[女长次]儿|长女|次女|父亲?|母亲?|父母"
    "|孙[子女]?|孙女|儿媳|媳妇|女婿|岳父|岳母|公公|婆婆|祖父|祖母|外孙女?|兄弟|姐妹|其他|租户|租客"
    "|承租人|非亲属"
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def look_of(values: Sequence[Value]) -> Look | None:
    """What these cells of one column are, if nearly all of them are the same."""
    texts = [text[:_LONGEST] for text in map(_plain, values) if text]
    return next((look for look, is_like in _LOOKS if _most(texts, is_like)), None)


def is_number(value: Value) -> bool:
    """Whether a cell holds something to ring."""
    return bool(_PHONE.search(_plain(value)))


def _most(texts: Sequence[str], is_like: Callable[[str], bool]) -> bool:
    return sum(map(is_like, texts)) > ENOUGH * len(texts)


def _plain(value: Value) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = unicodedata.normalize("NFKC", "" if value is None else str(value)).strip().upper()
    return _BETWEEN_DIGITS.sub("", text) if _LONG_NUMBER.match(text) else text


def _is_identity(text: str) -> bool:
    """An identity number of 18 whose last character is right, or an old one of 15."""
    if len(text) not in {15, 18} or not _IDENTITY.fullmatch(text):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, _WEIGHTS, strict=False))
    return len(text) == 15 or "10X98765432"[total % 11] == text[-1]  # noqa: PLR2004


def _is_card(text: str) -> bool:
    """A card number by the formula of Luhn."""
    if not _CARD.fullmatch(text):
        return False
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in text[-2::-2]]
    return (sum(doubled) + sum(map(int, text[-1::-2]))) % 10 == 0


def _is_name(text: str) -> bool:
    text = text.replace(" ", "")
    if _RELATIONS.fullmatch(text) or _LANGUAGE.fullmatch(text) or _COMMUNITY.fullmatch(text):
        return False
    return bool(_NAME.fullmatch(text)) and (text[0] in _SURNAMES or "·" in text)


def _is_address(text: str) -> bool:
    found = split_address(text)
    return bool(found.building and (found.room or found.unit))


def _is_room(text: str) -> bool:
    return bool(_ROOM.fullmatch(text)) and 1 <= int(re.sub("[^0-9]", "", text)[-2:]) <= 40  # noqa: PLR2004


_LOOKS: tuple[tuple[Look, Callable[[str], bool]], ...] = (
    ("private", lambda text: _is_identity(text) or _is_card(text)),
    ("phone", lambda text: bool(_PHONE.search(text))),
    ("relation", lambda text: bool(_RELATIONS.fullmatch(text))),
    ("language", lambda text: bool(_LANGUAGE.fullmatch(text))),
    ("name", _is_name),
    ("community", lambda text: bool(_COMMUNITY.fullmatch(text))),
    ("estate", lambda text: bool(_ESTATE.fullmatch(text))),
    ("building", lambda text: bool(_BUILDING.fullmatch(text))),
    ("unit", lambda text: bool(_UNIT.fullmatch(text))),
    ("address", _is_address),
    ("room", _is_room),
)


def counts_rows(values: Sequence[Value]) -> bool:
    """Whether a column numbers the rows: one more each time."""
    numbers = [int(text) for text in map(_plain, values) if text.isdecimal() and len(text) < 8]  # noqa: PLR2004
    return len(numbers) > 1 and all(after == before + 1 for before, after in pairwise(numbers))
