"""应急: the calls, who is asked, who hears of it. Whoever looks sees the part that lies in his areas (law 8)."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import exists, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.audience import Audience
from policy.authority import TEAM, Action, Role, Target, Viewer, require
from policy.emergency import Answer, RollCallState
from policy.refusals import Code, Refusal
from storage import people
from storage.people import ancestor_ids, ancestor_paths, within
from storage.people import held as held_on
from storage.tables import Area, EmergencyAsked, EmergencyRollCall, Outbox, Person, PersonRole, SafetyReply

SECONDS = (Role.TOWNSHIP_OFFICER, Role.COUNTY_STAFF, Role.ADMIN)
"""Who may be the second person and who looks after the silent, the nearest level first."""


def subject(roll_call_id: int) -> str:
    """Of the question's cards, and the natural key of the question."""
    return f"emergency:{roll_call_id}"


def confirm_subject(roll_call_id: int) -> str:
    """Of the cards that wait for a second person."""
    return f"{subject(roll_call_id)}:confirm"


def progress_subject(roll_call_id: int, area_id: int | None = None) -> str:
    """Of the totals' cards: of the whole, or of one area, so that an answer there edits no cards elsewhere."""
    whole = f"{subject(roll_call_id)}:progress"
    return whole if area_id is None else f"{whole}:{area_id}"


def silent_subject(roll_call_id: int, township_id: int) -> str:
    """Of a township's call list."""
    return f"{subject(roll_call_id)}:silent:{township_id}"


def help_subject(roll_call_id: int, reply_id: int) -> str:
    """Of one call for help."""
    return f"{subject(roll_call_id)}:help:{reply_id}"


class Seen(NamedTuple):
    """A call as far as a viewer sees it: `paths` are the parts of it that lie in his areas."""

    call: EmergencyRollCall
    area: Area
    paths: tuple[str, ...]


class About(NamedTuple):
    """Somebody who is asked, his village, and the role in which the viewer deals with him."""

    call: EmergencyRollCall
    asked: EmergencyAsked
    village: Area
    role: Role | None


async def get(session: AsyncSession, roll_call_id: int) -> tuple[EmergencyRollCall, Area]:
    """A call and its area, for those who act in the software's own name. Raises `Refusal(NOT_FOUND)`."""
    call = await session.get(EmergencyRollCall, roll_call_id)
    if call is None:
        raise Refusal(Code.NOT_FOUND)
    return call, await session.get_one(Area, call.area_id)


async def held(
    session: AsyncSession, viewer: Viewer, action: Action, roll_call_id: int
) -> tuple[EmergencyRollCall, Area, Role | None]:
    """A call, its area, and the role in which `viewer` may do `action` on the whole of it.

    It is the matter of him who proposed it; to end it, of the second person too. Raises `Refusal`: NOT_FOUND,
    NOT_ALLOWED, NOT_YOURSELF.
    """
    call, area = await get(session, roll_call_id)
    is_second = action is Action.EMERGENCY_END and viewer.person_id == call.confirmed_by_id
    whose = call.confirmed_by_id if is_second else call.proposed_by_id
    return call, area, require(viewer, action, Target(area.path, whose))


async def seen(session: AsyncSession, viewer: Viewer, roll_call_id: int) -> Seen:
    """A call, as far as `viewer` sees it. Raises `Refusal(NOT_FOUND)` where nothing of it is his to see."""
    call, area = await get(session, roll_call_id)
    mine = overlap(viewer.paths(Action.EMERGENCY_VIEW), [place.path for place in await places(session, call)])
    if not mine:
        raise Refusal(Code.NOT_FOUND)
    return Seen(call, area, mine)


