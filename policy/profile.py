"""The policy profile: every parameter of a county, with its default, its bounds and the clause it serves.

A province gives defaults and a county changes them from a date; other rules in force elsewhere or later are other
values here, never other code. The era's words live here and nowhere else.
"""

# ruff: noqa: RUF009 -- `_is` makes a dataclass field, and times don't change

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from types import MappingProxyType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from policy import parameters
from policy.authority import Role
from policy.parameters import CHOICE_WORDS, Parameter, ValueType
from policy.refusals import LOCAL, Code, Refusal

BURDEN_LETTER = "国办函〔2026〕12号"
"""The State Council office's letter against compulsory sign-in, rankings and needless traces."""


class CheckInMode(StrEnum):
    """How check-in is asked for."""

    OFF = "off"
    VOLUNTARY = "voluntary"
    REQUIRED = "required"  # only within a dated security or emergency period


class Period(StrEnum):
    """How often something is due."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


class LeaveKind(StrEnum):
    """Kinds of leave (假别)."""

    PERSONAL = "personal"
    SICK = "sick"
    ANNUAL = "annual"
    FAMILY_VISIT = "family_visit"
    MARRIAGE = "marriage"
    MATERNITY = "maternity"
    PATERNITY = "paternity"
    CHILDCARE = "childcare"
    BEREAVEMENT = "bereavement"
    INJURY = "injury"
    IN_LIEU = "in_lieu"
    OTHER = "other"


def _words(enum: type[StrEnum], *words: str) -> dict[str, StrEnum]:
    """Words for an enum's members in their order; several for one are parted by a stroke."""
    pairs = zip(words, enum, strict=True)
    return {word: member for spellings, member in pairs for word in spellings.split("|")}


CHOICE_WORDS[CheckInMode] = _words(CheckInMode, "关闭|关", "自愿", "必须|强制")
CHOICE_WORDS[Period] = _words(Period, "每月|月", "每季度|每季|季度", "每半年|半年", "每年|年")
CHOICE_WORDS[LeaveKind] = _words(
    LeaveKind,
    "事假|事",
    "病假|病",
    "年休假|年休|年假|年",
    "探亲假|探亲",
    "婚假|婚",
    "产假|产",
    "陪产护理假|陪产护理|陪产假|护理假",
    "育儿假|育儿",
    "丧假|丧",
    "工伤假|工伤",
    "补休|补",
    "其他",
)


class Group(StrEnum):
    """How 设置 lists the parameters."""

    CHECKIN = "checkin"
    PRESENCE = "presence"
    LEAVE = "leave"
    CORRECTION = "correction"
    DISCIPLINE = "discipline"
    VISITS = "visits"
    INSPECTION = "inspection"
    CIRCULAR = "circular"
    MESSAGES = "messages"
    APPRAISAL = "appraisal"
    TEAM = "team"
    RECORDS = "records"
    TERMS = "terms"


def _is(default: Any, clause: str, group: Group, unit: str = "", /, **bounds: float) -> Any:
    """A field that is a parameter. Bounds: minimum, maximum, count, total, as `Parameter` has them."""
    return field(default=default, metadata={"clause": clause, "group": group, "unit": unit, **bounds})


