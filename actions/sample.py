"""The sample county (样例): into an empty database only, with two months of history, so that no screen is empty."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from actions import sample_county as county
from actions import sample_figures, sample_history, sample_households, sample_notices
from policy import geo
from policy.authority import Grant, Role, Viewer
from policy.geo import Point
from policy.refusals import LOCAL, Code, Refusal
from storage import audit, batch, outbox
from storage.calendars import county_calendar
from storage.ids import new_id, reserve
from storage.roster import is_empty
from storage.tables import Area, Chat, DispatchingUnit, Person, PersonRole, Setting, Site

CHANNEL = "gateway"
ZONE = ZoneInfo("Asia/Shanghai")
IDS = 8_000


class ToBe(NamedTuple):
    """A sample person whom the page offers to be."""

    external_id: int
    name: str
    title: str


@dataclass(slots=True)
class Made:
    """What has been made, by the code or name of the data."""

    areas: dict[str, Area] = field(default_factory=dict)
    units: dict[str, DispatchingUnit] = field(default_factory=dict)
    sites: dict[str, list[Site]] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)


def everybody() -> list[ToBe]:
    """Everybody of the sample county, each with an account on the gateway."""
    return [ToBe(county.FIRST_EXTERNAL_ID + n, person.name, "") for n, person in enumerate(county.PEOPLE)]


def people_to_be() -> list[ToBe]:
    """A team member, a first secretary, a township officer, two of the county's staff and an admin, titles marked 样例."""
    ids = {person.name: county.FIRST_EXTERNAL_ID + n for n, person in enumerate(county.PEOPLE)}
    return [ToBe(ids[name], name, title) for name, title in county.TO_BE]


async def create(session: AsyncSession, *, now: datetime) -> None:
    """Make the sample county with its history up to `now`. Raises `Refusal(DATABASE_NOT_EMPTY)`."""
    if not await is_empty(session):
        raise Refusal(Code.DATABASE_NOT_EMPTY, LOCAL)
    await reserve(session, IDS)
    session.info.setdefault("channel", CHANNEL)
    today = now.astimezone(ZONE).date()
    since = date(today.year - 1, 3, 1)
    made = Made()
    _areas(session, made)
    await session.flush()
    _people(session, made, _at(today - timedelta(days=70), time(9)))
    await session.flush()
    _roles(session, made, since)
    area = made.areas[county.COUNTY]
    _hours(session, area, since, now)
    audit.record(session, "sample:create", f"area:{area.id}", by=None, role=None, now=now, area_id=area.id)
    await session.flush()
    calendar = await county_calendar(session, area, [today.year - 1, today.year])
    sender = made.people[county.SENDER]
    grants = (Grant(Role.COUNTY_STAFF, area.id, area.path),)
    workdays = sample_history.workdays(calendar, today)
    moments = [_at(workdays[-back], time(9, 30)) for back in (9, 2)]
    await sample_notices.write(session, _cadres(made), Viewer(sender.id, grants, sender.name), area, moments)
    await sample_history.write(session, _cadres(made), calendar, now=now, zone=ZONE)
    profile = await batch.of(session).profile(area, today)
    cadres = _cadres(made)
    await sample_households.write(session, cadres, profile.term_priority_household, added_at=_at(since, time(9)))
    await sample_figures.write(session, area, made.people["孙丽"], now=now, zone=ZONE)
    await outbox.drop_waiting(session, but_to=[made.people[name].id for name, _ in county.TO_BE])


def _hours(session: AsyncSession, area: Area, since: date, now: datetime) -> None:
    """Check-in at any hour, so that whoever tries the sample in the evening sees it work."""
    for key, value in (("checkin_opens", "00:00"), ("checkin_closes", "23:59")):
        row = {"area_id": area.id, "key": key, "value": value, "effective_on": since}
        session.add(Setting(id=new_id(session), reason="样例：随时可以试", set_by_id=None, set_at=now, **row))


def _areas(session: AsyncSession, made: Made) -> None:
    for data in county.AREAS:
        parent = made.areas[data.parent] if data.parent is not None else None
        area_id = new_id(session)
        made.areas[data.code] = Area(
            id=area_id,
            code=data.code,
            name=data.name,
            level=data.level,
            parent_id=parent.id if parent is not None else None,
            path=f"{parent.path if parent is not None else '/'}{area_id}/",
            is_sample=True,
        )
    for unit in county.UNITS:
        made.units[unit.name] = DispatchingUnit(
            id=new_id(session), name=unit.name, level=unit.level, kind=unit.kind.value
        )
    session.add_all([*made.areas.values(), *made.units.values()])


def _people(session: AsyncSession, made: Made, bound_at: datetime) -> None:
    for site in county.SITES:
        point = geo.to_wgs84(Point(site.latitude, site.longitude), site.datum)
        row = Site(
            id=new_id(session),
            village_id=made.areas[site.village].id,
            name=site.name,
            latitude=point.lat,
            longitude=point.lon,
            datum=site.datum,
            entered_latitude=site.latitude,
            entered_longitude=site.longitude,
        )
        made.sites.setdefault(site.village, []).append(row)
        session.add(row)
    for number, data in enumerate(county.PEOPLE):
        made.people[data.name] = Person(
            id=new_id(session),
            name=data.name,
            phone=f"1390000{number + 1001:04d}",
            political_status=data.party,
            unit_id=made.units[data.unit].id if data.unit is not None else None,
            language="zh_CN",
            position_consent=True,
            consented_at=bound_at,
        )
    session.add_all(made.people.values())


def _roles(session: AsyncSession, made: Made, since: date) -> None:
    bound_at = _at(since, time(9))
    for number, data in enumerate(county.PEOPLE):
        person = made.people[data.name]
        session.add(
            PersonRole(
                id=new_id(session),
                person_id=person.id,
                role=data.role,
                area_id=made.areas[data.area].id,
                unit_id=person.unit_id,
                starts_on=since,
            )
        )
        session.add(
            Chat(
                id=new_id(session),
                channel=CHANNEL,
                external_id=county.FIRST_EXTERNAL_ID + number,
                person_id=person.id,
                bound_at=bound_at,
                is_reachable=True,
                menu="",  # none yet: the first answer, to whatever is said, brings the keys
            )
        )


def _cadres(made: Made) -> Sequence[sample_history.Cadre]:
    officers = {data.area: made.people[data.name].id for data in county.STAFF}
    parents = {data.code: data.parent or "" for data in county.AREAS}
    return [
        sample_history.Cadre(
            made.people[data.name],
            made.areas[data.area],
            made.sites[data.area][0],
            data.role,
            officers[parents[data.area]],
        )
        for data in county.CADRES
    ]


def _at(on: date, clock: time) -> datetime:
    return datetime.combine(on, clock, tzinfo=ZONE).astimezone(UTC)
