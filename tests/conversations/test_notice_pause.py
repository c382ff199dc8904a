"""A notice that was paused and forgotten ends with its days."""

from datetime import date

import pytest

from storage.tables import Audit, Notice, NoticeState, Outbox, OutboxHold, OutboxState
from tests.conversations.test_notices import sends


@pytest.fixture
def people(world):
    return {
        "sun": world.county_staff("孙丽"),
        "zhou": world.cadre("周建国"),
        "li": world.cadre("李雪", village="东峪村"),
    }


async def holds(world):
    async with world.db.read() as session:
        return list(await session.execute(OutboxHold.__table__.select()))


async def test_a_forgotten_pause_ends_with_the_notice_and_nothing_is_held_for_ever(world, people):
    sun, zhou = people["sun"], people["zhou"]
    await world.at("21:00")
    await sends(sun)
    await sun.presses("暂停")
    await sun.sees("📣 已暂停 0/2", buttons=["继续", "取消"])
    await world.at("23:59", date(2026, 11, 30))
    await sun.looks_away()
    assert await holds(world)
    await world.at("00:00", date(2026, 12, 1))
    await sun.sees("📣 暂停到有效期满，已发 0/2，其余不再发", buttons=["未阅名单"])
    await world.at("09:00", date(2026, 12, 1))
    await zhou.sees_nothing()
    assert await holds(world) == []
    assert {row.state for row in await world.rows(Outbox) if row.kind == "notice"} == {OutboxState.DROPPED}
    [notice] = await world.rows(Notice)
    assert notice.state is NoticeState.CANCELLED
    assert [row.person_id for row in await world.rows(Audit) if row.action == "notice:lapse"] == [None]


async def test_what_goes_on_in_time_is_left_alone(world, people):
    sun, zhou = people["sun"], people["zhou"]
    await world.at("21:00")
    await sends(sun)
    await sun.presses("暂停")
    await world.at("09:00", date(2026, 11, 24))
    await sun.presses("继续")
    await zhou.sees("低洼户", buttons=["已阅"])
    await world.at("09:00", date(2026, 12, 1))
    [notice] = await world.rows(Notice)
    assert notice.state is NoticeState.OUT
