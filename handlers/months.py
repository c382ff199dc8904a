"""月结: the county looks a month over, locks it, and opens it again for one person. Clause 三（二）."""

from datetime import date

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import months
from handlers import paging, phrases, refusals, todo
from handlers.board_words import MATTERS
from handlers.board_words import area as area_name
from handlers.filters import Word
from handlers.today import Paper, Unset
from handlers.turn import Button, Buttons, Reply, Turn
from locales import _, mark
from policy import months as rules
from policy.attendance import Tally
from policy.authority import Action, Target, grant_for
from policy.refusals import Code, Refusal
from policy.roster import Level
from storage import month_review as queries
from storage.month_review import Review
from storage.tables import Area

router = Router(name="months")

PAGE = 15
MOST_TOWNSHIPS = 8


class Months(CallbackData, prefix="month"):
    """A month of an area: `show`, `open` (what waits in the township `at`), `lock`, `sure`, `undo`."""

    area: int
    month: str
    do: str = "show"
    at: int = 0
    page: int = 0

    @property
    def first(self) -> date:
        """The first day of the month. Raises `Refusal(NOT_FOUND)` for what is none."""
        return first_of(self.month)


class Findings(CallbackData, prefix="findings"):
    """不在岗: open findings about a month in an area (handlers/findings.py)."""

    area: int
    month: str
    page: int = 0


def first_of(month: str) -> date:
    """2026-11 as the first day of the month. Raises `Refusal(NOT_FOUND)` for what is none."""
    try:
        return date.fromisoformat(f"{month}-01")
    except ValueError:
        raise Refusal(Code.NOT_FOUND) from None


def to(area_id: int, month: date, do: str = "show", *, at: int = 0, page: int = 0) -> Months:
    """The press that shows or does something of a month."""
    return Months(area=area_id, month=f"{month:%Y-%m}", do=do, at=at, page=page)


def closing(area: Area, month: date) -> Button:
    """[月结]."""
    return _("月结"), to(area.id, month)


