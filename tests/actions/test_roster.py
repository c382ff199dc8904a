"""Importing the roster: differences, rules, bad rows, who may."""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from actions import roster as action
from actions.roster import Noun, Plan, Verb
from documents.roster import read
from policy.authority import Grant, Role, Viewer
from policy.geo import Datum, Point, distance
from policy.refusals import Code, Refusal
from policy.roster import ProblemCode
from policy.workbook import Fault
from storage import roster_writing
from storage.engine import Database
from storage.roster import exported, ledger
from storage.tables import Area, Audit, DispatchingUnit, Person, PersonRole, Setting, Site
from tests.workbooks import COUNTY, DONGYU, SHIMEN, TOWNSHIP, UNIT, Roster, save

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
SYSTEM = Viewer.system("/")
TABLES = (Area, DispatchingUnit, Site, Person, PersonRole)


class Office:
    """Imports workbooks, as the command line does."""

    def __init__(self, db: Database, folder: Path) -> None:
        self.db = db
        self.folder = folder

    async def plans(self, roster: Roster, by: Viewer = SYSTEM, **options: Any) -> Plan:
        book = read(roster.save(self.folder / "roster.xlsx"))
        async with self.db.read() as session:
            return await action.plan(session, book, by=by, today=TODAY, **options)

    async def imports(self, roster: Roster, by: Viewer = SYSTEM, **options: Any) -> Plan:
        planned = await self.plans(roster, by, **options)
        async with self.db.write() as session:
            return await action.apply(session, planned, by=by, today=TODAY, now=NOW)

    async def faults(self, roster: Roster, by: Viewer = SYSTEM, **options: Any) -> list[tuple[str, int, Any]]:
        planned = await self.plans(roster, by, **options)
        return [(wrong.sheet, wrong.row, wrong.code) for wrong in planned.problems]

    async def rows(self, table: Any, *where: Any) -> list[Any]:
        async with self.db.read() as session:
            return list(await session.scalars(select(table).where(*where).order_by(table.id)))

    async def counts(self) -> list[int]:
        async with self.db.read() as session:
            return [(await session.execute(select(func.count()).select_from(table))).scalar_one() for table in TABLES]

    async def person(self, name: str) -> Person:
        return (await self.rows(Person, Person.name == name))[0]

    async def staff(self, role: Role = Role.COUNTY_STAFF, code: str = COUNTY) -> Viewer:
        area = (await self.rows(Area, Area.code == code))[0]
        return Viewer((await self.person("孙丽")).id, (Grant(role, area.id, area.path),))


@pytest.fixture
def office(db: Database, tmp_path: Path) -> Office:
    return Office(db, tmp_path)


def changes(planned: Plan) -> list[tuple[str, str, str]]:
    return [(change.noun.value, change.verb.value, change.label) for change in planned.changes]


async def test_a_first_import_writes_everything_with_an_audit_row_each(office: Office):
    planned = await office.imports(Roster())
    assert await office.counts() == [6, 2, 2, 8, 8]
    assert planned.counts == {
        (Noun.AREA, Verb.ADD): 6,
        (Noun.UNIT, Verb.ADD): 2,
        (Noun.SITE, Verb.ADD): 2,
        (Noun.PERSON, Verb.ADD): 8,
        (Noun.ROLE, Verb.ADD): 8,
    }
    areas = {area.code: area for area in await office.rows(Area)}
    ids = [areas[code].id for code in ("99", "9901", COUNTY, TOWNSHIP, SHIMEN)]
    assert areas[SHIMEN].path == "/" + "/".join(map(str, ids)) + "/"
    assert areas[SHIMEN].parent_id == areas[TOWNSHIP].id
    role = (await office.rows(PersonRole, PersonRole.role == Role.FIRST_SECRETARY))[0]
    assert (role.area_id, role.starts_on, role.ends_on) == (areas[SHIMEN].id, date(2026, 3, 1), None)
    audits = await office.rows(Audit)
    assert len(audits) == 26 + 1
    [begins] = await office.rows(Setting)
    assert (begins.area_id, begins.key, begins.value) == (areas[COUNTY].id, "records_from", TODAY.isoformat())
    assert {audit.at for audit in audits} == {NOW}
    assert [audit for audit in audits if "latitude" in (audit.after or {}) or "13900001001" in str(audit.after)] == []


