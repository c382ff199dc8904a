"""公出 once recorded: what its people can still do with it, and what the township and colleagues see of it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import trip_objections, trips
from handlers import phrases
from handlers.awaited import awaits
from handlers.cards import Card, card
from handlers.filters import TEXT, Awaiting
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy.authority import Action, Viewer
from policy.checkin import half_of
from policy.corrections import deadline, is_over
from policy.refusals import Code, Refusal
from policy.roster import Level
from policy.trips import Purpose
from storage import people
from storage import trips as queries
from storage.batch import of
from storage.engine import AsyncSession
from storage.tables import Area, OfficialTrip, Person

router = Router(name="trip_cards")

OBJECTION = "trip.objection"
"""The township's reason is awaited."""
REPLY = "trip.reply"
"""The person's answer to an objection is awaited."""

PURPOSES = {
    Purpose.MEETING: mark("开会"),
    Purpose.PROJECT: mark("跑项目"),
    Purpose.MEDICAL_ESCORT: mark("送群众就医"),
    Purpose.UNIT: mark("回单位"),
}


class TripAct(CallbackData, prefix="tripact"):
    """A press on a recorded trip: `cancel`, `team`, `me`, `keep`, `end`, `restore`, `not_gone`; or `new`."""

    do: str
    id: int = 0


async def open_trips(turn: Turn) -> list[OfficialTrip]:
    """One's own trips that have not ended by now."""
    village = first_village(turn)
    local = await turn.batch.local(village, turn.now)
    profile = await turn.batch.profile(village, local.date())
    own = await queries.own_open(turn.session, turn.viewer, local.date())
    return [trip for trip in own if not is_over(trip.to_on, trip.to_half, local, profile)]


async def cancel_row(turn: Turn, trip: OfficialTrip) -> list[list[Button]]:
    """[取消公出], as long as it can be pressed with any effect: until a check-in of its last day can't be corrected."""
    village = first_village(turn)
    local = await turn.batch.local(village, turn.now)
    profile = await turn.batch.profile(village, local.date())
    if not queries.counts(trip) or local >= deadline(trip.to_on, local, profile):
        return []
    return [[(_("取消公出"), TripAct(do="cancel", id=trip.id))]]


async def trip_list(turn: Turn, standing: Sequence[OfficialTrip]) -> tuple[str, list[list[Button]]]:
    """One's open trips, each with what can be done to it."""
    village = first_village(turn)
    local = await turn.batch.local(village, turn.now)
    now = (local.date(), half_of(local, await turn.batch.profile(village, local.date())))
    lines = [_("您有<b>公出</b>：")]
    rows: list[list[Button]] = []
    for trip in standing[:4]:
        lines.append(told(trip))
        label = _("取消公出") if len(standing) == 1 else _label(trip, local.date())
        row: list[Button] = [(label, TripAct(do="cancel", id=trip.id))]
        if (trip.from_on, trip.from_half) <= now < (trip.to_on, trip.to_half):
            row.append((_("提前结束"), TripAct(do="end", id=trip.id)))
        rows.append(row)
    if len(standing) > 4:
        lines.append(_("还有 {n} 次。").format(n=len(standing) - 4))
    rows.append([(_("再记一次"), TripAct(do="new"))])
    return "\n".join(lines), rows


def _label(trip: OfficialTrip, today: date) -> str:
    """取消26日公出; of another month 取消12月3日."""
    on = trip.from_on
    if (on.year, on.month) == (today.year, today.month):
        return _("取消{n}日公出").format(n=on.day)
    return _("取消{day}").format(day=phrases.day(on))


@router.callback_query(TripAct.filter())
async def on_act(_query: CallbackQuery, callback_data: TripAct, turn: Turn) -> Reply:
    """Cancel, shorten, bring back; each says how it stands now."""
    match callback_data.do:
        case "cancel":
            if reply := await _ask_whom(turn, callback_data.id):
                return reply
            return await _cancel(turn, callback_data.id)
        case "me" | "not_gone":
            return await _cancel(turn, callback_data.id)
        case "team":
            return await _cancel(turn, callback_data.id, whole_team=True)
        case "keep":
            return turn.edit(_("好的，公出照旧。"))
        case "restore":
            await trips.restore(turn.session, by=turn.viewer, trip_id=callback_data.id, now=turn.now)
            trip = await turn.session.get_one(OfficialTrip, callback_data.id)
            return turn.edit(
                _("已恢复<b>公出</b>：{trip}。").format(trip=told(trip)),
                [[(_("取消公出"), TripAct(do="cancel", id=trip.id))]],
            )
        case "end":
            await trips.shorten(turn.session, by=turn.viewer, trip_id=callback_data.id, now=turn.now)
            trip = await turn.session.get_one(OfficialTrip, callback_data.id)
            return turn.edit(_("公出到现在这半天为止：{trip}。乡镇那边同时更新。").format(trip=told(trip)))
    return turn.toast(_("这个按钮已经过了，没有改动。"))


