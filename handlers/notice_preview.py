"""Writing a notice: its words, the preview exactly as it will be seen, what to change, when, and off it goes."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import notices
from handlers import notice_words as words
from handlers import phrases, task_words
from handlers.awaited import awaits, cancel
from handlers.filters import Awaiting
from handlers.notice_draft import (
    CONTENT,
    READY,
    TASK,
    UNTIL,
    WHEN,
    cards,
    gone,
    keep,
    kept,
    method,
    not_sent,
    sender,
    stamp,
    taken,
)
from handlers.task_words import TaskDue
from handlers.turn import Button, Buttons, Reply, Turn
from locales import _, mark
from policy import notices as rules
from policy.authority import Action
from policy.delivery import opens_at
from policy.notices import Draft
from policy.reaching import needs_second
from policy.refusals import Code, Refusal
from policy.spoken import coming_day, number
from storage import audience as audiences
from storage.calendars import county_calendar
from storage.notice_audience import area_for
from storage.tables import Area, NoticeState

router = Router(name="notice_preview")

MORNING = (8, 30)
OPEN_DAYS = (3, rules.OPEN_DAYS, 30, 0)


class Edit(CallbackData, prefix="nedit"):
    """What becomes of the draft: when, change, text, receipt, urgent, until, file, back."""

    do: str


class Send(CallbackData, prefix="nsend"):
    """发送 / 提交复核 of the draft with this stamp."""

    stamp: str


class At(CallbackData, prefix="nat"):
    """A usual time: `tomorrow`, or `now`."""

    when: str


class Open(CallbackData, prefix="nopen"):
    """Open for so many days; 0: without end."""

    days: int


# -- the words ------------------------------------------------------------------------------------------------------


async def go_on(turn: Turn, draft: Draft) -> Reply:
    """The next thing that a draft lacks: its words, or somebody's yes."""
    if not draft.html:
        keep(turn, CONTENT, draft)
        return await _ask_content(turn)
    return await show(turn, draft)


async def _ask_content(turn: Turn) -> Reply:
    draft = kept(turn)
    if draft is not None and draft.attachment is not None and not draft.html:
        return turn.say(_("收到附件。再发一句通知的内容："), [[cancel()]])
    return turn.edit(_("通知内容发到这里：文字、图片或文件，格式照原样保留。"), [[cancel()]])


awaits(CONTENT, mark("写通知"), _ask_content)


@router.message(Awaiting(CONTENT))
async def on_content(message: Message, turn: Turn) -> Reply:
    """What it says."""
    return await take_content(message, turn)


async def take_content(message: Message, turn: Turn) -> Reply:
    """The words, a picture or a file; files come by way of `handlers.arrivals`."""
    draft = kept(turn)
    new = taken(message, draft) if draft is not None else None
    if draft is None or new is None:
        return turn.say(_("这个发不了。通知可以是文字、图片或文件。"), [[cancel()]])
    if not new.html:
        keep(turn, CONTENT, new)
        return await _ask_content(turn)
    return await show(turn, new, album=message.media_group_id)


@router.message(Awaiting(READY))
async def on_more(message: Message, turn: Turn) -> Reply:
    """Something more, while the preview is shown."""
    return await take_more(message, turn)


async def take_more(message: Message, turn: Turn) -> Reply:
    """A picture or file that comes while the preview is shown takes its place beside the text; words are for 修改."""
    draft = kept(turn)
    if draft is None or message.text is not None or (new := taken(message, draft)) is None:
        return turn.say(_("通知还没有发。改内容点「修改」，不发了点「取消」。"), [[cancel()]])
    album = message.media_group_id
    if album is not None and album == turn.dialogue.data.get("album"):
        if turn.dialogue.data.get("told"):
            return None
        keep(turn, READY, draft, album=album, told=True)
        return turn.say(_("一条通知带一张图片，用的是第一张。要都发就做成一个文件。"))
    return await show(turn, new, album=album)


