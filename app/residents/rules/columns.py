"""Which column of a roster holds what: recognised by the header texts that people use.

The table is written from public templates of communities, property managers and household
registers. What it does not know is left out, for the least data that serves is taken.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from app.problems import Place, Problem

Value = str | int | float | bool | None

Role = Literal[
    "name",
    "phone",
    "district",
    "street",
    "community",
    "community_code",
    "estate",
    "building",
    "unit",
    "room",
    "address",
    "household",
    "relation",
    "language",
    "remark",
    "seq",
]

# Titles and instructions above a header take up to five rows in public templates.
HEADER_ROWS = 20


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row as read: ``row`` is 1-based, ``formulas`` are the 0-based columns that compute."""

    sheet: str
    row: int
    values: tuple[Value, ...]
    formulas: frozenset[int] = frozenset()

    def value(self, column: int) -> Value:
        """What stands in a 0-based column: nothing, where the row ends before it."""
        return self.values[column] if column < len(self.values) else None


@dataclass(frozen=True)
class Columns:
    """Where the header stands and which 0-based column has which role."""

    sheet: str
    row: int
    single: dict[Role, int]  # every role but the telephone
    phones: tuple[int, ...]  # the one to try first comes first
    headers: dict[int, str]  # as written, of the columns taken
    left_out: tuple[str, ...]  # headers of columns that are not taken

    @property
    def name(self) -> int:
        return self.single["name"]

    @property
    def taken(self) -> tuple[int, ...]:
        """The columns whose content goes into a draft, from left to right."""
        return tuple(sorted(self.headers))


# Within a role, what stands first is taken before what stands later: a resident's own name before
# the name of the head of the household, where one lives before where one is registered.
_SYNONYMS: dict[Role, str] = {
    "seq": "序号 编号 行号 人编号 no no. # seq serialno index",
    "name": (
        "姓名 居民姓名 成员姓名 人员姓名 住户姓名 家庭成员姓名 真实姓名 名字 居民 住户 村民姓名"
        " 业主姓名 业主名称 业主 客户姓名 客户名称 户主姓名 户主 户主名称 租户姓名 用户名"
        " 诉求人姓名 楼栋业主 name fullname residentname resident householdername"
    ),
    "district": "区 区县 县区 县 所属区 所在区 所属区县 市区 行政区 district county",
    "street": (
        "街道 镇 乡镇 街道/镇 街道乡镇 乡镇街道 镇街 镇/街道 所属街道 所在街道 所在乡镇街道"
        " 所属乡镇 所属镇街 街道办 street subdistrict sub-district town township"
    ),
    "community": (
        "社区 所属社区 所在社区 社区名称 社区/村 村/社区 村居 村居名称 村社区 居委会"
        " 居委 所属村居 行政村 村 村名 community neighborhood neighbourhood village"
    ),
    "community_code": (
        "社区代码 社区编码 社区编号 统计代码 统计用区划代码 区划代码 行政区划代码 村居代码"
        " communitycode"
    ),
    "estate": (
        "小区 小区名称 所属小区 所在小区 调查小区名称 住宅小区 楼盘 estate compound residentialarea"
    ),
    "building": (
        "楼栋 楼栋号 楼栋编号 栋 栋号 幢 幢号 楼号 楼幢 楼幢号 楼宇 楼宇号 座 座号 楼栋/区域"
        " building buildingno buildingnumber block"
    ),
    "unit": "单元 单元号 单元编号 单元/分区 梯 梯号 门洞 unit unitno entrance stair",
    "room": (
        "室 室号 房号 房间号 房间 房屋编号 房号/铺位号 门牌 门牌号 户室 户室号 户号室 房室号"
        " room roomno roomnumber apartment apartmentno flat door"
    ),
    "address": (
        "现居住地址 现住址 现住地址 居住地址 实际住址 实际居住地址 常住地址 住址 地址 家庭地址"
        " 家庭住址 详细地址 住宅地址 居住地 联系地址 通讯地址 房屋 房屋信息 房屋地址 楼栋单元"
        " 楼栋房号 楼栋单元室 户籍地址 户籍地 户口所在地 address homeaddress"
    ),
    "household": (
        "户号 户编号 户编码 户代码 家庭编号 户口簿号 户籍号 household householdid householdno"
        " householdnumber"
    ),
    "relation": (
        "与户主关系 家庭关系 户主关系 与业主关系 关系 成员关系 relation relationship relationtohead"
    ),
    "language": "语言 方言 沟通语言 使用语言 语种 语言/方言 language dialect",
    "remark": (
        "备注 备注信息 备注说明 特殊情况 情况说明 说明 其他信息 其他情况 健康备注 人员备注"
        " remark remarks note notes comment comments"
    ),
    # Mobile and general numbers first, then a second one, then lines that others answer too.
    "phone": (
        "手机 手机号 手机号码 移动电话 联系电话 联系手机 联系方式 电话 电话号码 联系号码 本人电话"
        " 本人联系电话 居民电话 住户电话 业主电话 业主手机 客户电话 成员电话 租户电话"
        " 联系电话/手机 号码 phone phoneno phonenumber mobile"
        " mobileno mobilenumber mobilephone cell"
        " cellphone tel tel. telephone telephoneno telephonenumber contact contactnumber"
        " 备用电话 备用手机 备用号码 备用联系电话 备用联系方式 其他电话 其他联系方式 第二电话"
        " otherphone alternatephone secondphone 固定电话 固话 座机 座机号码 住宅电话 家庭电话"
        " 宅电 家庭联系电话 landline homephone 户主电话 户主手机 户主手机号 户主联系方式"
        " 户主联系电话 户主手机号码"
    ),
}
_ROLES = {
    synonym: (role, rank)
    for role, synonyms in _SYNONYMS.items()
    for rank, synonym in enumerate(synonyms.split())
}
assert set(_SYNONYMS) == set(get_args(Role))

