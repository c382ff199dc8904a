"""Files: kept in the database, known to the bot by an unguessable id."""

import hashlib
import mimetypes
import secrets
import struct
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

from gateway.errors import bad_request
from gateway.store import Transaction

Kind = Literal["photo", "document"]
LARGEST_DOWNLOAD = 20 * 1024 * 1024
LARGEST_UPLOAD = 50 * 1024 * 1024
LARGEST_PHOTO = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """Bytes that came in, with the name they had."""

    name: str
    mime: str
    data: bytes


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as it is handed out; `path` is what getFile tells."""

    name: str
    mime: str
    data: bytes


def picture(data: bytes) -> tuple[str, int, int] | None:
    """Type, width and height in pixels of a JPEG, PNG, GIF or WebP picture; None for anything else."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return "image/png", width, height
    if data[:6] in {b"GIF87a", b"GIF89a"} and len(data) >= 10:
        width, height = struct.unpack("<HH", data[6:10])
        return "image/gif", width, height
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP" and len(data) >= 30:
        return _webp(data)
    if data[:2] == b"\xff\xd8":
        return _jpeg(data)
    return None


def _webp(data: bytes) -> tuple[str, int, int] | None:
    form = data[12:16]
    if form == b"VP8X":
        return "image/webp", 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if form == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return "image/webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if form == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return "image/webp", width & 0x3FFF, height & 0x3FFF
    return None


def _jpeg(data: bytes) -> tuple[str, int, int] | None:
    position = 2
    while position + 9 < len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", data[position + 5 : position + 9])
            return "image/jpeg", width, height
        position += 2 if marker == 0xFF else 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    return None


def keep(tx: Transaction, kind: Kind, upload: Upload) -> dict[str, Any]:
    """Store what came in; answers the part of a message that names it (`photo` or `document`).

    Raises:
        ApiError: 400 for an empty or oversized file, or a photo that is no picture.
    """
    size = len(upload.data)
    if size == 0:
        raise bad_request("file must be non-empty")
    seen = picture(upload.data) if kind == "photo" else None
    if kind == "photo" and seen is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    if size > (LARGEST_PHOTO if kind == "photo" else LARGEST_UPLOAD):
        raise bad_request("file is too big")
    name = PurePosixPath(upload.name.replace("\\", "/")).name.strip()[:200] or "file"
    mime, width, height = seen or (_mime(name, upload.mime), None, None)
    file_id = ("AgACAg" if kind == "photo" else "BQACAg") + secrets.token_urlsafe(32)
    unique_id = hashlib.sha256(upload.data).hexdigest()[:16]
    tx.execute(
        "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (tx.next("file"), file_id, unique_id, kind, name, mime, width, height, size, upload.data),
    )
    return _named(kind, file_id, unique_id, name, mime, width, height, size)


def again(tx: Transaction, kind: Kind, file_id: str) -> dict[str, Any]:
    """The part of a message for a file that is here already.

    Raises:
        ApiError: 400 if there is no such file, or it is of the other kind.
    """
    row = tx.execute(
        "SELECT kind, file_id, unique_id, name, mime, width, height, size FROM files WHERE file_id = ?", (file_id,)
    ).fetchone()
    if row is None:
        raise bad_request("wrong remote file identifier specified: Wrong string length")
    if row[0] != kind:
        raise bad_request(f"can't use file of type {row[0].capitalize()} as {kind.capitalize()}")
    return _named(*row)


def _named(
    kind: Kind, file_id: str, unique_id: str, name: str, mime: str, width: int | None, height: int | None, size: int
) -> dict[str, Any]:
    ids = {"file_id": file_id, "file_unique_id": unique_id, "file_size": size}
    if kind == "photo":
        return {"photo": [ids | {"width": width, "height": height}]}
    return {"document": {"file_name": name, "mime_type": mime} | ids}


def describe(tx: Transaction, file_id: str) -> dict[str, Any]:
    """What getFile answers.

    Raises:
        ApiError: 400 for an unknown id, or more than 20 MB.
    """
    row = tx.execute("SELECT number, kind, name, unique_id, size FROM files WHERE file_id = ?", (file_id,)).fetchone()
    if row is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    number, kind, name, unique_id, size = row
    if size > LARGEST_DOWNLOAD:
        raise bad_request("file is too big")
    suffix = PurePosixPath(name).suffix
    path = f"{kind}s/file_{number}{suffix if suffix.isascii() and suffix[1:].isalnum() else ''}"
    return {"file_id": file_id, "file_unique_id": unique_id, "file_size": size, "file_path": path}


def by_path(tx: Transaction, path: str) -> StoredFile | None:
    """The file behind a path which getFile told."""
    stem = PurePosixPath(path).stem
    if not (stem.startswith("file_") and stem[5:].isascii() and stem[5:].isdigit()):
        return None
    row = tx.execute("SELECT name, mime, data FROM files WHERE number = ?", (int(stem[5:]),)).fetchone()
    return None if row is None else StoredFile(*row)


def by_id(tx: Transaction, file_id: str) -> StoredFile | None:
    row = tx.execute("SELECT name, mime, data FROM files WHERE file_id = ?", (file_id,)).fetchone()
    return None if row is None else StoredFile(*row)


def _mime(name: str, told: str) -> str:
    return mimetypes.guess_type(name)[0] or (told if "/" in told else "application/octet-stream")
