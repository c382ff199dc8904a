"""What the bot has the clock do beside the clock's own jobs: the nightly backup, notices and figures for those who join later."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from actions import figure_sending, notice_sending
from bot import backup
from bot.settings import Settings
from policy.authority import Viewer
from scheduler.jobs import Counts, Job, of_ones_own
from storage.engine import Database

JOINERS_AT = time(8)
"""Local; what is still open reaches those whose role begins that day."""


def own_jobs(settings: Settings, db: Database) -> Sequence[Job]:
    """The bot's own jobs for the clock."""
    zone = ZoneInfo(settings.timezone)

    async def back_up(now: datetime) -> Counts:
        return {"files": int(await backup.nightly(settings, now) is not None)}

    async def join(now: datetime) -> Counts:
        async with db.write() as session:
            await notice_sending.late_joiners(session, by=Viewer.system(), now=now)
            await figure_sending.late_joiners(session, by=Viewer.system(), now=now)
        return {}

    return [
        # asked every hour: a machine that was off at night has its backup in the morning
        of_ones_own("backup", timedelta(hours=1), back_up, zone, useful=timedelta(hours=1)),
        of_ones_own("notice_joiners", JOINERS_AT, join, zone),
    ]
