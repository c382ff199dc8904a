"""The page's JSON: who one is, what may be sent, what comes back."""

import asyncio
import contextlib
from collections.abc import Iterator

import aiohttp
import pytest
from aiogram import Bot
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup

from gateway import Gateway
from tests.gateway.conftest import LI, PEOPLE, ZHOU, Clock, Phone, until
from tests.gateway.test_files import png

YES = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="同意", callback_data="yes")]])
KEYS = ReplyKeyboardMarkup(keyboard=[[KeyboardButton(text="📍签到", request_location=True)]])


def said(text: str, client_id: str, age_ms: float = 0) -> dict[str, object]:
    return {"kind": "text", "text": text, "client_id": client_id, "age_ms": age_ms}


async def test_the_page_and_its_files_are_served_strictly(phone: Phone):
    for path, kind in [
        ("/", "text/html"),
        ("/page.css", "text/css"),
        ("/page.js", "text/javascript"),
        ("/icon.svg", "image/svg+xml"),
    ]:
        async with phone.session.get(phone.url + path) as response:
            assert (response.status, response.content_type) == (200, kind)
            assert response.headers["Content-Security-Policy"].startswith("default-src 'self';")
            assert "unsafe" not in response.headers["Content-Security-Policy"]
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            tag = response.headers["ETag"]
        async with phone.session.get(phone.url + path, headers={"If-None-Match": tag}) as response:
            assert response.status == 304


async def test_here_one_may_be_a_sample_person(phone: Phone):
    status, answer = await phone.ask("GET", "/page/people")
    assert status == 200
    assert [one["name"] for one in answer["people"]] == ["周建国", "李雪"]
    status, state = await phone.ask("GET", "/page/state", person=ZHOU)
    assert (status, state["me"]["name"], state["messages"]) == (200, "周建国", [])
    assert (await phone.ask("GET", "/page/state", person=999))[0] == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example:8080"},
        {"Host": "[::ffff:8.8.8.8]"},
        {"X-Forwarded-For": "8.8.8.8"},
        {"Forwarded": "for=8.8.8.8"},
    ],
)
async def test_a_forged_host_or_a_proxy_is_not_this_machine(phone: Phone, headers: dict[str, str]):
    status, answer = await phone.ask("GET", "/page/people", headers=headers)
    assert (status, answer["people"]) == (200, [])
    status, answer = await phone.ask("GET", "/page/state", person=ZHOU, headers=headers)
    assert (status, answer["error"]) == (403, "not_local")
    async with phone.session.get(f"{phone.url}/page/file/1?as={ZHOU}", headers=headers) as response:
        assert response.status == 403


async def test_with_a_public_address_nobody_is_a_sample_person(clock: Clock):
    gateway = await Gateway.start(
        db=":memory:", host="127.0.0.1", port=0, public_url="https://zhucun.example", now=clock
    )
    try:
        await gateway.offer_people(PEOPLE)
        async with aiohttp.ClientSession() as session:
            status, _ = await Phone(session, gateway.url).ask("GET", "/page/state", person=ZHOU)
        assert status == 403
        assert gateway.link("abc") == "https://zhucun.example/?start=abc"
    finally:
        await gateway.close()


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
async def test_another_site_can_not_speak_for_one(phone: Phone, bot: Bot, headers: dict[str, str]):
    status, answer = await phone.ask("POST", "/page/send", said("在", "1"), person=ZHOU, headers=headers)
    assert (status, answer["error"]) == (403, "foreign")
    assert await bot.get_updates() == []


async def test_a_plain_form_can_not_speak_for_one(phone: Phone, bot: Bot):
    async with phone.session.post(f"{phone.url}/page/send?as={ZHOU}", data=said("在", "1")) as response:
        assert response.status == 403
    assert await bot.get_updates() == []


async def test_who_has_no_account_is_told_so(phone: Phone):
    status, answer = await phone.ask("GET", "/page/state")
    assert (status, answer["error"]) == (401, "stranger")


async def test_an_invitation_makes_an_account_once(phone: Phone, bot: Bot):
    for _ in range(2):
        assert (await phone.ask("POST", "/page/enter", {"start": "abc_1", "language": "EN-us"}))[0] == 200
    [update] = await bot.get_updates()
    assert update.message is not None
    assert update.message.from_user is not None
    assert (update.message.text, update.message.from_user.language_code) == ("/start abc_1", "en-us")
    [cookie] = phone.session.cookie_jar
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    status, state = await phone.ask("GET", "/page/state")
    assert (status, state["me"]["id"]) == (200, update.message.chat.id)
    await phone.ask("POST", "/page/enter", {"start": "another"})
    updates = await bot.get_updates(offset=update.update_id + 1)
    assert [u.message.chat.id for u in updates if u.message] == [update.message.chat.id]


