"""What a setting is: its type and bounds, how a person's words become its value, how the value is stored."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from policy.refusals import Code, Refusal
from policy.typed import half_width

EnumType: TypeAlias = type[StrEnum]


class ValueType(StrEnum):
    """Types of settings."""

    SWITCH = "switch"  # bool
    WHOLE = "whole"  # int
    NUMBER = "number"  # float, in halves
    TIME = "time"  # time of day, local; None where it may be off
    DATE = "date"  # date or None
    TEXT = "text"  # str
    ZONE = "zone"  # str, a time zone's name
    CHOICE = "choice"  # one of an enum
    CHOICES = "choices"  # tuple of an enum
    WHOLES = "wholes"  # tuple of int
    WORDS = "words"  # tuple of str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting. Bounds are of the value; of the length for texts, of each item for lists of numbers.

    `count` and `total` bind a list of numbers: how many there are, and what they add up to.
    """

    key: str
    type: ValueType
    default: Any
    clause: str
    group: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    count: int | None = None
    total: int | None = None
    enum: EnumType | None = None
    optional: bool = False
    """Whether there may be no value: a date not set, a time of day switched off."""

    @property
    def choices(self) -> tuple[str, ...]:
        """The values of a choice, as stored."""
        return tuple(member.value for member in self.enum) if self.enum else ()

    @property
    def allowed(self) -> str:
        """What may be entered, in signs that need no translation."""
        if self.type is ValueType.SWITCH:
            return "on / off"
        if self.enum:
            return " / ".join(self.choices)
        if self.type in _NOTATION:
            return _NOTATION[self.type]
        bounds = f"{_plain(self.minimum)}–{_plain(self.maximum)}"
        if self.type is ValueType.WHOLES:
            return f"{bounds} × {self.count}" + (f" = {self.total}" if self.total is not None else "")
        return f"{bounds} {self.unit}".rstrip()


_NOTATION = {ValueType.TIME: "HH:MM", ValueType.DATE: "YYYY-MM-DD", ValueType.ZONE: "Asia/Shanghai"}

CHOICE_WORDS: dict[EnumType, dict[str, StrEnum]] = {}
"""Words a person may type for a choice, besides the stored value. Filled where the choices are defined."""

_SWITCH_WORDS: Mapping[str, bool] = MappingProxyType(
    dict.fromkeys(("开", "开启", "打开", "是", "on", "true", "yes", "1"), True)
    | dict.fromkeys(("关", "关闭", "否", "off", "false", "no", "0"), False)
)
_NONE_WORDS = frozenset({"", "无", "没有", "none", "-"})
_OFF_WORDS = _NONE_WORDS | {"关", "关闭", "不提醒", "off"}
_UNIT_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "m": ("米", "m"),
        "minutes": ("分钟", "分", "min"),
        "hours": ("小时", "时", "h"),
        "days": ("个工作日", "天", "日"),
        "years": ("年",),
        "people": ("个人", "人"),
        "percent": ("%", "个百分点"),
        "times": ("次", "条"),
    }
)
_SEPARATORS = re.compile(r"[、,;/\s]+")
_CLOCK = re.compile(r"(\d{1,2})(?::(\d{2})|[点时](?:(半)|(\d{1,2})分?)?)", re.ASCII)
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)


def parse(parameter: Parameter, text: str) -> Any:
    """The value a person typed: full-width signs, Chinese words and units are understood.

    Raises `Refusal(SETTING_INVALID)` with key, value and what is allowed.
    """
    typed = half_width(text).strip()
    value = _READERS[parameter.type](parameter, typed)
    if value is _UNREADABLE or not fits(parameter, value):
        raise invalid(parameter, text)
    return value


def dump(value: Any) -> Any:
    """A value as JSON holds it."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [dump(item) for item in value]
    if isinstance(value, time):
        return value.strftime("%H:%M")
    return value.isoformat() if isinstance(value, date) else value


def load(parameter: Parameter, stored: Any) -> Any:
    """The value that `dump` wrote, checked again; times and dates may come as such (a TOML file has them).

    Raises `Refusal(SETTING_INVALID)`.
    """
    value = _LOADERS[parameter.type](parameter, stored)
    if value is _UNREADABLE or not fits(parameter, value):
        raise invalid(parameter, stored)
    return value


def invalid(parameter: Parameter, value: Any) -> Refusal:
    """The refusal of a value."""
    shown = str(value)
    return Refusal(
        Code.SETTING_INVALID,
        parameter.clause,
        key=parameter.key,
        value=shown if len(shown) <= 60 else shown[:59] + "…",
        allowed=parameter.allowed,
    )


def fits(parameter: Parameter, value: Any) -> bool:
    """Whether a value of the right type keeps the parameter's bounds."""
    match parameter.type:
        case ValueType.WHOLE:
            return _within(parameter, value)
        case ValueType.NUMBER:
            return math.isfinite(value) and _within(parameter, value) and float(value * 2).is_integer()
        case ValueType.TEXT:
            return _within(parameter, len(value)) and value.isprintable()
        case ValueType.WORDS:
            return _within(parameter, len(value)) and len(set(value)) == len(value)
        case ValueType.WHOLES:
            counted = parameter.count in {None, len(value)}
            summed = parameter.total in {None, sum(value)}
            return counted and summed and all(_within(parameter, item) for item in value)
        case ValueType.CHOICES:
            return len(set(value)) == len(value)
        case ValueType.ZONE:
            return _is_zone(value)
        case _:
            return True


_UNREADABLE: Any = object()


def _within(parameter: Parameter, size: float) -> bool:
    low = -math.inf if parameter.minimum is None else parameter.minimum
    high = math.inf if parameter.maximum is None else parameter.maximum
    return low <= size <= high


