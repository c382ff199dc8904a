"""今天三人在岗: the team's day in one line; numbers are checked against names, and asked back where they differ."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiogram import Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import teamday
from handlers import phrases
from handlers.awaited import awaits
from handlers.cards import Card, card
from handlers.checkin import AWAY
from handlers.filters import Opening
from handlers.trip_cards import TripAct, purpose_of
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy import spoken
from policy.authority import Action, Role, Viewer
from policy.calendar import Half
from policy.checkin import Evidence, halves_proved
from policy.refusals import Code, Refusal
from policy.sentences import mask_numbers
from storage import people, proofs
from storage import teamday as queries
from storage.batch import of
from storage.engine import AsyncSession
from storage.tables import Area, CheckIn, Person
from storage.teamday import Standing

router = Router(name="teamday")

TEAM = "teamday.who"
"""Who isn't there is awaited, by presses on names."""

_LINE = re.compile(
    r"(?P<village>\S{1,20}?村)?今[天日]\s*"
    r"(?P<count>全部|全员|全队|全体|都|大家|[\d零一二两三四五六七八九十]+)\s*[个位名]?\s*(?:人|同志)?\s*[都均全]?\s*在岗"
    r"(?P<rest>.*)",
    re.DOTALL,
)
LONGEST_NOTE = 40
"""Characters of what is said of somebody who isn't there: it is said again, not kept."""
_EVERYBODY = {"全部", "全员", "全队", "全体", "都", "大家"}
_ON_TRIP = re.compile(r"^\W*(?:今天|今日|上午|下午)?\W*公出\W*(?P<purpose>.*)$", re.DOTALL)
_PRESENT = re.compile(r"^\W*(?:也|都)?在[岗村]")
_JOINS = re.compile(r"^[\s、和与及同]*$")
_ABSENT = re.compile(r"请假|公出|外出|没来|不在|没在|病|回家|离岗|休")


class Said(Opening):
    """今天…在岗, while no sentence is awaited."""

    def __init__(self) -> None:
        super().__init__(mark("今天…在岗"), button=mark("记全队在岗"), even_in={AWAY, TEAM}, asked=True)

    def opens(self, text: str) -> str | None:
        """The line itself."""
        return text if _LINE.fullmatch(text.strip()) else None

    async def __call__(self, message: Message, turn: Turn) -> bool | dict[str, Any]:
        """The parts of the line as `line`."""
        if turn.dialogue.state not in self.states:
            return False
        found = _LINE.fullmatch((message.text or "").strip())
        return {"line": found} if found is not None else False


class TeamDo(CallbackData, prefix="team"):
    """A press while it is asked who isn't there: `who` with a person's id, `ok` as it stands, `cancel`."""

    do: str
    id: int = 0


class Signed(CallbackData, prefix="signed"):
    """不对，我不在村, with the check-in's id."""

    id: int


@dataclass(slots=True)
class Line:
    """What a line says, as far as it is understood. `count` None: everybody."""

    count: int | None
    away: dict[int, str] = field(default_factory=dict)
    """Who isn't there, with what was said of him."""
    trips: dict[int, str] = field(default_factory=dict)
    """Who is on a trip, with its purpose."""
    unclear: str = ""


@router.message(Said())
async def on_line(_message: Message, turn: Turn, line: re.Match[str]) -> Reply:
    """The team's day by its first secretary."""
    led = _led(turn)
    if not led:
        return turn.say(_("「今天…在岗」由第一书记说。同事没法签到，发：代签 姓名 原因。"))
    if line["village"]:
        led = [village for village in led if line["village"] in {village.name, village.name.removesuffix("村")}]
    if len(led) != 1:
        return turn.say(_("说的是哪个村？把村名说在前面，例如：石门村今天三人在岗。"))
    village = led[0]
    team = await people.colleagues(turn.session, turn.viewer, village, await turn.today())
    said = understood(line, [person for person, _role in team])
    if not said.unclear and _fits(said, len(team), await _standing(turn, village, team)):
        return await _settle(turn, village, said)
    return _ask(turn, village, [person for person, _role in team], said)


