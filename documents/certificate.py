"""驻村天数证明 (POLICY §2): a month's days in the village from the locked sheet, official trips apart. Clause 四（三）.

The unit decides on amounts by it; the software states days only. `build` runs in the press's process.
"""

import asyncio
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from documents import circular, papers
from documents.circular import Grid, Letter, Paragraph
from documents.papers import ROLES, SAMPLE, Format, day
from policy.authority import Viewer
from policy.refusals import Code, Refusal
from policy.roster import Level
from storage import certificates, people
from storage.batch import of
from storage.certificates import Certified
from storage.engine import AsyncSession
from storage.tables import Area, MonthLock


@dataclass(frozen=True, slots=True)
class Order:
    """One person's, or (`area_id`) everybody's of an area; as of `now` (UTC)."""

    url: str
    viewer: Viewer
    month: date
    form: Format
    now: datetime
    person_id: int | None = None
    area_id: int | None = None


@dataclass(frozen=True, slots=True)
class Built:
    """The letter, or the letters in one zip; whose they are; days of one person's."""

    content: bytes
    people: int
    name: str
    is_sample: bool
    in_village: float = 0
    trips: float = 0


def build(order: Order) -> Built:
    """The certificate. Raises `Refusal`: NOT_FOUND, NOT_ALLOWED, MONTH_NOT_LOCKED."""
    return asyncio.run(papers.read(order.url, partial(_make, order)))


async def _make(order: Order, session: AsyncSession) -> Built:
    write = circular.docx if order.form is Format.DOCX else circular.pdf
    if order.person_id is not None:
        found, village, lock = await certificates.one(session, order.viewer, order.person_id, order.month, order.now)
        letter = await _letter(session, found, village, lock, order)
        tally = found.tally
        return Built(write([letter]), 1, found.name, village.is_sample, tally.on_duty_days, tally.trip_days)
    area = await session.get(Area, order.area_id or 0)
    if area is None:
        raise Refusal(Code.NOT_FOUND)
    several, lock = await certificates.of_area(session, order.viewer, area, order.month, order.now)
    letters = [(one, await _letter(session, one, area, lock, order)) for one in several]
    files = [(f"{one.place}-{one.name}-{one.person_id}.{order.form.value}", write([letter])) for one, letter in letters]
    return Built(_zipped(files), len(files), area.name, area.is_sample)


def _zipped(files: Sequence[tuple[str, bytes]]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files:
            packed.writestr(name, content)
    return target.getvalue()


async def _letter(session: AsyncSession, found: Certified, area: Area, lock: MonthLock, order: Order) -> Letter:
    county = await people.area_at(session, area, Level.COUNTY)
    locked_on = (await of(session).local(area, lock.locked_at)).date()
    today = (await of(session).local(area, order.now)).date()
    office = f"{county.name if county is not None else area.name}驻村工作领导小组办公室"
    return letter(found, order.month, locked_on, office, today, is_sample=area.is_sample)


def letter(found: Certified, month: date, locked_on: date, office: str, today: date, *, is_sample: bool) -> Letter:
    """What is certified of one person's month."""
    tally = found.tally
    whole = f"{month.year}年{month.month}月"
    sent = f"，系{found.unit}派驻" if found.unit else "，系"
    at_rest = f"，含休息日在岗和公出{tally.beyond_due / 2:g}天" if tally.beyond_due > 0 else ""
    days = (tally.due_days, tally.on_duty_days, tally.trip_days, tally.leave_days, tally.unverified_days)
    body: list[Paragraph | Grid] = [
        Paragraph(
            f"兹证明{found.name}同志{sent}{found.place}驻村工作队{ROLES[found.role]}，{whole}驻村"
            f"{tally.on_duty_days + tally.trip_days:g}天，其中在村{tally.on_duty_days:g}天，公出{tally.trip_days:g}天。"
        ),
        Grid(
            ("月份", "应出勤", "在村", "公出", "请假", "待核实"),
            ((whole, *(f"{one:g}" for one in days)),),
            (8, 5, 5, 5, 5, 5),
        ),
        Paragraph(
            f"以上天数取自{day(locked_on)}月结的考勤统计表，按半天计{at_rest}。公出单列。补助标准由派出单位按规定确定。"
        ),
        Paragraph("特此证明。"),
    ]
    return Letter(
        title=f"{SAMPLE if is_sample else ''}驻村天数证明",
        body=tuple(body),
        office=office,
        on=today,
        head="草稿，盖章后有效",
    )
