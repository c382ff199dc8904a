"""帮助, 取消, words of what is not open yet, and the last resort: one kind line with the nearest thing to do."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from aiogram import F, Router
from aiogram.filters import Filter
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from handlers import awaited, menu
from handlers.awaited import Cancel, Resume
from handlers.filters import CANCEL, Line, Word
from handlers.replies import (
    KEY_CHECKIN,
    KEY_EXPORT,
    KEY_HELP,
    KEY_LEAVE,
    KEY_MINE,
    KEY_NOTICE,
    KEY_REPORT,
    KEY_ROSTER,
    KEY_SETTINGS,
    KEY_TODAY,
    KEY_TODO,
    KEY_VISIT,
    bare,
    keys,
)
from handlers.turn import Reply, Turn
from locales import _, language, mark
from policy.authority import Action

router = Router(name="help")


LINES: Sequence[Sequence[tuple[str, Action]]] = (
    (
        (mark("「📍签到」：到村后点一下；不能定位就发「签到 在哪里」。"), Action.CHECKIN_RECORD),
        (mark("「👤我的」：本月一览，「补签 昨天 原因」也行。「待办」：还有什么没办。"), Action.CHECKIN_RECORD),
    ),
    (
        (mark("「公出 明天 到县里开会」：报了就算。"), Action.TRIP_REPORT),
        (mark("「临时外出 去镇里 11点回」：不用请假。"), Action.OUTING_REPORT),
        (mark("「请假 明天1天 看病 回石家庄」：先看清谁批；回村签到就销假。"), Action.LEAVE_REQUEST),
    ),
    (
        (mark("「今天三人在岗」记全队。"), Action.CHECKIN_TEAM),
        (mark("「代签 姓名 原因」：同事没法签时。"), Action.TEAM_VIEW),
        (mark("「代请假 姓名 病假 今天起」：他自己请不了时。"), Action.LEAVE_REQUEST_FOR),
        (mark("「查」：本村谁在村。"), Action.TEAM_VIEW),
        (mark("「值班」：节假日、防汛谁值班。"), Action.DUTY_VIEW),
        (mark("「🏠走访」：一句话记一户，例如：走访 3组陈淑兰 屋顶漏雨。"), Action.VISIT_RECORD),
        (mark("「农户 陈淑兰」：找一户，csl 也行；改、注销。"), Action.VISIT_RECORD),
    ),
    (
        (mark("「我的通知」：还没看的；看过点「已阅」，要答复点「回复」。"), Action.CHECKIN_RECORD),
        (mark("「报数」：要的数全队报一次。"), Action.FIGURES_REPLY),
    ),
    (
        (mark("「📌待办」：等您定的，从最早的办起。"), Action.CORRECTION_DECIDE),
        (mark("「📋今日在岗」：今天谁在村。"), Action.BOARD_VIEW),
        (mark("「查 村名或姓名」：看一个村、一个人。"), Action.PERSON_FIND),
        (mark("「代签 石门村 周建国 赵敏」：按名单记在岗，换成村名和姓名。"), Action.CHECKIN_LIST),
    ),
    (
        (mark("「📣通知」：发通知，看谁已阅。"), Action.NOTICE_SUBMIT),
        (mark("「报数」：向各队要数。"), Action.FIGURES_VIEW),
        (mark("「应急」：问大家是否平安。"), Action.EMERGENCY_PROPOSE),
    ),
    (
        (mark("「📤导出」：考勤统计表、在岗通报、请假审批表。"), Action.ATTENDANCE_EXPORT),
        (mark("「月结」：一个月核对好就锁定。"), Action.MONTH_LOCK),
        (mark("「🗂名册」：导入、导出。"), Action.ROSTER_IMPORT),
        (mark("「邀请 姓名」：发链接。"), Action.INVITATION_CREATE),
    ),
    (
        (mark("「代理 李四 明天起3天」：您不在时由他定。"), Action.STANDIN_SET),
        (mark("「⚙️设置」「年历」：本县的规定和放假安排。"), Action.SETTING_VIEW),
        (mark("「全员在岗 12-1到12-5 防汛」：这些天不批假。"), Action.LEAVE_CLOSE),
    ),
)
"""What 帮助 says, a line each, by the action without which a sentence makes no sense."""

LONGEST = 6


class More(CallbackData, prefix="help"):
    """[更多]: the page after the first."""

    page: int


@router.message(Word(KEY_HELP, mark("帮助"), command="help"))
async def on_help(_message: Message, turn: Turn) -> Reply:
    """What this person can do here; the keyboard comes along. What doesn't fit stands behind [更多]."""
    if not turn.viewer.grants:
        return turn.say(_no_role())
    first, *more = _pages(turn)
    told = turn.say("\n".join(first), keys=keys(turn.viewer, turn.person))
    if not more:
        return [told, menu.fresh(turn)]
    words = _("还有 {n} 样。").format(n=sum(map(len, more)))
    return [told, turn.say(words, [[(_("更多"), More(page=1))]]), menu.fresh(turn)]


