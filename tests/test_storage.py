"""The database (laws 2, 4, 5, 7, 9, 11): one writer in turn, ids, instants, outbox, conversations, audit."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, StatementError
from sqlalchemy.ext.asyncio import AsyncSession

from policy.geo import Datum
from policy.roster import Level
from storage import audit, delivery, engine, outbox
from storage.conversations import Dialogue
from storage.delivery import Outcome
from storage.engine import Database, cause_of, is_disk_trouble
from storage.ids import new_id, reserve
from storage.people import Speaker
from storage.tables import (
    Audit,
    Chat,
    Conversation,
    DispatchingUnit,
    Inbox,
    InboxState,
    Lane,
    Outbox,
    OutboxState,
    Person,
    Site,
)

NOW = datetime(2026, 11, 23, 0, 2, tzinfo=UTC)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """A database, closed at the end."""
    one = Database(url, "test")
    try:
        yield one
    finally:
        await one.close()


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with opened(database_url) as one:
        yield one


def unit(session: AsyncSession, name: str) -> int:
    """A small row."""
    made = DispatchingUnit(id=new_id(session), name=name, level=Level.COUNTY, kind="机关")
    session.add(made)
    return made.id


async def names(db: Database) -> list[str]:
    async with db.read() as session:
        return list(await session.scalars(select(DispatchingUnit.name).order_by(DispatchingUnit.id)))


# -- one writer -----------------------------------------------------------------------------------------------------


async def test_writers_take_turns_in_the_order_they_came(db):
    happened: list[str] = []

    async def write(name: str) -> None:
        async with db.write() as session:
            happened.append(f"{name} in")
            unit(session, name)
            await session.flush()
            happened.append(f"{name} out")

    await asyncio.gather(*(write(f"单位{n}") for n in range(8)))
    assert happened == [f"单位{n} {what}" for n in range(8) for what in ("in", "out")]
    assert await names(db) == [f"单位{n}" for n in range(8)]


async def test_a_writer_that_fails_leaves_nothing_and_the_next_goes_on(db):
    async def fail() -> None:
        async with db.write() as session:
            unit(session, "半途")
            audit.record(session, "test", "unit:1", by=None, role=None, now=NOW)
            await session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with db.write() as session:
        unit(session, "后来")
    assert await names(db) == ["后来"]
    async with db.read() as session:
        assert await session.scalar(select(func.count()).select_from(Audit)) == 0


async def test_a_writer_cancelled_amid_its_work_leaves_nothing_and_the_next_goes_on(db):
    inside = asyncio.Event()

    async def hang() -> None:
        async with db.write() as session:
            unit(session, "半途")
            await session.flush()
            inside.set()
            await asyncio.Event().wait()

    hanging = asyncio.get_running_loop().create_task(hang())
    await inside.wait()
    hanging.cancel()
    await asyncio.gather(hanging, return_exceptions=True)
    async with db.write() as session:
        unit(session, "后来")
    assert await names(db) == ["后来"]


async def test_two_processes_on_one_database_write_side_by_side(db, database_url):
    other = Database(database_url, "test")
    ids: list[int] = []

    async def write(into: Database, name: str) -> None:
        async with into.write() as session:
            ids.append(unit(session, name))

    try:
        await asyncio.gather(
            *(write(into, f"{who}{n}") for n in range(10) for who, into in (("甲", db), ("乙", other)))
        )
    finally:
        await other.close()
    assert len(await names(db)) == 20
    assert len(set(ids)) == 20


async def test_readers_see_nothing_of_a_transaction_at_work(db):
    async with db.write() as session:
        unit(session, "未成")
        await session.flush()
        assert await names(db) == []
    assert await names(db) == ["未成"]


# -- ids ------------------------------------------------------------------------------------------------------------


async def test_ids_come_in_blocks_and_more_than_asked_for_are_refused(db):
    async with db.write(ids=1) as session:
        first = new_id(session)
        assert new_id(session) == first + 1
        await reserve(session, 3_000)
        taken = {new_id(session) for _ in range(3_000)}
        assert len(taken) == 3_000
    bare = Database(db.url.render_as_string(hide_password=False))
    with pytest.raises(RuntimeError, match="no ids reserved"):
        async with bare.write(ids=0) as session:
            new_id(session)
    await bare.close()


async def broken_off(db: Database) -> None:
    """A transaction with a block of ids of its own, which the rollback takes back."""
    async with db.write(ids=5_000) as session:
        unit(session, "没有")
        raise ZeroDivisionError


async def test_no_committed_id_is_given_again_after_a_rollback(db, database_url):
    given: set[int] = set()
    other = Database(database_url, "test")
    for n in range(4):
        async with db.write() as session:
            given.add(unit(session, f"甲{n}"))
        with pytest.raises(ZeroDivisionError):
            await broken_off(db)
        async with other.write(ids=5_000) as session:  # and which another process gets
            given.add(unit(session, f"乙{n}"))
    async with db.write() as session:
        given.add(unit(session, "最后"))
    await other.close()
    assert len(given) == 9
    assert len(await names(db)) == 9


async def test_a_commit_that_was_made_but_not_answered_gives_no_id_twice(db, monkeypatch):
    async with db.write() as session:
        unit(session, "以前")
    commit = AsyncSession.commit

    async def lost(self: AsyncSession) -> None:
        await commit(self)
        raise OperationalError("COMMIT", {}, Exception("server closed the connection unexpectedly"))

    monkeypatch.setattr(AsyncSession, "commit", lost)
    with pytest.raises(OperationalError):
        async with db.write() as session:
            unit(session, "其实写了")
    monkeypatch.undo()
    async with db.write() as session:
        unit(session, "以后")
    assert sorted(await names(db)) == sorted(["以前", "其实写了", "以后"])


# -- the database itself --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_sqlite_is_set_to_lose_nothing(db):
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5_000}
    for way in (db.read, db.write):
        async with way() as session:
            found = {name: await session.scalar(text(f"PRAGMA {name}")) for name in wanted}
        assert found == wanted


async def test_foreign_keys_hold(db):
    with pytest.raises(IntegrityError):  # noqa: PT012
        async with db.write() as session:
            place = {"latitude": 38.0, "longitude": 114.0, "entered_latitude": 38.0, "entered_longitude": 114.0}
            session.add(Site(id=new_id(session), village_id=404, name="村部", datum=Datum.WGS84, **place))


async def test_an_instant_needs_a_time_zone_and_comes_back_in_utc(db):
    shanghai = datetime(2026, 11, 23, 8, 2, tzinfo=timezone(timedelta(hours=8)))
    async with db.write() as session:
        row = dict.fromkeys(["id", "update_id"], new_id(session)) | {"channel": "test", "raw": "{}", "attempts": 0}
        row["state"] = InboxState.WAITING
        await session.execute(insert(Inbox), [{**row, "received_at": shanghai}])
    async with db.read() as session:
        found = await session.scalar(select(Inbox.received_at))
        assert (found, found.tzinfo) == (shanghai, UTC)
        assert await session.scalar(select(Inbox.id).where(Inbox.received_at == shanghai)) == row["id"]
    with pytest.raises(StatementError, match="an instant needs a time zone"):  # noqa: PT012
        async with db.write() as session:
            naive = shanghai.replace(tzinfo=None)
            await session.execute(insert(Inbox), [{**row, "id": new_id(session), "received_at": naive}])


async def test_an_error_that_is_logged_holds_nothing_of_what_people_said(db):
    async with db.write() as session:
        unit(session, "李雪家门口")
    with pytest.raises(DBAPIError) as twice:
        async with db.write() as session:
            unit(session, "李雪家门口")
    assert "unique" in cause_of(twice.value).lower()  # and is of use all the same
    cast = "SELECT CAST(CAST(:words AS text) AS integer) + CAST(:more AS integer)"
    wrong = await error_of(db, cast if not db.is_sqlite else "SELECT json(:words)", words="李雪家门口", more=1)
    with pytest.raises(Exception, match="int") as large:  # noqa: PT012
        async with db.write() as session:
            session.add(Chat(id=new_id(session), channel="test", external_id=1_390_000_1234 << 40))
            await session.flush()
    for error in (twice.value, wrong, large.value):
        said = cause_of(error)
        assert said.startswith(type(error).__name__)
        assert "\n" not in said
        assert "李雪" not in said
        assert str(1_390_000_1234 << 40) not in said


def test_a_cause_is_the_type_and_one_line():
    assert cause_of(ZeroDivisionError("broken\nat 李雪家门口")) == "ZeroDivisionError: broken"
    assert cause_of(TimeoutError()) == "TimeoutError"


async def error_of(db: Database, statement: str, **values: object) -> Exception:
    with pytest.raises(Exception) as caught:  # which one is what the test asks
        async with db.write() as session:
            await session.execute(text(statement), values)
    return caught.value


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("sqlstate", ["53100", "53300", "40P01", "57P01", "25006", "55P03", "58030", "XX001"])
async def test_what_the_server_suffers_from_is_nobodys_fault(db, sqlstate):
    error = await error_of(db, f"DO $$ BEGIN RAISE EXCEPTION 'trouble' USING ERRCODE = '{sqlstate}'; END $$")
    assert is_disk_trouble(error)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_server_that_cuts_the_line_or_is_gone_is_nobodys_fault(db):
    assert is_disk_trouble(await error_of(db, "SELECT pg_terminate_backend(pg_backend_pid())"))
    async with db.write() as session:  # and the next one goes on
        unit(session, "后来")
    gone = "postgresql+asyncpg://nobody@127.0.0.1:1/none"
    for url in (gone, db.url.set(database="nowhere").render_as_string(hide_password=False)):
        async with opened(url) as other:
            assert is_disk_trouble(await error_of(other, "SELECT 1"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_file_that_is_locked_full_read_only_or_broken_is_nobodys_fault(db, tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 10)
    path = tmp_path / "test.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert is_disk_trouble(await error_of(db, "SELECT 1"))
    full = "INSERT INTO dispatching_unit (id, name, level, kind) VALUES (1, :name, 'COUNTY', '机关')"
    async with db.write() as session:
        await session.execute(text("PRAGMA max_page_count = 1"))
    assert is_disk_trouble(await error_of(db, full, name="长" * 100_000))
    async with db.write() as session:
        await session.execute(text("PRAGMA max_page_count = 1000000"))
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database" * 100)
    async with opened(f"sqlite+aiosqlite:///{broken}") as other:
        assert is_disk_trouble(await error_of(other, "SELECT 1"))


async def test_a_wrong_statement_or_value_is_somebodys_fault(db):
    assert not is_disk_trouble(await error_of(db, "SELECT nothing FROM nowhere"))
    async with db.write() as session:
        unit(session, "重名")
    with pytest.raises(IntegrityError) as twice:
        async with db.write() as session:
            unit(session, "重名")
    assert not is_disk_trouble(twice.value)
    with pytest.raises(Exception, match="int") as large:  # noqa: PT012
        async with db.write() as session:
            session.add(Chat(id=new_id(session), channel="test", external_id=1 << 70))
            await session.flush()
    assert not is_disk_trouble(large.value)
    assert not is_disk_trouble(ZeroDivisionError())
    assert not is_disk_trouble(FileNotFoundError(2, "No such file or directory", "样表.xlsx"))
    assert is_disk_trouble(OSError(28, "No space left on device", "样表.xlsx"))
    assert is_disk_trouble(ConnectionResetError())


# -- the outbox -----------------------------------------------------------------------------------------------------


async def person(session: AsyncSession) -> int:
    made = Person(id=new_id(session), name="周建国")
    session.add(made)
    await session.flush()
    return made.id


async def put(session: AsyncSession, to: int, key: str, **more) -> None:
    await outbox.put(session, "fact", to=to, key=key, payload={"key": key}, now=more.pop("now", NOW), **more)


async def test_a_natural_key_twice_is_once(db):
    async with db.write() as session:
        zhou, zhao = await person(session), await person(session)
        for _ in range(2):
            await put(session, zhou, "checkin:42:2026-11-23:reminder")
        await put(session, zhao, "checkin:42:2026-11-23:reminder")
    async with db.write() as session:  # the tick comes again, after a restart
        await put(session, zhou, "checkin:42:2026-11-23:reminder", lane=Lane.URGENT)
        assert await outbox.is_known(session, "checkin:42:2026-11-23:reminder", zhou)
    async with db.read() as session:
        rows = list(await session.scalars(select(Outbox).order_by(Outbox.id)))
    assert [(row.person_id, row.lane) for row in rows] == [(zhou, Lane.ORDINARY), (zhao, Lane.ORDINARY)]


async def test_claims_go_by_lane_then_age_and_take_nothing_early_or_twice(db):
    async with db.write() as session:
        zhou = await person(session)
        for key, lane in [("a", Lane.BULK), ("b", Lane.ORDINARY), ("c", Lane.ANSWER), ("d", Lane.URGENT)]:
            await put(session, zhou, key, lane=lane)
        await put(session, zhou, "e", lane=Lane.ANSWER)
        await put(session, zhou, "early", lane=Lane.ANSWER, not_before=NOW + timedelta(seconds=1))
    async with db.write() as session:
        first = [row.payload["key"] for row in await delivery.claim(session, "test", NOW, 3)]
        assert await delivery.claim(session, "other", NOW, 3) == []
    async with db.write() as session:
        second = [row.payload["key"] for row in await delivery.claim(session, "test", NOW, 3)]
    assert (first, second) == (["c", "e", "d"], ["b", "a"])
    async with db.read() as session:
        assert not await delivery.is_due(session, "test", NOW)
        assert await delivery.is_due(session, "test", NOW + timedelta(seconds=1))


async def test_what_a_process_had_in_its_hands_is_freed_and_marked_for_good(db):
    async with db.write() as session:
        zhou = await person(session)
        for key in ("a", "b"):
            await put(session, zhou, key)
        first, second = await delivery.claim(session, "test", NOW, 5)
        await delivery.record(session, [Outcome(second.id, {"claimed_at": NOW - timedelta(minutes=3)})])
    async with db.write() as session:
        assert await delivery.free_stuck(session, "test", NOW, but_not=[second.id]) == 0
        assert await delivery.free_stuck(session, "test", NOW) == 1
    async with db.write() as session:
        assert [row.id for row in await delivery.claim(session, "test", NOW, 5)] == [second.id]
        assert await delivery.free_stuck(session, "test", NOW, all_of_them=True) == 2
        rows = await delivery.claim(session, "test", NOW, 5)
        await delivery.record(session, [Outcome.sent(row.id, NOW, 7, "同意") for row in rows])
    async with db.read() as session:
        kept = list(await session.scalars(select(Outbox).order_by(Outbox.id)))
    assert [(row.id, row.state, row.possibly_repeated) for row in kept] == [
        (first.id, OutboxState.SENT, True),
        (second.id, OutboxState.SENT, True),
    ]


async def test_a_subject_on_hold_waits_and_the_others_go_on(db):
    async with db.write() as session:
        zhou = await person(session)
        await put(session, zhou, "a", subject="notice:7", lane=Lane.BULK)
        await put(session, zhou, "b", lane=Lane.BULK)
        for _ in range(2):
            await outbox.hold(session, "notice:7", NOW)
    async with db.write() as session:
        assert [row.payload["key"] for row in await delivery.claim(session, "test", NOW, 5)] == ["b"]
        assert not await delivery.is_due(session, "test", NOW)
        await outbox.let_go(session, "notice:7")
        assert await delivery.is_due(session, "test", NOW)
        assert await outbox.drop(session, "notice:7", "cancelled", limit=5) == 1
        assert await outbox.drop(session, "notice:7", "cancelled", limit=5) == 0
        assert (await outbox.counts(session, "notice:7"))[OutboxState.DROPPED] == 1


async def test_many_are_told_in_one_statement_and_twice_is_once(db):
    async with db.write() as session:
        people = [await person(session) for _ in range(40)]
    statements: list[str] = []
    db.on_statement(statements.append)
    for _ in range(2):
        async with db.write() as session:
            told = {one: {"key": str(one)} for one in people}
            await outbox.put_many(session, "fact", told, key="notice:7", now=NOW, lane=Lane.BULK)
    assert len([line for line in statements if line.startswith("INSERT INTO outbox")]) == 2
    async with db.read() as session:
        assert len(list(await session.scalars(select(Outbox.id)))) == 40


async def test_taking_back_asks_for_each_message_once(db):
    async with db.write() as session:
        people = [await person(session) for _ in range(3)]
        await outbox.put_many(
            session, "fact", {key: {"key": "x"} for key in people}, key="n", subject="notice:7", now=NOW
        )
        rows = await delivery.claim(session, "test", NOW, 5)
        await delivery.record(session, [Outcome.sent(row.id, NOW, 7, "通知") for row in rows[:2]])
    for left in (2, 0):
        async with db.write() as session:
            assert await outbox.take_back(session, "notice:7", NOW) == left
    async with db.write() as session:
        asked = [row for row in await delivery.claim(session, "test", NOW, 9) if row.kind == outbox.TAKE_BACK]
        assert [row.payload["row"] for row in asked] == [row.id for row in rows[:2]]


async def test_taking_back_reads_no_more_than_a_piece(db):
    """Of 22,000 messages, a thousand at a time: what was asked for already isn't read again for each piece."""
    async with db.write() as session:
        told = {await person(session): {"key": "x"} for _ in range(5)}
        await outbox.put_many(session, "fact", told, key="n", subject="notice:7", now=NOW)
        rows = await delivery.claim(session, "test", NOW, 9)
        await delivery.record(session, [Outcome.sent(row.id, NOW, 7, "通知") for row in rows])
    statements: list[str] = []
    db.on_statement(statements.append)
    for asked in (2, 2, 1, 0):
        async with db.write() as session:
            assert await outbox.take_back(session, "notice:7", NOW, limit=2) == asked
    reads = [line for line in statements if line.startswith("SELECT outbox")]
    assert len(reads) == 4
    assert all("LIMIT" in line for line in reads), "\n".join(reads)
    async with db.write() as session:
        asked_for = [row.payload["row"] for row in await delivery.claim(session, "test", NOW, 9)]
    assert sorted(asked_for) == sorted(row.id for row in rows)


