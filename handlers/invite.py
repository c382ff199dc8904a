"""邀请: a new link for one person, said once; 换手机 moves an account from a lost phone, after a question."""

from aiogram import Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import invitations
from handlers import phrases
from handlers.awaited import awaits, cancel
from handlers.filters import Awaiting, Line, Word
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy.authority import Action, Role
from policy.refusals import Code, Refusal
from storage import invitations as stored
from storage.tables import Area, Person

router = Router(name="invite")

NAME = "invite.name"
"""Whose invitation? is awaited."""

MOST_SHOWN = 8


class Invite(CallbackData, prefix="invite"):
    """For whom; `ask` asks before an account is moved, `takeover` moves it."""

    id: int
    do: str = "new"


@router.message(Word(mark("邀请"), command="invite"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """邀请 alone asks."""
    _check(turn)
    return await _ask(turn)


async def _ask(turn: Turn) -> Reply:
    turn.dialogue.to(NAME)
    return turn.say(_("邀请谁？说姓名。名册里没有的人，请先导入名册。"), [[cancel()]])


awaits(NAME, mark("邀请"), _ask)


@router.message(Line(mark("邀请"), command="invite", even_in=[NAME], asked=False))
async def on_line(_message: Message, turn: Turn, rest: str) -> Reply:
    """邀请 周建国."""
    _check(turn)
    if turn.dialogue.state == NAME:
        turn.dialogue.end()
    return await _find(turn, rest) if rest else await _ask(turn)


@router.message(Awaiting(NAME))
async def on_name(message: Message, turn: Turn) -> Reply:
    """The name that was asked for."""
    if message.text is None:
        return await _ask(turn)
    turn.dialogue.end()
    return await _find(turn, message.text)


def _check(turn: Turn) -> None:
    if not turn.viewer.may(Action.INVITATION_CREATE):
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.INVITATION_CREATE.value)


async def _find(turn: Turn, name: str) -> Reply:
    """The people of that name within one's areas; the only one is invited at once."""
    wanted = "".join(name.split())
    found = await stored.people_named(turn.session, turn.viewer, wanted, await turn.today())
    if not found:
        text = _("您管理的区划里没有「{name}」，没有发邀请。请核对姓名，或先导入名册。")
        return turn.say(text.format(name=phrases.typed(wanted[:20])))
    if len(found) == 1:
        return await _offer(turn, found[0][0])
    shown = found[:MOST_SHOWN]
    lines = [_("有 {count} 个「{name}」，邀请哪一个？").format(count=len(found), name=phrases.typed(wanted))]
    lines += [f"{n}. {phrases.post(role, area.name)}" for n, (_person, role, area) in enumerate(shown, 1)]
    flat: list[Button] = [(f"{n} {area.name}"[:8], Invite(id=who.id)) for n, (who, _role, area) in enumerate(shown, 1)]
    return turn.say("\n".join(lines), [*(flat[at : at + 2] for at in range(0, len(flat), 2)), [cancel()]])


async def _offer(turn: Turn, person: Person) -> Reply:
    if not await stored.has_account(turn.session, turn.viewer, turn.channel, person.id, await turn.today()):
        return await _link(turn, person.id, takeover=False)
    text = _("{name}已经<b>绑定</b>，不用再邀请。\n换了手机才要新链接：打开后原来的手机就不能用了。")
    return turn.say(text.format(name=phrases.typed(person.name)), [[_takeover(person.id), cancel()]])


def _takeover(person_id: int) -> Button:
    return _("换手机"), Invite(id=person_id, do="ask")


@router.callback_query(Invite.filter())
async def on_press(_query: CallbackQuery, callback_data: Invite, turn: Turn) -> Reply:
    """One of a list, 换手机, 确认换手机."""
    _check(turn)
    person, _role, area = await _whom(turn, callback_data.id)
    if callback_data.do == "new":
        return await _offer(turn, person)
    if callback_data.do == "takeover":
        return await _link(turn, person.id, takeover=True)
    text = _("确认给{name}（{area}）换手机？\n请先打电话和本人核实，链接只发给本人。").format(
        name=phrases.typed(person.name), area=phrases.typed(area.name)
    )
    return turn.edit(text, [[(_("确认换手机"), Invite(id=person.id, do="takeover")), cancel()]])


async def _link(turn: Turn, person_id: int, *, takeover: bool) -> Reply:
    """The link, in a message of its own that can be passed on; it is kept nowhere."""
    token = await invitations.create(
        turn.session, by=turn.viewer, person_id=person_id, now=turn.now, channel=turn.channel, takeover=takeover
    )
    person, role, area = await _whom(turn, person_id)
    head = _("🔗 <b>{name}</b> · {post}").format(name=phrases.typed(person.name), post=phrases.post(role, area.name))
    moved = [_("打开后，原来的手机就不能用了。")] if takeover else []
    lines = [head, _("下面的链接只能用一次，7 天内有效，只在这里说一次，请只发给本人："), turn.link(token), *moved]
    answer = turn.say("\n".join(lines))
    if turn.callback is None:
        return answer
    return [turn.edit(_("邀请已发在下面。以前发过的链接作废。")), answer]


async def _whom(turn: Turn, person_id: int) -> tuple[Person, Role, Area]:
    """Somebody whom one may invite, with a role of his. Raises `Refusal(NOT_FOUND)` for anybody else: nothing leaks."""
    return await stored.person_invited(turn.session, turn.viewer, person_id, await turn.today())
