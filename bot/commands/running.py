"""`run`: the bot itself."""

import typer

from bot import terminal
from locales import _


def register(app: typer.Typer) -> None:
    """Add `run`."""

    @app.command("run", help=_("运行助手，直到 Ctrl-C 或 SIGTERM。"))
    def _run() -> int:
        settings = terminal.settings()
        terminal.say(_("正在启动……"))
        from bot.app import run  # aiogram takes seconds to import

        return run(settings)
