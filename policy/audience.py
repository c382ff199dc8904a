"""Who something is addressed to: areas, narrowed by roles and units, or people by name. Clause 三（一）."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policy.authority import Role


@dataclass(frozen=True, slots=True)
class Audience:
    """Everybody who holds one of `roles` (none named: any role) in one of these areas or below it.

    `unit_ids` narrows to people of these dispatching units; `person_ids` names people one by one, and then the areas
    only bound who may be named.
    """

    area_ids: tuple[int, ...]
    roles: tuple[Role, ...] = ()
    unit_ids: tuple[int, ...] = ()
    person_ids: tuple[int, ...] = ()

    def dump(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "areas": list(self.area_ids),
            "roles": [role.value for role in self.roles],
            "units": list(self.unit_ids),
            "people": list(self.person_ids),
        }

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> "Audience":
        """What `dump` wrote."""
        return cls(
            tuple(stored["areas"]),
            tuple(Role(role) for role in stored["roles"]),
            tuple(stored["units"]),
            tuple(stored["people"]),
        )
