"""签到: one tap, one answer."""

from datetime import datetime

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import checkin
from actions.checkin import Already, Outside, Recorded, Which
from handlers import phrases
from handlers.awaited import awaits, drafts
from handlers.filters import POSITION, TEXT, Awaiting, Word
from handlers.replies import KEY_CHECKIN, KEY_CHECKIN_WORDS
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy.checkin import Fix
from policy.geo import Point
from policy.refusals import Code, Refusal
from policy.sentences import sentence
from storage.people import Speaker
from storage.tables import Area

router = Router(name="checkin")

AWAY = "checkin.away"
"""A position outside the fence: a trip, a reason or nothing is awaited."""
WHICH = "checkin.which"
WORDS = "checkin.words"
EXPLAIN = "explain.reason"
"""The reason for being elsewhere is awaited (handlers/explanations.py)."""


class AwayDo(CallbackData, prefix="away"):
    """What to make of a position outside the fence: `trip`, `explain` or `cancel`."""

    do: str


class Village(CallbackData, prefix="village"):
    """In which of two villages."""

    id: int


@router.message(POSITION)
async def on_position(message: Message, turn: Turn) -> Reply:
    """A position answers what is owed; today that is the check-in."""
    if not _villages(turn):
        return turn.say(_("收到位置，但您不在驻村工作队，不用签到。"))
    return await _check_in(turn, _fix(message))


async def _check_in(turn: Turn, fix: Fix, chosen_id: int | None = None) -> Reply:
    outcome = await checkin.record(
        turn.session,
        by=turn.viewer,
        villages=_villages(turn),
        fix=fix,
        sent_at=turn.sent_at,
        now=turn.now,
        chosen_id=chosen_id,
        keep_position=turn.person.position_consent is True,
    )
    match outcome:
        case Recorded() | Already():
            if turn.dialogue.state in {AWAY, WHICH, WORDS, EXPLAIN}:
                turn.dialogue.end()
            turn.dialogue.drop(AWAY, WHICH, EXPLAIN)
            return turn.say(_done(turn, outcome))
        case Which():
            turn.dialogue.leave()
            turn.dialogue.to(WHICH, **_kept(fix), at=turn.sent_at.isoformat())
            rows = [[(area.name[:8], Village(id=area.id))] for area in outcome.villages]
            return turn.say(_("📍 您在两个驻村点的范围内，这次签在哪个村？"), rows)
        case Outside():
            return await _outside(turn, fix, outcome)


def _done(turn: Turn, outcome: Recorded | Already) -> str:
    village = phrases.typed(_name(turn.speaker, outcome))
    if isinstance(outcome, Already):
        if outcome.at is None:
            return _("今天<b>已签到</b>（{village}），不用再点。").format(village=village)
        return _("今天 {time} <b>已签到</b>（{village}），不用再点。").format(
            time=outcome.at.strftime("%H:%M"), village=village
        )
    if outcome.late:
        return _("✅ <b>已签到</b> · {village}，按发出时间 {sent} 计（{received} 收到）。").format(
            village=village, sent=outcome.at.strftime("%H:%M"), received=outcome.received_at.strftime("%H:%M")
        )
    return _("✅ <b>已签到</b> {time} · {village}").format(time=outcome.at.strftime("%H:%M"), village=village)


async def _outside(turn: Turn, fix: Fix, outcome: Outside) -> Reply:
    turn.dialogue.leave()
    turn.dialogue.to(
        AWAY,
        **(_kept(fix) if turn.person.position_consent else {}),
        at=outcome.at.isoformat(),
        village_id=outcome.village.id,
        distance_m=round(outcome.judgement.distance_m, -1),
        distance_class=outcome.judgement.distance_class.value,
        evidence=outcome.evidence.value,
    )
    return await _ask_away(turn)


async def _ask_away(turn: Turn) -> Reply:
    kept = turn.dialogue.data
    village = next((village for village in _villages(turn) if village.id == kept["village_id"]), None)
    if village is None:
        raise Refusal(Code.NOT_FOUND)
    local = await turn.batch.local(village, datetime.fromisoformat(kept["at"]))
    profile = await turn.batch.profile(village, local.date())
    text = _("📍 您离{village}约 {distance}，<b>不在驻村范围</b>（{fence}，本县规定）。").format(
        village=phrases.typed(village.name),
        distance=phrases.distance(kept["distance_m"]),
        fence=phrases.distance(profile.fence_m),
    )
    buttons = [
        [(_("公出"), AwayDo(do="trip")), (_("说明情况"), AwayDo(do="explain"))],
        [(_("取消"), AwayDo(do="cancel"))],
    ]
    return turn.edit(text, buttons)


