"""`roster import · template · export`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot import terminal
from bot.terminal import CommandError
from locales import _

if TYPE_CHECKING:
    from rich.progress import Progress

    from actions.roster import Plan
    from policy.workbook import Book
    from storage.engine import Database

SHOWN = 40
"""Differences listed one by one; the rest is a number."""


def register(app: typer.Typer) -> None:
    """Add the group `roster`."""
    group = typer.Typer(no_args_is_help=True, help=_("名册：导入、空表、导出。"))
    app.add_typer(group, name="roster")

    @group.command("import", help=_("导入名册：先全部检查，再写入；一样的不动，不一样的先列出来再确认。"))
    def _import(
        file: Annotated[Path, typer.Argument(help=_("名册（xlsx）"))],
        yes: Annotated[bool, typer.Option("--yes", help=_("不再问，直接导入"))] = False,
        skip_bad_rows: Annotated[bool, typer.Option("--skip-bad-rows", help=_("跳过有误的行，另存一份"))] = False,
        bad_rows: Annotated[Path | None, typer.Option("--bad-rows", help=_("有误的行存到哪里"))] = None,
        approval: Annotated[str | None, typer.Option("--approval", help=_("更换第一书记的批准文号"))] = None,
    ) -> int:
        aside = bad_rows or file.with_name(f"{file.stem}-有误.xlsx")
        return terminal.run(_do_import(file, aside, yes=yes, skip=skip_bad_rows, approval=approval))

    @group.command("template", help=_("写一份空的名册，带填写说明和下拉列表。"))
    def _template(
        file: Annotated[Path, typer.Argument(help=_("写到哪里（xlsx）"))],
        force: Annotated[bool, typer.Option("--force", help=_("文件已有也覆盖"))] = False,
    ) -> int:
        from documents.roster_template import write_template

        _must_be_free(file, force=force)
        write_template(file)
        print(_("已写好：{file}").format(file=file))
        return 0

    @group.command("export", help=_("导出现有名册和变动台账。"))
    def _export(
        file: Annotated[Path, typer.Argument(help=_("写到哪里（xlsx）"))],
        force: Annotated[bool, typer.Option("--force", help=_("文件已有也覆盖"))] = False,
    ) -> int:
        _must_be_free(file, force=force)
        terminal.run(_do_export(file))
        print(_("已写好：{file}").format(file=file))
        return 0


def _must_be_free(file: Path, *, force: bool) -> None:
    if file.exists() and not force:
        raise CommandError(_("已经有这个文件：{file}。换个名字，或加 --force 覆盖。").format(file=file.name))


async def _do_export(file: Path) -> None:
    from documents.roster_template import write_export
    from policy.authority import Viewer
    from storage import roster

    settings = terminal.settings()
    viewer = Viewer.system("/")
    async with terminal.database(settings) as db, db.read() as session:
        found = await roster.exported(session, viewer)
        changes = await roster.ledger(session, viewer)
        write_export(file, found, changes, terminal.zone(settings))


async def _do_import(file: Path, aside: Path, *, yes: bool, skip: bool, approval: str | None) -> int:
    from actions import roster
    from handlers import roster_words
    from policy.authority import Viewer
    from storage.roster import is_empty

    settings = terminal.settings()
    by = Viewer.system("/")
    async with terminal.database(settings) as db:
        with _bar() as bar:
            book = _read(file, bar)
            task = bar.add_task(_("检查"), total=None)
            today = terminal.now().astimezone(terminal.zone(settings)).date()
            async with db.read() as session:
                was_empty = await is_empty(session)
                planned = await roster.plan(session, book, by=by, today=today, approval=approval, skip_bad_rows=skip)
            bar.update(task, total=1, completed=1)
        _show(planned)
        if not planned.may_be_applied:
            raise CommandError(_refusal(planned))
        if not planned.changes and not planned.problems:
            print(_("和现有名册一样，没有要改的。"))
            return 0
        if not (yes or was_empty) and planned.changes:
            typer.confirm(_("确认导入"), abort=True)
        done = await _apply(db, planned, today.isoformat(), file, aside)
    print(_("已导入：{totals}").format(totals=roster_words.totals(done) or _("没有要改的")))
    return 0


def _bar() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=False, disable=not console.is_terminal)


def _read(file: Path, bar: "Progress") -> "Book":
    from documents.roster import UnreadableError, read

    task = bar.add_task(_("读表"), total=None)
    try:
        book = read(file, lambda done: bar.update(task, completed=done))
    except UnreadableError as error:
        words = _(
            "读不了：{file} 不是完好的 xlsx 名册，没有改动。旧的 xls 请在表格软件里另存为 xlsx；空表用 python -m bot roster template 取。"
        )
        raise CommandError(words.format(file=file.name)) from error
    bar.update(task, total=bar.tasks[task].completed)
    return book


def _show(planned: "Plan") -> None:
    """Everything found, on stdout: problems, warnings, weak teams, differences."""
    from actions.roster import Verb
    from handlers import roster_words

    for found in planned.problems:
        print(roster_words.line(found))
    for found in planned.warnings:
        print(_("提醒：{line}").format(line=roster_words.line(found)))
    for weak in planned.under_strength:
        words = _("人数不足：{code} {village} {count} 人，应有 {fewest} 人（《意见》一（一））")
        print(words.format(code=weak.code, village=weak.name, count=weak.people, fewest=weak.fewest))
    for swap in planned.swaps:
        words = _("更换第一书记：{village} {before} → {after}（《意见》一（三））")
        print(words.format(village=swap.village, before=swap.before, after=swap.after or "—"))
    changed = [change for change in planned.changes if change.verb is not Verb.ADD]
    added = [change for change in planned.changes if change.verb is Verb.ADD]
    for change in [*changed, *added][:SHOWN]:
        print(roster_words.difference(change))
    if len(planned.changes) > SHOWN:
        print(_("……共 {count} 处").format(count=len(planned.changes)))
    if planned.changes:
        print(roster_words.totals(planned))


def _refusal(planned: "Plan") -> str:
    rows = len(planned.bad_rows())
    if not planned.book.is_readable:
        return _("没有导入：表名或列名不对，共 {count} 处，见上面。").format(count=len(planned.problems))
    words = _("没有导入：{count} 处不对（{rows} 行），见上面。改好再导，或加 --skip-bad-rows 跳过这些行。")
    return words.format(count=len(planned.problems), rows=rows)


async def _apply(db: "Database", planned: "Plan", day: str, file: Path, aside: Path) -> "Plan":
    from datetime import date

    from actions import roster
    from documents.roster_template import write_bad_rows
    from handlers import roster_words
    from policy.authority import Viewer
    from policy.refusals import Refusal

    reasons = roster_words.reasons(planned)
    try:
        with _bar() as bar:
            task = bar.add_task(_("写入"), total=max(1, 2 * len(planned.changes)))
            async with db.write() as session:
                done = await roster.apply(
                    session,
                    planned,
                    by=Viewer.system("/"),
                    today=date.fromisoformat(day),
                    now=terminal.now(),
                    progress=lambda rows, total: bar.update(task, completed=rows, total=total),
                )
                if reasons:
                    write_bad_rows(aside, file, reasons)  # before the commit: no room for it, nothing is written
    except Refusal as refusal:
        raise CommandError(_("名册刚被别人改过，没有导入。请再运行一次。")) from refusal
    if reasons:
        print(_("跳过 {count} 行，另存在：{file}").format(count=len(reasons), file=aside))
    return done
