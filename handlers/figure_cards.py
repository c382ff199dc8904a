"""The cards of 报数: the question, its reminder, the progress, the sheet; as things stand when they are shown."""

from datetime import datetime
from typing import Any

import structlog
from aiogram.filters.callback_data import CallbackData

from documents import figures as paper
from documents import press
from documents.figures import Built, Order
from documents.press import PressError
from handlers import figure_words as words
from handlers import phrases
from handlers.cards import Card, card
from handlers.turn import Button, Buttons
from locales import _, language, mark
from policy.authority import TEAM, Action, Target, Viewer, grant_for
from storage import figure_asking, figure_totals, figures, outbox
from storage.batch import of
from storage.engine import AsyncSession, address
from storage.figures import SUBJECT, Mine, Seen, Standing
from storage.people import seconders
from storage.tables import Area, FigureRequest, FigureReview, OutboxState, Person

log = structlog.get_logger()


class Fill(CallbackData, prefix="fig"):
    """What is asked of a team or a person: `fill`, `fix` (更正) or `show`."""

    id: int
    do: str


class Look(CallbackData, prefix="figl"):
    """A request as it fills up: `sum`, `by` (areas), `who` (all of an area) or `missing`. `new`: as a new message."""

    id: int
    view: str
    area: int = 0
    page: int = 0
    new: bool = False


class Manage(CallbackData, prefix="figm"):
    """What its office does with a request: `remind`, `sheet`, `more`, `extend`, `close`, `withdraw`, and `…!` sure; `again`: anew."""

    id: int
    do: str


@card("figures", label=mark("报数"))
async def asked_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """The question; who has answered it meanwhile; or that it is over."""
    mine = await figures.mine(session, viewer, Action.FIGURES_REPLY, payload["asked"])
    text, buttons = await shown(session, mine, session.info["now"])
    if mine.asked.replied_at is None and len(viewer.holds(TEAM)) > 1:
        text += "\n" + _("这一条问的是{village}。").format(village=phrases.typed(mine.village.name))
    return Card(text, buttons)


@card("figures_reminder", label=mark("报数"))
async def reminder_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """催报: the question again, shorter; once it is answered, what was said."""
    now: datetime = session.info["now"]
    mine = await figures.mine(session, viewer, Action.FIGURES_REPLY, payload["asked"])
    if mine.asked.replied_at is not None or not figures.takes_answers(mine.request, now):
        return Card(*await shown(session, mine, now))
    if not await figure_asking.has_question(session, mine.asked, viewer.person_id or 0):
        return None
    text = _("⏰ 还没有报：<b>{title}</b>（{village}），{until}。报过的不会再催。").format(
        title=phrases.typed(mine.request.title),
        village=phrases.typed(mine.village.name),
        until=await until(session, mine.village, mine.request, now),
    )
    return Card(text, [[(_("开始填"), Fill(id=mine.asked.id, do="fill"))]])


async def shown(session: AsyncSession, mine: Mine, now: datetime) -> tuple[str, Buttons]:
    """What is asked of a team or a person, or what was answered, as things stand."""
    request = mine.request
    title = phrases.typed(request.title)
    if request.withdrawn_at is not None:
        return _("📊 报数<b>已撤回</b>：{title}。不用报了。").format(title=title), []
    standing = await figures.standing(session, mine.asked.id)
    if standing is not None:
        return await answered(session, mine, standing, now)
    if not figures.takes_answers(request, now):
        return _("📊 报数<b>已结束</b>：{title}。不用报了。").format(title=title), []
    fields = [figures.as_asked(row) for row in await figures.fields(session, request.id)]
    area = await session.get_one(Area, request.area_id)
    text = words.ask(
        request.title,
        area.name,
        fields,
        request.basis,
        await until(session, mine.village, request, now),
        request.each,
    )
    return text, [[(_("开始填"), Fill(id=mine.asked.id, do="fill"))]]


