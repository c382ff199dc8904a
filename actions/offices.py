"""Giving an office to somebody by name: how the first admin gets in, before there is a roster to import."""

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from policy import workbook
from policy.authority import TEAM, Action, Role, Target, Viewer, require
from policy.refusals import LOCAL, Code, Refusal
from policy.roster import NAME_OF, check_role
from storage import audit
from storage.ids import new_id
from storage.tables import Area, Person, PersonRole


async def appoint(
    session: AsyncSession, *, by: Viewer, role: Role, area: Area, name: str, today: date, now: datetime
) -> int:
    """A new person with an office in an area from today; the person's id.

    Places in a team are given by the roster only, with its rules. Raises `Refusal`: NOT_ALLOWED (also for a place in
    a team), ROLE_WRONG_LEVEL, TEXT_EMPTY, TEXT_TOO_LONG.
    """
    acting = require(by, Action.ROSTER_IMPORT, Target(area.path))
    is_admin = by.system_path is not None or bool(by.holds({Role.ADMIN}))
    if role in TEAM or (role is Role.ADMIN and not is_admin):
        raise Refusal(Code.NOT_ALLOWED, "一（三）" if role in TEAM else "三（一）", action=Action.ROSTER_IMPORT.value)
    check_role(role, area.level)
    tidy = workbook.text(name)
    if not tidy:
        raise Refusal(Code.TEXT_EMPTY)
    if len(tidy) > workbook.LONGEST_NAME:
        raise Refusal(Code.TEXT_TOO_LONG, LOCAL, limit=workbook.LONGEST_NAME, length=len(tidy))
    person = Person(id=new_id(session), name=tidy)
    session.add(person)
    await session.flush()
    held = PersonRole(id=new_id(session), person_id=person.id, role=role, area_id=area.id, starts_on=today)
    session.add(held)
    after = {"name": tidy, "role": NAME_OF[role].value, "area": area.name, "starts_on": today.isoformat()}
    for action, subject, facts in (
        ("roster:person:add", f"person:{person.id}", {"name": tidy}),
        ("roster:role:add", f"role:{held.id}", after),
    ):
        audit.record(session, action, subject, by=by.person_id, role=acting, now=now, area_id=area.id, after=facts)
    return person.id