@dataclass(frozen=True, slots=True)
class Profile:
    """All parameters in force in an area on a day. Times are local; `Profile()` holds the defaults."""

    checkin_mode: CheckInMode = _is(CheckInMode.VOLUNTARY, BURDEN_LETTER, Group.CHECKIN)
    required_from: date | None = _is(None, BURDEN_LETTER, Group.CHECKIN)
    required_to: date | None = _is(None, BURDEN_LETTER, Group.CHECKIN)
    required_basis: str = _is("", BURDEN_LETTER, Group.CHECKIN, "", minimum=0, maximum=200)
    checkins_per_day: int = _is(1, LOCAL, Group.CHECKIN, "times", minimum=1, maximum=2)
    checkin_opens: time = _is(time(6), LOCAL, Group.CHECKIN)
    checkin_closes: time = _is(time(22), LOCAL, Group.CHECKIN)
    half_boundary: time = _is(time(12), LOCAL, Group.CHECKIN)
    fence_m: int = _is(1500, LOCAL, Group.CHECKIN, "m", minimum=100, maximum=20_000)
    fence_accuracy_cap_m: int = _is(500, LOCAL, Group.CHECKIN, "m", minimum=0, maximum=5_000)
    position_max_age: int = _is(24, LOCAL, Group.CHECKIN, "hours", minimum=1, maximum=72)

    required_days_in_village: int = _is(20, LOCAL, Group.PRESENCE, "days", minimum=0, maximum=31)
    minimum_in_village: int = _is(1, LOCAL, Group.PRESENCE, "people", minimum=0, maximum=20)
    trip_counts_in_village: bool = _is(True, LOCAL, Group.PRESENCE)
    trip_max_days: int = _is(30, LOCAL, Group.PRESENCE, "days", minimum=1, maximum=366)
    outing_hours: int = _is(4, LOCAL, Group.PRESENCE, "hours", minimum=1, maximum=8)

    # The ladder: up to so many days this level decides, beyond it the next; 0 leaves the step out.
    leave_member_first_secretary_days: float = _is(1.0, LOCAL, Group.LEAVE, "days", minimum=0, maximum=365)
    leave_member_township_days: float = _is(3.0, LOCAL, Group.LEAVE, "days", minimum=0, maximum=365)
    leave_first_secretary_township_days: float = _is(3.0, LOCAL, Group.LEAVE, "days", minimum=0, maximum=365)
    leave_calendar_kinds: tuple[LeaveKind, ...] = _is((LeaveKind.MATERNITY, LeaveKind.FAMILY_VISIT), LOCAL, Group.LEAVE)
    leave_county_kinds: tuple[LeaveKind, ...] = _is((), LOCAL, Group.LEAVE)
    leave_in_order: bool = _is(False, LOCAL, Group.LEAVE)
    leave_chained: bool = _is(True, LOCAL, Group.LEAVE)
    leave_backdate_days: int = _is(0, LOCAL, Group.LEAVE, "days", minimum=0, maximum=30)
    leave_emergency_hours: int = _is(48, LOCAL, Group.LEAVE, "hours", minimum=0, maximum=744)
    # How long a leave without an end (代请假) stands before it is asked about again; the ladder goes by it.
    leave_open_days: int = _is(3, LOCAL, Group.LEAVE, "days", minimum=1, maximum=30)
    # Days a year a kind may take; 0: no limit. The law's figures where it has one, else none.
    leave_personal_limit: int = _is(0, LOCAL, Group.LEAVE, "days", minimum=0, maximum=366)
    leave_sick_limit: int = _is(0, LOCAL, Group.LEAVE, "days", minimum=0, maximum=366)
    leave_annual_limit: int = _is(15, LOCAL, Group.LEAVE, "days", minimum=0, maximum=366)
    leave_marriage_limit: int = _is(18, LOCAL, Group.LEAVE, "days", minimum=0, maximum=366)
    leave_paternity_limit: int = _is(15, LOCAL, Group.LEAVE, "days", minimum=0, maximum=366)
    leave_childcare_limit: int = _is(10, LOCAL, Group.LEAVE, "days", minimum=0, maximum=366)
    leave_bereavement_limit: int = _is(3, LOCAL, Group.LEAVE, "days", minimum=0, maximum=366)
    duty_lieu_days: int = _is(180, LOCAL, Group.LEAVE, "days", minimum=1, maximum=366)
    # Office hours since a request came in: its decider is reminded, then the level above is told.
    leave_reminded_hours: int = _is(4, LOCAL, Group.LEAVE, "hours", minimum=1, maximum=80)
    leave_escalated_hours: int = _is(8, LOCAL, Group.LEAVE, "hours", minimum=1, maximum=160)
    office_from: time = _is(time(8, 30), LOCAL, Group.LEAVE)
    office_to: time = _is(time(17, 30), LOCAL, Group.LEAVE)
    leave_copied_to_county: bool = _is(True, LOCAL, Group.LEAVE)
    leave_copied_to_unit: bool = _is(True, LOCAL, Group.LEAVE)
    return_asked_at: time = _is(time(8), LOCAL, Group.LEAVE)
    return_overdue_at: time = _is(time(12), LOCAL, Group.LEAVE)
    return_escalated_hours: int = _is(4, LOCAL, Group.LEAVE, "hours", minimum=1, maximum=80)

    correction_hours: int = _is(48, LOCAL, Group.CORRECTION, "hours", minimum=1, maximum=744)
    corrections_per_month: int = _is(3, LOCAL, Group.CORRECTION, "times", minimum=0, maximum=31)

    findings_for_recall: int = _is(3, "三（四）", Group.DISCIPLINE, "times", minimum=2, maximum=20)
    bar_excellent_after_finding: bool = _is(False, LOCAL, Group.DISCIPLINE)
    bar_excellent_basis: str = _is("", LOCAL, Group.DISCIPLINE, "", minimum=0, maximum=200)

    household_coverage: Period = _is(Period.QUARTER, "二（四）", Group.VISITS)
    priority_household_coverage: Period = _is(Period.MONTH, "二（四）", Group.VISITS)

    spot_check_by_bot: bool = _is(False, BURDEN_LETTER, Group.INSPECTION)
    spot_check_minutes: int = _is(30, LOCAL, Group.INSPECTION, "minutes", minimum=10, maximum=480)

    bulletin_every: Period = _is(Period.MONTH, "三（二）", Group.CIRCULAR)
    bulletin_days: int = _is(10, LOCAL, Group.CIRCULAR, "days", minimum=1, maximum=28)

    quiet_from: time = _is(time(20), LOCAL, Group.MESSAGES)
    quiet_to: time = _is(time(8), LOCAL, Group.MESSAGES)
    quiet_on_rest_days: bool = _is(True, LOCAL, Group.MESSAGES)
    unsolicited_per_week: int = _is(5, LOCAL, Group.MESSAGES, "times", minimum=0, maximum=20)
    # What comes by itself, and when; no time: it doesn't.
    checkin_reminder_at: time | None = _is(time(9), BURDEN_LETTER, Group.MESSAGES)
    township_digest_at: time | None = _is(time(18), LOCAL, Group.MESSAGES)
    county_digest_at: time | None = _is(time(8), LOCAL, Group.MESSAGES)
    lock_reminder_at: time | None = _is(time(9), "三（二）", Group.MESSAGES)
    second_admin_above: int = _is(500, LOCAL, Group.MESSAGES, "people", minimum=0, maximum=100_000)
    emergency_silence_minutes: int = _is(30, LOCAL, Group.MESSAGES, "minutes", minimum=5, maximum=240)
    emergency_hours: int = _is(12, LOCAL, Group.MESSAGES, "hours", minimum=1, maximum=72)

    # Attendance, results, ratings: one setting, so that they can be changed together and still make a hundred.
    appraisal_weights: tuple[int, ...] = _is(
        (20, 50, 30), "三（五）", Group.APPRAISAL, "percent", minimum=0, maximum=100, count=3, total=100
    )
    excellent_percent: int = _is(40, "三（五）", Group.APPRAISAL, "percent", minimum=0, maximum=40)
    raters_minimum: int = _is(5, "三（五）", Group.APPRAISAL, "people", minimum=5, maximum=100)

    team_size: int = _is(3, "一（一）", Group.TEAM, "people", minimum=1, maximum=20)
    team_size_most: int = _is(0, "一（一）", Group.TEAM, "people", minimum=0, maximum=20)  # 0: exactly `team_size`
    term_years: int = _is(3, "一（一）", Group.TEAM, "years", minimum=1, maximum=10)
    team_stays_after_exit: bool = _is(True, "一（一）", Group.TEAM)

    time_zone: str = _is("Asia/Shanghai", LOCAL, Group.RECORDS)
    records_from: date | None = _is(None, LOCAL, Group.RECORDS)  # None: from the first day of each post

    term_priority_household: str = _is("防止返贫致贫对象", LOCAL, Group.TERMS, "", minimum=1, maximum=20)
    term_village: str = _is("帮扶村", LOCAL, Group.TERMS, "", minimum=1, maximum=20)
    term_campaign: str = _is("乡村振兴", LOCAL, Group.TERMS, "", minimum=1, maximum=20)
    duties: tuple[str, ...] = _is(
        ("宣传党的政策", "推动精准脱贫", "帮建基层组织", "为民办事服务", "提升治理水平"),
        "二（一）–（五）",
        Group.TERMS,
        "",
        minimum=1,
        maximum=12,
    )