async def answered(session: AsyncSession, mine: Mine, standing: Standing, now: datetime) -> tuple[str, Buttons]:
    """✅ 已报, the values, by whom and when; [更正] while answers are taken."""
    fields = [figures.as_asked(row) for row in await figures.fields(session, mine.request.id)]
    local = await of(session).local(mine.village, standing.reply.at)
    said = _("{name} · {when}，迟报") if standing.reply.is_late else _("{name} · {when}")
    lines = [
        _("✅ <b>已报</b>：{title}（{village}）").format(
            title=phrases.typed(mine.request.title), village=phrases.typed(mine.village.name)
        ),
        *words.answers(fields, standing.values),
        said.format(name=phrases.typed(standing.name), when=words.moment(local)),
    ]
    buttons: Buttons = []
    if figures.takes_answers(mine.request, now):
        buttons = [[(_("更正"), Fill(id=mine.asked.id, do="fix"))]]
    return "\n".join(lines), buttons


async def until(session: AsyncSession, area: Area, request: FigureRequest, now: datetime) -> str:
    """今天 18:00 前, by the clocks of an area."""
    batch = of(session)
    return words.due(await batch.local(area, request.due_at), await batch.local(area, now))


# -- the progress -----------------------------------------------------------------------------------------------------


@card("figures_progress")
async def progress_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """已报 12/30 with the totals; it changes as answers come in."""
    seen = await figures.seen(session, viewer, Action.FIGURES_VIEW, payload["id"])
    return Card(*await progress(session, viewer, seen, session.info["now"]))


async def progress(session: AsyncSession, viewer: Viewer, seen: Seen, now: datetime) -> tuple[str, Buttons]:
    """How far a request is, as far as the viewer sees it."""
    request = seen.request
    if not figures.is_released(request):
        return await _unreleased(session, viewer, seen, now)
    found = await figure_totals.progress(session, seen)
    lines = [words.head(request, found, await part(session, seen))]
    lines += words.totals(found.totals) if found.replied else [_("还没有人报。")]
    lines.append(" · ".join(await _state(session, seen, now, found.late)))
    return "\n".join(lines), _buttons(viewer, seen, now)


async def _unreleased(session: AsyncSession, viewer: Viewer, seen: Seen, now: datetime) -> tuple[str, Buttons]:
    """A request that waits for a second person's word, or didn't get it: who is asked, or what came of it."""
    request = seen.request
    lines = [
        words.heading(request, await part(session, seen)),
        await _review(session, seen, now),
        await until(session, seen.area, request, now),
    ]
    flat: list[Button] = []
    if figures.awaits_word(request):
        if grant_for(viewer, Action.FIGURES_WITHDRAW, Target(seen.area.path)) is not None:
            flat = [(_("撤回"), Manage(id=request.id, do="withdraw"))]
    elif viewer.person_id == request.by_id:
        flat = [(_("再编辑"), Manage(id=request.id, do="again"))]
    return "\n".join(lines), [flat]


async def _review(session: AsyncSession, seen: Seen, now: datetime) -> str:
    request = seen.request
    if request.withdrawn_at is not None:
        return _("<b>已撤回</b>，没有发出。")
    if request.review is FigureReview.EXPIRED:
        return _("<b>复核过期</b>，没有人确认，没有发出。")
    if request.review is FigureReview.RETURNED:
        by = await session.get_one(Person, request.reviewed_by_id)
        return _("<b>已退回</b> · {name}：{reason}").format(
            name=phrases.typed(by.name), reason=phrases.typed(request.returned_because or "")
        )
    on = (await of(session).local(seen.area, now)).date()
    others = await seconders(session, Action.FIGURES_CONFIRM, seen.area, request.by_id, on)
    if not others:
        return _(
            "<b>等第二个人复核</b>，{size} 人会收到：现在没有别人能复核，请让另一位先绑定（发「邀请」）；"
            "已绑定但屏蔽了助手的，打电话请他解除屏蔽、给助手发一句话；或撤回后分开问。"
        ).format(size=request.size or 0)
    names = phrases.names(person.name for person in others[: phrases.FEW])
    return _("<b>等第二个人复核</b>，{size} 人会收到：请{names}点「发出」。").format(
        size=request.size or 0, names=names
    )


