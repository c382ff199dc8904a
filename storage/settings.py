"""Settings of areas: what holds on a day, since when, and from which area it comes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Target, Viewer, require
from policy.profile import PARAMETERS, Profile, load, resolve
from policy.refusals import Code, Refusal
from policy.roster import Level
from storage.people import along, ancestor_ids
from storage.tables import Area, Setting

ABOVE_VILLAGES = (Level.PROVINCE, Level.CITY, Level.COUNTY, Level.TOWNSHIP)
"""Levels whose areas have settings of their own."""


@dataclass(frozen=True, slots=True)
class Held:
    """A parameter as it stands on a day. `setting` and `area` say where it comes from; None: the default."""

    key: str
    value: Any
    setting: Setting | None = None
    area: Area | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Every parameter of an area on a day, and the area's own changes that are still to come."""

    area: Area
    held: Mapping[str, Held]
    coming: tuple[Setting, ...]


async def area_of(session: AsyncSession, viewer: Viewer, action: Action, area_id: int) -> Area:
    """An area whose settings `viewer` may see or change. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED."""
    area = await session.get(Area, area_id)
    if area is None or area.level not in ABOVE_VILLAGES:
        raise Refusal(Code.NOT_FOUND)
    require(viewer, action, Target(area.path))
    return area


async def areas_of(session: AsyncSession, viewer: Viewer) -> list[Area]:
    """The areas whose settings are `viewer`'s own affair, by code."""
    paths = viewer.paths(Action.SETTING_VIEW)
    query = select(Area).where(Area.path.in_(paths), Area.level.in_(ABOVE_VILLAGES)).order_by(Area.code)
    return list(await session.scalars(query))


async def below(session: AsyncSession, viewer: Viewer, area: Area) -> list[Area]:
    """The areas right below one that have settings of their own, by code."""
    require(viewer, Action.SETTING_VIEW, Target(area.path))
    query = select(Area).where(Area.parent_id == area.id, Area.level.in_(ABOVE_VILLAGES)).order_by(Area.code)
    return list(await session.scalars(query))


async def standing(session: AsyncSession, viewer: Viewer, area: Area, on: date) -> Standing:
    """How an area's parameters stand on a day. Raises `Refusal(NOT_ALLOWED)`."""
    require(viewer, Action.SETTING_VIEW, Target(area.path))
    rows = await rows_along(session, area)
    held = {key: Held(key, parameter.default) for key, parameter in PARAMETERS.items()}
    for place in await along(session, area):
        for key, row in _newest(rows[place.id], on).items():
            held[key] = Held(key, load(key, row.value), row, place)
    coming = tuple(row for row in rows[area.id] if row.effective_on > on)
    return Standing(area, held, coming)


async def get(session: AsyncSession, viewer: Viewer, action: Action, setting_id: int) -> tuple[Setting, Area]:
    """One change with its area. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED."""
    setting = await session.get(Setting, setting_id)
    if setting is None:
        raise Refusal(Code.NOT_FOUND)
    return setting, await area_of(session, viewer, action, setting.area_id)


async def rows_along(session: AsyncSession, area: Area) -> dict[int, list[Setting]]:
    """The settings of an area and those it lies in, the root first, each by day."""
    return await rows_of(session, ancestor_ids(area.path))


async def rows_of(session: AsyncSession, area_ids: Collection[int]) -> dict[int, list[Setting]]:
    """The settings of areas, in the order of `area_ids`, each by day; of one day the newest last."""
    found: dict[int, list[Setting]] = {area_id: [] for area_id in area_ids}
    query = select(Setting).where(Setting.area_id.in_(area_ids)).order_by(Setting.effective_on, Setting.id)
    for row in await session.scalars(query):
        found[row.area_id].append(row)
    return found


async def by_codes(session: AsyncSession, codes: Collection[str]) -> dict[str, Area]:
    """Areas by their code."""
    return {area.code: area for area in await session.scalars(select(Area).where(Area.code.in_(codes)))}


async def exported(session: AsyncSession, viewer: Viewer) -> list[tuple[Area, Setting]]:
    """Every setting that holds or will hold from some day, by area code and key; a replaced one is left out."""
    paths = viewer.paths(Action.SETTING_VIEW)
    query = (
        select(Area, Setting)
        .join(Setting, Setting.area_id == Area.id)
        .where(or_(False, *(Area.path.startswith(path, autoescape=True) for path in paths)))
        .order_by(Area.code, Setting.key, Setting.effective_on, Setting.id)
    )
    found = {(area.id, row.key, row.effective_on): (area, row) for area, row in await session.execute(query)}
    return list(found.values())


def resolved(rows: Iterable[Sequence[Setting]], on: date) -> Profile:
    """The profile that rows make on a day, the outermost area's first."""
    return resolve([in_force(own, on) for own in rows])


def in_force(rows: Sequence[Setting], on: date) -> dict[str, Any]:
    """The values of one area that hold on a day."""
    return {key: load(key, row.value) for key, row in _newest(rows, on).items()}


def _newest(rows: Sequence[Setting], on: date) -> dict[str, Setting]:
    return {row.key: row for row in rows if row.effective_on <= on}
