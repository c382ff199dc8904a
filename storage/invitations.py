"""Invitations, kept as hashes. Finding one by its token is exempt from viewers (law 8)."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Role, Viewer
from policy.refusals import LOCAL, Code, Refusal
from storage.batch import of
from storage.tables import Area, Chat, Conversation, Invitation, Person, PersonRole

AT_ONCE = 500


def hashed(token: str) -> str:
    """What is kept of a token. Tokens hold 128 random bits, so that a bare hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


async def by_token(session: AsyncSession, token: str) -> Invitation | None:
    """The invitation of a token. The index is asked for the hash, so that timing tells nothing of the token."""
    return (await session.scalars(select(Invitation).where(Invitation.token_hash == hashed(token)))).one_or_none()


@dataclass(frozen=True, slots=True)
class Open:
    """An invitation that may be accepted: for whom, the roles held now or later, the account it would take over."""

    invitation: Invitation
    person: Person
    roles: tuple[tuple[PersonRole, Area], ...]
    old: Chat | None

    @property
    def areas(self) -> list[Area]:
        """The areas of the roles, without repeats."""
        return list({area.id: area for _, area in self.roles}.values())


async def peek(
    session: AsyncSession, invitation: Invitation | None, *, channel: str, chat: Chat | None, now: datetime
) -> Open:
    """What an invitation would do for a chat (None: one that nobody has spoken from yet); it stays unused.

    Raises `Refusal`: TOKEN_UNKNOWN, TOKEN_USED, TOKEN_EXPIRED (also when a newer link has replaced it), CHAT_TAKEN
    (the chat is somebody else's), PERSON_BOUND (the person has another account here and it is no takeover),
    ROLE_ENDED.
    """
    if invitation is None:
        raise Refusal(Code.TOKEN_UNKNOWN, LOCAL)
    if invitation.used_at is not None:
        raise Refusal(Code.TOKEN_USED, LOCAL)
    if invitation.revoked_at is not None or invitation.expires_at <= now:
        raise Refusal(Code.TOKEN_EXPIRED, LOCAL, replaced=invitation.revoked_at is not None)
    if chat is not None and chat.person_id is not None and chat.person_id != invitation.person_id:
        raise Refusal(Code.CHAT_TAKEN, LOCAL)
    old = await account_of(session, channel, invitation.person_id)
    if old is not None and chat is not None and old.id == chat.id:
        old = None
    if old is not None and not invitation.is_takeover:
        raise Refusal(Code.PERSON_BOUND, LOCAL)
    roles = []
    for role, area in await roles_of(session, [invitation.person_id], now.date() - timedelta(days=1)):
        if role.ends_on is None or role.ends_on >= (await of(session).local(area, now)).date():
            roles.append((role, area))
    if not roles:
        raise Refusal(Code.ROLE_ENDED, LOCAL)
    return Open(invitation, await session.get_one(Person, invitation.person_id), tuple(roles), old)


async def revoke_unused(session: AsyncSession, person_ids: Sequence[int], now: datetime) -> None:
    """A newer link ends the older ones."""
    for start in range(0, len(person_ids), AT_ONCE):
        await session.execute(
            update(Invitation)
            .where(
                Invitation.person_id.in_(person_ids[start : start + AT_ONCE]),
                Invitation.used_at.is_(None),
                Invitation.revoked_at.is_(None),
            )
            .values(revoked_at=now)
        )


async def account_of(session: AsyncSession, channel: str, person_id: int) -> Chat | None:
    """The account of a person on a channel, reachable or not."""
    query = select(Chat).where(Chat.channel == channel, Chat.person_id == person_id)
    return (await session.scalars(query)).one_or_none()


async def has_account(session: AsyncSession, viewer: Viewer, channel: str, person_id: int, on: date) -> bool:
    """Whether somebody whom `viewer` may invite is bound on a channel. Raises `Refusal(NOT_FOUND)` for others."""
    person, _role, _area = await person_invited(session, viewer, person_id, on)
    return await account_of(session, channel, person.id) is not None


