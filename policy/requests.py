"""民情诉求: what a villager asks for, as a sentence says it. Clauses 二（四）, 二（五）."""

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class RequestKind(StrEnum):
    """What a request is about; its due date and the office it goes to follow from it."""

    HOUSING = "housing"
    WATER = "water"
    POWER = "power"
    ROAD = "road"
    MEDICAL = "medical"
    ALLOWANCE = "allowance"
    SCHOOL = "school"
    WORK = "work"
    INDUSTRY = "industry"
    LAND = "land"
    CARE = "care"
    SANITATION = "sanitation"
    DISPUTE = "dispute"
    PAPERS = "papers"
    OTHER = "other"


# In this order: the first whose words stand in the sentence most often; of equal ones the earlier.
_WORDS: Mapping[RequestKind, str] = MappingProxyType(
    {
        RequestKind.HOUSING: "危房 漏雨 房子 屋顶 住房 翻修 翻盖 墙裂 裂缝 塌 房屋 窑洞 瓦",
        RequestKind.WATER: "吃水 自来水 饮水 用水 水管 停水 没水 水井 机井 水压 水费 浇地 灌溉 水质 浑",
        RequestKind.POWER: "停电 没电 用电 电线 电压 变压器 电费 路灯 断电 跳闸",
        RequestKind.ROAD: "修路 路不 道路 路面 出行 坑 桥 硬化 入户路 泥泞 护栏",
        RequestKind.MEDICAL: "看病 医药费 住院 报销 医保 慢病 大病 手术 药费 透析 买药 门诊",
        RequestKind.ALLOWANCE: "低保 救助 五保 特困 临时救助 补助 补贴 困难户 残疾 救济 吃不上 没收入 没钱",
        RequestKind.SCHOOL: "上学 学费 入学 助学 雨露计划 辍学 学校 校车 幼儿园 助学金",
        RequestKind.WORK: "就业 务工 打工 找活 找工作 公益岗 岗位 工资 欠薪 讨薪 培训",
        RequestKind.INDUSTRY: "养殖 种植 大棚 贷款 销路 卖不 滞销 果树 种子 化肥 养羊 养牛 技术 合作社 产业",
        RequestKind.LAND: "土地 流转 宅基地 承包地 地界 占地 征地 确权 耕地",
        RequestKind.CARE: "独居 没人照顾 养老 养老院 敬老院 高龄 瘫 轮椅 护理 陪护 孤寡",
        RequestKind.SANITATION: "垃圾 厕所 改厕 臭 污水 卫生 粪 排水 下水道",
        RequestKind.DISPUTE: "纠纷 矛盾 吵架 调解 邻居 打架 赡养",
        RequestKind.PAPERS: "办证 身份证 户口 残疾证 社保卡 补办 认证 落户 证明 营业执照",
    }
)

_WISHES = re.compile(
    r"想(?!得开|念|家|起|法|通)|希望|要求|请求|申请|能不能|能否|可不可以|盼|诉求|反映|求(?!学)|咨询怎么|问.{0,6}(?:怎么|能|咋|啥时)|"
    r"啥时候能|什么时候能|帮(?:着|忙)?(?:解决|问|联系|办|跑|申请|修)|需要|缺(?!席)|没钱|交不起|修不起|看不起病|拿不出|愁|不够(?!朋友)|"
    r"坏了|漏雨|漏水|断了|裂|塌|停水|停电|没水|没电|不通|不亮|不好走|堵了|卖不|滞销|没人(?:照顾|管|收)|欠|没发|没到账|还没(?:办|批|修|下来)|办不了|报不了|"
    r"太低|不稳|发浑|泥泞|吃水难|看病难|没地方"
)
_NONE = re.compile(
    r"(?:没有?|无|没啥|没什么|暂无|未提)(?:其他|别的|什么|啥|新的?)?(?:诉求|困难|要求|问题|事)|已(?:经)?(?:解决|修好|办好|通了|落实)|"
    r"(?:修|办|解决)好了|不(?:想|需要|愿)|都(?:挺|很)?好|一切(?:正常|都好)|感谢|很满意|通水了|通电了|到账了"
)
_UNREST = re.compile(
    r"打起来|打架|动手|械斗|上访|越级|堵路|堵门|闹事|扬言|拼命|砍|自杀|喝药|想不开|聚众|拉横幅|报复|群访|同归于尽"
)


def told(text: str) -> RequestKind | None:
    """The kind of request that a sentence holds; None where nobody asks for anything."""
    rest = _NONE.sub(" ", text)
    if not _WISHES.search(rest):
        return None
    return kind_of(rest)


def kind_of(text: str) -> RequestKind:
    """What a request is about by its words; OTHER where none of them says."""
    counts = {kind: sum(text.count(word) for word in words.split()) for kind, words in _WORDS.items()}
    best = max(counts, key=lambda kind: counts[kind])
    return best if counts[best] else RequestKind.OTHER


def is_unrest(text: str) -> bool:
    """Whether a sentence speaks of an early sign of conflict (苗头隐患, clause 二（五）): then it is told by telephone."""
    return _UNREST.search(text) is not None
