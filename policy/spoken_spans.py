"""Days and halves as people put them before what they have to say: 明天下午, 11-24下午到11-25, 下周一起3天."""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta

from policy import spoken_english as english
from policy.calendar import Half, Span
from policy.spoken import Lean, found_day, number
from policy.typed import half_width

_APART = re.compile(r"[\s,、。;:]*")
_FROM = re.compile(r"(?:从|自|于)\s*")
_TO = re.compile(r"\s*(?:一?直?[到至]|[-—–~]+)\s*")
_AND = re.compile(r"\s*(?:、|,|和|及)\s*")
_HALF = re.compile(r"\s*的?\s*(?:(?P<am>上午|早上|早晨)|(?P<pm>下午|傍晚|晚上)|(?P<all>全天|整天|一整天))")
_HALF_OF = {"早": Half.AM, "晚": Half.PM, "tonight": Half.PM}
_COUNT = re.compile(
    r"\s*(?:起|开始)?\s*共?\s*(?P<days>\d{1,2}(?:\.5)?|[一二两三四五六七八九十]{1,3})\s*天(?P<more>半)?(?!内|后|以)"
)
_OPEN = re.compile(r"\s*(?:起|开始|以后)(?!草)")
_ENDS = r"(?=$|[\s,、。;:到至~—-]|[上中下]午)"
_LIKE_A_DAY = re.compile(
    rf"""(?:[到至~—-]\s*)?(?:从|自)?(?P<day>
    (?:\d{{4}}\s*[-/.年]\s*)?\d{{1,2}}\s*[-/.]\s*\d{{1,2}}[日号]?{_ENDS}
    | \d{{1,2}}\s*月\s*\d{{1,2}}[日号]?{_ENDS}
    | [一二三四五六七八九十]{{1,3}}月[一二三四五六七八九十]{{1,3}}[日号]?{_ENDS}
    | (?:\d{{1,2}}|[一二三四五六七八九十]{{1,3}})[日号][内后前]?{_ENDS}
    | (?:下下个?|下个?|本|这个?|上个?)?(?:周|星期|礼拜)(?:[一二三四五六日天末]|\d){_ENDS}
    | (?:下下个?|下个?|本|这个?|上个?)(?:周|星期|礼拜|月){_ENDS}
    | (?:本|这个?|下个?)?(?:月[初中底末]|[上中下]旬|年[初底末]){_ENDS}
    | (?:大?[今明后昨前][天日]){_ENDS}
    | 半天{_ENDS} | \d{{1,2}}天[内后] | 改天 | 过几天 | [这后]?[两几]天{_ENDS}
    )""",
    re.VERBOSE,
)

_THAT_HALF = re.compile(rf"半天{_ENDS}")
"""下午半天: says again which half it is; without the half it is not clear."""


@dataclass(frozen=True, slots=True)
class When:
    """What a line says of days before its matter; None: it doesn't say. `rest` is the line behind it.

    `half` is the half it begins with, or the only one; `whole` says that it is neither. `halves` is a length in
    half-days. `open` begins without an end (`明天起`). `unclear` are words that look like a day and are none.
    """

    rest: str
    first: date | None = None
    half: Half | None = None
    whole: bool = False
    last: date | None = None
    last_half: Half | None = None
    halves: int | None = None
    open: bool = False
    unclear: str = ""

    def span(self, today: date) -> Span:
        """The half-days that are meant, from `today` where no day was said. Its end may lie before its start."""
        first = self.first or today
        if self.halves is not None:
            begin = 1 if self.half is Half.PM else 0
            days, half = divmod(begin + self.halves - 1, 2)
            return Span(first, list(Half)[begin], first + timedelta(days=days), list(Half)[half])
        if self.last is not None:
            return Span(first, self.half or Half.AM, self.last, self.last_half or Half.PM)
        return Span(first, self.half or Half.AM, first, self.half or Half.PM)


def when(line: str, today: date, so_far: When | None = None, *, lean: Lean = Lean.NEAREST) -> When:
    """The days and halves that a line begins with, in whatever order, on top of what was said before it.

    A second day that nothing joins to the first is not clear.
    """
    begun = so_far if so_far is not None else When(line)
    plain = half_width(line)
    said, at = _read(plain, today, begun, lean)
    like = _like_a_day(plain[at:]) or _like_a_day(plain[_skip(plain, at) :])
    at = _skip(plain, at)
    said = replace(said, rest=line[at:].strip(), unclear=said.unclear or like)
    return _inside(said, today, lean) if replace(said, rest="") == replace(begun, rest="") else said


