"""报数, asked: title, fields, basis, until when; shown as everybody will see it, then 发送."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from aiogram import F, Router
from aiogram.types import CallbackQuery, Message

from actions import figures as actions
from handlers import awaited, phrases
from handlers import figure_words as words
from handlers.figure_due import Compose, due_example, due_rows, due_said, soon
from handlers.filters import TEXT, Awaiting
from handlers.paging import pairs, turning
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy import figure_lines
from policy import figures as rules
from policy.audience import Audience
from policy.authority import Action
from policy.figures import Each, Field
from policy.profile import BURDEN_LETTER
from policy.reaching import needs_second
from policy.refusals import Code, Refusal
from storage import figure_asking, figures
from storage.tables import Area

router = Router(name="figure_compose")

AREA, TITLE, FIELDS, BASIS, DUE, PREVIEW = (
    f"figures.new.{step}" for step in ("area", "title", "fields", "basis", "due", "preview")
)
STATES = (AREA, TITLE, FIELDS, BASIS, DUE, PREVIEW)
PAGE = 8

# -- step by step -----------------------------------------------------------------------------------------------------


async def begin(turn: Turn, text: str = "") -> Reply:
    """A new request; `text` may hold its title, or all of it, a line each."""
    areas = await _areas(turn)
    if not areas:
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.FIGURES_SEND.value)
    draft: dict[str, Any] = {"each": Each.TEAM.value, "within": [], "fields": []}
    if len(areas) == 1:
        draft["area"] = areas[0].id
    return await take_up(turn, draft, text)


async def take_up(turn: Turn, draft: dict[str, Any], text: str = "") -> Reply:
    """Go on with what there is of a request; `text` may hold its title, or all of it."""
    if turn.dialogue.state is not None:
        turn.dialogue.leave()
    turn.dialogue.to(TITLE, **draft)
    if text:
        await _take(turn, text, is_titled=True)
    return await _next(turn)


async def _areas(turn: Turn) -> list[Area]:
    """The areas one may ask in."""
    paths = turn.viewer.paths(Action.FIGURES_SEND)
    posts = turn.speaker.posts if turn.speaker is not None else ()
    return list({post.area.id: post.area for post in posts if post.area.path in paths}.values())


@router.callback_query(Compose.filter(F.do == "new"))
async def on_new(_query: CallbackQuery, turn: Turn) -> Reply:
    """新报数."""
    return await begin(turn)


async def _take(turn: Turn, text: str, *, is_titled: bool) -> None:
    """Take in what was typed: a title, fields, basis and due time, whatever of it is there."""
    draft = turn.dialogue.data
    area = await turn.session.get(Area, draft.get("area", 0))
    local = await turn.batch.local(area, turn.now) if area is not None else await turn.local_now()
    block = figure_lines.block(text, local, is_titled=is_titled)
    if is_titled:
        draft["title"] = rules.check_heading(block.title)
    if block.fields:
        found = [*map(Field.load, draft["fields"]), *block.fields]
        rules.check_fields(found)
        draft["fields"] = [field.dump() for field in found]
    if block.basis is not None:
        draft["basis"] = rules.check_basis(block.basis)
    if block.due is not None:
        draft["due"] = block.due.astimezone(UTC).isoformat()
    turn.dialogue.to(turn.dialogue.state or TITLE, **draft)


async def _next(turn: Turn) -> Reply:
    """Ask for what is missing; where nothing is, the preview."""
    draft = turn.dialogue.data
    if "area" not in draft:
        return await _ask_area(turn)
    if "title" not in draft:
        return _ask(turn, TITLE)
    if not draft["fields"] or "basis" not in draft:
        return _ask(turn, BASIS if draft["fields"] else FIELDS)
    if "due" not in draft:
        return await _ask_due(turn)
    return await _preview(turn)


def _ask(turn: Turn, state: str) -> Reply:
    turn.dialogue.to(state, **turn.dialogue.data)
    questions = {
        TITLE: _("报什么？一个短标题，例如：防汛受灾情况。\n能从系统查到的不用要。"),
        FIELDS: _(
            "要报哪些数？一行一项，系统知道的（在村人数这些）会先填好。例如：\n"
            "受灾户数 户\n危房 处 0-50\n是否停电 是/否\n备注 文字\n在村人数"
        ),
        BASIS: _("依据哪个文件或通知？一句话，例如：县防指通知第 3 号（{letter}：要数据须有依据）").format(
            letter=BURDEN_LETTER
        ),
    }
    return turn.edit(questions[state], [[awaited.cancel()]])


async def _ask_area(turn: Turn) -> Reply:
    turn.dialogue.to(AREA, **turn.dialogue.data)
    flat: list[Button] = [(area.name[:8], Compose(do="area", v=area.id)) for area in await _areas(turn)]
    return turn.edit(_("在哪里要数？"), [*pairs(flat), [awaited.cancel()]])


@router.callback_query(Compose.filter(F.do == "area"))
async def on_area(_query: CallbackQuery, callback_data: Compose, turn: Turn) -> Reply:
    """One of several areas of one's own."""
    if turn.dialogue.state != AREA:
        return _stale(turn)
    if callback_data.v not in {area.id for area in await _areas(turn)}:
        raise Refusal(Code.NOT_FOUND)
    turn.dialogue.to(AREA, **{**turn.dialogue.data, "area": callback_data.v})
    return await _next(turn)


