"""今日在岗: who is where, for those who answer for an area. Clauses 三（一）, 三（二）.

A first secretary sees the board of his own village (he settles the team's day); other cadres see their own day only.
"""

import re
from html import unescape
from typing import Any

import structlog
from aiogram import Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import board as pictures
from documents import board as paper
from documents.press import PressError
from handlers import board_words as words
from handlers import export, phrases
from handlers.cards import Card, card
from handlers.filters import Word
from handlers.replies import KEY_TODAY
from handlers.turn import Button, Buttons, Reply, Turn
from locales import _, mark
from policy.authority import TEAM, Action, Target, Viewer, grant_for, require
from policy.roster import Level
from storage import board as queries
from storage import presence
from storage.board import Board
from storage.engine import AsyncSession
from storage.tables import Area

log = structlog.get_logger()
router = Router(name="today")

SUM, BY, NAMES = "sum", "by", "names"
"""What is shown of an area: its totals, the areas below it page by page, or all who are named."""


class Show(CallbackData, prefix="board"):
    """A view of an area's board. `again`: 刷新 was pressed."""

    area: int
    view: str = SUM
    page: int = 0
    again: bool = False


class Paper(CallbackData, prefix="boardout"):
    """图片 (`picture`) or 导出表 (`sheet`) of an area."""

    area: int
    do: str


class Unset(CallbackData, prefix="unset"):
    """核实: whom to ask about a month in an area (handlers/settling.py)."""

    area: int
    month: str
    page: int = 0


