import dataclasses
import json
from datetime import date, time
from enum import StrEnum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import policy
from policy.authority import Role
from policy.parameters import CHOICE_WORDS, Parameter, ValueType
from policy.profile import (
    ERAS,
    PARAMETERS,
    CheckInMode,
    LeaveKind,
    LeaveStep,
    Period,
    Profile,
    check,
    dump,
    leave_ladder,
    load,
    mode_on,
    parse,
    required_on,
    resolve,
    team_size_range,
)
from policy.refusals import Code
from tests.policy.refused import outcome, refused

# What POLICY says of each parameter, written out again: a changed default is a changed rule.
DEFAULTS = {
    "checkin_mode": CheckInMode.VOLUNTARY,
    "checkins_per_day": 1,
    "checkin_opens": time(6),
    "checkin_closes": time(22),
    "half_boundary": time(12),
    "fence_m": 1500,
    "required_days_in_village": 20,
    "leave_member_first_secretary_days": 1,
    "leave_member_township_days": 3,
    "leave_first_secretary_township_days": 3,
    "leave_calendar_kinds": (LeaveKind.MATERNITY, LeaveKind.FAMILY_VISIT),
    "leave_chained": True,
    "leave_copied_to_county": True,
    "leave_copied_to_unit": True,
    "trip_counts_in_village": True,
    "minimum_in_village": 1,
    "return_asked_at": time(8),
    "return_overdue_at": time(12),
    "correction_hours": 48,
    "corrections_per_month": 3,
    "findings_for_recall": 3,
    "bar_excellent_after_finding": False,
    "household_coverage": Period.QUARTER,
    "priority_household_coverage": Period.MONTH,
    "spot_check_by_bot": False,
    "bulletin_every": Period.MONTH,
    "bulletin_days": 10,
    "quiet_from": time(20),
    "quiet_to": time(8),
    "quiet_on_rest_days": True,
    "unsolicited_per_week": 5,
    "checkin_reminder_at": time(9),
    "township_digest_at": time(18),
    "county_digest_at": time(8),
    "lock_reminder_at": time(9),
    "second_admin_above": 500,
    "emergency_silence_minutes": 30,
    "emergency_hours": 12,
    "appraisal_weights": (20, 50, 30),
    "excellent_percent": 40,
    "raters_minimum": 5,
    "team_size": 3,
    "term_years": 3,
    "position_max_age": 24,
    "time_zone": "Asia/Shanghai",
}


@pytest.mark.parametrize("key", DEFAULTS)
def test_defaults_are_the_documents(key):
    assert PARAMETERS[key].default == DEFAULTS[key]
    assert getattr(Profile(), key) == DEFAULTS[key]


def test_the_default_profile_agrees_with_itself():
    check(Profile())


@pytest.mark.parametrize("parameter", PARAMETERS.values(), ids=PARAMETERS)
def test_every_parameter_is_described(parameter):
    assert parameter.clause
    assert parameter.group
    assert parameter.allowed.strip("– ")
    assert load(parameter.key, dump(parameter.key, parameter.default)) == parameter.default
    if parameter.type in {ValueType.WHOLE, ValueType.NUMBER}:
        assert parameter.minimum is not None
        assert parameter.maximum is not None
        assert parameter.unit
    if parameter.type in {ValueType.CHOICE, ValueType.CHOICES}:
        assert parameter.choices


def test_parameters_are_the_fields_of_the_profile():
    assert list(PARAMETERS) == [field.name for field in dataclasses.fields(Profile)]


