"""待办: everything that waits for oneself, the oldest first; card by card, or several in one go."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from aiogram import Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import todo as actions
from handlers import refusals, todo_own
from handlers import todo_words as words
from handlers.awaited import awaits, cancel
from handlers.cards import Card, card, render
from handlers.filters import Word
from handlers.paging import pairs, turning
from handlers.replies import KEY_TODO
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy.authority import Viewer
from storage import todo as queries
from storage.engine import AsyncSession
from storage.todo import Todo, TodoKind

router = Router(name="todo")

PAGE = 8
PICK = "todo.pick"
"""It is chosen what is agreed to together; kept with it: the matters (kind, id), and which of them are left out."""


class Show(CallbackData, prefix="todo"):
    """A page of the list; of one kind only, where `kind` is given."""

    page: int = 0
    kind: str = ""


class Next(CallbackData, prefix="todonext"):
    """逐件处理, 下一件, 先跳过: the matter after this place in the list (`Todo.order`); of one kind, where `only` is given."""

    at: int = 0
    id: int = 0
    kind: str = ""
    only: str = ""


class Together(CallbackData, prefix="todoall"):
    """全部同意: a second look at what of a page can be agreed to together."""

    page: int = 0
    kind: str = ""


class Tick(CallbackData, prefix="todotick"):
    """Leave one of them out, or take it in again; by its place."""

    place: int


class Agree(CallbackData, prefix="todoyes"):
    """同意 n 件."""


@router.message(Word(KEY_TODO, mark("待办"), command="todo"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """📌待办."""
    return turn.say(*await _page(turn, Show()))


@router.callback_query(Show.filter())
async def on_show(_query: CallbackQuery, callback_data: Show, turn: Turn) -> Reply:
    """Another page, another kind; from a digest the list comes anew, so that the digest stays."""
    if callback_data.page < 0:
        return turn.say(*await _page(turn, Show()))
    return turn.edit(*await _page(turn, callback_data))


def opening() -> Button:
    """[逐件处理] of a digest: opens the list."""
    return _("逐件处理"), Show(page=-1)


async def _page(turn: Turn, asked: Show) -> tuple[str, list[list[Button]]]:
    found = await queries.of_viewer(turn.session, turn.viewer, turn.now)
    own_lines, own_buttons = await todo_own.owed(turn)
    if not found and not own_lines:
        return _("现在没有要您办的。有了会发到这里，不用来找。"), []
    lines, rows = list[str](), list[list[Button]]()
    if found:
        shown, number, pages = _cut(found, asked)
        today = await turn.today()
        lines.append(_("📌 <b>待您处理 {count} 件</b>：{kinds}").format(count=len(found), kinds=words.counted(found)))
        first = number * PAGE + 1
        lines += [f"{n}. {await words.line(turn, todo, today)}" for n, todo in enumerate(shown, first)]
        at = {"page": number, "kind": asked.kind}
        rows.append([(_("逐件处理"), Next(only=asked.kind))])
        if any(todo.kind in actions.AGREED for todo in shown):
            rows[0].append((_("全部同意"), Together(**at)))
        rows += pairs(_kinds(found, asked.kind))
        rows.append(turning(number, pages, lambda page: Show(page=page, kind=asked.kind)))
    if own_lines:
        head = _("您自己的 {n} 件：") if found else _("📌 <b>您还有 {n} 件事</b>：")
        lines += [head.format(n=len(own_lines)), *(f"· {line}" for line in own_lines)]
    return "\n".join(lines), [*rows, *pairs(own_buttons)]


def _cut(found: Sequence[Todo], asked: Show) -> tuple[Sequence[Todo], int, int]:
    """What a page shows, its number, and of how many; a kind that is gone by now shows all."""
    kept = _of_kind(found, asked.kind)
    pages = -(-len(kept) // PAGE)
    number = min(max(asked.page, 0), pages - 1)
    return kept[number * PAGE : (number + 1) * PAGE], number, pages


def _of_kind(found: Sequence[Todo], kind: str) -> Sequence[Todo]:
    return [todo for todo in found if todo.kind.value == kind] or found


def _kinds(found: Sequence[Todo], chosen: str) -> list[Button]:
    """[请假 1] [核实 2], where there are several kinds; the chosen one leads back to all."""
    kinds = [kind for kind in TodoKind if any(todo.kind is kind for todo in found)]
    if len(kinds) < 2:
        return []
    return [
        (_("看全部"), Show())
        if kind.value == chosen
        else (f"{words.name(kind)} {sum(todo.kind is kind for todo in found)}", Show(kind=kind.value))
        for kind in kinds
    ]


# -- one after another ------------------------------------------------------------------------------------------------


@router.callback_query(Next.filter())
async def on_next(_query: CallbackQuery, callback_data: Next, turn: Turn) -> Reply:
    """The next matter's own card, as things stand."""
    only = callback_data.only
    found = _of_kind(await queries.of_viewer(turn.session, turn.viewer, turn.now), only)
    if not found:
        return turn.toast(_("都办完了，现在没有等您的。"))
    after = (callback_data.at, callback_data.id, callback_data.kind)
    left = [todo for todo in found if todo.order > after]
    if not left:
        text = _("这一遍看完了，还有 {n} 件没有定。").format(n=len(found))
        return turn.say(text, [[(_("再看一遍"), Next(only=only)), (_("看全部"), Show())]])
    await actions.offer(turn.session, by=turn.viewer, todo=left[0], only=only, asked=turn.asked(), now=turn.now)
    return turn.toast(_("马上发到这里，还有 {n} 件。").format(n=len(left) - 1))


