"""Numbers, times and days as people say them in a line: 三, 11点半回, 到25日. None where it is not clear.

English days are read as well (`policy.spoken_english`). Spans of days with halves (`11-24下午到11-25`) are read in `policy.spoken_spans`.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from policy import spoken_english
from policy.typed import half_width

_DIGITS = {char: n for n, char in enumerate("零一二三四五六七八九十")} | {"两": 2, "〇": 0}
_NUMBER = r"(?:\d{1,4}|[零〇一二两三四五六七八九十]{1,3})"
_PART = r"(?P<part>早上|上午|中午|下午|傍晚|晚上|今晚)?"
_CLOCK = rf"(?P<hour>{_NUMBER})\s*(?:[:：](?P<colon>\d{{2}})|[点點时時](?P<rest>半|一刻|三刻|钟|整|{_NUMBER}分?)?)"
_BACK = r"\s*(?:左右|前后|之前|以前|前)?\s*(?:就|能|可)?(?:回来|回村|返回|返村|回)"
_CLOCK_BACK = re.compile(rf"(?:大概|大约|约|预计)?\s*{_PART}\s*{_CLOCK}{_BACK}")
_NOON_BACK = re.compile(rf"(?:大概|大约|约|预计)?\s*(?:今天)?中午{_BACK}")
_HOURS_BACK = re.compile(rf"(?P<hours>半|{_NUMBER})\s*个?(?P<half>半)?\s*(?:小时|钟头)\s*(?:以后|之后|后)?{_BACK}")
_CLOCK_ONLY = re.compile(rf"\s*{_PART}\s*{_CLOCK}(?:{_BACK})?\s*")

_AFTERNOON = dict.fromkeys(("下午", "傍晚", "晚上", "今晚"), range(1, 12)) | {"中午": range(1, 3)}
_MINUTES = {None: 0, "半": 30, "一刻": 15, "三刻": 45, "钟": 0, "整": 0}


def number(text: str) -> int | None:
    """A whole number of up to four digits, or in Chinese up to 99: `12`, `三`, `两`, `十二`."""
    text = half_width(text).strip()
    if text.isascii() and text.isdigit():
        return int(text) if len(text) <= 4 else None
    if not text or any(char not in _DIGITS for char in text):
        return None
    if "十" not in text:
        return _DIGITS[text] if len(text) == 1 else None
    tens, _, ones = text.partition("十")
    if len(tens) > 1 or len(ones) > 1 or ones == "十":
        return None
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)


_ONE = "[一二两三四五六七八九]"
_PLACES = re.compile(
    rf"(?:(?P<k>{_ONE})千)?零?(?:(?P<h>{_ONE})百)?零?(?P<tens>(?P<t>{_ONE})?十)?零?(?P<o>{_ONE})?(?<!百零)(?<!千零)"
)
_LARGE = {"亿": 100_000_000, "万": 10_000}
_NEXT_SMALLER = {"亿": "千万", "万": "千", "千": "百", "百": "十"}


def whole(text: str) -> int | None:
    """A whole number in Chinese of any size: `三`, `一百二十三`, `两千零五`, `三万`; 一百二 is 120, 一万二 12,000."""
    plain = half_width(text).strip().replace("〇", "零")
    for sign, size in _LARGE.items():
        if sign in plain:
            above, _, below = plain.partition(sign)
            many, few = whole(above), whole(_in_full(sign + below)[1:]) if below else 0
            return None if many is None or few is None or few >= size else many * size + few
    found = _PLACES.fullmatch(_in_full(plain))
    if found is None or not plain:
        return None
    digits = {name: _DIGITS[char] if char else 0 for name, char in found.groupdict().items() if name != "tens"}
    tens = 1 if found["tens"] == "十" else digits["t"]
    return digits["k"] * 1_000 + digits["h"] * 100 + tens * 10 + digits["o"]


def _in_full(plain: str) -> str:
    """A lone digit behind a size counts the next smaller one: 一百二 is 一百二十."""
    if len(plain) > 1 and plain[-2] in _NEXT_SMALLER and plain[-1] in _DIGITS and plain[-1] not in "十零":
        return plain + _NEXT_SMALLER[plain[-2]]
    return plain


def back_at(text: str, now_local: datetime, noon: time = time(12)) -> tuple[datetime | None, str]:
    """When somebody says he is back today (`去卫生院 11点回`), and the line without it; None where he doesn't say.

    1 to 7 o'clock that are past by `now_local` are meant as afternoon hours; other hours are taken as said.
    """
    plain = half_width(text)
    if english := spoken_english.BACK.search(plain):
        part = {"am": "上午", "pm": "下午"}.get((english["part"] or "").casefold(), "")
        found = _CLOCK_BACK.search(f"{part}{english['hour']}:{english['minute'] or '00'}回")
        moment = None if found is None else _clock(found, now_local)
        found = english
    elif found := _HOURS_BACK.search(plain):
        minutes = _length(found)
        moment = None if minutes is None else now_local + timedelta(minutes=minutes)
    elif found := _CLOCK_BACK.search(plain):
        moment = _clock(found, now_local)
    elif found := _NOON_BACK.search(plain):
        moment = now_local.replace(hour=noon.hour, minute=noon.minute, second=0, microsecond=0)
    else:
        return None, text.strip()
    rest = f"{text[: found.start()]} {text[found.end() :]}".strip(" ，,。.；;、")
    return moment, re.sub(r"\s{2,}", " ", rest)


def clock(text: str, now_local: datetime, noon: time = time(12)) -> datetime | None:
    """A time of today that stands alone, in answer to a question: `11点半`, `中午`, `15:00`."""
    plain = half_width(text).strip(" 。.")
    if found := _CLOCK_ONLY.fullmatch(plain):
        return _clock(found, now_local)
    if plain in {"中午", "12点"}:
        return now_local.replace(hour=noon.hour, minute=noon.minute, second=0, microsecond=0)
    return back_at(plain, now_local, noon)[0]


def _length(found: re.Match[str]) -> int | None:
    if found["hours"] == "半":
        return 30
    hours = number(found["hours"])
    return None if hours is None or hours > 24 else hours * 60 + (30 if found["half"] else 0)


def _clock(found: re.Match[str], now_local: datetime) -> datetime | None:
    hour = number(found["hour"])
    minute = int(found["colon"]) if found["colon"] else _minute(found["rest"])
    if hour is None or minute is None or hour > 23 or minute > 59:
        return None
    if hour in _AFTERNOON.get(found["part"] or "", ()):
        hour += 12
    moment = now_local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if found["part"] is None and 1 <= hour <= 7 and moment <= now_local:
        moment += timedelta(hours=12)
    return moment


def _minute(rest: str | None) -> int | None:
    return _MINUTES[rest] if rest in _MINUTES else number((rest or "").removesuffix("分"))


class Lean(StrEnum):
    """Which of the days so called is meant, where a month or a year is left out."""

    COMING = "coming"  # today or later: a rule's first day
    NEAREST = "nearest"  # past or coming: a trip
    PAST = "past"  # today or earlier: what was missed
    END = "end"  # of something that begins on the day given


MONTHS_BACK = timedelta(days=92)
"""A month and day without a year lies at most so far back: in November 6月11日 is next year's, 9月1日 this year's."""

_MONDAY_TO_SUNDAY = "一二三四五六日"
_SIGN = r"[-—–~到至]"
_DAY_ENDS = rf"(?=$|[\s,、。;:]|[.](?!\d)|{_SIGN}|上午|下午|早|晚|全天|整天|起|开始|全队|全体)"
_TWO = r"(?:\d{1,2}(?!\d)|[一二三四五六七八九十]{1,3})"
_DAY = re.compile(
    rf"""(?P<full>(?P<y>\d{{4}})\s*[-/.年]\s*(?P<ym>{_TWO})\s*[-/.月]\s*(?P<yd>{_TWO})\s*[日号]?)
    | (?P<plain>20\d{{6}}(?!\d))
    | (?P<named>(?P<year>今年|明年|去年)?(?P<m>{_TWO})\s*月\s*(?P<d>{_TWO})\s*(?:[日号]|{_DAY_ENDS}))
    | (?P<range>(?P<from>\d{{1,2}})-(?P<to>\d{{1,2}})[日号])
    | (?P<short>(?P<sm>\d{{1,2}})[-/.](?P<sd>\d{{1,2}})(?:[日号]|{_DAY_ENDS}))
    | (?P<month>本月|这个月|下个?月|上个?月)(?P<md>{_TWO})[日号]
    | (?P<lone>\d{{1,2}}日(?![内后前游])|\d{{1,2}}号{_DAY_ENDS}|[一二三四五六七八九十]{{1,3}}[日号]{_DAY_ENDS}
        |\d{{1,2}}(?=\s*{_SIGN}\s*\d{{1,2}}[日号]))
    | (?P<near>大后天|后天|明[天日早晚]|今[天日早晚]|大前天|前天|昨[天日晚])
    | (?P<week>下下个?|下个?|本|这个?|上个?)?(?:周|星期|礼拜)(?P<wd>[一二三四五六日天]|[1-7](?![\d个天年岁]))
    | (?P<last>(?:本|这个|下个?)?月[底末])""",
    re.VERBOSE,
)
_NEAR = {
    "大后": 3, "后天": 2, "明天": 1, "明日": 1, "明早": 1, "明晚": 1, "今天": 0, "今日": 0, "今早": 0, "今晚": 0,
    "昨天": -1, "昨日": -1, "昨晚": -1, "前天": -2, "大前": -3,
}  # fmt: skip
_WEEKS = {"上": -1, "本": 0, "这": 0, "下": 1, "下下": 2}


def found_day(text: str, today: date, lean: Lean, base: date | None = None) -> tuple[date | None, str]:
    """The day that a text (in half-width signs) begins with, and the words that call it so.

    None with words: no such day (`11月31日`), or which one is not clear. None with no words: it begins with something
    else. `base` is the day that `Lean.END` ends: there `月底` and days without a month follow it.
    """
    found = _DAY.match(text)
    if found is None or (found["short"] and spoken_english.day(text)):  # 2-4 Dec
        return _english_day(text, today, lean, base)
    words = found[0]
    if found["range"]:  # 3-5号 is the 3rd to the 5th; 11-28号 in November may be a month and a day as well
        month = int(found["from"])
        if month in {today.month, today.month % 12 + 1}:
            return None, words
        words = text[: found.end("from")]
        return _chosen(_months(int(found["from"]), base or today), base or today, lean), words
    return _meant(found, today, lean, base or today), words


def _english_day(text: str, today: date, lean: Lean, base: date | None) -> tuple[date | None, str]:
    """`2 Dec`, `next Monday`: as its Chinese name. One that isn't the day of the week said beside it is not clear."""
    english = spoken_english.day(text)
    if english is None:
        return None, ""
    on, _said = found_day(english.said, today, lean, base)
    fits = on is None or english.weekday in {None, on.weekday()}
    return on if fits else None, english.words


