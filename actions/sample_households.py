"""The sample county's households: invented people, a few in every village, so that a visit can be tried."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from actions.sample_history import Cadre
from storage.households import spelt
from storage.ids import new_id
from storage.tables import Household


class HouseholdData(NamedTuple):
    """A household; `is_priority`: one of the county's priority kind."""

    group: int
    head: str
    born: int
    address: str
    members: int
    others: tuple[str, ...] = ()
    is_priority: bool = False


HOUSEHOLDS = (
    HouseholdData(1, "{0}福贵", 1952, "东头1号", 2, ("{1}桂英",), is_priority=True),
    HouseholdData(1, "{1}有才", 1966, "东头7号", 4, ("{2}秀梅", "{1}小军")),
    HouseholdData(1, "{2}大海", 1973, "井台边", 5),
    HouseholdData(2, "{3}淑兰", 1958, "后街3号", 1, (), is_priority=True),
    HouseholdData(2, "{0}长顺", 1961, "后街9号", 3, ("{4}月娥",)),
    HouseholdData(2, "{4}二牛", 1980, "后街12号", 6),
    HouseholdData(3, "{3}淑兰", 1971, "沟口2号", 4, ("{5}满仓",)),
    HouseholdData(3, "{5}根生", 1949, "沟口8号", 1, (), is_priority=True),
    HouseholdData(3, "{1}改花", 1969, "坡上", 2),
)
"""Of every village, with surnames of its own; one name is there twice."""

SURNAMES = "周王李陈吴孙郝杜霍邢韦栗"


async def write(session: AsyncSession, cadres: Sequence[Cadre], kind: str, *, added_at: datetime) -> None:
    """Households for every village of these cadres, each paired with one of them. `kind`: what the county calls priority."""
    teams: dict[int, list[Cadre]] = {}
    for cadre in cadres:
        teams.setdefault(cadre.village.id, []).append(cadre)
    for place, (village_id, team) in enumerate(teams.items()):
        names = [SURNAMES[(place + n) % len(SURNAMES)] for n in range(6)]
        for number, data in enumerate(HOUSEHOLDS):
            paired = team[number % len(team)].person
            head = data.head.format(*names)
            row = Household(
                id=new_id(session),
                village_id=village_id,
                group=data.group,
                head=head,
                head_born=data.born,
                address=data.address,
                members=data.members,
                others=[other.format(*names) for other in data.others],
                phone=f"1380000{place * 100 + number + 1000:04d}",
                kinds=[kind] if data.is_priority else [],
                paired_id=paired.id,
                paired_name=paired.name,
                added_at=added_at,
                **spelt(head),
            )
            session.add(row)
    await session.flush()
