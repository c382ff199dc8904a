"""Small phrases that many sentences share: days, halves, distances, names."""

import re
from collections.abc import Iterable
from datetime import date
from html import escape

from babel.dates import format_date

from locales import _, language, mark
from policy.authority import TEAM, Role
from policy.calendar import Half

LINE = "────"
"""Above and below a card that is shown before it is sent."""
FEW = 3
"""Names that a line has room for."""
WEEKDAYS = mark("一 二 三 四 五 六 日")
ROLES = {
    Role.TEAM_MEMBER: mark("队员"),
    Role.FIRST_SECRETARY: mark("第一书记"),
    Role.TOWNSHIP_OFFICER: mark("乡镇干部"),
    Role.COUNTY_STAFF: mark("县级工作人员"),
    Role.COUNTY_LEADER: mark("县领导"),
    Role.UNIT_LIAISON: mark("单位联络员"),
    Role.ADMIN: mark("管理员"),
}


_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f]')


def file_name(stem: str, ending: str, *, is_sample: bool = False) -> str:
    """A name that every system takes: 样例安岭县2026年11月考勤统计表.xlsx."""
    named = _NOT_IN_NAMES.sub("_", stem)[:80]
    if is_sample:
        named = _("样例{name}").format(name=named)
    return f"{named}.{ending}"


def day(on: date, year: int | None = None) -> str:
    """11月23日; 2027年1月3日 where `year`, in which it is said, is another."""
    pattern = _("M月d日") if year in {None, on.year} else _("yyyy年M月d日")
    return format_date(on, pattern, locale=language())


def weekday(on: date) -> str:
    """周一."""
    return format_date(on, "EEE", locale=language())


def near(on: date, today: date) -> str:
    """今天, 昨天, 前天, else 11月20日."""
    words = {0: _("今天"), 1: _("昨天"), 2: _("前天")}
    return words.get((today - on).days) or day(on)


def month(first: date, today: date) -> str:
    """11月; of another year 2027年1月."""
    pattern = _("M月") if first.year == today.year else _("yyyy年M月")
    return format_date(first, pattern, locale=language())


def half(which: Half) -> str:
    """上午 or 下午."""
    return _("上午") if which is Half.AM else _("下午")


def halves(which: Iterable[Half]) -> str:
    """全天, 上午 or 下午."""
    found = set(which)
    return _("全天") if len(found) == 2 else half(found.pop())


def joined(when: str, which: str) -> str:
    """11月23日上午; in English with a space between."""
    return _("{day}{half}").format(day=when, half=which)


def span(from_on: date, from_half: Half, to_on: date, to_half: Half, year: int | None = None) -> str:
    """11月23日全天; 11月24日下午至25日. Where `year`, in which it is said, is another, 2027年1月3日全天."""
    begin = day(from_on, year)
    if from_on == to_on:
        whole = from_half is Half.AM and to_half is Half.PM
        return joined(begin, _("全天") if whole else half(from_half))
    first = begin if from_half is Half.AM else joined(begin, half(from_half))
    last = until(from_on, to_on)
    return _("{first}至{last}").format(first=first, last=last if to_half is Half.PM else joined(last, half(to_half)))


def days(first: date, last: date, year: int | None = None) -> str:
    """12月5日; 12月5日至7日; 2027年1月1日至3日. `year` is the one in which it is said."""
    if first == last:
        return day(first, year)
    return _("{first}至{last}").format(first=day(first, year), last=until(first, last))


def until(first: date, last: date) -> str:
    """The last day behind a first one: what both have in common isn't said twice."""
    if (first.year, first.month) == (last.year, last.month) and language() == "zh_CN":
        return f"{last.day}日"
    return day(last, first.year)


def distance(metres: float) -> str:
    """About 9 公里; under a kilometre in metres."""
    if metres < 950:
        return _("{n} 米").format(n=max(10, round(metres, -1)).__int__())
    kilometres = metres / 1000
    return _("{n} 公里").format(n=f"{kilometres:.1f}".removesuffix(".0") if kilometres < 10 else round(kilometres))


def typed(text: str) -> str:
    """What a person typed, safe inside a message."""
    return escape(text, quote=False)


def names(people: Iterable[str]) -> str:
    """周建国、赵敏、王强."""
    return _("、").join(typed(name) for name in people)


def role(which: Role) -> str:
    """第一书记."""
    return _(ROLES[which])


def post(which: Role, area: str) -> str:
    """石门村驻村工作队队员; 柳河镇乡镇干部. `area` is a name as it was typed."""
    if which in TEAM:
        return _("{village}驻村工作队{role}").format(village=typed(area), role=role(which))
    return _("{area}{role}").format(area=typed(area), role=role(which))