@router.message(Awaiting(TITLE), TEXT)
async def on_title(message: Message, turn: Turn) -> Reply:
    """The title, or the whole request in one message."""
    await _take(turn, message.text or "", is_titled=True)
    return await _next(turn)


@router.message(Awaiting(FIELDS), TEXT)
async def on_fields(message: Message, turn: Turn) -> Reply:
    """Fields, one a line, in one message or several."""
    await _take(turn, message.text or "", is_titled=False)
    return _show_fields(turn)


def _show_fields(turn: Turn) -> Reply:
    """What has been understood, before it goes on."""
    draft = turn.dialogue.data
    turn.dialogue.to(FIELDS, **draft)
    fields = list(map(Field.load, draft["fields"]))
    lines = [_("记下 {count} 项，接着发可以再加：").format(count=len(fields))]
    lines += [_("{n}. {label}").format(n=n, label=words.label(field)) for n, field in enumerate(fields, 1)]
    buttons: list[Button] = [(_("下一步"), Compose(do="next")), (_("重写"), Compose(do="fields"))]
    return turn.edit("\n".join(lines), [buttons if fields else buttons[1:], [awaited.cancel()]])


@router.callback_query(Compose.filter(F.do == "next"))
async def on_next(_query: CallbackQuery, turn: Turn) -> Reply:
    """The fields are right."""
    return await _next(turn) if turn.dialogue.state == FIELDS else _stale(turn)


@router.message(Awaiting(BASIS), TEXT)
async def on_basis(message: Message, turn: Turn) -> Reply:
    """On what it rests."""
    basis = rules.check_basis(message.text)
    turn.dialogue.to(BASIS, **{**turn.dialogue.data, "basis": basis})
    return await _next(turn)


# -- until when -------------------------------------------------------------------------------------------------------


async def _ask_due(turn: Turn) -> Reply:
    turn.dialogue.to(DUE, **turn.dialogue.data)
    area = await _area(turn)
    earliest = await figure_asking.goes_out(turn.session, area, turn.now)
    text = _("什么时候报完？点一个，或说一句，例如：{example}").format(example=due_example(earliest))
    return turn.edit(text, due_rows(earliest, "due", await _local(turn)))


@router.message(Awaiting(DUE), TEXT)
async def on_due(message: Message, turn: Turn) -> Reply:
    """Until when, typed."""
    return await _due(turn, due_said(message.text or "", await _local(turn)))


@router.callback_query(Compose.filter(F.do == "due"))
async def on_due_press(_query: CallbackQuery, callback_data: Compose, turn: Turn) -> Reply:
    """Until when, by one tap."""
    if turn.dialogue.state != DUE:
        return _stale(turn)
    return await _due(turn, soon(callback_data.v, await _local(turn)))


