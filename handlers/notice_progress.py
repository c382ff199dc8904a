"""A notice's progress card, and what its author and the staff of its area may do: pause, stop, withdraw, remind."""

from datetime import datetime
from typing import Any

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery

from actions import notice_receipts, notices
from handlers import notice_preview, phrases
from handlers import notice_words as words
from handlers.cards import Card, card
from handlers.notice_draft import READY, keep
from handlers.notice_lists import ShowList
from handlers.notice_replies import Thread
from handlers.turn import Button, Buttons, Reply, Turn
from locales import _, mark
from policy import notices as rules
from policy.authority import Action, Viewer
from policy.notices import NoticeKind
from policy.reaching import MOST_REMINDERS
from policy.refusals import Code, Refusal
from storage import notice_progress as going
from storage import notices as queries
from storage.batch import of
from storage.engine import AsyncSession
from storage.notice_lists import Standing
from storage.notice_progress import Failures, Progress
from storage.people import seconders
from storage.tables import Area, Notice, NoticeState, Person

router = Router(name="notice_progress")

AGAIN = frozenset({NoticeState.RETURNED, NoticeState.EXPIRED, NoticeState.CANCELLED})
"""States from which its author may take a notice up again, if nothing of it went out."""


class Manage(CallbackData, prefix="nmanage"):
    """pause, resume, cancel, withdraw, sure, not, remind, again."""

    id: int
    do: str


async def overview(
    session: AsyncSession, viewer: Viewer, notice: Notice, area: Area, now: datetime
) -> tuple[str, Buttons]:
    """How a notice stands, and what may be done about it. The caller has checked that it is the viewer's to see."""
    progress = await going.progress(session, notice, now)
    lines = [
        await _head(session, notice, area, progress, now),
        _("{title} · {area}").format(title=phrases.typed(notice.title), area=phrases.typed(area.name)),
    ]
    if progress.failures.people:
        lines.append(failures(progress.failures))
    if notice.reminders:
        lines.append(_("已提醒 {times} 次，最多 {most} 次。").format(times=notice.reminders, most=MOST_REMINDERS))
    return "\n".join(lines), _buttons(viewer, notice, area, progress, now)


async def _head(session: AsyncSession, notice: Notice, area: Area, progress: Progress, now: datetime) -> str:
    """The first line: 📣 发送中 412/627 · 已阅 96 · 未送达 3 · 约剩 8 秒."""
    match notice.state:
        case NoticeState.REVIEW:
            return await _under_review(session, notice, area, now)
        case NoticeState.EXPIRED:
            return _("📣 <b>复核过期</b>，没有人确认，没有发。")
        case NoticeState.RETURNED:
            return _("📣 <b>已退回</b> · {who}").format(
                who=await _by(session, area, notice.reviewed_by_id, notice.reviewed_at)
            )
        case NoticeState.SCHEDULED:
            due = await of(session).local(area, notice.due_at)
            return _("📣 定于{moment} 发 · 收件 {size} 人").format(moment=words.moment(due), size=notice.size)
        case NoticeState.CANCELLED if notice.started_at is None:
            return _("📣 <b>已取消</b>，没有发。")
        case NoticeState.WITHDRAWN:
            return _("📣 <b>已撤回</b> · {who}").format(
                who=await _by(session, area, notice.ended_by_id, notice.ended_at)
            )
    return await _numbers(session, notice, area, progress)


async def _numbers(session: AsyncSession, notice: Notice, area: Area, progress: Progress) -> str:
    parts = [await _going(session, notice, area, progress)]
    if notice.wants_receipt:
        parts.append(_("已阅 {n}").format(n=progress.read))
    if notice.kind is NoticeKind.TASK:
        parts.append(_("已落实 {n}").format(n=progress.done))
    if progress.failures.people:
        parts.append(_("未送达 {n}").format(n=progress.failures.people))
    if progress.replies:
        parts.append(_("回复 {n}").format(n=progress.replies))
    if (left := _left(notice, progress)) is not None:
        parts.append(_("约剩 {time}").format(time=words.duration(left)))
    return " · ".join(parts)


async def _under_review(session: AsyncSession, notice: Notice, area: Area, now: datetime) -> str:
    on = (await of(session).local(area, now)).date()
    others = await seconders(session, Action.NOTICE_CONFIRM, area, notice.author_id, on)
    if not others:
        return _(
            "📣 <b>等复核</b>，收件 {size} 人：现在没有别人能收到，请让另一位先绑定（发「邀请」）；"
            "已绑定但屏蔽了助手的，打电话请他解除屏蔽、给助手发一句话；或取消后分开发。"
        ).format(size=notice.size)
    names = phrases.names(person.name for person in others[: phrases.FEW])
    return _("📣 <b>等复核</b>，收件 {size} 人：请{names}点「发送」。").format(size=notice.size, names=names)


