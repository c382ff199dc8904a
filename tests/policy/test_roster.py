import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.authority import TEAM, Role
from policy.profile import Profile
from policy.refusals import Code, Refusal
from policy.roster import (
    HELD_AT,
    NAME_OF,
    PARTY_WORDS,
    ROLE_OF,
    Level,
    PartyStatus,
    ProblemCode,
    Rank,
    RoleName,
    Severity,
    TeamMemberRow,
    UnitKind,
    check_role,
    check_team,
    clean_code,
    clean_phone,
    first_secretary_changed,
    is_party_member,
    level_of,
    parent_of,
    party_status,
    role_of,
    stem,
    unit_kind_of,
)
from tests.policy.refused import outcome, refused

PROFILE = Profile()
BLOCK, WARN = Severity.BLOCK, Severity.WARN


def cadre(name: str, role: Role = Role.TEAM_MEMBER, **facts: Any) -> TeamMemberRow:
    facts = {"party_member": True, "unit_level": Level.COUNTY, "unit_kind": UnitKind.ORGAN, **facts}
    return TeamMemberRow(person_key=name, name=name, role=role, **facts)


LI = cadre("李雪", Role.FIRST_SECRETARY)
ZHOU, WANG, ZHAO = cadre("周建国"), cadre("王强", party_member=False), cadre("赵敏", party_member=None)


def but(row: TeamMemberRow, **changes: Any) -> TeamMemberRow:
    return dataclasses.replace(row, **changes)


@pytest.mark.parametrize(
    "team",
    [
        pytest.param([LI, ZHOU, WANG], id="three, one of them first secretary"),
        pytest.param([ZHOU, WANG, LI], id="in any order"),
        pytest.param([but(LI, unit_level=Level.PROVINCE), ZHOU, ZHAO], id="membership is asked of the leader only"),
        pytest.param([LI, ZHOU, WANG, cadre("刘敏", Role.TOWNSHIP_OFFICER)], id="others in the village are no team"),
    ],
)
def test_teams_in_order(team):
    assert check_team("石门村", team, PROFILE) == []


@pytest.mark.parametrize(
    "team, code, severity, clause, person",
    [
        pytest.param([], ProblemCode.TEAM_TOO_SMALL, WARN, "一（一）", None, id="nobody"),
        pytest.param([LI, ZHOU], ProblemCode.TEAM_TOO_SMALL, WARN, "一（一）", None, id="two of three"),
        pytest.param([LI, ZHOU, WANG, ZHAO], ProblemCode.TEAM_TOO_LARGE, WARN, "一（一）", None, id="four"),
        pytest.param([ZHAO, ZHOU, WANG], ProblemCode.FIRST_SECRETARY_MISSING, BLOCK, "一（一）", None, id="no leader"),
        pytest.param(
            [LI, but(ZHOU, role=Role.FIRST_SECRETARY), WANG],
            ProblemCode.FIRST_SECRETARY_SEVERAL,
            BLOCK,
            "一（一）",
            None,
            id="two leaders",
        ),
        pytest.param(
            [but(LI, party_member=False), ZHOU, WANG],
            ProblemCode.FIRST_SECRETARY_NOT_PARTY_MEMBER,
            BLOCK,
            "一（一）",
            "李雪",
            id="the leader is no Party member",
        ),
        pytest.param(
            [but(LI, party_member=None), ZHOU, WANG],
            ProblemCode.PARTY_MEMBERSHIP_UNKNOWN,
            BLOCK,
            "一（一）",
            "李雪",
            id="the leader's cell is empty",
        ),
        pytest.param(
            [but(LI, probationary=True), ZHOU, WANG],
            ProblemCode.FIRST_SECRETARY_PROBATIONARY,
            WARN,
            "一（一）",
            "李雪",
            id="the leader is on probation",
        ),
        pytest.param(
            [LI, but(ZHOU, unit_level=Level.TOWNSHIP), WANG],
            ProblemCode.UNIT_BELOW_COUNTY,
            BLOCK,
            "一（一）",
            "周建国",
            id="sent by a township",
        ),
        pytest.param(
            [LI, but(ZHOU, unit_level=Level.VILLAGE), WANG],
            ProblemCode.UNIT_BELOW_COUNTY,
            BLOCK,
            "一（一）",
            "周建国",
            id="sent by a village",
        ),
        pytest.param(
            [LI, but(ZHOU, unit_level=None), WANG],
            ProblemCode.UNIT_UNKNOWN,
            WARN,
            "一（一）",
            "周建国",
            id="no unit known",
        ),
        pytest.param(
            [LI, but(ZHOU, township_cadre=True), WANG],
            ProblemCode.TOWNSHIP_CADRE,
            BLOCK,
            "一（二）",
            "周建国",
            id="a township cadre",
        ),
        pytest.param(
            [LI, but(ZHOU, on_establishment=False), WANG],
            ProblemCode.NOT_ON_ESTABLISHMENT,
            BLOCK,
            "一（二）",
            "周建国",
            id="not on the establishment",
        ),
        pytest.param(
            [but(LI, rank=Rank.LOWER), ZHOU, WANG],
            ProblemCode.FIRST_SECRETARY_RANK,
            WARN,
            "一（二）",
            "李雪",
            id="the leader's rank, as a rule",
        ),
    ],
)
def test_one_thing_wrong_is_one_problem(team, code, severity, clause, person):
    (problem,) = check_team("石门村", team, PROFILE)
    assert (problem.code, problem.severity, problem.clause, problem.person_key) == (code, severity, clause, person)
    assert problem.village == "石门村"


