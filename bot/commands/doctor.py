"""`doctor`: what is well, what is not, and what to do about it."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from bot import terminal
from bot.terminal import CommandError
from locales import _

if TYPE_CHECKING:
    from bot.settings import Settings


def register(app: typer.Typer) -> None:
    """Add `doctor`."""

    @app.command("doctor", help=_("检查数据库、收发、接口、时钟、磁盘和备份，说明怎么办。"))
    def _doctor(
        as_json: Annotated[bool, typer.Option("--json", help=_("给机器看的 JSON"))] = False,
        acknowledge: Annotated[
            bool, typer.Option("--acknowledge-abroad", help=_("管理员确认：知道消息经境外服务器（记入审计）"))
        ] = False,
        by: Annotated[str | None, typer.Option("--by", help=_("确认的管理员的姓名"))] = None,
    ) -> int:
        if acknowledge != (by is not None):
            raise CommandError(_("用法：doctor [--json]，或 doctor --acknowledge-abroad --by 姓名"))
        settings = terminal.settings()
        if by is not None:
            return terminal.run(_acknowledge(settings, by.strip()))
        return terminal.run(_tell(settings, as_json=as_json))


async def _tell(settings: "Settings", *, as_json: bool) -> int:
    from bot.doctor import examine

    if not as_json:
        async for finding in examine(settings):
            print(("✓ " if finding.well else "✗ ") + finding.line)
        return 0
    from bot.version import version

    found = [finding._asdict() async for finding in examine(settings)]
    said = {
        "version": version(),
        "checked_at": terminal.now().isoformat(timespec="seconds"),
        "well": all(finding["well"] for finding in found),
        "findings": found,
    }
    print(json.dumps(said, ensure_ascii=False, indent=1))
    return 0


async def _acknowledge(settings: "Settings", name: str) -> int:
    """An admin of the roster says that he knows where messages go (POLICY §5)."""
    from actions import abroad as action
    from storage import abroad
    from storage.people import viewer_of

    if not settings.speaks_abroad:
        raise CommandError(_("消息不经境外服务器，不用确认。没有改动。"))
    now = terminal.now()
    async with terminal.database(settings) as db, db.write() as session:
        admins = await abroad.admins(session, name, now.astimezone(terminal.zone(settings)).date())
        if len(admins) != 1:
            words = _("名册里叫 {name} 的管理员有 {n} 人，要正好一人。没有改动。")
            raise CommandError(words.format(name=name, n=len(admins)))
        since = await action.acknowledge(session, by=viewer_of(*admins[0]), now=now)
    when = since.astimezone(terminal.zone(settings)).strftime("%Y-%m-%d %H:%M")
    print(_("已记下：{when} 起，管理员知道消息经境外服务器。干部数据仍应存境内。").format(when=when))
    return 0
