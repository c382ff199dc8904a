"""Who can't be written to: the account has blocked the bot, or is gone."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Viewer
from storage.people import held, within
from storage.tables import Area, Chat, Outbox, Person, PersonRole


async def chat_of_person(session: AsyncSession, channel: str, person_id: int) -> Chat | None:
    """A person's account on a channel, reachable or not."""
    query = select(Chat).where(Chat.channel == channel, Chat.person_id == person_id)
    return (await session.scalars(query)).one_or_none()


async def reviews(session: AsyncSession, person_id: int, since: datetime) -> list[str]:
    """The subjects of the cards by which a person has been asked for his word on a notice or on figures since then."""
    query = select(Outbox.subject).where(
        Outbox.person_id == person_id,
        Outbox.kind.in_(("notice_review", "figures_review")),
        Outbox.not_before > since,
        Outbox.subject.is_not(None),
    )
    return sorted({subject for subject in await session.scalars(query) if subject is not None})


async def lost(
    session: AsyncSession, viewer: Viewer, since: datetime, until: datetime
) -> Sequence[tuple[Person, Area]]:
    """Who became unreachable in a span and still is, with the place of the post, by code; only `viewer`'s people."""
    query = (
        select(Person, Area)
        .join(Chat, Chat.person_id == Person.id)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .join(Area, PersonRole.area_id == Area.id)
        .where(Chat.is_reachable.is_(False), Chat.unreachable_since.between(since, until))
        .where(within(viewer.paths(Action.PERSON_FIND)), held(since.date(), until.date()))
        .order_by(Area.code, PersonRole.id)
    )
    found: dict[int, tuple[Person, Area]] = {}
    for person, area in await session.execute(query):
        found.setdefault(person.id, (person, area))
    return list(found.values())
