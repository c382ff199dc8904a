"""公出: finding them."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Role, Target, Viewer, grant_for, require
from policy.calendar import Half, Span
from policy.refusals import Code, Refusal
from storage.tables import Area, CheckInCorrection, Explanation, OfficialTrip, Person, Verdict


def span_of(trip: OfficialTrip) -> Span:
    """The half-days of a trip."""
    return Span(trip.from_on, trip.from_half, trip.to_on, trip.to_half)


def counts(trip: OfficialTrip) -> bool:
    """Whether it is neither cancelled nor objected to."""
    return trip.cancelled_at is None and trip.objected_at is None


async def get(
    session: AsyncSession, viewer: Viewer, action: Action, trip_id: int
) -> tuple[OfficialTrip, Area, Role | None]:
    """A trip with its village, and the role in which `viewer` may do `action` on it.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOT_YOURSELF.
    """
    query = select(OfficialTrip, Area).join(Area, OfficialTrip.village_id == Area.id)
    row = (await session.execute(query.where(OfficialTrip.id == trip_id))).one_or_none()
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    trip, village = row
    return trip, village, require(viewer, action, Target(village.path, trip.person_id))


async def group(
    session: AsyncSession, viewer: Viewer, action: Action, group_id: int
) -> list[tuple[OfficialTrip, Person, Area]]:
    """The trips of one report that `viewer` may do `action` on, in the order in which they were recorded.

    Raises `Refusal(NOT_FOUND)` where there are none for him.
    """
    query = (
        select(OfficialTrip, Person, Area)
        .join(Person, OfficialTrip.person_id == Person.id)
        .join(Area, OfficialTrip.village_id == Area.id)
        .where(OfficialTrip.group_id == group_id)
        .order_by(OfficialTrip.id)
    )
    rows = [
        (trip, person, village)
        for trip, person, village in await session.execute(query)
        if grant_for(viewer, action, Target(village.path, trip.person_id)) is not None
    ]
    if not rows:
        raise Refusal(Code.NOT_FOUND)
    return rows


async def counted(session: AsyncSession, person_ids: Collection[int], from_on: date) -> list[OfficialTrip]:
    """The trips of people that count and end on a day or later; what an action must not overlap."""
    query = select(OfficialTrip).where(
        OfficialTrip.person_id.in_(person_ids),
        OfficialTrip.to_on >= from_on,
        OfficialTrip.cancelled_at.is_(None),
        OfficialTrip.objected_at.is_(None),
    )
    return list(await session.scalars(query.order_by(OfficialTrip.from_on, OfficialTrip.id)))


async def own_open(session: AsyncSession, viewer: Viewer, today: date) -> list[OfficialTrip]:
    """The viewer's own trips that count and have not ended before today."""
    return await counted(session, [viewer.person_id or 0], today)


async def own_on(session: AsyncSession, viewer: Viewer, on: date, halves: Collection[Half]) -> OfficialTrip | None:
    """The viewer's own trip that counts on one of these half-days, the first of several."""
    for trip in await counted(session, [viewer.person_id or 0], on):
        if any((on, half) in set(span_of(trip).halves()) for half in halves):
            return trip
    return None


async def is_doubted(session: AsyncSession, person_id: int, on: date, half: Half) -> bool:
    """Whether a reason or a correction of a half-day waits for its decision, or a trip then is objected to."""
    explained = select(Explanation.id).where(
        Explanation.person_id == person_id,
        Explanation.on == on,
        Explanation.verdict == Verdict.PENDING,
        or_(Explanation.whole_day, Explanation.half == half),
    )
    corrected = select(CheckInCorrection.id).where(
        CheckInCorrection.person_id == person_id,
        CheckInCorrection.on == on,
        CheckInCorrection.verdict == Verdict.PENDING,
        CheckInCorrection.am if half is Half.AM else CheckInCorrection.pm,
    )
    for query in (explained, corrected):
        if (await session.execute(query.limit(1))).first() is not None:
            return True
    doubted = select(OfficialTrip).where(
        OfficialTrip.person_id == person_id,
        OfficialTrip.from_on <= on,
        OfficialTrip.to_on >= on,
        OfficialTrip.objected_at.is_not(None),
    )
    halves = [half_day for trip in await session.scalars(doubted) for half_day in span_of(trip).halves()]
    return (on, half) in halves
