"""设置: what the county's rules are, and how they are changed: value, from when, why, confirm."""

from datetime import date, timedelta
from typing import Any

from aiogram import F, Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import settings
from handlers import awaited, phrases, refusals
from handlers import settings_words as words
from handlers.awaited import awaits
from handlers.filters import TEXT, Awaiting, Word
from handlers.replies import KEY_SETTINGS
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy.authority import Action
from policy.calendar import month_of
from policy.parameters import ValueType
from policy.profile import PARAMETERS, Group, dump, load, parse
from policy.refusals import LOCAL, Code, Refusal
from policy.spoken import any_day
from storage import settings as stored
from storage.settings import Held
from storage.tables import Area, Setting

router = Router(name="settings")

VALUE, DATE, REASON, CONFIRM = "settings.value", "settings.date", "settings.reason", "settings.confirm"
STATES = (VALUE, DATE, REASON, CONFIRM)
PAGE = 8
DEFAULT = "default"


class InArea(CallbackData, prefix="sa"):
    """An area's settings (`groups`), or the areas below it (`below`)."""

    area: int
    do: str
    page: int = 0


class InGroup(CallbackData, prefix="sg"):
    """One group of an area's settings."""

    area: int
    group: Group


class OfKey(CallbackData, prefix="sk"):
    """One setting: `show` or `change`."""

    area: int
    do: str
    key: str


class Pick(CallbackData, prefix="sv"):
    """A value by a button: a choice, `on`, `off` or `default`."""

    value: str


class From(CallbackData, prefix="sd"):
    """From when: `today`, `tomorrow`, `month`."""

    day: str


class Confirm(CallbackData, prefix="sy"):
    """The last step."""


class Undo(CallbackData, prefix="su"):
    """Take back a change that is still to come."""

    id: int


