"""Words for an import of the roster: what is wrong with a row, what would change. For chat and the command line."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from enum import Enum, StrEnum
from typing import Any

from actions.roster import Change, Noun, Plan, Verb
from documents.roster_template import fact_names
from locales import _, mark
from policy.refusals import LOCAL, Code
from policy.roster import ProblemCode
from policy.workbook import Fault, RowProblem

WORDS: Mapping[StrEnum, str] = {
    Fault.SHEETS_MISSING: mark("没有找到要用的表，应有其中至少一张：{wanted}"),
    Fault.SHEET_UNKNOWN: mark("不认识这张表，里面有内容；表名应是：{wanted}"),
    Fault.SHEET_TOO_LONG: mark("超过 {allowed} 行，请分开导入"),
    Fault.COLUMN_MISSING: mark("缺这一列；第一行应有：{wanted}"),
    Fault.COLUMN_TWICE: mark("这一列出现了两次"),
    Fault.COLUMN_UNKNOWN: mark("不认识这一列，没有读"),
    Fault.CELL_EMPTY: mark("不能空着"),
    Fault.NAME_TOO_LONG: mark("太长：{length} 个字，最多 {allowed} 个"),
    Fault.DATE_INVALID: mark("“{value}”不是日期，请写成 2026-03-01"),
    Fault.DATES_REVERSED: mark("结束日期 {ends_on} 早于起始日期 {starts_on}"),
    Fault.NUMBER_INVALID: mark("“{value}”读不出来，坐标请写十进制度数，坐标系写 WGS-84、GCJ-02 或 BD-09"),
    Fault.POSITION_OUTSIDE: mark("坐标（{latitude}，{longitude}）不在国内"),
    Fault.DATUM_ASSUMED: mark("坐标系空着，按 WGS-84 记"),
    Fault.CODE_TWICE: mark("代码和第 {other} 行重复"),
    Fault.UNIT_TWICE: mark("单位和第 {other} 行重复"),
    Fault.SITE_TWICE: mark("驻地和第 {other} 行重复"),
    Fault.ROLE_TWICE: mark("和第 {other} 行是同一人、同一角色，日期重叠"),
    Fault.PHONE_TWICE: mark("手机和第 {other} 行（{name}）相同，姓名不同"),
    Fault.PERSON_CONFLICT: mark("和第 {other} 行是同一人，政治面貌不同"),
    Fault.PERSON_AMBIGUOUS: mark("同名的有 {count} 人，分不清是谁，请写上登记过的手机号"),
    Fault.PHONE_TAKEN: mark("这个手机号已登记在别人名下，请核对手机或姓名"),
    Fault.NAME_CORRECTED: mark("同一手机、同一任职，姓名由“{before}”更正为“{after}”"),
    Fault.AREA_UNKNOWN: mark("没有代码为 {on} 的区划，请先填在「区划」表"),
    Fault.AREA_LEVEL_CHANGED: mark("已登记的级别是“{before}”，不能改成“{after}”"),
    Fault.SITE_NOT_VILLAGE: mark("这个代码是“{level}”，这里要填村代码"),
    Fault.SITE_FAR: mark("离{county}其他驻地约 {km} 公里，请核对"),
    Fault.UNIT_NOT_LISTED: mark("没有“{on}”这个单位，请先填在「派出单位」表"),
    Fault.HANGS_ON_BAD_ROW: mark("它依靠的“{on}”那一行不对"),
    Fault.TEAM_HAS_BAD_ROW: mark("同队有一行不对，整队先不导入"),
    Fault.AREA_OUTSIDE: mark("不在您管理的区划内"),
    Fault.PERSON_OUTSIDE: mark("这个手机号登记在别的县，请上级来改"),
    Fault.UNIT_OUTSIDE: mark("这个单位在别的县也有派出人员，请上级来改"),
    Fault.ADMIN_ONLY: mark("管理员只能由管理员登记"),
    Fault.APPROVAL_MISSING: mark("{village}更换第一书记（{before} → {after}）要有批准文号，不得擅自调整"),
    Fault.HEAD_INVALID: mark("“{value}”不是姓名：最多 20 个字，不带数字"),
    Fault.GROUP_INVALID: mark("“{value}”不是组号，请写数字，例如 3"),
    Fault.MEMBERS_INVALID: mark("“{value}”不是人数，请写数字，例如 4"),
    Fault.BIRTH_INVALID: mark("“{value}”不是出生年，请写成 1958"),
    Fault.ITEMS_INVALID: mark("“{value}”太长：最多 10 项，每项 20 个字，用顿号隔开"),
    Fault.ADDRESS_TOO_LONG: mark("地址太长，最多 128 个字"),
    Fault.HOUSEHOLD_TWICE: mark("和第 {other} 行同村同组同名，分不清是不是一户，请写上出生年或地址"),
    Fault.HOUSEHOLD_AMBIGUOUS: mark("本组同名的有 {count} 户，分不清是哪一户，请写上登记过的出生年或地址"),
    Fault.HOUSEHOLD_GONE: mark("这一户已登记搬走或注销，没有改"),
    Code.AREA_CODE_INVALID: mark("“{area}”不是区划代码，应是 2 到 12 位数字"),
    Code.AREA_PARENT_UNKNOWN: mark("找不到上级区划“{parent}”"),
    Code.AREA_PARENT_LEVEL: mark("上级“{parent}”是“{parent_level}”，不高于“{level}”"),
    Code.PHONE_INVALID: mark("手机号应是 11 位数字，这里是 {digits} 位，或不是手机号"),
    Code.WORD_UNKNOWN: mark("不认识“{word}”，可以填：{allowed}"),
    Code.ROLE_WRONG_LEVEL: mark("“{role}”不在“{level}”一级任职，应在：{allowed}"),
    ProblemCode.TEAM_TOO_SMALL: mark("队伍只有 {count} 人，应有 {fewest} 人"),
    ProblemCode.TEAM_TOO_LARGE: mark("队伍有 {count} 人，最多 {most} 人；不再担任的请填结束日期"),
    ProblemCode.FIRST_SECRETARY_MISSING: mark("这支队伍没有第一书记"),
    ProblemCode.FIRST_SECRETARY_SEVERAL: mark("这支队伍有 {count} 名第一书记，只能有一名；前任请填结束日期"),
    ProblemCode.FIRST_SECRETARY_NOT_PARTY_MEMBER: mark("第一书记须是中共党员"),
    ProblemCode.PARTY_MEMBERSHIP_UNKNOWN: mark("第一书记的政治面貌不能空着"),
    ProblemCode.FIRST_SECRETARY_PROBATIONARY: mark("第一书记是预备党员，请核对"),
    ProblemCode.FIRST_SECRETARY_RANK: mark("第一书记一般应为处科级干部或后备干部"),
    ProblemCode.PERSON_TWICE: mark("同一人在这支队伍里有 {times} 个任职"),
    ProblemCode.UNIT_UNKNOWN: mark("没有填派出单位"),
    ProblemCode.UNIT_BELOW_COUNTY: mark("派出单位应是县级及以上"),
    ProblemCode.TOWNSHIP_CADRE: mark("在任乡镇干部不能选派"),
    ProblemCode.NOT_ON_ESTABLISHMENT: mark("须是在编在职人员"),
}

NOUNS: Mapping[Noun, str] = {
    Noun.AREA: mark("区划"),
    Noun.UNIT: mark("派出单位"),
    Noun.SITE: mark("驻地"),
    Noun.PERSON: mark("人员"),
    Noun.ROLE: mark("任职"),
    Noun.HOUSEHOLD: mark("农户"),
}
VERBS: Mapping[Verb, str] = {Verb.ADD: mark("新增"), Verb.CHANGE: mark("变更"), Verb.END: mark("结束")}

LONGEST = 200
"""Characters of one fact: a cell may hold a book, a message can't."""