def _meant(found: re.Match[str], today: date, lean: Lean, base: date) -> date | None:
    if found["full"]:
        return _date(int(found["y"]), number(found["ym"]), number(found["yd"]))
    if plain := found["plain"]:
        return _date(int(plain[:4]), int(plain[4:6]), int(plain[6:]))
    if found["year"]:
        year = today.year + {"今年": 0, "明年": 1, "去年": -1}[found["year"]]
        return _date(year, number(found["m"]), number(found["d"]))
    if found["named"] or found["short"]:
        month, day = number(found["m"] or found["sm"]), number(found["d"] or found["sd"])
        return _chosen(_years(month, day, base), base, lean, back=MONTHS_BACK)
    if found["month"]:
        return _in_month(today, {"上": -1, "下": 1}.get(found["month"][0], 0), number(found["md"]))
    if found["lone"]:
        day = number(found["lone"].rstrip("日号"))
        same = _in_month(base, 0, day) if lean is Lean.END and day else None
        if same is not None and same >= base:  # 12月1日至30日: though 30 November lies nearer
            return same
        return _chosen(_months(day, base), base, lean)
    if found["near"]:
        return today + timedelta(days=_NEAR[found["near"][:2]])
    if found["last"]:  # 月底 alone is no day to begin with; as an end it is
        ahead = 1 if found["last"].startswith("下") else 0
        return _in_month(base, ahead, None) if lean is Lean.END else None
    return _weekday(found, today, lean, base)


