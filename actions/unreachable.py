"""A person who can't be written to: noted, and the county hears of it once, so that somebody rings him up."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from actions.figures import OTHERS
from policy.authority import Viewer
from policy.refusals import Code, Refusal
from policy.roster import Level
from storage import audit, outbox, people
from storage.batch import of
from storage.tables import Chat
from storage.unreachable import chat_of_person, reviews

_REVIEW = timedelta(days=30)
"""Longer than anything waits for a second person's word, the longest holiday included."""
SUBJECT = "unreachable:{county}:{on}"


async def mark(session: AsyncSession, *, by: Viewer, person_id: int, cause: str, now: datetime) -> None:
    """The channel says that a person has blocked the bot or is gone. Known already: nothing changes.

    Raises `Refusal(NOT_ALLOWED)`: only the software itself says so.
    """
    chat = await chat_of_person(session, session.info["channel"], person_id)
    if chat is not None:
        await mark_chat(session, chat, by=by, cause=cause, now=now)


async def mark_chat(session: AsyncSession, chat: Chat, *, by: Viewer, cause: str, now: datetime) -> None:
    """As `mark`, of an account; one may block the assistant oneself. Raises `Refusal(NOT_ALLOWED)`."""
    if by.system_path is None and by.person_id != chat.person_id:
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action="chat:unreachable")
    if not chat.is_reachable:
        return
    chat.is_reachable, chat.unreachable_since = False, now
    if chat.person_id is None:
        return
    await session.flush()
    subject, after = f"person:{chat.person_id}", {"channel": chat.channel, "cause": cause}
    audit.record(session, "chat:unreachable", subject, by=None, role=None, now=now, after=after)
    await _tell_county(session, chat.person_id, now)
    await _renew_reviews(session, chat.person_id, now)
    key = f"{OTHERS}:{chat.person_id}:{now.isoformat()}"
    await outbox.chore(session, OTHERS, key=key, now=now, payload={"person_id": chat.person_id})


async def note_back(session: AsyncSession, chat: Chat, *, by: Viewer, now: datetime) -> None:
    """The person has written, or lets us write, again: what was not said meanwhile is told, as things stand now.

    Raises `Refusal(NOT_ALLOWED)`.
    """
    if by.system_path is None and by.person_id != chat.person_id:
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action="chat:reachable")
    if chat.is_reachable:
        return
    chat.is_reachable, chat.unreachable_since = True, None
    if chat.person_id is None:
        return
    subject, after = f"person:{chat.person_id}", {"channel": chat.channel}
    audit.record(session, "chat:reachable", subject, by=by.person_id, role=None, now=now, after=after)
    await outbox.tell_now(session, chat.channel, chat.person_id, now)
    await session.flush()
    await _renew_reviews(session, chat.person_id, now)


async def _renew_reviews(session: AsyncSession, person_id: int, now: datetime) -> None:
    """Who waits for this person's word sees on his own card whom it waits for by now."""
    for subject in await reviews(session, person_id, now - _REVIEW):
        await outbox.refresh(session, subject.removesuffix(":review") + ":progress", now)


async def _tell_county(session: AsyncSession, person_id: int, now: datetime) -> None:
    """One card a county and day, which grows: a notice to a county may find fifty who are gone."""
    posts = (await people.posts_of(session, [person_id], now.date()))[person_id]
    if not posts:
        return
    county = await people.area_at(session, posts[0].area, Level.COUNTY)
    if county is None:
        return
    on = (await of(session).local(county, now)).date()
    subject = SUBJECT.format(county=county.id, on=on.isoformat())
    for staff in await people.county_office(session, county, on):
        if staff.id != person_id:
            facts = {"county_id": county.id, "on": on.isoformat()}
            await outbox.put(session, "unreachable", to=staff.id, key=subject, payload=facts, subject=subject, now=now)
    await outbox.refresh(session, subject, now)
