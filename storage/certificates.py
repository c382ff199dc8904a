"""驻村天数证明: days in the village of a person's month, from the locked sheet only. Clause 四（三）."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.attendance import Tally
from policy.authority import TEAM, Action, Role, Target, Viewer, require
from policy.calendar import month_of
from policy.refusals import Code, Refusal
from storage import month_locks, months, people
from storage.batch import of
from storage.people import Post
from storage.tables import Area, DispatchingUnit, MonthLock, Person


@dataclass(frozen=True, slots=True)
class Certified:
    """What a certificate says: who, sent by whom, where, and the totals of a locked month."""

    person_id: int
    name: str
    unit: str
    role: Role
    place: str
    tally: Tally


async def post_in(
    session: AsyncSession, viewer: Viewer, action: Action, person_id: int, first: date, last: date
) -> tuple[Person, Post, Role | None]:
    """A person with the last post in a team that he held from `first` to `last`, and the role `viewer` acts in.

    Raises `Refusal`: NOT_FOUND (no such person, or no such post), NOT_ALLOWED.
    """
    person = await session.get(Person, person_id)
    held = (await people.posts_of(session, [person_id], first, last))[person_id]
    posts = [post for post in held if post.role in TEAM]
    if person is None or not posts:
        raise Refusal(Code.NOT_FOUND)
    post = max(posts, key=lambda one: one.starts_on)
    return person, post, require(viewer, action, Target(post.area.path, person_id, person.unit_id))


async def locked(session: AsyncSession, area: Area, month: date, now: datetime, person_id: int = 0) -> MonthLock:
    """The lock that a certificate stands on; a month that is open again for the person is not locked for him.

    Raises `Refusal(MONTH_NOT_LOCKED)` (month).
    """
    lock = await month_locks.lock_of(session, area, month)
    if lock is None or await month_locks.reopening_of(session, lock, person_id, now) is not None:
        today = (await of(session).local(area, now)).date()
        raise Refusal(Code.MONTH_NOT_LOCKED, "四（三）", month=month.replace(day=1), today=today)
    return lock


async def one(
    session: AsyncSession, viewer: Viewer, person_id: int, month: date, now: datetime
) -> tuple[Certified, Area, MonthLock]:
    """One person's month, with the village and the lock. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, MONTH_NOT_LOCKED."""
    person, post, _role = await post_in(session, viewer, Action.CERTIFICATE_EXPORT, person_id, *month_of(month))
    lock = await locked(session, post.area, month, now, person_id)
    found = await months.of_person(session, viewer, person_id, post.area, month, now)
    along = [area.name for area in await people.along(session, post.area)][-3:]
    unit = await session.get(DispatchingUnit, person.unit_id or 0)
    name = unit.name if unit is not None else ""
    made = Certified(person.id, person.name, name, post.role, "".join(along), found.tally())
    return made, post.area, lock


async def of_area(
    session: AsyncSession, viewer: Viewer, area: Area, month: date, now: datetime
) -> tuple[Sequence[Certified], MonthLock]:
    """Everybody of an area, as far as `viewer` may certify him, who is not corrected at the moment.

    Raises `Refusal`: NOT_ALLOWED, MONTH_NOT_LOCKED.
    """
    lock = await locked(session, area, month, now)
    units = dict(
        (await session.execute(select(Person.id, DispatchingUnit.name).join_from(Person, DispatchingUnit))).all()
    )
    opened = await month_locks.open_for(session, lock, now)
    found = []
    async for entry in months.of_area(session, viewer, Action.CERTIFICATE_EXPORT, area, month, now):
        if entry.person_id not in opened:
            place = f"{entry.county}{entry.township}{entry.villages[-1]}"
            unit = units.get(entry.person_id, "")
            found.append(Certified(entry.person_id, entry.name, unit, entry.role, place, entry.month.tally()))
    return found, lock
