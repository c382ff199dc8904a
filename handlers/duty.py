"""值班: one's own period at once; a team's list filled by taps, a name a day."""

from datetime import date, timedelta
from typing import Any

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import duty
from handlers import duty_open, leave, phrases
from handlers import duty_words as words
from handlers.cards import Card, card
from handlers.duty_lists import progress_view
from handlers.duty_words import Fill, Look
from handlers.filters import Word
from handlers.leave_review import LeaveDo
from handlers.paging import pairs
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy.authority import STAFF, TEAM, Action, Viewer
from policy.calendar import Half
from policy.profile import LeaveKind
from policy.refusals import Code, Refusal
from policy.roster import Level
from storage import duty as queries
from storage import outbox
from storage.duty import LIST, DutyList
from storage.engine import AsyncSession
from storage.tables import Area, DutyPeriod

router = Router(name="duty")


class InLieu(CallbackData, prefix="lieu"):
    """[补休]: rest in lieu of duty, asked for like any leave."""


@router.message(Word(mark("值班"), command="duty"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """The one list that is meant, as a card that goes on changing; of several, and for who opens them, which."""
    today = await turn.today()
    found = await _places(turn, today)
    may_open = duty_open.areas(turn)
    if len(found) == 1 and not may_open:
        period, area = found[0]
        await duty.show(
            turn.session, by=turn.viewer, period_id=period.id, area_id=area.id, asked=turn.minute(), now=turn.now
        )
        return None
    if not found and not may_open and not turn.viewer.may(Action.DUTY_VIEW):
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.DUTY_VIEW.value)
    return turn.say(*await _menu(turn, found, may_open, today))


async def _places(turn: Turn, today: date) -> list[tuple[DutyPeriod, Area]]:
    """Periods with what of them is one's own: the village, or the office's part."""
    standing = await queries.standing(turn.session, turn.viewer, today)
    posts = turn.speaker.posts if turn.speaker is not None else ()
    mine = {post.area.id: post.area for post in posts if post.role in TEAM | STAFF}
    found: dict[tuple[int, int], tuple[DutyPeriod, Area]] = {}
    for period, whole in standing:
        for area in mine.values():
            if area.path.startswith(whole.path):
                found[period.id, area.id] = (period, area)
            elif whole.path.startswith(area.path):
                found[period.id, whole.id] = (period, whole)
    return list(found.values())


async def _menu(
    turn: Turn, found: list[tuple[DutyPeriod, Area]], may_open: list[Area], today: date
) -> tuple[str, list[list[Button]]]:
    lines = [_("📋 <b>值班</b>")] if found else [_("📋 <b>值班</b>：现在没有要排的。")]
    flat: list[Button] = []
    for period, area in found[:6]:
        lines.append(
            _("{title} · {area} · {days}").format(
                title=words.title(period), area=phrases.typed(area.name), days=words.days(period, today)
            )
        )
        flat.append((period.title[:20], Look(id=period.id, area=area.id)))
    rows = pairs(flat)
    if may_open:
        lines.append(_("要排新的，点一个节日，或「自定」。"))
        rows += await duty_open.offers(turn, may_open)
    elif not found and turn.viewer.may(Action.DUTY_SWAP):
        lines.append(_("县里定了值班，就在这里排；节假日值班并在村的可以补休。"))
    own_lines, button = await own(turn)
    return "\n".join([*lines, *own_lines]), [*rows, button]


async def own(turn: Turn) -> tuple[list[str], list[Button]]:
    """What somebody of a team has to know of himself: days on duty, the rest in lieu that is left, [补休] for it."""
    villages = turn.speaker.villages() if turn.speaker is not None else []
    if not villages:
        return [], []
    today = await turn.today()
    lines: list[str] = []
    if rows := await queries.own(turn.session, turn.viewer, today):
        lines.append(words.own(rows, turn.person.id, today))
    left = await queries.lieu_left(turn.session, turn.person.id, villages[0], today + timedelta(days=1))
    if not left:
        return lines, []
    return [*lines, words.lieu(left)], [(_("补休"), InLieu())]


@router.callback_query(InLieu.filter())
async def on_in_lieu(query: CallbackQuery, turn: Turn) -> Reply:
    """补休 is a leave: when, why, and decided like any other."""
    if not turn.viewer.may(Action.LEAVE_REQUEST):
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.LEAVE_REQUEST.value)
    turn.dialogue.leave()
    turn.dialogue.to(leave.KIND)
    asked: Reply = await leave.on_kind(query, LeaveDo(do="kind", v=LeaveKind.IN_LIEU.value), turn)
    return asked


# -- a team's list ----------------------------------------------------------------------------------------------------