async def test_the_secret_of_an_account_is_stored_hashed(phone: Phone, gateway: Gateway):
    await phone.ask("POST", "/page/enter", {"start": "abc"})
    [cookie] = phone.session.cookie_jar
    rows = await gateway._store.run(lambda tx: tx.execute("SELECT secret FROM people WHERE secret NOT NULL").fetchall())
    assert len(rows[0][0]) == 32
    assert cookie.value.encode() not in rows[0][0]


@pytest.mark.parametrize("start", ["", "a b", "x" * 65, "签到", "<b>"])
async def test_a_broken_invitation_makes_nothing(phone: Phone, gateway: Gateway, start: str):
    status, answer = await phone.ask("POST", "/page/enter", {"start": start})
    assert (status, answer["error"]) == (422, "bad_link")
    assert not list(phone.session.cookie_jar)


async def test_a_resend_after_a_lost_answer_is_one_message(phone: Phone, bot: Bot):
    first = await phone.ask("POST", "/page/send", said("在", "k1"), person=ZHOU)
    again = await phone.ask("POST", "/page/send", said("在", "k1", 30_000), person=ZHOU)
    assert first == again
    assert (await phone.ask("POST", "/page/send", said("在", "k1"), person=LI))[1] != first[1]
    assert len(await bot.get_updates()) == 2


async def test_an_item_is_dated_by_its_age(phone: Phone, bot: Bot, clock: Clock):
    await phone.ask("POST", "/page/send", said("早上说的", "1", 90 * 60_000), person=ZHOU)
    [update] = await bot.get_updates()
    assert update.message is not None
    assert update.message.date.timestamp() == clock.time - 90 * 60


@pytest.mark.parametrize("age", [-1, 24 * 3600_000 + 1, None, "NaN", "soon"])
async def test_an_impossible_age_is_refused(phone: Phone, bot: Bot, age: object):
    status, answer = await phone.ask("POST", "/page/send", {**said("在", "1"), "age_ms": age}, person=ZHOU)
    assert status in {400, 422}
    assert answer["reason"]
    assert await bot.get_updates() == []


@pytest.mark.parametrize(
    "item, code",
    [
        ({"kind": "text", "text": " "}, "empty"),
        ({"kind": "text", "text": "长" * 4097}, "too_long"),
        ({"kind": "location", "latitude": 138.2, "longitude": 114}, "position"),
        ({"kind": "location", "longitude": 114}, "position"),
        ({"kind": "contact", "phone": "12"}, "phone"),
        ({"kind": "poem"}, "kind"),
        ({"kind": "text", "text": "在", "client_id": ""}, "client_id"),
        ({"kind": "text", "text": "在", "client_id": "x" * 81}, "client_id"),
    ],
)
async def test_what_can_not_be_sent_is_refused_by_name(phone: Phone, bot: Bot, item: dict[str, object], code: str):
    status, answer = await phone.ask("POST", "/page/send", {"client_id": "1", "age_ms": 0, **item}, person=ZHOU)
    assert (status, answer["error"]) == (422, code)
    assert await bot.get_updates() == []


async def test_the_key_pressed_is_named_and_must_be_ones_own(phone: Phone, bot: Bot):
    mine = (await bot.send_message(ZHOU, "您好", reply_markup=KEYS)).message_id
    others = (await bot.send_message(LI, "您好", reply_markup=KEYS)).message_id
    for number, keyboard_id in enumerate((mine, others, None)):
        item = {"kind": "location", "latitude": 38.2, "longitude": 114.0, "client_id": str(number), "age_ms": 0}
        status, _ = await phone.ask("POST", "/page/send", {**item, "keyboard_id": keyboard_id}, person=ZHOU)
        assert status == 200
    replies = [u.message.reply_to_message for u in await bot.get_updates() if u.message]
    assert [reply.message_id if reply else None for reply in replies] == [mine, None, None]


async def test_a_press_of_another_chats_button_is_refused(phone: Phone, bot: Bot):
    sent = await bot.send_message(ZHOU, "请假", reply_markup=YES)
    press = {"message_id": sent.message_id, "data": "yes", "client_id": "p1"}
    assert (await phone.ask("POST", "/page/press", press, person=LI))[1]["error"] == "button_gone"
    first = await phone.ask("POST", "/page/press", press, person=ZHOU)
    assert first == await phone.ask("POST", "/page/press", press, person=ZHOU)
    assert len(await bot.get_updates()) == 1


