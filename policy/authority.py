"""Who may do what, where: one table. Clauses 三（一）, 三（二）.

Authority is checked by person and by area in every action and every query; buttons carry ids, never trust.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from enum import StrEnum

from policy.refusals import Code, Refusal


class Role(StrEnum):
    """A role is held by a person in an area, with dates."""

    TEAM_MEMBER = "team_member"
    FIRST_SECRETARY = "first_secretary"
    TOWNSHIP_OFFICER = "township_officer"
    COUNTY_STAFF = "county_staff"
    COUNTY_LEADER = "county_leader"
    UNIT_LIAISON = "unit_liaison"
    ADMIN = "admin"


TEAM = frozenset({Role.TEAM_MEMBER, Role.FIRST_SECRETARY})
STAFF = frozenset({Role.TOWNSHIP_OFFICER, Role.COUNTY_STAFF, Role.COUNTY_LEADER, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Grant:
    """One role in force. `area_path` is the area's place in the tree (`/1/5/9/`); a grant covers all below it."""

    role: Role
    area_id: int
    area_path: str
    unit_id: int | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What an action or query is about: the area it lies in, and whose it is."""

    area_path: str
    person_id: int | None = None
    unit_id: int | None = None


class Scope(StrEnum):
    """How far a role reaches for an action."""

    OWN = "own"  # only one's own affairs
    AREA = "area"  # everything in the area of the grant and below
    OTHERS = "others"  # as AREA, but never oneself: nobody decides on himself
    UNIT = "unit"  # people of the grant's dispatching unit, wherever they are


class Action(StrEnum):
    """Every change of state and every query that shows people, by its audit tag."""

    CHECKIN_RECORD = "checkin:record"
    CHECKIN_TEAM = "checkin:team"
    CHECKIN_PROXY = "checkin:proxy"
    CHECKIN_LIST = "checkin:list"
    CHECKIN_WITHDRAW = "checkin:withdraw"
    CHECKIN_OBJECT = "checkin:object"
    EXPLANATION_REPORT = "explanation:report"
    EXPLANATION_DECIDE = "explanation:decide"
    TRIP_REPORT = "trip:report"
    TRIP_REPORT_TEAM = "trip:report_team"
    TRIP_OBJECT = "trip:object"
    TRIP_OBJECTION_WITHDRAW = "trip:withdraw_objection"
    TRIP_REPLY = "trip:reply"
    TRIP_CANCEL = "trip:cancel"
    TRIP_SHORTEN = "trip:shorten"
    TRIP_RESTORE = "trip:restore"
    OUTING_REPORT = "outing:report"
    OUTING_CANCEL = "outing:cancel"
    CORRECTION_REQUEST = "correction:request"
    CORRECTION_DECIDE = "correction:decide"
    CORRECTION_WITHDRAW = "correction:withdraw"
    LEAVE_REQUEST = "leave:request"
    LEAVE_REQUEST_FOR = "leave:request_for"
    LEAVE_DECIDE = "leave:decide"
    LEAVE_WITHDRAW = "leave:withdraw"
    LEAVE_CONFIRM = "leave:confirm"
    LEAVE_OBJECT = "leave:object"
    LEAVE_ATTACH = "leave:attach"
    LEAVE_ATTACHMENT_VIEW = "leave:attachment_view"
    LEAVE_CLOSE = "leave:close"
    LEAVE_CLOSURE_VIEW = "leave:closure_view"
    LEAVE_EXPLAIN = "leave:explain"
    LEAVE_RETURN = "leave:return"
    LEAVE_RETURN_CONFIRM = "leave:return_confirm"
    MONTH_LOCK = "month:lock"
    MONTH_UNLOCK = "month:unlock"
    MONTH_REOPEN = "month:reopen"
    MONTH_CLOSE = "month:close"
    DUTY_OPEN = "duty:open"
    DUTY_WITHDRAW = "duty:withdraw"
    DUTY_FILL = "duty:fill"
    DUTY_VIEW = "duty:view"
    DUTY_EXPORT = "duty:export"
    DUTY_SWAP = "duty:swap"
    DUTY_SWAP_ANSWER = "duty:swap_answer"
    STANDIN_SET = "standin:set"
    STANDIN_END = "standin:end"
    STANDIN_ANSWER = "standin:answer"
    STANDIN_VIEW = "standin:view"
    HOUSEHOLD_VIEW = "household:view"
    HOUSEHOLD_WRITE = "household:write"
    HOUSEHOLD_MOVE = "household:move"
    HOUSEHOLD_PHONE = "household:phone"
    VISIT_RECORD = "visit:record"
    VISIT_CORRECT = "visit:correct"
    VISIT_VIEW = "visit:view"
    DAY_SETTLE = "day:settle"
    DAY_SETTLE_UNDO = "day:settle_undo"
    FINDING_ANSWER = "finding:answer"
    FINDING_VIEW = "finding:view"
    CONSENT_SET = "consent:set"
    LANGUAGE_SET = "language:set"
    MORNING_UNFOLD = "morning:unfold"
    TODO_OPEN = "todo:open"
    INVITATION_CREATE = "invitation:create"
    ROSTER_IMPORT = "roster:import"
    ROSTER_EXPORT = "roster:export"
    FIGURES_SEND = "figures:send"
    FIGURES_CONFIRM = "figures:confirm"
    FIGURES_REPLY = "figures:reply"
    FIGURES_REMIND = "figures:remind"
    FIGURES_CLOSE = "figures:close"
    FIGURES_EXTEND = "figures:extend"
    FIGURES_WITHDRAW = "figures:withdraw"
    FIGURES_EXPORT = "figures:export"
    SETTING_CHANGE = "setting:change"
    CALENDAR_CHANGE = "calendar:change"
    NOTICE_SUBMIT = "notice:submit"
    NOTICE_CONFIRM = "notice:confirm"
    NOTICE_SEND = "notice:send"
    NOTICE_MANAGE = "notice:manage"
    NOTICE_VIEW = "notice:view"
    NOTICE_EXPORT = "notice:export"
    NOTICE_READ = "notice:read"
    NOTICE_REPLY = "notice:reply"
    NOTICE_ANSWER = "notice:answer"
    EMERGENCY_PROPOSE = "emergency:propose"
    EMERGENCY_WITHDRAW = "emergency:withdraw"
    EMERGENCY_CONFIRM = "emergency:confirm"
    EMERGENCY_REPLY = "emergency:reply"
    EMERGENCY_REPORT_TEAM = "emergency:report_team"
    EMERGENCY_SETTLE = "emergency:settle"
    EMERGENCY_HELP_TAKEN = "emergency:help_taken"
    EMERGENCY_END = "emergency:end"
    EMERGENCY_VIEW = "emergency:view"
    EMERGENCY_EXPORT = "emergency:export"
    TASK_REPORT = "task:report"
    PHONE_REVEAL = "phone:reveal"
    ATTENDANCE_EXPORT = "attendance:export"
    LEAVE_EXPORT = "leave:export"
    CERTIFICATE_EXPORT = "certificate:export"
    YEAR_EXPORT = "year:export"
    CIRCULAR_EXPORT = "circular:export"
    DAY_VIEW = "day:view"
    TEAM_VIEW = "team:view"
    BOARD_VIEW = "board:view"
    PERSON_FIND = "person:find"
    SETTING_VIEW = "setting:view"
    ABROAD_ACKNOWLEDGE = "abroad:acknowledge"
    FIGURES_VIEW = "figures:view"


_DECIDERS = {Role.TOWNSHIP_OFFICER: Scope.OTHERS, Role.COUNTY_STAFF: Scope.OTHERS, Role.ADMIN: Scope.OTHERS}
_COUNTY = {Role.COUNTY_STAFF: Scope.AREA, Role.ADMIN: Scope.AREA}
_OFFICES = {Role.TOWNSHIP_OFFICER: Scope.AREA, **_COUNTY}
_READERS = {Role.TOWNSHIP_OFFICER: Scope.AREA, Role.COUNTY_LEADER: Scope.AREA, **_COUNTY}
_TEAM_OWN = {Role.TEAM_MEMBER: Scope.OWN, Role.FIRST_SECRETARY: Scope.OWN}
_EVERYONE = dict.fromkeys(Role, Scope.OWN)

ALLOWED: dict[Action, dict[Role, Scope]] = {
    Action.CHECKIN_RECORD: _TEAM_OWN,
    Action.CHECKIN_TEAM: {Role.FIRST_SECRETARY: Scope.AREA},
    Action.CHECKIN_PROXY: {Role.TEAM_MEMBER: Scope.OTHERS, Role.FIRST_SECRETARY: Scope.OTHERS, **_DECIDERS},
    Action.CHECKIN_LIST: _DECIDERS,
    Action.CHECKIN_WITHDRAW: {Role.TEAM_MEMBER: Scope.OTHERS, Role.FIRST_SECRETARY: Scope.AREA, **_DECIDERS},
    Action.CHECKIN_OBJECT: _TEAM_OWN,
    Action.EXPLANATION_REPORT: _TEAM_OWN,
    Action.EXPLANATION_DECIDE: _DECIDERS,
    Action.TRIP_REPORT: _TEAM_OWN,
    Action.TRIP_REPORT_TEAM: {Role.TEAM_MEMBER: Scope.AREA, Role.FIRST_SECRETARY: Scope.AREA},
    Action.TRIP_OBJECT: _DECIDERS,
    Action.TRIP_OBJECTION_WITHDRAW: _DECIDERS,
    Action.TRIP_REPLY: _TEAM_OWN,
    Action.TRIP_CANCEL: _TEAM_OWN,
    Action.TRIP_SHORTEN: _TEAM_OWN,
    Action.TRIP_RESTORE: _TEAM_OWN,
    Action.OUTING_REPORT: _TEAM_OWN,
    Action.OUTING_CANCEL: _TEAM_OWN,
    Action.CORRECTION_REQUEST: _TEAM_OWN,
    Action.CORRECTION_WITHDRAW: _TEAM_OWN,
    Action.CORRECTION_DECIDE: {Role.FIRST_SECRETARY: Scope.OTHERS, **_DECIDERS},
    Action.LEAVE_REQUEST: _TEAM_OWN,
    # 代请假, for one who can't: a colleague, the township, the unit.
    Action.LEAVE_REQUEST_FOR: {
        Role.TEAM_MEMBER: Scope.OTHERS,
        Role.FIRST_SECRETARY: Scope.OTHERS,
        Role.UNIT_LIAISON: Scope.UNIT,
        **_DECIDERS,
    },
    Action.LEAVE_DECIDE: {Role.FIRST_SECRETARY: Scope.OTHERS, **_DECIDERS},
    Action.LEAVE_WITHDRAW: _TEAM_OWN,
    # The person's own word on a leave that another asked for (代请假).
    Action.LEAVE_CONFIRM: _TEAM_OWN,
    Action.LEAVE_OBJECT: _TEAM_OWN,
    Action.LEAVE_ATTACH: _TEAM_OWN,
    # One's own; of others whoever may decide on that leave (`policy.leave.sees_attachments`), and the county.
    Action.LEAVE_ATTACHMENT_VIEW: {Role.TEAM_MEMBER: Scope.OWN, Role.FIRST_SECRETARY: Scope.AREA, **_OFFICES},
    # 全员在岗, with its exceptions and its end.
    Action.LEAVE_CLOSE: _COUNTY,
    Action.LEAVE_CLOSURE_VIEW: {Role.COUNTY_LEADER: Scope.AREA, **_COUNTY},
    # Why one is not back yet.
    Action.LEAVE_EXPLAIN: _TEAM_OWN,
    Action.LEAVE_RETURN: _TEAM_OWN,
    Action.LEAVE_RETURN_CONFIRM: _DECIDERS,
    Action.MONTH_LOCK: _COUNTY,
    Action.MONTH_UNLOCK: _COUNTY,
    # 单独开放 is for somebody else's month, never one's own.
    Action.MONTH_REOPEN: {Role.COUNTY_STAFF: Scope.OTHERS, Role.ADMIN: Scope.OTHERS},
    Action.MONTH_CLOSE: _COUNTY,
    Action.DUTY_OPEN: _COUNTY,
    Action.DUTY_WITHDRAW: _COUNTY,
    # A team's list is its first secretary's, or who stands in for him; the offices fill it for one who can't.
    Action.DUTY_FILL: {Role.FIRST_SECRETARY: Scope.AREA, **_OFFICES},
    Action.DUTY_VIEW: {Role.TEAM_MEMBER: Scope.AREA, Role.FIRST_SECRETARY: Scope.AREA, **_READERS},
    Action.DUTY_EXPORT: _OFFICES,
    Action.DUTY_SWAP: _TEAM_OWN,
    Action.DUTY_SWAP_ANSWER: _TEAM_OWN,
    # An officer hands his own office over; the county also that of an officer below who can't.
    Action.STANDIN_SET: {Role.TOWNSHIP_OFFICER: Scope.OWN, **_COUNTY},
    Action.STANDIN_END: {Role.TOWNSHIP_OFFICER: Scope.OWN, **_COUNTY},
    # Whoever is named says whether he can.
    Action.STANDIN_ANSWER: dict.fromkeys(STAFF, Scope.OWN),
    Action.STANDIN_VIEW: {Role.TOWNSHIP_OFFICER: Scope.OWN, Role.COUNTY_LEADER: Scope.OWN, **_COUNTY},
    # Villagers' data: the village's team and above, nobody else (POLICY §5).
    Action.HOUSEHOLD_VIEW: {Role.TEAM_MEMBER: Scope.AREA, Role.FIRST_SECRETARY: Scope.AREA, **_READERS},
    Action.HOUSEHOLD_WRITE: {Role.TEAM_MEMBER: Scope.AREA, Role.FIRST_SECRETARY: Scope.AREA, **_OFFICES},
    # To another village: both must be one's own.
    Action.HOUSEHOLD_MOVE: _OFFICES,
    Action.HOUSEHOLD_PHONE: {Role.TEAM_MEMBER: Scope.AREA, Role.FIRST_SECRETARY: Scope.AREA, **_READERS},
    Action.VISIT_RECORD: _TEAM_OWN,
    Action.VISIT_CORRECT: _TEAM_OWN,
    Action.VISIT_VIEW: {Role.TEAM_MEMBER: Scope.AREA, Role.FIRST_SECRETARY: Scope.AREA, **_READERS},
    # What came of asking somebody by telephone about a half-day that is 待核实.
    Action.DAY_SETTLE: _DECIDERS,
    Action.DAY_SETTLE_UNDO: _DECIDERS,
    Action.FINDING_ANSWER: _EVERYONE,
    Action.FINDING_VIEW: _OFFICES,
    Action.CONSENT_SET: _EVERYONE,
    Action.LANGUAGE_SET: _EVERYONE,
    Action.MORNING_UNFOLD: _EVERYONE,
    Action.TODO_OPEN: _EVERYONE,
    Action.INVITATION_CREATE: _COUNTY,
    Action.ROSTER_IMPORT: _COUNTY,
    Action.ROSTER_EXPORT: _COUNTY,
    Action.FIGURES_SEND: _OFFICES,
    # A second person's word on a request that many get; for whoever wrote it, somebody else.
    Action.FIGURES_CONFIRM: _DECIDERS,
    # A team's answer may be given by whoever is of it; a person's own by himself only (`actions.figures`).
    Action.FIGURES_REPLY: {Role.TEAM_MEMBER: Scope.AREA, Role.FIRST_SECRETARY: Scope.AREA},
    Action.FIGURES_REMIND: _OFFICES,
    Action.FIGURES_CLOSE: _OFFICES,
    Action.FIGURES_EXTEND: _OFFICES,
    Action.FIGURES_WITHDRAW: _OFFICES,
    Action.FIGURES_EXPORT: _OFFICES,
    Action.SETTING_CHANGE: _COUNTY,
    Action.CALENDAR_CHANGE: _COUNTY,
    Action.NOTICE_SUBMIT: _COUNTY,
    # A second person's word on a large notice; for whoever wrote it, somebody else.
    Action.NOTICE_CONFIRM: {Role.COUNTY_STAFF: Scope.OTHERS, Role.ADMIN: Scope.OTHERS},
    # What the software does once a notice is let go: to tell everybody it is for.
    Action.NOTICE_SEND: _COUNTY,
    # Pause, resume, cancel, withdraw, remind.
    Action.NOTICE_MANAGE: _COUNTY,
    Action.NOTICE_VIEW: _READERS,
    Action.NOTICE_EXPORT: {Role.TOWNSHIP_OFFICER: Scope.AREA, **_COUNTY},
    Action.NOTICE_READ: _EVERYONE,
    Action.NOTICE_REPLY: _EVERYONE,
    Action.NOTICE_ANSWER: _COUNTY,
    Action.EMERGENCY_PROPOSE: {Role.TOWNSHIP_OFFICER: Scope.AREA, **_COUNTY},
    Action.EMERGENCY_WITHDRAW: {Role.TOWNSHIP_OFFICER: Scope.OWN, Role.COUNTY_STAFF: Scope.OWN, Role.ADMIN: Scope.OWN},
    Action.EMERGENCY_CONFIRM: _DECIDERS,
    Action.EMERGENCY_REPLY: _TEAM_OWN,
    Action.EMERGENCY_REPORT_TEAM: {Role.TEAM_MEMBER: Scope.AREA, Role.FIRST_SECRETARY: Scope.AREA},
    Action.EMERGENCY_SETTLE: _DECIDERS,
    Action.EMERGENCY_HELP_TAKEN: _DECIDERS,
    # An officer ends what he began or confirmed himself.
    Action.EMERGENCY_END: {Role.TOWNSHIP_OFFICER: Scope.OWN, **_COUNTY},
    Action.EMERGENCY_VIEW: _READERS,
    Action.EMERGENCY_EXPORT: {Role.TOWNSHIP_OFFICER: Scope.AREA, **_COUNTY},
    Action.TASK_REPORT: _EVERYONE,
    Action.PHONE_REVEAL: {**_READERS, Role.UNIT_LIAISON: Scope.UNIT},
    Action.ATTENDANCE_EXPORT: {Role.TOWNSHIP_OFFICER: Scope.AREA, **_COUNTY},
    # 驻村天数证明: who is paid by it, his unit, and the county that answers for it.
    Action.CERTIFICATE_EXPORT: {**_TEAM_OWN, Role.UNIT_LIAISON: Scope.UNIT, **_COUNTY},
    Action.YEAR_EXPORT: {**_TEAM_OWN, **_OFFICES},
    Action.CIRCULAR_EXPORT: _OFFICES,
    # The form of a leave: for whom it is, and for those who decide on it or have a copy.
    Action.LEAVE_EXPORT: {
        Role.TEAM_MEMBER: Scope.OWN,
        Role.FIRST_SECRETARY: Scope.AREA,
        Role.UNIT_LIAISON: Scope.UNIT,
        **_OFFICES,
    },
    Action.DAY_VIEW: {
        Role.TEAM_MEMBER: Scope.OWN,
        Role.FIRST_SECRETARY: Scope.AREA,
        **_READERS,
        Role.UNIT_LIAISON: Scope.UNIT,
    },
    # One's own team: names and who is in the village today, no telephone numbers.
    Action.TEAM_VIEW: {Role.TEAM_MEMBER: Scope.AREA, Role.FIRST_SECRETARY: Scope.AREA},
    Action.BOARD_VIEW: _READERS,
    Action.PERSON_FIND: {**_READERS, Role.UNIT_LIAISON: Scope.UNIT},
    Action.SETTING_VIEW: _COUNTY,
    Action.ABROAD_ACKNOWLEDGE: {Role.ADMIN: Scope.AREA},
    Action.FIGURES_VIEW: _READERS,
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """On whose behalf something is asked: a person with the roles in force, or the system for one area.

    `system` is made in `bot/` and `scheduler/` only.
    """

    person_id: int | None
    grants: tuple[Grant, ...] = ()
    name: str = field(default="", compare=False)
    system_path: str | None = None

    @classmethod
    def system(cls, area_path: str = "/") -> "Viewer":
        """The software itself, within one area."""
        return cls(person_id=None, system_path=area_path)

    def roles(self) -> frozenset[Role]:
        """The roles in force, areas left aside."""
        return frozenset(grant.role for grant in self.grants)

    def may(self, action: Action) -> bool:
        """Whether a role in force allows `action` at all, somewhere; for keys and menus, never for a decision."""
        return any(grant.role in ALLOWED[action] for grant in self.grants)

    def holds(self, roles: Collection[Role]) -> tuple[Grant, ...]:
        """The grants whose role is one of `roles`."""
        return tuple(grant for grant in self.grants if grant.role in roles)

    def in_office(self, role: Role) -> "Viewer":
        """The same person in one of his offices only."""
        return replace(self, grants=self.holds({role}))

    def paths(self, action: Action) -> tuple[str, ...]:
        """The area paths in which `action` is allowed on others; for queries."""
        if self.system_path is not None:
            return (self.system_path,)
        rule = ALLOWED[action]
        return tuple(g.area_path for g in self.grants if rule.get(g.role) in {Scope.AREA, Scope.OTHERS})

    def units(self, action: Action) -> tuple[int, ...]:
        """The dispatching units whose people `action` is allowed on."""
        rule = ALLOWED[action]
        return tuple(g.unit_id for g in self.grants if g.unit_id is not None and rule.get(g.role) is Scope.UNIT)


def grant_for(viewer: Viewer, action: Action, target: Target) -> Grant | None:
    """The grant under which `viewer` may do `action` on `target`; None where there is none.

    The nearest grant is preferred, so that the audit row names the role a person really acted in.
    """
    rule = ALLOWED[action]
    fits = [grant for grant in viewer.grants if _covers(rule.get(grant.role), grant, viewer, target)]
    return max(fits, key=lambda grant: len(grant.area_path), default=None)


def _covers(scope: Scope | None, grant: Grant, viewer: Viewer, target: Target) -> bool:
    if scope is None:
        return False
    oneself = target.person_id is not None and target.person_id == viewer.person_id
    if scope is Scope.OWN:
        return oneself
    if scope is Scope.UNIT:
        return grant.unit_id is not None and grant.unit_id == target.unit_id
    if scope is Scope.OTHERS and oneself:
        return False
    return target.area_path.startswith(grant.area_path)


def require(viewer: Viewer, action: Action, target: Target) -> Role | None:
    """The role `viewer` acts in, None for the system.

    Raises `Refusal(NOT_YOURSELF)` where only the rule against deciding on oneself stands in the way,
    `Refusal(NOT_ALLOWED)` otherwise. Clause 三（二）.
    """
    if viewer.system_path is not None and target.area_path.startswith(viewer.system_path):
        return None
    if grant := grant_for(viewer, action, target):
        return grant.role
    oneself = target.person_id is not None and target.person_id == viewer.person_id
    if oneself and Scope.OTHERS in {ALLOWED[action].get(grant.role) for grant in viewer.grants}:
        raise Refusal(Code.NOT_YOURSELF, "三（二）", action=action.value)
    raise Refusal(Code.NOT_ALLOWED, "三（一）", action=action.value)
