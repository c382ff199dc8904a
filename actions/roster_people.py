"""Comparing the sheet 人员 with what stands: who is who, and which roles are new, changed or ended.

Who is who is decided in `docs/decisions/0005-who-is-who-in-the-roster.md`: by phone; without a known phone, by name, unit and area.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from actions.roster_changes import Change, Noun, Tree, Verb, different, masked
from policy import roster
from policy.authority import Role
from policy.refusals import Refusal
from policy.roster import NAME_OF
from policy.workbook import Fault, PersonRow, RowProblem, Sheet, UnitRow, problem
from storage.roster import Current, KnownPerson, KnownRole


@dataclass(slots=True)
class Somebody:
    """One person of the workbook, with all their rows, and who that is already."""

    rows: list[PersonRow]
    phone: str | None
    known: KnownPerson | None = None
    is_renamed: bool = False

    @property
    def key(self) -> str:
        """Names the person within the plan."""
        return str(self.known.id) if self.known is not None else f"row {self.rows[0].row}"

    @property
    def name(self) -> str:
        """The name as written."""
        return self.rows[0].name

    @property
    def party(self) -> str | None:
        """The political status as written, in whichever row."""
        return next((row.party for row in self.rows if row.party), None)

    @property
    def unit(self) -> str | None:
        """The unit of the row that holds now or began last."""
        named = [row for row in self.rows if row.unit]
        return max(named, key=lambda row: (row.ends_on is None, row.starts_on)).unit if named else None


@dataclass(slots=True)
class People:
    """The sheet, compared. `somebodies` by key; `roles` of each as they will stand; `touched` areas by row."""

    somebodies: dict[str, Somebody] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    roles: dict[str, list["Held"]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Held:
    """A role as it will stand. `row`: where the workbook says so, if it does; `was` as it stands now."""

    role: Role
    area: str
    unit: str | None
    starts_on: date
    ends_on: date | None
    row: int | None
    was: KnownRole | None

    def holds(self, on: date) -> bool:
        """First and last day included."""
        return self.starts_on <= on and (self.ends_on is None or on <= self.ends_on)


def compare_people(
    rows: Sequence[PersonRow],
    tree: Tree,
    units: Mapping[str, UnitRow],
    current: Current,
    *,
    bad_codes: Collection[str],
    bad_units: Collection[str],
) -> People:
    """Who is in the workbook, what changes in people and roles, and what is wrong with their rows."""
    found = People()
    good = []
    for row in rows:
        problems = list(_row_problems(row, tree, units, current, bad_codes, bad_units))
        found.problems += problems
        if not problems:
            good.append(row)
    somebodies, problems = _match(_grouped(good, found.problems), current)
    found.problems += problems
    unit_names = {unit.id: unit.name for unit in current.units.values()}
    for somebody in somebodies:
        found.somebodies[somebody.key] = somebody
        change = _person_change(somebody, tree, unit_names)
        if change is not None:
            found.changes.append(change)
        _roles(found, somebody, tree, current, unit_names)
    return found


def _row_problems(
    row: PersonRow,
    tree: Tree,
    units: Mapping[str, UnitRow],
    current: Current,
    bad_codes: Collection[str],
    bad_units: Collection[str],
) -> Iterator[RowProblem]:
    level = tree.levels.get(row.area)
    if level is None:
        fault = Fault.HANGS_ON_BAD_ROW if row.area in bad_codes else Fault.AREA_UNKNOWN
        yield problem(Sheet.PEOPLE, row.row, "区划代码", fault, on=row.area)
    else:
        try:
            roster.check_role(row.role, level)
        except Refusal as refusal:
            fields = {**refusal.fields, "role": NAME_OF[row.role]}
            yield RowProblem(Sheet.PEOPLE, row.row, "角色", refusal.code, refusal.clause, fields)
    if row.role is Role.UNIT_LIAISON and row.unit is None:  # reaches the people of a unit, or nobody
        yield problem(Sheet.PEOPLE, row.row, "派出单位", Fault.CELL_EMPTY)
    if row.unit is not None and row.unit not in units and row.unit not in current.units:
        fault = Fault.HANGS_ON_BAD_ROW if row.unit in bad_units else Fault.UNIT_NOT_LISTED
        yield problem(Sheet.PEOPLE, row.row, "派出单位", fault, on=row.unit)


def _grouped(rows: Iterable[PersonRow], problems: list[RowProblem]) -> list[Somebody]:
    """Rows put together by person: the same phone, or without one the same name, unit and area."""
    by_phone: dict[str, Somebody] = {}
    by_name: dict[tuple[str, str | None, str], list[Somebody]] = defaultdict(list)
    without = []
    for row in rows:
        if row.phone is None:
            without.append(row)
            continue
        somebody = by_phone.get(row.phone)
        if somebody is None:
            somebody = by_phone[row.phone] = Somebody([row], row.phone)
        elif (wrong := _against(somebody, row)) is not None:
            problems.append(wrong)
            continue
        else:
            somebody.rows.append(row)
        namesakes = by_name[row.name, row.unit, row.area]
        if somebody not in namesakes:
            namesakes.append(somebody)
    nameless: dict[tuple[str, str | None, str], Somebody] = {}
    for row in without:
        key = (row.name, row.unit, row.area)
        others = by_name.get(key, [])
        somebody = others[0] if len(others) == 1 else nameless.get(key)
        if somebody is None:
            nameless[key] = Somebody([row], None)
        elif (wrong := _against(somebody, row)) is not None:
            problems.append(wrong)
        else:
            somebody.rows.append(row)
    return [*by_phone.values(), *nameless.values()]


def _against(somebody: Somebody, row: PersonRow) -> RowProblem | None:
    """What speaks against a row being the same person's."""
    first = somebody.rows[0]
    if row.name != first.name:
        return problem(Sheet.PEOPLE, row.row, "手机", Fault.PHONE_TWICE, other=first.row, name=first.name)
    if row.party and somebody.party and row.party != somebody.party:
        return problem(Sheet.PEOPLE, row.row, "政治面貌", Fault.PERSON_CONFLICT, other=first.row)
    for other in somebody.rows:
        if (other.role, other.area) == (row.role, row.area) and _overlap(
            (other.starts_on, other.ends_on), (row.starts_on, row.ends_on)
        ):
            return problem(Sheet.PEOPLE, row.row, "姓名", Fault.ROLE_TWICE, other=other.row)
    return None