def _weekday(found: re.Match[str], today: date, lean: Lean, base: date) -> date | None:
    said = found["wd"]
    nth = int(said) - 1 if said.isdigit() else _MONDAY_TO_SUNDAY.index("日" if said == "天" else said)
    if found["week"]:
        weeks = _WEEKS[found["week"].removesuffix("个")]
        return today + timedelta(days=nth - today.weekday() + 7 * weeks)
    ahead = (nth - base.weekday()) % 7
    if lean is Lean.PAST:
        return base - timedelta(days=-ahead % 7)
    # said on a Friday, 周三 may be the last or the next one; on a Sunday 周一 is tomorrow
    is_clear = lean is not Lean.NEAREST or nth >= today.weekday() or ahead <= 2
    return base + timedelta(days=ahead) if is_clear else None


def _chosen(days: Iterator[date], base: date, lean: Lean, back: timedelta | None = None) -> date | None:
    """The one of the days so called that is meant: the nearest that `lean` allows."""
    near = sorted(days, key=lambda day: abs(day - base))
    if lean is Lean.COMING:
        near = [day for day in near if day >= base]
    elif lean is Lean.PAST:
        near = [day for day in near if day <= base]
    elif lean is Lean.NEAREST and back is not None:
        near = [day for day in near if day >= base - back]
    return next(iter(near), None)


