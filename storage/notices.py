"""Notices: finding them, whom they are for, how they stand. Clause 三（一）."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, String, cast, exists, literal, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from policy.audience import Audience
from policy.authority import Action, Role, Target, Viewer, grant_for, require
from policy.notices import Attachment, Draft, NoticeKind
from policy.refusals import Code, Refusal
from storage import audience as audiences
from storage import people
from storage.audience import Addressee
from storage.outbox import HAD
from storage.tables import (
    Area,
    Notice,
    NoticeRecipient,
    NoticeState,
    Outbox,
    OutboxState,
    Person,
    ReadReceipt,
    TaskReport,
)

SUBJECT = "notice:{id}"
"""The messages of a notice. Beside it: `:picture` (a picture whose text comes after it), `:remind`, `:copy` (it was asked
for once more), `:progress` (the author's card), `:review` (the second person's), `:replies`."""

LIVE = frozenset({NoticeState.OUT, NoticeState.PAUSED})
"""States in which people are told of a notice."""
TOLD = LIVE | {NoticeState.CANCELLED}
"""States in which those who were told may read, and be asked to."""

DROPPED = "the notice was stopped"
"""Why rows of a cancelled or withdrawn notice did not go out."""


def key_of(notice_id: int) -> str:
    """The natural key under which everybody is told of a notice; the person's id follows."""
    return SUBJECT.format(id=notice_id)


def subjects(notice_id: int) -> tuple[str, str, str, str]:
    """Everything that recipients were sent about a notice: itself, pictures, reminders, copies."""
    subject = SUBJECT.format(id=notice_id)
    return subject, f"{subject}:picture", f"{subject}:remind", f"{subject}:copy"


async def get(
    session: AsyncSession, viewer: Viewer, action: Action, notice_id: int
) -> tuple[Notice, Area, Role | None]:
    """A notice with its area, and the role in which `viewer` may do `action` on it.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOT_YOURSELF (to confirm one's own).
    """
    query = select(Notice, Area).join(Area, Notice.area_id == Area.id).where(Notice.id == notice_id)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    notice, area = row
    return notice, area, require(viewer, action, Target(area.path, notice.author_id))


