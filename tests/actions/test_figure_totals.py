"""报数 as it fills up: what it adds up to, and who sees what of it; on both databases."""

from datetime import timedelta

from policy.authority import Action
from policy.refusals import Code
from storage import figure_totals, figures
from storage.tables import Area
from tests.figures import NOW, VALUES, progress
from tests.policy.refused import refused


async def test_totals_fill_up_by_area(county):
    request_id = await county.ask()
    for village, name, values in (
        ("石门村", "王强", VALUES),
        ("东峪村", "李雪", {0: 4200, 1: 1025, 2: "否", 3: "已转移"}),
    ):
        await county.reply(name, (await county.asked(village))[0].id, values)
    first = (await county.asked("石门村"))[0].id
    async with county.db.read() as session:
        standing = await figures.standing(session, first)
        assert standing is not None
    await county.reply("赵敏", first, {**VALUES, 0: 500}, replaces=standing.reply.id)
    _seen, found = await progress(county, request_id)
    assert (found.asked, found.replied, found.late) == (3, 2, 0)
    assert [total.number for total in found.totals] == [4700, 1275, 0, 0]
    assert found.totals[2].choices == {"是": 1, "否": 1}
    seen, part = await progress(county, request_id, "刘敏")
    assert (seen.is_whole, part.asked, part.replied) == (False, 2, 2)
    viewer = await county.viewer("孙丽")
    async with county.db.read() as session:
        area = await session.get_one(Area, county.area_id("安岭县"))
        seen = await figures.seen(session, viewer, Action.FIGURES_VIEW, request_id)
        branches = await figure_totals.branches(session, seen, area)
        assert [(row.name, row.asked, row.replied) for row in branches] == [("柳河镇", 2, 2), ("石桥镇", 1, 0)]
        units = await figure_totals.units(session, seen)
        assert [(unit.township, unit.village, unit.by) for unit in units] == [
            ("柳河镇", "石门村", "赵敏"), ("柳河镇", "东峪村", "李雪"), ("石桥镇", "南坡村", None),
        ]  # fmt: skip
        assert units[0].values == {0: 500, 1: 250, 2: "是", 3: "无"}
        missing = await figure_totals.units(session, seen, only_missing=True)
        assert [unit.village for unit in missing] == ["南坡村"]


async def test_who_sees_a_request(county):
    request_id = await county.ask("刘敏", area="柳河镇")
    for name in ("刘敏", "孙丽", "陈志远", "郑凯"):
        seen, _found = await progress(county, request_id, name)
        assert seen.is_whole
    for name in ("许文静", "何静", "王强", "周建国"):
        with refused(Code.NOT_FOUND):
            await progress(county, request_id, name)
    whole = await county.ask(within=["石桥镇"], title="石桥")
    with refused(Code.NOT_FOUND):  # of a request from above only who is asked in one's own area
        await progress(county, whole, "刘敏")


async def test_lists_of_an_office_and_of_a_team(county):
    below, above = await county.ask("刘敏", area="柳河镇"), await county.ask(title="全县")
    await county.ask(within=["石桥镇"], title="石桥")
    async with county.db.read() as session:
        recent = await figures.recent(session, await county.viewer("刘敏"), Action.FIGURES_VIEW, 5)
        assert [(row.request.id, row.asked, row.replied) for row in recent] == [(above, 2, 0), (below, 2, 0)]
        assert await figures.recent(session, await county.viewer("何静"), Action.FIGURES_VIEW, 5) == []
        mine = await figures.open_of(session, await county.viewer("周建国"), NOW)
        assert [one.request.id for one in mine] == [below, above]
        assert await figures.open_of(session, await county.viewer("孙丽"), NOW) == []
    await county.reply("王强", (await county.asked("石门村"))[0].id)
    async with county.db.read() as session:
        mine = await figures.open_of(session, await county.viewer("周建国"), NOW)
        assert [one.request.id for one in mine] == [above, below], "what is missing comes first"
        assert await figures.open_of(session, await county.viewer("周建国"), NOW + timedelta(days=31)) == []
