"""发给谁: a whole area, first secretaries, ticked townships, units or roles, or a list of names."""

from collections.abc import Sequence
from typing import Any

from aiogram import F, Router
from aiogram.filters import Filter
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from handlers import notice_words as words
from handlers import phrases
from handlers.awaited import awaits, cancel, drafts
from handlers.filters import TEXT, Awaiting
from handlers.notice_draft import NAMES, NAMESAKE, NEW, STATES, WHO, begin, begun, gone, keep, kept, taken
from handlers.notice_preview import Edit, back, go_on
from handlers.paging import pairs, turning
from handlers.turn import Button, Buttons, Reply, Turn
from locales import _, mark
from policy.audience import Audience
from policy.authority import TEAM, Role
from policy.notices import Draft, names_in
from policy.refusals import Code, Refusal
from storage import notice_audience as queries
from storage.notice_audience import Namesake
from storage.tables import Area

router = Router(name="notice_who")

PAGE = 8
LABEL = 8
EVERY_TEAM = tuple(sorted(TEAM))
NOBODY_YET = Audience(())
"""Of a notice that began with its words: whom it is for is still to be said."""


class Whom(CallbackData, prefix="nwho"):
    """Of an area: all, first, below, units, roles, names, no."""

    area: int
    do: str


class Tick(CallbackData, prefix="ntick"):
    """One of what is ticked, by its place in the list; -1: only first secretaries; or another page."""

    place: int
    page: int = 0


class Ticked(CallbackData, prefix="nticked"):
    """选好了."""


class Same(CallbackData, prefix="nsame"):
    """Which of several of one name: a person, 0 for all of them, -1 for none."""

    person: int


class Found(CallbackData, prefix="nfound"):
    """`go` with the names that were found, or `again`."""

    do: str


async def ask(turn: Turn, area: Area, draft: Draft | None = None, more: Buttons = ()) -> Reply:
    """Whom is it for? `draft`: what is written already; `more`: rows of whoever asks."""
    if draft is not None:
        keep(turn, WHO, draft)
    elif turn.dialogue.state is None:
        begin(turn, area)
    rows: list[list[Button]] = [
        [(_(words.WHOLE[area.level]), Whom(area=area.id, do="all")), (_("第一书记"), Whom(area=area.id, do="first"))]
    ]
    by_names: Button = (_("选人"), Whom(area=area.id, do="names"))
    if area.level in words.BELOW:
        rows.append([(_(words.BELOW[area.level]), Whom(area=area.id, do="below")), by_names])
    else:
        rows[0].append(by_names)
    rows.append([(_("按单位"), Whom(area=area.id, do="units")), (_("按职务"), Whom(area=area.id, do="roles"))])
    no: Button = (_("取消"), Whom(area=area.id, do="no"))
    return turn.edit(_("发给谁？"), [*rows, *more, [*(back(draft) if draft is not None else []), no]])


async def _ask_again(turn: Turn) -> Reply:
    draft = kept(turn)
    if draft is None:
        return None
    area = await queries.area_for(turn.session, turn.viewer, draft.area_id)
    return await _ticking(turn, area, draft) if turn.dialogue.data.get("pick") else await ask(turn, area, draft)


awaits(WHO, mark("选通知的收件人"), _ask_again)
awaits(NEW, mark("选通知的收件人"))


class NotYet(Filter):
    """Whom a notice is for is being asked."""

    async def __call__(self, _event: Any, turn: Turn) -> bool:
        """Whether that is what was asked last."""
        return begun(turn) is not None or turn.dialogue.state == WHO


