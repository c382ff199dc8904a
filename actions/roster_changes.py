"""What an import would change: one `Change` a thing, made by comparing rows with what stands; nothing is written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from policy.roster import Level
from policy.workbook import Sheet
from storage.roster import Current


class Noun(StrEnum):
    """What is changed."""

    AREA = "area"
    UNIT = "unit"
    SITE = "site"
    PERSON = "person"
    ROLE = "role"
    HOUSEHOLD = "household"


SHEET_OF: Mapping[Noun, Sheet] = MappingProxyType(
    {
        Noun.AREA: Sheet.AREAS,
        Noun.UNIT: Sheet.UNITS,
        Noun.SITE: Sheet.SITES,
        Noun.PERSON: Sheet.PEOPLE,
        Noun.ROLE: Sheet.PEOPLE,
        Noun.HOUSEHOLD: Sheet.HOUSEHOLDS,
    }
)


class Verb(StrEnum):
    """How it is changed. Nothing is ever removed: only an end date ends a role."""

    ADD = "add"
    CHANGE = "change"
    END = "end"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between the workbook and what stands.

    `key` names the thing within the plan (area code, unit name, village and site, person key, role's row), `id` the
    stored row. `values` are columns, with references as keys; `before` and `after` go into the audit row and are
    shown: no coordinates, phones masked. Of a household only the names of the columns go into the audit row; `old` are
    its columns as they were, which are kept with it.
    """

    noun: Noun
    verb: Verb
    row: int
    key: str
    id: int | None
    values: Mapping[str, Any]
    label: str
    area: str | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    old: Mapping[str, Any] | None = None


def masked(phone: str | None) -> str | None:
    """139****1234."""
    return None if phone is None else f"{phone[:3]}****{phone[-4:]}"


def different(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Only what differs, before and after."""
    keys = [key for key in after if before.get(key) != after[key]]
    return {key: before.get(key) for key in keys}, {key: after[key] for key in keys}


@dataclass(slots=True)
class Tree:
    """The areas as they will stand: those known, with the workbook's laid over them."""

    current: Current
    names: dict[str, str] = field(default_factory=dict)
    levels: dict[str, Level] = field(default_factory=dict)
    parents: dict[str, str | None] = field(default_factory=dict)

    @classmethod
    def of(cls, current: Current) -> "Tree":
        """The areas known."""
        known = current.areas.values()
        return cls(
            current,
            {area.code: area.name for area in known},
            {area.code: area.level for area in known},
            {area.code: area.parent for area in known},
        )

    def up(self, code: str | None) -> Iterator[str]:
        """The area itself and those above it, the nearest first."""
        while code is not None and code in self.levels:
            yield code
            code = self.parents[code]

    def above(self, code: str, level: Level) -> str | None:
        """The area of a level that an area lies in (itself included)."""
        return next((each for each in self.up(code) if self.levels[each] is level), None)

    def known_path(self, code: str) -> str:
        """The path of the nearest area that stands already; `/` where none does."""
        return next((self.current.areas[each].path for each in self.up(code) if each in self.current.areas), "/")
