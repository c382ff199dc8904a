"""What people answer to 应急: one's own word by a press or typed, 全队平安 with its exceptions, what somebody needs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiogram import Router
from aiogram.filters import Filter
from aiogram.filters.callback_data import CallbackData
from aiogram.methods import SendMessage
from aiogram.types import CallbackQuery, Message

from actions import emergency_replies as replies
from actions.emergency_replies import Reported
from handlers import emergency_words as words
from handlers import phrases
from handlers.awaited import awaits
from handlers.emergency_cards import OwnAnswer, Taken, WholeTeam, asked_card
from handlers.filters import TEXT, Awaiting
from handlers.replies import called
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy.authority import TEAM, Action
from policy.emergency import Answer, Source, TeamLine, is_team_line, team_line
from policy.refusals import Code, Refusal
from policy.sentences import mask_numbers
from storage import emergency as queries
from storage.emergency import About
from storage.tables import Area, EmergencyAsked, EmergencyRollCall, Person, SafetyReply

router = Router(name="emergency_replies")

HELP = "emergency.help"
"""What somebody needs may follow; kept with it: the call, and since when."""
_SAID_WITHIN = timedelta(minutes=30)
"""Later a sentence is about something else."""

WHOLE = "全队平安"
_TEAM_LABEL = called(mark("全队平安"))
_IS_SAFE = re.compile(r"(?:我)?(?:很|都)?平安[\s。!！]*|(?:i\s*am|i['’]?m)?\s*safe[\s.!]*", re.IGNORECASE)
_ALL_SAFE = re.compile(
    r"(?:(?:we|they)(?:\s*are|['’]re)\s*|(?:the\s+)?(?:whole\s+)?team\s+(?:is\s+)?)?(?:all|everyone|everybody)"
    r"(?:\s+(?:is|are))?\s+safe[\s.!]*|(?:the\s+)?(?:whole\s+)?team\s+(?:is\s+)?safe[\s.!]*",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"(?:(?:我)?(?:需要帮助|求助|求救|救命)|help\s+me|(?:i\s+)?need\s+help|sos)(?:[\s，,：:。.!！]+(?P<note>.*))?",
    re.DOTALL | re.IGNORECASE,
)
_SAYS = {
    Answer.SAFE_HERE: (
        called(mark("平安·在村")),
        re.compile(r"(?:我)?(?:平安[·\s，,]*在村|在村[·\s，,]*平安)[\s。!！]*"),
    ),
    Answer.SAFE_AWAY: (
        called(mark("平安·外出")),
        re.compile(r"(?:我)?(?:平安[·\s，,]*外出|外出[·\s，,]*平安)[\s。!！]*"),
    ),
    Answer.NEEDS_HELP: (called(mark("需要帮助")), _ASKS),
}
_SOUNDS_SAFE = re.compile(
    r"(?:我们?|咱们?|大家|人|全队|全村|全员|现在|已经|已|都|均|全|很)*(?:平安|安全|没事儿?|没有事|无事|好了)[了啦的]*[\s。!！]*"
    r"|(?:(?:i\s*am|i['’]m|we\s*are|we['’]re|all|everyone|everybody|now|is|are)\s+)*(?:safe|ok|okay|fine)(?:\s+now)?[\s.!]*",
    re.IGNORECASE,
)
"""Said after 需要帮助, it may be what it looks like, or part of what is needed: it is asked (decision 24)."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What somebody typed: his own answer, or a line for the whole team; neither: he is safe, and doesn't say where."""

    answer: Answer | None = None
    note: str | None = None
    team: str | None = None


class Typed(Filter):
    """One's own answer or the team's in words, in any state, while a call runs that asks the speaker."""

    async def __call__(self, message: Message, turn: Turn) -> bool | dict[str, Any]:
        """The call as `asked`, the words as `said`."""
        if not turn.viewer.roles() & TEAM or (said := understood((message.text or "").strip())) is None:
            return False
        running = await queries.running_for(turn.session, turn.person.id)
        return {"asked": running[0], "said": said} if running else False


def understood(text: str) -> Understood | None:
    """What a text says of safety; None: nothing."""
    if text in _TEAM_LABEL or _ALL_SAFE.fullmatch(text):
        return Understood(team=WHOLE)
    if is_team_line(text):
        return Understood(team=text)
    if found := _ASKS.fullmatch(text):
        return Understood(Answer.NEEDS_HELP, (found["note"] or "").strip() or None)
    for answer, (labels, pattern) in _SAYS.items():
        if text in labels or pattern.fullmatch(text):
            return Understood(answer)
    return Understood() if _IS_SAFE.fullmatch(text) else None


