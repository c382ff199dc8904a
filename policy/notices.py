"""广播通知: what may be sent, when, until when it is open. POLICY §2, §4; clause 三（一）."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from math import ceil
from typing import Any

from policy.audience import Audience
from policy.refusals import LOCAL, Code, Refusal
from policy.spoken import any_day, clock, nearest_day
from policy.typed import half_width

LONGEST = 4_000
"""UTF-16 units of a notice's text, as messengers count them; with the mark and who sent it at most 4,096."""
CAPTION = 1_024
"""UTF-16 units of the text beside a picture or file; a longer one is a message of its own after it."""
FRAMED = 3_500
"""UTF-16 units of a text that a preview has room for beside what it says of it."""
LONGEST_TITLE = 40
LARGEST_FILE = 20_000_000
"""Bytes; more takes a village's line too long."""
FILE_TYPES = ("pdf", "doc", "docx", "wps", "xls", "xlsx", "et", "ppt", "pptx", "txt", "jpg", "jpeg", "png")
FARTHEST = timedelta(days=90)
"""How far ahead a notice may be set for."""
OPEN_DAYS = 7
"""Days in which people who join later get a notice, unless it says otherwise."""
LONGEST_OPEN = 366
REPLY_CARD_EVERY = timedelta(hours=1)


class NoticeKind(StrEnum):
    """What a notice asks for beside being read."""

    PLAIN = "plain"
    TASK = "task"  # 已落实 by a day


class AttachmentKind(StrEnum):
    """What goes along with a notice."""

    PHOTO = "photo"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture or file that the channel has already: `file_id` is the channel's own, so that nothing is uploaded again."""

    kind: AttachmentKind
    file_id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A notice as it is being written. `html` is safe; `length` counts the UTF-16 units that people see of it.

    `due_at` None: at once. `open_days` counts from the day it goes out; 0: without end (长期). `due_on`: 已落实 by then.
    """

    area_id: int
    audience: Audience
    html: str = ""
    title: str = ""
    length: int = 0
    attachment: Attachment | None = None
    wants_receipt: bool = True
    is_urgent: bool = False
    due_at: datetime | None = None
    open_days: int = OPEN_DAYS
    due_on: date | None = None

    @property
    def kind(self) -> NoticeKind:
        """A task, where a day is named by which it is to be done."""
        return NoticeKind.PLAIN if self.due_on is None else NoticeKind.TASK

    @property
    def messages(self) -> int:
        """Messages that each recipient gets."""
        return 1 if self.attachment is None or fits_caption(self.length) else 2

    @property
    def is_framed(self) -> bool:
        """Whether a preview holds all of it; else its messages go before the preview, as recipients will see them."""
        return self.attachment is None and self.length <= FRAMED

    def dump(self) -> dict[str, Any]:
        """As JSON holds it."""
        attachment = self.attachment
        return {
            "area": self.area_id,
            "audience": self.audience.dump(),
            "html": self.html,
            "title": self.title,
            "length": self.length,
            "attachment": [attachment.kind.value, attachment.file_id, attachment.name] if attachment else None,
            "receipt": self.wants_receipt,
            "urgent": self.is_urgent,
            "due_at": self.due_at.isoformat() if self.due_at is not None else None,
            "open_days": self.open_days,
            "due_on": self.due_on.isoformat() if self.due_on is not None else None,
        }

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> "Draft":
        """What `dump` wrote."""
        attachment = stored["attachment"]
        return cls(
            area_id=stored["area"],
            audience=Audience.load(stored["audience"]),
            html=stored["html"],
            title=stored["title"],
            length=stored["length"],
            attachment=Attachment(AttachmentKind(attachment[0]), *attachment[1:]) if attachment else None,
            wants_receipt=stored["receipt"],
            is_urgent=stored["urgent"],
            due_at=datetime.fromisoformat(stored["due_at"]) if stored["due_at"] else None,
            open_days=stored["open_days"],
            due_on=date.fromisoformat(stored["due_on"]) if stored.get("due_on") else None,
        )

    def but(self, **changes: Any) -> "Draft":
        """The draft with something else in it."""
        return replace(self, **changes)


def units(text: str) -> int:
    """Length in UTF-16 units, which is how messengers count."""
    return len(text.encode("utf-16-le")) // 2


def fits_caption(length: int) -> bool:
    """Whether a text of so many units goes beside a picture; what stands round it is allowed for."""
    return length <= CAPTION - (4_096 - LONGEST)


def title_of(text: str) -> str:
    """The first line of a notice, short, by which lists call it."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return first if len(first) <= LONGEST_TITLE else first[: LONGEST_TITLE - 1] + "…"


def check_text(text: str) -> None:
    """Raises `Refusal`: TEXT_EMPTY; NOTICE_TOO_LONG (length, limit)."""
    if not text.strip():
        raise Refusal(Code.TEXT_EMPTY, LOCAL)
    if (length := units(text)) > LONGEST:
        raise Refusal(Code.NOTICE_TOO_LONG, LOCAL, length=length, limit=LONGEST)


