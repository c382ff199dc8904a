"""An answer to 报数 as cadres type it (`三户`, `１，２００`, several in one line), and whether it is one."""

import re
from collections.abc import Sequence
from decimal import Decimal

from policy import spoken
from policy.figures import (
    HUNDRED,
    LARGEST,
    LIKE_UNIT,
    WORDS,
    Field,
    FieldKind,
    Value,
)
from policy.refusals import LOCAL, Code, Refusal
from policy.sentences import has_private_number, sentence
from policy.typed import half_width

_NOTHING = frozenset({"无", "没有", "没", "零", "暂无", "没有了", "未发生", "none", "nothing", "nil", "n/a"})
_SAME = {
    "是": ("是的", "对", "有", "yes", "y"),
    "否": ("不是", "没有", "无", "没", "不", "no", "n"),
    "有": ("是", "是的", "有的", "yes", "y"),
    "无": ("没有", "没", "否", "no", "n", "none"),
    "没有": ("无", "没", "否", "no", "n", "none"),
}
_SIZES = {"百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}
_DIGITS = re.compile(r"(?P<digits>[-+]?(?:\d{1,3}(?:[, ]\d{3})+|\d+)(?:\.\d+)?)\s*(?P<size>[百千万亿])?")


def read(asked: Field, text: str) -> Value:
    """What somebody answers, checked: the number in hundredths, the choice, or the words.

    Raises `Refusal`: FIGURE_INVALID (title, value, allowed: the field), FIGURE_PRIVATE (title), TEXT_EMPTY, TEXT_TOO_LONG.
    """
    if has_private_number(text):
        raise Refusal(Code.FIGURE_PRIVATE, LOCAL, title=asked.title)
    if asked.kind is FieldKind.TEXT:
        return sentence(text, WORDS)
    plain = half_width(text).strip().strip("。.;").strip()
    found = _choice(asked, plain) if asked.kind is FieldKind.CHOICE else _number(asked, plain)
    if found is None:
        raise _invalid(asked, text)
    return found


def check(asked: Field, value: Value) -> Value:
    """A value that comes by a button or from a draft, checked once more. Raises `Refusal`: as `read`."""
    if asked.kind is FieldKind.NUMBER and isinstance(value, int):
        if _fits(asked, Decimal(value) / HUNDRED):
            return value
    elif isinstance(value, str):
        return read(asked, value)
    raise _invalid(asked, str(value))


def _invalid(asked: Field, said: str) -> Refusal:
    return Refusal(Code.FIGURE_INVALID, LOCAL, title=asked.title, value=" ".join(said.split())[:40], allowed=asked)


def _choice(asked: Field, plain: str) -> str | None:
    said = plain.lower()
    for choice in asked.choices:
        if said == half_width(choice).lower():
            return choice
    return next((choice for choice in asked.choices if said in _SAME.get(choice, ())), None)


def _number(asked: Field, plain: str) -> int | None:
    if plain.casefold() in _NOTHING:
        amount: Decimal | None = Decimal(0)
    else:
        amount = _amount(_without_unit(asked.unit, plain), asked.unit)
    return int(amount * HUNDRED) if amount is not None and _fits(asked, amount) else None


def _without_unit(unit: str, plain: str) -> str:
    """`3户` without 户; `3个` where people or households are counted."""
    for ending in (half_width(unit), *LIKE_UNIT.get(unit, ())):
        if ending and plain.endswith(ending) and plain != ending:
            return plain.removesuffix(ending).strip()
    return plain


def _amount(plain: str, unit: str) -> Decimal | None:
    if unit.startswith("万"):  # 3万 for 3 万元
        plain = plain.removesuffix("万").strip()
    if found := _DIGITS.fullmatch(plain):
        return Decimal(re.sub("[, ]", "", found["digits"])) * _SIZES.get(found["size"] or "", 1)
    whole = spoken.whole(plain)
    return None if whole is None else Decimal(whole)


def _fits(asked: Field, amount: Decimal) -> bool:
    hundredths = amount * HUNDRED
    return (
        abs(hundredths) <= LARGEST
        and (amount * 10**asked.decimals) % 1 == 0
        and (asked.low is None or hundredths >= asked.low)
        and (asked.high is None or hundredths <= asked.high)
    )


_ENDS = frozenset("\n,;。")
"""What ends a text: within it a field's title is a word like any other."""


def spread(asked: Sequence[Field], text: str) -> dict[int, str] | None:
    """A message that answers several fields at once, by the place of the field; None: it answers one.

    `3 0 否 无` in their order, or each behind its title: `受灾户数3户，危房0处`; then some may be missing. Of a single field
    only what stands behind its title.
    """
    return _by_titles(asked, text) or (_in_order(asked, text) if len(asked) > 1 else None)


def _by_titles(asked: Sequence[Field], text: str) -> dict[int, str] | None:
    places = {half_width(each.title): nth for nth, each in enumerate(asked)}
    plain = half_width(text).strip()
    names = "|".join(map(re.escape, sorted(places, key=len, reverse=True)))
    starts: list[tuple[int, int, int]] = []
    for found in re.finditer(names, plain):
        nth, before = places[found[0]], plain[: found.start()].rstrip(" \t")
        in_words = bool(starts) and asked[starts[-1][0]].kind is FieldKind.TEXT and before[-1:] not in _ENDS
        if not in_words and nth not in {seen for seen, _, _ in starts}:
            starts.append((nth, found.start(), found.end()))
    if not starts or starts[0][1] != 0:
        return None
    ends = [start for _, start, _ in starts[1:]] + [len(plain)]
    values = {nth: plain[after:end].strip(" \t\n:=,;、。") for (nth, _, after), end in zip(starts, ends, strict=True)}
    return {nth: value for nth, value in values.items() if value} or None


def _in_order(asked: Sequence[Field], text: str) -> dict[int, str] | None:
    parts = text.split()
    if len(parts) == 1:
        parts = [part for part in re.split(r"[，、；;]|,(?!\d{3}(?!\d))", text.strip()) if part]
    units = {each.unit for each in asked if each.unit}
    joined: list[str] = []
    for part in parts:
        if joined and half_width(part) in units:  # 3 户
            joined[-1] += part
        else:
            joined.append(part)
    if len(joined) > len(asked) and asked[-1].kind is FieldKind.TEXT:
        last = len(asked) - 1
        joined = [*joined[:last], " ".join(joined[last:])]
    return dict(enumerate(joined)) if len(joined) == len(asked) else None
