"""Buttons that nobody was given: of every kind there is, with other people's ids, ids of nothing, and nonsense.

Pressed by a cadre, an officer and staff of other places, and a stranger: always an answer, never trouble, never a
change. Kinds are found, not listed; the words of their fields are read from where handlers use them.
"""

import ast
import random
from enum import Enum
from pathlib import Path

import orjson
import pytest
from aiogram.filters.callback_data import CallbackData

import handlers
from bot.intake import arrival
from storage.tables import Base, EmergencyRollCall, FigureRequest, Inbox, InboxState, Notice, SafetyReply
from tests import figures

NONSENSE = ("x" * 40, "")
ABSURD = (0, -1, 987_654_321, -(10**17), 10**17)
PRESSES, GUESSES = 14, 6
"""Of each kind by each person: fewer than one person may send at once; those with guessed ids among them."""

PARTS = 3
TRACES = frozenset({"inbox", "conversation", "id_block"})
"""Tables in which a press always leaves something: that it came, and what is being talked about."""


def kinds():
    """Every kind of button that a feature has, by its prefix."""
    handlers.routers()
    found, left = {}, [CallbackData]
    while left:
        for kind in left.pop().__subclasses__():
            left.append(kind)
            if kind.__module__.startswith("handlers."):
                found[kind.__prefix__] = kind
    return dict(sorted(found.items()))


