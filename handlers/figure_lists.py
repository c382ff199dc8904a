"""报数 as it fills up: by area down to the answers, who is missing; 催报, 延期, 结束, 撤回, 导出表."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from html import unescape

from aiogram import F, Router
from aiogram.types import CallbackQuery, Message

from actions import figure_followup as actions
from handlers import awaited, phrases
from handlers import figure_words as words
from handlers.figure_cards import Look, Manage, part, progress
from handlers.figure_due import Compose, due_example, due_rows, due_said, soon
from handlers.filters import TEXT, Awaiting
from handlers.paging import pairs, turning
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy.authority import Action
from policy.figures import Each, Field, FieldKind
from policy.refusals import Code, Refusal
from policy.roster import Level
from storage import figure_totals, figures
from storage.figure_totals import Branch, Unit
from storage.figures import Seen
from storage.tables import Area

router = Router(name="figure_lists")

EXTEND = "figures.extend"
PAGE, LINES = 8, 12
"""Areas and lines of one page."""


# -- lists ------------------------------------------------------------------------------------------------------------


@router.callback_query(Look.filter())
async def on_look(_query: CallbackQuery, callback_data: Look, turn: Turn) -> Reply:
    """A view of a request; lists come beside the progress card, which goes on changing."""
    seen = await figures.seen(turn.session, turn.viewer, Action.FIGURES_VIEW, callback_data.id)
    put = turn.say if callback_data.new else turn.edit
    if callback_data.view == "missing":
        return put(*await _missing(turn, seen, callback_data.page))
    if callback_data.view not in {"by", "who"}:
        text, buttons = await progress(turn.session, turn.viewer, seen, turn.now)
        if not callback_data.new and _is_before_eyes(turn, text):
            return turn.toast(_("和刚才一样，没有新的变化。"))
        return put(text, buttons)
    area = await _area(turn, seen, callback_data.area)
    below = await figure_totals.branches(turn.session, seen, area)
    is_lowest = area.level is Level.VILLAGE or all(branch.level is Level.VILLAGE for branch in below)
    if _lists_units(seen, area.path) and (is_lowest or callback_data.view == "who"):
        return put(*await _who(turn, seen, area, callback_data.page))
    return put(*await _by(turn, seen, area, below, callback_data.page))


def _lists_units(seen: Seen, path: str) -> bool:
    """Whether who is asked may be listed one by one: teams always, people where they may be named."""
    return seen.request.each is Each.TEAM or seen.shows_names(path)


def _is_before_eyes(turn: Turn, text: str) -> bool:
    message = turn.callback.message if turn.callback is not None else None
    return isinstance(message, Message) and message.text == unescape(re.sub(r"</?b>", "", text))


async def _area(turn: Turn, seen: Seen, area_id: int) -> Area:
    """The area asked for; to begin with the request's own, or the viewer's part of it."""
    if not area_id:
        area_id = int(seen.paths[0].strip("/").split("/")[-1])
    return await figure_totals.area_for(turn.session, turn.viewer, seen, area_id)


async def _where(turn: Turn, seen: Seen, area: Area) -> str:
    """The area's name; of the whole request, if it was limited, the areas that are asked."""
    return (await part(turn.session, seen) if area == seen.area else None) or area.name


