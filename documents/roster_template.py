"""Writing roster workbooks: the empty one, what is there with its ledger (变动台账), bad rows, invitations."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from documents.lists import add_list, save_whole
from documents.roster import REASONS
from documents.sheets import row_by_row
from locales import _
from policy.geo import Datum
from policy.roster import NAME_OF, PARTY_WORDS, Level, RoleName, UnitKind
from policy.workbook import LEDGER, NOTES, Place, Sheet, columns
from storage.roster import Exported, LedgerRow
from storage.tables import Household

INVITATION_COLUMNS = ("姓名", "角色", "区划", "令牌", "链接")
LEDGER_COLUMNS = ("时间", "操作人", "事项", "对象", "变动前", "变动后", "批准文号")

_TEXT_COLUMNS: Mapping[Sheet, tuple[int, ...]] = {
    Sheet.AREAS: (0, 3),
    Sheet.SITES: (0,),
    Sheet.UNITS: (),
    Sheet.PEOPLE: (1, 5),
    Sheet.HOUSEHOLDS: (0, 8),
}
_WIDTHS: Mapping[Sheet, Mapping[int, float]] = {
    Sheet.AREAS: {1: 20},
    Sheet.SITES: {1: 20},
    Sheet.UNITS: {0: 32},
    Sheet.PEOPLE: {0: 12, 3: 28, 7: 14},
    Sheet.HOUSEHOLDS: {0: 20, 3: 32, 5: 24, 9: 24},
}
_CHOICES: Mapping[Sheet, Mapping[str, Sequence[str]]] = {
    Sheet.AREAS: {"级别": list(Level)},
    Sheet.SITES: {"坐标系": list(Datum)},
    Sheet.UNITS: {"层级": [Level.PROVINCE, Level.CITY, Level.COUNTY], "类型": list(UnitKind)},
    Sheet.PEOPLE: {"角色": list(RoleName), "政治面貌": ["中共党员", "中共预备党员", "共青团员", "群众"]},
    Sheet.HOUSEHOLDS: {},
}
_LAST_ROW = 1_048_576


def write_template(path: Path) -> None:
    """The empty workbook: notes, headers, drop-downs, codes as text. Raises OSError."""
    workbook = Workbook()
    notes: Any = workbook.active
    notes.title = NOTES
    notes.column_dimensions["A"].width = 100
    for line in _notes():
        notes.append([line])
    for sheet in Sheet:
        made = add_list(workbook, sheet, columns(sheet), widths=_WIDTHS[sheet], text_columns=_TEXT_COLUMNS[sheet])
        for column, choices in _CHOICES[sheet].items():
            made.add_data_validation(_drop_down(columns(sheet).index(column), choices, is_strict=column != "政治面貌"))
    save_whole(workbook, path)


def _drop_down(place: int, choices: Sequence[str], *, is_strict: bool) -> DataValidation:
    validation = DataValidation(type="list", formula1='"' + ",".join(choices) + '"', allow_blank=True)
    validation.showErrorMessage = is_strict
    validation.error = _("请从下拉列表中选一个。")
    letter = get_column_letter(place + 1)
    validation.add(f"{letter}2:{letter}{_LAST_ROW}")
    return validation


def _notes() -> list[str]:
    return [
        _("驻村工作名册：填写说明"),
        _("一、表名和第一行的列名请不要改；列的次序可以变，空行没有关系。"),
        _(
            "二、「区划」：省、市、县、乡镇、村各一行。代码按统计用区划代码填，当作文字；上级代码空着时按代码自动归到上级。"
        ),
        _(
            "三、「驻地」：一个村可以有几处，签到到任何一处都算。坐标写十进制度数，并注明坐标系：手机定位是 WGS-84，高德和腾讯地图是 GCJ-02，百度地图是 BD-09。"
        ),
        _(
            "四、「派出单位」：写全称（如“安岭县财政局”），县级及以上的党政机关、国有企业、事业单位（《意见》一（一））。"
        ),
        _("五、「人员」：一人一个角色一行，有几个角色写几行，手机号写同一个。起始日期必填；结束日期空着表示还在任。"),
        _("六、每个村一支队伍 3 人（人数按本县设置），第一书记一名，须是中共党员，兼任队长（《意见》一（一））。"),
        _(
            "七、再次导入：一样的不动，不一样的先列出来，确认了才改。表里没有的人不会被删；不再担任的，填结束日期。除结束日期外，空着的格表示不改。"
        ),
        _("八、更换第一书记要有批准文号（《意见》一（三）：不得擅自调整）。"),
        _(
            "九、「农户」：一户一行，同村同组同名的写上出生年或地址。类别只写重点户的类别，一般户空着；没有了写“无”。表里没有的户不会被删，搬走的在对话里办。"
        ),
        _("十、角色：{roles}。级别：{levels}。政治面貌：{parties}。").format(
            roles="、".join(RoleName), levels="、".join(Level), parties="、".join(PARTY_WORDS)
        ),
    ]


def write_export(path: Path, found: Exported, ledger: Iterable[LedgerRow], zone: ZoneInfo) -> None:
    """What is there in the workbook's own columns, and the ledger of changes. Raises OSError."""
    rows: Mapping[Sheet, Iterable[Sequence[Any]]] = {
        Sheet.AREAS: ((code, name, level.value, parent) for code, name, level, parent in found.areas),
        Sheet.SITES: ((code, name, point.lat, point.lon, datum.value) for code, name, point, datum in found.sites),
        Sheet.UNITS: ((name, level.value, kind) for name, level, kind in found.units),
        Sheet.PEOPLE: (
            (
                row.name,
                row.phone,
                row.party,
                row.unit,
                NAME_OF[row.role].value,
                row.area,
                row.starts_on.isoformat(),
                row.ends_on.isoformat() if row.ends_on is not None else None,
            )
            for row in found.people
        ),
        Sheet.HOUSEHOLDS: (_household(code, row) for code, row in found.households),
    }
    with row_by_row() as workbook:
        for sheet in Sheet:
            add_list(
                workbook,
                sheet,
                columns(sheet),
                rows[sheet],
                widths=_WIDTHS[sheet],
                text_columns=_TEXT_COLUMNS[sheet],
            )
        changes = (_ledger_row(row, zone) for row in ledger)
        add_list(workbook, LEDGER, LEDGER_COLUMNS, changes, widths={0: 18, 2: 22, 3: 30, 4: 40, 5: 60, 6: 24})
        save_whole(workbook, path)