@router.message(TEXT, Typed())
async def on_typed(message: Message, turn: Turn, asked: EmergencyAsked, said: Understood) -> Reply:
    """平安在村; 需要帮助 腿伤了; 全队平安，周建国外出."""
    if said.team is not None:
        return await _report(turn, asked, said.team)
    if said.answer is None:
        if turn.dialogue.state == HELP:
            return _which(turn, message.text or "")
        return await _present(turn, asked.roll_call_id)
    return await _answer(turn, asked.roll_call_id, said.answer, said.note)


@router.callback_query(OwnAnswer.filter())
async def on_press(_query: CallbackQuery, callback_data: OwnAnswer, turn: Turn) -> Reply:
    """One tap, one answer; again changes it."""
    try:
        answer = Answer(callback_data.answer)
    except ValueError:
        raise Refusal(Code.NOT_FOUND) from None
    asked = await turn.session.get(EmergencyAsked, (callback_data.id, turn.person.id))
    is_same = asked is not None and (asked.answer, asked.source) == (answer, Source.OWN)
    call = await turn.session.get(EmergencyRollCall, callback_data.id)
    if is_same and call is not None and call.closed_at is None:
        return turn.toast(words.drilled(call, _("已经记了：{answer}。").format(answer=words.answer(answer))))
    return await _answer(turn, callback_data.id, answer, None)


async def _answer(turn: Turn, roll_call_id: int, answer: Answer, note: str | None) -> Reply:
    try:
        await replies.reply(
            turn.session, by=turn.viewer, roll_call_id=roll_call_id, answer=answer, note=note, now=turn.now
        )
    except Refusal as refusal:
        if refusal.code is not Code.EMERGENCY_OVER:
            raise
        return await _over(turn, roll_call_id, refusal)
    if answer is Answer.NEEDS_HELP and not note:
        _await_need(turn, roll_call_id)
    elif turn.dialogue.state == HELP:
        turn.dialogue.end()
    return await _present(turn, roll_call_id)


def _await_need(turn: Turn, roll_call_id: int) -> None:
    if turn.dialogue.state != HELP:
        turn.dialogue.leave()
    turn.dialogue.to(HELP, id=roll_call_id, at=turn.now.isoformat())


async def _present(turn: Turn, roll_call_id: int) -> Reply:
    card = await asked_card(turn.session, turn.viewer, {"id": roll_call_id})
    if card is None:
        return None
    found = await queries.about(turn.session, turn.viewer, Action.EMERGENCY_REPLY, roll_call_id, turn.person.id)
    if found.call.closed_at is not None and found.asked.answer is Answer.NEEDS_HELP:
        return turn.edit(f"{card.text}\n{await _heard(turn, found)}", card.buttons)
    return turn.edit(card.text, card.buttons)


async def _heard(turn: Turn, found: About) -> str:
    """Who has been told after the end that he needs help."""
    on = (await turn.batch.local(found.village, turn.now)).date()
    told = await queries.hearers(turn.session, found, on)
    if not told:
        return _("现在没有人能收到。情况紧急请打 110、120，再打电话给乡镇。")
    return _("应急已经结束，还是告诉了{names}，会给您打电话。\n方便就再发一句话说明什么事，不方便不用发。").format(
        names=_names(told)
    )


async def _over(turn: Turn, roll_call_id: int, refusal: Refusal) -> Reply:
    """Too late: the card says that it is over; one in need is told whom to call."""
    if turn.dialogue.state == HELP:
        turn.dialogue.end()
    card = await asked_card(turn.session, turn.viewer, {"id": roll_call_id})
    if card is None:
        raise refusal
    return turn.edit(card.text + "\n" + _("要帮忙请直接打电话给乡镇。"))


class Fresh(Awaiting):
    """The sentence after 需要帮助; what comes much later is about something else."""

    async def __call__(self, event: Any, turn: Turn) -> bool:
        """Whether it is still that; if not, nothing is awaited any more."""
        if turn.dialogue.state != HELP:
            return False
        if turn.now - datetime.fromisoformat(turn.dialogue.data["at"]) > _SAID_WITHIN:
            turn.dialogue.end()
            return False
        return await super().__call__(event, turn)


