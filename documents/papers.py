"""What the papers that offices file share: their formats, how they name days and kinds, a session that reads (law 12).

They are Chinese, whoever asks for them; what is said beside them is in his language.
"""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from policy.authority import Role
from policy.profile import LeaveKind
from storage.engine import AsyncSession, Database

T = TypeVar("T")


class Format(StrEnum):
    """What a paper is made as; the value is the file's ending."""

    DOCX = "docx"
    PDF = "pdf"
    PNG = "png"
    XLSX = "xlsx"
    ZIP = "zip"


KINDS = {
    LeaveKind.PERSONAL: "事假",
    LeaveKind.SICK: "病假",
    LeaveKind.ANNUAL: "年休假",
    LeaveKind.FAMILY_VISIT: "探亲假",
    LeaveKind.MARRIAGE: "婚假",
    LeaveKind.MATERNITY: "产假",
    LeaveKind.PATERNITY: "陪产护理假",
    LeaveKind.CHILDCARE: "育儿假",
    LeaveKind.BEREAVEMENT: "丧假",
    LeaveKind.INJURY: "工伤假",
    LeaveKind.IN_LIEU: "补休",
    LeaveKind.OTHER: "其他假",
}
ROLES = {Role.FIRST_SECRETARY: "第一书记", Role.TEAM_MEMBER: "队员"}
SAMPLE = "【样例】"


async def read(url: str, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    """What `work` makes of the database, in a session that only reads; for the press's process."""
    database = Database(url)
    try:
        async with database.read() as session:
            return await work(session)
    finally:
        await database.close()


def day(on: date) -> str:
    """2026年11月24日."""
    return f"{on.year}年{on.month}月{on.day}日"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """2026年11月24日 09:30, by the county's clock."""
    local = at.astimezone(zone)
    return f"{day(local.date())} {local:%H:%M}"
