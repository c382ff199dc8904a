"""签到: one tap, one answer."""

from datetime import date, datetime
from typing import Any

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import checkin, trips
from actions.checkin import Already, Kept, Outside, Recorded, Which
from handlers import leave_words, phrases, refusals
from handlers.awaited import awaits, cancel, drafts
from handlers.filters import POSITION, TEXT, Awaiting, Line, Word
from handlers.replies import KEY_CHECKIN, KEY_CHECKIN_WORDS
from handlers.trip_cards import TripAct, told
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy.calendar import Half
from policy.checkin import Evidence, Fix, half_of
from policy.geo import Point
from policy.refusals import Code, Refusal
from policy.sentences import sentence
from storage.people import Speaker
from storage.tables import Area, OfficialTrip
from storage.trips import span_of

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


class TripHere(CallbackData, prefix="triphere"):
    """On a trip and in the village all the same: 改记在村, from the half-day `half` of `on` (`2026-11-24`)."""

    id: int
    on: str
    half: Half


class Village(CallbackData, prefix="village"):
    """In which of two villages."""

    id: int


@router.message(POSITION)
async def on_position(message: Message, turn: Turn) -> Reply:
    """A position answers what is owed; today that is the check-in."""
    if not _villages(turn):
        return turn.say(_("收到位置，但您不在驻村工作队，不用签到。"))
    return await _check_in(turn, _fix(message))


async def _check_in(turn: Turn, fix: Fix) -> Reply:
    outcome = await checkin.record(
        turn.session,
        by=turn.viewer,
        villages=_villages(turn),
        fix=fix,
        sent_at=turn.sent_at,
        now=turn.now,
        keep_position=turn.person.position_consent is True,
    )
    match outcome:
        case Recorded() | Already() | Kept():
            return await _answer(turn, outcome)
        case Which():
            return _ask_which(turn, outcome, _kept(turn, fix))
        case Outside():
            return await _outside(turn, fix, outcome)


async def _answer(turn: Turn, outcome: Recorded | Already | Kept, said: str | None = None) -> Reply:
    """In the village: nothing else is owed; a trip that stands all the same is named, and can be ended."""
    if isinstance(outcome, Kept):
        turn.dialogue.end()
        return turn.edit(_kept_only(outcome))
    if turn.dialogue.state in {AWAY, WHICH, WORDS, EXPLAIN}:
        turn.dialogue.end()
    turn.dialogue.drop(AWAY, WHICH, EXPLAIN)
    lines = [_done(turn, outcome)]
    if said is not None and isinstance(outcome, Recorded):
        lines.append(_("已记：{said}").format(said=phrases.typed(sentence(said))))
    if outcome.trip is None:
        return turn.edit("\n".join(lines))
    trip, local = outcome.trip, outcome.at if isinstance(outcome, Recorded) else outcome.now
    half = half_of(local, await turn.batch.profile(_villages(turn)[0], local.date()))
    if (local.date(), half) not in set(span_of(trip).halves()):
        lines.append(_("还记着公出：{trip}，照旧。").format(trip=told(trip)))
        return turn.edit("\n".join(lines))
    lines.append(_("这时记的是<b>公出</b>：{trip}。要改成在村吗？").format(trip=told(trip)))
    here = TripHere(id=trip.id, on=local.date().isoformat(), half=half)
    return turn.edit("\n".join(lines), [[(_("改记在村"), here), (_("照旧"), TripAct(do="keep"))]])


def _kept_only(outcome: Kept) -> str:
    """It came after its month was locked (bad line): nothing is lost, and nothing is changed behind a settled sheet."""
    words = _(
        "收到您{day} {sent} 的签到（{village}），已存下。{month}考勤已经月结{rule}，这一条暂时没有计入。"
        "\n要计入请告诉县里：在「月结」里为您单独开放，开放后自动计入。今天的请再点「📍签到」。"
    )
    return words.format(
        day=phrases.day(outcome.at.date()),
        sent=outcome.at.strftime("%H:%M"),
        village=phrases.typed(outcome.village.name),
        month=phrases.month(outcome.month, outcome.received_at.date()),
        rule=refusals.rule("三（二）"),
    )


