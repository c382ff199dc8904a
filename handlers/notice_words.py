"""Words that the screens of notices share: whom it is for, how long it takes, when it goes out."""

from collections.abc import Sequence
from datetime import datetime

from handlers import phrases
from locales import _, mark
from policy.audience import Audience
from policy.authority import TEAM, Role
from policy.notices import Draft
from policy.roster import Level
from storage.engine import AsyncSession
from storage.notice_audience import names_of

WHOLE = {
    Level.PROVINCE: mark("全省"),
    Level.CITY: mark("全市"),
    Level.COUNTY: mark("全县"),
    Level.TOWNSHIP: mark("全乡镇"),
    Level.VILLAGE: mark("全村"),
}
BELOW = {
    Level.PROVINCE: mark("按市"),
    Level.CITY: mark("按县"),
    Level.COUNTY: mark("按乡镇"),
    Level.TOWNSHIP: mark("按村"),
}
CLIP = 24
"""Signs of a name in a line that holds several: previews must stay within a message."""


async def audience(session: AsyncSession, whom: Audience) -> str:
    """安岭县驻村干部; 柳河镇、石桥镇第一书记; 安岭县内由县水利局派出的驻村干部; 周建国、李雪等 5 人."""
    named = await names_of(session, whom, phrases.FEW)
    if whom.person_ids:
        return _some(named.people, len(whom.person_ids), _("{names}等 {count} 人"))
    where = _some(named.areas, len(whom.area_ids), _("{names}等 {count} 处"))
    if whom.unit_ids:
        units = _some(named.units, len(whom.unit_ids), _("{names}等 {count} 个单位"))
        where = _("{area}内由{units}派出的").format(area=where, units=units)
    return _("{where}{roles}").format(where=where, roles=roles(whom))


def roles(whom: Audience) -> str:
    """驻村干部, 第一书记, 全体人员."""
    chosen = frozenset(whom.roles)
    if not chosen or chosen == frozenset(Role):
        return _("全体人员")
    if chosen == TEAM:
        return _("驻村干部")
    return _("、").join(phrases.role(role) for role in Role if role in chosen)


def _some(names: Sequence[str], count: int, words: str) -> str:
    shown = phrases.names(name[:CLIP] for name in names)
    return words.format(names=shown, count=count) if count > phrases.FEW else shown


def takes(seconds: int | None) -> str:
    """约 23 秒发完; 马上发完."""
    if seconds is None or seconds <= 1:
        return _("马上发完")
    return _("约 {time}发完").format(time=duration(seconds))


def duration(seconds: int) -> str:
    """23 秒, 14 分钟, 2 小时."""
    if seconds < 100:
        return _("{n} 秒").format(n=seconds)
    if seconds < 5_400:
        return _("{n} 分钟").format(n=round(seconds / 60))
    return _("{n} 小时").format(n=round(seconds / 3_600))


def moment(local: datetime) -> str:
    """11月24日 08:30."""
    return _("{day} {time}").format(day=phrases.day(local.date()), time=local.strftime("%H:%M"))


def receipt(draft: Draft) -> str:
    """要求点「已阅」."""
    return _("要求点「已阅」。") if draft.wants_receipt else _("不要求点「已阅」。")
