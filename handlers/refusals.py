"""Words for every refusal: what, the rule, what to do now (law 10)."""

from collections.abc import Mapping
from datetime import date, datetime, time
from enum import Enum
from html import escape
from typing import Any

from handlers import figure_words, phrases, settings_words
from locales import _, mark
from policy.calendar import Half
from policy.figures import Field
from policy.profile import BURDEN_LETTER, PARAMETERS, LeaveKind, load
from policy.refusals import LOCAL, Code, Refusal

WORDS: Mapping[Code, str] = {
    Code.NOT_ALLOWED: mark("这件事不在您的职责范围内，没有改动{rule}。需要办理请找本乡镇或县驻村办。"),
    Code.NOT_YOURSELF: mark("自己的事要由别人来定，没有改动{rule}。"),
    Code.NOT_FOUND: mark("没有找到这一条，可能已经撤回。发「帮助」看看能做什么。"),
    Code.ALREADY_DECIDED: mark("这件事已经有人处理过了，没有改动。"),
    Code.TOKEN_UNKNOWN: mark("这个邀请不对。请向县驻村办领取新的。"),
    Code.TOKEN_USED: mark("这个邀请已经用过了。请向县驻村办领取新的。"),
    Code.TOKEN_EXPIRED: mark("这个邀请过期或作废了（7 天内有效）。请向县驻村办领取新的。"),
    Code.TOKEN_TRIES: mark("试了 {tries} 次都不对，先停一停，{minutes} 分钟后再点邀请链接。急用请县驻村办重发一个。"),
    Code.ROLE_ENDED: mark("您的任职已经结束，没有绑定。还在驻村的话，请县驻村办核对名册。"),
    Code.CHAT_TAKEN: mark("这个账号已经绑定了别人，没有改动。换人使用请找县驻村办。"),
    Code.PERSON_BOUND: mark("您已经在另一个账号上绑定了，没有改动。换了手机，请县驻村办发一个「换手机」的邀请。"),
    Code.TEXT_TOO_LONG: mark("写得太长了，没有记下。最多 {limit} 字，请写短一点再发。"),
    Code.TEXT_EMPTY: mark("没有看到文字，没有记下。请用一句话说明。"),
    Code.POSITION_INVALID: mark("这个位置不对，没有签到。请打开手机定位，再点「📍签到」；定位不了就说一句在哪里。"),
    Code.POSITION_FORWARDED: mark("转发的位置不能用来签到{rule}。请点「📍签到」。"),
    Code.POSITION_TOO_OLD: mark("这个位置是 {hours} 小时以前的，不能用来签到{rule}。请点「📍签到」，或用「补签」。"),
    Code.VILLAGE_WITHOUT_SITE: mark("本村还没有登记驻地位置，不能按位置签到。请用一句话签到，并告诉县驻村办补登驻地。"),
    Code.CHECKIN_OFF: mark("本县没有开通签到，不用签{rule}。"),
    Code.CHECKIN_CLOSED: mark(
        "现在不在签到时间，没有签到{rule}。每天 {opens} 到 {closes} 可以签；漏签的可以「补签」。"
    ),
    Code.TRIP_ENDS_BEFORE_START: mark("结束（{to_on}）早于开始（{from_on}），没有记下。请改一下日期。"),
    Code.TRIP_OVERLAPS: mark(
        "这几天和已报备的公出重叠（{from_on}到{to_on}），没有记下{rule}。改一下日期，或先取消公出。"
    ),
    Code.TRIP_OVERLAPS_LEAVE: mark(
        "这几天和已有的请假重叠（{from_on}到{to_on}），没有记下{rule}。改一下日期，或先撤回、缩短那次请假。"
    ),
    Code.TRIP_TOO_LONG: mark("公出一次最多 {allowed} 天，没有记下{rule}。请分开报，或改一下日期。"),
    Code.TRIP_TOO_OLD: mark("{from_on}太早，补报公出最早到{earliest}，没有记下{rule}。请找乡镇说明。"),
    Code.TRIP_TOO_FAR: mark("{from_on}还远，公出最早提前 {days} 天报，没有记下{rule}。近了再报，或改一下日期。"),
    Code.TRIP_ENDED: mark("这次公出已经结束，没有改动。记错了请找乡镇说明。"),
    Code.TRIP_WITHOUT_PROOF: mark("{on}{half}没有签到，公出照旧。回村后点「📍签到」，再改记在村。"),
    Code.TRIP_CANCELLED_BY_OTHER: mark(
        "这次公出不是您取消的，没有恢复{rule}。要恢复请和取消的人说；真去了就再报一次。"
    ),
    Code.LEAVE_ENDS_BEFORE_START: mark("结束（{to_on}）早于开始（{from_on}），没有提交。请改一下日期。"),
    Code.LEAVE_OVERLAPS: mark("这几天和已有的请假重叠（{days}），没有提交{rule}。改一下日期，或先撤回那次请假。"),
    Code.LEAVE_OVERLAPS_TRIP: mark("这几天和已报备的公出重叠（{days}），没有提交{rule}。改一下日期，或先取消公出。"),
    Code.LEAVE_ALL_REST: mark("{days}都是休息日，不用请假，没有提交{rule}。要请假请改一下日期。"),
    Code.LEAVE_OVER_LIMIT: mark(
        "{kind}一年最多 {allowed} 天，还剩 {left} 天，这次要 {days} 天，没有提交{rule}。请缩短几天，或改请别的假。"
    ),
    Code.LEAVE_TOO_OLD: mark(
        "{from_on}太早，没有提交{rule}：请假最早从{earliest}起，急事 {hours} 小时以内可以补办。请找乡镇说明。"
    ),
    Code.LEAVE_TOO_FAR: mark("{from_on}还远，请假最早提前 {days} 天，没有提交{rule}。近了再请，或改一下日期。"),
    Code.LEAVE_TOO_LONG: mark("一次最多请 {days} 天，这次到{to_on}，没有提交{rule}。请改一下日期。"),
    Code.LEAVE_NOT_OVER: mark("这次请假没有超期（到{to_on}），不用说明{rule}。要改日期发「请假」。"),
    Code.LEAVE_BEGUN: mark("请假{from_on}已经开始，没有撤回。回村后点「📍签到」就销假，没休的天数不算。"),
    Code.LEAVE_NOT_EXTENDED: mark("这次请假（到{to_on}）现在不能续，没有提交。请发「请假」重新请。"),
    Code.LEAVE_NOT_SHORTER: mark("只能改成{from_on}到{to_on}之间，没有改动。已经回村的点「📍签到」就销假。"),
    Code.LEAVE_CLOSED: mark("{from_on}到{to_on}全员在岗（{reason}），没有同意{rule}。确有急事请报县驻村办列为例外。"),
    Code.LEAVE_ATTACHED_MANY: mark("附件最多 {limit} 个，这个没有加{rule}。只留要紧的，或拼成一个文件再发。"),
    Code.LEAVE_NOT_ATTACHED_NOW: mark("这次请假已经撤回或没有批准，附件没有加。要请假请发「请假」。"),
    Code.LEAVE_ATTACHMENT_KEPT: mark("审批时已经有这个附件，留作依据，没有删{rule}。发错了请找县驻村办。"),
    Code.CLOSURE_PAST: mark("{on}已经过去了，没有定{rule}。请写今天或以后的日子，例如：12-1到12-5。"),
    Code.CLOSURE_TOO_LONG: mark("一次最多 {limit} 天，这次有 {days} 天，没有定{rule}。请分段定，或改一下日期。"),
    Code.CLOSURE_NOBODY: mark("本县名册里没有找到“{name}”，没有改动。请核对姓名再发。"),
    Code.CLOSURE_NAMESAKES: mark("有几个“{name}”（{places}），没有改动。请连村名一起写，例如：石门村{name}。"),
    Code.LEAVE_COVER_LOW: mark("批准后村里只剩 {left} 人，少于 {minimum} 人，还没有同意{rule}。要批请写明理由。"),
    Code.LEAVE_LAST_LEVEL: mark("上面没有可以报的了，没有改动{rule}。请直接定「同意」或「不同意」。"),
    Code.LEAVE_NOBODY_DECIDES: mark("现在没有人能审批这次请假，没有提交{rule}。请告诉县驻村办核对名册。"),
    Code.DUTY_ENDS_BEFORE_START: mark("结束（{to_on}）早于开始（{from_on}），没有定。请改一下日期。"),
    Code.DUTY_PAST: mark("{on}已经过去，没有定{rule}。值班表只排今天和以后的日子，请改一下日期。"),
    Code.DUTY_TOO_LONG: mark("一张值班表最多 {days} 天，没有定{rule}。请分成几段。"),
    Code.DUTY_TOO_FAR: mark("{on}还远，值班最早提前 {days} 天定，没有定{rule}。近了再定，或改一下日期。"),
    Code.DUTY_DUE: mark("排好的日期要在{from_on}到{to_on}之间，没有改动{rule}。请换一个日期。"),
    Code.DUTY_OVERLAPS: mark(
        "这几天已经有「{title}」（{from_on}到{to_on}），没有定{rule}。改一下日期，或先撤回那一张。"
    ),
    Code.DUTY_NOBODY: mark("这里现在没有驻村工作队，没有定。请换一个地区，或核对名册。"),
    Code.DUTY_BEGUN: mark("「{title}」{on}已经开始，不能撤回，没有改动{rule}。哪天不用值班，可以把那天空着。"),
    Code.DUTY_OVER: mark("这张值班表已经撤回或过了，没有改动。发「值班」看看现在的。"),
    Code.DUTY_DAY_PAST: mark("{on}已经过去，不能再改，没有改动{rule}。有出入请找乡镇说明。"),
    Code.DUTY_ON_LEAVE: mark("{name}{on}请假，不能排值班，没有记下{rule}。请排别人；不请了就先撤回请假。"),
    Code.DUTY_NOT_OF_TEAM: mark("他那天不在本村工作队，没有记下{rule}。请排本队的人，人不对请县驻村办核对名册。"),
    Code.DUTY_NO_DAY_BEFORE: mark("前一天还空着，没有可照抄的。请点一个名字。"),
    Code.DUTY_SWAP_CHANGED: mark("值班表在这以后改过，没有换。发「值班」看看现在的安排，再换一次。"),
    Code.DUTY_SWAP_WAITS: mark("{on}已经在等别人同意换班，没有再提。要改就先撤回那一次。"),
    Code.DUTY_SWAP_OVER: mark("那天已经到了，不能再换，没有改动{rule}。当天换人请第一书记在「值班」里改。"),
    Code.LEAVE_NOT_EARNED: mark(
        "可以补休的还有 {left} 天，这次要 {days} 天，没有提交{rule}：节假日值班并在村的才能补休，{valid} 天内有效。"
        "请缩短几天，或改请别的假。"
    ),
    Code.STANDIN_ONESELF: mark("自己不能代理自己，没有定。请换一个人。"),
    Code.STANDIN_ENDS_BEFORE_START: mark("结束（{to_on}）早于开始（{from_on}），没有定。请改一下日期。"),
    Code.STANDIN_PAST: mark("{on}已经过去，没有定{rule}。代理从今天起算，请改一下日期。"),
    Code.STANDIN_TOO_LONG: mark("代理一次最多 {limit} 天，这次有 {n} 天，没有定{rule}。更久请县驻村办在名册里换人。"),
    Code.STANDIN_NOT_STAFF: mark(
        "{name}不能代理，没有定{rule}：要是本县在职的乡镇或县级干部，不能是驻村队员。请换一个人。"
    ),
    Code.STANDIN_OVERLAPS: mark("这几天已经定了{name}代理（{days}），没有再定{rule}。先提前结束那一次，或改一下日期。"),
    Code.STANDIN_OVER: mark("这次代理已经结束，没有改动。发「代理」看看现在的。"),
    Code.OBJECTION_TOO_LATE: mark("{on}的记录过了 {hours} 小时，不能在这里改了{rule}。请找乡镇说明情况。"),
    Code.OUTING_ENDS_BEFORE_START: mark(
        "回来的时间早于出去的时间，没有记下。请再说一次，例如：临时外出 去镇卫生院 11点回。"
    ),
    Code.OUTING_NOT_SAME_DAY: mark("临时外出要当天回来，没有记下{rule}。过夜请报公出或请假。"),
    Code.OUTING_TOO_LONG: mark("临时外出不超过 {hours} 小时，没有记下{rule}。更久请报公出或请假。"),
    Code.CORRECTION_TOO_LATE: mark("{on}过了补签时间，没有记下{rule}：{hours} 小时以内可以补。请找乡镇说明情况。"),
    Code.CORRECTION_NOT_OVER: mark("{on}{half}还可以直接签到，不用补签{rule}。点「📍签到」就行。"),
    Code.CORRECTION_NOT_NEEDED: mark("{on}{half}已经有记录，不用补签。点「👤我的」可以看到。"),
    Code.CORRECTIONS_USED_UP: mark("这个月的 {allowed} 次补签用完了，没有记下{rule}。请找乡镇说明情况。"),
    Code.CORRECTION_WAITS: mark("{on}{half}的补签已经提交过，正在等审批，不用再提。点「👤我的」可以看到。"),
    Code.EXPLANATION_WAITS: mark("{on}{half}的情况说明正在等乡镇核实，先不用补签。没通过再补签。"),
    Code.VISIT_NOT_YET: mark("{on}还没到，没有记走访。请去了以后再记，或改一下日期。"),
    Code.VISIT_TOO_LATE: mark("{on}太早，没有记走访{rule}：{days} 天以内的可以补记。请写进半年报告，或改一下日期。"),
    Code.VISIT_CLOSED: mark("这次走访记下超过 {days} 天，没有改动{rule}。有新情况请再记一次。"),
    Code.VISIT_TOO_MANY: mark("一次走访最多记 {limit} 户，没有记下{rule}。请分开记。"),
    Code.HOUSEHOLD_UNREADABLE: mark("“{value}”读不出来，没有改动{rule}。请照例子再说一遍。"),
    Code.HOUSEHOLD_THERE: mark(
        "名册里已经有这一户，没有新增{rule}。真是两户的，加上出生年再说：农户 新增 {called} 1958。"
    ),
    Code.HOUSEHOLD_GONE: mark("这一户已登记搬走或注销，没有改动{rule}。登记错了，先点「撤销」。"),
    Code.VISIT_PAPERS_FULL: mark("一次走访最多 {limit} 个附件，这个没有加{rule}。请再记一次走访。"),
    Code.MONTH_LOCKED: mark("{month}考勤已经月结，没有改动{rule}。确有差错，请县里在「月结」里为本人单独开放几天。"),
    Code.MONTH_NOT_OVER: mark("{month}还没有过完，不能月结{rule}。{opens_on}起再来。"),
    Code.MONTH_TOO_OLD: mark("{month}太早，不能在这里月结{rule}：最多往前 {months} 个月。"),
    Code.MONTH_HAS_OPEN: mark("{month}还有 {n} 件没有定，没有月结{rule}。先逐件处理，或确认仍要月结。"),
    Code.MONTH_NOT_LOCKED: mark(
        "{month}考勤还没有月结（或正为本人单独开放），不能开证明{rule}：只按月结的考勤表开。月结后再来，急用请找县驻村办。"
    ),
    Code.MONTH_LOCK_STANDS: mark("{month}的月结只能当天撤销（{on}），没有改动{rule}。有差错请为本人单独开放。"),
    Code.SETTLED: mark("这些半天已经定了，没有改动。发「月结」看看还有谁要核实。"),
    Code.SETTLE_DECIDE_FIRST: mark(
        "他自己的说明或补签还在等，没有改动{rule}。先定那一件：情况属实或不属实，再来核实。"
    ),
    Code.SETTLE_FOUND: mark("这些半天已经记过不在岗，等人认定{rule}，没有再记。发「月结」点「不在岗」就能看到。"),
    Code.FIGURE_UNREADABLE: mark(
        "没看懂“{line}”，没有记下。一行一项：名称 单位（受灾户数 户），名称 选项（是否停电 是/否），或名称 文字。"
    ),
    Code.FIGURE_FORBIDDEN: mark(
        "“{title}”不能问，没有记下（个人信息保护法）：身份证号、银行卡号、病情诊断、儿童姓名都不收。"
        "要统计就只问数量，例如：患病人数 人。"
    ),
    Code.FIGURE_TWICE: mark("“{title}”写了两次，没有记下。请只留一次。"),
    Code.FIGURE_INVALID: mark("“{title}”不能填“{value}”，没有记下。可以填：{allowed}。"),
    Code.FIGURE_PRIVATE: mark("“{title}”里像是身份证号或银行卡号，没有记下（个人信息保护法）。请去掉再发。"),
    Code.FIGURES_NO_FIELD: mark("还没有写要报哪些数，没有发出。一行写一项，例如：受灾户数 户。"),
    Code.FIGURES_MANY_FIELDS: mark("一次最多问 {limit} 项，没有记下{rule}。请只留必要的。"),
    Code.FIGURES_NO_BASIS: mark("要数据须写明依据{rule}，没有记下。请写文件名或文号，例如：县防指通知第 3 号。"),
    Code.FIGURES_BASIS_SHORT: mark(
        "“{value}”看不出是哪个文件，没有记下{rule}：要数据须写明依据，至少 {least} 个字。"
        "请写文件名、文号或会议决定，例如：县防指通知第 3 号。"
    ),
    Code.FIGURES_DUE_EARLY: mark("截止时间要晚于{on} {at}，没有记下{rule}。请改晚一点，例如：{next} 17:00。"),
    Code.FIGURES_DUE_FAR: mark("截止时间最多在 {days} 天以内，没有记下{rule}。请改近一点。"),
    Code.FIGURES_NOBODY: mark("这个范围里现在没有驻村工作队，没有发出。请换一个范围。"),
    Code.FIGURES_NO_SECOND: mark(
        "这份报数有 {size} 人收到，要由另一位能发报数的人复核才能发（超过 {limit} 人，本县规定），"
        "现在没有第二个人能收到，没有发出。请让他先绑定（发「邀请」）；已绑定但屏蔽了助手的，打电话请他解除屏蔽、给助手发一句话；或缩小范围分开问，"
        "或请县驻村办在「设置」里改「通知复核人数」。"
    ),
    Code.FIGURES_TOO_LATE: mark(
        "{on} {at} 就截止，现在发已经来不及，没有发出{rule}。请点「退回」，让发起的人改截止时间再提交。"
    ),
    Code.FIGURES_OVER: mark("这次报数已经结束或撤回，没有改动。有出入请打电话告诉发起的单位。"),
    Code.FIGURES_REPORTED: mark("{name} {on} {at} 已经报了，没有改动。要改请发「报数」，再点「更正」。"),
    Code.FIGURES_ALL_IN: mark("都报齐了，不用催。"),
    Code.FIGURES_NOT_THERE: mark("没报的还没有收到，没有催，也不算一次{rule}。送到以后再催，急用请打电话问。"),
    Code.EMERGENCY_NOBODY: mark("这里没有驻村工作队员，没有提交。请改一下范围。"),
    Code.EMERGENCY_NO_SECOND: mark("没有第二个人能确认，没有提交{rule}。请先打电话，并请县驻村办绑定另一位。"),
    Code.EMERGENCY_OVER: mark("这次应急已经过了，没有记下。要帮忙请直接打电话给乡镇或县驻村办。"),
    Code.EMERGENCY_OWN_WORD: mark("本人已经回复，以本人为准，没有改动{rule}。刷新名单就能看到。"),
    Code.EMERGENCY_NUMBERS_ONLY: mark("省市只看数字，没有名单{rule}。要名单请找县驻村办。"),
    Code.AREA_UNKNOWN: mark("您管的地方里没有“{area}”，没有选上。请说全名，例如：柳河镇、石门村。"),
    Code.AREA_AMBIGUOUS: mark("叫“{area}”的不止一处，没有选上。请把上一级说在前面，例如：{example}。"),
    Code.SETTING_UNKNOWN: mark("没有「{key}」这一项，没有改动。请核对名称，或从「设置」里点。"),
    Code.SETTING_INVALID: mark("「{key}」不能填“{value}”，没有改动{rule}。可以填：{allowed}。"),
    Code.SETTING_ORDER: mark(
        "「{key}」（{value}）要早于或不超过「{other}」（{other_value}），没有改动{rule}。先改「{other}」，或换一个值。"
    ),
    Code.SETTING_NEEDS: mark("「{key}」要填“{value}”，得先填好「{other}」，没有改动{rule}。填好再改这一项。"),
    Code.SETTING_UNCHANGED: mark("「{key}」那天本来就是“{value}”，没有改动。要改请换一个值。"),
    Code.SETTING_PAST: mark("{on}已经过去，没有改动{rule}。设置从今天或以后起算，过去的记录不变。"),
    Code.SETTING_IN_FORCE: mark("「{key}」从{on}起已经生效，不能撤回，没有改动{rule}。可以从今天起再改。"),
    Code.SETTING_AREA: mark("没有代码是“{area}”的地区，没有改动{rule}。设置到乡镇为止，村没有自己的设置。"),
    Code.SETTING_TWICE: mark("「{key}」{on}写了两次，没有改动。请只留一次。"),
    Code.DATE_UNREADABLE: mark("没看懂“{value}”是哪一天，没有记下。可以写：明天、12月1日、2026-12-01。"),
    Code.CALENDAR_PAST: mark("{on}已经是上个月以前，没有改动{rule}。只能改本月和以后的日子。"),
    Code.CALENDAR_TOO_FAR: mark("{on}太远，没有改动{rule}。只能安排到明年底。"),
    Code.CALENDAR_SAME: mark("{on}本来就是这样，没有改动。发「年历」看看已有的安排。"),
    Code.NOTICE_TOO_LONG: mark(
        "通知有 {length} 字，没有记下{rule}。一条最多 {limit} 字，请写短一点，或把全文作为文件发。"
    ),
    Code.NOTICE_FILE_TYPE: mark("这种文件发不了，没有记下{rule}。可以发图片，或：{allowed}。请换一种格式。"),
    Code.NOTICE_FILE_SIZE: mark("文件有 {size} MB，没有记下{rule}。最多 {limit} MB，村里网络慢，请压缩一下再发。"),
    Code.NOTICE_DUE_PAST: mark("这个时间已经过去了，没有发{rule}。请换一个以后的时间，例如：明天8点；或马上发。"),
    Code.NOTICE_DUE_FAR: mark("这个时间太远，没有定{rule}。最多提前 {days} 天，请换一个时间。"),
    Code.NOTICE_OPEN_DAYS: mark("有效期最长 {limit} 天，没有改动{rule}。请换一个日期，或选「长期」。"),
    Code.NOTICE_NOBODY: mark("这个范围里现在没有人，没有发。请换一个范围，或核对名册。"),
    Code.NOTICE_NO_SECOND: mark(
        "收件 {size} 人，要由另一位县级工作人员或管理员复核才能发（超过 {limit} 人，本县规定），"
        "现在没有第二个人能收到，没有发。请让他先绑定（发「邀请」）；已绑定但屏蔽了助手的，打电话请他解除屏蔽、给助手发一句话；或分开发，"
        "或在名册里加一位、在「设置」里改「通知复核人数」。"
    ),
    Code.NOTICE_NOT_NOW: mark("这条通知现在不能这样办，没有改动。看看它现在的进度：发「通知」，点「已发通知」。"),
    Code.NOTICE_CLOSED: mark("这条通知的有效期已过（{on}），不能再撤回或提醒{rule}。有变化请另发一条通知。"),
    Code.NOTICE_NO_RECEIPT: mark("这条通知没有要求点「已阅」，不用提醒。需要的话另发一条，把回执打开。"),
    Code.REMINDED_NOW: mark("刚提醒过，没有再发{rule}：两次提醒隔 {minutes} 分钟。{left} 分钟后再点。"),
    Code.REMINDED_OUT: mark("已经提醒过 {allowed} 次，没有再发{rule}：最多 {allowed} 次。还没有回音的请打电话问问。"),
    Code.NOTICE_ALL_READ: mark("收到的人都点了「已阅」，不用再提醒。"),
    Code.NOTICE_NAMES_ABOVE: mark("省、市只看数字，不看名单{rule}。要名单请找所在的县。"),
    Code.TASK_DUE_EARLY: mark("落实的日期不能早于发出那天（{on}），没有改动{rule}。请换一个日期。"),
    Code.TASK_DUE_FAR: mark("落实的日期最多在 {days} 天以内，没有改动{rule}。请换一个日期。"),
    Code.TASK_ALL_DONE: mark("收到的人都报了「已落实」，不用再提醒。"),
    Code.TASK_WORDS_FULL: mark(
        "和原来说的加起来太长了，没有记下{rule}，一共最多 {limit} 字。请写短一点，或点「重写」从头说。"
    ),
    Code.NOTICE_ANSWERED: mark("这条回复已经答复过了，没有再发。要补充请打电话，或另发一条通知。"),
    Code.AREA_CODE_INVALID: mark("“{area}”不是区划代码，没有改动{rule}。应是 2 到 12 位数字，请改好再来。"),
    Code.AREA_PARENT_UNKNOWN: mark("区划 {area} 的上级“{parent}”不在表里，没有改动{rule}。请先填上级。"),
    Code.AREA_PARENT_LEVEL: mark(
        "区划 {area} 是“{level}”，上级 {parent} 是“{parent_level}”，不高于它，没有改动{rule}。请改上级代码。"
    ),
    Code.PHONE_INVALID: mark("手机号应是 11 位数字，这里有 {digits} 位，没有改动{rule}。请核对号码。"),
    Code.WORD_UNKNOWN: mark("不认识“{word}”，没有改动{rule}。可以填：{allowed}。"),
    Code.ROLE_WRONG_LEVEL: mark("“{role}”不在“{level}”一级任职，没有改动{rule}。应在：{allowed}。"),
    Code.ROSTER_HAS_PROBLEMS: mark("名册有不对的地方，没有导入{rule}。请照清单改好再发一次。"),
    Code.ROSTER_STALE: mark("名册刚被别人改过，没有导入。请把文件再发一次，重新核对。"),
    Code.DATABASE_NOT_EMPTY: mark("数据库里已经有内容，没有改动。样例县只能建在空的数据库里。"),
}