@router.message(Word(mark("月结"), command="month"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """月结: the month before, at once where there is one area, else which."""
    areas = await queries.places(turn.session, turn.viewer)
    if not areas:
        return turn.say(_("「月结」由乡镇和县里查看（《意见》三（一））。您自己的点「👤我的」。"))
    month = rules.before(await turn.today())
    if len(areas) == 1:
        return turn.say(*await view(turn, areas[0], month))
    return turn.say(_("看哪里的月结？"), paging.pairs([(area.name[:8], to(area.id, month)) for area in areas[:90]]))


@router.callback_query(Months.filter(F.do == "show"))
async def on_show(_query: CallbackQuery, callback_data: Months, turn: Turn) -> Reply:
    """Another month, or back from a list."""
    area = await queries.place(turn.session, turn.viewer, callback_data.area)
    return turn.edit(*await view(turn, area, callback_data.first))


async def view(turn: Turn, area: Area, month: date) -> tuple[str, Buttons]:
    """A month of an area: totals, what is open by township, the lock."""
    found = await queries.review(turn.session, turn.viewer, area, month, turn.now)
    lines = [_head(found), totals(found.tally)]
    if found.waiting:
        lines.append(_waiting(found))
    if found.unverified:
        lines.append(_("有待核实半天的 {n} 人").format(n=found.unverified))
    lines.append(_state(found))
    return "\n".join(lines), [*_open(found), *paging.pairs(_acts(turn, found)), _around(found)]


def _head(found: Review) -> str:
    return _("📅 <b>{month}月结</b> · {area} · {n} 人").format(
        month=phrases.month(found.month, found.today),
        area=area_name(found.area.name, is_sample=found.area.is_sample),
        n=found.people,
    )


def totals(tally: Tally) -> str:
    """应出勤 42 天 · 在村 30 · 公出 4 · 请假 3 · 待核实 5; work on rest days is counted in 在村 and 公出."""
    words = _("应出勤 {due} 天 · 在村 {on_duty} · 公出 {trip} · 请假 {leave} · 待核实 {unverified}").format(
        due=f"{tally.due / 2:g}",
        on_duty=f"{tally.on_duty_days:g}",
        trip=f"{tally.trip_days:g}",
        leave=f"{tally.leave_days:g}",
        unverified=f"{tally.unverified_days:g}",
    )
    return words if not tally.not_yet else f"{words} · " + _("今天未签 {n}").format(n=f"{tally.not_yet_days:g}")


def _waiting(found: Review) -> str:
    shown = [f"{phrases.typed(area.name)} {n}" for area, n in found.by_township[:MOST_TOWNSHIPS]]
    text = " · ".join(shown)
    if len(found.by_township) > MOST_TOWNSHIPS:
        text = _("{names}等 {n} 个乡镇").format(names=text, n=len(found.by_township))
    return _("还有 {n} 件没定：{townships}").format(n=len(found.waiting), townships=text)


def _state(found: Review) -> str:
    month = phrases.month(found.month, found.today)
    if found.lock is not None and found.locked_at is not None:
        words = _("🔒 <b>已月结</b>：{name} {day} {time}。记录不再改动；有差错可以为一个人单独开放几天{rule}。")
        return words.format(
            name=phrases.typed(found.locked_by or ""),
            day=phrases.day(found.locked_at.date(), found.today.year),
            time=found.locked_at.strftime("%H:%M"),
            rule=refusals.rule("三（二）"),
        )
    if not rules.is_over(found.month, found.today):
        return _("{month}还没有过完，{day}起可以月结。").format(
            month=month, day=phrases.day(rules.after(found.month), found.today.year)
        )
    return _("还没有月结。锁定后{month}的记录不再改动{rule}。").format(month=month, rule=refusals.rule("三（二）"))


def _open(found: Review) -> list[list[Button]]:
    """The townships in which something waits."""
    return paging.pairs(
        [
            (f"{area.name} {n}"[:8], to(found.area.id, found.month, "open", at=area.id))
            for area, n in found.by_township[:MOST_TOWNSHIPS]
        ]
    )


def _acts(turn: Turn, found: Review) -> list[Button]:
    """What may be done about the month as it stands."""
    area, month = found.area, found.month
    acts: list[Button] = []
    if found.to_ask:
        acts.append((_("核实 {n} 人").format(n=found.to_ask), Unset(area=area.id, month=f"{month:%Y-%m}")))
    if found.findings:
        acts.append((_("不在岗 {n}").format(n=found.findings), Findings(area=area.id, month=f"{month:%Y-%m}")))
    acts.append((_("导出表"), Paper(area=area.id, do="sheet")))
    if area.level is not Level.COUNTY or not _may(turn, Action.MONTH_LOCK, area):
        return acts
    if found.lock is not None:
        acts += [(_("单独开放"), to(area.id, month, "reopen")), (_("开放记录"), to(area.id, month, "opened"))]
        if found.locked_at is not None and found.locked_at.date() == found.today:
            acts.append((_("撤销月结"), to(area.id, month, "undo")))
    elif rules.is_over(month, found.today):
        acts.append((_("锁定{month}").format(month=phrases.month(month, found.today)), to(area.id, month, "lock")))
    return acts


def _may(turn: Turn, action: Action, area: Area) -> bool:
    return grant_for(turn.viewer, action, Target(area.path)) is not None


def _around(found: Review) -> list[Button]:
    buttons: list[Button] = []
    if found.month > rules.earliest(found.today):
        buttons.append((_("上个月"), to(found.area.id, rules.before(found.month))))
    if found.month < found.today.replace(day=1):
        buttons.append((_("下个月"), to(found.area.id, rules.after(found.month))))
    return buttons


@router.callback_query(Months.filter(F.do == "open"))
async def on_open(_query: CallbackQuery, callback_data: Months, turn: Turn) -> Reply:
    """What waits in a township, oldest first; decided it is on its own cards."""
    area = await queries.place(turn.session, turn.viewer, callback_data.area)
    month = callback_data.first
    found = await queries.waiting(turn.session, turn.viewer, area, month)
    rows = [one for one in found if one.township_id == callback_data.at]
    back: list[Button] = [(_("返回"), to(area.id, month))]
    if not rows:
        return turn.edit(_("这里都定了。"), [back])
    pages = -(-len(rows) // PAGE)
    page = min(max(callback_data.page, 0), pages - 1)
    today = await turn.today()
    lines = [_("{month}还没定的 <b>{n} 件</b>：").format(month=phrases.month(month, today), n=len(rows))]
    lines += [
        _("{day} · {village} · {name} · {what}").format(
            day=phrases.day(one.on, today.year),
            village=phrases.typed(one.village),
            name=phrases.typed(one.name),
            what=_("请假") if one.kind is None else _(MATTERS[one.kind]),
        )
        for one in rows[page * PAGE : (page + 1) * PAGE]
    ]
    turning = paging.turning(page, pages, lambda at: to(area.id, month, "open", at=callback_data.at, page=at))
    first: list[Button] = [todo.opening()] if turn.viewer.may(Action.EXPLANATION_DECIDE) else []
    return turn.edit("\n".join(lines), [turning, [*first, *back]])


@router.callback_query(Months.filter(F.do.in_({"lock", "sure"})))
async def on_lock(_query: CallbackQuery, callback_data: Months, turn: Turn) -> Reply:
    """锁定: with something open, what that is and a second word first."""
    area, month, is_sure = callback_data.area, callback_data.first, callback_data.do == "sure"
    try:
        await months.lock(turn.session, by=turn.viewer, county_id=area, month=month, now=turn.now, is_confirmed=is_sure)
    except Refusal as refusal:
        if refusal.code is Code.ALREADY_DECIDED:
            return turn.edit(*await view(turn, await queries.place(turn.session, turn.viewer, area), month))
        if refusal.code is Code.MONTH_HAS_OPEN:
            return await _ask_sure(turn, area, month)
        raise
    return turn.edit(*await view(turn, await queries.place(turn.session, turn.viewer, area), month))


async def _ask_sure(turn: Turn, area_id: int, month: date) -> Reply:
    found = await queries.review(
        turn.session, turn.viewer, await queries.place(turn.session, turn.viewer, area_id), month, turn.now
    )
    words = _(
        "{month}{waiting}\n现在锁定，这些就<b>不能再定</b>，当天仍按待核实记；以后要定，得为本人单独开放{rule}。确定锁定吗？"
    )
    text = words.format(
        month=phrases.month(month, found.today), waiting=_waiting(found), rule=refusals.rule("三（二）")
    )
    return turn.edit(text, [[(_("仍要锁定"), to(area_id, month, "sure")), (_("先去处理"), to(area_id, month))]])


@router.callback_query(Months.filter(F.do == "undo"))
async def on_undo(_query: CallbackQuery, callback_data: Months, turn: Turn) -> Reply:
    """撤销月结, on its own day."""
    area, month = callback_data.area, callback_data.first
    try:
        await months.unlock(turn.session, by=turn.viewer, county_id=area, month=month, now=turn.now)
    except Refusal as refusal:
        if refusal.code is not Code.NOT_FOUND:
            raise
    return turn.edit(*await view(turn, await queries.place(turn.session, turn.viewer, area), month))


@router.callback_query(Months.filter())
async def on_nothing(_query: CallbackQuery) -> Reply:
    """No such view."""
    raise Refusal(Code.NOT_FOUND)
