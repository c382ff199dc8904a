"""Who has read a notice, as a workbook: one row a person within a county, one row an area above it.

`build` runs in the press's process: it opens the database itself and needs plain data only.
"""

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openpyxl import Workbook

from documents.lists import add_list
from documents.sheets import row_by_row
from locales import _, mark, speaking
from policy.authority import Role, Viewer
from policy.notices import NoticeKind
from policy.roster import Level
from storage import notice_lists
from storage.batch import of
from storage.engine import Database
from storage.notice_lists import Line, Lists, Standing
from storage.tables import Notice

ROLES = {
    Role.TEAM_MEMBER: mark("队员"),
    Role.FIRST_SECRETARY: mark("第一书记"),
    Role.TOWNSHIP_OFFICER: mark("乡镇干部"),
    Role.COUNTY_STAFF: mark("县级工作人员"),
    Role.COUNTY_LEADER: mark("县领导"),
    Role.UNIT_LIAISON: mark("单位联络员"),
    Role.ADMIN: mark("管理员"),
}
STANDINGS = {Standing.READ: mark("已阅"), Standing.UNREAD: mark("未阅"), Standing.LOST: mark("未送达")}
TASKS = {Standing.READ: mark("已落实"), Standing.UNREAD: mark("未落实"), Standing.LOST: mark("未送达")}
CAUSES = {
    "no_account": mark("未送达：没有账号"),
    "blocked": mark("未送达：停用或拉黑"),
    "other": mark("未送达：没有发成"),
}
_PERSON = (mark("序号"), mark("乡镇"), mark("村"), mark("姓名"), mark("职务"), mark("单位"), mark("状态"))
_TIMES = (mark("送达时间"), mark("已阅时间"))
_TASK_TIMES = (mark("送达时间"), mark("落实时间"), mark("迟报"), mark("落实情况"))
_NUMBERS = (mark("序号"), mark("地区"), mark("收件"), mark("已阅"), mark("未阅"), mark("未送达"))
_TASK_NUMBERS = (mark("序号"), mark("地区"), mark("收件"), mark("已落实"), mark("未落实"), mark("未送达"))
_WIDTHS = {0: 6, 1: 12, 2: 14, 3: 10, 4: 12, 5: 22, 6: 18, 7: 17, 8: 17, 10: 40}


@dataclass(frozen=True, slots=True)
class Order:
    """What to make: for whom (he sees his own areas only), which notice, which area, as of `now` (UTC)."""

    url: str
    viewer: Viewer
    notice_id: int
    area_id: int
    now: datetime
    language: str


def build(order: Order) -> bytes:
    """The workbook. Raises `Refusal(NOT_FOUND)` where the notice or the area is not the viewer's to see."""
    with speaking(order.language):
        return asyncio.run(_build(order))


async def _build(order: Order) -> bytes:
    database = Database(order.url)
    try:
        async with database.read() as session:
            found = await notice_lists.lists(session, order.viewer, order.notice_id, order.area_id)
            with row_by_row() as book:
                if found.is_named:
                    zone = (await of(session).local(found.area, order.now)).tzinfo
                    people = notice_lists.everybody(session, order.viewer, order.notice_id, order.area_id)
                    rows = [row async for row in _people(found.notice, people, zone)]
                    _write(book, found.notice, [*_PERSON, *(_TASK_TIMES if _is_task(found.notice) else _TIMES)], rows)
                else:
                    header = _TASK_NUMBERS if _is_task(found.notice) else _NUMBERS
                    _write(book, found.notice, header, _numbers(found))
                target = io.BytesIO()
                book.save(target)
                return target.getvalue()
    finally:
        await database.close()


def _is_task(notice: Notice) -> bool:
    return notice.kind is NoticeKind.TASK


def _write(book: Workbook, notice: Notice, header: Sequence[str], rows: list[list[Any]]) -> None:
    title = _("落实名单") if _is_task(notice) else _("已阅名单")
    add_list(book, title, [_(words) for words in header], rows, widths=_WIDTHS)


async def _people(notice: Notice, lines: AsyncIterator[Line], zone: Any) -> AsyncIterator[list[Any]]:
    number = 0
    async for line in lines:
        number += 1
        yield [
            number,
            *_place(line),
            line.name,
            _(ROLES[line.role]),
            line.unit or "",
            _state(notice, line),
            *_times(line, zone),
            *(_said(line) if _is_task(notice) else ()),
        ]


def _place(line: Line) -> tuple[str, str]:
    """乡镇 and 村: of whoever is posted above a village, the area of the post."""
    return (line.above or "", line.area) if line.level is Level.VILLAGE else (line.area, "")


def _state(notice: Notice, line: Line) -> str:
    if line.standing is Standing.LOST and line.cause is not None:
        return _(CAUSES[line.cause])
    return _((TASKS if _is_task(notice) else STANDINGS)[line.standing])


def _said(line: Line) -> tuple[str, str]:
    """迟报, and what was said or sent."""
    if line.report is None:
        return "", ""
    said = " ".join(filter(None, (line.report.words, line.report.file_name)))
    return _("是") if line.report.is_late else "", said


def _times(line: Line, zone: Any) -> tuple[str, str]:
    """送达时间 and 已阅时间 by the county's clock; empty where there is none."""
    sent, read = (
        moment.astimezone(zone).strftime("%Y-%m-%d %H:%M") if moment is not None else ""
        for moment in (line.sent_at, line.read_at)
    )
    return sent, read


def _numbers(found: Lists) -> list[list[Any]]:
    """A row an area, and their sum: above a county nobody is named."""
    rows: list[list[Any]] = []
    for branch in found.branches:
        tally = branch.tally
        rows.append([len(rows) + 1, branch.name, tally.people, tally.read, tally.unread, tally.lost])
    total = found.tally
    return [*rows, ["", _("合计"), total.people, total.read, total.unread, total.lost]]
