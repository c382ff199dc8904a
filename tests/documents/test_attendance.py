"""考勤统计表: what the workbook holds, on a county of our own."""

import io
from datetime import UTC, date, datetime

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from documents import attendance, press
from documents.attendance import Order
from documents.sheets import plain
from policy.authority import Role, Viewer
from policy.calendar import Half
from policy.profile import LeaveKind
from policy.refusals import Code, Refusal
from storage.days import change
from storage.engine import Database
from storage.ids import new_id
from storage.tables import (
    Area,
    CalendarDay,
    Facts,
    LeaveRequest,
    LeaveState,
    MonthLock,
    Person,
    PersonRole,
)
from tests.world import Actor, World

DECEMBER_FIRST = datetime(2026, 12, 1, 1, tzinfo=UTC)
NOVEMBER = date(2026, 11, 1)


class County(World):
    """The world with its people at hand, by name."""

    people: dict[str, Actor]


@pytest.fixture
async def county(database_url):
    """安岭县 with two teams; the actors by name."""
    world = County(database_url)
    world.people = {
        "周建国": world.cadre("周建国", secretary=True),
        "=1+1": world.cadre("=1+1"),
        "赵敏": world.cadre("赵敏", village="东峪村"),
        "王主任": world.township_officer("王主任"),
        "孙科长": world.county_staff("孙科长"),
        "外人": world.cadre("外人", village="南坡村", township="石桥镇"),
    }
    await world.settle()
    yield world
    await world.close()


async def note(world, name, on, am, pm=None):
    person = world.people[name]
    async with world.db.write() as session:
        village = await session.get_one(Area, world.area_id(person.village))
        await change(session, person.person_id, village, on, [Half.AM], add=am)
        await change(session, person.person_id, village, on, [Half.PM], add=am if pm is None else pm)


async def built(world, area="柳河镇", *, month=NOVEMBER, now=DECEMBER_FIRST, viewer=None, language="zh_CN"):
    viewer = viewer or Viewer.system("/")
    return await attendance._build(
        Order(world.db.url.render_as_string(hide_password=False), viewer, world.area_id(area), month, now, language)
    )


def page(built):
    return load_workbook(io.BytesIO(built.content)).worksheets[0]


def row_of(sheet, name):
    return next(row for row in sheet.iter_rows(min_row=5, values_only=True) if row[3] == name)


def mark_on(row, day):
    return row[4 + day]


async def test_one_row_a_person_one_column_a_day(county):
    for day in range(2, 7):
        await note(county, "周建国", date(2026, 11, day), Facts.CHECKED_IN)
    await note(county, "周建国", date(2026, 11, 9), Facts.TRIP)
    await note(county, "周建国", date(2026, 11, 10), Facts.CHECKED_IN, Facts.TRIP)
    await note(county, "周建国", date(2026, 11, 11), Facts.LEAVE)
    await note(county, "周建国", date(2026, 11, 12), Facts.NONE, Facts.CORRECTED)
    await note(county, "周建国", date(2026, 11, 14), Facts.CHECKED_IN)
    sheet = page(await built(county))
    assert sheet["A1"].value == "【样例】柳河镇驻村工作队考勤统计表（2026年11月）"
    header = [cell.value for cell in sheet[3]]
    assert header[:5] == ["序号", "乡镇", "村", "姓名", "职务"]
    assert header[5:35] == list(range(1, 31))
    assert header[35:] == ["应出勤", "在村", "公出", "请假", "待核实"]
    assert [cell.value for cell in sheet[4]][5:12] == ["日", "一", "二", "三", "四", "五", "六"]
    row = row_of(sheet, "周建国")
    assert row[:5] == (1, "柳河镇", "石门村", "周建国", "第一书记")
    assert [mark_on(row, day) for day in (1, 2, 9, 10, 11, 12, 13, 14, 15)] == [
        "休", "√", "公", "√公", "假", "待√", "待", "√", "休",
    ]  # fmt: skip
    # 21 working days: 5 + half + half in the village, one Saturday beside; 1.5 away; 1 on leave; the rest open
    assert row[35:] == (21, 7, 1.5, 1, 12.5)


