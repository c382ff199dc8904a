"""Comparing the sheets 区划, 派出单位 and 驻地 with what stands. Clause 一（一）."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from statistics import median
from types import MappingProxyType

from actions.roster_changes import Change, Noun, Tree, Verb, different
from policy import geo, roster
from policy.geo import Point
from policy.refusals import Refusal
from policy.roster import Level
from policy.workbook import AreaRow, Fault, RowProblem, Sheet, SiteRow, UnitRow, problem
from storage.roster import Current

FAR_M = 200_000
"""A site this far from the others of its county is likely a slip of the pen."""


def compare_areas(
    rows: Sequence[AreaRow], current: Current, bad_codes: Collection[str]
) -> tuple[Tree, list[Change], list[RowProblem]]:
    """The tree as it will stand, what changes in it, and what is wrong with it; higher levels first."""
    tree = Tree.of(current)
    problems: list[RowProblem] = []
    single: dict[str, AreaRow] = {}
    for row in rows:
        if row.code in single:
            problems.append(problem(Sheet.AREAS, row.row, "代码", Fault.CODE_TWICE, other=single[row.code].row))
        elif row.code in current.areas and current.areas[row.code].level is not row.level:
            level = current.areas[row.code].level
            problems.append(
                problem(Sheet.AREAS, row.row, "级别", Fault.AREA_LEVEL_CHANGED, before=level, after=row.level)
            )
        else:
            single[row.code] = row
    levels = tree.levels | {row.code: row.level for row in single.values()}
    bad = {_bare(code): code for code in bad_codes if code not in levels}
    changes = []
    for row in sorted(single.values(), key=lambda row: row.level.depth):
        found = _parent(row, tree, levels, bad)
        if isinstance(found, RowProblem):
            problems.append(found)
            if row.code not in tree.levels:
                levels.pop(row.code)
                bad[_bare(row.code)] = row.code
            continue
        tree.names[row.code], tree.levels[row.code], tree.parents[row.code] = row.name, row.level, found
        if (change := _area_change(row, found, current)) is not None:
            changes.append(change)
    return tree, changes, problems


def _parent(row: AreaRow, tree: Tree, levels: dict[str, Level], bad: dict[str, str]) -> str | RowProblem | None:
    """The code of the area above; an empty cell leaves the place of a known area as it is.

    `bad` are codes of rows that fell, by the digits that count: nothing may slip past them to a higher area.
    """
    if row.parent is None and row.code in tree.current.areas:
        return tree.parents[row.code]
    named = _bare(row.parent) if row.parent is not None and row.parent not in levels else None
    if named in bad:
        return problem(Sheet.AREAS, row.row, "上级代码", Fault.HANGS_ON_BAD_ROW, on=bad[named])
    try:
        parent = roster.parent_of(row.code, row.level, row.parent, levels)
    except Refusal as refusal:
        return RowProblem(Sheet.AREAS, row.row, "上级代码", refusal.code, refusal.clause, refusal.fields)
    if row.parent is None and bad:
        low = len(_bare(parent)) if parent is not None else 0
        for length in range(len(row.code) - 1, low, -1):
            if (above := bad.get(row.code[:length])) is not None and above != row.code:
                return problem(Sheet.AREAS, row.row, "代码", Fault.HANGS_ON_BAD_ROW, on=above)
    return parent


def _bare(code: str) -> str:
    """A code of 12 digits without the zeros that fill it up."""
    if len(code) == 12:
        return next((code[:width] for width in (2, 4, 6, 9) if not code[width:].strip("0")), code)
    return code


def _area_change(row: AreaRow, parent: str | None, current: Current) -> Change | None:
    after = {"name": row.name, "parent": parent}
    known = current.areas.get(row.code)
    if known is None:
        values = {"code": row.code, "level": row.level, **after}
        said = {"code": row.code, "level": row.level.value, **after}
        return Change(Noun.AREA, Verb.ADD, row.row, row.code, None, values, row.name, row.code, None, said)
    before, new = different({"name": known.name, "parent": known.parent}, after)
    if not new:
        return None
    return Change(Noun.AREA, Verb.CHANGE, row.row, row.code, known.id, new, row.name, row.code, before, new)


def compare_units(
    rows: Sequence[UnitRow], current: Current
) -> tuple[dict[str, UnitRow], list[Change], list[RowProblem]]:
    """The workbook's units by name, what changes, and what is wrong."""
    units: dict[str, UnitRow] = {}
    changes: list[Change] = []
    problems = []
    for row in rows:
        if row.name in units:
            problems.append(problem(Sheet.UNITS, row.row, "名称", Fault.UNIT_TWICE, other=units[row.name].row))
            continue
        units[row.name] = row
        values = {"level": row.level, "kind": row.kind.value}
        after = {"level": row.level.value, "kind": row.kind.value}
        known = current.units.get(row.name)
        if known is None:
            full = {"name": row.name, **values}
            said = {"name": row.name, **after}
            changes.append(Change(Noun.UNIT, Verb.ADD, row.row, row.name, None, full, row.name, None, None, said))
            continue
        before, new = different({"level": known.level.value, "kind": known.kind}, after)
        if new:
            changed = {key: values[key] for key in new}
            changes.append(
                Change(Noun.UNIT, Verb.CHANGE, row.row, row.name, known.id, changed, row.name, None, before, new)
            )
    return units, changes, problems