async def test_news_comes_while_one_waits_and_can_be_resumed(phone: Phone, bot: Bot, gateway: Gateway):
    _, state = await phone.ask("GET", "/page/state", person=ZHOU)
    waiting = asyncio.create_task(phone.ask("GET", f"/page/events?after={state['change']}", person=ZHOU))
    await until(lambda: ZHOU in gateway._phones._watchers)
    await bot.send_message(LI, "不是给您的")
    sent = await bot.send_message(ZHOU, "您好", reply_markup=YES)
    _, news = await asyncio.wait_for(waiting, 20)
    assert [one["text"] for one in news["messages"]] == ["您好"]
    await bot.edit_message_text("改了", chat_id=ZHOU, message_id=sent.message_id)
    gone = await bot.send_message(ZHOU, "没用了")
    await bot.delete_message(ZHOU, gone.message_id)
    await phone.ask("POST", "/page/send", said("在", "k9"), person=ZHOU)
    for _ in range(2):  # the same question after a lost answer has the same answer
        _, later = await phone.ask("GET", f"/page/events?after={news['change']}", person=ZHOU)
        assert [one["text"] for one in later["messages"]] == ["改了", "在"]
        assert later["deleted"] == [gone.message_id]
        assert list(later["own"].values()) == ["k9"]


async def test_an_open_page_sees_that_the_bot_is_busy(phone: Phone, bot: Bot, gateway: Gateway):
    waiting = asyncio.create_task(phone.ask("GET", "/page/events?after=0", person=ZHOU))
    await until(lambda: ZHOU in gateway._phones._watchers)
    await bot.send_chat_action(ZHOU, "typing")
    _, news = await asyncio.wait_for(waiting, 20)
    assert news["action"] == "typing"


async def test_history_is_read_page_by_page(phone: Phone, gateway: Gateway):
    for number in range(130):
        await gateway.post_text(ZHOU, str(number))
    _, state = await phone.ask("GET", "/page/state", person=ZHOU)
    assert state["more"]
    seen = [one["text"] for one in state["messages"]]
    first = state["messages"][0]["message_id"]
    more = True
    while more:
        _, page = await phone.ask("GET", f"/page/history?before={first}", person=ZHOU)
        seen = [one["text"] for one in page["messages"]] + seen
        more = page["more"]
        first = page["messages"][0]["message_id"] if page["messages"] else first
    assert seen == [str(number) for number in range(130)]


async def test_photos_and_files_are_uploaded_once_and_as_an_album(phone: Phone, bot: Bot):
    def form(kind: str, key: str, data: bytes, name: str) -> aiohttp.FormData:
        made = aiohttp.FormData(quote_fields=False)  # file names as browsers write them
        album = "one" if kind == "photo" else ""
        for field, value in {"kind": kind, "client_id": key, "age_ms": "0", "album": album}.items():
            made.add_field(field, value)
        made.add_field("file", data, filename=name)
        return made

    for key in ("a", "b", "b"):
        status, _ = await phone.ask("POST", "/page/upload", data=form("photo", key, png(), "x.png"), person=ZHOU)
        assert status == 200
    await phone.ask("POST", "/page/upload", data=form("document", "c", b"1,2", "表.csv"), person=ZHOU)
    one, two, paper = [u.message for u in await bot.get_updates()]
    assert one is not None
    assert two is not None
    assert paper is not None
    assert one.media_group_id == two.media_group_id is not None
    assert paper.document is not None
    assert (paper.document.file_name, paper.media_group_id) == ("表.csv", None)
    status, answer = await phone.ask("POST", "/page/upload", data=form("photo", "d", b"no", "x.png"), person=ZHOU)
    assert (status, answer["error"]) == (422, "not_a_picture")


async def test_who_stopped_the_bot_starts_it_again_before_speaking(phone: Phone, bot: Bot):
    assert (await phone.ask("POST", "/page/block", {"blocked": True}, person=ZHOU))[1] == {"blocked": True}
    status, answer = await phone.ask("POST", "/page/send", said("在", "1"), person=ZHOU)
    assert (status, answer["error"]) == (409, "blocked")
    await phone.ask("POST", "/page/block", {"blocked": False}, person=ZHOU)
    assert (await phone.ask("POST", "/page/send", said("在", "1"), person=ZHOU))[0] == 200
    kinds = [update.event_type for update in await bot.get_updates()]
    assert kinds == ["my_chat_member", "my_chat_member", "message"]


def _addresses(text: str) -> Iterator[str]:
    for piece in text.split('"'):
        if "://" in piece and "www.w3.org" not in piece:
            yield piece


def test_the_page_asks_nobody_outside_and_never_writes_markup():
    from gateway.pages import _STATIC

    for path in _STATIC.iterdir():
        text = path.read_text()
        assert not list(_addresses(text)), path.name
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert word not in text, path.name


async def test_a_lone_surrogate_or_broken_json_is_a_kind_refusal(phone: Phone, bot: Bot):
    for body in (b'{"kind":"text","text":"\\ud83d"}', b"{", b"[]"):
        headers = {"Content-Type": "application/json"}
        status, answer = await phone.ask("POST", "/page/send", data=body, person=ZHOU, headers=headers)
        assert status == 400
        assert answer["reason"]
    with contextlib.suppress(StopIteration):
        assert await bot.get_updates() == []