ERAS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "2018": {
            "term_priority_household": "建档立卡贫困户",
            "term_village": "贫困村",
            "term_campaign": "脱贫攻坚",
            "term_years": 3,
        },
        "2021": {
            "term_priority_household": "防止返贫致贫对象",
            "term_village": "帮扶村",
            "term_campaign": "乡村振兴",
            "term_years": 2,
            "duties": ("建强村党组织", "推进强村富民", "提升治理水平", "为民办事服务"),
        },
    }
)
"""Whole sets of values by the document that brought them: the source's own (2018), and the one after it (2021)."""

_BY_ITEM = {str: ValueType.WORDS, int: ValueType.WHOLES}
_BY_TYPE = {bool: ValueType.SWITCH, int: ValueType.WHOLE, float: ValueType.NUMBER, time: ValueType.TIME}


def _parameter(spec: "dataclasses.Field[Any]", hint: Any) -> Parameter:
    enum: type[StrEnum] | None = None
    if get_origin(hint) is tuple:
        item = get_args(hint)[0]
        enum = item if issubclass(item, StrEnum) else None
        kind = ValueType.CHOICES if enum else _BY_ITEM[item]
    elif isinstance(hint, UnionType):
        kind = ValueType.DATE if date in get_args(hint) else ValueType.TIME
    elif issubclass(hint, StrEnum):
        enum, kind = hint, ValueType.CHOICE
    elif hint is str:
        kind = ValueType.ZONE if spec.name == "time_zone" else ValueType.TEXT
    else:
        kind = _BY_TYPE[hint]
    optional = isinstance(hint, UnionType)
    return Parameter(key=spec.name, type=kind, default=spec.default, enum=enum, optional=optional, **spec.metadata)


