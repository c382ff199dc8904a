"""`doctor`: what is well, what is not, what to do; and the admin's word on servers abroad."""

import asyncio
import json
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from bot import app, terminal
from bot.settings import Settings
from storage.engine import Database
from tests.command_line import Run, runner
from tests.workbooks import COUNTY, Roster


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    return runner(tmp_path, monkeypatch, capfd)


@pytest.fixture
def database(tmp_path: Path, migrated_sqlite: Path, run: Run) -> Path:
    """An empty database where the commands look for it."""
    path = tmp_path / "data" / "zhucun.db"
    path.parent.mkdir()
    shutil.copyfile(migrated_sqlite, path)
    return path


def test_doctor_on_a_healthy_database(run: Run, database: Path):
    done = run("doctor")
    assert (done.code, done.err) == (0, "")
    assert {line[:1] for line in done.out.splitlines()} == {"✓"}
    for words in ("已是现在的版本", "是完整的", "没有搁置的消息", "都不晚", "没有发不成", "都联系得上", "磁盘还有"):
        assert words in done.out
    told = json.loads(run("doctor", "--json").out)
    assert told["well"] is True
    assert [finding["line"] for finding in told["findings"]] == [line[2:] for line in done.out.splitlines()]


def test_doctor_says_what_to_do_about_queues_and_shows_nobodys_words(run: Run, database: Path):
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(
            "INSERT INTO inbox (id, channel, update_id, received_at, raw, state, attempts, error)"
            " VALUES (7, 'gateway', 41, '2026-11-23 00:02:00', '{}', 'SET_ASIDE', 3, 'ZeroDivisionError: broken')"
        )
        now, old = datetime.now(UTC), datetime.now(UTC) - timedelta(hours=3)
        errors = [
            "TelegramBadRequest: can't parse entities: 李雪",
            "TelegramBadRequest: Telegram server says - Bad Request: too long",
            "KeyError: '李雪'",
            "TelegramNetworkError, 300 times",
        ]
        rows: list[Any] = [(n, "FAILED", error, now) for n, error in enumerate(errors)]
        rows += [(10, "FAILED", "ValueError: long ago", now - timedelta(days=8))]
        rows += [
            (11, "WAITING", None, old),
            (12, "CLAIMED", None, old),
            (13, "WAITING", None, now + timedelta(hours=5)),
        ]
        connection.executemany(
            "INSERT INTO outbox (id, channel, kind, payload, natural_key, lane, not_before, state, attempts, error, claimed_at)"
            " VALUES (?1, 'gateway', 'trip', '{}', 'k' || ?1, 'ORDINARY', ?4, ?2, 0, ?3, ?4)",
            [(n, state, error, f"{at:%Y-%m-%d %H:%M:%S}") for n, state, error, at in rows],
        )
        connection.execute("UPDATE outbox SET subject = 'notice:7' WHERE id = 13")
        connection.executemany(
            "INSERT INTO outbox_hold (subject, since) VALUES (?, ?)",
            [
                (subject, f"{now - since:%Y-%m-%d %H:%M:%S}")
                for subject, since in (
                    ("notice:7", timedelta(hours=50)),
                    ("notice:7:remind", timedelta(hours=50)),
                    ("notice:8", timedelta(hours=20)),
                )
            ],
        )
        connection.execute("INSERT INTO person (id, name, language) VALUES (1, '李雪', 'zh_CN')")
        connection.execute(
            "INSERT INTO chat (id, channel, external_id, person_id, is_reachable) VALUES (1, 'gateway', 5001, 1, 0)"
        )
        connection.commit()
    done = run("doctor")
    assert done.code == 0
    assert [line for line in done.out.splitlines() if line[0] == "✗"] == [
        "✗ 搁置的消息 7（第 41 号，2026-11-23 08:02）：ZeroDivisionError: broken。请把这一行发给维护人员。",
        "✗ 发件箱里等着 2 条，最早的一条晚了 3 小时。助手没在运行就启动；在运行就看日志：接口不通，还是 429。",
        "✗ 发件箱里卡住 1 条：拿起来十分钟还没有结果。请（重新）启动助手，会接着发。",
        "✗ 通知 7 暂停了 2 天，压着 1 条。请发通知的人发「通知」，在「已发通知」里点「继续」或「取消」。",
        "✗ 最近 7 天有 2 条没发成（TelegramBadRequest）。请把这一行和版本发给维护人员。",
        "✗ 最近 7 天有 1 条没发成（KeyError）。请把这一行和版本发给维护人员。",
        "✗ 最近 7 天有 1 条没发成：试到最后接口也不通（TelegramNetworkError, 300 times）。请检查网络和接口。",
        "✗ 1 人联系不上（屏蔽了助手，或账号没了）。请县驻村办问一问本人，需要时发“换手机”的邀请。",
        "✗ 还没有备案号：政务应用要备案（国办函〔2026〕12号）。办好后写进 ZHUCUN_REGISTRATION_NUMBER。",
        "✗ 还没有备份。请运行：python -m bot backup 文件.tar（助手运行时，每天 03:00 自己备份；没有备成的看日志）",
    ]
    assert "李雪" not in done.out
    told = json.loads(run("doctor", "--json").out)
    assert told["well"] is False


