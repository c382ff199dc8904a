"""One SQLite database behind one writer: every read and change is a job, and jobs that wait together commit together.

With a file the jobs run in a thread of their own and are answered after the commit has reached the disk
(`synchronous=FULL`). In memory they run at once, where they are asked.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, high INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS people (
    user_id INTEGER PRIMARY KEY, name TEXT NOT NULL, language TEXT NOT NULL, secret BLOB UNIQUE,
    blocked INTEGER NOT NULL DEFAULT 0, keyboard BLOB, keyboard_id INTEGER
);
CREATE TABLE IF NOT EXISTS messages (
    message_id INTEGER PRIMARY KEY, chat_id INTEGER NOT NULL, change INTEGER NOT NULL, date INTEGER NOT NULL,
    flags INTEGER NOT NULL, reply_to INTEGER, content BLOB, client_id TEXT
);
CREATE INDEX IF NOT EXISTS messages_of_chat ON messages (chat_id);
CREATE INDEX IF NOT EXISTS changes_of_chat ON messages (chat_id, change);
CREATE UNIQUE INDEX IF NOT EXISTS items ON messages (chat_id, client_id) WHERE client_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS positions ON messages (date) WHERE flags & 4;
CREATE TABLE IF NOT EXISTS updates (
    update_id INTEGER PRIMARY KEY, chat_id INTEGER NOT NULL, date INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS presses (
    query_id INTEGER PRIMARY KEY, chat_id INTEGER NOT NULL, client_id TEXT, date INTEGER NOT NULL,
    change INTEGER NOT NULL DEFAULT 0, answer BLOB
);
CREATE UNIQUE INDEX IF NOT EXISTS press_items ON presses (chat_id, client_id) WHERE client_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS answers_of_chat ON presses (chat_id, change) WHERE answer IS NOT NULL;
CREATE TABLE IF NOT EXISTS files (
    number INTEGER PRIMARY KEY, file_id TEXT NOT NULL UNIQUE, unique_id TEXT NOT NULL, kind TEXT NOT NULL,
    name TEXT NOT NULL, mime TEXT NOT NULL, width INTEGER, height INTEGER, size INTEGER NOT NULL, data BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS commands (
    scope TEXT, language TEXT, change INTEGER NOT NULL, commands BLOB NOT NULL, PRIMARY KEY (scope, language)
) WITHOUT ROWID;
"""
_BLOCK = 1000
_MOST_IN_A_COMMIT = 500


class Counters:
    """Numbers that only grow, also across starts: taken from blocks reserved in the database, exact on a clean close."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._next: dict[str, int] = dict(connection.execute("SELECT name, high FROM counters"))
        self._limit = dict(self._next)

    def next(self, name: str) -> int:
        number = self._next.get(name, 1)
        if number >= self._limit.get(name, 1):
            self._limit[name] = number + _BLOCK
            self._connection.execute("INSERT OR REPLACE INTO counters VALUES (?, ?)", (name, number + _BLOCK))
        self._next[name] = number + 1
        return number

    def last(self, name: str) -> int:
        return self._next.get(name, 1) - 1

    def reservation_lost(self) -> None:
        """After a rollback: reserve anew before the next number is given."""
        self._limit = dict(self._next)

    def give_back(self) -> None:
        self._connection.executemany("INSERT OR REPLACE INTO counters VALUES (?, ?)", list(self._next.items()))


class Transaction:
    """What a job works with: the database, the counters, and a note of whom its commit will concern."""

    def __init__(self, connection: sqlite3.Connection, counters: Counters) -> None:
        self.execute = connection.execute
        self.next = counters.next
        self.last = counters.last
        self.touched: set[int] = set()
        self.update_added = False


Job = Callable[[Transaction], T]
AfterCommit = Callable[[set[int], bool], None]


class Store:
    """The database. `after_commit` hears, in the event loop, which chats changed and whether updates were added."""

    def __init__(self, path: str | Path) -> None:
        """Raises sqlite3.Error if the file can't be opened or isn't such a database."""
        self.after_commit: AfterCommit = lambda _touched, _update_added: None
        self._loop = asyncio.get_running_loop()
        self._connection = sqlite3.connect(str(path), check_same_thread=False, isolation_level=None, timeout=10)
        try:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.executescript(_SCHEMA)
            self._counters = Counters(self._connection)
        except sqlite3.Error:
            self._connection.close()
            raise
        self._queue: queue.SimpleQueue[tuple[Job[Any], asyncio.Future[Any]] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        if str(path) != ":memory:":
            self._thread = threading.Thread(target=self._work, name="gateway-store", daemon=True)
            self._thread.start()

    async def run(self, job: Job[T]) -> T:
        """Do a job in a transaction; what it changed is on the disk when this returns.

        Raises whatever the job raises (its own changes are then undone), or sqlite3.Error if nothing could be kept.
        """
        if self._thread is None:
            return self._at_once(job)
        return await self.submit(job)

    def submit(self, job: Job[T]) -> asyncio.Future[T]:
        """The same without waiting; jobs are done in the order in which they were given."""
        future: asyncio.Future[T] = self._loop.create_future()
        if self._thread is None:
            try:
                future.set_result(self._at_once(job))
            except Exception as error:  # noqa: BLE001 - as in the thread: it goes to whoever waits for the future
                future.set_exception(error)
        else:
            self._queue.put((job, future))
        return future

    async def close(self) -> None:
        if self._thread is not None:
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)
        self._counters.give_back()
        self._connection.close()

    def _at_once(self, job: Job[T]) -> T:
        transaction = Transaction(self._connection, self._counters)
        self._connection.execute("BEGIN")
        try:
            result = job(transaction)
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.execute("ROLLBACK")
            self._counters.reservation_lost()
            raise
        if transaction.touched or transaction.update_added:
            self.after_commit(transaction.touched, transaction.update_added)
        return result

    def _work(self) -> None:
        while (first := self._queue.get()) is not None:
            batch = [first]
            last = False
            while len(batch) < _MOST_IN_A_COMMIT and not last:
                try:
                    item = self._queue.get_nowait()
                except queue.Empty:
                    break
                if item is None:
                    last = True
                else:
                    batch.append(item)
            self._commit_together(batch)
            if last:
                return

    def _commit_together(self, batch: list[tuple[Job[Any], asyncio.Future[Any]]]) -> None:
        connection = self._connection
        touched: set[int] = set()
        update_added = False
        done: list[tuple[asyncio.Future[Any], Any, BaseException | None]] = []
        try:
            connection.execute("BEGIN IMMEDIATE")
            for job, future in batch:
                transaction = Transaction(connection, self._counters)
                connection.execute("SAVEPOINT job")
                try:
                    done.append((future, job(transaction), None))
                    touched |= transaction.touched
                    update_added |= transaction.update_added
                except Exception as error:  # noqa: BLE001 - it belongs to the one who gave the job, and goes there
                    connection.execute("ROLLBACK TO job")
                    self._counters.reservation_lost()
                    done.append((future, None, error))
                connection.execute("RELEASE job")
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._counters.reservation_lost()
            done = [(future, None, error) for _, future in batch]
            touched, update_added = set(), False
        self._loop.call_soon_threadsafe(self._tell, done, touched, update_added)

    def _tell(
        self, done: list[tuple[asyncio.Future[Any], Any, BaseException | None]], touched: set[int], update_added: bool
    ) -> None:
        for future, result, error in done:
            if future.done():
                continue  # whoever asked has gone; the work is kept all the same
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)
        if touched or update_added:
            self.after_commit(touched, update_added)
