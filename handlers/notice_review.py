"""A second person's word on a notice that many will get: the preview, 发送 or 退回; and how the author hears."""

from typing import Any

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import notices
from handlers import notice_words as words
from handlers import phrases
from handlers.awaited import awaits, cancel
from handlers.cards import Card, card
from handlers.filters import TEXT, Awaiting
from handlers.notice_draft import cards, sender
from handlers.notice_progress import Manage
from handlers.turn import Buttons, Reply, Turn
from locales import _, mark
from policy.authority import Action, Viewer
from policy.refusals import Code, Refusal
from storage import notices as queries
from storage.batch import of
from storage.engine import AsyncSession
from storage.tables import Area, Notice, NoticeState, Person

router = Router(name="notice_review")

RETURN = "notice.return"
"""Why it is sent back is awaited; kept with it: notice."""


class Review(CallbackData, prefix="nreview"):
    """`yes` or `no`."""

    id: int
    do: str


@card("notice_sample", label=mark("通知样子"))
async def sample_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """One message of a notice that waits for one's word, as recipients will see it; then the preview has no room."""
    notice, area, _role = await queries.get(session, viewer, Action.NOTICE_CONFIRM, payload["notice_id"])
    if notice.state is not NoticeState.REVIEW:
        return None
    author = await session.get_one(Person, notice.author_id)
    part: int = payload["part"]
    return cards(queries.draft_of(notice), sender(area, author.name))[part]


@card("notice_review", label=mark("通知复核"))
async def review_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """What waits for one's word, or what came of it."""
    notice, area, _role = await queries.get(session, viewer, Action.NOTICE_CONFIRM, payload["notice_id"])
    author = await session.get_one(Person, notice.author_id)
    draft = queries.draft_of(notice)
    head = _("📣 请复核 · {name}要发给 {size} 人").format(name=phrases.typed(author.name), size=notice.size)
    lines = [head if notice.state is NoticeState.REVIEW else await _decided(session, notice, area)]
    if draft.is_framed:
        lines += [phrases.LINE, cards(draft, sender(area, author.name))[0].text, phrases.LINE]
    else:
        lines.append(phrases.typed(draft.title))
    whom = await words.audience(session, draft.audience)
    lines.append(_("发给：{whom}。{receipt}").format(whom=whom, receipt=words.receipt(draft)))
    if draft.due_at is not None:
        due = await of(session).local(area, draft.due_at)
        lines.append(_("定于{moment} 发。").format(moment=words.moment(due)))
    if draft.is_urgent:
        lines.append(_("紧急：勿扰时间也发，会有响声。"))
    return Card("\n".join(lines), _buttons(notice))


def _buttons(notice: Notice) -> Buttons:
    if notice.state is not NoticeState.REVIEW:
        return []
    return [[(_("发送"), Review(id=notice.id, do="yes")), (_("退回"), Review(id=notice.id, do="no"))]]


async def _decided(session: AsyncSession, notice: Notice, area: Area) -> str:
    if notice.state is NoticeState.EXPIRED:
        return _("📣 没有人复核，已过期，没有发。")
    is_returned = notice.state is NoticeState.RETURNED
    person_id, at = notice.reviewed_by_id, notice.reviewed_at
    if person_id is None:
        return _("📣 这条通知已经取消，不用复核。")
    person = await session.get_one(Person, person_id)
    local = await of(session).local(area, at or notice.submitted_at)
    verdict = _("<b>已退回</b>") if is_returned else _("<b>已同意发送</b>")
    return _("📣 {verdict} · {name} · {moment}").format(
        verdict=verdict, name=phrases.typed(person.name), moment=words.moment(local)
    )


@router.callback_query(Review.filter(F.do == "yes"))
async def on_yes(_query: CallbackQuery, callback_data: Review, turn: Turn) -> Reply:
    """发送: it goes out."""
    try:
        notice = await notices.confirm(turn.session, by=turn.viewer, notice_id=callback_data.id, now=turn.now)
    except Refusal as refusal:
        if refusal.code is Code.ALREADY_DECIDED:
            return turn.toast(_("这条通知已经有人处理过了，或者过了期，没有改动。"), alert=True)
        raise
    return turn.toast(_("已同意，按时发出。") if notice.state is NoticeState.SCHEDULED else _("已同意，正在发。"))


@router.callback_query(Review.filter(F.do == "no"))
async def on_no(_query: CallbackQuery, callback_data: Review, turn: Turn) -> Reply:
    """退回: why?"""
    notice, _area, _role = await queries.get(turn.session, turn.viewer, Action.NOTICE_CONFIRM, callback_data.id)
    if notice.state is not NoticeState.REVIEW:
        return turn.toast(_("这条通知已经有人处理过了，或者过了期，没有改动。"), alert=True)
    turn.dialogue.leave()
    turn.dialogue.to(RETURN, notice=notice.id)
    return await _ask(turn)


async def _ask(turn: Turn) -> Reply:
    return turn.say(_("为什么退回？一句话，发通知的人会看到："), [[cancel()]])


awaits(RETURN, mark("退回通知"), _ask, plain=mark("就是原因"))


@router.message(Awaiting(RETURN), TEXT)
async def on_reason(message: Message, turn: Turn) -> Reply:
    """The reason; what has been decided meanwhile is no longer asked."""
    notice_id = turn.dialogue.data["notice"]
    try:
        await notices.send_back(
            turn.session, by=turn.viewer, notice_id=notice_id, reason=message.text or "", now=turn.now
        )
    except Refusal as refusal:
        if refusal.code is not Code.ALREADY_DECIDED:
            raise
        turn.dialogue.end()
        return turn.say(_("这条通知已经有人处理过了，或者过了期，没有改动。"))
    turn.dialogue.end()
    return turn.say(_("已退回，发通知的人会看到原因。"))


@card("notice_returned")
async def returned_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """Why one's notice came back, and the way to change it."""
    notice, _area, _role = await queries.get(session, viewer, Action.NOTICE_VIEW, payload["notice_id"])
    by = await session.get_one(Person, notice.reviewed_by_id or notice.author_id)
    text = _("📣 通知被<b>退回</b>：{title}\n{name}：{reason}\n没有发出。改好可以再提交。").format(
        title=phrases.typed(notice.title),
        name=phrases.typed(by.name),
        reason=phrases.typed(notice.returned_because or ""),
    )
    return Card(text, [[(_("再编辑"), Manage(id=notice.id, do="again"))]])


@card("notice_expired")
async def expired_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """Nobody gave the second word, and the way to hand it in again."""
    notice, _area, _role = await queries.get(session, viewer, Action.NOTICE_VIEW, payload["notice_id"])
    text = _(
        "📣 <b>没有人复核</b>，没有发出：{title}\n三个工作日里没有人确认。先打个电话，再点「再编辑」提交。"
    ).format(title=phrases.typed(notice.title))
    return Card(text, [[(_("再编辑"), Manage(id=notice.id, do="again"))]])