@router.callback_query(AwayDo.filter(F.do == "cancel"))
async def on_cancel(_query: CallbackQuery, turn: Turn) -> Reply:
    """Nothing is recorded of a position outside the fence."""
    if turn.dialogue.state in {AWAY, EXPLAIN}:
        turn.dialogue.end(AWAY, EXPLAIN)
    return turn.edit(_("好的，没有记录。回村后点「📍签到」就行。"))


@router.callback_query(Village.filter())
async def on_village(_query: CallbackQuery, callback_data: Village, turn: Turn) -> Reply:
    """Which of two villages: counted once."""
    if turn.dialogue.state != WHICH:
        return turn.edit(_("这一条已经过了。再点一次「📍签到」就行。"))
    kept = turn.dialogue.data
    turn.sent_at = turn.sent_at.fromisoformat(kept["at"])
    fix = Fix(Point(kept["lat"], kept["lon"]), kept["accuracy"], live=kept["live"], pressed=kept["pressed"])
    return await _check_in(turn, fix, callback_data.id)


@router.message(Word(KEY_CHECKIN, KEY_CHECKIN_WORDS, mark("签到"), command="checkin"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """签到 typed, or the key of one who shares no position: a sentence counts the same."""
    if not _villages(turn):
        return turn.say(_("您不在驻村工作队，不用签到。发「帮助」看看能做什么。"))
    turn.dialogue.to(WORDS)
    buttons: list[list[Button]] = [
        [(_("在村里"), SayHere(do="here")), (_("取消"), SayHere(do="cancel"))],
        *drafts(turn, AWAY, EXPLAIN),
    ]
    if not turn.person.position_consent:
        return turn.say(_("在哪里、做什么？说一句就<b>签到</b>，例如：在村部，准备入户。"), buttons)
    return turn.say(_("点「📍签到」最快。手机不能定位就说一句：在哪里、为什么。"), buttons)


class SayHere(CallbackData, prefix="here"):
    """One tap in place of the sentence."""

    do: str


@router.callback_query(SayHere.filter())
async def on_here(_query: CallbackQuery, callback_data: SayHere, turn: Turn) -> Reply:
    """在村里: the usual sentence by one tap."""
    if callback_data.do == "cancel":
        if turn.dialogue.state == WORDS:
            turn.dialogue.end()
        return turn.edit(_("好的，没有签到。"))
    return turn.edit(await _by_words(turn, _("在村里")))


@router.message(Awaiting(WORDS), TEXT)
async def on_sentence(message: Message, turn: Turn) -> Reply:
    """The sentence in place of a position."""
    return turn.say(await _by_words(turn, message.text or ""))


async def _by_words(turn: Turn, said: str) -> str:
    villages = _villages(turn)
    village = villages[0] if villages else turn.posts_area()
    if village is None:
        return _("您不在驻村工作队，不用签到。发「帮助」看看能做什么。")
    outcome = await checkin.record_words(
        turn.session, by=turn.viewer, village=village, words=said, sent_at=turn.sent_at, now=turn.now
    )
    turn.dialogue.end(AWAY, EXPLAIN)
    if isinstance(outcome, Recorded):
        return _("{done}\n已记：{said}").format(done=_done(turn, outcome), said=phrases.typed(sentence(said)))
    return _done(turn, outcome)


def _villages(turn: Turn) -> list[Area]:
    return turn.speaker.villages() if turn.speaker is not None else []


def _name(speaker: Speaker | None, outcome: Recorded | Already) -> str:
    if isinstance(outcome, Recorded):
        return outcome.village.name
    villages = speaker.villages() if speaker is not None else []
    return next((village.name for village in villages if village.id == outcome.village_id), "")


def _fix(message: Message) -> Fix:
    """The position as the messenger describes it; who says it is another matter (`policy.checkin.grade`)."""
    location = message.location
    if location is None:
        raise RuntimeError("a position without a location")
    forwarded = message.forward_origin is not None or message.venue is not None or message.via_bot is not None
    return Fix(
        Point(location.latitude, location.longitude),
        location.horizontal_accuracy,
        live=location.live_period is not None,
        pressed=message.reply_to_message is not None,
        forwarded=forwarded,
    )


def _kept(fix: Fix) -> dict[str, float | bool | None]:
    return {
        "lat": fix.point.lat,
        "lon": fix.point.lon,
        "accuracy": fix.accuracy_m,
        "live": fix.live,
        "pressed": fix.pressed,
    }


awaits(AWAY, mark("不在村里，怎么记"), _ask_away)
awaits(WHICH, mark("签在哪个村"))
awaits(WORDS, mark("签到的一句话"))