async def _due(turn: Turn, moment: datetime) -> Reply:
    rules.check_due(moment, goes_out=await figure_asking.goes_out(turn.session, await _area(turn), turn.now))
    turn.dialogue.to(DUE, **{**turn.dialogue.data, "due": moment.astimezone(UTC).isoformat()})
    return await _next(turn)


async def _area(turn: Turn) -> Area:
    return await turn.session.get_one(Area, turn.dialogue.data["area"])


async def _local(turn: Turn) -> datetime:
    return await turn.batch.local(await _area(turn), turn.now)


# -- the preview ------------------------------------------------------------------------------------------------------


async def _preview(turn: Turn) -> Reply:
    """The card exactly as it will be seen, how many get it, and when."""
    draft = turn.dialogue.data
    turn.dialogue.to(PREVIEW, **draft)
    area, each = await _area(turn), Each(draft["each"])
    local = await _local(turn)
    until = words.due((await turn.batch.local(area, datetime.fromisoformat(draft["due"]))), local)
    card = words.ask(draft["title"], area.name, list(map(Field.load, draft["fields"])), draft["basis"], until, each)
    audience = Audience(tuple(draft["within"]) or (area.id,))
    facts = (turn.session, turn.viewer, Action.FIGURES_SEND, audience, each, local.date())
    asked, people = await figure_asking.size(*facts), await figure_asking.recipients(*facts)
    names = [(await turn.session.get_one(Area, area_id)).name for area_id in audience.area_ids]
    whom = words.whom(each, asked, names)
    lines = [_("📣 预览（与收到的一样）"), phrases.LINE, card, phrases.LINE, whom]
    profile = await turn.batch.profile(area, local.date())
    second = needs_second(people, profile)
    if second:
        said = _("有 {size} 人会收到，超过 {limit} 人，要第二个人复核。")
        lines.append(said.format(size=people, limit=profile.second_admin_above))
    earliest = await figure_asking.goes_out(turn.session, area, turn.now)
    if earliest != local:
        lines.append(
            _("现在是休息时间，{when}送到。").format(when=words.moment(earliest)),
        )
    send = _("提交复核") if second else _("发送")
    first: list[Button] = [(send, Compose(do="send")), (_("修改"), Compose(do="edit"))]
    return turn.edit("\n".join(lines), [first, [awaited.cancel()]])


@router.callback_query(Compose.filter(F.do == "send"))
async def on_send(_query: CallbackQuery, turn: Turn) -> Reply:
    """发送, 提交复核: it goes out, or is put to a second person; the progress comes as a card of its own."""
    if turn.dialogue.state != PREVIEW:
        return _stale(turn)
    draft = turn.dialogue.data
    request = await actions.send(
        turn.session,
        by=turn.viewer,
        area_id=draft["area"],
        within=draft["within"],
        each=Each(draft["each"]),
        title=draft["title"],
        basis=draft["basis"],
        fields=list(map(Field.load, draft["fields"])),
        due_at=datetime.fromisoformat(draft["due"]),
        now=turn.now,
    )
    turn.dialogue.end(*STATES)
    said = (
        _("📊 <b>已提交复核</b>：{title}。进度另发一条，会自己更新。")
        if figures.awaits_word(request)
        else _("📊 <b>已发出</b>：{title}。进度另发一条，会自己更新。")
    )
    names = [area.name for area in await figures.chosen(turn.session, request)]
    return turn.edit(said.format(title=words.titled(request.title, names)))


@router.callback_query(Compose.filter(F.do == "edit"))
async def on_edit(_query: CallbackQuery, turn: Turn) -> Reply:
    """修改: which part?"""
    if turn.dialogue.state not in {PREVIEW, TITLE, FIELDS, BASIS, DUE}:
        return _stale(turn)
    each = Each(turn.dialogue.data["each"])
    flat: list[Button] = [
        (_("标题"), Compose(do="title")),
        (_("各项"), Compose(do="fields")),
        (_("依据"), Compose(do="basis")),
        (_("截止时间"), Compose(do="until")),
        (_("范围"), Compose(do="within")),
        (_("改为每人报") if each is Each.TEAM else _("改为每队报"), Compose(do="each")),
    ]
    turn.dialogue.to(PREVIEW, **turn.dialogue.data)
    return turn.edit(_("改哪里？"), [*pairs(flat), [(_("返回"), Compose(do="back")), awaited.cancel()]])


