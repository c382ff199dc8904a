"""First contact: an invitation binds a person to this account; a stranger gets one polite sentence."""

from aiogram import Router
from aiogram.types import Message

from handlers.filters import Stranger
from handlers.turn import Reply, Turn
from locales import _

router = Router(name="start")


@router.message(Stranger())
async def on_stranger(_message: Message, turn: Turn) -> Reply:
    """Nobody we know."""
    return turn.say(_("这里是驻村工作内部使用的助手。请向县驻村办领取邀请链接。"))
