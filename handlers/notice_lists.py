"""未阅名单, 已阅, 未送达: numbers area by area down to the village, names within a county, all of it as a workbook."""

from datetime import datetime
from typing import Any

import structlog
from aiogram import Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery

from actions import notice_receipts
from documents import notices as paper
from documents import press
from documents.notices import Order
from documents.press import PressError
from handlers import notice_words as words
from handlers import phrases, task_words
from handlers.cards import Card, card
from handlers.paging import pairs, turning
from handlers.turn import Button, Buttons, Reply, Turn
from locales import _, language, mark
from policy.authority import Action, Target, Viewer, grant_for
from policy.notices import NoticeKind
from policy.refusals import Code, Refusal
from policy.roster import Level
from storage import notice_lists as queries
from storage.batch import of
from storage.engine import AsyncSession, address
from storage.notice_lists import Branch, Line, Lists, Standing
from storage.tables import Notice

log = structlog.get_logger()
router = Router(name="notice_lists")

PAGE = 8
LABEL = 8
NAMES, OWN = "n", "o"
"""Views beside the areas: all names of an area, and those of people posted to the area itself."""

STANDINGS = {
    Standing.UNREAD: mark("未阅 {n}"),
    Standing.READ: mark("已阅 {n}"),
    Standing.LOST: mark("未送达 {n}"),
}
LISTS = {Standing.UNREAD: mark("看未阅"), Standing.READ: mark("看已阅"), Standing.LOST: mark("看未送达")}
TASK_STANDINGS = {**STANDINGS, Standing.UNREAD: mark("未落实 {n}"), Standing.READ: mark("已落实 {n}")}
TASK_LISTS = {**LISTS, Standing.UNREAD: mark("看未落实"), Standing.READ: mark("看已落实")}
CAUSES = {"no_account": mark("没有账号"), "blocked": mark("停用或拉黑"), "other": mark("没有发成")}


class ShowList(CallbackData, prefix="nl"):
    """A view of a notice's people. `area` 0: the widest one may see; `new`: beside the card it hangs on."""

    id: int
    area: int = 0
    view: str = ""
    standing: str = Standing.UNREAD.value
    page: int = 0
    new: bool = False


class OpenFile(CallbackData, prefix="ndonef"):
    """看文件 of one recipient (`handlers.tasks`)."""

    notice: int
    person: int


class Sheet(CallbackData, prefix="nlx"):
    """导出表 of an area."""

    id: int
    area: int


async def first(turn: Turn, notice_id: int) -> tuple[str, Buttons]:
    """The list that somebody below a notice's area begins with: his own people."""
    return await _view(turn, ShowList(id=notice_id))


@router.callback_query(ShowList.filter())
async def on_show(_query: CallbackQuery, callback_data: ShowList, turn: Turn) -> Reply:
    """Another view in place of the one before; from the progress card, which goes on changing, beside it."""
    text, buttons = await _view(turn, callback_data)
    return turn.say(text, buttons) if callback_data.new else turn.edit(text, buttons)


async def _view(turn: Turn, show: ShowList) -> tuple[str, Buttons]:
    standing = _standing(show.standing)
    found = await queries.lists(turn.session, turn.viewer, show.id, show.area or None)
    show = show.model_copy(update={"area": found.area.id, "new": False})
    lines = [_totals(found, standing), _where(found)]
    is_leaf = found.area.level is Level.VILLAGE or not found.branches
    if found.is_named and (is_leaf or show.view in {NAMES, OWN}):
        return await _names(turn, found, show, standing, lines)
    return await _areas(turn, found, show, standing, lines)


def _standing(value: str) -> Standing:
    try:
        return Standing(value)
    except ValueError:
        raise Refusal(Code.NOT_FOUND) from None


def _counted(notice: Notice, standing: Standing, n: int | str) -> str:
    """未阅 113; of a task 未落实 113."""
    return _((TASK_STANDINGS if notice.kind is NoticeKind.TASK else STANDINGS)[standing]).format(n=n)


def _totals(found: Lists, standing: Standing) -> str:
    """📣 **未阅 113** · 已阅 511 · 未送达 3 · 共 627 人: what is looked at goes first."""
    tally, notice = found.tally, found.notice
    order = [standing, *(other for other in Standing if other is not standing)]
    parts = [_counted(notice, one, tally.of(one)) for one in order if one is standing or tally.of(one)]
    parts[0] = f"<b>{parts[0]}</b>"
    return "📣 " + " · ".join([*parts, _("共 {n} 人").format(n=tally.people)])


def _where(found: Lists) -> str:
    return _("{title} · {area}").format(title=phrases.typed(found.notice.title), area=phrases.typed(found.area.name))


# -- areas ----------------------------------------------------------------------------------------------------------


