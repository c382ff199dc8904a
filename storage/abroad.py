"""That messages go through servers abroad, and that an admin knows (POLICY §5; 个人信息保护法 36)."""

from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Role
from storage import audit, people
from storage.people import Post
from storage.tables import Person, PersonRole

SUBJECT = "abroad"
_EVER = datetime(2000, 1, 1, tzinfo=UTC)


async def acknowledged_since(session: AsyncSession) -> datetime | None:
    """Since when an admin has acknowledged it; None: nobody has."""
    found = await audit.times(session, Action.ABROAD_ACKNOWLEDGE, SUBJECT, since=_EVER)
    return found[0] if found else None


async def admins(session: AsyncSession, name: str, on: date) -> list[tuple[Person, list[Post]]]:
    """The admins of a name on a day, with their roles. For the command line, which knows nobody (law 8)."""
    query = select(Person).where(
        Person.name == name, Person.id.in_(select(PersonRole.person_id).where(PersonRole.role == Role.ADMIN))
    )
    found = list(await session.scalars(query.order_by(Person.id)))
    posts = await people.posts_of(session, [person.id for person in found], on)
    held = [(person, posts[person.id]) for person in found]
    return [(person, held_by) for person, held_by in held if any(post.role is Role.ADMIN for post in held_by)]