async def take_content(message: Message, turn: Turn, area_id: int | None = None, more: Buttons = ()) -> Reply:
    """A picture or file while it is still asked whom a notice (of this area) is for: it is what the notice says."""
    draft = kept(turn)
    if draft is None:
        area_id = area_id or begun(turn)
        if area_id is None:
            return None
        draft = Draft(area_id, NOBODY_YET)
    area = await queries.area_for(turn.session, turn.viewer, draft.area_id)
    new = taken(message, draft)
    if new is None:
        return None
    turn.dialogue.drop(NEW)
    turn.notes.append(_("收到，放进通知里了。"))
    return await ask(turn, area, new, more)


@router.callback_query(Edit.filter(F.do == "who"))
async def on_change(_query: CallbackQuery, turn: Turn) -> Reply:
    """改收件人, from the preview."""
    draft = kept(turn)
    if draft is None:
        return gone(turn)
    return await ask(turn, await queries.area_for(turn.session, turn.viewer, draft.area_id), draft)


@router.callback_query(Whom.filter())
async def on_whom(_query: CallbackQuery, callback_data: Whom, turn: Turn) -> Reply:
    """The kind of audience."""
    area = await queries.area_for(turn.session, turn.viewer, callback_data.area)
    turn.dialogue.drop(NEW)
    if turn.dialogue.state is not None and kept(turn) is None:
        turn.dialogue.leave()  # something else was awaited
    draft = kept(turn) or Draft(area.id, Audience((area.id,), EVERY_TEAM))
    match callback_data.do:
        case "all":
            return await go_on(turn, draft.but(audience=Audience((area.id,), EVERY_TEAM)))
        case "first":
            return await go_on(turn, draft.but(audience=Audience((area.id,), (Role.FIRST_SECRETARY,))))
        case "names":
            keep(turn, NAMES, draft)
            return await _ask_names(turn)
        case "below" | "units" | "roles":
            return await _ticking(turn, area, draft, {"what": callback_data.do, "on": [], "first": False})
        case "back":
            return await ask(turn, area, draft)
        case "no":
            return _called_off(turn, draft)
    raise Refusal(Code.NOT_FOUND)


def _called_off(turn: Turn, draft: Draft) -> Reply:
    """取消: what is written already is kept."""
    if draft.html or draft.attachment is not None:
        turn.dialogue.leave()
        return turn.edit(_("好的，没有发。写好的先留着，要接着办点「继续上次的」。"), drafts(turn, *STATES))
    turn.dialogue.end()
    return turn.edit(_("好的，没有发。"))


# -- ticking --------------------------------------------------------------------------------------------------------


async def _choices(turn: Turn, area: Area, what: str) -> Sequence[tuple[int | str, str]]:
    """What can be ticked: key and name."""
    if what == "below":
        return [(row.id, row.name) for row in await queries.below(turn.session, turn.viewer, area)]
    if what == "units":
        on = (await turn.batch.local(area, turn.now)).date()
        return [(unit.id, unit.name) for unit in await queries.units(turn.session, turn.viewer, area, on)]
    return [(role.value, phrases.role(role)) for role in Role]


