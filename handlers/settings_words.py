"""Settings in people's words: names (at most eight characters), choices, units, values."""

from collections.abc import Mapping
from datetime import date, time
from enum import StrEnum
from typing import Any

from locales import _, mark
from policy.parameters import Parameter, ValueType
from policy.profile import LEAVE_LIMITS, PARAMETERS, CheckInMode, Group, LeaveKind, Period

GROUPS: Mapping[Group, str] = {
    Group.CHECKIN: mark("签到"),
    Group.PRESENCE: mark("在村与公出"),
    Group.LEAVE: mark("请假销假"),
    Group.CORRECTION: mark("补签"),
    Group.DISCIPLINE: mark("批评与召回"),
    Group.VISITS: mark("走访"),
    Group.INSPECTION: mark("抽查"),
    Group.CIRCULAR: mark("通报"),
    Group.MESSAGES: mark("消息与勿扰"),
    Group.APPRAISAL: mark("年度考核"),
    Group.TEAM: mark("工作队"),
    Group.RECORDS: mark("记录与时区"),
    Group.TERMS: mark("用语与职责"),
}

NAMES: Mapping[str, str] = {
    "checkin_mode": mark("签到方式"),
    "required_from": mark("必须签到从"),
    "required_to": mark("必须签到到"),
    "required_basis": mark("必须签到依据"),
    "checkins_per_day": mark("每天签到次数"),
    "checkin_opens": mark("签到开始"),
    "checkin_closes": mark("签到截止"),
    "half_boundary": mark("上下午分界"),
    "fence_m": mark("驻村范围"),
    "fence_accuracy_cap_m": mark("误差最多计入"),
    "position_max_age": mark("迟到位置有效"),
    "required_days_in_village": mark("每月在村天数"),
    "minimum_in_village": mark("村里最少留人"),
    "trip_counts_in_village": mark("公出算在村"),
    "trip_max_days": mark("公出最长"),
    "outing_hours": mark("临时外出最长"),
    "leave_member_first_secretary_days": mark("队员假书记批"),
    "leave_member_township_days": mark("队员假乡镇批"),
    "leave_first_secretary_township_days": mark("书记假乡镇批"),
    "leave_calendar_kinds": mark("按日历天的假"),
    "leave_county_kinds": mark("都由县里批的假"),
    "leave_in_order": mark("逐级审批"),
    "leave_chained": mark("连续请假合计"),
    "leave_backdate_days": mark("请假可往前"),
    "leave_emergency_hours": mark("急事补办时限"),
    "leave_open_days": mark("止期未定先批"),
    "leave_personal_limit": mark("事假一年最多"),
    "leave_sick_limit": mark("病假一年最多"),
    "leave_annual_limit": mark("年休假一年最多"),
    "leave_marriage_limit": mark("婚假最多"),
    "leave_paternity_limit": mark("陪产护理假最多"),
    "leave_childcare_limit": mark("育儿假一年最多"),
    "leave_bereavement_limit": mark("丧假最多"),
    "duty_lieu_days": mark("补休有效"),
    "leave_reminded_hours": mark("审批提醒"),
    "leave_escalated_hours": mark("审批上报"),
    "office_from": mark("办公开始"),
    "office_to": mark("办公结束"),
    "leave_copied_to_county": mark("请假抄送县里"),
    "leave_copied_to_unit": mark("请假抄送单位"),
    "return_asked_at": mark("销假提醒时间"),
    "return_overdue_at": mark("算逾期时间"),
    "return_escalated_hours": mark("逾期逐级上报"),
    "correction_hours": mark("补签时限"),
    "corrections_per_month": mark("每月补签次数"),
    "findings_for_recall": mark("几次启动召回"),
    "bar_excellent_after_finding": mark("批评后不评优"),
    "bar_excellent_basis": mark("不评优依据"),
    "household_coverage": mark("走访覆盖周期"),
    "priority_household_coverage": mark("重点户周期"),
    "spot_check_by_bot": mark("助手抽查"),
    "spot_check_minutes": mark("抽查答复时限"),
    "bulletin_every": mark("通报周期"),
    "bulletin_days": mark("通报期限"),
    "quiet_from": mark("勿扰开始"),
    "quiet_to": mark("勿扰结束"),
    "quiet_on_rest_days": mark("休息日勿扰"),
    "unsolicited_per_week": mark("每周消息上限"),
    "checkin_reminder_at": mark("签到提醒"),
    "township_digest_at": mark("乡镇待办汇总"),
    "county_digest_at": mark("县里待办汇总"),
    "lock_reminder_at": mark("月度核对提醒"),
    "second_admin_above": mark("通知复核人数"),
    "emergency_silence_minutes": mark("应急未回名单"),
    "emergency_hours": mark("应急自动结束"),
    "appraisal_weights": mark("考核权重"),
    "excellent_percent": mark("优秀比例"),
    "raters_minimum": mark("测评最少人数"),
    "team_size": mark("每队人数"),
    "team_size_most": mark("每队最多人数"),
    "term_years": mark("任期"),
    "team_stays_after_exit": mark("退出后留队"),
    "time_zone": mark("时区"),
    "records_from": mark("考勤从哪天起"),
    "term_priority_household": mark("重点户叫法"),
    "term_village": mark("村的叫法"),
    "term_campaign": mark("工作的叫法"),
    "duties": mark("几项职责"),
}