async def test_after_a_large_import_postgresql_knows_how_large_its_tables_are(office: Office, monkeypatch):
    monkeypatch.setattr(roster_writing, "MANY", 20)
    await office.imports(Roster())
    async with office.db.read() as session:
        if office.db.is_sqlite:
            assert (await session.execute(text("SELECT count(*) FROM area"))).scalar_one() == 6
            return
        counted = await session.execute(text("SELECT reltuples FROM pg_class WHERE relname = 'area'"))
        assert counted.scalar_one() == 6


async def test_sites_are_kept_in_wgs84_and_as_entered(office: Office):
    await office.imports(Roster())
    wgs, gcj = await office.rows(Site)
    assert (wgs.latitude, wgs.longitude) == (38.31, 114.10)
    assert (gcj.entered_latitude, gcj.entered_longitude, gcj.datum) == (38.29, 114.14, Datum.GCJ02)
    assert 300 < distance(Point(gcj.latitude, gcj.longitude), Point(38.29, 114.14)) < 800


async def test_the_same_file_twice_changes_nothing(office: Office):
    await office.imports(Roster())
    before = len(await office.rows(Audit))
    planned = await office.imports(Roster())
    assert planned.changes == []
    assert (await office.counts(), len(await office.rows(Audit))) == ([6, 2, 2, 8, 8], before)


async def test_a_changed_file_shows_each_difference_before_and_after(office: Office):
    await office.imports(Roster())
    roster = Roster()
    roster.areas[4][1] = "石门新村"
    roster.sites[0][2] = 38.32
    roster.units[1][1] = "市"
    roster.people[2][2] = "中共党员"
    roster.people[2][1] = "13900009999"
    roster.people[5][7] = "2026-11-30"
    planned = await office.imports(roster)
    assert changes(planned) == [
        ("area", "change", "石门新村"),
        ("unit", "change", "样例省水利厅"),
        ("site", "change", "石门新村 村委会"),
        ("person", "change", "石门新村 赵敏"),
        ("role", "end", "东峪村 田野 队员"),
    ]
    facts = {change.noun: (change.before, change.after) for change in planned.changes}
    assert facts[Noun.AREA] == ({"name": "石门村"}, {"name": "石门新村"})
    assert facts[Noun.SITE] == ({"datum": "WGS-84"}, {"datum": "WGS-84", "moved_m": 1112})
    assert facts[Noun.PERSON] == (
        {"phone": "139****1003", "party": "群众"},
        {"phone": "139****9999", "party": "中共党员"},
    )
    assert await office.counts() == [6, 2, 2, 8, 8]
    assert (await office.person("赵敏")).phone == "13900009999"
    assert [role.ends_on for role in await office.rows(PersonRole, PersonRole.ends_on.is_not(None))] == [
        date(2026, 11, 30)
    ]


async def test_what_a_new_file_leaves_out_stays(office: Office):
    await office.imports(Roster())
    planned = await office.imports(Roster().but(areas=[], sites=[], units=[], people=Roster().people[:1]))
    assert planned.changes == []
    assert await office.counts() == [6, 2, 2, 8, 8]


async def test_empty_cells_of_a_known_person_change_nothing(office: Office):
    await office.imports(Roster())
    roster = Roster()
    roster.people[1][1:4] = [None, None, None]
    assert (await office.plans(roster)).changes == []


# Teams: clause 一（一）


def without_leader(roster: Roster) -> None:
    roster.people[0][4] = "队员"


def two_leaders(roster: Roster) -> None:
    roster.people[1][4] = "第一书记"


def leader_outside_the_party(roster: Roster) -> None:
    roster.people[0][2] = "群众"


def leader_of_unknown_status(roster: Roster) -> None:
    roster.people[0][2] = None


def township_unit(roster: Roster) -> None:
    roster.units[0][1] = "乡镇"


def township_cadre(roster: Roster) -> None:
    roster.people.append(["周建国", "13900001002", None, None, "乡镇干部", TOWNSHIP, "2026-03-01", None])


def liaison_without_unit(roster: Roster) -> None:
    roster.people.append(["何静", "13900001030", None, None, "单位联络员", COUNTY, "2026-03-01", None])


def wrong_level(roster: Roster) -> None:
    roster.people[1][5] = TOWNSHIP


