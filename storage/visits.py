"""走访: finding visits; who has been visited and who has not. Clause 二（四）."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Role, Target, Viewer, require
from policy.refusals import Code, Refusal
from policy.visits import JOIN
from storage.tables import (
    Area,
    Household,
    HouseholdVisit,
    Person,
    VisitCompanion,
    VisitHousehold,
    VisitPaper,
)

SUBJECT = "visit:{id}"


async def get(
    session: AsyncSession, viewer: Viewer, action: Action, visit_id: int
) -> tuple[HouseholdVisit, Area, Role | None]:
    """A visit with its village, and the role in which `viewer` may do `action` on it. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED."""
    query = select(HouseholdVisit, Area).join(Area, HouseholdVisit.village_id == Area.id)
    row = (await session.execute(query.where(HouseholdVisit.id == visit_id))).one_or_none()
    if row is None or row[0].withdrawn_at is not None:
        raise Refusal(Code.NOT_FOUND)
    visit, village = row
    return visit, village, require(viewer, action, Target(village.path, visit.by_id))


@dataclass(frozen=True, slots=True)
class Written:
    """A visit with whom it was to, who came along, and how many papers it has."""

    visit: HouseholdVisit
    households: tuple[Household, ...]
    companions: tuple[Person, ...]
    papers: int


async def written(session: AsyncSession, visits: Collection[HouseholdVisit]) -> list[Written]:
    """Visits with what belongs to them, fetched set-wise. For callers that may see them."""
    ids = [visit.id for visit in visits]
    households: dict[int, list[Household]] = {visit_id: [] for visit_id in ids}
    query = (
        select(VisitHousehold.visit_id, Household)
        .join(Household, VisitHousehold.household_id == Household.id)
        .where(VisitHousehold.visit_id.in_(ids))
        .order_by(Household.group, Household.id)
    )
    for visit_id, household in await session.execute(query):
        households[visit_id].append(household)
    along: dict[int, list[Person]] = {visit_id: [] for visit_id in ids}
    people = (
        select(VisitCompanion.visit_id, Person)
        .join(Person, VisitCompanion.person_id == Person.id)
        .where(VisitCompanion.visit_id.in_(ids))
        .order_by(Person.id)
    )
    for visit_id, person in await session.execute(people):
        along[visit_id].append(person)
    counted = (
        select(VisitPaper.visit_id, func.count()).where(VisitPaper.visit_id.in_(ids)).group_by(VisitPaper.visit_id)
    )
    papers: dict[int, int] = {row[0]: row[1] for row in await session.execute(counted)}
    return [
        Written(visit, tuple(households[visit.id]), tuple(along[visit.id]), papers.get(visit.id, 0)) for visit in visits
    ]


async def forget_households(session: AsyncSession, visit_id: int) -> None:
    """A visit is to nobody by name, until somebody is added. For actions."""
    await session.execute(delete(VisitHousehold).where(VisitHousehold.visit_id == visit_id))


async def latest(session: AsyncSession, person_id: int, sent_at: datetime) -> HouseholdVisit | None:
    """Somebody's visit that a part sent at a moment may belong to: the last one that was added to shortly before it."""
    query = select(HouseholdVisit).where(
        HouseholdVisit.by_id == person_id,
        HouseholdVisit.withdrawn_at.is_(None),
        HouseholdVisit.changed_at.between(sent_at - JOIN, sent_at),
    )
    return (await session.scalars(query.order_by(HouseholdVisit.changed_at.desc()).limit(1))).one_or_none()


def _own(person_id: int) -> ColumnElement[bool]:
    along = exists().where(VisitCompanion.visit_id == HouseholdVisit.id, VisitCompanion.person_id == person_id)
    return (HouseholdVisit.by_id == person_id) | along


async def own(session: AsyncSession, viewer: Viewer, first: date, last: date) -> list[HouseholdVisit]:
    """One's own visits of some days, those one came along to included, the newest first."""
    query = select(HouseholdVisit).where(
        _own(viewer.person_id or 0), HouseholdVisit.on.between(first, last), HouseholdVisit.withdrawn_at.is_(None)
    )
    return list(await session.scalars(query.order_by(HouseholdVisit.on.desc(), HouseholdVisit.id.desc())))


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of a village's households were visited in a period, and which were not."""

    visited: int
    left: tuple[Household, ...]

    @property
    def total(self) -> int:
        """All of them."""
        return self.visited + len(self.left)


async def coverage(
    session: AsyncSession,
    viewer: Viewer,
    village: Area,
    periods: Mapping[bool, tuple[date, date]],
) -> dict[bool, Coverage]:
    """Who has not been visited yet: of all households in one period (`False`), of the priority ones in another (`True`).

    Raises `Refusal(NOT_ALLOWED)`.
    """
    require(viewer, Action.HOUSEHOLD_VIEW, Target(village.path))
    last_visit = (
        select(VisitHousehold.household_id, func.max(HouseholdVisit.on).label("last"))
        .join(HouseholdVisit, VisitHousehold.visit_id == HouseholdVisit.id)
        .where(HouseholdVisit.village_id == village.id, HouseholdVisit.withdrawn_at.is_(None))
        .group_by(VisitHousehold.household_id)
        .subquery()
    )
    query = (
        select(Household, last_visit.c.last)
        .outerjoin(last_visit, last_visit.c.household_id == Household.id)
        .where(Household.village_id == village.id, Household.gone_on.is_(None))
        .order_by(last_visit.c.last.is_not(None), last_visit.c.last, Household.group, Household.head, Household.id)
    )
    rows = [(household, last) for household, last in await session.execute(query)]
    found = {}
    for is_priority, (first, _last) in periods.items():
        asked = [(household, last) for household, last in rows if not is_priority or household.kinds]
        left = tuple(household for household, last in asked if last is None or last < first)
        found[is_priority] = Coverage(len(asked) - len(left), left)
    return found
