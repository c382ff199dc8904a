"""The fetcher (law 12): brings files that people sent, keeps them by content hash, and tells the inbox."""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import orjson
import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest

from actions.retention import note_files
from bot.stopping import pause
from documents import kept, press, roster_kept
from documents.press import PressError
from handlers.files import LARGEST, ready
from policy.authority import Viewer
from storage import inbox, outbox, retention
from storage.delivery import Claimed
from storage.engine import Database
from storage.inbox import Arrival

log = structlog.get_logger()

KEPT = timedelta(hours=48)
"""How long a file that came in for a conversation is kept: as long as done updates are."""
TIDY_EVERY = timedelta(hours=1)

PREPARE: Mapping[str, Callable[[Path], bool]] = {"roster": roster_kept.prepare, "task": kept.keep, "leave": kept.keep}
"""What is made of a file before it is handed on, by purpose; in the press, since it takes seconds."""


class Fetcher:
    """Called by delivery for rows of the kind `fetch`. Files lie under DATA_DIR/incoming, for their owner's eyes."""

    def __init__(
        self,
        db: Database,
        bot: Bot,
        channel: str,
        folder: Path,
        clock: Callable[[], datetime],
        wake: Callable[[], None],
    ) -> None:
        self._db = db
        self._bot = bot
        self._channel = channel
        self._folder = folder
        self._clock = clock
        self._wake = wake

    async def fetch(self, row: Claimed) -> None:
        """Bring the file of a row. Done twice, it is told once: the update's number is the row's.

        Raises aiogram's network errors and `TelegramRetryAfter` (tried again by delivery), OSError, PressClosedError.
        """
        now = self._clock()
        async with self._db.read() as session:
            chat = await outbox.chat_of(session, self._channel, row.person_id or 0)
        if chat is None:
            return
        facts = {"purpose": row.payload["purpose"], "name": row.payload["name"]}
        try:
            path = await self._bring(row.payload["file_id"], Path(row.payload["name"]).suffix)
            if await press.build(PREPARE[row.payload["purpose"]], path):
                facts["path"] = str(path)
            else:
                facts["error"] = "unreadable"
        except (TelegramBadRequest, PressError) as error:
            log.warning("a file could not be had", outbox=row.id, cause=type(error).__name__)
            facts["error"] = "gone"
        update = ready(row.id, chat.external_id, int(now.timestamp()), facts)
        told = Arrival(update["update_id"], chat.external_id, orjson.dumps(update).decode())
        async with self._db.write() as session:
            await inbox.store(session, self._channel, [told], self._clock())
        self._wake()

    async def keep_tidy(self, stop: asyncio.Event) -> None:
        """Tidy at once and every hour until `stop`: files go when their time is up, whether others come or not."""
        while not stop.is_set():
            self.tidy(self._clock())
            await self.forget_unwanted(self._clock())
            await pause(stop, TIDY_EVERY.total_seconds())

    def tidy(self, now: datetime) -> None:
        """Remove what is older than two days (law 14)."""
        oldest = (now - KEPT).timestamp()
        try:
            for path in self._folder.glob("*") if self._folder.exists() else ():
                if path.stat().st_mtime < oldest:
                    path.unlink(missing_ok=True)
        except OSError as error:  # the next hour tries again
            log.error("files could not be removed", cause=type(error).__name__)

    async def forget_unwanted(self, now: datetime) -> None:
        """Remove kept files that no record points to any more; one that has just come is given two days to get its own."""
        folder = self._folder.parent / kept.FOLDER
        try:
            async with self._db.read() as session:
                wanted = await retention.wanted_files(session)
            count = await asyncio.to_thread(kept.forget, folder, wanted, (now - KEPT).timestamp())
            if count:
                log.info("kept no longer", files=count)
                async with self._db.write(ids=1) as session:
                    await note_files(session, by=Viewer.system(), count=count, now=now)
        except Exception as error:  # noqa: BLE001 -- disk or database: the next hour tries again
            log.error("files could not be removed", cause=type(error).__name__)

    async def _bring(self, file_id: str, suffix: str) -> Path:
        file = await self._bot.get_file(file_id)
        if file.file_path is None or (file.file_size or 0) > LARGEST:
            raise PressError("too large")
        content = BytesIO()
        await self._bot.download_file(file.file_path, content)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        digest = hashlib.sha256(content.getbuffer()).hexdigest()
        path = self._folder / f"{digest}{suffix if suffix.isascii() and suffix[1:].isalnum() else ''}"
        handle, draft = tempfile.mkstemp(dir=self._folder)
        with os.fdopen(handle, "wb") as written:
            written.write(content.getbuffer())
        Path(draft).replace(path)
        return path
