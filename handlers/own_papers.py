"""[驻村证明] and [全年汇总] of one person: his own under 我的, another's under 查; all of a month by 导出."""

import re
from datetime import date, timedelta
from typing import Any

from aiogram import Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery

from actions import export
from documents import certificate, year
from documents.papers import Format
from handlers import papers, phrases
from handlers.cards import Card, card
from handlers.turn import Button, Reply, Turn
from locales import _, mark
from policy.authority import Action, Target, Viewer, grant_for
from policy.calendar import month_of
from policy.refusals import Code, Refusal
from storage import certificates
from storage.engine import AsyncSession, address
from storage.tables import Area, Person

router = Router(name="own_papers")

DAYS, YEAR = "days", "year"
NAMES = {DAYS: mark("驻村天数证明"), YEAR: mark("全年汇总")}
ACTIONS = {DAYS: Action.CERTIFICATE_EXPORT, YEAR: Action.YEAR_EXPORT}
FORMATS = {DAYS: (Format.DOCX, Format.PDF), YEAR: (Format.PDF, Format.XLSX)}
MONTHS, YEARS = 4, 2
_OF = {DAYS: re.compile(r"20\d\d-(0[1-9]|1[0-2])"), YEAR: re.compile(r"20\d\d")}


class PersonPaper(CallbackData, prefix="pp"):
    """`what` of a person, `of` a month (`2026-10`) or year (`2026`); what is empty is asked for."""

    what: str
    person: int
    of: str = ""
    form: str = ""


def presses(viewer: Viewer, village: Area, person: Person) -> list[Button]:
    """[驻村证明] [全年汇总], as far as the viewer may have them."""
    labels = {DAYS: _("驻村证明"), YEAR: _("全年汇总")}
    target = Target(village.path, person.id, person.unit_id)
    return [
        (label, PersonPaper(what=what, person=person.id))
        for what, label in labels.items()
        if grant_for(viewer, ACTIONS[what], target) is not None
    ]


@router.callback_query(PersonPaper.filter())
async def on_paper(_query: CallbackQuery, callback_data: PersonPaper, turn: Turn) -> Reply:
    """Which month or year, in which format; then it is made."""
    what, of = callback_data.what, callback_data.of
    if what not in NAMES or (of and _OF[what].fullmatch(of) is None):
        raise Refusal(Code.NOT_FOUND)
    if not of:
        return await _ask_when(turn, callback_data)
    if not callback_data.form:
        return await _ask_format(turn, callback_data)
    if callback_data.form not in FORMATS[what]:
        raise Refusal(Code.NOT_FOUND)
    given: dict[str, Any] = {"by": turn.viewer, "person_id": callback_data.person, "form": callback_data.form}
    given |= {"asked": turn.asked(), "now": turn.now}
    if what == DAYS:
        await export.certificate(turn.session, month=_first(of), **given)
    else:
        await export.year(turn.session, of_year=int(of), **given)
    return turn.edit(papers.being_made(_(NAMES[what])))


def _first(of: str) -> date:
    year_, month = map(int, of.split("-"))
    return date(year_, month, 1)


async def _ask_when(turn: Turn, asked: PersonPaper) -> Reply:
    """The last months that are over, or this year and the last."""
    today = await turn.today()
    person, _post, _role = await certificates.post_in(
        turn.session, turn.viewer, ACTIONS[asked.what], asked.person, date(today.year - 1, 1, 1), today
    )
    flat: list[Button] = []
    if asked.what == DAYS:
        first = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
        for _nth in range(MONTHS):
            flat.append((phrases.month(first, today), asked.model_copy(update={"of": f"{first:%Y-%m}"})))
            first = (first - timedelta(days=1)).replace(day=1)
        text = _("📄 {name}的驻村天数证明：哪个月？\n只按月结的考勤表开，公出单列。")
    else:
        for back in range(YEARS):
            label = _("{year}年").format(year=today.year - back)
            flat.append((label, asked.model_copy(update={"of": str(today.year - back)})))
        text = _("📄 {name}的全年汇总：哪一年？")
    return turn.say(text.format(name=phrases.typed(person.name)), papers.pairs(flat))


async def _ask_format(turn: Turn, asked: PersonPaper) -> Reply:
    """In which format; a month that is not locked is refused before anybody chooses."""
    year_ = int(asked.of[:4])
    when, span = _("{year}年").format(year=year_), (date(year_, 1, 1), date(year_, 12, 31))
    if asked.what == DAYS:
        span = month_of(_first(asked.of))
        when = phrases.month(span[0], await turn.today())
    action = ACTIONS[asked.what]
    person, post, _role = await certificates.post_in(turn.session, turn.viewer, action, asked.person, *span)
    if asked.what == DAYS:
        await certificates.locked(turn.session, post.area, span[0], turn.now, person.id)
    text = _("📄 {when}的{paper}，要哪一种？").format(when=when, paper=_(NAMES[asked.what]))
    return turn.edit(
        text, papers.choices(FORMATS[asked.what], lambda one: asked.model_copy(update={"form": one.value}))
    )


@card("certificate", slow=True)
async def certificate_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """驻村天数证明 of a person, or a zip of those of an area."""
    form, month = Format(payload["form"]), date.fromisoformat(payload["month"])
    is_many = "area_id" in payload
    order = certificate.Order(
        address(session),
        viewer,
        month,
        form,
        session.info["now"],
        person_id=payload.get("person_id"),
        area_id=payload.get("area_id"),
    )

    def shown(built: certificate.Built) -> Card:
        if not built.people:
            return Card(_("📄 {name}这个月没有可以开证明的人。").format(name=phrases.typed(built.name)))
        when = _("{year}年{month}月").format(year=month.year, month=month.month)
        lines = [_("📄 驻村天数证明 · {name} · {when}").format(name=phrases.typed(built.name), when=when)]
        if is_many:
            lines.append(_("{n} 人，一人一份。").format(n=built.people))
        else:
            lines.append(
                _("在村 {days} 天，公出 {trips} 天。").format(days=f"{built.in_village:g}", trips=f"{built.trips:g}")
            )
        lines.append(_("草稿，盖章后有效。"))
        stem = _("驻村天数证明-{name}{when}").format(name=built.name, when=when)
        name = papers.name_of(stem, Format.ZIP if is_many else form, is_sample=built.is_sample)
        return Card("\n".join(lines), file=built.content, file_name=name)

    return await papers.made(_("驻村天数证明"), certificate.build, order, shown)


@card("year", slow=True)
async def year_card(session: AsyncSession, viewer: Viewer, payload: dict[str, Any]) -> Card:
    """个人全年汇总, one page."""
    form = Format(payload["form"])
    which = payload["year"]
    order = year.Order(address(session), viewer, payload["person_id"], which, form, session.info["now"])

    def shown(built: year.Built) -> Card:
        head = _("📄 {year}年驻村情况汇总 · {name}").format(year=which, name=phrases.typed(built.name))
        days = _("在村 {days} 天 · 公出 {trips} 天 · 请假 {leave} 天").format(
            days=f"{built.in_village:g}", trips=f"{built.trips:g}", leave=f"{built.leave:g}"
        )
        stem = _("{year}年驻村情况汇总-{name}").format(year=which, name=built.name)
        name = papers.name_of(stem, form, is_sample=built.is_sample)
        return Card(f"{head}\n{days}", file=built.content, file_name=name)

    return await papers.made(_("全年汇总"), year.build, order, shown)
