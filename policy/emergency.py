"""应急: is everybody safe? Whose word stands, how the answers add up, when it is over, what a team's line says.

The one time when everybody is asked, leave included, at any hour; and so two people must want it. What comes of it is
help, never a finding: silence puts a name on the township's call list and nowhere else. POLICY §2; clause 二（五）.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

CONFIRM_WITHIN = timedelta(minutes=30)
"""A second person's word must come within this; then it is told that nothing was sent."""
LONGEST = 200
"""Characters of what happened, and of what somebody needs."""
NOTE_KEPT_DAYS = 30
"""So long after a call has ended what somebody needed is kept in words; that he needed help stays."""


class RollCallState(StrEnum):
    """Where a call stands."""

    PROPOSED = "proposed"  # waits for a second person
    RUNNING = "running"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"  # nobody confirmed it in time
    ENDED = "ended"


class Answer(StrEnum):
    """How somebody is."""

    SAFE_HERE = "safe_here"  # 平安·在村
    SAFE_AWAY = "safe_away"  # 平安·外出
    NEEDS_HELP = "needs_help"
    UNREACHED = "unreached"  # 联系不上: tried, and as silent as before


class Source(StrEnum):
    """Whose word an answer is."""

    OWN = "own"
    TEAM = "team"  # a colleague's, for the whole village
    PHONE = "phone"  # an officer's, who telephoned


class Said(NamedTuple):
    """One answer, and whose word it is."""

    answer: Answer
    source: Source


def is_silent(said: Said | None) -> bool:
    """Whether nothing is known of somebody yet."""
    return said is None or said.answer is Answer.UNREACHED


def stands(before: Said | None, new: Said) -> bool:
    """Whether a new word takes the place of the one that stands.

    One's own wins over everybody's, whenever it comes; of one's own, and of others', the newest counts. That somebody
    could not be reached by telephone takes nothing back that another knows.
    """
    if new.source is Source.OWN or before is None:
        return True
    if before.source is Source.OWN:
        return False
    return is_silent(before) or (new.answer, new.source) != (Answer.UNREACHED, Source.PHONE)


@dataclass(frozen=True, slots=True)
class Totals:
    """How many were asked, and how they are."""

    asked: int = 0
    safe_here: int = 0
    safe_away: int = 0
    needs_help: int = 0

    @property
    def silent(self) -> int:
        """Of whom nothing is known yet."""
        return self.asked - self.safe_here - self.safe_away - self.needs_help

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(
            self.asked + other.asked,
            self.safe_here + other.safe_here,
            self.safe_away + other.safe_away,
            self.needs_help + other.needs_help,
        )


def totals(answers: Iterable[tuple[Answer | None, int]]) -> Totals:
    """The sum of so many people by answer; None: no answer."""
    found: dict[Answer | None, int] = {}
    for answer, people in answers:
        found[answer] = found.get(answer, 0) + people
    return Totals(
        sum(found.values()),
        found.get(Answer.SAFE_HERE, 0),
        found.get(Answer.SAFE_AWAY, 0),
        found.get(Answer.NEEDS_HELP, 0),
    )


@dataclass(frozen=True, slots=True)
class TeamLine:
    """What 全队平安 says besides: of whom something else is so.

    `village`: as it was named before; None: one's own. `unclear`: the part that was not understood.
    """

    but: Mapping[int, tuple[Answer, str | None]] = field(default_factory=dict)
    """Person → how he is, and for who needs help what was said of him."""
    village: str | None = None
    unclear: str = ""


_EVERYBODY = re.compile(
    r"(?P<village>\S{1,20}?村)?(?:全队|全村|全员|全体|大家|我们队|我队)\s*(?:工作队|队员|人员|人|同志)*\s*[都均全已]*\s*平安(?P<rest>.*)",
    re.DOTALL,
)
_MEANINGS = (
    (Answer.UNREACHED, re.compile(r"联系不[上到]|[没未]联系[上到]|失联|打不通|没打通|没有?消息|找不到|不知道在哪")),
    (
        Answer.NEEDS_HELP,
        re.compile(r"需要帮助|求助|求救|(?<![没未无])(?:受伤|伤着|伤了)|伤[到势]|骨折|被困|困[住在]|生病|发烧"),
    ),
    (Answer.SAFE_AWAY, re.compile(r"外出|不在村|没在村|请假|休假|公出|出差|回家|在家|在外|在县|在市|在镇|进城|开会")),
    (Answer.SAFE_HERE, re.compile(r"平安|安全|在村|没事")),
)
_OWN_VILLAGE = frozenset({"我们村", "我村", "本村", "俺村"})
_JOINS = re.compile(r"[\s、和与及同跟还有的了都也是在：:]*")
_PARTS = re.compile(r"[，,。；;！!\n]+|除了|但是?|只是")


def is_team_line(text: str) -> bool:
    """Whether somebody says that a whole team is safe."""
    return _EVERYBODY.fullmatch(text.strip()) is not None


def team_line(text: str, names: Mapping[str, int], own_id: int) -> TeamLine:
    """全队平安，周建国外出；联系不上赵敏. `names` are the team's; 我 is `own_id`.

    Names that stand together share what is said of them. Raises ValueError for what is no such line.
    """
    found = _EVERYBODY.fullmatch(text.strip())
    if found is None:
        raise ValueError("no team's line")
    village = found["village"] if found["village"] not in _OWN_VILLAGE else None
    but: dict[int, tuple[Answer, str | None]] = {}
    waiting: list[int] = []
    for part in _PARTS.split(found["rest"]):
        named, words = _named(part, names, own_id)
        waiting += named
        if _JOINS.fullmatch(words):
            continue
        answer = next((answer for answer, pattern in _MEANINGS if pattern.search(words)), None)
        if answer is None or not waiting:
            return TeamLine(village=village, unclear=part.strip())
        note = words.strip(" ：:、") if answer is Answer.NEEDS_HELP else None
        but |= dict.fromkeys(waiting, (answer, note))
        waiting = []
    if waiting:  # named, and nothing said of them
        return TeamLine(village=village, unclear=found["rest"].strip(" ，,。；;"))
    return TeamLine(but, village)


def _named(part: str, names: Mapping[str, int], own_id: int) -> tuple[list[int], str]:
    """Who is named in a part of a line, and the rest of its words."""
    known = {**names, "本人": own_id, "我": own_id}
    pattern = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True))
    ids = [known[name] for name in re.findall(pattern, part)]
    return ids, re.sub(pattern, "", part)
