"""公出: one sentence, or one tap on a standing purpose; recorded at once."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import trips
from actions.trips import Already
from handlers import phrases, refusals
from handlers.awaited import awaits
from handlers.checkin import AWAY, AwayDo
from handlers.filters import TEXT, Awaiting, Line, Word
from handlers.trip_cards import (
    PURPOSES,
    TripAct,
    cancel_row,
    first_village,
    open_trips,
    told,
    township_name,
    trip_list,
)
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy import spoken_spans
from policy.calendar import Half, Span
from policy.checkin import half_of
from policy.refusals import LOCAL, Code, Refusal
from policy.spoken_spans import When
from policy.trips import Purpose
from storage import people
from storage import trips as queries
from storage.tables import Area

router = Router(name="trips")

TRIP = "trip.purpose"
"""The purpose is awaited: a sentence or a press. What was gathered is the half-days and whether the team goes."""

GRID = 8
"""Days on one page of the grid."""

_TEAM = re.compile(r"(?:全队|全体)[\s，,、]*")


class TripDo(CallbackData, prefix="trip"):
    """A press on the open card: `purpose`, `half`, `who`, `days` (the grid), `day`, `back` or `cancel`."""

    do: str
    v: str = ""


@router.callback_query(AwayDo.filter(F.do == "trip"))
async def on_away(_query: CallbackQuery, turn: Turn) -> Reply:
    """From the card outside the fence: the trip is of the day on which the position was sent."""
    if turn.dialogue.state == TRIP:
        return turn.edit(*await _card(turn))
    if turn.dialogue.state != AWAY:
        return turn.edit(_("这一条已经过了。再点一次「📍签到」就行。"))
    kept = turn.dialogue.data
    village = _village(turn, kept["village_id"])
    await _open(turn, village, await turn.batch.local(village, datetime.fromisoformat(kept["at"])))
    return turn.edit(*await _card(turn))


@router.message(Word(mark("公出"), command="trip"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """公出: what is open, else the card."""
    if turn.speaker is None or not turn.speaker.villages():
        return turn.say(_not_in_team())
    if standing := await open_trips(turn):
        return turn.say(*await trip_list(turn, standing))
    return await _new(turn)


@router.callback_query(TripAct.filter(F.do == "new"))
async def on_new(_query: CallbackQuery, turn: Turn) -> Reply:
    """One trip more."""
    if turn.speaker is None or not turn.speaker.villages():
        return turn.say(_not_in_team())
    return await _new(turn)


async def _new(turn: Turn) -> Reply:
    village = first_village(turn)
    draft = turn.dialogue.drafts.get(TRIP)
    local = await turn.batch.local(village, turn.now)
    if draft is not None and draft["on"] == local.date().isoformat():
        turn.dialogue.to(TRIP, **draft)
    else:
        await _open(turn, village, local)
    return turn.say(*await _card(turn))


async def _open(turn: Turn, village: Area, local: datetime) -> None:
    profile = await turn.batch.profile(village, local.date())
    half = "pm" if half_of(local, profile) is Half.PM else "all"
    turn.dialogue.to(TRIP, village_id=village.id, on=local.date().isoformat(), half=half, until=None, team=False)


async def _card(turn: Turn) -> tuple[str, list[list[Button]]]:
    kept = turn.dialogue.data
    village = _village(turn, kept["village_id"])
    team = await people.colleagues(turn.session, turn.viewer, village, date.fromisoformat(kept["on"]))
    rows = _pairs([(_(PURPOSES[purpose]), TripDo(do="purpose", v=purpose.value)) for purpose in PURPOSES])
    until = date.fromisoformat(kept["until"]) if kept["until"] else None
    whole = _("今天全天") if kept["on"] == (await turn.today()).isoformat() else _("全天")
    rows += _pairs(
        [
            (_ticked(whole, kept["half"] == "all" and until is None), TripDo(do="half", v="all")),
            (_ticked(_("上午"), kept["half"] == "am"), TripDo(do="half", v="am")),
            (_ticked(_("下午"), kept["half"] == "pm"), TripDo(do="half", v="pm")),
            (
                _("到…日") if until is None else _ticked(_("到{n}日").format(n=until.day), ticked=True),
                TripDo(do="days", v="0"),
            ),
        ]
    )
    if len(team) > 1:
        rows.append(
            [
                (_ticked(_("只我"), not kept["team"]), TripDo(do="who", v="me")),
                (_ticked(_("全队"), kept["team"]), TripDo(do="who", v="team")),
            ]
        )
    rows.append([(_("取消"), TripDo(do="cancel"))])
    who = _("全队 {n} 人").format(n=len(team)) if kept["team"] else _("只我")
    text = _("去哪里、办什么事？一句话，例如：到镇里开例会。")
    span = phrases.span(*_span(kept), year=(await turn.today()).year)
    return f"{text}\n{span} · {who}", rows


def _span(kept: dict[str, Any]) -> Span:
    on = date.fromisoformat(kept["on"])
    until = date.fromisoformat(kept["until"]) if kept["until"] else on
    from_half = Half.PM if kept["half"] == "pm" else Half.AM
    ends_at_noon = kept.get("end") == "am" if kept["until"] else kept["half"] == "am"
    return Span(on, from_half, until, Half.AM if ends_at_noon else Half.PM)


@router.callback_query(TripDo.filter())
async def on_card(_query: CallbackQuery, callback_data: TripDo, turn: Turn) -> Reply:
    """The toggles change the card in place; a standing purpose is one tap and done."""
    if turn.dialogue.state != TRIP:
        return turn.edit(_("这张卡片已经过了。发「公出」可以重新记。"))
    kept = {name: value for name, value in turn.dialogue.data.items() if name != "asks_until"}
    match callback_data.do, callback_data.v:
        case "cancel", _v:
            turn.dialogue.end(AWAY)
            return turn.edit(_("好的，没有记公出。"))
        case "purpose", value if value in set(PURPOSES):
            return await _record(turn, kept, PURPOSES[Purpose(value)])
        case "days", page if page.isdecimal():
            return await _grid(turn, kept, int(page))
        case "half", ("all" | "am" | "pm") as half:
            changed = {**kept, "half": half, "until": None, "end": None}
        case "who", ("me" | "team") as whom:
            changed = {**kept, "team": whom == "team"}
        case "day", until if _is_date(until):
            changed = _until(kept, date.fromisoformat(until))
            if purpose := changed.pop("purpose", None):
                return await _record(turn, changed, purpose)
        case _:
            changed = kept
    if changed == kept and callback_data.do not in {"back", "day"}:
        return None
    turn.dialogue.to(TRIP, **changed)
    return turn.edit(*await _card(turn))


async def _grid(turn: Turn, kept: dict[str, Any], page: int) -> Reply:
    turn.dialogue.to(TRIP, **kept, asks_until=True)
    first = date.fromisoformat(kept["on"])
    profile = await turn.batch.profile(_village(turn, kept["village_id"]), first)
    coming = [first + timedelta(days=n) for n in range(1, profile.trip_max_days)]
    shown = coming[page * GRID : (page + 1) * GRID]
    days: list[Button] = [(_("{n}日").format(n=day.day), TripDo(do="day", v=day.isoformat())) for day in shown]
    rows = [days[start : start + 4] for start in range(0, len(days), 4)]
    more: Button = (_("更晚"), TripDo(do="days", v=str(page + 1)))
    rows.append([(_("返回"), TripDo(do="back")), *([more] if coming[(page + 1) * GRID :] else [])])
    return turn.edit(_("公出到哪天？"), rows)


@router.message(Line(mark("公出"), command="trip", even_in={AWAY, TRIP}, button=mark("记公出")))
async def on_line(_message: Message, turn: Turn, rest: str) -> Reply:
    """公出 到镇里开例会: today, for oneself, unless the line begins with something else."""
    if turn.speaker is None or not turn.speaker.villages():
        return turn.say(_not_in_team())
    if turn.dialogue.state == TRIP:
        kept = turn.dialogue.data
    else:
        village = first_village(turn)
        local = await turn.batch.local(village, turn.now)
        half = "pm" if half_of(local, await turn.batch.profile(village, local.date())) is Half.PM else "all"
        kept = {"village_id": village.id, "on": local.date().isoformat(), "half": half, "until": None, "team": False}
    return await _say(turn, kept, rest)


def _understood(kept: dict[str, Any], line: str, today: date) -> tuple[dict[str, Any], str]:
    """What a line says before its purpose: 明天, 下午, 到25日, 全队. A day alone is the last day where that was asked.

    Raises `Refusal(DATE_UNREADABLE)` for what looks like a day and is none, or may be one of two.
    """
    kept, line = dict(kept), line.strip()
    on = date.fromisoformat(kept["on"])
    if kept.pop("asks_until", False):
        last = spoken_spans.when(f"到{line}", today, spoken_spans.When("", first=on))
        if last.last is not None and not last.rest:
            return _until(kept, last.last, last.last_half), ""
    said = spoken_spans.when(line, today)
    while found := _TEAM.match(said.rest):
        kept["team"] = True
        said = spoken_spans.when(said.rest[found.end() :], today, said)
    if said.unclear:
        raise Refusal(Code.DATE_UNREADABLE, LOCAL, value=said.unclear)
    return _with(kept, said, today), said.rest


def _with(kept: dict[str, Any], said: When, today: date) -> dict[str, Any]:
    if said.first is not None:
        half = kept["half"] if said.first == today else "all"
        kept |= {"on": said.first.isoformat(), "half": half, "until": None, "end": None}
    if said.half is not None or said.whole:
        kept["half"] = said.half.value if said.half is not None else "all"
    if said.last is not None:
        return _until(kept, said.last, said.last_half)
    if said.halves is not None:
        span = replace(said, first=date.fromisoformat(kept["on"])).span(today)
        return _until(kept, span.to_on, span.to_half)
    return {**kept, "asks_until": True} if said.open else kept


def _until(kept: dict[str, Any], last: date, half: Half | None = None) -> dict[str, Any]:
    begin = "pm" if kept["half"] == "pm" else "all"
    return {**kept, "until": last.isoformat(), "half": begin, "end": "am" if half is Half.AM else None}


@router.message(Awaiting(TRIP), TEXT)
async def on_sentence(message: Message, turn: Turn) -> Reply:
    """The purpose in one's own words, and the days where it names them."""
    return await _say(turn, turn.dialogue.data, message.text or "")