def _match(somebodies: list[Somebody], current: Current) -> tuple[list[Somebody], list[RowProblem]]:
    """Find out who is known already; who can't be told apart falls out with a problem."""
    by_phone: dict[str, list[KnownPerson]] = defaultdict(list)
    by_name: dict[str, list[KnownPerson]] = defaultdict(list)
    for person in current.people.values():
        by_name[person.name].append(person)
        if person.phone is not None:
            by_phone[person.phone].append(person)
    problems: list[RowProblem] = []
    claimed: set[int] = set()
    for somebody in somebodies:
        owners = by_phone.get(somebody.phone, []) if somebody.phone is not None else []
        if owners:
            named = [person for person in owners if person.name == somebody.name]
            somebody.known = (named or owners)[0]
            claimed.add(somebody.known.id)
            if not named:
                problems.append(_renamed(somebody, current))
    for somebody in somebodies:
        if somebody.known is None:
            likely = (p for p in by_name.get(somebody.name, []) if p.id not in claimed)
            fits = [person for person in likely if _is_likely(somebody, person, current)]
            if len(fits) > 1:
                others = tuple((Sheet.PEOPLE.value, row.row) for row in somebody.rows[1:])
                row = somebody.rows[0].row
                problems.append(
                    problem(Sheet.PEOPLE, row, "姓名", Fault.PERSON_AMBIGUOUS, others=others, count=len(fits))
                )
            elif fits:
                somebody.known = fits[0]
                claimed.add(fits[0].id)
    fallen = {row for found in problems for _, row in found.places()}
    return [somebody for somebody in somebodies if somebody.rows[0].row not in fallen], problems


def _renamed(somebody: Somebody, current: Current) -> RowProblem:
    """A known phone under another name: a correction where the post is the same, else somebody else's phone."""
    first, *others = somebody.rows
    if somebody.known is not None and _shares_post(somebody, current.roles.get(somebody.known.id, [])):
        somebody.is_renamed = True
        return problem(
            Sheet.PEOPLE, first.row, "姓名", Fault.NAME_CORRECTED, before=somebody.known.name, after=first.name
        )
    fallen = tuple((Sheet.PEOPLE.value, row.row) for row in others)
    return problem(Sheet.PEOPLE, first.row, "手机", Fault.PHONE_TAKEN, others=fallen)


def _shares_post(somebody: Somebody, roles: Sequence[KnownRole]) -> bool:
    posts = {(row.role, row.area) for row in somebody.rows}
    return any((role.role, role.area) in posts for role in roles)


def _is_likely(somebody: Somebody, person: KnownPerson, current: Current) -> bool:
    """A namesake with a role in the same area, of the same unit where both name one, and no other way to tell."""
    areas = {row.area for row in somebody.rows}
    posts = [role for role in current.roles.get(person.id, []) if role.area in areas and role.ends_on is None]
    if not posts:
        posts = [role for role in current.roles.get(person.id, []) if _is_row(role, somebody.rows)]
    unit_ids = {role.unit_id for role in posts} | ({person.unit_id} if posts else set())
    unit = current.units.get(somebody.unit) if somebody.unit is not None else None
    return bool(posts) and (somebody.unit is None or unit_ids == {None} or (unit is not None and unit.id in unit_ids))


