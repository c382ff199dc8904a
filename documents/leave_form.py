"""请假审批表 (POLICY §3): a draft of what was asked and said, for people to sign. Clause 三（二）.

`build` runs in the press's process. Papers that offices file are Chinese, whoever asks for them.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from zoneinfo import ZoneInfo

from documents import forms, papers
from documents.forms import Cell, Form, Row, label
from documents.papers import KINDS, ROLES, SAMPLE, Format, day, moment
from policy import leave as rules
from policy.authority import Role, Viewer
from policy.calendar import Half, Span
from policy.checkin import Evidence
from policy.profile import LeaveKind, Profile
from policy.refusals import Code, Refusal
from storage import leave_papers
from storage.batch import of
from storage.engine import AsyncSession
from storage.leave import span_of
from storage.leave_papers import LeavePaper
from storage.tables import Area, LeaveDecision, LeaveState

_LEVELS = {
    Role.FIRST_SECRETARY: "第一书记\n意见",
    Role.TOWNSHIP_OFFICER: "乡镇党委\n意见",
    Role.COUNTY_STAFF: "县委组织部\n（驻村办）\n意见",
}
_VERDICTS = {True: "同意。", False: "不同意。", None: "报上级审批。"}
_EVIDENCE = {Evidence.WORDS: "文字销假"}
_COLUMNS = (5, 5.5, 4.2, 5, 4.2, 6.1)
_BELOW = "本表按助手中的审批记录生成，为草稿，签字后有效。"


@dataclass(frozen=True, slots=True)
class Order:
    """Whose form: one leave, or all of an area that begin in a month."""

    url: str
    viewer: Viewer
    format: Format
    leave_id: int | None = None
    area_id: int | None = None
    month: date | None = None


@dataclass(frozen=True, slots=True)
class Built:
    """The file, and what to say beside it. `is_cut`: there are more than one file takes."""

    content: bytes
    forms: int
    name: str
    is_sample: bool
    is_cut: bool = False


def build(order: Order) -> Built:
    """The form or forms. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED."""
    return asyncio.run(make(order))


async def make(order: Order) -> Built:
    """As `build`, where a loop runs already."""
    return await papers.read(order.url, partial(_make, order))


async def _make(order: Order, session: AsyncSession) -> Built:
    found, name, is_sample = await _papers(session, order)
    shown = [
        form(paper, await of(session).profile(paper.village, paper.leave.asked_at.date()))
        for paper in found[: leave_papers.MOST]
    ]
    written = forms.docx if order.format is Format.DOCX else forms.pdf
    return Built(written(shown) if shown else b"", len(shown), name, is_sample, is_cut=len(found) > len(shown))


async def _papers(session: AsyncSession, order: Order) -> tuple[Sequence[LeavePaper], str, bool]:
    if order.leave_id is not None:
        paper = await leave_papers.one(session, order.viewer, order.leave_id)
        return [paper], f"{paper.person.name}{paper.leave.from_on:%Y%m%d}", paper.village.is_sample
    area = await session.get(Area, order.area_id or 0)
    if area is None or order.month is None:
        raise Refusal(Code.NOT_FOUND)
    found = await leave_papers.of_month(session, order.viewer, area, order.month)
    return found, f"{area.name}{order.month.year}年{order.month.month}月", area.is_sample


def form(paper: LeavePaper, profile: Profile) -> Form:
    """The form of one leave, by the settings of its village when it was asked for."""
    leave = paper.leave
    zone = ZoneInfo(profile.time_zone)
    rows = [
        Row(
            (
                label("姓名"),
                Cell(paper.person.name),
                label("职务"),
                Cell(ROLES[leave.role]),
                label("驻村"),
                _place(paper),
            )
        ),
        Row((label("派出单位"), Cell(paper.unit, 3), label("联系方式"), Cell(leave.phone or ""))),
        Row((label("假别"), Cell(KINDS[leave.kind]), label("天数"), Cell(_days(leave.halves, leave.kind, profile), 3))),
        Row((label("起止时间"), Cell(_span(span_of(leave)), 5))),
        Row((label("事由\n去向"), Cell(_reason(paper), 5, is_left=True)), 22),
        Row((label("工作交接"), Cell(paper.stand_in, 5))),
        *(_opinion(level, paper, zone) for level in _levels(paper)),
        Row((label("实际销假\n时间"), Cell(_back(paper, zone), 5, is_left=True, foot=_SIGNED)), 20),
    ]
    asked = leave.asked_at.astimezone(zone)
    return Form(
        title=f"驻村干部请假审批表{'（补办）' if leave.is_afterwards else ''}",
        columns=_COLUMNS,
        rows=tuple(rows),
        above=f"申请时间：{asked:%Y年%m月%d日 %H:%M}{f'    代请人：{paper.asked_by}' if paper.asked_by else ''}",
        below=_BELOW,
        mark=SAMPLE if paper.village.is_sample else "",
    )


_SIGNED = "签字：              年    月    日"


def _place(paper: LeavePaper) -> Cell:
    return Cell(f"{paper.township}\n{paper.village.name}" if paper.township else paper.village.name)


def _days(halves: int, kind: LeaveKind, profile: Profile) -> str:
    counted = "日历日" if rules.is_counted_daily(kind, profile) else "工作日"
    return f"{halves / 2:g} 天（{counted}）"


def _span(span: Span) -> str:
    """2026年11月24日下午至2026年11月25日下午."""
    halves = {Half.AM: "上午", Half.PM: "下午"}
    return f"{day(span.from_on)}{halves[span.from_half]}至{day(span.to_on)}{halves[span.to_half]}"


def _reason(paper: LeavePaper) -> str:
    attached = f"\n附件 {paper.attached} 份" if paper.attached else ""
    extended = "\n续假" if paper.leave.extends_id else ""
    return f"{paper.leave.reason}{extended}{attached}"


def _levels(paper: LeavePaper) -> list[Role]:
    """The levels that decide, and those that have spoken, from below upwards."""
    named = {Role(level) for level in paper.leave.levels} | {decision.level for decision, _name in paper.said}
    return [level for level in _LEVELS if level in named]


def _opinion(level: Role, paper: LeavePaper, zone: ZoneInfo) -> Row:
    """What a level said with its moment; empty where it has not spoken: it is written by hand."""
    words, foot = [], _SIGNED
    for decision, name in paper.said:
        if decision.level is level:
            words.append(_said(decision))
            foot = f"{name}  {moment(decision.at, zone)}    {_SIGNED}"
    return Row((label(_LEVELS[level]), Cell("\n".join(words), 5, is_left=True, foot=foot)), 26)


def _said(decision: LeaveDecision) -> str:
    verdict = _VERDICTS[decision.is_approved]
    return f"{verdict}{decision.reason}" if decision.reason else verdict


def _back(paper: LeavePaper, zone: ZoneInfo) -> str:
    """When he was back, how that is known, and what was not taken of the leave."""
    if paper.leave.state is LeaveState.REJECTED:
        return "未批准"
    back = paper.back
    if back is None:
        return ""
    parts = [moment(back.at, zone), _EVIDENCE.get(back.evidence, "定位销假")]
    if back.credited:
        parts.append(f"提前 {back.credited / 2:g} 天")
    return "，".join(parts)
