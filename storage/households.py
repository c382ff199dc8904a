"""农户: finding the households of a village. Villagers' data: the village's team and above only (clause 二（四）, POLICY §5)."""

import re
from collections.abc import Collection
from functools import lru_cache

from pypinyin import lazy_pinyin
from sqlalchemy import ColumnElement, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Role, Target, Viewer, require
from policy.refusals import Code, Refusal
from policy.roster import Level
from policy.spoken_visits import Household as Known
from policy.typed import half_width
from storage.people import area_at
from storage.tables import Area, Household, HouseholdChange, HouseholdVisit, Person, VisitHousehold

LONGEST = 12
"""Characters that a search looks at."""


def sounds(text: str) -> tuple[str, ...]:
    """The syllables of a text without tones, one a character; what is no Chinese character stands for itself."""
    return tuple(map(_sound, half_width(text)))


@lru_cache(maxsize=8_000)
def _sound(char: str) -> str:
    return lazy_pinyin(char)[0]


def spelt(head: str) -> dict[str, str]:
    """The columns that a household is found by as it sounds: `chen shu lan`, `csl`."""
    said = sounds(head)
    return {"sounds": " ".join(said), "initials": "".join(part[:1] for part in said)}


async def in_village(session: AsyncSession, viewer: Viewer, village: Area) -> list[Household]:
    """The households of a village that are there, by group and name. Raises `Refusal(NOT_ALLOWED)`."""
    require(viewer, Action.HOUSEHOLD_VIEW, Target(village.path))
    query = select(Household).where(Household.village_id == village.id, Household.gone_on.is_(None))
    return list(await session.scalars(query.order_by(func.coalesce(Household.group, 0), Household.head, Household.id)))


def known(row: Household) -> Known:
    """A household as a sentence may call it."""
    return Known(row.id, row.head, row.group, tuple(row.others), tuple(row.sounds.split(" ")))


async def some(session: AsyncSession, village: Area, ids: Collection[int]) -> list[Household]:
    """Households of a village by their ids, in that order; those gone as well. For callers that have checked whose it is.

    Raises `Refusal(NOT_FOUND)` where one is not of the village.
    """
    query = select(Household).where(Household.id.in_(ids), Household.village_id == village.id)
    rows = {row.id: row for row in await session.scalars(query)}
    if len(rows) < len(set(ids)):
        raise Refusal(Code.NOT_FOUND)
    return [rows[household_id] for household_id in dict.fromkeys(ids)]


async def get(
    session: AsyncSession, viewer: Viewer, action: Action, household_id: int
) -> tuple[Household, Area, Role | None]:
    """A household with its village, and the role in which `viewer` may do `action` on it. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED."""
    query = select(Household, Area).join(Area, Household.village_id == Area.id).where(Household.id == household_id)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    household, village = row
    return household, village, require(viewer, action, Target(village.path))


_GROUP = re.compile(r"第?(\d{1,3})组")
_LATIN = re.compile(r"[a-z]+")


async def search(
    session: AsyncSession, viewer: Viewer, words: str, *, first: int, limit: int
) -> tuple[list[tuple[Household, Area]], int]:
    """A page of the households in the viewer's areas whom words fit, and how many there are; those gone come last.

    Words: a part of the head's name or of the address, the name's syllables or initials (`csl`), with the group before
    them or alone; empty: all. Raises `Refusal(NOT_ALLOWED)` for whoever may see none anywhere.
    """
    paths = viewer.paths(Action.HOUSEHOLD_VIEW)
    if not paths:
        raise Refusal(Code.NOT_ALLOWED, "二（四）", action=Action.HOUSEHOLD_VIEW.value)
    within = or_(false(), *(Area.path.startswith(path) for path in paths))
    query = select(Household, Area).join(Area, Household.village_id == Area.id).where(within, *_fits(words))
    total = (await session.execute(select(func.count()).select_from(query.subquery()))).scalar_one()
    order = (Household.gone_on.is_not(None), Area.code, func.coalesce(Household.group, 0), Household.head, Household.id)
    rows = await session.execute(query.order_by(*order).offset(first).limit(limit))
    return [(household, village) for household, village in rows], total


def _fits(words: str) -> list[ColumnElement[bool]]:
    said = "".join(half_width(words).split()).casefold()[:LONGEST]
    found: list[ColumnElement[bool]] = []
    if (group := _GROUP.match(said)) is not None:
        found.append(Household.group == int(group[1]))
        said = said[group.end() :]
    if _LATIN.fullmatch(said):
        joined = func.replace(Household.sounds, " ", "")
        found.append(or_(Household.initials.startswith(said), joined.startswith(said)))
    elif said:
        part = (Household.head, Household.address)
        found.append(or_(*(column.contains(said, autoescape=True) for column in part)))
    return found


async def last_visits(session: AsyncSession, household: Household, most: int) -> list[tuple[HouseholdVisit, str]]:
    """The newest visits to a household, with the name of who wrote each. For callers that may see the household."""
    query = (
        select(HouseholdVisit, Person.name)
        .join(VisitHousehold, VisitHousehold.visit_id == HouseholdVisit.id)
        .join(Person, HouseholdVisit.by_id == Person.id)
        .where(VisitHousehold.household_id == household.id, HouseholdVisit.withdrawn_at.is_(None))
        .order_by(HouseholdVisit.on.desc(), HouseholdVisit.id.desc())
    )
    return [(visit, name) for visit, name in await session.execute(query.limit(most))]


async def last_change(session: AsyncSession, household_id: int) -> HouseholdChange | None:
    """What was changed of a household last. For callers that may see it."""
    query = select(HouseholdChange).where(HouseholdChange.household_id == household_id)
    return (
        await session.scalars(query.order_by(HouseholdChange.at.desc(), HouseholdChange.id.desc()).limit(1))
    ).first()


async def villages_named(session: AsyncSession, viewer: Viewer, household: Area, name: str) -> list[Area]:
    """The villages of a household's county to which `viewer` may move it, by name: 东峪村, 东峪."""
    county = await area_at(session, household, Level.COUNTY)
    within = or_(false(), *(Area.path.startswith(path) for path in viewer.paths(Action.HOUSEHOLD_MOVE)))
    query = select(Area).where(Area.level == Level.VILLAGE, within, Area.id != household.id)
    query = query.where(Area.name.in_([name, f"{name}村"]), Area.path.startswith(county.path if county else "-"))
    return list(await session.scalars(query.order_by(Area.code)))
