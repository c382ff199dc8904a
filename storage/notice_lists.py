"""Who has read a notice and who hasn't: numbers area by area, names within a county. Clause 三（一）; POLICY §2.

Of a task (已落实) the lists are the same, with who has done it in the place of who has read it.

The cost of numbers follows the villages, never the people twice; nothing is ranked, areas go by their code (POLICY §4).
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from policy.authority import Action, Role, Viewer
from policy.notices import NoticeKind
from policy.refusals import LOCAL, Code, Refusal
from policy.roster import Level
from storage.headcount import named_within
from storage.notice_progress import is_lost, why
from storage.notices import key_of, row_of, seen
from storage.people import ancestor_ids
from storage.tables import (
    Area,
    DispatchingUnit,
    Notice,
    NoticeRecipient,
    Outbox,
    Person,
    ReadReceipt,
    TaskReport,
)


class Standing(StrEnum):
    """How somebody stands to a notice that he was sent; to a task: has not done it, has done it, did not get it."""

    UNREAD = "u"
    READ = "r"
    LOST = "x"  # it did not reach him


class Tally(NamedTuple):
    """People by how they stand."""

    people: int = 0
    read: int = 0
    lost: int = 0

    @property
    def unread(self) -> int:
        """Who has it, or is to have it, and hasn't read it."""
        return self.people - self.read - self.lost

    def of(self, standing: Standing) -> int:
        """How many stand so."""
        return {Standing.READ: self.read, Standing.LOST: self.lost}.get(standing, self.unread)

    def plus(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(*(mine + its for mine, its in zip(self, other, strict=True)))


@dataclass(frozen=True, slots=True)
class Branch:
    """An area directly below the one looked at."""

    id: int
    name: str
    level: Level
    tally: Tally


@dataclass(frozen=True, slots=True)
class Lists:
    """An area's people by how they stand. `own`: those posted to the area itself; `is_named`: names may be shown."""

    notice: Notice
    area: Area
    tally: Tally
    own: Tally
    branches: tuple[Branch, ...]
    is_named: bool
    top_id: int


class Line(NamedTuple):
    """One recipient of a list, and of the workbook. Instants in UTC."""

    name: str
    role: Role
    area: str
    level: Level
    above: str | None
    unit: str | None
    cause: str | None
    sent_at: datetime | None
    read_at: datetime | None  # of a task: when it was done
    person_id: int
    report: TaskReport | None

    @property
    def standing(self) -> Standing:
        """How he stands to it."""
        if self.read_at is not None:
            return Standing.READ
        return Standing.LOST if self.cause is not None else Standing.UNREAD


async def lists(session: AsyncSession, viewer: Viewer, notice_id: int, area_id: int | None = None) -> Lists:
    """How people of an area stand to a notice; None: the widest that is the viewer's of those it went to.

    Raises `Refusal(NOT_FOUND)` for what isn't there and for what isn't the viewer's alike.
    """
    notice, whole = await seen(session, viewer, notice_id)
    top = await _top(session, viewer, whole)
    area = top if area_id is None else await session.get(Area, area_id)
    if area is None or not _is_within(viewer, area, whole):
        raise Refusal(Code.NOT_FOUND)
    tallies = await _tallies(session, notice, area)
    by_branch: dict[int, Tally] = {}
    for path, tally in tallies:
        lower = ancestor_ids(path.removeprefix(area.path))
        key = lower[0] if lower else area.id
        by_branch[key] = by_branch.get(key, Tally()).plus(tally)
    below = select(Area).where(Area.id.in_(by_branch.keys() - {area.id})).order_by(Area.code)
    return Lists(
        notice=notice,
        area=area,
        tally=_sum(tally for _, tally in tallies),
        own=by_branch.get(area.id, Tally()),
        branches=tuple(Branch(row.id, row.name, row.level, by_branch[row.id]) for row in await session.scalars(below)),
        is_named=await is_named(session, viewer, area),
        top_id=top.id,
    )


async def _top(session: AsyncSession, viewer: Viewer, whole: Area) -> Area:
    """The widest area that is both the notice's and the viewer's."""
    paths = viewer.paths(Action.NOTICE_VIEW)
    if whole.path.startswith(paths):
        return whole
    path = min((path for path in paths if path.startswith(whole.path)), key=len)
    return (await session.scalars(select(Area).where(Area.path == path))).one()


def _is_within(viewer: Viewer, area: Area, whole: Area) -> bool:
    return area.path.startswith(whole.path) and area.path.startswith(viewer.paths(Action.NOTICE_VIEW))


async def is_named(session: AsyncSession, viewer: Viewer, area: Area) -> bool:
    """Whether names of an area may be shown: to those who hold an office within the county, never above it."""
    return area.path.startswith(await named_within(session, viewer, Action.NOTICE_VIEW))


def _sum(tallies: Iterable[Tally]) -> Tally:
    total = Tally()
    for tally in tallies:
        total = total.plus(tally)
    return total


async def _tallies(session: AsyncSession, notice: Notice, area: Area) -> Sequence[tuple[str, Tally]]:
    """People by the area of their post, at its path. Three counts: joined into one they cost ten times as much."""
    at, mine = NoticeRecipient.area_id, NoticeRecipient.notice_id == notice.id
    whose = NoticeRecipient.person_id
    everybody = select(at, func.count()).where(mine)
    settled = _settled(notice)
    read = select(at, func.count()).join(settled, _receipt(settled)).where(mine)
    gone = (
        select(at, func.count())
        .join(Outbox, Outbox.person_id == whose)
        .outerjoin(settled, _receipt(settled))
        .where(
            mine,
            Outbox.subject == key_of(notice.id),
            Outbox.kind == "notice",
            *is_lost(),
            settled.person_id.is_(None),
        )
    )
    below = select(Area.id, Area.path).where(Area.path.startswith(area.path))
    paths = dict((await session.execute(below)).all())
    people, reading, lost = [
        dict((await session.execute(query.group_by(at))).all()) for query in (everybody, read, gone)
    ]
    return [
        (paths[area_id], Tally(count, reading.get(area_id, 0), lost.get(area_id, 0)))
        for area_id, count in people.items()
        if area_id in paths
    ]


def _settled(notice: Notice) -> type[ReadReceipt] | type[TaskReport]:
    """What settles a notice for somebody: that he has read it, or done it."""
    return TaskReport if notice.kind is NoticeKind.TASK else ReadReceipt


def _receipt(settled: type[ReadReceipt] | type[TaskReport]) -> ColumnElement[bool]:
    return (settled.notice_id == NoticeRecipient.notice_id) & (settled.person_id == NoticeRecipient.person_id)


def _recipients(notice: Notice, *columns: Any) -> "Select[*tuple[Any, ...]]":
    """Recipients with the area of their post, what became of the row that told them, and the receipt."""
    return (
        select(*columns)
        .select_from(NoticeRecipient)
        .join(Area, NoticeRecipient.area_id == Area.id)
        .outerjoin(Outbox, row_of(notice.id))
        .outerjoin(ReadReceipt, _receipt(ReadReceipt))
        .outerjoin(TaskReport, _receipt(TaskReport))
        .where(NoticeRecipient.notice_id == notice.id)
    )


async def names(
    session: AsyncSession,
    viewer: Viewer,
    found: Lists,
    standing: Standing,
    number: int,
    size: int,
    *,
    own: bool = False,
) -> Sequence[Line]:
    """One page of the people of an area who stand so, by place; `own`: only those posted to the area itself.

    Raises `Refusal(NOTICE_NAMES_ABOVE)` where names are not the viewer's to see.
    """
    if not await is_named(session, viewer, found.area):
        raise Refusal(Code.NOTICE_NAMES_ABOVE, LOCAL)
    query = _lines(found.notice, found.area).where(_stands(found.notice, standing))
    if own:
        query = query.where(NoticeRecipient.area_id == found.area.id)
    rows = await session.execute(query.offset(number * size).limit(size))
    return [Line(*row) for row in rows]


async def everybody(session: AsyncSession, viewer: Viewer, notice_id: int, area_id: int) -> AsyncIterator[Line]:
    """All of an area's recipients, by place, for a workbook.

    Raises `Refusal`: NOT_FOUND, NOTICE_NAMES_ABOVE.
    """
    notice, whole = await seen(session, viewer, notice_id)
    area = await session.get(Area, area_id)
    if area is None or not _is_within(viewer, area, whole):
        raise Refusal(Code.NOT_FOUND)
    if not await is_named(session, viewer, area):
        raise Refusal(Code.NOTICE_NAMES_ABOVE, LOCAL)
    async for row in await session.stream(_lines(notice, area)):
        yield Line(*row)


def _lines(notice: Notice, area: Area) -> "Select[*tuple[Any, ...]]":
    above, card = aliased(Area), aliased(Outbox)
    columns = (
        Person.name,
        NoticeRecipient.role,
        Area.name,
        Area.level,
        above.name,
        DispatchingUnit.name,
        why(),
        func.coalesce(Outbox.sent_at, card.sent_at),
        TaskReport.done_at if notice.kind is NoticeKind.TASK else ReadReceipt.read_at,
        Person.id,
        TaskReport,
    )
    return (
        _recipients(notice, *columns)
        .join(Person, NoticeRecipient.person_id == Person.id)
        .outerjoin(DispatchingUnit, Person.unit_id == DispatchingUnit.id)
        .outerjoin(above, Area.parent_id == above.id)
        .outerjoin(card, Outbox.merged_into_id == card.id)  # he had it as a line of his morning card
        .where(Area.path.startswith(area.path))
        .order_by(Area.code, NoticeRecipient.role, Person.id)
    )


def _stands(notice: Notice, standing: Standing) -> ColumnElement[bool]:
    is_read = _settled(notice).person_id.is_not(None)
    if standing is Standing.READ:
        return is_read
    return ~is_read & (why().is_not(None) if standing is Standing.LOST else why().is_(None))


async def causes(session: AsyncSession, found: Lists) -> dict[str, int]:
    """Why the notice did not reach people of an area, how many each, as fields of `storage.notice_progress.Failures`."""
    query = _recipients(found.notice, why().label("cause"), func.count()).where(_stands(found.notice, Standing.LOST))
    query = query.where(Area.path.startswith(found.area.path)).group_by("cause")
    return dict((await session.execute(query)).all())
