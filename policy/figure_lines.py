"""What is typed for 报数: a field as officials write it (`危房（处，0-50）`), the whole request, until when."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from policy import spoken
from policy.figures import (
    BASIS,
    CHOICE,
    FIELD_TITLE,
    HUNDRED,
    LIKE_UNIT,
    MOST_CHOICES,
    UNIT,
    Field,
    FieldKind,
    Source,
    check_title,
)
from policy.refusals import LOCAL, Code, Refusal
from policy.sentences import sentence
from policy.typed import half_width

SOURCES = {
    "队员人数": Source.TEAM,
    "工作队人数": Source.TEAM,
    "在村人数": Source.ON_DUTY,
    "在岗人数": Source.ON_DUTY,
    "公出人数": Source.TRIP,
    "请假人数": Source.LEAVE,
}
"""Titles that name what the system knows, and what `=` may point at."""

_PEOPLE = "人"
_ENGLISH_UNIT = 16
"""Letters of a unit in English."""
_LIST_MARK = re.compile(r"^(?:\(?\d{1,2}\)|\d{1,2}[.、)](?!\d)|[①-⑩]|[-·•*])\s*")
_BASIS = re.compile(r"[\s,;(]*依据\s*:\s*(?P<basis>.+)$")
_REMARK = re.compile(r"\s*\((?!依据)[^()\d]+\)$")
"""Words in brackets at the end. With a digit in them they may be bounds, which nobody guesses."""
_NUMBER = r"-?\d+(?:\.\d{1,2})?"
_BETWEEN = re.compile(rf"({_NUMBER})\s*(?:-|—|–|~|～|至|到)+\s*({_NUMBER})")
_AT_MOST = re.compile(rf"(?:<=|≤|最多|不超过|至多)({_NUMBER})|({_NUMBER})以[内下]")
_AT_LEAST = re.compile(rf"(?:>=|≥|最少|不少于|至少)({_NUMBER})|({_NUMBER})以上")
_DECIMALS = {"整数": 0, "小数": 2, "1位小数": 1, "一位小数": 1, "2位小数": 2, "两位小数": 2}
_TEXT = frozenset({"文字", "文本", "一句话", "简短文字", "说明文字"})
_TEXT_TITLES = ("备注", "说明", "情况说明", "其他情况", "存在问题", "困难")
_YES_NO = {"是否": ("是", "否"), "有无": ("有", "无"), "有没有": ("有", "没有")}
_MEASURES = frozenset("元亩斤吨户人天日月年次米升度头只株棵处间座台个") | {
    *("万元", "公斤", "千克", "平方米", "立方米", "公里", "小时", "分钟")
}


# -- a field ----------------------------------------------------------------------------------------------------------


def field(line: str) -> Field:
    """A field as a line says it: title, then unit, bounds, choices, 文字, its basis; in any order, in brackets or not.

    A remark in brackets behind it is left out. Raises `Refusal`: FIGURE_UNREADABLE (line), FIGURE_FORBIDDEN (title),
    TEXT_TOO_LONG.
    """
    try:
        return _field(line)
    except Refusal as refusal:
        remark = _REMARK.search(half_width(line).strip())
        if refusal.code is not Code.FIGURE_UNREADABLE or remark is None:
            raise
        try:
            return _field(half_width(line).strip()[: remark.start()])
        except Refusal:
            raise refusal from None


def _field(line: str) -> Field:
    plain = _LIST_MARK.sub("", half_width(line).strip())
    basis = None
    if found := _BASIS.search(plain):
        basis = sentence(found["basis"].strip().removesuffix(")"), BASIS)
        plain = plain[: found.start()]
    title, _, rest = _partition(plain.strip())
    if not title or not re.search(r"[^\W\d_]", title) or len(title) > FIELD_TITLE:
        raise _unreadable(line)
    found_field = _described(title, _words(rest), line)
    check_title(title, found_field.kind)
    return _with(found_field, basis=basis)


def _partition(plain: str) -> tuple[str, str, str]:
    if (english := _english(plain)) is not None:
        return english
    found = re.search(r"[\s(:=]", plain)
    if found is None:
        return plain, "", ""
    at = found.start()
    return plain[:at], plain[at], plain[at:]


_TYPES = {"number": "整数", "count": "整数", "decimal": "小数", "text": "文字", "words": "文字"}
"""What a field is, in English."""
_UNITS = frozenset(
    {
        "households",
        "people",
        "persons",
        "houses",
        "rooms",
        "places",
        "animals",
        "head",
        "items",
        "pcs",
        "pieces",
        "units",
    }
) | {*("times", "days", "hours", "minutes", "mu", "yuan", "tons", "kg", "km", "m", "m2", "m3", "ha")}


def _english(plain: str) -> tuple[str, str, str] | None:
    """A title of English words ends at a colon or a bracket, else before the last words that say what it is; None:
    it isn't one, or nothing behind it is known.
    """
    found = re.fullmatch(r"(?P<title>[A-Za-z][\x20-\x7e]*?)\s*(?P<mark>[:(])(?P<rest>.+)", plain)
    if found is not None and not _says_what(found["title"].split()[-1]):
        return found["title"], " ", " ".join(_TYPES.get(word.lower(), word) for word in _words(found["rest"]))
    words = plain.split()
    first = len(words)
    while first > 1 and _says_what(words[first - 1]):
        first -= 1
    title = " ".join(words[:first])
    if first == len(words) or not title.isascii() or not title[:1].isalpha() or re.search("[:(=]", title):
        return None
    return title, " ", " ".join(_TYPES.get(word.lower(), word) for word in words[first:])


def _says_what(word: str) -> bool:
    """Whether a word is a type, a unit, bounds, choices, or points at what the system knows."""
    plain = word.lower().strip(",;")
    return (
        plain in _TYPES
        or plain in _UNITS
        or plain in _TEXT
        or plain in _DECIMALS
        or word in _MEASURES
        or word in LIKE_UNIT
        or word.startswith("=")
        or "/" in word
        or _bounds(plain) is not None
    )


def _words(rest: str) -> list[str]:
    """What is said behind the title, a word each; choices keep together."""
    plain = re.sub(r"\s*[/|]\s*", "/", rest)
    plain = re.sub(r"[():]", " ", plain)
    return [word for word in re.split(r"[\s,;]+", plain) if word]


def _described(title: str, words: list[str], line: str) -> Field:
    if not words:
        return _by_title(title, line)
    if not _TEXT.isdisjoint(words):
        return Field(title, FieldKind.TEXT)
    for word in words:
        if (choices := _choices(word)) is not None:
            return Field(title, FieldKind.CHOICE, choices=_checked(choices, line))
    return _number_field(title, words, line)


def _number_field(title: str, words: list[str], line: str) -> Field:
    unit, low, high, decimals = "", 0, None, 0
    source = SOURCES.get(title)
    for word in words:
        if word in _DECIMALS:
            decimals = _DECIMALS[word]
        elif (bounds := _bounds(word)) is not None:
            low, high = bounds[0] if bounds[0] is not None else low, bounds[1] if bounds[1] is not None else high
        elif word.startswith("=") and word[1:] in SOURCES:
            source = SOURCES[word[1:]]
        elif (
            not unit
            and len(word) <= (_ENGLISH_UNIT if word.isascii() else UNIT)
            and not word[0].isdigit()
            and not word.startswith("=")
        ):
            unit = word
        else:
            raise _unreadable(line)
    if high is not None and low > high:
        raise _unreadable(line)
    is_whole = all(bound is None or bound % HUNDRED == 0 for bound in (low, high))
    if not unit and source is not None:
        unit = _PEOPLE
    return Field(title, FieldKind.NUMBER, unit, low, high, decimals or (0 if is_whole else 2), source=source)


def _by_title(title: str, line: str) -> Field:
    """What a title alone says: 是否停电 is a choice, 在村人数 a number we know, 备注 a text."""
    for start, choices in _YES_NO.items():
        if title.startswith(start) and len(title) > len(start):
            return Field(title, FieldKind.CHOICE, choices=choices)
    if title in SOURCES:
        return Field(title, FieldKind.NUMBER, _PEOPLE, source=SOURCES[title])
    if title.endswith(_TEXT_TITLES):
        return Field(title, FieldKind.TEXT)
    raise _unreadable(line)


def _choices(word: str) -> list[str] | None:
    """是/否 are choices; 公斤/亩 is a unit."""
    parts = word.split("/") if "/" in word else word.split("、") if "、" in word else []
    if len(parts) < 2 or (len(parts) == 2 and _MEASURES.issuperset(parts)):
        return None
    return parts


def _checked(choices: list[str], line: str) -> tuple[str, ...]:
    is_fit = all(choice and len(choice) <= CHOICE for choice in choices) and len(choices) <= MOST_CHOICES
    if not is_fit or len(set(choices)) < len(choices):
        raise _unreadable(line)
    return tuple(choices)


def _bounds(word: str) -> tuple[int | None, int | None] | None:
    if found := _BETWEEN.fullmatch(word):
        return _hundredths(found[1]), _hundredths(found[2])
    if found := _AT_MOST.fullmatch(word):
        return None, _hundredths(found[1] or found[2])
    if found := _AT_LEAST.fullmatch(word):
        return _hundredths(found[1] or found[2]), None
    return None


def _hundredths(text: str) -> int:
    return int(Decimal(text) * HUNDRED)


def _with(given: Field, basis: str | None) -> Field:
    return Field.load({**given.dump(), "basis": basis})


def _unreadable(line: str) -> Refusal:
    return Refusal(Code.FIGURE_UNREADABLE, LOCAL, line=line.strip()[:60])


class Block(NamedTuple):
    """A whole request typed in one message; what it doesn't say is None or empty."""

    title: str
    fields: list[Field]
    basis: str | None
    due: datetime | None


