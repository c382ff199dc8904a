"""What the clock reminds of: a check-in that is still owed, a month that is to be settled."""

from datetime import date
from typing import Any

from aiogram import Router

from handlers import months, paging, phrases, refusals, todo
from handlers.cards import Card, card
from handlers.today import Paper
from handlers.turn import Button
from locales import _, mark
from policy.authority import Action, Target, Viewer, grant_for
from policy.checkin import half_of
from policy.profile import parameter
from policy.reminders import asks_for_checkin, lock_deadline, owes_checkin
from storage import days
from storage import reminders as queries
from storage.batch import of
from storage.calendars import county_calendar
from storage.engine import AsyncSession
from storage.tables import Area, Person

router = Router(name="reminders")
"""Empty: what a reminder asks for is answered by the feature that it names."""

MOST_TOWNSHIPS = 8


@card("checkin_reminder", label=mark("签到"))
async def checkin_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """One line with what to do; who has signed in meanwhile hears nothing."""
    village, on = await session.get_one(Area, payload["village_id"]), date.fromisoformat(payload["on"])
    if viewer.person_id is None or grant_for(viewer, Action.TEAM_VIEW, Target(village.path)) is None:
        return None  # no longer of this team
    local = await of(session).local(village, session.info["now"])
    profile = await of(session).profile(village, on)
    calendar = await county_calendar(session, village, {on.year})
    if local.date() != on or not asks_for_checkin(profile, calendar, on):
        return None
    day = await of(session).day(viewer.person_id, on)
    known = days.facts(day, half_of(local, profile))
    if not owes_checkin(days.status(known, workday=True, day_over=False)):
        return None
    person = await session.get_one(Person, viewer.person_id)
    words = (
        _("今天还<b>没有签到</b>，{closes} 以前点下方的「📍签到」就行。")
        if person.position_consent
        else _("今天还<b>没有签到</b>，{closes} 以前点下方的「✅签到」说一句就行。")
    )
    return Card(words.format(closes=profile.checkin_closes.strftime("%H:%M")))


@card("lock_reminder", label=mark("月度核对"))
async def lock_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """What of a month is still open, by township, and until when it is to be settled; settled meanwhile: nothing."""
    county, month = await session.get_one(Area, payload["county_id"]), date.fromisoformat(payload["month"])
    now = session.info["now"]
    found = await queries.open_month(session, viewer, county, month, now)
    if not found.is_open:
        return None
    today = (await of(session).local(county, now)).date()
    profile = await of(session).profile(county, today)
    lines = [
        _("📅 <b>{month}考勤</b>还没有核对完，{deadline}前要定下来{rule}。").format(
            month=phrases.month(month, today),
            deadline=phrases.day(lock_deadline(today, profile)),
            rule=refusals.rule(parameter("lock_reminder_at").clause),
        )
    ]
    if found.by_township:
        lines.append(
            _("还有 {n} 件没定：{townships}").format(n=sum(found.by_township.values()), townships=_townships(found))
        )
    if found.unverified:
        lines.append(_("有待核实半天的 {n} 人").format(n=found.unverified))
    first: list[Button] = [todo.opening()] if found.by_township else []
    buttons: list[Button] = [*first, (_("导出表"), Paper(area=county.id, do="sheet")), months.closing(county, month)]
    return Card("\n".join(lines), paging.pairs(buttons))


def _townships(found: queries.OpenMonth) -> str:
    """柳河镇 3 · 石桥镇 2, by area code; of many the first few."""
    shown = [f"{phrases.typed(name)} {count}" for name, count in found.by_township.items()]
    text = " · ".join(shown[:MOST_TOWNSHIPS])
    return _("{names}等 {n} 个乡镇").format(names=text, n=len(shown)) if len(shown) > MOST_TOWNSHIPS else text