_NOTE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|〔[^〔〕]*〕|<[^<>]*>")
_COUNT = re.compile(r"(?<=\D)[0-9一二三四五]$")
_MARKS = re.compile(r"[\s*:★☆※_]+")
_EXAMPLE = re.compile(r"示例|样例|范例|说明|须知|example|instruction", re.IGNORECASE)

# A header that the table lacks is taken by its last word, unless it speaks of somebody else.
_ENDINGS: tuple[tuple[Role, re.Pattern[str]], ...] = (
    ("name", re.compile(r".{1,6}姓名")),
    ("phone", re.compile(r".{1,6}(手机|手机号|手机号码|电话|电话号码|联系方式)")),
)
_SOMEBODY_ELSE = re.compile(
    "网格|紧急|应急|监护|配偶|联系人|子女|父|母|亲属|家属|单位|公司|办公|物业|房东|中介|保姆|护工"
    "|医生|志愿|干部|党员|楼道长|单元长|楼长|组长|书记|民警|负责|填表|登记|走访|采集|审核|帮扶"
)
_LAST_RANK = len(_ROLES)


def column_letters(column: int) -> str:
    """The name of a 0-based column as a spreadsheet shows it: 0 is A, 26 is AA."""
    letters = ""
    while column >= 0:
        letters = chr(ord("A") + column % 26) + letters
        column = column // 26 - 1
    return letters


def normal_header(value: Value) -> str:
    """A header without what people add to it: width, case, blanks, ``*``, notes in brackets."""
    text = unicodedata.normalize("NFKC", "" if value is None else str(value))
    return _MARKS.sub("", _NOTE.sub("", text) or text).lower()


def role_of(value: Value) -> tuple[Role, int] | None:
    """The role that a header text names, and its rank among the texts for that role."""
    text = normal_header(value)
    known = _ROLES.get(text) or _ROLES.get(_COUNT.sub("", text))
    if known or _SOMEBODY_ELSE.search(text):
        return known
    text = _COUNT.sub("", text)
    endings = (role for role, ending in _ENDINGS if ending.fullmatch(text))
    return next(((role, _LAST_RANK) for role in endings), None)


def find_columns(rows: Sequence[SheetRow]) -> Columns | None:
    """The columns of a sheet by its first rows, or ``None`` where no row looks like a header.

    A row that looks like one but lacks a name or a telephone is a `Problem` that quotes it.
    """
    row = max(rows[:HEADER_ROWS], key=_fitness, default=None)
    if row is None or not any(_fitness(row)):
        return None
    columns = _columns_by_role(row)
    for role in ("name", "phone"):
        if role not in columns:
            place = Place(sheet=row.sheet or None, row=row.row)
            raise Problem(f"roster_no_{role}_column", role, place, {"headers": texts_of(row)})
    return _columns(row, columns)


def is_header_again(row: SheetRow, columns: Columns) -> bool:
    """Whether this row repeats the header, as on each page of a printed roster."""
    header = normal_header(columns.headers[columns.name])
    return normal_header(row.value(columns.name)) == header


def is_example_sheet(name: str) -> bool:
    """Whether a sheet by its name shows how to fill in another: its people do not exist."""
    return bool(_EXAMPLE.search(name))


def texts_of(row: SheetRow) -> str:
    """What the cells of a row say, short enough to be quoted in a message."""
    texts = [str(value).strip()[:20] for _, value in _filled(row)]
    return " | ".join([*texts[:12], "…"] if len(texts) > 12 else texts)  # noqa: PLR2004


def _filled(row: SheetRow) -> Iterator[tuple[int, Value]]:
    for column, value in enumerate(row.values):
        if value is not None and str(value).strip():
            yield column, value


def _columns_by_role(row: SheetRow) -> dict[Role, list[int]]:
    """The columns that a row names for each role, the best first."""
    ranked: dict[Role, list[tuple[int, int]]] = {}
    for column, value in _filled(row):
        if found := role_of(value):
            role, rank = found
            ranked.setdefault(role, []).append((rank, column))
    return {role: [column for _, column in sorted(pairs)] for role, pairs in ranked.items()}


def _fitness(row: SheetRow) -> tuple[int, int]:
    """How much a row is like a header: names and telephones first, then any other role.

    A single cell is a title, and a single role may be a resident's remark.
    """
    roles = _columns_by_role(row).keys()
    vital = len(roles & {"name", "phone"})
    if len(list(_filled(row))) < 2 or not (vital or len(roles) > 1):  # noqa: PLR2004
        return 0, 0
    return vital, len(roles)


def _columns(row: SheetRow, by_role: dict[Role, list[int]]) -> Columns:
    phones = tuple(by_role["phone"])
    single: dict[Role, int] = {role: found[0] for role, found in by_role.items() if role != "phone"}
    taken = {column for role, column in single.items() if role != "seq"} | set(phones)
    headers = {column: str(value).strip() for column, value in _filled(row)}
    return Columns(
        sheet=row.sheet,
        row=row.row,
        single=single,
        phones=phones,
        headers={column: text for column, text in headers.items() if column in taken},
        left_out=tuple(
            text
            for column, text in headers.items()
            if column not in taken and column != single.get("seq")
        ),
    )
