"""Words for leave: its days, who decides and why, who stays; shared by asking, deciding and returning."""

import re
from collections.abc import Iterable
from datetime import date, datetime

from aiogram.filters.callback_data import CallbackData

from actions.leave_returns import Returned
from handlers import phrases, settings_words
from handlers.replies import called
from handlers.turn import Button
from locales import _, mark
from policy import leave as rules
from policy.authority import Role
from policy.calendar import Half, Span
from policy.profile import LeaveKind, Profile
from policy.roster import Level
from storage import people
from storage.engine import AsyncSession
from storage.leave import Approvers, Why, span_of
from storage.tables import Area, LeaveRequest, LeaveState, Person

_DECIDED = {LeaveState.APPROVED, LeaveState.REJECTED, LeaveState.RETURNED}


class LeaveAct(CallbackData, prefix="lv"):
    """A press on a leave: `yes`, `no`, `up`, `spoken`, `withdraw`, `extend`, `shorten`, `late`; `why` with the reason's key in `v`."""

    id: int
    do: str
    v: str = ""


class LeaveForm(CallbackData, prefix="lvform"):
    """The form (请假审批表) of a leave; `form` empty asks in which format."""

    id: int
    form: str = ""


def form_press(leave: LeaveRequest) -> list[Button]:
    """[审批表] once somebody has decided."""
    return [(_("审批表"), LeaveForm(id=leave.id))] if leave.state in _DECIDED else []


class LeaveForAct(CallbackData, prefix="lvforact"):
    """A press on a leave that another asked for: `so`, `not_so` by the person; `back`, `again` by who asked."""

    id: int
    do: str


class Attach(CallbackData, prefix="lvatt"):
    """A press about 附件: `add`, `see`, `done` with the leave's id; `drop` with the attachment's."""

    id: int
    do: str


def see_press(leave: LeaveRequest, attached: int) -> list[Button]:
    """[看附件], where there are some."""
    return [(_("看附件"), Attach(id=leave.id, do="see"))] if attached else []


def presses(leave: LeaveRequest) -> list[Button]:
    """What its person can do about a leave that waits or stands."""
    withdraw: Button = (_("撤回"), LeaveAct(id=leave.id, do="withdraw"))
    attach: Button = (_("补附件"), Attach(id=leave.id, do="add"))
    if leave.state is LeaveState.WAITING:
        return [withdraw, attach]
    if leave.state is LeaveState.RETURNED:
        return [attach]
    if leave.state is not LeaveState.APPROVED:
        return []
    return [
        (_("续假"), LeaveAct(id=leave.id, do="extend")),
        (_("缩短"), LeaveAct(id=leave.id, do="shorten")),
        withdraw,
        attach,
    ]


def kind(which: LeaveKind) -> str:
    """事假."""
    return _("其他假") if which is LeaveKind.OTHER else _(settings_words.CHOICES[which])


def kind_said(text: str) -> tuple[LeaveKind | None, str]:
    """The kind that a line begins with, in any language, and what is behind it; None: it names none."""
    said = text.strip()
    for spelling, which in _spellings():
        rest = said[len(spelling) :]
        if said[: len(spelling)].casefold() == spelling and (not spelling.isascii() or not rest[:1].isalpha()):
            return which, _LEAVE.sub("", rest, count=1).strip(" \u3000：:，,")
    return None, said


_LEAVE = re.compile(r"^\s+leave\b", re.IGNORECASE)  # sick leave


def _spellings() -> list[tuple[str, LeaveKind]]:
    """What the kinds are called, the longest first."""
    named = [(settings_words.CHOICES[which], which) for which in LeaveKind]
    named += [(mark("其他假"), LeaveKind.OTHER), (mark("年假"), LeaveKind.ANNUAL)]
    flat = [(spelling.casefold(), which) for name, which in named for spelling in called(name)]
    return sorted(flat, key=lambda one: len(one[0]), reverse=True)


_NAMED = [settings_words.CHOICES[which] for which in LeaveKind if which not in {LeaveKind.OTHER, LeaveKind.IN_LIEU}] + [
    mark("年假")
]
OPENING_KINDS = (*_NAMED, *(f"请{name}" for name in _NAMED))
"""Kinds that a line may begin with, without 请假 before them: 病假, 请病假."""


def balance(which: LeaveKind, asked: rules.Asked, today: date) -> str:
    """年休假今年还剩 9.5 天，本次 1.5 天: of a kind with a limit."""
    left, now = f"{(asked.left or 0) / 2:g}", f"{asked.halves / 2:g}"
    if which is LeaveKind.IN_LIEU:
        return _("可以补休的还有 {left} 天，本次 {n} 天").format(left=left, n=now)
    if asked.span.from_on.year == today.year:
        return _("{kind}今年还剩 {left} 天，本次 {n} 天").format(kind=kind(which), left=left, n=now)
    return _("{kind}{year}年还剩 {left} 天，本次 {n} 天").format(
        kind=kind(which), year=asked.span.from_on.year, left=left, n=now
    )


def limit(which: LeaveKind, allowed: int, left: int) -> str:
    """年休假 15 天; 年休假 15 天（还剩 9.5 天). `left` in half-days."""
    if left == 2 * allowed:
        return _("{kind} {n} 天").format(kind=kind(which), n=allowed)
    return _("{kind} {n} 天（还剩 {left} 天）").format(kind=kind(which), n=allowed, left=f"{left / 2:g}")


def days(halves: int, which: LeaveKind, profile: Profile) -> str:
    """1.5 个工作日; of kinds counted by the calendar, 30 天."""
    number = f"{halves / 2:g}"
    if rules.is_counted_daily(which, profile):
        return _("{n} 天").format(n=number)
    return _("{n} 个工作日").format(n=number)


