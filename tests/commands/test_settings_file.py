"""`settings export · import`: the whole file is right, or nothing is written."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from bot.__main__ import main
from policy.profile import PARAMETERS, Profile, dump
from policy.roster import Level
from storage.engine import Database
from storage.ids import new_id
from storage.tables import Area, Audit, Setting

PROVINCE, COUNTY, TOWNSHIP, VILLAGE = "13", "130123", "130123001", "130123001001"
GOOD = """
[[setting]]
area = "130123"
key = "fence_m"
value = 2000
from = 2026-12-01
reason = "山区自然村分散"

[[setting]]
area = "13"
key = "leave_calendar_kinds"
value = ["maternity"]
from = 2026-01-01
reason = "省里规定 \\"试行\\""
"""


@pytest.fixture
async def db(database_url, monkeypatch, tmp_path):
    monkeypatch.setenv("ZHUCUN_DATABASE_URL", database_url)
    monkeypatch.setenv("ZHUCUN_LANG", "zh_CN")
    monkeypatch.chdir(tmp_path)
    opened = Database(database_url)
    async with opened.write() as session:
        path, parent = "/", None
        for code, name, level in (
            (PROVINCE, "样例省", Level.PROVINCE),
            (COUNTY, "安岭县", Level.COUNTY),
            (TOWNSHIP, "柳河镇", Level.TOWNSHIP),
            (VILLAGE, "石门村", Level.VILLAGE),
        ):
            area_id = new_id(session)
            path = f"{path}{area_id}/"
            session.add(Area(id=area_id, code=code, name=name, level=level, parent_id=parent, path=path))
            await session.flush()
            parent = area_id
    yield opened
    await opened.close()


async def rows(db, table=Setting):
    async with db.read() as session:
        return list(await session.scalars(select(table).order_by(table.id)))


async def command(capsys, *arguments):
    """The exit code, and what was printed, of a command run where no loop runs."""
    import asyncio

    code = await asyncio.to_thread(main, ["settings", *map(str, arguments)])
    said = capsys.readouterr()
    return code, said.out, said.err


async def test_a_file_is_imported_once(db, tmp_path, capsys):
    file = tmp_path / "settings.toml"
    file.write_text(GOOD, encoding="utf-8")
    code, out, _err = await command(capsys, "import", file, "--yes")
    assert code == 0
    assert "130123 安岭县 · 驻村范围（fence_m）：（没有） → 2000 米，2026-12-01 起" in out
    assert "已导入 2 项" in out
    found = {(row.key, row.effective_on): (row.value, row.reason) for row in await rows(db)}
    assert found == {
        ("fence_m", date(2026, 12, 1)): (2000, "山区自然村分散"),
        ("leave_calendar_kinds", date(2026, 1, 1)): (["maternity"], '省里规定 "试行"'),
    }
    audits = [row for row in await rows(db, Audit) if row.action == "setting:change"]
    assert [(row.person_id, row.role) for row in audits] == [(None, None)] * 2

    code, out, _err = await command(capsys, "import", file, "--yes")
    assert (code, out) == (0, "和现有设置一样，没有要改的。\n")
    assert len(await rows(db)) == 2


async def test_what_was_exported_changes_nothing_when_imported(db, tmp_path, capsys):
    async with db.write() as session:
        county = (await session.scalars(select(Area).where(Area.code == COUNTY))).one()
        for key in PARAMETERS:
            session.add(
                Setting(
                    id=new_id(session),
                    area_id=county.id,
                    key=key,
                    value=dump(key, getattr(Profile(), key)),
                    effective_on=date(2026, 11, 1),
                    reason='换行\n引号"反斜\\',
                    set_at=datetime(2026, 11, 1, tzinfo=UTC),
                )
            )
    file = tmp_path / "out.toml"
    code, out, _err = await command(capsys, "export", file)
    assert (code, out) == (0, f"已写好：{file}，共 {len(PARAMETERS)} 项。\n")
    code, out, _err = await command(capsys, "import", file)
    assert (code, out) == (0, "和现有设置一样，没有要改的。\n")


async def test_an_export_leaves_out_what_was_replaced_and_no_file_is_lost(db, tmp_path, capsys):
    file = tmp_path / "settings.toml"
    for value in (2000, 3000):
        file.write_text(GOOD.replace("2000", str(value)), encoding="utf-8")
        await command(capsys, "import", file, "--yes")
    code, _out, err = await command(capsys, "export", file)
    assert (code, err) == (2, "已经有这个文件：settings.toml。换个名字，或加 --force 覆盖。\n")
    code, out, _err = await command(capsys, "export", file, "--force")
    assert code == 0
    assert "共 2 项" in out
    text = file.read_text(encoding="utf-8")
    assert "value = 3000" in text
    assert "value = 2000" not in text
    assert len(await rows(db)) == 3


ENTRY = """
[[setting]]
area = "130123"
key = "{key}"
value = {value}
from = {on}
reason = "{reason}"
"""


def entry(key="fence_m", value="2000", on="2026-12-01", reason="试"):
    return ENTRY.format(key=key, value=value, on=on, reason=reason)


@pytest.mark.parametrize("bad, words", [
    (entry(key="no_such"), "第 3 项：没有「no_such」这一项"),
    (entry(value="99999"), "第 3 项：「驻村范围」不能填“99999”"),
    (entry(value='"2000"'), "第 3 项：「驻村范围」不能填“2000”"),
    (entry(reason=""), "第 3 项：没有看到文字"),
    (entry(key="checkin_mode", value='"required"'), "第 3 项：「签到方式」要填“必须”，得先填好「必须签到依据」"),
    (entry(key="checkin_opens", value='"13:00"'), "第 3 项：「签到开始」（13:00）要早于"),
    (entry(key="fence_m"), "第 3 项：「驻村范围」12月1日写了两次"),
    (entry().replace("130123", "999999"), "第 3 项：没有代码是“999999”的地区"),
    (entry().replace("130123", VILLAGE), "第 3 项：没有代码是“130123001001”的地区"),
    (entry().replace('reason = "试"', ""), "第 3 项：缺 reason"),
    (entry(on='"2026-12-01"'), "第 3 项：from 的写法不对"),
    (entry(on="2026-12-01T08:00:00Z"), "第 3 项：from 的写法不对"),
    (entry() + 'why = "x"\n', "第 3 项：不认识 why"),
])  # fmt: skip
async def test_one_wrong_entry_and_nothing_is_written(db, tmp_path, capsys, bad, words):
    file = tmp_path / "settings.toml"
    file.write_text(GOOD + bad, encoding="utf-8")
    code, out, err = await command(capsys, "import", file, "--yes")
    assert code == 2
    assert words in out
    assert err == "没有导入：1 处不对，见上面。没有改动。\n"
    assert await rows(db) == []


@pytest.mark.parametrize("content, words", [
    ("[[setting", "不是完好的 TOML"), ("[other]\nx = 1\n", "只能有 [[setting]]"), ("setting = 3\n", "只能有 [[setting]]"),
])  # fmt: skip
async def test_no_settings_file_at_all(db, tmp_path, capsys, content, words):
    file = tmp_path / "settings.toml"
    file.write_text(content, encoding="utf-8")
    code, _out, err = await command(capsys, "import", file, "--yes")
    assert code == 2
    assert words in err
    assert len(err.splitlines()) == 1


async def test_a_file_that_is_not_there(db, tmp_path, capsys):
    code, _out, err = await command(capsys, "import", tmp_path / "nowhere.toml")
    assert (code, err) == (2, "没有这个文件或目录：nowhere.toml\n")


async def test_a_required_period_comes_in_one_file(db, tmp_path, capsys):
    file = tmp_path / "settings.toml"
    file.write_text(
        entry("checkin_mode", '"required"')
        + entry("required_from", "2026-12-01")
        + entry("required_to", '"2026-12-31"')
        + entry("required_basis", '"县防指〔2026〕3号"'),
        encoding="utf-8",
    )
    code, out, err = await command(capsys, "import", file, "--yes")
    assert (code, err) == (0, "")
    assert "签到方式（checkin_mode）：（没有） → 必须，2026-12-01 起" in out
    assert len(await rows(db)) == 4


async def test_without_yes_it_asks(db, tmp_path, capsys, monkeypatch):
    import io

    file = tmp_path / "settings.toml"
    file.write_text(GOOD, encoding="utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    code, _out, err = await command(capsys, "import", file)
    assert code == 2
    assert "已取消，没有改动" in err
    assert await rows(db) == []
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    code, _out, _err = await command(capsys, "import", file)
    assert code == 0
    assert len(await rows(db)) == 2
