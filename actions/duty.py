"""值班表, clause 三（二）: a county opens a period, each team names who is on duty, the offices collect."""

from collections.abc import Mapping
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from policy import duty as rules
from policy.authority import Action, Role, Target, Viewer, require
from policy.calendar import Half
from policy.delivery import PROGRESS_EVERY
from policy.refusals import LOCAL, Code, Refusal
from policy.roster import Level
from policy.sentences import sentence
from policy.ticks import moment
from storage import audit, days, outbox
from storage import duty as queries
from storage.batch import of
from storage.calendars import county_calendar
from storage.duty import LIST, PROGRESS, DutyList
from storage.ids import new_id, reserve
from storage.tables import Area, DutyDay, DutyPeriod, Facts, Lane

REMIND, CLEAR = "duty_owed", "duty_clear"
"""Chores: ask once more those who still owe it; free the days of a period that was withdrawn."""
PIECE = 100
BEFORE_THE_MORNING = time(7)
"""Put before the quiet hours end, so that it comes in the morning card with the rest."""


async def open_period(
    session: AsyncSession,
    *,
    by: Viewer,
    area_id: int,
    title: str,
    basis: str | None,
    first: date,
    last: date,
    due: date,
    now: datetime,
) -> DutyPeriod:
    """Open a period; every team's first secretary is asked, and once more in time where nothing comes.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, TEXT_EMPTY, TEXT_TOO_LONG, DUTY_* (as `policy.duty.check_period`),
    DUTY_OVERLAPS (title, from_on, to_on), DUTY_NOBODY.
    """
    area = await session.get(Area, area_id)
    if area is None or by.person_id is None or area.level not in {Level.COUNTY, Level.TOWNSHIP}:
        raise Refusal(Code.NOT_FOUND)
    role = require(by, Action.DUTY_OPEN, Target(area.path))
    today = (await of(session).local(area, now)).date()
    await check_days(session, by=by, area=area, first=first, last=last, due=due, now=now)
    period = DutyPeriod(
        id=new_id(session),
        area_id=area.id,
        title=sentence(title, rules.TITLE),
        basis=sentence(basis, rules.BASIS) if basis else None,
        first_on=first,
        last_on=last,
        due_on=due,
        opened_by_id=by.person_id,
        opened_at=now,
    )
    villages = [row.id for row in await queries.progress(session, period, area)]
    if not villages:
        raise Refusal(Code.DUTY_NOBODY)
    session.add(period)
    await session.flush()
    after = {"first_on": first.isoformat(), "last_on": last.isoformat(), "due_on": due.isoformat()}
    _note(session, Action.DUTY_OPEN, period, by, role, area, now, after=after)
    for village_id, leaders in (await queries.leaders(session, villages, today)).items():
        for person_id in leaders:
            await _ask(session, period, village_id, person_id, now, "ask")
    await _remind_later(session, period, area, today)
    return period


async def check_days(
    session: AsyncSession, *, by: Viewer, area: Area, first: date, last: date, due: date, now: datetime
) -> None:
    """Whether a period of these days may be opened in an area.

    Raises `Refusal`: NOT_ALLOWED, DUTY_* as `policy.duty.check_period`, DUTY_OVERLAPS (title, from_on, to_on).
    """
    require(by, Action.DUTY_OPEN, Target(area.path))
    today = (await of(session).local(area, now)).date()
    rules.check_period(first, last, due, today)
    other = await queries.overlapping(session, area, first, last)
    if other is not None:
        raise Refusal(Code.DUTY_OVERLAPS, LOCAL, title=other.title, from_on=other.first_on, to_on=other.last_on)


async def _remind_later(session: AsyncSession, period: DutyPeriod, area: Area, today: date) -> None:
    calendar = await county_calendar(session, area, {today.year, period.due_on.year})
    on = rules.reminded_on(period.due_on, today, calendar)
    if on is not None:
        zone = ZoneInfo((await of(session).profile(area, on)).time_zone)
        at = moment(on, BEFORE_THE_MORNING, zone)
        await outbox.chore(session, REMIND, key=f"{REMIND}:{period.id}", now=at, payload={"period_id": period.id})


async def remind(session: AsyncSession, *, by: Viewer, now: datetime, period_id: int) -> bool:
    """Ask once more those first secretaries whose lists have gaps. Raises `Refusal(NOT_ALLOWED)`."""
    period = await session.get_one(DutyPeriod, period_id)
    area = await session.get_one(Area, period.area_id)
    require(by, Action.DUTY_FILL, Target(area.path))
    if period.withdrawn_at is not None:
        return False
    length = len(rules.days_of(period.first_on, period.last_on))
    owing = [row.id for row in await queries.progress(session, period, area) if row.filled < length]
    on = (await of(session).local(area, now)).date()
    for village_id, leaders in (await queries.leaders(session, owing, on)).items():
        for person_id in leaders:
            await _ask(session, period, village_id, person_id, now, "owed")
    _note(session, "duty:remind", period, by, None, area, now, after={"villages": len(owing)})
    return False


