"""The five duties of a team (clauses 二（一）–（五）): which of them a sentence about a visit speaks of.

What the duties are called is a setting (`Profile.duties`); a name that is not known here is never guessed.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

_PUBLICITY = (
    "宣传 宣讲 政策 讲解 解读 告知 明白卡 明白纸 传达 学习会 普法 反诈 防诈 防火宣 禁烧 国家反诈 APP 医保缴 缴医保 医保 养老保险 "
    "新农合 手册 传单 精神"
)
_PROSPERITY = (
    "返贫 致贫 收入 增收 产业 种植 养殖 大棚 果树 苹果 核桃 养羊 养牛 养鸡 养猪 养蜂 种子 化肥 春耕 秋收 技术指导 务工 就业 打工 找活 "
    "公益岗 岗位 小额信贷 贷款 合作社 订单 卖不 销路 滞销 帮销 销售 分红 土地流转 流转 收成 监测 危房 低保 帮扶措施 救助 雨露计划 光伏 "
    "水费补 产业奖补 奖补"
)
_PARTY = "党支部 支部 党员 三会一课 主题党日 入党 党费 换届 村两委 两委 村干部 后备干部 党课 党建 积极分子 支书 组织生活 四议两公开 发展党员"
_SERVICE = (
    "看病 买药 送药 住院 报销 慢病 代办 帮办 办证 身份证 户口 残疾证 社保卡 养老金 高龄补贴 独居 孤寡 空巢 老人 残疾 慰问 看望 送医 取药 接送 "
    "停电 停水 漏雨 修 路灯 自来水 用电 用水 吃水 打水 取暖 煤 气 快递 手机 认证 低保 救助 上学 孩子 学费 房 困难 申请 帮忙 打扫 理发 "
    "挑水 搬 送米 送油 送面"
)
_GOVERNANCE = (
    "纠纷 矛盾 调解 吵架 打架 邻里 地界 宅基地 信访 上访 村规民约 移风易俗 彩礼 红白 卫生 垃圾 厕所 改厕 环境 人居 整治 河道 积分 网格 安全 "
    "隐患 排查 防火 防汛 治安 养狗 噪音 占道 公开 四议两公开 村务 赌博 邪教 殡葬 乱堆 柴草"
)
_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "宣传": tuple(_PUBLICITY.split()),
        "精准": tuple(_PROSPERITY.split()),
        "富民": tuple(_PROSPERITY.split()),
        "组织": tuple(_PARTY.split()),
        "为民": tuple(_SERVICE.split()),
        "治理": tuple(_GOVERNANCE.split()),
    }
)
"""By what the name of a duty holds, in whichever document's words."""

MOST = 2
"""A sentence is tagged with so many duties at most; a tap changes them."""


def told(text: str, duties: Sequence[str]) -> tuple[int, ...]:
    """The duties that a sentence speaks of, as places in `duties`, in their order; empty where it is not clear.

    Those with the most words in it; a word that is part of a longer one found counts once.
    """
    counts = {place: _count(text, _words_of(duty)) for place, duty in enumerate(duties)}
    best = sorted((place for place, count in counts.items() if count), key=lambda place: (-counts[place], place))
    return tuple(sorted(best[:MOST]))


def _words_of(duty: str) -> tuple[str, ...]:
    return next((words for sign, words in _WORDS.items() if sign in duty), ())


def _count(text: str, words: Sequence[str]) -> int:
    """How many words of a list stand in a text, the longest first, none within another."""
    count = 0
    for word in sorted(words, key=len, reverse=True):
        found = text.count(word)
        if found:
            count += found
            text = text.replace(word, "·")
    return count
