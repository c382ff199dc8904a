"""The roster's checkable rules: teams (clauses 一（一）, 一（二）), roles, and the cells of the workbook."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from policy.authority import TEAM, Role
from policy.profile import Profile, team_size_range
from policy.refusals import LOCAL, Code, Refusal
from policy.typed import half_width


class Level(StrEnum):
    """Levels of areas and of units, highest first, in the workbook's words."""

    PROVINCE = "省"
    CITY = "市"
    COUNTY = "县"
    TOWNSHIP = "乡镇"
    VILLAGE = "村"

    @property
    def depth(self) -> int:
        """0 for a province, 4 for a village."""
        return list(Level).index(self)

    def is_above(self, other: "Level") -> bool:
        """Whether this level is higher."""
        return self.depth < other.depth


class UnitKind(StrEnum):
    """What a dispatching unit may be. Clause 一（一）."""

    ORGAN = "党政机关"
    ENTERPRISE = "国有企业"
    INSTITUTION = "事业单位"


class RoleName(StrEnum):
    """The workbook's words for roles."""

    FIRST_SECRETARY = "第一书记"
    TEAM_MEMBER = "队员"
    TOWNSHIP_OFFICER = "乡镇干部"
    COUNTY_STAFF = "县级工作人员"
    COUNTY_LEADER = "县领导"
    UNIT_LIAISON = "单位联络员"
    ADMIN = "管理员"


ROLE_OF: Mapping[RoleName, Role] = MappingProxyType({name: Role[name.name] for name in RoleName})
NAME_OF: Mapping[Role, RoleName] = MappingProxyType({role: name for name, role in ROLE_OF.items()})

_UPPER = frozenset({Level.PROVINCE, Level.CITY, Level.COUNTY})
HELD_AT: Mapping[Role, frozenset[Level]] = MappingProxyType(
    {
        Role.FIRST_SECRETARY: frozenset({Level.VILLAGE}),
        Role.TEAM_MEMBER: frozenset({Level.VILLAGE}),
        Role.TOWNSHIP_OFFICER: frozenset({Level.TOWNSHIP}),
        Role.COUNTY_STAFF: frozenset({Level.COUNTY}),
        Role.COUNTY_LEADER: frozenset({Level.COUNTY}),
        Role.UNIT_LIAISON: _UPPER,  # reaches its unit's people wherever they are
        Role.ADMIN: _UPPER,
    }
)
"""The level of the area in which each role is held."""


class PartyStatus(StrEnum):
    """What a political status (政治面貌) says of Party membership."""

    MEMBER = "member"
    PROBATIONARY = "probationary"
    NONE = "none"


_OTHER_STATUSES = (
    "共青团员 团员 民革党员 民革会员 民盟盟员 民建会员 民进会员 农工党党员 致公党党员 九三学社社员 台盟盟员 无党派人士 "
    "无党派民主人士 群众"
)
PARTY_WORDS: Mapping[str, PartyStatus] = MappingProxyType(
    dict.fromkeys(("中共党员", "党员", "中共正式党员", "正式党员"), PartyStatus.MEMBER)
    | dict.fromkeys(("中共预备党员", "预备党员"), PartyStatus.PROBATIONARY)
    | dict.fromkeys(_OTHER_STATUSES.split(), PartyStatus.NONE)
)
"""Political statuses by their usual words (GB/T 4762 and its short forms)."""


class Rank(StrEnum):
    """A cadre's rank, as far as clause 一（二） asks for it."""

    ABOVE_DIVISION = "厅级"
    DIVISION = "处级"
    SECTION = "科级"
    MIDDLE_MANAGER = "中层"  # of an enterprise or institution
    LOWER = "其他"


@dataclass(frozen=True, slots=True)
class TeamMemberRow:
    """One person of a team as the roster has it. None is unknown; what is unknown is asked for only where it must be."""

    person_key: str
    name: str
    role: Role
    party_member: bool | None = None
    unit_level: Level | None = None
    unit_kind: UnitKind | None = None
    probationary: bool = False
    rank: Rank | None = None
    reserve: bool = False  # 后备干部
    on_establishment: bool | None = None  # 在编在职
    township_cadre: bool = False  # holds a township office himself


