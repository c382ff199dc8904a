"""A second person's word on what many get, notices and figures alike: asked for, reminded of once, over by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from policy import reaching
from policy.authority import Action
from policy.refusals import LOCAL, Code, Refusal
from storage import outbox, people
from storage.batch import of
from storage.calendars import county_calendar
from storage.tables import Area, Lane

REVIEW = "{subject}:review"
"""The cards of those who are asked for their word."""


@dataclass(frozen=True, slots=True)
class Matter:
    """What waits for a second word. `name` begins the kinds of its cards and chores, `facts` are what those carry;
    `samples`: messages that show what a card has no room for.
    """

    name: str
    subject: str
    facts: dict[str, int]
    lane: Lane = Lane.ORDINARY
    samples: int = 0

    @property
    def cards(self) -> str:
        """The subject of the cards of those who are asked."""
        return REVIEW.format(subject=self.subject)


async def seconders(
    session: AsyncSession, action: Action, area: Area, author_id: int, size: int, on: date, none: Code
) -> list[int]:
    """Whom to ask for the word that so many recipients need, by person id; nobody where one person may decide.

    Raises `Refusal(none)` (size, limit) where it is needed and nobody can give it.
    """
    profile = await of(session).profile(area, on)
    if not reaching.needs_second(size, profile):
        return []
    found = await people.seconders(session, action, area, author_id, on)
    if not found:
        raise Refusal(none, LOCAL, size=size, limit=profile.second_admin_above)
    return [person.id for person in found]


async def begin(
    session: AsyncSession,
    matter: Matter,
    area: Area,
    asked: Sequence[int],
    now: datetime,
    *,
    until: datetime | None = None,
) -> None:
    """Ask for the second word, remind of it once, and have it lapse: at the latest at `until`, past which it is no use."""
    await _ask(session, matter, asked, now)
    local = await of(session).local(area, now)
    calendar = await county_calendar(session, area, {local.year, local.year + 1})
    ends_at = reaching.review_until(local, calendar)
    for chore, due_at in (
        ("ask_again", reaching.review_reminded_at(local, calendar)),
        ("expire", min(ends_at, until) if until is not None else ends_at),
    ):
        kind = f"{matter.name}_{chore}"
        await outbox.chore(session, kind, key=f"{matter.subject}:{kind}", now=due_at, payload=matter.facts)


async def _ask(session: AsyncSession, matter: Matter, asked: Sequence[int], now: datetime) -> None:
    """Have people asked for their word who haven't been; the first decides."""
    for part in range(matter.samples):
        key = f"{matter.cards}:sample:{part}"
        to = {person_id: {**matter.facts, "part": part} for person_id in asked}
        await outbox.put_many(session, f"{matter.name}_sample", to, key=key, lane=matter.lane, now=now)
    await _put(session, matter, asked, matter.cards, now)


async def _put(session: AsyncSession, matter: Matter, to: Sequence[int], key: str, now: datetime) -> None:
    kind, facts = f"{matter.name}_review", dict.fromkeys(to, matter.facts)
    await outbox.put_many(session, kind, facts, key=key, subject=matter.cards, lane=matter.lane, now=now)


async def ask_again(
    session: AsyncSession, matter: Matter, action: Action, area: Area, author_id: int, now: datetime
) -> int:
    """Remind those who may give the second word, and ask who can by now; how many they are."""
    on = (await of(session).local(area, now)).date()
    found = [person.id for person in await people.seconders(session, action, area, author_id, on)]
    again = [person_id for person_id in found if await outbox.is_known(session, matter.cards, person_id)]
    await _ask(session, matter, found, now)
    await _put(session, matter, again, f"{matter.cards}:again", now)
    return len(found)


async def tell_author(session: AsyncSession, matter: Matter, author_id: int, what: str, now: datetime) -> None:
    """What has come of it: `returned`, `expired`, and where a card is not enough `confirmed`."""
    key, kind = f"{matter.subject}:{what}", f"{matter.name}_{what}"
    await outbox.put(session, kind, to=author_id, key=key, payload=matter.facts, lane=Lane.ANSWER, now=now)
