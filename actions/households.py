"""农户 in the list: added, corrected, moved to another village, marked as gone, taken back. Clause 二（四）.

What a household was before is kept with it (`HouseholdChange`); the audit says which columns changed, never what they say.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from policy import households as rules
from policy.authority import Action, Role, Target, Viewer, require
from policy.refusals import LOCAL, Code, Refusal
from policy.roster import Level
from policy.sentences import sentence
from storage import audit, people
from storage import households as queries
from storage.ids import new_id
from storage.people import area_at
from storage.tables import Area, Household, HouseholdChange

SUBJECT = "household:{id}"
LONGEST_REASON = 200


async def add(
    session: AsyncSession,
    *,
    by: Viewer,
    village: Area,
    head: str,
    group: int | None,
    born: int | None = None,
    now: datetime,
) -> Household:
    """Put a household into a village's list.

    Raises `Refusal`: NOT_ALLOWED, HOUSEHOLD_UNREADABLE, HOUSEHOLD_THERE (called): one of that group and name, and year of
    birth, is there already.
    """
    role = require(by, Action.HOUSEHOLD_WRITE, Target(village.path))
    head = rules.read("head", head)
    for one in await queries.in_village(session, by, village):
        if (one.group, one.head) == (group, head) and (born is None or one.head_born in {None, born}):
            raise Refusal(Code.HOUSEHOLD_THERE, LOCAL, called=rules.called(group, head))
    household = Household(
        id=new_id(session),
        village_id=village.id,
        group=group,
        head=head,
        head_born=born,
        others=[],
        kinds=[],
        added_at=now,
        **queries.spelt(head),
    )
    session.add(household)
    await session.flush()
    _note(session, Action.HOUSEHOLD_WRITE, household, by, role, now, {"added": True})
    return household


async def correct(
    session: AsyncSession, *, by: Viewer, household_id: int, field: str, said: str, today: date, now: datetime
) -> Household:
    """Say one column of a household anew, as it was typed; 无 empties it.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, HOUSEHOLD_GONE, HOUSEHOLD_UNREADABLE (value).
    """
    household, village, role = await _there(session, by, Action.HOUSEHOLD_WRITE, household_id)
    if field not in rules.READERS:
        raise Refusal(Code.NOT_FOUND)
    value = rules.read(field, said)
    if field == "head_born" and value is not None and value > today.year:
        raise Refusal(Code.HOUSEHOLD_UNREADABLE, LOCAL, value=str(value))
    values: dict[str, Any] = {field: list(value) if isinstance(value, tuple) else value}
    if field == "head":
        values |= queries.spelt(value)
    if field == "paired_name":
        team = {person.name: person.id for person, _role in await people.team(session, village, today)}
        values["paired_id"] = team.get(value)
    _change(session, household, values, by, now)
    _note(session, Action.HOUSEHOLD_WRITE, household, by, role, now, {"fields": [field]})
    return household


async def move(
    session: AsyncSession, *, by: Viewer, household_id: int, village_id: int, now: datetime
) -> tuple[Household, Area]:
    """A household lives in another village of the county now; its group is not known there.

    Raises `Refusal`: NOT_FOUND (no such village in the county), NOT_ALLOWED, HOUSEHOLD_GONE.
    """
    household, village, role = await _there(session, by, Action.HOUSEHOLD_MOVE, household_id)
    to = await session.get(Area, village_id)
    if to is None or to.level is not Level.VILLAGE or to.id == village.id:
        raise Refusal(Code.NOT_FOUND)
    require(by, Action.HOUSEHOLD_MOVE, Target(to.path))
    counties = [await area_at(session, area, Level.COUNTY) for area in (village, to)]
    if counties[0] is None or counties[0] is not counties[1]:
        raise Refusal(Code.NOT_FOUND)
    values = {"village_id": to.id, "group": None, "paired_id": None, "paired_name": None}
    _change(session, household, values, by, now)
    _note(session, Action.HOUSEHOLD_MOVE, household, by, role, now, {"from": village.id, "to": to.id})
    return household, to


async def leave(
    session: AsyncSession, *, by: Viewer, household_id: int, reason: str, today: date, now: datetime
) -> Household:
    """A household has moved away or died out: no longer visited, kept for what is written of it.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, HOUSEHOLD_GONE, TEXT_EMPTY, TEXT_TOO_LONG.
    """
    household, _village, role = await _there(session, by, Action.HOUSEHOLD_WRITE, household_id)
    values = {"gone_on": today, "gone_reason": sentence(reason, LONGEST_REASON)}
    _change(session, household, values, by, now)
    _note(session, Action.HOUSEHOLD_WRITE, household, by, role, now, {"fields": ["gone_on"]})
    return household


async def undo(session: AsyncSession, *, by: Viewer, household_id: int, change_id: int, now: datetime) -> Household:
    """Take the last change of a household back; what is taken back is kept as well.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, ALREADY_DECIDED (it has been changed since, or is taken back).
    """
    household, _village, role = await queries.get(session, by, Action.HOUSEHOLD_WRITE, household_id)
    change = await queries.last_change(session, household_id)
    if change is None:
        raise Refusal(Code.NOT_FOUND)
    if change.id != change_id:
        raise Refusal(Code.ALREADY_DECIDED)
    before = dict(change.before)
    action = Action.HOUSEHOLD_WRITE
    if "village_id" in before:
        action = Action.HOUSEHOLD_MOVE
        for village_id in (household.village_id, before["village_id"]):
            area = await session.get(Area, village_id)
            if area is None:
                raise Refusal(Code.NOT_FOUND)
            role = require(by, action, Target(area.path))
    if before.get("gone_on") is not None:
        before["gone_on"] = date.fromisoformat(before["gone_on"])
    _change(session, household, before, by, now)
    _note(session, action, household, by, role, now, {"undone": change.id})
    return household


async def reveal_phone(session: AsyncSession, *, by: Viewer, household_id: int, now: datetime) -> Household:
    """看电话: a household with its number; the look is written down, by id. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED."""
    household, _village, role = await queries.get(session, by, Action.HOUSEHOLD_PHONE, household_id)
    if household.phone is None:
        raise Refusal(Code.NOT_FOUND, household=household_id)
    _note(session, Action.HOUSEHOLD_PHONE, household, by, role, now, None)
    return household


async def _there(
    session: AsyncSession, by: Viewer, action: Action, household_id: int
) -> tuple[Household, Area, Role | None]:
    household, village, role = await queries.get(session, by, action, household_id)
    if household.gone_on is not None:
        raise Refusal(Code.HOUSEHOLD_GONE, LOCAL)
    return household, village, role


def _change(session: AsyncSession, household: Household, values: Mapping[str, Any], by: Viewer, now: datetime) -> None:
    before = {name: getattr(household, name) for name in values}
    kept = {name: value.isoformat() if isinstance(value, date) else value for name, value in before.items()}
    row = HouseholdChange(id=new_id(session), household_id=household.id, before=kept, by_id=by.person_id, at=now)
    session.add(row)
    for name, value in values.items():
        setattr(household, name, value)


def _note(
    session: AsyncSession,
    action: Action,
    household: Household,
    by: Viewer,
    role: Role | None,
    now: datetime,
    after: dict[str, Any] | None,
) -> None:
    subject = SUBJECT.format(id=household.id)
    where = household.village_id
    audit.record(session, action, subject, by=by.person_id, role=role, now=now, area_id=where, after=after)