@pytest.mark.parametrize(
    "spoil, code, row",
    [
        (without_leader, ProblemCode.FIRST_SECRETARY_MISSING, 2),
        (two_leaders, ProblemCode.FIRST_SECRETARY_SEVERAL, 2),
        (leader_outside_the_party, ProblemCode.FIRST_SECRETARY_NOT_PARTY_MEMBER, 2),
        (leader_of_unknown_status, ProblemCode.PARTY_MEMBERSHIP_UNKNOWN, 2),
        (township_unit, ProblemCode.UNIT_BELOW_COUNTY, 2),
        (township_cadre, ProblemCode.TOWNSHIP_CADRE, 3),
        (wrong_level, Code.ROLE_WRONG_LEVEL, 3),
        (liaison_without_unit, Fault.CELL_EMPTY, 10),
    ],
)
async def test_team_rules_block(office: Office, spoil: Callable[[Roster], None], code: Any, row: int):
    roster = Roster()
    spoil(roster)
    planned = await office.plans(roster)
    assert ("人员", row, code) in [(wrong.sheet, wrong.row, wrong.code) for wrong in planned.problems]
    with pytest.raises(Refusal) as caught:
        async with office.db.write() as session:
            await action.apply(session, planned, by=SYSTEM, today=TODAY, now=NOW)
    assert caught.value.code is Code.ROSTER_HAS_PROBLEMS
    assert await office.counts() == [0, 0, 0, 0, 0]


async def test_a_weak_team_is_listed_and_a_large_one_pointed_out(office: Office):
    roster = Roster()
    roster.people.pop(2)
    roster.people.append(["石磊", "13900001009", "群众", UNIT, "队员", DONGYU, "2026-03-01", None])
    planned = await office.imports(roster)
    assert [(weak.name, weak.people, weak.fewest) for weak in planned.under_strength] == [("石门村", 2, 3)]
    assert [(wrong.code, wrong.row) for wrong in planned.warnings] == [(ProblemCode.TEAM_TOO_LARGE, 4)]


async def test_a_village_without_anybody_is_on_the_list_of_weak_teams(office: Office):
    roster = Roster()
    roster.areas.append(["990101100203", "西沟村", "村", TOWNSHIP])
    planned = await office.imports(roster)
    assert [(weak.name, weak.people) for weak in planned.under_strength] == [("西沟村", 0)]


async def test_the_size_of_a_team_is_the_countys_setting(office: Office):
    await office.imports(Roster())
    county = (await office.rows(Area, Area.code == COUNTY))[0]
    async with office.db.write() as session:
        session.add(
            Setting(
                id=10**9, area_id=county.id, key="team_size", value=2, effective_on=TODAY, reason="试点", set_at=NOW
            )
        )
    roster = Roster()
    roster.people[2][7] = "2026-11-20"
    planned = await office.plans(roster)
    assert (planned.problems, planned.under_strength) == ([], [])


async def test_a_team_that_begins_later_is_judged_on_its_day(office: Office):
    roster = Roster()
    for row in roster.people[:3]:
        row[6] = "2027-03-01"
    assert (await office.plans(roster)).problems == []
    roster.people[0][4] = "队员"
    assert await office.faults(roster) == [("人员", 2, ProblemCode.FIRST_SECRETARY_MISSING)]


# First secretaries are not swapped without approval: clause 一（三）


def swapped(ends: str = "2026-11-22", starts: str = "2026-11-23") -> Roster:
    roster = Roster()
    roster.people[0][7] = ends
    roster.people.append(["马国栋", "13900001010", "中共党员", UNIT, "第一书记", SHIMEN, starts, None])
    return roster


@pytest.mark.parametrize("ends, starts", [("2026-11-22", "2026-11-23"), ("2026-12-31", "2027-01-01")])
async def test_a_swap_asks_for_the_approvals_number_and_keeps_it(office: Office, ends: str, starts: str):
    await office.imports(Roster())
    roster = swapped(ends, starts)
    planned = await office.plans(roster)
    assert [(wrong.code, wrong.row, wrong.clause) for wrong in planned.problems] == [
        (Fault.APPROVAL_MISSING, 2, "一（三）")
    ]
    assert [swap.before for swap in planned.swaps] == ["王强"]
    await office.imports(roster, approval="安组干〔2026〕7号")
    audits = await office.rows(Audit, Audit.action.in_(["roster:role:end", "roster:role:add"]))
    assert [(audit.after or {}).get("approval") for audit in audits][-2:] == ["安组干〔2026〕7号"] * 2
    async with office.db.read() as session:
        assert len(await ledger(session, SYSTEM)) == len(await office.rows(Audit, Audit.action.startswith("roster:")))


