"""A second person's word on a request for figures that many get: as it will be asked, 发出 or 退回; how its author hears."""

from typing import Any

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import figure_review as actions
from handlers import figure_compose, phrases
from handlers import figure_words as words
from handlers.awaited import awaits, cancel
from handlers.cards import Card, card
from handlers.figure_cards import Manage, until
from handlers.filters import TEXT, Awaiting
from handlers.turn import Button, Buttons, Reply, Turn
from locales import _, mark
from policy.audience import Audience
from policy.authority import Action, Viewer
from policy.refusals import LOCAL, Code, Refusal
from storage import figure_asking, figures
from storage.batch import of
from storage.engine import AsyncSession
from storage.tables import Area, FigureRequest, FigureReview, Person

router = Router(name="figure_review")

RETURN = "figures.return"
"""Why it is sent back is awaited; kept with it: request."""


class Review(CallbackData, prefix="figreview"):
    """`yes` or `no`."""

    id: int
    do: str


@card("figures_review", label=mark("报数复核"))
async def review_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """The request as it will be asked, and of how many; or what came of it."""
    request, area, _role = await figures.get(session, viewer, Action.FIGURES_CONFIRM, payload["request_id"])
    now = session.info["now"]
    waits = figures.awaits_word(request)
    fields = [figures.as_asked(row) for row in await figures.fields(session, request.id)]
    due = await until(session, area, request, now)
    lines = [
        await (_head if waits else _decided)(session, request, area),
        phrases.LINE,
        words.ask(request.title, area.name, fields, request.basis, due, request.each),
        phrases.LINE,
        await _whom(session, viewer, request, area),
    ]
    buttons: list[Button] = [(_("发出"), Review(id=request.id, do="yes")), (_("退回"), Review(id=request.id, do="no"))]
    return Card("\n".join(lines), [buttons] if waits else [])


async def _head(session: AsyncSession, request: FigureRequest, _area: Area) -> str:
    author = await session.get_one(Person, request.by_id)
    return _("📊 <b>请复核</b> · {name}要报数，{size} 人会收到").format(
        name=phrases.typed(author.name), size=request.size or 0
    )


async def _whom(session: AsyncSession, viewer: Viewer, request: FigureRequest, area: Area) -> str:
    audience = Audience.load(request.audience)
    on = (await of(session).local(area, request.sent_at)).date()
    asked = await figure_asking.size(session, viewer, Action.FIGURES_CONFIRM, audience, request.each, on)
    chosen = [(await session.get_one(Area, area_id)).name for area_id in audience.area_ids]
    return words.whom(request.each, asked, chosen)


async def _decided(session: AsyncSession, request: FigureRequest, area: Area) -> str:
    if request.review is FigureReview.EXPIRED:
        return _("📊 没有人复核，<b>已过期</b>，没有发出。")
    if request.reviewed_by_id is None or request.reviewed_at is None:
        return _("📊 这份报数<b>已撤回</b>，不用复核。")
    person = await session.get_one(Person, request.reviewed_by_id)
    local = await of(session).local(area, request.reviewed_at)
    verdict = _("<b>已退回</b>") if request.review is FigureReview.RETURNED else _("<b>已同意发出</b>")
    return _("📊 {verdict} · {name} · {moment}").format(
        verdict=verdict, name=phrases.typed(person.name), moment=words.moment(local)
    )


@router.callback_query(Review.filter(F.do == "yes"))
async def on_yes(_query: CallbackQuery, callback_data: Review, turn: Turn) -> Reply:
    """发出: it goes out."""
    try:
        await actions.confirm(turn.session, by=turn.viewer, request_id=callback_data.id, now=turn.now)
    except Refusal as refusal:
        if refusal.code is Code.ALREADY_DECIDED:
            return turn.toast(_decided_before(), alert=True)
        raise
    return turn.toast(_("已同意，正在发出。"))


def _decided_before() -> str:
    return _("这份报数已经有人处理过了，或者过了期，没有改动。")


