"""What is due is done, once, whoever looks and however often a process dies over it."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from policy.roster import Level
from scheduler.clock import Clock, ticking
from scheduler.jobs import AsSet, Daily, Every, Job, of_ones_own
from storage import ticks
from storage.engine import Database
from storage.tables import Tick, TickState

SHANGHAI = ZoneInfo("Asia/Shanghai")
NINE = datetime(2026, 11, 23, 1, tzinfo=UTC)
"""09:00 in the county, Monday."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
async def db(database_url):
    opened = Database(database_url)
    yield opened
    await opened.close()


class Story:
    """A job that is due at nine every day, and the hands of a clock."""

    def __init__(self, db, now=NINE - HOUR):
        self.db, self.now = db, now
        self.done: list[datetime] = []
        self.fails: list[BaseException] = []
        self.job = Job("nine", Daily(time(9), SHANGHAI), 6 * HOUR, self.do)

    async def do(self, due_at, now):
        assert now == self.now
        if self.fails:
            raise self.fails.pop(0)
        self.done.append(due_at)
        return {"told": len(self.done)}

    def process(self, *, db=None, alone=False, jobs=()):
        """A process that starts now."""
        return Clock(db or self.db, [self.job, *jobs], lambda: self.now, alone=alone)

    async def rows(self):
        async with self.db.read() as session:
            found = await session.scalars(select(Tick).where(Tick.job == self.job.name).order_by(Tick.due_at))
            return [(row.due_at, row.state) for row in found][1:]  # the first says since when the job is there


@pytest.fixture
def story(db):
    return Story(db)


async def test_once_a_day_however_often_one_looks(story):
    clock = story.process()
    for _ in range(26 * 6):
        await clock.look()
        story.now += 10 * MINUTE
    assert story.done == [NINE, NINE + DAY]
    assert await story.rows() == [(NINE, TickState.DONE), (NINE + DAY, TickState.DONE)]
    async with story.db.read() as session:
        first = (await session.scalars(select(Tick).where(Tick.due_at == NINE))).one()
    assert (first.claimed_at, first.ran_at, first.counts) == (NINE, NINE, {"told": 1})


async def test_a_clock_that_never_ran_begins_now(story):
    story.now = NINE + HOUR
    await story.process().look()
    assert story.done == [], "nobody was promised anything before"


async def test_a_process_that_died_before_the_first_moment_has_promised_it(story):
    await story.process().look()
    story.now = NINE + HOUR
    await story.process().look()
    assert story.done == [NINE]


async def test_what_was_missed_is_caught_up_and_what_is_of_no_use_is_skipped(story):
    await story.process().look()
    story.now = NINE
    await story.process().look()
    story.now = NINE + 3 * DAY + 5 * HOUR  # three days off, and back five hours after nine
    await story.process().look()
    assert story.done == [NINE, NINE + 3 * DAY]
    missed = [(NINE + n * DAY, TickState.SKIPPED) for n in (1, 2)]
    assert await story.rows() == [(NINE, TickState.DONE), *missed, (NINE + 3 * DAY, TickState.DONE)]
    story.now = NINE + 4 * DAY + 7 * HOUR
    await story.process().look()
    assert (await story.rows())[-1] == (NINE + 4 * DAY, TickState.SKIPPED)


async def test_a_stall_of_the_metronome_loses_nothing(story):
    clock = story.process()
    await clock.look()
    story.now = NINE + 2 * HOUR
    await clock.look()
    assert story.done == [NINE]


async def test_a_year_off_is_not_noted_day_by_day(story):
    await story.process().look()
    story.now = NINE
    await story.process().look()
    story.now = NINE + 365 * DAY
    await story.process().look()
    assert len(await story.rows()) == 1 + 31
    assert story.done == [NINE, NINE + 365 * DAY]


async def test_two_processes_tick_once(story, database_url):
    other = Database(database_url)
    try:
        clocks = [story.process(), story.process(db=other)]
        await asyncio.gather(*(clock.look() for clock in clocks))
        for n in range(5):
            story.now = NINE + n * DAY
            await asyncio.gather(*(clock.look() for clock in clocks))
    finally:
        await other.close()
    assert story.done == [NINE + n * DAY for n in range(5)]
    assert await story.rows() == [(NINE + n * DAY, TickState.DONE) for n in range(5)]


async def test_while_one_has_it_in_hand_the_other_waits(story, database_url):
    """On both databases: neither a second look nor a second process takes up what is being done."""
    begun, may_end, other = asyncio.Event(), asyncio.Event(), Database(database_url)
    runs = []

    async def slow(due_at, now):
        runs.append(due_at)
        begun.set()
        await may_end.wait()
        return {}

    story.job = Job("slow", Daily(time(9), SHANGHAI), 6 * HOUR, slow)
    first, second = story.process(), story.process(db=other)
    for clock in (first, second):
        await clock.look()
    story.now = NINE
    async with asyncio.TaskGroup() as group:
        group.create_task(first.look())
        await begun.wait()
        await second.look()
        story.now += 9 * MINUTE
        await second.look()
        may_end.set()
    await other.close()
    assert runs == [NINE]


