"""What 已落实 adds to a notice: its button, the line that says until when, and what somebody said."""

from datetime import date

from aiogram.filters.callback_data import CallbackData

from handlers import notice_words, phrases
from handlers.turn import Button
from locales import _
from policy.notices import NoticeKind
from storage.batch import of
from storage.engine import AsyncSession
from storage.tables import Area, Notice, TaskReport


class Done(CallbackData, prefix="ndone"):
    """已落实."""

    id: int


class TaskDue(CallbackData, prefix="ntask"):
    """需落实 of a draft: `ask`, `off`, or in so many days (`d3`)."""

    do: str


def button(notice: Notice, *, is_done: bool) -> list[Button]:
    """[已落实] under a task that isn't done yet."""
    return [(_("已落实"), Done(id=notice.id))] if notice.kind is NoticeKind.TASK and not is_done else []


def due(on: date) -> str:
    """请在11月25日前落实."""
    return _("请在{day}前落实，办好点「已落实」。").format(day=phrases.day(on))


async def said(session: AsyncSession, area: Area, report: TaskReport) -> str:
    """11月24日 10:12，迟报 · 已加固 3 处 · 照片.jpg."""
    when = notice_words.moment(await of(session).local(area, report.done_at))
    parts = [_("{when}，迟报").format(when=when) if report.is_late else when]
    if report.words:
        parts.append(phrases.typed(report.words))
    if report.file_id is not None:
        parts.append(phrases.typed(report.file_name or "") or _("图片"))
    return " · ".join(parts)