async def test_two_files_are_no_way_round_the_approval(office: Office):
    await office.imports(Roster())
    roster = Roster()
    roster.people[0][7] = "2026-11-30"
    assert await office.faults(roster) == [("人员", 2, Fault.APPROVAL_MISSING)]


async def test_the_end_of_a_term_is_no_swap(office: Office):
    await office.imports(Roster())
    roster = Roster()
    for row in roster.people[:3]:
        row[7] = "2029-02-28"
    assert await office.faults(roster) == []


async def test_a_name_put_right_is_a_warning_for_a_member_and_a_swap_for_a_leader(office: Office):
    await office.imports(Roster())
    roster = Roster()
    roster.people[1][0] = "周建帼"
    planned = await office.plans(roster)
    assert [wrong.code for wrong in planned.warnings] == [Fault.NAME_CORRECTED]
    assert changes(planned) == [("person", "change", "石门村 周建帼")]
    roster.people[0][0] = "王刚"
    assert await office.faults(roster) == [("人员", 2, Fault.APPROVAL_MISSING)]


# Who is who


async def test_a_new_phone_is_the_same_person_and_a_namesake_elsewhere_is_not(office: Office):
    await office.imports(Roster())
    roster = Roster()
    roster.people[1][1] = "13700000001"
    roster.people.append(["赵敏", "13700000002", "群众", UNIT, "队员", DONGYU, "2026-03-01", None])
    planned = await office.imports(roster)
    assert changes(planned) == [
        ("person", "change", "石门村 周建国"),
        ("person", "add", "东峪村 赵敏"),
        ("role", "add", "东峪村 赵敏 队员"),
    ]
    assert len(await office.rows(Person, Person.name == "赵敏")) == 2


async def test_a_phone_of_somebody_else_is_refused_without_naming_him(office: Office):
    await office.imports(Roster())
    roster = Roster()
    roster.people.append(["石磊", "13900001004", "群众", UNIT, "队员", SHIMEN, "2026-03-01", None])
    only = roster.but(people=roster.people[-1:])
    planned = await office.plans(only)
    assert [(wrong.code, wrong.fields) for wrong in planned.problems] == [(Fault.PHONE_TAKEN, {})]


async def test_namesakes_without_phones_can_not_be_told_apart(office: Office):
    roster = Roster()
    roster.people.append(["周建国", "13900001011", "群众", UNIT, "队员", SHIMEN, "2026-03-01", None])
    await office.imports(roster)
    only = roster.but(people=[["周建国", None, None, UNIT, "队员", SHIMEN, "2026-03-01", "2026-11-30"]])
    assert await office.faults(only) == [("人员", 2, Fault.PERSON_AMBIGUOUS)]


async def test_one_person_may_hold_several_roles(office: Office):
    roster = Roster()
    roster.people.append(["周建国", "13900001002", None, UNIT, "队员", DONGYU, "2026-03-01", None])
    await office.imports(roster)
    assert await office.counts() == [6, 2, 2, 8, 9]
    assert (await office.plans(roster)).changes == []


async def test_a_role_taken_up_again_is_a_second_row(office: Office):
    await office.imports(Roster())
    roster = Roster()
    roster.people[1][7] = "2026-06-30"
    roster.people.append([*roster.people[1][:6], "2026-10-01", None])
    planned = await office.imports(roster)
    assert changes(planned) == [("role", "end", "石门村 周建国 队员"), ("role", "add", "石门村 周建国 队员")]
    assert (await office.plans(roster)).changes == []


async def test_a_start_put_right_is_a_change(office: Office):
    await office.imports(Roster())
    roster = Roster()
    roster.people[1][6] = "2026-03-11"
    planned = await office.imports(roster)
    assert [(change.after or {}).get("starts_on") for change in planned.changes] == ["2026-03-11"]
    assert await office.counts() == [6, 2, 2, 8, 8]


# Bad files


