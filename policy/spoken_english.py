"""Days, halves and lengths as English speakers say them (`2 Dec`, `next Monday`, `for 3 days`), in Chinese terms.

The rules about which day is meant are one (`policy.spoken`): an English day is said there as `12月2日`, `下周一`.
"""

import re
from typing import NamedTuple

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = (
    r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:s|nesday)?|thu(?:rs?(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)\b\.?"
)
_NTH = r"\d{1,2}(?:st|nd|rd|th)?"
_TODAY = r"to-?day|tonight"
_TOMORROW = r"tom+or+ow|tmrw|tmr"
_YESTERDAY = r"yesterday"
_WHOLE_WORD = r"(?!['’]?\w|-[a-z])"
_YEAR = r"(?:,?\s*(?P<{}>20\d\d)\b)?"
_THEN = r"(?=\s*(?:$|[,;:]|(?:to|until|till?|through|for|morning|afternoon|evening|all)\b))"

_DAY = re.compile(
    rf"""(?:(?P<with>{_WEEKDAY}),?\s+)?(?:the\s+)?(?:
      (?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:\s*-\s*|\s+of\s+|\s*)(?P<m>{_MONTH}){_YEAR.format("y")}
    | (?P<m2>{_MONTH})\s*(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:.]*\d){_YEAR.format("y2")}(?!\s*[-–]\s*\d)
    | (?P<first>\d{{1,2}})(?:st|nd|rd|th)?(?=\s*(?:-|–|to|until|till?|and)\s*{_NTH}\s*(?:of\s+)?(?P<m3>{_MONTH})(?!\s*\d))
    | (?P<lone>(?<=the\s)\d{{1,2}}(?:st|nd|rd|th)){_THEN}
    ){_WHOLE_WORD}
    | (?P<near>(?:the\s+)?day\s+after\s+tomorrow|(?:the\s+)?day\s+before\s+yesterday|{_TODAY}|{_TOMORROW}|{_YESTERDAY}){_WHOLE_WORD}
    | (?P<part>this\s+(?:morning|afternoon|evening)){_WHOLE_WORD}
    | (?:(?P<week>this\s+coming|coming|next|this|last|past)\s+)?(?P<wd>{_WEEKDAY}){_WHOLE_WORD}""",
    re.VERBOSE | re.IGNORECASE,
)
_WEEKS = {"next": "下", "this": "本", "last": "上", "past": "上"}


class Day(NamedTuple):
    """A day as it would be said in Chinese. `words` is the English; `weekday` was said beside it, Monday 0."""

    said: str
    words: str
    weekday: int | None = None


def day(text: str) -> Day | None:
    """The day that a text begins with; None: it begins with something else."""
    found = _DAY.match(text)
    if found is None:
        return None
    words = found[0]
    if found["part"]:
        return Day("今天", words[: -len(words.split()[-1])])
    if found["near"]:
        return Day(_near(words.casefold()), words)
    if found["wd"]:
        week = _WEEKS.get((found["week"] or "").casefold(), "")
        return Day(f"{week}周{'一二三四五六日'[_nth(found['wd'])]}", words)
    weekday = _nth(found["with"]) if found["with"] else None
    if found["lone"]:
        return Day(f"{re.sub(r'[a-z]+', '', found['lone'].casefold())}日", words, weekday)
    month = found["m"] or found["m2"] or found["m3"]
    number = found["d"] or found["d2"] or found["first"]
    year = found["y"] or found["y2"]
    said = f"{_MONTHS.index(month[:3].casefold()) + 1}月{number}日"
    return Day(f"{year}年{said}" if year else said, words, weekday)


def _nth(weekday: str) -> int:
    return _WEEK.index(weekday[:3].casefold())


def _near(words: str) -> str:
    if "after" in words:
        return "后天"
    if "before" in words:
        return "前天"
    return "昨天" if words.startswith("yes") else "今晚" if words == "tonight" else "明天" if "m" in words else "今天"


BACK = re.compile(
    r"\bback\s+(?:at|by|around)\s+(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d))?\s*(?P<part>am|pm)?\b(?!:)", re.IGNORECASE
)
"""When somebody is back today: `to town, back at 11:30`."""