_HINTS = get_type_hints(Profile)
PARAMETERS: Mapping[str, Parameter] = MappingProxyType(
    {spec.name: _parameter(spec, _HINTS[spec.name]) for spec in dataclasses.fields(Profile)}
)
"""Every setting by its key, in the order 设置 shows them."""


def parameter(key: str) -> Parameter:
    """The setting of that key. Raises `Refusal(SETTING_UNKNOWN)`."""
    if key not in PARAMETERS:
        raise Refusal(Code.SETTING_UNKNOWN, LOCAL, key=key)
    return PARAMETERS[key]


def parse(key: str, text: str) -> Any:
    """The value a person typed for a setting (`1500`, `06:00`, `开`, `自愿`).

    Raises `Refusal`: SETTING_UNKNOWN, SETTING_INVALID (key, value, allowed).
    """
    return parameters.parse(parameter(key), text)


def dump(key: str, value: Any) -> Any:
    """A setting's value as JSON holds it. Raises `Refusal(SETTING_UNKNOWN)`."""
    parameter(key)
    return parameters.dump(value)


def load(key: str, stored: Any) -> Any:
    """The value `dump` wrote, checked again. Raises `Refusal`: SETTING_UNKNOWN, SETTING_INVALID."""
    return parameters.load(parameter(key), stored)


def resolve(layers: Sequence[Mapping[str, Any]]) -> Profile:
    """The profile of an area from its layers of values, the outermost area first; the inner one wins.

    The whole isn't checked: what was right when it was set stays readable whatever an outer area does later.
    Raises `Refusal(SETTING_UNKNOWN)`.
    """
    values: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            values[parameter(key).key] = value
    return Profile(**values)


def required_on(profile: Profile, on: date) -> bool:
    """Whether check-in is required that day: only within the dated period; outside it `required` is voluntary."""
    if profile.checkin_mode is not CheckInMode.REQUIRED or not profile.required_basis:
        return False
    first, last = profile.required_from, profile.required_to
    return first is not None and last is not None and first <= on <= last


def mode_on(profile: Profile, on: date) -> CheckInMode:
    """The check-in mode in force that day."""
    if profile.checkin_mode is CheckInMode.REQUIRED and not required_on(profile, on):
        return CheckInMode.VOLUNTARY
    return profile.checkin_mode