def understood(line: re.Match[str], team: Sequence[Person]) -> Line:
    """A line's number and exceptions; names joined by 、 or 和 share what follows them."""
    count = None if line["count"] in _EVERYBODY else spoken.number(line["count"])
    said = Line(count)
    names = sorted({person.name: person.id for person in team}.items(), key=lambda pair: -len(pair[0]))
    parts = re.split("|".join(f"({re.escape(name)})" for name, _id in names), line["rest"])
    found = [part for part in parts if part is not None]
    ids = dict(names)
    named = [n for n, part in enumerate(found) if part in ids]
    lead = found[: named[0]] if named else found
    if count is None and line["count"] not in _EVERYBODY:  # no number that is one: that is not everybody
        said.unclear = line["count"]
    elif _ABSENT.search(" ".join(lead)):
        said.unclear = " ".join(lead).strip(" ，,。；;")
    waiting: list[int] = []
    for n in named:
        waiting.append(ids[found[n]])
        after = found[n + 1] if n + 1 < len(found) and found[n + 1] not in ids else ""
        if n != named[-1] and _JOINS.match(after):
            continue
        trip = _ON_TRIP.match(after)
        for person_id in waiting:
            if trip is not None:
                said.trips[person_id] = re.split(r"[，,；;。]", trip["purpose"])[0].strip() or "公出"
            elif not _PRESENT.match(after):
                note = re.split(r"[，,；;。]", after.strip(" ，,、：:"))[0].strip()
                said.away[person_id] = mask_numbers(note)[:LONGEST_NOTE]
        waiting = []
    return said


async def _standing(turn: Turn, village: Area, team: Iterable[tuple[Person, Role]]) -> dict[int, Standing]:
    local = await turn.batch.local(village, turn.now)
    halves = halves_proved(local, await turn.batch.profile(village, local.date()))
    ids = [person.id for person, _role in team]
    return await queries.standings_in(turn.session, turn.viewer, village, ids, local.date(), halves)


def _fits(said: Line, size: int, standing: Mapping[int, Standing]) -> bool:
    """Whether the number agrees with the names: trips are counted as on duty by some and not by others, and who is
    known to be away may have been thought of or not.
    """
    if said.count is None:
        return True
    known_trips = {person_id for person_id, stands in standing.items() if stands is Standing.TRIP}
    known = {person_id for person_id, stands in standing.items() if stands in {Standing.LEAVE, Standing.OBJECTED}}
    away, trips = set(said.away), set(said.trips)
    counts = {len(away), len(away | trips), len(away | (known - trips)), len(away | trips | known | known_trips)}
    return said.count in {size - n for n in counts}


def _ask(turn: Turn, village: Area, team: Sequence[Person], said: Line, *, again: bool = False) -> Reply:
    turn.dialogue.to(
        TEAM,
        village_id=village.id,
        count=said.count,
        away={str(person_id): note for person_id, note in said.away.items()},
        trips={str(person_id): purpose for person_id, purpose in said.trips.items()},
    )
    absent = [person.name for person in team if person.id in {*said.away, *said.trips}]
    lines = []
    if said.unclear:
        lines.append(_("没看懂「{words}」。").format(words=phrases.typed(said.unclear[:40])))
    if said.count is not None:
        lines.append(
            _("{village}工作队 {size} 人，您说 {count} 人在岗。").format(
                village=phrases.typed(village.name), size=len(team), count=said.count
            )
        )
    if absent:
        lines.append(_("不在的：{names}").format(names=phrases.names(absent)))
    lines.append(_("哪位不在？点一下名字。"))
    buttons: list[Button] = []
    for person in team:
        ticked = person.id in {*said.away, *said.trips}
        buttons.append((f"{person.name[:6]} ✓" if ticked else person.name[:8], TeamDo(do="who", id=person.id)))
    rows = [buttons[n : n + 2] for n in range(0, len(buttons), 2)]
    rows.append([(_("就这样") if absent else _("都在岗"), TeamDo(do="ok")), (_("取消"), TeamDo(do="cancel"))])
    text = "\n".join(lines)
    return turn.edit(text, rows) if again else turn.say(text, rows)