def test_one_person_twice_is_no_third_member():
    found = check_team("石门村", [LI, ZHOU, ZHOU], PROFILE)
    assert [(problem.code, problem.severity) for problem in found] == [
        (ProblemCode.TEAM_TOO_SMALL, WARN),
        (ProblemCode.PERSON_TWICE, BLOCK),
    ]


def test_one_leader_listed_twice_is_one_leader():
    codes = {problem.code for problem in check_team("石门村", [LI, LI, ZHOU], PROFILE)}
    assert ProblemCode.FIRST_SECRETARY_SEVERAL not in codes
    assert ProblemCode.PERSON_TWICE in codes


@pytest.mark.parametrize(
    "profile, size, code",
    [
        (Profile(team_size=2, team_size_most=5), 2, None),
        (Profile(team_size=2, team_size_most=5), 5, None),
        (Profile(team_size=2, team_size_most=5), 6, ProblemCode.TEAM_TOO_LARGE),
        (Profile(team_size=2, team_size_most=5), 1, ProblemCode.TEAM_TOO_SMALL),
        (Profile(team_size=4), 3, ProblemCode.TEAM_TOO_SMALL),
        (Profile(team_size=4), 4, None),
    ],
)
def test_the_size_of_a_team_is_a_setting(profile, size, code):
    team = [LI, *(cadre(f"队员{number}") for number in range(1, size))]
    found = [problem.code for problem in check_team("石门村", team, profile)]
    assert found == ([code] if code else [])


