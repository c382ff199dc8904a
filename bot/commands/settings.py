"""`settings export · import`: every area's settings as TOML, by area code and key, with date and reason."""

import json
import tomllib
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot import terminal
from bot.terminal import CommandError
from locales import _

if TYPE_CHECKING:
    from actions.settings import Change, Plan, Wish
    from storage.engine import Database
    from storage.tables import Area, Setting

COLUMNS = {"area": str, "key": str, "value": object, "from": date, "reason": str}


def register(app: typer.Typer) -> None:
    """Add the group `settings`."""
    group = typer.Typer(no_args_is_help=True, help=_("设置：导出、导入（TOML）。"))
    app.add_typer(group, name="settings")

    @group.command("export", help=_("导出各地区改过的设置。"))
    def _export(
        file: Annotated[Path, typer.Argument(help=_("写到哪里（toml）"))],
        force: Annotated[bool, typer.Option("--force", help=_("文件已有也覆盖"))] = False,
    ) -> int:
        if file.exists() and not force:
            raise CommandError(_("已经有这个文件：{file}。换个名字，或加 --force 覆盖。").format(file=file.name))
        count = terminal.run(_do_export(file))
        print(_("已写好：{file}，共 {count} 项。").format(file=file, count=count))
        return 0

    @group.command("import", help=_("导入设置：先全部检查，列出不同，确认后一起写入。"))
    def _import(
        file: Annotated[Path, typer.Argument(help=_("设置（toml）"))],
        yes: Annotated[bool, typer.Option("--yes", help=_("不再问，直接导入"))] = False,
    ) -> int:
        return terminal.run(_do_import(file, yes=yes))


async def _do_export(file: Path) -> int:
    from policy.authority import Viewer
    from storage import settings

    async with terminal.database(terminal.settings()) as db, db.read() as session:
        found = await settings.exported(session, Viewer.system("/"))
    file.write_text(written(found), encoding="utf-8")
    return len(found)


def written(found: "Iterable[tuple[Area, Setting]]") -> str:
    """Settings as TOML."""
    entries = [
        "\n[[setting]]\n"
        f"area = {_text(area.code)}  # {area.name}\n"
        f"key = {_text(row.key)}\n"
        f"value = {_toml(row.value)}\n"
        f"from = {row.effective_on.isoformat()}\n"
        f"reason = {_text(row.reason)}\n"
        for area, row in found
    ]
    head = _("# 驻村助手 · 设置\n# area 区划代码，key 设置项，value 值，from 从哪天起，reason 原因\n")
    return head + "".join(entries)


def _toml(value: Any) -> str:
    """A stored value; there is no empty value in TOML, so that a date not set is an empty text."""
    if value is None:
        return '""'
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, str):
        return _text(value)
    return json.dumps(value)  # true, 3, 1.5: as TOML has them


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


async def _do_import(file: Path, *, yes: bool) -> int:
    from actions import settings
    from policy.authority import Viewer

    wishes = read(file)
    by = Viewer.system("/")
    async with terminal.database(terminal.settings()) as db:
        async with db.read() as session:
            planned = await settings.plan(session, by=by, wishes=wishes)
        _show(planned)
        if planned.problems:
            words = _("没有导入：{count} 处不对，见上面。没有改动。")
            raise CommandError(words.format(count=len(planned.problems)))
        if not planned.changes:
            print(_("和现有设置一样，没有要改的。"))
            return 0
        if not yes:
            typer.confirm(_("确认导入"), abort=True)
        await _apply(db, wishes, planned)
    print(_("已导入 {count} 项。").format(count=len(planned.changes)))
    return 0


async def _apply(db: "Database", wishes: "list[Wish]", planned: "Plan") -> None:
    from actions import settings
    from policy.authority import Viewer

    by = Viewer.system("/")
    async with db.write() as session:
        again = await settings.plan(session, by=by, wishes=wishes)
        if [_essence(change) for change in again.changes] != [_essence(change) for change in planned.changes]:
            raise CommandError(_("设置刚被别人改过，没有导入。请再运行一次。"))
        await settings.apply(session, again, by=by, now=terminal.now())


def _essence(change: "Change") -> tuple[Any, ...]:
    return change.area.id, change.key, change.before, change.value, change.effective_on, change.reason


def read(file: Path) -> "list[Wish]":
    """The entries of a file. Raises CommandError for what is no TOML, or an entry that is not whole."""
    from actions.settings import Wish

    try:
        content = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        words = _("读不了：{file} 不是完好的 TOML（{cause}），没有改动。")
        raise CommandError(words.format(file=file.name, cause=error)) from error
    entries = content.get("setting", [])
    if set(content) - {"setting"} or not isinstance(entries, list):
        raise CommandError(_("读不了：{file} 里只能有 [[setting]]，没有改动。").format(file=file.name))
    wrong = [line for place, entry in enumerate(entries, 1) if (line := _wrong(place, entry)) is not None]
    if wrong:
        for line in wrong:
            print(line)
        raise CommandError(_("没有导入：{count} 处不对，见上面。没有改动。").format(count=len(wrong)))
    return [
        Wish(entry["area"], entry["key"], entry["value"], entry["from"], entry["reason"], place)
        for place, entry in enumerate(entries, 1)
    ]


def _wrong(place: int, entry: Any) -> str | None:
    """What an entry lacks, or has too much; None: nothing."""
    if not isinstance(entry, dict):
        return _("第 {place} 项：要写成 [[setting]]").format(place=place)
    for column, kind in COLUMNS.items():
        if column not in entry:
            return _("第 {place} 项：缺 {column}").format(place=place, column=column)
        if not isinstance(entry[column], kind) or (kind is date and isinstance(entry[column], datetime)):
            return _("第 {place} 项：{column} 的写法不对").format(place=place, column=column)
    if extra := sorted(entry.keys() - COLUMNS.keys()):
        return _("第 {place} 项：不认识 {column}").format(place=place, column=extra[0])
    return None


def _show(planned: "Plan") -> None:
    from html import unescape

    from handlers import refusals, settings_words

    for place, refusal in planned.problems:
        # words are made for messages in HTML; here they are plain
        print(_("第 {place} 项：{why}").format(place=place, why=unescape(refusals.words(refusal))))
    if planned.problems:
        return
    for change in planned.changes:
        before = _("（没有）") if change.before is None else settings_words.value(change.key, change.before)
        words = _("{code} {area} · {name}（{key}）：{before} → {value}，{since} 起")
        print(
            words.format(
                code=change.area.code,
                area=change.area.name,
                name=settings_words.name(change.key),
                key=change.key,
                before=before,
                value=settings_words.value(change.key, change.value),
                since=change.effective_on.isoformat(),
            )
        )