@router.callback_query(TeamDo.filter())
async def on_who(_query: CallbackQuery, callback_data: TeamDo, turn: Turn) -> Reply:
    """Names come and go until the number agrees."""
    if turn.dialogue.state != TEAM:
        return turn.edit(_("这张卡片已经过了。再说一句就行，例如：今天三人在岗。"))
    if callback_data.do == "cancel":
        turn.dialogue.end()
        return turn.edit(_("好的，没有改动。"))
    kept = turn.dialogue.data
    village = next((village for village in _led(turn) if village.id == kept["village_id"]), None)
    if village is None:
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.CHECKIN_TEAM.value)
    team = [person for person, _role in await people.colleagues(turn.session, turn.viewer, village, await turn.today())]
    said = Line(
        kept["count"],
        {int(person_id): note for person_id, note in kept["away"].items()},
        {int(person_id): purpose for person_id, purpose in kept["trips"].items()},
    )
    if callback_data.do == "ok":
        return await _settle(turn, village, said)
    if callback_data.id not in {person.id for person in team}:
        return turn.toast(_("这位不在工作队里了，没有改动。"))
    if said.trips.pop(callback_data.id, None) is None and said.away.pop(callback_data.id, None) is None:
        said.away[callback_data.id] = ""
    absent = len({*said.away, *said.trips})
    if said.count is not None and said.count in {len(team) - absent, len(team) - len(said.away)}:
        return await _settle(turn, village, said)
    return _ask(turn, village, team, said, again=True)


async def _settle(turn: Turn, village: Area, said: Line) -> Reply:
    settled = await teamday.settle(
        turn.session, by=turn.viewer, village=village, away=said.away.keys(), on_trips=said.trips, now=turn.now
    )
    if turn.dialogue.state == TEAM:
        turn.dialogue.end()
    team = {
        person.id: person
        for person, _role in await people.colleagues(turn.session, turn.viewer, village, await turn.today())
    }
    place = phrases.typed(village.name)
    lines = [_("好的，{village}今天没有记在岗的人。").format(village=place)]
    if settled.on_duty:
        lines = [
            _("✅ {village} {n} 人今天<b>在岗</b>（{names}）。有变化再说一句。").format(
                village=place, n=len(settled.on_duty), names=phrases.names(person.name for person in settled.on_duty)
            )
        ]
    buttons: list[Button] = []
    for trip in settled.trips:
        name = team[trip.person_id].name
        lines.append(_("{name}公出：{purpose}。").format(name=phrases.typed(name), purpose=purpose_of(trip)))
        buttons.append((_("取消{name}公出").format(name=name[:4]), TripAct(do="cancel", id=trip.id)))
    for person_id, note in said.away.items():
        name = phrases.typed(team[person_id].name)
        if team[person_id] in settled.proved:
            lines.append(_("{name}今天已有签到，照旧；不对请和本人核对。").format(name=name))
            continue
        took_back = team[person_id] in settled.took_back
        words = _("{name}不记在岗了（{note}）。") if took_back else _("{name}没有记在岗（{note}）。")
        if not note:
            words = _("{name}不记在岗了。") if took_back else _("{name}没有记在岗。")
        lines.append(words.format(name=name, note=phrases.typed(note)))
    lines += left_out(settled.away)
    return turn.edit("\n".join(lines[:6]), [buttons[n : n + 2] for n in range(0, len(buttons), 2)])