class Severity(StrEnum):
    """BLOCK is refused; WARN may be passed by an authorised person, with the reason kept."""

    BLOCK = "block"
    WARN = "warn"


class ProblemCode(StrEnum):
    """What can be wrong with a team."""

    TEAM_TOO_SMALL = "team_too_small"
    TEAM_TOO_LARGE = "team_too_large"
    FIRST_SECRETARY_MISSING = "first_secretary_missing"
    FIRST_SECRETARY_SEVERAL = "first_secretary_several"
    FIRST_SECRETARY_NOT_PARTY_MEMBER = "first_secretary_not_party_member"
    PARTY_MEMBERSHIP_UNKNOWN = "party_membership_unknown"
    FIRST_SECRETARY_PROBATIONARY = "first_secretary_probationary"
    FIRST_SECRETARY_RANK = "first_secretary_rank"
    PERSON_TWICE = "person_twice"
    UNIT_UNKNOWN = "unit_unknown"
    UNIT_BELOW_COUNTY = "unit_below_county"
    TOWNSHIP_CADRE = "township_cadre"
    NOT_ON_ESTABLISHMENT = "not_on_establishment"


_WARNINGS = frozenset(
    {
        ProblemCode.TEAM_TOO_SMALL,  # goes on the under-strength list
        ProblemCode.TEAM_TOO_LARGE,
        ProblemCode.FIRST_SECRETARY_PROBATIONARY,
        ProblemCode.FIRST_SECRETARY_RANK,  # 一般, 原则上
        ProblemCode.UNIT_UNKNOWN,
    }
)
_CLAUSE_TWO = frozenset(
    {ProblemCode.FIRST_SECRETARY_RANK, ProblemCode.TOWNSHIP_CADRE, ProblemCode.NOT_ON_ESTABLISHMENT}
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a team; `person_key` where it is about one person."""

    code: ProblemCode
    village: str
    person_key: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        """Whether it is refused or only pointed out."""
        return Severity.WARN if self.code in _WARNINGS else Severity.BLOCK

    @property
    def clause(self) -> str:
        """The rule's clause."""
        return "一（二）" if self.code in _CLAUSE_TWO else "一（一）"


def check_team(village: str, rows: Sequence[TeamMemberRow], profile: Profile) -> list[Problem]:
    """Everything wrong with a village's team, the team's own problems first, then by person in the order given.

    A village without anybody is short of people, not of a first secretary alone. Clauses 一（一）, 一（二）.
    """
    team = [row for row in rows if row.role in TEAM]
    problems = [*_size_problems(village, team, profile), *_leader_problems(village, team)]
    for row in team:
        problems += [Problem(code, village, row.person_key, {"name": row.name}) for code in _person_problems(row)]
    return problems


def _size_problems(village: str, team: Sequence[TeamMemberRow], profile: Profile) -> Iterator[Problem]:
    times = Counter(row.person_key for row in team)
    fewest, most = team_size_range(profile)
    facts = {"count": len(times), "fewest": fewest, "most": most}
    if len(times) < fewest:
        yield Problem(ProblemCode.TEAM_TOO_SMALL, village, None, facts)
    if len(times) > most:
        yield Problem(ProblemCode.TEAM_TOO_LARGE, village, None, facts)
    for key, count in times.items():
        if count > 1:
            yield Problem(ProblemCode.PERSON_TWICE, village, key, {"times": count})


def _leader_problems(village: str, team: Sequence[TeamMemberRow]) -> Iterator[Problem]:
    leaders = dict.fromkeys(row.person_key for row in team if row.role is Role.FIRST_SECRETARY)
    if team and not leaders:
        yield Problem(ProblemCode.FIRST_SECRETARY_MISSING, village)
    if len(leaders) > 1:
        yield Problem(ProblemCode.FIRST_SECRETARY_SEVERAL, village, None, {"count": len(leaders)})


def _person_problems(row: TeamMemberRow) -> Iterator[ProblemCode]:
    if row.role is Role.FIRST_SECRETARY:
        yield from _first_secretary_problems(row)
    if row.unit_level is None:
        yield ProblemCode.UNIT_UNKNOWN
    elif Level.COUNTY.is_above(row.unit_level):
        yield ProblemCode.UNIT_BELOW_COUNTY
    if row.township_cadre:
        yield ProblemCode.TOWNSHIP_CADRE
    if row.on_establishment is False:
        yield ProblemCode.NOT_ON_ESTABLISHMENT


def _first_secretary_problems(row: TeamMemberRow) -> Iterator[ProblemCode]:
    if row.party_member is None:
        yield ProblemCode.PARTY_MEMBERSHIP_UNKNOWN
    elif not row.party_member:
        yield ProblemCode.FIRST_SECRETARY_NOT_PARTY_MEMBER
    elif row.probationary:
        yield ProblemCode.FIRST_SECRETARY_PROBATIONARY
    if row.rank is not None and not _rank_suffices(row, row.rank):
        yield ProblemCode.FIRST_SECRETARY_RANK


def _rank_suffices(row: TeamMemberRow, rank: Rank) -> bool:
    """Clause 一（二）: 处级 from a provincial organ; 中层 from an enterprise or institution; else 科级, or a reserve."""
    if row.unit_kind in {UnitKind.ENTERPRISE, UnitKind.INSTITUTION}:
        return rank is not Rank.LOWER and (rank is not Rank.SECTION or row.unit_level is not Level.PROVINCE)
    if row.unit_level is Level.PROVINCE and row.unit_kind is UnitKind.ORGAN:
        return rank in {Rank.ABOVE_DIVISION, Rank.DIVISION}
    return row.reserve or rank in {Rank.ABOVE_DIVISION, Rank.DIVISION, Rank.SECTION}


def first_secretary_changed(old: Sequence[TeamMemberRow], new: Sequence[TeamMemberRow]) -> bool:
    """Whether a village that had a first secretary gets another or loses him: that asks for the approval's number.

    A first appointment is no change. Clause 一（三）.
    """
    before, after = ({row.person_key for row in rows if row.role is Role.FIRST_SECRETARY} for rows in (old, new))
    return bool(before) and before != after


def check_role(role: Role, level: Level) -> None:
    """Raises `Refusal(ROLE_WRONG_LEVEL)` where the role isn't held in areas of that level. Clause 三（一）."""
    if level not in HELD_AT[role]:
        allowed = "、".join(held for held in Level if held in HELD_AT[role])
        raise Refusal(Code.ROLE_WRONG_LEVEL, "三（一）", role=role, level=level, allowed=allowed)


_WIDTHS = MappingProxyType({Level.PROVINCE: 2, Level.CITY: 4, Level.COUNTY: 6, Level.TOWNSHIP: 9, Level.VILLAGE: 12})
_CODE = re.compile(r"[0-9]{2,12}")


def clean_code(cell: str | float) -> str:
    """An area code: 2 to 12 digits, kept as text. Spreadsheets that made a number of it are forgiven.

    Raises `Refusal(AREA_CODE_INVALID)`.
    """
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    code = re.sub(r"\s", "", half_width(str(cell)))
    if isinstance(cell, bool) or not _CODE.fullmatch(code):
        raise Refusal(Code.AREA_CODE_INVALID, LOCAL, area=str(cell)[:40])
    return code


def stem(code: str, level: Level) -> str:
    """The digits that name the area itself: a code of 12 filled up with zeros loses them."""
    width = _WIDTHS[level]
    return code[:width] if len(code) == 12 and not code[width:].strip("0") else code


def parent_of(code: str, level: Level, named: str | None, areas: Mapping[str, Level]) -> str | None:
    """The code of the area above; None for an area at the top.

    The one named in the row, else the known area of a higher level whose digits begin this one's, the longest first.
    An area at the top is a province, or one whose level nothing known stands above.
    Raises `Refusal`: AREA_PARENT_UNKNOWN, AREA_PARENT_LEVEL (the named one isn't of a higher level).
    """
    if named:
        if named not in areas:
            raise Refusal(Code.AREA_PARENT_UNKNOWN, LOCAL, area=code, parent=named)
        if not areas[named].is_above(level):
            raise Refusal(
                Code.AREA_PARENT_LEVEL, LOCAL, area=code, level=level, parent=named, parent_level=areas[named]
            )
        return named
    # Shorter and shorter beginnings, each also filled up to 12 digits: quick among thousands of areas.
    for length in range(len(code) - 1, 1, -1):
        for known in (code[:length], code[:length].ljust(12, "0")):
            if known != code and known in areas and areas[known].is_above(level) and _begins(known, areas[known], code):
                return known
    if any(other.is_above(level) for other in areas.values()):
        raise Refusal(Code.AREA_PARENT_UNKNOWN, LOCAL, area=code, parent="")
    return None


def _begins(known: str, level: Level, code: str) -> bool:
    return code.startswith(stem(known, level))


_PHONE = re.compile(r"1[3-9][0-9]{9}")


def clean_phone(cell: str | float) -> str:
    """A mobile number of 11 digits; spaces, dashes and the country's prefix are dropped.

    Raises `Refusal(PHONE_INVALID)`, which does not repeat the number.
    """
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    digits = re.sub(r"[\s()\-‐-―]", "", half_width(str(cell)))
    digits = re.sub(r"^(\+|00)86", "", digits)
    if not _PHONE.fullmatch(digits):
        raise Refusal(Code.PHONE_INVALID, LOCAL, digits=len(digits))
    return digits


def party_status(word: str) -> PartyStatus | None:
    """What the political status says; None for an empty cell. Raises `Refusal(WORD_UNKNOWN)`."""
    cleaned = _word(word)
    if not cleaned:
        return None
    if cleaned not in PARTY_WORDS:
        raise _unknown(cleaned, PARTY_WORDS)
    return PARTY_WORDS[cleaned]


def is_party_member(word: str) -> bool | None:
    """Whether the political status is a Party member's, probationary ones included; None for an empty cell.

    Raises `Refusal(WORD_UNKNOWN)`.
    """
    status = party_status(word)
    return None if status is None else status is not PartyStatus.NONE


_LEVEL_WORDS = {level.value: level for level in Level} | {
    "省级": Level.PROVINCE,
    "市级": Level.CITY,
    "县级": Level.COUNTY,
    "区": Level.COUNTY,
    "乡": Level.TOWNSHIP,
    "镇": Level.TOWNSHIP,
    "乡镇级": Level.TOWNSHIP,
    "街道": Level.TOWNSHIP,
    "村级": Level.VILLAGE,
}
_KIND_WORDS = {kind.value: kind for kind in UnitKind} | {
    "机关": UnitKind.ORGAN,
    "国企": UnitKind.ENTERPRISE,
    "企业": UnitKind.ENTERPRISE,
    "事业": UnitKind.INSTITUTION,
}


def level_of(word: str) -> Level:
    """The level a cell names. Raises `Refusal(WORD_UNKNOWN)`."""
    if (cleaned := _word(word)) not in _LEVEL_WORDS:
        raise _unknown(cleaned, list(Level))
    return _LEVEL_WORDS[cleaned]


def unit_kind_of(word: str) -> UnitKind:
    """The kind of unit a cell names; other kinds don't dispatch teams. Raises `Refusal(WORD_UNKNOWN)`. Clause 一（一）."""
    if (cleaned := _word(word)) not in _KIND_WORDS:
        raise _unknown(cleaned, list(UnitKind), "一（一）")
    return _KIND_WORDS[cleaned]


def role_of(word: str) -> Role:
    """The role a cell names; a team leader (队长) is its first secretary. Raises `Refusal(WORD_UNKNOWN)`."""
    cleaned = _word(word)
    if cleaned == "队长":
        return Role.FIRST_SECRETARY
    if cleaned not in set(RoleName):
        raise _unknown(cleaned, list(RoleName))
    return ROLE_OF[RoleName(cleaned)]


def _word(cell: str) -> str:
    return re.sub(r"\s", "", half_width(cell))


def _unknown(word: str, allowed: Collection[str], clause: str = LOCAL) -> Refusal:
    return Refusal(Code.WORD_UNKNOWN, clause, word=word[:40], allowed="、".join(allowed))
