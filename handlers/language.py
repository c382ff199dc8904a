"""语言: 中文 or English; the keyboard and the commands menu go along."""

from aiogram import Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import language
from handlers import menu
from handlers.filters import Word
from handlers.replies import keys
from handlers.turn import Reply, Turn
from locales import LANGUAGES, _, mark, speaking
from policy.refusals import LOCAL, Code, Refusal

router = Router(name="language")


class Speak(CallbackData, prefix="language"):
    """A language's code."""

    code: str


@router.message(Word(mark("语言"), "语言", "Language", command="language"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """Which languages there are; each by its own name."""
    row = [(words, Speak(code=code)) for code, words in LANGUAGES.items()]
    text = _("现在说中文。要换语言点一下（Tap to change the language）：")
    return turn.say(text, [row])


@router.callback_query(Speak.filter())
async def on_language(_query: CallbackQuery, callback_data: Speak, turn: Turn) -> Reply:
    """The language is changed at once."""
    code = callback_data.code
    if code not in LANGUAGES:
        raise Refusal(Code.NOT_FOUND)
    area = turn.posts_area()
    if area is None:
        raise Refusal(Code.ROLE_ENDED, LOCAL)
    changed = await language.set_language(
        turn.session, by=turn.viewer, person=turn.person, area=area, language=code, now=turn.now
    )
    with speaking(code):
        if not changed:
            return turn.edit(_("本来就说中文，没有改动。"))
        turn.language = code
        return [
            turn.edit(_("好的，现在说中文。")),
            turn.say(_("下方的键也换好了。随时可以再发「语言」。"), keys=keys(turn.viewer, turn.person)),
            menu.fresh(turn),
        ]
