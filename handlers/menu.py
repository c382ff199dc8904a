"""The commands menu and the keyboard of a chat: kept to a person's roles, language and consent to positions."""

from collections.abc import Sequence
from typing import Any
from zlib import crc32

from aiogram.methods import SendMessage, SetMyCommands, TelegramMethod
from aiogram.types import BotCommand, BotCommandScopeAllPrivateChats, BotCommandScopeChat

from handlers.replies import STAFF_KEYS, TEAM_KEYS, keys
from handlers.turn import Turn
from locales import DEFAULT, LANGUAGES, _, mark, speaking
from policy.authority import Action, Viewer

COMMANDS: Sequence[tuple[str, str, Action | None]] = (
    ("checkin", mark("签到"), Action.CHECKIN_RECORD),
    ("me", mark("我的：本月一览"), Action.CHECKIN_RECORD),
    ("leave", mark("请假"), Action.LEAVE_REQUEST),
    ("return", mark("销假"), Action.LEAVE_RETURN),
    ("trip", mark("公出"), Action.TRIP_REPORT),
    ("correct", mark("补签"), Action.CORRECTION_REQUEST),
    ("figures", mark("报数"), Action.FIGURES_REPLY),
    ("todo", mark("待办"), Action.TODO_OPEN),
    ("today", mark("今日在岗"), Action.BOARD_VIEW),
    ("notice", mark("通知"), Action.NOTICE_READ),
    ("figures", mark("报数"), Action.FIGURES_VIEW),
    ("emergency", mark("应急：大家平安吗"), Action.EMERGENCY_PROPOSE),
    ("export", mark("导出考勤表、通报、证明"), Action.ATTENDANCE_EXPORT),
    ("roster", mark("名册"), Action.ROSTER_IMPORT),
    ("settings", mark("设置"), Action.SETTING_VIEW),
    ("year", mark("年历"), Action.CALENDAR_CHANGE),
    ("closures", mark("全员在岗：不批假的日子"), Action.LEAVE_CLOSE),
    ("duty", mark("值班"), Action.DUTY_VIEW),
    ("standin", mark("代理：不在时谁来定"), Action.STANDIN_SET),
    ("location", mark("要不要定位"), Action.CHECKIN_RECORD),
    ("language", mark("语言"), None),
    ("help", mark("帮助"), None),
    ("cancel", mark("取消"), None),
)
"""Slash commands, what they are called, and the action without which they make no sense."""


_LAYOUT = f"{crc32(repr((COMMANDS, TEAM_KEYS, STAFF_KEYS)).encode()):x}"
"""Of this version: a chat whose keyboard is of another one gets it anew."""


def commands(viewer: Viewer) -> list[BotCommand]:
    """The commands of somebody's roles, in the language being spoken."""
    shown = {name: words for name, words, action in COMMANDS if action is None or viewer.may(action)}
    return [BotCommand(command=name, description=_(words)) for name, words in shown.items()]


def default_commands() -> list[SetMyCommands]:
    """The commands of a chat that nobody is bound to yet, in every language; the default for unknown ones."""
    nobody = Viewer(person_id=None)
    scope = BotCommandScopeAllPrivateChats()
    calls = []
    for code in LANGUAGES:
        with speaking(code):
            known = None if code == DEFAULT else code
            calls.append(SetMyCommands(commands=commands(nobody), scope=scope, language_code=known))
    return calls


def fresh(turn: Turn) -> SetMyCommands:
    """The commands of whoever speaks; to be sent along with a message that brings the keyboard (`turn.keys()`)."""
    if turn.speaker is not None and turn.speaker.chat is not None:
        turn.speaker.chat.menu = _stamp(turn)
    return of_chat(turn.chat_id, turn.viewer)


def of_chat(chat_id: int, viewer: Viewer) -> SetMyCommands:
    """The commands menu of one chat."""
    return SetMyCommands(commands=commands(viewer), scope=BotCommandScopeChat(chat_id=chat_id))


def kept_up(turn: Turn, answer: Any) -> Any:
    """The answer, with commands and keyboard made anew where roles, language or consent have changed meanwhile.

    A chat whose menu was never set is left alone: binding, 帮助 and 语言 set it.
    """
    chat = turn.speaker.chat if turn.speaker is not None and turn.is_bound else None
    if chat is None or chat.menu is None or chat.menu == _stamp(turn):
        return answer
    methods = [answer] if isinstance(answer, TelegramMethod) else list(answer) if isinstance(answer, list) else []
    for place, method in enumerate(methods):
        if isinstance(method, SendMessage) and method.reply_markup is None and method.chat_id == turn.chat_id:
            methods[place] = method.model_copy(update={"reply_markup": keys(turn.viewer, turn.person)})
            return [*methods, fresh(turn)]
    return answer  # no message that could carry a keyboard: the next one will


def _stamp(turn: Turn) -> str:
    roles = ",".join(sorted(turn.viewer.roles()))
    return f"{turn.person.language}:{turn.person.position_consent}:{roles}:{_LAYOUT}"
