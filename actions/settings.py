"""设置: a parameter of an area changes from a day on, with a reason. What was decided before stays in the audit."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Action, Role, Target, Viewer, require
from policy.profile import check, dump, load
from policy.refusals import LOCAL, Code, Refusal
from policy.sentences import sentence
from storage import audit
from storage import settings as stored
from storage.batch import of
from storage.ids import new_id, reserve
from storage.tables import Area, Setting

SUBJECT = "setting:{id}"
WITHDRAW = "setting:withdraw"
BEGINS = "records_from"


@dataclass(frozen=True, slots=True)
class Wish:
    """A change that is asked for. `value` as JSON or TOML holds it; `place` says where it was written (import)."""

    area_code: str
    key: str
    value: Any
    effective_on: date
    reason: str
    place: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """What a wish would change: `before` is what holds on that day now."""

    area: Area
    key: str
    before: Any
    value: Any
    effective_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do; nothing, as long as there are problems."""

    changes: tuple[Change, ...]
    problems: tuple[tuple[int, Refusal], ...]


async def change(
    session: AsyncSession,
    *,
    by: Viewer,
    area_id: int,
    key: str,
    value: Any,
    effective_on: date,
    reason: str,
    now: datetime,
) -> Setting:
    """Set a parameter from a day on; today at the earliest. `value` as `policy.profile.dump` writes it.

    Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, SETTING_*, TEXT_EMPTY, TEXT_TOO_LONG.
    """
    planned, role = await _checked(session, by, area_id, key, value, effective_on, reason, now)
    setting = _write(session, planned, by, role, now)
    of(session).forget_settings()
    return setting


async def begin_records(session: AsyncSession, *, by: Viewer, area_codes: Collection[str], now: datetime) -> None:
    """Areas whose roster came in today keep attendance from today on: before it nobody could check in.

    Raises `Refusal(NOT_ALLOWED)`.
    """
    await reserve(session, 2 * len(area_codes))
    for area in (await stored.by_codes(session, area_codes)).values():
        today = (await of(session).local(area, now)).date()
        value, reason = dump(BEGINS, today), "名册首次导入"
        await change(
            session, by=by, area_id=area.id, key=BEGINS, value=value, effective_on=today, reason=reason, now=now
        )


async def foresee(
    session: AsyncSession,
    *,
    by: Viewer,
    area_id: int,
    key: str,
    value: Any,
    effective_on: date,
    reason: str,
    now: datetime,
) -> Change:
    """What `change` would do, with all its checks and nothing written. Raises `Refusal` as `change`."""
    planned, _role = await _checked(session, by, area_id, key, value, effective_on, reason, now)
    return planned


async def withdraw(session: AsyncSession, *, by: Viewer, setting_id: int, now: datetime) -> tuple[Setting, Area]:
    """Undo a change that is not yet in force. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, SETTING_IN_FORCE, SETTING_*."""
    setting, area = await stored.get(session, by, Action.SETTING_CHANGE, setting_id)
    role = require(by, Action.SETTING_CHANGE, Target(area.path))
    if setting.effective_on <= (await of(session).local(area, now)).date():
        raise Refusal(Code.SETTING_IN_FORCE, LOCAL, key=setting.key, on=setting.effective_on)
    before = await stored.rows_along(session, area)
    after = {**before, area.id: [row for row in before[area.id] if row.id != setting.id]}
    _check_from(before, after, setting.effective_on)
    await session.delete(setting)
    audit.record(
        session,
        WITHDRAW,
        SUBJECT.format(id=setting.id),
        by=by.person_id,
        role=role,
        now=now,
        area_id=area.id,
        before=_audited(setting.key, setting.value, setting.effective_on, setting.reason),
    )
    await session.flush()
    of(session).forget_settings()
    return setting, area


async def plan(session: AsyncSession, *, by: Viewer, wishes: Sequence[Wish]) -> Plan:
    """Look at a whole file before anything is written: what it would change, and every problem with its place."""
    areas = await stored.by_codes(session, {wish.area_code for wish in wishes})
    problems: list[tuple[int, Refusal]] = []
    changes: dict[tuple[int, str, date], tuple[int, Change]] = {}
    rows = await stored.rows_of(session, [area.id for area in areas.values()])
    for wish in wishes:
        try:
            found = _wished(by, wish, areas, rows)
        except Refusal as refusal:
            problems.append((wish.place, refusal))
            continue
        key = (found.area.id, found.key, found.effective_on)
        if key in changes:
            problems.append((wish.place, Refusal(Code.SETTING_TWICE, LOCAL, key=wish.key, on=wish.effective_on)))
        changes[key] = (wish.place, found)
    wanted = {key: entry for key, entry in changes.items() if _differs(entry[1], rows)}
    if not problems:
        problems += await _conflicts(session, list(wanted.values()))
    return Plan(tuple(change for _place, change in wanted.values()), tuple(problems))


