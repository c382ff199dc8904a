"""`backup` and `restore`."""

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot import terminal
from bot.terminal import CommandError
from locales import _


def register(app: typer.Typer) -> None:
    """Add `backup` and `restore`."""

    @app.command("backup", help=_("备份：不用停，全部写进一个文件，写完再读一遍核对。"))
    def _backup(
        file: Annotated[Path, typer.Argument(help=_("写到哪里（tar）"))],
        force: Annotated[bool, typer.Option("--force", help=_("文件已有也覆盖"))] = False,
    ) -> int:
        from bot import backup

        if file.exists() and not force:
            raise CommandError(_("已经有这个文件：{file}。换个名字，或加 --force 覆盖。").format(file=file.name))
        _end_tidily()
        manifest = backup.make(terminal.settings(), file, terminal.now())
        said = _("已备份并核对：{file}（{size}，{rows} 行）。里面有个人信息，请存放在境内、加密，14 天后删。")
        size = backup.in_words(file.stat().st_size)
        print(said.format(file=file, size=size, rows=backup.rows_of(manifest)))
        return 0

    @app.command("restore", help=_("恢复：只恢复到空的地方（空的数据目录、空的数据库）。"))
    def _restore(file: Annotated[Path, typer.Argument(help=_("备份（tar）"))]) -> int:
        from bot import backup, restore

        settings = terminal.settings()
        _end_tidily()
        manifest = restore.restore(settings, file)
        when = restore.made_on(manifest).astimezone(terminal.zone(settings)).strftime("%Y-%m-%d %H:%M")
        said = _("已恢复 {when} 的备份（{rows} 行）。请运行 doctor 看一遍，再启动。")
        print(said.format(when=when, rows=backup.rows_of(manifest)))
        return 0


def _end_tidily() -> None:
    """Where the command is ended in the middle, what it has begun to write goes."""
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(128 + signal.SIGTERM))
