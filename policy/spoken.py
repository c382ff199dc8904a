"""Numbers, times and days as people say them in a line: 三, 11点半回, 到25日. None where it is not clear."""

import re
from datetime import date, datetime, time, timedelta

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
_DAY = re.compile(r"(?:(?P<month>\d{1,2})月)?(?P<day>\d{1,2})[日号]?")

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
    if found := _HOURS_BACK.search(plain):
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


def coming_day(text: str, today: date) -> date | None:
    """The coming day called so (`25日`, `12月3日`, `明天`): today or later, within a year."""
    plain = half_width(text).strip()
    if plain in _NEAR:
        return today + timedelta(days=_NEAR[plain])
    days = (today + timedelta(days=offset) for offset in range(366))
    return next((day for day in days if _is_called(plain, day)), None)


_NEAR = {"今天": 0, "今日": 0, "明天": 1, "明日": 1, "后天": 2, "大后天": 3}
_PAST = {"昨天": 1, "昨日": 1, "前天": 2}


def nearest_day(text: str, today: date) -> date | None:
    """The day called so (`昨天`, `25日`, `11月20日`), past or coming: of two in question the nearer one."""
    plain = half_width(text).strip()
    if plain in _PAST:
        return today - timedelta(days=_PAST[plain])
    if plain in _NEAR:
        return coming_day(plain, today)
    days = (today + timedelta(days=sign * offset) for offset in range(366) for sign in (1, -1))
    return next((day for day in days if _is_called(plain, day)), None)


def _is_called(plain: str, day: date) -> bool:
    found = _DAY.fullmatch(plain)
    return (
        found is not None
        and int(found["day"]) == day.day
        and (found["month"] is None or int(found["month"]) == day.month)
    )


_FULL_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})日?", re.ASCII)


def any_day(text: str, today: date) -> date | None:
    """A day with its year (`2026-12-01`, `2026年12月1日`), past or coming; or the coming day called so."""
    found = _FULL_DAY.fullmatch(half_width(text).strip())
    if found is None:
        return coming_day(text, today)
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
