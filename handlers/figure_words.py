"""The words of 报数: fields, answers, totals, until when. People's text is escaped here."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from babel.dates import format_date

from handlers import phrases
from locales import _, language, mark
from policy.figures import HUNDRED, Each, Field, FieldKind, Value, written
from storage.figure_totals import Progress, Total
from storage.tables import FigureRequest, FigureReview

IN_A_LINE = 3
"""Figures that share a line."""
PLACES = 8
"""Areas that a preview names."""


def due(local: datetime, now: datetime) -> str:
    """今天 18:00 前; another day by its date. Both moments local."""
    days = {0: _("今天"), 1: _("明天"), 2: _("后天")}
    on = days.get((local.date() - now.date()).days, "").lower() or format_date(
        local.date(), _("M月d日"), locale=language()
    )
    return _("{day} {time} 前").format(day=on, time=local.strftime("%H:%M"))


def moment(local: datetime) -> str:
    """11月23日 10:12."""
    return _("{day} {time}").format(day=phrases.day(local.date()), time=local.strftime("%H:%M"))


def label(field: Field) -> str:
    """受灾户数（户）, 是否停电（是/否）; with bounds where there are any, and the paper it rests on."""
    notes = [phrases.typed(words) for words in (field.unit, "/".join(field.choices)) if words]
    if field.kind is FieldKind.NUMBER and (field.high is not None or field.low != 0):
        notes.append(_span(field))
    if field.kind is FieldKind.TEXT:
        notes.append(_("一句话"))
    if field.basis:
        notes.append(_("依据：{basis}").format(basis=phrases.typed(field.basis)))
    title = phrases.typed(field.title)
    return _("{title}（{notes}）").format(title=title, notes=_("，").join(notes)) if notes else title


def _span(field: Field) -> str:
    if field.low is not None and field.high is not None:
        return _("{low} 到 {high}").format(low=written(field.low), high=written(field.high))
    if field.high is not None:
        return _("不超过 {high}").format(high=written(field.high))
    return _("不小于 {low}").format(low=written(field.low)) if field.low is not None else ""


def allowed(field: Field) -> str:
    """What a field takes: 数字，单位户，0 到 50，例如 3."""
    if field.kind is FieldKind.CHOICE:
        return _("、").join(phrases.typed(choice) for choice in field.choices)
    if field.kind is FieldKind.TEXT:
        return _("一句话")
    whole = _("整数") if not field.decimals else _("数字，最多 {n} 位小数").format(n=field.decimals)
    parts = [whole, _span(field)]
    if field.unit:
        parts.append(_("单位{unit}").format(unit=phrases.typed(field.unit)))
    return _("{what}，例如 {example}").format(what=_("，").join(filter(None, parts)), example=example(field))


def example(field: Field) -> str:
    """An answer that would do."""
    if field.kind is FieldKind.CHOICE:
        return phrases.typed(field.choices[-1])
    if field.kind is FieldKind.TEXT:
        return _("无")
    low = field.low if field.low is not None else 0
    wanted = max(low, 3 * HUNDRED)
    return written(min(wanted, field.high) if field.high is not None else wanted)


def line_of(fields: Sequence[Field]) -> str:
    """All at once, as it may be typed: 报数 3 0 否 无."""
    return _("报数 {values}").format(values=" ".join(map(example, fields)))


def value(field: Field, given: Value) -> str:
    """3 户; 否."""
    return " ".join(filter(None, (phrases.typed(written(given)), phrases.typed(field.unit))))


def answers(fields: Sequence[Field], values: Mapping[int, Value]) -> list[str]:
    """受灾户数 3 户 · 危房 0 处 · 是否停电 否, a few in a line; texts by themselves."""
    short = [
        f"{phrases.typed(field.title)} <b>{value(field, values[place])}</b>"
        for place, field in enumerate(fields)
        if field.kind is not FieldKind.TEXT and place in values
    ]
    long = [
        _("{title}：{words}").format(title=phrases.typed(field.title), words=value(field, values[place]))
        for place, field in enumerate(fields)
        if field.kind is FieldKind.TEXT and place in values
    ]
    return [*in_lines(short), *long]


def in_lines(parts: Sequence[str]) -> list[str]:
    """Short phrases, a few in a line."""
    return [" · ".join(parts[at : at + IN_A_LINE]) for at in range(0, len(parts), IN_A_LINE)]


def question(fields: Sequence[Field], place: int, given: str | None = None) -> str:
    """2/4 危房（处，0 到 50）, and what is known of it already."""
    field = fields[place]
    head = _("{n}/{count} <b>{label}</b>").format(n=place + 1, count=len(fields), label=label(field))
    if given is not None:
        return _("{head}\n系统里是 <b>{given}</b>。对就点，不对就打一个数。").format(head=head, given=given)
    if field.kind is FieldKind.CHOICE:
        return _("{head}\n点一个：").format(head=head)
    if field.kind is FieldKind.TEXT:
        return _("{head}\n一句话，没有就点「无」：").format(head=head)
    return _("{head}\n打一个数，例如 {example}：").format(head=head, example=example(field))


def ask(title: str, area: str, fields: Sequence[Field], basis: str, until: str, each: Each) -> str:
    """The card that asks, as everybody gets it."""
    once = (
        _("{until}报，每队报一次，谁报都行。").format(until=until)
        if each is Each.TEAM
        else _("{until}报，每人报自己的。").format(until=until)
    )
    lines = [
        _("📊 <b>报数</b> · {area} · {title}").format(area=phrases.typed(area), title=phrases.typed(title)),
        _("、").join(map(label, fields)),
        _("依据：{basis}").format(basis=phrases.typed(basis)),
        once,
        _("点「开始填」，或一次发：{line}").format(line=line_of(fields)),
    ]
    return "\n".join(lines)


def where(names: Sequence[str]) -> str:
    """柳河镇、石桥镇; of many the first, and how many there are. Plain, as a file's name has it."""
    said = _("、").join(names[:PLACES])
    return said if len(names) <= PLACES else _("{names}等 {count} 处").format(names=said, count=len(names))


