"""What waits, what is stuck, what was given up, who can't be reached: numbers and ids, no names and no texts."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from bot import terminal
from bot.doctor.finding import Finding, amiss, fine
from bot.settings import Settings
from locales import _
from storage import condition, inbox
from storage.engine import AsyncSession
from storage.tables import OutboxState

LATE = timedelta(hours=1)
"""What could have gone out so long ago is late."""
PAUSED_OVER = timedelta(days=1)
"""A pause so long ago may have been forgotten."""
FAILED_OVER = timedelta(days=7)


async def findings(session: AsyncSession, settings: Settings, now: datetime) -> AsyncIterator[Finding]:
    """What there is to say of updates, messages and people."""
    yield fine(
        "updates", _("等待处理的消息：{n} 条。").format(n=await condition.updates_waiting(session, settings.channel))
    )
    aside = await inbox.set_asides(session)
    if not aside:
        yield fine("poisoned", _("没有搁置的消息。"))
    for row_id, update_id, received_at, error in aside:
        when = received_at.astimezone(terminal.zone(settings)).strftime("%Y-%m-%d %H:%M")
        words = _("搁置的消息 {id}（第 {update} 号，{when}）：{error}。请把这一行发给维护人员。")
        first = error.splitlines()[0] if error else ""
        yield amiss("poisoned", words.format(id=row_id, update=update_id, when=when, error=first))
    async for finding in _outbox(session, settings.channel, now):
        yield finding
    if gone := await condition.unreachable(session, settings.channel):
        words = _("{n} 人联系不上（屏蔽了助手，或账号没了）。请县驻村办问一问本人，需要时发“换手机”的邀请。")
        yield amiss("unreachable", words.format(n=gone))
    else:
        yield fine("unreachable", _("绑定的人都联系得上。"))


async def _outbox(session: AsyncSession, channel: str, now: datetime) -> AsyncIterator[Finding]:
    waiting = (await condition.outbox_states(session, channel))[OutboxState.WAITING]
    oldest = max((await condition.oldest_due(session, channel, now)).values(), default=0.0)
    if oldest > LATE.total_seconds():
        words = _(
            "发件箱里等着 {n} 条，最早的一条晚了 {hours} 小时。助手没在运行就启动；在运行就看日志：接口不通，还是 429。"
        )
        yield amiss("outbox_late", words.format(n=waiting, hours=round(oldest / 3600)))
    else:
        yield fine("outbox_late", _("发件箱里等着 {n} 条，都不晚。").format(n=waiting))
    if stuck := await condition.stuck(session, channel, now):
        words = _("发件箱里卡住 {n} 条：拿起来十分钟还没有结果。请（重新）启动助手，会接着发。")
        yield amiss("outbox_stuck", words.format(n=stuck))
    for held in await condition.held(session, channel, now - PAUSED_OVER):
        words = _(
            "通知 {id} 暂停了 {days} 天，压着 {n} 条。请发通知的人发「通知」，在「已发通知」里点「继续」或「取消」。"
        )
        days = (now - held.since) // timedelta(days=1)
        yield amiss("outbox_held", words.format(id=held.subject.split(":")[-1], days=days, n=held.rows))
    failed = await condition.failed(session, channel, now - FAILED_OVER)
    for kind, count in failed.items():
        yield amiss("outbox_failed", _failed(kind, count))
    if not failed:
        yield fine("outbox_failed", _("最近 7 天没有发不成的消息。"))


def _failed(kind: str, count: int) -> str:
    if kind.endswith(" times"):
        words = _("最近 7 天有 {n} 条没发成：试到最后接口也不通（{kind}）。请检查网络和接口。")
    else:
        words = _("最近 7 天有 {n} 条没发成（{kind}）。请把这一行和版本发给维护人员。")
    return words.format(n=count, kind=kind)
