"""Invitations: a link binds a person to an account, once, within seven days; a lost phone goes through county staff."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import TEAM, Action, Role, Target, Viewer, require
from policy.refusals import LOCAL, Code, Refusal
from storage import audit
from storage import invitations as stored
from storage.ids import new_id, reserve
from storage.tables import Area, Invitation, Person, PersonRole

VALID_FOR = timedelta(days=7)
TOKEN_BYTES = 16
SUBJECT = "invitation:{id}"


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody with a fresh link. The token is said once and kept nowhere."""

    person: Person
    role: Role
    area: Area
    token: str


async def create(
    session: AsyncSession,
    *,
    by: Viewer,
    person_id: int,
    now: datetime,
    channel: str | None = None,
    takeover: bool = False,
) -> str:
    """A new token for a person; older unused ones end. `takeover` moves an account from a lost phone.

    Raises `Refusal`: NOT_FOUND (nobody with a role now or later), NOT_ALLOWED, PERSON_BOUND (has an account on
    `channel`, and it is no takeover).
    """
    person = await session.get(Person, person_id)
    roles = await stored.roles_of(session, [person_id], now.date() - timedelta(days=1))
    if person is None or not roles:
        raise Refusal(Code.NOT_FOUND, LOCAL, person_id=person_id)
    role, area_id = _may_invite(by, roles)
    if channel is not None and not takeover and await stored.account_of(session, channel, person_id) is not None:
        raise Refusal(Code.PERSON_BOUND, LOCAL, person_id=person_id)
    await stored.revoke_unused(session, [person_id], now)
    invitation, token = _new(session, by, person_id, now, takeover=takeover)
    session.add(invitation)
    audit.record(
        session,
        Action.INVITATION_CREATE,
        SUBJECT.format(id=invitation.id),
        by=by.person_id,
        role=role,
        now=now,
        area_id=area_id,
        after={"person": person_id, "takeover": takeover},
    )
    return token


async def create_all(
    session: AsyncSession, *, by: Viewer, area: Area, channel: str, now: datetime, today: date
) -> list[Invited]:
    """Tokens for everybody in an area who has a role and no account on the channel yet. Raises `Refusal(NOT_ALLOWED)`.

    Whoever may be invited only by somebody higher up (`create`) is left out.
    """
    role = require(by, Action.INVITATION_CREATE, Target(area.path))
    found = await stored.unbound(session, by, area, channel, today)
    held: dict[int, list[tuple[PersonRole, Area]]] = {}
    ids = [person.id for person, _, _ in found]
    for start in range(0, len(ids), stored.AT_ONCE):
        for row, place in await stored.roles_of(session, ids[start : start + stored.AT_ONCE], today):
            held.setdefault(row.person_id, []).append((row, place))
    found = [entry for entry in found if _reaches(by, held[entry[0].id])]
    await stored.revoke_unused(session, [person.id for person, _, _ in found], now)
    await reserve(session, 2 * len(found))
    made = []
    for person, held_role, place in found:
        invitation, token = _new(session, by, person.id, now, takeover=False)
        session.add(invitation)
        audit.record(
            session,
            Action.INVITATION_CREATE,
            SUBJECT.format(id=invitation.id),
            by=by.person_id,
            role=role,
            now=now,
            area_id=place.id,
            after={"person": person.id, "takeover": False},
        )
        made.append(Invited(person, held_role, place, token))
    return made


def _new(session: AsyncSession, by: Viewer, person_id: int, now: datetime, *, takeover: bool) -> tuple[Invitation, str]:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    while token.startswith("-"):  # a spreadsheet would take it for a formula
        token = secrets.token_urlsafe(TOKEN_BYTES)
    invitation = Invitation(
        id=new_id(session),
        token_hash=stored.hashed(token),
        person_id=person_id,
        created_by_id=by.person_id,
        created_at=now,
        expires_at=now + VALID_FOR,
        is_takeover=takeover,
    )
    return invitation, token


def _may_invite(by: Viewer, roles: Sequence[tuple[PersonRole, Area]]) -> tuple[Role | None, int]:
    """The role one acts in, and the area of the audit row. Raises `Refusal(NOT_ALLOWED)`."""
    if not _reaches(by, roles):
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.INVITATION_CREATE.value)
    reached = [(held, area) for held, area in roles if _covers(by, area)]
    area = reached[0][1]
    return require(by, Action.INVITATION_CREATE, Target(area.path)), area.id


def _reaches(by: Viewer, roles: Sequence[tuple[PersonRole, Area]]) -> bool:
    """A link gives everything its person may do: whoever makes it must stand above all of that.

    Any village of a team member will do; every office held must lie in one's own area, and only an admin lets in
    an admin.
    """
    if not any(_covers(by, area) for _, area in roles):
        return False
    offices = [(held.role, area) for held, area in roles if held.role not in TEAM]
    may_admin = by.system_path is not None or bool(by.holds({Role.ADMIN}))
    return all(_covers(by, area) and (role is not Role.ADMIN or may_admin) for role, area in offices)


def _covers(by: Viewer, area: Area) -> bool:
    return any(area.path.startswith(path) for path in by.paths(Action.INVITATION_CREATE))
