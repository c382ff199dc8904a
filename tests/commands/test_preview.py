"""`preview`: what would go out, to whom, when, under which rule; and that it is what does go out."""

import asyncio
import csv
import io
import shutil
from datetime import UTC, date
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from bot import __main__ as command_line
from bot import terminal
from scheduler.preview import preview
from storage.delivery import PAST_LIMIT
from storage.ids import new_id
from storage.tables import Area, CalendarDay, Outbox, OutboxState
from tests.world import MONDAY_MORNING, World

MONDAY, NEXT_MONDAY = date(2026, 11, 23), date(2026, 11, 30)


async def flood(world, area="安岭县"):
    for key, value in (
        ("checkin_mode", "required"),
        ("required_basis", "县防汛指挥部 2026 年第 3 号"),
        ("required_from", "2026-11-23"),
        ("required_to", "2026-11-30"),
    ):
        await world.set(key, value, area=area)


async def county(world):
    """Two townships with officers and staff; 李雪 goes away on Wednesday, 赵敏's reason waits."""
    li, zhao = world.cadre("李雪"), world.cadre("赵敏", village="东峪村")
    east = world.cadre("孙丽", village="石桥村", township="石桥镇", secretary=True)
    wang, staff = world.township_officer("王主任"), world.county_staff("钱科长")
    await flood(world)
    await li.says("公出 11月25日 到县里开会")
    await zhao.sends_location(village="东峪村", km_from_village=9)
    await zhao.presses("说明情况")
    await zhao.says("在镇里取种子")
    return li, zhao, east, wang, staff


async def test_what_is_previewed_is_what_goes_out(world):
    """Quiet hours, rest days, a day worked in exchange, more messages than a week may have: to the minute."""
    first, last = date(2026, 11, 26), date(2026, 12, 1)
    await county(world)
    await world.at("07:00", first)
    await world.set("unsolicited_per_week", 2)
    async with world.db.write() as session:
        saturday = CalendarDay(area_id=world.area_id("安岭县"), on=date(2026, 11, 28), is_workday=True, reason="调休")
        saturday.id = new_id(session)
        session.add(saturday)
    await world.set("quiet_to", "10:00", area="石桥镇", on=date(2026, 11, 27))  # held
    await world.set("quiet_to", "10:00", on=date(2026, 12, 1))  # digest and month are held, and make one morning card
    await world.set("township_digest_at", "20:30", area="柳河镇", on=date(2026, 11, 27))
    async with world.db.read() as session:
        area = await session.get_one(Area, world.area_id("安岭县"))
        found = await preview(session, area, first, last, world.clock())
    foreseen = sorted(
        (line.prompt.kind, line.person.id, line.at.astimezone(UTC)) for line in found.lines if not line.merged
    )
    merged = {(line.person.id, line.at.astimezone(UTC)) for line in found.lines if line.merged}
    await world.looks_ahead(last)
    rows = [row for row in await world.rows(Outbox) if row.natural_key.split(":")[0] in KINDS]
    sent = sorted((row.kind, row.person_id, row.sent_at) for row in rows if row.state is OutboxState.SENT)
    cards = {row.id: row for row in await world.rows(Outbox) if row.kind == "morning"}
    behind = [row for row in rows if row.state is OutboxState.MERGED]
    assert sent == foreseen
    assert {(row.person_id, cards[row.merged_into_id].sent_at) for row in behind} == merged
    assert len(behind) == sum(line.merged for line in found.lines) > 0
    assert len([row for row in rows if row.error == "expired"]) == found.expired
    assert len([row for row in rows if row.error == PAST_LIMIT]) == found.past_limit > 0
    assert {line.prompt.kind for line in found.lines} == KINDS
    assert len(foreseen) > 10


KINDS = {"checkin_reminder", "township_digest", "county_digest", "lock_reminder"}


class Patient(World):
    """A world that stops where quiet hours end, so that what waits goes out at its moment."""

    async def looks_ahead(self, last):
        """All that falls due until the end of a day, and what of it waits for the next morning."""
        self.clock_runs = True
        while self.now.date() <= last:
            for moment in ("08:00", "10:00", "23:59"):
                await self.at(moment, self.now.date())
            await self.advance(minutes=1)
        self.clock_runs = False
        for moment in ("08:00", "10:00"):
            await self.at(moment, self.now.date())


