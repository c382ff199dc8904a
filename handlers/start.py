"""First contact: an invitation binds a person to this account; a stranger gets one polite sentence."""

import re
from typing import Any

from aiogram import Router
from aiogram.enums import ChatMemberStatus
from aiogram.filters import Filter
from aiogram.filters.callback_data import CallbackData
from aiogram.methods import SendMessage, TelegramMethod
from aiogram.types import CallbackQuery, ChatMemberUpdated, Message, ReplyKeyboardRemove

from actions import start, unreachable
from handlers import menu, phrases, refusals
from handlers.awaited import awaits
from handlers.cards import Card, card
from handlers.filters import CANCEL, Stranger
from handlers.replies import KEY_CHECKIN_WORDS, keys
from handlers.turn import Buttons, Reply, Turn
from locales import _, mark, speaking
from policy.authority import TEAM, Action, Viewer
from policy.checkin import POSITION_KEPT_DAYS
from policy.refusals import Code, Refusal
from policy.roster import Level
from storage import invitations, people
from storage.engine import AsyncSession
from storage.invitations import Open
from storage.tables import Area, Invitation, Person

router = Router(name="start")

CONSENT = "start.consent"
awaits(CONSENT, mark("同意后开始"))


class Consent(CallbackData, prefix="start"):
    """An answer to the notice: `yes`, `words` (不用定位) or `not_me`. Good only where this notice is being shown."""

    id: int
    do: str


class Start(Filter):
    """`/start`, alone or with a token; a link pasted whole counts the same."""

    _command = re.compile(r"/start(?:@\w+)?(?:\s+(\S+))?\s*$", re.IGNORECASE)
    _link = re.compile(r"https?://\S+[?&]start=([\w-]+)", re.ASCII)

    async def __call__(self, message: Message) -> bool | dict[str, Any]:
        """The token, if any, as `token`."""
        text = (message.text or "").strip()
        if found := self._command.match(text):
            return {"token": found[1]}
        if found := self._link.search(text):
            return {"token": found[1]}
        return False


@router.message(Start())
async def on_start(_message: Message, turn: Turn, token: str | None) -> Reply:
    """An invitation is shown with what it means; a known person is welcomed back."""
    if token is None:
        return _welcome(turn) if turn.is_bound else _polite(turn)
    await start.check_tries(turn.session, channel=turn.channel, external_id=turn.chat_id, now=turn.now)
    invitation = await invitations.by_token(turn.session, token)
    if invitation is None:
        await start.count_wrong(turn.session, channel=turn.channel, external_id=turn.chat_id, now=turn.now)
        return turn.say(refusals.words(Refusal(Code.TOKEN_UNKNOWN)))
    if turn.is_bound and invitation.person_id == turn.person.id:
        return _welcome(turn)
    chat = turn.speaker.chat if turn.speaker is not None else None
    opened = await invitations.peek(turn.session, invitation, channel=turn.channel, chat=chat, now=turn.now)
    if chat is None:
        await start.meet(turn.session, channel=turn.channel, external_id=turn.chat_id)
        await turn.meet_again()
    turn.dialogue.to(CONSENT, invitation_id=invitation.id)
    with speaking(_language(turn, opened.person)):
        return turn.say(await _notice(turn, opened), _choices(opened))


def _welcome(turn: Turn) -> Reply:
    turn.dialogue.leave()
    text = _("欢迎回来，{name}。发「帮助」看看能做什么。").format(name=phrases.typed(turn.person.name))
    return [turn.say(text, keys=keys(turn.viewer, turn.person)), menu.fresh(turn)]


def _polite(turn: Turn) -> Reply:
    return turn.toast(_("这里是驻村工作内部使用的助手。请向县驻村办领取邀请链接。"), alert=True)


def _language(turn: Turn, person: Person) -> str:
    """Whoever has used the assistant before has chosen a language; else the one of the phone."""
    return person.language if person.consented_at is not None else turn.language


def _is_team(opened: Open) -> bool:
    return any(role.role in TEAM for role, _area in opened.roles)


async def _notice(turn: Turn, opened: Open) -> str:
    """Who this is for and what is kept, in plain words. POLICY §5."""
    posts = _("、").join(
        phrases.post(role, name) for role, name in dict.fromkeys((held.role, area.name) for held, area in opened.roles)
    )
    greeting = _("您好，{name}。您是{posts}{where}。").format(
        name=phrases.typed(opened.person.name), posts=posts, where=await _where(turn, opened.areas[0])
    )
    if not _is_team(opened):
        return "\n".join(
            [
                greeting,
                _("看在岗、办核实、出表格，点一下或说一句。"),
                _("会记下：您在这里办的事和时间。"),
                _("不记您的位置和轨迹，不要照片，不排名。"),
            ]
        )
    kept = _("会记下：签到时间和是否在村（精确位置 {days} 天后删除）、公出、请假、走访、报告。")
    return "\n".join(
        [
            greeting,
            _("签到、公出、补签，点一下或说一句。"),
            kept.format(days=POSITION_KEPT_DAYS),
            _("不记轨迹，不要照片，不排名。"),
            _("不用定位：签到改用一句话，同样算数，随时可改。"),
        ]
    )


async def _where(turn: Turn, area: Area) -> str:
    """（安岭县柳河镇） for a village; nothing for a county."""
    above = [
        place.name
        for place in await people.along(turn.session, area)
        if place.level in {Level.COUNTY, Level.TOWNSHIP} and place.id != area.id
    ]
    return _("（{place}）").format(place=phrases.typed("".join(above))) if above else ""


