"""值班表 in words: a team's list, what can be done with it, how far an area is; shared by all that speak of it."""

from collections.abc import Iterable, Sequence
from datetime import date

from aiogram.filters.callback_data import CallbackData

from handlers import phrases
from handlers.paging import pairs, turning
from handlers.turn import Button
from locales import _
from policy.authority import Action, Target, Viewer, grant_for
from policy.calendar import Half
from policy.duty import days_of
from storage.duty import DutyList, VillageDuty
from storage.tables import Area, DutyDay, DutyPeriod

DAYS_SHOWN = 10
PAGE = 8
PICKED = 14
"""Days of a list, areas, and days to pick from that a page holds."""


class Look(CallbackData, prefix="duty"):
    """A period as it stands in an area: a team's list, or how far the area is. `page` from 1; 0: where it matters."""

    id: int
    area: int = 0
    page: int = 0
    new: bool = False


class Fill(CallbackData, prefix="dutyf"):
    """A press on a team's list: `put`, `am`, `pm` with a person in `v`; `split`, `same`, `turn`, `pick`, `day`, `empty`.

    `n` is the day of the period, from 0; of `pick` the page.
    """

    id: int
    area: int
    do: str
    n: int = 0
    v: int = 0


class Swap(CallbackData, prefix="dutys"):
    """换班 while it is asked for: `new`, `day`, `who`, `with`. `n` is the day given away, `v` a person, `m` his day."""

    id: int
    do: str
    n: int = 0
    v: int = 0
    m: int = -1


def day(on: date, year: int | None = None) -> str:
    """10月1日（四）."""
    return _("{day}（{weekday}）").format(day=phrases.day(on, year), weekday=_(phrases.WEEKDAYS).split()[on.weekday()])


def days(period: DutyPeriod, today: date) -> str:
    """10月1日至7日."""
    return phrases.days(period.first_on, period.last_on, today.year)


def title(period: DutyPeriod) -> str:
    """国庆节值班, safe inside a message."""
    return phrases.typed(period.title)


def names(found: DutyList, on: date) -> str:
    """周建国; 上午王强、下午赵敏; whoever is on leave then is marked so; 空着 where nobody is."""
    am, pm = found.who(on)
    if am == pm:
        return _("空着") if am is None else _name(found, am, on, tuple(Half))
    parts = [
        phrases.joined(phrases.half(half), _("空着") if person is None else _name(found, person, on, (half,)))
        for half, person in ((Half.AM, am), (Half.PM, pm))
    ]
    return _("、").join(parts)


def _name(found: DutyList, person_id: int, on: date, halves: Sequence[Half]) -> str:
    name = phrases.typed(found.names.get(person_id, "?"))
    return _("{name}（请假）").format(name=name) if found.is_away(person_id, on, halves) else name


def cursor(found: DutyList) -> tuple[date, Half | None] | None:
    """The day that is asked for next: one of which half is said first, then the first empty one."""
    left = found.left()
    for on in left:
        am, pm = found.who(on)
        if (am is None) != (pm is None):
            return on, Half.AM if am is None else Half.PM
    return (left[0], None) if left else None


