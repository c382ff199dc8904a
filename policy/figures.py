"""报数: what may be asked of teams, on what basis, until when, and how often they may be reminded. 国办函〔2026〕12号."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from policy.profile import BURDEN_LETTER
from policy.refusals import LOCAL, Code, Refusal
from policy.sentences import sentence

MOST_FIELDS = 10
"""A few numbers: what needs more is a form, and forms are what the letter is against."""
TITLE, FIELD_TITLE, UNIT, BASIS, CHOICE, WORDS = 40, 20, 8, 100, 12, 200
"""Characters of a request's title, a field's, a unit, a basis, one choice, and a short text."""
MOST_CHOICES = 8

HUNDRED = 100
"""Numbers are kept in hundredths, so that sums are exact in every database."""
LARGEST = 10**12 * HUNDRED

STAYS_OPEN = timedelta(days=30)
"""How long after the due time answers are still taken where nobody has closed a request."""
LONGEST = timedelta(days=92)
"""How far ahead a due time may lie."""

Value = int | str
"""A number in hundredths of its unit, or words: a choice or a short text."""


class FieldKind(StrEnum):
    """What is asked: a number with a unit, one of a few choices, a short text."""

    NUMBER = "number"
    CHOICE = "choice"
    TEXT = "text"


class Source(StrEnum):
    """What of a team the system knows already, so that it is only confirmed: people, and where they are today."""

    TEAM = "team"
    ON_DUTY = "on_duty"
    TRIP = "trip"
    LEAVE = "leave"


class Each(StrEnum):
    """Of whom one answer is wanted: of each team (once, by whoever of it), or of each person."""

    TEAM = "team"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is asked. `low` and `high` in hundredths (None: no bound), `decimals` allowed, at most two."""

    title: str
    kind: FieldKind
    unit: str = ""
    low: int | None = 0
    high: int | None = None
    decimals: int = 0
    choices: tuple[str, ...] = ()
    basis: str | None = None
    source: Source | None = None

    def dump(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "title": self.title,
            "kind": self.kind.value,
            "unit": self.unit,
            "low": self.low,
            "high": self.high,
            "decimals": self.decimals,
            "choices": list(self.choices),
            "basis": self.basis,
            "source": None if self.source is None else self.source.value,
        }

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> "Field":
        """What `dump` wrote."""
        source = stored["source"]
        return cls(
            **{
                **stored,
                "kind": FieldKind(stored["kind"]),
                "choices": tuple(stored["choices"]),
                "source": None if source is None else Source(source),
            }
        )


def written(value: Value) -> str:
    """A value as people write it: 3, 3.5, -0.25; words as they are."""
    if isinstance(value, str):
        return value
    whole, rest = divmod(abs(value), HUNDRED)
    text = f"{whole}.{rest:02d}".rstrip("0").rstrip(".")
    return f"-{text}" if value < 0 else text


# -- what may be asked ------------------------------------------------------------------------------------------------

_NUMBERS_OF_PEOPLE = re.compile(
    r"身份证|身份号|公民身份|证件号|护照号|银行卡|银行账|银行帐|卡号|账号|帐号|账户|帐户|社保卡|一卡通号|存折"
)
_HEALTH = re.compile(r"诊断|病情|病史|病名|病种|疾病|患病|何病|什么病|确诊|症状|用药|体检结果|化验|检查结果|残疾类别")
_CHILDREN = re.compile(r"(?:儿童|孩子|小孩|学生|幼儿|婴儿|未成年人?|留守.{0,2})(?:的)?(?:姓名|名字|名单|花名册)")


def check_title(title: str, kind: FieldKind) -> None:
    """Whether a field may be asked at all: never ID or bank numbers, diagnoses, names of children (POLICY §5).

    A number of the ill or of children is a count and may be. Raises `Refusal(FIGURE_FORBIDDEN)` (title).
    """
    of_somebody = kind is not FieldKind.NUMBER and (_HEALTH.search(title) or _CHILDREN.search(title))
    if _NUMBERS_OF_PEOPLE.search(title) or of_somebody:
        raise Refusal(Code.FIGURE_FORBIDDEN, LOCAL, title=title)


