"""The roster as it stands: areas, sites, units, people and roles, fetched set-wise for comparison and export."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import exists, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Role, Viewer
from policy.geo import Datum, Point
from policy.profile import load
from policy.roster import Level
from storage.tables import Area, Audit, DispatchingUnit, Household, Person, PersonRole, Setting, Site

AT_ONCE = 800
ROSTER_EXPORT = Action.ROSTER_EXPORT.value
TEAM_SETTINGS = ("team_size", "team_size_most", "term_years")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class KnownArea:
    """An area as it stands."""

    id: int
    code: str
    name: str
    level: Level
    parent: str | None
    path: str


@dataclass(frozen=True, slots=True)
class KnownUnit:
    """A dispatching unit as it stands."""

    id: int
    name: str
    level: Level
    kind: str


@dataclass(frozen=True, slots=True)
class KnownSite:
    """A site as it stands; the point is WGS-84, `entered` in `datum`."""

    id: int
    village: str
    name: str
    point: Point
    entered: Point
    datum: Datum


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person as it stands."""

    id: int
    name: str
    phone: str | None
    party: str | None
    unit_id: int | None


@dataclass(frozen=True, slots=True)
class KnownRole:
    """A role as it stands, first and last day included."""

    id: int
    person_id: int
    role: Role
    area: str
    unit_id: int | None
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class KnownHousehold:
    """A household as it stands, by its columns."""

    id: int
    group: int | None
    head: str
    head_born: int | None
    address: str | None
    members: int | None
    kinds: list[str]
    paired_id: int | None
    paired_name: str | None
    phone: str | None
    others: list[str]
    gone_on: date | None


@dataclass(slots=True)
class Current:
    """What a workbook is compared with: all areas and units, and of people whoever it may be about."""

    areas: dict[str, KnownArea] = field(default_factory=dict)
    units: dict[str, KnownUnit] = field(default_factory=dict)
    sites: dict[tuple[str, str], KnownSite] = field(default_factory=dict)
    people: dict[int, KnownPerson] = field(default_factory=dict)
    roles: dict[int, list[KnownRole]] = field(default_factory=dict)
    settings: dict[int, list[tuple[date, str, Any]]] = field(default_factory=dict)
    households: dict[tuple[str, str], list[KnownHousehold]] = field(default_factory=dict)
    """By village and head; those that are gone as well."""


async def is_empty(session: AsyncSession) -> bool:
    """Whether nobody and nothing has been entered yet."""
    query = select(exists(select(Area.id)), exists(select(Person.id)), exists(select(DispatchingUnit.id)))
    return not any((await session.execute(query)).one())


async def area_by_code(session: AsyncSession, code: str) -> Area | None:
    """The area of a code."""
    return (await session.scalars(select(Area).where(Area.code == code))).one_or_none()


async def top_areas(session: AsyncSession) -> list[Area]:
    """The areas that lie in no other."""
    return list(await session.scalars(select(Area).where(Area.parent_id.is_(None)).order_by(Area.code)))


async def current(
    session: AsyncSession,
    *,
    area_codes: Collection[str],
    phones: Collection[str],
    with_sites: bool,
    household_codes: Collection[str] = (),
) -> Current:
    """The roster around these areas and phones. Part of an import, which compares its authority area by area."""
    found = Current()
    columns = (Area.id, Area.code, Area.name, Area.level, Area.parent_id, Area.path)
    rows = (await session.execute(select(*columns))).all()
    codes = {row.id: row.code for row in rows}
    for row in rows:
        parent = codes[row.parent_id] if row.parent_id is not None else None
        found.areas[row.code] = KnownArea(row.id, row.code, row.name, row.level, parent, row.path)
    units = select(DispatchingUnit.id, DispatchingUnit.name, DispatchingUnit.level, DispatchingUnit.kind)
    for unit_id, name, level, kind in await session.execute(units):
        found.units[name] = KnownUnit(unit_id, name, level, kind)
    if with_sites:
        await _fetch_sites(session, found, codes)
    await _fetch_people(session, found, codes, area_codes, phones)
    await _fetch_households(session, found, codes, household_codes)
    settings = select(Setting).where(Setting.key.in_(TEAM_SETTINGS)).order_by(Setting.effective_on, Setting.id)
    for setting in await session.scalars(settings):
        value = load(setting.key, setting.value)
        found.settings.setdefault(setting.area_id, []).append((setting.effective_on, setting.key, value))
    return found


