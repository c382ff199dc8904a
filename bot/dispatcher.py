"""The dispatcher: our middleware round every handler, the features' routers in order."""

from aiogram import Bot, Dispatcher, Router
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.base import BaseSession
from aiogram.enums import ParseMode

from bot.middlewares import TurnMiddleware
from handlers import routers


def make_dispatcher() -> Dispatcher:
    """A dispatcher of its own; conversation state is ours (law 11), so aiogram's is off."""
    dispatcher = Dispatcher(disable_fsm=True)
    dispatcher.update.outer_middleware(TurnMiddleware())
    for router in routers():
        dispatcher.include_router(_detached(router))
    return dispatcher


def _detached(router: Router) -> Router:
    """Routers are made at import; a process (or a test) that makes a second dispatcher takes them along."""
    router._parent_router = None  # noqa: SLF001 -- aiogram has no public way
    return router


def make_bot(token: str, session: BaseSession) -> Bot:
    """A bot whose messages are HTML without previews of links."""
    defaults = DefaultBotProperties(parse_mode=ParseMode.HTML, link_preview_is_disabled=True)
    return Bot(token, session=session, default=defaults)