async def _say(turn: Turn, kept: dict[str, Any], line: str) -> Reply:
    kept, purpose = _understood(kept, line, await turn.today())
    purpose = purpose or kept.pop("purpose", "")
    if kept.pop("asks_until", False):  # 明天起: until when?
        return await _grid(turn, {**kept, "purpose": purpose}, 0)
    if not purpose:
        turn.dialogue.to(TRIP, **kept)
        return turn.say(*await _card(turn))
    return await _record(turn, kept, purpose)


async def _record(turn: Turn, kept: dict[str, Any], purpose: str) -> Reply:
    village = _village(turn, kept["village_id"])
    span = _span(kept)
    who = [turn.person.id]
    if kept["team"]:
        team = await people.colleagues(turn.session, turn.viewer, village, await turn.today())
        who += [person.id for person, _role in team if person.id != turn.person.id]
    said = purpose.strip().rstrip("。.") or purpose
    try:
        outcome = await trips.report(
            turn.session, by=turn.viewer, village=village, who=who, purpose=said, span=span, now=turn.now
        )
    except Refusal as refusal:
        if refusal.code is Code.TRIP_OVERLAPS:
            return await _overlap(turn, refusal)
        raise
    turn.dialogue.end(AWAY, TRIP)
    if isinstance(outcome, Already):
        text = _("已经记过<b>公出</b>：{trip}，不用再报。").format(trip=told(outcome.trip))
        return turn.edit(text, await cancel_row(turn, outcome.trip))
    names = phrases.names(person.name for person in outcome.people)
    first = outcome.trips[0]
    place = phrases.typed(await township_name(turn.session, village))
    text = (
        _("已记<b>公出</b>：{trip}。已向{township}报备，不用等答复。").format(trip=told(first), township=place)
        if first.person_id == turn.person.id and len(outcome.trips) == 1
        else _("已记<b>公出</b>（{names}）：{trip}。已向{township}报备，不用等答复。").format(
            names=names, trip=told(first), township=place
        )
    )
    if outcome.busy:
        busy = phrases.names(person.name for person in outcome.busy)
        text += "\n" + _("{names}那时已有公出或请假，没有重复记。").format(names=busy)
    return turn.edit(text, await cancel_row(turn, first))