async def apply(session: AsyncSession, planned: Plan, *, by: Viewer, now: datetime) -> None:
    """Write what a plan without problems says. Raises ValueError for one with problems."""
    if planned.problems:
        raise ValueError("a plan with problems is not written")
    await reserve(session, 2 * len(planned.changes))
    for found in planned.changes:
        role = require(by, Action.SETTING_CHANGE, Target(found.area.path))
        _write(session, found, by, role, now)
    of(session).forget_settings()


async def _checked(
    session: AsyncSession, by: Viewer, area_id: int, key: str, value: Any, on: date, reason: str, now: datetime
) -> tuple[Change, Role | None]:
    area = await stored.area_of(session, by, Action.SETTING_CHANGE, area_id)
    role = require(by, Action.SETTING_CHANGE, Target(area.path))
    new = load(key, value)
    said = sentence(reason)
    today = (await of(session).local(area, now)).date()
    if on < today:
        raise Refusal(Code.SETTING_PAST, LOCAL, on=on, today=today)
    rows = await stored.rows_along(session, area)
    before = getattr(stored.resolved(rows.values(), on), key)
    if new == before:
        raise Refusal(Code.SETTING_UNCHANGED, LOCAL, key=key, value=dump(key, new))
    planned = Change(area, key, before, new, on, said)
    _check_from(rows, {**rows, area.id: _with(rows[area.id], planned)}, on)
    return planned, role


def _write(session: AsyncSession, planned: Change, by: Viewer, role: Role | None, now: datetime) -> Setting:
    setting = Setting(
        id=new_id(session),
        area_id=planned.area.id,
        key=planned.key,
        value=dump(planned.key, planned.value),
        effective_on=planned.effective_on,
        reason=planned.reason,
        set_by_id=by.person_id,
        set_at=now,
    )
    session.add(setting)
    audit.record(
        session,
        Action.SETTING_CHANGE,
        SUBJECT.format(id=setting.id),
        by=by.person_id,
        role=role,
        now=now,
        area_id=planned.area.id,
        before={"key": planned.key, "value": dump(planned.key, planned.before)},
        after=_audited(planned.key, setting.value, planned.effective_on, planned.reason),
    )
    return setting


def _audited(key: str, value: Any, on: date, reason: str) -> dict[str, Any]:
    return {"key": key, "value": value, "from": on.isoformat(), "reason": reason}


def _with(rows: Sequence[Setting], *planned: Change) -> list[Setting]:
    """Rows as they would be, by day; of one day the newest last."""
    new = [Setting(key=c.key, value=dump(c.key, c.value), effective_on=c.effective_on) for c in planned]
    return sorted([*rows, *new], key=lambda row: row.effective_on)


Rows = Mapping[int, Sequence[Setting]]


def _check_from(before: Rows, after: Rows, first: date) -> None:
    """Whether the whole profile agrees with itself on every day from `first` on that something changes.

    What did not agree before isn't held against the change. Raises `Refusal`: SETTING_ORDER, SETTING_NEEDS.
    """
    days = {row.effective_on for rows in after.values() for row in rows if row.effective_on > first}
    for on in sorted({first, *days}):
        conflict = _conflict(after, on)
        if conflict is not None and _conflict(before, on) is None:
            raise conflict


def _conflict(rows: Rows, on: date) -> Refusal | None:
    try:
        check(stored.resolved(rows.values(), on))
    except Refusal as refusal:
        return refusal
    return None


def _wished(by: Viewer, wish: Wish, areas: Mapping[str, Area], rows: Rows) -> Change:
    area = areas.get(wish.area_code)
    if area is None or area.level not in stored.ABOVE_VILLAGES:
        raise Refusal(Code.SETTING_AREA, LOCAL, area=wish.area_code)
    require(by, Action.SETTING_CHANGE, Target(area.path))
    value = load(wish.key, wish.value)
    own = stored.in_force(rows[area.id], wish.effective_on)
    return Change(area, wish.key, own.get(wish.key), value, wish.effective_on, sentence(wish.reason))


def _differs(wanted: Change, rows: Rows) -> bool:
    same_day = [r for r in rows[wanted.area.id] if r.key == wanted.key and r.effective_on == wanted.effective_on]
    if not same_day:
        return True
    return (load(wanted.key, same_day[-1].value), same_day[-1].reason) != (wanted.value, wanted.reason)


async def _conflicts(session: AsyncSession, wanted: Sequence[tuple[int, Change]]) -> list[tuple[int, Refusal]]:
    """Where the profiles would not agree with themselves once everything is written, at an entry that has part in it."""
    by_area: dict[int, list[Change]] = {}
    for _place, found in wanted:
        by_area.setdefault(found.area.id, []).append(found)
    named: list[tuple[int, Refusal]] = []
    unnamed: dict[int, tuple[int, Refusal]] = {}
    for place, found in wanted:
        before = await stored.rows_along(session, found.area)
        after = {area_id: _with(rows, *by_area.get(area_id, ())) for area_id, rows in before.items()}
        try:
            _check_from(before, after, found.effective_on)
        except Refusal as refusal:
            if found.key in {refusal.fields["key"], refusal.fields["other"]}:
                named.append((place, refusal))
            else:
                unnamed.setdefault(found.area.id, (place, refusal))
    return named or list(unnamed.values())
