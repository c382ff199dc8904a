"""今日在岗 as a picture: totals and a table by area, readable at the width of a phone. Clause 三（二）.

Numbers and areas only; ordered by area code, nothing is ranked (POLICY §4).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from babel.dates import format_date

from documents import press, typeset
from locales import _, language, mark
from policy.attendance import Tally
from policy.roster import Level
from storage.board import Board, Branch

WIDTH_PT = 375
"""A phone's own width, so that a size in the template is the size in the hand."""

PIXELS_PER_INCH = 216
ROWS_OF_A_PHOTO = 30
"""Messengers shrink long photos until nobody can read them: a longer table goes out as a file."""

BRANCHES = {
    Level.PROVINCE: mark("省"),
    Level.CITY: mark("市"),
    Level.COUNTY: mark("县"),
    Level.TOWNSHIP: mark("乡镇"),
    Level.VILLAGE: mark("村"),
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG page. `is_photo`: short enough to be shown as a photo."""

    content: bytes
    is_photo: bool


async def picture(board: Board) -> Picture:
    """The board in the language being spoken. Raises `documents.press.PressError`, `PressClosedError`."""
    content = await press.build(typeset.png, "board.typ", page(board), PIXELS_PER_INCH)
    return Picture(content, is_photo=len(board.branches) <= ROWS_OF_A_PHOTO)


def page(board: Board) -> dict[str, Any]:
    """What the template shows, as plain data."""
    columns = _columns(board)
    total = [_("合计"), *_numbers(board.tally, columns), str(board.before_unverified)]
    rows = [[branch.name, *_numbers(branch.tally, columns), str(branch.before_unverified)] for branch in board.branches]
    return {
        "width": WIDTH_PT,
        "language": language().split("_")[0],
        "title": _("今日在岗"),
        "area": board.area.name,
        "sample": _("样例") if board.area.is_sample else "",
        "when": f"{format_date(board.on, _('yyyy年M月d日'), locale=language())} {board.at.strftime('%H:%M')}",
        "note": _note(board),
        "totals": [{"label": label, "value": value} for (label, _key), value in zip(columns, total[1:], strict=False)],
        "heads": [[_(BRANCHES[_level(board.branches)])], *(_lines(label) for label, _key in columns), _before(board)],
        "rows": rows,
        "total": total,
        "foot": _("按区划代码排列。人数，每人只计一次。"),
    }


def _columns(board: Board) -> list[tuple[str, str]]:
    """Heads with the tally's fields; where everybody rests nothing is due."""
    if not board.is_workday and not board.tally.due:
        return [(_("在村"), "on_duty"), (_("公出"), "trip"), (_("休息"), "rest")]
    columns = [(_("应在"), "due"), (_("在村"), "on_duty"), (_("公出"), "trip"), (_("请假"), "leave")]
    if board.half is not None:
        columns.append((_("暂未签到"), "not_yet"))
    if board.half is None or board.tally.unverified:
        columns.append((_("待核实"), "unverified"))
    if board.tally.rest:
        columns.append((_("休息"), "rest"))
    return columns


def _numbers(tally: Tally, columns: Sequence[tuple[str, str]]) -> list[str]:
    return [str(getattr(tally, key)) for _label, key in columns]


def _level(branches: Sequence[Branch]) -> Level:
    return branches[0].level if branches else Level.VILLAGE


def _note(board: Board) -> str:
    if board.is_workday:
        return ""
    words = _("休息日（{name}）").format(name=_(board.holiday)) if board.holiday else _("休息日")
    if not board.duty:
        return words
    duty = _("应值班 {due} · 已签到 {present}").format(due=board.duty, present=board.duty_present)
    return f"{words}  ·  {duty}"


def _lines(label: str) -> list[str]:
    """A head in lines as narrow as the numbers below it."""
    if language() == "zh_CN" and len(label) == 4:
        return [label[:2], label[2:]]
    return label.split(" ")


def _before(board: Board) -> list[str]:
    """The head of the column of what is still open of the working day before."""
    if board.before_on is None:
        return [_("待核实")]
    is_yesterday = (board.on - board.before_on).days == 1
    day = _("昨天") if is_yesterday else format_date(board.before_on, _("M月d日"), locale=language())
    return [day, _("待核实")]
