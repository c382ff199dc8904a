"""待办: everything that waits for a person's word, set-wise: a county has hundreds. Clauses 三（一）, 三（二）."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Role, Target, Viewer, grant_for
from policy.emergency import Answer, RollCallState
from storage.batch import of
from storage.leave_offices import Offices
from storage.month_locks import may_change
from storage.people import within
from storage.tables import (
    Area,
    CheckInCorrection,
    EmergencyAsked,
    EmergencyRollCall,
    Explanation,
    FigureRequest,
    FigureReview,
    LeaveRequest,
    LeaveReturn,
    LeaveState,
    Notice,
    NoticeState,
    OfficialTrip,
    Outbox,
    Person,
    SafetyReply,
    Verdict,
)

_ESCALATED = "leave_escalate:"
"""How the key begins under which a leave that nobody has decided is told to the level above (`actions.leave_due`)."""


class TodoKind(StrEnum):
    """What waits; in the order in which it is counted."""

    HELP = "help"  # 需要帮助, and nobody looks after it
    ROLL_CALL = "emergency"  # 应急 waits for the second person
    LEAVE = "leave"
    RETURN = "return"  # 销假 in words
    EXPLANATION = "explanation"
    CORRECTION = "correction"
    TRIP = "trip"  # the answer to an objection
    NOTICE = "notice"  # waits for the second person, as the next one
    FIGURES = "figures"


DECIDED_BY: Mapping[TodoKind, Action] = {
    TodoKind.HELP: Action.EMERGENCY_HELP_TAKEN,
    TodoKind.ROLL_CALL: Action.EMERGENCY_CONFIRM,
    TodoKind.LEAVE: Action.LEAVE_DECIDE,
    TodoKind.RETURN: Action.LEAVE_RETURN_CONFIRM,
    TodoKind.EXPLANATION: Action.EXPLANATION_DECIDE,
    TodoKind.CORRECTION: Action.CORRECTION_DECIDE,
    TodoKind.TRIP: Action.TRIP_OBJECTION_WITHDRAW,
    TodoKind.NOTICE: Action.NOTICE_CONFIRM,
    TodoKind.FIGURES: Action.FIGURES_CONFIRM,
}
"""What one must be allowed to do to settle it."""


COUNTED = frozenset(TodoKind) - {TodoKind.TRIP}
"""What a digest counts: an objection may stand, nobody need take it back."""


@dataclass(frozen=True, slots=True)
class Todo:
    """One matter. `person_id`: whose it is (he never settles it himself); `place`: his village, or the author's area.

    `of`: what it belongs to (the roll call of a call for help, the report of a trip), else itself. `asked`: the only
    people whose turn it is; None: whoever may by his office.
    """

    kind: TodoKind
    id: int
    of: int
    since: datetime
    person_id: int
    name: str
    place: str
    area_path: str
    asked: frozenset[int] | None = None

    @property
    def order(self) -> tuple[int, int, str]:
        """Oldest first; a place in the list that stays when others are settled."""
        return int(self.since.timestamp()), self.id, self.kind.value

    def is_for(self, viewer: Viewer) -> bool:
        """Whether it waits for `viewer`: he may settle it, and it is his turn."""
        if self.asked is not None and viewer.person_id not in self.asked:
            return False
        target = Target(self.area_path, self.person_id)
        return grant_for(viewer, DECIDED_BY[self.kind], target) is not None


async def of_viewer(
    session: AsyncSession, viewer: Viewer, now: datetime, among: Iterable[TodoKind] = tuple(TodoKind)
) -> list[Todo]:
    """Everything (`among`: of these kinds) that waits for `viewer`, the oldest first."""
    reach = {kind: viewer.paths(DECIDED_BY[kind]) for kind in among}
    kinds = [kind for kind, paths in reach.items() if paths]
    paths = {path for kind in kinds for path in reach[kind]}
    return [todo for todo in await waiting(session, paths, now, kinds) if todo.is_for(viewer)]


async def counted_in(session: AsyncSession, office: Viewer, now: datetime) -> list[Todo]:
    """What the digest of an office counts, the oldest first."""
    return await of_viewer(session, office, now, COUNTED)


async def waiting(
    session: AsyncSession, paths: Collection[str], now: datetime, kinds: Iterable[TodoKind] = tuple(TodoKind)
) -> list[Todo]:
    """Everything that waits for somebody in these areas, the oldest first: a statement a kind, five for leave.

    For the system, and for those who ask each whether it is the viewer's (`Todo.is_for`).
    """
    if not paths:
        return []
    inside = within(paths)
    found = {(todo.kind, todo.id): todo for kind in kinds for todo in await _FINDERS[kind](session, inside, now)}
    return sorted(found.values(), key=lambda todo: todo.order)


async def _plain(session: AsyncSession, kind: TodoKind, query: Select[Any]) -> list[Todo]:
    return [Todo(kind, *row) for row in await session.execute(query)]


def _of_person(row_id: Any, of: Any, since: Any, table: Any, inside: ColumnElement[bool]) -> Select[Any]:
    """The columns of a matter of somebody in a village."""
    return (
        select(row_id, of, since, Person.id, Person.name, Area.name, Area.path)
        .join_from(table, Person, table.person_id == Person.id)
        .join(Area, table.village_id == Area.id)
        .where(inside)
    )


async def _explanations(session: AsyncSession, inside: ColumnElement[bool], now: datetime) -> list[Todo]:
    table = Explanation
    query = _of_person(table.id, table.id, table.at, table, inside).where(table.verdict == Verdict.PENDING)
    return await _plain(session, TodoKind.EXPLANATION, query.where(may_change(table.on, table.person_id, now)))


async def _corrections(session: AsyncSession, inside: ColumnElement[bool], now: datetime) -> list[Todo]:
    table = CheckInCorrection
    query = _of_person(table.id, table.id, table.asked_at, table, inside).where(table.verdict == Verdict.PENDING)
    return await _plain(session, TodoKind.CORRECTION, query.where(may_change(table.on, table.person_id, now)))


async def _returns(session: AsyncSession, inside: ColumnElement[bool], _now: datetime) -> list[Todo]:
    query = (
        _of_person(LeaveRequest.id, LeaveRequest.id, LeaveReturn.at, LeaveRequest, inside)
        .join(LeaveReturn, LeaveReturn.leave_id == LeaveRequest.id)
        .where(
            LeaveRequest.state == LeaveState.RETURNED,
            LeaveReturn.words.is_not(None),
            LeaveReturn.confirmed_at.is_(None),
        )
    )
    return await _plain(session, TodoKind.RETURN, query)


async def _trips(session: AsyncSession, inside: ColumnElement[bool], now: datetime) -> list[Todo]:
    """Answers to an objection, for who made it."""
    table = OfficialTrip
    query = (
        _of_person(table.group_id, table.group_id, table.objected_at, table, inside)
        .add_columns(table.objected_by_id)
        .where(
            *_objected(now),
            table.reply.is_not(None),
        )
    )
    rows = await session.execute(query)
    return [replace(Todo(TodoKind.TRIP, *row[:-1]), asked=frozenset({row.objected_by_id})) for row in rows]


def _objected(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """The conditions that an objection stands and its month, or the one after it, runs: later nobody settles it."""
    since = (now.date().replace(day=1) - timedelta(days=1)).replace(day=1)
    return OfficialTrip.objected_at.is_not(None), OfficialTrip.cancelled_at.is_(None), OfficialTrip.to_on >= since


async def own_objections(session: AsyncSession, viewer: Viewer, now: datetime) -> list[OfficialTrip]:
    """The viewer's own trips that are objected to and that he has not answered for."""
    query = select(OfficialTrip).where(
        OfficialTrip.person_id == (viewer.person_id or 0), *_objected(now), OfficialTrip.reply.is_(None)
    )
    return list(await session.scalars(query.order_by(OfficialTrip.from_on, OfficialTrip.id)))


