"""How a household is shown: one line of a list, and its card. The phone masked; the number itself only on a tap."""

from collections.abc import Mapping, Sequence

from handlers import phrases
from handlers import visit_words as words
from locales import _, mark
from policy.sentences import mask_phone
from storage.tables import Area, Household, HouseholdVisit

FIELDS: Mapping[str, tuple[str, str]] = {
    "group": (mark("组"), mark("改成哪一组？例如：3")),
    "head": (mark("户主"), mark("户主改成谁？例如：陈淑兰")),
    "address": (mark("地址"), mark("地址改成什么？例如：东头7号。没有就说「无」。")),
    "members": (mark("人口"), mark("家里几口人？例如：4")),
    "kinds": (mark("类别"), mark("属于哪些重点类别？用顿号隔开，例如：防止返贫致贫对象。不是就说「无」。")),
    "paired_name": (mark("包户干部"), mark("包户干部是谁？例如：周建国。没有就说「无」。")),
    "head_born": (mark("出生年"), mark("户主哪一年生？例如：1958")),
    "phone": (mark("手机"), mark("手机号是多少？11 位数字。没有就说「无」。")),
    "others": (mark("其他成员"), mark("家里还有谁？用顿号隔开，例如：赵桂英、李小军。没有就说「无」。")),
}
"""What may be corrected, by its column: the button, and the question."""

LONGEST_VISIT = 30


def listed(number: int, row: Household, village: Area, *, with_village: bool) -> str:
    """1. 3组 陈淑兰 1958 · 石门村（已注销）."""
    parts = [words.told_apart(row), phrases.typed(village.name) if with_village else ""]
    line = f"{number}. {' · '.join(part for part in parts if part)}"
    return line + _("（已搬走或注销）") if row.gone_on is not None else line


def card(row: Household, village: Area, visits: Sequence[tuple[HouseholdVisit, str]]) -> str:
    """3组 陈淑兰 · 石门村, and what is known of it."""
    lines = [f"<b>{words.household(row)}</b> · {phrases.typed(village.name)}"]
    if row.gone_on is not None:
        reason = phrases.typed(row.gone_reason or "")
        lines.append(_("{day}登记搬走或注销：{reason}").format(day=phrases.day(row.gone_on), reason=reason))
    born = _("{year} 年生").format(year=row.head_born) if row.head_born is not None else ""
    members = _("{n} 口人").format(n=row.members) if row.members is not None else ""
    if row.others:
        members = _("{members}（{names}）").format(members=members, names=phrases.names(row.others))
    lines += [
        " · ".join(part for part in (born, members) if part),
        phrases.typed(row.address or ""),
        phrases.names(row.kinds),
        _("包户：{name}").format(name=phrases.typed(row.paired_name)) if row.paired_name else "",
        _("电话 {phone}").format(phone=mask_phone(row.phone)) if row.phone else "",
    ]
    if not visits:
        lines.append(_("还没有走访记录。"))
    for visit, name in visits:
        text = visit.text if len(visit.text) <= LONGEST_VISIT else f"{visit.text[: LONGEST_VISIT - 1]}…"
        said = _("{day} {name}：{text}")
        lines.append(said.format(day=phrases.day(visit.on), name=phrases.typed(name), text=phrases.typed(text)))
    return "\n".join(line for line in lines if line)