async def _ticking(turn: Turn, area: Area, draft: Draft, pick: dict[str, Any] | None = None, page: int = 0) -> Reply:
    """The list with its ticks, a page at a time."""
    pick = pick or turn.dialogue.data["pick"]
    choices = await _choices(turn, area, pick["what"])
    if not choices:
        return turn.edit(_("这里没有可选的。名册由县驻村办登记。"), [[(_("返回"), Whom(area=area.id, do="back"))]])
    keep(turn, WHO, draft, pick=pick)
    pages = -(-len(choices) // PAGE)
    page = min(max(page, 0), pages - 1)
    ticks: list[Button] = [
        ((f"✓ {name}" if key in pick["on"] else name)[:LABEL], Tick(place=place, page=page))
        for place, (key, name) in enumerate(choices)
    ]
    flat = ticks[page * PAGE : (page + 1) * PAGE]
    rows: list[list[Button]] = [*pairs(flat), turning(page, pages, lambda to: Tick(place=-2, page=to))]
    if pick["what"] != "roles":
        label = _("✓ 只第一书记") if pick["first"] else _("只第一书记")
        rows.append([(label, Tick(place=-1, page=page))])
    done: list[Button] = [(_("选好了"), Ticked())] if pick["on"] else []
    return turn.edit(_chosen(choices, pick["on"]), [*rows, [*done, *back(draft), cancel()]])


def _chosen(choices: Sequence[tuple[int | str, str]], on: list[Any]) -> str:
    names = [name for key, name in choices if key in on]
    if not names:
        return _("发给哪些？可以点几个，点完点「选好了」。")
    shown = phrases.names(names[:PAGE])
    return _("已选 {count} 个：{names}").format(count=len(names), names=shown + ("…" if len(names) > PAGE else ""))


@router.callback_query(Tick.filter())
async def on_tick(_query: CallbackQuery, callback_data: Tick, turn: Turn) -> Reply:
    """On or off; or another page."""
    draft, pick = kept(turn), turn.dialogue.data.get("pick")
    if draft is None or pick is None:
        return turn.edit(_("这一条已经过了。要发通知再点「📣通知」。"))
    area = await queries.area_for(turn.session, turn.viewer, draft.area_id)
    choices = await _choices(turn, area, pick["what"])
    on: list[Any] = list(pick["on"])
    if callback_data.place == -1:
        pick = {**pick, "first": not pick["first"]}
    elif 0 <= callback_data.place < len(choices):
        key = choices[callback_data.place][0]
        on = [other for other in on if other != key] if key in on else [*on, key]
    return await _ticking(turn, area, draft, {**pick, "on": on}, callback_data.page)


@router.callback_query(Ticked.filter())
async def on_ticked(_query: CallbackQuery, turn: Turn) -> Reply:
    """选好了."""
    draft, pick = kept(turn), turn.dialogue.data.get("pick")
    if draft is None or pick is None or not pick["on"]:
        return turn.edit(_("这一条已经过了。要发通知再点「📣通知」。"))
    roles = (Role.FIRST_SECRETARY,) if pick["first"] else EVERY_TEAM
    on = tuple(pick["on"])
    if pick["what"] == "below":
        audience = Audience(on, roles)
    elif pick["what"] == "units":
        audience = Audience((draft.area_id,), roles, unit_ids=on)
    else:
        audience = Audience((draft.area_id,), tuple(Role(role) for role in on))
    return await go_on(turn, draft.but(audience=audience))


# -- by name --------------------------------------------------------------------------------------------------------


async def _ask_names(turn: Turn) -> Reply:
    draft = kept(turn)
    out: list[Button] = [*(back(draft) if draft is not None else []), cancel()]
    return turn.edit(_("把姓名发来：用顿号隔开，或一行一个；名单可以直接粘贴。"), [out])


awaits(NAMES, mark("通知的名单"), _ask_names)


@router.message(Awaiting(NAMES, NAMESAKE), TEXT)
async def on_names(message: Message, turn: Turn) -> Reply:
    """Who they are; of whom there are several, that is asked; who isn't there is said, and the list may come anew."""
    draft = kept(turn)
    names = names_in(message.text or "")
    if draft is None or not names:
        return await _ask_names(turn)
    area = await queries.area_for(turn.session, turn.viewer, draft.area_id)
    on = (await turn.batch.local(area, turn.now)).date()
    found = await queries.named(turn.session, turn.viewer, area, names, on)
    people = [found[name][0].person_id for name in names if len(found.get(name, ())) == 1]
    several = [name for name in names if len(found.get(name, ())) > 1]
    unknown = [name for name in names if name not in found]
    return await _sorted_out(turn, draft, people, several, unknown)


async def _sorted_out(turn: Turn, draft: Draft, people: list[int], several: list[str], unknown: list[str]) -> Reply:
    """Ask what is still open: which of several first, then whether to go on without the unknown."""
    keep(turn, NAMESAKE, draft, people=people, open=several, unknown=unknown)
    if several:
        return await _ask_which(turn, draft, several[0])
    if unknown:
        return _ask_without(turn, draft, people, unknown)
    if not people:  # an audience of nobody by name would be everybody
        keep(turn, NAMES, draft)
        return await _ask_names(turn)
    return await go_on(turn, draft.but(audience=Audience((draft.area_id,), person_ids=tuple(people))))


async def _namesakes(turn: Turn, draft: Draft, name: str) -> list[Namesake]:
    area = await queries.area_for(turn.session, turn.viewer, draft.area_id)
    on = (await turn.batch.local(area, turn.now)).date()
    return (await queries.named(turn.session, turn.viewer, area, [name], on)).get(name, [])


async def _ask_which(turn: Turn, draft: Draft, name: str) -> Reply:
    found = (await _namesakes(turn, draft, name))[:PAGE]
    lines = [_("有 {count} 个{name}，发给哪一个？").format(count=len(found), name=phrases.typed(name))]
    lines += [
        _("{n}. {place} {role}").format(n=n, place=phrases.typed(one.area), role=phrases.role(one.role))
        for n, one in enumerate(found, 1)
    ]
    flat: list[Button] = [(f"{n} {one.area}"[:LABEL], Same(person=one.person_id)) for n, one in enumerate(found, 1)]
    flat += [(_("都发"), Same(person=0)), (_("都不发"), Same(person=-1))]
    return turn.edit("\n".join(lines), [*pairs(flat), [*back(draft), cancel()]])


def _ask_without(turn: Turn, draft: Draft, people: list[int], unknown: list[str]) -> Reply:
    names = phrases.names(name[:20] for name in unknown[:20]) + ("…" if len(unknown) > 20 else "")
    text = _("名册里没有找到 {count} 人：{names}").format(count=len(unknown), names=names)
    row: list[Button] = [(_("重新写"), Found(do="again"))]
    if people:
        text += "\n" + _("其余 {n} 人找到了。").format(n=len(people))
        row.insert(0, (_("发给其余的"), Found(do="go")))
    text += "\n" + _("改好了，可以把整个名单再发一次。")
    return turn.edit(text, [row, [*back(draft), cancel()]])


async def _ask_open(turn: Turn) -> Reply:
    draft, data = kept(turn), turn.dialogue.data
    if draft is None:
        return None
    return await _sorted_out(turn, draft, data["people"], data["open"], data["unknown"])


awaits(NAMESAKE, mark("通知的名单"), _ask_open)


@router.callback_query(Same.filter())
async def on_same(_query: CallbackQuery, callback_data: Same, turn: Turn) -> Reply:
    """The one who is meant, or all of that name, or none."""
    draft, data = kept(turn), turn.dialogue.data
    if draft is None or turn.dialogue.state != NAMESAKE or not data["open"]:
        return turn.edit(_("这一条已经过了。要发通知再点「📣通知」。"))
    ids = [one.person_id for one in await _namesakes(turn, draft, data["open"][0])]
    if callback_data.person > 0 and callback_data.person not in ids:
        raise Refusal(Code.NOT_FOUND)
    meant = {0: ids, -1: []}.get(callback_data.person, [callback_data.person])
    return await _sorted_out(turn, draft, [*data["people"], *meant], data["open"][1:], data["unknown"])


@router.callback_query(Found.filter())
async def on_found(_query: CallbackQuery, callback_data: Found, turn: Turn) -> Reply:
    """Without those who weren't found, or the list anew."""
    draft, data = kept(turn), turn.dialogue.data
    if draft is None or turn.dialogue.state != NAMESAKE:
        return turn.edit(_("这一条已经过了。要发通知再点「📣通知」。"))
    if callback_data.do == "go" and data["people"]:
        return await _sorted_out(turn, draft, data["people"], [], [])
    keep(turn, NAMES, draft)
    return await _ask_names(turn)
