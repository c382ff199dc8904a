"""Sweeps: who is due is a pure question, and asked twice, or broken off in the middle, it comes out as asked once."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from policy.authority import Role
from policy.calendar import Half
from scheduler import telling
from scheduler.jobs import PROMPTS, standard
from scheduler.telling import Told, pieces, tell
from storage import days, outbox
from storage.tables import Area, Day, Facts, Lane, Outbox

MONDAY = date(2026, 11, 23)
NINE = datetime(2026, 11, 23, 1, tzinfo=UTC)
CHECKIN = next(each for each in PROMPTS if each.kind == "checkin_reminder")
TOWNSHIPS = ("柳河镇", "石桥镇", "白杨乡")


async def flood(world):
    """Nine cadres in three townships, of which the last asks at ten; check-in is required."""
    actors = [
        world.cadre(f"干部{n}", village=f"样例{n % 3}村", township=TOWNSHIPS[n % 3], secretary=n < 3) for n in range(9)
    ]
    for key, value in (
        ("checkin_mode", "required"),
        ("required_basis", "县防汛指挥部 2026 年第 3 号"),
        ("required_from", "2026-11-23"),
        ("required_to", "2026-11-30"),
    ):
        await world.set(key, value)
    await world.set("checkin_reminder_at", "10:00", area=TOWNSHIPS[2])
    return actors


async def rows(world):
    async with world.db.read() as session:
        found = await session.scalars(select(Outbox).order_by(Outbox.natural_key))
        return [(row.natural_key, row.payload, row.lane, row.not_before, row.expires_at) for row in found]


async def test_a_row_says_who_when_and_until_when(world):
    actors = await flood(world)
    assert await tell(world.db, CHECKIN, NINE, NINE) == {"told": 6}
    assert await tell(world.db, CHECKIN, NINE + timedelta(hours=1), NINE + timedelta(hours=1)) == {"told": 3}
    assert await tell(world.db, CHECKIN, NINE + timedelta(hours=2), NINE + timedelta(hours=2)) == {"told": 0}
    found = await rows(world)
    assert [key for key, *_ in found] == sorted(f"checkin_reminder:2026-11-23:to:{a.person_id}" for a in actors)
    by_key = {key: row for key, *row in found}
    payload, lane, not_before, expires_at = by_key[f"checkin_reminder:2026-11-23:to:{actors[0].person_id}"]
    assert payload == {"on": "2026-11-23", "village_id": world.area_id("样例0村")}
    assert (lane, not_before, expires_at) == (Lane.ORDINARY, NINE, NINE + timedelta(hours=13))  # 22:00


async def test_a_village_right_below_its_county_is_swept_with_it(world):
    actors = await flood(world)
    async with world.db.write() as session:
        village = await session.get_one(Area, world.area_id("样例1村"))
        county = await session.get_one(Area, world.area_id("安岭县"))
        village.parent_id, village.path = county.id, f"{county.path}{village.id}/"
    assert await tell(world.db, CHECKIN, NINE, NINE) == {"told": 6}
    told_ids = {int(key.rsplit(":", 1)[1]) for key, *_ in await rows(world)}
    assert {actor.person_id for actor in actors[1::3]} <= told_ids


class KilledError(BaseException):
    """The process is gone."""


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
async def test_two_sweeps_equal_one(world, data):
    """Whatever is known of whom, in pieces of whatever size, broken off wherever, once more or twice."""
    actors = getattr(world, "story", None)
    if actors is None:
        actors = world.story = await flood(world)
    facts = st.sampled_from([Facts.NONE, Facts.CHECKED_IN, Facts.TRIP, Facts.LEAVE, Facts.CORRECTED, Facts.PENDING])
    known = [(data.draw(facts), data.draw(facts)) for _ in actors]
    await _know(world, actors, known)
    expected = {a.person_id for n, a in enumerate(actors) if n % 3 < 2 and known[n][0] is Facts.NONE}
    breaks_after, size = data.draw(st.integers(0, 6)), data.draw(st.integers(1, 4))
    times = data.draw(st.integers(1, 2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(telling, "PIECE", size)
        with suppress(KilledError), pytest.MonkeyPatch.context() as killed:
            killed.setattr(outbox, "put_many", _killed_after(breaks_after))
            await tell(world.db, CHECKIN, NINE, NINE)
        for _ in range(times):
            await tell(world.db, CHECKIN, NINE, NINE)
    assert [key for key, *_ in await rows(world)] == sorted(f"checkin_reminder:2026-11-23:to:{i}" for i in expected)


def _killed_after(puts):
    left, put_many = [puts], outbox.put_many

    async def put(*args, **more):
        if not left[0]:
            raise KilledError
        left[0] -= 1
        await put_many(*args, **more)

    return put


async def _know(world, actors, known):
    async with world.db.write() as session:
        await session.execute(delete(Outbox))
        await session.execute(delete(Day))
        for actor, (am, pm) in zip(actors, known, strict=True):
            village = await session.get_one(Area, world.area_id(actor.village))
            await days.change(session, actor.person_id, village, MONDAY, [Half.AM], add=am)
            await days.change(session, actor.person_id, village, MONDAY, [Half.PM], add=pm)


def told(person_id, key="2026-11-23", not_before=NINE):
    return Told(person_id, Role.TEAM_MEMBER, 1, key, not_before, NINE + timedelta(hours=9), {})


def test_pieces_hold_what_can_be_put_together():
    later = NINE + timedelta(hours=1)
    found = [*(told(n) for n in range(1_001)), told(1, "7:2026-11-23"), told(2, not_before=later)]
    made = list(pieces(found))
    assert [len(piece) for piece in made] == [1_000, 1, 1, 1]
    assert all(len({(t.key, t.not_before, t.expires_at) for t in piece}) == 1 for piece in made)
    assert sorted(map(id, found)) == sorted(id(t) for piece in made for t in piece)


async def test_the_clock_has_a_job_for_every_reminder_and_the_retention(world):
    names = [job.name for job in standard(world.db)]
    assert names == ["checkin_reminder", "township_digest", "county_digest", "lock_reminder", "retention"]
    assert len({each.setting for each in PROMPTS}) == len(PROMPTS)
