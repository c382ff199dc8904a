"""Comparing the sheet 农户 with what stands. Clause 二（四）.

A household is its village, group and head; where several are so called, year of birth and address tell them apart. One
that the sheet leaves out stays.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any

from actions.roster_changes import Change, Noun, Tree, Verb, different, masked
from actions.roster_people import People
from actions.roster_places import village_problem
from policy.households import HouseholdRow, called
from policy.workbook import Fault, RowProblem, Sheet, problem
from storage.roster import Current, KnownHousehold

Team = dict[tuple[str, str], set[str]]
"""Keys of people by village and name."""


def compare_households(
    rows: Sequence[HouseholdRow],
    tree: Tree,
    people: People,
    current: Current,
    bad_codes: Collection[str],
    *,
    today: date,
) -> tuple[list[Change], list[RowProblem]]:
    """What changes in the households, and what is wrong with their rows."""
    problems: list[RowProblem] = []
    buckets: dict[tuple[str, str], list[HouseholdRow]] = defaultdict(list)
    seen: dict[tuple[Any, ...], int] = {}
    for row in rows:
        if (found := village_problem(Sheet.HOUSEHOLDS, row.row, row.village, tree, bad_codes)) is not None:
            problems.append(found)
            continue
        if row.born is not None and row.born > today.year:
            problems.append(problem(Sheet.HOUSEHOLDS, row.row, "出生年", Fault.BIRTH_INVALID, value=row.born))
            continue
        mark = (row.village, row.head, row.group, row.born, row.address)
        if mark in seen:
            problems.append(problem(Sheet.HOUSEHOLDS, row.row, "户主", Fault.HOUSEHOLD_TWICE, other=seen[mark]))
            continue
        seen[mark] = row.row
        buckets[row.village, row.head].append(row)
    team = _team(people, current, today) if any(row.paired for row in rows) else {}
    changes: list[Change] = []
    for key, named in buckets.items():
        for row, known in _matched(named, current.households.get(key, [])):
            if isinstance(known, RowProblem):
                problems.append(known)
            elif known is not None and known.gone_on is not None:
                problems.append(problem(Sheet.HOUSEHOLDS, row.row, "户主", Fault.HOUSEHOLD_GONE))
            elif (change := _change(row, known, tree, team)) is not None:
                changes.append(change)
    return sorted(changes, key=lambda change: change.row), problems


def _matched(
    rows: Sequence[HouseholdRow], known: Sequence[KnownHousehold]
) -> Iterator[tuple[HouseholdRow, KnownHousehold | RowProblem | None]]:
    """The rows of one village and name with the household each is; what fits to the letter goes first."""
    ordered = sorted(known, key=lambda one: one.gone_on is None)
    exact = {(one.group, one.head_born, one.address): one for one in ordered}
    left = {one.id: one for one in known}
    rest = []
    for row in rows:
        one = exact.get((row.group, row.born, row.address))
        if one is not None and left.pop(one.id, None) is not None:
            yield row, one
        else:
            rest.append(row)
    for row in rest:
        found = _one_of(row, [one for one in left.values() if one.group == row.group])
        if found is None:  # a group that is said for the first time, or not said this time
            found = _one_of(row, [one for one in left.values() if None in {one.group, row.group}])
        if isinstance(found, KnownHousehold):
            del left[found.id]
        yield row, found


def _one_of(row: HouseholdRow, known: Sequence[KnownHousehold]) -> KnownHousehold | RowProblem | None:
    """Which of these a row speaks of: by year of birth, by address, or because there is only one it can be."""
    fits = [one for one in known if None in {one.head_born, row.born} or one.head_born == row.born]
    born = [one for one in fits if row.born is not None and one.head_born == row.born]
    there = [one for one in born or fits if row.address is not None and one.address == row.address]
    best = there or born or fits
    best = [one for one in best if one.gone_on is None] or best
    if len(best) > 1:
        return problem(Sheet.HOUSEHOLDS, row.row, "户主", Fault.HOUSEHOLD_AMBIGUOUS, count=len(best))
    return best[0] if best else None


def _change(row: HouseholdRow, known: KnownHousehold | None, tree: Tree, team: Team) -> Change | None:
    label = f"{tree.names[row.village]} {called(row.group, row.head)}"
    said = {
        "group": row.group,
        "head_born": row.born,
        "address": row.address,
        "members": row.members,
        "kinds": None if row.kinds is None else list(row.kinds),
        "phone": row.phone,
        "others": None if row.others is None else list(row.others),
        "paired_name": row.paired,
    }
    paired = _paired(row, team)
    if known is None:
        full = {**said, "head": row.head, "kinds": said["kinds"] or [], "others": said["others"] or []}
        values = {**full, "village": row.village, "paired": paired}
        after = {name: None for name, value in full.items() if value}
        key = f"row {row.row}"
        return Change(Noun.HOUSEHOLD, Verb.ADD, row.row, key, None, values, label, row.village, None, after)
    before = {name: getattr(known, name) for name in said}
    old, new = different(before, {name: value for name, value in said.items() if value is not None})
    values = dict(new)
    was = str(known.paired_id) if known.paired_id is not None else None
    if row.paired is not None and paired != was:
        values["paired"] = paired
        old["paired_id"] = known.paired_id
        new["paired_name"] = row.paired
    if not values:
        return None
    shown = _shown({name: before[name] for name in new}), _shown(new)
    return Change(
        Noun.HOUSEHOLD, Verb.CHANGE, row.row, str(known.id), known.id, values, label, row.village, *shown, old=old
    )


def _shown(facts: dict[str, Any]) -> dict[str, Any]:
    """Lists as words, phones masked."""
    shown = {name: "、".join(value) if isinstance(value, list) else value for name, value in facts.items()}
    return shown | ({"phone": masked(shown["phone"])} if "phone" in shown else {})


def _team(people: People, current: Current, today: date) -> Team:
    """Who is in which village's team, as it will stand."""
    found: Team = defaultdict(set)
    for key, somebody in people.somebodies.items():
        for held in people.roles.get(key, []):
            if held.holds(today):
                found[held.area, somebody.name].add(key)
    for person_id, roles in current.roles.items():
        if str(person_id) in people.somebodies or person_id not in current.people:
            continue
        for role in roles:
            if role.starts_on <= today and (role.ends_on is None or today <= role.ends_on):
                found[role.area, current.people[person_id].name].add(str(person_id))
    return found


def _paired(row: HouseholdRow, team: Team) -> str | None:
    """The key of the one in the village's team who is called so."""
    keys = team.get((row.village, row.paired or ""), set())
    return next(iter(keys)) if len(keys) == 1 else None