def spoken_words():
    """By the name of a kind and of its field: what handlers put there."""
    words = {}
    for path in sorted(Path(handlers.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                for given in node.keywords:
                    for value in ast.walk(given.value):
                        if isinstance(value, ast.Constant) and isinstance(value.value, str):
                            words.setdefault((name, given.arg), {})[value.value] = None
    return words


WORDS = spoken_words()


def values(kind, name, ids):
    """What stands in one field of forged data."""
    hint = kind.model_fields[name].annotation
    if hint is bool:
        return ["0", "1", "2"]
    if hint is int:
        return [str(one) for one in (*ids, *ABSURD)]
    words = [str(one.value) for one in hint] if isinstance(hint, type) and issubclass(hint, Enum) else []
    return [*words, *WORDS.get((kind.__name__, name), ()), *NONSENSE, str(ids[0])]


def forged(kind, ids, shown):
    """Some data of this kind, the same each time: buttons `shown` to others, with other words on them, and guesses."""
    fields = list(kind.model_fields)
    chance = random.Random(kind.__prefix__)
    found = list(dict.fromkeys(shown))
    for data in found[:3]:
        _prefix, *parts = data.split(":")
        for at, name in enumerate(fields):
            if kind.model_fields[name].annotation is str:
                others = [[*parts[:at], word, *parts[at + 1 :]] for word in values(kind, name, ids)]
                found += [":".join([kind.__prefix__, *other]) for other in others]
    chosen = chance.sample(found, min(PRESSES - GUESSES, len(found)))
    guesses = [[chance.choice(values(kind, name, ids)) for name in fields] for _ in range(GUESSES)]
    return list(dict.fromkeys([*chosen, *(":".join([kind.__prefix__, *guess]) for guess in guesses)]))


def is_one_s_own(kind, data):
    """Whether it names nobody and nothing and is no nonsense: whoever presses may change what is his own."""
    if any(field.annotation is int for field in kind.model_fields.values()):
        return False
    return not any(one in NONSENSE for one in data.split(":")[1:])


async def somebody_s_matters(world):
    """石门村 of 柳河镇 has something of nearly everything; the ids of it, the newest of each table."""
    sun, liu, wang = world.county_staff("孙丽"), world.township_officer("刘敏"), world.township_officer("王主任")
    zhou, first = world.cadre("周建国"), world.cadre("王强", secretary=True)
    await sun.says("通知")
    await sun.presses("全县")
    await sun.says("防寒通知")
    await sun.presses("修改")
    await sun.presses("需落实")
    await sun.presses("3 天内")
    await sun.presses("发送")
    await zhou.presses("已阅")
    await zhou.sends_raw({"text": "缺融雪盐", "reply_to_message": await _about(world, zhou, "防寒通知")})
    await figures.ask(sun)
    await sun.says("值班")
    await sun.presses("元旦")
    await sun.presses("定下")
    await liu.says("应急 山洪")
    await liu.presses("提交确认")
    await wang.presses("确认发出")
    await zhou.presses("需要帮助")
    await world.advance(minutes=31)
    await liu.says("应急 再来一次")
    await liu.presses("提交确认")
    await zhou.says("公出 明天 到镇里开例会")
    await first.presses("开始填")
    await first.sends_location(km_from_village=60)
    await first.presses("说明情况")
    await first.says("路断了")
    for actor, *labels in (
        (sun, "未落实名单", "全部名单", "看回复", "答复 1", "已发通知", "1 防寒通知", "看全文"),
        (liu, "按村", "名单", "王强"),
    ):
        await actor.says("通知")
        for label in labels:
            await actor.presses(label)
    for actor, lines in (
        (
            sun,
            (
                "今日在岗",
                "设置",
                "导出",
                "名册",
                "邀请 周建国",
                "年历",
                "报数",
                "查 周建国",
                "通知",
                "语言",
                "帮助",
                "值班",
            ),
        ),
        (liu, ("值班", "应急", "代签 周建国 手机坏了", "今日在岗", "公出")),
        (zhou, ("补签", "我的", "我的公出", "我的通知", "出去一下 11点半回", "不用定位")),
        (first, ("今天一人在岗", "全队平安")),
    ):
        for line in lines:
            await actor.says(line)
    for kind in (Notice, EmergencyRollCall, FigureRequest, SafetyReply):
        assert await world.rows(kind)
    found = []
    async with world.db.read() as session:
        for table in Base.metadata.sorted_tables:
            if "id" in table.c and table.name != "inbox":
                newest = (await session.execute(table.select().order_by(table.c.id.desc()).limit(1))).mappings().first()
                found += [newest["id"]] if newest is not None else []
    return [*dict.fromkeys([*found, *(world.area_id(name) for name in ("石门村", "柳河镇")), zhou.person_id])]


def remember_buttons(world):
    """What hangs on every button from now on, by the kind."""
    shown, answer = {}, world.api._answer

    def note(name, body):
        for row in (body.get("reply_markup") or {}).get("inline_keyboard") or ():
            for button in row:
                data = button.get("callback_data", "")
                shown.setdefault(data.split(":")[0], {})[data] = None
        return answer(name, body)

    world.api._answer = note
    return shown


async def _about(world, actor, words):
    await world.settle()
    said = next(said for said in reversed(actor._messages()) if words in said.text)
    return {
        "message_id": said.message_id, "date": 1, "chat": actor._chat(), "from": world.bot_user, "text": said.text,
    }  # fmt: skip


async def contents(world):
    """Everything that is stored, but for traces."""
    await world.settle()
    async with world.db.read() as session:
        return {
            table.name: (await session.execute(table.select())).all()
            for table in Base.metadata.sorted_tables
            if table.name not in TRACES
        }


async def press_all(world, actors, data):
    """Everybody presses all of these at once."""
    arrivals = []
    for actor in actors:
        said = next(said for said in actor._messages() if said.text and not said.toast)
        for one in data:
            query = {
                "id": f"query{next(world.numbers)}",
                "from": actor._user(),
                "message": {
                    "message_id": said.message_id, "date": 1, "chat": actor._chat(), "from": world.bot_user,
                    "text": said.text or "x",
                },
                "chat_instance": "1",
                "data": one,
            }  # fmt: skip
            world.api.query_chats[query["id"]] = actor.chat_id
            arrivals.append(arrival({"update_id": next(world.numbers), "callback_query": query}))
    await world.intake.store(arrivals)
    await world.settle()
    return len(arrivals)


@pytest.mark.parametrize("part", range(PARTS))
async def test_a_forged_press_is_answered_and_changes_nothing(world, part):
    shown = remember_buttons(world)
    ids = await somebody_s_matters(world)
    shown = {prefix: list(found) for prefix, found in shown.items()}
    actors = [
        world.cadre("外村人", village="南坡村", township="石桥镇"),
        world.township_officer("林乡长", "石桥镇"),
        world.county_staff("外县人", "临水县"),
        world.stranger("陌生人"),
    ]
    await world.settle()
    for actor in actors:
        await actor.says("帮助")
    await actors[2].says("通知 还没有写完的")  # stale presses meet a draft
    await actors[2].presses("按乡镇")
    world.api.answered.clear()
    mine = list(kinds().items())[part::PARTS]
    pressed, changed = 0, {}
    for own in (False, True):
        before = await contents(world)
        for prefix, kind in mine:
            data = [one for one in forged(kind, ids, shown.get(prefix, ())) if is_one_s_own(kind, one) is own]
            pressed += await press_all(world, actors, data)
            if not own and data and (after := await contents(world)) != before:
                changed[prefix] = [name for name, rows in after.items() if rows != before[name]]
                before = after
    assert changed == {}
    assert await troubled(world) == []
    assert len(world.api.answered) == pressed


async def troubled(world):
    """The presses that a handler failed at."""
    return [
        (orjson.loads(row.raw)["callback_query"]["data"], row.error)
        for row in await world.rows(Inbox)
        if row.state is not InboxState.DONE or row.attempts
    ]


def test_every_feature_of_notices_tasks_and_emergency_is_found():
    assert {"nwho", "nsend", "nmanage", "nl", "ndone", "ntask", "alarm", "helped", "safe", "alarmone"} <= kinds().keys()