@router.message(Word(KEY_SETTINGS, mark("设置"), command="settings"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """One's own area at once; of several, which."""
    areas = await stored.areas_of(turn.session, turn.viewer)
    if not areas:
        return turn.say(_("设置由县驻村办管。要改本县的规定，请告诉县驻村办。"))
    if len(areas) == 1:
        return await _groups(turn, areas[0])
    rows = _in_twos([(area.name[:8], InArea(area=area.id, do="groups")) for area in areas])
    return turn.say(_("⚙️ <b>设置</b>：哪个地区的？"), [*rows, *awaited.drafts(turn, *STATES)])


@router.callback_query(InArea.filter(F.do == "groups"))
async def on_area(_query: CallbackQuery, callback_data: InArea, turn: Turn) -> Reply:
    """The groups of settings."""
    return await _groups(turn, await _seen(turn, callback_data.area))


async def _groups(turn: Turn, area: Area) -> Reply:
    buttons: list[Button] = [(words.group(group), InGroup(area=area.id, group=group)) for group in Group]
    if await stored.below(turn.session, turn.viewer, area):
        buttons.append((_("下级地区"), InArea(area=area.id, do="below")))
    text = _("⚙️ <b>设置</b> · {area}\n点一类看看。每项改动从哪天起、为什么，都会记下。")
    rows = [*_in_twos(buttons), *awaited.drafts(turn, *STATES)]
    return turn.edit(text.format(area=phrases.typed(area.name)), rows)


@router.callback_query(InArea.filter(F.do == "below"))
async def on_below(_query: CallbackQuery, callback_data: InArea, turn: Turn) -> Reply:
    """The areas right below, a page at a time."""
    area = await _seen(turn, callback_data.area)
    below = await stored.below(turn.session, turn.viewer, area)
    pages = max(1, -(-len(below) // PAGE))
    page = min(max(0, callback_data.page), pages - 1)
    rows = _in_twos([(a.name[:8], InArea(area=a.id, do="groups")) for a in below[page * PAGE :][:PAGE]])
    turning = []
    if page:
        turning.append((_("上一页"), InArea(area=area.id, do="below", page=page - 1)))
    if page + 1 < pages:
        turning.append((_("下一页"), InArea(area=area.id, do="below", page=page + 1)))
    back: list[Button] = [(_("返回"), InArea(area=area.id, do="groups"))]
    return turn.edit(_("{area}的下级地区：").format(area=phrases.typed(area.name)), [*rows, turning, back])


@router.callback_query(InGroup.filter())
async def on_group(_query: CallbackQuery, callback_data: InGroup, turn: Turn) -> Reply:
    """What holds today in one group."""
    area = await _seen(turn, callback_data.area)
    standing = await stored.standing(turn.session, turn.viewer, area, await _today(turn, area))
    keys = [key for key, parameter in PARAMETERS.items() if parameter.group == callback_data.group]
    shown = "\n".join(f"{words.name(key)} <b>{_said(key, standing.held[key].value)}</b>" for key in keys)
    head = _("⚙️ {group} · {area}").format(group=words.group(callback_data.group), area=phrases.typed(area.name))
    rows = _in_twos([(words.name(key), OfKey(area=area.id, do="show", key=key)) for key in keys])
    back: list[Button] = [(_("返回"), InArea(area=area.id, do="groups"))]
    return turn.edit(f"{head}\n{shown}", [*rows, back])


@router.callback_query(OfKey.filter(F.do == "show"))
async def on_key(_query: CallbackQuery, callback_data: OfKey, turn: Turn) -> Reply:
    """One setting: value, since when, from where, default, clause, what is to come."""
    return await _show(turn, await _seen(turn, callback_data.area), _known(callback_data.key))


async def _show(turn: Turn, area: Area, key: str) -> Reply:
    today = await _today(turn, area)
    standing = await stored.standing(turn.session, turn.viewer, area, today)
    held, parameter = standing.held[key], PARAMETERS[key]
    lines = [
        _("⚙️ <b>{name}</b>：{value}").format(name=words.name(key), value=_said(key, held.value)),
        _origin(held, area, today),
        _("默认 {value}{rule}").format(value=_said(key, parameter.default), rule=refusals.rule(parameter.clause)),
        _("可以填：{allowed}").format(allowed=phrases.typed(words.allowed(key))),
    ]
    if note := words.note(key):
        lines.append(note)
    coming = [row for row in standing.coming if row.key == key]
    if coming:
        lines.append(_coming(coming[0], today))
    row: list[Button] = []
    if turn.viewer.may(Action.SETTING_CHANGE):
        row.append((_("修改"), OfKey(area=area.id, do="change", key=key)))
    if coming:
        row.append((_("撤回改动"), Undo(id=coming[0].id)))
    back: list[Button] = [(_("返回"), InGroup(area=area.id, group=Group(parameter.group)))]
    return turn.edit("\n".join(lines), [row, back])


def _origin(held: Held, area: Area, today: date) -> str:
    if held.setting is None or held.area is None:
        return _("{area} · 没有改过，用默认值").format(area=phrases.typed(area.name))
    since = _day(held.setting.effective_on, today)
    if held.area.id == area.id:
        return _("{area} · {since}起 · {reason}").format(
            area=phrases.typed(area.name), since=since, reason=phrases.typed(_short(held.setting.reason))
        )
    return _("{area} · 沿用{above}的，{since}起").format(
        area=phrases.typed(area.name), above=phrases.typed(held.area.name), since=since
    )


def _coming(row: Setting, today: date) -> str:
    return _("{since}起改为 <b>{value}</b>，还没生效").format(
        since=_day(row.effective_on, today), value=_said(row.key, load(row.key, row.value))
    )


@router.callback_query(OfKey.filter(F.do == "change"))
async def on_change(_query: CallbackQuery, callback_data: OfKey, turn: Turn) -> Reply:
    """Ask for the new value."""
    key = _known(callback_data.key)
    area = await stored.area_of(turn.session, turn.viewer, Action.SETTING_CHANGE, callback_data.area)
    turn.dialogue.leave()
    turn.dialogue.to(VALUE, area_id=area.id, key=key)
    return await _ask_value(turn)


async def _ask_value(turn: Turn) -> Reply:
    key = turn.dialogue.data["key"]
    parameter = PARAMETERS[key]
    buttons: list[Button] = []
    if parameter.type is ValueType.SWITCH:
        buttons = [(_("开"), Pick(value="on")), (_("关"), Pick(value="off"))]
    elif parameter.type is ValueType.CHOICE and parameter.enum is not None:
        buttons = [(_(words.CHOICES[member]), Pick(value=member.value)) for member in parameter.enum]
    elif parameter.type is ValueType.TIME and parameter.optional:
        buttons = [(_("关"), Pick(value="off"))]
    buttons += [(_("默认值"), Pick(value=DEFAULT)), awaited.cancel()]
    by_button = parameter.type in {ValueType.SWITCH, ValueType.CHOICE}
    text = _("「{name}」改成什么？点一下：") if by_button else _("「{name}」改成什么？写一个，可以填：{allowed}")
    said = text.format(name=words.name(key), allowed=phrases.typed(words.allowed(key)))
    return turn.edit(said, _in_twos(buttons))


@router.callback_query(Pick.filter())
async def on_pick(_query: CallbackQuery, callback_data: Pick, turn: Turn) -> Reply:
    """The value by a button."""
    if turn.dialogue.state != VALUE:
        return _gone(turn)
    key = turn.dialogue.data["key"]
    value = PARAMETERS[key].default if callback_data.value == DEFAULT else parse(key, callback_data.value)
    return await _valued(turn, value)


@router.message(Awaiting(VALUE), TEXT)
async def on_value(message: Message, turn: Turn) -> Reply:
    """The value typed."""
    return await _valued(turn, parse(turn.dialogue.data["key"], message.text or ""))


async def _valued(turn: Turn, value: Any) -> Reply:
    kept = turn.dialogue.data
    turn.dialogue.to(DATE, **{**kept, "value": dump(kept["key"], value)})
    return await _ask_date(turn)


async def _ask_date(turn: Turn) -> Reply:
    kept = turn.dialogue.data
    text = _("「{name}」改成 <b>{value}</b>。从哪天起？点一下，或写日期，例如 12月1日：").format(
        name=words.name(kept["key"]), value=_said(kept["key"], load(kept["key"], kept["value"]))
    )
    rows: list[list[Button]] = [
        [(_("今天"), From(day="today")), (_("明天"), From(day="tomorrow"))],
        [(_("下月1日"), From(day="month")), awaited.cancel()],
    ]
    return turn.edit(text, rows)


@router.callback_query(From.filter())
async def on_from(_query: CallbackQuery, callback_data: From, turn: Turn) -> Reply:
    """From when, by a button."""
    if turn.dialogue.state != DATE:
        return _gone(turn)
    today = await _today(turn, await _changed(turn))
    days = {"today": today, "tomorrow": today + timedelta(days=1), "month": month_of(today)[1] + timedelta(days=1)}
    if callback_data.day not in days:
        raise Refusal(Code.NOT_FOUND)
    return await _dated(turn, days[callback_data.day])


@router.message(Awaiting(DATE), TEXT)
async def on_date(message: Message, turn: Turn) -> Reply:
    """From when, typed."""
    on = any_day(message.text or "", await _today(turn, await _changed(turn)))
    if on is None:
        raise Refusal(Code.DATE_UNREADABLE, LOCAL, value=(message.text or "")[:40])
    return await _dated(turn, on)


async def _dated(turn: Turn, on: date) -> Reply:
    kept = {**turn.dialogue.data, "on": on.isoformat()}
    await _foresee(turn, kept, reason="—")  # what stands against it is said before the reason is asked for
    turn.dialogue.to(REASON, **kept)
    return await _ask_reason(turn)


async def _ask_reason(turn: Turn) -> Reply:
    return turn.edit(_("为什么改？一句话，例如：山区自然村分散，县委组织部同意。"), [[awaited.cancel()]])


@router.message(Awaiting(REASON), TEXT)
async def on_reason(message: Message, turn: Turn) -> Reply:
    """The reason; then everything once more."""
    kept = turn.dialogue.data
    planned = await _foresee(turn, kept, reason=message.text or "")
    turn.dialogue.to(CONFIRM, **{**kept, "reason": planned.reason})
    return await _ask_confirm(turn)


async def _ask_confirm(turn: Turn) -> Reply:
    kept = turn.dialogue.data
    planned = await _foresee(turn, kept, reason=kept["reason"])
    text = _("请核对：\n{area} · <b>{name}</b>\n{before} → <b>{value}</b>，{since}起\n原因：{reason}").format(
        area=phrases.typed(planned.area.name),
        name=words.name(planned.key),
        before=_said(planned.key, planned.before),
        value=_said(planned.key, planned.value),
        since=_day(planned.effective_on, await _today(turn, planned.area)),
        reason=phrases.typed(planned.reason),
    )
    return turn.edit(text, [[(_("确认"), Confirm()), awaited.cancel()]])


async def _foresee(turn: Turn, kept: dict[str, Any], reason: str) -> settings.Change:
    return await settings.foresee(
        turn.session,
        by=turn.viewer,
        area_id=kept["area_id"],
        key=kept["key"],
        value=kept["value"],
        effective_on=date.fromisoformat(kept["on"]),
        reason=reason,
        now=turn.now,
    )


@router.callback_query(Confirm.filter())
async def on_confirm(_query: CallbackQuery, turn: Turn) -> Reply:
    """Written; undone as long as it is still to come."""
    if turn.dialogue.state != CONFIRM:
        return _gone(turn)
    kept = turn.dialogue.data
    setting = await settings.change(
        turn.session,
        by=turn.viewer,
        area_id=kept["area_id"],
        key=kept["key"],
        value=kept["value"],
        effective_on=date.fromisoformat(kept["on"]),
        reason=kept["reason"],
        now=turn.now,
    )
    turn.dialogue.end()
    area = await _seen(turn, setting.area_id)
    today = await _today(turn, area)
    text = _("✅ <b>已改</b> · {area} · {name}：{value}，{since}起").format(
        area=phrases.typed(area.name),
        name=words.name(setting.key),
        value=_said(setting.key, load(setting.key, setting.value)),
        since=_day(setting.effective_on, today),
    )
    row: list[Button] = [(_("撤回改动"), Undo(id=setting.id))] if setting.effective_on > today else []
    row.append((_("看这一项"), OfKey(area=area.id, do="show", key=setting.key)))
    return turn.edit(text, [row])


@router.callback_query(Undo.filter())
async def on_undo(_query: CallbackQuery, callback_data: Undo, turn: Turn) -> Reply:
    """撤回改动: as if it had never been asked for; the audit keeps both."""
    setting, area = await settings.withdraw(turn.session, by=turn.viewer, setting_id=callback_data.id, now=turn.now)
    text = _("好的，<b>已撤回</b> · {area} · {name}：{since}起的改动不生效了。").format(
        area=phrases.typed(area.name),
        name=words.name(setting.key),
        since=_day(setting.effective_on, await _today(turn, area)),
    )
    return turn.edit(text, [[(_("看这一项"), OfKey(area=area.id, do="show", key=setting.key))]])


def _gone(turn: Turn) -> Reply:
    return turn.edit(_("这一步已经过了，没有改动。发「设置」重新来。"))


async def _seen(turn: Turn, area_id: int) -> Area:
    return await stored.area_of(turn.session, turn.viewer, Action.SETTING_VIEW, area_id)


async def _changed(turn: Turn) -> Area:
    return await stored.area_of(turn.session, turn.viewer, Action.SETTING_CHANGE, turn.dialogue.data["area_id"])


async def _today(turn: Turn, area: Area) -> date:
    return (await turn.batch.local(area, turn.now)).date()


def _known(key: str) -> str:
    if key not in PARAMETERS:
        raise Refusal(Code.SETTING_UNKNOWN, LOCAL, key=key)
    return key


def _said(key: str, value: Any) -> str:
    return phrases.typed(words.value(key, value))


def _short(reason: str) -> str:
    return reason if len(reason) <= 40 else reason[:39] + "…"


def _day(on: date, today: date) -> str:
    return phrases.day(on) if on.year == today.year else on.isoformat()


def _in_twos(buttons: list[Button]) -> list[list[Button]]:
    return [buttons[start : start + 2] for start in range(0, len(buttons), 2)]


awaits(VALUE, mark("改设置，填新的值"), _ask_value)
awaits(DATE, mark("改设置，选哪天起"), _ask_date)
awaits(REASON, mark("改设置，写原因"), _ask_reason, plain=mark("就是原因"))
awaits(CONFIRM, mark("改设置，等确认"), _ask_confirm)
