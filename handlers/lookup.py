"""查: a village or a person, for staff and for a unit's liaison; cadres see their own village's team, without phones.

One's own team is names and who is in the village today: what colleagues know of each other anyway. Phones are a reason
to ask the county; what somebody's silent day was is nobody's affair but his.
"""

from collections.abc import Sequence

from aiogram import Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import lookup as actions
from handlers import own_papers, phrases, presence
from handlers.awaited import Cancel, awaits
from handlers.board_words import area as area_name
from handlers.filters import Awaiting, Line, Word
from handlers.today import Show
from handlers.turn import Button, Buttons, Reply, Turn
from locales import _, mark
from policy.authority import TEAM, Action, Role, Target, grant_for
from policy.refusals import Code, Refusal
from policy.roster import Level
from policy.sentences import mask_phone
from storage import lookup as queries
from storage import people
from storage.lookup import Found, Hit, HitKind, Hits
from storage.presence import Member, Team
from storage.presence import team as team_of
from storage.tables import Area

router = Router(name="lookup")

FIND = "find.name"
"""The name is awaited."""

MOST_SHOWN = 8


class Open(CallbackData, prefix="find"):
    """A person or a village from a list: `person`, `village`."""

    what: str
    id: int


class Phone(CallbackData, prefix="phone"):
    """看电话."""

    id: int


