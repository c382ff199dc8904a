"""The sample county: invented places, units and people. Codes beginning with 99 belong to no real place."""

from typing import NamedTuple

from policy.authority import Role
from policy.geo import Datum
from policy.roster import Level, UnitKind


class AreaData(NamedTuple):
    """A place of the tree."""

    code: str
    name: str
    level: Level
    parent: str | None


class SiteData(NamedTuple):
    """A place of a village; degrees as entered."""

    village: str
    name: str
    latitude: float
    longitude: float
    datum: Datum = Datum.WGS84


class UnitData(NamedTuple):
    """A unit that sends people."""

    name: str
    level: Level
    kind: UnitKind


class PersonData(NamedTuple):
    """Somebody with one role."""

    name: str
    role: Role
    area: str
    unit: str | None = None
    party: str = "中共党员"


PROVINCE, CITY, COUNTY = "99", "9901", "990101"
LIUHE, SHIQIAO, BAIYANG = "990101100", "990101101", "990101200"
SHIMEN = "990101100201"

AREAS = (
    AreaData(PROVINCE, "样例省", Level.PROVINCE, None),
    AreaData(CITY, "样例市", Level.CITY, PROVINCE),
    AreaData(COUNTY, "安岭县", Level.COUNTY, CITY),
    AreaData(LIUHE, "柳河镇", Level.TOWNSHIP, COUNTY),
    AreaData(SHIQIAO, "石桥镇", Level.TOWNSHIP, COUNTY),
    AreaData(BAIYANG, "白杨乡", Level.TOWNSHIP, COUNTY),
    AreaData(SHIMEN, "石门村", Level.VILLAGE, LIUHE),
    AreaData("990101100202", "东峪村", Level.VILLAGE, LIUHE),
    AreaData("990101100203", "西沟村", Level.VILLAGE, LIUHE),
    AreaData("990101100204", "柳树湾村", Level.VILLAGE, LIUHE),
    AreaData("990101101201", "石桥村", Level.VILLAGE, SHIQIAO),
    AreaData("990101101202", "南坡村", Level.VILLAGE, SHIQIAO),
    AreaData("990101101203", "大槐树村", Level.VILLAGE, SHIQIAO),
    AreaData("990101200201", "白杨村", Level.VILLAGE, BAIYANG),
    AreaData("990101200202", "清水沟村", Level.VILLAGE, BAIYANG),
    AreaData("990101200203", "上岭村", Level.VILLAGE, BAIYANG),
)

SITES = (
    SiteData(SHIMEN, "村委会", 38.3121, 114.1043),
    SiteData(SHIMEN, "后山片", 38.3302, 114.0951),
    SiteData("990101100202", "村委会", 38.2874, 114.1392),
    SiteData("990101100203", "村委会", 38.3015, 114.0627, Datum.GCJ02),
    SiteData("990101100204", "村委会", 38.2689, 114.0981),
    SiteData("990101101201", "村委会", 38.2317, 114.1845),
    SiteData("990101101201", "桥西小学", 38.2381, 114.1712),
    SiteData("990101101202", "村委会", 38.2108, 114.1623, Datum.BD09),
    SiteData("990101101203", "村委会", 38.2206, 114.2127),
    SiteData("990101200201", "村委会", 38.3718, 114.1516),
    SiteData("990101200202", "村委会", 38.3902, 114.1304),
    SiteData("990101200202", "下清水", 38.4031, 114.1247),
    SiteData("990101200203", "村委会", 38.3836, 114.1873),
)

_POWER = "样例省电力公司"
UNITS = (
    UnitData("样例省水利厅", Level.PROVINCE, UnitKind.ORGAN),
    UnitData(_POWER, Level.PROVINCE, UnitKind.ENTERPRISE),
    UnitData("样例市农业农村局", Level.CITY, UnitKind.ORGAN),
    UnitData("样例市图书馆", Level.CITY, UnitKind.INSTITUTION),
    UnitData("安岭县财政局", Level.COUNTY, UnitKind.ORGAN),
    UnitData("安岭县教育局", Level.COUNTY, UnitKind.ORGAN),
    UnitData("安岭县医院", Level.COUNTY, UnitKind.INSTITUTION),
)

