"""农户, clause 二（四）: what may be written of a household, read from a cell or from a typed line. The same rules for both."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from policy.sentences import mask_numbers

LONGEST_HEAD = 20
LONGEST_ADDRESS = 128
LONGEST_ITEM = 20
MOST_ITEMS = 10
MOST_GROUP = 999
MOST_MEMBERS = 99
BIRTHS = range(1900, 2100)

_NONE = frozenset({"无", "没有", "否", "-", "—"})
_ORDINARY = frozenset({"一般户", "一般农户", "普通户", "普通农户", "非重点户"})
_DIGITS: Mapping[str, int] = {digit: value for value, digit in enumerate("零一二三四五六七八九")}
_BETWEEN = re.compile(r"[、,，;；/\s]+")


@dataclass(frozen=True, slots=True)
class HouseholdRow:
    """A row of 农户. None: the cell is empty, what is known stays; an empty tuple: there are none."""

    row: int
    village: str
    group: int | None
    head: str
    address: str | None
    members: int | None
    kinds: tuple[str, ...] | None
    paired: str | None
    born: int | None
    phone: str | None
    others: tuple[str, ...] | None


def group_of(words: str) -> int:
    """The number of a 村民小组: `3`, `3组`, `第三组`, `十二组`. Raises ValueError."""
    found = re.fullmatch(r"第?(\d{1,3}|[一二三四五六七八九十]{1,3})(?:小?组|社|队)?", _plain(words))
    number = 0 if found is None else int(found[1]) if found[1].isdecimal() else _chinese(found[1])
    if not 1 <= number <= MOST_GROUP:
        raise ValueError(words)
    return number


def _chinese(words: str) -> int:
    """三, 十二, 二十, 三十一; 0 for what is no number."""
    tens, ten, ones = words.rpartition("十")
    if not ten:
        return _DIGITS[words] if len(words) == 1 else 0
    if len(tens) > 1 or len(ones) > 1 or tens == "十":
        return 0
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)


def members_of(words: str) -> int:
    """How many live there: `4`, `4人`, `4口人`. Raises ValueError."""
    found = re.fullmatch(r"(\d{1,2})(?:口人?|人)?", _plain(words))
    if found is None:
        raise ValueError(words)
    return int(found[1])


def born_of(words: str) -> int:
    """A year of birth: `1958`, `1958年`, `1958-03`. Raises ValueError."""
    found = re.fullmatch(r"(\d{4})(?:年|[-/.年]\d{1,2}(?:[-/.月]\d{0,2}日?)?)?", _plain(words))
    if found is None or int(found[1]) not in BIRTHS:
        raise ValueError(words)
    return int(found[1])


def items_of(words: str) -> tuple[str, ...]:
    """Names or kinds behind one another, each once; 无: none. Raises ValueError where there are too many, or too long ones."""
    items = tuple(dict.fromkeys(item for item in _BETWEEN.split(words.strip()) if item and item not in _NONE))
    if len(items) > MOST_ITEMS or any(len(item) > LONGEST_ITEM for item in items):
        raise ValueError(words)
    return items


def kinds_of(words: str) -> tuple[str, ...]:
    """Priority kinds; 一般户 is none. Raises ValueError as `items_of`."""
    return tuple(item for item in items_of(words) if item not in _ORDINARY)


def address_of(words: str) -> str:
    """An address; numbers of IDs that stray into it are never kept. Raises ValueError where it is too long."""
    if len(words) > LONGEST_ADDRESS:
        raise ValueError(words)
    return mask_numbers(words)


def name_of(words: str) -> str:
    """A name as it is written. Raises ValueError where it is too long for one, or has digits in it."""
    if not words or len(words) > LONGEST_HEAD or any(sign.isdigit() for sign in words):
        raise ValueError(words)
    return words


def called(group: int | None, head: str) -> str:
    """3组 陈淑兰, as it is typed."""
    return head if group is None else f"{group}组 {head}"


def _plain(words: str) -> str:
    return unicodedata.normalize("NFKC", words).replace(" ", "")
