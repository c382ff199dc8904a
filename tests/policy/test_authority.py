"""Who may do what, where: every action by every role, inside and outside of the area, on others and on oneself.

The table below is written out by hand, not derived: whoever changes `policy.authority` changes it here too.
"""

import pytest

from policy.authority import Action, Grant, Role, Target, Viewer, grant_for, require
from policy.refusals import Code, Refusal
from tests.policy.refused import outcome

ROLES = (
    Role.TEAM_MEMBER,
    Role.FIRST_SECRETARY,
    Role.TOWNSHIP_OFFICER,
    Role.COUNTY_STAFF,
    Role.COUNTY_LEADER,
    Role.UNIT_LIAISON,
    Role.ADMIN,
)

# A letter a role, in the order of ROLES: - never, o one's own affairs, a the area, x the area but never oneself,
# u people of one's unit.
TABLE = {
    "checkin:record": "oo-----",
    "checkin:team": "-a-----",
    "checkin:proxy": "xxxx--x",
    "checkin:list": "--xx--x",
    "checkin:withdraw": "xaxx--x",
    "checkin:object": "oo-----",
    "explanation:report": "oo-----",
    "explanation:decide": "--xx--x",
    "trip:report": "oo-----",
    "trip:report_team": "aa-----",
    "trip:object": "--xx--x",
    "trip:withdraw_objection": "--xx--x",
    "trip:reply": "oo-----",
    "trip:cancel": "oo-----",
    "trip:shorten": "oo-----",
    "trip:restore": "oo-----",
    "outing:report": "oo-----",
    "outing:cancel": "oo-----",
    "correction:request": "oo-----",
    "correction:withdraw": "oo-----",
    "correction:decide": "-xxx--x",
    "leave:request": "oo-----",
    "leave:request_for": "xxxx-ux",
    "leave:decide": "-xxx--x",
    "leave:withdraw": "oo-----",
    "leave:confirm": "oo-----",
    "leave:object": "oo-----",
    "leave:attach": "oo-----",
    "leave:attachment_view": "oaaa--a",
    "leave:close": "---a--a",
    "leave:closure_view": "---aa-a",
    "leave:explain": "oo-----",
    "leave:return": "oo-----",
    "leave:return_confirm": "--xx--x",
    "household:view": "aaaaa-a",
    "household:write": "aaaa--a",
    "household:move": "--aa--a",
    "household:phone": "aaaaa-a",
    "visit:record": "oo-----",
    "visit:correct": "oo-----",
    "visit:view": "aaaaa-a",
    "month:lock": "---a--a",
    "month:unlock": "---a--a",
    "month:reopen": "---x--x",
    "month:close": "---a--a",
    "duty:open": "---a--a",
    "duty:withdraw": "---a--a",
    "duty:fill": "-aaa--a",
    "duty:view": "aaaaa-a",
    "duty:export": "--aa--a",
    "duty:swap": "oo-----",
    "duty:swap_answer": "oo-----",
    "day:settle": "--xx--x",
    "day:settle_undo": "--xx--x",
    "finding:answer": "ooooooo",
    "finding:view": "--aa--a",
    "standin:set": "--oa--a",
    "standin:end": "--oa--a",
    "standin:answer": "--ooo-o",
    "standin:view": "--oao-a",
    "task:report": "ooooooo",
    "figures:send": "--aa--a",
    "figures:confirm": "--xx--x",
    "figures:reply": "aa-----",
    "figures:remind": "--aa--a",
    "figures:close": "--aa--a",
    "figures:extend": "--aa--a",
    "figures:withdraw": "--aa--a",
    "figures:export": "--aa--a",
    "figures:view": "--aaa-a",
    "consent:set": "ooooooo",
    "language:set": "ooooooo",
    "morning:unfold": "ooooooo",
    "todo:open": "ooooooo",
    "invitation:create": "---a--a",
    "roster:import": "---a--a",
    "roster:export": "---a--a",
    "setting:change": "---a--a",
    "setting:view": "---a--a",
    "abroad:acknowledge": "------a",
    "calendar:change": "---a--a",
    "notice:submit": "---a--a",
    "notice:confirm": "---x--x",
    "notice:send": "---a--a",
    "notice:manage": "---a--a",
    "notice:view": "--aaa-a",
    "notice:export": "--aa--a",
    "notice:read": "ooooooo",
    "notice:reply": "ooooooo",
    "notice:answer": "---a--a",
    "emergency:propose": "--aa--a",
    "emergency:withdraw": "--oo--o",
    "emergency:confirm": "--xx--x",
    "emergency:reply": "oo-----",
    "emergency:report_team": "aa-----",
    "emergency:settle": "--xx--x",
    "emergency:help_taken": "--xx--x",
    "emergency:end": "--oa--a",
    "emergency:view": "--aaa-a",
    "emergency:export": "--aa--a",
    "phone:reveal": "--aaaua",
    "attendance:export": "--aa--a",
    "leave:export": "oaaa-ua",
    "certificate:export": "oo-a-ua",
    "year:export": "ooaa--a",
    "circular:export": "--aa--a",
    "day:view": "oaaaaua",
    "team:view": "aa-----",
    "board:view": "--aaa-a",
    "person:find": "--aaaua",
}

YES, NO, SELF = "yes", Code.NOT_ALLOWED, Code.NOT_YOURSELF