def _pages(turn: Turn) -> list[list[str]]:
    """What fits this person's roles, six lines a page, the first with a head."""
    may = turn.viewer.may
    space = "" if language() == "zh_CN" else " "
    said = [space.join(_(words) for words, action in line if may(action)) for line in LINES]
    own = may(Action.CHECKIN_RECORD)
    lines = [
        _("<b>能做这些</b>，点下方的键，或发引号里的字："),
        *filter(None, said),
        _("也可以发「不用定位」「语言」「取消」。") if own else _("也可以发「语言」「取消」。"),
    ]
    return [lines[start : start + LONGEST] for start in range(0, len(lines), LONGEST)]


@router.callback_query(More.filter())
async def on_more(_query: CallbackQuery, callback_data: More, turn: Turn) -> Reply:
    """The rest, in place."""
    pages = _pages(turn)
    if not turn.viewer.grants or not 0 < callback_data.page < len(pages):
        return turn.edit(_no_role() if not turn.viewer.grants else _("就这些了。"))
    follows = callback_data.page + 1 < len(pages)
    return turn.edit(
        "\n".join(pages[callback_data.page]),
        [[(_("更多"), More(page=callback_data.page + 1))]] if follows else (),
    )


@router.message(CANCEL)
async def on_cancel(_message: Message, turn: Turn) -> Reply:
    """What is awaited ends; where nothing is, what was left is named."""
    return _cancel(turn)


@router.callback_query(Cancel.filter())
async def on_cancel_press(_query: CallbackQuery, callback_data: Cancel, turn: Turn) -> Reply:
    """The button under a question ends that matter; what is being done by now goes on."""
    state = turn.dialogue.state
    if state is not None and callback_data.matter != turn.dialogue.matter:
        text = _("这个「取消」是之前那件事的，那件事已经过了。正在办的还在：{what}。")
        return turn.edit(text.format(what=awaited.name(state)))
    return _cancel(turn)


def _cancel(turn: Turn) -> Reply:
    state = turn.dialogue.state
    if state is not None:
        turn.dialogue.end()
        return turn.edit(_("好的，不办了：{what}。没有记下任何东西。").format(what=awaited.name(state)))
    draft = awaited.left(turn)
    if draft is None:
        return turn.edit(_("现在没有正在办的事，不用取消。"))
    text = _("现在没有正在办的事。上次没说完的：{what}。").format(what=awaited.name(draft))
    return turn.edit(text, [[*awaited.drafts(turn)[0], (_("不要了"), Resume(do="drop", state=draft))]])


@router.callback_query(Resume.filter(F.do == "go"))
async def on_resume(_query: CallbackQuery, callback_data: Resume, turn: Turn) -> Reply:
    """继续上次的: what was gathered is there again."""
    return await awaited.resume(turn, callback_data.state)


@router.callback_query(Resume.filter(F.do == "drop"))
async def on_drop(_query: CallbackQuery, callback_data: Resume, turn: Turn) -> Reply:
    """不要了: the draft goes; whatever else is awaited stays."""
    turn.dialogue.drop(callback_data.state)
    return turn.edit(_("好的，不要了。"))


LATER = (
    (mark("报告"), KEY_REPORT, "report", True),
    (mark("查岗"), mark("查岗"), "spotcheck", False),
    (mark("会议"), mark("会议"), "meeting", False),
    (mark("培训"), mark("培训"), "training", False),
    (mark("督导"), mark("督导"), "inspect", False),
)
"""Words of what is not open yet, their keys and commands, and whether they work in any state; each goes when its
feature comes.
"""


class Later(Filter):
    """A word of what is not open yet, alone or with something behind it. What is awaited stays awaited."""

    _words = tuple(
        (
            name,
            Word(name, key, command=command, leaves=False, always=always),
            Line(name, asked=False),
        )
        for name, key, command, always in LATER
    )

    async def __call__(self, message: Message, turn: Turn) -> bool | dict[str, Any]:
        """What it is called, as `what`."""
        for name, word, line in self._words:
            if await word(message, turn) or await line(message, turn):
                return {"what": name}
        return False


@router.message(Later())
async def on_later(_message: Message, turn: Turn, what: str) -> Reply:
    """Kindly, with what to do meanwhile."""
    return turn.say(_not_open(what))


def _not_open(what: str) -> str:
    return _("「{what}」还没有在这里开通，请先照原来的办法向乡镇或县驻村办办理。").format(what=_(what))