@pytest.fixture
async def world(database_url):
    made = Patient(database_url)
    yield made
    await made.close()


# -- the command ------------------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path, monkeypatch, capfd):
    """Runs a command in an empty folder of its own, on Monday morning; what it said and its exit code."""
    for name in ("ZHUCUN_BOT_TOKEN", "ZHUCUN_DATABASE_URL", "ZHUCUN_LANG", "LC_ALL", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ZHUCUN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(terminal, "now", lambda: MONDAY_MORNING.astimezone(UTC))
    monkeypatch.chdir(tmp_path)

    def run_command(*arguments):
        capfd.readouterr()
        code = command_line.main(["preview", *map(str, arguments)])
        said = capfd.readouterr()
        return SimpleNamespace(code=code, out=said.out, err=said.err.strip(), lines=said.out.strip().splitlines())

    return run_command


@pytest.fixture
def codes(run, tmp_path: Path, migrated_sqlite: Path):
    """The county of the tests where the command looks for it; area codes by name."""
    path = tmp_path / "data" / "zhucun.db"
    path.parent.mkdir()
    shutil.copyfile(migrated_sqlite, path)

    async def make():
        world = World(f"sqlite+aiosqlite:///{path}")
        await county(world)
        async with world.db.read() as session:
            found = {area.name: area.code for area in await session.scalars(select(Area))}
        await world.close()
        return found

    return asyncio.run(make())


def span(codes, first=MONDAY, last=NEXT_MONDAY, area="安岭县"):
    return "--area", codes[area], "--from", first, "--to", last


def test_who_when_and_under_which_rule(run, codes, tmp_path):
    said = run(*span(codes, MONDAY, date(2026, 11, 25)))
    assert said.code == 0
    assert said.lines == [
        "2026-11-23 08:00  县里待办汇总 · 钱科长（县级工作人员，安岭县） · 本县规定",
        "2026-11-23 09:00  签到提醒 · 李雪（队员，柳河镇石门村） · 国办函〔2026〕12号",
        "2026-11-23 09:00  签到提醒 · 孙丽（第一书记，石桥镇石桥村） · 国办函〔2026〕12号",
        "2026-11-23 18:00  乡镇待办汇总 · 王主任（乡镇干部，柳河镇） · 本县规定",
        "2026-11-24 08:00  县里待办汇总 · 钱科长（县级工作人员，安岭县） · 本县规定",
        "2026-11-24 09:00  签到提醒 · 李雪（队员，柳河镇石门村） · 国办函〔2026〕12号",
        "2026-11-24 09:00  签到提醒 · 赵敏（队员，柳河镇东峪村） · 国办函〔2026〕12号",
        "2026-11-24 09:00  签到提醒 · 孙丽（第一书记，石桥镇石桥村） · 国办函〔2026〕12号",
        "2026-11-24 18:00  乡镇待办汇总 · 王主任（乡镇干部，柳河镇） · 本县规定",
        "2026-11-25 08:00  县里待办汇总 · 钱科长（县级工作人员，安岭县） · 本县规定",
        "2026-11-25 09:00  签到提醒 · 赵敏（队员，柳河镇东峪村） · 国办函〔2026〕12号",
        "2026-11-25 09:00  签到提醒 · 孙丽（第一书记，石桥镇石桥村） · 国办函〔2026〕12号",
        "2026-11-25 18:00  乡镇待办汇总 · 王主任（乡镇干部，柳河镇） · 本县规定",
        "安岭县 2026-11-23 至 2026-11-25：13 条，5 人。没有发送。",
        "按现在知道的推算：还没人签到；已报的公出、请假算在内。",
    ]
    assert "139" not in said.out, "no telephone numbers"

    async def rows():
        world = World(f"sqlite+aiosqlite:///{tmp_path}/data/zhucun.db")
        async with world.db.read() as session:
            found = await session.scalar(select(func.count()).where(Outbox.kind.in_(KINDS)))
        await world.close()
        return found

    assert asyncio.run(rows()) == 0, "nothing is sent, and nothing put"


def test_rest_days_and_areas_below(run, codes):
    said = run(*span(codes, date(2026, 11, 28), date(2026, 11, 29)))
    assert said.lines[0] == "安岭县 2026-11-28 至 2026-11-29：0 条，0 人。没有发送。"
    said = run(*span(codes, MONDAY, MONDAY, "柳河镇"))
    assert [line.split(" · ")[1].split("（")[0] for line in said.lines[:-2]] == ["李雪", "王主任"]
    said = run(*span(codes, MONDAY, MONDAY, "石桥村"))
    assert [line.split(" · ")[1].split("（")[0] for line in said.lines[:-2]] == ["孙丽"]
    said = run(*span(codes, date(2026, 12, 1), date(2026, 12, 9), "安岭县"))
    assert [line[:17] for line in said.lines if "月度核对" in line] == [
        "2026-12-01 09:00 ",
        "2026-12-07 09:00 ",
        "2026-12-09 09:00 ",
    ]
    assert "《意见》三（二）" in said.out


def test_the_same_as_csv(run, codes, tmp_path):
    plain = run(*span(codes))
    said = run(*span(codes), "--csv", "-")
    table = list(csv.reader(io.StringIO(said.out)))
    assert table[0] == ["日期", "时间", "提醒", "姓名", "角色", "地方", "规定", "方式"]
    assert table[2] == ["2026-11-23", "09:00", "签到提醒", "李雪", "队员", "柳河镇石门村", "国办函〔2026〕12号", ""]
    shown = [line for line in plain.lines if line.startswith("2026")]
    assert len(table) - 1 == len(shown)
    written = run(*span(codes), "--csv", "预看.csv")
    assert written.out == f"已写好：预看.csv，共 {len(shown)} 条。没有发送。\n"
    assert list(csv.reader(io.StringIO((tmp_path / "预看.csv").read_text("utf-8-sig")))) == table
    again = run(*span(codes), "--csv", "预看.csv")
    assert (again.code, again.err) == (2, "已经有这个文件：预看.csv。换个名字。")


def test_a_year_is_looked_ahead_and_a_county_rests_at_the_new_year(run, codes):
    said = run(*span(codes, date(2026, 12, 1), date(2027, 12, 1)))
    assert said.code == 0
    assert not [line for line in said.lines if line.startswith("2027-01-01")]


@pytest.mark.parametrize(
    "more, line",
    [
        ({"--area": "990000"}, "没有代码为 990000 的区划。请先导入名册。"),
        ({"--to": "2026-11-22"}, "日期反了：2026-11-23 晚于 2026-11-22。"),
        ({"--to": "2027-11-24"}, "一次最多看一年（366 天）。"),
        ({"--from": "11月23日"}, "日期写成 2026-11-23 这样：11月23日"),
        ({"--to": "2026-13-01"}, "日期写成 2026-11-23 这样：2026-13-01"),
        ({"--csv": "nowhere/x.csv"}, "没有这个文件或目录：x.csv"),
        ({"--from": None}, "用法：preview --area 代码 --from 日期 --to 日期 [--csv 文件]"),
    ],
)
def test_wrong_use_is_one_line(run, codes, more, line):
    options = {"--area": codes["安岭县"], "--from": "2026-11-23", "--to": "2026-11-30", **more}
    said = run(*(part for pair in options.items() if pair[1] is not None for part in pair))
    assert (said.code, said.err, said.out) == (2, line, "")


def test_without_a_database(run):
    said = run("--area", "1", "--from", "2026-11-23", "--to", "2026-11-23")
    assert (said.code, said.err) == (2, "还没有数据库。请先运行：python -m bot migrate")


def test_in_english(run, codes, monkeypatch):
    monkeypatch.setenv("ZHUCUN_LANG", "en")
    said = run(*span(codes, MONDAY, MONDAY))
    assert "check-in reminder" in said.out
    assert "Nothing was sent." in said.out