# -- the preview ----------------------------------------------------------------------------------------------------


async def show(turn: Turn, draft: Draft, *, album: str | None = None, edit: bool = False) -> Reply:
    """The notice as it will be seen, to whom, how long it takes, when. Raises `Refusal`: NOT_ALLOWED, NOTICE_NOBODY."""
    area = await area_for(turn.session, turn.viewer, draft.area_id)
    tail, buttons = await _tail(turn, draft, area)
    keep(turn, READY, draft, album=album)
    if draft.is_framed:
        answer = turn.edit if edit else turn.say
        return answer(f"{_head(turn, draft, area)}\n{tail}", buttons)
    if edit:
        return turn.edit(tail, buttons)
    before = [method(turn.chat_id, card) for card in cards(draft, sender(area, turn.person.name))]
    return [turn.say(_("📣 预览（与收到的一样）")), *before, turn.say(tail, buttons)]


def _head(turn: Turn, draft: Draft, area: Area, head: str | None = None) -> str:
    [card] = cards(draft, sender(area, turn.person.name))
    return "\n".join([head or _("📣 预览（与收到的一样）"), phrases.LINE, card.text, phrases.LINE])


async def _tail(turn: Turn, draft: Draft, area: Area) -> tuple[str, Buttons]:
    today = (await turn.batch.local(area, turn.now)).date()
    size = await audiences.size(turn.session, turn.viewer, Action.NOTICE_SUBMIT, draft.audience, today)
    if not size:
        raise Refusal(Code.NOTICE_NOBODY)
    second = needs_second(size, await turn.batch.profile(area, today))
    when = await _when(turn, draft, area)
    time = words.takes(rules.seconds_to_send(size * draft.messages, turn.send_rate))
    if when.is_later:
        time = _("到时{time}").format(time=time)
    elif second:
        time = _("复核后{time}").format(time=time)
    lines = [
        _("收件 {size} 人，{time}。{receipt}").format(size=size, time=time, receipt=words.receipt(draft)),
        _("发给：{whom}").format(whom=await words.audience(turn.session, draft.audience)),
        *when.lines,
    ]
    send = _("提交复核") if second else _("发送")
    return "\n".join(lines), [
        [(send, Send(stamp=stamp(draft))), (_("定时"), Edit(do="when"))],
        [(_("修改"), Edit(do="change")), cancel()],
    ]


class _When(NamedTuple):
    """When it goes out, where that isn't now (`is_later`); until when newcomers get it, where that isn't as usual."""

    lines: list[str]
    is_later: bool


async def _when(turn: Turn, draft: Draft, area: Area) -> _When:
    local = await turn.batch.local(area, draft.due_at or turn.now)
    is_later = draft.due_at is not None
    lines = []
    if draft.due_at is not None:
        lines.append(_("定于{moment} 发。").format(moment=words.moment(local)))
    if draft.is_urgent:
        lines.append(_("紧急：勿扰时间也发，会有响声。"))
    elif (opens := await _opens(turn, local, area)) is not None:
        lines.append(_("勿扰时间不打扰，{moment} 起送达。").format(moment=words.moment(opens)))
        is_later = True
    if draft.open_days != rules.OPEN_DAYS:
        lines.append(_open(local, draft.open_days))
    return _When(lines, is_later)


def _open(local: datetime, days: int) -> str:
    until = rules.open_until(local, days)
    if until is None:
        return _("长期有效：以后新来的人也会收到。")
    return _("有效到{day}：这以前新来的人也会收到。").format(day=phrases.day(rules.last_day(until)))


async def _opens(turn: Turn, local: datetime, area: Area) -> datetime | None:
    """When quiet hours end that hold at a local moment; None: it is not quiet."""
    profile = await turn.batch.profile(area, local.date())
    calendar = await county_calendar(turn.session, area, {local.year, (local + timedelta(days=40)).year})
    return opens_at(local, profile, calendar)


