"""代签 周建国 手机坏了; the township's list: 代签 石门村 周建国 赵敏, or names to tap."""

import re
from collections.abc import Sequence
from typing import Any

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import proxies
from handlers import phrases
from handlers.awaited import awaits
from handlers.checkin import AWAY
from handlers.filters import TEXT, Awaiting, Line, Word
from handlers.teamday import left_out
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy.authority import Action
from policy.checkin import halves_proved
from policy.refusals import Code, Refusal
from storage import people
from storage import teamday as queries
from storage.tables import Area, Person
from storage.teamday import Standing

router = Router(name="proxies")

WHICH = "proxy.which"
"""Which of several people so called is awaited."""
REASON = "proxy.reason"
"""Why he can't check in himself is awaited."""
LIST = "proxy.list"
"""Names of a village are being tapped."""

REASONS = (mark("手机坏了"), mark("没有信号"))

NAMES_AT_ONCE = 20


class ProxyDo(CallbackData, prefix="proxy"):
    """A press: `village`, `who` (in village `v`), `tick`, `ok`, `reason` (its number), `undo`, `cancel`."""

    do: str
    id: int = 0
    v: int = 0


class ProxyUndo(CallbackData, prefix="proxyundo"):
    """撤回代签, with the check-ins' ids joined by dots."""

    ids: str


