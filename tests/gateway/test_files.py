"""Photos, documents, albums, places: sent, edited, and fetched back."""

import io
import struct
import zlib

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import BufferedInputFile, InputMediaDocument, InputMediaPhoto

from gateway import Gateway
from gateway.files import picture
from tests.gateway.conftest import LI, ZHOU, Phone


def png(width: int = 30, height: int = 20) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" + b"\xff" * 3 * width) * height)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffc0000b080014001e01012200") + b"\0" * 16


def test_pictures_are_known_by_their_bytes():
    assert picture(png(30, 20)) == ("image/png", 30, 20)
    assert picture(JPEG) == ("image/jpeg", 30, 20)
    assert picture(b"GIF89a\x1e\0\x14\0") == ("image/gif", 30, 20)
    assert picture(b"<svg onload=alert(1)>") is None
    assert picture(b"\xff\xd8\xff") is None


async def test_a_document_comes_back_as_it_went(bot: Bot):
    sent = await bot.send_document(
        ZHOU, BufferedInputFile(b"1,2\n", "11月 考勤.csv"), caption="<b>考勤</b>", parse_mode="HTML"
    )
    assert sent.document is not None
    assert (sent.document.file_name, sent.document.file_size, sent.caption) == ("11月 考勤.csv", 4, "考勤")
    file = await bot.get_file(sent.document.file_id)
    assert file.file_path is not None
    assert file.file_path.endswith(".csv")
    into = io.BytesIO()
    await bot.download(sent.document, into)
    assert into.getvalue() == b"1,2\n"
    again = await bot.send_document(LI, sent.document.file_id)
    assert again.document is not None
    assert again.document.file_id == sent.document.file_id


async def test_a_photo_has_its_size_and_must_be_a_picture(bot: Bot):
    sent = await bot.send_photo(ZHOU, BufferedInputFile(png(30, 20), "a.png"))
    assert [(one.width, one.height) for one in sent.photo or []] == [(30, 20)]
    with pytest.raises(TelegramBadRequest, match="IMAGE_PROCESS_FAILED"):
        await bot.send_photo(ZHOU, BufferedInputFile(b"no picture", "a.png"))
    with pytest.raises(TelegramBadRequest, match="caption is too long"):
        await bot.send_photo(ZHOU, BufferedInputFile(png(), "a.png"), caption="长" * 1025)


async def test_files_that_are_not_there(bot: Bot, gateway: Gateway, phone: Phone):
    with pytest.raises(TelegramBadRequest, match="wrong remote file identifier"):
        await bot.send_document(ZHOU, "nothing")
    with pytest.raises(TelegramBadRequest, match="failed to get HTTP URL content"):
        await bot.send_photo(ZHOU, "https://a.example/b.png")
    with pytest.raises(TelegramBadRequest, match="wrong file_id"):
        await bot.get_file("nothing")
    with pytest.raises(TelegramBadRequest, match="file must be non-empty"):
        await bot.send_document(ZHOU, BufferedInputFile(b"", "a.txt"))
    assert (await phone.ask("GET", f"/file/bot{gateway.token}/documents/file_9.txt"))[0] == 404
    assert (await phone.ask("GET", "/file/bot1:wrong/documents/file_1.txt"))[0] == 401


async def test_an_album_is_one_group(bot: Bot):
    photos = [InputMediaPhoto(media=BufferedInputFile(png(), "a.png"), caption="三处") for _ in range(3)]
    sent = await bot.send_media_group(ZHOU, list(photos))
    assert len({one.media_group_id for one in sent}) == 1
    assert [one.caption for one in sent] == ["三处"] * 3
    mixed: list[InputMediaPhoto | InputMediaDocument] = [
        photos[0],
        InputMediaDocument(media=BufferedInputFile(b"x", "x.txt")),
    ]
    with pytest.raises(TelegramBadRequest, match="can't be mixed"):
        await bot.send_media_group(ZHOU, list(mixed))
    with pytest.raises(TelegramBadRequest, match="2-10 items"):
        await bot.send_media_group(ZHOU, list(photos[:1]))


async def test_an_album_is_sent_whole_or_not_at_all(bot: Bot, gateway: Gateway):
    photos = [InputMediaPhoto(media=BufferedInputFile(data, "a.png")) for data in (png(), b"no picture")]
    with pytest.raises(TelegramBadRequest, match="IMAGE_PROCESS_FAILED"):
        await bot.send_media_group(ZHOU, list(photos))
    assert await gateway.messages(ZHOU) == []


async def test_captions_and_media_are_edited(bot: Bot):
    sent = await bot.send_photo(ZHOU, BufferedInputFile(png(), "a.png"), caption="旧")
    edited = await bot.edit_message_caption(chat_id=ZHOU, message_id=sent.message_id, caption="新")
    assert not isinstance(edited, bool)
    assert (edited.caption, edited.photo) == ("新", sent.photo)
    media = InputMediaPhoto(media=BufferedInputFile(png(50, 40), "b.png"), caption="换了")
    edited = await bot.edit_message_media(chat_id=ZHOU, message_id=sent.message_id, media=media)
    assert not isinstance(edited, bool)
    assert ((edited.photo or [])[0].width, edited.caption) == (50, "换了")
    with pytest.raises(TelegramBadRequest, match="there is no text in the message to edit"):
        await bot.edit_message_text("字", chat_id=ZHOU, message_id=sent.message_id)
    text = await bot.send_message(ZHOU, "字")
    with pytest.raises(TelegramBadRequest, match="there is no caption in the message to edit"):
        await bot.edit_message_caption(chat_id=ZHOU, message_id=text.message_id, caption="新")


async def test_a_place(bot: Bot):
    sent = await bot.send_location(ZHOU, 38.2031, 114.0125, horizontal_accuracy=20)
    assert sent.location is not None
    assert (sent.location.latitude, sent.location.longitude) == (38.2031, 114.0125)
    with pytest.raises(TelegramBadRequest, match="location is invalid"):
        await bot.send_location(ZHOU, 138.2, 114.0)


async def test_a_person_opens_only_what_is_in_their_chat(bot: Bot, phone: Phone):
    sent = await bot.send_document(ZHOU, BufferedInputFile(b"<script>", "名单.html"))
    address = f"{phone.url}/page/file/{sent.message_id}?as="
    async with phone.session.get(f"{address}{ZHOU}") as response:
        assert await response.read() == b"<script>"
        assert response.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%E5%90%8D")
        assert response.headers["Content-Type"] == "application/octet-stream"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    async with phone.session.get(f"{address}{LI}") as response:
        assert response.status == 404