async def _helps(session: AsyncSession, inside: ColumnElement[bool], _now: datetime) -> list[Todo]:
    query = (
        _of_person(SafetyReply.id, SafetyReply.roll_call_id, SafetyReply.said_at, EmergencyAsked, inside)
        .join(SafetyReply, EmergencyAsked.reply_id == SafetyReply.id)
        .where(EmergencyAsked.answer == Answer.NEEDS_HELP, SafetyReply.taken_by_id.is_(None))
    )
    return await _plain(session, TodoKind.HELP, query)


def _of_author(table: Any, author: Any, since: Any, inside: ColumnElement[bool]) -> Select[Any]:
    """The columns of what somebody wants to send in an area."""
    return (
        select(table.id, table.id, since, Person.id, Person.name, Area.name, Area.path)
        .join_from(table, Person, author == Person.id)
        .join(Area, table.area_id == Area.id)
        .where(inside)
    )


async def _roll_calls(session: AsyncSession, inside: ColumnElement[bool], now: datetime) -> list[Todo]:
    table = EmergencyRollCall
    query = _of_author(table, table.proposed_by_id, table.proposed_at, inside)
    still = query.where(table.state == RollCallState.PROPOSED, table.confirm_until > now)
    return await _plain(session, TodoKind.ROLL_CALL, still)


