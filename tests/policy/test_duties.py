"""Which of the five duties a sentence speaks of."""

import pytest

from policy import duties
from policy.profile import ERAS, Profile

DEFAULT = Profile().duties
PUBLICITY, PROSPERITY, PARTY, SERVICE, GOVERNANCE = range(5)


@pytest.mark.parametrize(
    "text, told",
    [
        ("屋顶漏雨，想申请危房改造", (PROSPERITY, SERVICE)),
        ("送药", (SERVICE,)),
        ("帮着办残疾证", (SERVICE,)),
        ("讲医保政策，发明白卡", (PUBLICITY,)),
        ("宣讲全会精神", (PUBLICITY,)),
        ("苹果滞销，联系合作社", (PROSPERITY,)),
        ("村支部主题党日", (PARTY,)),
        ("调解两家地界纠纷", (GOVERNANCE,)),
        ("环境卫生整治，清理垃圾", (GOVERNANCE,)),
        ("都安好", ()),
        ("", ()),
    ],
)
def test_by_the_words(text, told):
    assert duties.told(text, DEFAULT) == told


def test_at_most_two_and_the_most_spoken_of():
    said = "调解纠纷，垃圾整治，防火排查，看病报销送药，宣讲政策"
    assert duties.told(said, DEFAULT) == (SERVICE, GOVERNANCE)


def test_another_documents_duties():
    later = ERAS["2021"]["duties"]
    assert [later[place] for place in duties.told("苹果滞销", later)] == ["推进强村富民"]


def test_a_name_of_the_countys_own_is_not_guessed():
    assert duties.told("调解纠纷", ("别的职责",)) == ()


def test_every_duty_of_the_documents_can_be_told():
    for names in (DEFAULT, ERAS["2021"]["duties"]):
        assert all(duties._words_of(name) for name in names)
