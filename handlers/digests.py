"""What waits, in one message: officers in the evening, county staff in the morning; [逐件处理] opens 待办."""

from datetime import datetime
from typing import Any

from handlers import phrases, todo
from handlers.cards import Card, card
from handlers.paging import pairs
from handlers.today import Show
from handlers.todo_words import counted
from handlers.turn import Button
from locales import _, mark
from policy.authority import Role, Viewer
from storage import board, matters
from storage import todo as queries
from storage.batch import of
from storage.engine import AsyncSession
from storage.tables import Area


@card("township_digest", label=mark("待处理"))
async def township_card(session: AsyncSession, viewer: Viewer, _payload: dict[str, Any]) -> Card | None:
    """今天待您处理 3 件：请假 1 · 核实 2。 Nothing waits by now: nothing is said."""
    found = await queries.counted_in(session, viewer.in_office(Role.TOWNSHIP_OFFICER), session.info["now"])
    if not found:
        return None
    words = _("今天待您处理 {count} 件：{kinds}。").format(count=len(found), kinds=counted(found))
    return Card(words, [[todo.opening()]])


@card("county_digest", label=mark("待处理"))
async def county_card(session: AsyncSession, viewer: Viewer, _payload: dict[str, Any]) -> Card | None:
    """今天：待处理 3 件（请假 1 · 核实 2）；昨天待核实 6 人。 Of silence only where check-in was required (POLICY §2)."""
    office, now = viewer.in_office(Role.COUNTY_STAFF), session.info["now"]
    parts, row = [], list[Button]()
    if found := await queries.counted_in(session, office, now):
        parts.append(_("待处理 <b>{n} 件</b>（{kinds}）").format(n=len(found), kinds=counted(found)))
        row.append(todo.opening())
    for grant in office.grants:
        county = await session.get_one(Area, grant.area_id)
        if said := await _unverified(session, county, now):
            parts.append(said)
            row.append((_("今日在岗"), Show(area=county.id)))
    if not parts:
        return None
    return Card(_("今天：{parts}。").format(parts=_("；").join(parts)), pairs(row))


async def _unverified(session: AsyncSession, county: Area, now: datetime) -> str | None:
    """昨天待核实 6 人: the silent of the working day before and those whose reason waits, where one must check in."""
    today = (await of(session).local(county, now)).date()
    silent = await board.silent_before(session, county, today)
    if not silent:
        return None
    on = silent[0].on
    waiting = await matters.waiting(session, county.path)
    people = {matter.person_id for matter in [*silent, *waiting] if matter.on == on}
    return _("{day}待核实 <b>{n} 人</b>").format(day=phrases.near(on, today), n=len(people))