@router.callback_query(Review.filter(F.do == "no"))
async def on_no(_query: CallbackQuery, callback_data: Review, turn: Turn) -> Reply:
    """退回: why?"""
    request, _area, _role = await figures.get(turn.session, turn.viewer, Action.FIGURES_CONFIRM, callback_data.id)
    if not figures.awaits_word(request):
        return turn.toast(_decided_before(), alert=True)
    turn.dialogue.leave()
    turn.dialogue.to(RETURN, request=request.id)
    return await _ask(turn)


async def _ask(turn: Turn) -> Reply:
    return turn.say(_("为什么退回？一句话，发起的人会看到："), [[cancel()]])


awaits(RETURN, mark("退回报数"), _ask, plain=mark("就是原因"))


@router.message(Awaiting(RETURN), TEXT)
async def on_reason(message: Message, turn: Turn) -> Reply:
    """The reason; what has been decided meanwhile is no longer asked."""
    request_id = turn.dialogue.data["request"]
    try:
        await actions.send_back(
            turn.session, by=turn.viewer, request_id=request_id, reason=message.text or "", now=turn.now
        )
    except Refusal as refusal:
        if refusal.code is not Code.ALREADY_DECIDED:
            raise
        turn.dialogue.end()
        return turn.say(_decided_before())
    turn.dialogue.end()
    return turn.say(_("已退回，发起的人会看到原因。"))


# -- how whoever asks hears of it -------------------------------------------------------------------------------------


@card("figures_confirmed")
async def confirmed_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """Who has let it go out."""
    request, by = await _reviewed(session, viewer, payload)
    text = _("📊 {name}<b>已复核</b>，正在发出：{title}").format(name=by, title=phrases.typed(request.title))
    return Card(text)


@card("figures_returned")
async def returned_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """Why it came back, and the way to change it."""
    request, by = await _reviewed(session, viewer, payload)
    text = _("📊 报数被<b>退回</b>：{title}\n{name}：{reason}\n没有发出。改好可以再提交。").format(
        title=phrases.typed(request.title), name=by, reason=phrases.typed(request.returned_because or "")
    )
    return Card(text, _again(request))


@card("figures_expired")
async def expired_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """Nobody gave the second word in time, and the way to hand it in again."""
    request, _by = await _reviewed(session, viewer, payload)
    is_due = request.reviewed_at is not None and request.reviewed_at >= request.due_at
    text = (
        _("📊 <b>没有人复核</b>，没有发出：{title}\n到截止时间还没有人确认。先打个电话，再点「再编辑」提交。")
        if is_due
        else _("📊 <b>没有人复核</b>，没有发出：{title}\n三个工作日里没有人确认。先打个电话，再点「再编辑」提交。")
    ).format(title=phrases.typed(request.title))
    return Card(text, _again(request))


async def _reviewed(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> tuple[FigureRequest, str]:
    request, _area, _role = await figures.get(session, viewer, Action.FIGURES_VIEW, payload["request_id"])
    by = await session.get_one(Person, request.reviewed_by_id or request.by_id)
    return request, phrases.typed(by.name)


def _again(request: FigureRequest) -> Buttons:
    return [[(_("再编辑"), Manage(id=request.id, do="again"))]]


@router.callback_query(Manage.filter(F.do == "again"))
async def on_again(_query: CallbackQuery, callback_data: Manage, turn: Turn) -> Reply:
    """再编辑: what was sent back, expired, or taken back before it went out, is a draft once more."""
    request, area, _role = await figures.get(turn.session, turn.viewer, Action.FIGURES_SEND, callback_data.id)
    if figures.is_released(request) or figures.awaits_word(request) or request.by_id != turn.person.id:
        raise Refusal(Code.FIGURES_OVER, LOCAL)
    within = Audience.load(request.audience).area_ids
    rows = await figures.fields(turn.session, request.id)
    draft: dict[str, Any] = {
        "area": area.id,
        "within": [] if within == (area.id,) else list(within),
        "each": request.each.value,
        "title": request.title,
        "fields": [figures.as_asked(row).dump() for row in rows],
        "basis": request.basis,
    }
    if request.due_at > await figure_asking.goes_out(turn.session, area, turn.now):
        draft["due"] = request.due_at.isoformat()
    return await figure_compose.take_up(turn, draft)