@router.message(Word(KEY_TODAY, mark("今日在岗"), command="today"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """📋今日在岗: at once where there is one area, else which."""
    areas = await queries.tops(turn.session, turn.viewer)
    if not areas:
        return turn.say(_no(turn))
    if len(areas) > 1:
        flat: list[Button] = [(area.name[:8], Show(area=area.id)) for area in areas]
        return turn.say(_("看哪里的今日在岗？"), _pairs(flat))
    return turn.say(*await _view(turn, areas[0], Show(area=areas[0].id)))


def _no(turn: Turn) -> str:
    if turn.viewer.roles() & TEAM:
        return _("「今日在岗」由乡镇和县里查看（《意见》三（一））。您自己的点「👤我的」，本村的发「查」。")
    return _("「今日在岗」由乡镇和县里查看（《意见》三（一））。本单位的人发「查 姓名」就能看到。")


@router.callback_query(Show.filter())
async def on_show(_query: CallbackQuery, callback_data: Show, turn: Turn) -> Reply:
    """Another view in place of the one before; 刷新 with nothing new is a word over the screen."""
    area = await queries.area_for(turn.session, turn.viewer, callback_data.area)
    text, buttons = await _view(turn, area, callback_data)
    if callback_data.again and _is_same(_before_eyes(turn), text):
        return turn.toast(_("和刚才一样，没有新的变化。"))
    return turn.edit(text, buttons)


async def _view(turn: Turn, area: Area, show: Show) -> tuple[str, Buttons]:
    board = await queries.board(turn.session, turn.viewer, area, turn.now)
    if area.level is Level.VILLAGE:
        return await _village(turn, board)
    if show.view == NAMES and board.matters:
        return _names(board, show.page)
    if show.view == BY and board.branches:
        return await _by(turn, board, show.page)
    rows: list[list[Button]] = [[*_below(board), (_("图片"), Paper(area=area.id, do="picture"))]]
    rows.append([*_sheet(turn, area), _refresh(area, SUM)])
    return "\n".join([*words.head(board), *words.matters(board)]), [*rows, *_more(board), _settle(turn, board)]


def _below(board: Board) -> list[Button]:
    if not board.branches:
        return []
    return [(_(words.BELOW[board.branches[0].level]), Show(area=board.area.id, view=BY))]


def _sheet(turn: Turn, area: Area) -> list[Button]:
    """导出表, for those who may have the sheet."""
    if grant_for(turn.viewer, Action.ATTENDANCE_EXPORT, Target(area.path)) is None:
        return []
    return [(_("导出表"), Paper(area=area.id, do="sheet"))]


def _refresh(area: Area, view: str, page: int = 0) -> Button:
    return _("刷新"), Show(area=area.id, view=view, page=page, again=True)


def _more(board: Board) -> list[list[Button]]:
    """名单, where not all names fit the board."""
    if len(board.matters) <= words.MOST_NAMES:
        return []
    return [[(_("名单"), Show(area=board.area.id, view=NAMES))]]


def _settle(turn: Turn, board: Board) -> list[Button]:
    """核实, where somebody is named for a day that is over and the presser may ask him."""
    area, before = board.area, [matter.on for matter in board.matters if matter.on < board.at.date()]
    if not before or area.level not in {Level.COUNTY, Level.TOWNSHIP}:
        return []
    if grant_for(turn.viewer, Action.DAY_SETTLE, Target(area.path)) is None:
        return []
    return [(_("核实"), Unset(area=area.id, month=f"{max(before):%Y-%m}"))]


async def _by(turn: Turn, board: Board, page: int) -> tuple[str, Buttons]:
    count = words.pages(len(board.branches), words.PAGE)
    page = min(max(page, 0), count - 1)
    shown = words.shown(board.branches, page)
    lines = [*words.head(board), *words.matters(board), "", *map(words.branch, shown)]
    area = board.area
    open_: list[Button] = [
        (row.name[:8], Show(area=row.id, view=SUM if row.level is Level.VILLAGE else BY)) for row in shown
    ]
    rows = [*_pairs(open_), _turning(area, BY, page, count)]
    rows.append([(_("图片"), Paper(area=area.id, do="picture")), _refresh(area, BY, page)])
    rows.append(await _back(turn, area))
    return "\n".join(lines), [*rows, *_more(board)]


async def _back(turn: Turn, area: Area) -> list[Button]:
    """返回: the list this area was opened from, on its page; at the top of what one may see, the totals."""
    above = await turn.session.get(Area, area.parent_id) if area.parent_id is not None else None
    if above is not None and queries.may_see(turn.viewer, above):
        place = await queries.place(turn.session, area)
        return [(_("返回"), Show(area=above.id, view=BY, page=place // words.PAGE))]
    return [] if area.level is Level.VILLAGE else [(_("返回"), Show(area=area.id))]


def _names(board: Board, page: int) -> tuple[str, Buttons]:
    count = words.pages(len(board.matters), words.NAMES_PAGE)
    page = min(max(page, 0), count - 1)
    area = board.area
    rows = [_turning(area, NAMES, page, count), [(_("返回"), Show(area=area.id)), _refresh(area, NAMES, page)]]
    return "\n".join([words.head(board)[0], *words.named(board, page)]), rows


async def _village(turn: Turn, board: Board) -> tuple[str, Buttons]:
    team = await presence.team(turn.session, turn.viewer, board.area, turn.now)
    lines = [*words.head(board), *words.members(team), *words.matters(board)]
    return "\n".join(lines), [[*await _back(turn, board.area), _refresh(board.area, SUM)]]


def _turning(area: Area, view: str, page: int, count: int) -> list[Button]:
    buttons: list[Button] = []
    if page > 0:
        buttons.append((_("上一页"), Show(area=area.id, view=view, page=page - 1)))
    if page < count - 1:
        buttons.append((_("下一页"), Show(area=area.id, view=view, page=page + 1)))
    return buttons


def _pairs(flat: list[Button]) -> list[list[Button]]:
    return [flat[at : at + 2] for at in range(0, len(flat), 2)]


def _before_eyes(turn: Turn) -> str:
    message = turn.callback.message if turn.callback is not None else None
    return (message.text or "") if isinstance(message, Message) else ""


def _is_same(old: str, new: str) -> bool:
    """Whether two boards say the same but for the time at the end of the first line."""
    return _untimed(old) == _untimed(unescape(re.sub(r"</?b>", "", new)))


def _untimed(text: str) -> list[str]:
    first, *rest = text.strip().split("\n")
    return [first.rsplit(" ", 1)[0], *(line.strip() for line in rest)]


@router.callback_query(Paper.filter())
async def on_paper(_query: CallbackQuery, callback_data: Paper, turn: Turn) -> Reply:
    """图片 is drawn while the talk goes on; 导出表 asks for the month beside the board, which stays."""
    area = await queries.area_for(turn.session, turn.viewer, callback_data.area)
    if callback_data.do == "sheet":
        require(turn.viewer, Action.ATTENDANCE_EXPORT, Target(area.path))
        return turn.say(*await export.offer(turn, area))
    await pictures.picture(turn.session, by=turn.viewer, area_id=area.id, asked=turn.minute(), now=turn.now)
    return turn.toast(_("图片马上发到这里。"))


@card("board_picture", slow=True)
async def picture_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """The board as things stand now, as a picture."""
    area = await queries.area_for(session, viewer, payload["area_id"])
    board = await queries.board(session, viewer, area, session.info["now"])
    text = "\n".join(words.head(board))
    try:
        made = await paper.picture(board)
    except PressError as error:
        log.error("a board was not drawn", area=area.id, cause=type(error.__cause__).__name__)
        return Card(_("图片<b>没有做成</b>，原因已经记下。先看文字：\n{board}").format(board=text))
    stem = _("今日在岗-{area}-{when}").format(area=area.name, when=f"{board.at:%Y%m%d-%H%M}")
    name = phrases.file_name(stem, "png")
    return Card(text, file=made.content, file_name=name, is_photo=made.is_photo)
