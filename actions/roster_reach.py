"""Whether an import stays within what its author may change. Clause 三（一）."""

from collections.abc import Iterator, Mapping, Sequence

from actions.roster_changes import SHEET_OF, Change, Noun, Tree, Verb
from actions.roster_people import People
from policy.authority import Action, Role, Viewer
from policy.workbook import Fault, RowProblem, Sheet, problem
from storage.roster import Current


class Reach:
    """The areas of one viewer, over the tree as it will stand. A row that changes nothing may stand anywhere."""

    def __init__(self, by: Viewer, tree: Tree, current: Current, users: Mapping[str, set[str]]) -> None:
        self._paths = by.paths(Action.ROSTER_IMPORT)
        self._is_admin = by.system_path is not None or bool(by.holds({Role.ADMIN}))
        self._tree = tree
        self._current = current
        self._users = users

    def beyond(self, changes: Sequence[Change], people: People) -> Iterator[RowProblem]:
        """The changes that somebody else must make."""
        admins = {held.row for roles in people.roles.values() for held in roles if held.role is Role.ADMIN}
        for change in changes:
            found = self._fault(change)
            if found is None and change.noun is Noun.ROLE and change.row in admins and not self._is_admin:
                found = "角色", Fault.ADMIN_ONLY
            if found is not None:
                yield problem(SHEET_OF[change.noun], change.row, *found)

    def _fault(self, change: Change) -> tuple[str, Fault] | None:
        match change.noun:
            case Noun.UNIT:
                used = self._users.get(change.key, set())
                is_free = change.verb is Verb.ADD or all(map(self._covers, used))
                return None if is_free else ("名称", Fault.UNIT_OUTSIDE)
            case Noun.AREA:
                return None if self._covers_area(change) else ("代码", Fault.AREA_OUTSIDE)
            case Noun.PERSON if change.id is not None:
                return None if self._covers_person(change.id) else ("手机", Fault.PERSON_OUTSIDE)
        if change.area is None or self._covers(self._tree.known_path(change.area)):
            return None
        return "区划代码" if SHEET_OF[change.noun] is Sheet.PEOPLE else "村代码", Fault.AREA_OUTSIDE

    def _covers_area(self, change: Change) -> bool:
        """Its old place and its new one."""
        above = self._tree.parents[change.key]
        places = [self._tree.known_path(above) if above is not None else "/"] if "parent" in change.values else []
        if change.id is not None:
            places.append(self._tree.known_path(change.key))
        return all(map(self._covers, places))

    def _covers_person(self, person_id: int) -> bool:
        """A person known already may be changed by whomever one of their roles belongs to."""
        areas = [role.area for role in self._current.roles.get(person_id, [])]
        return any(self._covers(self._tree.known_path(area)) for area in areas) or self._covers("/")

    def _covers(self, path: str) -> bool:
        return any(path.startswith(each) for each in self._paths)
