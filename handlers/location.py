"""不用定位: exact positions are refused, or allowed again, at any time."""

from aiogram import Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import location
from handlers import menu
from handlers.checkin import AWAY, EXPLAIN, WHICH
from handlers.filters import Word
from handlers.replies import keys
from handlers.turn import Buttons, Reply, Turn
from locales import _, mark
from policy.authority import Action
from policy.checkin import POSITION_KEPT_DAYS
from storage.tables import Area

router = Router(name="location")

WORD_WITHOUT = mark("不用定位")
WORD_WITH = mark("使用定位")


class Position(CallbackData, prefix="position"):
    """Whether exact positions may be kept."""

    consent: bool


@router.message(Word(WORD_WITHOUT, command="location_off"))
async def on_without(_message: Message, turn: Turn) -> Reply:
    """Refused, or withdrawn."""
    return await _set(turn, consent=False)


@router.message(Word(WORD_WITH, mark("用定位"), command="location_on"))
async def on_with(_message: Message, turn: Turn) -> Reply:
    """Given, or given again."""
    return await _set(turn, consent=True)


@router.message(Word(mark("定位"), command="location"))
async def on_location(_message: Message, turn: Turn) -> Reply:
    """How it stands, and the other way."""
    if _area(turn) is None:
        return turn.say(_not_needed())
    if turn.person.position_consent:
        text = _("现在签到<b>用定位</b>。不想用，就改成说一句话签到，同样算数。")
    else:
        text = _("现在签到<b>不用定位</b>，说一句话就行。用定位更省事：点一下就签到。")
    return turn.say(text, _other(turn))


@router.callback_query(Position.filter())
async def on_press(_query: CallbackQuery, callback_data: Position, turn: Turn) -> Reply:
    """The button of either."""
    return await _set(turn, consent=callback_data.consent)


async def _set(turn: Turn, *, consent: bool) -> Reply:
    area = _area(turn)
    if area is None:
        return turn.say(_not_needed())
    changed = await location.set_consent(
        turn.session, by=turn.viewer, person=turn.person, area=area, consent=consent, now=turn.now
    )
    if changed and not consent:
        _forget_positions(turn)
    if consent:
        done, same = _("好的，签到<b>用定位</b>：点「📍签到」就行。"), _("本来就是<b>用定位</b>签到，没有改动。")
        how = _("精确位置 {days} 天后删除。不想用时发「不用定位」。").format(days=POSITION_KEPT_DAYS)
    else:
        done = _("好的，以后签到<b>不用定位</b>，已记的精确位置也删了。")
        same = _("本来就<b>不用定位</b>，没有改动。")
        how = _("签到点「✅签到」，说一句在哪里就行，同样算数。想改回来发「使用定位」。")
    said = turn.say(f"{done if changed else same}\n{how}", keys=keys(turn.viewer, turn.person))
    return [said, menu.fresh(turn)]


def _forget_positions(turn: Turn) -> None:
    """What is in the middle of a position ends: the place itself is erased, here and on every other channel."""
    turn.dialogue.leave()
    turn.dialogue.drop(AWAY, WHICH, EXPLAIN)


def _other(turn: Turn) -> Buttons:
    if turn.person.position_consent:
        return [[(_(WORD_WITHOUT), Position(consent=False))]]
    return [[(_(WORD_WITH), Position(consent=True))]]


def _area(turn: Turn) -> Area | None:
    return turn.posts_area() if turn.viewer.may(Action.CHECKIN_RECORD) else None


def _not_needed() -> str:
    return _("您不用签到，这里不会问您要位置，没有可改的。")
