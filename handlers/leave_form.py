"""[审批表] on the card of a leave: its form as a Word file or PDF, for whom it is and for those who decide."""

from datetime import date
from typing import Any

from aiogram import Router
from aiogram.types import CallbackQuery

from actions import export
from documents import leave_form
from documents.leave_form import Built, Order
from documents.papers import Format
from handlers import leave_words as words
from handlers import papers, phrases
from handlers.cards import Card, card
from handlers.leave_words import LeaveForm
from handlers.turn import Reply, Turn
from locales import _
from policy.authority import Action, Viewer
from policy.refusals import Code, Refusal
from storage import leave as queries
from storage.batch import of
from storage.engine import AsyncSession, address
from storage.tables import Person

router = Router(name="leave_form")

FORMATS = (Format.DOCX, Format.PDF)


@router.callback_query(LeaveForm.filter())
async def on_form(_query: CallbackQuery, callback_data: LeaveForm, turn: Turn) -> Reply:
    """[审批表] asks which; [Word] and [PDF] have it made."""
    leave, village, _role = await queries.get(turn.session, turn.viewer, Action.LEAVE_EXPORT, callback_data.id)
    if not callback_data.form:
        person = await turn.session.get_one(Person, leave.person_id)
        profile = await of(turn.session).profile(village, leave.asked_at.date())
        text = _("📄 {name}的请假审批表，要哪一种？\n{leave}\n是草稿，打印出来签字。").format(
            name=phrases.typed(person.name), leave=words.title(leave, profile)
        )
        return turn.say(text, papers.choices(FORMATS, lambda one: LeaveForm(id=leave.id, form=one.value)))
    if callback_data.form not in FORMATS:
        raise Refusal(Code.NOT_FOUND)
    await export.leave_form(
        turn.session,
        by=turn.viewer,
        leave_id=leave.id,
        form=callback_data.form,
        asked=turn.asked(),
        now=turn.now,
    )
    return turn.edit(papers.being_made(_("请假审批表")))


@card("leave_form", slow=True)
async def form_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """The form of a leave, or those of a month, built in the press."""
    form = Format(payload["form"])
    month = date.fromisoformat(payload["month"]) if "month" in payload else None
    order = Order(address(session), viewer, form, payload.get("leave_id"), payload.get("area_id"), month)

    def shown(built: Built) -> Card:
        stem = _("请假审批表-{name}").format(name=built.name)
        if not built.forms:
            return Card(_("📄 {name}没有请假，没有审批表。").format(name=phrases.typed(built.name)))
        lines = [_("📄 请假审批表 · {name}").format(name=phrases.typed(built.name))]
        if payload.get("leave_id") is None:
            lines.append(_("{n} 份，一份一页。").format(n=built.forms))
        if built.is_cut:
            lines.append(_("还有没放下的，请按乡镇分开导出。"))
        lines.append(_("草稿，签字后有效。"))
        return Card(
            "\n".join(lines), file=built.content, file_name=papers.name_of(stem, form, is_sample=built.is_sample)
        )

    return await papers.made(_("请假审批表"), leave_form.build, order, shown)