def test_doctor_on_a_damaged_database_and_on_one_of_another_version(run: Run, database: Path):
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("DELETE FROM sqlite_master WHERE name = 'ix_outbox_due'")  # its pages are nobody's now
        connection.commit()
    assert "✗ 数据库坏了（" in run("doctor").out
    for revision, words in (("9999", "✗ 数据库（9999）比这个程序新。"), ("0001", "✗ 数据库的版本旧了（差 ")):
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
            connection.commit()
        done = run("doctor")
        assert (done.code, words in done.out) == (0, True)
    database.unlink()
    assert (run("doctor").code, run("doctor").line) == (2, ["还没有数据库。请先运行：python -m bot migrate"])


def test_doctor_on_disk_and_backups(run: Run, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert "✓ 还没有备份；名册里还没有真人，不急。" in run("doctor").out
    run("roster", "import", Roster().save(tmp_path / "名册.xlsx"))
    none = "✗ 还没有备份。请运行：python -m bot backup 文件.tar"
    assert none + "（助手运行时，每天 03:00 自己备份；没有备成的看日志）" in run("doctor").out
    monkeypatch.setenv("ZHUCUN_BACKUP_AT", "off")
    assert none + "（每夜的备份关着：ZHUCUN_BACKUP_AT）" in run("doctor").out
    run("backup", "a.tar")
    assert "✓ 上次备份：20" in run("doctor").out
    noted = tmp_path / "data" / "last-backup"
    noted.write_text((datetime.now(UTC) - timedelta(days=4)).isoformat(), encoding="utf-8")
    assert "，已经 4 天。请运行：python -m bot backup" in run("doctor").out
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=50 << 20))
    assert "✗ 磁盘只剩 50.0 MB（应有 1.0 GB，备份也要地方）。请腾出空间。" in run("doctor").out


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """A Bot API server that answers as it is told to, on the line of the settings."""
    said = SimpleNamespace(status=200, date=timedelta())

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(said.status)
            self.send_header("Date", format_datetime(datetime.now(UTC) + said.date, usegmt=True))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        monkeypatch.setenv("ZHUCUN_BOT_TOKEN", "1:secret")
        monkeypatch.setenv("ZHUCUN_BOT_API", f"http://127.0.0.1:{server.server_port}")
        yield said
        server.shutdown()
        thread.join()


def test_doctor_on_the_server_and_its_clock(
    run: Run, database: Path, api: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
):
    done = run("doctor").out
    assert "✓ 接口能连上，认得令牌。\n✓ 本机的时钟和接口服务器一致。" in done
    api.status, api.date = 401, timedelta(minutes=-2)
    done = run("doctor").out
    assert "✗ 接口不认这个令牌，或不是 Bot API（HTTP 401）。" in done
    assert "✗ 本机的时钟和接口服务器差 12" in done
    assert "secret" not in done
    monkeypatch.setenv("ZHUCUN_BOT_API", "http://127.0.0.1:9")  # nobody listens there
    done = run("doctor").out
    assert "✗ 接口连不上（ClientConnectorError）。请检查网络、ZHUCUN_BOT_API 和令牌。" in done
    assert "secret" not in done


