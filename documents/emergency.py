"""应急: the answers as a workbook, one row a person. `build` runs in the press's process and opens the database itself."""

import asyncio
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from documents.lists import add_list
from documents.sheets import row_by_row
from locales import _, mark, speaking
from policy.authority import Role, Viewer
from policy.emergency import Answer, Source, Totals, totals
from storage import emergency as queries
from storage import emergency_totals as standing
from storage.batch import of
from storage.emergency_totals import Named
from storage.engine import Database
from storage.tables import Area

ROLES = {Role.FIRST_SECRETARY: mark("第一书记"), Role.TEAM_MEMBER: mark("队员")}
ANSWERS = {
    None: mark("未回复"),
    Answer.SAFE_HERE: mark("平安·在村"),
    Answer.SAFE_AWAY: mark("平安·外出"),
    Answer.NEEDS_HELP: mark("需要帮助"),
    Answer.UNREACHED: mark("联系不上"),
}
TELLERS = {Source.OWN: mark("本人"), Source.TEAM: mark("{name}（同队）"), Source.PHONE: mark("{name}（打电话）")}
_WIDTHS = {0: 6, 1: 12, 2: 12, 3: 10, 4: 10, 5: 12, 6: 18, 7: 40, 8: 18}


@dataclass(frozen=True, slots=True)
class Order:
    """What to build, for whom (he sees the names of his own areas only)."""

    url: str
    viewer: Viewer
    roll_call_id: int
    language: str


@dataclass(frozen=True, slots=True)
class Built:
    """The workbook, and what to say beside it. `area` is the part in it; `at` is the local moment it was sent."""

    content: bytes
    area: str
    is_sample: bool
    is_drill: bool
    at: str
    totals: Totals


def build(order: Order) -> Built:
    """The answers as they stand. Raises `Refusal`: NOT_FOUND, EMERGENCY_NUMBERS_ONLY."""
    with speaking(order.language):
        return asyncio.run(_build(order))


async def _build(order: Order) -> Built:
    database = Database(order.url)
    try:
        async with database.read() as session:
            found = await queries.seen(session, order.viewer, order.roll_call_id)
            call, area = found.call, found.area
            parts = await queries.areas_seen(session, found)
            rows = await standing.names(session, order.viewer, call.id)
            began = call.confirmed_at or call.proposed_at
            zone = ZoneInfo((await of(session).profile(area, began.date())).time_zone)
            title = _("应急回复")
            if area.is_sample:
                title = _("【样例】{title}").format(title=title)
            if call.is_drill:
                title = _("【演练】{text}").format(text=title)
            return Built(
                _written(title, rows, zone),
                _named(parts),
                area.is_sample,
                call.is_drill,
                began.astimezone(zone).strftime("%Y%m%d-%H%M"),
                totals((row.answer, 1) for row in rows),
            )
    finally:
        await database.close()


def _named(parts: Sequence[Area]) -> str:
    """柳河镇; 石门村等 3 处: what of the call is in the workbook, as its cards say it."""
    first = parts[0].name
    return first if len(parts) == 1 else _("{first}等 {n} 处").format(first=first, n=len(parts))


def _written(title: str, rows: Sequence[Named], zone: ZoneInfo) -> bytes:
    header = [
        _("序号"), _("乡镇"), _("村"), _("姓名"), _("职务"), _("回复"), _("时间"), _("说明"), _("由谁报"),
    ]  # fmt: skip
    target = io.BytesIO()
    with row_by_row() as book:
        add_list(book, title, header, _lines(rows, zone), widths=_WIDTHS)
        book.save(target)
    return target.getvalue()


def _lines(rows: Sequence[Named], zone: ZoneInfo) -> Iterator[Sequence[str | int]]:
    for n, row in enumerate(rows, 1):
        yield (
            n,
            row.township,
            row.village,
            row.person.name,
            _(ROLES[row.role]),
            _(ANSWERS[row.answer]),
            row.said_at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if row.said_at is not None else "",
            row.note or "",
            _(TELLERS[row.source]).format(name=row.teller or "") if row.source is not None else "",
        )