class SaidOfHelp(CallbackData, prefix="helpsaid"):
    """就是要说的话: what was asked about is what somebody needs."""

    id: int


@router.message(TEXT, Fresh(HELP))
async def on_need(message: Message, turn: Turn) -> Reply:
    """What somebody needs, for those who have his card."""
    text = message.text or ""
    return _which(turn, text) if _SOUNDS_SAFE.fullmatch(text.strip()) else await _need(turn, text)


def _which(turn: Turn, text: str) -> Reply:
    """平安 after 需要帮助: is he safe now, or is it part of what he needs?"""
    kept = turn.dialogue.data
    turn.dialogue.to(HELP, **{**kept, "said": mask_numbers(text)})
    safe: list[Button] = [
        (words.answer(which), OwnAnswer(id=kept["id"], answer=which.value))
        for which in (Answer.SAFE_HERE, Answer.SAFE_AWAY)
    ]
    plain: Button = (_("就是要说的话"), SaidOfHelp(id=kept["id"]))
    text = _("您报了需要帮助。这句像是「平安」，按哪个记？\n{said}").format(said=phrases.typed(text[:40]))
    return turn.say(text, [safe, [plain, (_("全队平安"), WholeTeam(id=kept["id"]))]])


@router.callback_query(SaidOfHelp.filter())
async def on_said_of_help(_query: CallbackQuery, callback_data: SaidOfHelp, turn: Turn) -> Reply:
    """It was just a sentence."""
    said = turn.dialogue.data.get("said") if turn.dialogue.state == HELP else None
    if said is None or turn.dialogue.data["id"] != callback_data.id:
        return turn.edit(_("这一条已经过了，没有改动。再说一次就行。"))
    return await _need(turn, said)


async def _need(turn: Turn, note: str) -> Reply:
    roll_call_id = turn.dialogue.data["id"]
    try:
        found = await replies.add_note(turn.session, by=turn.viewer, roll_call_id=roll_call_id, note=note, now=turn.now)
    except Refusal as refusal:
        if refusal.code not in {Code.EMERGENCY_OVER, Code.NOT_FOUND}:
            raise
        return await _over(turn, roll_call_id, refusal)
    turn.dialogue.end()
    return turn.edit(words.drilled(found.call, _("已告诉乡镇和县里。电话请保持畅通。")))


class NoWords(Filter):
    """A picture, a file, a voice by somebody who needs help, while nothing else is being talked about."""

    async def __call__(self, message: Message, turn: Turn) -> bool | dict[str, Any]:
        """The call in which he needs it, as `asked`."""
        if message.text is not None or message.location is not None or turn.dialogue.state not in {None, HELP}:
            return False
        if not turn.viewer.roles() & TEAM:
            return False
        asked = await self._asked(turn)
        return {"asked": asked} if asked is not None else False

    async def _asked(self, turn: Turn) -> EmergencyAsked | None:
        if turn.dialogue.state == HELP:
            return await turn.session.get(EmergencyAsked, (turn.dialogue.data["id"], turn.person.id))
        running = await queries.running_for(turn.session, turn.person.id)
        own = (Answer.NEEDS_HELP, Source.OWN)
        return next((asked for asked in running if (asked.answer, asked.source) == own), None)


@router.message(NoWords())
async def on_no_words(message: Message, turn: Turn, asked: EmergencyAsked) -> Reply:
    """Only words are kept; those under a picture are."""
    _await_need(turn, asked.roll_call_id)
    if message.caption:
        turn.notes.append(_("图片和文件留不下，只记了下面的文字。"))
        return await _need(turn, message.caption)
    call = await turn.session.get_one(EmergencyRollCall, asked.roll_call_id)
    text = _("这里只留得下文字，图片、文件、语音没有保存。您需要帮助，乡镇和县里已经知道。还有要说的，请发一句话。")
    return turn.say(words.drilled(call, text))


awaits(HELP, mark("需要什么帮助"))


