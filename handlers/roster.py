"""名册 in chat: the workbook comes as a file, the differences are shown, nothing is written before 确认导入."""

from datetime import date
from pathlib import Path
from typing import Any

from aiogram import Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from actions import roster, roster_papers
from actions.roster import Plan, Verb
from documents.roster_kept import load_kept
from handlers import phrases, roster_words
from handlers.awaited import awaits, cancel, drafts
from handlers.filters import Awaiting, Word
from handlers.notice_draft import NEW
from handlers.replies import KEY_ROSTER
from handlers.roster_papers import RosterPaper
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy.authority import Action
from policy.refusals import Code, Refusal
from policy.sentences import sentence
from policy.workbook import Fault

router = Router(name="roster")

READY = "roster.ready"
"""The differences are shown; kept with it: path, approval, skip, digest."""
APPROVAL = "roster.approval"
"""The approval's number is awaited; kept with it: path, skip."""

MOST_LINES = 3
MOST_ROWS = 2_000
"""About what a county has (some 600 people, 200 villages). A larger import belongs on the command line, where nobody
waits behind it."""
LONGEST_APPROVAL = 60


class RosterDo(CallbackData, prefix="roster"):
    """go, skip, approval: of the plan whose digest begins so."""

    do: str
    digest: str


@router.message(Word(KEY_ROSTER, mark("名册"), command="roster"))
async def on_word(_message: Message, turn: Turn) -> Reply:
    """🗂名册."""
    if not turn.viewer.may(Action.ROSTER_IMPORT):
        raise Refusal(Code.NOT_ALLOWED, "三（一）", action=Action.ROSTER_IMPORT.value)
    turn.dialogue.drop(NEW)  # a workbook that comes now is no notice
    text = _("🗂 把名册（xlsx）发到这里：先列出和现有的差别，您确认了才改。\n要邀请一个人，发「邀请 姓名」。")
    buttons: list[list[Button]] = [
        [(_("空白名册"), RosterPaper(which="template")), (_("导出名册"), RosterPaper(which="export"))],
        *drafts(turn, READY, APPROVAL),
    ]
    return turn.say(text, buttons)


async def on_ready(turn: Turn, facts: dict[str, Any]) -> Reply:
    """A workbook is here (`handlers.arrivals`)."""
    if facts.get("error") == "gone":
        return turn.say(_("文件没有取到，什么都没有改。请再发一次。"))
    if "path" not in facts:
        return turn.say(_("这个文件读不了，什么都没有改。请用「名册」里的空白名册另填一份。"))
    turn.dialogue.leave()
    return await _show(turn, {"path": facts["path"], "approval": None, "skip": False})


async def _show(turn: Turn, choice: dict[str, Any], *, edit: bool = False) -> Reply:
    """Compare, and say what would change, or what is wrong."""
    answer = turn.edit if edit else turn.say
    planned = await _plan(turn, choice)
    if planned is None:
        turn.dialogue.end()
        return answer(_("文件已经不在了（保留两天），什么都没有改。请再发一次。"))
    if isinstance(planned, int):
        turn.dialogue.end()
        return answer(
            _("名册有 {rows} 行，这里最多 {most} 行，没有导入。请管理员在服务器上导入。").format(
                rows=planned, most=MOST_ROWS
            )
        )
    data = {**choice, "digest": planned.digest[:16]}
    if not planned.may_be_applied:
        await _send_bad_rows(turn, choice, planned)
        text, buttons = _wrong(planned)
    elif not planned.changes:
        turn.dialogue.end()
        return answer(_("🗂 和现有名册一样，没有要改的。"))
    else:
        text, buttons = _different(planned)
    turn.dialogue.to(READY, **data)
    return answer(text, [*buttons, [cancel()]] if len(buttons) > 1 else [[*(buttons[0] if buttons else []), cancel()]])


async def _ask_again(turn: Turn) -> Reply:
    return await _show(turn, {name: turn.dialogue.data.get(name) for name in ("path", "approval", "skip")})


awaits(READY, mark("导入名册"), _ask_again)


async def _plan(turn: Turn, choice: dict[str, Any]) -> Plan | int | None:
    """The plan; how many rows where there are too many; None where the file is gone."""
    try:
        book = load_kept(Path(choice["path"]))
    except OSError:
        return None
    if book.size > MOST_ROWS:
        return book.size
    return await roster.plan(
        turn.session,
        book,
        by=turn.viewer,
        today=await turn.today(),
        approval=choice["approval"],
        skip_bad_rows=bool(choice["skip"]),
    )


async def _send_bad_rows(turn: Turn, choice: dict[str, Any], planned: Plan) -> None:
    if len(planned.problems) > MOST_LINES:
        asked = f"{turn.chat_id}:{turn.session.info.get('inbox_id')}"
        await roster_papers.bad_rows(
            turn.session,
            by=turn.viewer,
            path=choice["path"],
            approval=choice["approval"],
            asked=asked,
            now=turn.now,
        )


