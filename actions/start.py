"""First contact: an invitation is accepted with consent, or turned away; a lost phone's account gives way."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from actions.emergency_asking import INCLUDE
from actions.invitations import SUBJECT
from actions.notice_sending import JOIN
from policy.authority import Action
from policy.refusals import LOCAL, Code, Refusal
from storage import audit, outbox, people
from storage import invitations as stored
from storage.batch import of
from storage.ids import new_id
from storage.invitations import Open, peek
from storage.tables import Chat, Invitation, Person

TRIES = 5
TRIES_WITHIN = timedelta(hours=1)
WRONG = "invitation:wrong"


@dataclass(frozen=True, slots=True)
class Accepted:
    """Bound. `left` is the messenger's number of the account that gave way (换手机), if it could be reached."""

    person: Person
    left: int | None


async def meet(session: AsyncSession, *, channel: str, external_id: int) -> Chat:
    """Note a chat that nobody is bound to yet, so that a conversation can be held in it."""
    chat = Chat(id=new_id(session), channel=channel, external_id=external_id)
    session.add(chat)
    await session.flush()
    return chat


async def count_wrong(session: AsyncSession, *, channel: str, external_id: int, now: datetime) -> None:
    """Note a token that nobody gave out."""
    subject = _account(channel, external_id)
    audit.record(session, WRONG, subject, by=None, role=None, now=now)


async def check_tries(session: AsyncSession, *, channel: str, external_id: int, now: datetime) -> None:
    """Raises `Refusal(TOKEN_TRIES)` after five wrong tokens within an hour; then the next is not even looked up."""
    times = await audit.times(session, WRONG, _account(channel, external_id), since=now - TRIES_WITHIN)
    if len(times) >= TRIES:
        wait = times[-TRIES] + TRIES_WITHIN - now
        raise Refusal(Code.TOKEN_TRIES, LOCAL, tries=TRIES, minutes=max(1, -(-wait.seconds // 60)))


async def accept(
    session: AsyncSession, *, chat: Chat, invitation_id: int, position: bool | None, language: str, now: datetime
) -> Accepted:
    """同意并开始 / 不用定位: spend the token, bind the chat, keep the consent with its time.

    `position`: consent to exact positions; None where they are not asked for. Raises `Refusal` as `peek`.
    """
    opened = await _opened(session, chat, invitation_id, now)
    person = opened.person
    left = opened.old.external_id if opened.old is not None and opened.old.is_reachable else None
    before = await _unbind(session, opened.old, now)
    chat.person_id, chat.bound_at = person.id, now
    chat.is_reachable, chat.unreachable_since = True, None
    opened.invitation.used_at = now
    if person.consented_at is None:
        person.language = language
    consent_before = {"position": person.position_consent} if person.consented_at is not None else None
    person.consented_at = now
    if position is not None:
        person.position_consent = position
    of(session).forget_speaker(chat.channel, chat.external_id)
    await outbox.tell_now(session, chat.channel, person.id, now)
    await outbox.chore(session, JOIN, key=f"{JOIN}:{invitation_id}", now=now, payload={"person_id": person.id})
    await outbox.chore(session, INCLUDE, key=f"{INCLUDE}:{invitation_id}", now=now, payload={"person_id": person.id})
    area_id = opened.roles[0][1].id
    subject = SUBJECT.format(id=invitation_id)
    audit.record(
        session,
        "invitation:redeem",
        subject,
        by=person.id,
        role=opened.roles[0][0].role,
        now=now,
        area_id=area_id,
        before=before,
        after={"person": person.id, "chat": chat.id},
    )
    audit.record(
        session,
        Action.CONSENT_SET,
        f"person:{person.id}",
        by=person.id,
        role=opened.roles[0][0].role,
        now=now,
        area_id=area_id,
        before=consent_before,
        after={"records": True, "position": position},
    )
    return Accepted(person, left)


async def disown(session: AsyncSession, *, chat: Chat, invitation_id: int, now: datetime) -> None:
    """这不是我: the link went astray. It ends, and the county's office hears. Raises `Refusal` as `peek`."""
    opened = await _opened(session, chat, invitation_id, now)
    opened.invitation.revoked_at = now
    area = opened.roles[0][1]
    subject = SUBJECT.format(id=invitation_id)
    audit.record(session, "invitation:disown", subject, by=None, role=None, now=now, area_id=area.id)
    today = (await of(session).local(area, now)).date()
    for officer in await people.county_office(session, area, today):
        await outbox.put(
            session,
            "invitation_disowned",
            to=officer.id,
            key=f"{subject}:disowned",
            payload={"id": invitation_id},
            now=now,
        )


async def _opened(session: AsyncSession, chat: Chat, invitation_id: int, now: datetime) -> Open:
    invitation = await session.get(Invitation, invitation_id)
    return await peek(session, invitation, channel=chat.channel, chat=chat, now=now)


async def _unbind(session: AsyncSession, old: Chat | None, now: datetime) -> dict[str, int] | None:
    """Take the account from the lost phone, with what was being said on it."""
    if old is None:
        return None
    old.person_id, old.bound_at, old.menu = None, None, None
    await session.flush()  # the person's place must be free before the new chat takes it
    await stored.clear_conversation(session, old.id, now)
    of(session).forget_speaker(old.channel, old.external_id)
    return {"chat": old.id}


def _account(channel: str, external_id: int) -> str:
    return f"account:{channel}:{external_id}"
