"""查: a village, a person; and what stays hidden from whom."""

from datetime import date

import pytest

from policy.authority import Role
from policy.roster import Level
from storage.ids import new_id
from storage.tables import Audit, DispatchingUnit, Person, PersonRole


async def team(world):
    """石门村 of three, 东峪村 with a second 周建国's namesake to come."""
    people = {
        "王强": world.cadre("王强", village="石门村", secretary=True),
        "周建国": world.cadre("周建国", village="石门村"),
        "赵敏": world.cadre("赵敏", village="石门村"),
        "李雪": world.cadre("李雪", village="东峪村"),
    }
    await people["周建国"].sends_location()
    return people


def phone(actor):
    return f"139{actor.chat_id:04d}1234"


async def test_a_village_with_its_team_masked_phones_and_today(world):
    people = await team(world)
    sun = world.county_staff("孙丽")
    await people["王强"].says("公出 到镇里开例会")
    await people["周建国"].says("临时外出 去镇卫生院 11点回")
    await sun.says("查 石门村")
    said = await sun.sees(
        "石门村（样例） · 安岭县柳河镇",
        "第一书记 王强 · 县农业农村局 · 139****1234 · 公出",
        "公出：11月23日全天，到镇里开例会",
        "队员 周建国 · 县农业农村局 · 139****1234 · 在村 08:02",
        "临时外出：去镇卫生院，11:00 回",
        "队员 赵敏 · 县农业农村局 · 139****1234 · 今天还没有记录",
        buttons=["看电话 王强", "看电话 周建国", "看电话 赵敏"],
    )
    assert said.text.index("王强") < said.text.index("周建国"), "the first secretary first"
    assert not any(phone(actor) in said.text for actor in people.values())


async def test_a_phone_is_shown_one_at_a_time_and_written_down_by_ids_only(world):
    people = await team(world)
    sun = world.county_staff("孙丽")
    await sun.says("查 石门村")
    before = await world.audit()
    await sun.presses("看电话 王强")
    said = await sun.sees("王强 " + phone(people["王强"]), "已记下您看过这个号码")
    assert phone(people["周建国"]) not in said.text
    row = (await world.rows(Audit))[-1]
    assert await world.audit() == [*before, "phone:reveal"]
    assert (row.subject, row.person_id) == (f"person:{people['王强'].person_id}", sun.person_id)
    assert "1234" not in f"{row.before}{row.after}{row.subject}"


async def test_a_person_by_name(world):
    people = await team(world)
    sun = world.county_staff("孙丽")
    await sun.says("/find 周建国")
    await sun.sees(
        "周建国",
        "石门村驻村工作队队员（安岭县柳河镇）（样例）",
        "派出单位：县农业农村局",
        "电话 139****1234",
        "今天上午：在村 08:02",
        buttons=["看电话", "看石门村", "驻村证明", "全年汇总"],
    )
    await sun.presses("看石门村")
    await sun.sees("第一书记 王强")
    await sun.says("查 周建国")
    await sun.presses("看电话")
    await sun.sees(phone(people["周建国"]))


async def test_alone_it_asks_and_takes_a_part_of_a_name(world):
    await team(world)
    sun = world.county_staff("孙丽")
    await sun.says("查")
    await sun.sees("查哪个村、哪个人", buttons=["取消"])
    await sun.says("石门")
    await sun.sees("石门村（样例）", "第一书记 王强")
    await sun.says("查")
    await sun.presses("取消")
    await sun.sees("没有记下任何东西")
    await sun.says("/find")
    await sun.says("查 李雪")
    await sun.sees("东峪村驻村工作队队员")


@pytest.mark.parametrize("typed", ["查：", "查 　"])
async def test_nothing_behind_the_word_is_the_word_alone(world, typed):
    people = await team(world)
    sun = world.county_staff("孙丽")
    await sun.says(typed)
    await sun.sees("查哪个村、哪个人")
    await people["赵敏"].says(typed)
    await people["赵敏"].sees("第一书记 王强")


async def test_left_for_another_word_it_awaits_nothing(world):
    await team(world)
    sun = world.county_staff("孙丽")
    await sun.says("查")
    await sun.says("今日在岗")
    await sun.sees("应在 4")


async def test_namesakes_are_told_apart_by_village(world):
    await team(world)
    sun = world.county_staff("孙丽")
    await world.settle()
    async with world.db.write() as session:  # a second person of that name
        other = Person(id=new_id(session), name="周建国", language="zh_CN")
        session.add(other)
        await session.flush()
        session.add(
            PersonRole(
                id=new_id(session),
                person_id=other.id,
                role=Role.TEAM_MEMBER,
                area_id=world.area_id("东峪村"),
                starts_on=date(2026, 1, 1),
            )
        )
    await sun.says("查 周建国")
    await sun.sees("1. 周建国 · 石门村", "2. 周建国 · 东峪村", buttons=["1 周建国", "2 周建国"])
    await sun.presses("2 周建国")
    await sun.sees("东峪村驻村工作队队员", "名册里没有登记电话", buttons=["看东峪村", "驻村证明", "全年汇总"])
    await sun.presses_data(f"phone:{other.id}")
    assert (await sun.sees("没有登记电话")).toast
    assert "phone:reveal" not in await world.audit()


async def test_nothing_found_names_what_is_near(world):
    await team(world)
    sun = world.county_staff("孙丽")
    await sun.says("查 石们村")
    await sun.sees("没有找到「石们村」，名字相近的有", "1. 石门村 · 柳河镇", buttons=["1 石门村"])
    await sun.presses("1 石门村")
    await sun.sees("第一书记 王强")
    await sun.says("查 周国")
    await sun.sees("周建国 · 石门村")
    await sun.says("查 <b>司马相如</b>")
    await sun.sees("没有找到「<b>司马相如</b>」", "只说名字里的几个字")


