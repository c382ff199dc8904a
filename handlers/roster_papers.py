"""The roster's workbooks as they are sent: the empty one, what is there, bad rows with their reasons."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from aiogram import Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery

from actions import roster
from actions import roster_papers as papers
from actions.roster_papers import BAD_ROWS, EXPORT, TEMPLATE
from documents import press
from documents.press import PressError
from documents.roster_kept import load_kept
from documents.roster_template import write_bad_rows, write_export, write_template
from handlers import roster_words
from handlers.cards import Card, card
from handlers.turn import Reply, Turn
from locales import _, language, speaking
from policy.authority import Action, Viewer
from policy.refusals import Code, Refusal
from policy.workbook import Place
from storage import roster as stored
from storage.batch import of
from storage.engine import AsyncSession
from storage.people import ancestor_ids
from storage.roster import Exported, LedgerRow
from storage.tables import Area

log = structlog.get_logger()
router = Router(name="roster_papers")


class RosterPaper(CallbackData, prefix="rosterp"):
    """template, export."""

    which: str


@router.callback_query(RosterPaper.filter())
async def on_paper(_query: CallbackQuery, callback_data: RosterPaper, turn: Turn) -> Reply:
    """A workbook is asked for: said at once, sent when it is made."""
    make = {"template": papers.template, "export": papers.export}.get(callback_data.which)
    if make is None:
        raise Refusal(Code.NOT_FOUND)
    await make(turn.session, by=turn.viewer, asked=turn.asked(), now=turn.now)
    return turn.toast(_("正在准备，好了就发到这里。"))


@card(TEMPLATE, slow=True)
async def template_card(_session: AsyncSession, _viewer: Viewer, _payload: dict[str, Any]) -> Card:
    """The empty workbook."""
    return await _built(_("🗂 空白名册，填法写在「说明」里。"), _("名册.xlsx"), _template, language())


@card(EXPORT, slow=True)
async def export_card(session: AsyncSession, viewer: Viewer, _payload: dict[str, Any]) -> Card | None:
    """What is there in the viewer's areas, as things stand now; None where there are none any more."""
    paths = viewer.paths(Action.ROSTER_EXPORT)
    if not paths:
        return None
    found, changes = await stored.exported(session, viewer), await stored.ledger(session, viewer)
    zone = await _zone(session, paths)
    text = _(
        "🗂 名册：区划 {areas} · 任职 {roles} · 农户 {households} · 变动 {changes}\n里面有手机号和农户情况，请只用于工作，用完删掉。"
    ).format(areas=len(found.areas), roles=len(found.people), households=len(found.households), changes=len(changes))
    return await _built(text, _("名册导出.xlsx"), _export, found, changes, zone, language())


@card(BAD_ROWS, slow=True)
async def bad_rows_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """The rows that can't be imported, each with its reasons; None where the file is gone."""
    path = Path(payload["path"])
    paths = viewer.paths(Action.ROSTER_IMPORT)
    try:
        book = load_kept(path)
    except OSError:
        return None
    if not paths:
        return None
    today = session.info["now"].astimezone(ZoneInfo(await _zone(session, paths))).date()
    planned = await roster.plan(
        session, book, by=viewer, today=today, approval=payload["approval"], skip_bad_rows=book.is_readable
    )
    reasons = roster_words.reasons(planned)
    text = _("🗂 不对的 {count} 行，原因写在最后一列。改好把这份表再发来就行。").format(count=len(reasons))
    return await _built(text, _("名册-有误.xlsx"), _bad_rows, path, reasons, language())


async def _zone(session: AsyncSession, paths: Sequence[str]) -> str:
    area = await session.get(Area, ancestor_ids(paths[0])[-1])
    if area is None:
        raise Refusal(Code.NOT_FOUND)
    return (await of(session).profile(area, session.info["now"].date())).time_zone


async def _built(text: str, name: str, make: Callable[..., bytes], *args: Any) -> Card:
    try:
        return Card(text, file=await press.build(make, *args), file_name=name)
    except PressError as error:
        log.error("a roster workbook was not built", cause=str(error).split(":", maxsplit=1)[0])
        return Card(_("🗂 表<b>没有做成</b>，原因已经记下。\n过一会儿再试，还不行请找管理员。"))


def _template(spoken: str) -> bytes:
    with speaking(spoken):
        return _written(write_template)


def _export(found: Exported, changes: list[LedgerRow], zone: str, spoken: str) -> bytes:
    with speaking(spoken):
        return _written(lambda path: write_export(path, found, changes, ZoneInfo(zone)))


def _bad_rows(source: Path, reasons: Mapping[Place, Sequence[str]], spoken: str) -> bytes:
    with speaking(spoken):
        return _written(lambda path: write_bad_rows(path, source, reasons))


def _written(write: Callable[[Path], None]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.xlsx"
        write(path)
        return path.read_bytes()