CHOICES: Mapping[StrEnum, str] = {
    CheckInMode.OFF: mark("关闭"),
    CheckInMode.VOLUNTARY: mark("自愿"),
    CheckInMode.REQUIRED: mark("必须"),
    Period.MONTH: mark("每月"),
    Period.QUARTER: mark("每季度"),
    Period.HALF_YEAR: mark("每半年"),
    Period.YEAR: mark("每年"),
    LeaveKind.PERSONAL: mark("事假"),
    LeaveKind.SICK: mark("病假"),
    LeaveKind.ANNUAL: mark("年休假"),
    LeaveKind.FAMILY_VISIT: mark("探亲假"),
    LeaveKind.MARRIAGE: mark("婚假"),
    LeaveKind.MATERNITY: mark("产假"),
    LeaveKind.PATERNITY: mark("陪产护理假"),
    LeaveKind.CHILDCARE: mark("育儿假"),
    LeaveKind.BEREAVEMENT: mark("丧假"),
    LeaveKind.INJURY: mark("工伤假"),
    LeaveKind.IN_LIEU: mark("补休"),
    LeaveKind.OTHER: mark("其他"),
}

UNITS: Mapping[str, str] = {
    "m": mark("{n} 米"),
    "minutes": mark("{n} 分钟"),
    "hours": mark("{n} 小时"),
    "days": mark("{n} 天"),
    "years": mark("{n} 年"),
    "people": mark("{n} 人"),
    "percent": mark("{n}%"),
    "times": mark("{n} 次"),
}

NOTES: Mapping[str, str] = {
    "checkin_mode": mark("「必须」只用于有期限的安全、应急时期，要先填依据和起止日期。"),
    "team_size_most": mark("0 表示就是每队人数。"),
    "leave_member_first_secretary_days": mark("不超过这些天由第一书记批；0 表示没有这一级。"),
    "leave_member_township_days": mark("不超过这些天由乡镇批，更长由县里批；0 表示没有这一级。"),
    "leave_first_secretary_township_days": mark("不超过这些天由乡镇批，更长由县里批；0 表示没有这一级。"),
    "leave_calendar_kinds": mark("其余的假按工作日算。"),
    "leave_county_kinds": mark("这些假不论几天都由县里批。"),
    "leave_in_order": mark("打开后，下面每一级先同意，再到上一级；关着只由最后一级批。"),
    "leave_chained": mark("中间只隔休息日的几次请假，合起来看由谁批。"),
    "leave_backdate_days": mark("0 表示最早从当天起。"),
    "leave_emergency_hours": mark("急事先走、事后补办，从离开时算。"),
    "leave_open_days": mark("代请假止期未定时，先批这么多天，到时再问；由谁批也按它算。"),
    **dict.fromkeys(LEAVE_LIMITS.values(), mark("0 表示不限。")),
    "duty_lieu_days": mark("休息日值班并在村的，从第二天起这些天以内可以补休。"),
    "leave_reminded_hours": mark("请假交上来过了这些办公时间还没批，提醒审批人。"),
    "leave_escalated_hours": mark("过了这些办公时间还没批，告诉上一级。"),
    "return_escalated_hours": mark("逾期没有销假，先问本人，每过这些办公时间依次告诉第一书记、乡镇、县里。"),
    "appraisal_weights": mark("依次是考勤、实绩、测评，合计 100。"),
    "checkin_reminder_at": mark("只在「必须」签到的工作日，只提醒还没有记录的人；过了签到截止就不发。"),
    "township_digest_at": mark("工作日发给乡镇干部，一人一条；没有待处理的就不发。"),
    "county_digest_at": mark("工作日发给县级工作人员，一人一条；没有待处理的就不发。"),
    "lock_reminder_at": mark("每月第一个工作日，和通报期限前 3 个、1 个工作日，上月还有没定的才发。"),
    "records_from": mark("这天以前不算应出勤，也没有待核实；没有填，就从各人任职那天起。"),
    "fence_accuracy_cap_m": mark("手机定位的误差计入范围，最多计这些。"),
    "second_admin_above": mark("通知、报数的收件人超过这些，要另一个人复核才发；0 表示都要复核。"),
    "emergency_silence_minutes": mark("应急发出后过这么久，把没有回复的名单发给乡镇打电话。"),
}
"""What a name alone doesn't say."""