def whom(each: Each, asked: int, names: Sequence[str]) -> str:
    """问 3 个队 · 柳河镇、石桥镇."""
    said = _("问 {count} 个队 · {where}") if each is Each.TEAM else _("问 {count} 个人 · {where}")
    return said.format(count=asked, where=phrases.typed(where(names)))


REVIEWS: Mapping[FigureReview, str] = {
    FigureReview.WAITING: mark("等复核"),
    FigureReview.RETURNED: mark("已退回"),
    FigureReview.EXPIRED: mark("复核过期"),
}
"""How lists call a request that hasn't gone out."""


def total(found: Total) -> str:
    """受灾户数 合计 45 户; 是否停电 是 2 否 10. Texts are only in the lists."""
    title = phrases.typed(found.field.title)
    if found.field.kind is FieldKind.CHOICE:
        counts = " ".join(f"{phrases.typed(choice)} {count}" for choice, count in found.choices.items())
        return f"{title} {counts}"
    unit = phrases.typed(found.field.unit)
    return _("{title} 合计 {sum}").format(title=title, sum=" ".join(filter(None, (written(found.number), unit))))


def totals(found: Iterable[Total]) -> list[str]:
    """Sums and counts, a few in a line."""
    return in_lines([total(one) for one in found if one.field.kind is not FieldKind.TEXT])


def titled(title: str, names: Sequence[str]) -> str:
    """防汛受灾情况（柳河镇）: with the areas that it was limited to, if any."""
    if not names:
        return phrases.typed(title)
    return _("{title}（{where}）").format(title=phrases.typed(title), where=phrases.typed(where(names)))


def heading(request: FigureRequest, area: str | None = None) -> str:
    """📊 防汛受灾情况 · 柳河镇."""
    said = _("📊 <b>{title}</b>").format(title=phrases.typed(request.title))
    return said if area is None else f"{said} · {phrases.typed(area)}"


def head(request: FigureRequest, progress: Progress, area: str | None = None) -> str:
    """📊 防汛受灾情况 · 柳河镇 · 已报 12/30."""
    said = _("已报 {replied}/{asked}").format(replied=progress.replied, asked=progress.asked)
    return f"{heading(request, area)} · {said}"