async def _going(session: AsyncSession, notice: Notice, area: Area, progress: Progress) -> str:
    counts = {"sent": progress.sent, "people": progress.people}
    if notice.state is NoticeState.PAUSED:
        return _("📣 <b>已暂停</b> {sent}/{people}").format(**counts)
    if notice.state is NoticeState.CANCELLED and notice.ended_by_id is None:
        return _("📣 <b>暂停到有效期满</b>，已发 {sent}/{people}，其余不再发").format(**counts)
    if notice.state is NoticeState.CANCELLED:
        return _("📣 <b>已取消</b>，已发 {sent}/{people}").format(**counts)
    if is_done(notice, progress):
        return _("📣 <b>已发完</b> {sent}/{people}").format(**counts)
    if notice.is_spread and progress.held_until is not None:
        local = await of(session).local(area, progress.held_until)
        return _("📣 已发 {sent}/{people}，其余{moment} 起送达").format(moment=words.moment(local), **counts)
    return _("📣 发送中 {sent}/{people}").format(**counts)


def is_done(notice: Notice, progress: Progress) -> bool:
    """Whether everybody has it, or never will."""
    return notice.is_spread and not progress.waiting


def _left(notice: Notice, progress: Progress) -> int | None:
    """Seconds that the rest takes, while it goes out."""
    if notice.state is not NoticeState.OUT or progress.since is None or progress.last is None:
        return None
    if progress.held_until is not None:
        return None
    waiting = progress.people - progress.sent - progress.failures.people
    return rules.seconds_left(progress.sent, waiting, progress.last - progress.since)


async def _by(session: AsyncSession, area: Area, person_id: int | None, at: datetime | None) -> str:
    """孙丽 11月23日 10:12."""
    person = await session.get(Person, person_id) if person_id is not None else None
    name = phrases.typed(person.name) if person is not None else ""
    return f"{name} {words.moment(await of(session).local(area, at))}".strip() if at is not None else name


def failures(found: Failures) -> str:
    """未送达：没有账号 1 · 停用或拉黑 2."""
    parts = [
        (_("没有账号 {n}"), found.no_account),
        (_("停用或拉黑 {n}"), found.blocked),
        (_("其他原因 {n}"), found.other),
    ]
    return _("未送达：{causes}").format(causes=" · ".join(words_.format(n=n) for words_, n in parts if n))


def _buttons(viewer: Viewer, notice: Notice, area: Area, progress: Progress, now: datetime) -> Buttons:
    flat: list[Button] = []
    if queries.may_manage(viewer, area):
        flat = _steering(viewer, notice, progress)
    if not flat and notice.state in queries.TOLD and notice.started_at is not None:
        is_open = notice.open_until is None or now < notice.open_until
        flat = _after(notice, progress, manages=queries.may_manage(viewer, area) and is_open)
    if progress.replies and queries.may_manage(viewer, area) and notice.state is not NoticeState.WITHDRAWN:
        flat.append((_("看回复"), Thread(id=notice.id, new=True)))
    return [flat[at : at + 2] for at in range(0, len(flat), 2)]


def _steering(viewer: Viewer, notice: Notice, progress: Progress) -> list[Button]:
    """What can be done while it isn't out yet."""
    match notice.state:
        case NoticeState.REVIEW | NoticeState.SCHEDULED:
            return [_act(_("取消"), notice, "cancel")]
        case state if state in AGAIN and notice.started_at is None and viewer.person_id == notice.author_id:
            return [_act(_("再编辑"), notice, "again")]
        case NoticeState.PAUSED:
            return [_act(_("继续"), notice, "resume"), _act(_("取消"), notice, "cancel")]
        case NoticeState.OUT if not is_done(notice, progress):
            return [_act(_("暂停"), notice, "pause"), _act(_("取消"), notice, "cancel")]
    return []


