"""平安·在村, 平安·外出, 需要帮助: one's own word, a colleague's for the whole team, an officer's who telephoned.

All are kept; whose stands is `policy.emergency.stands`. Nobody's day is touched, and nobody's place is asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from actions.emergency import finish, renew
from policy.authority import Action, Target, Viewer, require
from policy.delivery import PROGRESS_EVERY
from policy.emergency import LONGEST, Answer, RollCallState, Said, Source, is_silent, stands
from policy.refusals import LOCAL, Code, Refusal
from policy.sentences import SENTENCE, sentence
from storage import audit, outbox
from storage import emergency as queries
from storage.batch import of
from storage.emergency import About, help_subject, silent_subject, subject
from storage.ids import new_id, reserve
from storage.tables import Area, EmergencyAsked, EmergencyRollCall, Lane, Person, SafetyReply


@dataclass(frozen=True, slots=True)
class Reported:
    """What a line for a whole team has done. `kept`: somebody's own word, which stands against it."""

    safe: tuple[Person, ...]
    but: tuple[tuple[Person, Answer], ...]
    kept: tuple[tuple[Person, Answer], ...]


async def reply(
    session: AsyncSession, *, by: Viewer, roll_call_id: int, answer: Answer, now: datetime, note: str | None = None
) -> About:
    """One's own word; the newest counts, the same again changes nothing but for a `note` of what is needed.

    That he needs help is taken after the end as well: whoever would hear of it hears of it still.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, EMERGENCY_OVER, TEXT_TOO_LONG.
    """
    found = await queries.about(session, by, Action.EMERGENCY_REPLY, roll_call_id, by.person_id)
    if answer is Answer.UNREACHED:  # nobody says so of himself
        raise Refusal(Code.NOT_FOUND)
    _require_heard(found.call, answer)
    said = sentence(note, LONGEST) if note else None
    new = Said(answer, Source.OWN)
    is_over = found.call.state is RollCallState.ENDED
    if _said(found.asked) == new and (not is_over or await queries.open_helps(session, found.asked)):
        if said:
            await _add(session, found, by, said, now)
        return found
    before = found.asked.answer
    await _record(session, found, new, by, said, now)
    _audit(session, Action.EMERGENCY_REPLY, found, by, now, before, answer)
    await finish(session, found.call, now)
    return found


async def add_note(session: AsyncSession, *, by: Viewer, roll_call_id: int, note: str, now: datetime) -> About:
    """What somebody needs, in a sentence after 需要帮助; whoever has the card reads it there.

    Raises `Refusal`: NOT_FOUND (he asked for none), NOT_ALLOWED, EMERGENCY_OVER, TEXT_EMPTY, TEXT_TOO_LONG.
    """
    found = await queries.about(session, by, Action.EMERGENCY_REPLY, roll_call_id, by.person_id)
    _require_heard(found.call, Answer.NEEDS_HELP)
    if _said(found.asked) != Said(Answer.NEEDS_HELP, Source.OWN):
        raise Refusal(Code.NOT_FOUND)
    await _add(session, found, by, sentence(note, LONGEST), now)
    return found


async def _add(session: AsyncSession, found: About, by: Viewer, note: str, now: datetime) -> None:
    row = await session.get_one(SafetyReply, found.asked.reply_id)
    row.note = f"{row.note}；{note}"[-SENTENCE:] if row.note else note
    _audit(session, Action.EMERGENCY_REPLY, found, by, now, row.answer, row.answer, note=True)
    await outbox.refresh(session, help_subject(found.call.id, row.id), now)
    await _renew(session, found, now)


