"""What may be written of a household, as offices and cadres write it."""

from collections.abc import Callable
from typing import Any

import pytest

from policy import households as rules
from policy.refusals import Code, Refusal


@pytest.mark.parametrize(
    "read, words, is_read_as",
    [
        (rules.group_of, "3", 3),
        (rules.group_of, "第三组", 3),
        (rules.group_of, "３ 组", 3),
        (rules.group_of, "十二组", 12),
        (rules.group_of, "二十社", 20),
        (rules.group_of, "三十一小组", 31),
        (rules.members_of, "4口人", 4),
        (rules.members_of, "0", 0),
        (rules.born_of, "1958年", 1958),
        (rules.born_of, "1958-03", 1958),
        (rules.born_of, "1958年3月", 1958),
        (rules.items_of, "赵桂英、李小军，赵桂英", ("赵桂英", "李小军")),
        (rules.items_of, "无", ()),
        (rules.kinds_of, "一般户", ()),
        (rules.kinds_of, "防止返贫致贫对象；低保户", ("防止返贫致贫对象", "低保户")),
        (rules.address_of, "东头7号 130102195801011234", "东头7号 **************1234"),
        (rules.name_of, "买买提·艾合买提", "买买提·艾合买提"),
    ],
)
def test_what_can_be_read(read: Callable[[str], Any], words: str, is_read_as: Any):
    assert read(words) == is_read_as


@pytest.mark.parametrize(
    "read, words",
    [
        (rules.group_of, "0"),
        (rules.group_of, "东组"),
        (rules.group_of, "二三"),
        (rules.group_of, "十十"),
        (rules.group_of, "1000"),
        (rules.members_of, "四世同堂"),
        (rules.members_of, "100"),
        (rules.born_of, "58"),
        (rules.born_of, "1858"),
        (rules.items_of, "、".join(f"成员{n}" for n in range(11))),
        (rules.items_of, "长" * 21),
        (rules.address_of, "长" * 129),
        (rules.name_of, "陈淑兰2"),
        (rules.name_of, "长" * 21),
        (rules.name_of, ""),
    ],
)
def test_what_can_not(read: Callable[[str], Any], words: str):
    with pytest.raises(ValueError, match=r".*"):
        read(words)


@pytest.mark.parametrize(
    "words, group, head, born",
    [
        ("3组陈淑兰", 3, "陈淑兰", None),
        ("第三组 陈淑兰 1958", 3, "陈淑兰", 1958),
        ("3组陈淑兰家", 3, "陈淑兰", None),
        ("陈淑兰 1958年生", None, "陈淑兰", 1958),
        ("5组", 5, None, None),
        ("", None, None, None),
        ("3组陈大爷", 3, None, None),
        ("老陈家", None, None, None),
        ("陈叔", None, None, None),
        ("李三婶", None, None, None),
        ("叔明亮", None, "叔明亮", None),
    ],
)
def test_a_new_household_as_it_is_called(words: str, group: int | None, head: str | None, born: int | None):
    assert rules.named(words) == rules.Named(group, head, born)


@pytest.mark.parametrize("words", ["3组陈淑兰 58", "0组陈淑兰", f"3组{'长' * 21}"])
def test_a_new_household_that_can_not_be_read(words: str):
    with pytest.raises(Refusal) as refused:
        rules.named(words)
    assert refused.value.code is Code.HOUSEHOLD_UNREADABLE