_TEAMS = (
    (SHIMEN, "样例省水利厅", "王强", "周建国", "赵敏"),
    ("990101100202", "样例市农业农村局", "李雪", "高志强", "田野"),
    ("990101100203", "安岭县财政局", "马国栋", "宋佳", "任晓峰"),
    ("990101100204", "安岭县教育局", "丁永红", "范文博", "石磊"),
    ("990101101201", _POWER, "韩立新", "邵云", "潘建军"),
    ("990101101202", "安岭县医院", "沈丽萍", "贺刚", "尹秀兰"),
    ("990101101203", "样例市图书馆", "秦书明", "彭涛", "白雪梅"),
    ("990101200201", "样例省水利厅", "曹振华", "魏小军", "钱玉芬"),
    ("990101200202", "安岭县财政局", "董海涛", "袁静", "崔志刚"),
    ("990101200203", "安岭县教育局", "冯春梅", "邓辉", "蒋立平"),
)
_NOT_PARTY = {"赵敏": "群众", "田野": "共青团员", "尹秀兰": "无党派人士", "邓辉": "中共预备党员"}

CADRES = tuple(
    PersonData(
        name,
        Role.FIRST_SECRETARY if place == 0 else Role.TEAM_MEMBER,
        village,
        unit,
        _NOT_PARTY.get(name, "中共党员"),
    )
    for village, unit, *names in _TEAMS
    for place, name in enumerate(names)
)

STAFF = (
    PersonData("刘敏", Role.TOWNSHIP_OFFICER, LIUHE),
    PersonData("郭晓东", Role.TOWNSHIP_OFFICER, SHIQIAO),
    PersonData("许文静", Role.TOWNSHIP_OFFICER, BAIYANG),
    PersonData("孙丽", Role.COUNTY_STAFF, COUNTY),
    PersonData("吴国平", Role.COUNTY_STAFF, COUNTY),
    PersonData("陈志远", Role.COUNTY_LEADER, COUNTY),
    PersonData("何静", Role.UNIT_LIAISON, COUNTY, "样例省水利厅"),
    PersonData("郑凯", Role.ADMIN, COUNTY),
)

PEOPLE = CADRES + STAFF

TO_BE = (
    ("周建国", "样例 · 石门村队员"),
    ("王强", "样例 · 石门村第一书记"),
    ("刘敏", "样例 · 柳河镇乡镇干部"),
    ("孙丽", "样例 · 安岭县县级工作人员"),
    ("吴国平", "样例 · 安岭县县级工作人员"),  # the second person that the county's 应急 and large notices want
    ("郑凯", "样例 · 安岭县管理员"),
)
"""The few whom the page offers to be, with their titles."""

FIRST_EXTERNAL_ID = 1001

TRIP_PURPOSES = ("到镇里开例会", "到县里跑灌溉项目", "送群众到县医院就医", "回派出单位汇报", "到县委党校学习")
WORDS = ("在村委会，手机定位不准", "在村里入户，山里没信号", "在灌溉工地，和村干部一起")
EXCUSES = ("到邻村取种子，中午回", "送老人去镇卫生院", "去镇上交材料，顺路接水管师傅")
CORRECTION_REASONS = ("上午在地里忙，忘了签", "手机没电，在村里开会", "山里没信号，回来已经过了时间")
SENDER = "孙丽"
"""Who has sent the county's notices."""
NOTICES = (
    "关于开展冬季取暖安全排查的通知\n请各工作队一周内入户看一遍炉灶、烟囱和电热毯，有隐患的当天报镇里。",
    "关于做好寒潮防范工作的通知\n周末降温 8 度以上，请到独居老人和低洼户家里看一看，缺煤缺被的马上报。",
)
NOTICE_REPLIES = ("村里融雪盐不够，能不能再送 20 袋？", "五保户老韩家缺一床被子，已从村部借用。")
NOTICE_ANSWER = "明天上午送到镇政府，请派车来取。"