def compare_sites(
    rows: Sequence[SiteRow], tree: Tree, current: Current, bad_codes: Collection[str]
) -> tuple[list[Change], list[RowProblem]]:
    """What changes in the sites, with WGS-84 degrees in `values`, and what is wrong with them."""
    changes: list[Change] = []
    problems: list[RowProblem] = []
    seen: dict[tuple[str, str], int] = {}
    placed: dict[tuple[str, str], tuple[SiteRow, Point]] = {}
    for row in rows:
        key = (row.village, row.name)
        if key in seen:
            problems.append(problem(Sheet.SITES, row.row, "名称", Fault.SITE_TWICE, other=seen[key]))
            continue
        seen[key] = row.row
        if (found := _site_problem(row, tree, bad_codes)) is not None:
            problems.append(found)
            continue
        point = geo.to_wgs84(Point(row.latitude, row.longitude), row.datum)
        placed[key] = (row, point)
        if (change := _site_change(row, point, tree, current)) is not None:
            changes.append(change)
    problems += _far_sites(placed, {change.row for change in changes}, tree, current)
    return changes, problems


def _site_problem(row: SiteRow, tree: Tree, bad_codes: Collection[str]) -> RowProblem | None:
    if (found := village_problem(Sheet.SITES, row.row, row.village, tree, bad_codes)) is not None:
        return found
    swapped = geo.looks_swapped(row.latitude, row.longitude)
    try:
        point = geo.check(row.latitude, row.longitude)
    except Refusal:
        point = None
    if point is None or not geo.in_china(point):
        return problem(
            Sheet.SITES,
            row.row,
            "纬度",
            Fault.POSITION_OUTSIDE,
            latitude=row.latitude,
            longitude=row.longitude,
            swapped=swapped,
        )
    return None


def village_problem(sheet: Sheet, number: int, code: str, tree: Tree, bad_codes: Collection[str]) -> RowProblem | None:
    """What is wrong with a row whose 村代码 must be a village's."""
    level = tree.levels.get(code)
    if level is None:
        fault = Fault.HANGS_ON_BAD_ROW if code in bad_codes else Fault.AREA_UNKNOWN
        return problem(sheet, number, "村代码", fault, on=code)
    if level is not Level.VILLAGE:
        return problem(sheet, number, "村代码", Fault.SITE_NOT_VILLAGE, level=level)
    return None


def _site_change(row: SiteRow, point: Point, tree: Tree, current: Current) -> Change | None:
    values = {
        "latitude": point.lat,
        "longitude": point.lon,
        "datum": row.datum,
        "entered_latitude": row.latitude,
        "entered_longitude": row.longitude,
    }
    label = f"{tree.names[row.village]} {row.name}"
    key = f"{row.village}/{row.name}"
    known = current.sites.get((row.village, row.name))
    if known is None:
        full = {"village": row.village, "name": row.name, **values}
        said = {"name": row.name, "datum": row.datum.value}
        return Change(Noun.SITE, Verb.ADD, row.row, key, None, full, label, row.village, None, said)
    if known.entered == (row.latitude, row.longitude) and known.datum is row.datum:
        return None
    before = {"datum": known.datum.value}
    after = {"datum": row.datum.value, "moved_m": round(geo.distance(known.point, point))}
    return Change(Noun.SITE, Verb.CHANGE, row.row, key, known.id, values, label, row.village, before, after)


def _far_sites(
    placed: dict[tuple[str, str], tuple[SiteRow, Point]], changed: Collection[int], tree: Tree, current: Current
) -> Iterable[RowProblem]:
    """Changed sites more than 200 km from the middle of their county's other sites; a warning."""
    counties: dict[str | None, dict[tuple[str, str], Point]] = defaultdict(dict)
    for key, site in current.sites.items():
        counties[tree.above(key[0], Level.COUNTY)][key] = site.point
    for key, (_, point) in placed.items():
        counties[tree.above(key[0], Level.COUNTY)][key] = point
    middles = MappingProxyType({county: _middle(list(sites.values())) for county, sites in counties.items()})
    for key, (row, point) in placed.items():
        county = tree.above(key[0], Level.COUNTY)
        if county is None or row.row not in changed or len(counties[county]) == 1:
            continue
        others = (
            [other for each, other in counties[county].items() if each != key] if len(counties[county]) < 4 else None
        )
        away = geo.distance(point, middles[county] if others is None else _middle(others))
        if away > FAR_M:
            yield problem(
                Sheet.SITES, row.row, "纬度", Fault.SITE_FAR, km=round(away / 1000), county=tree.names[county]
            )


def _middle(points: Sequence[Point]) -> Point:
    """A few slips of the pen don't move a median."""
    return Point(median(point.lat for point in points), median(point.lon for point in points))
