"""The command line: exit codes, one clear line, nothing half-written."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import typer
from openpyxl import load_workbook

from bot import terminal
from tests.command_line import Run, runner
from tests.workbooks import COUNTY, SHIMEN, Roster


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    return runner(tmp_path, monkeypatch, capfd)


@pytest.fixture
def database(run: Run, tmp_path: Path, migrated_sqlite: Path) -> Path:
    """An empty database where the commands look for it."""
    path = tmp_path / "data" / "zhucun.db"
    path.parent.mkdir()
    shutil.copyfile(migrated_sqlite, path)
    return path


def count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        found: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
        return found


def test_migrate_makes_the_database_and_again_changes_nothing(run: Run, tmp_path: Path):
    assert run("migrate").code == 0
    assert run("migrate").code == 0
    assert count(tmp_path / "data" / "zhucun.db", "person") == 0


def test_import_export_and_import_again(run: Run, database: Path, tmp_path: Path):
    roster = Roster().save(tmp_path / "名册.xlsx")
    first = run("roster", "import", roster)
    assert (first.code, count(database, "person")) == (0, 8)
    assert "已导入：新增 区划 6、派出单位 2、驻地 2、人员 8、任职 8" in first.out
    assert run("roster", "export", "导出.xlsx").code == 0
    assert "变动台账" in load_workbook(tmp_path / "导出.xlsx").sheetnames
    for file in ("名册.xlsx", "导出.xlsx"):
        again = run("roster", "import", file)
        assert (again.code, "没有要改的" in again.out) == (0, True)
    assert run("roster", "export", "导出.xlsx").line == ["已经有这个文件：导出.xlsx。换个名字，或加 --force 覆盖。"]


def test_a_changed_file_asks_first(run: Run, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run("roster", "import", Roster().save(tmp_path / "a.xlsx"))
    roster = Roster()
    roster.people[1][1] = "13700000001"
    changed = roster.save(tmp_path / "b.xlsx")
    asked: list[str] = []

    def no(question: str, *, abort: bool) -> bool:
        asked.append(question)
        raise typer.Abort

    monkeypatch.setattr("typer.confirm", no)
    refused = run("roster", "import", changed)
    assert (refused.code, refused.line, asked) == (2, ["已取消，没有改动。"], ["确认导入"])
    assert "变更 人员 石门村 周建国：手机 139****1002 → 137****0001" in refused.out
    assert run("roster", "import", changed, "--yes").code == 0
    assert len(asked) == 1


def test_problems_are_listed_and_nothing_is_written(run: Run, database: Path, tmp_path: Path):
    roster = Roster()
    roster.people[1][1] = "123"
    roster.people[0][2] = "群众"
    file = roster.save(tmp_path / "a.xlsx")
    done = run("roster", "import", file)
    assert done.code == 2
    assert "人员 第 3 行「手机」：手机号应是 11 位数字，这里是 3 位，或不是手机号（本县规定）" in done.out
    assert done.line == ["没有导入：1 处不对（1 行），见上面。改好再导，或加 --skip-bad-rows 跳过这些行。"]
    assert count(database, "area") == 0
    skipped = run("roster", "import", file, "--skip-bad-rows")
    assert skipped.code == 0
    assert count(database, "person") == 5  # 石门村's team would be without a first secretary: it waits as a whole
    aside = list(load_workbook(tmp_path / "a-有误.xlsx")["人员"].values)
    assert [row[0] for row in aside[1:]] == ["王强", "周建国", "赵敏"]


def test_a_swap_needs_the_approvals_number(run: Run, database: Path, tmp_path: Path):
    run("roster", "import", Roster().save(tmp_path / "a.xlsx"))
    roster = Roster()
    roster.people[0][7] = "2026-04-01"
    roster.people.append([*roster.people[0][:4], "队员", SHIMEN, "2026-04-02", None])
    roster.people[1][4] = "队员"
    roster.people.append(["马国栋", "13900001010", "中共党员", None, "第一书记", SHIMEN, "2026-04-02", None])
    file = roster.save(tmp_path / "b.xlsx")
    refused = run("roster", "import", file, "--yes")
    assert refused.code == 2
    assert "更换第一书记（王强 → 马国栋）要有批准文号，不得擅自调整（《意见》一（三））" in refused.out
    assert run("roster", "import", file, "--yes", "--approval", "安组干〔2026〕7号").code == 0


@pytest.mark.parametrize(
    "content, line",
    [
        (
            b"hello",
            "读不了：a.xlsx 不是完好的 xlsx 名册，没有改动。旧的 xls 请在表格软件里另存为 xlsx；空表用 python -m bot roster template 取。",
        ),
        (None, "没有这个文件或目录：a.xlsx"),
    ],
)
def test_a_file_that_is_none(run: Run, database: Path, tmp_path: Path, content: bytes | None, line: str):
    if content is not None:
        (tmp_path / "a.xlsx").write_bytes(content)
    done = run("roster", "import", "a.xlsx")
    assert (done.code, done.line) == (2, [line])


def test_no_database_a_locked_one_and_one_that_is_none(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: Path
):
    roster = Roster().save(tmp_path / "a.xlsx")
    monkeypatch.setattr("storage.engine.BUSY_TIMEOUT_MS", 10)
    with closing(sqlite3.connect(database)) as other:
        other.execute("BEGIN IMMEDIATE")
        locked = run("roster", "import", roster)
    assert (locked.code, locked.line) == (2, ["数据库正被别的程序占用，没有改动。请稍后再试。"])
    database.unlink()
    assert run("roster", "import", roster).line == ["还没有数据库。请先运行：python -m bot migrate"]
    database.write_bytes(b"no database" * 100)
    broken = run("roster", "import", roster)
    assert (broken.code, "没有改动" in broken.line[0]) == (2, True)
    monkeypatch.setenv("ZHUCUN_DATABASE_URL", "postgresql+asyncpg://nobody@127.0.0.1:1/none")
    away = run("roster", "import", roster)
    assert (away.code, "没有改动" in away.line[0]) == (2, True)
    monkeypatch.setenv("ZHUCUN_DATABASE_URL", "what is this")
    assert run("roster", "import", roster).line == ["ZHUCUN_DATABASE_URL 不对，打不开"]


def test_a_full_disk_writes_nothing(run: Run, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run("roster", "import", Roster().save(tmp_path / "a.xlsx"))
    before = count(database, "invitation")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("openpyxl.Workbook.save", full)
    done = run("invite", "--all", "--out", "邀请.xlsx")
    assert (done.code, done.line) == (2, ["磁盘满了，没有改动。请腾出空间再试。"])
    assert count(database, "invitation") == before == 0


def test_wrong_settings_are_one_line(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ZHUCUN_TIMEZONE", "Nowhere")
    done = run("roster", "export", "a.xlsx")
    assert (done.code, done.err) == (2, "设置不对：ZHUCUN_TIMEZONE：没有这个时区，例如 Asia/Shanghai")
    monkeypatch.setenv("ZHUCUN_TIMEZONE", "Asia/Shanghai")
    monkeypatch.setenv("ZHUCUN_GATEWAY_LISTEN", "8080")
    assert run("doctor").err == "设置不对：ZHUCUN_GATEWAY_LISTEN：应是 主机:端口，例如 127.0.0.1:8080"


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["nonsense"], "没有这个命令：nonsense。用法：python -m bot --help"),
        (["roster", "nonsense"], "没有这个命令：nonsense。用法：python -m bot roster --help"),
        (["roster", "import"], "还缺：file。用法：python -m bot roster import --help"),
        (["roster", "import", "a", "b"], "多了：b。用法：python -m bot roster import --help"),
        (["roster", "import", "a", "--what"], "没有这个选项：--what。用法：python -m bot roster import --help"),
        (["invite", "--role"], "--role 后面要写内容。用法：python -m bot --help"),
        (["invite"], "用法：invite --role 角色 --area 代码 [--name 姓名]，或 invite --all --out 文件.xlsx"),
    ],
)
def test_wrong_use_is_one_line(run: Run, arguments: list[str], said: str):
    done = run(*arguments)
    assert (done.code, done.err) == (2, said)


def test_a_bar_is_drawn_on_a_terminal_only(run: Run, database: Path, tmp_path: Path):
    (tmp_path / "坏.xlsx").write_text("hello", encoding="utf-8")
    done = run("roster", "import", "坏.xlsx")
    assert (done.code, len(done.err.splitlines())) == (2, 1)


def test_the_first_admin_is_invited_by_name(run: Run, database: Path, tmp_path: Path):
    run("roster", "import", Roster().save(tmp_path / "a.xlsx"))
    done = run("invite", "--role", "管理员", "--area", COUNTY, "--name", "郑凯")
    assert done.code == 0
    assert "http://127.0.0.1:8080/?start=" in done.out
    again = run("invite", "--role", "admin", "--area", COUNTY)
    assert (again.code, count(database, "person")) == (0, 9)
    member = run("invite", "--role", "队员", "--area", SHIMEN, "--name", "无名")
    assert (member.code, "没有改动" in member.line[0], count(database, "person")) == (2, True, 9)
    unknown = run("invite", "--role", "队员", "--area", "77")
    assert (unknown.code, unknown.line) == (2, ["没有代码为 77 的区划。请先导入名册。"])
    several = run("invite", "--role", "队员", "--area", SHIMEN)
    assert (several.code, several.line) == (2, ["这里有 2 人担任，请用 --name 指明：周建国、赵敏"])
    assert run("invite", "--role", "镇长", "--area", SHIMEN).line[0].startswith("不认识的角色“镇长”")


def test_everybody_is_invited_at_once(run: Run, database: Path, tmp_path: Path):
    run("roster", "import", Roster().save(tmp_path / "a.xlsx"))
    done = run("invite", "--all", "--area", SHIMEN, "--out", "邀请.xlsx")
    assert done.code == 0
    rows = list(load_workbook(tmp_path / "邀请.xlsx")["邀请"].values)
    assert [row[:3] for row in rows[1:]] == [
        ("王强", "第一书记", "石门村"),
        ("周建国", "队员", "石门村"),
        ("赵敏", "队员", "石门村"),
    ]
    assert all(str(row[4]).endswith(f"/?start={row[3]}") for row in rows[1:])


def test_nobody_can_be_invited_from_an_empty_roster(run: Run, database: Path, tmp_path: Path):
    done = run("invite", "--all", "--out", "邀请.xlsx")
    words = "名册还是空的，没有可以邀请的人。请先导入名册：python -m bot roster import 名册.xlsx"
    assert (done.code, done.out, done.line) == (2, "", [words])
    assert not (tmp_path / "邀请.xlsx").exists()


def test_a_folder_that_is_missing_or_taken_for_a_file_is_named(run: Run, database: Path, tmp_path: Path):
    missing = run("roster", "template", tmp_path / "没有" / "a.xlsx")
    assert (missing.code, missing.line) == (2, ["没有这个文件或目录：没有"])
    (tmp_path / "名册").mkdir()
    folder = run("roster", "import", tmp_path / "名册")
    assert (folder.code, folder.line) == (2, ["名册 是文件夹，请写到文件名。"])
    forced = run("roster", "template", tmp_path / "名册", "--force")
    assert (forced.code, forced.line) == (2, ["名册 是文件夹，请写到文件名。"])
    assert not list(tmp_path.rglob("*.part"))


def test_the_sample_goes_into_an_empty_database_only(run: Run, tmp_path: Path):
    assert run("sample").code == 0
    again = run("sample")
    assert (again.code, again.line) == (2, ["数据库里已经有内容，样例县只能建在空的数据库里，没有改动。"])


@pytest.mark.parametrize(
    "environment, language",
    [
        ({}, "zh_CN"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "zh_CN"),
        ({"LC_ALL": "zh_CN.UTF-8", "LANG": "en_US"}, "zh_CN"),
        ({"LANG": "zh_CN", "ZHUCUN_LANG": "en"}, "en"),
    ],
)
def test_the_language_of_the_command_line(environment: dict[str, str], language: str):
    assert terminal.language(environment) == language


def test_help_is_fast_because_aiogram_stays_away(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "aiogram", None)  # importing it now would fail
    assert run("--help").code == 0
    assert run("roster", "template", "a.xlsx").code == 0