@pytest.mark.parametrize(
    "level, kind, rank, reserve, suffices",
    [
        (Level.PROVINCE, UnitKind.ORGAN, Rank.DIVISION, False, True),
        (Level.PROVINCE, UnitKind.ORGAN, Rank.SECTION, False, False),
        (Level.PROVINCE, UnitKind.ORGAN, Rank.SECTION, True, False),
        (Level.PROVINCE, UnitKind.ORGAN, Rank.ABOVE_DIVISION, False, True),
        (Level.COUNTY, UnitKind.ORGAN, Rank.SECTION, False, True),
        (Level.COUNTY, UnitKind.ORGAN, Rank.LOWER, False, False),
        (Level.COUNTY, UnitKind.ORGAN, Rank.LOWER, True, True),
        (Level.PROVINCE, UnitKind.ENTERPRISE, Rank.MIDDLE_MANAGER, False, True),
        (Level.PROVINCE, UnitKind.INSTITUTION, Rank.SECTION, False, False),
        (Level.CITY, UnitKind.INSTITUTION, Rank.MIDDLE_MANAGER, False, True),
        (Level.CITY, UnitKind.ENTERPRISE, Rank.LOWER, False, False),
        (Level.COUNTY, UnitKind.ORGAN, None, False, True),  # unknown is not asked for
    ],
)
def test_the_rank_of_a_first_secretary(level, kind, rank, reserve, suffices):
    leader = but(LI, unit_level=level, unit_kind=kind, rank=rank, reserve=reserve)
    codes = [problem.code for problem in check_team("石门村", [leader, ZHOU, WANG], PROFILE)]
    assert codes == ([] if suffices else [ProblemCode.FIRST_SECRETARY_RANK])


rows = st.builds(
    TeamMemberRow,
    person_key=st.sampled_from(["甲", "乙", "丙", "丁", "戊"]),
    name=st.just("某某"),
    role=st.sampled_from(Role),
    party_member=st.none() | st.booleans(),
    unit_level=st.none() | st.sampled_from(Level),
)


@given(team=st.lists(rows, max_size=6))
def test_a_team_without_blocks_has_one_leader_who_is_a_party_member_from_county_level_or_above(team):
    found = check_team("石门村", team, PROFILE)
    team = [row for row in team if row.role in TEAM]
    if team and not any(problem.severity is BLOCK for problem in found):
        (leader,) = [row for row in team if row.role is Role.FIRST_SECRETARY]
        assert leader.party_member
        assert len({row.person_key for row in team}) == len(team)
        assert all(row.unit_level not in {Level.TOWNSHIP, Level.VILLAGE} for row in team)


@pytest.mark.parametrize(
    "old, new, changed",
    [
        pytest.param([LI, ZHOU], [ZHOU, LI], False, id="the same"),
        pytest.param([LI, ZHOU], [LI, WANG], False, id="another member"),
        pytest.param([], [LI], False, id="the first appointment"),
        pytest.param([ZHOU], [LI, ZHOU], False, id="a leader at last"),
        pytest.param([LI, ZHOU], [but(ZHOU, role=Role.FIRST_SECRETARY)], True, id="a member takes over"),
        pytest.param([LI, ZHOU], [ZHOU], True, id="taken away"),
        pytest.param([LI], [LI, but(ZHOU, role=Role.FIRST_SECRETARY)], True, id="a second one"),
    ],
)
def test_a_change_of_first_secretary_asks_for_its_approval(old, new, changed):
    assert first_secretary_changed(old, new) is changed


def test_each_role_has_its_word_and_its_level():
    assert set(ROLE_OF.values()) == set(NAME_OF) == set(HELD_AT) == set(Role)
    assert {name.value: ROLE_OF[name].value for name in RoleName} == {
        "第一书记": "first_secretary",
        "队员": "team_member",
        "乡镇干部": "township_officer",
        "县级工作人员": "county_staff",
        "县领导": "county_leader",
        "单位联络员": "unit_liaison",
        "管理员": "admin",
    }


@pytest.mark.parametrize("role, level", [(role, level) for role in Role for level in Level])
def test_roles_are_held_at_their_level(role, level):
    upper = level in {Level.PROVINCE, Level.CITY, Level.COUNTY}
    fits = {
        Role.TEAM_MEMBER: level is Level.VILLAGE,
        Role.FIRST_SECRETARY: level is Level.VILLAGE,
        Role.TOWNSHIP_OFFICER: level is Level.TOWNSHIP,
        Role.COUNTY_STAFF: level is Level.COUNTY,
        Role.COUNTY_LEADER: level is Level.COUNTY,
        Role.UNIT_LIAISON: upper,
        Role.ADMIN: upper,
    }[role]
    if fits:
        check_role(role, level)
        return
    with refused(Code.ROLE_WRONG_LEVEL, role=role, level=level):
        check_role(role, level)