def list_text(found: DutyList, at: tuple[date, Half | None] | None, page: int = 0) -> tuple[str, int, int]:
    """A team's list around the day that is asked for, with the page it is and how many there are (both from 0 and 1)."""
    every, left = found.days(), found.left()
    pages = -(-len(every) // DAYS_SHOWN)
    first = at[0] if at is not None else max(found.today, found.period.first_on)
    here = min(page - 1, pages - 1) if page else min(every.index(min(first, every[-1])) // DAYS_SHOWN, pages - 1)
    year = found.today.year
    if left:
        head = _("📋 <b>{title}</b> · {village} · {days}：还差 {n} 天没排")
    else:
        head = _("📋 <b>{title}</b> · {village} · {days}：✅ 已排好")
    text = head.format(
        title=title(found.period),
        village=phrases.typed(found.village.name),
        days=days(found.period, found.today),
        n=len(left),
    )
    lines = [text]
    if found.period.basis:
        lines.append(_("依据：{basis}").format(basis=phrases.typed(found.period.basis)))
    if left and found.period.due_on >= found.today:
        lines.append(_("请在{due}前排好。").format(due=phrases.day(found.period.due_on, year)))
    shown = every[here * DAYS_SHOWN : (here + 1) * DAYS_SHOWN]
    lines += [_("{day} {names}").format(day=day(on, year), names=names(found, on)) for on in shown]
    return "\n".join(lines), here, pages


def village_view(found: DutyList, viewer: Viewer, page: int = 0) -> tuple[str, list[list[Button]]]:
    """A team's list as it stands, with what this viewer can do about it: fill what is empty, change, swap his own."""
    may_fill = grant_for(viewer, Action.DUTY_FILL, Target(found.village.path)) is not None
    at = cursor(found) if may_fill else None
    text, here, pages = list_text(found, at, page)
    rows: list[list[Button]] = []
    if at is not None and found.team:
        text = "\n".join([text, ask(found, *at)])
        rows += fill_rows(found, *at)
    elif not found.team:
        text = "\n".join([text, _("本村现在没有驻村工作队员。")])
    turn_over = turning(here, pages, lambda to: Look(id=found.period.id, area=found.village.id, page=to + 1))
    last: list[Button] = []
    if may_fill and any(found.who(on) != (None, None) for on in found.days() if on >= found.today):
        last.append((_("改"), _fill(found, "pick")))
    if _swaps(found, viewer):
        last.append((_("换班"), Swap(id=found.period.id, do="new")))
    return text, [*rows, turn_over, last]


def _swaps(found: DutyList, viewer: Viewer) -> bool:
    """Whether the viewer is of the team and has a day to come that he could change."""
    me = viewer.person_id
    is_of_team = any(person.id == me for person in found.team)
    return is_of_team and any(me in found.who(on) for on in found.days() if on > found.today)


def ask(found: DutyList, on: date, half: Half | None) -> str:
    """10月4日（日）谁值班？."""
    when = day(on, found.today.year)
    if half is not None:
        when = phrases.joined(when, phrases.half(half))
    return _("<b>{when}</b>谁值班？").format(when=when)


def fill_rows(found: DutyList, on: date, half: Half | None, *, is_change: bool = False) -> list[list[Button]]:
    """Names to tap for a day or a half of it; 同上, 轮流排满; 分上下午."""
    n = (on - found.period.first_on).days
    halves = tuple(Half) if half is None else (half,)
    do = "put" if half is None else half.value
    flat: list[Button] = []
    for person in found.team:
        label = _("{name} 假").format(name=person.name[:5]) if found.is_away(person.id, on, halves) else person.name[:8]
        flat.append((label, _fill(found, do, n, person.id)))
    more: list[Button] = []
    if half is None:
        before = found.who(on.fromordinal(on.toordinal() - 1))
        if None not in before:
            more.append((_("同上"), _fill(found, "same", n)))
        more.append((_("分上下午"), _fill(found, "split", n)))
    if is_change:
        more += [(_("空着"), _fill(found, "empty", n)), (_("返回"), Look(id=found.period.id, area=found.village.id))]
    elif any(found.who(on) == (None, None) for on in found.left()):
        more.append((_("轮流排满"), _fill(found, "turn")))
    return [*pairs(flat), *pairs(more)]


def pick_rows(found: DutyList, page: int) -> list[list[Button]]:
    """Days to pick one to change."""
    every = [on for on in found.days() if on >= found.today]
    pages = max(1, -(-len(every) // PICKED))
    page = min(max(page, 0), pages - 1)
    flat: list[Button] = [
        (f"{on.month}-{on.day}", _fill(found, "day", (on - found.period.first_on).days))
        for on in every[page * PICKED : (page + 1) * PICKED]
    ]
    rows = [flat[at : at + 4] for at in range(0, len(flat), 4)]
    back: list[Button] = [(_("返回"), Look(id=found.period.id, area=found.village.id))]
    return [*rows, turning(page, pages, lambda to: _fill(found, "pick", to)), back]


def _fill(found: DutyList, do: str, n: int = 0, v: int = 0) -> Fill:
    return Fill(id=found.period.id, area=found.village.id, do=do, n=n, v=v)


def own(rows: Iterable[DutyDay], me: int, today: date) -> str:
    """您值班：10月1日（四）、10月3日（六）上午."""
    shown = []
    for row in list(rows)[:4]:
        when = day(row.on, today.year)
        if row.am_id != row.pm_id:
            when = phrases.joined(when, phrases.half(Half.AM if row.am_id == me else Half.PM))
        shown.append(when)
    return _("您<b>值班</b>：{days}").format(days=_("、").join(shown))


def lieu(halves: int) -> str:
    """可以补休 1.5 天."""
    return _("可以<b>补休</b> {n} 天").format(n=f"{halves / 2:g}")


def summary(found: Sequence[VillageDuty], length: int) -> tuple[int, int]:
    """How many villages have filled the whole period, of how many."""
    return sum(1 for row in found if row.filled >= length), len(found)


def head(period: DutyPeriod, area: Area, found: Sequence[VillageDuty], today: date) -> list[str]:
    """📋 国庆节值班 · 安岭县 · 10月1日至7日; how many have filled it."""
    filled, every = summary(found, len(days_of(period.first_on, period.last_on)))
    lines = [
        _("📋 <b>{title}</b> · {area} · {days}").format(
            title=title(period), area=phrases.typed(area.name), days=days(period, today)
        ),
        _("已排好 {filled}/{every} 个村，{due}前排好。").format(
            filled=filled, every=every, due=phrases.day(period.due_on, today.year)
        ),
    ]
    if period.basis:
        lines.insert(1, _("依据：{basis}").format(basis=phrases.typed(period.basis)))
    return lines
