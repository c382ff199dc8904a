"""What waits, in one message: officers in the evening, county staff in the morning; [逐件处理] sends the cases."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from aiogram import Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery

from actions import digests
from actions.digests import AT_ONCE, CARDS
from handlers import phrases
from handlers.cards import Card, card, label
from handlers.today import Show
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy.authority import Role, Viewer
from storage import board, matters
from storage.batch import of
from storage.engine import AsyncSession
from storage.matters import Matter
from storage.tables import Area

router = Router(name="digests")


class OneByOne(CallbackData, prefix="digest"):
    """逐件处理: what waits for the presser in this office."""

    role: Role


def one_by_one(role: Role) -> Button:
    """[逐件处理]."""
    return _("逐件处理"), OneByOne(role=role)


@router.callback_query(OneByOne.filter())
async def on_one_by_one(_query: CallbackQuery, callback_data: OneByOne, turn: Turn) -> Reply:
    """The cases come one by one, as things stand, the oldest first."""
    role, asked = callback_data.role, turn.minute()
    count = await digests.one_by_one(turn.session, by=turn.viewer, role=role, asked=asked, now=turn.now)
    if not count:
        return turn.toast(_("现在没有要处理的了。"))
    if count > AT_ONCE:
        words = _("一共 {n} 件，先发最早的 {few} 件。定完再点一次。")
        return turn.toast(words.format(n=count, few=AT_ONCE), alert=True)
    return turn.toast(_("{n} 件，马上一件一件发到这里。").format(n=count))


@card("township_digest", label=mark("待处理"))
async def township_card(session: AsyncSession, viewer: Viewer, _payload: dict[str, Any]) -> Card | None:
    """今天待您处理 3 件：核实 2 · 补签 1。 Nothing waits by now: nothing is said."""
    found = await matters.to_decide(session, viewer.in_office(Role.TOWNSHIP_OFFICER))
    if not found:
        return None
    words = _("今天待您处理 {count} 件：{kinds}。").format(count=len(found), kinds=counted(found))
    return Card(words, [[one_by_one(Role.TOWNSHIP_OFFICER)]])


@card("county_digest", label=mark("待处理"))
async def county_card(session: AsyncSession, viewer: Viewer, _payload: dict[str, Any]) -> Card | None:
    """今天：待处理 3 件（核实 2 · 补签 1）；昨天待核实 6 人。 Of silence only where check-in was required (POLICY §2)."""
    office = viewer.in_office(Role.COUNTY_STAFF)
    found = await matters.to_decide(session, office)
    parts, row = [], list[Button]()
    if found:
        parts.append(_("待处理 <b>{n} 件</b>（{kinds}）").format(n=len(found), kinds=counted(found)))
        row.append(one_by_one(Role.COUNTY_STAFF))
    for grant in office.grants:
        county = await session.get_one(Area, grant.area_id)
        if said := await _unverified(session, county, found, session.info["now"]):
            parts.append(said)
            row.append((_("今日在岗"), Show(area=county.id)))
    if not parts:
        return None
    return Card(_("今天：{parts}。").format(parts=_("；").join(parts)), [row[n : n + 2] for n in range(0, len(row), 2)])


async def _unverified(session: AsyncSession, county: Area, found: Sequence[Matter], now: datetime) -> str | None:
    """昨天待核实 6 人: the silent of the working day before and those whose reason waits, where one must check in."""
    today = (await of(session).local(county, now)).date()
    silent = await board.silent_before(session, county, today)
    if not silent:
        return None
    on = silent[0].on
    people = {matter.person_id for matter in [*silent, *found] if matter.on == on}
    return _("{day}待核实 <b>{n} 人</b>").format(day=phrases.near(on, today), n=len(people))


def counted(found: Sequence[Matter]) -> str:
    """核实 2 · 补签 1."""
    counts = Counter(matter.kind for matter in found)
    return " · ".join(f"{label(kind)} {counts[matter]}" for matter, (kind, _subject) in CARDS.items() if counts[matter])
