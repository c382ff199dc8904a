"""今日在岗: the on-duty board of an area on a day, counted in the database. Clause 三（二）.

The cost follows the number of townships, never of people: silence has no row and is only a number here. Names come
up where somebody has something to settle, or where check-in is required (POLICY §2); nothing is ranked (§4).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.attendance import HalfStatus, Tally
from policy.authority import Action, Target, Viewer, grant_for
from policy.calendar import Calendar, Half
from policy.profile import CheckInMode, Profile, mode_on
from policy.refusals import Code, Refusal
from policy.roster import Level
from storage import days, headcount
from storage.batch import of
from storage.calendars import county_calendar
from storage.duty import is_present
from storage.headcount import NAMED_WITHIN, Group, below, posted
from storage.matters import Matter, MatterKind, open_matters
from storage.people import ancestor_ids
from storage.tables import Area, CalendarDay, Day, Facts, Person, PersonRole

_LOOK_BACK = 20
"""Days in which the working day before is looked for; the longest holiday with its weekends is shorter."""

# A day that is over counts each person once, by what is still open or weighs most of its two halves.
_WHOLE_DAY = (
    HalfStatus.UNVERIFIED,
    HalfStatus.LEAVE,
    HalfStatus.OFFICIAL_TRIP,
    HalfStatus.ON_DUTY,
    HalfStatus.NOT_YET,
    HalfStatus.REST,
)


@dataclass(frozen=True, slots=True)
class Branch:
    """An area directly below the board's. `tally` counts people, each once; `due` is 应在."""

    id: int
    code: str
    name: str
    level: Level
    tally: Tally
    before_unverified: int
    duty: int = 0
    duty_present: int = 0


@dataclass(frozen=True, slots=True)
class Board:
    """Who is where. `at` is the local moment of the question; `half` None: a day that is over, counted whole."""

    area: Area
    on: date
    at: datetime
    half: Half | None
    is_workday: bool
    holiday: str | None
    is_forecast: bool
    mode: CheckInMode
    tally: Tally
    before_on: date | None
    """The working day before `on`, and the people of whose day something is still 待核实."""
    before_unverified: int
    branches: tuple[Branch, ...]
    matters: tuple[Matter, ...]
    duty: int = 0
    """People on the duty roster (应值班) of a day of rest, and those of them who were in the village."""
    duty_present: int = 0


async def area_for(session: AsyncSession, viewer: Viewer, area_id: int) -> Area:
    """The area, if `viewer` may see its board: readers theirs and below, a first secretary his own village.

    Raises `Refusal(NOT_FOUND)` for what isn't there and for what isn't his alike: nothing leaks.
    """
    area = await session.get(Area, area_id)
    if area is None or not may_see(viewer, area):
        raise Refusal(Code.NOT_FOUND)
    return area


def may_see(viewer: Viewer, area: Area) -> bool:
    """Whether the board of an area is `viewer`'s to see."""
    if viewer.system_path is not None:
        return area.path.startswith(viewer.system_path)
    action = Action.DAY_VIEW if area.level is Level.VILLAGE else Action.BOARD_VIEW
    return grant_for(viewer, action, Target(area.path)) is not None


async def tops(session: AsyncSession, viewer: Viewer) -> list[Area]:
    """The areas whose boards a viewer begins with, by code: the widest ones; for a first secretary the village."""
    paths = set(viewer.paths(Action.BOARD_VIEW)) or set(viewer.paths(Action.DAY_VIEW))
    widest = [path for path in paths if not any(path != other and path.startswith(other) for other in paths)]
    areas = await session.scalars(select(Area).where(Area.path.in_(widest)).order_by(Area.code))
    return list(areas)