def name(key: str) -> str:
    """签到方式; a key that nobody knows stays as it is."""
    return _(NAMES[key]) if key in NAMES else key


def group(which: Group) -> str:
    """请假销假."""
    return _(GROUPS[which])


def value(key: str, held: Any) -> str:
    """A value as people say it: 1500 米, 自愿, 开, 08:00, 没有填."""
    parameter = PARAMETERS[key]
    if held is None and parameter.type is ValueType.TIME:
        return _("关")
    if held in (None, "", ()):
        return _("没有填") if parameter.type is not ValueType.CHOICES else _("没有")
    if isinstance(held, bool):
        return _("开") if held else _("关")
    if isinstance(held, StrEnum):
        return _(CHOICES[held])
    if isinstance(held, tuple):
        words = [_(CHOICES[item]) if isinstance(item, StrEnum) else str(item) for item in held]
        return _("、").join(words) if parameter.type is not ValueType.WHOLES else " / ".join(words)
    if isinstance(held, time):
        return held.strftime("%H:%M")
    if isinstance(held, date):
        return held.isoformat()
    if isinstance(held, int | float):
        return amount(parameter.unit, held)
    return str(held)


def amount(unit: str, number: float) -> str:
    """1500 米; the bare number where there is no unit."""
    return _(UNITS[unit]).format(n=f"{number:g}") if unit in UNITS else f"{number:g}"


def allowed(key: str) -> str:
    """What may be entered."""
    parameter = PARAMETERS[key]
    match parameter.type:
        case ValueType.SWITCH:
            return _("开、关")
        case ValueType.CHOICE | ValueType.CHOICES:
            words = _("、").join(_(CHOICES[member]) for member in parameter.enum or ())
            return (
                words
                if parameter.type is ValueType.CHOICE
                else _("{words}，可写几个，没有就写“无”").format(words=words)
            )
        case ValueType.TIME:
            return _("时间，例如 06:00；不要就写“关”") if parameter.optional else _("时间，例如 06:00")
        case ValueType.DATE:
            return _("日期，例如 2026-12-01；清空写“无”")
        case ValueType.ZONE:
            return _("时区名，例如 Asia/Shanghai")
        case ValueType.TEXT:
            return _text_allowed(parameter)
        case ValueType.WORDS:
            return _("{low} 到 {high} 项，用顿号隔开").format(
                low=f"{parameter.minimum:g}", high=f"{parameter.maximum:g}"
            )
        case ValueType.WHOLES:
            return _("{count} 个数，合计 {total}，例如 20 50 30").format(count=parameter.count, total=parameter.total)
        case _:
            return _("{low} 到 {high}").format(
                low=f"{parameter.minimum:g}", high=amount(parameter.unit, parameter.maximum or 0)
            )


def _text_allowed(parameter: Parameter) -> str:
    if not parameter.minimum:
        return _("最多 {high} 字；清空写“无”").format(high=f"{parameter.maximum:g}")
    return _("{low} 到 {high} 字").format(low=f"{parameter.minimum:g}", high=f"{parameter.maximum:g}")


def note(key: str) -> str | None:
    """What the name alone doesn't say; None: nothing."""
    return _(NOTES[key]) if key in NOTES else None