SUGGESTED: Sequence[tuple[str, str, Action]] = (
    (mark("签到"), KEY_CHECKIN, Action.CHECKIN_RECORD),
    (mark("我的"), KEY_MINE, Action.CHECKIN_RECORD),
    (mark("请假"), KEY_LEAVE, Action.LEAVE_REQUEST),
    (mark("销假"), mark("销假"), Action.LEAVE_RETURN),
    (mark("走访"), KEY_VISIT, Action.VISIT_RECORD),
    (mark("农户"), mark("农户"), Action.HOUSEHOLD_VIEW),
    (mark("公出"), mark("公出"), Action.TRIP_REPORT),
    (mark("临时外出"), mark("临时外出"), Action.OUTING_REPORT),
    (mark("代签"), mark("代签"), Action.CHECKIN_PROXY),
    (mark("代请假"), mark("代请假"), Action.LEAVE_REQUEST_FOR),
    (mark("补签"), mark("补签"), Action.CHECKIN_RECORD),
    (mark("报数"), mark("报数"), Action.FIGURES_REPLY),
    (mark("值班"), mark("值班"), Action.DUTY_VIEW),
    (mark("换班"), mark("换班"), Action.DUTY_SWAP),
    (mark("待办"), KEY_TODO, Action.TODO_OPEN),
    (mark("今日在岗"), KEY_TODAY, Action.BOARD_VIEW),
    (mark("通知"), KEY_NOTICE, Action.NOTICE_SUBMIT),
    (mark("我的通知"), mark("我的通知"), Action.NOTICE_READ),
    (mark("应急"), mark("应急"), Action.EMERGENCY_PROPOSE),
    (mark("导出"), KEY_EXPORT, Action.ATTENDANCE_EXPORT),
    (mark("月结"), mark("月结"), Action.MONTH_LOCK),
    (mark("名册"), KEY_ROSTER, Action.ROSTER_IMPORT),
    (mark("邀请"), mark("邀请"), Action.INVITATION_CREATE),
    (mark("设置"), KEY_SETTINGS, Action.SETTING_VIEW),
    (mark("年历"), mark("年历"), Action.CALENDAR_CHANGE),
    (mark("全员在岗"), mark("全员在岗"), Action.LEAVE_CLOSURE_VIEW),
    (mark("代理"), mark("代理"), Action.STANDIN_SET),
    (mark("语言"), mark("语言"), Action.LANGUAGE_SET),
    (mark("不用定位"), mark("不用定位"), Action.CHECKIN_RECORD),
)
"""Words people mean, what to press or send for them, and the action without which they make no sense."""


@router.message()
async def on_anything(message: Message, turn: Turn) -> Reply:
    """The last resort."""
    if not turn.viewer.grants:
        return turn.say(_no_role())
    state = turn.dialogue.state
    if state is not None:
        return await _still_awaited(message, turn, state)
    if message.text is None:
        return turn.say(f"{_not_read(message)}\n{_hint(turn)}")
    return turn.say(_nearest(turn, message.text))


async def _still_awaited(message: Message, turn: Turn, state: str) -> Reply:
    what = awaited.name(state)
    if message.text is None:
        text = _("{unread}正在等您一句话：{what}。").format(unread=_not_read(message), what=what)
    else:
        text = _("正在办：{what}。请点上面的按钮，或先取消。").format(what=what)
    return turn.say(text, [[awaited.cancel()]])


def _not_read(message: Message) -> str:
    if message.voice is not None or message.audio is not None or message.video_note is not None:
        return _("语音听不了，请打字说一句。")
    if message.photo or message.video is not None or message.animation is not None:
        return _("收到图片，这里不用发照片，没有保存。")
    if message.document is not None:
        return _("收到文件，现在用不上，没有保存。")
    if message.contact is not None:
        return _("收到名片，这里用不上，没有保存。")
    return _("这个看不懂，请打字说一句。")


def _nearest(turn: Turn, text: str) -> str:
    mine = {_(word): _(key) for word, key, action in SUGGESTED if turn.viewer.may(action)}
    said = bare(text)
    close = [word for word in mine if word.lower() in said.lower()]
    later = next((name for name, *_rest in LATER if _(name).lower() in said.lower()), None)
    if not close and later is not None:
        return _not_open(later)
    close = close or get_close_matches(said, mine, n=1, cutoff=0.5)
    if close:
        word = max(close, key=len)
        return _("没听明白。要「{word}」的话，点或发「{key}」。").format(word=word, key=mine[word])
    return _("没听明白。{hint}").format(hint=_hint(turn))


def _hint(turn: Turn) -> str:
    if turn.viewer.may(Action.CHECKIN_RECORD):
        return (
            _("签到点「📍签到」，别的发「帮助」看看。")
            if turn.person.position_consent
            else _("签到发「签到」，别的发「帮助」看看。")
        )
    return _("发「帮助」看看能做什么。")


def _no_role() -> str:
    return _("您现在没有在任的职务，这里暂时没有要您办的事。换岗或有疑问请找县驻村办。")


@router.callback_query()
async def on_any_press(_query: CallbackQuery, turn: Turn) -> Reply:
    """A button nobody made, or one of long ago."""
    return turn.toast(_("这个按钮已经过时了，没有改动。发「帮助」看看能做什么。"), alert=True)