_STEP_OF = {"title": (TITLE, "title"), "basis": (BASIS, "basis"), "until": (DUE, "due"), "fields": (FIELDS, "fields")}


@router.callback_query(Compose.filter(F.do.in_(set(_STEP_OF))))
async def on_redo(_query: CallbackQuery, callback_data: Compose, turn: Turn) -> Reply:
    """One part anew; the others stay."""
    if turn.dialogue.state not in {PREVIEW, FIELDS}:
        return _stale(turn)
    state, key = _STEP_OF[callback_data.do]
    draft = {name: value for name, value in turn.dialogue.data.items() if name != key}
    if key == "fields":
        draft["fields"] = []
    turn.dialogue.to(state, **draft)
    return await _ask_due(turn) if state == DUE else _ask(turn, state)


@router.callback_query(Compose.filter(F.do == "each"))
async def on_each(_query: CallbackQuery, turn: Turn) -> Reply:
    """Each team, or each person."""
    if turn.dialogue.state != PREVIEW:
        return _stale(turn)
    other = Each.PERSON if Each(turn.dialogue.data["each"]) is Each.TEAM else Each.TEAM
    turn.dialogue.to(PREVIEW, **{**turn.dialogue.data, "each": other.value})
    return await _preview(turn)


@router.callback_query(Compose.filter(F.do == "back"))
async def on_back(_query: CallbackQuery, turn: Turn) -> Reply:
    """Back to the preview."""
    return await _preview(turn) if turn.dialogue.state == PREVIEW else _stale(turn)


@router.callback_query(Compose.filter(F.do.in_({"within", "toggle"})))
async def on_within(_query: CallbackQuery, callback_data: Compose, turn: Turn) -> Reply:
    """Some of the areas below: tapped on and off; none chosen is all of it."""
    if turn.dialogue.state != PREVIEW:
        return _stale(turn)
    area = await _area(turn)
    below = await figure_asking.below(turn.session, turn.viewer, Action.FIGURES_SEND, area)
    draft = turn.dialogue.data
    if callback_data.do == "toggle":
        if callback_data.v not in {each.id for each in below}:
            raise Refusal(Code.NOT_FOUND)
        draft["within"] = sorted(set(draft["within"]) ^ {callback_data.v})
        turn.dialogue.to(PREVIEW, **draft)
    return _within(turn, area, below, callback_data.page)


def _within(turn: Turn, area: Area, below: Sequence[Area], page: int) -> Reply:
    chosen = set(turn.dialogue.data["within"])
    pages = max(1, -(-len(below) // PAGE))
    page = min(max(page, 0), pages - 1)
    flat: list[Button] = [
        (f"{each.name[:6]} ✓" if each.id in chosen else each.name[:8], Compose(do="toggle", v=each.id, page=page))
        for each in below[page * PAGE : (page + 1) * PAGE]
    ]
    text = _("问哪些地方？点一下选上，再点一下去掉；一个都不选就是全{area}。").format(area=phrases.typed(area.name))
    return turn.edit(
        text,
        [
            *pairs(flat),
            turning(page, pages, lambda to: Compose(do="within", page=to)),
            [(_("好了"), Compose(do="back")), awaited.cancel()],
        ],
    )


# -- taken up again ---------------------------------------------------------------------------------------------------


async def _again(turn: Turn) -> Reply:
    """A draft that was left is asked on from where it stood."""
    return await _next(turn)


@router.callback_query(Compose.filter())
async def on_old(_query: CallbackQuery, turn: Turn) -> Reply:
    """A button of no step."""
    return _stale(turn)


def _stale(turn: Turn) -> Reply:
    return turn.edit(_("这一步已经过了。发「报数」可以接着办。"))


for _state in STATES:
    awaited.awaits(_state, mark("新报数"), _again)
