"""What commands share: settings, the database, the language, and errors as one line (exit code 2)."""

import asyncio
import errno
import re
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from locales import DEFAULT, LANGUAGES, _, mark, match

if TYPE_CHECKING:
    from bot.settings import Settings
    from storage.engine import Database

T = TypeVar("T")


class CommandError(Exception):
    """Wrong use or bad input: one clear line on stderr, exit code 2, nothing changed."""


def language(environment: Mapping[str, str]) -> str:
    """Chinese, unless ZHUCUN_LANG or else the system's locale says English."""
    asked = environment.get("ZHUCUN_LANG", "")
    if asked:
        return asked if asked in LANGUAGES else match(asked)
    system = environment.get("LC_ALL") or environment.get("LANG") or ""
    return match(system.split(".")[0]) if system else DEFAULT


_MISUSE = (
    (re.compile(r"No such command '(?P<what>.*)'"), mark("没有这个命令：{what}")),
    (re.compile(r"No such option: (?P<what>\S+)"), mark("没有这个选项：{what}")),
    (re.compile(r"Option '(?P<what>\S+)' requires an argument"), mark("{what} 后面要写内容")),
    (re.compile(r"Missing (?:argument|option|parameter):? '?(?P<what>[^'.]*)"), mark("还缺：{what}")),
    (re.compile(r"Got unexpected extra argument.*?\((?!s\))(?P<what>.*)\)"), mark("多了：{what}")),
)
"""What the command line's library says of wrong use, and how we say it."""


def misuse(error: Exception) -> str:
    """One line on a wrong command, option or argument, with where to look."""
    said = str(getattr(error, "message", "") or error)
    context = getattr(error, "ctx", None)
    hint = _("用法：{command} --help").format(command=context.command_path if context is not None else "python -m bot")
    for pattern, words in _MISUSE:
        if found := pattern.match(said):
            return _("{cause}。{hint}").format(cause=_(words).format(what=found["what"]), hint=hint)
    return f"{said} {hint}".strip()


def settings() -> "Settings":
    """The settings of the process. Raises CommandError for one that is wrong."""
    from pydantic import ValidationError

    from bot.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "ZHUCUN_" + "_".join(str(part) for part in first["loc"]).upper()
        said = first.get("ctx", {}).get("error")
        cause = _(str(said)) if said is not None else first["msg"]
        raise CommandError(_("设置不对：{name}：{cause}").format(name=name, cause=cause)) from error


def now() -> datetime:
    """The time (UTC); commands read the clock here."""
    return datetime.now(UTC)


def zone(of: "Settings") -> ZoneInfo:
    """The time zone whose days count."""
    return ZoneInfo(of.timezone)


def say(words: str) -> None:
    """A line for a person who watches, at once; where nobody does (a service, a file) the log says it."""
    if sys.stdout.isatty():
        print(words, flush=True)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work to its end."""
    return asyncio.run(work)


@asynccontextmanager
async def database(of: "Settings") -> "AsyncIterator[Database]":
    """The database, which must be there and up to date. Raises CommandError."""
    from storage.engine import Database
    from storage.migrate import pending

    path = sqlite_path(of)
    if path is not None and not path.exists():
        raise CommandError(_("还没有数据库。请先运行：python -m bot migrate"))
    db = _opened(lambda: Database(of.database, of.channel))
    try:
        if await pending(of.database):
            raise CommandError(_("数据库的版本旧了。请先运行：python -m bot migrate"))
        yield db
    finally:
        await db.close()


def sqlite_path(of: "Settings") -> Path | None:
    """The file of an SQLite database; None for PostgreSQL."""
    if not of.database.startswith("sqlite"):
        return None
    return Path(of.database.split("///", 1)[-1].split("?", maxsplit=1)[0])


def _opened(make: Callable[[], T]) -> T:
    try:
        return make()
    except Exception as error:  # whatever the address made the library raise
        raise CommandError(_("ZHUCUN_DATABASE_URL 不对，打不开")) from error


@contextmanager
def plain_errors() -> Iterator[None]:
    """Trouble with disk or database as one line that says what to do."""
    try:
        yield
    except CommandError:
        raise
    except Exception as error:
        said = trouble(error)
        if said is None:
            raise
        raise CommandError(said) from error


def trouble(error: Exception) -> str | None:
    """What to say of an error of disk or database; None for any other."""
    from storage.engine import is_disk_trouble

    words = str(error).lower()
    if isinstance(error, OSError) and error.filename is not None:
        place = Path(str(error.filename)).name
        if error.errno == errno.ENOENT:
            return _("没有这个文件或目录：{name}").format(name=place)
        if error.errno == errno.EISDIR:
            return _("{name} 是文件夹，请写到文件名。").format(name=place)
        return _("文件读写不了（{cause}）：{name}").format(cause=error.strerror, name=place)
    if not is_disk_trouble(error):
        return None
    if "locked" in words or "busy" in words:
        return _("数据库正被别的程序占用，没有改动。请稍后再试。")
    if "full" in words or (isinstance(error, OSError) and error.errno == errno.ENOSPC):
        return _("磁盘满了，没有改动。请腾出空间再试。")
    if "malformed" in words or "not a database" in words:
        return _("数据库文件坏了，没有改动。请停下助手，把最近的备份恢复到一个新的数据目录（restore）。")
    cause = str(getattr(error, "orig", None) or error).splitlines()[0]
    return _("数据库连不上或不能用，没有改动：{cause}").format(cause=cause[:200])
