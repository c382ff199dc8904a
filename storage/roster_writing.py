"""Writing an import: rows in bulk, parents before children, one audit row a change."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Role
from storage.condition import take_stock
from storage.households import spelt
from storage.ids import new_id, reserve
from storage.tables import Area, Audit, Base, DispatchingUnit, Household, HouseholdChange, Person, PersonRole, Site

AT_ONCE = 2_000
MANY = 500
"""Changes after which the database counts its tables anew."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Written:
    """A change to write. `values` refer to areas by code, to units by name, to people by their key."""

    noun: str
    verb: str
    key: str
    id: int | None
    values: Mapping[str, Any]
    area: str | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    old: Mapping[str, Any] | None = None


_TABLES: Mapping[str, type[Base]] = {
    "area": Area,
    "unit": DispatchingUnit,
    "site": Site,
    "person": Person,
    "role": PersonRole,
    "household": Household,
}
"""In the order of writing: what others refer to comes first."""


class _Writing:
    """Ids of what stands and of what is being added, by the keys of the plan."""

    def __init__(self, session: AsyncSession, changes: Sequence[Written], now: datetime) -> None:
        self.session = session
        self.now = now
        self.ids = {(change.noun, change.key): change.id or new_id(session) for change in changes}
        self.areas: dict[str, int] = {}
        self.paths: dict[str, str] = {}
        self.units: dict[str, int] = {}

    async def look_up(self) -> None:
        for area_id, code, path in await self.session.execute(select(Area.id, Area.code, Area.path)):
            self.areas[code], self.paths[code] = area_id, path
        rows = await self.session.execute(select(DispatchingUnit.id, DispatchingUnit.name))
        self.units = {name: unit_id for unit_id, name in rows}

    def _column(self, name: str, value: Any) -> tuple[str, Any]:
        """What a value of the plan is in the table: keys become ids."""
        if name in {"parent", "village", "area"}:
            return f"{name}_id", self.areas[value] if value is not None else None
        if name in {"person", "paired"}:
            return f"{name}_id", value and (self.ids.get(("person", value)) or int(value))
        if name == "unit":
            return "unit_id", self.units[value] if value is not None else None
        return "political_status" if name == "party" else name, value

    def row(self, change: Written) -> dict[str, Any]:
        """The change as columns."""
        row: dict[str, Any] = {"id": self.ids[change.noun, change.key]}
        row |= dict(self._column(name, value) for name, value in change.values.items())
        if change.noun == "area" and change.verb == "add":
            parent = change.values["parent"]
            row["path"] = f"{self.paths[parent] if parent is not None else '/'}{row['id']}/"
            self.areas[change.key], self.paths[change.key] = row["id"], row["path"]
        elif change.noun == "household" and change.verb == "add":
            row |= {**spelt(change.values["head"]), "added_at": self.now}
        elif change.noun == "unit":
            self.units[change.key] = row["id"]
        return row


async def write(
    session: AsyncSession,
    changes: Sequence[Written],
    *,
    by: int | None,
    role: Role | None,
    now: datetime,
    progress: Progress,
) -> None:
    """Write the changes, areas of a higher level first, in the order given. `progress` is told rows done, of how many."""
    await reserve(session, 3 * len(changes))
    writing = _Writing(session, changes, now)
    await writing.look_up()
    total, done = 2 * len(changes), 0
    for noun, table in _TABLES.items():
        mine = [change for change in changes if change.noun == noun]
        added = [writing.row(change) for change in mine if change.verb == "add"]
        for part in _parts(added):
            await session.execute(insert(table), part)
            done += len(part)
            progress(done, total)
        changed = [change for change in mine if change.verb != "add"]
        for part in _alike([writing.row(change) for change in changed]):
            await session.execute(update(table), part)
            done += len(part)
            progress(done, total)
        for change in changed:
            if "parent" in change.values:
                await _move(writing, change)
    for part in _parts([_kept(writing, change, by, now) for change in changes if change.old is not None]):
        await session.execute(insert(HouseholdChange), part)
    for part in _parts([_audit(writing, change, by, role, now) for change in changes]):
        await session.execute(insert(Audit), part)
        done += len(part)
        progress(done, total)
    if len(changes) >= MANY:
        await take_stock(session)


async def _move(writing: _Writing, change: Written) -> None:
    """An area under another parent takes everything below it along."""
    old = writing.paths[change.key]
    parent = change.values["parent"]
    new = f"{writing.paths[parent] if parent is not None else '/'}{writing.areas[change.key]}/"
    await writing.session.execute(
        update(Area)
        .where(Area.path.startswith(old, autoescape=True))
        .values(path=new + func.substr(Area.path, len(old) + 1))
        .execution_options(synchronize_session=False)
    )
    for code, path in writing.paths.items():
        if path.startswith(old):
            writing.paths[code] = new + path.removeprefix(old)


def _kept(writing: _Writing, change: Written, by: int | None, now: datetime) -> dict[str, Any]:
    """What a household was before."""
    household_id = writing.ids[change.noun, change.key]
    before = dict(change.old or {})
    return {"id": new_id(writing.session), "household_id": household_id, "before": before, "by_id": by, "at": now}


def _audit(writing: _Writing, change: Written, by: int | None, role: Role | None, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(writing.session),
        "at": now,
        "person_id": by,
        "role": role,
        "action": f"roster:{change.noun}:{change.verb}",
        "subject": f"{change.noun}:{writing.ids[change.noun, change.key]}",
        "area_id": writing.areas[change.area] if change.area is not None else None,
        "before": dict(change.before) if change.before is not None else None,
        "after": dict(change.after) if change.after is not None else None,
        "inbox_id": writing.session.info.get("inbox_id"),
    }


def _alike(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Rows of the same columns together: one statement for many."""
    kinds: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        kinds.setdefault(tuple(sorted(row)), []).append(row)
    return [part for kind in kinds.values() for part in _parts(kind)]


def _parts(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    return [rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE)]
