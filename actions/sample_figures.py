"""An open request for figures in the sample county, half answered, so that 报数 is not empty there."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from actions import figure_sending, figures
from policy.authority import Grant, Role, Viewer
from policy.figure_answers import read
from policy.figure_lines import field
from policy.figures import Each, Field
from storage import figure_asking
from storage.ids import reserve
from storage.tables import Area, FigureRequest, Person

TITLE, BASIS = "越冬物资核对", "县驻村办《关于做好越冬准备的通知》（样例）"
FIELDS = ("在村人数", "缺取暖煤户数 户 0-500", "是否断水 是/否", "备注 文字")
ANSWERS = ("3 2 否 无", "2 0 否 无", "3 11 是 二组水管冻裂，正在修", "3 5 否 无")
"""Of the first teams by code but one: 石门村, whose people are there to be played, has not answered."""


async def write(session: AsyncSession, county: Area, author: Person, *, now: datetime, zone: ZoneInfo) -> None:
    """Ask all teams of the county, and let a few have answered."""
    staff = Viewer(author.id, (Grant(Role.COUNTY_STAFF, county.id, county.path),), author.name)
    fields = [field(line) for line in FIELDS]
    request = await figures.send(
        session,
        by=staff,
        area_id=county.id,
        within=[],
        each=Each.TEAM,
        title=TITLE,
        basis=BASIS,
        fields=fields,
        due_at=_due(now.astimezone(zone)),
        now=now,
    )
    while await figure_sending.spread(session, by=staff, now=now, request_id=request.id):
        await reserve(session, 500)
    await _answer(session, request, fields, now)


def _due(local: datetime) -> datetime:
    """The end of work three days on: late enough at whatever hour the sample is made."""
    day: date = local.date() + timedelta(days=3)
    return datetime.combine(day, time(18), tzinfo=local.tzinfo)


async def _answer(session: AsyncSession, request: FigureRequest, fields: list[Field], now: datetime) -> None:
    asked = await figure_asking.missing(session, request, len(ANSWERS) + 1)
    teams = await figure_asking.teams(session, [one.village_id for one in asked], now.date())
    for one, line in zip(asked[1:], ANSWERS, strict=True):
        first = teams[one.village_id][0]
        village = await session.get_one(Area, one.village_id)
        by = Viewer(first.person_id, (Grant(first.role, village.id, village.path),))
        said = line.split(" ", len(fields) - 1)
        values = {place: read(each, word) for place, (each, word) in enumerate(zip(fields, said, strict=True))}
        await figures.reply(session, by=by, asked_id=one.id, values=values, replaces=None, now=now)
