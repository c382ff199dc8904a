"""农户 in the roster workbook: who is which household, what changes, what is wrong, what the audit does not say."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from actions import roster
from actions.roster import Noun, Verb
from documents.roster import read
from documents.roster_template import write_export
from policy.authority import Grant, Role, Viewer
from policy.refusals import Code
from policy.workbook import Fault
from storage.engine import Database
from storage.roster import exported, ledger
from storage.tables import Audit, Household, HouseholdChange
from tests.actions.test_roster import NOW, SYSTEM, TODAY, Office, changes
from tests.workbooks import DONGYU, SHIMEN, TOWNSHIP, Roster

POOR = "防止返贫致贫对象"


def row(
    head: str, group: Any = None, address: str | None = None, *more: Any, village: str = SHIMEN, **named: Any
) -> list[Any]:
    """A row: 村代码 组 户主 地址, then 人口 类别 包户干部; 出生年 手机 其他成员 by name."""
    members, kinds, paired = [*more, None, None, None][:3]
    last = [named.get(name) for name in ("born", "phone", "others")]
    return [village, group, head, address, members, kinds, paired, *last]


FIRST = [
    row("陈淑兰", "3组", "沟口2号", 4, POOR, "周建国", born=1958, phone="138 0000 1001", others="赵桂英、陈军"),
    row("陈淑兰", "三组", "沟口8号", 2, "一般户", "老支书", born=1971),
    row("李有才", 3),
    row("王福贵", None, "东头"),
    row("陈淑兰", 3, village=DONGYU),
]


@pytest.fixture
async def office(db: Database, tmp_path: Path) -> Office:
    office = Office(db, tmp_path)
    await office.imports(Roster().but(households=FIRST))
    return office


async def test_the_sheet_is_written_and_the_same_again_changes_nothing(office: Office):
    chen, other, li, wang, _far = await office.rows(Household)
    zhou = await office.person("周建国")
    assert (chen.group, chen.head, chen.address, chen.members, chen.kinds) == (3, "陈淑兰", "沟口2号", 4, [POOR])
    assert (chen.paired_id, chen.paired_name, chen.head_born, chen.phone) == (zhou.id, "周建国", 1958, "13800001001")
    assert (chen.others, chen.sounds, chen.initials, chen.added_at) == (["赵桂英", "陈军"], "chen shu lan", "csl", NOW)
    assert (other.paired_id, other.paired_name, other.kinds) == (None, "老支书", [])
    assert (li.group, wang.group, wang.members) == (3, None, None)
    audits = [one for one in await office.rows(Audit) if one.action == "roster:household:add"]
    assert len(audits) == 5
    assert not [one for one in audits if "陈" in f"{one.before}{one.after}" or "138" in f"{one.after}"]
    assert (await office.imports(Roster().but(households=FIRST))).changes == []
    assert (await office.imports(Roster())).changes == [], "who is not in the sheet stays"


async def test_what_differs_is_shown_and_the_old_values_are_kept(office: Office):
    second = [
        row("陈淑兰", 3, "沟口9号", 3, "无", None, born=1958, phone="13800001002"),
        row("王福贵", 5),  # his group is known now
        row("陈淑兰", 7, "坡上", born=1990),  # another of that name
    ]
    planned = await office.imports(Roster().but(households=second))
    assert changes(planned) == [
        ("household", "change", "石门村 3组 陈淑兰"),
        ("household", "change", "石门村 5组 王福贵"),
        ("household", "add", "石门村 7组 陈淑兰"),
    ]
    change = planned.changes[0]
    assert (change.before, change.after) == (
        {"address": "沟口2号", "members": 4, "kinds": POOR, "phone": "138****1001"},
        {"address": "沟口9号", "members": 3, "kinds": "", "phone": "138****1002"},
    )
    assert planned.counts == {(Noun.HOUSEHOLD, Verb.CHANGE): 2, (Noun.HOUSEHOLD, Verb.ADD): 1}
    chen, _other, _li, wang, *_rest = await office.rows(Household)
    assert (chen.address, chen.kinds, chen.others, wang.group) == ("沟口9号", [], ["赵桂英", "陈军"], 5)
    kept, _wang = await office.rows(HouseholdChange)
    old = {"address": "沟口2号", "members": 4, "kinds": [POOR], "phone": "13800001001"}
    assert (kept.household_id, kept.before, kept.at) == (chen.id, old, NOW)
    audit = next(one for one in await office.rows(Audit) if one.action == "roster:household:change")
    assert (audit.before, audit.after) == (None, {"fields": ["address", "kinds", "members", "phone"]})


async def test_what_is_wrong_is_said_by_row(office: Office):
    bad = [
        row("陈淑兰", 3),  # which of two?
        row("周大海", 5),
        row("周大海", "五组"),
        row("赵六", 1, village=TOWNSHIP),
        row("赵六", 1, village="990101100299"),
        row("赵六", 1, born=2027),
        row("赵六", "东"),
        row("赵六2", 1),
        row("钱七", 1, None, "很多", phone="123"),
    ]
    assert await office.faults(Roster().but(households=bad)) == [
        ("农户", 2, Fault.HOUSEHOLD_AMBIGUOUS),
        ("农户", 4, Fault.HOUSEHOLD_TWICE),
        ("农户", 5, Fault.SITE_NOT_VILLAGE),
        ("农户", 6, Fault.AREA_UNKNOWN),
        ("农户", 7, Fault.BIRTH_INVALID),
        ("农户", 8, Fault.GROUP_INVALID),
        ("农户", 9, Fault.HEAD_INVALID),
        ("农户", 10, Fault.MEMBERS_INVALID),
        ("农户", 10, Code.PHONE_INVALID),
    ]
    planned = await office.imports(Roster().but(households=bad), skip_bad_rows=True)
    assert changes(planned) == [("household", "add", "石门村 5组 周大海")]


async def test_who_is_gone_is_not_brought_back_by_a_sheet(office: Office):
    async with office.db.write() as session:
        gone = await session.get(Household, (await office.rows(Household))[2].id)
        assert gone is not None
        gone.gone_on = TODAY
    planned = await office.plans(Roster().but(households=[row("李有才", 3, "新房")]))
    assert planned.changes == []
    assert [wrong.code for wrong in planned.warnings] == [Fault.HOUSEHOLD_GONE]


async def test_another_county_s_villages_are_not_one_s_own(office: Office):
    far = Viewer(1, (Grant(Role.COUNTY_STAFF, 999, "/999/"),))
    new = Roster().but(households=[row("钱七", 1)])
    assert await office.faults(new, far) == [("农户", 2, Fault.AREA_OUTSIDE)]


async def test_the_export_comes_back_as_it_was_without_phones(office: Office, tmp_path: Path):
    path = tmp_path / "out.xlsx"
    async with office.db.read() as session:
        write_export(path, await exported(session, SYSTEM), await ledger(session, SYSTEM), ZoneInfo("Asia/Shanghai"))
    book = read(path)
    assert [(one.village, one.group, one.head, one.phone) for one in book.households] == [
        (SHIMEN, None, "王福贵", None),
        (SHIMEN, 3, "李有才", None),
        (SHIMEN, 3, "陈淑兰", None),
        (SHIMEN, 3, "陈淑兰", None),
        (DONGYU, 3, "陈淑兰", None),
    ]
    async with office.db.read() as session:
        planned = await roster.plan(session, book, by=SYSTEM, today=TODAY)
    assert planned.changes == []
