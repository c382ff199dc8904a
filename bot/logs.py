"""Logs: for people on a console, as JSON for machines. Ids only, never names, texts, positions or tokens."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from bot.settings import LogFormat

_BLOT = "▒"
_PRIVATE = re.compile(
    r"\d{6,}:[\w-]{20,}"  # a bot's token
    r"|(?<=start[= ])[\w-]{16,}"  # an invitation's
    r"|(?<=://)[^\s/@]+(?=@)"  # who logs in to a database, with what
    r"|\d{1,3}\.\d{4,}"  # degrees
    r"|1\d{10}"  # a telephone
    r"|[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"  # Chinese: what we say in the log is English
)


def private_blotted(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The last net: errors quote what they stumble over, and that may be what somebody wrote, or where he is."""
    for name, value in event.items():
        if isinstance(value, str) and name != "timestamp":
            event[name] = _PRIVATE.sub(_BLOT, value)
    return event


def set_up(form: LogFormat) -> None:
    """Log to stderr, libraries too; they speak from WARNING up."""
    before: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # a plain traceback: a pretty one shows the values of variables
    plain = structlog.dev.plain_traceback
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form is LogFormat.JSON
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)
    )
    after: list[Any] = [structlog.processors.format_exc_info, private_blotted, renderer]
    structlog.configure(
        processors=[*before, *after],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    _set_up_libraries(before, after)


def _set_up_libraries(before: list[Any], after: list[Any]) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *after]
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    # aiogram logs a line an update, aiohttp its access: both would hold what they must not
    for name in ("aiogram", "aiohttp.access"):
        logging.getLogger(name).setLevel(logging.ERROR)
