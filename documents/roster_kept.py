"""A roster workbook read once and kept beside its file, so that a conversation need not read it again (law 12)."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson

from documents.roster import UnreadableError, read
from policy.authority import Role
from policy.geo import Datum
from policy.households import HouseholdRow
from policy.refusals import Code
from policy.roster import Level, ProblemCode, Severity, UnitKind
from policy.workbook import AreaRow, Book, Fault, PersonRow, RowProblem, SiteRow, UnitRow

_CODES: Mapping[str, StrEnum] = MappingProxyType(
    {code.value: code for kind in (ProblemCode, Code, Fault) for code in kind}
)


def beside(path: Path) -> Path:
    """Where the rows of a workbook are kept."""
    return path.with_suffix(".roster.json")


def prepare(path: Path) -> bool:
    """Read a workbook and keep its rows beside it; False: it is no workbook that can be read. For the press."""
    try:
        book = read(path)
    except UnreadableError:
        return False
    draft = beside(path).with_suffix(".part")
    draft.touch(mode=0o600)
    draft.write_bytes(dump(book))
    draft.replace(beside(path))
    return True


def load_kept(path: Path) -> Book:
    """The rows kept beside a workbook. Raises OSError where they are gone (after two days they are)."""
    return load(beside(path).read_bytes())


def dump(book: Book) -> bytes:
    """The rows as JSON."""
    facts = {
        name: getattr(book, name)
        for name in ("areas", "sites", "units", "people", "households", "problems", "bad_posts")
    }
    facts |= {"bad_codes": sorted(book.bad_codes), "bad_units": sorted(book.bad_units)}
    return orjson.dumps(facts, option=orjson.OPT_NON_STR_KEYS, default=dict)


def load(content: bytes) -> Book:
    """What `dump` wrote."""
    facts = orjson.loads(content)
    return Book(
        areas=[AreaRow(**row | {"level": Level(row["level"])}) for row in facts["areas"]],
        sites=[SiteRow(**row | {"datum": Datum(row["datum"])}) for row in facts["sites"]],
        units=[
            UnitRow(**row | {"level": Level(row["level"]), "kind": UnitKind(row["kind"])}) for row in facts["units"]
        ],
        people=[_person(row) for row in facts["people"]],
        households=[_household(row) for row in facts["households"]],
        problems=[_problem(row) for row in facts["problems"]],
        bad_codes=set(facts["bad_codes"]),
        bad_units=set(facts["bad_units"]),
        bad_posts={int(row): area for row, area in facts["bad_posts"].items()},
    )


def _person(row: dict[str, Any]) -> PersonRow:
    ends_on = row["ends_on"]
    return PersonRow(
        **row
        | {
            "role": Role(row["role"]),
            "starts_on": date.fromisoformat(row["starts_on"]),
            "ends_on": date.fromisoformat(ends_on) if ends_on is not None else None,
        }
    )


def _household(row: dict[str, Any]) -> HouseholdRow:
    lists = {name: tuple(row[name]) if row[name] is not None else None for name in ("kinds", "others")}
    return HouseholdRow(**row | lists)


def _problem(row: dict[str, Any]) -> RowProblem:
    others = tuple((sheet, number) for sheet, number in row["others"])
    return RowProblem(**row | {"code": _CODES[row["code"]], "severity": Severity(row["severity"]), "others": others})
