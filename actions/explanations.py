"""说明情况, clause 三（二）: a reason for being elsewhere waits for the township's word. Never a finding by itself."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from policy import checkin as rules
from policy.authority import Action, Target, Viewer, require
from policy.calendar import Half
from policy.checkin import Evidence
from policy.geo import DistanceClass
from policy.refusals import LOCAL, Code, Refusal
from policy.sentences import sentence
from storage import audit, corrections, days, month_locks, outbox, people
from storage.batch import of
from storage.explanations import get
from storage.ids import new_id
from storage.tables import Area, Explanation, Facts, Lane, Verdict

SUBJECT = "explanation:{id}"


def halves_of(explanation: Explanation) -> frozenset[Half]:
    """The half-days an explanation speaks for."""
    return frozenset(Half) if explanation.whole_day else frozenset({explanation.half})


async def report(
    session: AsyncSession,
    *,
    by: Viewer,
    village: Area,
    reason: str,
    at: datetime,
    now: datetime,
    distance_m: float | None = None,
    distance_class: DistanceClass | None = None,
    evidence: Evidence | None = None,
    position: tuple[float, float, float | None] | None = None,
) -> Explanation:
    """Say why one is elsewhere; the half-days wait (待核实) until the township has decided.

    `at` is the moment explained (UTC), `position` degrees WGS-84 and accuracy in metres. Raises `Refusal`:
    NOT_ALLOWED, TEXT_EMPTY, TEXT_TOO_LONG, CHECKIN_CLOSED, CHECKIN_OFF, MONTH_LOCKED.
    """
    role = require(by, Action.EXPLANATION_REPORT, Target(village.path, by.person_id))
    said = sentence(reason)
    batch = of(session)
    local = await batch.local(village, at)
    halves = rules.halves_proved(local, await batch.profile(village, local.date()))
    await month_locks.require_open(session, village, by.person_id or 0, [local.date()], now)
    explanation = Explanation(
        id=new_id(session),
        person_id=by.person_id,
        village_id=village.id,
        on=local.date(),
        half=Half.AM if Half.AM in halves else Half.PM,
        whole_day=len(halves) == 2,
        at=at,
        reason=said,
        distance_m=None if distance_m is None else round(distance_m, -1),
        distance_class=distance_class,
        evidence=evidence,
        verdict=Verdict.PENDING,
    )
    if position is not None:
        explanation.latitude, explanation.longitude, explanation.accuracy_m = position
    session.add(explanation)
    await days.change(session, explanation.person_id, village, explanation.on, halves, add=Facts.PENDING)
    audit.record(
        session,
        Action.EXPLANATION_REPORT,
        SUBJECT.format(id=explanation.id),
        by=by.person_id,
        role=role,
        now=now,
        area_id=village.id,
        after={"on": explanation.on.isoformat(), "halves": days.written(halves), "distance": distance_class},
    )
    subject = SUBJECT.format(id=explanation.id)
    today = (await batch.local(village, now)).date()
    for officer in await people.officers(session, village, today, but_not=by.person_id):
        await outbox.put(
            session, "explanation", to=officer.id, key=subject, payload={"id": explanation.id}, subject=subject, now=now
        )
    return explanation


async def decide(
    session: AsyncSession, *, by: Viewer, explanation_id: int, verdict: Verdict, now: datetime
) -> Explanation:
    """情况属实 / 不属实. The first decision stands; the person hears of it at once.

    Not upheld, the half-days stay 待核实: silence or a refused reason is never absence. Raises `Refusal`:
    NOT_FOUND, NOT_ALLOWED, NOT_YOURSELF, ALREADY_DECIDED (by_id, verdict), MONTH_LOCKED.
    """
    explanation, village, role = await get(session, by, Action.EXPLANATION_DECIDE, explanation_id)
    if explanation.verdict is not Verdict.PENDING:
        raise Refusal(Code.ALREADY_DECIDED, LOCAL, by_id=explanation.decided_by_id, verdict=explanation.verdict)
    await month_locks.require_open(session, village, explanation.person_id, [explanation.on], now)
    explanation.verdict, explanation.decided_by_id, explanation.decided_at = verdict, by.person_id, now
    add = Facts.CORRECTED if verdict is Verdict.APPROVED else Facts.NONE
    halves = halves_of(explanation)
    settled = await corrections.decided_halves(session, explanation)  # a correction may still wait on the same half
    await days.change(session, explanation.person_id, village, explanation.on, halves, add=add)
    await days.change(session, explanation.person_id, village, explanation.on, settled, drop=Facts.PENDING)
    subject = SUBJECT.format(id=explanation.id)
    audit.record(
        session,
        Action.EXPLANATION_DECIDE,
        subject,
        by=by.person_id,
        role=role,
        now=now,
        area_id=village.id,
        before={"verdict": Verdict.PENDING},
        after={"verdict": verdict},
    )
    await outbox.refresh(session, subject, now)
    await outbox.put(
        session,
        "explanation_decided",
        to=explanation.person_id,
        key=f"{subject}:decided",
        payload={"id": explanation.id},
        lane=Lane.ANSWER,
        now=now,
    )
    return explanation
