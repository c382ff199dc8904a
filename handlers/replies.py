"""What the bot says that belongs to no feature: keys, words that always work, apologies."""

from aiogram.methods import SendMessage
from aiogram.types import KeyboardButton, ReplyKeyboardMarkup

from locales import _, in_every_language, mark
from policy.authority import STAFF, TEAM, Role, Viewer
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
KEY_EXPORT = mark("📤导出")
KEY_ROSTER = mark("🗂名册")
KEY_SETTINGS = mark("⚙️设置")

COUNTY_KEYS = frozenset({Role.COUNTY_STAFF, Role.ADMIN})


def keys(viewer: Viewer, person: Person) -> ReplyKeyboardMarkup:
    """The keyboard that fits a person's roles, language and consent to positions."""
    roles = viewer.roles()
    rows: list[list[KeyboardButton]] = []
    if roles & TEAM:
        here = (
            KeyboardButton(text=_(KEY_CHECKIN_WORDS))
            if person.position_consent is False
            else KeyboardButton(text=_(KEY_CHECKIN), request_location=True)
        )
        rows.append([here, KeyboardButton(text=_(KEY_MINE)), KeyboardButton(text=_(KEY_HELP))])
    if roles & STAFF:
        staff = [KEY_TODAY, KEY_EXPORT, KEY_ROSTER, KEY_SETTINGS]
        shown = staff if roles & COUNTY_KEYS else staff[:2]
        rows.append([KeyboardButton(text=_(key)) for key in shown[:2]])
        if shown[2:]:
            rows.append([KeyboardButton(text=_(key)) for key in shown[2:]])
    if not roles & TEAM:
        rows.append([KeyboardButton(text=_(KEY_HELP))])
    return ReplyKeyboardMarkup(keyboard=rows, resize_keyboard=True, is_persistent=True)


def called(*sentences: str) -> frozenset[str]:
    """Everything a key or a word may be called, in any language and without its mark."""
    spellings = {spelling for sentence in sentences for spelling in in_every_language(sentence)}
    return frozenset(spellings | {bare(spelling) for spelling in spellings})


def bare(text: str) -> str:
    """A key's label without its emoji."""
    return text.lstrip("📍✅📝🏠📄👤❓📋📌📤🗂⚙️\ufe0f ").strip()


def apology(chat_id: int) -> SendMessage:
    """Said when an update has been set aside after three tries."""
    return SendMessage(
        chat_id=chat_id,
        text=_("刚才那条没有处理成功，我们已记下原因，会尽快修好。请换个说法再试，急事请打电话给县驻村办。"),
    )