@router.message(Word(mark("代签"), command="proxy"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """Whose? The village's names, or first the village."""
    villages = await queries.villages(turn.session, turn.viewer, Action.CHECKIN_PROXY, limit=NAMES_AT_ONCE + 1)
    if not villages:
        return turn.say(_("代签由同村工作队、乡镇或县驻村办来记，没有改动。"))
    if len(villages) == 1:
        return await _screen(turn, villages[0])
    if len(villages) > NAMES_AT_ONCE:
        return turn.say(_("给谁代签？一句话，例如：代签 石门村 周建国；或：代签 周建国 手机坏了。"))
    buttons: list[Button] = [(area.name[:8], ProxyDo(do="village", id=area.id)) for area in villages]
    return turn.say(_("给哪个村代签？"), [*_pairs(buttons), _cancel()])


@router.message(Line(mark("代签"), command="proxy", even_in={AWAY, LIST, REASON, WHICH}))
async def on_line(_message: Message, turn: Turn, rest: str) -> Reply:
    """Names, and why; with a village's name in front it is the township's list."""
    words = [word for word in re.split(r"[\s，,、；;：:]+", rest) if word]
    named = await queries.villages(
        turn.session, turn.viewer, Action.CHECKIN_PROXY, named={words[0], f"{words[0]}村"} if words else set()
    )
    village = named[0] if named else None
    if village is not None:
        words = words[1:]
    found, unknown = await named_first(turn, Action.CHECKIN_PROXY, words, village)
    if any(person.id == turn.person.id for matches in found for person, _area in matches):
        return turn.say(_("自己签到点「📍签到」就行，不用代签，也不能代签。"))
    if village is not None and turn.viewer.paths(Action.CHECKIN_LIST):
        picked = [matches[0][0].id for matches in found]
        if not picked or unknown:
            return await _screen(turn, village, picked, unknown)
        return await _sign(turn, [(person_id, village) for person_id in picked], by_list=True)
    if village is not None and not words:
        return await _screen(turn, village)
    if not found:
        who = phrases.typed(words[0][:20]) if words else _("人")
        return turn.say(_("没有找到「{name}」，没有记。看看名字写对没有，或发「代签」点名字。").format(name=who))
    reason = " ".join(unknown) or None
    return await _which(turn, [[(person.id, area.id) for person, area in matches] for matches in found], reason)


async def named_first(
    turn: Turn, action: Action, words: Sequence[str], village: Area | None = None
) -> tuple[list[list[tuple[Person, Area]]], list[str]]:
    """Everybody who may be meant by each name in front, and the words from the first that is no name on.

    A name may have its reason behind it without a space (周建国手机坏了): the longest name fits.
    """
    words = words[:NAMES_AT_ONCE]
    starts = {word[:n] for word in words for n in range(2, min(len(word), 20) + 1)}
    members = await queries.members(turn.session, turn.viewer, action, await turn.today(), names=starts)
    by_name: dict[str, dict[int, tuple[Person, Area]]] = {}
    for person, area in members:
        if village is None or area.id == village.id:
            by_name.setdefault(person.name, {}).setdefault(person.id, (person, area))
    found: list[list[tuple[Person, Area]]] = []
    for n, word in enumerate(words):
        name = max((name for name in by_name if word.startswith(name)), key=len, default=None)
        if name is None:
            return found, list(words[n:])
        found.append(list(by_name[name].values()))
        if rest := word.removeprefix(name):
            return found, [rest, *words[n + 1 :]]
    return found, []


async def _which(turn: Turn, wanted: Sequence[Sequence[tuple[int, int]]], reason: str | None) -> Reply:
    """Ask where one name means several people; then why; then it is recorded. `wanted` are ids of person, village."""
    for n, matches in enumerate(wanted):
        if len(matches) > 1:
            turn.dialogue.to(WHICH, wanted=[[list(pair) for pair in each] for each in wanted], at=n, reason=reason)
            name = (await turn.session.get_one(Person, matches[0][0])).name
            buttons: list[Button] = []
            for person_id, village_id in matches:
                area = await turn.session.get_one(Area, village_id)
                person = await turn.session.get_one(Person, person_id)
                same = sum(other == village_id for _person_id, other in matches) > 1
                label = f"{area.name[:4]}{(person.phone or '')[-4:]}" if same else area.name[:8]
                buttons.append((label, ProxyDo(do="who", id=person_id, v=village_id)))
            text = _("有几位{name}，是哪一位？").format(name=phrases.typed(name))
            return turn.edit(text, [*_pairs(buttons), _cancel()])
    pairs = [matches[0] for matches in wanted]
    if reason is None:
        settled = await _settled(turn, pairs)
        if len(settled) == len(pairs):
            turn.dialogue.end(WHICH, REASON, LIST)
            return turn.edit("\n".join(left_out(settled)[:6]))
        turn.dialogue.to(REASON, who=[list(pair) for pair in pairs])
        rows: list[Button] = [(_(words), ProxyDo(do="reason", id=n)) for n, words in enumerate(REASONS)]
        return turn.edit(_("为什么代签？一句话，例如：手机坏了。"), [rows, _cancel()])
    return await _sign(turn, await _areas(turn, pairs), reason=reason)


async def _settled(turn: Turn, pairs: Sequence[tuple[int, int]]) -> list[tuple[Person, Standing]]:
    """Whose half-days need no word any more, and why."""
    found: list[tuple[Person, Standing]] = []
    for person_id, village in await _areas(turn, pairs):
        local = await turn.batch.local(village, turn.now)
        halves = halves_proved(local, await turn.batch.profile(village, local.date()))
        standing = await queries.standings_in(turn.session, turn.viewer, village, [person_id], local.date(), halves)
        stands = standing[person_id]
        if stands is not Standing.OPEN:
            found.append((await turn.session.get_one(Person, person_id), stands))
    return found


async def _areas(turn: Turn, pairs: Sequence[Sequence[int]]) -> list[tuple[int, Area]]:
    return [(person_id, await turn.session.get_one(Area, village_id)) for person_id, village_id in pairs]


@router.callback_query(ProxyDo.filter(F.do == "who"))
async def on_who(_query: CallbackQuery, callback_data: ProxyDo, turn: Turn) -> Reply:
    """That one of several."""
    kept = turn.dialogue.data
    if turn.dialogue.state != WHICH or [callback_data.id, callback_data.v] not in kept["wanted"][kept["at"]]:
        return turn.edit(_stale())
    wanted = [[(pair[0], pair[1]) for pair in each] for each in kept["wanted"]]
    wanted[kept["at"]] = [(callback_data.id, callback_data.v)]
    return await _which(turn, wanted, kept["reason"])


@router.message(Awaiting(REASON), TEXT)
async def on_reason(message: Message, turn: Turn) -> Reply:
    """Why, in a sentence."""
    return await _sign(turn, await _areas(turn, turn.dialogue.data["who"]), reason=message.text or "")


@router.callback_query(ProxyDo.filter(F.do == "reason"))
async def on_standing_reason(_query: CallbackQuery, callback_data: ProxyDo, turn: Turn) -> Reply:
    """Why, by one tap."""
    if turn.dialogue.state != REASON or not 0 <= callback_data.id < len(REASONS):
        return turn.edit(_stale())
    return await _sign(turn, await _areas(turn, turn.dialogue.data["who"]), reason=REASONS[callback_data.id])


@router.callback_query(ProxyDo.filter(F.do == "village"))
async def on_village(_query: CallbackQuery, callback_data: ProxyDo, turn: Turn) -> Reply:
    """A village's names."""
    village = await queries.village(turn.session, turn.viewer, Action.CHECKIN_PROXY, callback_data.id)
    return await _screen(turn, village)


async def _screen(turn: Turn, village: Area, picked: Sequence[int] = (), unknown: Sequence[str] = ()) -> Reply:
    """Who has a record today, and the names of the others to tap."""
    local = await turn.batch.local(village, turn.now)
    halves = halves_proved(local, await turn.batch.profile(village, local.date()))
    team = [person for person, _role in await people.colleagues(turn.session, turn.viewer, village, local.date())]
    standing = await queries.standings_in(
        turn.session, turn.viewer, village, [person.id for person in team], local.date(), halves
    )
    free = [p for p in team if standing[p.id] is Standing.OPEN and p.id != turn.person.id]
    lines = [_("代签 · {village} · {day}").format(village=phrases.typed(village.name), day=phrases.day(local.date()))]
    if unknown:
        lines.append(_("没有找到「{name}」。").format(name=phrases.typed(" ".join(unknown)[:40])))
    lines += left_out([(p, standing[p.id]) for p in team if standing[p.id] is not Standing.OPEN])[:3]
    if not free:
        return turn.edit("\n".join([*lines, _("没有要代签的人。")]))
    kept = [person.id for person in free if person.id in picked]
    turn.dialogue.to(LIST, village_id=village.id, picked=kept)
    lines.append(_("点名字选上，再点「记在岗」。"))
    buttons: list[Button] = [
        (f"{person.name[:6]} ✓" if person.id in kept else person.name[:8], ProxyDo(do="tick", id=person.id))
        for person in free
    ]
    done: list[Button] = [(_("记在岗"), ProxyDo(do="ok"))] if kept else []
    return turn.edit("\n".join(lines), [*_pairs(buttons), [*done, *_cancel()]])


@router.callback_query(ProxyDo.filter(F.do.in_({"tick", "ok"})))
async def on_list(_query: CallbackQuery, callback_data: ProxyDo, turn: Turn) -> Reply:
    """Names come and go; then all of them are recorded."""
    if turn.dialogue.state != LIST:
        return turn.edit(_stale())
    kept: dict[str, Any] = turn.dialogue.data
    village = await queries.village(turn.session, turn.viewer, Action.CHECKIN_PROXY, kept["village_id"])
    picked = list(kept["picked"])
    if callback_data.do == "tick":
        picked = (
            [i for i in picked if i != callback_data.id] if callback_data.id in picked else [*picked, callback_data.id]
        )
        return await _screen(turn, village, picked)
    if not picked:
        return turn.toast(_("还没有选名字。"))
    if turn.viewer.paths(Action.CHECKIN_LIST):
        return await _sign(turn, [(person_id, village) for person_id in picked], by_list=True)
    return await _which(turn, [[(person_id, village.id)] for person_id in picked], None)


@router.callback_query(ProxyDo.filter())
async def on_cancel(_query: CallbackQuery, turn: Turn) -> Reply:
    """Nothing is recorded."""
    if turn.dialogue.state in {WHICH, REASON, LIST}:
        turn.dialogue.end()
    return turn.edit(_("好的，没有代签。"))


async def _sign(
    turn: Turn, who: Sequence[tuple[int, Area]], *, reason: str | None = None, by_list: bool = False
) -> Reply:
    signed = await proxies.sign_for(turn.session, by=turn.viewer, who=who, reason=reason, by_list=by_list, now=turn.now)
    turn.dialogue.end(WHICH, REASON, LIST)
    lines = []
    if signed.people:
        text = (
            _("✅ 已按名单记 {n} 人今天<b>在岗</b>（{names}）。已告诉本人，不对可以提出。")
            if by_list
            else _("✅ 已<b>代记</b> {n} 人今天在岗（{names}），{reason}。已告诉本人，不对可以提出。")
        )
        names = phrases.names(person.name for person in signed.people)
        said = signed.rows[0].words or ""  # as it is kept
        lines.append(text.format(n=len(signed.people), names=names, reason=phrases.typed(said)))
    lines += left_out(signed.left)[:5]
    undo = ProxyUndo(ids=".".join(str(row.id) for row in signed.rows))
    fits = signed.rows and len(f"proxyundo:{undo.ids}") <= 64
    return turn.edit("\n".join(lines), [[(_("撤回代签"), undo)]] if fits else ())


@router.callback_query(ProxyUndo.filter())
async def on_undo(_query: CallbackQuery, callback_data: ProxyUndo, turn: Turn) -> Reply:
    """Who recorded it takes it back."""
    ids = [int(each) for each in callback_data.ids.split(".") if each.isdecimal()]
    if not ids:
        raise Refusal(Code.NOT_FOUND)
    gone = await proxies.withdraw(turn.session, by=turn.viewer, check_in_ids=ids, now=turn.now)
    return turn.edit(_("已撤回代签，已告诉本人。") if gone else _("已经撤回过了，没有改动。"))


def _stale() -> str:
    return _("这张卡片已经过了。发「代签」可以重新来。")


def _cancel() -> list[Button]:
    return [(_("取消"), ProxyDo(do="cancel"))]


def _pairs(buttons: Sequence[Button]) -> list[list[Button]]:
    return [list(buttons[start : start + 2]) for start in range(0, len(buttons), 2)]


awaits(WHICH, mark("代签哪一位"))
awaits(REASON, mark("代签的原因"), plain=mark("就是代签原因"))
awaits(LIST, mark("代签点名字"))