async def board(session: AsyncSession, viewer: Viewer, area: Area, now: datetime, on: date | None = None) -> Board:
    """The board of a day (default: today, by the half of the day that it is now). A dozen statements at most.

    Raises `Refusal(NOT_FOUND)` outside the viewer's areas.
    """
    await area_for(session, viewer, area.id)
    batch = of(session)
    at = await batch.local(area, now)
    today = at.date()
    on = on or today
    profile = await batch.profile(area, on)
    half = half_now(at, profile) if on == today else None
    calendar = await county_calendar(session, area, {on.year, (on - timedelta(days=_LOOK_BACK)).year})
    before_on = _workday_before(calendar, on, profile.records_from)
    works = await _Works.of(session, area, calendar, on, before_on)
    paths = await headcount.paths(session, area)
    groups = await headcount.groups(session, area, paths, on)
    before = await headcount.groups(session, area, paths, before_on) if before_on is not None else []
    counts = _by_branch(area, groups, half, works.on, day_over=on < today)
    counts_before = _by_branch(area, before, None, works.before, day_over=True)
    branches = [
        Branch(
            row.id,
            row.code,
            row.name,
            row.level,
            _tally(counts, row.id),
            _tally(counts_before, row.id).unverified,
            *_duty(counts, row.id),
        )
        for row in await _children(session, area)
    ]
    matters: list[Matter] = []
    if area.level in NAMED_WITHIN:  # names stay within a county: a province or a city sees numbers and asks there
        matters = await open_matters(session, area, on, before_on)
        matters += await _required(session, area, on, half, works.on)
        matters += await _required(session, area, before_on, None, works.before)
    return Board(
        area=area,
        on=on,
        at=at,
        half=half,
        is_workday=works.on(area.path),
        holiday=calendar.name(on),
        is_forecast=calendar.is_forecast(on),
        mode=mode_on(profile, on),
        tally=_tally(counts),
        before_on=before_on,
        before_unverified=_tally(counts_before).unverified,
        branches=tuple(branches),
        matters=tuple(sorted(matters, key=lambda matter: (matter.village_code, matter.name, matter.on))),
        duty=_duty(counts)[0],
        duty_present=_duty(counts)[1],
    )


async def silent_before(session: AsyncSession, area: Area, on: date) -> list[Matter]:
    """Who was silent on the working day before `on`, where check-in was required; elsewhere silence names nobody.

    The caller has checked that the area is the viewer's.
    """
    calendar = await county_calendar(session, area, {on.year, (on - timedelta(days=_LOOK_BACK)).year})
    profile = await of(session).profile(area, on)
    before_on = _workday_before(calendar, on, profile.records_from)
    works = await _Works.of(session, area, calendar, on, before_on)
    return await _required(session, area, before_on, None, works.before)


async def place(session: AsyncSession, area: Area) -> int:
    """How many areas stand before this one below the same area, by code."""
    query = select(func.count()).where(Area.parent_id == area.parent_id, Area.code < area.code)
    return (await session.execute(query)).scalar_one()


def half_now(local: datetime, profile: Profile) -> Half:
    """The half of the day that counts now, by the county's own noon."""
    return Half.AM if local.time() < profile.half_boundary else Half.PM


async def _children(session: AsyncSession, area: Area) -> Sequence[Any]:
    if area.level is Level.VILLAGE:
        return ()
    query = select(Area.id, Area.code, Area.name, Area.level).where(Area.parent_id == area.id).order_by(Area.code)
    return (await session.execute(query)).all()


def _by_branch(
    area: Area, groups: Iterable[Group], half: Half | None, works: "_Rule", *, day_over: bool
) -> dict[int, Counter[HalfStatus | str]]:
    """Statuses by the area directly below, for a village by itself; `due` beside them, 应在."""
    found: dict[int, Counter[HalfStatus | str]] = {}
    along: dict[str, tuple[bool, Counter[HalfStatus | str]]] = {}  # a province has thousands of groups
    for group in groups:
        if group.path not in along:
            lower = ancestor_ids(group.path.removeprefix(area.path))
            along[group.path] = works(group.path), found.setdefault(lower[0] if lower else area.id, Counter())
        workday, counter = along[group.path]
        counter[_status(group.am, group.pm, half, workday, day_over)] += group.people
        if workday:
            counter["due"] += group.people
        elif (group.am | group.pm) & Facts.DUTY:
            counter["duty"] += group.people
            counter["duty_present"] += group.people if is_present(group.am, group.pm) else 0
    return found


@cache
def _status(am: int, pm: int, half: Half | None, workday: bool, day_over: bool) -> HalfStatus:
    known = (am, pm) if half is None else (am,) if half is Half.AM else (pm,)
    statuses = [days.status(Facts(facts), workday=workday, day_over=day_over) for facts in known]
    return next(status for status in _WHOLE_DAY if status in statuses)


def _duty(counts: Mapping[int, Counter[HalfStatus | str]], area_id: int | None = None) -> tuple[int, int]:
    found = [counter for key, counter in counts.items() if area_id is None or key == area_id]
    return sum(one["duty"] for one in found), sum(one["duty_present"] for one in found)