def _ask_which(turn: Turn, outcome: Which, kept: dict[str, Any]) -> Reply:
    turn.dialogue.leave()
    ids = [area.id for area in outcome.villages]
    turn.dialogue.to(WHICH, **kept, villages=ids, evidence=outcome.evidence.value, at=turn.sent_at.isoformat())
    buttons: list[Button] = [(area.name[:8], Village(id=area.id)) for area in outcome.villages]
    if outcome.evidence is Evidence.WORDS:
        text = _("您驻几个村，这次签在哪个村？")
        return turn.edit(text, [*(buttons[n : n + 2] for n in range(0, len(buttons), 2)), [cancel()]])
    return turn.say(_("📍 您在两个驻村点的范围内，这次签在哪个村？"), [[button] for button in buttons])


def _done(turn: Turn, outcome: Recorded | Already) -> str:
    village = phrases.typed(_name(turn.speaker, outcome))
    if isinstance(outcome, Already):
        if outcome.at is None:
            return _("今天<b>已签到</b>（{village}），不用再点。").format(village=village)
        return _("今天 {time} <b>已签到</b>（{village}），不用再点。").format(
            time=outcome.at.strftime("%H:%M"), village=village
        )
    if outcome.back is not None:
        return leave_words.returned(outcome.back, outcome.at, village)
    if outcome.late:
        return _("✅ <b>已签到</b> · {village}，按发出时间 {sent} 计（{received} 收到）。").format(
            village=village, sent=outcome.at.strftime("%H:%M"), received=outcome.received_at.strftime("%H:%M")
        )
    return _("✅ <b>已签到</b> {time} · {village}").format(time=outcome.at.strftime("%H:%M"), village=village)


async def _outside(turn: Turn, fix: Fix, outcome: Outside) -> Reply:
    if outcome.trip is not None:
        return await _on_trip(turn, outcome, outcome.trip)
    local = await turn.batch.local(outcome.village, outcome.at)
    half = half_of(local, await turn.batch.profile(outcome.village, local.date()))
    for one in await turn.batch.leaves(turn.person.id):  # the return is owed before the check-in
        if (one.from_on, one.from_half) <= (local.date(), half):
            far = phrases.distance(outcome.judgement.distance_m)
            return turn.say(
                *leave_words.still_away(one, phrases.typed(outcome.village.name), far, (local.date(), half))
            )
    turn.dialogue.leave()
    turn.dialogue.to(
        AWAY,
        **_kept(turn, fix),
        at=outcome.at.isoformat(),
        village_id=outcome.village.id,
        distance_m=round(outcome.judgement.distance_m, -1),
        distance_class=outcome.judgement.distance_class.value,
        evidence=outcome.evidence.value,
    )
    return await _ask_away(turn)


async def _on_trip(turn: Turn, outcome: Outside, trip: OfficialTrip) -> Reply:
    """Elsewhere, as was reported: nothing is owed."""
    if turn.dialogue.state in {AWAY, WHICH, WORDS, EXPLAIN}:
        turn.dialogue.end()
    local = await turn.batch.local(outcome.village, turn.now)
    now = (local.date(), half_of(local, await turn.batch.profile(outcome.village, local.date())))
    buttons: list[Button] = [(_("取消公出"), TripAct(do="cancel", id=trip.id))]
    if (trip.from_on, trip.from_half) <= now < (trip.to_on, trip.to_half):
        buttons.insert(0, (_("结束公出"), TripAct(do="end", id=trip.id)))
    text = _("今天已报<b>公出</b>：{trip}，不用签到。\n您离{village}约 {distance}，公出照旧。").format(
        trip=told(trip),
        village=phrases.typed(outcome.village.name),
        distance=phrases.distance(outcome.judgement.distance_m),
    )
    return turn.say(text, [buttons, [(_("照旧"), TripAct(do="keep"))]])


