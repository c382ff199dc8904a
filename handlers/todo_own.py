"""待办 of a cadre: what he owes himself, with the button for each."""

from handlers import figure_cards, leave_words, phrases
from handlers.corrections import OpenCorrection
from handlers.figure_cards import Fill
from handlers.notice_inbox import Unread
from handlers.task_words import Done
from handlers.trip_cards import TripWord, told
from handlers.turn import Button, Turn
from locales import _
from policy.emergency import Answer
from policy.profile import CheckInMode, mode_on
from storage import corrections, emergency, figures, leave, notices
from storage.tables import Area
from storage.todo import own_objections

MOST = 4
"""Of one kind; more is behind its own word."""


async def owed(turn: Turn) -> tuple[list[str], list[Button]]:
    """A line for each thing that is owed, and the buttons to do it; nothing for those in no team."""
    villages = turn.speaker.villages() if turn.speaker is not None else []
    if not villages:
        return [], []
    lines, buttons = list[str](), list[Button]()
    for more, theirs in (
        await _safety(turn),
        await _returns(turn),
        await _objections(turn),
        await _missed(turn, villages[0]),
        await _figures(turn),
        await _tasks(turn),
        await _notices(turn),
    ):
        lines += more
        buttons += theirs
    return lines, buttons


Part = tuple[list[str], list[Button]]


async def _safety(turn: Turn) -> Part:
    asked = await emergency.running_for(turn.session, turn.person.id)
    silent = [one for one in asked if one.answer in {None, Answer.UNREACHED}]
    return ([_("应急：还没有报平安，发「应急」就能报。")], []) if silent else ([], [])


async def _returns(turn: Turn) -> Part:
    """Leaves that are over, as far as nobody is asked to go on from them."""
    lines, buttons = list[str](), list[Button]()
    for one in await turn.batch.leaves(turn.person.id):
        village = await turn.session.get_one(Area, one.village_id)
        back = await leave.due_back(turn.session, one, village)
        if back.asked_at > turn.now or await leave.extensions(turn.session, one, village):
            continue
        text = _("销假：假期到{day}，回村点「📍签到」。")
        lines.append(text.format(day=phrases.day(one.to_on)))
        buttons.append((_("续假"), leave_words.LeaveAct(id=one.id, do="extend")))
    return lines, buttons


async def _objections(turn: Turn) -> Part:
    found = (await own_objections(turn.session, turn.viewer, turn.now))[:MOST]
    lines = [_("公出有异议：{trip}。").format(trip=told(trip)) for trip in found]
    return lines, [(_("回一句"), TripWord(do="reply", id=trip.id)) for trip in found]


async def _missed(turn: Turn, village: Area) -> Part:
    """Days of which nothing is known, as far as they may still be corrected."""
    today = await turn.today()
    if mode_on(await turn.batch.profile(village, today), today) is CheckInMode.OFF:
        return [], []
    found = await corrections.open_days(turn.session, turn.viewer, village, turn.now)
    days = [phrases.joined(phrases.near(day.on, today), phrases.halves(day.halves)) for day in found if day.on < today]
    if not days:
        return [], []
    return [_("{days}待核实，没签到的可以补签。").format(days=_("、").join(days))], [(_("补签"), OpenCorrection())]


async def _figures(turn: Turn) -> Part:
    asked = await figures.open_of(turn.session, turn.viewer, turn.now)
    lines, buttons = list[str](), list[Button]()
    for one in [one for one in asked if one.asked.replied_at is None][:MOST]:
        until = await figure_cards.until(turn.session, one.village, one.request, turn.now)
        lines.append(_("报数：{title}，{until}。").format(title=phrases.typed(one.request.title), until=until))
        buttons.append((_("报{title}").format(title=one.request.title[:6]), Fill(id=one.asked.id, do="fill")))
    return lines, buttons


async def _tasks(turn: Turn) -> Part:
    found = (await notices.undone(turn.session, turn.viewer, turn.now))[:MOST]
    lines = [
        _("要落实：{title}（{day}前）。").format(title=phrases.typed(one.title), day=phrases.day(one.due_on))
        for one in found
        if one.due_on is not None
    ]
    return lines, [(_("落实{title}").format(title=one.title[:6]), Done(id=one.id)) for one in found]


async def _notices(turn: Turn) -> Part:
    found = await notices.unread(turn.session, turn.viewer, turn.now)
    if not found:
        return [], []
    return [_("通知：{n} 条还没有看。").format(n=len(found))], [(_("未读通知"), Unread())]
