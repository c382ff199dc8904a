"""One file that holds a whole county: a tar of the databases and stored files, and a manifest that says what is in it."""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from bot.version import version
from storage.copies import CopyError, Ended

DATABASE, DUMP, GATEWAY, FILES = "zhucun.db", "zhucun.dump", "gateway.db", "files"
"""Members: the database (SQLite) or its dump (PostgreSQL), the gateway's, the folder of stored files."""
MANIFEST = "manifest.json"
FORMAT = 1
PIECE = 1 << 20
LARGEST_MANIFEST = 64 << 20
"""Bytes; a county's files take a line each in it."""


@dataclass(slots=True)
class Manifest:
    """What is in an archive. `rows`: of each database, by table; `members`: bytes and SHA-256 by name.

    `server`: PostgreSQL's major version; `revision`: of the tables.
    """

    made_at: str
    database: str = "sqlite"
    server: int | None = None
    revision: str | None = None
    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    members: dict[str, dict[str, Any]] = field(default_factory=dict)
    product: str = "zhucun"
    format: int = FORMAT
    version: str = field(default_factory=version)


class _Hashed:
    """Reads a file, and knows the hash of what was read."""

    def __init__(self, source: IO[bytes], ended: Ended) -> None:
        self._source = source
        self._ended = ended
        self.hash = hashlib.sha256()
        self.bytes = 0

    def read(self, size: int = -1) -> bytes:
        if self._ended():
            raise CopyError("stopped")
        piece = self._source.read(size)
        self.hash.update(piece)
        self.bytes += len(piece)
        return piece

    def known(self) -> dict[str, Any]:
        return {"bytes": self.bytes, "sha256": self.hash.hexdigest()}


def pack(file: Path, manifest: Manifest, members: Mapping[str, Path], ended: Ended) -> None:
    """Write an archive and see it to the disk. A member that has gone meanwhile is left out; the manifest comes last."""
    with _private(file) as written:
        with tarfile.open(fileobj=written, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for name, path in members.items():
                try:
                    source = path.open("rb")
                except FileNotFoundError:
                    continue
                with source:
                    hashed = _Hashed(source, ended)
                    tar.addfile(_entry(name, os.fstat(source.fileno()).st_size), hashed)
                    manifest.members[name] = hashed.known()
            said = json.dumps(asdict(manifest), ensure_ascii=False, indent=1).encode()
            tar.addfile(_entry(MANIFEST, len(said)), io.BytesIO(said))
        written.flush()
        os.fsync(written.fileno())


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


def unpack(file: Path, place: Callable[[str], Path | None], ended: Ended) -> Manifest:
    """Read an archive to its end and write members to where `place` says (None: only looked at).

    Raises CopyError: `strange` (no archive of ours), `newer` (made by a later version), `damaged`. What was written by
    then is the caller's to remove.
    """
    seen: dict[str, dict[str, Any]] = {}
    manifest: Manifest | None = None
    is_ours = False
    try:
        with tarfile.open(file, mode="r:") as tar:
            for entry in tar:
                source = tar.extractfile(entry) if entry.isfile() else None
                if source is None or not _is_ours(entry.name) or manifest is not None:
                    raise CopyError("strange")
                is_ours = True
                if entry.name == MANIFEST:
                    manifest = _read(source.read(LARGEST_MANIFEST))
                else:
                    seen[entry.name] = _drawn(_Hashed(source, ended), place(entry.name))
    except (tarfile.TarError, EOFError) as error:
        raise CopyError("damaged" if is_ours else "strange", said=str(error)) from error
    if manifest is None:
        raise CopyError("damaged" if is_ours else "strange", said="no manifest")
    if wrong := sorted(
        name for name in seen.keys() | manifest.members.keys() if seen.get(name) != manifest.members.get(name)
    ):
        raise CopyError("damaged", said=wrong[0])
    return manifest


def _drawn(source: _Hashed, target: Path | None) -> dict[str, Any]:
    """Read a member to its end, and write it where it is wanted."""
    if target is None:
        while source.read(PIECE):
            pass
        return source.known()
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _private(target) as written:
        while piece := source.read(PIECE):
            written.write(piece)
        written.flush()
        os.fsync(written.fileno())
    return source.known()


@contextmanager
def _private(path: Path) -> Iterator[IO[bytes]]:
    """A new file for the owner's eyes."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file


def _is_ours(name: str) -> bool:
    """Whether a member is one that we put in; none leads out of its folder."""
    parts = PurePosixPath(name).parts
    return name in {DATABASE, DUMP, GATEWAY, MANIFEST} or (parts[:1] == (FILES,) and ".." not in parts)


def _read(said: bytes) -> Manifest:
    try:
        fields = json.loads(said)
        if fields["product"] != "zhucun" or not isinstance(fields["format"], int):
            raise CopyError("strange")
        if fields["format"] > FORMAT:
            raise CopyError("newer", version=str(fields["version"]))
        manifest = Manifest(**fields)
        if not manifest.rows.keys() <= manifest.members.keys() & {DATABASE, DUMP, GATEWAY}:
            raise CopyError("strange")
        return manifest
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CopyError("strange") from error
