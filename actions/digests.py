"""逐件处理 of a digest: what waits for somebody in one of his offices comes case by case. POLICY §2 (merged messages)."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from actions import corrections, explanations
from policy.authority import Action, Role, Target, Viewer, require
from policy.refusals import Code, Refusal
from storage import audit, matters, outbox
from storage.matters import MatterKind
from storage.tables import Lane

AT_ONCE = 10
"""Cases sent at one press; the rest comes at the next."""

CARDS = {
    MatterKind.EXPLANATION: ("explanation", explanations.SUBJECT),
    MatterKind.CORRECTION: ("correction", corrections.SUBJECT),
}
"""The card that a matter is decided on, and its subject: decided anywhere, it changes here too."""


async def one_by_one(session: AsyncSession, *, by: Viewer, role: Role, asked: str, now: datetime) -> int:
    """Have the oldest cases that wait for him in this office sent to who asks, as things stand; how many wait in all.

    `asked` is what the request hangs on: asked twice from the same, they come once. Raises `Refusal(NOT_ALLOWED)`
    where he holds no such office.
    """
    office = by.in_office(role)
    if by.person_id is None or not office.grants:
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.EXPLANATION_DECIDE.value)
    area_id, path = office.grants[0].area_id, office.grants[0].area_path
    require(office, Action.EXPLANATION_DECIDE, Target(path))
    found = await matters.to_decide(session, office)
    for matter in found[:AT_ONCE]:
        kind, subject = CARDS[matter.kind]
        about, payload = subject.format(id=matter.id), {"id": matter.id}
        key = f"{about}:again:{asked}"
        await outbox.put(
            session, kind, to=by.person_id, key=key, payload=payload, subject=about, lane=Lane.ANSWER, now=now
        )
    if found:
        after = {"count": min(len(found), AT_ONCE)}
        subject = f"area:{area_id}"
        audit.record(
            session, "digest:one_by_one", subject, by=by.person_id, role=role, now=now, area_id=area_id, after=after
        )
    return len(found)