_BASIS_LINE = re.compile(r"(?:依据|依据文件|文件依据)\s*:\s*(?P<said>.+)")
_DUE_LINE = re.compile(r"(?:截止|截止时间|时限|期限|上报时限|报送时间)\s*:\s*(?P<said>.+)")


def block(text: str, now_local: datetime, *, is_titled: bool = True) -> Block:
    """A request a line each: title, fields, `依据：…`, `截止：…`; without its title, further lines of one.

    A line that only leads to the next ones (请报以下数据：) is left out. Raises `Refusal`: as `field`; FIGURE_UNREADABLE
    for a due line that says no time.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    made = Block(lines.pop(0) if is_titled and lines else "", [], None, None)
    for place, line in enumerate(lines):
        plain = half_width(line)
        if found := _BASIS_LINE.fullmatch(plain):
            made = made._replace(basis=line[-len(found["said"]) :])
        elif found := _DUE_LINE.fullmatch(plain):
            moment = due(found["said"], now_local)
            if moment is None:
                raise _unreadable(line)
            made = made._replace(due=moment)
        elif not _leads(plain, is_last=place == len(lines) - 1):
            made.fields.append(field(line))
    return made


def _leads(plain: str, *, is_last: bool) -> bool:
    if is_last or not plain.endswith(":"):
        return False
    try:
        field(plain)
    except Refusal as refusal:
        return refusal.code is Code.FIGURE_UNREADABLE
    return False


# -- until when -------------------------------------------------------------------------------------------------------

_END_OF_WORK = time(18)
_DUE_DAY = re.compile(
    r"(?P<day>前天|昨天|昨日|今天|今日|今晚|明天|明日|后天|大后天|(?P<next>下)?(?:周|星期|礼拜)(?P<week>[一二三四五六日天])"
    r"|\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}月\d{1,2}[日号]?|\d{1,2}-\d{1,2}|\d{1,2}[日号])?"
)
_WEEK = "一二三四五六日"
_EARLY = range(1, 7)


def due(text: str, now_local: datetime) -> datetime | None:
    """Until when: `今天18:00`, `明天12点前`, `周五下午5点`, `11月25日`; without a time the end of work.

    1 to 6 o'clock without a word for the morning are the afternoon's. A day that is over is given as well (昨天, on a
    Wednesday 周一). None where it is not clear.
    """
    plain = re.sub(r"(?:之前|以前|前|截止|为止)$", "", half_width(text).strip().strip("。."))
    found = _DUE_DAY.match(plain)
    day = now_local.date()
    if found is not None and found["day"]:
        named = _day(found, now_local)
        if named is None:
            return None
        day = named
    rest = plain[found.end() :].strip() if found is not None else plain
    rest = "晚上" + rest if found is not None and found["day"] == "今晚" and rest else rest
    if rest in {"", "下班", "下班时"}:
        return None if not plain else datetime.combine(day, _END_OF_WORK, tzinfo=now_local.tzinfo)
    midnight = datetime.combine(day, time(), tzinfo=now_local.tzinfo)
    moment = spoken.clock(rest, midnight)
    if moment is None or moment.date() != day:
        return None
    is_unsaid = not re.match(r"早|上午|中午|下午|傍晚|晚|\d{1,2}:|0", rest)
    return moment + timedelta(hours=12) if is_unsaid and moment.hour in _EARLY else moment


def _day(found: re.Match[str], now_local: datetime) -> date | None:
    today = now_local.date()
    if found["day"] == "今晚":
        return today
    if found["week"]:
        weekday = _WEEK.index("日" if found["week"] == "天" else found["week"])
        monday = today - timedelta(days=today.weekday())
        return monday + timedelta(days=weekday + (7 if found["next"] else 0))
    return spoken.any_day(re.sub(r"^(\d{1,2})-(\d{1,2})$", r"\1月\2日", found["day"]), today)