@pytest.mark.parametrize(
    "key, typed, value",
    [
        ("fence_m", "1500", 1500),
        ("fence_m", " １８００ ", 1800),
        ("fence_m", "2,000", 2000),
        ("fence_m", "2000米", 2000),
        ("fence_m", "2000 m", 2000),
        ("correction_hours", "72小时", 72),
        ("corrections_per_month", "0", 0),
        ("corrections_per_month", "5次", 5),
        ("excellent_percent", "35％", 35),
        ("leave_member_township_days", "2.5", 2.5),
        ("leave_member_township_days", "3天", 3.0),
        ("checkin_opens", "06:30", time(6, 30)),
        ("checkin_opens", "6：30", time(6, 30)),
        ("checkin_opens", "6点", time(6)),
        ("checkin_opens", "6点半", time(6, 30)),
        ("checkin_opens", "6点05分", time(6, 5)),
        ("checkin_mode", "voluntary", CheckInMode.VOLUNTARY),
        ("checkin_mode", "REQUIRED", CheckInMode.REQUIRED),
        ("checkin_mode", "自愿", CheckInMode.VOLUNTARY),
        ("checkin_mode", "必须", CheckInMode.REQUIRED),
        ("checkin_mode", "关闭", CheckInMode.OFF),
        ("household_coverage", "每半年", Period.HALF_YEAR),
        ("spot_check_by_bot", "开", True),
        ("spot_check_by_bot", "关", False),
        ("spot_check_by_bot", "On", True),
        ("spot_check_by_bot", "否", False),
        ("required_from", "2026-11-23", date(2026, 11, 23)),
        ("required_from", "2026年11月23日", date(2026, 11, 23)),
        ("required_from", "2026/1/3", date(2026, 1, 3)),
        ("required_from", "无", None),
        ("required_basis", " 安防指〔2026〕3号 ", "安防指〔2026〕3号"),
        ("required_basis", "无", ""),
        ("leave_calendar_kinds", "产、探亲", (LeaveKind.MATERNITY, LeaveKind.FAMILY_VISIT)),
        ("leave_calendar_kinds", "产假 工伤假", (LeaveKind.MATERNITY, LeaveKind.INJURY)),
        ("leave_calendar_kinds", "无", ()),
        ("appraisal_weights", "30/40/30", (30, 40, 30)),
        ("appraisal_weights", "20、60、20", (20, 60, 20)),
        ("duties", "宣传政策、办实事", ("宣传政策", "办实事")),
        ("term_campaign", "乡村全面振兴", "乡村全面振兴"),
        ("time_zone", "Asia/Urumqi", "Asia/Urumqi"),
        ("township_digest_at", "17点半", time(17, 30)),
        ("township_digest_at", "关", None),
        ("township_digest_at", "无", None),
        ("checkin_reminder_at", "OFF", None),
    ],
)
def test_what_people_type_is_understood(key, typed, value):
    parsed = parse(key, typed)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    "key, typed",
    [
        ("fence_m", ""),
        ("fence_m", "99"),
        ("fence_m", "20001"),
        ("fence_m", "-1500"),
        ("fence_m", "1.5公里"),
        ("fence_m", "很远"),
        ("fence_m", "1e3"),
        ("fence_m", "9" * 5000),
        ("fence_m", "15²0"),
        ("fence_m", "1٥00"),
        ("leave_member_township_days", "0.3"),
        ("leave_member_township_days", "nan"),
        ("leave_member_township_days", "inf"),
        ("checkin_opens", "24:00"),
        ("checkin_opens", "6:60"),
        ("checkin_opens", "早上"),
        ("checkin_opens", "无"),
        ("checkin_opens", "关"),
        ("township_digest_at", "傍晚"),
        ("checkin_mode", "强行"),
        ("spot_check_by_bot", "也许"),
        ("required_from", "2026-02-30"),
        ("required_from", "11月23日"),
        ("required_basis", "一" * 201),
        ("required_basis", "第一行\n第二行"),
        ("leave_calendar_kinds", "产、春游"),
        ("leave_calendar_kinds", "产、产假"),
        ("appraisal_weights", "20/50/40"),
        ("appraisal_weights", "50/50"),
        ("appraisal_weights", "-20/90/30"),
        ("excellent_percent", "41"),  # 三（五）: no higher than 40 %
        ("raters_minimum", "4"),  # fewer would show who said what
        ("checkins_per_day", "3"),
        ("duties", ""),
        ("duties", "走访、走访"),
        ("term_village", ""),
        ("time_zone", "Asia"),
        ("time_zone", "../etc/passwd"),
        ("time_zone", "安岭"),
        ("time_zone", ""),
    ],
)
def test_what_can_not_be_a_value_is_refused_with_what_may_be(key, typed):
    with refused(Code.SETTING_INVALID, key=key, allowed=PARAMETERS[key].allowed):
        parse(key, typed)


def test_an_endless_value_is_shown_short():
    with refused(Code.SETTING_INVALID, value="很" * 59 + "…"):
        parse("fence_m", "很" * 5000)


@pytest.mark.parametrize("act", [lambda: parse("fense", "1"), lambda: load("fense", 1), lambda: dump("fense", 1)])
def test_an_unknown_key_is_refused(act):
    with refused(Code.SETTING_UNKNOWN, key="fense"):
        act()


@pytest.mark.parametrize(
    "key, stored, value",
    [
        ("checkin_opens", time(6, 30), time(6, 30)),
        ("required_from", date(2026, 11, 23), date(2026, 11, 23)),
        ("leave_member_township_days", 2, 2.0),
        ("checkin_mode", "off", CheckInMode.OFF),
        ("required_to", None, None),
        ("township_digest_at", None, None),
        ("township_digest_at", "", None),
    ],
)
def test_files_may_hold_times_and_dates_as_such(key, stored, value):
    assert load(key, stored) == value