@pytest.mark.parametrize(
    "word, status, member",
    [
        ("中共党员", PartyStatus.MEMBER, True),
        ("党员", PartyStatus.MEMBER, True),
        (" 中共 党员 ", PartyStatus.MEMBER, True),
        ("中共预备党员", PartyStatus.PROBATIONARY, True),
        ("预备党员", PartyStatus.PROBATIONARY, True),
        ("共青团员", PartyStatus.NONE, False),
        ("群众", PartyStatus.NONE, False),
        ("农工党党员", PartyStatus.NONE, False),  # a member, but of another party
        ("致公党党员", PartyStatus.NONE, False),
        ("无党派人士", PartyStatus.NONE, False),
        ("", None, None),
        ("  ", None, None),
    ],
)
def test_political_statuses(word, status, member):
    assert party_status(word) is status
    assert is_party_member(word) is member


def test_the_thirteen_statuses_of_the_standard_are_known():
    standard = "中共党员 中共预备党员 共青团员 民革党员 民盟盟员 民建会员 民进会员 农工党党员 致公党党员 九三学社社员 台盟盟员 无党派人士 群众"
    assert set(standard.split()) <= set(PARTY_WORDS)


@pytest.mark.parametrize("read", [party_status, is_party_member, level_of, unit_kind_of, role_of])
def test_unknown_words_are_refused_with_the_known_ones(read):
    with pytest.raises(Refusal) as caught:
        read("外星" * 50)
    assert caught.value.code is Code.WORD_UNKNOWN
    assert len(caught.value.fields["word"]) <= 40
    assert "、" in caught.value.fields["allowed"]


@pytest.mark.parametrize(
    "read, word, value",
    [
        (level_of, "省", Level.PROVINCE),
        (level_of, " 县级 ", Level.COUNTY),
        (level_of, "街道", Level.TOWNSHIP),
        (unit_kind_of, "党政机关", UnitKind.ORGAN),
        (unit_kind_of, "国企", UnitKind.ENTERPRISE),
        (role_of, "第一书记", Role.FIRST_SECRETARY),
        (role_of, "队长", Role.FIRST_SECRETARY),
        (role_of, "县 领导", Role.COUNTY_LEADER),
    ],
)
def test_words_of_the_workbook(read, word, value):
    assert read(word) is value


def test_levels_stand_above_each_other():
    assert Level.PROVINCE.is_above(Level.CITY)
    assert Level.TOWNSHIP.is_above(Level.VILLAGE)
    assert not Level.COUNTY.is_above(Level.COUNTY)
    assert not Level.VILLAGE.is_above(Level.PROVINCE)


@pytest.mark.parametrize(
    "cell, code",
    [
        ("130102", "130102"),
        (" 130102001001 ", "130102001001"),
        ("１３０１", "1301"),
        (130102, "130102"),
        (130102.0, "130102"),
    ],
)
def test_area_codes(cell, code):
    assert clean_code(cell) == code


@pytest.mark.parametrize("cell", ["", "1", "13010A", "1301020010010", "-130102", "13.5", 13.5, True, "石门村", "²³"])
def test_what_is_no_area_code(cell):
    with refused(Code.AREA_CODE_INVALID):
        clean_code(cell)


SHORT = {"13": Level.PROVINCE, "1399": Level.CITY, "139901": Level.COUNTY, "139901100": Level.TOWNSHIP}
LONG = {code.ljust(12, "0"): level for code, level in SHORT.items()}


