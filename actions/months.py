"""月结, clause 三（二）: the county locks a month; for one person it is opened again for some days, with a reason."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from policy import months as rules
from policy.authority import Action, Role, Target, Viewer, require
from policy.refusals import LOCAL, Code, Refusal
from policy.roster import Level
from policy.sentences import sentence
from storage import audit, days, month_locks, month_review, outbox, proofs
from storage.batch import of
from storage.ids import new_id
from storage.tables import Area, Facts, Lane, MonthLock, MonthReopening

SUBJECT = "month:{county_id}:{month:%Y-%m}"


async def lock(
    session: AsyncSession, *, by: Viewer, county_id: int, month: date, now: datetime, is_confirmed: bool = False
) -> MonthLock:
    """Lock a county's month that is over: no half-day of it changes any more.

    `is_confirmed`: with matters still open, which then can't be decided. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED,
    ALREADY_DECIDED (by_id), MONTH_* as `policy.months.check_lock`.
    """
    county, role = await _county(session, by, Action.MONTH_LOCK, county_id)
    first, today = month.replace(day=1), (await of(session).local(county, now)).date()
    row = await month_locks.row_of(session, county.id, first)
    if row is not None and row.unlocked_at is None:
        raise Refusal(Code.ALREADY_DECIDED, LOCAL, by_id=row.locked_by_id)
    open_matters = len(await month_review.waiting(session, by, county, first))
    rules.check_lock(first, today=today, open_matters=open_matters, is_confirmed=is_confirmed)
    if row is None:
        row = MonthLock(id=new_id(session), county_id=county.id, month=first)
        session.add(row)
    row.locked_at, row.locked_by_id, row.role = now, by.person_id, role
    row.open_matters, row.unlocked_at, row.unlocked_by_id = open_matters, None, None
    _changed(session, Action.MONTH_LOCK, row, by, role, now, after={"month": str(first), "open": open_matters})
    return row


async def unlock(session: AsyncSession, *, by: Viewer, county_id: int, month: date, now: datetime) -> MonthLock:
    """撤销月结 on the day of the lock: the month is as open as before; who had it opened for himself needs that no more.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, MONTH_LOCK_STANDS.
    """
    county, role = await _county(session, by, Action.MONTH_UNLOCK, county_id)
    row = await _standing(session, county, month)
    today = (await of(session).local(county, now)).date()
    locked_on = (await of(session).local(county, row.locked_at)).date()
    rules.check_unlock(row.month, locked_on=locked_on, today=today)
    row.unlocked_at, row.unlocked_by_id = now, by.person_id
    for opened in await month_locks.of_lock(session, row):
        opened.closed_at, opened.closed_by_id = opened.closed_at or now, opened.closed_by_id or by.person_id
    _changed(session, Action.MONTH_UNLOCK, row, by, role, now, before={"month": str(row.month)})
    await _count_kept(session, row, None)
    return row


async def reopen(
    session: AsyncSession,
    *,
    by: Viewer,
    county_id: int,
    month: date,
    person_id: int,
    for_days: int,
    reason: str,
    now: datetime,
) -> MonthReopening:
    """单独开放: one person's locked month may be corrected for some days; he is told. It closes by itself.

    Check-ins of his that came after the lock count now. Raises `Refusal`: NOT_FOUND (the month isn't locked, or he had
    no post in the county then), NOT_ALLOWED, NOT_YOURSELF, TEXT_EMPTY, TEXT_TOO_LONG.
    """
    said = sentence(reason)
    county, _role = await _county(session, by, Action.MONTH_REOPEN, county_id)
    role = require(by, Action.MONTH_REOPEN, Target(county.path, person_id))
    lock_row = await _standing(session, county, month)
    village = await month_locks.village_of(session, county, person_id, lock_row.month)
    if village is None or for_days not in rules.REOPEN_DAYS:
        raise Refusal(Code.NOT_FOUND)
    local = await of(session).local(county, now)
    profile = await of(session).profile(county, local.date())
    after_last = rules.reopened_until(local.date(), for_days) + timedelta(days=1)
    opened = MonthReopening(
        id=new_id(session),
        lock_id=lock_row.id,
        person_id=person_id,
        reason=said,
        opened_at=now,
        until=datetime.combine(after_last, time(), tzinfo=ZoneInfo(profile.time_zone)),
        opened_by_id=by.person_id,
    )
    session.add(opened)
    after = {"person": person_id, "until": opened.until.isoformat()}
    _changed(session, Action.MONTH_REOPEN, lock_row, by, role, now, after=after)
    await session.flush()
    await month_locks.require_open(session, village, person_id, [lock_row.month], now)
    await _count_kept(session, lock_row, person_id)
    payload, key = {"id": opened.id}, f"month_reopened:{opened.id}"
    await outbox.put(session, "month_reopened", to=person_id, key=key, payload=payload, lane=Lane.ANSWER, now=now)
    return opened


async def close(session: AsyncSession, *, by: Viewer, reopening_id: int, now: datetime) -> MonthReopening:
    """End a reopening before its time; one that is over stays as it is. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED."""
    opened, lock_row, county = await month_locks.reopening(session, by, reopening_id)
    role = require(by, Action.MONTH_CLOSE, Target(county.path))
    if opened.closed_at is None and opened.until > now:
        opened.closed_at, opened.closed_by_id = now, by.person_id
        _changed(session, Action.MONTH_CLOSE, lock_row, by, role, now, after={"person": opened.person_id})
    return opened


async def _count_kept(session: AsyncSession, row: MonthLock, person_id: int | None) -> None:
    """Check-ins that came after the lock prove their half-days now; of one person, or of everybody (`None`)."""
    for kept, village in await month_locks.kept(session, row, person_id):
        halves = await proofs.halves_of(session, village, kept)
        await days.change(
            session, kept.person_id, village, kept.on, halves, add=Facts.CHECKED_IN, checked_in_at=kept.at
        )


async def _county(session: AsyncSession, by: Viewer, action: Action, county_id: int) -> tuple[Area, Role | None]:
    county = await session.get(Area, county_id)
    if county is None or county.level is not Level.COUNTY:
        raise Refusal(Code.NOT_FOUND)
    return county, require(by, action, Target(county.path))


async def _standing(session: AsyncSession, county: Area, month: date) -> MonthLock:
    row = await month_locks.row_of(session, county.id, month)
    if row is None or row.unlocked_at is not None:
        raise Refusal(Code.NOT_FOUND)
    return row


def _changed(
    session: AsyncSession,
    action: Action,
    row: MonthLock,
    by: Viewer,
    role: Role | None,
    now: datetime,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    of(session).forget_month_locks()
    subject = SUBJECT.format(county_id=row.county_id, month=row.month)
    audit.record(
        session,
        action,
        subject,
        by=by.person_id,
        role=role,
        now=now,
        area_id=row.county_id,
        before=before,
        after=after,
    )