async def _ask(
    session: AsyncSession, period: DutyPeriod, village_id: int, person_id: int, now: datetime, why: str
) -> None:
    """The list itself, to be filled where it is read; it is of no use once the period is over."""
    await _put(session, period, village_id, person_id, now, why, lane=Lane.ORDINARY)


async def show(session: AsyncSession, *, by: Viewer, period_id: int, area_id: int, asked: str, now: datetime) -> None:
    """Have a team's list, or how far an area is, said as a card that goes on changing.

    `asked` is what the request hangs on. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, DUTY_OVER.
    """
    period, area, _role = await queries.get(session, by, Action.DUTY_VIEW, period_id, area_id)
    if by.person_id is not None:
        await _put(session, period, area.id, by.person_id, now, asked, lane=Lane.ANSWER, is_list=_is_village(area))


def _is_village(area: Area) -> bool:
    return area.level is Level.VILLAGE


async def _put(
    session: AsyncSession,
    period: DutyPeriod,
    area_id: int,
    person_id: int,
    now: datetime,
    why: str,
    *,
    lane: Lane,
    is_list: bool = True,
) -> None:
    await outbox.put(
        session,
        "duty_list" if is_list else "duty_progress",
        to=person_id,
        key=f"duty:{period.id}:{area_id}:{why}",
        payload={"id": period.id, "area_id": area_id, "why": why if why in {"ask", "owed"} else ""},
        subject=LIST.format(id=period.id, village=area_id) if is_list else PROGRESS.format(id=period.id),
        lane=lane,
        now=now,
    )


async def withdraw(session: AsyncSession, *, by: Viewer, period_id: int, now: datetime) -> DutyPeriod:
    """Withdraw a period that has not begun; its days are free again.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, DUTY_OVER, DUTY_BEGUN (title, on).
    """
    period, area, role = await queries.get(session, by, Action.DUTY_WITHDRAW, period_id)
    today = (await of(session).local(area, now)).date()
    if period.first_on <= today:
        raise Refusal(Code.DUTY_BEGUN, LOCAL, title=period.title, on=period.first_on)
    period.withdrawn_at = now
    _note(session, Action.DUTY_WITHDRAW, period, by, role, area, now)
    await outbox.chore(session, CLEAR, key=f"{CLEAR}:{period.id}", now=now, payload={"period_id": period.id})
    await outbox.refresh(session, PROGRESS.format(id=period.id), now)
    return period


async def clear(session: AsyncSession, *, by: Viewer, now: datetime, period_id: int) -> bool:
    """Free some days of a period that was withdrawn; whether more are left. Raises `Refusal(NOT_ALLOWED)`."""
    period = await session.get_one(DutyPeriod, period_id)
    area = await session.get_one(Area, period.area_id)
    require(by, Action.DUTY_WITHDRAW, Target(area.path))
    rows = await queries.some_rows(session, period_id, PIECE)
    villages = {row.village_id for row in rows}
    for row in rows:
        await _write(session, row, await session.get_one(Area, row.village_id), {Half.AM: None, Half.PM: None})
    for village_id in sorted(villages):
        await outbox.refresh(session, LIST.format(id=period_id, village=village_id), now)
    return len(rows) == PIECE


# -- filling ----------------------------------------------------------------------------------------------------------


async def name(
    session: AsyncSession,
    *,
    by: Viewer,
    period_id: int,
    village_id: int,
    on: date,
    halves: Mapping[Half, int | None],
    now: datetime,
) -> DutyList:
    """Say who is on duty in a village on a day, by halves; None: nobody. The list as it stands then.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, DUTY_OVER, DUTY_DAY_PAST, DUTY_NOT_OF_TEAM, DUTY_ON_LEAVE (name, on).
    """
    found, role = await _list(session, by, period_id, village_id, now)
    queries.check_open(found.period, on, found.today)
    _check(found, on, halves)
    await put_days(session, found, {on: halves})
    await _changed(session, found, by, role, now, {"on": on.isoformat(), **_written(halves)})
    return await queries.of_village(session, found.period, found.village, now)


async def repeat(
    session: AsyncSession, *, by: Viewer, period_id: int, village_id: int, on: date, now: datetime
) -> DutyList:
    """同上: as on the day before. Raises `Refusal` as `name`, and DUTY_NO_DAY_BEFORE."""
    period, village, _role = await queries.get(session, by, Action.DUTY_FILL, period_id, village_id)
    before = [row for row in await queries.rows_of(session, period.id, [village.id]) if (on - row.on).days == 1]
    if not before or None in {before[0].am_id, before[0].pm_id}:
        raise Refusal(Code.DUTY_NO_DAY_BEFORE)
    halves = {Half.AM: before[0].am_id, Half.PM: before[0].pm_id}
    return await name(session, by=by, period_id=period_id, village_id=village_id, on=on, halves=halves, now=now)