async def _areas(turn: Turn, found: Lists, show: ShowList, standing: Standing, lines: list[str]) -> tuple[str, Buttons]:
    rows = [*found.branches]
    if found.own.people and rows:
        rows.insert(0, Branch(0, _("本级"), found.area.level, found.own))
    pages = max(1, -(-len(rows) // PAGE))
    page = min(max(show.page, 0), pages - 1)
    shown = rows[page * PAGE : (page + 1) * PAGE]
    lines += ["", *(_branch(found, row, standing) for row in shown)]
    flat: list[Button] = []
    for row in shown:
        if row.id:
            flat.append((row.name[:LABEL], _to(show, area=row.id, view="", page=0)))
        elif found.is_named:
            flat.append((row.name, _to(show, view=OWN, page=0)))
    if not found.is_named:
        lines.append(_("省、市只看数字，名单由县里掌握。"))
    names: list[Button] = []
    if found.is_named and found.tally.of(standing):
        names = [(_("全部名单"), _to(show, view=NAMES, page=0))]
    rows_ = [
        *pairs(flat),
        turning(page, pages, lambda to: _to(show, page=to)),
        [*names, *_others(found, show, standing)],
    ]
    return "\n".join(lines), [*rows_, [*_sheet(turn, found), *_back(found, show)]]


def _branch(found: Lists, row: Branch, standing: Standing) -> str:
    """柳河镇 未阅 12/36."""
    count = _counted(found.notice, standing, f"{row.tally.of(standing)}/{row.tally.people}")
    return f"{phrases.typed(row.name)}  {count}"


# -- names ----------------------------------------------------------------------------------------------------------


async def _names(turn: Turn, found: Lists, show: ShowList, standing: Standing, lines: list[str]) -> tuple[str, Buttons]:
    own = show.view == OWN
    count = (found.own if own else found.tally).of(standing)
    pages = max(1, -(-count // PAGE))
    page = min(max(show.page, 0), pages - 1)
    people = await queries.names(turn.session, turn.viewer, found, standing, page, PAGE, own=own)
    lines += ["", *[await _line(turn, found, one) for one in people]] if people else [_("没有人。")]
    files: list[Button] = [
        (_("看{name}的").format(name=one.name[:4]), OpenFile(notice=found.notice.id, person=one.person_id))
        for one in people
        if one.report is not None and one.report.file_id is not None
    ]
    rows = [*pairs(files), turning(page, pages, lambda to: _to(show, page=to)), _others(found, show, standing)]
    return "\n".join(lines), [*rows, [*_sheet(turn, found), *_back(found, show)]]


async def _line(turn: Turn, found: Lists, one: Line) -> str:
    """石门村 · 周建国 · 第一书记; with when he read it, or why it did not reach him."""
    parts = [phrases.typed(one.area), phrases.typed(one.name), phrases.role(one.role)]
    if one.report is not None:
        parts.append(await task_words.said(turn.session, found.area, one.report))
    elif one.read_at is not None:
        parts.append(words.moment(await of(turn.session).local(found.area, one.read_at)))
    elif one.cause is not None:
        parts.append(_(CAUSES[one.cause]))
    return " · ".join(parts)


# -- buttons --------------------------------------------------------------------------------------------------------


def _to(show: ShowList, **changes: Any) -> ShowList:
    return show.model_copy(update=changes)


def _others(found: Lists, show: ShowList, standing: Standing) -> list[Button]:
    """The other lists of the same area, where anybody is on them."""
    names = TASK_LISTS if found.notice.kind is NoticeKind.TASK else LISTS
    return [
        (_(names[one]), _to(show, standing=one.value, page=0))
        for one in Standing
        if one is not standing and found.tally.of(one)
    ]


def _sheet(turn: Turn, found: Lists) -> list[Button]:
    if grant_for(turn.viewer, Action.NOTICE_EXPORT, Target(found.area.path)) is None:
        return []
    return [(_("导出表"), Sheet(id=found.notice.id, area=found.area.id))]


def _back(found: Lists, show: ShowList) -> list[Button]:
    """返回: the areas around; from a list of names, the areas of the same place."""
    if show.view in {NAMES, OWN} and found.branches:
        return [(_("返回"), _to(show, view="", page=0))]
    if found.area.id == found.top_id or found.area.parent_id is None:
        return []
    return [(_("返回"), _to(show, area=found.area.parent_id, view="", page=0))]


# -- the workbook ---------------------------------------------------------------------------------------------------


@router.callback_query(Sheet.filter())
async def on_sheet(_query: CallbackQuery, callback_data: Sheet, turn: Turn) -> Reply:
    """Asked for: said at once, sent when it is made."""
    await notice_receipts.export(
        turn.session,
        by=turn.viewer,
        notice_id=callback_data.id,
        area_id=callback_data.area,
        asked=turn.asked(),
        now=turn.now,
    )
    return turn.toast(_("正在做表，好了就发到这里。"))


@card("notice_sheet", slow=True)
async def sheet_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """The workbook, made in the press as things stand now."""
    now: datetime = session.info["now"]
    found = await queries.lists(session, viewer, payload["notice_id"], payload["area_id"])
    order = Order(address(session), viewer, payload["notice_id"], payload["area_id"], now, language())
    try:
        content = await press.build(paper.build, order)
    except PressError as error:
        log.error("a list of readers was not built", area=payload["area_id"], cause=str(error).split(":")[0])
        text = _("{what}<b>没有做成</b>，原因已经记下。\n过一会儿再点「导出表」，还不行请找县驻村办。")
        return Card(text.format(what=_what(found.notice)))
    lines = [_totals(found, Standing.UNREAD), _where(found)]
    local = await of(session).local(found.area, now)
    lines.append(_("截至{moment}").format(moment=words.moment(local)))
    return Card("\n".join(lines), file=content, file_name=_file_name(found))


def _what(notice: Notice) -> str:
    """What the workbook is called, as its own title says."""
    return _("落实名单") if notice.kind is NoticeKind.TASK else _("已阅名单")


def _file_name(found: Lists) -> str:
    stem = _("{area}通知{what}-{title}").format(
        area=found.area.name, what=_what(found.notice), title=found.notice.title
    )
    return phrases.file_name(stem, "xlsx", is_sample=found.area.is_sample)
