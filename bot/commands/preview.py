"""`preview`: every reminder that would go out, to whom, when, under which rule; nothing is sent."""

import csv
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from bot import terminal
from bot.terminal import CommandError
from locales import _

if TYPE_CHECKING:
    from scheduler.preview import Line, Preview
    from storage.tables import Area

LONGEST = 366
"""Days that can be looked ahead at once."""


def register(app: typer.Typer) -> None:
    """Add `preview`."""

    @app.command("preview", help=_("预看：这些天里会自动提醒谁、什么时候、按哪条规定。只看，不发。"))
    def _preview(
        area: Annotated[str | None, typer.Option("--area", help=_("区划代码"))] = None,
        first: Annotated[str | None, typer.Option("--from", help=_("从哪天，如 2026-11-23"))] = None,
        last: Annotated[str | None, typer.Option("--to", help=_("到哪天（含），最多一年"))] = None,
        out: Annotated[str | None, typer.Option("--csv", help=_("写成 CSV 文件；- 表示直接打出来"))] = None,
    ) -> int:
        if area is None or first is None or last is None:
            raise CommandError(_("用法：preview --area 代码 --from 日期 --to 日期 [--csv 文件]"))
        days = _day(first), _day(last)
        if days[0] > days[1]:
            raise CommandError(_("日期反了：{first} 晚于 {last}。").format(first=first, last=last))
        if (days[1] - days[0]).days >= LONGEST:
            raise CommandError(_("一次最多看一年（{days} 天）。").format(days=LONGEST))
        if out not in {None, "-"} and Path(str(out)).exists():
            raise CommandError(_("已经有这个文件：{file}。换个名字。").format(file=Path(str(out)).name))
        return terminal.run(_show(area.strip(), *days, out))


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written.strip())
    except ValueError:
        raise CommandError(_("日期写成 2026-11-23 这样：{value}").format(value=written)) from None


async def _show(code: str, first: date, last: date, out: str | None) -> int:
    from scheduler.preview import preview
    from storage.roster import area_by_code

    async with terminal.database(terminal.settings()) as db, db.read() as session:
        area = await area_by_code(session, code)
        if area is None:
            raise CommandError(_("没有代码为 {code} 的区划。请先导入名册。").format(code=code))
        found = await preview(session, area, first, last, terminal.now())
    if out is None:
        _print(found, area, first, last)
    elif out == "-":
        _write(found, sys.stdout)
    else:
        with Path(out).open("w", encoding="utf-8-sig", newline="") as file:  # so that Excel knows what it reads
            _write(found, file)
        print(_("已写好：{file}，共 {count} 条。没有发送。").format(file=Path(out).name, count=len(found.lines)))
    return 0


def _print(found: "Preview", area: "Area", first: date, last: date) -> None:
    for day, time, what, name, role, place, rule, how in _rows(found):
        print(f"{day} {time}  {what} · {name}（{role}，{place}） · {rule}" + (f" · {how}" if how else ""))
    people = {line.person.id for line in found.lines}
    words = _("{area} {first} 至 {last}：{count} 条，{people} 人。没有发送。")
    print(words.format(area=area.name, first=first, last=last, count=len(found.lines), people=len(people)))
    if found.expired:
        print(_("另有 {count} 条等到勿扰过去已经没用，不会发。").format(count=found.expired))
    if found.past_limit:
        print(
            _(
                "另有 {count} 条超过每周消息上限，等到第二天早上已经没用，不会发。要让它们并入当天早上的一张卡，"
                "把「签到提醒」定在勿扰结束以前；或在「设置」里调高「每周消息上限」。"
            ).format(count=found.past_limit)
        )
    print(_("按现在知道的推算：还没人签到；已报的公出、请假算在内。"))


def _write(found: "Preview", file: TextIO) -> None:
    table = csv.writer(file, lineterminator="\n")
    table.writerow([_("日期"), _("时间"), _("提醒"), _("姓名"), _("角色"), _("地方"), _("规定"), _("方式")])
    table.writerows(_rows(found))


def _rows(found: "Preview") -> Iterator[tuple[str, ...]]:
    from handlers import phrases, settings_words

    for line in found.lines:
        yield (
            f"{line.at:%Y-%m-%d}",
            f"{line.at:%H:%M}",
            settings_words.name(line.prompt.setting),
            line.person.name,
            phrases.role(line.role),
            _place(line),
            _rule(line.prompt.clause),
            _("并入早上的一张卡") if line.merged else "",
        )


def _place(line: "Line") -> str:
    """柳河镇石门村; an officer's own area by itself."""
    from policy.authority import TEAM

    if line.role not in TEAM or line.above is None:
        return line.area.name
    return f"{line.above.name}{line.area.name}"


def _rule(clause: str) -> str:
    """《意见》三（二）, 本县规定, or the paper's own number."""
    from policy.profile import BURDEN_LETTER
    from policy.refusals import LOCAL

    if clause == LOCAL:
        return _("本县规定")
    return clause if clause == BURDEN_LETTER else _("《意见》{clause}").format(clause=clause)
