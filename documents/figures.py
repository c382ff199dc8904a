"""报数 as a workbook: one row a team or person, a sum below; and what was asked, on what basis. 国办函〔2026〕12号.

Above a county nobody is named: teams without who answered, and of people one row an area.

`build` runs in the press's process: it opens the database itself and needs plain data only.
"""

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from documents.lists import add_list
from documents.sheets import plain, row_by_row
from locales import _, speaking
from policy.authority import Action, Viewer
from policy.figures import HUNDRED, Each, FieldKind, Value, written
from storage import figure_totals, figures
from storage.batch import of
from storage.engine import AsyncSession, Database
from storage.figure_totals import Total, Unit
from storage.figures import Seen
from storage.tables import Area, FigureField

PIECE = 500
"""Rows read at a time."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to build: for whom (he sees his areas only), of which request, as of `now` (UTC)."""

    url: str
    viewer: Viewer
    request_id: int
    now: datetime
    language: str


@dataclass(frozen=True, slots=True)
class Built:
    """The workbook, and what to say beside it. `areas` are those that are asked; `at` is local."""

    content: bytes
    title: str
    areas: tuple[str, ...]
    is_sample: bool
    at: datetime
    asked: int
    replied: int


def build(order: Order) -> Built:
    """The sheet of a request. Raises `Refusal(NOT_FOUND)` for what is not there or not the viewer's."""
    with speaking(order.language):
        return asyncio.run(_build(order))


async def _build(order: Order) -> Built:
    database = Database(order.url)
    try:
        async with database.read() as session:
            return await _written(session, order)
    finally:
        await database.close()


async def _written(session: AsyncSession, order: Order) -> Built:
    seen = await figures.seen(session, order.viewer, Action.FIGURES_EXPORT, order.request_id)
    fields = await figures.fields(session, order.request_id)
    progress = await figure_totals.progress(session, seen)
    at = await of(session).local(seen.area, order.now)
    with row_by_row() as book:
        leading = _leading(seen)
        head = [*leading, *(_heading(field) for field in fields)]
        widths = {0: 6.0, **{len(leading) + place: 14.0 for place in range(len(fields))}}
        sheet = add_list(book, _("报数"), head, widths=widths)
        if _is_by_area(seen):
            await _area_rows(session, seen, sheet)
            counts: list[Any] = [progress.asked, progress.replied, progress.late]
        else:
            await _rows(session, seen, fields, sheet)
            counts = [None] * (len(leading) - 2)
        sheet.append(["", _("合计"), *counts, *map(_sum, progress.totals)])
        add_list(book, _("说明"), [_("项目"), _("内容")], await _notes(session, seen, fields, at), widths={1: 60.0})
        target = io.BytesIO()
        book.save(target)
    areas = tuple(area.name for area in await figures.scope(session, seen))
    return Built(
        target.getvalue(), seen.request.title, areas, seen.area.is_sample, at, progress.asked, progress.replied
    )


def _is_named(seen: Seen) -> bool:
    return all(map(seen.shows_names, seen.paths))


def _is_by_area(seen: Seen) -> bool:
    """Whether it can hold no row a person, since he must not be named."""
    return seen.request.each is Each.PERSON and not _is_named(seen)


def _leading(seen: Seen) -> list[str]:
    if _is_by_area(seen):
        return [_("序号"), _("地区"), _("应报"), _("已报"), _("迟报")]
    who = [_("姓名")] if seen.request.each is Each.PERSON else []
    by = [_("填报人")] if _is_named(seen) else []
    return [_("序号"), _("乡镇"), _("村"), *who, *by, _("时间"), _("迟报")]


async def _area_rows(session: AsyncSession, seen: Seen, sheet: Any) -> None:
    """One row an area right below those that he sees."""
    number = 0
    for top in await _parts(session, seen):
        for branch in await figure_totals.branches(session, seen, top):
            number += 1
            found = await figure_totals.progress(session, seen, [f"{top.path}{branch.id}/"])
            sheet.append([number, plain(branch.name), found.asked, found.replied, found.late, *map(_sum, found.totals)])


async def _parts(session: AsyncSession, seen: Seen) -> list[Area]:
    return [await session.get_one(Area, int(path.strip("/").split("/")[-1])) for path in seen.paths]


def _heading(field: FigureField) -> str:
    return _("{title}（{unit}）").format(title=field.title, unit=field.unit) if field.unit else field.title


async def _rows(session: AsyncSession, seen: Seen, fields: Sequence[FigureField], sheet: Any) -> None:
    number = 0
    while units := await figure_totals.units(session, seen, offset=number, limit=PIECE):
        for unit in units:
            number += 1
            cells = [number, *await _row(session, seen, unit), *_values(fields, unit)]
            sheet.append([plain(cell) if isinstance(cell, str) else cell for cell in cells])


async def _row(session: AsyncSession, seen: Seen, unit: Unit) -> list[str]:
    who = [unit.name or ""] if seen.request.each is Each.PERSON else []
    when = _("未报")
    if unit.at is not None:
        when = f"{await of(session).local(seen.area, unit.at):%Y-%m-%d %H:%M}"
    by = [unit.by or ""] if _is_named(seen) else []
    return [unit.township or "", unit.village, *who, *by, when, _("是") if unit.is_late else ""]


def _values(fields: Sequence[FigureField], unit: Unit) -> list[Any]:
    return [_cell(unit.values.get(field.place)) for field in fields]


def _cell(value: Value | None) -> str | float | None:
    if value is None or isinstance(value, str):
        return value
    return value // HUNDRED if value % HUNDRED == 0 else value / HUNDRED


def _sum(total: Total) -> str | float | None:
    if total.field.kind is FieldKind.NUMBER:
        return _cell(total.number)
    if total.field.kind is FieldKind.CHOICE:
        return plain(" ".join(f"{choice} {count}" for choice, count in total.choices.items()))
    return None


async def _notes(
    session: AsyncSession, seen: Seen, fields: Sequence[FigureField], at: datetime
) -> list[tuple[str, str]]:
    request = seen.request
    due = await of(session).local(seen.area, request.due_at)
    notes = [
        (_("标题"), request.title),
        (_("依据"), request.basis),
        (_("范围"), _("、").join(area.name for area in await figures.scope(session, seen))),
        (_("截止时间"), f"{due:%Y-%m-%d %H:%M}"),
        (_("制表时间"), f"{at:%Y-%m-%d %H:%M}"),
    ]
    return notes + [(field.title, _bounds(field)) for field in fields]


def _bounds(field: FigureField) -> str:
    parts = [field.unit, "/".join(field.choices)]
    if field.low is not None and field.high is not None:
        parts.append(f"{written(field.low)}-{written(field.high)}")
    if field.basis:
        parts.append(_("依据：{basis}").format(basis=field.basis))
    return " ".join(filter(None, parts))
