"""农户, clause 二（四）: what may be written of a household, read from a cell or from a typed line. The same rules for both."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from policy.refusals import LOCAL, Code, Refusal
from policy.roster import clean_phone
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
    if not words or words in _NONE or len(words) > LONGEST_HEAD or any(sign.isdigit() for sign in words):
        raise ValueError(words)
    return words


def called(group: int | None, head: str) -> str:
    """3组 陈淑兰, as it is typed."""
    return head if group is None else f"{group}组 {head}"


READERS: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {
        "group": group_of,
        "head": name_of,
        "address": address_of,
        "members": members_of,
        "kinds": kinds_of,
        "paired_name": name_of,
        "head_born": born_of,
        "phone": clean_phone,
        "others": items_of,
    }
)
"""What may be corrected, by its column, in the order in which it is offered."""

_NEEDED = frozenset({"head"})
_SAID = re.compile(
    r"(?:第?(?P<group>\d{1,3}|[一二三四五六七八九十]{1,3})(?:村民小组|小?组|社|队)的?)?"
    r"(?P<head>\D*?)(?:家里|家|户)?(?P<born>\d{4})?年?生?"
)
_NO_NAME = re.compile(r"[老小].|.{1,2}(?:大[爷娘伯叔婶妈哥姐嫂]|奶奶|爷爷|老[汉师太]|老太太|婶子?|嫂子?|叔|姨|伯)")


@dataclass(frozen=True, slots=True)
class Named:
    """A household as it is called where it is put into the list. None: it was not said."""

    group: int | None
    head: str | None
    born: int | None


def named(words: str) -> Named:
    """`3组陈淑兰`, `第三组 陈淑兰 1958`; a title (陈大爷) is no name. Raises `Refusal(HOUSEHOLD_UNREADABLE)`."""
    found = _SAID.fullmatch(_plain(words))
    if found is None:
        raise Refusal(Code.HOUSEHOLD_UNREADABLE, LOCAL, value=words[:40])
    head = found["head"] if found["head"] and not _NO_NAME.fullmatch(found["head"]) else None
    group, born = found["group"], found["born"]
    return Named(
        read("group", group) if group else None,
        read("head", head) if head else None,
        read("head_born", born) if born else None,
    )


def read(field: str, words: str) -> Any:
    """What was typed for a column; 无 empties what may be empty. Raises `Refusal(HOUSEHOLD_UNREADABLE)` with the value."""
    said = words.strip()
    if said in _NONE and field not in _NEEDED:
        return () if field in {"kinds", "others"} else None
    try:
        return READERS[field](said)
    except (ValueError, Refusal) as error:
        raise Refusal(Code.HOUSEHOLD_UNREADABLE, LOCAL, value=said[:40]) from error


def _plain(words: str) -> str:
    return unicodedata.normalize("NFKC", words).replace(" ", "")
