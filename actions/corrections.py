"""补签, clause 三（二）: a missed check-in is asked to be counted; somebody else decides. Never a finding by itself."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from policy import checkin
from policy import corrections as rules
from policy.authority import Action, Role, Target, Viewer, require
from policy.calendar import Half
from policy.refusals import LOCAL, Code, Refusal
from policy.sentences import sentence
from storage import audit, corrections, days, leave, month_locks, outbox, people
from storage.batch import of
from storage.corrections import get, halves_of
from storage.ids import new_id
from storage.tables import Area, CheckInCorrection, Facts, Lane, Person, Verdict

SUBJECT = "correction:{id}"


async def check(
    session: AsyncSession, *, by: Viewer, on: date, halves: Collection[Half], now: datetime
) -> tuple[Area, Role | None]:
    """The village that a correction of these half-days belongs to, and the role one asks in; nothing is written.

    Raises `Refusal`: NOT_ALLOWED, CHECKIN_OFF, CORRECTION_*, CORRECTIONS_USED_UP, EXPLANATION_WAITS.
    """
    village = None if by.person_id is None else await corrections.village_on(session, by.person_id, on)
    if village is None or by.person_id is None:
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.CORRECTION_REQUEST.value)
    role = require(by, Action.CORRECTION_REQUEST, Target(village.path, by.person_id))
    batch = of(session)
    local = await batch.local(village, now)
    profile = await batch.profile(village, on)
    checkin.require_on(profile, on)
    await month_locks.require_open(session, village, by.person_id, [on], now)
    taken = corrections.spoken_for(await corrections.waiting(session, by.person_id, on), on)
    for half in sorted(halves):
        if half in taken:
            is_asked = isinstance(taken[half], CheckInCorrection)
            code = Code.CORRECTION_WAITS if is_asked else Code.EXPLANATION_WAITS
            raise Refusal(code, LOCAL, on=on, half=half)
    rules.check_correction(
        on,
        halves,
        now_local=local,
        used_this_month=await corrections.used(session, by.person_id, on),
        own_status=await corrections.statuses(session, by.person_id, village, on, local),
        profile=profile,
    )
    return village, role


async def request(
    session: AsyncSession, *, by: Viewer, on: date, halves: Collection[Half], reason: str, now: datetime
) -> CheckInCorrection:
    """Ask that half-days of one day be counted; they wait (待核实) until somebody else has decided.

    Those who may decide are told: the village's first secretary and the township, never oneself. Raises `Refusal` as
    `check`, and TEXT_EMPTY, TEXT_TOO_LONG.
    """
    said = sentence(reason)
    village, role = await check(session, by=by, on=on, halves=halves, now=now)
    correction = CheckInCorrection(
        id=new_id(session),
        person_id=by.person_id,
        village_id=village.id,
        on=on,
        am=Half.AM in halves,
        pm=Half.PM in halves,
        reason=said,
        asked_at=now,
        verdict=Verdict.PENDING,
    )
    session.add(correction)
    await days.change(session, correction.person_id, village, on, halves, add=Facts.PENDING)
    subject = SUBJECT.format(id=correction.id)
    audit.record(
        session,
        Action.CORRECTION_REQUEST,
        subject,
        by=by.person_id,
        role=role,
        now=now,
        area_id=village.id,
        after={"on": on.isoformat(), "halves": days.written(halves)},
    )
    await _tell(session, "correction_asked", correction.person_id, correction, lane=Lane.ANSWER, now=now)
    for person in await deciders(session, correction, village, now):
        await _tell(session, "correction", person.id, correction, lane=Lane.ORDINARY, now=now)
    return correction


async def deciders(session: AsyncSession, correction: CheckInCorrection, village: Area, now: datetime) -> list[Person]:
    """Who may decide, in office today: the first secretary and the township's officers, but never the applicant."""
    today = (await of(session).local(village, now)).date()
    firsts = await leave.first_secretaries(session, village, today, correction.person_id)
    others = await people.officers(session, village, today, but_not=correction.person_id)
    found = {person.id: person for person in [*firsts, *others]}
    return [person for person in found.values() if rules.may_decide(correction.person_id, person.id)]


async def decide(
    session: AsyncSession, *, by: Viewer, correction_id: int, verdict: Verdict, now: datetime
) -> CheckInCorrection:
    """同意 / 不同意. The first decision stands; the person hears of it at once.

    Refused, the half-days stay 待核实: that is never absence. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOT_YOURSELF,
    ALREADY_DECIDED (by_id, verdict). `ValueError` for what is no decision.
    """
    if verdict not in {Verdict.APPROVED, Verdict.REJECTED}:
        raise ValueError(f"{verdict} is no decision")
    correction, village, role = await get(session, by, Action.CORRECTION_DECIDE, correction_id)
    await _settle(session, Action.CORRECTION_DECIDE, correction, village, verdict, by=by, role=role, now=now)
    await _tell(session, "correction_decided", correction.person_id, correction, lane=Lane.ANSWER, now=now)
    return correction


async def withdraw(session: AsyncSession, *, by: Viewer, correction_id: int, now: datetime) -> CheckInCorrection:
    """撤回 by the person himself, before a decision; it no longer counts among the month's.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, ALREADY_DECIDED (by_id, verdict).
    """
    correction, village, role = await get(session, by, Action.CORRECTION_WITHDRAW, correction_id)
    await _settle(
        session, Action.CORRECTION_WITHDRAW, correction, village, Verdict.WITHDRAWN, by=by, role=role, now=now
    )
    return correction


async def _settle(
    session: AsyncSession,
    action: Action,
    correction: CheckInCorrection,
    village: Area,
    verdict: Verdict,
    *,
    by: Viewer,
    role: Role | None,
    now: datetime,
) -> None:
    if correction.verdict is not Verdict.PENDING:
        raise Refusal(Code.ALREADY_DECIDED, LOCAL, by_id=correction.decided_by_id, verdict=correction.verdict)
    await month_locks.require_open(session, village, correction.person_id, [correction.on], now)
    free = await corrections.decided_halves(session, correction)
    correction.verdict, correction.decided_by_id, correction.decided_at = verdict, by.person_id, now
    if verdict is Verdict.APPROVED:
        await days.change(
            session, correction.person_id, village, correction.on, halves_of(correction), add=Facts.CORRECTED
        )
    await days.change(session, correction.person_id, village, correction.on, free, drop=Facts.PENDING)
    subject = SUBJECT.format(id=correction.id)
    audit.record(
        session,
        action,
        subject,
        by=by.person_id,
        role=role,
        now=now,
        area_id=village.id,
        before={"verdict": Verdict.PENDING},
        after={"verdict": verdict},
    )
    await outbox.refresh(session, subject, now)


async def _tell(
    session: AsyncSession, kind: str, to: int, correction: CheckInCorrection, *, lane: Lane, now: datetime
) -> None:
    subject = SUBJECT.format(id=correction.id)
    is_news = kind == "correction_decided"  # says what has become of it and never changes
    await outbox.put(
        session,
        kind,
        to=to,
        key=f"{kind}:{correction.id}",
        payload={"id": correction.id},
        subject=None if is_news else subject,
        lane=lane,
        now=now,
    )