@router.callback_query(Look.filter())
async def on_look(_query: CallbackQuery, callback_data: Look, turn: Turn) -> Reply:
    """A list, or how far an area is; beside the card it was opened from where that goes on changing."""
    period, area, _role = await queries.get(
        turn.session, turn.viewer, Action.DUTY_VIEW, callback_data.id, callback_data.area
    )
    put = turn.say if callback_data.new else turn.edit
    if area.level is not Level.VILLAGE:
        return put(*await progress_view(turn.session, turn.viewer, period, area, turn.now, callback_data.page))
    found = await queries.of_village(turn.session, period, area, turn.now)
    return put(*words.village_view(found, turn.viewer, callback_data.page))


async def _found(turn: Turn, press: Fill) -> DutyList:
    period, village, _role = await queries.get(turn.session, turn.viewer, Action.DUTY_FILL, press.id, press.area)
    if village.level is not Level.VILLAGE:
        raise Refusal(Code.NOT_FOUND)
    return await queries.of_village(turn.session, period, village, turn.now)


@router.callback_query(Fill.filter(F.do.in_({"put", "am", "pm", "empty"})))
async def on_name(_query: CallbackQuery, callback_data: Fill, turn: Turn) -> Reply:
    """A name for a day or a half of it; the next day is asked for at once. Of a morning, the afternoon comes next."""
    on = _on(await _found(turn, callback_data), callback_data.n)
    person = callback_data.v or None
    halves: dict[str, dict[Half, int | None]] = {
        "put": {Half.AM: person, Half.PM: person},
        "am": {Half.AM: person, Half.PM: None},
        "pm": {Half.PM: person},
        "empty": {Half.AM: None, Half.PM: None},
    }
    found = await duty.name(
        turn.session,
        by=turn.viewer,
        period_id=callback_data.id,
        village_id=callback_data.area,
        on=on,
        halves=halves[callback_data.do],
        now=turn.now,
    )
    return turn.edit(*words.village_view(found, turn.viewer))


@router.callback_query(Fill.filter(F.do == "same"))
async def on_same(_query: CallbackQuery, callback_data: Fill, turn: Turn) -> Reply:
    """同上."""
    on = _on(await _found(turn, callback_data), callback_data.n)
    found = await duty.repeat(
        turn.session,
        by=turn.viewer,
        period_id=callback_data.id,
        village_id=callback_data.area,
        on=on,
        now=turn.now,
    )
    return turn.edit(*words.village_view(found, turn.viewer))


@router.callback_query(Fill.filter(F.do == "turn"))
async def on_turn(_query: CallbackQuery, callback_data: Fill, turn: Turn) -> Reply:
    """轮流排满: whoever is on leave on a day lets the next one go first."""
    found = await duty.rotate(
        turn.session, by=turn.viewer, period_id=callback_data.id, village_id=callback_data.area, now=turn.now
    )
    return turn.edit(*words.village_view(found, turn.viewer))


@router.callback_query(Fill.filter(F.do.in_({"split", "day"})))
async def on_day(_query: CallbackQuery, callback_data: Fill, turn: Turn) -> Reply:
    """A day to be changed, or to be said by halves."""
    found = await _found(turn, callback_data)
    on = _on(found, callback_data.n)
    queries.check_open(found.period, on, found.today)
    half = Half.AM if callback_data.do == "split" else None
    text, _here, _pages = words.list_text(found, (on, half))
    rows = words.fill_rows(found, on, half, is_change=True)
    return turn.edit("\n".join([text, words.ask(found, on, half)]), rows)


@router.callback_query(Fill.filter(F.do == "pick"))
async def on_pick(_query: CallbackQuery, callback_data: Fill, turn: Turn) -> Reply:
    """改: which day?"""
    found = await _found(turn, callback_data)
    text, _here, _pages = words.list_text(found, None)
    return turn.edit("\n".join([text, _("改哪天？")]), words.pick_rows(found, callback_data.n))


@router.callback_query(Fill.filter())
async def on_no_fill(_query: CallbackQuery, _turn: Turn | None = None) -> Reply:
    """A press that no button of ours makes."""
    raise Refusal(Code.NOT_FOUND)


def _on(found: DutyList, n: int) -> date:
    days = found.days()
    if not 0 <= n < len(days):
        raise Refusal(Code.NOT_FOUND)
    return days[n]


@card("duty_list", label=mark("值班"))
async def list_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """A team's list as it is now. Asked of whom nothing is owed any more, it is not said at all."""
    now = session.info["now"]
    try:
        period, village, _role = await queries.get(session, viewer, Action.DUTY_VIEW, payload["id"], payload["area_id"])
    except Refusal as refusal:
        return Card(_("这张值班表已经<b>撤回</b>，不用排了。")) if refusal.code is Code.DUTY_OVER else None
    found = await queries.of_village(session, period, village, now)
    if payload["why"] and not found.left():
        subject, me = LIST.format(id=period.id, village=village.id), viewer.person_id or 0
        if (await outbox.last_told(session, subject, [me], now)).get(me) is None:
            return None
    return Card(*words.village_view(found, viewer))