def overlap(ones: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    """The paths of what lies in areas of both kinds."""
    others = tuple(others)
    both = {
        max(one, other, key=len) for one in ones for other in others if one.startswith(other) or other.startswith(one)
    }
    return tuple(sorted(path for path in both if not any(path != it and path.startswith(it) for it in both)))


async def about(
    session: AsyncSession, viewer: Viewer, action: Action, roll_call_id: int, person_id: int | None
) -> About:
    """Somebody whom a call asks. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOT_YOURSELF."""
    asked = await session.get(EmergencyAsked, (roll_call_id, person_id)) if person_id is not None else None
    if asked is None:
        raise Refusal(Code.NOT_FOUND)
    village = await session.get_one(Area, asked.village_id)
    role = require(viewer, action, Target(village.path, person_id))
    return About(await session.get_one(EmergencyRollCall, roll_call_id), asked, village, role)


async def help_of(session: AsyncSession, viewer: Viewer, action: Action, reply_id: int) -> tuple[SafetyReply, About]:
    """A call for help and who needs it. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOT_YOURSELF."""
    reply = await session.get(SafetyReply, reply_id)
    if reply is None or reply.answer is not Answer.NEEDS_HELP:
        raise Refusal(Code.NOT_FOUND)
    return reply, await about(session, viewer, action, reply.roll_call_id, reply.person_id)


async def areas_seen(session: AsyncSession, found: Seen) -> list[Area]:
    """The parts of a call that its viewer sees, by code."""
    return list(await session.scalars(select(Area).where(Area.path.in_(found.paths)).order_by(Area.code)))


async def places(session: AsyncSession, call: EmergencyRollCall) -> list[Area]:
    """The areas a call asks, by code. One by one, since a session that tells many of it has them already."""
    found = [await session.get_one(Area, area_id) for area_id in Audience.load(call.audience).area_ids]
    return sorted(found, key=lambda area: area.code)


async def running(session: AsyncSession) -> list[EmergencyRollCall]:
    """Every call that runs, the newest first."""
    query = select(EmergencyRollCall).where(EmergencyRollCall.state == RollCallState.RUNNING)
    return list(await session.scalars(query.order_by(EmergencyRollCall.id.desc())))


async def running_for(session: AsyncSession, person_id: int) -> list[EmergencyAsked]:
    """Where somebody is asked by calls that run, the newest first."""
    query = (
        select(EmergencyAsked)
        .join(EmergencyRollCall, EmergencyAsked.roll_call_id == EmergencyRollCall.id)
        .where(EmergencyAsked.person_id == person_id, EmergencyRollCall.state == RollCallState.RUNNING)
    )
    return list(await session.scalars(query.order_by(EmergencyRollCall.id.desc())))


async def open_calls(session: AsyncSession, viewer: Viewer) -> list[EmergencyRollCall]:
    """Calls that wait or run in the areas of `viewer`, the newest first."""
    states = (RollCallState.PROPOSED, RollCallState.RUNNING)
    query = select(EmergencyRollCall).where(EmergencyRollCall.state.in_(states)).order_by(EmergencyRollCall.id.desc())
    paths = viewer.paths(Action.EMERGENCY_VIEW)
    return [
        call
        for call in await session.scalars(query)
        if overlap(paths, [place.path for place in await places(session, call)])
    ]


class Unasked(NamedTuple):
    """Somebody to be asked, with the post by which he is."""

    person_id: int
    role: Role
    village: Area


async def unasked(
    session: AsyncSession, call: EmergencyRollCall, on: date, *, limit: int, person_id: int | None = None
) -> list[Unasked]:
    """People a call is for and has not asked yet, each once, by area; fewer than `limit` posts: these are all."""
    paths = [place.path for place in await places(session, call)]
    known = exists().where(EmergencyAsked.roll_call_id == call.id, EmergencyAsked.person_id == PersonRole.person_id)
    query = (
        select(PersonRole.person_id, PersonRole.role, Area)
        .join(Area, PersonRole.area_id == Area.id)
        .where(within(paths), PersonRole.role.in_(TEAM), held_on(on, on), ~known)
        .order_by(Area.code, PersonRole.id)
        .limit(limit)
    )
    if person_id is not None:
        query = query.where(PersonRole.person_id == person_id)
    found: dict[int, Unasked] = {}
    for row in await session.execute(query):
        found.setdefault(row.person_id, Unasked(*row))
    return list(found.values())


async def ask(session: AsyncSession, call: EmergencyRollCall, found: Sequence[Unasked]) -> None:
    """Note that these are asked; part of an action that sends them the question."""
    rows = [
        {
            "roll_call_id": call.id,
            "person_id": one.person_id,
            "village_id": one.village.id,
            "township_id": one.village.parent_id or one.village.id,
            "role": one.role,
        }
        for one in found
    ]
    await session.flush()
    await session.execute(insert(EmergencyAsked), rows)


async def team(session: AsyncSession, roll_call_id: int, village: Area) -> list[tuple[EmergencyAsked, Person]]:
    """Who of a village is asked, the first secretary first. For those who have checked authority over the village."""
    query = (
        select(EmergencyAsked, Person)
        .join(Person, EmergencyAsked.person_id == Person.id)
        .where(EmergencyAsked.roll_call_id == roll_call_id, EmergencyAsked.village_id == village.id)
        .order_by(EmergencyAsked.role, Person.id)
    )
    return [(asked, person) for asked, person in await session.execute(query)]


async def helps_of(session: AsyncSession, asked: EmergencyAsked) -> list[int]:
    """The ids of somebody's calls for help."""
    query = select(SafetyReply.id).where(
        SafetyReply.roll_call_id == asked.roll_call_id,
        SafetyReply.person_id == asked.person_id,
        SafetyReply.answer == Answer.NEEDS_HELP,
    )
    return list(await session.scalars(query))


async def open_helps(session: AsyncSession, asked: EmergencyAsked) -> list[SafetyReply]:
    """Somebody's calls for help that nobody looks after yet."""
    query = select(SafetyReply).where(
        SafetyReply.roll_call_id == asked.roll_call_id,
        SafetyReply.person_id == asked.person_id,
        SafetyReply.answer == Answer.NEEDS_HELP,
        SafetyReply.taken_by_id.is_(None),
    )
    return list(await session.scalars(query.order_by(SafetyReply.id)))


async def taken_before(session: AsyncSession, reply: SafetyReply) -> SafetyReply | None:
    """The last of somebody's other calls for help that an officer looks after; of a call for help one may see."""
    query = select(SafetyReply).where(
        SafetyReply.roll_call_id == reply.roll_call_id,
        SafetyReply.person_id == reply.person_id,
        SafetyReply.id != reply.id,
        SafetyReply.taken_at.is_not(None),
    )
    return (await session.scalars(query.order_by(SafetyReply.taken_at.desc(), SafetyReply.id.desc()).limit(1))).first()


async def is_all_known(session: AsyncSession, call: EmergencyRollCall) -> bool:
    """Whether everybody has been asked, has answered, and nobody needs help whom no officer has taken on."""
    if call.spread_at is None:
        return False
    of_call = EmergencyAsked.roll_call_id == call.id
    silent = or_(EmergencyAsked.answer.is_(None), EmergencyAsked.answer == Answer.UNREACHED)
    alone = (
        exists()
        .where(of_call, EmergencyAsked.answer == Answer.NEEDS_HELP)
        .where(EmergencyAsked.reply_id == SafetyReply.id, SafetyReply.taken_by_id.is_(None))
    )
    return not (await session.execute(select(exists().where(of_call, silent) | alone))).scalar_one()


async def parts(session: AsyncSession, call: EmergencyRollCall) -> list[str]:
    """The subjects of all cards about a call but the question's own, in a fixed order."""
    area = await session.get_one(Area, call.area_id)
    asked = select(EmergencyAsked.township_id).where(EmergencyAsked.roll_call_id == call.id).distinct()
    townships = list(await session.scalars(select(Area).where(Area.id.in_(asked)).order_by(Area.id)))
    watched = sorted({area_id for township in townships for area_id in below(area, township)})
    helps = select(SafetyReply.id).where(SafetyReply.roll_call_id == call.id, SafetyReply.answer == Answer.NEEDS_HELP)
    return [
        progress_subject(call.id),
        *(progress_subject(call.id, area_id) for area_id in watched),
        *(silent_subject(call.id, township.id) for township in townships),
        *(help_subject(call.id, reply_id) for reply_id in await session.scalars(helps.order_by(SafetyReply.id))),
    ]


def below(area: Area, place: Area) -> list[int]:
    """The ids from right below `area` down to `place`, itself included; none where it doesn't lie below."""
    return ancestor_ids(place.path.removeprefix(area.path)) if place.path.startswith(area.path) else []


async def seconds(session: AsyncSession, area: Area, on: date, *, but_not: int | None = None) -> list[Person]:
    """Of the nearest level that may decide and where somebody else can be reached: those who can."""
    for role in SECONDS:
        rows = await people.holders(session, [role], ancestor_paths(area.path), on)
        found = [person for person, _, _ in rows if person.id != but_not]
        if reached := await people.reached(session, found):
            return reached
    return []


async def or_above(
    session: AsyncSession, found: Sequence[Person], area: Area, on: date, *, but_not: int | None = None
) -> dict[int, Person]:
    """These people by id; where none of them can be reached, those above who can as well: somebody must hear it."""
    is_heard = bool(await people.reached(session, found))
    told = list(found) if is_heard else [*found, *await seconds(session, area, on, but_not=but_not)]
    return {person.id: person for person in told}


async def watchers(session: AsyncSession, villages: Iterable[Area], on: date) -> list[tuple[Person, Area]]:
    """The officers of these villages' townships and the staff of their counties, each with the area he holds."""
    paths = sorted({path for village in villages for path in ancestor_paths(village.path)})
    rows = await people.holders(session, (Role.TOWNSHIP_OFFICER, Role.COUNTY_STAFF), paths, on)
    return [(person, area) for person, _, area in rows]


async def helpers(session: AsyncSession, village: Area, on: date, *, but_not: int) -> dict[int, Person]:
    """Who is told that somebody in a village needs help: township and county."""
    found = [person for person, _ in await watchers(session, [village], on) if person.id != but_not]
    return await or_above(session, found, village, on, but_not=but_not)


async def hearers(session: AsyncSession, found: About, on: date) -> list[Person]:
    """Of those who are told that somebody needs help: who can be reached."""
    told = await helpers(session, found.village, on, but_not=found.asked.person_id)
    return await people.reached(session, told.values())


async def was_told(session: AsyncSession, key: str, person_id: int | None) -> bool:
    """Whether a person has a message of this natural key before him, so that it changes rather than says nothing."""
    query = select(Outbox.id).where(Outbox.natural_key == f"{key}:to:{person_id}", Outbox.message_id.is_not(None))
    return (await session.scalar(query)) is not None


async def tops(session: AsyncSession, viewer: Viewer) -> list[Area]:
    """The areas in which `viewer` may propose a call, the widest ones, by code."""
    paths = overlap(viewer.paths(Action.EMERGENCY_PROPOSE), ["/"])
    return list(await session.scalars(select(Area).where(Area.path.in_(paths)).order_by(Area.code)))


async def children(session: AsyncSession, viewer: Viewer, area: Area) -> list[Area]:
    """The areas right below one, by code. Raises `Refusal(NOT_ALLOWED)`."""
    require(viewer, Action.EMERGENCY_PROPOSE, Target(area.path))
    return list(await session.scalars(select(Area).where(Area.parent_id == area.id).order_by(Area.code)))


async def chosen(session: AsyncSession, viewer: Viewer, area_ids: Collection[int]) -> list[Area]:
    """Areas by id, by code; what lies within another of them goes. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED."""
    areas = list(await session.scalars(select(Area).where(Area.id.in_(area_ids)).order_by(Area.code)))
    if not areas or len(areas) < len(set(area_ids)):
        raise Refusal(Code.NOT_FOUND)
    for area in areas:
        require(viewer, Action.EMERGENCY_PROPOSE, Target(area.path))
    return [a for a in areas if not any(a is not b and a.path.startswith(b.path) for b in areas)]


async def called(session: AsyncSession, viewer: Viewer, names: Sequence[str]) -> list[Area]:
    """Areas of `viewer` by what people call them: 柳河镇, or 柳河镇石门村 where there are several 石门村.

    Raises `Refusal`: AREA_UNKNOWN (area), AREA_AMBIGUOUS (area, example).
    """
    paths = viewer.paths(Action.EMERGENCY_PROPOSE)
    above: Any = select(Area.id, Area.name).subquery()
    found = []
    for name in names:
        query = (
            select(Area, above.c.name)
            .outerjoin(above, Area.parent_id == above.c.id)
            .where(within(paths), or_(Area.name == name, above.c.name + Area.name == name))
            .order_by(Area.code)
        )
        rows = (await session.execute(query)).all()
        if not rows:
            raise Refusal(Code.AREA_UNKNOWN, area=name)
        if len(rows) > 1:
            raise Refusal(Code.AREA_AMBIGUOUS, area=name, example=f"{rows[0][1] or ''}{rows[0][0].name}")
        found.append(rows[0][0])
    return found


async def common(session: AsyncSession, areas: Sequence[Area]) -> Area:
    """The smallest area that holds all these. Raises `Refusal(NOT_FOUND)` where there is none."""
    along = [ancestor_ids(area.path) for area in areas]
    shared = [ids[0] for ids in zip(*along, strict=False) if len(set(ids)) == 1]
    # ids are unique over the tree: equal at one depth, equal at all above
    if not shared:
        raise Refusal(Code.NOT_FOUND)
    return await session.get_one(Area, shared[-1])
