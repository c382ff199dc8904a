"""值班 as it fills up: a township's villages, a county's townships; Excel, Word, 图片; 撤回."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery

from actions import duty, export
from documents import duty as paper
from documents.duty import Built, Order
from documents.papers import Format
from handlers import duty_words as words
from handlers import papers, phrases
from handlers.cards import Card, card
from handlers.duty_words import PAGE, Look
from handlers.paging import pairs, turning
from handlers.turn import Button, Reply, Turn
from locales import _
from policy.authority import Action, Target, Viewer, grant_for
from policy.duty import days_of
from policy.refusals import Code, Refusal
from policy.roster import Level
from storage import duty as queries
from storage.batch import of
from storage.duty import VillageDuty
from storage.engine import AsyncSession, address
from storage.tables import Area, DutyPeriod

router = Router(name="duty_lists")


class Manage(CallbackData, prefix="dutym"):
    """What its office does with a period: `off`, `off!`."""

    id: int
    do: str


class DutyPaper(CallbackData, prefix="dutyx"):
    """The list of an area as a file."""

    id: int
    area: int
    form: str


@card("duty_progress")
async def progress_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """How far an area is, as it is now."""
    try:
        period, area, _role = await queries.get(session, viewer, Action.DUTY_VIEW, payload["id"], payload["area_id"])
    except Refusal as refusal:
        return Card(_("这张值班表已经<b>撤回</b>。")) if refusal.code is Code.DUTY_OVER else None
    return Card(*await progress_view(session, viewer, period, area, session.info["now"], is_live=True))


async def progress_view(
    session: AsyncSession,
    viewer: Viewer,
    period: DutyPeriod,
    area: Area,
    now: datetime,
    page: int = 0,
    *,
    is_live: bool = False,
) -> tuple[str, list[list[Button]]]:
    """Which villages of a township have filled it, which townships of a county; `is_live`: lists come beside it."""
    found = await queries.progress(session, period, area)
    today = (await of(session).local(area, now)).date()
    length = len(days_of(period.first_on, period.last_on))
    lines = _by_village(found, length) if area.level is Level.TOWNSHIP else _by_township(found, length)
    pages = max(1, -(-len(lines) // PAGE))
    here = min(max(page - 1, 0), pages - 1)
    shown = lines[here * PAGE : (here + 1) * PAGE]
    text = "\n".join([*words.head(period, area, found, today), *(line for line, _id, _name in shown)])
    flat: list[Button] = [(name[:8], Look(id=period.id, area=area_id, new=is_live)) for _line, area_id, name in shown]
    over = turning(here, pages, lambda to: Look(id=period.id, area=area.id, page=to + 1, new=is_live))
    return text, [
        *pairs(flat),
        over,
        *_doings(viewer, period, area, found, today),
        await _back(session, viewer, period, area),
    ]


def _by_village(found: Sequence[VillageDuty], length: int) -> list[tuple[str, int, str]]:
    lines = []
    for row in found:
        name = phrases.typed(row.name)
        left = length - row.filled
        line = (
            _("{village} 还差 {n} 天").format(village=name, n=left)
            if left > 0
            else _("{village} ✅").format(village=name)
        )
        lines.append((line, row.id, row.name))
    return lines


def _by_township(found: Sequence[VillageDuty], length: int) -> list[tuple[str, int, str]]:
    townships: dict[int, list[VillageDuty]] = {}
    for row in found:
        townships.setdefault(row.township_id, []).append(row)
    lines = []
    for area_id, rows in townships.items():
        filled, every = words.summary(rows, length)
        name = rows[0].township
        lines.append(
            (
                _("{area} 已排好 {filled}/{every}").format(area=phrases.typed(name), filled=filled, every=every),
                area_id,
                name,
            )
        )
    return lines


def _doings(
    viewer: Viewer, period: DutyPeriod, area: Area, found: Sequence[VillageDuty], today: date
) -> list[list[Button]]:
    target = Target(area.path)
    rows: list[list[Button]] = []
    if grant_for(viewer, Action.DUTY_EXPORT, target):
        length = len(days_of(period.first_on, period.last_on))
        rows.append(
            [
                (_(papers.FORMATS[one]), DutyPaper(id=period.id, area=area.id, form=one.value))
                for one in paper.formats(len(found), length)
            ]
        )
    if grant_for(viewer, Action.DUTY_WITHDRAW, target) and period.area_id == area.id and today < period.first_on:
        rows.append([(_("撤回"), Manage(id=period.id, do="off"))])
    return rows


async def _back(session: AsyncSession, viewer: Viewer, period: DutyPeriod, area: Area) -> list[Button]:
    """返回: to what the area lies in, as far as the period and the viewer reach."""
    if area.id == period.area_id or area.parent_id is None:
        return []
    above = await session.get_one(Area, area.parent_id)
    if grant_for(viewer, Action.DUTY_VIEW, Target(above.path)) is None:
        return []
    return [(_("返回"), Look(id=period.id, area=above.id))]


@router.callback_query(DutyPaper.filter())
async def on_paper(_query: CallbackQuery, callback_data: DutyPaper, turn: Turn) -> Reply:
    """[Excel] [Word] [图片]: built while the talk goes on; pressed twice in a minute, it comes once."""
    period, area, _role = await queries.get(
        turn.session, turn.viewer, Action.DUTY_EXPORT, callback_data.id, callback_data.area
    )
    found = await queries.progress(turn.session, period, area)
    length = len(days_of(period.first_on, period.last_on))
    if callback_data.form not in paper.formats(len(found), length):
        raise Refusal(Code.NOT_FOUND)
    await export.duty(
        turn.session,
        by=turn.viewer,
        period_id=period.id,
        area_id=area.id,
        form=callback_data.form,
        asked=turn.asked(),
        now=turn.now,
    )
    return turn.toast(_("正在做表，好了就发到这里。"))


@card("duty_paper", slow=True)
async def paper_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """The list as things stand now, built in the press."""
    form = Format(payload["form"])
    order = Order(address(session), viewer, payload["id"], payload["area_id"], form, session.info["now"])

    def shown(built: Built) -> Card:
        text = _("📄 {area}{title} · 已排好 {filled}/{every} 个村\n草稿，签字盖章后有效。").format(
            area=phrases.typed(built.area),
            title=phrases.typed(built.title),
            filled=built.filled,
            every=built.villages,
        )
        name = papers.name_of(f"{built.area}{built.title}", form, is_sample=built.is_sample)
        return Card(text, file=built.content, file_name=name, is_photo=built.is_photo)

    return await papers.made(_("值班表"), paper.build, order, shown)


@router.callback_query(Manage.filter(F.do == "off"))
async def on_off(_query: CallbackQuery, callback_data: Manage, turn: Turn) -> Reply:
    """撤回: asked once more."""
    period, area, _role = await queries.get(turn.session, turn.viewer, Action.DUTY_WITHDRAW, callback_data.id)
    text = _("撤回「{title}」？各村排好的也不再用，不能恢复。").format(title=words.title(period))
    row: list[Button] = [
        (_("撤回"), Manage(id=period.id, do="off!")),
        (_("取消"), Look(id=period.id, area=area.id)),
    ]
    return turn.edit(text, [row])


@router.callback_query(Manage.filter(F.do == "off!"))
async def on_withdraw(_query: CallbackQuery, callback_data: Manage, turn: Turn) -> Reply:
    """It is withdrawn; the lists that teams have before them say so."""
    period = await duty.withdraw(turn.session, by=turn.viewer, period_id=callback_data.id, now=turn.now)
    return turn.edit(_("好的，<b>已撤回</b>：{title}。各村不用排了。").format(title=words.title(period)))


@router.callback_query(Manage.filter())
async def on_nothing(_query: CallbackQuery, _turn: Turn | None = None) -> Reply:
    """A press that no button of ours makes."""
    raise Refusal(Code.NOT_FOUND)