def _after(notice: Notice, progress: Progress, *, manages: bool) -> list[Button]:
    """Once it is out: who has read it, and what can still be done."""
    flat: list[Button] = []
    is_task = notice.kind is NoticeKind.TASK
    if notice.wants_receipt or is_task:
        flat.append((_("未落实名单") if is_task else _("未阅名单"), ShowList(id=notice.id, new=True)))
        if manages and progress.sent and notice.reminders < MOST_REMINDERS:
            flat.append(_act(_("再提醒"), notice, "remind"))
    if manages:
        flat.append(_act(_("撤回"), notice, "withdraw"))
    if progress.failures.people:
        flat.append((_("未送达"), ShowList(id=notice.id, standing=Standing.LOST.value, new=True)))
    return flat


def _act(label: str, notice: Notice, do: str) -> Button:
    return label, Manage(id=notice.id, do=do)


@card("notice_progress", label=mark("通知进度"))
async def progress_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """How one's notice stands, edited as it goes on."""
    notice, area, _role = await queries.get(session, viewer, Action.NOTICE_VIEW, payload["notice_id"])
    return Card(*await overview(session, viewer, notice, area, session.info["now"]))


@router.callback_query(Manage.filter(F.do == "withdraw"))
async def on_withdraw(_query: CallbackQuery, callback_data: Manage, turn: Turn) -> Reply:
    """撤回: sure? It can't be undone."""
    notice, _area, _role = await queries.get(turn.session, turn.viewer, Action.NOTICE_MANAGE, callback_data.id)
    progress = await going.progress(turn.session, notice, turn.now)
    text = _(
        "撤回「{title}」？\n已发的 {sent} 条会删掉，两天以前的改成「已经撤回」；没发的不再发。撤回后不能恢复。"
    ).format(title=phrases.typed(notice.title), sent=progress.sent)
    return turn.say(text, [[_act(_("确定撤回"), notice, "sure"), _act(_("不撤"), notice, "not")]])


@router.callback_query(Manage.filter(F.do == "not"))
async def on_not(_query: CallbackQuery, turn: Turn) -> Reply:
    """不撤."""
    return turn.edit(_("好的，没有撤回。"))


@router.callback_query(Manage.filter(F.do == "sure"))
async def on_sure(_query: CallbackQuery, callback_data: Manage, turn: Turn) -> Reply:
    """确定撤回."""
    await notices.withdraw(turn.session, by=turn.viewer, notice_id=callback_data.id, now=turn.now)
    return turn.edit(_("<b>已撤回</b>，正在从各人那里删掉。"))


@router.callback_query(Manage.filter(F.do == "remind"))
async def on_remind(_query: CallbackQuery, callback_data: Manage, turn: Turn) -> Reply:
    """再提醒."""
    nth = await notice_receipts.remind(turn.session, by=turn.viewer, notice_id=callback_data.id, now=turn.now)
    notice, _area, _role = await queries.get(turn.session, turn.viewer, Action.NOTICE_VIEW, callback_data.id)
    words_ = (
        _("正在提醒还没报「已落实」的人（第 {nth} 次，最多 {most} 次）。")
        if notice.kind is NoticeKind.TASK
        else _("正在提醒还没点「已阅」的人（第 {nth} 次，最多 {most} 次）。")
    )
    return turn.toast(words_.format(nth=nth, most=MOST_REMINDERS), alert=True)


@router.callback_query(Manage.filter(F.do == "again"))
async def on_again(_query: CallbackQuery, callback_data: Manage, turn: Turn) -> Reply:
    """再编辑: what was sent back, or cancelled before it went out, is a draft once more."""
    notice, _area, _role = await queries.get(turn.session, turn.viewer, Action.NOTICE_SUBMIT, callback_data.id)
    if notice.state not in AGAIN or notice.started_at is not None or notice.author_id != turn.person.id:
        raise Refusal(Code.NOTICE_NOT_NOW)
    turn.dialogue.leave()
    draft = queries.draft_of(notice)
    if draft.due_at is not None and draft.due_at <= turn.now:
        draft = draft.but(due_at=None)
    keep(turn, READY, draft)
    return await notice_preview.show(turn, draft)


ACTS = {"pause": notices.pause, "resume": notices.resume, "cancel": notices.cancel}


@router.callback_query(Manage.filter(F.do.in_(ACTS)))
async def on_act(_query: CallbackQuery, callback_data: Manage, turn: Turn) -> Reply:
    """暂停, 继续, 取消: the card shows what has become of it, at once."""
    act = ACTS[callback_data.do]
    notice = await act(turn.session, by=turn.viewer, notice_id=callback_data.id, now=turn.now)
    area = await turn.session.get_one(Area, notice.area_id)
    return turn.edit(*await overview(turn.session, turn.viewer, notice, area, turn.now))