def words(refusal: Refusal) -> str:
    """The sentence for a refusal, in the language being spoken; what people typed in it is escaped."""
    today = refusal.fields.get("today")
    year = today.year if isinstance(today, date) else None
    fields = {name: _plain(value, year) for name, value in refusal.fields.items()}
    if refusal.code in _OF_SETTINGS:
        fields |= _of_setting(refusal.fields)
    if isinstance(field := refusal.fields.get("allowed"), Field):
        fields["allowed"] = figure_words.allowed(field)
    if isinstance(month := refusal.fields.get("month"), date):
        fields["month"] = phrases.month(month, today if isinstance(today, date) else month)
    if {"from_on", "to_on"} <= refusal.fields.keys():
        fields["days"] = phrases.days(refusal.fields["from_on"], refusal.fields["to_on"], year)
    fields["rule"] = rule(refusal.clause)
    return _(WORDS[refusal.code]).format_map(_Fields(fields))


def decided_by(name: str) -> str:
    """ALREADY_DECIDED where it is known whose word stands."""
    return _("这件事已由{name}处理过了，没有改动。").format(name=phrases.typed(name))


_OF_SETTINGS = {code for code in Code if code.name.startswith("SETTING_")}


def _of_setting(given: Mapping[str, Any]) -> dict[str, str]:
    """Keys and values of settings as people say them."""
    fields = {}
    for key, value in (("key", "value"), ("other", "other_value")):
        if key in given:
            fields[key] = settings_words.name(given[key])
        if value in given:
            fields[value] = _setting_value(given[key], given[value])
    if given.get("key") in PARAMETERS:
        fields["allowed"] = settings_words.allowed(given["key"])
    return {name: escape(words, quote=False) for name, words in fields.items()}


def _setting_value(key: str, stored: Any) -> str:
    try:
        return settings_words.value(key, load(key, stored))
    except Refusal:  # what was refused is no value: shown as it was typed
        return str(stored)


def rule(clause: str) -> str:
    """（《意见》三（二））, （本县规定）, or the paper's own number."""
    if clause == LOCAL:
        return _("（本县规定）")
    if clause == BURDEN_LETTER:
        return _("（{letter}）").format(letter=clause)
    return _("（《意见》{clause}）").format(clause=clause)


class _Fields(dict[str, str]):
    def __missing__(self, key: str) -> str:
        raise KeyError(f"the refusal has no field {key}")


def _plain(value: Any, year: int | None = None) -> str:
    """A fact in words; of another year than the one it is said in (`today` among the fields), the year too."""
    if isinstance(value, datetime):
        return value.strftime("%H:%M")
    if isinstance(value, date):
        return phrases.day(value, year)
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, Half):
        return phrases.half(value)
    if isinstance(value, LeaveKind):
        return _(settings_words.CHOICES[value])
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, float):
        return f"{value:g}"
    return escape(str(value), quote=False)
