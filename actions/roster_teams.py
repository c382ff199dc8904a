"""The team rules of clause 一（一） on what an import would leave, and its swaps of first secretaries, clause 一（三）."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from actions.roster_changes import Tree
from actions.roster_people import Held, People
from policy import roster
from policy.authority import TEAM, Role
from policy.profile import Profile, resolve, team_size_range
from policy.roster import Level, PartyStatus, ProblemCode, TeamMemberRow, UnitKind
from policy.workbook import Fault, Place, RowProblem, Sheet, UnitRow, problem
from storage.people import ancestor_ids
from storage.roster import Current

_DAY = timedelta(days=1)


class Weak(NamedTuple):
    """A village whose team is short of people."""

    code: str
    name: str
    people: int
    fewest: int


class Swap(NamedTuple):
    """A village whose first secretary is another, or none, afterwards."""

    code: str
    village: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Member:
    """One role in a village, now and as it will stand."""

    key: str
    name: str
    name_now: str | None
    party: str | None
    unit: str | None
    after: Held
    is_cadre: bool


@dataclass(slots=True)
class Teams:
    """What the rules say."""

    problems: list[RowProblem] = field(default_factory=list)
    under_strength: list[Weak] = field(default_factory=list)
    swaps: list[Swap] = field(default_factory=list)


def check_teams(
    people: People,
    tree: Tree,
    units: Mapping[str, UnitRow],
    current: Current,
    *,
    today: date,
    villages: Collection[str],
    touched: Collection[str],
    bad_villages: Collection[str],
    approval: str | None,
) -> Teams:
    """Check the villages of the workbook: all for their strength, the `touched` ones by every rule.

    `bad_villages` have rows that fell already.

    The rules hold on `today` and on each later day on which somebody begins: what ends later is the business of
    reminders, and no fault of the workbook.
    """
    found = Teams()
    members = _members(people, current)
    profiles = _Profiles(tree, current, today)
    for code in sorted(villages):
        team = members.get(code, [])
        profile = profiles.of(code)
        _check_sizes(found, code, tree, team, profile, today)
        if code not in touched:
            continue
        problems = list(_rule_problems(code, team, units, current, profile, today))
        if any(wrong.blocks for wrong in problems) and code in bad_villages:
            problems = _hanging(team)
        found.problems += problems
        if (swap := _swap(code, tree, team, profile, today)) is not None:
            found.swaps.append(swap)
            if approval is None:
                found.problems += _unapproved(swap, team)
    return found


def _members(people: People, current: Current) -> dict[str, list[Member]]:
    """Everybody with a role in a village, by village: those of the workbook and those it doesn't name."""
    members: dict[str, list[Member]] = defaultdict(list)
    unit_names = {unit.id: unit.name for unit in current.units.values()}
    for key, held in people.roles.items():
        somebody = people.somebodies[key]
        known = somebody.known
        now, party, unit = (known.name, known.party, known.unit_id) if known is not None else (None, None, None)
        own = somebody.unit or unit_names.get(unit or 0)
        _add(members, Member(key, somebody.name, now, somebody.party or party, own, held[0], is_cadre=False), held)
    for person in current.people.values():
        if str(person.id) not in people.roles:
            stands = [
                Held(
                    role.role,
                    role.area,
                    unit_names.get(role.unit_id or 0),
                    role.starts_on,
                    role.ends_on,
                    None,
                    role,
                )
                for role in current.roles.get(person.id, [])
            ]
            own = unit_names.get(person.unit_id or 0)
            if stands:
                member = Member(str(person.id), person.name, person.name, person.party, own, stands[0], is_cadre=False)
                _add(members, member, stands)
    return members


def _add(members: dict[str, list[Member]], member: Member, held: list[Held]) -> None:
    """Each place in a team that the person holds."""
    offices = [each for each in held if each.role is Role.TOWNSHIP_OFFICER]
    for each in held:
        if each.role in TEAM:
            is_cadre = any(_meet(each, office) for office in offices)
            members[each.area].append(replace(member, after=each, is_cadre=is_cadre))


def _meet(one: Held, other: Held) -> bool:
    return one.starts_on <= (other.ends_on or date.max) and other.starts_on <= (one.ends_on or date.max)


class _Profiles:
    """The team's parameters by village, from the settings of the areas above it."""

    def __init__(self, tree: Tree, current: Current, on: date) -> None:
        self._tree = tree
        self._layers = {area: _in_force(rows, on) for area, rows in current.settings.items()}
        self._default = Profile()

    def of(self, code: str) -> Profile:
        if not self._layers:
            return self._default
        return resolve([self._layers.get(area_id, {}) for area_id in ancestor_ids(self._tree.known_path(code))])


def _in_force(rows: list[tuple[date, str, Any]], on: date) -> dict[str, Any]:
    return {key: value for since, key, value in rows if since <= on}


def _moments(team: list[Member], today: date) -> list[date]:
    """Today, and the days on which somebody begins; not today where the team begins later."""
    begins = sorted({member.after.starts_on for member in team if member.after.starts_on > today})
    return begins if begins and not _on(team, today) else [today, *begins]


def _on(team: list[Member], day: date) -> list[Member]:
    return [member for member in team if member.after.holds(day)]