async def part(session: AsyncSession, seen: Seen) -> str | None:
    """The areas that are asked, or those of them that the viewer sees; None: all of the request's own."""
    areas = await figures.scope(session, seen)
    return None if areas == [seen.area] else words.where([area.name for area in areas])


async def _state(session: AsyncSession, seen: Seen, now: datetime, late: int) -> list[str]:
    request = seen.request
    parts = [await until(session, seen.area, request, now)]
    if request.withdrawn_at is not None:
        parts = [_("<b>已撤回</b>")]
    elif not figures.takes_answers(request, now):
        parts = [_("<b>已结束</b>")]
    elif now > request.due_at:
        parts = [_("已过截止时间，再报的记迟报")]
    elif request.spread_at is None:
        parts.append(_("正在发出"))
    if late:
        parts.append(_("迟报 {count}").format(count=late))
    if request.reminders:
        parts.append(_("催过 {count} 次").format(count=request.reminders))
    is_open = figures.takes_answers(request, now)
    if is_open and seen.is_whole and (unreached := await _unreached(session, seen, now)):
        parts.append(_("没送到 {count}").format(count=unreached))
    return parts


async def _unreached(session: AsyncSession, seen: Seen, now: datetime) -> int:
    counts = await outbox.counts(session, SUBJECT.format(id=seen.request.id))
    if not counts[OutboxState.FAILED] + counts[OutboxState.DROPPED]:
        return 0
    today = (await of(session).local(seen.area, now)).date()
    return await figure_asking.unreached(session, seen.request, today)


def _buttons(viewer: Viewer, seen: Seen, now: datetime) -> Buttons:
    request = seen.request
    if request.withdrawn_at is not None:
        return []
    rows: list[list[Button]] = [
        [
            (_("看各处"), Look(id=request.id, view="by", new=True)),
            (_("未报名单"), Look(id=request.id, view="missing", new=True)),
        ]
    ]
    sheet: list[Button] = [(_("导出表"), Manage(id=request.id, do="sheet"))]
    if not all(grant_for(viewer, Action.FIGURES_EXPORT, Target(path)) for path in seen.paths):
        sheet = []
    is_theirs = grant_for(viewer, Action.FIGURES_REMIND, Target(seen.area.path)) is not None
    if is_theirs and figures.takes_answers(request, now):
        rows.append([(_("催报"), Manage(id=request.id, do="remind")), *sheet])
    else:
        rows.append(sheet)
    last: list[Button] = [(_("刷新"), Look(id=request.id, view="sum"))]
    if is_theirs:
        last.append((_("更多"), Manage(id=request.id, do="more")))
    return [*rows, last]


# -- the sheet --------------------------------------------------------------------------------------------------------


@card("figures_sheet", slow=True)
async def sheet_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """The workbook, built in the press as things stand now."""
    order = Order(address(session), viewer, payload["id"], session.info["now"], language())
    try:
        built = await press.build(paper.build, order)
    except PressError as error:
        log.error("a sheet of figures was not built", request=payload["id"], cause=str(error).split(":")[0])
        return Card(_("📊 报数表<b>没有做成</b>，原因已经记下。\n过一会儿再点「导出表」，还不行请找县驻村办。"))
    text = _("📄 {sample}{title}\n{area} · 已报 {replied}/{asked} · 截至{when}").format(
        sample=_("样例 · ") if built.is_sample else "",
        title=phrases.typed(built.title),
        area=phrases.typed(words.where(built.areas)),
        replied=built.replied,
        asked=built.asked,
        when=words.moment(built.at),
    )
    return Card(text, file=built.content, file_name=_file_name(built))


def _file_name(built: Built) -> str:
    stem = _("报数-{title}-{area}-{when}").format(
        title=built.title, area=words.where(built.areas), when=f"{built.at:%Y%m%d-%H%M}"
    )
    return phrases.file_name(stem, "xlsx", is_sample=built.is_sample)