async def report_team(
    session: AsyncSession,
    *,
    by: Viewer,
    roll_call_id: int,
    village: Area,
    but: Mapping[int, tuple[Answer, str | None]],
    now: datetime,
) -> Reported:
    """全队平安: whoever of the village has not answered is safe there, but for those of whom something else is said.

    One's own word stands against it; nobody is told. Raises `Refusal`: NOT_FOUND (the village is not asked, or
    somebody named is not of it), NOT_ALLOWED, EMERGENCY_OVER.
    """
    role = require(by, Action.EMERGENCY_REPORT_TEAM, Target(village.path))
    call, _area = await queries.get(session, roll_call_id)
    team = await queries.team(session, roll_call_id, village)
    if not team or not {person.id for _, person in team} >= but.keys():
        raise Refusal(Code.NOT_FOUND)
    _require_running(call)
    await reserve(session, 20 * len(team))
    safe, others, kept = [], [], []
    for asked, person in team:
        answer, note = but.get(person.id, (Answer.SAFE_HERE, None))
        standing = _said(asked)
        if person.id not in but and not is_silent(standing):
            if standing is not None and standing.source is Source.OWN and standing.answer is not answer:
                kept.append((person, standing.answer))
            else:
                safe.append(person)
            continue
        source = Source.OWN if person.id == by.person_id else Source.TEAM
        new = Said(answer, source)
        found = About(call, asked, village, role)
        if standing != new:
            await _record(session, found, new, by, note, now)
        if _said(asked) != new:
            kept.append((person, standing.answer if standing is not None else answer))
        elif person.id in but:
            others.append((person, answer))
        else:
            safe.append(person)
    audit.record(
        session,
        Action.EMERGENCY_REPORT_TEAM,
        subject(call.id),
        by=by.person_id,
        role=role,
        now=now,
        area_id=village.id,
        after={
            "safe": [person.id for person in safe],
            "but": {str(person.id): answer.value for person, answer in others},
        },
    )
    await finish(session, call, now)
    return Reported(tuple(safe), tuple(others), tuple(kept))


async def settle(
    session: AsyncSession, *, by: Viewer, roll_call_id: int, person_id: int, answer: Answer, now: datetime
) -> About:
    """An officer has telephoned: how somebody is, or that he could not be reached.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOT_YOURSELF, EMERGENCY_OVER, EMERGENCY_OWN_WORD (he has answered
    himself: answer).
    """
    found = await queries.about(session, by, Action.EMERGENCY_SETTLE, roll_call_id, person_id)
    _require_running(found.call)
    standing = _said(found.asked)
    if standing is not None and standing.source is Source.OWN:
        raise Refusal(Code.EMERGENCY_OWN_WORD, LOCAL, answer=standing.answer)
    if standing == Said(answer, Source.PHONE) and answer is not Answer.UNREACHED:  # each call that nobody took is kept
        return found
    await _record(session, found, Said(answer, Source.PHONE), by, None, now)
    if answer is not Answer.UNREACHED:  # who heard it on the telephone looks after it
        await _take_all(session, found, by, now)
    before = standing.answer if standing is not None else None
    _audit(session, Action.EMERGENCY_SETTLE, found, by, now, before, answer)
    await finish(session, found.call, now)
    return found


async def take_help(session: AsyncSession, *, by: Viewer, reply_id: int, now: datetime) -> SafetyReply:
    """已联系: an officer looks after it, and the others see who. Also after the end.

    Whatever else is open about the same person (he asked himself, and a colleague for him) is settled by it: nobody
    telephones him again unknowingly.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, NOT_YOURSELF, ALREADY_DECIDED (by_id: another was first).
    """
    row, found = await queries.help_of(session, by, Action.EMERGENCY_HELP_TAKEN, reply_id)
    if row.taken_by_id is not None:
        raise Refusal(Code.ALREADY_DECIDED, LOCAL, by_id=row.taken_by_id)
    taken = await _take_all(session, found, by, now)
    audit.record(
        session,
        Action.EMERGENCY_HELP_TAKEN,
        subject(found.call.id),
        by=by.person_id,
        role=found.role,
        now=now,
        area_id=found.village.id,
        after={"person": found.asked.person_id, "reply": row.id, "also": [one for one in taken if one != row.id]},
    )
    await _renew(session, found, now)
    await finish(session, found.call, now)
    return row