@pytest.mark.parametrize("name", ["%", "_", "\\", "%村", "😀", "'; DROP TABLE person; --", "长" * 300, "  "])
async def test_odd_names_find_nothing_and_break_nothing(world, name):
    await team(world)
    sun = world.county_staff("孙丽")
    await sun.says(f"查：{name}")
    said = await sun.last()
    assert "石门村" not in said.text
    assert "周建国" not in said.text


async def test_a_township_s_name_leads_to_its_board(world):
    await team(world)
    sun = world.county_staff("孙丽")
    await sun.says("查 柳河镇")
    await sun.sees("1. 柳河镇", buttons=["1 柳河镇"])
    await sun.presses("1 柳河镇")
    await sun.sees("今日在岗 · 柳河镇", "应在 4")


async def test_staff_are_found_with_their_office(world):
    await team(world)
    world.township_officer("刘敏")
    sun = world.county_staff("孙丽")
    await sun.says("查 刘敏")
    said = await sun.sees("柳河镇乡镇干部", buttons=["看电话"])
    assert "今天" not in said.text


async def test_outside_one_s_area_nobody_is_there(world):
    people = await team(world)
    xu = world.township_officer("许文静", township="白杨乡")
    for name in ("石门村", "周建国", "石们村", "柳河镇", "孙丽", "安岭县"):
        await xu.says(f"查 {name}")
        said = await xu.sees(f"没有找到「{name}」")
        assert "相近" not in said.text
    ids = (people["周建国"].person_id, world.area_id("石门村"))
    for data in (f"find:person:{ids[0]}", f"find:village:{ids[1]}", f"phone:{ids[0]}", "find:person:0", "phone:-1"):
        await xu.presses_data(data)
        assert (await xu.sees("没有找到")).toast
    assert "phone:reveal" not in await world.audit()


async def test_a_liaison_sees_his_own_people_only(world):
    people = await team(world)
    he = world.unit_liaison("何静")
    await world.settle()
    async with world.db.write() as session:
        unit = DispatchingUnit(id=new_id(session), name="样例省水利厅", level=Level.PROVINCE, kind="机关")
        session.add(unit)
        await session.flush()
        for name in ("王强", "李雪"):
            (await session.get_one(Person, people[name].person_id)).unit_id = unit.id
    await he.says("查 石门村")
    said = await he.sees("队员 周建国", "赵敏", buttons=["看电话 周建国", "看电话 赵敏"])
    assert "王强" not in said.text
    await he.presses("看电话 周建国")
    await he.sees(phone(people["周建国"]))
    for name in ("王强", "李雪", "东峪村", "孙丽"):
        await he.says(f"查 {name}")
        await he.sees(f"没有找到「{name}」")
    for data in (f"phone:{people['王强'].person_id}", f"find:village:{world.area_id('东峪村')}"):
        await he.presses_data(data)
        assert (await he.sees("没有找到")).toast


async def test_a_cadre_sees_his_own_team_without_phones_and_nothing_of_silence(world):
    people = await team(world)
    zhao = people["赵敏"]
    await zhao.says("查")
    said = await zhao.sees("石门村", "第一书记 王强", "队员 周建国 · 在村 08:02", "队员 赵敏", buttons=[])
    assert "139" not in said.text
    assert "没有记录" not in said.text
    await zhao.says("查 周建国")
    assert "只能查本村" not in (await zhao.sees("队员 周建国")).text
    await zhao.says("查 东峪村")
    said = await zhao.sees("您只能查本村的工作队", "三（一）", "石门村")
    assert "李雪" not in said.text
    for data in (f"find:village:{world.area_id('东峪村')}", f"find:person:{people['李雪'].person_id}",
                 f"phone:{people['王强'].person_id}"):  # fmt: skip
        await zhao.presses_data(data)
        assert (await zhao.sees("没有找到")).toast


async def test_two_roles_see_both(world):
    people = await team(world)
    zhao = people["赵敏"]
    world.township_officer("赵敏", township="白杨乡")
    await zhao.says("查 石门村")
    said = await zhao.sees("第一书记 王强")
    assert "139" not in said.text, "the township that sees phones is another one"
    await zhao.presses_data(f"phone:{people['王强'].person_id}")
    assert (await zhao.sees("没有找到")).toast


async def test_where_check_in_is_required_silence_is_called_so(world):
    await team(world)
    for key, value in {
        "checkin_mode": "required",
        "required_basis": "县防汛指挥部 2026 年第 3 号",
        "required_from": "2026-11-23",
        "required_to": "2026-11-30",
    }.items():
        await world.set(key, value)
    sun = world.county_staff("孙丽")
    await sun.says("查 赵敏")
    await sun.sees("今天上午：暂未签到")


async def test_many_of_a_name_are_cut_short(world):
    for n in range(12):
        world.cadre(f"欧阳{n}", village=f"样例{n:02d}村")
    sun = world.county_staff("孙丽")
    await sun.says("查 欧阳")
    said = await sun.sees("1. 欧阳0 · 样例00村", "还有更多，名字说全一点就能找到")
    assert len(said.buttons()) == 8


async def test_a_stranger_gets_the_one_sentence(world):
    who = world.stranger("路人")
    await who.says("查 石门村")
    await who.sees("请向县驻村办领取邀请链接")
