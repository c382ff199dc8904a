"""请核对: all that will be handed in, what it takes, who decides and why, who stays; changed, then handed in."""

from datetime import date, datetime
from typing import Any

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import leave
from actions import leave_attachments as actions
from actions.leave import Details, Plan
from handlers import leave_attachments, phrases
from handlers import leave_words as words
from handlers.awaited import Cancel, awaits, cancel
from handlers.cards import Card, card
from handlers.filters import TEXT, Awaiting
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy.authority import Role, Viewer
from policy.calendar import Half, Span
from policy.notices import Attachment, AttachmentKind
from policy.profile import LeaveKind
from policy.refusals import Code, Refusal
from policy.roster import clean_phone
from policy.sentences import mask_phone
from storage import leave as queries
from storage.batch import of
from storage.conversations import open_in
from storage.engine import AsyncSession
from storage.tables import Person

router = Router(name="leave_review")

REVIEW = "leave.review"
"""All is there and is shown; kept with it: kind, span, reason, and what else was said: phone, stand_in, files, extends."""
PHONE = "leave.phone"
"""Another telephone number is awaited; kept with it: as REVIEW."""


class LeaveDo(CallbackData, prefix="leave"):
    """A press while asking.

    `kind`, `more`, `span`, `hand`, `new`; of what is shown: `send`, `change`, `phone`, `attach`, `show`; what to change: `rekind`,
    `dates`, `rereason`, `rehand`; of what stands in the way: `trip`, `own`.
    """

    do: str
    v: str = ""


def over(turn: Turn) -> Reply:
    """An old card was pressed."""
    return turn.edit(_("这张卡片已经过了。发「请假」可以重新请。"))


def packed(span: Span) -> str:
    """A span on a button and in the conversation: `20261124pm20261125pm`."""
    return f"{span.from_on:%Y%m%d}{span.from_half.value}{span.to_on:%Y%m%d}{span.to_half.value}"


def unpacked(text: str) -> Span | None:
    """The span of such a text; None for anything else."""
    try:
        first, last = (date(int(part[:4]), int(part[4:6]), int(part[6:8])) for part in (text[:8], text[10:18]))
        return Span(first, Half(text[8:10]), last, Half(text[18:20]))
    except ValueError:
        return None


async def plan(session: AsyncSession, viewer: Viewer, kept: dict[str, Any], now: datetime) -> Plan:
    """What the leave being asked for comes to. Raises `Refusal` as `actions.leave.plan`, NOT_FOUND."""
    span = unpacked(kept["span"])
    if span is None:
        raise Refusal(Code.NOT_FOUND)
    kind = LeaveKind(kept["kind"])
    return await leave.plan(session, by=viewer, person_id=viewer.person_id or 0, kind=kind, span=span, now=now)


async def show(turn: Turn) -> Reply:
    """The card, from what the conversation holds."""
    shown = await review(turn.session, turn.viewer, turn.dialogue.data, turn.now)
    return turn.edit(shown.text, shown.buttons)


async def review(
    session: AsyncSession, viewer: Viewer, kept: dict[str, Any], now: datetime, *, matter: int = 0
) -> Card:
    """请核对; `matter` where it is made while nobody speaks (`handlers.awaited.Cancel`)."""
    planned = await plan(session, viewer, kept, now)
    asked, kind = planned.asked, LeaveKind(kept["kind"])
    today = (await of(session).local(planned.village, now)).date()
    profile = await of(session).profile(planned.village, today)
    phone = mask_phone(await _phone(session, viewer, kept))
    reason = phrases.typed(kept["reason"])
    lines = [
        _("请核对："),
        _("{kind} · {span} · <b>{days}</b>").format(
            kind=words.kind(kind),
            span=words.span(asked.span, today.year),
            days=words.days(asked.halves, kind, profile),
        ),
        _("{reason} · 电话 {phone}").format(reason=reason, phone=phone) if phone else reason,
    ]
    if asked.left is not None:
        lines.append(words.balance(kind, asked, today))
    lines += [words.staying(planned.staying), await decides(session, planned, kind, today)]
    if asked.chain > asked.halves:
        chain = words.days(asked.chain, kind, profile)
        lines.append(_("和前后只隔休息日的请假合起来 {days}，按合计看由谁批。").format(days=chain))
    if kept.get("stand_in"):
        names = [person.name for person in planned.staying if person.id == kept["stand_in"]]
        lines.append(_("交接给{name}").format(name=phrases.names(names)))
    if asked.is_afterwards:
        lines.append(_("这是事后<b>补办</b>。"))
    lines += [_("⚠️ 这几天全员在岗：{reason}。").format(reason=phrases.typed(reason)) for reason in planned.closed]
    if kept.get("files"):
        lines.append(_("📎 附件 {n} 个").format(n=len(kept["files"])))
    rows: list[list[Button]] = [
        [(_("提交"), LeaveDo(do="send")), (_("修改"), LeaveDo(do="change"))],
        [(_("加附件"), LeaveDo(do="attach")), (_("改电话") if phone else _("留电话"), LeaveDo(do="phone"))],
        [(_("取消"), Cancel(matter=matter))],
    ]
    return Card("\n".join(lines), rows)


async def decides(session: AsyncSession, planned: Plan, kind: LeaveKind, today: date) -> str:
    """审批人：柳河镇党委 刘敏（超过1天、不超过3天，本县规定）; with the levels that come after, where there are some."""
    profile = await of(session).profile(planned.village, today)
    _first, *later = planned.asked.levels
    rule = words.rung(planned.role, kind, planned.asked.levels[-1], profile)
    who = await words.deciding(session, planned.village, planned.approvers)
    if not later:
        return _("审批人：{who}（{rule}）").format(who=who, rule=rule)
    then = _("、").join([await words.office(session, planned.village, level) for level in later])
    return _("审批人：先是{who}，再是{then}（{rule}）").format(who=who, then=then, rule=rule)


