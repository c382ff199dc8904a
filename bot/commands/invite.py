"""`invite`: a link for one person, or a workbook of links for everybody not yet bound."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot import terminal
from bot.terminal import CommandError
from locales import _

if TYPE_CHECKING:
    from bot.settings import Settings
    from policy.authority import Role
    from storage.engine import AsyncSession
    from storage.tables import Area


def register(app: typer.Typer) -> None:
    """Add `invite`."""

    @app.command("invite", help=_("邀请：给一个人一个链接（一次有效，7 天内），或给所有还没绑定的人各一个。"))
    def _invite(
        role: Annotated[str | None, typer.Option("--role", help=_("角色，如 县级工作人员"))] = None,
        area: Annotated[str | None, typer.Option("--area", help=_("区划代码"))] = None,
        name: Annotated[str | None, typer.Option("--name", help=_("姓名"))] = None,
        takeover: Annotated[bool, typer.Option("--takeover", help=_("换手机：绑定移到新手机"))] = False,
        everybody: Annotated[bool, typer.Option("--all", help=_("所有还没绑定的人"))] = False,
        out: Annotated[Path | None, typer.Option("--out", help=_("邀请表写到哪里（xlsx）"))] = None,
    ) -> int:
        if everybody:
            if out is None or role is not None or name is not None:
                raise CommandError(_("用法：invite --all [--area 代码] --out 文件.xlsx"))
            return terminal.run(_invite_all(area, out))
        if role is None or area is None:
            raise CommandError(_("用法：invite --role 角色 --area 代码 [--name 姓名]，或 invite --all --out 文件.xlsx"))
        return terminal.run(_invite_one(_role(role), area, name, takeover=takeover))


def _role(word: str) -> "Role":
    from policy.authority import Role
    from policy.refusals import Refusal
    from policy.roster import RoleName, role_of

    if word.lower() in set(Role):
        return Role(word.lower())
    try:
        return role_of(word)
    except Refusal as refusal:
        raise CommandError(
            _("不认识的角色“{word}”，可以是：{roles}").format(word=word, roles="、".join(RoleName))
        ) from refusal


async def _invite_one(role: "Role", code: str, name: str | None, *, takeover: bool) -> int:
    from actions import invitations
    from policy.authority import Viewer
    from policy.refusals import Code, Refusal

    settings = terminal.settings()
    name = name.strip() or None if name is not None else None
    async with terminal.database(settings) as db:
        try:
            async with db.write() as session:
                area = await _area(session, code)
                person_id = await _person(session, settings, role, area, name)
                token = await invitations.create(
                    session,
                    by=Viewer.system("/"),
                    person_id=person_id,
                    now=terminal.now(),
                    channel=settings.channel,
                    takeover=takeover,
                )
        except Refusal as refusal:
            if refusal.code is Code.PERSON_BOUND:
                raise CommandError(_("这个人已经绑定。换了手机请加 --takeover。没有改动。")) from refusal
            raise CommandError(_("邀请不了（{code}），没有改动。").format(code=refusal.code.value)) from refusal
    link = await _linker(settings)
    print(
        _("链接（一次有效，7 天内）：{link}").format(link=link.replace("TOKEN", token)) if link else "/start " + token
    )
    return 0


async def _area(session: "AsyncSession", code: str) -> "Area":
    from storage.roster import area_by_code

    area = await area_by_code(session, code.strip())
    if area is None:
        raise CommandError(_("没有代码为 {code} 的区划。请先导入名册。").format(code=code))
    return area


async def _person(session: "AsyncSession", settings: "Settings", role: "Role", area: "Area", name: str | None) -> int:
    """The one who holds the role there; an office nobody of that name holds yet is given by its name."""
    from actions import offices
    from policy.authority import Viewer
    from policy.refusals import Refusal
    from storage.invitations import holders_by_name

    by = Viewer.system("/")
    today = terminal.now().astimezone(terminal.zone(settings)).date()
    found = await holders_by_name(session, by, role, area, name, today)
    if len(found) == 1:
        return found[0][0].id
    if found:
        if name is None:
            names = "、".join(person.name for person, _role, _area in found)
            raise CommandError(
                _("这里有 {count} 人担任，请用 --name 指明：{names}").format(count=len(found), names=names)
            )
        raise CommandError(_("这里有 {count} 个同名的人担任，请先在名册里核对。").format(count=len(found)))
    if name is None:
        raise CommandError(_("还没有人在{area}担任这个角色。请用 --name 写姓名，或先导入名册。").format(area=area.name))
    try:
        return await offices.appoint(session, by=by, role=role, area=area, name=name, today=today, now=terminal.now())
    except Refusal as refusal:
        words = _("{area}没有这个人任此角色。驻村工作队的人请先导入名册；其他角色请核对区划级别。没有改动。")
        raise CommandError(words.format(area=area.name)) from refusal


async def _invite_all(code: str | None, out: Path) -> int:
    from actions import invitations
    from documents.roster_template import write_invitations
    from policy.authority import Viewer
    from policy.roster import NAME_OF
    from storage.roster import is_empty, top_areas

    if out.exists():
        raise CommandError(_("已经有这个文件：{file}。换个名字。").format(file=out.name))
    settings = terminal.settings()
    now = terminal.now()
    link = await _linker(settings)
    async with terminal.database(settings) as db, db.write() as session:
        if await is_empty(session):
            raise CommandError(_("名册还是空的，没有可以邀请的人。请先导入名册：python -m bot roster import 名册.xlsx"))
        areas = [await _area(session, code)] if code is not None else await top_areas(session)
        made = []
        for area in areas:
            made += await invitations.create_all(
                session,
                by=Viewer.system("/"),
                area=area,
                channel=settings.channel,
                now=now,
                today=now.astimezone(terminal.zone(settings)).date(),
            )
        rows = [
            (
                one.person.name,
                NAME_OF[one.role].value,
                one.area.name,
                one.token,
                link.replace("TOKEN", one.token) if link else "",
            )
            for one in made
        ]
        if rows:
            write_invitations(out, rows)  # before the commit: a link that is written nowhere is lost
    if not rows:
        print(_("所有人都已绑定，没有要发的邀请。"))
        return 0
    print(_("已写好 {count} 个邀请：{file}。7 天内有效，发完请删掉这个文件。").format(count=len(rows), file=out))
    return 0


async def _linker(settings: "Settings") -> str | None:
    """The deep link with TOKEN in it. None where the bot's name can't be learnt: then `/start TOKEN` does."""
    if settings.bot_token is None:
        base = settings.gateway_public_url or f"http://{settings.gateway_listen}"
        return f"{base.rstrip('/')}/?start=TOKEN"
    import aiohttp

    base = (settings.bot_api or "https://api.telegram.org").rstrip("/")
    address = f"{base}/bot{settings.bot_token.get_secret_value()}/getMe"
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http, http.get(address) as answer:
            name = (await answer.json())["result"]["username"]
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError, KeyError, TypeError):
        return None
    return f"https://t.me/{name}?start=TOKEN"
