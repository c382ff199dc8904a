"""Logs: for people on a console, as JSON for machines. Ids only, never names, texts, positions or tokens."""

import logging
import sys

import structlog

from bot.settings import LogFormat


def set_up(form: LogFormat) -> None:
    """Log to stderr; libraries speak from WARNING up."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    # aiogram logs a line an update, aiohttp its access: both would hold what they must not
    for name in ("aiogram", "aiohttp.access"):
        logging.getLogger(name).setLevel(logging.ERROR)
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form is LogFormat.JSON
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