async def test_refreshes_that_wait_are_one_and_one_at_work_does_not_count(db):
    async with db.write() as session:
        for _ in range(3):
            await outbox.refresh(session, "leave:7", NOW)
        assert len(await delivery.claim(session, "test", NOW, 5)) == 1
    async with db.write() as session:  # a change while the first is at work must be shown as well
        await outbox.refresh(session, "leave:7", NOW)
        assert len(await delivery.claim(session, "test", NOW, 5)) == 1


# -- conversations --------------------------------------------------------------------------------------------------


async def speaker(session: AsyncSession) -> Speaker:
    chat = Chat(id=new_id(session), channel="test", external_id=5001)
    session.add(chat)
    await session.flush()
    return Speaker(chat, None, None)


async def again(session: AsyncSession) -> Speaker:
    chat = (await session.scalars(select(Chat))).one()
    return Speaker(chat, None, await session.get(Conversation, chat.id))


async def test_what_was_begun_is_kept_and_offered_again(db):
    async with db.write() as session:
        one = Dialogue(session, await speaker(session), NOW)
        assert (one.state, one.data, one.drafts) == (None, {}, {})
        one.to("leave:reason", from_on="2026-11-24")
    async with db.write() as session:
        two = Dialogue(session, await again(session), NOW + timedelta(hours=1))
        assert (two.state, two.data) == ("leave:reason", {"from_on": "2026-11-24"})
        two.leave()
        two.to("visit:house", house=3)
        assert two.drafts == {"leave:reason": {"from_on": "2026-11-24"}}
        assert two.data == {"house": 3}
    async with db.write() as session:
        three = Dialogue(session, await again(session), NOW + timedelta(hours=2))
        three.end()
        assert (three.state, three.drafts) == (None, {"leave:reason": {"from_on": "2026-11-24"}})
    async with db.write() as session:
        four = Dialogue(session, await again(session), NOW + timedelta(hours=26))
        assert four.drafts == {}  # begun more than a day ago


