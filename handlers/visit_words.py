"""How visits and households are said. Villagers' names only to those who may see them (the queries see to it)."""

from collections.abc import Sequence
from datetime import date

from handlers import phrases
from locales import _, mark
from policy.profile import Period, Profile
from policy.spoken_visits import Called
from storage.tables import Household
from storage.visits import Coverage, Written

FEW_LEFT = 6
"""Households that a suggestion list names."""


def household(row: Household) -> str:
    """3组 陈淑兰."""
    name = phrases.typed(row.head)
    return _("{group}组 {name}").format(group=row.group, name=name) if row.group is not None else name


def told_apart(row: Household) -> str:
    """3组 陈淑兰 1958: what tells households of one name apart, for a button."""
    parts = [household(row)]
    if row.head_born is not None:
        parts.append(str(row.head_born))
    elif row.address:
        parts.append(phrases.typed(row.address[:8]))
    return " ".join(parts)


def with_kinds(row: Household) -> str:
    """3组 陈淑兰（防止返贫致贫对象）."""
    if not row.kinds:
        return household(row)
    return _("{household}（{kinds}）").format(household=household(row), kinds=phrases.names(row.kinds))


def recorded(found: Written, today: date, late: bool, unknown: Sequence[Called]) -> str:
    """✅ 已记：11月23日走访 3组 陈淑兰."""
    visit = found.visit
    whom = _("、").join(with_kinds(row) for row in found.households)
    names = [phrases.typed(called.words) for called in unknown]
    whom = _("、").join(part for part in (whom, *names) if part)
    lines = [
        _("✅ <b>已记</b>：{day}走访 {whom}").format(day=phrases.day(visit.on, today.year), whom=whom)
        if whom
        else _("✅ <b>已记</b>：{day}走访").format(day=phrases.day(visit.on, today.year)),
        phrases.typed(visit.text),
    ]
    if visit.duties:
        lines.append(_("职责：{duties}").format(duties=phrases.names(visit.duties)))
    if found.companions:
        lines.append(_("同去：{names}").format(names=phrases.names(person.name for person in found.companions)))
    if names:
        lines.append(_("名册里没有{names}，先按您说的记。").format(names=_("、").join(names)))
    if late:
        lines.append(_("补记，两个时间都留着。"))
    return "\n".join(lines)


def line(found: Written) -> str:
    """11月23日 3组 陈淑兰：屋顶漏雨 📷3."""
    whom = _("、").join(household(row) for row in found.households[:3])
    if len(found.households) > 3:
        whom = _("{whom}等 {n} 户").format(whom=whom, n=len(found.households))
    text = phrases.typed(found.visit.text if len(found.visit.text) <= 40 else f"{found.visit.text[:39]}…")
    said = _("{day} {whom}：{text}") if whom else _("{day} {text}")
    papers = f" 📷{found.papers}" if found.papers else ""
    return said.format(day=phrases.day(found.visit.on), whom=whom, text=text) + papers


PERIODS = {
    Period.MONTH: mark("本月"),
    Period.QUARTER: mark("本季度"),
    Period.HALF_YEAR: mark("本半年"),
    Period.YEAR: mark("今年"),
}


def covered(all_of: Coverage, priority: Coverage, profile: Profile) -> list[str]:
    """全村本季度已走访 80/214 户 and the like; nothing where the village has no list of households."""
    if not all_of.total:
        return []
    lines = [
        _("全村{period}已走访 {n}/{total} 户").format(
            period=_(PERIODS[profile.household_coverage]), n=all_of.visited, total=all_of.total
        )
    ]
    if priority.total:
        lines.append(
            _("其中{term}{period} {n}/{total} 户").format(
                term=phrases.typed(profile.term_priority_household),
                period=_(PERIODS[profile.priority_household_coverage]),
                n=priority.visited,
                total=priority.total,
            )
        )
    suggested = list(dict.fromkeys((*priority.left, *all_of.left)))
    if suggested:
        names = _("、").join(household(row) for row in suggested[:FEW_LEFT])
        said = _("顺路可以去看看：{names}等") if len(suggested) > FEW_LEFT else _("顺路可以去看看：{names}")
        lines.append(said.format(names=names))
    return lines