async def _fetch_sites(session: AsyncSession, found: Current, codes: dict[int, str]) -> None:
    columns = (Site.id, Site.village_id, Site.name, Site.latitude, Site.longitude)
    entered = (Site.entered_latitude, Site.entered_longitude, Site.datum)
    for row in await session.execute(select(*columns, *entered)):
        village = codes[row.village_id]
        found.sites[village, row.name] = KnownSite(
            row.id,
            village,
            row.name,
            Point(row.latitude, row.longitude),
            Point(row.entered_latitude, row.entered_longitude),
            row.datum,
        )


async def _fetch_people(
    session: AsyncSession, found: Current, codes: dict[int, str], area_codes: Collection[str], phones: Collection[str]
) -> None:
    """Everybody with a role in these areas or one of these phones, with all their roles anywhere."""
    columns = (Person.id, Person.name, Person.phone, Person.political_status, Person.unit_id)
    area_ids = [found.areas[code].id for code in area_codes if code in found.areas]
    for part in _parts(area_ids):
        there = select(PersonRole.person_id).where(PersonRole.area_id.in_(part))
        for row in await session.execute(select(*columns).where(Person.id.in_(there))):
            found.people[row.id] = KnownPerson(*row)
    for some in _parts(list(phones)):
        for row in await session.execute(select(*columns).where(Person.phone.in_(some))):
            found.people[row.id] = KnownPerson(*row)
    held = (
        PersonRole.id,
        PersonRole.person_id,
        PersonRole.role,
        PersonRole.area_id,
        PersonRole.unit_id,
        PersonRole.starts_on,
        PersonRole.ends_on,
    )
    for part in _parts(list(found.people)):
        query = select(*held).where(PersonRole.person_id.in_(part)).order_by(PersonRole.starts_on, PersonRole.id)
        for role_id, person_id, kind, area_id, unit_id, starts_on, ends_on in await session.execute(query):
            role = KnownRole(role_id, person_id, kind, codes[area_id], unit_id, starts_on, ends_on)
            found.roles.setdefault(role.person_id, []).append(role)


async def _fetch_households(
    session: AsyncSession, found: Current, codes: dict[int, str], village_codes: Collection[str]
) -> None:
    names = [each.name for each in fields(KnownHousehold)]
    columns = [getattr(Household, name) for name in names]
    ids = [found.areas[code].id for code in village_codes if code in found.areas]
    for part in _parts(ids):
        query = select(Household.village_id, *columns).where(Household.village_id.in_(part)).order_by(Household.id)
        for village_id, *values in await session.execute(query):
            known = KnownHousehold(*values)
            found.households.setdefault((codes[village_id], known.head), []).append(known)


async def unit_areas(session: AsyncSession, unit_ids: Collection[int]) -> dict[int, set[str]]:
    """The paths of the areas in which people of these units hold roles, by unit."""
    found: dict[int, set[str]] = {unit_id: set() for unit_id in unit_ids}
    query = select(PersonRole.unit_id, Area.path).join(Area, PersonRole.area_id == Area.id).distinct()
    for part in _parts(list(unit_ids)):
        for unit_id, path in await session.execute(query.where(PersonRole.unit_id.in_(part))):
            if unit_id is not None:
                found[unit_id].add(path)
    return found


@dataclass(frozen=True, slots=True)
class ExportedRole:
    """A row of 人员 as it is exported."""

    name: str
    phone: str | None
    party: str | None
    unit: str | None
    role: Role
    area: str
    starts_on: date
    ends_on: date | None


