"""Importing the roster: `plan` says what would change and what is wrong, `apply` writes it. Clauses 一（一）, 一（三）."""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from actions import settings
from actions.roster_changes import Change, Noun, Tree, Verb
from actions.roster_households import compare_households
from actions.roster_people import People, compare_people
from actions.roster_places import compare_areas, compare_sites, compare_units
from actions.roster_reach import Reach
from actions.roster_teams import Swap, Weak, check_teams
from policy.authority import Action, Role, Target, Viewer, require
from policy.refusals import LOCAL, Code, Refusal
from policy.roster import Level
from policy.workbook import AreaRow, Book, Fault, PersonRow, Place, RowProblem, Sheet
from storage import roster as stored
from storage import roster_writing
from storage.roster import Current

__all__ = ["Change", "Noun", "Plan", "Swap", "Verb", "Weak", "apply", "plan"]


@dataclass(slots=True)
class Plan:
    """What an import would do. `digest` names the differences, before and after: what was shown, and nothing else."""

    book: Book
    changes: list[Change]
    problems: list[RowProblem]
    warnings: list[RowProblem]
    under_strength: list[Weak]
    swaps: list[Swap]
    approval: str | None
    skip_bad_rows: bool
    digest: str = ""
    counts: Counter[tuple[Noun, Verb]] = field(default_factory=Counter)

    @property
    def may_be_applied(self) -> bool:
        """Whether nothing stands in the way."""
        return self.book.is_readable and (self.skip_bad_rows or not self.problems)

    def bad_rows(self) -> dict[Place, list[RowProblem]]:
        """The rows that are not written, with what is wrong with each."""
        found: dict[Place, list[RowProblem]] = {}
        for wrong in self.problems:
            for place in sorted(wrong.places()):
                found.setdefault(place, []).append(wrong)
        return found


async def plan(
    session: AsyncSession,
    book: Book,
    *,
    by: Viewer,
    today: date,
    approval: str | None = None,
    skip_bad_rows: bool = False,
) -> Plan:
    """Compare a workbook with what stands. Writes nothing; every problem is in the plan.

    `today` is the business day on which teams must be right; `approval` the number (文号) of the decision to replace
    first secretaries. Raises `Refusal(NOT_ALLOWED)` for whoever may import nowhere; what lies beyond somebody's areas is
    a problem of its row.
    """
    _acting_role(by)
    villages = {row.code for row in book.areas if row.level is Level.VILLAGE}
    current = await stored.current(
        session,
        area_codes=villages | {row.area for row in book.people} | {row.village for row in book.households},
        phones={row.phone for row in book.people if row.phone is not None},
        with_sites=bool(book.sites),
        household_codes={row.village for row in book.households},
    )
    users = await _users_of_changed_units(session, book, current)
    fallen: set[Place] = set()
    blocks: list[RowProblem] = [wrong for wrong in book.problems if wrong.blocks]
    while True:
        found = _compare(book, current, fallen, by=by, today=today, approval=approval or None, users=users)
        new = [wrong for wrong in found.problems if wrong.blocks and not wrong.places() <= fallen]
        if not skip_bad_rows:
            new = [wrong for wrong in new if wrong.code is not Fault.TEAM_HAS_BAD_ROW]
        blocks += new
        before = len(fallen)
        fallen |= {place for wrong in new for place in wrong.places()}
        if not skip_bad_rows or len(fallen) == before:
            break
    found.problems = sorted(blocks, key=_order)
    found.warnings = sorted([wrong for wrong in [*book.problems, *found.warnings] if not wrong.blocks], key=_order)
    return replace(
        found,
        approval=approval or None,
        skip_bad_rows=skip_bad_rows,
        digest=_digest(found.changes),
        counts=Counter((change.noun, change.verb) for change in found.changes),
    )