async def _by(turn: Turn, seen: Seen, area: Area, below: Sequence[Branch], page: int) -> tuple[str, list[list[Button]]]:
    found = await figure_totals.progress(turn.session, seen, [area.path])
    count = max(1, -(-len(below) // PAGE))
    page = min(max(page, 0), count - 1)
    shown = below[page * PAGE : (page + 1) * PAGE]
    lines = [words.head(seen.request, found, await _where(turn, seen, area)), *words.totals(found.totals), ""]
    lines += [
        _("{area}  已报 {replied}/{asked}").format(
            area=phrases.typed(branch.name), replied=branch.replied, asked=branch.asked
        )
        for branch in shown
    ]
    if not _lists_units(seen, area.path):
        lines.append(_("省、市只看数字，名单由县里掌握。"))
        shown = [branch for branch in shown if branch.level is not Level.VILLAGE]
    flat: list[Button] = [(branch.name[:8], Look(id=seen.request.id, view="by", area=branch.id)) for branch in shown]
    rows = [*pairs(flat), _turning(seen, "by", area.id, page, count), await _back(turn, seen, area)]
    return "\n".join(lines), rows


async def _who(turn: Turn, seen: Seen, area: Area, page: int) -> tuple[str, list[list[Button]]]:
    """Everybody asked in an area, with what was answered, a page at a time."""
    found = await figure_totals.progress(turn.session, seen, [area.path])
    count = max(1, -(-found.asked // LINES))
    page = min(max(page, 0), count - 1)
    units = await figure_totals.units(turn.session, seen, [area.path], offset=page * LINES, limit=LINES)
    fields = [figures.as_asked(row) for row in await figures.fields(turn.session, seen.request.id)]
    lines = [words.head(seen.request, found, await _where(turn, seen, area)), *words.totals(found.totals), ""]
    lines += [await _unit(turn, seen, fields, unit) for unit in units]
    rows = [_turning(seen, "who", area.id, page, count), await _back(turn, seen, area)]
    return "\n".join(lines), rows


async def _unit(turn: Turn, seen: Seen, fields: Sequence[Field], unit: Unit) -> str:
    """石门村 ✓ 3 户 · 0 处 · 否（周建国 10:12）; 东峪村 未报."""
    name = phrases.typed(unit.village if unit.name is None else f"{unit.village} {unit.name}")
    if unit.at is None:
        return _("{who} 未报").format(who=name)
    local = await turn.batch.local(seen.area, unit.at)
    said = " · ".join(
        _brief(field, words.value(field, unit.values[n])) for n, field in enumerate(fields) if n in unit.values
    )
    when = words.moment(local)
    if unit.by is not None:
        when = _("{name} {when}").format(name=phrases.typed(unit.by), when=when)
    by = _("{when}，迟报").format(when=when) if unit.is_late else when
    return _("{who} ✓ {said}（{by}）").format(who=name, said=said, by=by)


def _brief(field: Field, said: str) -> str:
    return f"{said[:20]}…" if field.kind is FieldKind.TEXT and len(said) > 20 else said


async def _missing(turn: Turn, seen: Seen, page: int) -> tuple[str, list[list[Button]]]:
    """Who has not answered, by area code."""
    found = await figure_totals.progress(turn.session, seen)
    missing = found.asked - found.replied
    count = max(1, -(-missing // LINES))
    page = min(max(page, 0), count - 1)
    units = await figure_totals.units(turn.session, seen, only_missing=True, offset=page * LINES, limit=LINES)
    title = phrases.typed(seen.request.title)
    if (where := await part(turn.session, seen)) is not None:
        title = f"{title} · {phrases.typed(where)}"
    if not units:
        return _("<b>未报</b> · {title}：都报齐了。").format(title=title), []
    head = (
        _("<b>未报</b> · {title} · 还有 {count} 个队")
        if seen.request.each is Each.TEAM
        else _("<b>未报</b> · {title} · 还有 {count} 个人")
    )
    lines = [head.format(title=title, count=missing)]
    if not all(_lists_units(seen, path) for path in seen.paths):
        lines.append(_("省、市只看数字，名单由县里掌握。各处还差多少，点「看各处」。"))
        return "\n".join(lines), []
    lines += [
        " ".join(phrases.typed(part) for part in (unit.township, unit.village, unit.name) if part) for unit in units
    ]
    return "\n".join(lines), [_turning(seen, "missing", 0, page, count)]


def _turning(seen: Seen, view: str, area_id: int, page: int, count: int) -> list[Button]:
    return turning(page, count, lambda to: Look(id=seen.request.id, view=view, area=area_id, page=to))


async def _back(turn: Turn, seen: Seen, area: Area) -> list[Button]:
    """返回: the list this area was opened from, on its page; at the top nothing."""
    if area.path in seen.paths or area.parent_id is None:
        return []
    place = await figure_totals.place(turn.session, seen, area)
    return [(_("返回"), Look(id=seen.request.id, view="by", area=area.parent_id, page=place // PAGE))]


# -- what its office does with it -------------------------------------------------------------------------------------


@router.callback_query(Manage.filter(F.do == "remind"))
async def on_remind(_query: CallbackQuery, callback_data: Manage, turn: Turn) -> Reply:
    """催报: only to those missing."""
    count = await actions.remind(turn.session, by=turn.viewer, request_id=callback_data.id, now=turn.now)
    return turn.toast(_("已催 {count} 个，报过的不打扰。").format(count=count))


@router.callback_query(Manage.filter(F.do == "sheet"))
async def on_sheet(_query: CallbackQuery, callback_data: Manage, turn: Turn) -> Reply:
    """导出表: built while the talk goes on; pressed twice in a minute, it comes once."""
    await actions.export(turn.session, by=turn.viewer, request_id=callback_data.id, asked=turn.asked(), now=turn.now)
    return turn.toast(_("正在做表，好了就发到这里。"))


@router.callback_query(Manage.filter(F.do == "more"))
async def on_more(_query: CallbackQuery, callback_data: Manage, turn: Turn) -> Reply:
    """延期, 结束, 撤回."""
    request, _of, _role = await figures.get(turn.session, turn.viewer, Action.FIGURES_CLOSE, callback_data.id)
    if request.withdrawn_at is not None or not figures.is_released(request):
        return await _progress(turn, request.id)
    flat: list[Button] = [(_("延期"), Manage(id=request.id, do="extend"))]
    if request.closed_at is None:
        flat.append((_("结束"), Manage(id=request.id, do="close")))
    flat += [(_("撤回"), Manage(id=request.id, do="withdraw")), (_("返回"), Look(id=request.id, view="sum"))]
    text = _("📊 <b>{title}</b>\n延期：晚些再截止，已结束的会重新打开。\n结束：不再收数。撤回：收回发出的卡片。")
    return turn.edit(text.format(title=phrases.typed(request.title)), pairs(flat))


_SURE = {
    "close": (mark("现在结束「{title}」？没报的就不能再报了，以后可以延期再打开。"), mark("结束")),
    "withdraw": (mark("撤回「{title}」？发出的卡片会收回，已报的数不再用。撤回后不能恢复。"), mark("撤回")),
}


@router.callback_query(Manage.filter(F.do.in_(set(_SURE))))
async def on_sure(_query: CallbackQuery, callback_data: Manage, turn: Turn) -> Reply:
    """Asked once more."""
    request, _of, _role = await figures.get(turn.session, turn.viewer, Action.FIGURES_CLOSE, callback_data.id)
    question, yes = _SURE[callback_data.do]
    if not figures.is_released(request):
        question = mark("撤回「{title}」？还没有发出，撤回后不再复核。")
    row: list[Button] = [
        (_(yes), Manage(id=request.id, do=f"{callback_data.do}!")),
        (_("取消"), Look(id=request.id, view="sum")),
    ]
    return turn.edit(_(question).format(title=phrases.typed(request.title)), [row])


@router.callback_query(Manage.filter(F.do == "close!"))
async def on_close(_query: CallbackQuery, callback_data: Manage, turn: Turn) -> Reply:
    """No answers are taken any more."""
    await actions.close(turn.session, by=turn.viewer, request_id=callback_data.id, now=turn.now)
    return await _progress(turn, callback_data.id)


@router.callback_query(Manage.filter(F.do == "withdraw!"))
async def on_withdraw(_query: CallbackQuery, callback_data: Manage, turn: Turn) -> Reply:
    """The cards that went out are taken back."""
    await actions.withdraw(turn.session, by=turn.viewer, request_id=callback_data.id, now=turn.now)
    return await _progress(turn, callback_data.id)


async def _progress(turn: Turn, request_id: int) -> Reply:
    seen = await figures.seen(turn.session, turn.viewer, Action.FIGURES_VIEW, request_id)
    return turn.edit(*await progress(turn.session, turn.viewer, seen, turn.now))


# -- later ------------------------------------------------------------------------------------------------------------


@router.callback_query(Manage.filter(F.do == "extend"))
async def on_extend(_query: CallbackQuery, callback_data: Manage, turn: Turn) -> Reply:
    """Until when instead?"""
    request, _of, _role = await figures.get(turn.session, turn.viewer, Action.FIGURES_EXTEND, callback_data.id)
    if request.withdrawn_at is not None or not figures.is_released(request):
        raise Refusal(Code.FIGURES_OVER)
    if turn.dialogue.state is not None:
        turn.dialogue.leave()
    turn.dialogue.to(EXTEND, id=request.id)
    return await _ask_later(turn)


async def _ask_later(turn: Turn) -> Reply:
    request, area, _role = await figures.get(turn.session, turn.viewer, Action.FIGURES_EXTEND, turn.dialogue.data["id"])
    due, local = await turn.batch.local(area, request.due_at), await turn.batch.local(area, turn.now)
    text = _("「{title}」延到什么时候？点一个，或说一句，例如：{example}").format(
        title=phrases.typed(request.title), example=due_example(max(due, local))
    )
    return turn.say(text, due_rows(max(due, local), "later", local))


@router.message(Awaiting(EXTEND), TEXT)
async def on_later(message: Message, turn: Turn) -> Reply:
    """The later time, typed."""
    return await _extend(turn, due_said(message.text or "", await _local(turn)))


@router.callback_query(Compose.filter(F.do == "later"))
async def on_later_press(_query: CallbackQuery, callback_data: Compose, turn: Turn) -> Reply:
    """The later time, by one tap."""
    if turn.dialogue.state != EXTEND:
        return turn.edit(_("这一步已经过了。发「报数」可以接着办。"))
    return await _extend(turn, soon(callback_data.v, await _local(turn)))


async def _local(turn: Turn) -> datetime:
    _request, area, _role = await figures.get(
        turn.session, turn.viewer, Action.FIGURES_EXTEND, turn.dialogue.data["id"]
    )
    return await turn.batch.local(area, turn.now)


async def _extend(turn: Turn, moment: datetime) -> Reply:
    request = await actions.extend(
        turn.session,
        by=turn.viewer,
        request_id=turn.dialogue.data["id"],
        due_at=moment.astimezone(UTC),
        now=turn.now,
    )
    local = await _local(turn)
    turn.dialogue.end()
    return turn.edit(
        _("📊 <b>已延期</b>：{title}，{until}。没报的人那里已经改过来。").format(
            title=phrases.typed(request.title), until=words.due(moment, local)
        )
    )


awaited.awaits(EXTEND, mark("延期"), _ask_later)
