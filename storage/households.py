"""农户: finding the households of a village. Villagers' data: the village's team and above only (clause 二（四）, POLICY §5)."""

from collections.abc import Collection
from functools import lru_cache

from pypinyin import lazy_pinyin
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Target, Viewer, require
from policy.refusals import Code, Refusal
from policy.spoken_visits import Household as Known
from policy.typed import half_width
from storage.tables import Area, Household


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
