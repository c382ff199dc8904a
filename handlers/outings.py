"""临时外出 去镇卫生院 11点回: one line, no leave."""

from datetime import UTC, datetime, timedelta
from typing import Any

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import outings
from handlers import phrases
from handlers.awaited import awaits
from handlers.cards import Card, card
from handlers.checkin import AWAY
from handlers.filters import TEXT, Awaiting, Line, Word
from handlers.trip_cards import first_village
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy import spoken
from policy.authority import Action, Role, Viewer
from policy.sentences import sentence
from storage import outings as queries
from storage import people
from storage.batch import of
from storage.engine import AsyncSession
from storage.tables import Area, Outing, Person

router = Router(name="outings")

WHERE = "outing.where"
"""Where to is awaited, and until when if that is not known yet."""
BACK = "outing.back"
"""Until when is awaited; where to is known."""


class OutingDo(CallbackData, prefix="outing"):
    """A press: `back` with the minutes of the day, `off` with the outing's id, or `cancel`."""

    do: str
    v: int = 0


@router.message(Word(mark("临时外出"), command="outing"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """What is open, else the question."""
    if turn.speaker is None or not turn.speaker.villages():
        return turn.say(_not_in_team())
    outing = await queries.own_open(turn.session, turn.person.id, await turn.today())
    if outing is not None and outing.back_at > turn.now:
        text = _("您在<b>临时外出</b>：{outing}。\n有变化再发一遍，例如：临时外出 去镇卫生院 11点回。")
        text = text.format(outing=await _told(turn.session, first_village(turn), outing))
        return turn.say(text, [[(_("没有出去"), OutingDo(do="off", v=outing.id))]])
    turn.dialogue.to(WHERE, back=None)
    return turn.say(_("去哪里、几点回？一句话，例如：去镇卫生院 11点回。"), _cancel_row())


@router.message(Line(mark("临时外出"), command="outing", even_in={AWAY, WHERE, BACK}, button=mark("记临时外出")))
async def on_line(_message: Message, turn: Turn, rest: str) -> Reply:
    """The line as a whole."""
    if turn.speaker is None or not turn.speaker.villages():
        return turn.say(_not_in_team())
    return await _said(turn, rest, None)


@router.message(Awaiting(WHERE), TEXT)
async def on_where(message: Message, turn: Turn) -> Reply:
    """The line in answer to the question."""
    kept = turn.dialogue.data
    back = datetime.fromisoformat(kept["back"]) if kept.get("back") else None
    return await _said(turn, message.text or "", back)


async def _said(turn: Turn, line: str, known: datetime | None) -> Reply:
    village = first_village(turn)
    local = await turn.batch.local(village, turn.now)
    profile = await turn.batch.profile(village, local.date())
    back, purpose = spoken.back_at(line, local, profile.half_boundary)
    back = back or known
    if not purpose:
        turn.dialogue.to(WHERE, back=back.isoformat() if back is not None else None)
        return turn.say(_("去哪里？一句话，例如：去镇卫生院。"), _cancel_row())
    if back is None:
        turn.dialogue.to(BACK, purpose=sentence(purpose))
        return turn.say(_("几点回来？点一下，或说一句，例如：11点半。"), await _hours(turn, village))
    return await _record(turn, village, purpose, back)


async def _hours(turn: Turn, village: Area) -> list[list[Button]]:
    """The next whole hours, as many as an outing may last."""
    local = await turn.batch.local(village, turn.now)
    profile = await turn.batch.profile(village, local.date())
    first = local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    hours = [first + timedelta(hours=n) for n in range(min(profile.outing_hours, 4))]
    buttons: list[Button] = [
        (_("{n}点").format(n=hour.hour), OutingDo(do="back", v=hour.hour * 60))
        for hour in hours
        if hour.date() == local.date()
    ]
    return [*(buttons[n : n + 2] for n in range(0, len(buttons), 2)), *_cancel_row()]


@router.message(Awaiting(BACK), TEXT)
async def on_back(message: Message, turn: Turn) -> Reply:
    """The time in answer to the question."""
    village = first_village(turn)
    local = await turn.batch.local(village, turn.now)
    profile = await turn.batch.profile(village, local.date())
    back = spoken.clock(message.text or "", local, profile.half_boundary)
    if back is None:
        return turn.say(_("没看懂几点。说成 11点、11点半 或 下午3点。"), await _hours(turn, village))
    return await _record(turn, village, turn.dialogue.data["purpose"], back)


@router.callback_query(OutingDo.filter(F.do == "back"))
async def on_hour(_query: CallbackQuery, callback_data: OutingDo, turn: Turn) -> Reply:
    """The time by one tap."""
    if turn.dialogue.state != BACK or not 0 <= callback_data.v < 24 * 60:
        return turn.edit(_("这张卡片已经过了。发「临时外出」可以重新说。"))
    village = first_village(turn)
    local = await turn.batch.local(village, turn.now)
    hour, minute = divmod(callback_data.v, 60)
    back = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return await _record(turn, village, turn.dialogue.data["purpose"], back)


@router.callback_query(OutingDo.filter(F.do == "off"))
async def on_off(_query: CallbackQuery, callback_data: OutingDo, turn: Turn) -> Reply:
    """Not gone after all."""
    outing = await outings.cancel(turn.session, by=turn.viewer, outing_id=callback_data.v, now=turn.now)
    return turn.edit(
        _("已取消<b>临时外出</b>：{outing}。").format(outing=await _told(turn.session, first_village(turn), outing))
    )


@router.callback_query(OutingDo.filter())
async def on_cancel(_query: CallbackQuery, turn: Turn) -> Reply:
    """Nothing is said after all."""
    if turn.dialogue.state in {WHERE, BACK}:
        turn.dialogue.end()
    return turn.edit(_("好的，没有记临时外出。"))


async def _record(turn: Turn, village: Area, purpose: str, back: datetime) -> Reply:
    told = await outings.report(
        turn.session, by=turn.viewer, village=village, purpose=purpose, back_at=back.astimezone(UTC), now=turn.now
    )
    turn.dialogue.end(WHERE, BACK, AWAY)
    outing = await _told(turn.session, village, told.outing)
    button: list[list[Button]] = [[(_("没有出去"), OutingDo(do="off", v=told.outing.id))]]
    if not told.is_new:
        return turn.edit(_("已改<b>临时外出</b>：{outing}，不用请假。").format(outing=outing), button)
    if not told.people:
        return turn.edit(_("已记<b>临时外出</b>：{outing}，不用请假。").format(outing=outing), button)
    team = await people.colleagues(turn.session, turn.viewer, village, await turn.today())
    leads = {person.id for person, role in team if role is Role.FIRST_SECRETARY}
    names = phrases.names(person.name for person in told.people)
    text = (
        _("已记<b>临时外出</b>：{outing}。已告诉第一书记{names}，不用请假。")
        if told.people[0].id in leads
        else _("已记<b>临时外出</b>：{outing}。已告诉{names}，不用请假。")
    )
    return turn.edit(text.format(outing=outing, names=names), button)


async def _told(session: AsyncSession, village: Area, outing: Outing) -> str:
    back = await of(session).local(village, outing.back_at)
    return _("{purpose}，{time} 回").format(purpose=phrases.typed(outing.purpose), time=back.strftime("%H:%M"))


@card("outing", label=mark("临时外出"))
async def outing_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """One line to the first secretary: nothing to decide."""
    outing, village, _role = await queries.get(session, viewer, Action.DAY_VIEW, payload["id"])
    person = await session.get_one(Person, outing.person_id)
    name = phrases.typed(person.name)
    told = await _told(session, village, outing)
    if outing.cancelled_at is not None:
        return Card(_("{name}没有出去：{outing}（已取消）。").format(name=name, outing=told))
    return Card(
        _("{name}<b>临时外出</b> · {village}：{outing}。").format(
            name=name, village=phrases.typed(village.name), outing=told
        )
    )


def _cancel_row() -> list[list[Button]]:
    return [[(_("取消"), OutingDo(do="cancel"))]]


def _not_in_team() -> str:
    return _("您不在驻村工作队，不用报临时外出。发「帮助」看看能做什么。")


awaits(WHERE, mark("临时外出去哪里"), plain=mark("就是外出的话"))
awaits(BACK, mark("临时外出几点回"))