@pytest.mark.parametrize(
    "code, level, named, areas, parent",
    [
        pytest.param("139901100201", Level.VILLAGE, None, SHORT, "139901100", id="a village by its digits"),
        pytest.param("139901100201", Level.VILLAGE, None, LONG, "139901100000", id="among codes of twelve"),
        pytest.param("139901100000", Level.TOWNSHIP, None, LONG, "139901000000", id="a township among them"),
        pytest.param("139901000000", Level.COUNTY, None, LONG, "139900000000", id="a county among them"),
        pytest.param("139900000000", Level.CITY, None, LONG, "130000000000", id="a city among them"),
        pytest.param(
            "139902", Level.COUNTY, None, {"13": Level.PROVINCE}, "13", id="a county right under the province"
        ),
        pytest.param("139901100201", Level.VILLAGE, "139901", SHORT, "139901", id="named, whatever the digits"),
        pytest.param("77", Level.COUNTY, "1399", SHORT, "1399", id="named, of another numbering"),
        pytest.param("13", Level.PROVINCE, None, SHORT, None, id="a province is at the top"),
        pytest.param("139901", Level.COUNTY, None, {"139901": Level.COUNTY}, None, id="the one county of a file"),
        pytest.param(
            "139910001001",
            Level.VILLAGE,
            None,
            {"139910000000": Level.COUNTY, "139911000000": Level.COUNTY},
            "139910000000",
            id="a zero that belongs to the code",
        ),
    ],
)
def test_the_area_above(code, level, named, areas, parent):
    assert parent_of(code, level, named, areas) == parent


@pytest.mark.parametrize(
    "code, level, named, refusal",
    [
        pytest.param("139901100201", Level.VILLAGE, "999", Code.AREA_PARENT_UNKNOWN, id="named but unknown"),
        pytest.param("140101100201", Level.VILLAGE, None, Code.AREA_PARENT_UNKNOWN, id="nothing begins like it"),
        pytest.param("1399", Level.CITY, "139901", Code.AREA_PARENT_LEVEL, id="named below itself"),
        pytest.param("139901", Level.COUNTY, "139901", Code.AREA_PARENT_LEVEL, id="named itself"),
    ],
)
def test_the_area_above_is_wrong(code, level, named, refusal):
    with refused(refusal, area=code):
        parent_of(code, level, named, SHORT)


@pytest.mark.parametrize(
    "code, level, digits",
    [
        ("130000000000", Level.PROVINCE, "13"),
        ("139910000000", Level.COUNTY, "139910"),
        ("139901100000", Level.TOWNSHIP, "139901100"),
        ("139901100201", Level.VILLAGE, "139901100201"),
        ("139901", Level.COUNTY, "139901"),
        ("139901100201", Level.COUNTY, "139901100201"),  # no filling zeros: nothing to lose
    ],
)
def test_filling_zeros_name_nothing(code, level, digits):
    assert stem(code, level) == digits


@pytest.mark.parametrize(
    "cell",
    [
        "13900001234",
        "139 0000 1234",
        "139-0000-1234",
        "+86 13900001234",
        "008613900001234",
        "１３９００００１２３４",
        13900001234,
    ],
)
def test_phones(cell):
    assert clean_phone(cell) == "13900001234"


def test_a_phone_that_became_a_decimal_is_forgiven():
    assert clean_phone(13900001234.0) == "13900001234"


@pytest.mark.parametrize("cell", ["", "1390000123", "139000012345", "23900001234", "12900001234", "0311-8888888", "无"])
def test_what_is_no_mobile_number_is_refused_without_repeating_it(cell):
    with pytest.raises(Refusal) as caught:
        clean_phone(cell)
    assert caught.value.code is Code.PHONE_INVALID
    assert set(caught.value.fields) == {"digits"}


@given(text=st.text())
def test_any_cell_is_a_phone_or_a_refusal(text):
    found = outcome(lambda: clean_phone(text))
    assert found is Code.PHONE_INVALID or (len(found) == 11 and found.isascii() and found.startswith("1"))