@router.callback_query(LeaveDo.filter(F.do == "show"))
async def on_show(_query: CallbackQuery, turn: Turn) -> Reply:
    """返回: as it was."""
    return await show(turn) if turn.dialogue.state == REVIEW else over(turn)


@router.callback_query(LeaveDo.filter(F.do == "change"))
async def on_change(_query: CallbackQuery, turn: Turn) -> Reply:
    """修改: which of it; the rest stays."""
    if turn.dialogue.state != REVIEW:
        return over(turn)
    planned = await plan(turn.session, turn.viewer, turn.dialogue.data, turn.now)
    flat: list[Button] = [
        (_("假别"), LeaveDo(do="rekind")),
        (_("日期"), LeaveDo(do="dates")),
        (_("事由去向"), LeaveDo(do="rereason")),
    ]
    if planned.role is Role.FIRST_SECRETARY and planned.staying:
        flat.append((_("交接"), LeaveDo(do="rehand")))
    flat += [(_("返回"), LeaveDo(do="show")), cancel()]
    return turn.edit(_("改哪一样？别的不动。"), [flat[at : at + 2] for at in range(0, len(flat), 2)])


# -- 附件, if any ---------------------------------------------------------------------------------------------------


def _attached(held: dict[str, str]) -> Attachment:
    return Attachment(AttachmentKind(held["kind"]), held["file_id"], held["name"])


@router.callback_query(LeaveDo.filter(F.do == "attach"))
async def on_attach(_query: CallbackQuery, turn: Turn) -> Reply:
    """加附件: what to send; what is shown stays open."""
    if turn.dialogue.state != REVIEW:
        return over(turn)
    return turn.edit(leave_attachments.hint(), [[(_("返回"), LeaveDo(do="show")), cancel()]])


async def take(message: Message, turn: Turn) -> Reply:
    """A picture or file while 请核对 is open goes along; an album is answered once (law 4). By way of `arrivals`."""
    found = leave_attachments.taken(message)
    kept = turn.dialogue.data
    if found is None:
        return None
    file, size = found
    had = kept.get("files", [])
    actions.check([file], size, len(had))
    held = {"kind": file.kind.value, "file_id": file.file_id, "name": file.name}
    turn.dialogue.to(REVIEW, **{**kept, "files": [*had, held]})
    if message.media_group_id is None:
        return await show(turn)
    await actions.answer_album(turn.session, by=turn.viewer, album=message.media_group_id, now=turn.now)
    return None


@card("leave_review")
async def review_card(session: AsyncSession, viewer: Viewer, _payload: dict[str, Any]) -> Card | None:
    """请核对 with all of an album; None where it is over by then."""
    now = session.info["now"]
    held = await open_in(session, viewer, REVIEW, now)
    return None if held is None else await review(session, viewer, held[0], now, matter=held[1])


# -- the telephone: the last one given, else the roster's -----------------------------------------------------------


async def _phone(session: AsyncSession, viewer: Viewer, kept: dict[str, Any]) -> str | None:
    if kept.get("phone"):
        given: str = kept["phone"]
        return given
    person = await session.get_one(Person, viewer.person_id)
    return await queries.last_phone(session, viewer) or person.phone


@router.callback_query(LeaveDo.filter(F.do == "phone"))
async def on_phone(_query: CallbackQuery, turn: Turn) -> Reply:
    """改电话."""
    if turn.dialogue.state != REVIEW:
        return over(turn)
    turn.dialogue.to(PHONE, **turn.dialogue.data)
    return await _ask_phone(turn)


async def _ask_phone(turn: Turn) -> Reply:
    return turn.edit(_("请假期间打哪个手机找您？发 11 位号码。"), [[cancel()]])


@router.message(Awaiting(PHONE), TEXT)
async def on_phone_number(message: Message, turn: Turn) -> Reply:
    """Another number, for this leave and the next ones; the roster's stays as it is."""
    turn.dialogue.to(REVIEW, **{**turn.dialogue.data, "phone": clean_phone(message.text or "")})
    return await show(turn)


# -- handed in ------------------------------------------------------------------------------------------------------


@router.callback_query(LeaveDo.filter(F.do == "send"))
async def on_send(_query: CallbackQuery, turn: Turn) -> Reply:
    """提交: the answer is a card, since it will change."""
    kept = turn.dialogue.data
    span = unpacked(kept["span"]) if turn.dialogue.state == REVIEW else None
    if span is None:
        return over(turn)
    kind = LeaveKind(kept["kind"])
    asked = await leave.request(
        turn.session,
        by=turn.viewer,
        person_id=turn.person.id,
        kind=kind,
        span=span,
        details=Details(
            kept["reason"],
            phone=await _phone(turn.session, turn.viewer, kept),
            stand_in_id=kept.get("stand_in"),
        ),
        now=turn.now,
        extends_id=kept.get("extends"),
    )
    await leave_attachments.attach(turn, asked.id, [_attached(file) for file in kept.get("files", ())])
    turn.dialogue.end()
    return turn.edit(_("{kind} · {span}").format(kind=words.kind(kind), span=words.span(span)))


awaits(REVIEW, mark("请假"), show)
awaits(PHONE, mark("请假"), _ask_phone)