def _plain(bound: float | None) -> str:
    return "" if bound is None else f"{bound:g}"


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):  # malformed, a folder, unknown
        return False
    return bool(name)


def _without_unit(parameter: Parameter, typed: str) -> str:
    for word in _UNIT_WORDS.get(parameter.unit, ()):
        if typed.endswith(word):
            return typed[: -len(word)].strip()
    return typed


def _items(typed: str) -> list[str]:
    return [item for item in _SEPARATORS.split(typed) if item]


def _read_switch(_: Parameter, typed: str) -> Any:
    return _SWITCH_WORDS.get(typed.lower(), _UNREADABLE)


def _read_whole(parameter: Parameter, typed: str) -> Any:
    bare = _without_unit(parameter, typed)
    if re.fullmatch(r"\d{1,3}(,\d{3})+", bare):
        bare = bare.replace(",", "")
    return int(bare) if re.fullmatch(r"-?[0-9]{1,9}", bare) else _UNREADABLE


def _read_number(parameter: Parameter, typed: str) -> Any:
    bare = _without_unit(parameter, typed)
    return float(bare) if re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]{1,3})?", bare) else _UNREADABLE


def _read_time(parameter: Parameter, typed: str) -> Any:
    if parameter.optional and typed.lower() in _OFF_WORDS:
        return None
    if not (found := _CLOCK.fullmatch(typed.replace(" ", ""))):
        return _UNREADABLE
    hour, minute = int(found[1]), 30 if found[3] else int(found[2] or found[4] or 0)
    return time(hour, minute) if hour < 24 and minute < 60 else _UNREADABLE


def _read_date(_: Parameter, typed: str) -> Any:
    if typed.lower() in _NONE_WORDS:
        return None
    if not (found := _DAY.fullmatch(typed.replace(" ", ""))):
        return _UNREADABLE
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return _UNREADABLE


def _read_text(_: Parameter, typed: str) -> Any:
    return "" if typed in {"无", "-"} else typed


def _member(parameter: Parameter, word: str) -> Any:
    if parameter.enum is None:
        return _UNREADABLE
    members: dict[str, StrEnum] = {member.value: member for member in parameter.enum}
    known = CHOICE_WORDS.get(parameter.enum, {}) | members
    return known.get(word.lower(), known.get(word, _UNREADABLE))


def _read_choices(parameter: Parameter, typed: str) -> Any:
    items = [] if typed.lower() in _NONE_WORDS else _items(typed)
    members = tuple(_member(parameter, item) for item in items)
    return _UNREADABLE if _UNREADABLE in members else members


def _read_wholes(_: Parameter, typed: str) -> Any:
    items = _items(typed)
    return tuple(map(int, items)) if all(re.fullmatch(r"[0-9]{1,9}", item) for item in items) else _UNREADABLE


_READERS: dict[ValueType, Callable[[Parameter, str], Any]] = {
    ValueType.SWITCH: _read_switch,
    ValueType.WHOLE: _read_whole,
    ValueType.NUMBER: _read_number,
    ValueType.TIME: _read_time,
    ValueType.DATE: _read_date,
    ValueType.TEXT: _read_text,
    ValueType.ZONE: lambda _, typed: typed,
    ValueType.CHOICE: _member,
    ValueType.CHOICES: _read_choices,
    ValueType.WHOLES: _read_wholes,
    ValueType.WORDS: lambda _, typed: tuple(_items(typed)),
}


def _typed(*types: type) -> Callable[[Parameter, Any], Any]:
    """A loader of plain values; a bool is no number."""
    return lambda _, stored: stored if type(stored) in types else _UNREADABLE


def _load_number(_: Parameter, stored: Any) -> Any:
    return float(stored) if type(stored) in {int, float} else _UNREADABLE


def _load_time(parameter: Parameter, stored: Any) -> Any:
    if stored is None and parameter.optional:
        return None
    if isinstance(stored, time):
        return stored.replace(second=0, microsecond=0)
    return _read_time(parameter, stored) if isinstance(stored, str) else _UNREADABLE


def _load_date(parameter: Parameter, stored: Any) -> Any:
    if stored is None or type(stored) is date:
        return stored
    return _read_date(parameter, stored) if isinstance(stored, str) else _UNREADABLE


def _load_choice(parameter: Parameter, stored: Any) -> Any:
    return _member(parameter, stored) if isinstance(stored, str) else _UNREADABLE


def _load_choices(parameter: Parameter, stored: Any) -> Any:
    if not isinstance(stored, list | tuple):
        return _UNREADABLE
    members = tuple(_load_choice(parameter, item) for item in stored)
    return _UNREADABLE if _UNREADABLE in members else members


def _load_items(item_type: type) -> Callable[[Parameter, Any], Any]:
    def load_items(_: Parameter, stored: Any) -> Any:
        if not isinstance(stored, list | tuple) or not all(type(item) is item_type for item in stored):
            return _UNREADABLE
        return tuple(stored)

    return load_items


_LOADERS: dict[ValueType, Callable[[Parameter, Any], Any]] = {
    ValueType.SWITCH: _typed(bool),
    ValueType.WHOLE: _typed(int),
    ValueType.NUMBER: _load_number,
    ValueType.TIME: _load_time,
    ValueType.DATE: _load_date,
    ValueType.TEXT: _typed(str),
    ValueType.ZONE: _typed(str),
    ValueType.CHOICE: _load_choice,
    ValueType.CHOICES: _load_choices,
    ValueType.WHOLES: _load_items(int),
    ValueType.WORDS: _load_items(str),
}