async def _overlap(turn: Turn, refusal: Refusal) -> Reply:
    """The span in the way is named, and can be cancelled from here."""
    fields = refusal.fields
    span = Span(fields["from_on"], fields["from_half"], fields["to_on"], fields["to_half"])
    taken = await queries.own_open(turn.session, turn.viewer, span.from_on)
    other = next((trip for trip in taken if queries.span_of(trip) == span), None)
    text = _("这几天和已报备的公出重叠（{trip}），没有记下{rule}。改一下时间，或先取消那次公出。").format(
        trip=told(other) if other is not None else phrases.span(*span, year=(await turn.today()).year),
        rule=refusals.rule(LOCAL),
    )
    buttons: list[Button] = [] if other is None else [button for row in await cancel_row(turn, other) for button in row]
    if turn.dialogue.state == TRIP:
        buttons.append((_("不记了"), TripDo(do="cancel")))
    return turn.say(text, [buttons])


def _village(turn: Turn, village_id: int) -> Area:
    for village in turn.speaker.villages() if turn.speaker is not None else []:
        if village.id == village_id:
            return village
    raise Refusal(Code.NOT_FOUND)


def _not_in_team() -> str:
    return _("您不在驻村工作队，不用报公出。发「帮助」看看能做什么。")


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _ticked(label: str, ticked: bool) -> str:
    return f"{label} ✓" if ticked else label


def _pairs(buttons: Sequence[Button]) -> list[list[Button]]:
    return [list(buttons[start : start + 2]) for start in range(0, len(buttons), 2)]


async def _again(turn: Turn) -> Reply:
    return turn.edit(*await _card(turn))


awaits(TRIP, mark("报公出"), _again, plain=mark("就是公出事由"))