async def apply(
    session: AsyncSession,
    planned: Plan,
    *,
    by: Viewer,
    today: date,
    now: datetime,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Plan:
    """Write a plan, all of it, with an audit row a change; the roster is compared anew under the writer's lock.

    A county that comes in now keeps attendance from today on (`records_from`).

    Raises `Refusal`: NOT_ALLOWED, ROSTER_HAS_PROBLEMS (nothing may be written while rows are wrong and none are to be skipped),
    ROSTER_STALE (the roster has changed since the plan was made; make a new one).
    """
    if not planned.may_be_applied:
        raise Refusal(Code.ROSTER_HAS_PROBLEMS, LOCAL, count=len(planned.problems))
    anew = await plan(
        session,
        planned.book,
        by=by,
        today=today,
        approval=planned.approval,
        skip_bad_rows=planned.skip_bad_rows,
    )
    if anew.digest != planned.digest or not anew.may_be_applied:
        raise Refusal(Code.ROSTER_STALE, LOCAL)
    swapped = {swap.code for swap in anew.swaps}
    changes = [
        roster_writing.Written(
            noun=change.noun.value,
            verb=change.verb.value,
            key=change.key,
            id=change.id,
            values=change.values,
            area=change.area,
            **_audited(change, swapped, anew.approval),
            old=change.old,
        )
        for change in anew.changes
    ]
    role = _acting_role(by)
    await roster_writing.write(session, changes, by=by.person_id, role=role, now=now, progress=progress)
    await settings.begin_records(session, by=by, area_codes=_new_counties(anew.changes), now=now)
    return anew


def _new_counties(changes: Sequence[Change]) -> list[str]:
    added = [change for change in changes if change.noun is Noun.AREA and change.verb is Verb.ADD]
    return [change.key for change in added if change.values["level"] is Level.COUNTY]


def _compare(
    book: Book,
    current: Current,
    fallen: Collection[Place],
    *,
    by: Viewer,
    today: date,
    approval: str | None,
    users: Mapping[str, set[str]],
) -> Plan:
    """One pass over the rows that have not fallen."""
    areas = [row for row in book.areas if (Sheet.AREAS.value, row.row) not in fallen]
    unit_rows = [row for row in book.units if (Sheet.UNITS.value, row.row) not in fallen]
    sites = [row for row in book.sites if (Sheet.SITES.value, row.row) not in fallen]
    rows = [row for row in book.people if (Sheet.PEOPLE.value, row.row) not in fallen]
    bad_codes = book.bad_codes | {row.code for row in book.areas if (Sheet.AREAS.value, row.row) in fallen}
    bad_units = book.bad_units | {row.name for row in book.units if (Sheet.UNITS.value, row.row) in fallen}
    tree, area_changes, problems = compare_areas(areas, current, bad_codes)
    bad_codes |= {row.code for row in areas if row.code not in tree.levels}
    units, unit_changes, unit_problems = compare_units(unit_rows, current)
    site_changes, site_problems = compare_sites(sites, tree, current, bad_codes)
    people = compare_people(rows, tree, units, current, bad_codes=bad_codes, bad_units=bad_units)
    household_rows = [row for row in book.households if (Sheet.HOUSEHOLDS.value, row.row) not in fallen]
    household_changes, household_problems = compare_households(
        household_rows, tree, people, current, bad_codes, today=today
    )
    problems += [*unit_problems, *site_problems, *people.problems, *household_problems]
    changes = [*area_changes, *unit_changes, *site_changes, *people.changes, *household_changes]
    problems += Reach(by, tree, current, users).beyond(changes, people)
    teams = check_teams(
        people,
        tree,
        units,
        current,
        today=today,
        villages=_villages(areas, rows, tree),
        touched=_touched(people, tree, has_new_units=any(change.verb is Verb.CHANGE for change in unit_changes)),
        bad_villages=_bad_villages(book, fallen, problems),
        approval=approval,
    )
    problems += teams.problems
    warnings = [wrong for wrong in problems if not wrong.blocks]
    return Plan(book, changes, problems, warnings, teams.under_strength, teams.swaps, approval, skip_bad_rows=False)


def _villages(areas: Sequence[AreaRow], rows: Sequence[PersonRow], tree: Tree) -> set[str]:
    codes = {row.code for row in areas} | {row.area for row in rows}
    return {code for code in codes if tree.levels.get(code) is Level.VILLAGE}


def _touched(people: People, tree: Tree, *, has_new_units: bool) -> set[str]:
    """Villages in whose teams something changes."""
    everywhere = {held.area for roles in people.roles.values() for held in roles}
    touched = {change.area for change in people.changes if change.noun is Noun.ROLE and change.area is not None}
    for change in people.changes:
        if change.noun is Noun.PERSON:
            touched |= {held.area for held in people.roles[change.key]}
    if has_new_units:
        touched = everywhere
    return {code for code in touched if tree.levels.get(code) is Level.VILLAGE}


def _bad_villages(book: Book, fallen: Collection[Place], problems: Sequence[RowProblem]) -> set[str]:
    """Villages of which a row of 人员 has fallen."""
    rows = {row for sheet, row in fallen if sheet == Sheet.PEOPLE}
    rows |= {row for wrong in problems for sheet, row in wrong.places() if sheet == Sheet.PEOPLE}
    return set(book.bad_posts.values()) | {row.area for row in book.people if row.row in rows}


async def _users_of_changed_units(session: AsyncSession, book: Book, current: Current) -> dict[str, set[str]]:
    """The areas whose people come from units that the workbook changes."""
    changed = {
        current.units[row.name].id: row.name
        for row in book.units
        if row.name in current.units
        and (current.units[row.name].level, current.units[row.name].kind) != (row.level, row.kind.value)
    }
    areas = await stored.unit_areas(session, list(changed)) if changed else {}
    return {changed[unit_id]: paths for unit_id, paths in areas.items()}


def _audited(change: Change, swapped: Collection[str], approval: str | None) -> dict[str, Mapping[str, object] | None]:
    """What the audit row says. Of a household only which columns changed: villagers' data stays out of it."""
    if change.noun is Noun.HOUSEHOLD:
        return {"before": None, "after": {"fields": sorted(change.after or {})}}
    return {"before": change.before, "after": _with_approval(change, swapped, approval)}


def _with_approval(change: Change, swapped: Collection[str], approval: str | None) -> Mapping[str, object] | None:
    if approval is not None and change.area in swapped and change.noun in {Noun.ROLE, Noun.PERSON}:
        return {**(change.after or {}), "approval": approval}
    return change.after


def _acting_role(by: Viewer) -> Role | None:
    """The role of the audit rows: the widest in which `by` may import."""
    paths = by.paths(Action.ROSTER_IMPORT)
    if not paths:
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.ROSTER_IMPORT.value)
    return require(by, Action.ROSTER_IMPORT, Target(min(paths, key=len)))


_SHEETS = [sheet.value for sheet in Sheet]


def _order(wrong: RowProblem) -> tuple[int, int, str]:
    place = _SHEETS.index(wrong.sheet) if wrong.sheet in _SHEETS else -1
    return place, wrong.row, wrong.column or ""


def _digest(changes: Sequence[Change]) -> str:
    facts = [
        [change.noun, change.verb, change.key, change.id, *map(_facts, (change.values, change.before, change.after))]
        for change in changes
    ]
    return hashlib.sha256(orjson.dumps(facts, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _facts(values: Mapping[str, object] | None) -> dict[str, str]:
    return {key: str(value) for key, value in (values or {}).items()}