def test_doctor_on_postgresql_compares_the_clocks(
    run: Run, postgres: Any, migrated_postgres: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ZHUCUN_DATABASE_URL", postgres.url(migrated_postgres))
    assert "✓ 本机的时钟和数据库服务器一致。" in run("doctor").out
    monkeypatch.setattr(terminal, "now", lambda: datetime.now(UTC) + timedelta(seconds=40))
    assert "✗ 本机的时钟和数据库服务器差 40 秒。请开对时" in run("doctor").out


def test_an_admin_acknowledges_that_messages_go_abroad(
    run: Run, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    run("roster", "import", Roster().save(tmp_path / "名册.xlsx"))
    run("invite", "--role", "管理员", "--area", COUNTY, "--name", "郑凯")
    warning = "✗ 名册不是样例，消息却经境外服务器"
    assert warning not in run("doctor").out
    needless = run("doctor", "--acknowledge-abroad", "--by", "郑凯")
    assert (needless.code, needless.line) == (2, ["消息不经境外服务器，不用确认。没有改动。"])
    monkeypatch.setenv("ZHUCUN_BOT_TOKEN", "1:unknown")
    monkeypatch.setattr("bot.doctor.server.TELEGRAM", "http://127.0.0.1:9")
    assert warning in run("doctor").out
    for name in ("王强", "无名"):  # a first secretary, nobody
        refused = run("doctor", "--acknowledge-abroad", "--by", name)
        assert (refused.code, refused.line) == (2, [f"名册里叫 {name} 的管理员有 0 人，要正好一人。没有改动。"])
    assert run("doctor", "--acknowledge-abroad").line == [
        "用法：doctor [--json]，或 doctor --acknowledge-abroad --by 姓名"
    ]
    for _ in range(2):  # twice is once
        assert run("doctor", "--acknowledge-abroad", "--by", "郑凯").code == 0
    assert "✓ 消息经境外服务器，管理员 20" in run("doctor").out
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute(
            "SELECT p.name, a.role, a.subject, a.before, a.after, r.code FROM audit a JOIN person p ON p.id = a.person_id"
            " JOIN area r ON r.id = a.area_id WHERE a.action = 'abroad:acknowledge'"
        ).fetchall()
    assert found == [("郑凯", "ADMIN", "abroad", None, None, COUNTY)]


def said_at_start(database: Path) -> list[str]:
    """What a start says of servers abroad."""

    async def start() -> None:
        db = Database(f"sqlite+aiosqlite:///{database}")
        await app._warn_abroad(Settings(), cast(app.App, SimpleNamespace(db=db)))
        await db.close()

    with capture_logs() as lines:
        asyncio.run(start())
    return [line["event"] for line in lines]


def test_a_start_says_so_too(run: Run, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ZHUCUN_BOT_TOKEN", "1:unknown")
    assert said_at_start(database) == [], "nobody is in it yet"
    run("roster", "import", Roster().save(tmp_path / "名册.xlsx"))
    run("invite", "--role", "管理员", "--area", COUNTY, "--name", "郑凯")
    [warning] = said_at_start(database)
    assert warning.startswith("the roster is not a sample, but messages go through a server abroad")
    run("doctor", "--acknowledge-abroad", "--by", "郑凯")
    assert said_at_start(database) == ["messages go through a server abroad; an admin has acknowledged it"]
    monkeypatch.setenv("ZHUCUN_BOT_API", "http://127.0.0.1:9")
    assert said_at_start(database) == []


def test_doctor_asks_a_real_county_for_its_registration_number(
    run: Run, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asked = "✗ 还没有备案号：政务应用要备案（国办函〔2026〕12号）。办好后写进 ZHUCUN_REGISTRATION_NUMBER。"
    assert asked not in run("doctor").out  # nobody is in it yet
    run("roster", "import", Roster().save(tmp_path / "名册.xlsx"))
    assert asked in run("doctor").out
    monkeypatch.setenv("ZHUCUN_REGISTRATION_NUMBER", "样备2026-0001")
    assert "✓ 备案号：样备2026-0001" in run("doctor").out


@pytest.mark.parametrize("damage", [b"no database at all", None])
def test_a_damaged_file_is_said_with_the_next_step(run: Run, database: Path, damage: bytes | None):
    if damage is None:
        with database.open("r+b") as file:
            file.seek(4096 * 2)
            file.write(b"\xff" * 4096 * 60)
    else:
        database.write_bytes(damage * 500)
    done = run("doctor")
    assert (done.code, done.out) == (2, "")
    assert "数据库文件坏了，没有改动。" in done.err
    assert "restore" in done.err