def left_out(standing: Iterable[tuple[Person, Standing]]) -> list[str]:
    """One line on each who was left as he stood, and why."""
    words = {
        Standing.TRIP: _("{name}今天公出，照旧。"),
        Standing.LEAVE: _("{name}今天请假，照旧。"),
        Standing.PROVED: _("{name}今天已签到，不用再记。"),
        Standing.OBJECTED: _("{name}自己说不在村，没有记。"),
        Standing.OPEN: _("{name}没有记在岗。"),
    }
    return [words[stands].format(name=phrases.typed(person.name)) for person, stands in standing]


@router.callback_query(Signed.filter())
async def on_objection(_query: CallbackQuery, callback_data: Signed, turn: Turn) -> Reply:
    """不对，我不在村: the mark goes, the first secretary hears."""
    await teamday.object_to(turn.session, by=turn.viewer, check_in_id=callback_data.id, now=turn.now)
    shown = await _signed(turn.session, turn.viewer, callback_data.id)
    return turn.edit(shown.text, shown.buttons)


@card("signed_for")
async def signed_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """Somebody else has recorded that one is on duty: said quietly, and it can be denied."""
    return await _signed(session, viewer, payload["id"])


async def _signed(session: AsyncSession, viewer: Viewer, check_in_id: int) -> Card:
    row, village, _role = await queries.get(session, viewer, Action.CHECKIN_OBJECT, check_in_id)
    recorder = await session.get(Person, row.recorded_by_id)
    name = phrases.typed(recorder.name) if recorder is not None else ""
    day = phrases.day(row.on)
    if row.objected_at is not None:
        text = _("好的，{day}不记您在岗，暂记<b>待核实</b>，不算缺岗。\n公出请点「记公出」；回村后点「📍签到」就行。")
        return Card(text.format(day=day), [[(_("记公出"), TripAct(do="new"))]])
    if row.withdrawn_at is not None:
        if await proofs.halves_of(session, village, row):
            day += phrases.half(Half.PM)  # the morning stays as it was recorded
        return Card(_("{name}已更正：{day}不再记您在岗。回村后点「📍签到」就行。").format(name=name, day=day))
    local = await of(session).local(village, row.at)
    text = _said_by(row).format(
        name=name,
        day=day,
        village=phrases.typed(village.name),
        time=local.strftime("%H:%M"),
        reason=phrases.typed(row.words or ""),
    )
    return Card(text, [[(_("不对，我不在村"), Signed(id=row.id))]])


def _said_by(row: CheckIn) -> str:
    if row.evidence is Evidence.PROXY and row.words:
        return _("{name}代记您{day}<b>在岗</b>：{village} {time}，{reason}。")
    if row.evidence is Evidence.PROXY:
        return _("{name}代记您{day}<b>在岗</b>：{village} {time}。")
    if row.evidence is Evidence.LIST:
        return _("{name}按名单记您{day}<b>在岗</b>：{village} {time}。")
    return _("{name}记您{day}<b>在岗</b>：{village} {time}，不用再签到。")


@card("checkin_objected")
async def objected_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card | None:
    """To the first secretary and to who recorded it."""
    row, village, _role = await queries.get(session, viewer, Action.CHECKIN_PROXY, payload["id"])
    if row.objected_at is None:
        return None
    person = await session.get_one(Person, row.person_id)
    return Card(
        _("{name}说{day}不在村，已改为<b>待核实</b>（{village}）。").format(
            name=phrases.typed(person.name), day=phrases.day(row.on), village=phrases.typed(village.name)
        )
    )


def _led(turn: Turn) -> list[Area]:
    """The villages whose first secretary the speaker is, or stands in for (交接)."""
    villages = turn.speaker.villages() if turn.speaker is not None else []
    led = {grant.area_id for grant in turn.viewer.holds({Role.FIRST_SECRETARY})}
    return [village for village in dict.fromkeys(villages) if village.id in led]


awaits(TEAM, mark("全队今天在岗"))
