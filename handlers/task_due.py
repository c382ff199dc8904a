"""需落实: the author of a notice names the day by which 已落实 is wanted."""

from datetime import date, datetime, timedelta

from aiogram import Router
from aiogram.types import CallbackQuery, Message

from handlers.awaited import awaits, cancel
from handlers.filters import TEXT, Awaiting
from handlers.notice_draft import READY, TASK, gone, keep, kept
from handlers.notice_preview import Edit, show
from handlers.task_words import TaskDue
from handlers.turn import Button, Reply, Turn
from locales import _, mark, ngettext
from policy import tasks
from policy.notices import Draft
from policy.refusals import Code, Refusal
from policy.spoken import any_day
from storage.notice_audience import area_for

router = Router(name="task_due")

USUAL = (1, 3, 7)
"""Days after it goes out that are offered."""


async def _ask(turn: Turn) -> Reply:
    draft = kept(turn)
    flat: list[Button] = [(ngettext("{n} 天内", "{n} 天内", n).format(n=n), TaskDue(do=f"d{n}")) for n in USUAL]
    if draft is not None and draft.due_on is not None:
        flat.append((_("不要落实"), TaskDue(do="off")))
    rows = [flat[at : at + 2] for at in range(0, len(flat), 2)]
    text = _("要求哪天前落实？收到的人办好后点「已落实」，附一句话或一个文件。点一下，或写日期，例如：12月1日。")
    return turn.edit(text, [*rows, [(_("返回预览"), Edit(do="back")), cancel()]])


awaits(TASK, mark("定落实的日期"), _ask)


@router.callback_query(TaskDue.filter())
async def on_due(_query: CallbackQuery, callback_data: TaskDue, turn: Turn) -> Reply:
    """需落实, by when; or not after all."""
    draft = kept(turn)
    if draft is None or turn.dialogue.state not in {READY, TASK}:
        return gone(turn)
    if callback_data.do == "ask":
        keep(turn, TASK, draft)
        return await _ask(turn)
    if callback_data.do == "off":
        return await show(turn, draft.but(due_on=None), edit=True)
    days = {f"d{n}": n for n in USUAL}.get(callback_data.do)
    if days is None:
        raise Refusal(Code.NOT_FOUND)
    return await _set(turn, draft, await _going_out(turn, draft) + timedelta(days=days), edit=True)


@router.message(Awaiting(TASK), TEXT)
async def on_day(message: Message, turn: Turn) -> Reply:
    """The day in one's own words."""
    draft = kept(turn)
    if draft is None:
        raise Refusal(Code.NOT_FOUND)
    said = (message.text or "").strip().removesuffix("前").removesuffix("之")
    on = any_day(said, (await _local(turn, draft)).date())
    if on is None:
        raise Refusal(Code.DATE_UNREADABLE, value=said[:40])
    return await _set(turn, draft, on, edit=False)


async def _set(turn: Turn, draft: Draft, on: date, *, edit: bool) -> Reply:
    tasks.check_due_on(on, await _going_out(turn, draft))
    return await show(turn, draft.but(due_on=on), edit=edit)


async def _going_out(turn: Turn, draft: Draft) -> date:
    """The day on which it goes out, where it goes out."""
    local = await _local(turn, draft)
    return local.date() if draft.due_at is None else draft.due_at.astimezone(local.tzinfo).date()


async def _local(turn: Turn, draft: Draft) -> datetime:
    return await turn.batch.local(await area_for(turn.session, turn.viewer, draft.area_id), turn.now)
