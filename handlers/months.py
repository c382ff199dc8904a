"""月结: the county looks a month over, locks it, and opens it again for one person. Clause 三（二）."""

from datetime import timedelta
from typing import Any

from aiogram import Router

from handlers import phrases, refusals
from handlers.cards import Card, card
from locales import _
from policy.authority import Viewer
from storage import month_locks
from storage.batch import of
from storage.engine import AsyncSession

router = Router(name="months")


@card("month_reopened")
async def reopened_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """To whom it is opened: until when and why; over meanwhile: nothing."""
    opened, lock, county = await month_locks.reopening(session, viewer, payload["id"])
    now = session.info["now"]
    if opened.closed_at is not None or opened.until <= now:
        return None
    today = (await of(session).local(county, now)).date()
    until = (await of(session).local(county, opened.until - timedelta(seconds=1))).date()
    words = _(
        "🔓 {month}考勤为您<b>单独开放</b>到{until}{rule}。\n原因：{reason}\n"
        "要改的请在这几天里和乡镇或县里说清楚，由他们核实改正；到期自动关上。"
    )
    return Card(
        words.format(
            month=phrases.month(lock.month, today),
            until=phrases.near(until, today) if until == today else phrases.day(until),
            rule=refusals.rule("三（二）"),
            reason=phrases.typed(opened.reason),
        )
    )