async def test_duplicates_within_the_file(office: Office):
    roster = Roster()
    roster.areas.append([SHIMEN, "石门村二", "村", TOWNSHIP])
    roster.units.append([UNIT, "市", "党政机关"])
    roster.sites.append([SHIMEN, "村委会", 38.3, 114.1, "WGS-84"])
    roster.people.append(["石磊", "13900001002", "群众", UNIT, "队员", SHIMEN, "2026-03-01", None])
    roster.people.append([*roster.people[2][:6], "2026-05-01", None])
    roster.people.append(["田野", "13900001006", "中共党员", UNIT, "队员", DONGYU, "2020-03-01", "2020-04-01"])
    assert await office.faults(roster) == [
        ("区划", 8, Fault.CODE_TWICE),
        ("驻地", 4, Fault.SITE_TWICE),
        ("派出单位", 4, Fault.UNIT_TWICE),
        ("人员", 10, Fault.PHONE_TWICE),
        ("人员", 11, Fault.ROLE_TWICE),
        ("人员", 12, Fault.PERSON_CONFLICT),
    ]


async def test_places_that_can_not_be(office: Office):
    roster = Roster()
    roster.sites = [
        [SHIMEN, "一", 114.10, 38.31, "WGS-84"],
        [SHIMEN, "二", 0, 0, "WGS-84"],
        [SHIMEN, "三", 38.3, -114.1, "WGS-84"],
        [TOWNSHIP, "四", 38.3, 114.1, "WGS-84"],
        ["990101100299", "五", 38.3, 114.1, "WGS-84"],
    ]
    planned = await office.plans(roster)
    assert [(wrong.row, wrong.code, wrong.fields.get("swapped")) for wrong in planned.problems] == [
        (2, Fault.POSITION_OUTSIDE, True),
        (3, Fault.POSITION_OUTSIDE, False),
        (4, Fault.POSITION_OUTSIDE, False),
        (5, Fault.SITE_NOT_VILLAGE, None),
        (6, Fault.AREA_UNKNOWN, None),
    ]


async def test_a_site_far_from_the_rest_of_its_county_is_pointed_out(office: Office):
    roster = Roster()
    roster.sites += [[SHIMEN, "后山", 38.33, 114.09, None], [DONGYU, "下片", 41.3, 114.1, "WGS-84"]]
    planned = await office.plans(roster)
    assert planned.problems == []
    assert [(wrong.row, wrong.code) for wrong in planned.warnings] == [(4, Fault.DATUM_ASSUMED), (5, Fault.SITE_FAR)]
    assert planned.warnings[1].fields["km"] == 331


async def test_rows_that_hang_on_a_bad_row_are_bad_too(office: Office):
    roster = Roster()
    roster.areas[3][2] = "公社"
    for row in roster.areas[4:]:
        row[3] = None
    roster.units[0][2] = "个体户"
    found = await office.faults(roster)
    hanging = [(sheet, row) for sheet, row, code in found if code is Fault.HANGS_ON_BAD_ROW]
    assert ("区划", 6) in hanging
    assert ("驻地", 2) in hanging
    assert ("人员", 2) in hanging
    assert not [row for row in hanging if row == ("人员", 9)]


async def test_bad_rows_are_skipped_with_all_that_hangs_on_them(office: Office):
    roster = Roster()
    roster.people[1][1] = "123"
    roster.people[3][4] = "书记"
    planned = await office.imports(roster, skip_bad_rows=True)
    # 石门村 loses a member and is weak; 东峪村 would be without a first secretary, so its whole team waits
    assert sorted(planned.bad_rows()) == [("人员", 3), ("人员", 5), ("人员", 6), ("人员", 7)]
    assert [person.name for person in await office.rows(Person)] == ["王强", "赵敏", "刘敏", "孙丽"]
    assert [(weak.name, weak.people) for weak in planned.under_strength] == [("石门村", 2), ("东峪村", 0)]


async def test_without_skipping_nothing_is_written(office: Office):
    roster = Roster()
    roster.people[7][1] = "123"
    with pytest.raises(Refusal) as caught:
        await office.imports(roster)
    assert caught.value.code is Code.ROSTER_HAS_PROBLEMS
    assert await office.counts() == [0, 0, 0, 0, 0]


async def test_wrong_headers_are_never_skipped(office: Office):
    path = save(office.folder / "wrong.xlsx", {"人员": [["姓名", "手机"], *Roster().people]})
    async with office.db.read() as session:
        planned = await action.plan(session, read(path), by=SYSTEM, today=TODAY, skip_bad_rows=True)
    assert {wrong.code for wrong in planned.problems} == {Fault.COLUMN_MISSING}
    assert not planned.may_be_applied