FROM = re.compile(r"(?:starting|from|since)\s+(?:on\s+)?", re.IGNORECASE)
"""Before a day: without a last day, it is not over on the first."""
ON = re.compile(r"(?:on|for)\s+", re.IGNORECASE)
TO = re.compile(r"\s*(?:to|until|till?|through|thru)\s+", re.IGNORECASE)
AND = re.compile(r"\s*(?:and|&)\s+", re.IGNORECASE)
HALF = re.compile(
    rf"""\s*(?:(?:in|on)\s+the\s+|(?:for\s+)?(?:the\s+)?(?=all|whole|full))?(?:
      (?P<am>morning|(?<=\w\s)am(?!\s+\w+ing\b)) | (?P<pm>afternoon|evening|night|(?<=\w\s)pm)
    | (?P<all>all\s+day|(?:whole|full)\s+day)){_WHOLE_WORD}""",
    re.VERBOSE | re.IGNORECASE,
)
OPEN = re.compile(rf"\s*onwards?{_WHOLE_WORD}", re.IGNORECASE)
_NUMBERS = ("half", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_MANY = rf"(?:\d{{1,2}}(?:\.5)?|{'|'.join(_NUMBERS[1:])})"
_COUNT = re.compile(
    rf"\s*(?:for\s+)?(?:the\s+whole\s+)?(?P<n>{_MANY})(?P<half>\s+and\s+a\s+half)?\s+days?(?P<more>\s+and\s+a\s+half)?"
    rf"(?!\s+(?:ago|later|after|before|from|training|course|workshop)){_WHOLE_WORD}",
    re.IGNORECASE,
)


def length(text: str) -> tuple[int, str] | None:
    """The half-days that a text begins with (`for 3 days`, `2 and a half days`), and the words for them."""
    found = _COUNT.match(text)
    if found is None:
        return None
    said = found["n"].casefold()
    days = float(said) if said[0].isdigit() else _NUMBERS.index(said)
    halves = round(days * 2) + (1 if found["half"] or found["more"] else 0)
    return (halves, found[0]) if halves else None


_MANY_OR_FEW = rf"(?:{_MANY}|an?|a\s+few|a\s+couple\s+of|few|several)"
LIKE_A_DAY = re.compile(
    rf"""(?:(?:to|until|till?|through|thru|and|from|starting|on|for|by|since)\s+|-\s*)?(?P<day>
      (?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)?\s*(?:-|–|of|to)?\s*(?:{_NTH}\s*)?(?<![a-z]){_MONTH}(?:,?\s*20\d\d)?
    | {_MONTH}\s*\d{{1,2}}(?:st|nd|rd|th)?(?:\s*[-–]\s*\d{{1,2}})?(?:,?\s*20\d\d)?
    | (?:(?:this\s+coming|coming|next|this|last|past)\s+)?{_WEEKDAY}(?:,?\s+(?:the\s+)?{_NTH})?
    | (?:(?:the|this|next|last|coming)\s+)*weekends?
    | (?:next|this|last|coming)\s+(?:week|month|fortnight|year)
    | (?:the\s+)?(?:beginning|middle|end)\s+of\s+(?:the|this|next)\s+(?:week|month|year)
    | (?:in|within|after)\s+{_MANY_OR_FEW}\s+(?:days?|weeks?|months?)
    | {_MANY_OR_FEW}\s+(?:days?\s+(?:ago|later|from\s+now)|weeks?|months?)
    | half\s+(?:a\s+|the\s+)?day | a\s+few\s+days | a\s+couple\s+of\s+days
    | (?<=on\s)the\s+{_NTH} | the\s+{_NTH}(?=\s*(?:$|[,;:]))
    | (?:the\s+)?day\s+(?:after|before)\s+(?:tomorrow|yesterday) | some\s?day | one\s+of\s+these\s+days
    | {_TODAY}|{_TOMORROW}|{_YESTERDAY}
    ){_WHOLE_WORD}""",
    re.VERBOSE | re.IGNORECASE,
)
"""What looks like a day or a length and may be none; `may` and `march` only beside a number."""
INSIDE = re.compile(
    rf"""\b(?:(?:on|for|from|starting|this|next|last|coming|the|all\s+day)\s+)*(?<![\w.])(?:
      day\s+(?:after\s+tomorrow|before\s+yesterday) | {_TODAY}|{_TOMORROW}|{_YESTERDAY}
    | (?:mon|tues|wednes|thurs|fri|satur|sun)day | {_NTH}\s*(?:of\s+)?{_MONTH} | {_MONTH}\s*\d{{1,2}}
    ){_WHOLE_WORD}""",
    re.VERBOSE | re.IGNORECASE,
)
"""A day inside a line, with the words before it that belong to it: `county meeting on 2 Dec`."""