# What a letter means where: others inside, oneself inside, others outside, oneself outside, one's unit's people outside.
OUTCOMES = {
    "-": (NO, NO, NO, NO, NO),
    "o": (NO, YES, NO, YES, NO),
    "a": (YES, YES, NO, NO, NO),
    "x": (YES, SELF, NO, SELF, NO),
    "u": (NO, NO, NO, NO, YES),
}

ME, OTHER, MY_UNIT, OTHER_UNIT = 1, 2, 70, 71
VILLAGE, TOWNSHIP, COUNTY = "/1/2/3/4/5/", "/1/2/3/4/", "/1/2/3/"
HELD_AT = {
    Role.TEAM_MEMBER: VILLAGE,
    Role.FIRST_SECRETARY: VILLAGE,
    Role.TOWNSHIP_OFFICER: TOWNSHIP,
    Role.COUNTY_STAFF: COUNTY,
    Role.COUNTY_LEADER: COUNTY,
    Role.UNIT_LIAISON: COUNTY,
    Role.ADMIN: COUNTY,
}
# Next door, and so numbered that only the last stroke of a path tells them apart.
OUTSIDE = {VILLAGE: "/1/2/3/4/55/", TOWNSHIP: "/1/2/3/44/5/", COUNTY: "/1/2/33/4/5/"}


def viewer(role: Role) -> Viewer:
    unit = MY_UNIT if role is Role.UNIT_LIAISON else None
    return Viewer(ME, (Grant(role, 1, HELD_AT[role], unit),))


def situations(role: Role) -> tuple[Target, ...]:
    outside = OUTSIDE[HELD_AT[role]]
    return (
        Target(VILLAGE, OTHER, OTHER_UNIT),
        Target(VILLAGE, ME, OTHER_UNIT),
        Target(outside, OTHER, OTHER_UNIT),
        Target(outside, ME, OTHER_UNIT),
        Target(outside, OTHER, MY_UNIT),
    )


def said(who: Viewer, action: Action, target: Target):
    """`yes`, or the code of the refusal."""
    found = outcome(lambda: require(who, action, target))
    return found if isinstance(found, Code) else YES


def test_the_table_is_whole():
    assert set(TABLE) == {action.value for action in Action}
    assert set(ROLES) == set(Role)
    assert {len(row) for row in TABLE.values()} == {len(ROLES)}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", Action)
def test_every_action_by_every_role(action, role):
    letter = TABLE[action.value][ROLES.index(role)]
    who = viewer(role)
    assert tuple(said(who, action, target) for target in situations(role)) == OUTCOMES[letter]
    assert who.may(action) is (letter != "-")
    assert who.paths(action) == ((HELD_AT[role],) if letter in "ax" else ())
    assert who.units(action) == ((MY_UNIT,) if letter == "u" else ())


@pytest.mark.parametrize("action", Action)
def test_nobody_may_do_anything_without_a_role(action):
    for nobody in (Viewer(ME), Viewer(None)):
        assert said(nobody, action, Target(VILLAGE, OTHER)) is NO
        assert said(nobody, action, Target(VILLAGE, ME)) is NO
        assert said(nobody, action, Target(VILLAGE)) is NO
        assert not nobody.may(action)
        assert nobody.paths(action) == ()


@pytest.mark.parametrize("action", Action)
def test_the_system_acts_within_its_area(action):
    assert require(Viewer.system("/"), action, Target(VILLAGE, OTHER)) is None
    assert require(Viewer.system(COUNTY), action, Target(VILLAGE)) is None
    assert said(Viewer.system(COUNTY), action, Target(OUTSIDE[COUNTY])) is NO


@pytest.mark.parametrize("action", [a for a in Action if TABLE[a.value][ROLES.index(Role.TOWNSHIP_OFFICER)] == "x"])
def test_a_second_role_does_not_let_anybody_decide_on_himself(action):
    both = Viewer(ME, (Grant(Role.FIRST_SECRETARY, 1, VILLAGE), Grant(Role.TOWNSHIP_OFFICER, 2, TOWNSHIP)))
    secretary = TABLE[action.value][ROLES.index(Role.FIRST_SECRETARY)]
    assert said(both, action, Target(VILLAGE, ME)) is (YES if secretary == "a" else SELF)
    assert said(both, action, Target(VILLAGE, OTHER)) == YES


def test_the_nearest_role_is_the_one_acted_in():
    both = Viewer(ME, (Grant(Role.COUNTY_STAFF, 1, COUNTY), Grant(Role.TOWNSHIP_OFFICER, 2, TOWNSHIP)))
    assert require(both, Action.EXPLANATION_DECIDE, Target(VILLAGE, OTHER)) is Role.TOWNSHIP_OFFICER
    assert require(both, Action.EXPLANATION_DECIDE, Target("/1/2/3/44/5/", OTHER)) is Role.COUNTY_STAFF
    assert require(both, Action.SETTING_CHANGE, Target(VILLAGE)) is Role.COUNTY_STAFF
    found = grant_for(both, Action.EXPLANATION_DECIDE, Target(VILLAGE, OTHER))
    assert found is not None
    assert found.area_id == 2


def test_a_refusal_names_the_action_and_the_clause():
    with pytest.raises(Refusal) as caught:
        require(viewer(Role.TEAM_MEMBER), Action.SETTING_CHANGE, Target(COUNTY))
    assert (caught.value.clause, caught.value.fields) == ("三（一）", {"action": "setting:change"})
    with pytest.raises(Refusal) as caught:
        require(viewer(Role.TOWNSHIP_OFFICER), Action.EXPLANATION_DECIDE, Target(VILLAGE, ME))
    assert caught.value.clause == "三（二）"