async def test_each_kind_of_leave_has_its_mark_and_a_lock_is_named(county):
    zhou, sun = county.people["周建国"], county.people["孙科长"]
    await note(county, "周建国", date(2026, 11, 2), Facts.CHECKED_IN, Facts.LEAVE)
    for day in (3, 27, 30):
        await note(county, "周建国", date(2026, 11, day), Facts.LEAVE)

    def leave(session, kind, from_on, half, to_on, state=LeaveState.APPROVED):
        session.add(
            LeaveRequest(
                id=new_id(session), person_id=zhou.person_id, village_id=county.area_id("石门村"),
                role=Role.FIRST_SECRETARY, kind=kind, from_on=from_on, from_half=half, to_on=to_on, to_half=Half.PM,
                asked_to_on=to_on, asked_to_half=Half.PM, halves=1, chain_halves=1, levels=["township_officer"],
                reason="家里有事", asked_by_id=zhou.person_id, asked_at=county.clock(), state=state,
            )
        )  # fmt: skip

    async with county.db.write() as session:
        leave(session, LeaveKind.PERSONAL, date(2026, 11, 2), Half.PM, date(2026, 11, 3))
        leave(session, LeaveKind.ANNUAL, date(2026, 11, 27), Half.AM, date(2026, 12, 4))
        leave(session, LeaveKind.SICK, date(2026, 11, 4), Half.AM, date(2026, 11, 4), LeaveState.REJECTED)
        session.add(
            MonthLock(
                id=new_id(session), county_id=county.area_id("安岭县"), month=NOVEMBER, locked_by_id=sun.person_id,
                locked_at=DECEMBER_FIRST,
            )
        )  # fmt: skip
    sheet = page(await built(county, "安岭县"))
    row = row_of(sheet, "周建国")
    assert [mark_on(row, day) for day in (2, 3, 4, 27, 28, 30)] == ["√事", "事", "待", "年", "休", "年"]
    assert "12月1日月结" in sheet["A2"].value
    assert "年（年休假）" in sheet["A2"].value


async def test_a_county_has_a_page_of_sums_by_township(county):
    await note(county, "周建国", date(2026, 11, 2), Facts.CHECKED_IN)
    made = await built(county, "安岭县")
    assert "还没有月结，草稿" in page(made)["A2"].value
    sums = load_workbook(io.BytesIO(made.content))["汇总"]
    assert list(sums.iter_rows(min_row=2, values_only=True)) == [
        ("序号", "地区", "人数", "应出勤", "在村", "公出", "请假", "待核实"),
        (1, "柳河镇", 3, 63, 1, 0, 0, 62),
        (2, "石桥镇", 1, 21, 0, 0, 0, 21),
        (None, "合计", 4, 84, 1, 0, 0, 83),
    ]
    async with county.db.write() as session:
        (await session.get_one(Area, county.area_id("石桥镇"))).name = "柳河镇"  # as 桥西区 is in three cities
    sums = load_workbook(io.BytesIO((await built(county, "安岭县")).content))["汇总"]
    assert [row[1:3] for row in sums.iter_rows(min_row=3, values_only=True)] == [
        ("柳河镇", 3),
        ("柳河镇", 1),
        ("合计", 4),
    ]


async def test_the_sum_and_the_signatures_stand_at_the_end(county):
    await note(county, "周建国", date(2026, 11, 2), Facts.CHECKED_IN)
    made = await built(county)
    rows = list(page(made).iter_rows(min_row=5, values_only=True))
    assert [row[3] for row in rows[:3]] == ["周建国", "'=1+1", "赵敏"]
    assert rows[3][1] == "合计"
    assert rows[3][35:] == (63, 1, 0, 0, 62)
    assert rows[-1][0].startswith("制表人：")
    assert "A10:AN10" in [str(cells) for cells in page(made).merged_cells.ranges]
    assert (made.people, made.due_days, made.on_duty_days, made.unverified_days) == (3, 63, 1, 62)
    assert (made.area, made.is_sample, made.first, made.until) == ("柳河镇", True, NOVEMBER, date(2026, 11, 30))


async def test_a_name_is_never_a_formula(county):
    sheet = page(await built(county))
    cell = next(cell for row in sheet.iter_rows(min_row=5) for cell in row if "1+1" in str(cell.value))
    assert (cell.value, cell.data_type) == ("'=1+1", "s")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_what_would_be_a_formula_is_text(start):
    assert plain(f"{start}SUM(A1)") == f"'{start}SUM(A1)"
    assert plain("李雪") == "李雪"


def test_control_signs_go_and_hide_no_formula():
    assert plain("\x01=1\x00") == "'=1"


async def test_how_it_prints(county):
    sheet = page(await built(county))
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.freeze_panes == "F5"
    assert sheet.print_title_rows == "$3:$4"
    assert all(3 <= sheet.column_dimensions[name].width <= 12 for name in ("A", "D", "F", "AI", "AN"))


async def test_a_running_month_ends_today(county):
    made = await built(county, now=datetime(2026, 11, 23, 1, tzinfo=UTC))
    sheet = page(made)
    row = row_of(sheet, "周建国")
    assert [mark_on(row, day) for day in (20, 23, 24, 28)] == ["待", None, None, "休"]
    assert row[35:] == (15, 0, 0, 0, 15)
    assert "截至11月23日" in sheet["A2"].value
    assert made.until == date(2026, 11, 23)


async def test_days_before_and_after_a_role_are_blank(county):
    async with county.db.write() as session:
        query = select(PersonRole).where(PersonRole.person_id == county.people["赵敏"].person_id)
        role = (await session.scalars(query)).one()
        role.starts_on, role.ends_on = date(2026, 11, 10), date(2026, 11, 20)
    await note(county, "赵敏", date(2026, 11, 9), Facts.CHECKED_IN)
    row = row_of(page(await built(county)), "赵敏")
    assert [mark_on(row, day) for day in (8, 9, 10, 20, 21, 23)] == [None, None, "待", "待", None, None]
    assert row[35:] == (9, 0, 0, 0, 9)