async def rotate(session: AsyncSession, *, by: Viewer, period_id: int, village_id: int, now: datetime) -> DutyList:
    """轮流: every day that is open and empty, in turn. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, DUTY_OVER."""
    found, role = await _list(session, by, period_id, village_id, now)
    empty = [on for on in found.left() if found.who(on) == (None, None)]
    away = {on: {person.id for person in found.team if found.is_away(person.id, on)} for on in empty}
    before = [found.who(on)[1] for on in found.days() if empty and on < empty[0]]
    last = next((person for person in reversed(before) if person is not None), None)
    turns = rules.rotation(empty, [person.id for person in found.team], away, last)
    await reserve(session, 2 * len(turns) + 10)
    await put_days(session, found, {on: dict.fromkeys(Half, person) for on, person in turns.items()})
    await _changed(session, found, by, role, now, {"days": len(turns)})
    return await queries.of_village(session, found.period, found.village, now)


async def _list(
    session: AsyncSession, by: Viewer, period_id: int, village_id: int, now: datetime
) -> tuple[DutyList, Role | None]:
    period, village, role = await queries.get(session, by, Action.DUTY_FILL, period_id, village_id)
    if village.level is not Level.VILLAGE:
        raise Refusal(Code.NOT_FOUND)
    return await queries.of_village(session, period, village, now), role


def _check(found: DutyList, on: date, halves: Mapping[Half, int | None]) -> None:
    team = {person.id for person in found.team}
    for half, person_id in halves.items():
        if person_id is None:
            continue
        if person_id not in team:
            raise Refusal(Code.DUTY_NOT_OF_TEAM, LOCAL)
        if found.is_away(person_id, on, [half]):
            raise Refusal(Code.DUTY_ON_LEAVE, LOCAL, name=found.names[person_id], on=on)


async def put_days(session: AsyncSession, found: DutyList, changes: Mapping[date, Mapping[Half, int | None]]) -> None:
    """Write days of a team's list, and in the ledger who is named. Part of an action, which has checked and audits."""
    rows = {row.on: row for row in await queries.rows_of(session, found.period.id, [found.village.id])}
    for on, halves in changes.items():
        row = rows.get(on)
        if row is None:
            if not any(halves.values()):  # nobody was said, and nobody is
                continue
            row = DutyDay(id=new_id(session), period_id=found.period.id, village_id=found.village.id, on=on)
            row.am_id = row.pm_id = None
            session.add(row)
        await _write(session, row, found.village, halves)
    await session.flush()


async def _write(session: AsyncSession, row: DutyDay, village: Area, halves: Mapping[Half, int | None]) -> None:
    for half, person_id in halves.items():
        before = row.am_id if half is Half.AM else row.pm_id
        if before is not None and before != person_id:
            await days.change(session, before, village, row.on, [half], drop=Facts.DUTY)
        if person_id is not None:
            await days.change(session, person_id, village, row.on, [half], add=Facts.DUTY)
        if half is Half.AM:
            row.am_id = person_id
        else:
            row.pm_id = person_id
    if row.am_id is None and row.pm_id is None:
        await session.delete(row)


def _written(halves: Mapping[Half, int | None]) -> dict[str, int | None]:
    return {half.value: person_id for half, person_id in halves.items()}


async def _changed(
    session: AsyncSession,
    found: DutyList,
    by: Viewer,
    role: Role | None,
    now: datetime,
    after: dict[str, str | int | None],
) -> None:
    _note(session, Action.DUTY_FILL, found.period, by, role, found.village, now, after=after)
    await refresh(session, found.period, found.village, now)


async def refresh(session: AsyncSession, period: DutyPeriod, village: Area, now: datetime) -> None:
    """Whoever has the list of a village before him, or how far everybody is, sees it as it is now. Part of an action."""
    await outbox.refresh(session, LIST.format(id=period.id, village=village.id), now)
    await outbox.refresh(session, PROGRESS.format(id=period.id), now, after=PROGRESS_EVERY)


def _note(
    session: AsyncSession,
    action: str,
    period: DutyPeriod,
    by: Viewer,
    role: Role | None,
    area: Area,
    now: datetime,
    after: Mapping[str, str | int | None] | None = None,
) -> None:
    subject = PROGRESS.format(id=period.id)
    changed = dict(after) if after is not None else None
    audit.record(session, action, subject, by=by.person_id, role=role, now=now, area_id=area.id, after=changed)


STEPS = {REMIND: remind, CLEAR: clear}
"""The chores of 值班, for `bot/chores.py`."""
