"""Words for every refusal: what, the rule, what to do now (law 10)."""

from collections.abc import Mapping
from datetime import date, datetime, time
from enum import Enum
from html import escape
from typing import Any

from handlers import phrases
from locales import _, mark
from policy.calendar import Half
from policy.refusals import LOCAL, Code, Refusal

WORDS: Mapping[Code, str] = {
    Code.NOT_ALLOWED: mark("这件事不在您的职责范围内，没有改动{rule}。需要办理请找本乡镇或县驻村办。"),
    Code.NOT_YOURSELF: mark("自己的事要由别人来定，没有改动{rule}。"),
    Code.NOT_FOUND: mark("没有找到这一条，可能已经撤回。发「帮助」看看能做什么。"),
    Code.ALREADY_DECIDED: mark("这件事已经有人处理过了，没有改动。"),
    Code.TOKEN_UNKNOWN: mark("这个邀请不对。请向县驻村办领取新的。"),
    Code.TOKEN_USED: mark("这个邀请已经用过了。请向县驻村办领取新的。"),
    Code.TOKEN_EXPIRED: mark("这个邀请过期了（7 天内有效）。请向县驻村办领取新的。"),
    Code.CHAT_TAKEN: mark("这个账号已经绑定了别人，没有改动。换人使用请找县驻村办。"),
    Code.PERSON_BOUND: mark("您已经在另一个账号上绑定了，没有改动。换了手机，请县驻村办发一个「换手机」的邀请。"),
    Code.TEXT_TOO_LONG: mark("写得太长了，没有记下{rule}。最多 {limit} 字，请写短一点再发。"),
    Code.TEXT_EMPTY: mark("没有看到文字，没有记下。请用一句话说明。"),
    Code.POSITION_INVALID: mark("这个位置不对，没有签到。请打开手机定位，再点「📍签到」；定位不了就说一句在哪里。"),
    Code.POSITION_FORWARDED: mark("转发的位置不能用来签到{rule}。请点「📍签到」。"),
    Code.POSITION_TOO_OLD: mark("这个位置是 {hours} 小时以前的，不能用来签到{rule}。请点「📍签到」，或用「补签」。"),
    Code.VILLAGE_WITHOUT_SITE: mark("本村还没有登记驻地位置，不能按位置签到。请用一句话签到，并告诉县驻村办补登驻地。"),
    Code.CHECKIN_OFF: mark("本县没有开通签到，不用签{rule}。"),
    Code.CHECKIN_CLOSED: mark("现在不在签到时间，没有签到{rule}。每天 {opens} 到 {closes} 可以签；漏签的可以「补签」。"),
    Code.TRIP_ENDS_BEFORE_START: mark("结束早于开始，没有记下。请改一下日期。"),
    Code.TRIP_OVERLAPS: mark("这几天和已报备的公出重叠（{from_on}到{to_on}），没有记下{rule}。改一下日期，或先取消公出。"),
    Code.TRIP_TOO_LONG: mark("公出一次最多 {allowed} 天，没有记下{rule}。请分开报，或改一下日期。"),
    Code.TRIP_TOO_OLD: mark("{from_on}太早，补报公出最早到{earliest}，没有记下{rule}。请找乡镇说明。"),
    Code.OUTING_ENDS_BEFORE_START: mark("回来的时间早于出去的时间，没有记下。请再说一次，例如：临时外出 去镇卫生院 11点回。"),
    Code.OUTING_NOT_SAME_DAY: mark("临时外出要当天回来，没有记下{rule}。过夜请报公出或请假。"),
    Code.OUTING_TOO_LONG: mark("临时外出不超过 {hours} 小时，没有记下{rule}。更久请报公出或请假。"),
    Code.CORRECTION_TOO_LATE: mark("{on}过了补签时间，没有记下{rule}：{hours} 小时以内可以补。请找乡镇说明情况。"),
    Code.CORRECTION_NOT_OVER: mark("{on}{half}还可以直接签到，不用补签{rule}。点「📍签到」就行。"),
    Code.CORRECTION_NOT_NEEDED: mark("{on}{half}已经有记录，不用补签。点「👤我的」可以看到。"),
    Code.CORRECTIONS_USED_UP: mark("这个月的 {allowed} 次补签用完了，没有记下{rule}。请找乡镇说明情况。"),
}


def words(refusal: Refusal) -> str:
    """The sentence for a refusal, in the language being spoken; what people typed in it is escaped."""
    fields = {name: _plain(value) for name, value in refusal.fields.items()}
    fields["rule"] = rule(refusal.clause)
    return _(WORDS[refusal.code]).format_map(_Fields(fields))


def rule(clause: str) -> str:
    """（《意见》三（二）） or （本县规定）."""
    return _("（本县规定）") if clause == LOCAL else _("（《意见》{clause}）").format(clause=clause)


class _Fields(dict[str, str]):
    def __missing__(self, key: str) -> str:
        raise KeyError(f"the refusal has no field {key}")


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.strftime("%H:%M")
    if isinstance(value, date):
        return phrases.day(value)
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, Half):
        return phrases.half(value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, float):
        return f"{value:g}"
    return escape(str(value), quote=False)
