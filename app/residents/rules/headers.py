"""What the texts above columns mean.

The table is written from public templates of communities, property managers and household
registers. What it does not know is told by its looks or left out, for the least data that serves
is taken.
"""

import re
import unicodedata
from typing import Literal, get_args

from app.residents.rules.sheets import Value

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

# Within a role, what stands first is taken before what stands later: a resident's own name before
# the name of the head of the household, where one lives before where one is registered.
_SYNONYMS: dict[Role, str] = {
    "seq": "序号 编号 行号 人编号 no no. # seq serialno index",
    "name": (
        "姓名 居民姓名 成员姓名 人员姓名 住户姓名 家庭成员姓名 真实姓名 名字 居民 住户 村民姓名"
        " 业主姓名 业主名称 业主 客户姓名 客户名称 户主姓名 户主 户主名称 租户姓名 用户名"
        " 诉求人姓名 楼栋业主 名称 人员 居民名字 住户名字 业主名字 常住人员 居住人 居住人员"
        " 入住人 入住人员 被访人 被访者 对象姓名 服务对象 老人姓名 人名 户主/姓名 姓名/户主"
        " name fullname residentname resident householdername"
    ),
    "district": "区 区县 县区 县 所属区 所在区 所属区县 市区 行政区 district county",
    "street": (
        "街道 镇 乡镇 街道/镇 街道乡镇 乡镇街道 镇街 镇/街道 所属街道 所在街道 所在乡镇街道"
        " 所属乡镇 所属镇街 街道办 street subdistrict sub-district town township"
    ),
    "community": (
        "社区 所属社区 所在社区 社区名称 社区/村 村/社区 村居 村居名称 村社区 居委会 居委"
        " 所属村居 行政村 村 村名 community neighborhood neighbourhood village"
    ),
    "community_code": (
        "社区代码 社区编码 社区编号 统计代码 统计用区划代码 区划代码 行政区划代码 村居代码"
        " communitycode"
    ),
    "estate": (
        "小区 小区名称 所属小区 所在小区 调查小区名称 住宅小区 楼盘 小区名 苑 院落 自然村 网格"
        " 网格名称 所属网格 所在网格 网格号 estate community/estate compound residentialarea"
    ),
    "building": (
        "楼栋 楼栋号 楼栋编号 栋 栋号 幢 幢号 楼号 楼幢 楼幢号 楼宇 楼宇号 座 座号 楼栋/区域 楼"
        " 楼房 楼房号 楼栋名称 楼号/栋号 幢号/楼号 栋/幢 幢/栋 所在楼栋 所属楼栋 building"
        " buildingno bldg buildingnumber block"
    ),
    "unit": (
        "单元 单元号 单元编号 单元/分区 单元/梯 单元(梯) 梯/单元 所在单元 梯 梯号 门洞 unit"
        " unitno entrance stair"
    ),
    "room": (
        "室 室号 房号 房间号 房间 房屋编号 房号/铺位号 门牌 门牌号 户室 户室号 户号室 房室号"
        " 房号/室号 室/房号 门号 住房号 号室 room roomno roomnumber apartment apartmentno flat"
        " door"
    ),
    "address": (
        "现居住地址 现住址 现住地址 居住地址 实际住址 实际居住地址 常住地址 住址 地址 家庭地址"
        " 家庭住址 详细地址 住宅地址 居住地 联系地址 通讯地址 房屋 房屋信息 房屋地址 楼栋单元"
        " 地址/房号 所在地址 家住 住房地址 门牌地址 楼栋房号 楼栋单元室 楼栋门牌 楼栋室号"
        " 单元房号 户籍地址 户籍地 户口所在地 address homeaddress"
    ),
    "household": (
        "户号 户编号 户编码 户代码 家庭编号 户口簿号 户籍号 household householdid householdno"
        " householdnumber"
    ),
    "relation": (
        "与户主关系 家庭关系 户主关系 与业主关系 关系 成员关系 家庭角色 身份 与户主的关系"
        " relation relationship relationtohead"
    ),
    "language": (
        "语言 方言 沟通语言 常用语言 使用语言 交流语言 口音 语种 语言/方言 language dialect"
    ),
    "remark": (
        "备注 备注信息 备注说明 特殊情况 情况说明 说明 其他信息 其他情况 健康备注 人员备注 其他"
        " 其它 备考 附注 注 特殊情况说明 特殊情况备注 remark remarks note notes comment"
        " comments"
    ),
    # Mobile and general numbers first, then a second one, then lines that others answer too.
    "phone": (
        "手机 手机号 手机号码 移动电话 联系电话 联系手机 联系方式 电话 电话号码 联系号码"
        " 本人电话 本人联系电话 居民电话 住户电话 业主电话 业主手机 客户电话 成员电话 租户电话"
        " 联系电话/手机 手机/电话 电话/手机 手机/座机 联系手机号 联系手机号码 手机电话 本人手机"
        " 电话1 tel/mobile 号码 phone phoneno phonenumber mobile mobileno mobilenumber"
        " mobilephone cell cellphone tel tel. telephone telephoneno telephonenumber contact"
        " contactnumber 备用电话 备用手机 备用号码 备用联系电话 备用联系方式 其他电话"
        " 其他联系方式 第二电话 otherphone alternatephone secondphone 固定电话 固话 座机"
        " 座机号码 住宅电话 家庭电话 宅电 家庭联系电话 landline homephone 户主电话 户主手机"
        " 户主手机号 户主联系方式 户主联系电话 户主手机号码"
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
_MARKS = re.compile(r"[\s*:★☆※_、,;]+")
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
_PRIVATE = re.compile(
    "身份证|身份号|证件号|证件类|公民身份|银行|卡号|账号|帐号|账户|开户|社保|医保|护照"
    "|idcard|idno|idnumber|identity|passport|bank|account"
)
_LAST_RANK = len(_ROLES)


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


def is_private(value: Value) -> bool:
    """Whether a header names what nobody may collect here: identity numbers, accounts."""
    return bool(_PRIVATE.search(normal_header(value)))


def is_somebody_else(value: Value) -> bool:
    """Whether a header speaks of a person who is not the resident."""
    return bool(_SOMEBODY_ELSE.search(normal_header(value)))


def is_example_sheet(name: str) -> bool:
    """Whether a sheet by its name shows how to fill in another: its people do not exist."""
    return bool(_EXAMPLE.search(name))
