"""📣通知: what staff begin with and what everybody has to read; the list of what was sent, each with its progress."""

import re
from collections.abc import Sequence
from typing import Any

from aiogram import Router
from aiogram.filters import Filter
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from handlers import notice_inbox, notice_lists, notice_who, phrases
from handlers.awaited import drafts
from handlers.filters import Line, Word
from handlers.notice_draft import STATES, worded
from handlers.notice_progress import overview
from handlers.notice_who import NOBODY_YET
from handlers.replies import KEY_NOTICE, called
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy.authority import Action
from policy.notices import Draft
from policy.refusals import Code, Refusal
from storage import notice_audience as audiences
from storage import notices as queries
from storage.batch import of
from storage.tables import Area, Notice, NoticeState

router = Router(name="notices")

PAGE = 10
LABEL = 8

STATES_SHORT = {
    NoticeState.REVIEW: mark("等复核"),
    NoticeState.RETURNED: mark("已退回"),
    NoticeState.EXPIRED: mark("复核过期"),
    NoticeState.SCHEDULED: mark("定时"),
    NoticeState.OUT: mark("已发"),
    NoticeState.PAUSED: mark("已暂停"),
    NoticeState.CANCELLED: mark("已取消"),
    NoticeState.WITHDRAWN: mark("已撤回"),
}


class InArea(CallbackData, prefix="narea"):
    """A new notice of this area."""

    area: int


class Sent(CallbackData, prefix="nlist"):
    """A page of the notices that were sent."""

    page: int = 0


class OpenNotice(CallbackData, prefix="nshow"):
    """One of them."""

    id: int


@router.message(Word(KEY_NOTICE, mark("通知"), command="notice"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """📣通知: whom it is for; who may not send reads what is for him."""
    return await _begin(turn)


@router.message(Line(mark("通知"), command="notice"))
async def on_line(_message: Message, turn: Turn, rest: str) -> Reply:
    """通知 明天上午九点开会: the words are there already, the rest is asked."""
    return await _begin(turn, rest)


class Captioned(Filter):
    """A picture or file with 通知 … under it, by somebody who may send one."""

    async def __call__(self, message: Message, turn: Turn) -> bool | dict[str, Any]:
        """The message with only what stands behind the word, as `said`."""
        caption = message.caption or ""
        if turn.dialogue.state is not None or not (message.photo or message.document):
            return False
        found = _NOTICE.match(caption)
        if found is None or not turn.viewer.may(Action.NOTICE_SUBMIT):
            return False
        cut = found.end()
        marks = [
            one.model_copy(update={"offset": one.offset - cut})
            for one in message.caption_entities or ()
            if one.offset >= cut
        ]
        return {"said": message.model_copy(update={"caption": caption[cut:], "caption_entities": marks})}


_NOTICE = re.compile(f"(?:{'|'.join(map(re.escape, called(mark('通知'))))}|/notice)[\\s：:，,]+(?=\\S)", re.IGNORECASE)


async def on_captioned(turn: Turn, said: Message) -> Reply:
    """The notice that such a picture or file begins. Called by `handlers.arrivals`, which sees files first."""
    areas = await audiences.areas_of(turn.session, turn.viewer)
    if len(areas) != 1:
        return await _begin(turn)
    return await notice_who.take_content(said, turn, areas[0].id, _more(turn))


async def _begin(turn: Turn, text: str = "") -> Reply:
    areas = await audiences.areas_of(turn.session, turn.viewer)
    if not areas:
        return await _read_only(turn)
    if len(areas) > 1:
        rows: list[list[Button]] = [[(area.name[:LABEL], InArea(area=area.id))] for area in areas]
        no: Button = (_("取消"), notice_who.Whom(area=areas[0].id, do="no"))
        return turn.say(_("以哪里的名义发？"), [*rows, *_more(turn), [no]])
    draft = worded(Draft(areas[0].id, NOBODY_YET), text) if text else None
    return await notice_who.ask(turn, areas[0], draft, _more(turn))


def _more(turn: Turn) -> list[list[Button]]:
    """What was begun and left, and what was sent."""
    return [*drafts(turn, *STATES), [(_("已发通知"), Sent()), (_("未读通知"), notice_inbox.Unread())]]


async def _read_only(turn: Turn) -> Reply:
    """What is for him; who answers for an area also sees who has read."""
    text, buttons = await notice_inbox.unread(turn)
    if turn.viewer.may(Action.NOTICE_VIEW):
        buttons = [*buttons, [(_("已发通知"), Sent())]]
    return turn.say(text, buttons)


@router.callback_query(InArea.filter())
async def on_area(_query: CallbackQuery, callback_data: InArea, turn: Turn) -> Reply:
    """The area is chosen: whom is it for?"""
    area = await audiences.area_for(turn.session, turn.viewer, callback_data.area)
    return await notice_who.ask(turn, area)


@router.callback_query(Sent.filter())
async def on_sent(_query: CallbackQuery, callback_data: Sent, turn: Turn) -> Reply:
    """已发通知, ten at a time, the newest first."""
    if not turn.viewer.may(Action.NOTICE_VIEW):
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.NOTICE_VIEW.value)
    number = max(0, min(callback_data.page, 1_000))
    found, more = await queries.page(turn.session, turn.viewer, number, PAGE)
    if not found:
        return turn.edit(_("还没有发过通知。"))
    lines = [_("📣 <b>已发通知</b>，点编号看进度：")]
    lines += [await _line(turn, n, notice, area) for n, (notice, area) in enumerate(found, 1)]
    flat: list[Button] = [
        (f"{n} {notice.title}"[:LABEL], OpenNotice(id=notice.id)) for n, (notice, _area) in enumerate(found, 1)
    ]
    turning: list[Button] = [(_("上一页"), Sent(page=number - 1))] if number else []
    if more:
        turning.append((_("下一页"), Sent(page=number + 1)))
    return turn.edit("\n".join(lines), [*_pairs(flat), turning])


async def _line(turn: Turn, n: int, notice: Notice, area: Area) -> str:
    """1. 11月23日 关于做好… · 已发 · 627 人."""
    local = await of(turn.session).local(area, notice.submitted_at)
    return _("{n}. {day} {title} · {state} · {size} 人").format(
        n=n,
        day=phrases.day(local.date()),
        title=phrases.typed(notice.title),
        state=_(STATES_SHORT[notice.state]),
        size=notice.size,
    )


def _pairs(flat: Sequence[Button]) -> list[list[Button]]:
    return [list(flat[at : at + 2]) for at in range(0, len(flat), 2)]


@router.callback_query(OpenNotice.filter())
async def on_open(_query: CallbackQuery, callback_data: OpenNotice, turn: Turn) -> Reply:
    """Its progress, for the area it is of and above; for those below, who of theirs has read it."""
    notice, area = await queries.seen(turn.session, turn.viewer, callback_data.id)
    if not area.path.startswith(turn.viewer.paths(Action.NOTICE_VIEW)):
        return turn.edit(*await notice_lists.first(turn, notice.id))
    text, buttons = await overview(turn.session, turn.viewer, notice, area, turn.now)
    more: list[Button] = [(_("看全文"), notice_inbox.ReadAgain(id=notice.id)), (_("刷新"), OpenNotice(id=notice.id))]
    return turn.edit(text, [*buttons, more, [(_("返回"), Sent())]])