@pytest.mark.parametrize(
    "key, stored",
    [
        ("fence_m", "1500"),
        ("fence_m", True),
        ("fence_m", 1500.0),
        ("fence_m", 1),
        ("fence_m", None),
        ("spot_check_by_bot", 1),
        ("checkin_opens", 630),
        ("checkin_opens", None),
        ("checkin_mode", 1),
        ("checkin_mode", ["off"]),
        ("leave_calendar_kinds", "maternity"),
        ("leave_calendar_kinds", ["spring"]),
        ("appraisal_weights", [20, 50, 30.0]),
        ("appraisal_weights", [100]),
        ("duties", ["走访", 1]),
        ("leave_member_township_days", float("nan")),
        ("required_from", 20261123),
    ],
)
def test_a_stored_value_of_the_wrong_kind_is_refused(key, stored):
    with refused(Code.SETTING_INVALID, key=key):
        load(key, stored)


@pytest.mark.parametrize("enum", CHOICE_WORDS, ids=lambda enum: enum.__name__)
def test_every_choice_has_words(enum):
    assert set(CHOICE_WORDS[enum].values()) == set(enum)


def values_of(parameter: Parameter) -> st.SearchStrategy[object]:
    """Values that fit the parameter."""
    low, high = parameter.minimum, parameter.maximum
    words = st.text("宣传政策办实事", min_size=1, max_size=5)
    match parameter.type:
        case ValueType.SWITCH:
            return st.booleans()
        case ValueType.WHOLE:
            return st.integers(int(low or 0), int(high or 0))
        case ValueType.NUMBER:
            return st.integers(0, 730).map(lambda half_days: half_days / 2)
        case ValueType.TIME:
            times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
            return st.none() | times if parameter.optional else times
        case ValueType.DATE:
            return st.none() | st.dates()
        case ValueType.TEXT:
            return st.text("防返贫致对象", min_size=int(low or 0), max_size=int(high or 0))
        case ValueType.ZONE:
            return st.sampled_from(["Asia/Shanghai", "Asia/Urumqi", "UTC"])
        case ValueType.CHOICE:
            return st.sampled_from(list(parameter.enum or ()))
        case ValueType.CHOICES:
            return st.lists(st.sampled_from(list(parameter.enum or ())), unique=True).map(tuple)
        case ValueType.WHOLES:
            pair = st.tuples(st.integers(0, 100), st.integers(0, 100)).map(sorted)
            return pair.map(lambda cuts: (cuts[0], cuts[1] - cuts[0], 100 - cuts[1]))
        case ValueType.WORDS:
            return st.lists(words, min_size=1, max_size=12, unique=True).map(tuple)


@pytest.mark.parametrize("key", PARAMETERS)
@given(data=st.data())
def test_every_value_survives_storage_and_typing(key, data):
    value = data.draw(values_of(PARAMETERS[key]))
    stored = json.loads(json.dumps(dump(key, value)))
    assert load(key, stored) == value
    shown = "无" if stored in ("", None, []) else stored
    typed = "、".join(map(str, shown)) if isinstance(shown, list) else str(shown)
    assert parse(key, typed) == value


@pytest.mark.parametrize("key", PARAMETERS)
@given(typed=st.text())
def test_any_text_is_a_value_or_a_refusal(key, typed):
    found = outcome(lambda: parse(key, typed))
    assert found is Code.SETTING_INVALID or load(key, dump(key, found)) == found


def test_inner_areas_win():
    province = {"fence_m": 2000, "correction_hours": 24}
    county = {"fence_m": 3000}
    found = resolve([province, {}, county, {"checkins_per_day": 2}])
    assert (found.fence_m, found.correction_hours, found.checkins_per_day, found.term_years) == (3000, 24, 2, 3)
    assert resolve([]) == Profile()
    assert resolve([county, province]).fence_m == 2000


def test_a_layer_with_an_unknown_key_is_refused():
    with refused(Code.SETTING_UNKNOWN, key="fense"):
        resolve([{"fense": 1}])


FLOOD = Profile(
    checkin_mode=CheckInMode.REQUIRED,
    required_from=date(2026, 7, 20),
    required_to=date(2026, 7, 31),
    required_basis="安防指〔2026〕3号",
)


@pytest.mark.parametrize(
    "on, required",
    [
        (date(2026, 7, 19), False),
        (date(2026, 7, 20), True),
        (date(2026, 7, 31), True),
        (date(2026, 8, 1), False),
    ],
)
def test_required_is_required_only_in_its_dated_period(on, required):
    assert required_on(FLOOD, on) is required
    assert mode_on(FLOOD, on) is (CheckInMode.REQUIRED if required else CheckInMode.VOLUNTARY)