def _tally(counts: Mapping[int, Counter[HalfStatus | str]], area_id: int | None = None) -> Tally:
    total: Counter[HalfStatus | str] = Counter()
    for key, counter in counts.items():
        if area_id is None or key == area_id:
            total.update(counter)
    return Tally(
        due=total["due"],
        on_duty=total[HalfStatus.ON_DUTY],
        trip=total[HalfStatus.OFFICIAL_TRIP],
        leave=total[HalfStatus.LEAVE],
        unverified=total[HalfStatus.UNVERIFIED],
        not_yet=total[HalfStatus.NOT_YET],
        rest=total[HalfStatus.REST],
    )


def _workday_before(calendar: Calendar, on: date, begins: date | None) -> date | None:
    """The working day before; None where attendance wasn't kept yet."""
    earlier = (on - timedelta(days=back) for back in range(1, _LOOK_BACK + 1))
    found = next((day for day in earlier if calendar.is_workday(day)), None)
    return None if found is not None and begins is not None and found < begins else found


@dataclass(frozen=True, slots=True)
class _Rule:
    """Whether a day is worked in the area of a path: what areas below the board's decided for themselves wins."""

    general: bool
    own: Mapping[str, bool]

    def __call__(self, path: str) -> bool:
        nearest = max((own for own in self.own if path.startswith(own)), key=len, default=None)
        return self.general if nearest is None else self.own[nearest]


@dataclass(frozen=True, slots=True)
class _Works:
    """The rules of the day and of the working day before."""

    on: _Rule
    before: _Rule

    @classmethod
    async def of(
        cls, session: AsyncSession, area: Area, calendar: Calendar, on: date, before_on: date | None
    ) -> "_Works":
        query = (
            select(CalendarDay.on, Area.path, CalendarDay.is_workday)
            .join(Area, CalendarDay.area_id == Area.id)
            .where(below(area), CalendarDay.area_id != area.id, CalendarDay.on.in_({on, before_on or on}))
        )
        rows = (await session.execute(query)).all()

        def rule(day: date) -> _Rule:
            return _Rule(calendar.is_workday(day), {path: works for when, path, works in rows if when == day})

        return cls(rule(on), rule(before_on or on))


async def _required(
    session: AsyncSession, area: Area, on: date | None, half: Half | None, works: _Rule
) -> list[Matter]:
    """Who is silent where check-in is required; in `off` and `voluntary` a silent day is a number only."""
    if on is None:
        return []
    areas = [area]
    if area.level is Level.COUNTY:
        areas = list(await session.scalars(select(Area).where(Area.parent_id == area.id)))
    profiles = await of(session).profiles(areas, on)
    paths = [each.path for each in areas if works(each.path) and mode_on(profiles[each.id], on) is CheckInMode.REQUIRED]
    return await _silent(session, area, paths, on, half) if paths else []


async def _silent(session: AsyncSession, area: Area, paths: Sequence[str], on: date, half: Half | None) -> list[Matter]:
    known = ~int(Facts.DUTY) & 0xFF  # to be named says nothing of the day
    nothing = {
        half: func.coalesce(of_half, 0).op("&")(known) == 0 for half, of_half in ((Half.AM, Day.am), (Half.PM, Day.pm))
    }
    query = (
        select(
            PersonRole.id, Person.id, Person.name, Area.name, Area.code, Area.path, nothing[Half.AM], nothing[Half.PM]
        )
        .join(PersonRole, PersonRole.person_id == Person.id)
        .join(Area, PersonRole.area_id == Area.id)
        .outerjoin(Day, (Day.person_id == Person.id) & (Day.on == on))
        .where(
            or_(*(Area.path.startswith(path) for path in paths)),
            or_(*nothing.values()) if half is None else nothing[half],
            *posted(on),
        )
    )
    rows = (await session.execute(query)).all()
    surplus = {post.id for post in await headcount.surplus(session, area, on)}
    return [
        Matter(
            MatterKind.SILENT,
            person_id,
            name,
            village,
            code,
            path,
            on,
            frozenset({half}) if half else frozenset(h for h, silent in ((Half.AM, am), (Half.PM, pm)) if silent),
        )
        for role_id, person_id, name, village, code, path, am, pm in rows
        if role_id not in surplus
    ]