async def clear_conversation(session: AsyncSession, chat_id: int, now: datetime) -> None:
    """Forget what a chat was in the middle of, drafts included: somebody else may hold the phone."""
    await session.execute(
        update(Conversation).where(Conversation.chat_id == chat_id).values(state=None, data={}, updated_at=now)
    )


async def unbound(
    session: AsyncSession, viewer: Viewer, area: Area, channel: str, on: date
) -> list[tuple[Person, Role, Area]]:
    """People with a role in an area or below, now or later, and no account on the channel; by area code.

    One row a person, the role in the highest area. Only within the areas in which `viewer` may invite.
    """
    bound = exists().where(Chat.person_id == Person.id, Chat.channel == channel)
    query = _invited(viewer).where(
        Area.path.startswith(area.path, autoescape=True),
        or_(PersonRole.ends_on.is_(None), PersonRole.ends_on >= on),
        ~bound,
    )
    found: dict[int, tuple[Person, Role, Area]] = {}
    for person, role, place in await session.execute(query.order_by(Area.code, PersonRole.starts_on, Person.id)):
        found.setdefault(person.id, (person, role, place))
    return list(found.values())


async def holders_by_name(
    session: AsyncSession, viewer: Viewer, role: Role, area: Area, name: str | None, on: date
) -> list[tuple[Person, Role, Area]]:
    """Who holds a role exactly in an area, now or later, of that name where one is given."""
    query = _invited(viewer).where(
        Area.id == area.id,
        PersonRole.role == role,
        or_(PersonRole.ends_on.is_(None), PersonRole.ends_on >= on),
    )
    if name is not None:
        query = query.where(Person.name == name)
    rows = await session.execute(query.order_by(PersonRole.starts_on, Person.id))
    return list({person.id: (person, held, place) for person, held, place in rows}.values())


async def people_named(session: AsyncSession, viewer: Viewer, name: str, on: date) -> list[tuple[Person, Role, Area]]:
    """People of a name with a role, now or later, whom `viewer` may invite; one row a person."""
    query = _invited(viewer).where(
        Person.name == name,
        or_(PersonRole.ends_on.is_(None), PersonRole.ends_on >= on),
    )
    found: dict[int, tuple[Person, Role, Area]] = {}
    for person, role, place in await session.execute(query.order_by(Area.code, PersonRole.starts_on, Person.id)):
        found.setdefault(person.id, (person, role, place))
    return list(found.values())


async def person_invited(session: AsyncSession, viewer: Viewer, person_id: int, on: date) -> tuple[Person, Role, Area]:
    """Somebody with a role, now or later, whom `viewer` may invite, and the first such role.

    Raises `Refusal(NOT_FOUND)` for nobody and for somebody outside the viewer's areas alike.
    """
    query = _invited(viewer).where(Person.id == person_id, or_(PersonRole.ends_on.is_(None), PersonRole.ends_on >= on))
    row = (await session.execute(query.order_by(PersonRole.starts_on, PersonRole.id).limit(1))).first()
    if row is None:
        raise Refusal(Code.NOT_FOUND, LOCAL)
    person, role, area = row
    return person, role, area


async def roles_of(session: AsyncSession, person_ids: Collection[int], on: date) -> list[tuple[PersonRole, Area]]:
    """The roles people hold now or later."""
    query = (
        select(PersonRole, Area)
        .join(Area, PersonRole.area_id == Area.id)
        .where(PersonRole.person_id.in_(person_ids), or_(PersonRole.ends_on.is_(None), PersonRole.ends_on >= on))
        .order_by(PersonRole.starts_on, PersonRole.id)
    )
    return [(role, area) for role, area in await session.execute(query)]


def _invited(viewer: Viewer) -> Select[Person, Role, Area]:
    paths = viewer.paths(Action.INVITATION_CREATE)
    return (
        select(Person, PersonRole.role, Area)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .join(Area, PersonRole.area_id == Area.id)
        .where(or_(False, *(Area.path.startswith(path, autoescape=True) for path in paths)))
    )