async def _notices(session: AsyncSession, inside: ColumnElement[bool], _now: datetime) -> list[Todo]:
    query = _of_author(Notice, Notice.author_id, Notice.submitted_at, inside)
    return await _plain(session, TodoKind.NOTICE, query.where(Notice.state == NoticeState.REVIEW))


async def _figures(session: AsyncSession, inside: ColumnElement[bool], _now: datetime) -> list[Todo]:
    table = FigureRequest
    query = _of_author(table, table.by_id, table.sent_at, inside)
    still = query.where(table.review == FigureReview.WAITING, table.withdrawn_at.is_(None))
    return await _plain(session, TodoKind.FIGURES, still)


async def _leaves(session: AsyncSession, inside: ColumnElement[bool], now: datetime) -> list[Todo]:
    """Leaves, for those who decide now at the level that is asked; once that has taken too long, those above as well."""
    table = LeaveRequest
    told_above = literal(_ESCALATED) + cast(table.id, String) + literal(":") + cast(table.level, String)
    query = (
        select(table.id, table.person_id, Person.name, Area, table.asked_at, table.levels, table.level)
        .add_columns(Outbox.not_before)
        .join_from(table, Person, table.person_id == Person.id)
        .join(Area, table.village_id == Area.id)
        .outerjoin(Outbox, Outbox.natural_key == told_above)
        .where(inside, table.state == LeaveState.WAITING)
    )
    rows = (await session.execute(query)).all()
    if not rows:
        return []
    villages = {row[3].id: row[3] for row in rows}
    batch = of(session)
    await batch.profiles(villages.values(), now.date())  # the zones of all in one statement
    days = {village.id: (await batch.local(village, now)).date() for village in villages.values()}
    offices = await Offices.over(session, villages.values(), min(days.values()), max(days.values()))
    found = []
    for leave_id, person_id, name, village, since, levels, level, told_at in rows:
        on = days[village.id]
        role, asked = offices.asked(village.path, Role(levels[level]), person_id, on)
        if told_at is not None and told_at <= now:
            asked |= offices.above(village.path, role, person_id, on)
        found.append(
            Todo(TodoKind.LEAVE, leave_id, leave_id, since, person_id, name, village.name, village.path, asked)
        )
    return found


_Finder = Callable[[AsyncSession, ColumnElement[bool], datetime], Awaitable[Sequence[Todo]]]
_FINDERS: Mapping[TodoKind, _Finder] = {
    TodoKind.HELP: _helps,
    TodoKind.ROLL_CALL: _roll_calls,
    TodoKind.LEAVE: _leaves,
    TodoKind.RETURN: _returns,
    TodoKind.EXPLANATION: _explanations,
    TodoKind.CORRECTION: _corrections,
    TodoKind.TRIP: _trips,
    TodoKind.NOTICE: _notices,
    TodoKind.FIGURES: _figures,
}
