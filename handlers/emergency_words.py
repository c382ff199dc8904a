"""The words of 应急 that several cards share: what happened and where, how people are, when it ends."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from handlers import phrases
from locales import _, mark
from policy.emergency import Answer, RollCallState, Source, Totals
from storage import emergency as queries
from storage.batch import of
from storage.emergency_totals import Named
from storage.engine import AsyncSession
from storage.tables import Area, EmergencyRollCall, Person

ANSWERS: Mapping[Answer, str] = {
    Answer.SAFE_HERE: mark("平安·在村"),
    Answer.SAFE_AWAY: mark("平安·外出"),
    Answer.NEEDS_HELP: mark("需要帮助"),
    Answer.UNREACHED: mark("联系不上"),
}


def answer(which: Answer) -> str:
    """平安·在村."""
    return _(ANSWERS[which])


def drilled(call: EmergencyRollCall, text: str) -> str:
    """Every message about a drill begins so that nobody takes it for the real thing."""
    return _("【演练】{text}").format(text=text) if call.is_drill else text


async def head(session: AsyncSession, call: EmergencyRollCall) -> str:
    """🚨 应急 · 柳河镇 · 14:05, and what happened."""
    area = await session.get_one(Area, call.area_id)
    time = await clock(session, area, call.confirmed_at or call.proposed_at)
    return head_of(await queries.places(session, call), call.what, time)


def head_of(places: Sequence[Area], what: str, time: str) -> str:
    """The first two lines, of a call that may not be there yet."""
    first = _("🚨 <b>应急</b> · {place} · {time}").format(place=where(places), time=time)
    return f"{first}\n{phrases.typed(what)}"


def where(places: Sequence[Area]) -> str:
    """柳河镇; 石门村等 3 处."""
    first = phrases.typed(places[0].name)
    return first if len(places) == 1 else _("{first}等 {n} 处").format(first=first, n=len(places))


async def clock(session: AsyncSession, area: Area, moment: datetime) -> str:
    """14:05, as the clocks there show it."""
    return (await of(session).local(area, moment)).strftime("%H:%M")


async def ends(session: AsyncSession, area: Area, call: EmergencyRollCall) -> str:
    """When it ends: 22:05, or 11月24日 02:05 on another day than it began."""
    if call.ends_at is None or call.confirmed_at is None:
        return ""
    began = await of(session).local(area, call.confirmed_at)
    ending = await of(session).local(area, call.ends_at)
    time = ending.strftime("%H:%M")
    if ending.date() == began.date():
        return time
    return _("{day} {time}").format(day=phrases.day(ending.date()), time=time)


def numbers(totals: Totals) -> str:
    """平安·在村 3 · 平安·外出 1 · 需要帮助 0 · 未回复 2."""
    return _("平安·在村 {here} · 平安·外出 {away} · 需要帮助 {help} · 未回复 {silent}").format(
        here=totals.safe_here, away=totals.safe_away, help=totals.needs_help, silent=totals.silent
    )


async def closed(session: AsyncSession, call: EmergencyRollCall) -> str:
    """How it is over: 已结束 16:20 · 刘敏."""
    area = await session.get_one(Area, call.area_id)
    time = await clock(session, area, call.closed_at) if call.closed_at is not None else ""
    if call.state is RollCallState.WITHDRAWN:
        return _("<b>已撤回</b> {time}，没有发出。").format(time=time)
    if call.state is not RollCallState.ENDED:
        return _("<b>已过期</b> {time}，没有第二个人确认，没有发出。").format(time=time)
    if call.closed_by_id is None:
        return _("<b>已结束</b> {time}。").format(time=time)
    return _("<b>已结束</b> {time} · {name}").format(time=time, name=await name_of(session, call.closed_by_id))


async def name_of(session: AsyncSession, person_id: int | None) -> str:
    """A person's name, to be shown."""
    person = await session.get(Person, person_id) if person_id is not None else None
    return phrases.typed(person.name) if person is not None else ""


def by_village(rows: Sequence[Named], shown: Mapping[int, str]) -> list[str]:
    """石门村：周建国、赵敏; `shown` is what is said of each person."""
    lines: dict[str, list[str]] = {}
    for row in rows:
        lines.setdefault(row.village, []).append(shown[row.person.id])
    return [
        _("{village}：{people}").format(village=phrases.typed(village), people=_("、").join(people))
        for village, people in lines.items()
    ]


def told(row: Named, time: str) -> str:
    """周建国 14:06; 周建国 14:06（赵敏报）; 周建国（14:40 打电话联系不上）."""
    name = phrases.typed(row.person.name)
    if row.answer is None:
        return name
    if row.answer is Answer.UNREACHED:
        words = (
            _("{name}（{time} 打电话联系不上）") if row.source is Source.PHONE else _("{name}（{time} 同事说联系不上）")
        )
        return words.format(name=name, time=time)
    teller = phrases.typed(row.teller or "")
    if row.source is Source.TEAM:
        return _("{name} {time}（{teller}报）").format(name=name, time=time, teller=teller)
    if row.source is Source.PHONE:
        return _("{name} {time}（{teller}打电话）").format(name=name, time=time, teller=teller)
    return _("{name} {time}").format(name=name, time=time)
