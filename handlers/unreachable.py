"""收不到消息的人: the county's card about people whose accounts are gone or have blocked the assistant."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from handlers import phrases
from handlers.cards import Card, card
from locales import _, mark
from policy.authority import Viewer
from storage import unreachable as queries
from storage.batch import of
from storage.engine import AsyncSession
from storage.tables import Area

MOST_NAMES = 20


@card("unreachable", label=mark("联系不上"))
async def unreachable_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """Who became unreachable on a day and still is; None: all are back."""
    county = await session.get_one(Area, payload["county_id"])
    on = date.fromisoformat(payload["on"])
    zone = ZoneInfo((await of(session).profile(county, on)).time_zone)
    since = datetime.combine(on, time(), tzinfo=zone).astimezone(UTC)
    lost = await queries.lost(session, viewer, since, since + timedelta(days=1))
    if not lost:
        return None
    names = [
        _("{name}（{village}）").format(name=phrases.typed(person.name), village=phrases.typed(area.name))
        for person, area in lost[:MOST_NAMES]
    ]
    listed = _("、").join(names)
    if len(lost) > MOST_NAMES:
        listed = _("{names}等 {count} 人").format(names=listed, count=len(lost))
    return Card(
        _(
            "📵 {day}有 {count} 人<b>收不到消息</b>：停用了账号，或屏蔽了助手。\n{names}\n"
            "请打个电话。本人再发一句话就恢复；换了手机的，发“邀请 姓名”。"
        ).format(day=phrases.day(on), count=len(lost), names=listed)
    )
