"""The list of a notice's readers, read back: names within a county, numbers above it."""

import io

import openpyxl
import pytest

from documents import notices as paper
from documents.notices import Order
from policy.authority import Grant, Role, Viewer
from policy.refusals import Code, Refusal
from storage.tables import Area, Notice
from tests.conversations.test_notices import sends


def read(content):
    return list(openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True))


async def built(world, role, area, of_area, language="zh_CN"):
    [notice] = await world.rows(Notice)
    async with world.db.read() as session:
        place = await session.get_one(Area, world.area_id(area))
    viewer = Viewer(1, (Grant(role, place.id, place.path),))
    url = world.db.url.render_as_string(hide_password=False)
    order = Order(url, viewer, notice.id, world.area_id(of_area), world.clock(), language)
    return await _in_a_thread(order)


async def _in_a_thread(order):
    import asyncio

    return await asyncio.to_thread(paper.build, order)


async def test_names_within_a_county_and_numbers_above(world):
    sun, zhou = world.county_staff("孙丽"), world.cadre("=周建国", village="石门村")
    world.cadre("李雪", village="东峪村")
    await sends(sun, "防寒通知")
    await zhou.presses("已阅")
    header, *rows = read(await built(world, Role.COUNTY_STAFF, "安岭县", "安岭县"))
    assert header == ("序号", "乡镇", "村", "姓名", "职务", "单位", "状态", "送达时间", "已阅时间")
    assert [row[:4] for row in rows] == [(1, "柳河镇", "石门村", "'=周建国"), (2, "柳河镇", "东峪村", "李雪")]
    assert [row[6] for row in rows] == ["已阅", "未阅"]
    assert rows[0][7:] == ("2026-11-23 08:02", "2026-11-23 08:02")
    header, *rows = read(await built(world, Role.TOWNSHIP_OFFICER, "柳河镇", "柳河镇"))
    assert len(rows) == 2
    header, *rows = read(await built(world, Role.ADMIN, "样例省", "安岭县", "en"))
    assert header[2:] == ("Recipients", "Read", "Unread", "Not delivered")
    assert rows == [(1, "柳河镇", 2, 1, 1, 0), (None, "total", 2, 1, 1, 0)]
    with pytest.raises(Refusal) as caught:
        await built(world, Role.TOWNSHIP_OFFICER, "柳河镇", "安岭县")
    assert caught.value.code is Code.NOT_FOUND