async def _ask_whom(turn: Turn, trip_id: int) -> Reply:
    """A team's trip, cancelled by who reported it: everybody's or only his own."""
    trip = await turn.session.get(OfficialTrip, trip_id)
    if trip is None or trip.reported_by_id != turn.person.id or not queries.counts(trip):
        return None
    rows = await queries.group(turn.session, turn.viewer, Action.TRIP_REPORT_TEAM, trip.group_id)
    going = [person for row, person, _area in rows if queries.counts(row)]
    if len(going) < 2:
        return None
    text = _("取消谁的公出？一起去的有：{names}").format(names=phrases.names(person.name for person in going))
    me: list[Button] = [(_("只我"), TripAct(do="me", id=trip.id))] if trip.person_id == turn.person.id else []
    return turn.edit(
        text, [[(_("全队"), TripAct(do="team", id=trip.id)), *me], [(_("不取消"), TripAct(do="keep", id=trip.id))]]
    )


def restore_row(trip: OfficialTrip) -> list[Button]:
    """[恢复公出]."""
    return [(_("恢复公出"), TripAct(do="restore", id=trip.id))]


async def _cancel(turn: Turn, trip_id: int, *, whole_team: bool = False) -> Reply:
    gone = await trips.cancel(turn.session, by=turn.viewer, trip_id=trip_id, now=turn.now, whole_team=whole_team)
    trip = await turn.session.get_one(OfficialTrip, trip_id)
    mine = trip.cancelled_by_id in {None, turn.person.id}
    back = [restore_row(trip)] if mine else []
    if not gone:
        return turn.edit(_("这次<b>公出</b>已经取消了：{trip}。").format(trip=told(trip)), back)
    if len(gone) > 1:
        return turn.edit(_("已取消全队<b>公出</b>：{trip}。已告诉同去的人和乡镇。").format(trip=told(trip)), back)
    if trip.reported_by_id != turn.person.id:
        return turn.edit(_not_gone(trip), back)
    return turn.edit(_("已取消<b>公出</b>：{trip}。乡镇那边同时更新。").format(trip=told(trip)), back)


class TripWord(CallbackData, prefix="tripword"):
    """An officer's press: `object` and `all` with the group's id, `one` and `undo` with a trip's; a person's `reply`."""

    do: str
    id: int = 0


@router.callback_query(TripWord.filter(F.do.in_({"object", "all"})))
async def on_object(_query: CallbackQuery, callback_data: TripWord, turn: Turn) -> Reply:
    """有异议: to whose trip, then why."""
    rows = await queries.group(turn.session, turn.viewer, Action.TRIP_OBJECT, callback_data.id)
    standing = [(trip, person) for trip, person, _area in rows if queries.counts(trip)]
    if not standing:
        return turn.toast(_("这次公出已经取消或已有异议，没有改动。"), alert=True)
    if len(standing) > 1 and callback_data.do == "object":
        names: list[Button] = [(person.name[:8], TripWord(do="one", id=trip.id)) for trip, person in standing]
        last: list[Button] = [(_("全部"), TripWord(do="all", id=callback_data.id)), (_("取消"), TripWord(do="no"))]
        return turn.say(_("对谁的公出有异议？"), [*(names[n : n + 2] for n in range(0, len(names), 2)), last])
    return _ask_reason(turn, [trip.id for trip, _person in standing])


@router.callback_query(TripWord.filter(F.do == "one"))
async def on_object_to_one(_query: CallbackQuery, callback_data: TripWord, turn: Turn) -> Reply:
    """One of a team."""
    trip, _village, _role = await queries.get(turn.session, turn.viewer, Action.TRIP_OBJECT, callback_data.id)
    if not queries.counts(trip):
        return turn.edit(_("这次公出已经取消或已有异议，没有改动。"))
    return _ask_reason(turn, [trip.id])


def _ask_reason(turn: Turn, trip_ids: list[int]) -> Reply:
    turn.dialogue.to(OBJECTION, ids=trip_ids)
    return turn.say(_("哪里不对？一句话，会告诉本人。"), [[(_("取消"), TripWord(do="no"))]])