async def _show_again(turn: Turn) -> Reply:
    draft = kept(turn)
    return await show(turn, draft, album=turn.dialogue.data.get("album")) if draft is not None else None


awaits(READY, mark("发通知"), _show_again)


@router.callback_query(Send.filter())
async def on_send(_query: CallbackQuery, callback_data: Send, turn: Turn) -> Reply:
    """发送 / 提交复核: of the draft that is on the card, or kindly no. How it goes on is told by a card of its own."""
    draft = kept(turn)
    if draft is None or turn.dialogue.state != READY:
        return not_sent(turn, callback_data.stamp)
    if callback_data.stamp != stamp(draft):
        return turn.toast(_("这份预览后来改过了，没有发。请点最下面那一份。"), alert=True)
    notice = await notices.submit(turn.session, by=turn.viewer, draft=draft, now=turn.now)
    turn.dialogue.end(CONTENT, WHEN, UNTIL, TASK)
    area = await turn.session.get_one(Area, draft.area_id)
    done = (
        _("📣 已提交复核，进度看下面的卡片。")
        if notice.state is NoticeState.REVIEW
        else _("📣 已确认，进度看下面的卡片。")
    )
    return turn.edit(_head(turn, draft, area, done) if draft.is_framed else done)


# -- changes --------------------------------------------------------------------------------------------------------


@router.callback_query(Edit.filter())
async def on_edit(_query: CallbackQuery, callback_data: Edit, turn: Turn) -> Reply:
    """定时, 修改, and what is behind it."""
    draft = kept(turn)
    if draft is None:
        return gone(turn)
    match callback_data.do:
        case "when":
            keep(turn, WHEN, draft)
            return await _ask_when(turn)
        case "text":
            keep(turn, CONTENT, draft)
            return turn.edit(_("新的内容发到这里，原来的会被换掉。图片、文件也可以换。"), [[_back(), cancel()]])
        case "until":
            keep(turn, UNTIL, draft)
            return await _ask_until(turn)
        case "receipt":
            return await _changes(turn, draft.but(wants_receipt=not draft.wants_receipt))
        case "urgent":
            return await _changes(turn, draft.but(is_urgent=not draft.is_urgent))
        case "file":
            return await _changes(turn, draft.but(attachment=None))
        case "change":
            return await _changes(turn, draft)
        case "back":
            return await show(turn, draft, edit=True) if draft.html else await go_on(turn, draft)
    raise Refusal(Code.NOT_FOUND)


async def _changes(turn: Turn, draft: Draft) -> Reply:
    """What can be changed, and how it stands."""
    keep(turn, READY, draft)
    lines = [
        _("改哪一项？"),
        _("回执：{words}").format(words=words.receipt(draft)),
        _("紧急：{words}").format(words=_("是，勿扰时间也发。") if draft.is_urgent else _("否。")),
        _("有效期：{words}").format(words=_("{n} 天。").format(n=draft.open_days) if draft.open_days else _("长期。")),
        _("落实：{words}").format(words=task_words.due(draft.due_on) if draft.due_on is not None else _("不要求。")),
    ]
    rows: list[list[Button]] = [
        [(_("改内容"), Edit(do="text")), (_("改收件人"), Edit(do="who"))],
        [
            (_("不要回执") if draft.wants_receipt else _("要回执"), Edit(do="receipt")),
            (_("不紧急") if draft.is_urgent else _("设为紧急"), Edit(do="urgent")),
        ],
        [(_("有效期"), Edit(do="until")), (_("需落实"), TaskDue(do="ask"))],
        [_back(), cancel()],
    ]
    if draft.attachment is not None:
        rows.insert(3, [(_("去掉附件"), Edit(do="file"))])
    return turn.edit("\n".join(lines), rows)


def _back() -> Button:
    return _("返回预览"), Edit(do="back")