@router.message(Word(mark("查"), command="find"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """查 alone asks; a cadre sees the one thing there is to see."""
    return await _begin(turn)


async def _begin(turn: Turn) -> Reply:
    if not turn.viewer.may(Action.PERSON_FIND):
        return turn.say(*await _own(turn))
    return await _ask(turn)


async def _ask(turn: Turn) -> Reply:
    turn.dialogue.to(FIND)
    return turn.say(_("查哪个村、哪个人？说名字就行，几个字也可以。"), [[(_("取消"), Cancel())]])


awaits(FIND, mark("查人查村"), _ask)


@router.message(Line(mark("查"), command="find", even_in=[FIND]))
async def on_line(_message: Message, turn: Turn, rest: str) -> Reply:
    """查 石门村."""
    if not rest:
        return await _begin(turn)
    if turn.dialogue.state == FIND:
        turn.dialogue.end()
    return turn.say(*await _find(turn, rest))


@router.message(Awaiting(FIND))
async def on_name(message: Message, turn: Turn) -> Reply:
    """The name that was asked for."""
    if message.text is None:
        return turn.say(_("请打字说村名或姓名。"), [[(_("取消"), Cancel())]])
    turn.dialogue.end()
    return turn.say(*await _find(turn, message.text))


async def _find(turn: Turn, name: str) -> tuple[str, Buttons]:
    if not turn.viewer.may(Action.PERSON_FIND):
        return await _own(turn, name)
    hits = await queries.find(turn.session, turn.viewer, Action.PERSON_FIND, name, await turn.today())
    if len(hits.hits) == 1 and not hits.near:
        return await _opened(turn, hits.hits[0])
    if not hits.near and hits.hits:
        return _which(hits)
    if (own := _named(turn, name)) is not None:  # a cadre's own village beside what his other role sees
        return await _village(turn, own.id)
    return _nothing(name, hits)


async def _opened(turn: Turn, hit: Hit) -> tuple[str, Buttons]:
    if hit.kind is HitKind.PERSON:
        return await _person(turn, hit.id)
    if hit.level is Level.VILLAGE:
        return await _village(turn, hit.id)
    return _which(Hits((hit,)))


def _which(hits: Hits) -> tuple[str, Buttons]:
    shown = hits.hits[:MOST_SHOWN]
    lines = [_("找到这些，看哪一个？")] + [_told(n, hit) for n, hit in enumerate(shown, 1)]
    if hits.more or len(hits.hits) > len(shown):
        lines.append(_("还有更多，名字说全一点就能找到。"))
    return "\n".join(lines), _pairs([_button(n, hit) for n, hit in enumerate(shown, 1)])


def _nothing(name: str, hits: Hits) -> tuple[str, Buttons]:
    said = phrases.typed(name.strip()[: queries.LONGEST])
    if not hits.hits:
        return _("没有找到「{name}」。只说名字里的几个字再试，例如：查 石门。").format(name=said), []
    lines = [_("没有找到「{name}」，名字相近的有：").format(name=said)]
    lines += [_told(n, hit) for n, hit in enumerate(hits.hits, 1)]
    return "\n".join(lines), _pairs([_button(n, hit) for n, hit in enumerate(hits.hits, 1)])


def _told(n: int, hit: Hit) -> str:
    """1. 周建国 · 石门村."""
    places = phrases.names(hit.places[:3])
    name = phrases.typed(hit.name)
    return _("{n}. {name} · {places}").format(n=n, name=name, places=places) if places else f"{n}. {name}"


def _button(n: int, hit: Hit) -> Button:
    label = f"{n} {hit.name}"[:8]
    if hit.kind is HitKind.PERSON:
        return label, Open(what="person", id=hit.id)
    return label, Open(what="village", id=hit.id) if hit.level is Level.VILLAGE else Show(area=hit.id)


def _pairs(flat: list[Button]) -> list[list[Button]]:
    return [flat[at : at + 2] for at in range(0, len(flat), 2)]


@router.callback_query(Open.filter())
async def on_open(_query: CallbackQuery, callback_data: Open, turn: Turn) -> Reply:
    """One of a list."""
    if callback_data.what == "person":
        return turn.edit(*await _person(turn, callback_data.id))
    return turn.edit(*await _village(turn, callback_data.id))


async def _village(turn: Turn, area_id: int) -> tuple[str, Buttons]:
    """石门村: the team with units, masked phones, where they are today."""
    village = await queries.village(turn.session, turn.viewer, area_id)
    team = await team_of(turn.session, turn.viewer, village, turn.now)
    seen = {member.person.id for member in team.members if _sees_phone(turn, village, member)}
    lines = [await _place(turn, village)]
    if not team.members:
        lines.append(_("现在没有驻村工作队员。名册由县驻村办登记。"))
    for member in team.members:
        lines.append(_line(member, team) if member.person.id in seen else _colleague(member, team))
        lines += [f"　{line}" for line in presence.details(member, team)]
    buttons: list[Button] = [
        (_("看电话 {name}").format(name=member.person.name)[:8], Phone(id=member.person.id))
        for member in team.members
        if member.person.id in seen and member.person.phone
    ]
    return "\n".join(lines), _pairs(buttons)


def _sees_phone(turn: Turn, village: Area, member: Member) -> bool:
    target = Target(village.path, member.person.id, member.person.unit_id)
    return grant_for(turn.viewer, Action.PHONE_REVEAL, target) is not None


async def _place(turn: Turn, village: Area) -> str:
    above = [area.name for area in (await people.along(turn.session, village))[:-1]]
    return _("<b>{village}</b> · {above}").format(
        village=area_name(village.name, is_sample=village.is_sample), above=phrases.typed("".join(above[-2:]))
    )


def _line(member: Member, team: Team) -> str:
    """第一书记 王强 · 县农业农村局 · 139****1234 · 在村 08:02."""
    parts = [
        _("{role} {name}").format(role=phrases.role(member.role), name=phrases.typed(member.person.name)),
        phrases.typed(member.unit or ""),
        mask_phone(member.person.phone),
        presence.state(member, team),
    ]
    return " · ".join(part for part in parts if part)


def _colleague(member: Member, team: Team) -> str:
    """A colleague's line: no unit, no phone, and nothing made of a day that says nothing."""
    name = _("{role} {name}").format(role=phrases.role(member.role), name=phrases.typed(member.person.name))
    return name if member.is_silent else f"{name} · {presence.state(member, team)}"


async def _person(turn: Turn, person_id: int) -> tuple[str, Buttons]:
    """周建国: role and village, unit, masked phone, where he is today."""
    found = await queries.person(turn.session, turn.viewer, Action.PERSON_FIND, person_id, await turn.today())
    lines = [_("<b>{name}</b>").format(name=phrases.typed(found.person.name))]
    lines += [await _post(turn, role, area) for role, area in found.posts]
    if found.unit:
        lines.append(_("派出单位：{unit}").format(unit=phrases.typed(found.unit)))
    lines.append(_phone(found))
    buttons: list[Button] = [(_("看电话"), Phone(id=person_id))] if found.person.phone else []
    for village in dict.fromkeys(area for role, area in found.posts if role in TEAM):
        team = await team_of(turn.session, turn.viewer, village, turn.now)
        member = next((member for member in team.members if member.person.id == person_id), None)
        if member is not None and not buttons[1:]:
            half = phrases.half(team.half)
            lines.append(_("今天{half}：{state}").format(half=half, state=presence.state(member, team)))
            lines += presence.details(member, team)
        buttons.append((_("看{village}").format(village=village.name)[:8], Open(what="village", id=village.id)))
    if posted := [area for role, area in found.posts if role in TEAM]:
        buttons += own_papers.presses(turn.viewer, posted[0], found.person)
    return "\n".join(lines), _pairs(buttons)


async def _post(turn: Turn, role: Role, area: Area) -> str:
    above = [place.name for place in (await people.along(turn.session, area))[:-1]]
    where = phrases.typed("".join(above[-2:]))
    post = phrases.post(role, area.name)
    sample = _("（样例）") if area.is_sample else ""
    return _("{post}（{where}）{sample}").format(post=post, where=where, sample=sample) if where else post + sample


def _phone(found: Found) -> str:
    masked = mask_phone(found.person.phone)
    return _("电话 {phone}").format(phone=masked) if masked else _("名册里没有登记电话。")


@router.callback_query(Phone.filter())
async def on_phone(_query: CallbackQuery, callback_data: Phone, turn: Turn) -> Reply:
    """看电话: one number, in a message of its own so that it can be dialled; the look is written down."""
    try:
        found = await actions.reveal_phone(
            turn.session, by=turn.viewer, person_id=callback_data.id, on=await turn.today(), now=turn.now
        )
    except Refusal as refusal:
        if refusal.code is Code.NOT_FOUND and "person" in refusal.fields:
            return turn.toast(_("名册里没有登记电话。"), alert=True)
        raise
    return turn.say(
        _("{name} {phone}\n已记下您看过这个号码，请只用于工作。").format(
            name=phrases.typed(found.person.name), phone=phrases.typed(found.person.phone or "")
        )
    )


async def _own(turn: Turn, name: str = "") -> tuple[str, Buttons]:
    """What a cadre may look up: the team of his own village."""
    villages = _villages(turn)
    if not villages:
        return _("「查」由乡镇、县里和派出单位使用（《意见》三（一））。发「帮助」看看能做什么。"), []
    asked = "".join(name.split())
    village = _named(turn, name) or villages[0]
    text, buttons = await _village(turn, village.id)
    colleagues = await people.colleagues(turn.session, turn.viewer, village, await turn.today())
    if asked and asked not in village.name and asked not in {person.name for person, _role in colleagues}:
        refusal = _("您只能查本村的工作队（《意见》三（一）），别的请找乡镇。")
        return f"{refusal}\n{text}", buttons
    return text, buttons


def _named(turn: Turn, name: str) -> Area | None:
    """One's own village of that name, or with that in its name."""
    asked = "".join(name.split())
    return next((village for village in _villages(turn) if asked and asked in village.name), None)


def _villages(turn: Turn) -> Sequence[Area]:
    return turn.speaker.villages() if turn.speaker is not None else ()