def check_file(name: str, size: int | None) -> None:
    """Whether a file may go along. Raises `Refusal`: NOTICE_FILE_TYPE (allowed), NOTICE_FILE_SIZE (size, limit, in MB)."""
    ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if ending not in FILE_TYPES:
        raise Refusal(Code.NOTICE_FILE_TYPE, LOCAL, allowed=" ".join(FILE_TYPES))
    if (size or 0) > LARGEST_FILE:
        megabytes = ceil((size or 0) / 1_000_000)
        raise Refusal(Code.NOTICE_FILE_SIZE, LOCAL, size=megabytes, limit=LARGEST_FILE // 1_000_000)


def check_due(due_at: datetime | None, now: datetime) -> None:
    """Raises `Refusal`: NOTICE_DUE_PAST; NOTICE_DUE_FAR (days)."""
    if due_at is None:
        return
    if due_at <= now:
        raise Refusal(Code.NOTICE_DUE_PAST, LOCAL)
    if due_at - now > FARTHEST:
        raise Refusal(Code.NOTICE_DUE_FAR, LOCAL, days=FARTHEST.days)


def check_open(days: int) -> None:
    """Raises `Refusal(NOTICE_OPEN_DAYS)` (limit) for days that no notice can be open."""
    if not 0 <= days <= LONGEST_OPEN:
        raise Refusal(Code.NOTICE_OPEN_DAYS, LOCAL, limit=LONGEST_OPEN)


def open_until(going_out_local: datetime, days: int) -> datetime | None:
    """The end of the last day on which who joins still gets a notice (in the same time zone); None: without end."""
    if days == 0:
        return None
    after = going_out_local.date() + timedelta(days=days + 1)
    return datetime.combine(after, time(), tzinfo=going_out_local.tzinfo)


def last_day(until_local: datetime) -> date:
    """The last day on which it is open, of what `open_until` answered."""
    return until_local.date() - timedelta(days=1)


def is_reply_card_due(last_at: datetime | None, now: datetime) -> bool:
    """Whether a reply makes a new card for the author: an hour after the last one; None: one is on its way."""
    return last_at is not None and now - last_at >= REPLY_CARD_EVERY


def seconds_to_send(messages: int, rate: float | None) -> int | None:
    """How long so many messages take at so many a second; None: nothing limits it, they are out at once."""
    return ceil(messages / rate) if rate else None


def seconds_left(out: int, waiting: int, elapsed: timedelta) -> int | None:
    """How long the rest takes at the pace there was so far; None: nothing can be said yet."""
    passed = elapsed.total_seconds()
    return ceil(waiting * passed / out) if out and waiting and passed >= 1 else None


_BETWEEN_NAMES = re.compile(r"[\s、，,;；|/]+|(?<!\d)\d{1,3}[.．、)）]\s*")


def names_in(text: str) -> list[str]:
    """The names of a list as it was typed or pasted, each once, in order; 王　强 is one name, numbers before names go."""
    found: list[str] = []
    for part in _BETWEEN_NAMES.split(text):
        name = part.strip(" 。.:：")
        if len(name) == 1 and found and len(found[-1]) == 1:
            found[-1] += name
        elif name and not name.isdecimal():
            found.append(name)
    return list(dict.fromkeys(found))


# -- when: 11-24 8:30, 明天8点, 下周一上午9点 ---------------------------------------------------------------------------

_WEEKDAYS = {sign: n for n, sign in enumerate("一二三四五六日")} | {"天": 6}
_WEEKDAY = re.compile(r"(?P<week>[上下])?(?:个)?(?:周|星期|礼拜)(?P<day>[一二三四五六日天])")
_DAY = re.compile(
    r"(?P<word>今天|今日|今晚|今|明天|明日|明早|明晚|明|大后天|后天|昨天|昨日|昨早|昨晚|昨|大前天|前天)"
    r"|(?P<full>\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}[日号]?)"
    r"|(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})(?!\d)\s*[日号]?"
    r"|(?P<only>\d{1,2})\s*[日号]"
)
_NEAR = {"今": 0, "明": 1, "后": 2, "大后": 3, "昨": -1, "前": -2, "大前": -3}
_WEEKS = {"上": -7, None: 0, "下": 7}
_PART = {"晚": "晚上", "早": "早上"}
_SMALL_HOURS = re.compile(r"[1-6一二两三四五六]\s*[点點时時]")


def when(text: str, now_local: datetime) -> datetime | None:
    """The moment that is meant, in the time zone of `now_local`; None where day or hour are not clear.

    It may be past (昨天8点): that is said then, rather than that nobody understood. A bare hour is today's, or tomorrow's where that is past; 1 to 6 o'clock without 早上 are the afternoon's.
    """
    plain = half_width(text).strip(" 。.")
    day, rest = _day(plain, now_local.date())
    rest = re.sub(r"^[\s,，的]+|[\s,，]*(?:发送|发出|发)$", "", rest)
    on = day or now_local.date()
    moment = clock(rest, datetime.combine(on, time(), tzinfo=now_local.tzinfo)) if rest else None
    if moment is None:
        return None
    if _SMALL_HOURS.match(rest) and moment.hour <= 6:
        moment += timedelta(hours=12)
    return moment + timedelta(days=1) if day is None and moment <= now_local else moment


def _day(plain: str, today: date) -> tuple[date | None, str]:
    """The day at the beginning of a line, and what follows; a word like 今晚 leaves its part of the day behind."""
    if found := _WEEKDAY.match(plain):
        monday = today - timedelta(days=today.weekday())
        on = monday + timedelta(days=_WEEKDAYS[found["day"]] + _WEEKS[found["week"]])
        return on if on >= today or found["week"] else on + timedelta(days=7), plain[found.end() :]
    found = _DAY.match(plain)
    if found is None:
        return None, plain
    rest = plain[found.end() :]
    if word := found["word"]:
        near = _NEAR[word[: 1 + (word[0] == "大")]]
        return today + timedelta(days=near), _PART.get(word[-1], "") + rest
    said = found["full"] or (f"{found['month']}月{found['day']}日" if found["month"] else f"{found['only']}日")
    said_on = (nearest_day if found["month"] else any_day)(said, today)
    return (said_on, rest) if said_on is not None else (None, plain)