def back(draft: Draft) -> list[Button]:
    """[返回预览], where there is one: the words are written, and it is settled whom they are for."""
    return [_back()] if draft.html and draft.audience.area_ids else []


async def _ask_when(turn: Turn) -> Reply:
    usual: list[Button] = [(_("明天 8:30"), At(when="tomorrow")), (_("马上发"), At(when="now"))]
    return turn.edit(_("什么时候发？点一下，或写：11-24 8:30、明天8点、下周一上午9点。"), [usual, [_back(), cancel()]])


awaits(WHEN, mark("定通知的时间"), _ask_when)


@router.callback_query(At.filter())
async def on_at(_query: CallbackQuery, callback_data: At, turn: Turn) -> Reply:
    """A usual time by one tap."""
    draft = kept(turn)
    if draft is None or turn.dialogue.state != WHEN:
        return gone(turn)
    if callback_data.when == "now":
        return await show(turn, draft.but(due_at=None), edit=True)
    local = await _local(turn, draft)
    due = (local + timedelta(days=1)).replace(hour=MORNING[0], minute=MORNING[1], second=0, microsecond=0)
    return await show(turn, draft.but(due_at=due), edit=True)


@router.message(Awaiting(WHEN))
async def on_when(message: Message, turn: Turn) -> Reply:
    """The time in one's own words."""
    draft = kept(turn)
    if draft is None:
        return gone(turn)
    due = rules.when(message.text or "", await _local(turn, draft))
    if due is None:
        return turn.say(_("没看懂是什么时候。写上哪天几点，例如：11-24 8:30、明天8点。"), [[_back(), cancel()]])
    rules.check_due(due, turn.now)
    return await show(turn, draft.but(due_at=due))


async def _local(turn: Turn, draft: Draft) -> datetime:
    area = await area_for(turn.session, turn.viewer, draft.area_id)
    return await turn.batch.local(area, turn.now)


async def _ask_until(turn: Turn) -> Reply:
    flat: list[Button] = [(_("{n} 天").format(n=days) if days else _("长期"), Open(days=days)) for days in OPEN_DAYS]
    text = _("有效期多长？有效期里新来的人也会收到。点一下，或写一个日期，例如：12月31日。")
    return turn.edit(text, [flat[:2], flat[2:], [_back(), cancel()]])


awaits(UNTIL, mark("定通知的有效期"), _ask_until)


@router.callback_query(Open.filter(F.days >= 0))
async def on_open(_query: CallbackQuery, callback_data: Open, turn: Turn) -> Reply:
    """So many days, or without end."""
    draft = kept(turn)
    if draft is None or turn.dialogue.state != UNTIL:
        return gone(turn)
    rules.check_open(callback_data.days)
    return await show(turn, draft.but(open_days=callback_data.days), edit=True)


@router.message(Awaiting(UNTIL))
async def on_until(message: Message, turn: Turn) -> Reply:
    """A date, or so many days, in one's own words."""
    draft = kept(turn)
    if draft is None:
        return gone(turn)
    days = _days(message.text or "", await _local(turn, draft), draft)
    if days is None:
        return turn.say(_("没看懂到哪一天。写一个日期或天数，例如：12月31日、10天。"), [[_back(), cancel()]])
    rules.check_open(days)
    return await show(turn, draft.but(open_days=days))


def _days(text: str, now_local: datetime, draft: Draft) -> int | None:
    """How many days after the one it goes out; None where that can't be made out, or it would be none at all."""
    if text.strip() == _("长期"):
        return 0
    if (counted := number(text.strip().removesuffix("天"))) is not None:
        return counted or None
    on: Any = coming_day(text, now_local.date())
    going_out = draft.due_at.astimezone(now_local.tzinfo) if draft.due_at is not None else now_local
    return None if on is None or on <= going_out.date() else (on - going_out.date()).days