async def test_a_plan_is_stale_once_the_roster_has_changed(office: Office):
    await office.imports(Roster())
    roster = Roster()
    roster.people[1][1] = "13700000001"
    old = await office.plans(roster)
    await office.imports(roster)
    with pytest.raises(Refusal) as caught:
        async with office.db.write() as session:
            await action.apply(session, old, by=SYSTEM, today=TODAY, now=NOW + timedelta(minutes=1))
    assert caught.value.code is Code.ROSTER_STALE


async def test_an_area_moves_with_everything_below_it(office: Office):
    await office.imports(Roster())
    roster = Roster()
    roster.areas.append(["990102", "新岭县", "县", "9901"])
    roster.areas[3][3] = "990102"
    await office.imports(roster)
    areas = {area.code: area for area in await office.rows(Area)}
    assert areas[TOWNSHIP].path == f"{areas['990102'].path}{areas[TOWNSHIP].id}/"
    assert areas[SHIMEN].path == f"{areas[TOWNSHIP].path}{areas[SHIMEN].id}/"
    assert areas[COUNTY].path == f"{areas['9901'].path}{areas[COUNTY].id}/"
    assert (await office.plans(roster)).changes == []


# Who may: clause 三（一）


async def test_county_staff_import_their_own_county(office: Office):
    await office.imports(Roster())
    staff = await office.staff()
    roster = Roster()
    roster.people[1][1] = "13700000001"
    planned = await office.imports(roster, staff)
    assert changes(planned) == [("person", "change", "石门村 周建国")]
    audit = (await office.rows(Audit))[-1]
    assert (audit.person_id, audit.role) == (staff.person_id, Role.COUNTY_STAFF)


async def test_county_staff_change_nothing_outside_their_county(office: Office):
    await office.imports(Roster())
    other = Roster()
    other.areas += [["990102", "新岭县", "县", "9901"], ["990102100", "北镇", "乡镇", "990102"]]
    other.areas.append(["990102100201", "北村", "村", "990102100"])
    other.sites.append(["990102100201", "村委会", 38.3, 114.2, "WGS-84"])
    other.people.append(["贺刚", "13900001020", "群众", UNIT, "队员", "990102100201", "2026-03-01", None])
    other.people.append(["韩立新", "13900001021", "中共党员", UNIT, "第一书记", "990102100201", "2026-03-01", None])
    await office.imports(other)
    staff = await office.staff()
    changed = deepcopy(other)
    changed.areas[0][1] = "别省"
    changed.areas.append(["990103", "又一县", "县", "9901"])
    changed.sites[-1][2] = 38.4
    changed.units[0][1] = "市"
    changed.people[-2][1] = "13700000020"
    changed.people.append(["丁一", "13900001022", None, None, "管理员", COUNTY, "2026-03-01", None])
    changed.people.append(["丁二", "13900001023", None, None, "乡镇干部", "990102100", "2026-03-01", None])
    found = await office.faults(changed, staff)
    assert found == [
        ("区划", 2, Fault.AREA_OUTSIDE),
        ("区划", 11, Fault.AREA_OUTSIDE),
        ("驻地", 4, Fault.AREA_OUTSIDE),
        ("派出单位", 2, Fault.UNIT_OUTSIDE),
        ("人员", 10, Fault.PERSON_OUTSIDE),
        ("人员", 12, Fault.ADMIN_ONLY),
        ("人员", 13, Fault.AREA_OUTSIDE),
        ("人员", 13, Fault.AREA_OUTSIDE),
    ]
    admin = await office.staff(Role.ADMIN)
    assert ("人员", 12, Fault.ADMIN_ONLY) not in await office.faults(changed, admin)


async def test_others_may_not_import(office: Office):
    await office.imports(Roster())
    officer = await office.staff(Role.TOWNSHIP_OFFICER, TOWNSHIP)
    with pytest.raises(Refusal) as caught:
        await office.imports(Roster(), officer)
    assert caught.value.code is Code.NOT_ALLOWED


async def test_an_export_is_kept_to_the_viewers_areas(office: Office):
    await office.imports(Roster())
    async with office.db.read() as session:
        everything = await exported(session, SYSTEM)
        own = await exported(session, await office.staff())
        nothing = await exported(session, await office.staff(Role.COUNTY_LEADER))
    assert [len(everything.areas), len(everything.units), len(everything.people)] == [6, 2, 8]
    assert [len(own.areas), [name for name, _, _ in own.units], len(own.people)] == [4, [UNIT], 8]
    assert [len(nothing.areas), len(nothing.people)] == [0, 0]
