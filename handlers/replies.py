"""What the bot says that belongs to no feature: keys, words that always work, apologies."""

import re

from aiogram.methods import SendMessage
from aiogram.types import KeyboardButton, ReplyKeyboardMarkup

from locales import _, in_every_language, mark
from policy.authority import Action, Viewer
from storage.tables import Person

KEY_CHECKIN = mark("📍签到")
KEY_CHECKIN_WORDS = mark("✅签到")
KEY_LEAVE = mark("📝请假")
KEY_VISIT = mark("🏠走访")
KEY_REPORT = mark("📄报告")
KEY_MINE = mark("👤我的")
KEY_HELP = mark("❓帮助")
KEY_TODAY = mark("📋今日在岗")
KEY_TODO = mark("📌待办")
KEY_NOTICE = mark("📣通知")
KEY_EXPORT = mark("📤导出")
KEY_ROSTER = mark("🗂名册")
KEY_SETTINGS = mark("⚙️设置")

TEAM_KEYS = (
    (KEY_LEAVE, Action.LEAVE_REQUEST),
    (KEY_VISIT, Action.VISIT_RECORD),
    (KEY_MINE, Action.CHECKIN_RECORD),
)
STAFF_KEYS = (
    (KEY_TODAY, Action.BOARD_VIEW),
    (KEY_TODO, Action.CORRECTION_DECIDE),
    (KEY_NOTICE, Action.NOTICE_SUBMIT),
    (KEY_EXPORT, Action.ATTENDANCE_EXPORT),
    (KEY_ROSTER, Action.ROSTER_IMPORT),
    (KEY_SETTINGS, Action.SETTING_VIEW),
)


def keys(viewer: Viewer, person: Person) -> ReplyKeyboardMarkup:
    """The keyboard that fits a person's roles, language and consent to positions; several roles, one keyboard."""
    shown = [_checkin_key(person)] if viewer.may(Action.CHECKIN_RECORD) else []
    shown += [KeyboardButton(text=_(key)) for key, action in (*TEAM_KEYS, *STAFF_KEYS) if viewer.may(action)]
    shown.append(KeyboardButton(text=_(KEY_HELP)))
    wide = 2 if len(shown) in {2, 4} else 3
    rows = [shown[start : start + wide] for start in range(0, len(shown), wide)]
    return ReplyKeyboardMarkup(keyboard=rows, resize_keyboard=True, is_persistent=True)


def _checkin_key(person: Person) -> KeyboardButton:
    # a position is asked for with the person's consent only; words count the same (POLICY §5)
    if person.position_consent:
        return KeyboardButton(text=_(KEY_CHECKIN), request_location=True)
    return KeyboardButton(text=_(KEY_CHECKIN_WORDS))


def called(*sentences: str) -> frozenset[str]:
    """Everything a key or a word may be called, in any language and without its mark."""
    spellings = {spelling for sentence in sentences for spelling in in_every_language(sentence)}
    return frozenset(spellings | {bare(spelling) for spelling in spellings})


def bare(text: str) -> str:
    """A key's label without its emoji."""
    return _MARKS.sub("", text).strip()


_MARKS = re.compile(r"^[\W_]+")


def apology(chat_id: int) -> SendMessage:
    """Said when an update has been set aside after three tries."""
    return SendMessage(
        chat_id=chat_id,
        text=_("刚才那条没有处理成功，我们已记下原因，会尽快修好。请换个说法再试，急事请打电话给县驻村办。"),
    )