@router.callback_query(TripHere.filter())
async def on_here_after_all(_query: CallbackQuery, callback_data: TripHere, turn: Turn) -> Reply:
    """改记在村: the trip ends before this half-day, in which one has checked in."""
    on = _day(callback_data.on)
    trip = await trips.end_before(
        turn.session, by=turn.viewer, trip_id=callback_data.id, on=on, half=callback_data.half, now=turn.now
    )
    if trip is None:
        return turn.edit(_("这一段已经不记公出了，没有改动。"))
    back: list[list[Button]] = [[(_("恢复公出"), TripAct(do="restore", id=trip.id))]]
    if trip.cancelled_at is not None:
        return turn.edit(_("已改记<b>在村</b>，公出已取消：{trip}。乡镇那边同时更新。").format(trip=told(trip)), back)
    return turn.edit(_("已改记<b>在村</b>，公出到这之前为止：{trip}。乡镇那边同时更新。").format(trip=told(trip)))


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise Refusal(Code.NOT_FOUND) from None


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
    village = next((area for area in _villages(turn) if area.id == callback_data.id), None)
    if village is None or village.id not in kept["villages"]:
        raise Refusal(Code.NOT_FOUND)
    turn.sent_at = datetime.fromisoformat(kept["at"])
    if Evidence(kept["evidence"]) is Evidence.WORDS:
        return await _by_words(turn, kept["said"], [village])
    held = turn.person.position_consent and kept.get("lat") is not None
    outcome = await checkin.record_in(
        turn.session,
        by=turn.viewer,
        village=village,
        evidence=Evidence(kept["evidence"]),
        position=Fix(Point(kept["lat"], kept["lon"]), kept["accuracy"]) if held else None,
        sent_at=turn.sent_at,
        now=turn.now,
    )
    return await _answer(turn, outcome)


@router.message(
    Line(KEY_CHECKIN, KEY_CHECKIN_WORDS, mark("签到"), command="checkin", even_in={AWAY, WORDS}, button=mark("签到"))
)
async def on_line(_message: Message, turn: Turn, rest: str) -> Reply:
    """签到 在村委会，手机坏了: the sentence at once."""
    if not _villages(turn):
        return turn.say(_not_in_team())
    if not rest:
        return await _ask_words(turn)
    return await _by_words(turn, rest, _villages(turn))


@router.message(Word(KEY_CHECKIN, KEY_CHECKIN_WORDS, mark("签到"), command="checkin"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """签到 typed, or the key of one who shares no position: a sentence counts the same."""
    if not _villages(turn):
        return turn.say(_not_in_team())
    return await _ask_words(turn)


async def _ask_words(turn: Turn) -> Reply:
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
    if callback_data.do != "here":
        raise Refusal(Code.NOT_FOUND)
    return await _by_words(turn, _("在村里"), _villages(turn))


@router.message(Awaiting(WORDS), TEXT)
async def on_sentence(message: Message, turn: Turn) -> Reply:
    """The sentence in place of a position."""
    return await _by_words(turn, message.text or "", _villages(turn))


async def by_words(turn: Turn, said: str) -> Reply:
    """Check in by a sentence, in whichever village it names."""
    return await _by_words(turn, said, _villages(turn))


async def _by_words(turn: Turn, said: str, villages: list[Area]) -> Reply:
    if not villages:
        return turn.edit(_not_in_team())
    outcome = await checkin.record_words(
        turn.session, by=turn.viewer, villages=villages, words=said, sent_at=turn.sent_at, now=turn.now
    )
    if isinstance(outcome, Which):
        return _ask_which(turn, outcome, {"said": sentence(said)})
    return await _answer(turn, outcome, said)


def _not_in_team() -> str:
    return _("您不在驻村工作队，不用签到。发「帮助」看看能做什么。")


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


def _kept(turn: Turn, fix: Fix) -> dict[str, float | None]:
    """What a conversation keeps of the exact place: nothing without consent (POLICY §5)."""
    if not turn.person.position_consent:
        return {}
    return {"lat": fix.point.lat, "lon": fix.point.lon, "accuracy": fix.accuracy_m}


awaits(AWAY, mark("不在村里，怎么记"), _ask_away)
awaits(WHICH, mark("签在哪个村"))
awaits(WORDS, mark("签到的一句话"), plain=mark("就是签到的话"))
