"""应急: whose word stands, how answers add up, what a team's line says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.emergency import Answer, Said, Source, Totals, is_silent, is_team_line, stands, team_line, totals

HERE, AWAY, HELP, UNREACHED = Answer.SAFE_HERE, Answer.SAFE_AWAY, Answer.NEEDS_HELP, Answer.UNREACHED
OWN, TEAM, PHONE = Source.OWN, Source.TEAM, Source.PHONE
NAMES = {"周建国": 1, "赵敏": 2, "王强": 3}
SAID = st.builds(Said, st.sampled_from(Answer), st.sampled_from(Source)).filter(
    lambda said: said != Said(UNREACHED, OWN)
)


@pytest.mark.parametrize(
    "before, new, wins",
    [
        (None, Said(HERE, OWN), True),
        (None, Said(HERE, TEAM), True),
        (None, Said(UNREACHED, PHONE), True),
        (Said(HERE, OWN), Said(HELP, OWN), True),  # of one's own the newest
        (Said(HERE, TEAM), Said(HELP, OWN), True),  # one's own, whatever others said
        (Said(HELP, PHONE), Said(HERE, OWN), True),
        (Said(HERE, OWN), Said(AWAY, TEAM), False),
        (Said(HERE, OWN), Said(HELP, PHONE), False),
        (Said(HELP, OWN), Said(HERE, TEAM), False),
        (Said(HERE, TEAM), Said(AWAY, TEAM), True),  # of others' the newest
        (Said(HERE, TEAM), Said(HELP, PHONE), True),
        (Said(HERE, TEAM), Said(UNREACHED, TEAM), True),  # who said 全队平安 takes one back
        (Said(HERE, TEAM), Said(UNREACHED, PHONE), False),  # not got through is no news
        (Said(UNREACHED, TEAM), Said(UNREACHED, PHONE), True),
        (Said(UNREACHED, PHONE), Said(HERE, TEAM), True),
    ],
)
def test_whose_word_stands(before, new, wins):
    assert stands(before, new) is wins


@given(words=st.lists(SAID, max_size=12))
def test_ones_own_word_wins_in_whatever_order(words):
    standing = None
    for said in words:
        if stands(standing, said):
            standing = said
    own = [said for said in words if said.source is OWN]
    if own:
        assert standing == own[-1]
    elif words:
        assert standing is not None
    known = [said for said in words if not is_silent(said)]
    if not known:
        assert is_silent(standing)


@given(answers=st.lists(st.tuples(st.sampled_from([None, *Answer]), st.integers(0, 50))))
def test_totals_add_up_to_the_number_asked(answers):
    found = totals(answers)
    assert found.asked == sum(people for _answer, people in answers)
    assert found.safe_here + found.safe_away + found.needs_help + found.silent == found.asked
    assert min(found.safe_here, found.safe_away, found.needs_help, found.silent) >= 0
    half = len(answers) // 2
    assert totals(answers[:half]) + totals(answers[half:]) == found


def test_unreached_is_silent():
    assert totals([(None, 2), (UNREACHED, 3), (HERE, 1)]) == Totals(6, 1, 0, 0)
    assert totals([(None, 2), (UNREACHED, 3), (HERE, 1)]).silent == 5


@pytest.mark.parametrize(
    "text, but",
    [
        ("全队平安", {}),
        ("全村平安。", {}),
        ("大家都平安", {}),
        ("全队人员均平安", {}),
        ("全队平安，周建国外出", {1: (AWAY, None)}),
        ("全队平安 周建国在县里开会", {1: (AWAY, None)}),
        ("全队平安，联系不上周建国", {1: (UNREACHED, None)}),
        ("全队平安，周建国、赵敏外出，王强联系不上", {1: (AWAY, None), 2: (AWAY, None), 3: (UNREACHED, None)}),
        ("全队平安，周建国，赵敏请假", {1: (AWAY, None), 2: (AWAY, None)}),
        ("全队平安，我外出", {9: (AWAY, None)}),
        ("全队平安，我和周建国公出", {9: (AWAY, None), 1: (AWAY, None)}),
        ("全队平安，周建国腿受伤了", {1: (HELP, "腿受伤了")}),
        ("全队平安；赵敏被困在沟里需要帮助", {2: (HELP, "被困在沟里需要帮助")}),
        ("全队平安，但周建国失联", {1: (UNREACHED, None)}),
    ],
)
def test_a_teams_line(text, but):
    assert is_team_line(text)
    line = team_line(text, NAMES, 9)
    assert (line.but, line.unclear, line.village) == (but, "", None)


@pytest.mark.parametrize(
    "text, unclear",
    [
        ("全队平安，周建国", "周建国"),
        ("全队平安，李四外出", "李四外出"),
        ("全队平安，周建国嗯", "周建国嗯"),
        ("全队平安，外出", "外出"),
        ("全队平安，周建国没受伤", "周建国没受伤"),
    ],
)
def test_what_is_not_understood_is_said(text, unclear):
    line = team_line(text, NAMES, 9)
    assert (line.unclear, line.but) == (unclear, {})


@pytest.mark.parametrize(
    "text, village",
    [("石门村全队平安", "石门村"), ("东峪村全村平安", "东峪村"), ("我们村全队平安", None), ("本村大家平安", None)],
)
def test_the_village_may_be_named(text, village):
    assert team_line(text, NAMES, 9).village == village


@pytest.mark.parametrize("text", ["平安", "周建国平安", "今天三人在岗", "全队今天在岗", "平安全队", ""])
def test_what_is_no_teams_line(text):
    assert not is_team_line(text)
    with pytest.raises(ValueError):
        team_line(text, NAMES, 9)