Escape = Callable[[str], str]


def as_it_is(text: str) -> str:
    """For the command line and for cells; chat escapes."""
    return text


def reason(found: RowProblem, escape: Escape = as_it_is) -> str:
    """What is wrong, and by which rule."""
    fields = {name: escape(_plain(value)) for name, value in found.fields.items()}
    said = _(WORDS[found.code]).format(**fields)
    if found.fields.get("swapped"):
        said += _("；纬度和经度可能填反了")
    return said + (
        _("（本县规定）") if found.clause == LOCAL else _("（《意见》{clause}）").format(clause=found.clause)
    )


def line(found: RowProblem, escape: Escape = as_it_is) -> str:
    """人员 第 12 行「手机」：手机号应是 11 位数字（本县规定）."""
    sheet = escape(found.sheet)
    if found.row < 1:
        place = _("表“{sheet}”").format(sheet=sheet)
    elif found.column is None:
        place = _("{sheet} 第 {row} 行").format(sheet=sheet, row=found.row)
    else:
        place = _("{sheet} 第 {row} 行「{column}」").format(sheet=sheet, row=found.row, column=escape(found.column))
    return _("{place}：{reason}").format(place=place, reason=reason(found, escape))


def difference(change: Change, escape: Escape = as_it_is) -> str:
    """变更 任职 石门村 王强 第一书记：结束日期 — → 2026-11-30."""
    head = f"{_(VERBS[change.verb])} {_(NOUNS[change.noun])} {escape(change.label)}"
    if change.before is None:
        return head
    shown = [
        _fact(key, change.before.get(key), value, escape)
        for key, value in (change.after or {}).items()
        if change.before.get(key) != value
    ]
    return f"{head}：{'；'.join(shown)}"


def _fact(key: str, before: Any, after: Any, escape: Escape) -> str:
    """结束日期 — → 2026-11-30; 移动约 100 米."""
    if key == "moved_m":
        return _("移动约 {n} 米").format(n=after)
    return f"{fact_names().get(key, key)} {escape(_plain(before))} → {escape(_plain(after))}"


def totals(planned: Plan) -> str:
    """新增 区划 14、人员 30；变更 任职 2."""
    return sums(planned.counts)


def sums(counts: Counter[tuple[Noun, Verb]]) -> str:
    """How many of each, the verbs apart."""
    parts = []
    for verb in Verb:
        of_verb = [f"{_(NOUNS[noun])} {counts[noun, verb]}" for noun in Noun if counts[noun, verb]]
        if of_verb:
            parts.append(f"{_(VERBS[verb])} {'、'.join(of_verb)}")
    return "；".join(parts)


def reasons(planned: Plan) -> dict[tuple[str, int], list[str]]:
    """The bad rows with their reasons, as the workbook of bad rows shows them."""
    return {place: _distinct(map(reason, found)) for place, found in planned.bad_rows().items()}


def _distinct(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))


def _plain(value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, float):
        return f"{value:g}"
    words = str(value)
    return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"