@router.callback_query(TripWord.filter(F.do == "no"))
async def on_no_objection(_query: CallbackQuery, turn: Turn) -> Reply:
    """Nothing is said after all."""
    if turn.dialogue.state in {OBJECTION, REPLY}:
        turn.dialogue.end()
    return turn.edit(_("好的，没有改动。"))


@router.message(Awaiting(OBJECTION), TEXT)
async def on_reason(message: Message, turn: Turn) -> Reply:
    """The half-days wait for a word; the person hears why."""
    objected = await trip_objections.object_to(
        turn.session, by=turn.viewer, trip_ids=turn.dialogue.data["ids"], reason=message.text or "", now=turn.now
    )
    turn.dialogue.end()
    persons = [await turn.session.get_one(Person, trip.person_id) for trip in objected]
    return turn.say(
        _("已记下异议，已告诉{names}。这几个半天暂记<b>待核实</b>。").format(
            names=phrases.names(person.name for person in persons)
        )
    )


@router.callback_query(TripWord.filter(F.do == "undo"))
async def on_undo(_query: CallbackQuery, callback_data: TripWord, turn: Turn) -> Reply:
    """撤回异议: the trip counts again."""
    await trip_objections.withdraw_objection(turn.session, by=turn.viewer, trip_id=callback_data.id, now=turn.now)
    return turn.toast(_("已撤回异议，已告诉本人。"))


@router.callback_query(TripWord.filter(F.do == "reply"))
async def on_reply(_query: CallbackQuery, callback_data: TripWord, turn: Turn) -> Reply:
    """An objection can be answered."""
    trip, _village, _role = await queries.get(turn.session, turn.viewer, Action.TRIP_REPLY, callback_data.id)
    if trip.objected_at is None:
        return turn.toast(_("异议已经撤回，不用再说明。"), alert=True)
    turn.dialogue.to(REPLY, id=trip.id)
    return turn.say(_("怎么回？一句话，会发给提出异议的人。"), [[(_("取消"), TripWord(do="no"))]])


@router.message(Awaiting(REPLY), TEXT)
async def on_answer(message: Message, turn: Turn) -> Reply:
    """The answer goes to the officer."""
    kept = turn.dialogue.data
    await trip_objections.reply(
        turn.session, by=turn.viewer, trip_id=kept["id"], words=message.text or "", now=turn.now
    )
    turn.dialogue.end()
    return turn.say(_("已发给提出异议的人，有结果马上告诉您。"))


@card("trip", label=mark("公出"))
async def trip_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """What the township sees: nothing to decide, only to object to."""
    rows = await queries.group(session, viewer, Action.DAY_VIEW, payload["id"])
    first, _person, village = rows[0]
    lines = [
        _("📌 公出 · {names} · {village}").format(
            names=phrases.names(person.name for _trip, person, _area in rows), village=phrases.typed(village.name)
        ),
        told(first),
    ]
    buttons: list[Button] = []
    for trip, person, area in rows:
        lines += await _changes(session, trip, person if len(rows) > 1 else None, area, first)
        if trip.objected_at is not None:
            label = _("撤回异议") if len(rows) == 1 else _("撤回{name}").format(name=person.name[:5])
            buttons.append((label, TripWord(do="undo", id=trip.id)))
    if any(queries.counts(trip) for trip, _person, _area in rows):
        buttons.insert(0, (_("有异议"), TripWord(do="object", id=payload["id"])))
    return Card("\n".join(lines), [buttons[n : n + 2] for n in range(0, len(buttons), 2)])


async def _changes(
    session: AsyncSession, trip: OfficialTrip, person: Person | None, village: Area, first: OfficialTrip
) -> list[str]:
    """What became of one person's trip since it was reported; the name where there are several."""
    who = _("{name}：").format(name=phrases.typed(person.name)) if person is not None else ""
    if trip.cancelled_at is not None:
        return [who + _("<b>已取消</b>")]
    if trip.objected_at is not None:
        officer = await session.get(Person, trip.objected_by_id)
        local = await of(session).local(village, trip.objected_at)
        lines = [
            who
            + _("<b>有异议</b> · {name} · {day} {time}：{reason}").format(
                name=phrases.typed(officer.name) if officer is not None else "",
                day=phrases.day(local.date()),
                time=local.strftime("%H:%M"),
                reason=phrases.typed(trip.objection or ""),
            )
        ]
        if trip.reply:
            lines.append(who + _("本人说明：{reply}").format(reply=phrases.typed(trip.reply)))
        return lines
    if queries.span_of(trip) != queries.span_of(first):
        return [who + phrases.span(*queries.span_of(trip), year=trip.reported_at.year)]
    return []