def _read(plain: str, today: date, said: When, lean: Lean) -> tuple[When, int]:
    """What a line in half-width signs begins with, on top of what was said, and where that ends."""
    at = 0
    while found := _next(plain[at:], today, said, lean) or _next(plain[_skip(plain, at) :], today, said, lean):
        said, left = found
        at = len(plain) - left
    return said, at


def _like_a_day(plain: str) -> str:
    """The words at the beginning that look like a day."""
    found = _LIKE_A_DAY.match(plain) or english.LIKE_A_DAY.match(plain)
    return found["day"].strip() if found is not None else ""


def _inside(said: When, today: date, lean: Lean) -> When:
    """English says the day last: `county meeting on 2 Dec`. A day that something follows is not clear."""
    plain = half_width(said.rest)
    for found in english.INSIDE.finditer(plain) if not said.unclear else ():
        meant, at = _read(plain[found.start() :], today, said, lean)
        if not plain[found.start() + at :].strip(" .,;!"):
            return replace(meant, rest=said.rest[: found.start()].strip(" .,;"))
        return replace(said, unclear=found[0].strip())
    return said


def _skip(plain: str, at: int) -> int:
    found = _APART.match(plain, at)
    return found.end() if found is not None else at


def _next(plain: str, today: date, said: When, lean: Lean) -> tuple[When, int] | None:
    """One step further into the line, and how much of it is left."""
    for step in (_end, _begin, _half, _length):
        if found := step(plain, today, said, lean):
            said, length = found
            return said, len(plain) - length
    return None


def _begin(plain: str, today: date, said: When, lean: Lean) -> tuple[When, int] | None:
    if said.first is not None or said.last is not None:
        return None
    since = english.FROM.match(plain)
    prefix = since or _FROM.match(plain) or english.ON.match(plain)
    at = prefix.end() if prefix is not None else 0
    on, words = found_day(plain[at:], today, lean)
    if on is None:
        return None
    at += len(words)
    said = replace(said, first=on, open=since is not None)
    if half := _HALF_OF.get(words.casefold()[-1 if words[-1] in _HALF_OF else 0 :]):
        said = replace(said, half=half)
    return _half(plain, today, said, lean, at) or (said, at)


def _half(plain: str, _today: date, said: When, _lean: Lean, at: int = 0) -> tuple[When, int] | None:
    found = _half_at(plain, at)
    if found is None:
        return None
    if said.last is not None and said.last_half is None and at == 0 and said.half is not None:
        return None
    if found["all"]:
        return replace(said, whole=True, half=None), found.end()
    return replace(said, half=Half.AM if found["am"] else Half.PM), found.end()


def _half_at(plain: str, at: int) -> re.Match[str] | None:
    return _HALF.match(plain, at) or english.HALF.match(plain, at)


def _end(plain: str, today: date, said: When, _lean: Lean) -> tuple[When, int] | None:
    """到11-25下午, 至5日; or the day after, said beside the first: 28日、29日."""
    if said.last is not None or said.halves is not None:
        return None
    start = said.first or today
    if joined := _TO.match(plain) or english.TO.match(plain):
        on, words = found_day(plain[joined.end() :], today, Lean.END, start)
        if on is None:
            return None
        at = joined.end() + len(words)
        half = _half_at(plain, at)
        said = replace(said, open=False)
        if half is None or half["all"]:
            return replace(said, last=on), at if half is None else half.end()
        return replace(said, last=on, last_half=Half.AM if half["am"] else Half.PM), half.end()
    both = _AND.match(plain) or english.AND.match(plain)
    if both is None or said.first is None or said.half is not None:
        return None
    on, words = found_day(plain[both.end() :], today, Lean.END, start)
    return (replace(said, last=on), both.end() + len(words)) if on == start + timedelta(days=1) else None


def _length(plain: str, _today: date, said: When, _lean: Lean) -> tuple[When, int] | None:
    """3天, 起两天半; or 起 alone, without an end."""
    if said.last is not None or said.halves is not None:
        return None
    if spoken := english.length(plain):
        return replace(said, halves=spoken[0], open=False), len(spoken[1])
    if said.open:
        return None
    if said.half is not None and (found := _THAT_HALF.match(plain)):
        return replace(said, halves=1), found.end()
    if found := _COUNT.match(plain):
        days = float(found["days"]) if found["days"][0].isdigit() else number(found["days"])
        halves = round((days or 0) * 2) + (1 if found["more"] else 0)
        return (replace(said, halves=halves), found.end()) if halves else None
    if said.first is not None and (found := _OPEN.match(plain) or english.OPEN.match(plain)):
        return replace(said, open=True), found.end()
    return None
