"""Households for the tests: a village of made-up people."""

from typing import Any

from storage.households import spelt
from storage.ids import new_id
from storage.tables import Household


async def households(world: Any, *rows: tuple[Any, ...], village: str = "石门村") -> dict[str, int]:
    """Rows of (head, group) or (head, group, columns): the ids by `3组陈淑兰`."""
    await world.settle()
    made = {}
    async with world.db.write() as session:
        for head, group, *more in rows:
            row = Household(
                id=new_id(session),
                village_id=world.area_id(village),
                head=head,
                group=group,
                **{"others": [], "kinds": [], "added_at": world.clock(), **spelt(head), **(more[0] if more else {})},
            )
            session.add(row)
            made[f"{group}组{head}"] = row.id
    return made