@card("trip_told")
async def told_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """A colleague has reported a trip in which one takes part."""
    trip, _village, _role = await queries.get(session, viewer, Action.TRIP_CANCEL, payload["id"])
    reporter = await session.get_one(Person, trip.reported_by_id)
    if trip.cancelled_at is not None:
        name = phrases.typed(reporter.name)
        if trip.cancelled_by_id == trip.reported_by_id:
            return Card(_("{name}取消了<b>公出</b>：{trip}。").format(name=name, trip=told(trip)))
        return Card(_not_gone(trip), [restore_row(trip)])
    name = phrases.typed(reporter.name)
    if trip.objected_at is not None:
        return Card(_("{name}报的这次公出，乡镇有异议：{trip}。").format(name=name, trip=told(trip)))
    text = _("{name}给您记了<b>公出</b>：{trip}。不用再报。").format(name=name, trip=told(trip))
    return Card(text, [[(_("我没去"), TripAct(do="not_gone", id=trip.id))]])


def _not_gone(trip: OfficialTrip) -> str:
    return _("已去掉您的这次<b>公出</b>：{trip}。回村后点「📍签到」就行。").format(trip=told(trip))


@card("trip_off")
async def off_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """The one who reported it has called it off."""
    trip, _village, _role = await queries.get(session, viewer, Action.TRIP_CANCEL, payload["id"])
    if trip.cancelled_at is None:
        return None
    reporter = await session.get_one(Person, trip.reported_by_id)
    return Card(_("{name}取消了<b>公出</b>：{trip}。").format(name=phrases.typed(reporter.name), trip=told(trip)))


@card("trip_denied")
async def denied_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """A colleague says that he did not go."""
    trip, _village, _role = await queries.get(session, viewer, Action.TRIP_REPORT_TEAM, payload["id"])
    if trip.cancelled_at is None:
        return None
    person = await session.get_one(Person, trip.person_id)
    return Card(
        _("{name}说没去，已去掉他的<b>公出</b>：{trip}。").format(name=phrases.typed(person.name), trip=told(trip))
    )


@card("trip_objected")
async def objected_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """The township doubts one's trip; one can answer."""
    trip, village, _role = await queries.get(session, viewer, Action.TRIP_REPLY, payload["id"])
    if trip.objected_at is None:
        return Card(_("异议已撤回，仍记<b>公出</b>：{trip}。").format(trip=told(trip)))
    officer = await session.get(Person, trip.objected_by_id)
    text = _("{township} {name}对您的公出有异议：{reason}\n{trip}\n暂记<b>待核实</b>，不算缺岗。").format(
        township=phrases.typed(await township_name(session, village)),
        name=phrases.typed(officer.name) if officer is not None else "",
        reason=phrases.typed(trip.objection or ""),
        trip=told(trip),
    )
    if trip.reply:
        return Card(text + "\n" + _("您说：{reply}").format(reply=phrases.typed(trip.reply)))
    return Card(text, [[(_("回一句"), TripWord(do="reply", id=trip.id))]])


@card("trip_settled")
async def settled_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """The objection is withdrawn."""
    trip, village, _role = await queries.get(session, viewer, Action.TRIP_REPLY, payload["id"])
    if trip.objected_at is not None:
        return None
    place = phrases.typed(await township_name(session, village))
    return Card(_("✅ {township}已撤回异议，仍记<b>公出</b>：{trip}。").format(township=place, trip=told(trip)))


def told(trip: OfficialTrip) -> str:
    """11月23日全天，到镇里开例会; of another year than it was reported in, with the year."""
    span = phrases.span(*queries.span_of(trip), year=trip.reported_at.year)
    return _("{span}，{purpose}").format(span=span, purpose=purpose_of(trip))


def purpose_of(trip: OfficialTrip) -> str:
    """The purpose, safe in a message; a standing one in the language being spoken."""
    return _(trip.purpose) if trip.purpose in set(PURPOSES.values()) else phrases.typed(trip.purpose)


async def township_name(session: AsyncSession, village: Area) -> str:
    """The township that a village's trips are reported to."""
    township = await people.area_at(session, village, Level.TOWNSHIP)
    return township.name if township is not None else _("乡镇")


def first_village(turn: Turn) -> Area:
    """The village of somebody in a team, the first of several. Raises `Refusal(NOT_ALLOWED)` for others."""
    if turn.speaker is None or not turn.speaker.villages():
        raise Refusal(Code.NOT_ALLOWED, "三（一）")
    return turn.speaker.villages()[0]


awaits(OBJECTION, mark("对公出的异议"))
awaits(REPLY, mark("对异议的回话"))
