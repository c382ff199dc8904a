"""What a batch of updates needs, fetched set-wise (law 2): by key, each row fetched, added, or known absent.

Where nothing was fetched beforehand (command line, sweeps) the same calls ask the database themselves.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Grant, Viewer
from policy.checkin import Site
from policy.geo import Point
from policy.profile import Profile
from storage import people
from storage.people import Speaker, ancestor_ids
from storage.settings import resolved
from storage.tables import Area, Day, LeaveRequest, LeaveState, MonthLock, Person, Setting
from storage.tables import Site as SiteRow


class Batch:
    """Rows of one transaction, by key. `of(session)` gives the one at hand."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._speakers: dict[tuple[str, int], Speaker | None] = {}
        self._settings: dict[int, list[Setting]] = {}
        self._sites: dict[int, list[Site]] = {}
        self._days: dict[tuple[int, date], Day | None] = {}
        self._leaves: dict[int, list[LeaveRequest]] = {}
        self._stood_in: dict[int, list[LeaveRequest]] = {}
        self._profiles: dict[tuple[int, date], Profile] = {}
        self._resolved: dict[tuple[tuple[int, ...], date], Profile] = {}
        self._month_locks: dict[date, dict[int, MonthLock]] = {}
        self._open: set[tuple[int, date]] = set()

    async def prefetch(self, channel: str, external_ids: Collection[int], moments: Iterable[datetime]) -> None:
        """Fetch what the check-ins of these chats will ask for, at these moments: six statements for all.

        One more where staff is among them (`people.posts_of`).
        """
        days = sorted({moment.date() for moment in moments})
        first, last = days[0] - timedelta(days=1), days[-1] + timedelta(days=1)
        await self._fetch_speakers(channel, external_ids, first, last)
        posted = [s for key in external_ids if (s := self._speakers[channel, key]) is not None]
        await self._fetch_settings({i for s in posted for post in s.posts for i in ancestor_ids(post.area.path)})
        await self._fetch_sites({village.id for s in posted for village in s.villages()})
        members = {s.person.id for s in posted if s.person is not None and s.villages()}
        await self._fetch_days(members, [first + timedelta(days=n) for n in range((last - first).days + 1)])
        await self.fetch_leaves(members)

    async def speaker(self, channel: str, external_id: int, around: date) -> Speaker | None:
        """Who speaks from a chat; None: nobody has spoken from it yet."""
        if (channel, external_id) not in self._speakers:
            span = timedelta(days=1)
            await self._fetch_speakers(channel, [external_id], around - span, around + span)
        return self._speakers[channel, external_id]

    async def viewer(self, speaker: Speaker, now: datetime) -> Viewer:
        """The authority of somebody's roles in force now, as the clocks of their areas show it; other posts go.

        Who stands in for a first secretary on leave (交接) has that role in the village as long as the leave lasts.
        """
        speaker.posts = tuple([p for p in speaker.posts if p.in_force((await self.local(p.area, now)).date())])
        viewer = speaker.viewer()
        if speaker.person is None or not speaker.villages():
            return viewer
        await self.leaves(speaker.person.id)
        stood_in = {leave.village_id: leave for leave in self._stood_in[speaker.person.id]}
        more = []
        for area in speaker.villages():
            if (leave := stood_in.get(area.id)) is not None:
                on = (await self.local(area, now)).date()
                if leave.from_on <= on <= leave.to_on:
                    more.append(Grant(leave.role, area.id, area.path))
        return replace(viewer, grants=(*viewer.grants, *more)) if more else viewer

    async def recipient(self, person: Person, now: datetime) -> Viewer:
        """The authority of somebody who is told something, as `viewer` has it of somebody who speaks."""
        span = timedelta(days=1)
        posts = (await people.posts_of(self._session, [person.id], now.date() - span, now.date() + span))[person.id]
        return await self.viewer(Speaker(None, person, None, tuple(posts)), now)

    def forget_speaker(self, channel: str, external_id: int) -> None:
        """Ask again: the person behind a chat has changed."""
        self._speakers.pop((channel, external_id), None)

    async def profile(self, area: Area, on: date) -> Profile:
        """The parameters in force in an area on a day, inherited down the tree."""
        key = (area.id, on)
        if key not in self._profiles:
            along = ancestor_ids(area.path)
            await self._fetch_settings(set(along) - self._settings.keys())
            deciding = tuple(i for i in along if self._settings[i])  # most areas have none of their own
            if (deciding, on) not in self._resolved:
                self._resolved[deciding, on] = resolved((self._settings[i] for i in deciding), on)
            self._profiles[key] = self._resolved[deciding, on]
        return self._profiles[key]

    async def profiles(self, areas: Collection[Area], on: date) -> dict[int, Profile]:
        """The parameters of several areas on a day, by area id, fetched set-wise."""
        await self._fetch_settings({area_id for area in areas for area_id in ancestor_ids(area.path)})
        return {area.id: await self.profile(area, on) for area in areas}

    async def local(self, area: Area, moment: datetime) -> datetime:
        """A moment as the clocks in an area show it."""
        profile = await self.profile(area, moment.date())
        return moment.astimezone(ZoneInfo(profile.time_zone))

    def forget_settings(self) -> None:
        """Ask again: a setting has changed."""
        self._settings.clear()
        self._profiles.clear()
        self._resolved.clear()

    async def sites(self, village_ids: Collection[int]) -> list[Site]:
        """The places of villages from which a check-in counts."""
        await self._fetch_sites(set(village_ids) - self._sites.keys())
        return [site for village_id in village_ids for site in self._sites[village_id]]

    async def day(self, person_id: int, on: date) -> Day | None:
        """What is known of a person's day; None: nothing."""
        if (person_id, on) not in self._days:
            await self._fetch_days([person_id], [on])
        return self._days[person_id, on]

    async def leaves(self, person_id: int) -> list[LeaveRequest]:
        """Somebody's approved leaves that he has not returned from, the earliest first."""
        if person_id not in self._leaves:
            await self.fetch_leaves([person_id])
        return self._leaves[person_id]

    def forget_leaves(self, person_id: int) -> None:
        """Ask again: one was approved, cancelled or returned from."""
        self._leaves.pop(person_id, None)

    async def month_locks(self, month: date) -> dict[int, MonthLock]:
        """The locks that stand on a month (its first day), by county."""
        if month not in self._month_locks:
            query = select(MonthLock).where(MonthLock.month == month, MonthLock.unlocked_at.is_(None))
            self._month_locks[month] = {lock.county_id: lock for lock in await self._session.scalars(query)}
        return self._month_locks[month]

    def found_open(self, person_id: int, month: date) -> None:
        """Somebody's half-days of a month may change: it has been looked at."""
        self._open.add((person_id, month))

    def is_open(self, person_id: int, month: date) -> bool:
        """Whether it has been looked at and found that somebody's half-days of a month may change."""
        return (person_id, month) in self._open

    def forget_month_locks(self) -> None:
        """Ask again: one was set, taken back, or opened for somebody."""
        self._month_locks.clear()
        self._open.clear()

    def add_day(self, day: Day) -> None:
        """A day of which something is known now for the first time."""
        self._session.add(day)
        self._days[day.person_id, day.on] = day

    async def _fetch_speakers(self, channel: str, ids: Collection[int], first: date, last: date) -> None:
        found = await people.speakers(self._session, channel, ids)
        persons = [s.person.id for s in found.values() if s.person is not None]
        posts = await people.posts_of(self._session, persons, first, last) if persons else {}
        for external_id in ids:
            speaker = found.get(external_id)
            if speaker is not None and speaker.person is not None:
                speaker.posts = tuple(posts[speaker.person.id])
            self._speakers[channel, external_id] = speaker

    async def _fetch_settings(self, area_ids: Collection[int]) -> None:
        missing = set(area_ids) - self._settings.keys()
        if not missing:
            return
        self._settings.update({area_id: [] for area_id in missing})
        query = select(Setting).where(Setting.area_id.in_(missing)).order_by(Setting.effective_on, Setting.id)
        for setting in await self._session.scalars(query):
            self._settings[setting.area_id].append(setting)

    async def _fetch_sites(self, village_ids: Collection[int]) -> None:
        if not village_ids:
            return
        self._sites.update({village_id: [] for village_id in village_ids})
        query = select(SiteRow).where(SiteRow.village_id.in_(village_ids)).order_by(SiteRow.id)
        for row in await self._session.scalars(query):
            self._sites[row.village_id].append(
                Site(row.id, row.village_id, row.name, Point(row.latitude, row.longitude))
            )

    async def _fetch_days(self, person_ids: Collection[int], days: Collection[date]) -> None:
        if not person_ids:
            return
        self._days.update({(person_id, on): None for person_id in person_ids for on in days})
        query = select(Day).where(Day.person_id.in_(person_ids), Day.on.in_(days))
        for day in await self._session.scalars(query):
            self._days[day.person_id, day.on] = day

    async def fetch_leaves(self, person_ids: Collection[int]) -> None:
        """Fetch what `leaves` and `viewer` will ask of these people: one statement for all."""
        if not person_ids:
            return
        self._leaves.update({person_id: [] for person_id in person_ids})
        self._stood_in.update({person_id: [] for person_id in person_ids})
        query = select(LeaveRequest).where(
            LeaveRequest.state == LeaveState.APPROVED,
            or_(LeaveRequest.person_id.in_(person_ids), LeaveRequest.stand_in_id.in_(person_ids)),
        )
        for leave in await self._session.scalars(query.order_by(LeaveRequest.from_on, LeaveRequest.id)):
            if leave.person_id in self._leaves:
                self._leaves[leave.person_id].append(leave)
            if leave.stand_in_id in self._stood_in:
                self._stood_in[leave.stand_in_id].append(leave)


def of(session: AsyncSession) -> Batch:
    """The batch of a session, made on first use."""
    batch = session.info.get("batch")
    if not isinstance(batch, Batch):
        batch = session.info["batch"] = Batch(session)
    return batch