def _household(code: str, row: Household) -> Sequence[Any]:
    """A household's row. Phones stay inside: an empty cell changes nothing where the sheet comes back."""
    kinds, others = "、".join(row.kinds), "、".join(row.others)
    paired = row.paired_name
    return (code, row.group, row.head, row.address, row.members, kinds, paired, row.head_born, None, others)


def _ledger_row(row: LedgerRow, zone: ZoneInfo) -> Sequence[Any]:
    after = dict(row.after)
    approval = after.pop("approval", None)
    name = after.get("name") or row.before.get("name")
    return (
        row.at.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
        row.who or _("系统"),
        _verb(row.action),
        " ".join(dict.fromkeys(word for word in (row.where, name) if word)) or row.subject,
        _facts(row.before),
        _facts(after),
        approval,
    )


def _verb(action: str) -> str:
    _roster, noun, verb = action.split(":")
    nouns = {"area": _("区划"), "unit": _("派出单位"), "site": _("驻地"), "person": _("人员"), "role": _("任职")}
    nouns["household"] = _("农户")
    verbs = {"add": _("新增"), "change": _("变更"), "end": _("结束")}
    return f"{nouns.get(noun, noun)} · {verbs.get(verb, verb)}"


def _facts(facts: Mapping[str, Any]) -> str:
    names = fact_names()
    if fields := facts.get("fields"):
        return "、".join(names.get(key, key) for key in fields)
    return "；".join(f"{names.get(key, key)} {'—' if value is None else value}" for key, value in facts.items())


def fact_names() -> dict[str, str]:
    """What a change's facts are called."""
    return {
        "code": _("代码"),
        "name": _("名称"),
        "level": _("级别"),
        "parent": _("上级代码"),
        "kind": _("类型"),
        "datum": _("坐标系"),
        "moved_m": _("移动（米）"),
        "phone": _("手机"),
        "party": _("政治面貌"),
        "unit": _("派出单位"),
        "role": _("角色"),
        "area": _("区划"),
        "starts_on": _("起始日期"),
        "ends_on": _("结束日期"),
        "group": _("组"),
        "head": _("户主"),
        "address": _("地址"),
        "members": _("人口"),
        "kinds": _("类别"),
        "paired_name": _("包户干部"),
        "head_born": _("出生年"),
        "others": _("其他成员"),
    }


def write_bad_rows(path: Path, source: Path, bad: Mapping[Place, Sequence[str]]) -> None:
    """The bad rows of a workbook as they were, each with its reasons behind it; to be put right and sent again.

    Raises OSError.
    """
    with closing(load_workbook(source, read_only=True, data_only=True)) as read, row_by_row() as workbook:
        for sheet in Sheet:
            numbers = {row for name, row in bad if name == sheet}
            if sheet not in read.sheetnames or not numbers:
                continue
            rows = read[sheet].iter_rows(max_row=max(numbers), values_only=True)
            header = [str(cell) if cell is not None else "" for cell in next(rows, ())]
            wanted = ((number, row) for number, row in enumerate(rows, start=2) if number in numbers)
            lines = ([*_padded(row, len(header)), "；".join(bad[sheet.value, number])] for number, row in wanted)
            texts = [
                place for place, name in enumerate(header) if name in {"代码", "上级代码", "村代码", "区划代码", "手机"}
            ]
            add_list(
                workbook,
                sheet,
                [*header, REASONS],
                map(_shown, lines),
                widths={len(header): 60},
                text_columns=texts,
            )
        if not workbook.worksheets:
            add_list(workbook, NOTES, [REASONS], ([reason] for reasons in bad.values() for reason in reasons))
        save_whole(workbook, path)


def _padded(row: Sequence[Any], width: int) -> list[Any]:
    return [*row[:width], *[None] * (width - len(row))]


def _shown(row: Sequence[Any]) -> list[Any]:
    return [cell.strftime("%Y-%m-%d") if isinstance(cell, datetime) else cell for cell in row]


def write_invitations(path: Path, rows: Iterable[tuple[str, str, str, str, str]]) -> None:
    """Names with their tokens and links: to be handed out, and then deleted. Raises OSError."""
    with row_by_row() as workbook:
        add_list(workbook, "邀请", INVITATION_COLUMNS, rows, widths={2: 24, 3: 26, 4: 60}, text_columns=(3,))
        save_whole(workbook, path)
