"""Who decides on many leaves at once: `storage.leave.approvers`, in three statements for a whole county. Clause 三（二）."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Role
from storage.leave import UPWARD, there
from storage.people import ancestor_ids, ancestor_paths, held, stands
from storage.tables import Area, LeaveRequest, LeaveState, PersonRole, StandIn


@dataclass(frozen=True, slots=True)
class _Held:
    """Something of a person that stands from a day to a day: a role, or a leave with who stands in."""

    person_id: int
    first: date
    last: date | None
    stand_in_id: int | None = None

    def on(self, day: date) -> bool:
        """First and last day included."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(slots=True)
class Offices:
    """Who holds the offices over some villages, and who of them is away."""

    _holders: dict[tuple[Role, str], list[_Held]] = field(default_factory=dict)
    _away: dict[int, list[_Held]] = field(default_factory=dict)

    @classmethod
    async def over(cls, session: AsyncSession, villages: Iterable[Area], first: date, last: date) -> "Offices":
        """Of these villages, on any day from `first` to `last`."""
        made = cls()
        area_ids = {area_id for village in villages for area_id in ancestor_ids(village.path)}
        roles = (
            select(Area.path, PersonRole.role, PersonRole.person_id, PersonRole.starts_on, PersonRole.ends_on)
            .join(Area, PersonRole.area_id == Area.id)
            .where(PersonRole.role.in_(UPWARD), PersonRole.area_id.in_(area_ids), held(first, last))
        )
        people = set()
        for path, role, person_id, starts_on, ends_on in await session.execute(roles):
            made._holders.setdefault((role, path), []).append(_Held(person_id, starts_on, ends_on))
            people.add(person_id)
        own = {key: {row.person_id for row in rows} for key, rows in made._holders.items()}
        deputies = select(
            Area.path, StandIn.role, StandIn.person_id, StandIn.from_on, StandIn.to_on, StandIn.for_id
        ).join(Area, StandIn.area_id == Area.id)
        deputies = deputies.where(StandIn.for_id.in_(people), StandIn.area_id.in_(area_ids), stands(first, last))
        for path, role, person_id, from_on, to_on, for_id in await session.execute(deputies):
            if for_id in own.get((role, path), ()):  # who is absent may still decide: his row stays
                made._holders[role, path].append(_Held(person_id, from_on, to_on))
                people.add(person_id)
        leaves = select(
            LeaveRequest.person_id, LeaveRequest.from_on, LeaveRequest.to_on, LeaveRequest.stand_in_id
        ).where(
            LeaveRequest.person_id.in_(people),
            LeaveRequest.state == LeaveState.APPROVED,
            LeaveRequest.from_on <= last,
            LeaveRequest.to_on >= first,
        )
        for row in await session.execute(leaves):
            made._away.setdefault(row.person_id, []).append(_Held(*row))
        return made

    def asked(self, village_path: str, level: Role, applicant_id: int, on: date) -> tuple[Role, frozenset[int]]:
        """Who decides on a leave at a level on a day, by person id, and in which role. Nobody: none of those above either."""
        along = ancestor_paths(village_path)
        for role in UPWARD[UPWARD.index(level) :]:
            rows = [row for path in along for row in self._holders.get((role, path), ()) if row.on(on)]
            holders = dict.fromkeys(row.person_id for row in rows)
            away = {one: leave.stand_in_id for one in holders for leave in self._away.get(one, ()) if leave.on(on)}
            found, _why = there(holders, applicant_id, away)
            if found:
                return role, frozenset(found)
        return level, frozenset()

    def above(self, village_path: str, role: Role, applicant_id: int, on: date) -> frozenset[int]:
        """Who decides right above a role."""
        higher = UPWARD[UPWARD.index(role) + 1 :]
        return self.asked(village_path, higher[0], applicant_id, on)[1] if higher else frozenset()
