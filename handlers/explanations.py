"""说明情况, and the township's word on it."""

from datetime import datetime
from typing import Any

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.methods import SendLocation
from aiogram.types import CallbackQuery, Message

from actions import explanations
from handlers import phrases
from handlers.awaited import awaits
from handlers.cards import Card, card
from handlers.checkin import AWAY, EXPLAIN, AwayDo
from handlers.filters import TEXT, Awaiting
from handlers.turn import Reply, Turn
from locales import _, mark
from policy.authority import Action, Viewer
from policy.checkin import Evidence
from policy.geo import DistanceClass
from policy.refusals import Code, Refusal
from policy.roster import Level
from storage import explanations as queries
from storage import people
from storage.batch import of
from storage.engine import AsyncSession
from storage.tables import Area, Explanation, Person, Verdict

router = Router(name="explanations")

REASON = EXPLAIN


class Decide(CallbackData, prefix="explain"):
    """An officer's press on an explanation: `true`, `false` or `place`."""

    id: int
    do: str


@router.callback_query(AwayDo.filter(F.do == "explain"))
async def on_explain(_query: CallbackQuery, turn: Turn) -> Reply:
    """Ask for the reason."""
    if turn.dialogue.state not in {AWAY, REASON}:
        return turn.edit(_("这一条已经过了。再点一次「📍签到」就行。"))
    turn.dialogue.to(REASON, **turn.dialogue.data)
    return await _ask(turn)


async def _ask(turn: Turn) -> Reply:
    return turn.edit(_("在哪里、做什么、什么时候回村？一句话："), [[(_("取消"), AwayDo(do="cancel"))]])


@router.message(Awaiting(REASON), TEXT)
async def on_reason(message: Message, turn: Turn) -> Reply:
    """The reason goes to the township; until its word the half-days wait."""
    kept = turn.dialogue.data
    village = await _village(turn, kept["village_id"])
    await explanations.report(
        turn.session,
        by=turn.viewer,
        village=village,
        reason=message.text or "",
        at=datetime.fromisoformat(kept["at"]),
        now=turn.now,
        distance_m=kept["distance_m"],
        distance_class=DistanceClass(kept["distance_class"]),
        evidence=Evidence(kept["evidence"]),
        position=_position(kept) if turn.person.position_consent else None,
    )
    turn.dialogue.end()
    township = await people.area_at(turn.session, village, Level.TOWNSHIP)
    return turn.say(
        _("已报{township}核实，暂记<b>待核实</b>，有结果马上告诉您。").format(
            township=phrases.typed(township.name if township is not None else _("乡镇"))
        )
    )


@router.callback_query(Decide.filter(F.do == "place"))
async def on_place(_query: CallbackQuery, callback_data: Decide, turn: Turn) -> Reply:
    """看位置: the place as a location message, not as a link to a foreign map (POLICY §5)."""
    explanation, _village, _role = await queries.get(
        turn.session, turn.viewer, Action.EXPLANATION_DECIDE, callback_data.id
    )
    if explanation.latitude is None or explanation.longitude is None:
        return turn.toast(_("没有精确位置（没有发，或已过 30 天删除）。"), alert=True)
    return SendLocation(chat_id=turn.chat_id, latitude=explanation.latitude, longitude=explanation.longitude)


@router.callback_query(Decide.filter())
async def on_decide(_query: CallbackQuery, callback_data: Decide, turn: Turn) -> Reply:
    """情况属实 / 不属实: every card of it changes, the person hears."""
    verdict = Verdict.APPROVED if callback_data.do == "true" else Verdict.REJECTED
    await explanations.decide(
        turn.session, by=turn.viewer, explanation_id=callback_data.id, verdict=verdict, now=turn.now
    )
    return turn.toast(_("已记下，已告诉本人。"))


async def _village(turn: Turn, village_id: int) -> Area:
    villages = turn.speaker.villages() if turn.speaker is not None else []
    for village in villages:
        if village.id == village_id:
            return village
    raise Refusal(Code.NOT_FOUND)


def _position(kept: dict[str, Any]) -> tuple[float, float, float | None] | None:
    return None if kept.get("lat") is None else (kept["lat"], kept["lon"], kept["accuracy"])


awaits(REASON, mark("说明情况"), _ask, plain=mark("就是说明的话"))


@card("explanation", label=mark("核实"))
async def explanation_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """What waits for an officer, or how it was decided."""
    explanation, village, _role = await queries.get(session, viewer, Action.DAY_VIEW, payload["id"])
    person = await session.get_one(Person, explanation.person_id)
    local = await of(session).local(village, explanation.at)
    lines = [
        _("待核实 · {name} · {village} · {day} {time}").format(
            name=phrases.typed(person.name),
            village=phrases.typed(village.name),
            day=phrases.day(explanation.on),
            time=local.strftime("%H:%M"),
        )
    ]
    if explanation.distance_m is not None:
        lines.append(_distance(explanation))
    lines.append(phrases.typed(explanation.reason))
    if explanation.verdict is not Verdict.PENDING:
        lines.append(await _decided(session, village, explanation))
        return Card("\n".join(lines))
    buttons = [
        [
            (_("情况属实"), Decide(id=explanation.id, do="true")),
            (_("不属实"), Decide(id=explanation.id, do="false")),
        ]
    ]
    if explanation.latitude is not None:
        buttons.append([(_("看位置"), Decide(id=explanation.id, do="place"))])
    return Card("\n".join(lines), buttons)


@card("explanation_decided")
async def decided_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """What became of one's own explanation."""
    explanation, village, _role = await queries.get(session, viewer, Action.DAY_VIEW, payload["id"])
    when = phrases.joined(phrases.day(explanation.on), phrases.halves(explanations.halves_of(explanation)))
    if explanation.verdict is Verdict.APPROVED:
        township = await people.area_at(session, village, Level.TOWNSHIP)
        where = phrases.typed(township.name) if township is not None else _("乡镇")
        return Card(_("✅ {when}的说明已核实：<b>在岗</b>（{township}）。").format(when=when, township=where))
    return Card(
        _("{when}的说明没有通过核实，仍记<b>待核实</b>，不算缺岗。\n可以补签，或找乡镇当面说明。").format(when=when)
    )


def _distance(explanation: Explanation) -> str:
    far = phrases.distance(explanation.distance_m or 0)
    if explanation.evidence is Evidence.PICKED:
        return _("距村 {distance}（手选位置）").format(distance=far)
    if explanation.accuracy_m is not None:
        return _("距村 {distance}（手机定位，误差约 {accuracy}）").format(
            distance=far, accuracy=phrases.distance(explanation.accuracy_m)
        )
    return _("距村 {distance}（手机定位）").format(distance=far)


async def _decided(session: AsyncSession, village: Area, explanation: Explanation) -> str:
    decider = await session.get(Person, explanation.decided_by_id) if explanation.decided_by_id else None
    local = await of(session).local(village, explanation.decided_at) if explanation.decided_at else None
    words = _("<b>情况属实</b>") if explanation.verdict is Verdict.APPROVED else _("<b>不属实</b>")
    return _("{verdict} · {name} · {day} {time}").format(
        verdict=words,
        name=phrases.typed(decider.name) if decider is not None else "",
        day=phrases.day(local.date()) if local is not None else "",
        time=local.strftime("%H:%M") if local is not None else "",
    )