@dataclass(slots=True)
class Exported:
    """What is there, in the workbook's order."""

    areas: list[tuple[str, str, Level, str | None]] = field(default_factory=list)
    sites: list[tuple[str, str, Point, Datum]] = field(default_factory=list)
    units: list[tuple[str, Level, str]] = field(default_factory=list)
    people: list[ExportedRole] = field(default_factory=list)
    households: list[tuple[str, Household]] = field(default_factory=list)
    """With the code of the village; those that are there."""


async def exported(session: AsyncSession, viewer: Viewer) -> Exported:
    """Everything in the areas that `viewer` may export, by area code; of units those that have people there."""
    inside = _inside(viewer)
    found = Exported()
    areas = (await session.execute(select(Area).where(inside).order_by(Area.code))).scalars().all()
    codes = {area.id: area.code for area in (await session.scalars(select(Area))).all()}
    found.areas = [
        (area.code, area.name, area.level, codes.get(area.parent_id) if area.parent_id is not None else None)
        for area in areas
    ]
    sites = select(Site, Area.code).join(Area, Site.village_id == Area.id).where(inside).order_by(Area.code, Site.id)
    for site, code in await session.execute(sites):
        found.sites.append((code, site.name, Point(site.entered_latitude, site.entered_longitude), site.datum))
    people = (
        select(Person, PersonRole, Area.code, DispatchingUnit)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .join(Area, PersonRole.area_id == Area.id)
        .outerjoin(DispatchingUnit, PersonRole.unit_id == DispatchingUnit.id)
        .where(inside)
        .order_by(Area.code, PersonRole.starts_on, PersonRole.id)
    )
    units: dict[str, DispatchingUnit] = {}
    for person, role, code, unit in await session.execute(people):
        if unit is not None:
            units[unit.name] = unit
        found.people.append(
            ExportedRole(
                person.name,
                person.phone,
                person.political_status,
                unit.name if unit is not None else None,  # type: ignore[redundant-expr]
                role.role,
                code,
                role.starts_on,
                role.ends_on,
            )
        )
    there = select(Area.code, Household).join(Household, Household.village_id == Area.id)
    there = there.where(inside, Household.gone_on.is_(None))
    ordered = there.order_by(Area.code, func.coalesce(Household.group, 0), Household.head, Household.id)
    found.households = [(code, row) for code, row in await session.execute(ordered)]
    if viewer.system_path == "/":
        units = {unit.name: unit for unit in await session.scalars(select(DispatchingUnit))}
    found.units = [(name, units[name].level, units[name].kind) for name in sorted(units)]
    return found


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A line of the ledger: when, by whom (None: the system), in which area, which change."""

    at: datetime
    who: str | None
    where: str | None
    action: str
    subject: str
    before: dict[str, Any]
    after: dict[str, Any]


async def ledger(session: AsyncSession, viewer: Viewer) -> list[LedgerRow]:
    """The changes of the roster in the viewer's areas (变动台账), the oldest first."""
    query = (
        select(Audit, Person.name, Area.name)
        .outerjoin(Person, Audit.person_id == Person.id)
        .outerjoin(Area, Audit.area_id == Area.id)
        .where(Audit.action.startswith("roster:", autoescape=True), Audit.action != ROSTER_EXPORT, _inside(viewer))
        .order_by(Audit.at, Audit.id)
    )
    return [
        LedgerRow(audit.at, who, where, audit.action, audit.subject, audit.before or {}, audit.after or {})
        for audit, who, where in await session.execute(query)
    ]


def _inside(viewer: Viewer) -> Any:
    if viewer.system_path == "/":
        return true()  # what belongs to no area, too: units
    return or_(False, *(Area.path.startswith(path, autoescape=True) for path in viewer.paths(Action.ROSTER_EXPORT)))


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]


async def is_sample(session: AsyncSession) -> bool:
    """Whether the areas are invented ones to look round in (样例)."""
    rows = await session.execute(select(Area.is_sample).distinct())
    return set(rows.scalars()) == {True}
