"""Households in the list: who may do what to whose, what is kept, what the audit does not say."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from actions import households as actions
from policy.authority import Action, Grant, Role, Viewer
from policy.refusals import Code, Refusal
from storage import households as queries
from storage.engine import Database
from storage.tables import Area, Audit, Household, HouseholdChange
from tests.actions.test_roster import Office
from tests.workbooks import COUNTY, DONGYU, SHIMEN, TOWNSHIP, Roster

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
ROW = [SHIMEN, 3, "陈淑兰", "沟口2号", 4, "低保户", "周建国", 1958, "13800001001", "赵桂英"]


@dataclass
class Place:
    """One household in 石门村, and whoever is asked to look at it."""

    db: Database
    areas: dict[str, Area]
    id: int
    person_id: int

    def viewer(self, role: Role, code: str) -> Viewer:
        area = self.areas[code]
        return Viewer(self.person_id, (Grant(role, area.id, area.path, 70),))

    async def writes(self, what: Callable[..., Awaitable[Any]], by: Viewer, **more: Any) -> Any:
        async with self.db.write() as session:
            return await what(session, by=by, household_id=self.id, now=NOW, **more)

    async def row(self) -> Household:
        async with self.db.read() as session:
            return (await session.scalars(select(Household))).one()


@pytest.fixture
async def place(db: Database, tmp_path) -> Place:
    office = Office(db, tmp_path)
    await office.imports(Roster().but(households=[ROW]))
    areas = {area.code: area for area in await office.rows(Area)}
    return Place(db, areas, (await office.rows(Household))[0].id, (await office.person("周建国")).id)


async def outcome(doing: Awaitable[Any]) -> Code | None:
    try:
        await doing
    except Refusal as refusal:
        return refusal.code
    return None


async def test_who_sees_and_changes_villagers_data(place: Place):
    """The village's team and above only; the unit's liaison never; a leader reads."""
    no = Code.NOT_ALLOWED
    for role, code, sees, phone, corrects, moves in (
        (Role.TEAM_MEMBER, SHIMEN, None, None, None, no),
        (Role.FIRST_SECRETARY, SHIMEN, None, None, None, no),
        (Role.TEAM_MEMBER, DONGYU, no, no, no, no),
        (Role.TOWNSHIP_OFFICER, TOWNSHIP, None, None, None, None),
        (Role.COUNTY_STAFF, COUNTY, None, None, None, None),
        (Role.COUNTY_LEADER, COUNTY, None, None, no, no),
        (Role.ADMIN, COUNTY, None, None, None, None),
        (Role.UNIT_LIAISON, COUNTY, no, no, no, no),
    ):
        by = place.viewer(role, code)
        async with place.db.read() as session:
            asked = queries.get(session, by, Action.HOUSEHOLD_VIEW, place.id)
            assert await outcome(asked) == sees, (role, code)
            hits = [] if role is Role.UNIT_LIAISON else await queries.search(session, by, "", first=0, limit=8)
            assert bool(hits and hits[1]) == (sees is None), (role, code)
        assert await outcome(place.writes(actions.reveal_phone, by)) == phone, (role, code)
        said = {"field": "members", "said": "3", "today": TODAY}
        assert await outcome(place.writes(actions.correct, by, **said)) == corrects, (role, code)
        to = place.areas[DONGYU].id
        assert await outcome(place.writes(actions.move, by, village_id=to)) == moves, (role, code)
        async with place.db.write() as session:  # as it was
            row = await session.get(Household, place.id)
            assert row is not None
            row.village_id = place.areas[SHIMEN].id


async def test_what_was_is_kept_and_the_audit_names_nobody(place: Place):
    zhou = place.viewer(Role.TEAM_MEMBER, SHIMEN)
    for field, said in (("head", "陈素兰"), ("kinds", "无"), ("phone", "13800001002"), ("paired_name", "赵敏")):
        await place.writes(actions.correct, zhou, field=field, said=said, today=TODAY)
    row = await place.row()
    assert (row.head, row.initials, row.kinds, row.phone, row.paired_name) == (
        "陈素兰",
        "csl",
        [],
        "13800001002",
        "赵敏",
    )
    assert row.paired_id is not None
    async with place.db.read() as session:
        kept = [one.before for one in await session.scalars(select(HouseholdChange).order_by(HouseholdChange.id))]
        audits = list(await session.scalars(select(Audit).where(Audit.action == "household:write").order_by(Audit.id)))
    assert [before.get("head") for before in kept] == ["陈淑兰", None, None, None]
    assert (kept[0]["sounds"], kept[1], kept[2]) == ("chen shu lan", {"kinds": ["低保户"]}, {"phone": "13800001001"})
    assert [one.after for one in audits] == [{"fields": [name]} for name in ("head", "kinds", "phone", "paired_name")]
    assert {(one.subject, one.before, one.area_id) for one in audits} == {
        (f"household:{place.id}", None, place.areas[SHIMEN].id)
    }


async def test_what_can_not_be(place: Place):
    zhou = place.viewer(Role.TEAM_MEMBER, SHIMEN)
    staff = place.viewer(Role.COUNTY_STAFF, COUNTY)
    unreadable = Code.HOUSEHOLD_UNREADABLE
    for field, said in (("group", "东"), ("head", "无"), ("head_born", "2027"), ("phone", "123"), ("members", "很多")):
        given = {"field": field, "said": said, "today": TODAY}
        assert await outcome(place.writes(actions.correct, zhou, **given)) is unreadable, field
    given = {"field": "village_id", "said": "1", "today": TODAY}
    assert await outcome(place.writes(actions.correct, zhou, **given)) is Code.NOT_FOUND
    for code in (SHIMEN, TOWNSHIP):
        to = place.areas[code].id
        assert await outcome(place.writes(actions.move, staff, village_id=to)) is Code.NOT_FOUND
    assert await outcome(place.writes(actions.undo, zhou, change_id=1)) is Code.NOT_FOUND
    await place.writes(actions.leave, zhou, reason="搬走", today=TODAY)
    assert await outcome(place.writes(actions.leave, zhou, reason="搬走", today=TODAY)) is Code.HOUSEHOLD_GONE
    async with place.db.read() as session:
        change = await queries.last_change(session, place.id)
    assert change is not None
    await place.writes(actions.undo, zhou, change_id=change.id)
    assert (await place.row()).gone_on is None
    assert await outcome(place.writes(actions.undo, zhou, change_id=change.id)) is Code.ALREADY_DECIDED