async def test_a_state_expires_after_a_day(db):
    async with db.write() as session:
        Dialogue(session, await speaker(session), NOW).to("leave:reason", from_on="2026-11-24")
    async with db.read() as session:
        whose = await again(session)
        assert not Dialogue(session, whose, NOW + timedelta(hours=24)).has_expired
        late = Dialogue(session, whose, NOW + timedelta(hours=24, seconds=1))
        assert (late.has_expired, late.state, late.data) == (True, None, {})


async def test_a_refusal_puts_a_conversation_back(db):
    async with db.write() as session:
        new = Dialogue(session, await speaker(session), NOW)
        new.to("leave:reason", from_on="2026-11-24")
        new.restore()
        assert new.row is None
    async with db.write() as session:
        assert (await again(session)).conversation is None
        Dialogue(session, await again(session), NOW).to("leave:reason", from_on="2026-11-24")
    async with db.write() as session:
        old = Dialogue(session, await again(session), NOW + timedelta(hours=1))
        old.leave()
        old.to("visit:house", house=3)
        await session.flush()
        old.restore()
        assert (old.state, old.data, old.drafts) == ("leave:reason", {"from_on": "2026-11-24"}, {})
    async with db.read() as session:
        row = (await again(session)).conversation
        assert row is not None
        kept = {"from_on": "2026-11-24", "matter": 1}
        assert (row.state, row.data, row.updated_at) == ("leave:reason", kept, NOW)


async def test_a_conversation_begun_and_flushed_is_put_back_to_nothing(db):
    async with db.write() as session:
        new = Dialogue(session, await speaker(session), NOW)
        new.to("leave:reason", from_on="2026-11-24")
        await session.flush()
        new.restore()
        assert (new.state, new.data) == (None, {})
    async with db.read() as session:
        row = (await again(session)).conversation
        assert row is None or (row.state, row.data) == (None, {})


# -- audit ----------------------------------------------------------------------------------------------------------


async def test_audit_rows_go_in_one_statement_after_what_they_are_about_and_with_the_update(db):
    statements: list[str] = []
    async with db.write() as session:
        session.info["inbox_id"] = 77
        for n in range(50):
            made = unit(session, f"单位{n}")
            audit.record(session, "unit:add", f"unit:{made}", by=None, role=None, now=NOW, after={"n": n})
        db.on_statement(statements.append)
    inserts = [one.split()[2] for one in statements if one.startswith("INSERT")]
    assert inserts == ["dispatching_unit", "audit"]
    async with db.read() as session:
        rows = list(await session.scalars(select(Audit).order_by(Audit.id)))
    assert [(row.after, row.inbox_id, row.at) for row in rows] == [({"n": n}, 77, NOW) for n in range(50)]