def _years(month: int | None, day: int | None, base: date) -> Iterator[date]:
    found = (_date(base.year + n, month, day) for n in (-1, 0, 1, 2, 3, 4))
    return (each for each in found if each is not None)


def _months(day: int | None, base: date) -> Iterator[date]:
    found = (_in_month(base, n, day) for n in range(-3, 4))
    return (each for each in found if each is not None)


def _in_month(base: date, months: int, day: int | None) -> date | None:
    """A day of the month so many months after the base's; `day` None: its last."""
    year, month = divmod(base.year * 12 + base.month - 1 + months, 12)
    if day is not None:
        return _date(year, month + 1, day)
    return date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)


def _date(year: int, month: int | None, day: int | None) -> date | None:
    try:
        return date(year, month or 0, day or 0)
    except ValueError:
        return None


def _alone(text: str, today: date, lean: Lean) -> date | None:
    plain = half_width(text).strip()
    on, words = found_day(plain, today, lean)
    return on if words == plain else None


def coming_day(text: str, today: date) -> date | None:
    """The coming day called so (`25日`, `12月3日`, `周五`): today or later; None for a past one."""
    on = _alone(text, today, Lean.COMING)
    return on if on is not None and on >= today else None


def nearest_day(text: str, today: date) -> date | None:
    """The day called so (`昨天`, `25日`, `11月20日`), past or coming: of two in question the nearer one."""
    return _alone(text, today, Lean.NEAREST)


def any_day(text: str, today: date) -> date | None:
    """The day called so: with a year (`2026-12-01`) or by a word (`昨天`) past or coming, else the coming one."""
    return _alone(text, today, Lean.COMING)