class KilledError(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("alone", [True, False])
async def test_a_crash_in_the_middle_runs_again(story, alone):
    """Alone on the database the next process takes it up at once; among several once the first is taken for dead."""
    clock = story.process()
    await clock.look()
    story.now, story.fails = NINE, [KilledError()]
    with pytest.raises(KilledError):
        await clock.look()
    assert await story.rows() == [(NINE, TickState.RUNNING)]
    story.now += MINUTE
    again = story.process(alone=alone)
    await again.look()
    assert story.done == ([NINE] if alone else [])
    story.now += 9 * MINUTE
    await again.look()
    await again.look()
    assert story.done == [NINE]
    assert await story.rows() == [(NINE, TickState.DONE)]


async def test_a_crash_that_nobody_took_up_in_time_is_skipped(story):
    clock = story.process()
    await clock.look()
    story.now, story.fails = NINE, [KilledError()]
    with pytest.raises(KilledError):
        await clock.look()
    story.now += 7 * HOUR
    await story.process(alone=True).look()
    assert story.done == []
    assert await story.rows() == [(NINE, TickState.SKIPPED)]


async def test_what_fails_is_tried_at_the_next_look_and_keeps_nobody_waiting(story):
    other = []

    async def fine(due_at, now):
        other.append(due_at)
        return {}

    clock = story.process(jobs=[Job("fine", Daily(time(9), SHANGHAI), HOUR, fine)])
    await clock.look()
    story.now, story.fails = NINE, [ValueError("one"), ValueError("two")]
    with pytest.raises(ValueError, match="one"):
        await clock.look()
    assert (story.done, other) == ([], [NINE])
    story.now += MINUTE
    await clock.look_at(story.job)  # as the metronome does: logged, not raised
    assert story.done == []
    story.now += MINUTE
    await clock.look()
    await clock.look()
    assert (story.done, other) == ([NINE], [NINE])


async def test_an_interval_begins_at_once_and_makes_up_for_one_beat(story):
    runs = []

    async def do(now):
        runs.append(now)

    story.now = NINE + 20 * MINUTE
    hourly = of_ones_own("thinning", HOUR, do, SHANGHAI)
    assert hourly.when == Every(HOUR)
    clock = story.process(jobs=[hourly])
    await clock.look()
    await clock.look()
    assert runs == [NINE + 20 * MINUTE]
    story.now = NINE + 5 * HOUR + MINUTE
    await clock.look()
    assert runs == [NINE + 20 * MINUTE, NINE + 5 * HOUR + MINUTE]


async def test_a_job_of_another_part_at_night(story):
    runs = []

    async def backup(now):
        runs.append(now)
        return {"megabytes": 12}

    nightly = of_ones_own("backup", time(3), backup, SHANGHAI)
    clock = story.process(jobs=[nightly])
    await clock.look()
    story.now = NINE + 18 * HOUR  # 03:00
    await clock.look()
    await clock.look()
    assert runs == [NINE + 18 * HOUR]


async def test_every_area_at_its_own_time_in_its_own_zone(world):
    await world.at("07:00")
    for village, township in (("石门村", "柳河镇"), ("石桥村", "石桥镇"), ("白杨村", "白杨乡"), ("东峪村", "东峪镇")):
        world.cadre(f"{village}干部", village=village, township=township)
    await world.set("township_digest_at", "17:30", area="石桥镇")
    await world.set("time_zone", "Asia/Urumqi", area="白杨乡")
    await world.set("township_digest_at", None, area="东峪镇")
    await world.set("township_digest_at", "20:00", area="东峪镇", on=date(2026, 11, 24))
    async with world.db.read() as session:
        when = AsSet("township_digest_at", Level.TOWNSHIP)
        found = await when.moments(session, world.clock(), world.clock() + DAY + 14 * HOUR)
    local = [f"{moment.astimezone(SHANGHAI):%d %H:%M}" for moment in found]
    assert local == ["23 17:30", "23 18:00", "23 20:00", "24 17:30", "24 18:00", "24 20:00"]


async def test_what_the_clock_did_is_kept_four_hundred_days(story):
    clock = story.process()
    await clock.look()
    story.now = NINE
    await clock.look()
    story.now = NINE + DAY
    await clock.look()
    for days, left in ((399, [NINE, NINE + DAY]), (400, [NINE + DAY])):
        async with story.db.write() as session:
            await ticks.forget(session, NINE + days * DAY + MINUTE)
        async with story.db.read() as session:
            found = list(await session.scalars(select(Tick.due_at).order_by(Tick.due_at)))
        assert [due_at for due_at in found if due_at >= NINE] == left


async def test_the_metronome_beats_at_once_and_each_job_by_itself(db):
    """In a real scheduler: a long job keeps no other waiting."""
    begun, done = asyncio.Event(), asyncio.Event()

    async def endless(_now):
        begun.set()
        await asyncio.Event().wait()

    async def short(_now):
        await begun.wait()
        done.set()

    jobs = [of_ones_own("endless", HOUR, endless, SHANGHAI), of_ones_own("short", HOUR, short, SHANGHAI)]
    with ticking(db, jobs) as clock:
        assert [job.name for job in clock.jobs][-2:] == ["endless", "short"]
        async with asyncio.timeout(30):
            await done.wait()


async def test_trouble_with_the_database_is_no_end_of_the_clock(story, monkeypatch):
    clock = story.process()
    await clock.look()
    story.now = NINE

    async def gone(*_args):
        raise OSError("gone")

    with monkeypatch.context() as broken:
        broken.setattr(ticks, "claim", gone)
        await clock.look_at(story.job)
    assert story.done == []
    story.now += MINUTE
    await clock.look_at(story.job)
    assert story.done == [NINE]