def span(which: Span, year: int | None = None) -> str:
    """11月24日下午至25日."""
    return phrases.span(*which, year=year)


def title(leave: LeaveRequest, profile: Profile, year: int | None = None) -> str:
    """事假 · 11月24日下午至25日 · 1.5 个工作日."""
    shown = span(span_of(leave), year)
    length = days(leave.halves, leave.kind, profile)
    return _("{kind} · {span} · <b>{days}</b>").format(kind=kind(leave.kind), span=shown, days=length)


async def asked_for(session: AsyncSession, leave: LeaveRequest) -> list[str]:
    """代请：王强（第一书记）。止期未定，先到11月25日: of a leave that another asked for; nothing of one's own."""
    lines = []
    if leave.asked_by_id != leave.person_id:
        asker = await session.get_one(Person, leave.asked_by_id)
        posts = (await people.posts_of(session, [asker.id], leave.asked_at.date()))[asker.id]
        who = phrases.typed(asker.name)
        if posts:
            who = _("{name}（{role}）").format(name=who, role=phrases.role(posts[0].role))
        lines.append(_("<b>代请</b>：{who}").format(who=who))
    if leave.is_open_ended and leave.state in {LeaveState.WAITING, LeaveState.APPROVED}:
        lines.append(open_end(span_of(leave)))
    return lines


def open_end(which: Span) -> str:
    """止期未定，先到11月25日."""
    end = phrases.day(which.to_on)
    if which.to_half is Half.AM:
        end = phrases.joined(end, phrases.half(Half.AM))
    return _("<b>止期未定</b>，先到{end}，到时再问。").format(end=end)


async def office(session: AsyncSession, village: Area, role: Role) -> str:
    """柳河镇党委; 县驻村办; 第一书记."""
    if role is Role.FIRST_SECRETARY:
        return _("第一书记")
    if role is Role.TOWNSHIP_OFFICER:
        township = await people.area_at(session, village, Level.TOWNSHIP)
        return _("{township}党委").format(township=phrases.typed(township.name)) if township else _("乡镇党委")
    return _("县驻村办")


async def deciding(session: AsyncSession, village: Area, found: Approvers) -> str:
    """柳河镇党委 刘敏, with the reason where it is not the level's own."""
    who = _("{office} {names}").format(
        office=await office(session, village, found.role), names=phrases.names(_few(found.people))
    )
    if found.instead_of is None or found.why is None:
        return who
    instead = await office(session, village, found.instead_of)
    reasons = {
        Why.VACANT: _("{office}空缺").format(office=instead),
        Why.HIMSELF: _("本人就是{office}").format(office=instead),
        Why.ON_LEAVE: _("{office}请假中").format(office=instead),
        Why.STOOD_IN_FOR: _("代理{names}").format(names=phrases.names(_few(found.absent))),
    }
    return _("{who}（{why}）").format(who=who, why=reasons[found.why])


def _few(found: Iterable[Person], most: int = 3) -> list[str]:
    return [person.name for person in found][:most]


def rung(applicant: Role, which: LeaveKind, level: Role, profile: Profile) -> str:
    """超过1天、不超过3天，本县规定: why this level decides."""
    if which in profile.leave_county_kinds:
        return _("{kind}都由县里批，本县规定").format(kind=kind(which))
    low, high = rules.rung(applicant, level, profile)
    if low is None:
        return _("不超过{high}天，本县规定").format(high=f"{high:g}") if high is not None else _("本县规定")
    if high is None:
        return _("超过{low}天，本县规定").format(low=f"{low:g}")
    return _("超过{low}天、不超过{high}天，本县规定").format(low=f"{low:g}", high=f"{high:g}")


def staying(found: Iterable[Person]) -> str:
    """村里还有 2 人：王强、赵敏."""
    names = [person.name for person in found]
    if not names:
        return _("这几天村里<b>没有别人</b>了")
    return _("村里还有 {n} 人：{names}").format(n=len(names), names=phrases.names(names))


def still_away(
    leave: LeaveRequest, village: str, distance: str, at: tuple[date, Half]
) -> tuple[str, list[list[Button]]]:
    """A position from elsewhere while a leave stands: no return; what can be done. `village` is safe HTML."""
    end = phrases.day(leave.to_on)
    if at <= (leave.to_on, leave.to_half):
        text = _("📍 您离{village}约 {distance}，假期到{end}，不用签到。回村后再点就<b>销假</b>。")
        return text.format(village=village, distance=distance, end=end), []
    text = _("📍 您离{village}约 {distance}，<b>没有销假</b>（假期到{end}）。回村后再点；还回不来：")
    return text.format(village=village, distance=distance, end=end), [late_presses(leave)]


def late_presses(leave: LeaveRequest) -> list[Button]:
    """[续假] [说明情况] for one whose leave is over."""
    extend: Button = (_("续假"), LeaveAct(id=leave.id, do="extend"))
    return [extend, (_("说明情况"), LeaveAct(id=leave.id, do="late"))]


def returned(back: Returned, at: datetime, village: str) -> str:
    """✅ 已销假 08:20 · 石门村; early, with what is credited. `village` is safe HTML."""
    if back.credited:
        if back.leave.is_open_ended:
            end = phrases.joined(phrases.day(back.leave.to_on), phrases.half(back.leave.to_half))
            return _("✅ <b>已销假</b> {time} · {village}，假算到{end}为止。").format(
                time=f"{at:%H:%M}", village=village, end=end
            )
        number = f"{back.credited / 2:g}"
        return _("✅ <b>已销假</b>，提前 {n} 天，少休的 {n} 天不计入请假。").format(n=number)
    return _("✅ <b>已销假</b> {time} · {village}").format(time=f"{at:%H:%M}", village=village)