def _check_sizes(found: Teams, code: str, tree: Tree, team: list[Member], profile: Profile, today: date) -> None:
    count = len({member.key for member in _on(team, _moments(team, today)[-1])})
    fewest, _ = team_size_range(profile)
    if count < fewest:
        found.under_strength.append(Weak(code, tree.names[code], count, fewest))


def _rule_problems(
    code: str,
    team: list[Member],
    units: Mapping[str, UnitRow],
    current: Current,
    profile: Profile,
    today: date,
) -> Iterator[RowProblem]:
    rows = {member.key: member.after.row for member in team if member.after.row is not None}
    if not rows:
        return  # the workbook says nothing of this team
    first = min(rows.values())
    told = set()
    for day in _moments(team, today):
        members = [_judged(member, units, current) for member in _on(team, day)]
        for wrong in roster.check_team(code, members, profile):
            if wrong.code is ProblemCode.TEAM_TOO_SMALL or (wrong.code, wrong.person_key) in told:
                continue
            told.add((wrong.code, wrong.person_key))
            row = rows.get(wrong.person_key or "", first)
            others = _places(team) if wrong.person_key is None or wrong.person_key not in rows else ()
            yield RowProblem(
                Sheet.PEOPLE,
                row,
                _COLUMN.get(wrong.code, "角色"),
                wrong.code,
                wrong.clause,
                wrong.fields,
                wrong.severity,
                others,
            )


_COLUMN: Mapping[ProblemCode, str] = {
    ProblemCode.FIRST_SECRETARY_NOT_PARTY_MEMBER: "政治面貌",
    ProblemCode.PARTY_MEMBERSHIP_UNKNOWN: "政治面貌",
    ProblemCode.FIRST_SECRETARY_PROBATIONARY: "政治面貌",
    ProblemCode.UNIT_UNKNOWN: "派出单位",
    ProblemCode.UNIT_BELOW_COUNTY: "派出单位",
    ProblemCode.PERSON_TWICE: "姓名",
}


def _judged(member: Member, units: Mapping[str, UnitRow], current: Current) -> TeamMemberRow:
    status = roster.party_status(member.party) if member.party else None
    level, kind = _unit(member.after.unit or member.unit, units, current)
    return TeamMemberRow(
        person_key=member.key,
        name=member.name,
        role=member.after.role,
        party_member=None if status is None else status is not PartyStatus.NONE,
        unit_level=level,
        unit_kind=kind,
        probationary=status is PartyStatus.PROBATIONARY,
        township_cadre=member.is_cadre,
    )


def _unit(name: str | None, units: Mapping[str, UnitRow], current: Current) -> tuple[Level | None, UnitKind | None]:
    if name is not None and name in units:
        return units[name].level, units[name].kind
    known = current.units.get(name or "")
    if known is None:
        return None, None
    return known.level, UnitKind(known.kind) if known.kind in set(UnitKind) else None


def _places(team: list[Member]) -> tuple[Place, ...]:
    return tuple((Sheet.PEOPLE.value, member.after.row) for member in team if member.after.row is not None)


def _hanging(team: list[Member]) -> list[RowProblem]:
    """A team that a fallen row leaves incomplete falls with it."""
    return [problem(sheet, row, "区划代码", Fault.TEAM_HAS_BAD_ROW) for sheet, row in _places(team)]


def _swap(code: str, tree: Tree, team: list[Member], profile: Profile, today: date) -> Swap | None:
    """A first secretary replaced, renamed, or sent away before the term is up. Clause 一（三）."""
    leaders = [member for member in team if member.after.role is Role.FIRST_SECRETARY]
    stands = [
        (member.key, member.name_now, member.after.was)
        for member in leaders
        if member.after.was is not None and member.name_now is not None
    ]
    days = {*_moments(team, today), *(day for member in leaders for day in _ends_early(member, profile, today))}
    for day in sorted(days):
        before = {
            (key, name)
            for key, name, was in stands
            if was.starts_on <= day and (was.ends_on is None or day <= was.ends_on)
        }
        after = {(member.key, member.name) for member in leaders if member.after.holds(day)}
        if before and before != after:
            return Swap(code, tree.names[code], _names(before), _names(after))
    return None


def _ends_early(member: Member, profile: Profile, today: date) -> Iterator[date]:
    held = member.after
    if held.was is None or held.ends_on is None or held.ends_on == held.was.ends_on:
        return
    start = held.was.starts_on
    term_ends = date(start.year + profile.term_years, start.month, min(start.day, 28)) - _DAY
    if held.ends_on < term_ends and held.ends_on >= today:
        yield held.ends_on + _DAY


def _names(leaders: Collection[tuple[str, str]]) -> str:
    return "、".join(sorted(name for _, name in leaders))


def _unapproved(swap: Swap, team: list[Member]) -> Iterator[RowProblem]:
    rows = [member.after.row for member in team if member.after.role is Role.FIRST_SECRETARY and member.after.row]
    if rows:
        others = tuple((Sheet.PEOPLE.value, row) for row in rows)
        yield problem(
            Sheet.PEOPLE,
            min(rows),
            "角色",
            Fault.APPROVAL_MISSING,
            others=others,
            village=swap.village,
            before=swap.before,
            after=swap.after,
        )