def _choices(opened: Open) -> Buttons:
    row = [(_("同意并开始"), Consent(id=opened.invitation.id, do="yes"))]
    if _is_team(opened):
        row.append((_("不用定位"), Consent(id=opened.invitation.id, do="words")))
    return [row, [(_("这不是我"), Consent(id=opened.invitation.id, do="not_me"))]]


@router.callback_query(Consent.filter())
async def on_consent(_query: CallbackQuery, callback_data: Consent, turn: Turn) -> Reply:
    """The token is spent here and only here."""
    shown = turn.dialogue.data.get("invitation_id") if turn.dialogue.state == CONSENT else None
    if shown != callback_data.id or turn.speaker is None or turn.speaker.chat is None:
        if turn.is_bound:
            return turn.toast(_("您已经绑定了，不用再点。"), alert=True)
        return turn.edit(_("这一条已经过了。请再点一次邀请链接；点不开就请县驻村办重发。"))
    chat = turn.speaker.chat
    if callback_data.do == "not_me":
        await start.disown(turn.session, chat=chat, invitation_id=shown, now=turn.now)
        turn.dialogue.forget()
        return turn.edit(_("好的，没有绑定。这个邀请已作废，已告诉县驻村办。"))
    opened = await invitations.peek(
        turn.session,
        await turn.session.get(Invitation, shown),
        channel=turn.channel,
        chat=chat,
        now=turn.now,
    )
    language = _language(turn, opened.person)
    accepted = await start.accept(
        turn.session,
        chat=chat,
        invitation_id=shown,
        position=(callback_data.do == "yes") if _is_team(opened) else None,
        language=language,
        now=turn.now,
    )
    with speaking(language):
        notice = await _notice(turn, opened)
        turn.dialogue.forget()
        await turn.meet_again()
        return await _bound(turn, notice, opened, accepted.left)


async def _bound(turn: Turn, notice: str, opened: Open, left: int | None) -> Reply:
    local = await turn.batch.local(opened.areas[0], turn.now)
    agreed = _("<b>已同意</b> · {day} {time}").format(day=phrases.day(local.date()), time=local.strftime("%H:%M"))
    methods: list[TelegramMethod[Any]] = [
        turn.edit(f"{notice}\n{agreed}"),
        turn.say(_begin(turn, opened), keys=keys(turn.viewer, turn.person)),
        menu.fresh(turn),
    ]
    if left is not None:
        words = _("您的驻村助手换到了另一个账号，这里已解除绑定。如果不是您换的，请马上告诉县驻村办。")
        methods.append(SendMessage(chat_id=left, text=words, reply_markup=ReplyKeyboardRemove()))
        methods.append(menu.of_chat(left, Viewer(person_id=None)))
    return methods


def _begin(turn: Turn, opened: Open) -> str:
    if not turn.viewer.grants:
        first = min(role.starts_on for role, _area in opened.roles)
        return _("好了，已<b>绑定</b>。您的任职从{day}开始，到那天就能用。").format(day=phrases.day(first))
    if turn.viewer.may(Action.CHECKIN_RECORD):
        if turn.person.position_consent:
            return _("好了，已<b>绑定</b>。到村后点「📍签到」，一下就行。")
        return _("好了，已<b>绑定</b>。到村后点「{key}」，说一句在哪里就行。想用定位时发「使用定位」。").format(
            key=_(KEY_CHECKIN_WORDS)
        )
    if turn.viewer.may(Action.BOARD_VIEW):
        return _("好了，已<b>绑定</b>。点「📋今日在岗」看看，能做的都在下方和「帮助」里。")
    return _("好了，已<b>绑定</b>。发「帮助」看看能做什么。")


@router.my_chat_member()
async def on_member(member: ChatMemberUpdated, turn: Turn) -> Reply:
    """The bot is blocked, or allowed to write again."""
    if turn.speaker is None or turn.speaker.chat is None:
        return None
    chat, status = turn.speaker.chat, member.new_chat_member.status
    if status in {ChatMemberStatus.KICKED, ChatMemberStatus.LEFT}:
        await unreachable.mark_chat(turn.session, chat, by=turn.viewer, cause=status, now=turn.now)
    else:
        await unreachable.note_back(turn.session, chat, by=turn.viewer, now=turn.now)
    return None


@router.message(Stranger())
async def on_stranger(message: Message, turn: Turn) -> Reply:
    """Nobody we know; or somebody whose notice still waits for an answer: it is shown again."""
    if turn.dialogue.state != CONSENT:
        return _polite(turn)
    if message.text is not None and CANCEL.fits(message.text):
        turn.dialogue.forget()
        return turn.say(_("好的，没有绑定。想好了再点一次邀请链接就行。"))
    opened = await invitations.peek(
        turn.session,
        await turn.session.get(Invitation, turn.dialogue.data["invitation_id"]),
        channel=turn.channel,
        chat=turn.speaker.chat if turn.speaker is not None else None,
        now=turn.now,
    )
    with speaking(_language(turn, opened.person)):
        return turn.say(await _notice(turn, opened), _choices(opened))


@router.callback_query(Stranger())
async def on_strange_press(_query: CallbackQuery, turn: Turn) -> Reply:
    """Nobody we know, at a button that was not made for him."""
    return _polite(turn)


@card("invitation_disowned")
async def disowned_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """这不是我: the office sends a new link to the right number."""
    invitation = await session.get_one(Invitation, payload["id"])
    try:
        person, role, area = await invitations.person_invited(
            session, viewer, invitation.person_id, invitation.created_at.date()
        )
    except Refusal:  # no longer this office's affair
        return None
    return Card(
        _(
            "<b>邀请发错了人</b> · {name} · {post}\n收到的人点了「这不是我」，这个邀请已作废。\n核对手机号后，发「邀请 {name}」重发一个。"
        ).format(name=phrases.typed(person.name), post=phrases.post(role, area.name))
    )
