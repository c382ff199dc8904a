"""补签: finding them, and what of somebody's last days may still be corrected."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from policy import corrections as rules
from policy.attendance import HalfStatus
from policy.authority import TEAM, Action, Role, Target, Viewer, require
from policy.calendar import Half, month_of
from policy.profile import CheckInMode, mode_on
from policy.refusals import Code, Refusal
from storage import days, leave, people
from storage.batch import of
from storage.calendars import county_calendar
from storage.tables import Area, CheckInCorrection, Explanation, Person, Verdict


@dataclass(frozen=True, slots=True)
class OpenDay:
    """A day with half-days that may be corrected now, and the village one was posted to on it."""

    on: date
    village: Area
    halves: tuple[Half, ...]


def halves_of(correction: CheckInCorrection) -> frozenset[Half]:
    """The half-days a correction speaks for."""
    return frozenset(half for half, is_asked in ((Half.AM, correction.am), (Half.PM, correction.pm)) if is_asked)


async def get(
    session: AsyncSession, viewer: Viewer, action: Action, correction_id: int
) -> tuple[CheckInCorrection, Area, Role | None]:
    """A correction with its village, and the role in which `viewer` may do `action` on it.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOT_YOURSELF.
    """
    query = select(CheckInCorrection, Area).join(Area, CheckInCorrection.village_id == Area.id)
    row = (await session.execute(query.where(CheckInCorrection.id == correction_id))).one_or_none()
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    correction, village = row
    return correction, village, require(viewer, action, Target(village.path, correction.person_id))


async def used(session: AsyncSession, person_id: int, on: date) -> int:
    """How many corrections somebody has asked for days of the month that `on` lies in; the withdrawn don't count."""
    query = select(func.count(CheckInCorrection.id)).where(
        CheckInCorrection.person_id == person_id,
        CheckInCorrection.on.between(*month_of(on)),
        CheckInCorrection.verdict != Verdict.WITHDRAWN,
    )
    return (await session.execute(query)).scalar_one()


async def left(session: AsyncSession, viewer: Viewer, area: Area, on: date) -> int:
    """How many more the viewer may ask for, for days of the month that `on` lies in."""
    profile = await of(session).profile(area, on)
    return max(0, profile.corrections_per_month - await used(session, _self(viewer), on))


def _self(viewer: Viewer) -> int:
    """Whose own affairs are asked for. Raises `Refusal(NOT_ALLOWED)` for the software itself."""
    if viewer.person_id is None:
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.CORRECTION_REQUEST.value)
    return viewer.person_id


async def village_on(session: AsyncSession, person_id: int, on: date) -> Area | None:
    """The village somebody was posted to that day; of several, the one in which the day was recorded."""
    posts = (await people.posts_of(session, [person_id], on))[person_id]
    villages = [post.area for post in posts if post.role in TEAM]
    day = await of(session).day(person_id, on)
    recorded = [area for area in villages if day is not None and area.id == day.village_id]
    return next(iter(recorded or villages), None)


async def statuses(
    session: AsyncSession, person_id: int, village: Area, on: date, now_local: datetime
) -> Mapping[Half, HalfStatus]:
    """What a person's half-days of one day are now."""
    calendar = await county_calendar(session, village, {on.year})
    day = await of(session).day(person_id, on)
    workday, over = calendar.is_workday(on), on < now_local.date()
    return {half: days.status(days.facts(day, half), workday=workday, day_over=over) for half in Half}


async def waiting(session: AsyncSession, person_id: int, first: date) -> list[CheckInCorrection | Explanation]:
    """Somebody's corrections and explanations for days from `first` on that wait for a decision; for actions."""
    asked = select(CheckInCorrection).where(
        CheckInCorrection.person_id == person_id,
        CheckInCorrection.on >= first,
        CheckInCorrection.verdict == Verdict.PENDING,
    )
    explained = select(Explanation).where(
        Explanation.person_id == person_id, Explanation.on >= first, Explanation.verdict == Verdict.PENDING
    )
    found = [*await session.scalars(asked), *await session.scalars(explained)]
    return sorted(found, key=lambda row: (row.on, row.id))


async def own_waiting(session: AsyncSession, viewer: Viewer, first: date) -> list[CheckInCorrection | Explanation]:
    """What of the viewer's own waits for a decision, for days from `first` on."""
    return await waiting(session, _self(viewer), first)


async def first_secretaries(
    session: AsyncSession, viewer: Viewer, correction: CheckInCorrection, village: Area, today: date
) -> list[Person]:
    """Who of the village may decide on a correction today, for whoever may see it: who stands in for a first secretary
    on leave. Raises `Refusal(NOT_ALLOWED)`.
    """
    require(viewer, Action.DAY_VIEW, Target(village.path, correction.person_id))
    return await leave.first_secretaries(session, village, today, correction.person_id)


def spoken_for(
    rows: Iterable[CheckInCorrection | Explanation], on: date
) -> dict[Half, CheckInCorrection | Explanation]:
    """Which half-days of a day wait for a decision, and on what."""
    found: dict[Half, CheckInCorrection | Explanation] = {}
    for row in rows:
        if row.on != on:
            continue
        if isinstance(row, CheckInCorrection):
            halves = halves_of(row)
        else:
            halves = frozenset(Half) if row.whole_day else frozenset({row.half})
        found |= dict.fromkeys(halves, row)
    return found


async def decided_halves(session: AsyncSession, row: CheckInCorrection | Explanation) -> frozenset[Half]:
    """Of the half-days something spoke for, those on which nothing else waits once it is decided."""
    others = [other for other in await waiting(session, row.person_id, row.on) if other is not row]
    return frozenset(spoken_for([row], row.on).keys() - spoken_for(others, row.on).keys())


async def open_days(session: AsyncSession, viewer: Viewer, area: Area, now: datetime) -> list[OpenDay]:
    """The viewer's own days that may be corrected now, the newest first. `area` is where he is posted today."""
    person_id = _self(viewer)
    local = await of(session).local(area, now)
    found: list[OpenDay] = []
    on = local.date()
    profile = await of(session).profile(area, on)
    earliest = on - timedelta(days=-(-profile.correction_hours // 24))
    earliest = max(earliest, profile.records_from or earliest)
    rows = await waiting(session, person_id, earliest)
    while on >= earliest:
        village = await village_on(session, person_id, on)
        if village is not None and mode_on(profile, on) is not CheckInMode.OFF:
            status = await statuses(session, person_id, village, on, local)
            halves = rules.correctable(on, now_local=local, own_status=status, profile=profile)
            taken = spoken_for(rows, on)
            if free := tuple(half for half in halves if half not in taken):
                found.append(OpenDay(on, village, free))
        on -= timedelta(days=1)
    return found