@router.callback_query(WholeTeam.filter())
async def on_team(_query: CallbackQuery, callback_data: WholeTeam, turn: Turn) -> Reply:
    """全队平安 by one tap."""
    asked = await turn.session.get(EmergencyAsked, (callback_data.id, turn.person.id))
    if asked is None:
        raise Refusal(Code.NOT_FOUND)
    said = await _report(turn, asked, WHOLE)
    card = await asked_card(turn.session, turn.viewer, {"id": callback_data.id})
    if card is None or not isinstance(said, SendMessage):  # too late: the card itself says so
        return said
    return [turn.edit(card.text, card.buttons), said]


async def _report(turn: Turn, asked: EmergencyAsked, text: str) -> Reply:
    """The whole team in a line, with its exceptions; nobody of them is told, and each may answer for himself."""
    call = await turn.session.get_one(EmergencyRollCall, asked.roll_call_id)
    village = await _village(turn, asked, team_line(text, {}, turn.person.id).village)
    if village is None:
        return turn.say(words.drilled(call, _("您不在这个村的工作队，没有记下。只能报自己的队，例如：全队平安。")))
    team = [person for _asked, person in await queries.team(turn.session, call.id, village)]
    line = team_line(text, {person.name: person.id for person in team}, turn.person.id)
    if line.unclear:
        return turn.say(words.drilled(call, _unclear(line)))
    try:
        reported = await replies.report_team(
            turn.session, by=turn.viewer, roll_call_id=call.id, village=village, but=line.but, now=turn.now
        )
    except Refusal as refusal:
        if refusal.code is not Code.EMERGENCY_OVER:
            raise
        return await _over(turn, call.id, refusal)
    if turn.dialogue.state == HELP:
        turn.dialogue.end()
    return turn.say(words.drilled(call, "\n".join(_reported(village, reported))))


async def _village(turn: Turn, asked: EmergencyAsked, named: str | None) -> Area | None:
    """The village a line is about: one's own, or of several the one that is named. None: not his."""
    if named is None:
        return await turn.session.get_one(Area, asked.village_id)
    own = turn.speaker.villages() if turn.speaker is not None else []
    return next((village for village in own if village.name == named), None)


def _unclear(line: TeamLine) -> str:
    return _("没看懂「{words}」，没有记下。这样说：全队平安，周建国外出，联系不上赵敏。").format(
        words=phrases.typed(line.unclear[:40])
    )


def _reported(village: Area, reported: Reported) -> list[str]:
    """What was recorded, and whose own word stands against it."""
    lines = [_("好的，{village}没有记平安的人。").format(village=phrases.typed(village.name))]
    if reported.safe:
        lines = [
            _("✅ {village} {n} 人<b>平安</b>（{names}），已报。有变化再说一句。").format(
                village=phrases.typed(village.name), n=len(reported.safe), names=_names(reported.safe)
            )
        ]
    said = {
        Answer.SAFE_HERE: _("{names} 平安·在村，已记。"),
        Answer.SAFE_AWAY: _("{names} 平安·外出，已记。"),
        Answer.NEEDS_HELP: _("{names} 需要帮助，已告诉乡镇和县里。"),
        Answer.UNREACHED: _("{names} 联系不上，留给乡镇打电话。"),
    }
    for answer, text in said.items():
        if people := [person for person, which in reported.but if which is answer]:
            lines.append(text.format(names=_names(people)))
    for person, answer in reported.kept[:3]:
        text = _("{name}自己回复的是{answer}，以本人为准。")
        lines.append(text.format(name=phrases.typed(person.name), answer=words.answer(answer)))
    return lines


def _names(shown: Sequence[Person]) -> str:
    names = phrases.names(person.name for person in shown[:6])
    return names if len(shown) <= 6 else _("{names}等 {n} 人").format(names=names, n=len(shown))


@router.callback_query(Taken.filter())
async def on_taken(_query: CallbackQuery, callback_data: Taken, turn: Turn) -> Reply:
    """已联系: the others see whose it is."""
    try:
        row = await replies.take_help(turn.session, by=turn.viewer, reply_id=callback_data.id, now=turn.now)
    except Refusal as refusal:
        if refusal.code is not Code.ALREADY_DECIDED:
            raise
        row = await turn.session.get_one(SafetyReply, callback_data.id)
        text = _("{name}已经联系了，没有改动。").format(name=await words.name_of(turn.session, row.taken_by_id))
    else:
        text = _("已记下是您联系的。")
    call = await turn.session.get_one(EmergencyRollCall, row.roll_call_id)
    return turn.toast(words.drilled(call, text), alert=row.taken_by_id != turn.person.id)
