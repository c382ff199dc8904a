"""What the clock would tell whom and when, without telling anybody: the sweeps' own questions, asked ahead.

Days to come are judged by what is known now: nobody has checked in yet, trips and leave reported ahead are honoured.
"""

import heapq
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import NamedTuple

from policy.authority import STAFF, TEAM, Role
from policy.calendar import Calendar
from policy.delivery import WEEK, Fate, next_morning, opens_at, ruling
from scheduler.jobs import PROMPTS
from scheduler.telling import LANE, Prompt, Told
from storage import clocks, people
from storage import reminders as queries
from storage.batch import of
from storage.calendars import of_areas
from storage.engine import AsyncSession
from storage.people import Speaker
from storage.tables import Area, Person

_DAY = timedelta(days=1)
_FARTHEST = timedelta(days=40)
"""How far ahead the morning after the longest holiday can lie."""


@dataclass(frozen=True, slots=True)
class Line:
    """One message: of which kind, to whom (`area` is where he holds `role`; `above` the area above it), and when.

    `at` is local to the recipient; `merged`: as a line of his morning card.
    """

    prompt: Prompt
    person: Person
    role: Role
    area: Area
    above: Area | None
    at: datetime
    merged: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """All of a span, by time and area code; and how many don't go out, being of no use by the time they may.

    `expired`: since it is quiet until then; `past_limit`: since the cadre's week is full by then.
    """

    lines: tuple[Line, ...]
    expired: int
    past_limit: int


class _Due(NamedTuple):
    prompt: Prompt
    told: Told


class _Sent(NamedTuple):
    """When it goes out; None: it doesn't, be it that the week is full (`is_past_limit`)."""

    due: _Due
    at: datetime | None
    merged: bool = False
    is_past_limit: bool = False


async def preview(session: AsyncSession, area: Area, first: date, last: date, now: datetime) -> Preview:
    """What people of an area and below would be told because of the days from `first` to `last`."""
    due = [one for prompt in PROMPTS for one in await _due(session, prompt, area, first, last, now)]
    places = await clocks.named(session, {told.area_id for _reminder, told in due})
    due = [one for one in due if places[one.told.area_id].path.startswith(area.path)]
    recipients = await _Recipients.of(session, {told.person_id for _reminder, told in due}, first, last)
    had = await queries.unsolicited(session, recipients.speakers.keys(), now - WEEK)
    lines, expired, past_limit = [], 0, 0
    async for (prompt, told), at, merged, is_past_limit in _delivered(due, recipients, had):
        place = places[told.area_id]
        if at is None:
            past_limit += is_past_limit
            expired += not is_past_limit
        elif (person := recipients.speakers[told.person_id].person) is not None:
            local = (await recipients.rules(told.person_id, at)).local
            above = places.get(place.parent_id or 0)
            lines.append(Line(prompt, person, told.role, place, above, local, merged))
    return Preview(
        tuple(sorted(lines, key=lambda line: (line.at, line.area.code, line.person.id))), expired, past_limit
    )


async def _due(session: AsyncSession, prompt: Prompt, area: Area, first: date, last: date, now: datetime) -> list[_Due]:
    """What falls due of one kind, each once."""
    areas = await clocks.areas(session, prompt.level, area.path)
    since, until = (datetime.combine(on, time(), tzinfo=now.tzinfo) for on in (first - _DAY, last + 2 * _DAY))
    moments = await clocks.moments(session, areas, prompt.setting, since, until)
    days = [day for due in moments.values() for day in due if first <= day.on <= last]
    found: dict[tuple[str, int], _Due] = {}
    for told in await prompt.due(session, days):
        found.setdefault((told.key, told.person_id), _Due(prompt, told))
    return list(found.values())


class _Rules(NamedTuple):
    """A recipient at a moment: his clock, when quiet hours end (None: it isn't quiet), the morning, the week's limit."""

    local: datetime
    opens: datetime | None
    morning: datetime
    limit: int | None

    def is_over_limit(self, sent: Sequence[datetime], at: datetime) -> bool:
        """Whether a cadre has had as many unsolicited messages in the week before as the county allows."""
        return self.limit is not None and sum(at - WEEK < when <= at for when in sent) >= self.limit


@dataclass(frozen=True, slots=True)
class _Recipients:
    """Who is written to, with the hours of the area that each lives by: as delivery has them."""

    session: AsyncSession
    speakers: dict[int, Speaker]
    areas: dict[int, Area]
    calendars: dict[int, Calendar]

    @classmethod
    async def of(cls, session: AsyncSession, person_ids: Collection[int], first: date, last: date) -> "_Recipients":
        posts = await people.posts_of(session, person_ids, first, last)
        persons = await queries.persons(session, person_ids)
        speakers = {person.id: Speaker(None, person, None, tuple(posts[person.id])) for person in persons}
        areas = {key: area for key, each in speakers.items() if (area := each.lives_by()) is not None}
        places = list({area.id: area for area in areas.values()}.values())
        years = {first.year, last.year, (last + _FARTHEST).year}
        return cls(session, speakers, areas, await of_areas(session, places, years) if places else {})

    async def rules(self, person_id: int, at: datetime) -> _Rules:
        area = self.areas[person_id]
        local = await of(self.session).local(area, at)
        profile, calendar = await of(self.session).profile(area, local.date()), self.calendars[area.id]
        roles = self.speakers[person_id].viewer().roles()
        limit = profile.unsolicited_per_week if roles & TEAM and not roles & STAFF else None
        return _Rules(local, opens_at(local, profile, calendar), next_morning(local, profile, calendar), limit)


async def _delivered(
    due: Sequence[_Due], recipients: _Recipients, had: dict[int, list[datetime]]
) -> AsyncIterator[_Sent]:
    """When each goes out, by the rules of delivery; None: it would be of no use by then. What waits has its turn later."""
    order = count()
    queue = [(one.told.not_before, next(order), False, one) for one in due]
    heapq.heapify(queue)
    while queue:
        at, merging = queue[0][0], dict[int, list[_Due]]()
        while queue and queue[0][0] == at:
            _at, _nth, held, one = heapq.heappop(queue)
            if at >= one.told.expires_at:
                yield _Sent(one, None)
                continue
            rules = await recipients.rules(one.told.person_id, at)
            sent = had.setdefault(one.told.person_id, [])
            is_over = rules.is_over_limit(sent, at)
            fate, until = ruling(
                LANE,
                held=held,
                opens=rules.opens,
                morning=rules.morning,
                is_over_limit=is_over,
                expires=one.told.expires_at,
            )
            if fate is Fate.HOLD and until is not None:
                heapq.heappush(queue, (until, next(order), True, one))
            elif fate is Fate.DROP:
                yield _Sent(one, None, is_past_limit=True)
            elif fate is Fate.MERGE:
                merging.setdefault(one.told.person_id, []).append(one)
            else:
                sent.append(at)
                yield _Sent(one, at)
        for person_id, several in merging.items():
            # one that has waited alone goes out by itself
            alone = len(several) == 1 and not (await recipients.rules(person_id, at)).is_over_limit(had[person_id], at)
            had[person_id].append(at)
            for one in several:
                yield _Sent(one, at, not alone)
