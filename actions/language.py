"""语言: which language the assistant speaks with a person."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Target, Viewer, require
from storage import audit
from storage.tables import Area, Person


async def set_language(
    session: AsyncSession, *, by: Viewer, person: Person, area: Area, language: str, now: datetime
) -> bool:
    """Speak another language; False where it is spoken already. Raises `Refusal(NOT_ALLOWED)`."""
    role = require(by, Action.LANGUAGE_SET, Target(area.path, person.id))
    if person.language == language:
        return False
    before = {"language": person.language}
    person.language = language
    audit.record(
        session,
        Action.LANGUAGE_SET,
        f"person:{person.id}",
        by=by.person_id,
        role=role,
        now=now,
        area_id=area.id,
        before=before,
        after={"language": language},
    )
    return True