LEAVE_LIMITS: Mapping[LeaveKind, str] = MappingProxyType(
    {
        LeaveKind.PERSONAL: "leave_personal_limit",
        LeaveKind.SICK: "leave_sick_limit",
        LeaveKind.ANNUAL: "leave_annual_limit",
        LeaveKind.MARRIAGE: "leave_marriage_limit",
        LeaveKind.PATERNITY: "leave_paternity_limit",
        LeaveKind.CHILDCARE: "leave_childcare_limit",
        LeaveKind.BEREAVEMENT: "leave_bereavement_limit",
    }
)
"""The setting that holds the days a year of a kind."""


@dataclass(frozen=True, slots=True)
class LeaveStep:
    """A rung of the ladder: `decided_by` decides leaves of up to so many days; None is without end."""

    up_to_days: float | None
    decided_by: Role


def leave_ladder(profile: Profile, applicant: Role) -> tuple[LeaveStep, ...]:
    """Who decides on a leave of a member or a first secretary, by length. Nobody decides on his own."""
    if applicant is Role.FIRST_SECRETARY:
        steps = [LeaveStep(profile.leave_first_secretary_township_days, Role.TOWNSHIP_OFFICER)]
    else:
        steps = [
            LeaveStep(profile.leave_member_first_secretary_days, Role.FIRST_SECRETARY),
            LeaveStep(profile.leave_member_township_days, Role.TOWNSHIP_OFFICER),
        ]
    return (*(step for step in steps if step.up_to_days), LeaveStep(None, Role.COUNTY_STAFF))


def team_size_range(profile: Profile) -> tuple[int, int]:
    """Fewest and most people of a team. Clause 一（一）."""
    return profile.team_size, max(profile.team_size_most, profile.team_size)


_ORDERS = (
    ("checkin_opens", "half_boundary"),
    ("half_boundary", "checkin_closes"),
    ("return_asked_at", "return_overdue_at"),
    ("leave_reminded_hours", "leave_escalated_hours"),
    ("office_from", "office_to"),
)


def check(profile: Profile) -> None:
    """Whether the values agree with each other; to be asked of the whole before one of them is changed.

    Raises `Refusal(SETTING_ORDER)` (key must lie before, or not above, other) or `Refusal(SETTING_NEEDS)` (other has
    to be set first).
    """
    for key, other in _ORDERS:
        if not getattr(profile, key) < getattr(profile, other):
            raise _conflict(Code.SETTING_ORDER, profile, key, other)
    if profile.minimum_in_village > team_size_range(profile)[1]:
        raise _conflict(Code.SETTING_ORDER, profile, "minimum_in_village", "team_size")
    if profile.team_size_most and profile.team_size_most < profile.team_size:
        raise _conflict(Code.SETTING_ORDER, profile, "team_size", "team_size_most")
    lower, upper = profile.leave_member_first_secretary_days, profile.leave_member_township_days
    if lower > upper > 0:
        raise _conflict(Code.SETTING_ORDER, profile, "leave_member_first_secretary_days", "leave_member_township_days")
    if profile.bar_excellent_after_finding and not profile.bar_excellent_basis:
        raise _conflict(Code.SETTING_NEEDS, profile, "bar_excellent_after_finding", "bar_excellent_basis")
    if profile.checkin_mode is CheckInMode.REQUIRED:
        _check_required_period(profile)


def _check_required_period(profile: Profile) -> None:
    for other in ("required_basis", "required_from", "required_to"):
        if not getattr(profile, other):
            raise _conflict(Code.SETTING_NEEDS, profile, "checkin_mode", other)
    if profile.required_from > profile.required_to:  # type: ignore[operator]  # both are set: looked at above
        raise _conflict(Code.SETTING_ORDER, profile, "required_from", "required_to")


def _conflict(code: Code, profile: Profile, key: str, other: str) -> Refusal:
    values = {"value": dump(key, getattr(profile, key)), "other_value": dump(other, getattr(profile, other))}
    return Refusal(code, PARAMETERS[key].clause, key=key, other=other, **values)