@pytest.mark.parametrize("missing", [{"required_basis": ""}, {"required_from": None}, {"required_to": None}])
def test_required_without_basis_and_dates_is_neither_accepted_nor_in_force(missing):
    profile = dataclasses.replace(FLOOD, **missing)
    assert not required_on(profile, date(2026, 7, 25))
    with refused(Code.SETTING_NEEDS, key="checkin_mode", other=next(iter(missing))):
        check(profile)


@pytest.mark.parametrize("mode", [CheckInMode.OFF, CheckInMode.VOLUNTARY])
def test_other_modes_hold_every_day(mode):
    profile = dataclasses.replace(FLOOD, checkin_mode=mode)
    assert mode_on(profile, date(2026, 7, 25)) is mode


@pytest.mark.parametrize(
    "changes, code, key, other",
    [
        ({"checkin_opens": time(12)}, Code.SETTING_ORDER, "checkin_opens", "half_boundary"),
        ({"checkin_closes": time(12)}, Code.SETTING_ORDER, "half_boundary", "checkin_closes"),
        ({"return_overdue_at": time(8)}, Code.SETTING_ORDER, "return_asked_at", "return_overdue_at"),
        ({"minimum_in_village": 4}, Code.SETTING_ORDER, "minimum_in_village", "team_size"),
        ({"team_size": 3, "team_size_most": 2}, Code.SETTING_ORDER, "team_size", "team_size_most"),
        (
            {"leave_member_first_secretary_days": 5.0},
            Code.SETTING_ORDER,
            "leave_member_first_secretary_days",
            "leave_member_township_days",
        ),
        (
            {"bar_excellent_after_finding": True},
            Code.SETTING_NEEDS,
            "bar_excellent_after_finding",
            "bar_excellent_basis",
        ),
    ],
)
def test_values_must_agree_with_each_other(changes, code, key, other):
    with refused(code, key=key, other=other):
        check(dataclasses.replace(Profile(), **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"bar_excellent_after_finding": True, "bar_excellent_basis": "安组〔2026〕8号"},
        {"team_size": 2, "team_size_most": 5},
        {"leave_member_first_secretary_days": 2.0, "leave_member_township_days": 0.0},
        {"checkin_opens": time(0), "checkin_closes": time(23, 59)},
        {"quiet_from": time(0), "quiet_to": time(6)},
    ],
)
def test_values_that_agree(changes):
    check(dataclasses.replace(Profile(), **changes))


def test_the_flood_is_in_order():
    check(FLOOD)
    with refused(Code.SETTING_ORDER, key="required_from", other="required_to"):
        check(dataclasses.replace(FLOOD, required_to=date(2026, 7, 1)))


FIRST, TOWNSHIP, COUNTY = Role.FIRST_SECRETARY, Role.TOWNSHIP_OFFICER, Role.COUNTY_STAFF


@pytest.mark.parametrize(
    "changes, applicant, ladder",
    [
        ({}, Role.TEAM_MEMBER, [(1, FIRST), (3, TOWNSHIP), (None, COUNTY)]),
        ({}, Role.FIRST_SECRETARY, [(3, TOWNSHIP), (None, COUNTY)]),
        (
            {"leave_member_first_secretary_days": 0.0, "leave_member_township_days": 5.0},
            Role.TEAM_MEMBER,
            [(5, TOWNSHIP), (None, COUNTY)],
        ),
        ({"leave_first_secretary_township_days": 0.0}, Role.FIRST_SECRETARY, [(None, COUNTY)]),
    ],
)
def test_the_ladder_of_leave(changes, applicant, ladder):
    steps = leave_ladder(dataclasses.replace(Profile(), **changes), applicant)
    assert list(steps) == [LeaveStep(days, decider) for days, decider in ladder]


@pytest.mark.parametrize("size, most, found", [(3, 0, (3, 3)), (2, 5, (2, 5)), (4, 4, (4, 4))])
def test_team_size_range(size, most, found):
    assert team_size_range(Profile(team_size=size, team_size_most=most)) == found


@pytest.mark.parametrize("era", ERAS)
def test_another_era_is_another_set_of_values(era):
    profile = resolve([ERAS[era]])
    check(profile)
    for key, value in ERAS[era].items():
        assert load(key, dump(key, value)) == getattr(profile, key) == value


def test_the_eras_words_are_in_the_profile_only():
    words = {ERAS[era][key] for era in ERAS for key in ("term_priority_household", "term_campaign")}
    room = Path(str(policy.__file__)).parent
    strays = [
        (path.name, word)
        for path in room.rglob("*.py")
        if path.name != "profile.py"
        for word in words | {"脱贫", "贫困"}
        if word in path.read_text(encoding="utf-8")
    ]
    assert strays == []


def test_stored_choices_are_stable_words():
    for parameter in PARAMETERS.values():
        if parameter.enum:
            assert issubclass(parameter.enum, StrEnum)
            assert all(value.isascii() and value == value.lower() for value in parameter.choices)
