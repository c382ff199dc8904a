"""Who is written to, fetched set-wise for delivery: account, authority, clock, quiet hours, how much he has had."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import STAFF, TEAM, Viewer
from policy.delivery import next_morning, opens_at
from storage import delivery, people
from storage.batch import of
from storage.calendars import of_areas
from storage.people import Speaker
from storage.tables import Chat, Person


@dataclass(slots=True)
class Recipient:
    """A person as delivery sees him now. `chat` None: there is no account that can be reached.

    `opens`: when quiet hours end (None: it is not quiet); `morning`: when the next morning card goes out.
    """

    person: Person
    chat: Chat | None
    viewer: Viewer
    opens: datetime | None
    morning: datetime
    unsolicited: int
    limit: int | None

    @property
    def is_over_limit(self) -> bool:
        """Whether a cadre has had as many unsolicited messages this week as the county allows."""
        return self.limit is not None and self.unsolicited >= self.limit


async def of_people(
    session: AsyncSession, channel: str, person_ids: Collection[int], now: datetime
) -> dict[int, Recipient]:
    """Recipients by person. Seven statements, however many; eight with staff among them."""
    query = (
        select(Person, Chat)
        .outerjoin(Chat, (Chat.person_id == Person.id) & (Chat.channel == channel) & Chat.is_reachable)
        .where(Person.id.in_(person_ids))
    )
    rows = (await session.execute(query)).all()
    span = timedelta(days=1)
    posts = await people.posts_of(session, person_ids, now.date() - span, now.date() + span)
    batch = of(session)
    speakers = {person.id: Speaker(None, person, None, tuple(posts[person.id])) for person, _ in rows}
    places = {area.id: area for speaker in speakers.values() for post in speaker.posts for area in [post.area]}
    await batch.profiles(list(places.values()), now.date())
    calendars = await of_areas(session, list(places.values()), {now.year, (now + timedelta(days=40)).year})
    await batch.fetch_leaves([person.id for person, _ in rows])
    had = await delivery.unsolicited(session, person_ids, now)
    found = {}
    for person, chat in rows:
        speaker = speakers[person.id]
        viewer = await batch.viewer(speaker, now)
        found[person.id] = recipient = Recipient(person, chat, viewer, None, now + span, had.get(person.id, 0), None)
        if (area := speaker.lives_by()) is None:
            continue
        local = await batch.local(area, now)
        profile = await batch.profile(area, local.date())
        recipient.opens = opens_at(local, profile, calendars[area.id])
        recipient.morning = next_morning(local, profile, calendars[area.id])
        if viewer.roles() & TEAM and not viewer.roles() & STAFF:
            recipient.limit = profile.unsolicited_per_week
    return found