async def _take_all(session: AsyncSession, found: About, by: Viewer, now: datetime) -> list[int]:
    """Every call for help about somebody that is open is looked after by `by`; their ids."""
    rows = await queries.open_helps(session, found.asked)
    for row in rows:
        row.taken_by_id, row.taken_at = by.person_id, now
        await outbox.refresh(session, help_subject(found.call.id, row.id), now)
    return [row.id for row in rows]


def _require_running(call: EmergencyRollCall) -> None:
    if call.state is not RollCallState.RUNNING:
        raise Refusal(Code.EMERGENCY_OVER, LOCAL)


def _require_heard(call: EmergencyRollCall, answer: Answer) -> None:
    """As long as it runs everything is; that somebody needs help is after its end too."""
    if answer is not Answer.NEEDS_HELP or call.state is not RollCallState.ENDED:
        _require_running(call)


def _said(asked: EmergencyAsked) -> Said | None:
    """The word that stands."""
    return None if asked.answer is None or asked.source is None else Said(asked.answer, asked.source)


async def _record(
    session: AsyncSession, found: About, new: Said, by: Viewer, note: str | None, now: datetime
) -> SafetyReply:
    """Keep a word, let it stand if it does, and let whom it concerns see it."""
    call, asked = found.call, found.asked
    helps = await queries.helps_of(session, asked)
    row = SafetyReply(
        id=new_id(session),
        roll_call_id=call.id,
        person_id=asked.person_id,
        answer=new.answer,
        source=new.source,
        said_by_id=by.person_id,
        said_at=now,
        note=note,
    )
    session.add(row)
    await session.flush()  # it must be there before it can stand
    if stands(_said(asked), new):
        asked.answer, asked.source, asked.reply_id = new.answer, new.source, row.id
    if new.answer is Answer.NEEDS_HELP:
        await _call_for_help(session, found, row, now)
    for earlier in helps:
        await outbox.refresh(session, help_subject(call.id, earlier), now)
    await _renew(session, found, now)
    return row


async def _call_for_help(session: AsyncSession, found: About, row: SafetyReply, now: datetime) -> None:
    """Township and county hear at once, with the whole number: an emergency is the reason, and it is written down."""
    on = (await of(session).local(found.village, now)).date()
    helpers = await queries.helpers(session, found.village, on, but_not=row.person_id)
    key = help_subject(found.call.id, row.id)
    await outbox.put_many(
        session,
        "emergency_help",
        {person_id: {"id": row.id} for person_id in helpers},
        key=key,
        subject=key,
        lane=Lane.URGENT,
        now=now,
    )
    audit.record(
        session,
        Action.PHONE_REVEAL,
        f"person:{row.person_id}",
        by=None,
        role=None,
        now=now,
        area_id=found.village.id,
        after={"emergency": found.call.id, "to": sorted(helpers)},
    )


async def _renew(session: AsyncSession, found: About, now: datetime) -> None:
    """The totals that count this village, and its township's call list once that is out."""
    call, village = found.call, found.village
    await renew(session, call, await session.get_one(Area, call.area_id), village, now)
    on = (await of(session).local(village, now)).date()
    minutes = (await of(session).profile(village, on)).emergency_silence_minutes
    if call.confirmed_at is not None and now >= call.confirmed_at + timedelta(minutes=minutes):
        key = silent_subject(call.id, found.asked.township_id)
        await outbox.refresh(session, key, now, after=PROGRESS_EVERY)


def _audit(
    session: AsyncSession,
    action: Action,
    found: About,
    by: Viewer,
    now: datetime,
    before: Answer | None,
    after: Answer,
    **facts: object,
) -> None:
    audit.record(
        session,
        action,
        subject(found.call.id),
        by=by.person_id,
        role=found.role,
        now=now,
        area_id=found.village.id,
        before={"answer": before.value if before is not None else None},
        after={"person": found.asked.person_id, "answer": after.value, **facts},
    )