def _wrong(planned: Plan) -> tuple[str, list[list[Button]]]:
    """What is wrong, and the ways on: skip the rows, or say the approval's number."""
    lines = [_("🗂 名册有 {count} 处不对，<b>没有导入</b>：").format(count=len(planned.problems))]
    lines += [roster_words.line(wrong, phrases.typed) for wrong in planned.problems[:MOST_LINES]]
    if len(planned.problems) > MOST_LINES:
        lines.append(_("……全部写在随后发来的表里，改好再发。"))
    else:
        lines.append(_("改好再发一次就行。"))
    if not planned.book.is_readable:
        return "\n".join(lines), []
    row: list[Button] = []
    digest = planned.digest[:16]
    if any(wrong.code is Fault.APPROVAL_MISSING for wrong in planned.problems):
        row.append((_("填批准文号"), RosterDo(do="approval", digest=digest)))
    row.append((_("跳过这些行"), RosterDo(do="skip", digest=digest)))
    return "\n".join(lines), [row] if len(row) == 1 else [row, []]


def _different(planned: Plan) -> tuple[str, list[list[Button]]]:
    """The differences: the changes one by one as far as they fit, the rest as numbers."""
    lines = [_("🗂 和现有名册比，要改这些：<b>还没有改</b>"), roster_words.totals(planned)]
    shown = sorted(planned.changes, key=lambda change: change.verb is Verb.ADD)[:MOST_LINES]
    lines += [roster_words.difference(change, phrases.typed) for change in shown]
    rest = [
        _("……共 {count} 处").format(count=len(planned.changes)) if len(planned.changes) > MOST_LINES else "",
        _("跳过 {count} 行").format(count=len(planned.bad_rows())) if planned.problems else "",
        _("提醒 {count} 处").format(count=len(planned.warnings)) if planned.warnings else "",
        _weak(planned),
    ]
    if any(rest):
        lines.append(" · ".join(word for word in rest if word))
    return "\n".join(lines), [[(_("确认导入"), RosterDo(do="go", digest=planned.digest[:16]))]]


def _weak(planned: Plan) -> str:
    """人数不足 2 村（石门村、东峪村）."""
    if not planned.under_strength:
        return ""
    names = phrases.names(weak.name for weak in planned.under_strength[:3])
    return _("人数不足 {count} 村（{names}）").format(count=len(planned.under_strength), names=names)


@router.callback_query(RosterDo.filter())
async def on_press(_query: CallbackQuery, callback_data: RosterDo, turn: Turn) -> Reply:
    """确认导入, 跳过这些行, 填批准文号: of the plan that is on the card, or kindly no."""
    data = turn.dialogue.data
    if turn.dialogue.state != READY or data.get("digest") != callback_data.digest:
        return turn.edit(_("这次导入已经办过，或者过了时间，没有再改。要改请把名册再发一次。"))
    choice = {name: data.get(name) for name in ("path", "approval", "skip")}
    match callback_data.do:
        case "skip":
            return await _show(turn, {**choice, "skip": True}, edit=True)
        case "approval":
            return await _ask_approval(turn, choice)
        case "go":
            return await _import(turn, choice, callback_data.digest)
    raise Refusal(Code.NOT_FOUND)


async def _import(turn: Turn, choice: dict[str, Any], digest: str) -> Reply:
    planned = await _plan(turn, choice)
    if not isinstance(planned, Plan) or planned.digest[:16] != digest or not planned.may_be_applied:
        turn.notes.append(_("名册刚被别人改过，差别和刚才不一样了，请再看一遍。"))
        return await _show(turn, choice)
    today: date = await turn.today()
    done = await roster.apply(turn.session, planned, by=turn.viewer, today=today, now=turn.now)
    if done.problems:
        asked = f"{turn.chat_id}:{turn.session.info.get('inbox_id')}"
        await roster_papers.bad_rows(
            turn.session, by=turn.viewer, path=choice["path"], approval=choice["approval"], asked=asked, now=turn.now
        )
    turn.dialogue.end()
    lines = [_("🗂 <b>已导入</b> {day} {time}").format(day=phrases.day(today), time=f"{await turn.local_now():%H:%M}")]
    lines.append(roster_words.totals(done))
    if done.problems:
        lines.append(_("跳过 {count} 行，写在随后发来的表里。").format(count=len(done.bad_rows())))
    lines.append(_("新来的人用「邀请 姓名」发链接。"))
    return turn.edit("\n".join(lines))


async def _ask_approval(turn: Turn, choice: dict[str, Any]) -> Reply:
    turn.dialogue.to(APPROVAL, **choice)
    return await _ask_number(turn)


async def _ask_number(turn: Turn) -> Reply:
    return turn.say(_("更换第一书记的批准文号是什么？例如：安组干〔2026〕7号（《意见》一（三））"), [[cancel()]])


awaits(APPROVAL, mark("填批准文号"), _ask_number)


@router.message(Awaiting(APPROVAL))
async def on_approval(message: Message, turn: Turn) -> Reply:
    """The number, as it was typed; it is kept with the audit rows."""
    if message.text is None:
        return await _ask_number(turn)
    number = sentence(message.text)
    if len(number) > LONGEST_APPROVAL:
        raise Refusal(Code.TEXT_TOO_LONG, limit=LONGEST_APPROVAL, length=len(number))
    choice = {name: turn.dialogue.data.get(name) for name in ("path", "skip")}
    return await _show(turn, {**choice, "approval": number})
