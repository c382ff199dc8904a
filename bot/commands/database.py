"""`migrate` and `sample`."""

import typer

from bot import terminal
from bot.terminal import CommandError
from locales import _


def register(app: typer.Typer) -> None:
    """Add `migrate` and `sample`."""

    @app.command("migrate", help=_("建立数据库，或升级到现在的版本。"))
    def _migrate() -> int:
        terminal.run(_bring_up_to_date())
        print(_("数据库已是现在的版本。"))
        return 0

    @app.command("sample", help=_("在空的数据库里建立样例县（安岭县，虚构）。"))
    def _sample() -> int:
        terminal.run(_make_sample())
        print(_("已建立样例县。运行 python -m bot run，打开手机页面，选一个样例人员试试。"))
        return 0


async def _bring_up_to_date() -> None:
    from storage.migrate import migrate

    settings = terminal.settings()
    if (path := terminal.sqlite_path(settings)) is not None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    await migrate(settings.database)


async def _make_sample() -> None:
    from actions import sample
    from policy.refusals import Refusal

    settings = terminal.settings()
    path = terminal.sqlite_path(settings)
    if path is None or not path.exists():
        await _bring_up_to_date()
    async with terminal.database(settings) as db:
        try:
            async with db.write() as session:
                await sample.create(session, now=terminal.now())
        except Refusal as refusal:
            raise CommandError(_("数据库里已经有内容，样例县只能建在空的数据库里，没有改动。")) from refusal