async def test_who_moves_to_another_village_has_one_row_in_the_county_and_his_days_in_each_township(county):
    mover = county.people["赵敏"].person_id
    async with county.db.write() as session:
        role = (await session.scalars(select(PersonRole).where(PersonRole.person_id == mover))).one()
        role.ends_on = date(2026, 11, 13)
        session.add(
            PersonRole(
                id=new_id(session),
                person_id=mover,
                role=Role.TEAM_MEMBER,
                area_id=county.area_id("南坡村"),
                starts_on=date(2026, 11, 16),
            )
        )
    rows = list(page(await built(county, "安岭县")).iter_rows(min_row=5, values_only=True))
    [row] = [row for row in rows if row[3] == "赵敏"]
    assert row[2] == "东峪村、南坡村"
    assert row[35] == 21
    assert row_of(page(await built(county, "柳河镇")), "赵敏")[35] == 10
    assert row_of(page(await built(county, "石桥镇")), "赵敏")[35] == 11


async def test_rest_days_of_the_countys_own_and_forecasts(county):
    async with county.db.write() as session:
        session.add(
            CalendarDay(
                id=new_id(session),
                area_id=county.area_id("安岭县"),
                on=date(2026, 11, 3),
                is_workday=False,
                reason="县庆",
            )
        )
        session.add(
            CalendarDay(
                id=new_id(session),
                area_id=county.area_id("石门村"),
                on=date(2026, 11, 7),
                is_workday=True,
                reason="防汛",
            )
        )
    sheet = page(await built(county))
    shimen, dongyu = row_of(sheet, "周建国"), row_of(sheet, "赵敏")
    assert [mark_on(shimen, day) for day in (2, 3, 7)] == ["待", "休", "待"]
    assert [mark_on(dongyu, day) for day in (2, 3, 7)] == ["待", "休", "休"]
    assert (shimen[35], dongyu[35]) == (21, 20)
    later = await built(county, month=date(2027, 1, 1), now=datetime(2027, 2, 1, tzinfo=UTC))
    assert "预计" in page(later)["A2"].value
    assert "预计" not in sheet["A2"].value


async def test_a_viewer_sees_his_areas_only(county):
    path = {}
    async with county.db.read() as session:
        for name in ("柳河镇", "石桥镇"):
            path[name] = (await session.get_one(Area, county.area_id(name))).path
    from policy.authority import Grant

    wang = Viewer(
        county.people["王主任"].person_id, (Grant(Role.TOWNSHIP_OFFICER, county.area_id("柳河镇"), path["柳河镇"]),)
    )
    assert (await built(county, "安岭县", viewer=wang)).people == 3, "of the county, his township"
    assert (await built(county, "石桥镇", viewer=wang)).people == 0
    member = Viewer(
        county.people["赵敏"].person_id, (Grant(Role.TEAM_MEMBER, county.area_id("东峪村"), path["柳河镇"]),)
    )
    with pytest.raises(Refusal) as refused:
        await built(county, "东峪村", viewer=member)
    assert refused.value.code is Code.NOT_ALLOWED


async def test_no_such_area(county):
    county._areas["无"] = 999_999
    with pytest.raises(Refusal) as refused:
        await built(county, "无")
    assert refused.value.code is Code.NOT_FOUND


async def test_real_counties_are_not_marked_as_samples(county):
    async with county.db.write() as session:
        (await session.get_one(Area, county.area_id("柳河镇"))).is_sample = False
    made = await built(county)
    assert page(made)["A1"].value.startswith("柳河镇驻村工作队")
    assert not made.is_sample


async def test_it_is_built_in_the_press(county):
    order = Order(
        county.db.url.render_as_string(hide_password=False), Viewer.system("/"), county.area_id("柳河镇"), NOVEMBER,
        DECEMBER_FIRST, "zh_CN",
    )  # fmt: skip
    made = await press.build(attendance.build, order)
    assert made.people == 3
    assert row_of(page(made), "周建国")[35] == 21


async def test_control_signs_in_a_name_break_nothing(county):
    async with county.db.write() as session:
        (await session.get_one(Person, county.people["赵敏"].person_id)).name = "赵\x0b敏"
    assert row_of(page(await built(county)), "赵敏")


async def test_a_silent_month_costs_few_queries(county):
    statements = []
    database = Database(county.db.url.render_as_string(hide_password=False))
    database.on_statement(statements.append)
    from policy.authority import Action
    from storage import months

    async with database.read() as session:
        area = await session.get_one(Area, county.area_id("安岭县"))
        statements.clear()
        people = months.of_area(session, Viewer.system("/"), Action.ATTENDANCE_EXPORT, area, NOVEMBER, DECEMBER_FIRST)
        assert [person.name async for person in people] == ["周建国", "=1+1", "赵敏", "外人"]
    await database.close()
    assert len(statements) <= 6