def check_fields(fields: Collection[Field]) -> None:
    """Whether these may be asked together. Raises `Refusal`: FIGURES_NO_FIELD, FIGURES_MANY_FIELDS (limit),
    FIGURE_TWICE (title), FIGURE_FORBIDDEN (title).
    """
    if not fields:
        raise Refusal(Code.FIGURES_NO_FIELD, LOCAL)
    if len(fields) > MOST_FIELDS:
        raise Refusal(Code.FIGURES_MANY_FIELDS, BURDEN_LETTER, limit=MOST_FIELDS)
    seen: set[str] = set()
    for field in fields:
        check_title(field.title, field.kind)
        if field.title in seen:
            raise Refusal(Code.FIGURE_TWICE, LOCAL, title=field.title)
        seen.add(field.title)


def check_heading(text: str | None) -> str:
    """The title of a request, one line. Raises `Refusal`: TEXT_EMPTY, TEXT_TOO_LONG, FIGURE_FORBIDDEN."""
    title = " ".join(sentence(text, TITLE).split())
    if _NUMBERS_OF_PEOPLE.search(title) or _CHILDREN.search(title):
        raise Refusal(Code.FIGURE_FORBIDDEN, LOCAL, title=title)
    return title


BASIS_LEAST = 3
"""Characters, a letter among them: what is shorter names no paper."""
_NO_BASIS = frozenset({"无", "没有", "无依据", "没", "不填", "略", "-", "/", "none", "n/a"})


def check_basis(text: str | None) -> str:
    """The paper or decision on which something is asked, one line: every request for data names it.

    Raises `Refusal`: FIGURES_NO_BASIS, FIGURES_BASIS_SHORT (value, least), TEXT_TOO_LONG.
    """
    plain = (text or "").strip().strip("。.")
    if not plain or plain.casefold() in _NO_BASIS:
        raise Refusal(Code.FIGURES_NO_BASIS, BURDEN_LETTER)
    if len("".join(plain.split())) < BASIS_LEAST or not any(map(str.isalpha, plain)):
        raise Refusal(Code.FIGURES_BASIS_SHORT, BURDEN_LETTER, value=plain[:40], least=BASIS_LEAST)
    return " ".join(sentence(plain, BASIS).split())


# -- when -------------------------------------------------------------------------------------------------------------


def check_due(due: datetime, *, goes_out: datetime) -> None:
    """Whether answers can be due then; both moments as the area's clocks show them.

    `goes_out` is when the question can reach people: now, or the next morning. Raises `Refusal`: FIGURES_DUE_EARLY
    (on, at: the moment it has to lie after; next: the day after), FIGURES_DUE_FAR (days).
    """
    if due <= goes_out:
        next_day = goes_out.date() + timedelta(days=1)
        raise Refusal(Code.FIGURES_DUE_EARLY, LOCAL, on=goes_out.date(), at=goes_out, next=f"{next_day:%m-%d}")
    if due - goes_out > LONGEST:
        raise Refusal(Code.FIGURES_DUE_FAR, LOCAL, days=LONGEST.days)


def is_open(due_at: datetime, closed_at: datetime | None, withdrawn_at: datetime | None, now: datetime) -> bool:
    """Whether answers are still taken: late ones too, until it is closed or a month has passed."""
    return closed_at is None and withdrawn_at is None and now < due_at + STAYS_OPEN


def is_late(due_at: datetime, at: datetime) -> bool:
    """Whether an answer is marked 迟报."""
    return at > due_at


LIKE_UNIT = {"人": ("个人", "名", "位", "个"), "户": ("家", "户人家", "个"), "处": ("个",), "名": ("人", "个", "位")}
"""Other words people use for a unit."""