def _is_row(role: KnownRole, rows: Sequence[PersonRow]) -> bool:
    return any((role.role, role.area, role.starts_on) == (row.role, row.area, row.starts_on) for row in rows)


def _person_change(somebody: Somebody, tree: Tree, unit_names: Mapping[int, str]) -> Change | None:
    """An empty cell changes nothing."""
    row, known = somebody.rows[0], somebody.known
    written = {"name": somebody.name, "phone": somebody.phone, "party": somebody.party, "unit": somebody.unit}
    label = f"{tree.names[row.area]} {somebody.name}"
    if known is None:
        said = {**written, "phone": masked(somebody.phone)}
        return Change(Noun.PERSON, Verb.ADD, row.row, somebody.key, None, written, label, row.area, None, said)
    unit = unit_names.get(known.unit_id) if known.unit_id is not None else None
    stands: dict[str, Any] = {"name": known.name, "phone": known.phone, "party": known.party, "unit": unit}
    before, after = different(stands, {key: value for key, value in written.items() if value is not None})
    if not after:
        return None
    values = dict(after)
    for said in (before, after):
        if "phone" in said:
            said["phone"] = masked(said["phone"])
    return Change(Noun.PERSON, Verb.CHANGE, row.row, somebody.key, known.id, values, label, row.area, before, after)


def _roles(found: People, somebody: Somebody, tree: Tree, current: Current, unit_names: Mapping[int, str]) -> None:
    """Each row is a role: one that begins the same day, else one whose time it overlaps, else a new one."""
    stands = list(current.roles.get(somebody.known.id, [])) if somebody.known is not None else []
    pairs: dict[int, KnownRole] = {}
    for fits in (_starts_with, _overlaps):
        for row in somebody.rows:
            if row.row in pairs:
                continue
            role = next((role for role in stands if fits(role, row)), None)
            if role is not None:
                pairs[row.row] = role
                stands.remove(role)
    held = []
    for row in somebody.rows:
        was = pairs.get(row.row)
        unit = row.unit or (_unit_of(was, unit_names) if was is not None else somebody.unit)
        held.append(Held(row.role, row.area, unit, row.starts_on, row.ends_on, row.row, was))
        change = _role_change(held[-1], somebody, tree, unit_names)
        if change is not None:
            found.changes.append(change)
    held += [
        Held(role.role, role.area, _unit_of(role, unit_names), role.starts_on, role.ends_on, None, role)
        for role in stands
    ]
    found.roles[somebody.key] = held


def _starts_with(role: KnownRole, row: PersonRow) -> bool:
    return _is_row(role, [row])


def _overlaps(role: KnownRole, row: PersonRow) -> bool:
    return (role.role, role.area) == (row.role, row.area) and _overlap(
        (role.starts_on, role.ends_on), (row.starts_on, row.ends_on)
    )


def _overlap(one: tuple[date, date | None], other: tuple[date, date | None]) -> bool:
    return one[0] <= (other[1] or date.max) and other[0] <= (one[1] or date.max)


def _unit_of(role: KnownRole, unit_names: Mapping[int, str]) -> str | None:
    return unit_names.get(role.unit_id) if role.unit_id is not None else None


def _role_change(held: Held, somebody: Somebody, tree: Tree, unit_names: Mapping[int, str]) -> Change | None:
    row = held.row or 0
    what = {"name": somebody.name, "role": NAME_OF[held.role].value, "area": tree.names[held.area]}
    written = {"unit": held.unit, "starts_on": held.starts_on, "ends_on": held.ends_on}
    label = f"{tree.names[held.area]} {somebody.name} {NAME_OF[held.role]}"
    key = f"role {row}"
    if held.was is None:
        values = {"person": somebody.key, "role": held.role, "area": held.area, **written}
        said = {**what, **_plain(written)}
        return Change(Noun.ROLE, Verb.ADD, row, key, None, values, label, held.area, None, said)
    was = held.was
    stands = {"unit": _unit_of(was, unit_names), "starts_on": was.starts_on, "ends_on": was.ends_on}
    before, after = different(stands, written)
    if not after:
        return None
    is_end = list(after) == ["ends_on"] and was.ends_on is None
    verb = Verb.END if is_end else Verb.CHANGE
    said_before, said_after = {**what, **_plain(before)}, {**what, **_plain(after)}
    return Change(Noun.ROLE, verb, row, key, was.id, after, label, held.area, said_before, said_after)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in values.items()}
