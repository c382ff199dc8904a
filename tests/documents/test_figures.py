"""报数 as a workbook, read back."""

import io
from datetime import UTC, datetime

import pytest
from openpyxl import load_workbook

from documents import figures as paper
from documents import press
from documents.figures import Order
from policy.authority import Viewer
from policy.figure_lines import field
from policy.figures import Each, Field, FieldKind
from policy.refusals import Code
from tests.figures import DUE, County
from tests.policy.refused import refused

FIELDS = [
    field("受灾户数 户"),
    Field("=面积", FieldKind.NUMBER, "亩", decimals=2),
    field("灾情 轻/=重"),
    field("备注 文字 依据：县防指第 4 号"),
]
AT = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)


@pytest.fixture
async def county(database_url):
    """柳河镇 with 石门村 and 东峪村, 石桥镇 with 南坡村."""
    world = County(database_url)
    world.cadre("王强", secretary=True)
    world.cadre("周建国")
    world.cadre("李雪", village="东峪村")
    world.cadre("潘建军", village="南坡村", township="石桥镇", secretary=True)
    world.township_officer("刘敏")
    world.township_officer("许文静", "白杨乡")
    world.county_staff("孙丽")
    world.county_leader("陈志远")
    await world._people()
    yield world
    await world.close()


async def built(world, request_id, name="孙丽", language="zh_CN"):
    viewer = await world.viewer(name)
    return await paper._build(
        Order(world.db.url.render_as_string(hide_password=False), viewer, request_id, AT, language)
    )


def rows(made, sheet=0):
    return list(load_workbook(io.BytesIO(made.content)).worksheets[sheet].iter_rows(values_only=True))


async def test_one_row_a_team_and_a_sum(county, monkeypatch):
    monkeypatch.setattr(paper, "PIECE", 2)
    request_id = await county.ask(fields=FIELDS)
    await county.reply("周建国", (await county.asked("石门村"))[0].id, {0: 300, 1: 250, 2: "轻", 3: "=HYPERLINK(1)"})
    late = DUE.replace(hour=11)
    await county.reply("李雪", (await county.asked("东峪村"))[0].id, {0: 4200, 1: 1075, 2: "=重", 3: "无"}, now=late)
    made = await built(county, request_id)
    found = rows(made)
    assert found[0] == (
        "序号", "乡镇", "村", "填报人", "时间", "迟报", "受灾户数（户）", "'=面积（亩）", "灾情", "备注",
    )  # fmt: skip
    assert found[1] == (1, "柳河镇", "石门村", "周建国", "2026-11-23 09:00", None, 3, 2.5, "轻", "'=HYPERLINK(1)")
    assert found[2] == (2, "柳河镇", "东峪村", "李雪", "2026-11-23 19:00", "是", 42, 10.75, "'=重", "无")
    assert found[3] == (3, "石桥镇", "南坡村", None, "未报", None, None, None, None, None)
    assert found[4] == (None, "合计", None, None, None, None, 45, 13.25, "轻 1 =重 1", None)
    assert len(found) == 5
    book = load_workbook(io.BytesIO(made.content))
    assert {cell.data_type for row in book.worksheets[0].iter_rows() for cell in row} <= {"s", "inlineStr", "n"}, (
        "no formulas"
    )
    assert rows(made, 1) == [
        ("项目", "内容"),
        ("标题", "防汛受灾情况"),
        ("依据", "县防指〔2026〕3号"),
        ("范围", "安岭县"),
        ("截止时间", "2026-11-23 18:00"),
        ("制表时间", "2026-11-23 20:30"),
        ("受灾户数", "户"),
        ("'=面积", "亩"),
        ("灾情", "轻/=重"),
        ("备注", "依据：县防指第 4 号"),
    ]
    assert (made.title, made.areas, made.is_sample, made.asked, made.replied) == (
        "防汛受灾情况",
        ("安岭县",),
        True,
        3,
        2,
    )


async def test_one_row_a_person(county):
    request_id = await county.ask(each=Each.PERSON, fields=FIELDS[:1])
    zhou = (await county.viewer("周建国")).person_id
    [asked] = [row for row in await county.asked("石门村") if row.person_id == zhou]
    await county.reply("周建国", asked.id, {0: 300})
    found = rows(await built(county, request_id))
    assert found[0][:5] == ("序号", "乡镇", "村", "姓名", "填报人")
    assert [row[3] for row in found[1:]] == ["王强", "周建国", "李雪", "潘建军", None]
    assert found[2][3:] == ("周建国", "周建国", "2026-11-23 09:00", None, 3)
    assert found[-1][-1] == 3


async def test_above_the_county_nobody_is_named(county):
    county.admin("郑凯")
    await county._people()
    request_id = await county.ask(fields=FIELDS[:1])
    await county.reply("周建国", (await county.asked("石门村"))[0].id, {0: 300})
    found = rows(await built(county, request_id, "郑凯"))
    assert found[0] == ("序号", "乡镇", "村", "时间", "迟报", "受灾户数（户）")
    assert found[1] == (1, "柳河镇", "石门村", "2026-11-23 09:00", None, 3)
    assert found[-1] == (None, "合计", None, None, None, 3)
    request_id = await county.ask(each=Each.PERSON, fields=FIELDS[:1], title="每人")
    zhou = (await county.viewer("周建国")).person_id
    await county.reply(
        "周建国", next(row for row in await county.asked("石门村") if row.person_id == zhou).id, {0: 500}
    )
    assert rows(await built(county, request_id, "郑凯")) == [
        ("序号", "地区", "应报", "已报", "迟报", "受灾户数（户）"),
        (1, "柳河镇", 3, 1, 0, 5),
        (2, "石桥镇", 1, 0, 0, 0),
        (None, "合计", 4, 1, 0, 5),
    ]


async def test_a_township_has_its_own_rows_and_others_none(county):
    request_id = await county.ask(fields=FIELDS[:1])
    made = await built(county, request_id, "刘敏")
    assert [row[2] for row in rows(made)[1:-1]] == ["石门村", "东峪村"]
    assert ("范围", "柳河镇") in rows(made, 1)
    assert made.asked == 2
    for name in ("许文静", "陈志远", "王强"):
        with refused(Code.NOT_FOUND):
            await built(county, request_id, name)


async def test_through_the_press_and_in_english(county):
    request_id = await county.ask(fields=FIELDS[:1])
    viewer = await county.viewer("孙丽")
    order = Order(county.db.url.render_as_string(hide_password=False), viewer, request_id, AT, "en")
    made = await press.build(paper.build, order)
    assert rows(made)[0][1:4] == ("township", "village", "Reported by")
    with refused(Code.NOT_FOUND):
        await press.build(paper.build, Order(order.url, Viewer(None), request_id, AT, "en"))