async def for_reader(session: AsyncSession, viewer: Viewer, notice_id: int) -> tuple[Notice, Area]:
    """A notice that `viewer` was sent. Raises `Refusal(NOT_FOUND)` for any other."""
    query = (
        select(Notice, Area)
        .join(Area, Notice.area_id == Area.id)
        .join(NoticeRecipient, NoticeRecipient.notice_id == Notice.id)
        .where(Notice.id == notice_id, NoticeRecipient.person_id == viewer.person_id)
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    return row[0], row[1]


async def readable(session: AsyncSession, viewer: Viewer, notice_id: int) -> tuple[Notice, Area, bool]:
    """A notice that `viewer` was sent, or sees the readers of; whether it was sent to him.

    Raises `Refusal(NOT_FOUND)` for any other.
    """
    row = await session.get(NoticeRecipient, (notice_id, viewer.person_id or 0))
    notice, area = await (seen if row is None else for_reader)(session, viewer, notice_id)
    return notice, area, row is not None


async def seen(session: AsyncSession, viewer: Viewer, notice_id: int) -> tuple[Notice, Area]:
    """A notice of which `viewer` may see who has read it, at least in a part of its area.

    Raises `Refusal(NOT_FOUND)` for what isn't there and for what isn't his alike.
    """
    query = select(Notice, Area).join(Area, Notice.area_id == Area.id).where(Notice.id == notice_id)
    row = (await session.execute(query.where(_is_seen(viewer)))).one_or_none()
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    return row[0], row[1]


def _is_seen(viewer: Viewer) -> ColumnElement[bool]:
    """Notices of the viewer's areas and below; of those above, what has gone to somebody in his."""
    paths = viewer.paths(Action.NOTICE_VIEW)
    above = [path for own in paths for path in people.ancestor_paths(own)[:-1]] if viewer.system_path is None else []
    here = (
        select(NoticeRecipient.person_id)
        .join(Area, NoticeRecipient.area_id == Area.id)
        .where(NoticeRecipient.notice_id == Notice.id, people.within(paths))
        .correlate(Notice)
    )
    return or_(people.within(paths), Area.path.in_(above) & exists(here))


async def page(
    session: AsyncSession, viewer: Viewer, number: int, size: int
) -> tuple[Sequence[tuple[Notice, Area]], bool]:
    """One page of the notices whose readers a viewer may see, the newest first; whether older ones follow."""
    query = (
        select(Notice, Area)
        .join(Area, Notice.area_id == Area.id)
        .where(_is_seen(viewer))
        .order_by(Notice.submitted_at.desc(), Notice.id.desc())
        .offset(number * size)
        .limit(size + 1)
    )
    found = [(notice, area) for notice, area in await session.execute(query)]
    return found[:size], len(found) > size


async def unread(
    session: AsyncSession, viewer: Viewer, now: datetime, limit: int = 100
) -> Sequence[tuple[Notice, Area]]:
    """One's own notices that are open, want 已阅 and haven't had it, the newest first."""
    receipt = exists().where(ReadReceipt.notice_id == Notice.id, ReadReceipt.person_id == viewer.person_id)
    query = (
        select(Notice, Area)
        .join(Area, Notice.area_id == Area.id)
        .join(NoticeRecipient, NoticeRecipient.notice_id == Notice.id)
        .where(NoticeRecipient.person_id == viewer.person_id, Notice.wants_receipt, ~receipt, *_open(now))
        .order_by(Notice.started_at.desc(), Notice.id.desc())
        .limit(limit)
    )
    return [(notice, area) for notice, area in await session.execute(query)]


async def undone(session: AsyncSession, viewer: Viewer, now: datetime) -> Sequence[Notice]:
    """One's own tasks that are open and not reported as done, the earliest day first."""
    reported = exists().where(TaskReport.notice_id == Notice.id, TaskReport.person_id == viewer.person_id)
    query = (
        select(Notice)
        .join(NoticeRecipient, NoticeRecipient.notice_id == Notice.id)
        .where(NoticeRecipient.person_id == viewer.person_id, Notice.kind == NoticeKind.TASK, ~reported, *_open(now))
    )
    return (await session.scalars(query.order_by(Notice.due_on, Notice.id))).all()


def _open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Notice.state.in_(LIVE), or_(Notice.open_until.is_(None), Notice.open_until > now)


async def still_open(session: AsyncSession, viewer: Viewer, now: datetime) -> Sequence[Notice]:
    """Notices of the areas a viewer sends in that have gone out and that whoever joins still gets, the oldest first."""
    own = people.within(viewer.paths(Action.NOTICE_SEND))
    query = select(Notice).join(Area, Notice.area_id == Area.id).where(own, Notice.is_spread, *_open(now))
    query = query.order_by(Notice.id)
    return (await session.scalars(query)).all()


async def untold(
    session: AsyncSession, viewer: Viewer, notice: Notice, on: date, limit: int, *, only: int | None = None
) -> list[Addressee]:
    """People whom a notice is for on a day and who aren't among its recipients yet, by id; `only`: this person, if so.

    Raises `Refusal(NOT_ALLOWED)` where an area of the audience is not the viewer's.
    """
    told = select(NoticeRecipient.person_id).where(NoticeRecipient.notice_id == notice.id)
    audience = Audience.load(notice.audience)
    return await audiences.piece(
        session, viewer, Action.NOTICE_SEND, audience, on, but_not=told, limit=limit, only=only
    )


async def add_recipients(session: AsyncSession, notice: Notice, found: Collection[Addressee]) -> None:
    """Note whom a notice is for; who is noted already stays as he is."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(NoticeRecipient).on_conflict_do_nothing(index_elements=["notice_id", "person_id"])
    rows = [
        {"notice_id": notice.id, "person_id": one.person_id, "role": one.role, "area_id": one.area_id} for one in found
    ]
    if rows:
        await session.execute(statement, rows)


async def to_remind(session: AsyncSession, notice: Notice, nth: int, limit: int) -> list[int]:
    """Recipients who had the notice and weren't reminded this time yet: who hasn't read it, of a task done it."""
    told, reminded = key_of(notice.id), reminder_key(notice.id, nth)
    table = TaskReport if notice.kind is NoticeKind.TASK else ReadReceipt
    settled = exists().where(table.notice_id == notice.id, table.person_id == NoticeRecipient.person_id)
    reminder = aliased(Outbox)
    asked = exists().where(reminder.natural_key == _key(reminded, NoticeRecipient.person_id))
    query = (
        select(NoticeRecipient.person_id)
        .join(Outbox, Outbox.natural_key == _key(told, NoticeRecipient.person_id))
        .where(NoticeRecipient.notice_id == notice.id, Outbox.state.in_(HAD), ~settled, ~asked)
        .order_by(NoticeRecipient.person_id)
        .limit(limit)
    )
    return list(await session.scalars(query))


def reminder_key(notice_id: int, nth: int) -> str:
    """The natural key of the nth reminder."""
    return f"{key_of(notice_id)}:remind:{nth}"


def _key(key: str, person_id: "InstrumentedAttribute[int] | int") -> ColumnElement[str]:
    if isinstance(person_id, int):
        return literal(f"{key}:to:{person_id}")
    return literal(f"{key}:to:") + cast(person_id, String)


def row_of(
    notice_id: int, person_id: "InstrumentedAttribute[int] | int" = NoticeRecipient.person_id
) -> ColumnElement[bool]:
    """The condition that an outbox row is the one by which somebody was told of a notice; one row, by its unique key."""
    return Outbox.natural_key == _key(key_of(notice_id), person_id)


async def receipt(session: AsyncSession, notice_id: int, person_id: int) -> ReadReceipt | None:
    """When somebody pressed 已阅."""
    return await session.get(ReadReceipt, (notice_id, person_id))


async def message_of(session: AsyncSession, notice_id: int, person_id: int) -> int | None:
    """The message by which somebody has a notice before him; None: none, or it was taken back."""
    query = select(Outbox.message_id).where(row_of(notice_id, person_id), Outbox.state == OutboxState.SENT)
    return (await session.execute(query)).scalar_one_or_none()


async def reminders_of(session: AsyncSession, notice_id: int, person_id: int) -> Sequence[int]:
    """The messages by which somebody was reminded of a notice, that he has before him."""
    query = select(Outbox.message_id).where(
        Outbox.subject == subjects(notice_id)[2],
        Outbox.person_id == person_id,
        Outbox.kind == "notice_reminder",
        Outbox.state == OutboxState.SENT,
        Outbox.message_id.is_not(None),
    )
    return [message_id for message_id in await session.scalars(query) if message_id is not None]


async def was_told(session: AsyncSession, notice_id: int, person_id: int) -> bool:
    """Whether a notice has reached somebody, even if it was taken back since."""
    states = (OutboxState.SENT, OutboxState.WITHDRAWN)
    query = select(Outbox.id).where(row_of(notice_id, person_id), Outbox.state.in_(states))
    return (await session.execute(query)).first() is not None


_TO_REPLY_TO = ("notice", "notice_picture", "notice_copy", "notice_reminder", "task_reminder", "notice_answer")


async def answered_by(session: AsyncSession, channel: str, person_id: int, message_id: int) -> int | None:
    """The notice that a message in somebody's chat is about: the notice itself, a reminder, an answer to his reply."""
    query = select(Outbox.payload).where(
        Outbox.channel == channel,
        Outbox.person_id == person_id,
        Outbox.message_id == message_id,
        Outbox.kind.in_(_TO_REPLY_TO),
    )
    payload = (await session.execute(query.limit(1))).scalar_one_or_none()
    return payload["notice_id"] if payload is not None else None


async def office(session: AsyncSession, area: Area, on: date) -> list[Person]:
    """Who answers for the notices of an area: its staff and admins, and admins above, the longest-serving first."""
    roles = (Role.COUNTY_STAFF, Role.ADMIN)
    rows = await people.holders(session, roles, people.ancestor_paths(area.path), on)
    return list({person.id: person for person, _, _ in rows}.values())


async def hearers(session: AsyncSession, notice: Notice, area: Area, on: date) -> list[int]:
    """Who hears of replies, by person id: the author; where he has left the office, those who are in it."""
    ids = [person.id for person in await office(session, area, on)]
    return [notice.author_id] if notice.author_id in ids or not ids else ids


def draft_of(notice: Notice) -> Draft:
    """A notice as it was written: to be shown, or to be taken up again."""
    attachment = None
    if notice.attachment_kind is not None and notice.file_id is not None:
        attachment = Attachment(notice.attachment_kind, notice.file_id, notice.file_name or "")
    return Draft(
        area_id=notice.area_id,
        audience=Audience.load(notice.audience),
        html=notice.html,
        title=notice.title,
        length=notice.length,
        attachment=attachment,
        wants_receipt=notice.wants_receipt,
        is_urgent=notice.is_urgent,
        due_at=notice.due_at if notice.due_at > notice.submitted_at else None,
        open_days=notice.open_days,
        due_on=notice.due_on,
    )


def may_manage(viewer: Viewer, area: Area) -> bool:
    """Whether a notice of an area is `viewer`'s to pause, withdraw and so on; for buttons, never for a decision."""
    return grant_for(viewer, Action.NOTICE_MANAGE, Target(area.path)) is not None