@card(actions.CARD)
async def one_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """A matter's own card, with the way to the next one: 先跳过 while it waits, 下一件 once it is settled."""
    own = await render(session, viewer, payload["kind"], payload["fact"])
    at, row_id, kind = payload["after"]
    waiting = await queries.of_viewer(session, viewer, session.info["now"], [TodoKind(kind)])
    is_open = own is not None and (row_id, kind) in {(todo.id, todo.kind.value) for todo in waiting}
    following: Button = (
        _("先跳过") if is_open else _("下一件"),
        Next(at=at, id=row_id, kind=kind, only=payload.get("only", "")),
    )
    if own is None:
        return Card(_("这一件已经不用处理了。"), [[following]])
    return replace(own, buttons=[*own.buttons, [following]])


# -- several in one go ------------------------------------------------------------------------------------------------


@router.callback_query(Together.filter())
async def on_together(_query: CallbackQuery, callback_data: Together, turn: Turn) -> Reply:
    """全部同意: first what that would be, each with its days and reason."""
    found = await queries.of_viewer(turn.session, turn.viewer, turn.now)
    page = Show(page=callback_data.page, kind=callback_data.kind)
    shown = _cut(found, page)[0] if found else []
    matters = [[todo.kind.value, todo.id] for todo in shown if todo.kind in actions.AGREED]
    if not matters:
        return turn.toast(_("这一页没有可以一起同意的了。"), alert=True)
    turn.dialogue.leave()
    turn.dialogue.to(PICK, matters=matters, out=[])
    return await _second_look(turn)


async def _second_look(turn: Turn) -> Reply:
    """Each of them in full; what was settled meanwhile is left out."""
    still = await _still(turn)
    if not still:
        turn.dialogue.end()
        return turn.edit(_("这几件都已经处理过了，没有改动。"), [[(_("待办"), Show())]])
    out = set(turn.dialogue.data["out"])
    lines = [_("<b>请再看一遍</b>，点名字可以去掉或加上：")]
    flat: list[Button] = []
    for place, todo in still.items():
        sign = "⬜" if place in out else "☑"
        lines.append(f"{sign} {words.whose(todo)}\n　{await words.details(turn, todo)}")
        flat.append((f"{sign} {todo.name[:6]}", Tick(place=place)))
    count = len(still.keys() - out)
    last: list[Button] = [(_("同意 {n} 件").format(n=count), Agree())] if count else []
    return turn.edit("\n".join(lines), [*pairs(flat), [*last, cancel()]])


async def _still(turn: Turn) -> dict[int, Todo]:
    """What was chosen and still waits for the speaker, by its place."""
    waiting = {
        (todo.kind.value, todo.id): todo for todo in await queries.of_viewer(turn.session, turn.viewer, turn.now)
    }
    kept = [(kind, row_id) for kind, row_id in turn.dialogue.data["matters"]]
    return {place: waiting[key] for place, key in enumerate(kept) if key in waiting}


awaits(PICK, mark("几件一起同意"), _second_look)


@router.callback_query(Tick.filter())
async def on_tick(_query: CallbackQuery, callback_data: Tick, turn: Turn) -> Reply:
    """One of them out, or in again."""
    if turn.dialogue.state != PICK:
        return turn.edit(_gone(), [[(_("待办"), Show())]])
    data = turn.dialogue.data
    if 0 <= callback_data.place < len(data["matters"]):
        out = sorted(set(data["out"]) ^ {callback_data.place})
        turn.dialogue.to(PICK, matters=data["matters"], out=out)
    return await _second_look(turn)


def _gone() -> str:
    return _("这一步已经过了，没有改动。发「待办」看看现在还有哪些。")


@router.callback_query(Agree.filter())
async def on_agree(_query: CallbackQuery, turn: Turn) -> Reply:
    """Each by its own rules: what is refused is left undone, with the reason."""
    if turn.dialogue.state != PICK:
        return turn.edit(_gone(), [[(_("待办"), Show())]])
    out = set(turn.dialogue.data["out"])
    chosen = [todo for place, todo in (await _still(turn)).items() if place not in out]
    matters = [(todo.kind, todo.id) for todo in chosen]
    refused = await actions.agree(turn.session, by=turn.viewer, matters=matters, now=turn.now)
    turn.dialogue.end()
    done = [todo for todo, refusal in zip(chosen, refused, strict=True) if refusal is None]
    lines = [_("✅ <b>已同意 {n} 件</b>，已告诉本人。").format(n=len(done))] if done else []
    lines += [f"· {words.whose(todo)}" for todo in done]
    if len(done) < len(chosen):
        lines.append(_("<b>没有同意 {n} 件</b>：").format(n=len(chosen) - len(done)))
    for todo, refusal in zip(chosen, refused, strict=True):
        if refusal is not None:
            lines.append(_("· {what}：{why}").format(what=words.whose(todo), why=refusals.words(refusal)))
    return turn.edit("\n".join(lines) or _gone(), [[(_("待办"), Show())]])
