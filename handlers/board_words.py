"""The words of the on-duty board: short whatever the size of the area, names only where somebody has to settle."""

from collections.abc import Iterable, Sequence

from handlers import phrases, presence
from locales import _, mark
from policy.attendance import HalfStatus, Tally
from policy.roster import Level
from storage.board import Board, Branch
from storage.matters import Matter, MatterKind
from storage.presence import Team

MOST_NAMES = 4
"""Names in a line of the board; the rest is one tap away."""

PAGE = 8
NAMES_PAGE = 15

BELOW = {
    Level.CITY: mark("按市"),
    Level.COUNTY: mark("按县"),
    Level.TOWNSHIP: mark("按乡镇"),
    Level.VILLAGE: mark("按村"),
}

MATTERS = {
    MatterKind.EXPLANATION: mark("说明"),
    MatterKind.CORRECTION: mark("补签申请"),
    MatterKind.CHECKIN_OBJECTION: mark("对代记有异议"),
    MatterKind.TRIP_OBJECTION: mark("公出被问"),
    MatterKind.SILENT: mark("没有记录"),
}


def head(board: Board) -> list[str]:
    """**今日在岗** · 安岭县 · 11月23日 09:35, the totals, and what is open of the working day before."""
    lines = [
        _("<b>今日在岗</b> · {area} · {day} {time}").format(
            area=area(board.area.name, is_sample=board.area.is_sample),
            day=phrases.day(board.on),
            time=board.at.strftime("%H:%M"),
        )
    ]
    if not board.is_workday:
        lines.append(_rest(board))
    lines.append(totals(board.tally))
    if board.duty:
        lines.append(_("应值班 {due} · 已签到 {present}").format(due=board.duty, present=board.duty_present))
    if board.before_on is not None:
        lines.append(
            _("{day}待核实 {people}").format(
                day=phrases.near(board.before_on, board.on), people=board.before_unverified
            )
        )
    return lines


def area(name: str, *, is_sample: bool) -> str:
    """安岭县（样例）."""
    return _("{area}（样例）").format(area=phrases.typed(name)) if is_sample else phrases.typed(name)


def _rest(board: Board) -> str:
    words = (
        _("今天休息日（{name}），不用签到。").format(name=_(board.holiday))
        if board.holiday
        else _("今天休息日，不用签到。")
    )
    return f"{words}{_('（预计）')}" if board.is_forecast else words


def totals(tally: Tally) -> str:
    """应在 627 · 在村 503 · 公出 31 · 请假 19 · 暂未签到 74; on a rest day only who is on duty."""
    works = bool(tally.due or not tally.rest)
    parts = [
        (_("应在 {people}"), tally.due, works),
        (_("在村 {people}"), tally.on_duty, True),
        (_("公出 {people}"), tally.trip, True),
        (_("请假 {people}"), tally.leave, works),
        (_("暂未签到 {people}"), tally.not_yet, works),
        (_("待核实 {people}"), tally.unverified, tally.unverified),
        (_("休息 {people}"), tally.rest, tally.rest),
    ]
    return _joined(parts)


def _joined(parts: Iterable[tuple[str, int, int | bool]]) -> str:
    return " · ".join(words.format(people=people) for words, people, shown in parts if shown)


def matters(board: Board) -> list[str]:
    """Whoever has something to settle; where check-in is required, also whose day says nothing."""
    open_ = [matter for matter in board.matters if matter.kind is not MatterKind.SILENT]
    silent = [matter for matter in board.matters if matter.kind is MatterKind.SILENT]
    lines = []
    if open_:
        lines.append(_("待处理 {count}：{names}").format(count=len(open_), names=_few(map(_with_what, open_))))
    for on, words in ((board.on, _("暂未签到：{names}")), (board.before_on, _("上一工作日没有记录：{names}"))):
        if found := [matter for matter in silent if matter.on == on]:
            lines.append(words.format(names=_few(map(_who, found))))
    return lines


def _few(names: Iterable[str]) -> str:
    shown = list(names)
    text = _("、").join(shown[:MOST_NAMES])
    return _("{names}等 {count} 人次").format(names=text, count=len(shown)) if len(shown) > MOST_NAMES else text


def _who(matter: Matter) -> str:
    return _("{name}（{village}）").format(name=phrases.typed(matter.name), village=phrases.typed(matter.village))


def _with_what(matter: Matter) -> str:
    return _("{name}（{village}，{what}）").format(
        name=phrases.typed(matter.name), village=phrases.typed(matter.village), what=_(MATTERS[matter.kind])
    )


def branch(row: Branch) -> str:
    """柳河镇 应在 12 · 在村 9 · 公出 1 · 暂未签到 2."""
    tally = row.tally
    parts = [
        (_("应在 {people}"), tally.due, tally.due or not tally.rest),
        (_("在村 {people}"), tally.on_duty, True),
        (_("公出 {people}"), tally.trip, tally.trip),
        (_("请假 {people}"), tally.leave, tally.leave),
        (_("暂未签到 {people}"), tally.not_yet, tally.not_yet),
        (_("待核实 {people}"), tally.unverified, tally.unverified),
        (_("应值班 {people}"), row.duty, row.duty),
        (_("已签到 {people}"), row.duty_present, row.duty),
    ]
    return f"{phrases.typed(row.name)}  {_joined(parts)}"


def named(board: Board, page: int) -> list[str]:
    """One page of all who are named, by area code: a line each."""
    shown = board.matters[page * NAMES_PAGE : (page + 1) * NAMES_PAGE]
    lines = []
    for matter in shown:
        when = phrases.joined(phrases.near(matter.on, board.on), phrases.halves(matter.halves))
        lines.append(
            _("{village} · {name} · {when}{what}").format(
                village=phrases.typed(matter.village),
                name=phrases.typed(matter.name),
                when=when,
                what=_(MATTERS[matter.kind]),
            )
        )
    return lines


def members(team: Team) -> list[str]:
    """A village's people by where they are. Of whom nothing is known only the number is said (POLICY §2)."""
    lines = []
    for status, words in (
        (HalfStatus.ON_DUTY, _("在村：{names}")),
        (HalfStatus.OFFICIAL_TRIP, _("公出：{names}")),
        (HalfStatus.LEAVE, _("请假：{names}")),
    ):
        found = [member for member in team.members if member.status is status and not member.is_silent]
        if found:
            names = [phrases.typed(member.person.name) + presence.beside(member) for member in found]
            lines.append(words.format(names=_("、").join(names)))
    for member in team.members:
        lines += [f"{phrases.typed(member.person.name)} · {line}" for line in presence.details(member, team)]
    return lines


def pages(count: int, size: int) -> int:
    """How many pages so many lines make."""
    return max(1, -(-count // size))


def shown(branches: Sequence[Branch], page: int) -> Sequence[Branch]:
    """The areas of one page."""
    return branches[page * PAGE : (page + 1) * PAGE]
